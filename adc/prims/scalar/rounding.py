"""Rounding to whole numbers, and conversion between element types."""

from __future__ import annotations

from collections.abc import Sequence

from adc.ir.builder import Builder
from adc.ir.core import Atom, Block, Equation, Params, Type
from adc.prims.makers import ANY, CONSTANT_PIECES, EDGES, require_scalar, scalar
from adc.prims.primitive import Fails, Kink, Primitive, Tangent, require
from adc.types.core import DType


def _infer_convert(
    operands: Sequence[Atom], params: Params, regions: Sequence[Block]
) -> tuple[Type, ...]:
    require(len(operands) == 1, "convert: one operand")
    require_scalar("convert", operands[0], ANY)
    to = params["to"]
    require(isinstance(to, DType), "convert: `to` is an element type")
    assert isinstance(to, DType)
    return (Type(to),)


def _jvp_convert(b: Builder, e: Equation, tangents: Sequence[Tangent]) -> tuple[Tangent, ...]:
    (dx,) = tangents
    if dx is None or not e.results[0].type.dtype.is_float:
        return (None,)
    return (b.one("convert", dx, to=e.results[0].type.dtype),)


def _transpose_convert(
    b: Builder, e: Equation, cts: Sequence[Atom | None], linear: Sequence[bool]
) -> tuple[Atom | None, ...]:
    (ct,) = cts
    return (None if ct is None else b.one("convert", ct, to=e.operands[0].type.dtype),)


def _rounding(
    name: str, doc: str, reference: str, lower: str, jumps: tuple[float, ...], mp: str | None = None
) -> Primitive:
    return scalar(
        name,
        doc,
        arity=1,
        reference=reference,
        jvp=CONSTANT_PIECES,
        kinks=(Kink("x where it jumps", tuple((x,) for x in jumps), (0.0,), (None,), "it jumps"),),
        special=_HALVES,
        algebra=frozenset({"idempotent"}),
        lower=f"intrinsic:{lower}",
        source="IEEE 754-2019 5.9",
        mp=mp,
    )


_HALVES = tuple(
    (x,) for x in (*EDGES, 0.5, -0.5, 1.5, 2.5, -2.5, 0.49999999999999994, 1e300, 2.0**52 + 1)
)

PRIMITIVES: tuple[Primitive, ...] = (
    _rounding(
        "floor",
        "the largest whole number up to x",
        "numpy:floor",
        "floor",
        (0.0, 1.0, -3.0),
        "mpmath:floor",
    ),
    _rounding(
        "ceil",
        "the smallest whole number from x on",
        "numpy:ceil",
        "ceil",
        (0.0, 1.0, -3.0),
        "mpmath:ceil",
    ),
    _rounding(
        "round",
        "the nearest whole number, the even one of two",
        "numpy:rint",
        "roundeven",
        (0.5, -1.5),
        "mpmath:nint",
    ),
    _rounding("trunc", "the whole part of x", "numpy:trunc", "trunc", (1.0, -3.0)),
    Primitive(
        "convert",
        "x as `to`: float to integer truncates and saturates, NaN is an error; integers wrap; only 0 is false",
        _infer_convert,
        "adc.reference.numerics:convert",
        _jvp_convert,
        _transpose_convert,
        domain=((-100.0, 100.0),),
        special=tuple((x,) for x in (*EDGES, 1e10, -1e10, 1e19, 1e300, 2.5, -2.5)),
        fails=Fails.NAN,
        lower="own:convert",
        source="definition of ADL: numbers",
        arity=1,
    ),
)
