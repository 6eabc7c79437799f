"""The verifier: sound modules pass, each kind of fault is found and shown."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from adc.ir.core import (
    F64,
    I64,
    Block,
    Equation,
    Function,
    Literal,
    Module,
    Type,
    Value,
)
from adc.ir.fault import InternalError
from adc.ir.interface import interface_of
from adc.ir.parser import parse_module
from adc.ir.verify import verify
from adc.prims.catalog import TABLE
from adc.types.core import DType
from tests.ir.sample import ALL, STRUCTURED


@pytest.mark.parametrize("text", ALL.values(), ids=ALL.keys())
def test_sound_modules_pass(text: str) -> None:
    verify(parse_module(text), TABLE)


# (fault, text that stands in the sample, what stands there instead, what is said)
FAULTS = [
    ("unknown primitive", "r: f64 = sqrt(s)", "r: f64 = root(s)", "no primitive `root`"),
    ("wrong result type", "r: f64 = sqrt(s)", "r: f32 = sqrt(s)", "found f32"),
    ("wrong operand type", "sqrt(s)", "sqrt(c)", "sqrt"),
    ("arity", "mul(xi, xi)", "mul(xi)", "mul"),
    ("number of results", "r: f64 = sqrt(s)", "r: f64, q: f64 = sqrt(s)", "2 results"),
    ("out of scope", "sqrt(s)", "sqrt(y)", "`y` is not in scope"),
    ("size out of scope", "sums: f64[n]", "sums: f64[t1]", "size `t1` is not in scope"),
    ("wrong size", "L: f64[n, n] = cholesky(C)", "L: f64[n, nn] = cholesky(C)", "size of `L`"),
    ("size of wrong type", "x: f64[n]) {\n  doc", "z: f64, x: f64[z]) {\n  doc", "no i64"),
    ("negative size", "x: f64[n]) {\n  doc", "x: f64[-1]) {\n  doc", "a size is -1"),
    ("reduce without op", 'ops=("add", "max")', 'ops=("add",)', "one op per result"),
    ("map with wrong rank", "(i1: i64, j1: i64)", "(i1: i64)", "one index per extent"),
    ("carry changes type", "yield a1, a\n", "yield n, a\n", "found i64"),
    ("missing carry", "yield a1, a\n", "yield\n", "next values|values"),
    ("initial value", "(3, 1.0)", "(3, 1)", "found i64"),
    ("number of rows", "history: f64[3]", "history: f64[4]", "as many rows"),
    ("rows of while", "row: f64[k, n]", "row: f64[n, n]", "as many rows"),
    ("test of while", "yield more\n", "yield u\n", "single bool"),
    ("condition", "= cond(p)", "= cond(n)", "one bool"),
    ("arms differ", "yield 3, three", "yield 3, 1.0", "found f64 of rank 0"),
    ("arm's size", "yield 3, three", "yield 4, three", "a size is 3"),
    ("arity of call", '[callee="norm"](n, x)', '[callee="norm"](n)', "1 values for 2"),
    ("type of call", '[callee="norm"](n, x)', '[callee="norm"](n, 1.0)', "found f64 of rank 0"),
    ("result of call", '[callee="norm"](n, x)', '[callee="arrays"](n, x)', "values for"),
    ("unknown callee", 'callee="norm"', 'callee="abnorm"', "no function `abnorm`"),
    ("base of accumulator", "accum(x, 0.0)", "accum(x, x)", "rank"),
    ("accumulator's result", "total: f64,", "total: f32,", "found f32"),
    ("accumulator read", "upd(ref1, x)", "upd(x, x)", "accumulator"),
    ("accumulator added", "upd(ref2, nan)", "upd(ref2, ref2)", "only `upd`"),
    ("accumulator yielded", "yield 1.5f32", "yield ref2", "result of a block"),
    ("accumulator as parameter", "walk(n: i64, x: f64[n]", "walk(n: i64, x: ref f64[n]", "accum"),
    ("too many indices", "upd(ref1, -0.0, i1)", "upd(ref1, -0.0, i1, i1)", "indices"),
    ("value of upd", "upd(ref1, -0.0, i1)", "upd(ref1, 1.0f32, i1)", "value type"),
    ("assert without bool", "(true, n, m)", "(n, n, m)", "bool"),
    ("record as a number", "t: tape = pack", "t: f64 = pack", "found f64"),
    ("unpacked number", "unpack(t2)", "unpack(k)", "one tape"),
    ("size of a field", "m: i64, y: f64[m] =", "m: i64, y: f64[i] =", "size `i` is not in scope"),
    ("request without target", "grad norm", "grad room", "leads to no function"),
    ("request in a circle", "grad norm", 'grad "slope of slope"', "leads to no function"),
    ("unknown derivative", "grad norm", "gradient norm", "no derivative `gradient`"),
    ("wrt no float", "grad norm wrt (1)", "grad norm wrt (0)", "among its floats"),
    ("wrt too large", "grad norm wrt (1)", "grad norm wrt (2)", "among its floats"),
    ("rule for nothing", "rule norm =", "rule room =", "names no function"),
    ("rule by nothing", "adjoint walk", "adjoint talk", "names no function"),
]


@pytest.mark.parametrize(
    ("old", "new", "said"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS]
)
def test_a_fault_is_found(old: str, new: str, said: str) -> None:
    assert old in STRUCTURED
    text = STRUCTURED.replace(old, new)
    with pytest.raises(InternalError, match=said):
        verify(parse_module(text), TABLE)


def test_a_fault_is_shown_with_its_neighbours() -> None:
    with pytest.raises(InternalError) as caught:
        verify(parse_module(STRUCTURED.replace("sqrt(s)", "sqrt(c)")), TABLE)
    assert "->   r: f64 = sqrt(c)\n" in str(caught.value)
    assert "     return r\n" in str(caught.value)


def _module(block: Block) -> Module:
    return Module({"f": Function("f", block)})


def test_a_value_is_defined_once() -> None:
    x, y = Value(F64, "x"), Value(F64, "y")
    e = Equation("sin", (x,), (y,))
    verify(_module(Block((x,), (e,), (y,))), TABLE)
    for block in (
        Block((x,), (e, replace(e, op="cos")), (y,)),
        Block((x, x), (e,), (y,)),
        Block((x, y), (e,), (y,)),
    ):
        with pytest.raises(InternalError, match="defined twice"):
            verify(_module(block), TABLE)


def test_a_value_is_defined_before_its_use() -> None:
    x, y, z = (Value(F64, name) for name in "xyz")
    first, second = Equation("sin", (x,), (y,)), Equation("sin", (y,), (z,))
    with pytest.raises(InternalError, match="`y` is not in scope"):
        verify(_module(Block((x,), (second, first), (z,))), TABLE)


def test_sizes_of_parameters_are_computed_before_the_parameter_is_used() -> None:
    text = "def f(n: i64, x: f64[m]) { m: i64 = sub(n, 1) y: f64 = index(x, 0) return y }"
    verify(parse_module(text), TABLE)
    swapped = text.replace(
        "m: i64 = sub(n, 1) y: f64 = index(x, 0)", "y: f64 = index(x, 0) m: i64 = sub(n, 1)"
    )
    for wrong in (
        swapped,
        text.replace("m: i64 = sub(n, 1)", "cond(true) { m: i64 = sub(n, 1) } { }"),
    ):
        with pytest.raises(InternalError, match="size `m` is not in scope"):
            verify(parse_module(wrong), TABLE)


def test_literals_have_the_python_type_of_their_element_type() -> None:
    for bad in (Literal(F64, 1), Literal(I64, True), Literal(Type(DType.F64, (1,)), 1.0)):
        with pytest.raises(InternalError, match="no literal"):
            verify(_module(Block((), (), (bad,))), TABLE)


def test_parameters_of_equations_are_plain_data() -> None:
    x, y = Value(F64, "x"), Value(F64, "y")
    e = Equation("sin", (x,), (y,), {"key": object()})
    with pytest.raises(InternalError, match="parameter of unknown kind"):
        verify(_module(Block((x,), (e,), (y,))), TABLE)


def test_a_function_is_known_by_its_own_name() -> None:
    f = Function("f", Block((), (), ()))
    with pytest.raises(InternalError, match="knows function"):
        verify(Module({"g": f}), TABLE)


REQUESTS = """
def f(n: i64, x: f64[n], k: i64, c: f32) {
  return k, x, c
}
request jvp_f = jvp f wrt (1, 3)
request vjp_f = vjp f wrt (1)
request grad_f = grad f wrt (3)
request both = value_and_grad f wrt (1)
request jac = jacrev f wrt (1, 3)
request hess = hessian f wrt (1, 3)
request hvp_f = hvp f wrt (1)
request twice = jvp vjp_f wrt (4)
"""


@pytest.mark.parametrize(
    ("name", "interface"),
    [
        ("f", "(i64, f64[_], i64, f32) -> (i64, f64[_], f32)"),
        ("jvp_f", "(i64, f64[_], i64, f32, f64[_], f32) -> (i64, f64[_], f32, f64[_], f32)"),
        ("vjp_f", "(i64, f64[_], i64, f32, f64[_], f32) -> (i64, f64[_], f32, f64[_])"),
        ("grad_f", "(i64, f64[_], i64, f32) -> (f32)"),
        ("both", "(i64, f64[_], i64, f32) -> (i64, f64[_], f32, f64[_])"),
        ("jac", "(i64, f64[_], i64, f32) -> (f64[_, _], f64[_], f32[_], f32)"),
        ("hess", "(i64, f64[_], i64, f32) -> (f64[_, _], f64[_], f32[_], f32)"),
        ("hvp_f", "(i64, f64[_], i64, f32, f64[_]) -> (f64[_])"),
        (
            "twice",
            "(i64, f64[_], i64, f32, f64[_], f32, f64[_])"
            " -> (i64, f64[_], f32, f64[_], f64[_], f32, f64[_])",
        ),
    ],
)
def test_interface_of_a_requested_derivative(name: str, interface: str) -> None:
    module = parse_module(REQUESTS)
    verify(module, TABLE)
    assert str(interface_of(module, name)) == interface


def test_calls_of_requests_are_checked() -> None:
    caller = """
    def caller(n: i64, x: f64[n], k: i64, c: f32) {
      g: f32 = call[callee="grad_f"](n, x, k, c)
      return g
    }
    """
    verify(parse_module(REQUESTS + caller), TABLE)
    with pytest.raises(InternalError, match="`grad_f` is"):
        verify(parse_module(REQUESTS + caller.replace("x, k, c)", "x, k)")), TABLE)


def test_verifying_takes_linear_time() -> None:
    def seconds(count: int) -> float:
        lines = "".join(f"  y{k}: f64 = add(x, 1.0)\n" for k in range(count))
        module = parse_module(f"def f(x: f64) {{\n{lines}}}")
        start = time.process_time()
        verify(module, TABLE)
        return time.process_time() - start

    seconds(100)
    assert seconds(16_000) < 40 * seconds(1_000)
