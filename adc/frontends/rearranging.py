"""Builtins that read arrays in another order or shape, and join them: all are rules for elements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from adc.frontends.builtin import at_least, exactly, size_argument, with_sizes
from adc.frontends.context import BuiltinFunction, Context
from adc.frontends.elements import (
    align,
    array,
    describe,
    element_at,
    element_type,
    fit,
    force,
    integer,
    product_of,
    pull,
    row_at,
    whole,
)
from adc.frontends.literals import common_literal_element, stacked_values
from adc.frontends.problems import SHAPES_DIFFER, TYPE_MISMATCH
from adc.frontends.unify import Element, element_of, typed
from adc.frontends.values import (
    Abstract,
    Leaf,
    Product,
    Pull,
    Rows,
    atoms,
    dims_of,
    part_of,
    refill,
)
from adc.ir.core import I64, Atom, Dim, dim_atom, index_literal
from adc.types.dims import Poly

Indices = Sequence[Atom]

# ---- shape ----------------------------------------------------------------------------------------


def _length(cx: Context, args: Sequence[Abstract]) -> Abstract:
    dims = dims_of(args[0])
    if not dims:
        raise cx.wrong(TYPE_MISMATCH, f"`len` takes an array, found {describe(cx, args[0])}")
    return Leaf(dim_atom(dims[0]))


def _reshape(cx: Context, args: Sequence[Abstract]) -> Abstract:
    x, *rest = args
    wanted = rest[0].items if len(rest) == 1 and isinstance(rest[0], Product) else rest
    sizes = [size_argument(cx, v, "reshape") for v in wanted]
    dims = tuple(map(cx.dim, sizes))
    if not dims:
        return _only_element(cx, x)
    return _on_leaves(cx, x, "reshape", lambda leaf, rank: _reshaped(cx, leaf, rank, dims), dims)


def _only_element(cx: Context, x: Abstract) -> Abstract:
    """`reshape(x, ())` of an array with one element."""
    if not dims_of(x):
        return x
    _require_as_many(cx, dims_of(x), ())
    return row_at(cx, x, [index_literal(0)] * len(dims_of(x)))


def _require_as_many(cx: Context, old: Sequence[Dim], new: Sequence[Dim]) -> None:
    cx.require_equal(
        product_of(cx, old),
        product_of(cx, new),
        lambda a, b: f"`reshape` keeps the number of elements: {a}, not {b}",
    )


def _reshaped(cx: Context, leaf: Leaf | Pull, rank: int, dims: tuple[Dim, ...]) -> Leaf:
    old = dims_of(leaf)
    _require_as_many(cx, old[:rank], dims)
    held = force(cx, leaf).atom
    shape = (*dims, *old[rank:])
    operands = (held, *map(dim_atom, shape))
    return Leaf(cx.one("reshape", operands, typed(element_of(held.type), shape)))


def _flatten(cx: Context, args: Sequence[Abstract]) -> Abstract:
    dims = dims_of(args[0])
    if not dims:
        raise cx.wrong(TYPE_MISMATCH, f"`flatten` takes an array, found {describe(cx, args[0])}")
    if len(dims) == 1:
        return args[0]
    flat = (cx.dim(product_of(cx, dims)),)
    return _on_leaves(
        cx, args[0], "flatten", lambda leaf, rank: _reshaped(cx, leaf, rank, flat), flat
    )


def _on_leaves(
    cx: Context,
    x: Abstract,
    name: str,
    change: Callable[[Leaf | Pull, int], Leaf | Pull],
    dims: tuple[Dim, ...],
) -> Abstract:
    """`change(leaf, rank)` of an array, or of every field of an array of tuples; `dims` replace the first `rank`."""
    if isinstance(x, Rows):
        rank = len(x.dims)
        leaves = [force(cx, change(Leaf(a), rank)).atom for a in atoms(x.row)]
        return refill(x, leaves, rank, dims)
    leaf = array(cx, x, f"`{name}`")
    return change(leaf, len(dims_of(leaf)))


def _transpose(cx: Context, args: Sequence[Abstract]) -> Abstract:
    def change(leaf: Leaf | Pull, rank: int) -> Pull:
        own = dims_of(leaf)

        def rule(indices: Indices) -> Atom:
            return element_at(cx, leaf, [*reversed(indices[:rank]), *indices[rank:]])

        flipped = (*reversed(own[:rank]), *own[rank:])
        return pull(cx, element_type(cx, leaf), flipped, rule, deeper(leaf))

    return _on_leaves(cx, args[0], "transpose", change, tuple(reversed(dims_of(args[0]))))


def deeper(leaf: Leaf | Pull) -> int:
    return leaf.depth + 1 if isinstance(leaf, Pull) else 1


def _along_first(
    name: str, place: Callable[[Context, Poly, Atom, Atom | None], Atom], takes: int
) -> Callable[[Context, Sequence[Abstract]], Abstract]:
    """An array whose element i is element `place(n, i, k)` of the argument."""

    def eager(cx: Context, args: Sequence[Abstract]) -> Abstract:
        k = integer(cx, args[1], f"the second argument of `{name}`") if takes > 1 else None

        def change(leaf: Leaf | Pull, rank: int) -> Pull:
            own = dims_of(leaf)

            def rule(indices: Indices) -> Atom:
                first = place(cx, cx.poly(own[0]), indices[0], k)
                return element_at(cx, leaf, [first, *indices[1:]])

            return pull(cx, element_type(cx, leaf), own, rule, deeper(leaf))

        return _on_leaves(cx, args[0], name, change, dims_of(args[0]))

    return eager


def _from_end(cx: Context, n: Poly, i: Atom, _: Atom | None) -> Atom:
    return cx.arith("sub", cx.size(n - 1), i)


def _rolled(cx: Context, n: Poly, i: Atom, k: Atom | None) -> Atom:
    assert k is not None
    return cx.one("mod", (cx.arith("sub", i, k), cx.size(n)), I64)


# ---- joining --------------------------------------------------------------------------------------


def _concat(cx: Context, args: Sequence[Abstract]) -> Abstract:
    """Arrays one after the other along the first axis."""
    for a in args:
        if not dims_of(a):
            raise cx.wrong(
                TYPE_MISMATCH,
                f"`concat` takes arrays, found {describe(cx, a)}",
                hint="`[x]` is an array of one element",
            )
    first = args[0]
    if len(args) == 1:
        return first
    if isinstance(first, Rows):
        columns: list[list[Abstract]] = [[Leaf(a)] for a in atoms(first)]
        for other in args[1:]:
            for column, v in zip(columns, align(cx, first, other, "an array"), strict=True):
                column.append(v)
        leaves = [force(cx, _joined(cx, column)).atom for column in columns]
        total = sum((cx.poly(dims_of(a)[0]) for a in args), Poly.of(0))
        return refill(first, leaves, 1, (cx.dim(total),))
    return _joined(cx, args)


def _joined(cx: Context, values: Sequence[Abstract]) -> Pull:
    element = common_literal_element(cx, values)
    fitted = [fit(cx, array(cx, v, "`concat`"), element) for v in values]
    rest = dims_of(fitted[0])[1:]
    for v in fitted[1:]:
        own = dims_of(v)[1:]
        if len(own) != len(rest):
            raise cx.wrong(
                SHAPES_DIFFER,
                f"`concat` takes arrays of one rank: {describe(cx, values[0])} and {describe(cx, v)}",
            )
        cx.require_same_dims(
            rest, own, lambda a, b: f"rows differ in size in `concat`: {a} and {b}"
        )
    starts = [Poly.of(0)]
    for v in fitted:
        starts.append(starts[-1] + cx.poly(dims_of(v)[0]))
    bounds = [cx.size(s) for s in starts]
    pieces = [_Piece(v, start) for v, start in zip(fitted, bounds, strict=False)]

    def rule(indices: Indices) -> Atom:
        return _choose(cx, pieces, indices, element)

    depth = max(v.depth + 1 if isinstance(v, Pull) else 1 for v in fitted)
    return pull(cx, element, (cx.dim(starts[-1]), *rest), rule, depth)


@dataclass(frozen=True, slots=True)
class _Piece:
    """An array and where it starts in the whole."""

    value: Abstract
    start: Atom


def _choose(cx: Context, pieces: Sequence[_Piece], indices: Indices, element: Element) -> Atom:
    """The element at an index: a tree of conditions over the pieces."""
    if len(pieces) == 1:
        (piece,) = pieces
        first = cx.arith("sub", indices[0], piece.start)
        return element_at(cx, piece.value, [first, *indices[1:]])
    middle = len(pieces) // 2
    is_before = cx.compare("lt", indices[0], pieces[middle].start)
    blocks = []
    for half in (pieces[:middle], pieces[middle:]):
        with cx.region() as frame:
            result = _choose(cx, half, indices, element)
            blocks.append(cx.block(frame, (), (result,)))
    return cx.one("cond", (is_before,), typed(element), regions=blocks)


def _stack(cx: Context, args: Sequence[Abstract]) -> Abstract:
    return stacked_values(cx, args, (len(args),))


# ---- zip and unzip --------------------------------------------------------------------------------


def _zip(cx: Context, args: Sequence[Abstract]) -> Abstract:
    """An array of tuples; arrays go by their first axis."""
    for a in args:
        if not dims_of(a):
            raise cx.wrong(TYPE_MISMATCH, f"`zip` takes arrays, found {describe(cx, a)}")
    held = [whole(cx, a) for a in args]
    n, *others = (dims_of(a)[0] for a in held)
    for other in others:
        cx.require_equal(
            cx.poly(n),
            cx.poly(other),
            lambda a, b: f"arrays differ in length in `zip`: {a} and {b}",
        )
    return Rows((n,), Product(tuple(map(_as_field, held))))


def _as_field(value: Abstract) -> Abstract:
    """An array as the field of an array of tuples: its first dim belongs to the array around it."""
    return value.row if isinstance(value, Rows) and len(value.dims) == 1 else value


def _unzip(cx: Context, args: Sequence[Abstract]) -> Abstract:
    value = args[0]
    if not isinstance(value, Rows) or value.row.names is not None:
        raise cx.wrong(
            TYPE_MISMATCH, f"`unzip` takes an array of tuples, found {describe(cx, value)}"
        )
    return Product(tuple(part_of(value, item) for item in value.row.items))


REARRANGING: Mapping[str, BuiltinFunction] = {
    "len": exactly(1, _length),
    "reshape": at_least(2, _reshape, with_sizes("reshape", _reshape, lambda k: k > 0)),
    "flatten": exactly(1, _flatten),
    "transpose": exactly(1, _transpose),
    "reverse": exactly(1, _along_first("reverse", _from_end, 1)),
    "roll": exactly(2, _along_first("roll", _rolled, 2)),
    "concat": at_least(1, _concat),
    "stack": at_least(1, _stack),
    "zip": at_least(1, _zip),
    "unzip": exactly(1, _unzip),
}
