"""From abstract values to atoms of the IR and back: elements of arrays, whole arrays, types as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from adc.frontends.context import Context
from adc.frontends.problems import (
    ACCUMULATOR_USE,
    FUNCTION_CHOICE,
    LITERAL_RANGE,
    MIXED_TYPES,
    RAGGED,
    TYPE_MISMATCH,
)
from adc.frontends.unify import Element, OpenType, element_of, require_float, resolve, typed, unify
from adc.frontends.values import (
    Abstract,
    Accumulator,
    Constant,
    Leaf,
    Product,
    Pull,
    Rows,
    atoms,
    dims_of,
    is_function,
    refill,
)
from adc.ir.core import I64, Atom, Dim, Literal, Type, dim_atom
from adc.types.core import Array, DType, Record, Scalar, SurfaceType, Tuple, array_of
from adc.types.dims import Poly

INDEX_NAMES = ("i", "j", "k", "l", *(f"i{n}" for n in range(4, 300)))
DEPTH_LIMIT = 24  # rules of elements inside rules, before an array is made


# ---- element types ---------------------------------------------------------------------------------


def element_type(cx: Context, value: Abstract) -> Element:
    """The element type of a scalar or an array of scalars; open for a constant."""
    match value:
        case Leaf(atom):
            return element_of(atom.type)
        case Pull():
            return resolve(value.element_type)
        case Constant():
            return cx.type_of_constant(value)
        case _:
            raise cx.wrong(
                TYPE_MISMATCH,
                f"expected a number or an array of numbers, found {describe(cx, value)}",
            )


def is_literal_of(number: int | float, element: Element) -> bool:
    """Whether a number made of literals may have this type; an open type becomes a float if it must."""
    if isinstance(number, float):
        return require_float(element)
    return resolve(element) is not DType.BOOL


def fit(cx: Context, value: Abstract, element: Element) -> Abstract:
    """A scalar or an array of scalars as one of the given element type."""
    if isinstance(value, Constant):
        if not is_literal_of(value.value, element):
            raise cx.wrong(
                MIXED_TYPES,
                f"the literal {value.value} is no {resolve(element).value}",
                hint="convert the other operand: `f64(...)`" if value.is_float else None,
            )
        return Leaf(constant(cx, value, element))
    if unify(element_type(cx, value), element) is None:
        raise cx.wrong(
            MIXED_TYPES,
            f"expected {resolve(element).value}, found {describe(cx, value)}",
            hint=f"convert with `{resolve(element).value}(...)`",
        )
    return value


def constant(cx: Context, c: Constant, element: Element) -> Literal:
    """A number as a literal; integers must fit, those of an open type once it is known."""
    known = resolve(element)
    if isinstance(known, OpenType) and not _fits(c.value, DType.I32):
        cx.large.append((c.value, known, cx.span))
    require_fitting(cx, c.value, known)
    return cx.literal(c.value, known)


def require_fitting(cx: Context, number: int | float, element: Element) -> None:
    """Complain about an integer that is too large for its type."""
    known = resolve(element)
    if not _fits(number, known):
        raise cx.wrong(LITERAL_RANGE, f"{number} does not fit in {known.value}")


def _fits(number: int | float, known: Element) -> bool:
    return known not in _RANGES or _RANGES[known][0] <= number <= _RANGES[known][1]


_RANGES: dict[Element, tuple[int, int]] = {
    DType.I64: (-(2**63), 2**63 - 1),
    DType.I32: (-(2**31), 2**31 - 1),
}


# ---- elements --------------------------------------------------------------------------------------


def element_at(cx: Context, value: Abstract, indices: Sequence[Atom]) -> Atom:
    """The element of an array, or the scalar itself."""
    match value:
        case Leaf(atom):
            if not atom.type.shape:
                return atom
            return index_atom(cx, atom, indices)
        case Pull():
            return value.element(indices)
        case _:
            raise AssertionError("constants are fitted before elements are taken")


def index_atom(cx: Context, array: Atom, indices: Sequence[Atom]) -> Atom:
    """`array[indices...]`, a row when there are fewer indices than dims."""
    if not indices:
        return array
    rest = array.type.shape[len(indices) :]
    return cx.one("index", (array, *indices), typed(element_of(array.type), rest))


def row_at(cx: Context, value: Abstract, indices: Sequence[Atom]) -> Abstract:
    """`value[indices...]` where the indices are known to be in range, or are checked by `index`."""
    count = len(indices)
    match value:
        case Pull() if count == len(value.dims):
            return Leaf(value.element(indices))
        case Pull():
            return Leaf(index_atom(cx, force(cx, value).atom, indices))
        case Leaf(atom):
            return Leaf(index_atom(cx, atom, indices))
        case Rows(dims, row):
            taken = [index_atom(cx, a, indices) for a in atoms(row)]
            return refill(row if count == len(dims) else value, taken, count)
        case _:
            raise cx.wrong(TYPE_MISMATCH, f"{describe(cx, value)} has no elements")


def pull(
    cx: Context,
    element: Element,
    dims: Sequence[Dim],
    rule: Callable[[Sequence[Atom]], Atom],
    depth: int = 1,
) -> Pull:
    """An array given by its elements, each emitted with the place of the expression that is read now."""
    span = cx.span

    def at_span(indices: Sequence[Atom]) -> Atom:
        outer, cx.span = cx.span, span
        try:
            return rule(indices)
        finally:
            cx.span = outer

    return Pull(element, tuple(dims), at_span, depth)


def depth_of(value: Abstract) -> int:
    return value.depth if isinstance(value, Pull) else 0


def shallow(cx: Context, value: Abstract) -> Abstract:
    """The value, made into an array when its rule is nested deeply."""
    return force(cx, value) if isinstance(value, Pull) and value.depth >= DEPTH_LIMIT else value


# ---- whole values ----------------------------------------------------------------------------------


def force(cx: Context, value: Leaf | Pull) -> Leaf:
    """The array itself: a `map` over its rule."""
    if isinstance(value, Leaf):
        return value
    with cx.region() as frame:
        indices = [
            cx.counter(name, cx.poly(d)) for name, d in zip(INDEX_NAMES, value.dims, strict=False)
        ]
        result = value.element(indices)
        block = cx.block(frame, indices, (result,))
    t = typed(value.element_type, value.dims)
    return Leaf(cx.one("map", [dim_atom(d) for d in value.dims], t, regions=(block,)))


def whole(cx: Context, value: Abstract) -> Abstract:
    """The value as it can stand in the IR: arrays made, constants with a type; functions stay."""
    match value:
        case Pull():
            return force(cx, value)
        case Constant():
            return Leaf(constant(cx, value, cx.type_of_constant(value)))
        case Product(items):
            return value.like([whole(cx, item) for item in items])
        case Accumulator(name):
            raise cx.wrong(ACCUMULATOR_USE, f"the accumulator `{name}` can only be added to here")
        case _:
            return value


def settled(cx: Context, value: Abstract) -> Abstract:
    """The value as a name or a branch may hold it: arrays are made here, constants stay constants."""
    match value:
        case Pull():
            return force(cx, value)
        case Product(items):
            return value.like([settled(cx, item) for item in items])
        case _:
            return value


def data(cx: Context, value: Abstract, where: str) -> Abstract:
    """As `whole`, for places where no function may stand."""
    made = whole(cx, value)
    refuse_functions(cx, made, where)
    return made


def refuse_functions(cx: Context, value: Abstract, where: str) -> None:
    match value:
        case Product(items):
            for item in items:
                refuse_functions(cx, item, where)
        case _ if is_function(value):
            raise cx.wrong(
                FUNCTION_CHOICE,
                f"a function cannot be chosen at run time: {where}",
                notes=("functions are known when the program is compiled",),
            )
        case _:
            return


def array(cx: Context, value: Abstract, who: str) -> Leaf | Pull:
    """An array of scalars, or a complaint about the argument of `who`."""
    if isinstance(value, Pull) or (isinstance(value, Leaf) and value.atom.type.shape):
        return value
    raise cx.wrong(TYPE_MISMATCH, f"{who} takes an array, found {describe(cx, value)}")


def integer(cx: Context, value: Abstract, what: str) -> Atom:
    """A scalar `i64`."""
    match value:
        case Constant(number) if isinstance(number, int):
            return constant(cx, value, DType.I64)
        case Leaf(atom) if not atom.type.shape:
            found = unify(element_of(atom.type), DType.I64)
            if found is not None:
                return cx.literal(atom.value, DType.I64) if isinstance(atom, Literal) else atom
            if element_of(atom.type) is DType.I32:
                return cx.one("convert", (atom,), I64, to=DType.I64)
        case _:
            pass
    raise cx.wrong(
        TYPE_MISMATCH, f"{what} is an i64, found {describe(cx, value)}", hint="`i64(...)` converts"
    )


def boolean(cx: Context, value: Abstract, what: str) -> Atom:
    """A scalar `bool`."""
    if isinstance(value, Leaf) and not value.type.shape and element_of(value.type) is DType.BOOL:
        return value.atom
    hint = None
    if isinstance(value, Leaf | Pull) and element_type(cx, value) is DType.BOOL:
        hint = "`all(...)` or `any(...)` make one truth value of an array"
    raise cx.wrong(TYPE_MISMATCH, f"{what} is a bool, found {describe(cx, value)}", hint=hint)


# ---- types of values -------------------------------------------------------------------------------


def type_of(cx: Context, value: Abstract) -> SurfaceType:
    """The surface type of a value without functions; dims are polynomials over IR values."""
    match value:
        case Leaf(atom):
            return _leaf_type(cx, element_of(atom.type), atom.type.shape)
        case Pull():
            return _leaf_type(cx, value.element_type, value.dims)
        case Constant():
            return Scalar(DType.F64 if value.is_float else DType.I64)
        case Product(items, None):
            return Tuple(tuple(type_of(cx, item) for item in items))
        case Product(items, tuple(names), label):
            types = [type_of(cx, item) for item in items]
            return Record(tuple(zip(names, types, strict=True)), label)
        case Rows(dims, row):
            inner = without_dims(type_of(cx, row), len(dims))
            return array_of(inner, tuple(cx.poly(d) for d in dims))
        case _:
            raise AssertionError(f"{type(value).__name__} has no data type")


def without_dims(t: SurfaceType, count: int) -> SurfaceType:
    """The type of an element, given that of a field that is stored for all elements."""
    match t:
        case Array(element, dims):
            return array_of(element, dims[count:])
        case Tuple(items):
            return Tuple(tuple(without_dims(item, count) for item in items))
        case Record(fields, name):
            return Record(tuple((n, without_dims(f, count)) for n, f in fields), name)
        case _:
            return t


def _leaf_type(cx: Context, element: Element, dims: Sequence[Dim]) -> SurfaceType:
    element = resolve(element)
    dtype = element.default if isinstance(element, OpenType) else element
    return array_of(Scalar(dtype), tuple(cx.poly(d) for d in dims))


def describe(cx: Context, value: Abstract) -> str:
    """The type of a value, for messages."""
    match value:
        case Leaf(atom):
            return _describe_leaf(cx, element_of(atom.type), atom.type.shape)
        case Pull():
            return _describe_leaf(cx, resolve(value.element_type), value.dims)
        case Constant(number):
            return f"the literal {number}"
        case Product(items, None):
            inner = ", ".join(describe(cx, item) for item in items)
            return f"({inner},)" if len(items) == 1 else f"({inner})"
        case Product(items, tuple(names), label):
            if label:
                return label
            pairs = zip(names, items, strict=True)
            return "{" + ", ".join(f"{n}: {describe(cx, item)}" for n, item in pairs) + "}"
        case Rows(dims, row):
            kind = row.label or ("a record" if row.names else "a tuple")
            return f"an array {cx.shape_text(dims)} of {kind}"
        case Accumulator(name):
            return f"the accumulator `{name}`"
        case _:
            return "a function"


def _describe_leaf(cx: Context, element: Element, dims: Sequence[Dim]) -> str:
    return element.value + (cx.shape_text(dims) if dims else "")


# ---- dims that leave a region ----------------------------------------------------------------------


def outer_dims(cx: Context, dims: Sequence[Dim], what: str) -> tuple[Dim, ...]:
    """The dims of an array made in a nested region, told through what is visible in the current frame."""
    return tuple(_outer_dim(cx, d, what) for d in dims)


def _outer_dim(cx: Context, d: Dim, what: str) -> Dim:
    poly = cx.poly(d)
    if not cx.sizes.is_visible(poly, cx.frame):
        raise cx.wrong(
            RAGGED,
            f"the size `{cx.text(poly)}` of {what} may differ from element to element",
            notes=("all rows of an array have one size, known outside of it",),
            hint="consume the inner array at once, as in `sum(...)`, or give it a fixed size",
        )
    return cx.dim(poly)


def stacked(cx: Context, a: Atom, dims: Sequence[Dim]) -> Type:
    """The type of all `a` of a region over `dims`."""
    inner = outer_dims(cx, a.type.shape, "the element")
    return typed(element_of(a.type), (*dims, *inner))


def atoms_of_row(
    cx: Context, base: Rows, count: int, spread: int, value: Abstract, what: str
) -> list[Abstract]:
    """The leaves of a value that replaces `count` indices' worth of `base`, `spread` dims of them at once."""
    rank = spread + len(base.dims) - count
    match value:
        case Rows(dims, row) if len(dims) == rank:
            found: Abstract = row
        case Product() if rank == 0 or spread == rank:
            found = value
        case _:
            raise cx.wrong(
                TYPE_MISMATCH, f"{what} is {describe(cx, base.row)}, found {describe(cx, value)}"
            )
    return list(align(cx, base.row, found, what, len(dims_of(value)) - len(base.dims)))


def align(
    cx: Context, pattern: Abstract, value: Abstract, what: str, more: int = 0
) -> Iterator[Abstract]:
    """The leaves of `value` in the order of those of `pattern`, which has the same structure.

    Arrays of tuples in `value` have `more` leading dims than those in `pattern`.
    """
    match pattern, value:
        case Product(), Product():
            yield from _align_fields(cx, pattern, value, what, more)
        case Rows(ours, row), Rows(theirs, other) if len(theirs) == len(ours) + more:
            yield from _align_fields(cx, row, other, what, more)
        case Leaf(), (Leaf() | Pull() | Constant()):
            yield value
        case _:
            raise cx.wrong(
                TYPE_MISMATCH, f"{what} is {describe(cx, pattern)}, found {describe(cx, value)}"
            )


def _align_fields(
    cx: Context, pattern: Product, value: Product, what: str, more: int
) -> Iterator[Abstract]:
    pairs = field_pairs(pattern, value)
    if pairs is None:
        raise cx.wrong(
            TYPE_MISMATCH, f"{what} is {describe(cx, pattern)}, found {describe(cx, value)}"
        )
    for x, y in pairs:
        yield from align(cx, x, y, what, more)


def field_pairs(a: Product, b: Product) -> list[tuple[Abstract, Abstract]] | None:
    """Fields of `a` beside those of `b` with the same name or position."""
    if len(a.items) != len(b.items) or (a.names is None) != (b.names is None):
        return None
    if a.names is None or b.names is None:
        return list(zip(a.items, b.items, strict=True))
    if set(a.names) != set(b.names):
        return None
    return [(x, b.items[b.names.index(n)]) for n, x in zip(a.names, a.items, strict=True)]


def product_of(cx: Context, dims: Sequence[Dim]) -> Poly:
    total = Poly.of(1)
    for d in dims:
        total = total * cx.poly(d)
    return total
