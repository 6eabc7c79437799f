"""Circular and hyperbolic functions and their inverses."""

from __future__ import annotations

from math import inf

from adc.prims.formula import Term, apply, where
from adc.prims.makers import EDGES, from_partials, scalar, unary
from adc.prims.primitive import Kink, Primitive

_CIRCLE = ((-30.0, 30.0),)
_LARGE = tuple((x,) for x in (*EDGES, 3.141592653589793, 1e6, 1e15, 1e22, -1e300))
_UNIT = ((-0.999, 0.999),)
_UNIT_ENDS = tuple((x,) for x in (*EDGES, 0.9999999999999999, -1.0000000000000002, 2.0))


def _one_minus_square(x: Term) -> Term:
    """`1 - x**2`, accurate where |x| is near 1."""
    return (1.0 - x) * (1.0 + x)


def _atan2_by_y(y: Term, x: Term, z: Term) -> Term:
    """`x / r**2`, divided twice so that r**2 cannot overflow or vanish."""
    r = _radius(y, x)
    return (x / r) / r


def _atan2_by_x(y: Term, x: Term, z: Term) -> Term:
    r = _radius(y, x)
    return -((y / r) / r)


def _radius(y: Term, x: Term) -> Term:
    """`hypot(x, y)`, and 1 in place of 0: the origin gets partials of 0."""
    r = apply("hypot", x, y)
    return where(apply("eq", r, 0.0), 1.0, r)


def _infinite_ends(*values: float) -> tuple[Kink, ...]:
    """Ends of the domain where the derivative is infinite."""
    return tuple(
        Kink(f"x == {x:g}", ((x,),), (v,), (None,), "the one-sided limit")
        for x, v in zip(values[::2], values[1::2], strict=True)
    )


PRIMITIVES: tuple[Primitive, ...] = (
    unary(
        "sin",
        "the sine of x in radians",
        reference="numpy:sin",
        derivative=lambda x, y: apply("cos", x),
        domain=_CIRCLE,
        special=_LARGE,
        lower="kernel:sin",
        ulp=3.0,
        source="DLMF 4.14.1",
        mp="mpmath:sin",
    ),
    unary(
        "cos",
        "the cosine of x in radians",
        reference="numpy:cos",
        derivative=lambda x, y: -apply("sin", x),
        domain=_CIRCLE,
        special=_LARGE,
        lower="kernel:cos",
        ulp=3.0,
        source="DLMF 4.14.2",
        mp="mpmath:cos",
    ),
    unary(
        "tan",
        "the tangent of x in radians",
        reference="numpy:tan",
        derivative=lambda x, y: 1.0 + y * y,
        domain=((-1.5, 1.5),),
        special=_LARGE,
        lower="libm:tan",
        ulp=2.0,
        source="DLMF 4.14.4",
        mp="mpmath:tan",
    ),
    unary(
        "asin",
        "the angle in [-pi/2, pi/2] with sine x; NaN outside [-1, 1]",
        reference="numpy:arcsin",
        derivative=lambda x, y: 1.0 / apply("sqrt", _one_minus_square(x)),
        domain=_UNIT,
        special=_UNIT_ENDS,
        kinks=_infinite_ends(-1.0, inf, 1.0, inf),
        lower="libm:asin",
        ulp=1.0,
        source="DLMF 4.23.1",
        mp="mpmath:asin",
    ),
    unary(
        "acos",
        "the angle in [0, pi] with cosine x; NaN outside [-1, 1]",
        reference="numpy:arccos",
        derivative=lambda x, y: -1.0 / apply("sqrt", _one_minus_square(x)),
        domain=_UNIT,
        special=_UNIT_ENDS,
        kinks=_infinite_ends(-1.0, -inf, 1.0, -inf),
        lower="libm:acos",
        ulp=1.0,
        source="DLMF 4.23.2",
        mp="mpmath:acos",
    ),
    unary(
        "atan",
        "the angle in [-pi/2, pi/2] with tangent x",
        reference="numpy:arctan",
        derivative=lambda x, y: 1.0 / (1.0 + x * x),
        domain=((-1e3, 1e3),),
        lower="libm:atan",
        ulp=1.0,
        source="DLMF 4.23.3",
        mp="mpmath:atan",
    ),
    scalar(
        "atan2",
        "atan2(y, x): the angle in [-pi, pi] of the point (x, y)",
        arity=2,
        reference="numpy:arctan2",
        jvp=from_partials(_atan2_by_y, _atan2_by_x),
        kinks=(
            Kink("x == y == 0", ((0.0, 0.0),), (0.0, 0.0), (None, None), "no limit exists: 0"),
            Kink(
                "y == 0 > x",
                ((0.0, -2.0),),
                (-0.5, 0.0),
                (None, None),
                "it jumps; both sides agree",
            ),
        ),
        lower="libm:atan2",
        ulp=1.0,
        source="IEEE 754-2019 9.2",
        mp="mpmath:atan2",
    ),
    unary(
        "sinh",
        "(exp(x) - exp(-x)) / 2",
        reference="numpy:sinh",
        derivative=lambda x, y: apply("cosh", x),
        domain=((-20.0, 20.0),),
        lower="libm:sinh",
        ulp=2.0,
        source="DLMF 4.28.1",
        mp="mpmath:sinh",
    ),
    unary(
        "cosh",
        "(exp(x) + exp(-x)) / 2",
        reference="numpy:cosh",
        derivative=lambda x, y: apply("sinh", x),
        domain=((-20.0, 20.0),),
        lower="libm:cosh",
        ulp=2.0,
        source="DLMF 4.28.2",
        mp="mpmath:cosh",
    ),
    unary(
        "tanh",
        "sinh(x) / cosh(x)",
        reference="numpy:tanh",
        derivative=lambda x, y: 1.0 - y * y,
        domain=((-20.0, 20.0),),
        lower="kernel:tanh",
        ulp=4.0,
        source="DLMF 4.28.4",
        mp="mpmath:tanh",
    ),
    unary(
        "asinh",
        "log(x + sqrt(x**2 + 1))",
        reference="numpy:arcsinh",
        derivative=lambda x, y: 1.0 / apply("hypot", x, 1.0),  # x**2 would overflow
        domain=((-1e3, 1e3),),
        special=tuple((x,) for x in (*EDGES, 1e200, -1e200, 1e-200)),
        lower="libm:asinh",
        ulp=2.0,
        source="DLMF 4.37.16",
        mp="mpmath:asinh",
    ),
    unary(
        "acosh",
        "log(x + sqrt(x**2 - 1)); NaN below 1",
        reference="numpy:arccosh",
        derivative=lambda x, y: 1.0 / (apply("sqrt", x - 1.0) * apply("sqrt", x + 1.0)),
        domain=((1.01, 1e3),),
        special=tuple((x,) for x in (*EDGES, 1e200, 0.9999999999999999)),
        kinks=_infinite_ends(1.0, inf),
        lower="libm:acosh",
        ulp=2.0,
        source="DLMF 4.37.19",
        mp="mpmath:acosh",
    ),
    unary(
        "atanh",
        "log((1 + x) / (1 - x)) / 2; NaN outside [-1, 1]",
        reference="numpy:arctanh",
        derivative=lambda x, y: 1.0 / _one_minus_square(x),
        domain=_UNIT,
        special=_UNIT_ENDS,
        lower="libm:atanh",
        ulp=2.0,
        source="DLMF 4.37.24",
        mp="mpmath:atanh",
    ),
)
