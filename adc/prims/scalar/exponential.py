"""Exponentials, logarithms, roots, powers, and the logistic functions of learning."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import inf

from adc.ir.builder import Builder
from adc.ir.core import I64, Atom, Block, Equation, Literal, Params, Type, index_literal, literal
from adc.prims.formula import Term, apply, where
from adc.prims.makers import EDGES, NUMBERS, from_partials, require_scalar, scalar, unary
from adc.prims.primitive import Fails, Kink, Primitive, Tangent, require
from adc.types.core import DType

# ---- powers ----------------------------------------------------------------------------------------


def _jvp_pow(b: Builder, e: Equation, tangents: Sequence[Tangent]) -> tuple[Tangent, ...]:
    """`y x**(y - 1) dx + z log x dy`; a literal exponent needs no care at 0."""
    (x, y), dx = e.operands, tangents[0]
    if isinstance(y, Literal):
        return (None if dx is None else _literal_power_tangent(b, "pow", x, y.value, dx),)
    return _jvp_general_pow(b, e, tangents)


def _pow_by_base(x: Term, y: Term, z: Term) -> Term:
    """`y x**(y - 1)`. For y = 0 that is 0, also where 1 / x overflows: there the base is 1 instead."""
    tiny = 2.0**-1022 if x.atom.type.dtype is DType.F64 else 2.0**-126
    is_pole = apply("and", apply("eq", y, 0.0), apply("lt", apply("abs", x), tiny))
    return y * apply("pow", where(is_pole, 1.0, x), y - 1.0)


def _pow_by_exponent(x: Term, y: Term, z: Term) -> Term:
    """`z log x`. Where z is 0 so is the partial, though log x be infinite; at 0**0 the limit -inf stays."""
    return z * apply("log", where(apply("eq", z, 0.0), 1.0, x))


_jvp_general_pow = from_partials(_pow_by_base, _pow_by_exponent)


def _literal_power_tangent(b: Builder, op: str, x: Atom, k: float, dx: Atom) -> Tangent:
    """`k x**(k - 1) dx` for a known k, where powers 0 and 1 are left out."""
    if k == 0:
        return None
    if k == 1:
        return dx
    exponent = literal(k - 1, DType.I64 if op == "powi" else x.type.dtype)
    power = Term(b, x if k == 2 else b.one(op, x, exponent))
    return b.one("mul", (float(k) * power).atom, dx)


def _infer_powi(
    operands: Sequence[Atom], params: Params, regions: Sequence[Block]
) -> tuple[Type, ...]:
    require(len(operands) == 2, "powi: a base and an exponent")
    x, k = operands
    require_scalar("powi", x, NUMBERS)
    require(k.type == I64, f"powi: an exponent of type i64, found {k.type}")
    return (x.type,)


def _jvp_powi(b: Builder, e: Equation, tangents: Sequence[Tangent]) -> tuple[Tangent, ...]:
    """`k x**(k - 1) dx`; x**0 is constant, so its exponent stays 0 instead of becoming a pole at x = 0."""
    x, k = e.operands
    dx = tangents[0]
    if dx is None:
        return (None,)
    if isinstance(k, Literal):
        return (_literal_power_tangent(b, "powi", x, k.value, dx),)
    is_constant = b.one("eq", k, index_literal(0))
    less = b.one("select", is_constant, index_literal(0), b.one("sub", k, index_literal(1)))
    factor = b.one("convert", k, to=x.type.dtype)
    return (b.one("mul", b.one("mul", factor, b.one("powi", x, less)), dx),)


# ---- the records -------------------------------------------------------------------------------------

_POSITIVE = ((1e-3, 1e3),)

PRIMITIVES: tuple[Primitive, ...] = (
    unary(
        "exp",
        "e**x",
        reference="numpy:exp",
        derivative=lambda x, y: y,
        domain=((-20.0, 20.0),),
        special=tuple((x,) for x in (*EDGES, 709.78, 709.79, -745.13, -745.14)),
        lower="kernel:exp",
        ulp=3.0,
        source="DLMF 4.2.19",
        mp="mpmath:exp",
    ),
    unary(
        "expm1",
        "e**x - 1, accurate near 0",
        reference="numpy:expm1",
        derivative=lambda x, y: apply("exp", x),
        domain=((-20.0, 20.0),),
        lower="kernel:expm1",
        ulp=3.0,
        source="DLMF 4.2.19",
        mp="mpmath:expm1",
    ),
    unary(
        "log",
        "the natural logarithm of x; -inf at 0, NaN below",
        reference="numpy:log",
        derivative=lambda x, y: 1.0 / x,
        domain=_POSITIVE,
        lower="kernel:log",
        ulp=3.0,
        source="DLMF 4.2.2",
        mp="mpmath:log",
    ),
    unary(
        "log1p",
        "log(1 + x), accurate near 0",
        reference="numpy:log1p",
        derivative=lambda x, y: 1.0 / (1.0 + x),
        domain=((-0.99, 1e3),),
        lower="kernel:log1p",
        ulp=3.0,
        source="DLMF 4.2.2",
        mp="mpmath:log1p",
    ),
    unary(
        "sqrt",
        "the square root of x; NaN below 0",
        reference="numpy:sqrt",
        derivative=lambda x, y: 0.5 / y,
        domain=_POSITIVE,
        kinks=(Kink("x == 0", ((0.0,),), (inf,), (None,), "the one-sided limit"),),
        lower="intrinsic:sqrt",
        source="IEEE 754-2019 5.4.1",
        mp="mpmath:sqrt",
    ),
    unary(
        "cbrt",
        "the real cube root of x",
        reference="numpy:cbrt",
        derivative=lambda x, y: 1.0 / (3.0 * (y * y)),
        domain=((-1e3, 1e3),),
        kinks=(Kink("x == 0", ((0.0,),), (inf,), (None,), "the limit"),),
        lower="libm:cbrt",
        ulp=1.0,
        source="IEEE 754-2019 9.2, rootn",
    ),
    scalar(
        "hypot",
        "sqrt(x**2 + y**2) without over- or underflow on the way",
        arity=2,
        reference="numpy:hypot",
        jvp=from_partials(
            lambda x, y, z: x / where(apply("eq", z, 0.0), 1.0, z),
            lambda x, y, z: y / where(apply("eq", z, 0.0), 1.0, z),
        ),
        algebra=frozenset({"commutative"}),
        kinks=(
            Kink(
                "x == y == 0",
                ((0.0, 0.0),),
                (0.0, 0.0),
                ((-1.0, 1.0), (-1.0, 1.0)),
                "the centre of the unit disc of subgradients",
            ),
        ),
        lower="libm:hypot",
        ulp=1.0,
        source="IEEE 754-2019 9.2",
        mp="mpmath:hypot",
    ),
    scalar(
        "pow",
        "x**y; NaN for x < 0 unless y is whole",
        arity=2,
        reference="adc.reference.numerics:power",
        jvp=_jvp_pow,
        neutral={"right": 1.0},
        domain=((1e-2, 10.0), (-5.0, 5.0)),
        special=tuple(product((*EDGES, 2.0, -2.0, 0.5), (*EDGES, 2.0, 3.0, 0.5))),
        kinks=(
            Kink("x == 0 < y < 1", ((0.0, 0.5),), (inf, 0.0), (None, None), "the one-sided limit"),
            Kink("x == y == 0", ((0.0, 0.0),), (0.0, -inf), (None, None), "the one-sided limits"),
        ),
        lower="kernel:pow",
        ulp=3.0,
        source="IEEE 754-2019 9.2; DLMF 4.2.26",
        mp="mpmath:power",
    ),
    Primitive(
        "powi",
        "x**k by repeated multiplication; 1 / x**-k for k < 0, which is an error for integer x",
        _infer_powi,
        "adc.reference.numerics:powi",
        _jvp_powi,
        neutral={"right": 1.0},
        domain=((-4.0, 4.0), (-8.0, 8.0)),
        special=tuple(
            product((*EDGES, 2.0, 1e-200, 1e200), (0.0, 1.0, 2.0, 3.0, -1.0, -2.0, -3.0))
        ),
        fails=Fails.NEGATIVE_POWER,
        lower="own:powi",
        ulp=8.0,
        source="IEEE 754-2019 9.2, pown",
        arity=2,
        mp="mpmath:power",
    ),
    unary(
        "sigmoid",
        "1 / (1 + exp(-x))",
        reference="scipy.special:expit",
        derivative=lambda x, y: y * (1.0 - y),
        domain=((-20.0, 20.0),),
        lower="kernel:sigmoid",
        ulp=4.0,
        source="DLMF 4.2.19",
    ),
    unary(
        "softplus",
        "log(1 + exp(x)) without overflow",
        reference="adc.reference.numerics:softplus",
        derivative=lambda x, y: apply("sigmoid", x),
        domain=((-20.0, 20.0),),
        lower="kernel:softplus",
        ulp=4.0,
        source="DLMF 4.2.2",
    ),
)
