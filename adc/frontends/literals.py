"""Array literals: an array of zeros, with one element after the other put in."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from adc.diagnostics import Span
from adc.frontends.comprehension import arrayed
from adc.frontends.context import Context
from adc.frontends.elements import align, data, describe, element_type, fit, force, pull
from adc.frontends.problems import SHAPES_DIFFER, TYPE_MISMATCH
from adc.frontends.unify import Element, unify
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
)
from adc.ir.core import Atom, Dim, index_literal
from adc.syntax import ast


def array_literal(cx: Context, node: ast.ArrayLiteral, scope: Scope) -> Abstract:
    """`[e, ...]`; literals inside literals make one array of higher rank."""
    if not node.items:
        return Leaf(_zeros(cx, cx.open_type(), (0,)))
    grid, items = _grid(node)
    values = [cx.evaluate(item, scope) for item in items]
    return stacked_values(cx, values, grid, [item.span for item in items])


def _grid(node: ast.ArrayLiteral) -> tuple[tuple[int, ...], list[ast.Expr]]:
    """The sizes of literals inside literals, as far as they are regular, and what stands in the innermost."""
    sizes = [len(node.items)]
    items: list[ast.Expr] = list(node.items)
    while True:
        inner = [item.items for item in items if isinstance(item, ast.ArrayLiteral)]
        if len(inner) < len(items) or len({len(i) for i in inner}) != 1 or not inner[0]:
            return tuple(sizes), items
        sizes.append(len(inner[0]))
        items = [item for row in inner for item in row]


def stacked_values(
    cx: Context,
    values: Sequence[Abstract],
    grid: tuple[int, ...],
    places: Sequence[Span] = (),
) -> Abstract:
    """The array of values of one type along new first axes, as many as `grid` has sizes."""
    first, *others = values
    if isinstance(first, Product | Rows):
        return _stacked_rows(cx, first, others, grid)
    for k, v in enumerate(values):
        if not isinstance(v, Leaf | Pull | Constant):
            raise cx.wrong(TYPE_MISMATCH, f"an array of {describe(cx, v)} cannot be made")
        if len(dims_of(v)) != len(dims_of(first)):
            raise cx.wrong(
                SHAPES_DIFFER,
                f"elements of one array have one shape: {describe(cx, first)} and {describe(cx, v)}",
                others=[
                    (places[j], f"this is {describe(cx, values[j])}") for j in (0, k) if places
                ],
            )
    return Leaf(_stacked_leaves(cx, values, grid))


def _stacked_leaves(cx: Context, values: Sequence[Abstract], grid: tuple[int, ...]) -> Atom:
    element = common_literal_element(cx, values)
    dims = dims_of(values[0])
    fitted = [fit(cx, v, element) for v in values]
    for v in fitted[1:]:
        cx.require_same_dims(
            dims, dims_of(v), lambda a, b: f"rows of one array have sizes {a} and {b}"
        )
    made = _zeros(cx, element, (*grid, *dims))
    for place, v in zip(product(*map(range, grid)), fitted, strict=True):
        assert isinstance(v, Leaf | Pull)
        at = map(index_literal, place)
        made = cx.one("update", (made, force(cx, v).atom, *at), made.type)
    return made


def common_literal_element(cx: Context, values: Sequence[Abstract]) -> Element:
    """The one element type of all values."""
    element: Element | None = None
    for v in values:
        if isinstance(v, Constant):
            continue
        found = element_type(cx, v)
        together = found if element is None else unify(element, found)
        if together is None:
            kinds = " and ".join(sorted({describe(cx, x) for x in values}))
            raise cx.wrong(TYPE_MISMATCH, f"elements of one array have one type, found {kinds}")
        element = together
    if element is None:
        numbers = [v for v in values if isinstance(v, Constant)]
        element = cx.type_of_constant(next((c for c in numbers if c.is_float), numbers[0]))
    return element


def _zeros(cx: Context, element: Element, dims: Sequence[Dim]) -> Atom:
    zero = cx.literal(0, element)
    return force(cx, pull(cx, element, dims, lambda _: zero)).atom


def _stacked_rows(
    cx: Context, first: Product | Rows, others: Sequence[Abstract], grid: tuple[int, ...]
) -> Abstract:
    """An array of tuples, field by field."""
    pattern = data(cx, first, "the elements of an array are data")
    columns: list[list[Abstract]] = [[Leaf(a)] for a in atoms(pattern)]
    for other in others:
        for column, v in zip(columns, align(cx, pattern, other, "an element"), strict=True):
            column.append(v)
    return arrayed(cx, pattern, grid, [_stacked_leaves(cx, column, grid) for column in columns])
