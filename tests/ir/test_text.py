"""The textual IR: printing, parsing, and that they are each other's inverse."""

from __future__ import annotations

import time

import numpy as np
import pytest

from adc.diagnostics import ParseError
from adc.ir.core import (
    F64,
    I64,
    Block,
    Equation,
    Function,
    Literal,
    Module,
    Origin,
    Type,
    Value,
    literal,
)
from adc.ir.parser import parse_function, parse_module
from adc.ir.printer import literal_text, print_function, print_module
from adc.ir.same import same_module
from adc.ir.walk import equations_within
from adc.prims.catalog import TABLE
from adc.types.core import DType
from tests.ir.sample import ALL, STRUCTURED


@pytest.mark.parametrize("text", ALL.values(), ids=ALL.keys())
def test_printing_what_was_parsed_gives_the_text_again(text: str) -> None:
    assert print_module(parse_module(text)) == text


@pytest.mark.parametrize("text", ALL.values(), ids=ALL.keys())
def test_parsing_what_was_printed_gives_the_same_module(text: str) -> None:
    module = parse_module(text)
    assert same_module(module, parse_module(print_module(module)))


def test_the_samples_use_every_primitive() -> None:
    modules = map(parse_module, ALL.values())
    used = {e.op for m in modules for f in m.functions.values() for e in equations_within(f.block)}
    assert used == {p.name for p in TABLE}


LITERALS = [
    *(literal(x, DType.F64) for x in (0.0, -0.0, 0.1, 1e300, 5e-324, np.inf, -np.inf, np.nan)),
    *(literal(x, DType.F32) for x in (0.5, -1e-7, np.inf, -np.inf, np.nan)),
    *(literal(x, DType.I64) for x in (0, -1, 2**63 - 1, -(2**63))),
    *(literal(x, DType.I32) for x in (7, -(2**31))),
    literal(True, DType.BOOL),
    literal(0, DType.TAPE),
    literal(False, DType.BOOL),
]


@pytest.mark.parametrize("a", LITERALS, ids=literal_text)
def test_a_literal_keeps_its_type_and_bits(a: Literal) -> None:
    f = parse_function(f"def f() {{ return {literal_text(a)} }}")
    assert f.block.results == (a,)


def test_zeros_of_different_sign_are_different_literals() -> None:
    assert literal(0.0, DType.F64) != literal(-0.0, DType.F64)
    assert literal(np.nan, DType.F64) == literal(np.nan, DType.F64)
    assert len({literal(0.0, DType.F64), literal(-0.0, DType.F64), literal(0, DType.I64)}) == 3


def test_names_are_unique_and_stay_what_they_are_when_read_back() -> None:
    values = [Value(F64, hint) for hint in ("x", "x", "x1", "", "return", "w.ct", "ü b", "3d")]
    f = Function("f", Block(tuple(values), (), ()))
    text = print_function(f)
    names = ["x", "x1", "x2", "v", "return1", "w.ct", "__b", "_3d"]
    assert text == f"def f({', '.join(f'{name}: f64' for name in names)}) {{\n}}\n"
    assert print_function(parse_function(text)) == text


def test_origins_are_comments() -> None:
    origin = Origin("transpose", "mul", Origin("jvp", "sin"))
    x, y = Value(F64, "x"), Value(F64, "y")
    e = Equation("sin", (x,), (y,), origin=origin)
    text = print_function(Function("f", Block((x,), (e,), (y,))), origins=True)
    assert "  y: f64 = sin(x)  # transpose mul <- jvp sin\n" in text
    assert print_function(parse_function(text)) == text.replace("  # transpose mul <- jvp sin", "")


def test_equations_carry_their_place_in_the_text() -> None:
    f = parse_function("def f(x: f64) {\n  y: f64 = sin(x)\n  return y\n}")
    span = f.block.equations[0].span
    assert span is not None
    assert (span.line, span.text) == (2, "y: f64 = sin(x)")


def test_sizes_may_be_results_of_the_same_equation_in_any_order() -> None:
    f = parse_function("def f(x: f64[n], n: i64) {\n}")
    x, n = f.block.params
    assert x.type == Type(DType.F64, (n,))
    assert n.type == I64


SIZES_AHEAD = """\
def f(n: i64, x: f64[m], y: f64[m, n]) {
  m: i64 = sub(n, 1)
  z: f64 = index(x, 0)
  return z
}
"""


def test_sizes_of_parameters_may_be_computed_by_the_body() -> None:
    f = parse_function(SIZES_AHEAD)
    assert f.block.params[1].type.shape == f.block.equations[0].results
    assert print_function(f) == SIZES_AHEAD
    assert same_module(parse_module(SIZES_AHEAD), parse_module(SIZES_AHEAD.replace("m", "k")))
    other = SIZES_AHEAD.replace("y: f64[m, n]", "y: f64[n, n]")
    assert not same_module(parse_module(SIZES_AHEAD), parse_module(other))


def test_signatures_hold_sizes_that_are_polynomials() -> None:
    text = STRUCTURED.replace("2*n + 1", "(d*d + d)/2").replace("signature [n]", "signature [d, n]")
    assert print_module(parse_module(text)) == text
    by_hand = text.replace("(d*d + d)/2", "d*(d+1)/2 -1 + 1")
    assert print_module(parse_module(by_hand)) == text


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("def f() {", "1:10", "expected"),
        ("def f() { return x }", "1:18", "`x` is not defined"),
        ("def f(x: f64, x: f64) { }", "1:15", "defined twice"),
        ("def f() { }\ndef f() { }", "2:5", "defined twice"),
        ("def f(x: f65) { }", "1:10", "expected a type"),
        ("def f(x: f64[m]) { }", "1:14", "`m` is not defined"),
        ("def f(x: f64[m]) { m: f64 = sin(1.0) }", "1:20", "and no i64"),
        ("def f(x: f64[1.5]) { }", "1:14", "whole number"),
        ("def f(true: f64) { }", "1:7", "is a word of the language"),
        ("def f(x: f64) { y: f64 = sin[a=1, a=2](x) }", "1:35", "given twice"),
        ("def f() { return 99999999999i32 }", "1:18", "no number of its type"),
        ("def f() { return 1.5i32 }", "1:18", "no number of its type"),
        ("def f() { return 99999999999999999999 }", "1:18", "no number of its type"),
        ('def f() { doc "a\\q" }', "1:15", "escape"),
        ("def f() { y: f64 = sin(x", "1:24", "`x` is not defined"),
        ("def f() § { }", "1:9", "begins no word"),
        ("define f() { }", "1:1", "expected `def`"),
        ("request g = grad f wrt (1.5)", "1:25", "whole number"),
        ("rule f = adjoint g\nrule f = adjoint g", "2:6", "has a rule already"),
        ("def f() { signature [](x: f64[n/0]) -> f64 }", "1:33", "divided by zero"),
        ("def f(x: f64) { return x x }", "1:26", "expected `,`"),
    ],
)
def test_errors_have_a_place(text: str, place: str, said: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_module(text)
    span = caught.value.span
    assert span is not None
    assert f"{span.line}:{span.column}" == place
    assert said in caught.value.diagnostics[0].title


DEEP = 20_000


@pytest.mark.parametrize(
    "text",
    [
        "def f(n: i64) {" + "".join(f"a{k}: f64 = map(n) {{" for k in range(DEEP)),
        "def f() { signature []() -> " + "(" * DEEP,
        "def f() { signature [](x: f64[" + "(" * DEEP,
        "def f() { signature [](x: f64[" + "-" * DEEP,
        "def f() { signature []() -> " + "{a: " * DEEP,
        "def f(x: f64) { y: f64 = sin[a=" + "(" * DEEP,
        'def f() { doc "' + "\\\\" * DEEP,
        "def f() { return " + "1" * DEEP + " }",
        "def f(x: f64[" + "1" * DEEP + "]) { }",
        "request f = grad g wrt (" + "1" * DEEP + ")",
        "((((" * DEEP,
        "# " + "x" * DEEP + "\n-",
    ],
    ids=range(12),
)
def test_hostile_text_is_refused_without_crash(text: str) -> None:
    with pytest.raises(ParseError):
        parse_module(text)


def test_reading_and_printing_take_linear_time() -> None:
    def seconds(count: int) -> float:
        body = "".join(f"  y{k}: f64 = add(x, 1.0)\n" for k in range(count))
        text = f"def f(x: f64) {{\n{body}}}\n"
        start = time.process_time()
        assert print_module(parse_module(text)) == text
        return time.process_time() - start

    seconds(100)
    assert seconds(16_000) < 40 * seconds(1_000)


def test_same_module_sees_every_difference() -> None:
    module = parse_module(STRUCTURED)
    for old, new in [
        ("mul(xi, xi)", "add(xi, xi)"),
        ('"add", "max"', '"add", "min"'),
        ("yield -inf", "yield inf"),
        ("upd(ref1, -0.0, i1)", "upd(ref1, 0.0, i1)"),
        ("yield a1, a", "yield a, a1"),
        ("keep def", "def"),
        ("i64[2*n + 1, 3]", "i64[2*n, 3]"),
        ("hvp slope", "jvp slope"),
        ("rule norm = adjoint", "rule norm = derivative"),
        ("row: f64[k, n]", "row: f64[n, k]"),
        ("[to=i32]", "[to=f32]"),
        ("order=2", "order=2.0"),
        ("nn: i64 = mul(n, n)", "nn: i64 = mul(n, 2)"),
    ]:
        assert old in STRUCTURED
        assert not same_module(module, parse_module(STRUCTURED.replace(old, new))), new
    assert same_module(module, parse_module(STRUCTURED.replace("xi", "element")))
    assert not same_module(module, Module())
