"""Reading and replacing elements and rows, and new shapes for the same elements."""

from __future__ import annotations

from collections.abc import Sequence

from adc.ir.builder import Builder
from adc.ir.core import I64, Atom, Block, Equation, Params, Type, atom_dim, dim_atom, element_type
from adc.prims.array.build import zeros
from adc.prims.primitive import Fails, Family, NonDifferentiable, Primitive, Tangent, require

Cotangents = Sequence[Atom | None]
_SOURCE = "definition of ADL"


def _infer_index(
    operands: Sequence[Atom], params: Params, regions: Sequence[Block]
) -> tuple[Type, ...]:
    x, *indices = operands
    _require_indices("index", x, indices)
    return (element_type(x.type, len(indices)),)


def _infer_update(
    operands: Sequence[Atom], params: Params, regions: Sequence[Block]
) -> tuple[Type, ...]:
    x, v, *indices = operands
    _require_indices("update", x, indices)
    row = element_type(x.type, len(indices))
    require(
        (v.type.dtype, v.type.rank, v.type.is_ref) == (row.dtype, row.rank, False),
        f"update: a value of type {row}, found {v.type}",
    )
    return (x.type,)


def _require_indices(name: str, x: Atom, indices: Sequence[Atom]) -> None:
    require(not x.type.is_ref, f"{name}: an accumulator cannot be read")
    if not 0 < len(indices) <= x.type.rank:
        raise TypeError(f"{name}: {len(indices)} indices into {x.type}")
    require(all(i.type == I64 for i in indices), f"{name}: indices are scalars i64")


def _infer_reshape(
    operands: Sequence[Atom], params: Params, regions: Sequence[Block]
) -> tuple[Type, ...]:
    x, *sizes = operands
    require(not x.type.is_ref, "reshape: an accumulator cannot be read")
    require(x.type.rank > 0 and len(sizes) > 0, "reshape: arrays into arrays")
    require(all(n.type == I64 for n in sizes), "reshape: sizes are scalars i64")
    return (Type(x.type.dtype, tuple(map(atom_dim, sizes))),)


def _infer_same(
    operands: Sequence[Atom], params: Params, regions: Sequence[Block]
) -> tuple[Type, ...]:
    (x,) = operands
    require(not x.type.is_ref, "an accumulator cannot be read")
    return (x.type,)


def _jvp_in_first(b: Builder, e: Equation, tangents: Sequence[Tangent]) -> tuple[Tangent, ...]:
    """Linear in the first operand; indices and sizes stay."""
    dx = tangents[0]
    return (None if dx is None else b.one(e.op, dx, *e.operands[1:]),)


def _jvp_update(b: Builder, e: Equation, tangents: Sequence[Tangent]) -> tuple[Tangent, ...]:
    x, v, *indices = e.operands
    dx, dv, *_ = tangents
    if dx is None and dv is None:
        return (None,)
    base = zeros(b, x.type) if dx is None else dx
    row = zeros(b, v.type) if dv is None else dv
    return (b.one("update", base, row, *indices),)


def _transpose_update(
    b: Builder, e: Equation, cts: Cotangents, linear: Sequence[bool]
) -> tuple[Atom | None, ...]:
    """The replaced row passes nothing to the base; the value gets what the row got.

    The row is read first: then nothing needs the old cotangent any more, and it is changed in place.
    """
    (ct,), (_, v, *indices) = cts, e.operands
    if ct is None:
        return (None,) * len(e.operands)
    row = b.one("index", ct, *indices) if linear[1] else None
    base = b.one("update", ct, zeros(b, v.type), *indices) if linear[0] else None
    return (base, row, *(None for _ in indices))


def _transpose_reshape(
    b: Builder, e: Equation, cts: Cotangents, linear: Sequence[bool]
) -> tuple[Atom | None, ...]:
    (ct,), (x, *sizes) = cts, e.operands
    back = None if ct is None else b.one("reshape", ct, *map(dim_atom, x.type.shape))
    return (back, *(None for _ in sizes))


PRIMITIVES: tuple[Primitive, ...] = (
    Primitive(
        "index",
        "x[i, ...], an element or a row; an index outside is an error",
        _infer_index,
        "adc.reference.direct:index",
        _jvp_in_first,
        # No transpose here: many reads of one array add into one accumulator, which `transforms` opens.
        fails=Fails.OUTSIDE,
        lower="memory:index",
        source=_SOURCE,
        family=Family.ARRAY,
    ),
    Primitive(
        "update",
        "x with the element or row [i, ...] replaced by v; an index outside is an error",
        _infer_update,
        "adc.reference.direct:update",
        _jvp_update,
        _transpose_update,
        fails=Fails.OUTSIDE,
        lower="memory:update",
        source=_SOURCE,
        family=Family.ARRAY,
    ),
    Primitive(
        "reshape",
        "the same elements, row by row, in other dims",
        _infer_reshape,
        "adc.reference.direct:reshape",
        _jvp_in_first,
        _transpose_reshape,
        lower="memory:reshape",
        source=_SOURCE,
        family=Family.ARRAY,
    ),
    Primitive(
        "stop_gradient",
        "x; no tangent passes",
        _infer_same,
        "adc.reference.arrays:stop_gradient",
        NonDifferentiable("it is there to stop tangents"),
        lower="memory:alias",
        source=_SOURCE,
        arity=1,
        family=Family.ARRAY,
    ),
)
