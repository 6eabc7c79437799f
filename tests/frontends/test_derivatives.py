"""Derivative operators in programs: their types, arguments and results, against formulas."""

from __future__ import annotations

import numpy as np
import pytest

import adc
from adc.diagnostics import TypeCheckError, UnsupportedError
from adc.frontends.derivatives import derivative_signature
from adc.types.core import leaves
from tests.frontends.running import Running, module_of, run, same

X = np.array([0.5, -1.5, 2.0])
Y = np.array([1.0, 2.0, -3.0])
W = np.array([2.0, 0.5, 1.0])
A = np.arange(6.0).reshape(2, 3) + 1

SQUARES = "def g(x: f64[n]) = sum(x * x * x)\n"
TWO = "def g(x: f64, n: i64, y: f64) = x * x * y ** n\n"
VECTOR = "def g(x: f64[n], s: f64) = s * x * x\n"
RECORD = "type P = {p: f64[2], k: i64, m: f64}\ndef g(r: P) = r.m * dot(r.p, r.p)\n"
PARTICLE = {"p": [1.0, 2.0], "k": 3, "m": 4.0}

CASES = [
    (SQUARES + "def f(x: f64[n]) = grad(g)(x)", (X,), 3 * X**2),
    (SQUARES + "def f(x: f64[n]) = value_and_grad(g)(x)", (X,), ((X**3).sum(), 3 * X**2)),
    (SQUARES + "def f(x: f64[n]) = hessian(g)(x)", (X,), np.diag(6 * X)),
    (SQUARES + "def f(x: f64[n], v: f64[n]) = hvp(g)(x, v)", (X, Y), 6 * X * Y),
    (
        SQUARES + "def f(x: f64[n], v: f64[n]) = jvp(g)(x, v)",
        (X, Y),
        ((X**3).sum(), (3 * X**2 * Y).sum()),
    ),
    (SQUARES + "def f(x: f64[n]) = vjp(g)(x, 2)", (X,), ((X**3).sum(), 6 * X**2)),
    (SQUARES + "def f(x: f64[n]) = jacrev(grad(g))(x)", (X,), np.diag(6 * X)),
    (SQUARES + "def f(x: f64[n]) = jacfwd(g)(x)", (X,), 3 * X**2),
    (TWO + "def f(x: f64, y: f64) = grad(g)(x, 3, y)", (2.0, 3.0), 108.0),
    (TWO + "def f(x: f64, y: f64) = grad(g, wrt=y)(x, 3, y)", (2.0, 3.0), 108.0),
    (TWO + "def f(x: f64, y: f64) = grad(g, wrt=(y, x))(x, 2, y)", (2.0, 3.0), (24.0, 36.0)),
    (TWO + "def f(x: f64, y: f64) = jvp(g)(x, 2, y, 1, 0)", (2.0, 3.0), (36.0, 36.0)),
    (TWO + "def f(x: f64, y: f64) = jvp(g, wrt=y)(x, 2, y, 1)", (2.0, 3.0), (36.0, 24.0)),
    (TWO + "def f(x: f64, y: f64) = vjp(g)(x, 2, y, 1)", (2.0, 3.0), (36.0, 36.0, 24.0)),
    (TWO + "def f(x: f64, y: f64) = vjp(g, wrt=y)(x, 2, y, 1)", (2.0, 3.0), (36.0, 24.0)),
    (TWO + "def f(x: f64, y: f64) = hvp(g, wrt=(x, y))(x, 2, y, (1, 0))", (2.0, 3.0), (18.0, 24.0)),
    (
        TWO + "def f(x: f64, y: f64) = hessian(g, wrt=(x, y))(x, 2, y)",
        (2.0, 3.0),
        ((18.0, 24.0), (24.0, 8.0)),
    ),
    (VECTOR + "def f(x: f64[n], s: f64) = jacfwd(g)(x, s)", (X, 2.0), np.diag(4 * X)),
    (
        VECTOR + "def f(x: f64[n], s: f64) = jacrev(g, wrt=(x, s))(x, s)",
        (X, 2.0),
        (np.diag(4 * X), X**2),
    ),
    (
        VECTOR + "def f(x: f64[n], s: f64, c: f64[n]) = vjp(g)(x, s, c)",
        (X, 2.0, Y),
        (2 * X**2, 4 * X * Y, (X**2 * Y).sum()),
    ),
    (RECORD + "def f(r: P) = grad(g)(r)", (PARTICLE,), {"p": np.array([8.0, 16.0]), "m": 5.0}),
    (RECORD + "def f(r: P) = grad(g)(r).m", (PARTICLE,), 5.0),
    (
        RECORD + "def f(b: P[n]) = grad(fn(c: P[n]) => sum(g(r) for r in c))(b)",
        ([PARTICLE, PARTICLE],),
        {"p": np.array([[8.0, 16.0]] * 2), "m": np.array([5.0, 5.0])},
    ),
    ("def f(x: f64) = grad(grad(fn(y: f64) => y ** 3))(x)", (2.0,), 12.0),
    ("def f(x: f64) = grad(fn(y) => y * y * x)(x)", (3.0,), 18.0),
    ("def f(x: f64) = grad(fn(y) => y * y)(3)", (3.0,), 6.0),
    ("def f(x: f64[n], w: f64[n]) = grad(fn(y) => sum(w * y * y))(x)", (X, W), 2 * W * X),
    ("def f(x: f64[n]) = grad(fn(y) => sum(y[i] * x[i] for i < n))(2 * x)", (X,), X),
    ("def f(x: f64[n]) = grad(norm)(x)", (X,), X / np.linalg.norm(X)),
    ("def f(x: f64[n]) = grad(norm)(0 * x)", (X,), 0 * X),
    ("def f(x: f64) = grad(sin)(x)", (0.3,), np.cos(0.3)),
    ("def f(x: f64[n]) = grad(logsumexp)(x)", (X,), np.exp(X) / np.exp(X).sum()),
    ("def f(x: f64[n]) = hessian(logsumexp)(x)[0, 1]", (X,), -np.exp(-1.0) / np.exp(X).sum() ** 2),
    ("def f(x: f64[n]) = grad(max)(x)", (X,), np.array([0, 0, 1.0])),
    (
        "def f(x: f64[n]) = grad(fn(y) => sum(select(y > 0.0, log(y), 0)))(x)",
        ([0.0, 2.0],),
        np.array([0, 0.5]),
    ),
    (
        "def f(x: f64[n]) = grad(fn(y) => select(y[0] > 0.0, log(y[0]), 0))(x)",
        ([0.0],),
        np.array([0.0]),
    ),
    ("def f(x: f64) = grad(fn(y) => stop_gradient(y) * y)(x)", (3.0,), 3.0),
    ("def f(x: f64[n]) = grad(fn(y) => sum(stop_gradient(y * y) * y))(x)", (X,), X**2),
    (
        "def g(x: f64) = sin(x)\ndef f(x: f64) = grad(fn(y) => checkpoint(g)(y) * y)(x)",
        (1.0,),
        np.sin(1) + np.cos(1),
    ),
    ("def f(x: f64) = grad(checkpoint(fn(y) => sin(y) * x))(x)", (1.0,), np.cos(1)),
    (
        "def g(h: (f64) -> f64, x: f64) -> f64 = h(x) * h(x)\ndef f(x: f64) = grad(fn(y) => g(sin, y))(x)",
        (1.0,),
        np.sin(2.0),
    ),
    ("def d(h: (f64) -> f64) = grad(h)\ndef f(x: f64) = d(d(sin))(x)", (1.0,), -np.sin(1.0)),
    (
        "def d(h: (f64[n]) -> f64, x: f64[n]) -> f64[n] = grad(h)(x)\ndef f(x: f64[n]) = d(fn(y) => sum(y * x), x)",
        (X,),
        X,
    ),
    ("def f(x: f64[n]) = map(grad(sin), x)", (X,), np.cos(X)),
    ("def f(x: f64[n]) = [grad(fn(y) => y * y * a)(a) for a in x]", (X,), 2 * X * X),
    ("def f(x: f64) = loop (s = x) for i < 2 { grad(fn(y) => y * y)(s) }", (3.0,), 12.0),
    (
        "def f(A: f64[m, n]) = grad(fn(B: f64[m, n]) => sum(B @ transpose(A)))(A)",
        (A,),
        np.tile(A.sum(0), (2, 1)),
    ),
    (
        "def g(x: f64, n: i64) = [x * f64(i) for i < n]\ndef f(x: f64) = jacfwd(g)(x, 3)",
        (2.0,),
        np.arange(3.0),
    ),
    (
        "def g(x: f64, n: i64) = [x * f64(i) for i < n]\ndef f(x: f64) = jvp(g)(x, 3, 1)",
        (2.0,),
        (2 * np.arange(3.0), np.arange(3.0)),
    ),
    (
        "def g(x: f64) = (x * x, [x, 2 * x])\ndef f(x: f64) = jacfwd(g)(x)",
        (3.0,),
        (6.0, np.array([1.0, 2.0])),
    ),
    (
        "def g(h: (f64) -> f64, x: f64) -> f64 = h(x) * x\n"
        "def f(x: f64) = (grad(g, wrt=x)(sin, x), jvp(g)(sin, x, 1).1)",
        (1.0,),
        (np.cos(1) + np.sin(1), np.cos(1) + np.sin(1)),
    ),
    # own rules
    (
        "def g(x: f64) = x * x\nderivative g(x; dx) = 10 * dx\ndef f(x: f64) = grad(g)(x)",
        (3.0,),
        10.0,
    ),
    (
        "def g(x: f64) = x * x\nadjoint g(x; ct) = 10 * ct\ndef f(x: f64) = (grad(g)(x), jvp(g)(x, 2))",
        (3.0,),
        (10.0, (9.0, 20.0)),
    ),
    (
        "def g(x: f64, k: i64, y: f64[n]) = f64(k) * x * sum(y)\n"
        "derivative g(a, k, y; da, dy) = 5 * da + f64(k) * sum(dy)\n"
        "def f(x: f64, y: f64[n]) = grad(g, wrt=(x, y))(x, 2, y)",
        (3.0, Y),
        (5.0, 2 * np.ones(3)),
    ),
    (
        "def g(x: f64[n], y: f64) = x * y\nadjoint g(x, y; ct) = (7 * ct, sum(ct))\n"
        "def f(x: f64[n], y: f64) = vjp(g)(x, y, x)",
        (X, 2.0),
        (2 * X, 7 * X, X.sum()),
    ),
    (
        "def g(x: f64[n]) = x[1:] - x[:-1]\nadjoint g(x; ct) = concat(ct, [0]) * 3\n"
        "def f(x: f64[n]) = vjp(g)(x, x[1:])",
        (X,),
        (X[1:] - X[:-1], np.r_[3 * X[1:], 0]),
    ),
]


@pytest.mark.parametrize(
    ("text", "args", "expected"),
    CASES,
    ids=[f"{c[0].split(chr(10))[-1]} {k}" for k, c in enumerate(CASES)],
)
def test_value(text: str, args: tuple[object, ...], expected: object) -> None:
    assert same(run(text, *args), expected)


WRONG = [
    ("def g(x: f64[n]) = x\ndef f(x: f64[n]) = grad(g)(x)", "E0401"),
    ("def g(x: f64[n]) = x\ndef f(x: f64[n]) = hessian(g)(x)", "E0401"),
    ("def g(x: f64) = i64(x)\ndef f(x: f64) = jvp(g)(x, 1)", "E0401"),
    ("def g(k: i64, x: f64) = x ** k\ndef f(x: f64) = grad(g)(2, x)", "E0402"),
    ("def g(k: i64, x: f64) = x ** k\ndef f(x: f64) = grad(g, wrt=k)(2, x)", "E0402"),
    ("def g(k: i64) = k\ndef f() = jvp(g)(2)", "E0402"),
    ("def g(h: (f64) -> f64, x: f64) -> f64 = h(x)\ndef f(x: f64) = grad(g)(sin, x)", "E0402"),
    ("def g(x: f64) = x\ndef f(x: f64) = grad(g, wrt=y)(x)", "E0403"),
    ("def g(x: f64) = x\ndef f(x: f64) = grad(g, wrt=3)(x)", "E0405"),
    ("def g(x: f64) = x\ndef f(x: f64) = grad(g, mode=3)(x)", "E0405"),
    ("def g(x: f64) = x\ndef f(x: f64) = grad(g, nonsmooth=smooth)(x)", "E0405"),
    ("def g(x: f64, y: f64) = x\ndef f(x: f64) = grad(g)(x)", "E0213"),
    ("def g(x: f64) = x\nderivative g(x, y; dx) = dx", "E0404"),
    ("def g(x: f64) = x\nderivative g(x; dx, dy) = dx", "E0404"),
    ("def g(x: f64) = x\nderivative h(x; dx) = dx", "E0201"),
    ("def g(x: f64) = x\nderivative g(x; dx) = dx\nadjoint g(x; ct) = ct", "E0202"),
    ("def g(k: i64) = k\nderivative g(k; dx) = dx", "E0404"),
    ("def g(x: f64) = x\nderivative g(x; dx) = [dx]", "E0210"),
    ("def g(h: (f64) -> f64) = h(1)\nderivative g(h; dx) = dx", "E0404"),
]


@pytest.mark.parametrize(("text", "code"), WRONG, ids=[c[0] for c in WRONG])
def test_complaint(text: str, code: str) -> None:
    with pytest.raises(TypeCheckError) as caught:
        module_of(text)
    assert [d.code for d in caught.value.diagnostics] == [code]
    assert caught.value.span is not None


def test_other_conventions_are_not_supported_yet() -> None:
    with pytest.raises(UnsupportedError, match="clarke"):
        module_of("def g(x: f64) = abs(x)\ndef f(x: f64) = grad(g, nonsmooth=clarke)(x)")


def test_no_tangent_names_a_parameter_that_would_do() -> None:
    with pytest.raises(TypeCheckError) as caught:
        module_of("def g(k: i64, x: f64) = x ** k\ndef f(x: f64) = grad(g)(2, x)")
    assert caught.value.hint == "wrt=x"


def test_signature_for_the_python_interface() -> None:
    program = Running("def g(x: f64[n], k: i64, y: f64) = x * y")
    signature, positions = derivative_signature("jvp", program.signature("g"), ("y",))
    assert [n for n, _ in signature.params] == ["x", "k", "y", "dy"]
    assert positions == (3,)
    signature, positions = derivative_signature("jacrev", program.signature("g"))
    assert positions == (1,)
    (leaf,) = leaves(signature.result)
    assert list(map(str, leaf.dims)) == ["n", "n"]


@pytest.mark.parametrize(
    ("text", "kind", "types"),
    [
        ("def g(x: f64[n]) -> f32[n] = f32(x * x)", "jacfwd", "f32[n, n]"),
        ("def g(x: f64[n]) -> f32[n] = f32(x * x)", "jacrev", "f64[n, n]"),
        (
            "def g(x: f64, y: f32) -> f64 = x * x * f64(y * y)",
            "hessian",
            "((f64, f64), (f32, f32))",
        ),
        ("def g(x: f64, y: f32) -> f64 = x * x * f64(y * y)", "jacrev", "(f64, f32)"),
        ("def g(x: f64, y: f32) -> f64 = x * x * f64(y * y)", "jacfwd", "(f64, f64)"),
    ],
)
def test_numbers_of_jacobians_are_of_the_type_that_their_mode_gives(
    text: str, kind: str, types: str
) -> None:
    f = adc.compile(text).g
    argnums = (0, 1) if len(f.signature.params) == 2 else 0
    made = getattr(adc, kind)(f, argnums=argnums)
    assert str(made.signature.result) == types
    (again,) = list(adc.compile(made.source()))[-1:]
    assert again.signature.result == made.signature.result
