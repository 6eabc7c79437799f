"""What is said about programs that parse and make no sense: code, place and hint."""

from __future__ import annotations

from pathlib import Path

import pytest

from adc.diagnostics import (
    ArityError,
    Error,
    ShapeError,
    SourceFile,
    TypeCheckError,
    UnsupportedError,
)
from adc.frontends.adl import load_module

# program, code, the text that the primary span covers, part of the title
CASES = [
    ("def f(x: f64) = y", "E0201", "y", "no `y`"),
    ("def f(x: f64) = x def f(y: f64) = y", "E0202", "f", "twice"),
    ("def f(x: f64, x: f64) = x", "E0202", "x: f64", "twice"),
    ("def f(x: f64) = { let (a, a) = (x, x); a }", "E0202", "a", "twice"),
    ("def f(x: f64) = {a: x, a: x}", "E0202", "a: x", "twice"),
    ("def f(x: f64) = (fn(a, a) => a)(x, x)", "E0202", "a", "twice"),
    ("def f(x: f64) = loop (a = x, a = x) for i < 2 { (a, a) }", "E0202", "a = x", "twice"),
    ("type A = f64 type A = f32 def f(x: A) = x", "E0202", "A", "twice"),
    ("const k = 1 def k(x: f64) = x", "E0202", "k", "twice"),
    ("def f(p: {a: f64, a: f64}) = p", "E0202", "a: f64", "twice"),
    ("def f(x: float) = x", "E0205", "float", "no type `float`"),
    ("def f(p: {a: f64}) = p.b", "E0206", "b", "no field `b`"),
    ("def f(p: {a: f64}) = p with {b: 1}", "E0206", "b: 1", "no field `b`"),
    ("def f(t: (f64, f64)) = t.2", "E0206", "t.2", "no item 2"),
    ("def f(x: f64) = x.a", "E0206", "a", "no fields"),
    ("def f(x: f64) = if x then 1 else 2", "E0210", "x", "condition is a bool"),
    ("def f(x: f64[n]) = if x > 0.0 then 1 else 2", "E0210", "x > 0.0", "condition is a bool"),
    ("def f(x: f64) = loop (s = x) while s { s }", "E0210", None, "condition"),
    ("def f(x: f64) -> i64 = x", "E0210", "x", "expected i64"),
    ("def f(x: f64) -> i64 { let y = x; y }", "E0210", "y", "expected i64"),
    ("def f(x: f64) { let y: f32 = x; y }", "E0210", "x", "expected f32"),
    ("def g(k: i64) = k def f(x: f64) = g(x)", "E0210", "x", "`k` is f64, expected i64"),
    ("def f(x: f64) { let g = fn(k: i64) => k; g(x) }", "E0210", "x", "`k` is f64, expected i64"),
    ("def g(h: (f64) -> f64) = h(1) def f(x: f64) = g(x)", "E0210", "x", "expected (f64) -> f64"),
    ("def f(x: f64) = x[0]", "E0210", "x", "cannot be indexed"),
    ("def f(x: f64[n]) = x[1.5]", "E0210", "1.5", "index is an i64"),
    ("def f(b: bool) = b + b", "E0210", "+", "takes numbers"),
    ("def f(x: f64) = !x", "E0210", "!x", "takes booleans"),
    ("def f(x: f64, b: bool) = b && x", "E0210", "&&", "takes booleans"),
    ("def f(k: i64) = exp(k)", "E0210", "exp", "takes floats"),
    ("def f(x: f64) = sum(x)", "E0210", "sum(x)", "takes an array"),
    ("def f(x: f64[n]) = sum(x > 0.0)", "E0210", None, "takes numbers"),
    ("def f(x: f64) = (x, x) + 1", "E0210", "+", "takes numbers"),
    ("def f(x: f64) = loop (s = x) for i < 3 { [s] }", "E0210", "[s]", "state of the loop"),
    ("def f(x: f64) = [(x, 1), x]", "E0210", None, "element"),
    ("def f(p: {a: f64}) -> {b: f64} = p", "E0210", "p", "expected {b: f64}"),
    ("def f(x: f64[n]) = unzip(x)", "E0210", "unzip(x)", "tuples"),
    ("def f(x: f64, k: i64) = x * k", "E0211", "*", "one type"),
    ("def f(x: f64, y: f32) = x * y", "E0211", "*", "f64 and f32"),
    ("def f(k: i64) = k + 2.5", "E0211", "+", "the literal 2.5"),
    ("def f(x: f64, k: i32) = x ** k", "E0211", None, "expected i64"),
    ("def f(c: bool, x: f64, k: i64) = if c then x else k", "E0211", None, "branches differ"),
    ("def f(x: f64) = 3(x)", "E0212", "3", "cannot be called"),
    ("def f(x: f64) = x(x)", "E0212", "x", "cannot be called"),
    ("def g(x: f64) = x def f(x: f64) = g(x, x)", "E0213", "g(x, x)", "takes 1 argument"),
    ("def g(x: f64, y: f64) = x def f(x: f64) = g(x)", "E0213", "g(x)", "takes 2 arguments"),
    ("def f(x: f64) = exp(x, x)", "E0213", "exp(x, x)", "takes 1 argument"),
    ("def f(x: f64) = (fn(a) => a)(x, x)", "E0213", None, "takes 1 argument"),
    ("def f(x: f64[n]) = accum (s = 0) for a in x { s += s; }", "E0214", "s", "only be added to"),
    (
        "def f(x: f64[n]) = accum (s = 0) for a in x { t += a; }",
        "E0214",
        "t += a;",
        "no accumulator",
    ),
    (
        "def f(x: f64[n]) = accum (s = 0) for a in x { let s = a; s += a; }",
        "E0214",
        "s",
        "accumulator",
    ),
    ("def f(x: f64) = f(x)", "E0215", "f", "without end"),
    ("def f(k: i32) = k + 3_000_000_000", "E0216", None, "does not fit in i32"),
    ("def f() = 10 ** 30 + i64(0)", "E0216", None, "does not fit in i64"),
    ("def f(x: f64) = map(x, [x])", "E0217", None, "function first"),
    ("def f(x: f64[n]) = sum(x, axis=0)", "E0217", "axis=0", "no argument `axis`"),
    ("def g(x: f64) = x def f(x: f64) = g(y=x)", "E0217", None, "no parameter"),
    ("def f(x: f64) { let (a, b) = x; a }", "E0218", "(a, b)", "tuple"),
    ("def f(x: f64) { let (a, b) = (x, x, x); a }", "E0218", "(a, b)", "2 parts"),
    ("const a = b const b = a def f() = a", "E0219", None, "needs itself"),
    ("type A = (A, f64) def f(x: A) = x", "E0219", "A", "contains itself"),
    ("def f(x: f64) { let g = if x > 0.0 then sin else cos; g(x) }", "E0902", None, "run time"),
    ("def f(x: f64) = loop (g = sin) for i < 3 { g }", "E0902", None, "run time"),
    ("def f(x: f64) = [sin, cos]", "E0210", None, "an array of a function"),
    (
        "def f(g: (f64) -> f64, x: f64) -> f64 = f(fn(y) => g(g(y)), x) def h(x: f64) = f(sin, x)",
        "E0903",
        None,
        "again and again",
    ),
    ("def f(x: f64) = (fn(g) => g(g))(fn(g) => g(g))", "E0903", None, "inside one another"),
    ("def f(x: f64[n]) = x[x > 0.0]", "E0905", "x > 0.0", "truth values"),
]
FAMILIES = {
    "E03": ShapeError,
    "E09": UnsupportedError,
    "E0212": ArityError,
    "E0213": ArityError,
}


def load_error(text: str, path: Path | None = None) -> Error:
    with pytest.raises(Error) as caught:
        load_module(SourceFile("main.adl", text), path)
    return caught.value


@pytest.mark.parametrize(("text", "code", "covered", "title"), CASES, ids=[c[0] for c in CASES])
def test_complaint(text: str, code: str, covered: str | None, title: str) -> None:
    error = load_error(text)
    assert [d.code for d in error.diagnostics] == [code]
    assert title in error.diagnostics[0].title
    assert error.span is not None
    if covered is not None:
        assert error.span.text == covered
    assert isinstance(error, FAMILIES.get(code, FAMILIES.get(code[:3], TypeCheckError)))


def test_several_errors_are_reported_in_the_order_of_the_text() -> None:
    error = load_error("def a(x: f64) = y\ndef b(x: f64) = x + true\ndef c(x: f64) -> f64[2] = x\n")
    assert [d.code for d in error.diagnostics] == ["E0201", "E0210", "E0210"]
    assert [d.span.line for d in error.diagnostics if d.span] == [1, 2, 3]


def test_statements_are_checked_one_by_one() -> None:
    text = "def f(x: f64) {\n  let a = x + true;\n  let b = a * 2;\n  let c = y;\n  x[0]\n}\n"
    error = load_error(text)
    assert [d.code for d in error.diagnostics] == ["E0210", "E0201", "E0210"]
    assert [d.span.line for d in error.diagnostics if d.span] == [2, 4, 5]


def test_what_needs_a_wrong_definition_is_not_reported_again() -> None:
    error = load_error("def a(x: f64) = y\ndef b(x: f64) = a(x) + 1\nconst c = a(1)")
    assert [d.code for d in error.diagnostics] == ["E0201"]


def test_nearest_names_are_offered() -> None:
    assert load_error("def f(x: f64) = expp(x)").hint == "did you mean `exp` or `expm1`?"
    assert load_error("def f(value: f64) = valu").hint == "did you mean `value`?"
    assert "`mass`" in str(load_error("def f(b: {mass: f64}) = b.mas").hint)


def test_conversions_are_offered() -> None:
    assert "f64(...)" in str(load_error("def f(x: f64, k: i64) = x * k").hint)
    assert "f64(...)" in str(load_error("def f(k: i64) = k + 0.5").hint)
    assert "i64(...)" in str(load_error("def f(x: f64[n], i: f64) = x[i]").hint)


def test_each_side_has_a_label() -> None:
    error = load_error("def f(x: f64[n], y: f64[m, 2]) = x * y")
    labels = error.diagnostics[0].others
    assert [(label.span.text, label.text) for label in labels] == [
        ("x", "this is f64[n]"),
        ("y", "this is f64[m, 2]"),
    ]


def test_imports(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.adl").write_text('import "../c.adl"\ndef b(x: f64) = c(x) + 1\n')
    (tmp_path / "c.adl").write_text("def c(x: f64) = k * x\nconst k = 2\n")
    text = 'import "deep/b.adl"\nimport "c.adl"\ndef a(x: f64) = b(x) + c(x)\n'
    module = load_module(SourceFile("a.adl", text), tmp_path / "a.adl").module
    assert set(module.functions) == {"a", "b", "c"}


def test_missing_import(tmp_path: Path) -> None:
    error = load_error('import "no.adl"\ndef f(x: f64) = x', tmp_path / "a.adl")
    assert error.code == "E0203"
    assert error.span is not None
    assert error.span.text == '"no.adl"'


def test_cyclic_import(tmp_path: Path) -> None:
    (tmp_path / "a.adl").write_text('import "b.adl"\n')
    (tmp_path / "b.adl").write_text('import "a.adl"\n')
    assert load_error('import "b.adl"\n', tmp_path / "a.adl").code == "E0204"


def test_name_defined_here_and_in_an_import(tmp_path: Path) -> None:
    (tmp_path / "b.adl").write_text("def f(x: f64) = x\n")
    error = load_error('import "b.adl"\ndef f(x: f64) = x\n', tmp_path / "a.adl")
    assert error.code == "E0202"
    assert error.diagnostics[0].others[0].span.file.endswith("b.adl")


def test_errors_in_an_import_name_its_file(tmp_path: Path) -> None:
    (tmp_path / "b.adl").write_text("def f(x: f64) = y\n")
    error = load_error('import "b.adl"\ndef g(x: f64) = x\n', tmp_path / "a.adl")
    assert error.span is not None
    assert error.span.file.endswith("b.adl")
