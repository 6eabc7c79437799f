"""Error functions and the logarithm of gamma with its derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi, sqrt

from adc.ir.builder import Builder
from adc.ir.core import Atom, Block, Equation, Params, Type
from adc.prims.formula import Term, apply
from adc.prims.makers import EDGES, FLOATS, UNARY_EDGES, require_scalar, unary
from adc.prims.primitive import Primitive, Tangent, require

_TWO_BY_ROOT_PI = 2.0 / sqrt(pi)
_POLES = tuple((x,) for x in (*EDGES, -2.0, -0.5, 1e-300, 2.0, 1e15, 1e300))


def _bell(x: Term) -> Term:
    return apply("exp", -(x * x))


def _trigamma(x: Term) -> Term:
    return Term(x.b, x.b.one("polygamma", x.atom, order=1))


def _order(params: Params) -> int:
    order = params["order"]
    require(isinstance(order, int) and order >= 1, f"polygamma: an order from 1, found {order}")
    assert isinstance(order, int)
    return order


def _infer_polygamma(
    operands: Sequence[Atom], params: Params, regions: Sequence[Block]
) -> tuple[Type, ...]:
    require(len(operands) == 1, "polygamma: one operand")
    require_scalar("polygamma", operands[0], FLOATS)
    _order(params)
    return (operands[0].type,)


def _jvp_polygamma(b: Builder, e: Equation, tangents: Sequence[Tangent]) -> tuple[Tangent, ...]:
    (dx,) = tangents
    if dx is None:
        return (None,)
    slope = b.one("polygamma", e.operands[0], order=_order(e.params) + 1)
    return (b.one("mul", slope, dx),)


PRIMITIVES: tuple[Primitive, ...] = (
    unary(
        "erf",
        "2 / sqrt(pi) times the integral of exp(-t**2) from 0 to x",
        reference="adc.reference.numerics:erf",
        derivative=lambda x, y: _TWO_BY_ROOT_PI * _bell(x),
        domain=((-6.0, 6.0),),
        special=UNARY_EDGES,
        lower="libm:erf",
        ulp=2.0,
        source="DLMF 7.2.1",
        mp="mpmath:erf",
    ),
    unary(
        "erfc",
        "1 - erf(x), accurate for large x",
        reference="adc.reference.numerics:erfc",
        derivative=lambda x, y: -_TWO_BY_ROOT_PI * _bell(x),
        domain=((-6.0, 20.0),),
        special=UNARY_EDGES,
        lower="libm:erfc",
        ulp=6.0,
        source="DLMF 7.2.2",
        mp="mpmath:erfc",
    ),
    unary(
        "lgamma",
        "log |gamma(x)|; inf at 0, -1, -2, ...",
        reference="adc.reference.numerics:lgamma",
        derivative=lambda x, y: apply("digamma", x),
        domain=((0.1, 100.0),),
        special=_POLES,
        lower="libm:lgamma",
        ulp=64,  # beside the zeros at 1 and 2, where libraries differ in the last digits
        source="DLMF 5.2.1",
    ),
    unary(
        "digamma",
        "the derivative of lgamma",
        reference="scipy.special:digamma",
        derivative=lambda x, y: _trigamma(x),
        domain=((0.1, 100.0),),
        special=_POLES,
        lower="own:digamma",
        ulp=8.0,
        source="DLMF 5.2.2",
        mp="mpmath:digamma",
    ),
    Primitive(
        "polygamma",
        "the derivative of digamma, `order` times",
        _infer_polygamma,
        "adc.reference.numerics:polygamma",
        _jvp_polygamma,
        domain=((0.1, 100.0),),
        special=_POLES,
        lower="own:polygamma",
        ulp=16.0,
        source="DLMF 5.15.1",
        arity=1,
    ),
)
