"""Whether equations can fail: then they must not run where they would not have, nor be dropped with their check."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from adc.ir.core import Block, Equation, Literal
from adc.rewrite.scope import Scope
from adc.types.core import DType


def can_fail(e: Equation, scope: Scope) -> bool:
    """Whether running the equation at this place may end in an error, or not end at all."""
    test = _CAN_FAIL.get(e.op)
    if test is not None and test(e, scope):
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


def _index_can_fail(e: Equation, scope: Scope) -> bool:
    x, *indices = e.operands
    return not all(scope.ranges.in_range(i, d) for i, d in zip(indices, x.type.shape, strict=False))


def _update_can_fail(e: Equation, scope: Scope) -> bool:
    x, _, *indices = e.operands
    return not all(scope.ranges.in_range(i, d) for i, d in zip(indices, x.type.shape, strict=False))


def _division_can_fail(e: Equation, scope: Scope) -> bool:
    x, y = e.operands
    if x.type.dtype.is_float:
        return False
    if isinstance(y, Literal):
        return y.value == 0
    return x.type.dtype is not DType.I64 or not scope.ranges.is_positive(y)


def _conversion_can_fail(e: Equation, scope: Scope) -> bool:
    """Of NaN there is no integer."""
    return e.operands[0].type.dtype.is_float and e.results[0].type.dtype.is_integer


def _power_can_fail(e: Equation, scope: Scope) -> bool:
    """Of an integer there is no negative power."""
    x, k = e.operands
    return x.type.dtype.is_integer and not (isinstance(k, Literal) and k.value >= 0)


def _always(e: Equation, scope: Scope) -> bool:
    return True


_CAN_FAIL: Mapping[str, Callable[[Equation, Scope], bool]] = {
    "index": _index_can_fail,
    "update": _update_can_fail,
    "upd": _update_can_fail,
    "floordiv": _division_can_fail,
    "mod": _division_can_fail,
    "convert": _conversion_can_fail,
    "powi": _power_can_fail,
    # What is no record of just these fields must not be unpacked.
    **dict.fromkeys(("assert", "call", "while", "unpack"), _always),
    **dict.fromkeys(("cholesky", "solve", "tri_solve", "inv", "det", "logdet"), _always),
}
