"""Values with the structure of a type around leaves of the IR, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from adc.frontends.context import Context
from adc.frontends.elements import describe, type_of
from adc.frontends.problems import TYPE_MISMATCH
from adc.frontends.surface import conform
from adc.frontends.values import Abstract, Constant, Leaf, Product, Rows, is_function
from adc.ir.core import Atom, Dim
from adc.types.core import Array, Function, Record, Scalar, SurfaceType, Tuple
from adc.types.dims import Poly


def from_leaves(t: SurfaceType, made: Iterable[Atom], dim: Callable[[Poly], Dim]) -> Abstract:
    """The structure of `t`, whose sizes are told by `dim`, around leaves given in order."""
    return _structure(t, iter(made), dim, ())


def _structure(
    t: SurfaceType, rest: Iterator[Atom], dim: Callable[[Poly], Dim], front: tuple[Dim, ...]
) -> Abstract:
    match t:
        case Scalar() | Array(Scalar(), _):
            return Leaf(next(rest))
        case Array(element, dims):
            full = (*front, *map(dim, dims))
            row = _structure(element, rest, dim, full)
            assert isinstance(row, Product)
            return Rows(full, row)
        case Tuple(items):
            return Product(tuple(_structure(item, rest, dim, front) for item in items))
        case Record(fields, name):
            values = tuple(_structure(f, rest, dim, front) for _, f in fields)
            return Product(values, tuple(n for n, _ in fields), name)
        case Function():
            raise AssertionError("functions have no leaves")


def same_kind(cx: Context, old: Abstract, new: Abstract, what: str) -> Abstract:
    """`new` made to fit the type of `old`; sizes may differ, functions are taken as they are."""
    if is_function(old) or isinstance(old, Constant):
        if is_function(old) != is_function(new):
            raise cx.wrong(
                TYPE_MISMATCH, f"{what} is {describe(cx, old)}, found {describe(cx, new)}"
            )
        return new
    return conform(cx, new, type_of(cx, old), what, [])
