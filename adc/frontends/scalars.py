"""Scalar operations of the surface language, and the equations that they become.

Arithmetic on sizes is remembered as polynomials; what cannot fail is made once, as far out as possible.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from adc.frontends.context import Context
from adc.frontends.unify import Element, typed
from adc.ir.core import I64, Atom, Literal, index_literal
from adc.types.core import DType
from adc.types.dims import Poly


class Takes(Enum):
    """What operands an operation takes; all of them have one type."""

    NUMBERS = "numbers"
    FLOATS = "floats"
    BOOLS = "booleans"
    ANYTHING = "numbers or booleans"


@dataclass(frozen=True, slots=True)
class Operation:
    """A scalar primitive as the surface language has it."""

    op: str
    arity: int
    takes: Takes = Takes.FLOATS
    is_test: bool = False
    symbol: str = ""

    @property
    def shown(self) -> str:
        return self.symbol or self.op


def emit_scalar(cx: Context, op: str, operands: Sequence[Atom], result: Element) -> Atom:
    """One scalar equation; arithmetic on sizes is remembered and, where it can be, shared."""
    if result is DType.I64 and op in _ON_SIZES:
        return _ON_SIZES[op](cx, op, operands)
    return cx.one(op, operands, typed(result))


def _arithmetic(cx: Context, op: str, operands: Sequence[Atom]) -> Atom:
    return cx.arith(op, operands[0], operands[1])


def _negation(cx: Context, op: str, operands: Sequence[Atom]) -> Atom:
    total = -cx.poly(operands[0])
    if total.constant is not None:
        return index_literal(total.constant)
    result = cx.one(op, operands, I64)
    cx.sizes.equate(result, total)
    return result


def _quotient(cx: Context, op: str, operands: Sequence[Atom]) -> Atom:
    """Floor division and remainder by a positive literal cannot fail: such sizes are shared."""
    x, k = operands
    if not (isinstance(k, Literal) and k.value > 0):
        return cx.one(op, operands, I64)
    result = cx.sizes.shared(op, (x, k), cx.frame)
    whole, r = cx.poly(x), Poly.atom(result)
    if op == "mod":
        cx.sizes.declare_natural(result)
        cx.sizes.assume_natural(Poly.of(int(k.value)) - r - 1, cx.frame)
    elif cx.sizes.is_natural(whole, cx.frame):
        cx.frame.naturals.add(result)
        cx.sizes.assume_natural(whole - r * int(k.value), cx.frame)
    return result


def _extreme(cx: Context, op: str, operands: Sequence[Atom]) -> Atom:
    result = cx.sizes.shared(op, tuple(operands), cx.frame)
    polys = [cx.poly(a) for a in operands]
    if (any if op == "max" else all)(cx.sizes.is_natural(p, cx.frame) for p in polys):
        cx.frame.naturals.add(result)
    for p in polys:
        above = Poly.atom(result) - p
        cx.sizes.assume_natural(above if op == "max" else -above, cx.frame)
    return result


_ON_SIZES: Mapping[str, Callable[[Context, str, Sequence[Atom]], Atom]] = {
    "add": _arithmetic,
    "sub": _arithmetic,
    "mul": _arithmetic,
    "neg": _negation,
    "floordiv": _quotient,
    "mod": _quotient,
    "max": _extreme,
    "min": _extreme,
}
