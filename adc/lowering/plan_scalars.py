"""Planning of scalar equations: one `Op` each, with the checks that integer division and conversion need."""

from __future__ import annotations

from adc.ir.core import Equation
from adc.lowering.loops import Const, Operand, Reg
from adc.lowering.plan_block import FunctionPlanner
from adc.types.core import DType


def plan_scalar(p: FunctionPlanner, e: Equation) -> None:
    """The operation that the table names for the operand types."""
    args = [p.operand(a) for a in e.operands]
    primitive = p.table[e.op]
    assert primitive.lower is not None, f"`{e.op}` has no machine code"
    _emit(p, e, _form(primitive.lower, args[-1].dtype), args)


def _form(lower: str, dtype: DType) -> str:
    """The float or the integer and boolean form of a `lower` slot."""
    forms = lower.split("|")
    return forms[0] if dtype.is_float or len(forms) == 1 else forms[1]


def _emit(p: FunctionPlanner, e: Equation, op: str, args: list[Operand]) -> None:
    r = e.results[0]
    dst = p.writer.op(op, *args, dtype=r.type.dtype, hint=r.hint or e.op)
    p.bind(r, dst)


def plan_division(p: FunctionPlanner, e: Equation) -> None:
    """`//` and `%`: an integer divisor of 0 is an error."""
    divisor = p.operand(e.operands[1])
    if divisor.dtype.is_integer and not (isinstance(divisor, Const) and divisor.value != 0):
        ok = p.writer.compare("icmp:ne", divisor, Const(0, divisor.dtype))
        p.check(ok, "DivisionError", "E0602", "integer division by 0")
    plan_scalar(p, e)


def plan_convert(p: FunctionPlanner, e: Equation) -> None:
    """Float to integer truncates and saturates; of NaN it is an error."""
    x = p.operand(e.operands[0])
    to = e.params["to"]
    assert isinstance(to, DType)
    if to is x.dtype:
        p.bind(e.results[0], x)
        return
    if x.dtype.is_float and to.is_integer:
        p.check(
            p.writer.compare("fcmp:ord", x, x), "EvaluationError", "E0604", "an integer from NaN"
        )
    _emit(p, e, "convert", [x])


def plan_powi(p: FunctionPlanner, e: Equation) -> None:
    """`x ** k`: squarings written out for a small literal k, else a routine."""
    x, k = (p.operand(a) for a in e.operands)
    if x.dtype.is_integer and not (isinstance(k, Const) and int(k.value) >= 0):
        ok = p.writer.compare("icmp:sge", k, Const(0, DType.I64))
        p.check(ok, "EvaluationError", "E0604", "an integer to a negative power")
    if isinstance(k, Const) and 0 < int(k.value) <= 64:
        p.bind(e.results[0], _power(p, x, int(k.value)))
        return
    _emit(p, e, "own:powi", [x, k])


def _power(p: FunctionPlanner, x: Operand, k: int) -> Operand:
    """The same order of multiplications as the routine: bits of k from the lowest."""
    mul = "fmul" if x.dtype.is_float else "mul"
    result: Operand | None = None
    while True:
        if k & 1:
            result = x if result is None else p.writer.op(mul, result, x)
        k >>= 1
        if not k:
            assert isinstance(result, Reg | Const)
            return result
        x = p.writer.op(mul, x, x)


def plan_polygamma(p: FunctionPlanner, e: Equation) -> None:
    order = e.params["order"]
    assert isinstance(order, int)
    x = p.operand(e.operands[0])
    _emit(p, e, f"own:polygamma.{order}", [x])


SCALAR_HANDLERS = {
    "floordiv": plan_division,
    "mod": plan_division,
    "convert": plan_convert,
    "powi": plan_powi,
    "polygamma": plan_polygamma,
}
