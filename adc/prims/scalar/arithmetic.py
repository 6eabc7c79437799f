"""Arithmetic on numbers: sums, products, quotients and remainders."""

from __future__ import annotations

from collections.abc import Sequence

from adc.ir.builder import Builder
from adc.ir.core import Atom, Equation
from adc.prims.formula import Term, apply
from adc.prims.makers import (
    CONSTANT_PIECES,
    NUMBERS,
    add_tangents,
    from_partials,
    linear,
    scalar,
)
from adc.prims.primitive import Fails, Kink, Primitive, Tangent, require
from adc.types.core import DType

Cotangents = Sequence[Atom | None]
_IEEE = "IEEE 754-2019 5.4.1"


# ---- add, sub, neg, mul, div, fma --------------------------------------------------------------------


def _jvp_add(b: Builder, e: Equation, tangents: Sequence[Tangent]) -> tuple[Tangent, ...]:
    return (add_tangents(b, *tangents),)


def _jvp_sub(b: Builder, e: Equation, tangents: Sequence[Tangent]) -> tuple[Tangent, ...]:
    dx, dy = tangents
    if dy is None:
        return (dx,)
    return (b.one("neg", dy) if dx is None else b.one("sub", dx, dy),)


_jvp_product = from_partials(lambda x, y, z: y, lambda x, y, z: x)


def _jvp_mul(b: Builder, e: Equation, tangents: Sequence[Tangent]) -> tuple[Tangent, ...]:
    """`y dx + x dy`, for a square `2 x dx`."""
    (x, y), dx = e.operands, tangents[0]
    if x is y and dx is not None:
        return (b.one("mul", (2.0 * Term(b, x)).atom, dx),)
    return _jvp_product(b, e, tangents)


def _jvp_div(b: Builder, e: Equation, tangents: Sequence[Tangent]) -> tuple[Tangent, ...]:
    """`(dx - z dy) / y`: one division, which the reverse sweep shares between both cotangents."""
    (_, y), (z,) = e.operands, e.results
    dx, dy = tangents
    if dy is None:
        return (None if dx is None else b.one("div", dx, y),)
    if dx is None:
        return (b.one("mul", b.one("neg", b.one("div", z, y)), dy),)
    return (b.one("div", b.one("sub", dx, b.one("mul", z, dy)), y),)


def _jvp_fma(b: Builder, e: Equation, tangents: Sequence[Tangent]) -> tuple[Tangent, ...]:
    x, y, _ = e.operands
    dx, dy, total = tangents
    for factor, t in ((y, dx), (x, dy)):
        if t is not None:
            total = b.one("mul", factor, t) if total is None else b.one("fma", factor, t, total)
    return (total,)


def _transpose_add(
    b: Builder, e: Equation, cts: Cotangents, linear: Sequence[bool]
) -> tuple[Atom | None, ...]:
    return tuple(cts[0] if is_linear else None for is_linear in linear)


def _transpose_sub(
    b: Builder, e: Equation, cts: Cotangents, linear: Sequence[bool]
) -> tuple[Atom | None, ...]:
    (ct,) = cts
    if ct is None:
        return (None, None)
    return (ct if linear[0] else None, b.one("neg", ct) if linear[1] else None)


def _transpose_neg(
    b: Builder, e: Equation, cts: Cotangents, linear: Sequence[bool]
) -> tuple[Atom | None, ...]:
    (ct,) = cts
    return (None if ct is None else b.one("neg", ct),)


def _transpose_mul(
    b: Builder, e: Equation, cts: Cotangents, linear: Sequence[bool]
) -> tuple[Atom | None, ...]:
    require(not all(linear), "mul: linear in one operand at a time")
    return _scaled_by_the_other(b, e, cts, linear)


def _scaled_by_the_other(
    b: Builder, e: Equation, cts: Cotangents, linear: Sequence[bool]
) -> tuple[Atom | None, Atom | None]:
    (ct,), (x, y, *_) = cts, e.operands
    if ct is None:
        return (None, None)
    return (b.one("mul", y, ct) if linear[0] else None, b.one("mul", x, ct) if linear[1] else None)


def _transpose_div(
    b: Builder, e: Equation, cts: Cotangents, linear: Sequence[bool]
) -> tuple[Atom | None, ...]:
    require(not linear[1], "div: linear in the numerator only")
    (ct,), (_, y) = cts, e.operands
    return (None if ct is None else b.one("div", ct, y), None)


def _transpose_fma(
    b: Builder, e: Equation, cts: Cotangents, linear: Sequence[bool]
) -> tuple[Atom | None, ...]:
    require(not (linear[0] and linear[1]), "fma: linear in one factor at a time")
    return (*_scaled_by_the_other(b, e, cts, linear), cts[0] if linear[2] else None)


# ---- the records -------------------------------------------------------------------------------------

PRIMITIVES: tuple[Primitive, ...] = (
    scalar(
        "add",
        "x + y; integers wrap around, tapes add field by field",
        arity=2,
        accepts=NUMBERS | {DType.TAPE},
        reference="numpy:add",
        jvp=_jvp_add,
        transpose=_transpose_add,
        algebra=frozenset({"commutative", "associative"}),
        neutral={"left": -0.0, "right": -0.0},
        lower="fadd|add",
        source=_IEEE,
        mp="operator:add",
    ),
    scalar(
        "sub",
        "x - y; integers wrap around",
        arity=2,
        accepts=NUMBERS,
        reference="numpy:subtract",
        jvp=_jvp_sub,
        transpose=_transpose_sub,
        neutral={"right": 0.0},
        lower="fsub|sub",
        source=_IEEE,
        mp="operator:sub",
    ),
    scalar(
        "neg",
        "-x; the smallest integer stays",
        arity=1,
        accepts=NUMBERS,
        reference="numpy:negative",
        jvp=linear,
        transpose=_transpose_neg,
        lower="fneg|neg",
        source="IEEE 754-2019 5.5.1",
        mp="operator:neg",
    ),
    scalar(
        "mul",
        "x * y; integers wrap around",
        arity=2,
        accepts=NUMBERS,
        reference="numpy:multiply",
        jvp=_jvp_mul,
        transpose=_transpose_mul,
        algebra=frozenset({"commutative", "associative"}),
        neutral={"left": 1.0, "right": 1.0},
        lower="fmul|mul",
        source=_IEEE,
        mp="operator:mul",
    ),
    scalar(
        "div",
        "x / y",
        arity=2,
        reference="numpy:true_divide",
        jvp=_jvp_div,
        transpose=_transpose_div,
        neutral={"right": 1.0},
        lower="fdiv",
        source=_IEEE,
        mp="operator:truediv",
    ),
    scalar(
        "fma",
        "x * y + z, rounded once",
        arity=3,
        reference="adc.reference.numerics:fma",
        jvp=_jvp_fma,
        transpose=_transpose_fma,
        lower="intrinsic:fma",
        source=_IEEE,
    ),
    scalar(
        "floordiv",
        "the quotient x / y rounded down; an integer y of 0 is an error, the smallest integer // -1 wraps",
        arity=2,
        accepts=NUMBERS,
        reference="adc.reference.numerics:floordiv",
        jvp=CONSTANT_PIECES,
        kinks=(
            Kink("x / y is whole", ((2.0, 1.0), (0.0, 3.0)), (0.0, 0.0), (None, None), "it jumps"),
        ),
        fails=Fails.ZERO_DIVISOR,
        lower="own:floordiv",
        source="Python reference 6.7",
    ),
    scalar(
        "mod",
        "x - y * floor(x / y), with the sign of y; an integer y of 0 is an error",
        arity=2,
        accepts=NUMBERS,
        reference="adc.reference.numerics:mod",
        jvp=from_partials(lambda x, y, z: x.like(1.0), lambda x, y, z: -apply("floordiv", x, y)),
        kinks=(
            Kink(
                "x / y is whole",
                ((2.0, 1.0), (-6.0, -3.0)),
                (1.0, -2.0),
                (None, None),
                "it jumps; the derivative of the piece that the value lies on",
            ),
        ),
        fails=Fails.ZERO_DIVISOR,
        lower="own:mod",
        source="Python reference 6.7",
    ),
)
