"""Builtins that make arrays or read them in another order: all are rules for elements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from adc.frontends.builtin import (
    at_least,
    exactly,
    size_argument,
    with_sizes,
)
from adc.frontends.comprehension import arrayed
from adc.frontends.context import BuiltinFunction, Context
from adc.frontends.elements import (
    align,
    array,
    data,
    describe,
    element_at,
    element_type,
    fit,
    force,
    integer,
    product_of,
    pull,
    whole,
)
from adc.frontends.lifting import common_element, lift
from adc.frontends.literals import common_literal_element, stacked_values
from adc.frontends.operators import ADD
from adc.frontends.problems import SHAPES_DIFFER, TYPE_MISMATCH, WRONG_RANK
from adc.frontends.scalars import Operation, Takes
from adc.frontends.unify import Element, element_of, typed
from adc.frontends.values import (
    Abstract,
    Constant,
    Leaf,
    Product,
    Pull,
    Rows,
    Scope,
    atoms,
    dims_of,
    is_array,
    refill,
)
from adc.ir.core import BOOL, I64, Atom, Dim, Value, dim_atom, index_literal
from adc.syntax import ast
from adc.types.core import DType
from adc.types.dims import Poly

Indices = Sequence[Atom]


# ---- constants -------------------------------------------------------------------------------------


def _filled(name: str, number: int) -> BuiltinFunction:
    """`zeros` and `ones`: the number type that their use requires, f64 if nothing does."""

    def eager(cx: Context, args: Sequence[Abstract]) -> Abstract:
        dims = [cx.dim(size_argument(cx, a, name)) for a in args]
        return _constant_array(cx, cx.literal(number, cx.open_type(DType.F64)), dims)

    return at_least(1, eager, with_sizes(name, eager, lambda k: True))


def _constant_array(cx: Context, value: Atom, dims: Sequence[Dim]) -> Pull:
    return pull(cx, element_of(value.type), dims, lambda _: value)


def _full(cx: Context, args: Sequence[Abstract]) -> Abstract:
    """`full(n, ..., value)`; the value may itself be an array, a tuple or a record."""
    *sizes, value = args
    dims = tuple(cx.dim(size_argument(cx, a, "full")) for a in sizes)
    held = data(cx, value, "the elements of an array are data")
    if isinstance(held, Leaf) and not held.type.shape:
        return _constant_array(cx, held.atom, dims)
    rank = len(dims)
    leaves = [force(cx, _repeated(cx, a, dims, rank)).atom for a in atoms(held)]
    return arrayed(cx, held, dims, leaves)


def _repeated(cx: Context, a: Atom, dims: tuple[Dim, ...], rank: int) -> Pull:
    return pull(
        cx,
        element_of(a.type),
        (*dims, *a.type.shape),
        lambda indices: element_at(cx, Leaf(a), indices[rank:]),
    )


def _full_lazily(cx: Context, node: ast.Call, scope: Scope) -> Abstract:
    last = len(node.args) - 1
    return with_sizes("full", _full, lambda k: k < last)(cx, node, scope)


def _eye(cx: Context, args: Sequence[Abstract]) -> Abstract:
    rows = cx.dim(size_argument(cx, args[0], "eye"))
    columns = cx.dim(size_argument(cx, args[-1], "eye"))
    element = cx.open_type(DType.F64)
    one, zero = cx.literal(1, element), cx.literal(0, element)

    def rule(indices: Indices) -> Atom:
        on_diagonal = cx.compare("eq", indices[0], indices[1])
        return cx.one("select", (on_diagonal, one, zero), typed(element))

    return pull(cx, element, (rows, columns), rule)


def _iota(cx: Context, args: Sequence[Abstract]) -> Abstract:
    n = cx.dim(size_argument(cx, args[0], "iota"))
    return pull(cx, DType.I64, (n,), lambda indices: indices[0])


def _linspace(cx: Context, args: Sequence[Abstract]) -> Abstract:
    """`n` numbers from `a` to `b`, both included exactly; one number is `a`."""
    start, stop = args[:2]
    n = size_argument(cx, args[2], "linspace")
    element = common_element(cx, Operation("linspace", 2, Takes.FLOATS), (start, stop))
    a, b = (element_at(cx, fit(cx, v, element), ()) for v in (start, stop))
    t = typed(element)
    last = cx.size(n - 1)
    steps = cx.sizes.shared("max", (last, index_literal(1)), cx.frame)
    width = cx.one("sub", (b, a), t)
    count = cx.one("convert", (steps,), t, to=element)
    step = cx.one("div", (width, count), t)

    def rule(indices: Indices) -> Atom:
        (i,) = indices
        along = cx.one("mul", (cx.one("convert", (i,), t, to=element), step), t)
        inner = cx.one("add", (a, along), t)
        is_end = cx.one(
            "and", (cx.compare("eq", i, last), cx.compare("gt", i, index_literal(0))), BOOL
        )
        return cx.one("select", (is_end, b, inner), t)

    return pull(cx, element, (cx.dim(n),), rule)


# ---- shape -----------------------------------------------------------------------------------------


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
    return _on_leaves(cx, x, "reshape", lambda leaf, rank: _reshaped(cx, leaf, rank, dims), dims)


def _reshaped(cx: Context, leaf: Leaf | Pull, rank: int, dims: tuple[Dim, ...]) -> Leaf:
    old = dims_of(leaf)
    cx.require_equal(
        product_of(cx, old[:rank]),
        product_of(cx, dims),
        lambda a, b: f"`reshape` keeps the number of elements: {a}, not {b}",
    )
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
        row = refill(x.row, leaves)
        assert isinstance(row, Product)
        return Rows(dims, row)
    leaf = array(cx, x, f"`{name}`")
    return change(leaf, len(dims_of(leaf)))


def _transpose(cx: Context, args: Sequence[Abstract]) -> Abstract:
    def change(leaf: Leaf | Pull, rank: int) -> Pull:
        own = dims_of(leaf)

        def rule(indices: Indices) -> Atom:
            return element_at(cx, leaf, [*reversed(indices[:rank]), *indices[rank:]])

        flipped = (*reversed(own[:rank]), *own[rank:])
        return pull(cx, element_type(cx, leaf), flipped, rule, _deeper(leaf))

    return _on_leaves(cx, args[0], "transpose", change, tuple(reversed(dims_of(args[0]))))


def _deeper(leaf: Leaf | Pull) -> int:
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

            return pull(cx, element_type(cx, leaf), own, rule, _deeper(leaf))

        return _on_leaves(cx, args[0], name, change, dims_of(args[0]))

    return eager


def _from_end(cx: Context, n: Poly, i: Atom, _: Atom | None) -> Atom:
    return cx.arith("sub", cx.size(n - 1), i)


def _rolled(cx: Context, n: Poly, i: Atom, k: Atom | None) -> Atom:
    assert k is not None
    return cx.one("mod", (cx.arith("sub", i, k), cx.size(n)), I64)


# ---- joining ---------------------------------------------------------------------------------------


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
        row = refill(first.row, leaves)
        assert isinstance(row, Product)
        return Rows((leaves[0].type.shape[0], *first.dims[1:]), row)
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


# ---- matrices --------------------------------------------------------------------------------------


def _diag(cx: Context, args: Sequence[Abstract]) -> Abstract:
    x = array(cx, args[0], "`diag`")
    dims = dims_of(x)
    element = element_type(cx, x)
    if len(dims) == 1:
        held = force(cx, x)
        zero = cx.literal(0, element)

        def on_diagonal(indices: Indices) -> Atom:
            i, j = indices
            is_on = cx.compare("eq", i, j)
            with cx.region() as here:
                value = element_at(cx, held, (i,))
            with cx.region() as there:
                pass
            blocks = (cx.block(here, (), (value,)), cx.block(there, (), (zero,)))
            return cx.one("cond", (is_on,), typed(element), regions=blocks)

        return pull(cx, element, (dims[0], dims[0]), on_diagonal)
    rows, columns = map(cx.poly, matrix_dims(cx, x, "diag"))
    count = rows
    if not cx.sizes.is_equal(rows, columns, cx.frame):
        count = smaller(cx, rows, columns)
    return pull(
        cx, element, (cx.dim(count),), lambda at: element_at(cx, x, (at[0], at[0])), _deeper(x)
    )


def smaller(cx: Context, a: Poly, b: Poly) -> Poly:
    """The smaller of two sizes."""
    difference = (a - b).constant
    if difference is not None:
        return a if difference <= 0 else b
    least = cx.sizes.shared("min", (cx.size(a), cx.size(b)), cx.frame)
    cx.sizes.declare_natural(least)
    return Poly.atom(least)


def matrix_dims(cx: Context, x: Abstract, name: str) -> tuple[Dim, Dim]:
    dims = dims_of(x)
    if not is_array(x) or len(dims) != 2:
        raise cx.wrong(WRONG_RANK, f"`{name}` takes a matrix, found {describe(cx, x)}")
    return dims[0], dims[1]


def _outer(cx: Context, args: Sequence[Abstract]) -> Abstract:
    x, y = (array(cx, a, "`outer`") for a in args)
    if len(dims_of(x)) != 1 or len(dims_of(y)) != 1:
        raise cx.wrong(WRONG_RANK, "`outer` takes two vectors")
    element = common_element(cx, Operation("mul", 2, Takes.NUMBERS, symbol="outer"), (x, y))
    u, v = force(cx, x), force(cx, y)

    def rule(indices: Indices) -> Atom:
        i, j = indices
        factors = (element_at(cx, u, (i,)), element_at(cx, v, (j,)))
        return cx.one("mul", factors, typed(element))

    return pull(cx, element, (*dims_of(u), *dims_of(v)), rule)


# ---- sorting and searching -------------------------------------------------------------------------


def _vector(cx: Context, value: Abstract, name: str) -> Leaf:
    x = array(cx, value, f"`{name}`")
    if len(dims_of(x)) != 1:
        raise cx.wrong(WRONG_RANK, f"`{name}` takes a vector, found {describe(cx, x)}")
    common_element(cx, Operation(name, 1, Takes.NUMBERS), (x,))
    return force(cx, x)


def _argsort(cx: Context, args: Sequence[Abstract]) -> Abstract:
    x = _vector(cx, args[0], "argsort")
    return Leaf(cx.one("argsort", (x.atom,), typed(DType.I64, x.type.shape)))


def _sort(cx: Context, args: Sequence[Abstract]) -> Abstract:
    x = _vector(cx, args[0], "sort")
    order = Leaf(cx.one("argsort", (x.atom,), typed(DType.I64, x.type.shape)))

    def rule(indices: Indices) -> Atom:
        return element_at(cx, x, (element_at(cx, order, indices),))

    return pull(cx, element_of(x.type), x.type.shape, rule)


def _searchsorted(cx: Context, args: Sequence[Abstract]) -> Abstract:
    x, q = args
    held = _vector(cx, x, "searchsorted")
    if isinstance(q, Constant):
        query = fit(cx, q, element_of(held.type))
        element = element_of(held.type)
    else:
        both = (pull(cx, element_of(held.type), (), lambda _: held.atom), q)
        element = common_element(cx, Operation("searchsorted", 2, Takes.NUMBERS), both)
        query = fit(cx, q, element)

    def emit(operands: Indices) -> Atom:
        return cx.one("searchsorted", (held.atom, *operands), I64)

    return lift(cx, ((query, element),), DType.I64, emit, "searchsorted")


# ---- zip and unzip ---------------------------------------------------------------------------------


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
    if isinstance(value, Rows):
        rest = value.dims[1:]
        return Rows(rest, value.row) if rest else value.row
    return value


def _unzip(cx: Context, args: Sequence[Abstract]) -> Abstract:
    value = args[0]
    if not isinstance(value, Rows) or value.row.names is not None:
        raise cx.wrong(
            TYPE_MISMATCH, f"`unzip` takes an array of tuples, found {describe(cx, value)}"
        )
    return Product(tuple(_as_array(value, item) for item in value.row.items))


def _as_array(rows: Rows, item: Abstract) -> Abstract:
    match item:
        case Product():
            return Rows(rows.dims, item)
        case Rows(dims, row):
            return Rows((*rows.dims, *dims), row)
        case _:
            return item


# ---- scattering ------------------------------------------------------------------------------------


def _scatter_add(cx: Context, args: Sequence[Abstract]) -> Abstract:
    base = array(cx, args[0], "`scatter_add`")
    return _scattered(cx, base, args[1], args[2], "scatter_add")


def _hist(cx: Context, args: Sequence[Abstract]) -> Abstract:
    n, indices, values = args
    size = cx.dim(size_argument(cx, n, "hist"))
    zero = cx.literal(0, cx.open_type(DType.F64))
    return _scattered(cx, _constant_array(cx, zero, (size,)), indices, values, "hist")


def _scattered(
    cx: Context, base: Leaf | Pull, indices: Abstract, values: Abstract, name: str
) -> Abstract:
    """`base` with every value added at its index; values may be rows of the base."""
    places = array(cx, fit(cx, array(cx, indices, f"`{name}`"), DType.I64), f"`{name}`")
    if len(dims_of(places)) != 1:
        raise cx.wrong(WRONG_RANK, f"`{name}` takes a vector of indices")
    element = common_element(cx, ADD, (base, values))
    added = fit(cx, values, element)
    held = force(cx, base).atom
    rest = held.type.shape[1:]
    (n,) = dims_of(places)
    found = dims_of(added)
    if found:
        if len(found) != 1 + len(rest):
            raise cx.wrong(
                WRONG_RANK, f"`{name}` adds {describe(cx, values)} to {describe(cx, base)}"
            )
        cx.require_same_dims(
            (n, *rest), found, lambda a, b: f"sizes differ in `{name}`: {a} and {b}"
        )
    ref = Value(replace(held.type, is_ref=True), "sums")
    with cx.region() as outer:
        with cx.region() as frame:
            at = [cx.counter("i", cx.poly(d)) for d in (n, *rest)]
            place = element_at(cx, places, at[:1])
            value = element_at(cx, added, at if found else ())
            cx.emit("upd", (ref, value, place, *at[1:]), ())
            inner = cx.block(frame, at, ())
        cx.emit("map", [dim_atom(d) for d in (n, *rest)], (), regions=(inner,))
        block = cx.block(outer, (ref,), ())
    return Leaf(cx.one("accum", (held,), held.type, regions=(block,)))


ARRAYS: Mapping[str, BuiltinFunction] = {
    "zeros": _filled("zeros", 0),
    "ones": _filled("ones", 1),
    "full": at_least(2, _full, _full_lazily),
    "eye": BuiltinFunction(_eye, 1, 2, with_sizes("eye", _eye, lambda k: True)),
    "iota": exactly(1, _iota, with_sizes("iota", _iota, lambda k: True)),
    "linspace": exactly(3, _linspace, with_sizes("linspace", _linspace, lambda k: k == 2)),
    "len": exactly(1, _length),
    "reshape": at_least(2, _reshape, with_sizes("reshape", _reshape, lambda k: k > 0)),
    "flatten": exactly(1, _flatten),
    "transpose": exactly(1, _transpose),
    "reverse": exactly(1, _along_first("reverse", _from_end, 1)),
    "roll": exactly(2, _along_first("roll", _rolled, 2)),
    "concat": at_least(1, _concat),
    "stack": at_least(1, _stack),
    "diag": exactly(1, _diag),
    "outer": exactly(2, _outer),
    "argsort": exactly(1, _argsort),
    "sort": exactly(1, _sort),
    "searchsorted": exactly(2, _searchsorted),
    "zip": at_least(1, _zip),
    "unzip": exactly(1, _unzip),
    "scatter_add": exactly(3, _scatter_add),
    "hist": exactly(3, _hist, with_sizes("hist", _hist, lambda k: k == 0)),
}
