"""Records of saved values: what a saving function hands to the function that runs backwards.

`pack` and `unpack` are linear and each other's transposes. A tangent of a tape is a tape of the tangents of
the fields that carry one, in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

from adc.ir.builder import Builder
from adc.ir.core import TAPE, Atom, Block, Equation, Params, Type, Value
from adc.prims.array.build import zeros
from adc.prims.primitive import Fails, Family, Primitive, Tangent, require


def unpacked(b: Builder, t: Atom, fields: Sequence[Atom], hint: str) -> tuple[Value, ...]:
    """The fields of `t`, of the types of `fields`."""
    results = tuple(Value(a.type, hint) for a in fields)
    b.append(Equation("unpack", (t,), results, span=b.span, origin=b.origin))
    return results


def _infer_pack(
    operands: Sequence[Atom], params: Params, regions: Sequence[Block]
) -> tuple[Type, ...]:
    require(not any(a.type.is_ref for a in operands), "pack: an accumulator cannot be stored")
    return (TAPE,)


def _infer_unpack(
    operands: Sequence[Atom], params: Params, regions: Sequence[Block]
) -> tuple[Type, ...]:
    raise TypeError("unpack: make the equation directly, with results typed by what was packed")


def _packed(
    b: Builder, fields: Sequence[Atom], moved: Sequence[Atom | None], hint: str
) -> tuple[Atom | None]:
    """A tape of what was `moved` along with the fields that can be."""
    if all(d is None for d in moved):
        return (None,)
    carried = [
        zeros(b, a.type) if d is None else d
        for a, d in zip(fields, moved, strict=True)
        if a.type.dtype.carries_tangent
    ]
    return (b.one("pack", *carried, hint=hint),)


def _spread(
    b: Builder, t: Atom | None, fields: Sequence[Atom], wanted: Sequence[bool], hint: str
) -> tuple[Atom | None, ...]:
    """The fields of a tape of what moved along with `fields`; None for those that are not wanted."""
    if t is None or not any(wanted):
        return (None,) * len(fields)
    carries = [a.type.dtype.carries_tangent for a in fields]
    made = iter(unpacked(b, t, tuple(compress(fields, carries)), hint))
    each = [next(made) if flag else None for flag in carries]
    return tuple(d if flag else None for d, flag in zip(each, wanted, strict=True))


def _jvp_pack(b: Builder, e: Equation, tangents: Sequence[Tangent]) -> tuple[Tangent, ...]:
    return _packed(b, e.operands, tangents, "dt")


def _jvp_unpack(b: Builder, e: Equation, tangents: Sequence[Tangent]) -> tuple[Tangent, ...]:
    wanted = [r.type.dtype.carries_tangent for r in e.results]
    return _spread(b, tangents[0], e.results, wanted, "d")


def _transpose_pack(
    b: Builder, e: Equation, cts: Sequence[Atom | None], linear: Sequence[bool]
) -> tuple[Atom | None, ...]:
    return _spread(b, cts[0], e.operands, linear, "ct")


def _transpose_unpack(
    b: Builder, e: Equation, cts: Sequence[Atom | None], linear: Sequence[bool]
) -> tuple[Atom | None, ...]:
    return _packed(b, e.results, cts, "ct")


PRIMITIVES = (
    Primitive(
        "pack",
        "a record of values as one value",
        _infer_pack,
        "adc.reference.tapes:pack",
        _jvp_pack,
        _transpose_pack,
        lower="tape:pack",
        family=Family.STRUCTURED,
    ),
    Primitive(
        "unpack",
        "the fields of a record",
        _infer_unpack,
        None,
        _jvp_unpack,
        _transpose_unpack,
        fails=Fails.ANYHOW,  # what is no record of just these fields must not be unpacked
        lower="tape:unpack",
        family=Family.STRUCTURED,
    ),
)
