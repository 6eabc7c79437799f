"""Sizes: binding, arithmetic, what is proven, refused or checked when the program runs."""

from __future__ import annotations

import numpy as np
import pytest

from adc.diagnostics import (
    BoundsError,
    Error,
    EvaluationError,
    ShapeError,
    TypeCheckError,
    UnsupportedError,
)
from adc.ir.core import Equation
from adc.ir.walk import equations_within
from tests.frontends.running import Running, module_of, run, same

X = np.array([0.5, -1.5, 2.0, 3.25])


def checks(text: str, name: str = "f") -> list[Equation]:
    """The run-time checks that a definition makes itself."""
    block = module_of(text).functions[name].block
    return [e for e in equations_within(block) if e.op == "assert"]


PROVEN = [
    "def f(x: f64[n], y: f64[n]) = x + y",
    "def f(x: f64[n]) = x + [x[i] for i < n]",
    "def f(x: f64[n + 1]) = x[1:] - x[:-1]",
    "def f(x: f64[n]) { let k = n - 1; let m = k + 1; x + zeros(m) }",
    "def f(x: f64[n], y: f64[m]) = concat(x, y)[:n] + x",
    "def f(x: f64[n], y: f64[m]) = concat(x, y) + concat(y, x)",
    "def f(A: f64[m, n]) = flatten(A) + zeros(m * n)",
    "def f(A: f64[m, n]) = reshape(A, (n, m))",
    "def f(p: f64[d * (d + 1) / 2], d: i64) = p + zeros((d * d + d) / 2)",
    "def f(x: f64[n], n: i64) = x + zeros(n)",
    "def f(x: f64[2 * n]) = x[:n] + x[n:]",
    "def f(x: f64[n]) = [sum(x[j] for j < i) for i < n]",
    "def f(x: f64[n]) = sum(x[i:] + x[i:])",
    "def f(x: f64[n]) = [sum(x[i:]) + sum(x[:i]) for i < n]",
    "def g(x: f64[n]) -> f64[2 * n] = concat(x, x)\ndef f(x: f64[n]) = g(x) + concat(x, x)",
    "def g(n: i64) -> f64[n] = zeros(n)\ndef f(x: f64[n]) = g(n) + x",
    "def g(n: i64) = zeros(n + 1)\ndef f(x: f64[n + 1]) = g(n) + x",
    "def f(x: f64[n]) -> f64[n] = loop (u = x) for i < 3 { u + x }",
    "def f(x: f64[n]) = x[:n // 2] + x[:n // 2]",
    "def f(x: f64[n], c: bool) = if c then x + x else 2 * x",
    "const d = 3\ndef f(x: f64[d]) = x + [1, 2, 3]",
    "def f(x: f64[3]) = x[1:] + x[:2]",
]


@pytest.mark.parametrize("text", PROVEN)
def test_sizes_that_need_no_check(text: str) -> None:
    if "x[i:]) for" in text or "x[i:] + x[i:]" in text:
        text = text.replace("sum(x[i:] + x[i:])", "[sum(x[i:] + x[i:]) for i < n]")
    assert [e.params["text"] for e in checks(text)] == []


CHECKED = [
    ("def f(x: f64[n], y: f64[m]) = x + y", 1),
    ("def f(x: f64[n]) = x[1:] - x[:-1]", 1),
    ("def f(x: f64[n], k: i64) = x[k:]", 1),
    ("def f(n: i64) = zeros(n)", 1),
    ("def f(n: i64) = (zeros(n), ones(n), zeros(n + 1))", 1),
    ("def f(x: f64[n]) = zeros(n - 1)", 1),
    ("def f(x: f64[n], y: f64[m]) = x + y + x * y", 1),
    ("def f(x: f64[n]) = max(x) + min(x)", 1),
    ("def f(x: f64[n]) = zeros(n / 2)", 1),
    ("def f(n: i64) = zeros(n * (n + 1) / 2)", 1),
]


@pytest.mark.parametrize(("text", "count"), CHECKED)
def test_checks_are_made_once(text: str, count: int) -> None:
    assert len(checks(text)) == count


FAILS = [
    ("def f(x: f64[n], y: f64[m]) = x + y", (X, X[1:]), ShapeError, "n = 4 and m = 3"),
    ("def f(x: f64[n], y: f64[m]) = zip(x, y)", (X, X[1:]), ShapeError, "length"),
    ("def f(x: f64[n], y: f64[m]) = dot(x, y)", (X, X[1:]), ShapeError, "inner sizes"),
    (
        "def g(x: f64[n], y: f64[n]) = x\ndef f(x: f64[n], y: f64[m]) = g(x, y)",
        (X, X[1:]),
        ShapeError,
        "`y` has size",
    ),
    ("def g(x: f64[2 * n]) = x\ndef f(x: f64[n]) = g(x)", (X[1:],), ShapeError, "whole"),
    ("def f(x: f64[n]) -> f64[3] = x", (X,), ShapeError, "result"),
    ("def f(x: f64[n], k: i64) -> f64[k] = x", (X, 3), ShapeError, "result"),
    ("def f(n: i64) = zeros(n)", (-1,), ShapeError, "negative"),
    ("def f(n: i64) = [i for i < n]", (-1,), ShapeError, "negative"),
    ("def f(n: i64) = sum(i for i < n)", (-1,), ShapeError, "negative"),
    ("def f(n: i64) = zeros(n / 2)", (3,), ShapeError, "whole"),
    ("def f(n: i64) = reshape(iota(6), (n, n))", (2,), ShapeError, "elements"),
    ("def f(x: f64[n], i: i64) = x[i]", (X, 4), BoundsError, "4"),
    ("def f(x: f64[n], i: i64) = x[i]", (X, -1), BoundsError, "-1"),
    ("def f(x: f64[n]) = x[0 - 1]", (X,), BoundsError, "-1"),
    ("def f(x: f64[n]) = x[-5]", (X,), BoundsError, "range"),
    ("def f(x: f64[n], a: i64, b: i64) = x[a:b]", (X, 3, 2), BoundsError, "3:2"),
    ("def f(x: f64[n], a: i64, b: i64) = x[a:b]", (X, 0, 5), BoundsError, "0:5"),
    ("def f(x: f64[n], a: i64, b: i64) = x[a:b]", (X, -1, 2), BoundsError, "-1:2"),
    ("def f(x: f64[n], k: i64[m]) = x[k]", (X, [0, 4]), BoundsError, "4"),
    ("def f(x: f64[n], k: i64[m]) = scatter_add(x, k, 1)", (X, [0, 4]), BoundsError, "4"),
    ("def f(k: i64[m]) = hist(3, k, 1)", ([0, 3],), BoundsError, "3"),
    ("def f(x: f64[n], i: i64) = x with [i] = 0", (X, 4), BoundsError, "4"),
    ("def f(x: f64[n], y: f64[n], i: i64) = (x + y)[i]", (X, X, 4), BoundsError, "4"),
    ("def f(x: f64[n]) = max(x)", ([],), EvaluationError, "nothing"),
    ("def f(x: f64[n]) = mean(x)", ([],), EvaluationError, "nothing"),
    ("def f(x: f64[n]) = argmin(x)", ([],), EvaluationError, "nothing"),
    ("def f(x: f64[n]) = max(a for i < n, a in x[:i])", (X[:1],), EvaluationError, "nothing"),
    ("def f(n: i64) = 1 // n", (0,), EvaluationError, ""),
    ("def f(n: i64) = 1 // (n - n)", (1,), EvaluationError, ""),
    ("def f() = 1 // 0", (), EvaluationError, ""),
    ('def f(x: f64) { assert x > 0.0, "x is {x}"; x }', (-1.0,), EvaluationError, "x is {x}"),
    ("def f(A: f64[m, n]) = det(A)", (np.ones((2, 3)),), ShapeError, "square"),
    ("def f(A: f64[n, n]) = cholesky(A)", (-np.eye(2),), EvaluationError, ""),
]


@pytest.mark.parametrize(
    ("text", "args", "error", "message"), FAILS, ids=[f"{c[0]} {k}" for k, c in enumerate(FAILS)]
)
def test_failure_when_run(
    text: str, args: tuple[object, ...], error: type[Error], message: str
) -> None:
    program = Running(text)
    with pytest.raises(error) as caught:
        program.call("f", *args)
    assert message in caught.value.diagnostics[0].title
    assert caught.value.span is not None
    assert caught.value.code.startswith("E06")


REFUSED = [
    ("def f(x: f64[3], y: f64[4]) = x + y", "E0301"),
    ("def f(x: f64[n]) = x[1:] + x", "E0301"),
    ("def f(x: f64[n]) = concat(x, x) + concat(x, x, [1])", "E0301"),
    ("def f(x: f64[n], A: f64[n, n]) = x + A", "E0301"),
    ("def f(x: f64[n]) -> f64[n + 1] = x", "E0301"),
    ("def f(x: f64[n]) = loop (u = x) for i < 2 { u[1:] }", "E0301"),
    ("def f() = [1.0] + [1.0, 2.0]", "E0301"),
    ("def f() = [[1.0], [1.0, 2.0]]", "E0301"),
    ("def f(x: f64[n]) = [[1.0], 2.0]", "E0301"),
    ("def f(x: f64[n]) = reshape(x, (n, 2))", None),
    ("def f(c: bool) = if c then [1.0] else [1.0, 2.0]", "E0301"),
    ("def f(x: f64[n]) = x[0, 0]", "E0302"),
    ("def f(x: f64[n]) -> f64[n, 1] = x", "E0302"),
    ("def f(A: f64[m, n]) = sort(A)", "E0302"),
    ("def f(x: f64) = [x] @ x", "E0302"),
    ("def f() = zeros(2 - 3)", "E0303"),
    ("def f(n: i64) = [iota(i) for i < n]", "E0304"),
    ("def f(x: f64[n]) = [x[:i] for i < n]", "E0304"),
    ("def f(x: f64[n]) = [select(x > a, x, 0)[:i] for (a, i) in zip(x, iota(n))]", "E0304"),
    ("def f(x: f64[n * m]) = x", "E0305"),
    ("def f(x: f64[n ** 2]) = x", "E0305"),
    ("def f(x: f64) { let y: f64[2 * k * k] = [x]; y }", "E0305"),
    ("def f() = zeros(3 / 2)", "E0306"),
    ("def g(x: f64[2 * n]) = x\ndef f() = g([1.0])", "E0306"),
    ("def f(x: f64[3]) = x[2:5]", "E0307"),
    ("def f(x: f64[n]) = x[n + 1:]", "E0307"),
    ("def f(x: f64[n]) = x[3:1:-1]", "E0307"),
]


@pytest.mark.parametrize(("text", "code"), REFUSED)
def test_refused_when_compiled(text: str, code: str | None) -> None:
    if code is None:
        module_of(text)
        return
    with pytest.raises((ShapeError, BoundsError)) as caught:
        module_of(text)
    assert [d.code for d in caught.value.diagnostics] == [code]
    assert caught.value.span is not None


BOUND = [
    ("def f(x: f64[n]) = n", (X,), 4),
    ("def f(x: f64[2 * n]) = n", (X,), 2),
    ("def f(x: f64[2 * n + 1]) = n", (X[1:],), 1),
    ("def f(x: f64[n - 1]) = n", (X,), 5),
    ("def f(x: f64[n], y: f64[n + 1]) = y[1:] + x", (X[1:], X), X[1:] + X[1:]),
    ("def f(x: f64[n // 2], y: f64[n]) = x + y[:n // 2]", (X[:2], X), 2 * X[:2]),
    ("def f(x: f64[n, n // 2]) = n", (np.ones((4, 2)),), 4),
    ("def f(n: i64, x: f64[n]) = x + zeros(n)", (4, X), X),
    ("def f(x: f64[n]) { let y: f64[m] = x[1:]; m }", (X,), 3),
    ("def f(x: f64[n]) { let y: f64[k + 1] = x; k }", (X,), 3),
    ("def f(x: f64[n]) { let g = fn(y: f64[k]) => k; g(x[1:]) }", (X,), 3),
    ("def f(x: f64[n]) { let g = fn(y: f64[n]) => y; g(x) }", (X,), X),
    ("def g(x: f64[n]) -> f64[k] = x[1:]\ndef f(x: f64[n]) = g(x)", (X,), X[1:]),
    (
        "def g(x: f64[n], c: bool) = if c then x else x[1:]\ndef f(x: f64[n]) = g(x, false)",
        (X,),
        X[1:],
    ),
    (
        "def g(x: f64[n], c: bool) = if c then x else x[1:]\ndef f(x: f64[n]) = g(x, true) + x",
        (X,),
        2 * X,
    ),
    ("def g(k: i64) = zeros(k + 1)\ndef f(k: i64) = [g(k) for i < 2]", (2,), np.zeros((2, 3))),
    ("def g(k: i64) -> f64[k // 2] = zeros(k // 2)\ndef f(k: i64) = g(k)", (5,), np.zeros(2)),
    ("def f(x: f64[n]) { let k = n // 2; [x[:k] for i < 2] }", (X,), np.stack([X[:2]] * 2)),
    ("def f(x: f64[n]) { let k = min(n, 3); [x[:k] for i < 2] }", (X,), np.stack([X[:3]] * 2)),
    ("type Half = f64[n / 2]\ndef f(x: Half, y: f64[n]) = x + y[:n // 2]", (X[:2], X), 2 * X[:2]),
    ("const k = 2\nconst m = k * 2\ndef f(x: f64[m]) = x", (X,), X),
]


@pytest.mark.parametrize(
    ("text", "args", "expected"), BOUND, ids=[f"{c[0]} {k}" for k, c in enumerate(BOUND)]
)
def test_value(text: str, args: tuple[object, ...], expected: object) -> None:
    assert same(run(text, *args), expected)


@pytest.mark.parametrize("factors", [12, 40])
@pytest.mark.parametrize(
    "form",
    [
        "def f({}, x: f64[{}]) = sum(x)",
        "def f({}) -> f64[{}] = [1.0]",
        "def f({}) = zeros({})",
        "def f({}) {{ let y: f64[{}] = [1.0]; y }}",
    ],
)
def test_sizes_of_many_terms_are_too_much(form: str, factors: int) -> None:
    names = [f"a{k}" for k in range(factors)]
    text = form.format(", ".join(f"{a}: i64" for a in names), "*".join(f"({a}+1)" for a in names))
    with pytest.raises(UnsupportedError) as caught:
        module_of(text)
    assert caught.value.code == "E0905"
    assert caught.value.span is not None


def test_signature_keeps_sizes_as_written() -> None:
    s = Running(
        "def f(p: f64[k, d * (d + 1) / 2], x: f64[2 * d], m: i64) -> f64[m] = zeros(m)"
    ).signature("f")
    assert s.sizes == ("k", "d")
    assert [str(t) for _, t in s.params] == ["f64[k, (d*d + d)/2]", "f64[2*d]", "i64"]
    assert str(s.result) == "f64[m]"
    assert s.result_sizes == ("m",)


def test_size_of_another_type_is_refused() -> None:
    with pytest.raises(TypeCheckError, match="n"):
        module_of("def f(n: f64, x: f64[n]) = x")
