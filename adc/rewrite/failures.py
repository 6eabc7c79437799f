"""Whether equations can fail: then they must not run where they would not have, nor be dropped with their check."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from adc.ir.core import Block, Equation, Literal
from adc.prims.primitive import Fails
from adc.rewrite.scope import Scope
from adc.types.core import DType


def can_fail(e: Equation, scope: Scope) -> bool:
    """Whether running the equation at this place may end in an error, or not end at all."""
    if _CAN_HAPPEN[scope.table[e.op].fails](e, scope) or _is_of_nothing(e, scope):
        return True
    for k in range(len(e.regions)):
        scope.enter(e, k)
        failing = block_can_fail(e.regions[k], scope)
        scope.leave()
        if failing:
            return True
    return False


def block_can_fail(block: Block, scope: Scope) -> bool:
    """Whether some equation of a block just entered can fail."""
    for e in block.equations:
        if can_fail(e, scope):
            return True
        scope.define(e)
    return False


def _is_of_nothing(e: Equation, scope: Scope) -> bool:
    """In code to be read: whether it may be an extremum of no elements, which ADL refuses."""
    if not scope.options.pure or not _is_extremum(e):
        return False
    return not all(map(scope.ranges.is_positive, e.operands))


def _is_extremum(e: Equation) -> bool:
    ops = e.params.get("ops", ()) if e.op == "reduce" else ()
    return e.op == "argreduce" or (isinstance(ops, tuple) and not {"max", "min"}.isdisjoint(ops))


def _outside(e: Equation, scope: Scope) -> bool:
    at = len(e.operands) - (1 if e.op == "index" else 2)
    indices = e.operands[len(e.operands) - at :]
    shape = e.operands[0].type.shape
    return not all(scope.ranges.in_range(i, d) for i, d in zip(indices, shape, strict=False))


def _zero_divisor(e: Equation, scope: Scope) -> bool:
    x, y = e.operands
    if x.type.dtype.is_float:
        return False
    if isinstance(y, Literal):
        return y.value == 0
    return x.type.dtype is not DType.I64 or not scope.ranges.is_positive(y)


def _nan(e: Equation, scope: Scope) -> bool:
    return e.operands[0].type.dtype.is_float and e.results[0].type.dtype.is_integer


def _negative_power(e: Equation, scope: Scope) -> bool:
    x, k = e.operands
    return x.type.dtype.is_integer and not (isinstance(k, Literal) and k.value >= 0)


_CAN_HAPPEN: Mapping[Fails, Callable[[Equation, Scope], bool]] = {
    Fails.NEVER: lambda e, scope: False,
    Fails.OUTSIDE: _outside,
    Fails.ZERO_DIVISOR: _zero_divisor,
    Fails.NAN: _nan,
    Fails.NEGATIVE_POWER: _negative_power,
    Fails.ANYHOW: lambda e, scope: True,
}
