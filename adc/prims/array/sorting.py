"""Order: the sorting permutation and binary search. Their results are positions, so nothing is differentiated;
the derivative of a sort is the gather by its permutation."""

from __future__ import annotations

from collections.abc import Sequence

from adc.ir.core import I64, Atom, Block, Params, Type
from adc.prims.primitive import Family, NonDifferentiable, Primitive, require

_POSITIONS = NonDifferentiable("positions are integers and carry no tangent")


def _infer_argsort(
    operands: Sequence[Atom], params: Params, regions: Sequence[Block]
) -> tuple[Type, ...]:
    (x,) = operands
    require(x.type.rank == 1 and not x.type.is_ref, f"argsort: a vector, found {x.type}")
    return (Type(I64.dtype, x.type.shape),)


def _infer_searchsorted(
    operands: Sequence[Atom], params: Params, regions: Sequence[Block]
) -> tuple[Type, ...]:
    x, q = operands
    require(x.type.rank == 1 and not x.type.is_ref, f"searchsorted: a vector, found {x.type}")
    require(q.type == Type(x.type.dtype), f"searchsorted: an element of {x.type}, found {q.type}")
    return (I64,)


PRIMITIVES: tuple[Primitive, ...] = (
    Primitive(
        "argsort",
        "the permutation that sorts x upwards; equal elements keep their order, NaN comes last",
        _infer_argsort,
        "adc.reference.arrays:argsort",
        _POSITIONS,
        lower="own:argsort",
        source="numpy.argsort, stable",
        arity=1,
        family=Family.ARRAY,
    ),
    Primitive(
        "searchsorted",
        "the first position in ascending x whose element is not below q",
        _infer_searchsorted,
        "adc.reference.arrays:searchsorted",
        _POSITIONS,
        lower="own:searchsorted",
        source="numpy.searchsorted, left",
        arity=2,
        family=Family.ARRAY,
    ),
)
