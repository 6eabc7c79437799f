"""Values with the structure of a type around leaves of the IR, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from adc.frontends.context import Context
from adc.frontends.elements import describe, type_of
from adc.frontends.problems import TYPE_MISMATCH
from adc.frontends.surface import conform
from adc.frontends.values import Abstract, Constant, Leaf, Product, Rows, is_function
from adc.ir.core import Atom, Dim
from adc.types.core import Array, DType, Function, Record, Scalar, SurfaceType, Tuple, leaves
from adc.types.dims import Poly


def value_of_type(
    t: SurfaceType, supply: Callable[[DType, tuple[Poly, ...], str], Atom], what: str
) -> Abstract:
    """A value of type `t` with leaves made by `supply(dtype, dims, readable name)`, in declaration order."""
    made = [
        supply(leaf.dtype, leaf.dims, "_".join(map(str, (what, *leaf.path)))) for leaf in leaves(t)
    ]
    return from_leaves(t, made)


def from_leaves(t: SurfaceType, made: Sequence[Atom]) -> Abstract:
    """The structure of `t` around leaves given in order."""
    rest = iter(made)
    return _structure(t, rest, 0)


def _structure(t: SurfaceType, rest: Iterator[Atom], depth: int) -> Abstract:
    match t:
        case Scalar() | Array(Scalar(), _):
            return Leaf(next(rest))
        case Array(element, dims):
            row = _structure(element, rest, depth + len(dims))
            assert isinstance(row, Product)
            return Rows(_first_shape(row)[depth : depth + len(dims)], row)
        case Tuple(items):
            return Product(tuple(_structure(item, rest, depth) for item in items))
        case Record(fields, name):
            values = tuple(_structure(f, rest, depth) for _, f in fields)
            return Product(values, tuple(n for n, _ in fields), name)
        case Function():
            raise AssertionError("functions have no leaves")


def _first_shape(value: Abstract) -> tuple[Dim, ...]:
    match value:
        case Leaf(atom):
            return atom.type.shape
        case Product(items) if items:
            return _first_shape(items[0])
        case Rows(_, row):
            return _first_shape(row)
        case _:
            return ()


def same_kind(cx: Context, old: Abstract, new: Abstract, what: str) -> Abstract:
    """`new` made to fit the type of `old`; sizes may differ, functions are taken as they are."""
    if is_function(old) or isinstance(old, Constant):
        if is_function(old) != is_function(new):
            raise cx.wrong(
                TYPE_MISMATCH, f"{what} is {describe(cx, old)}, found {describe(cx, new)}"
            )
        return new
    return conform(cx, new, type_of(cx, old), what, [])
