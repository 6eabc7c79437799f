"""Diagonals and outer products, and what matrices are asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adc.frontends.builtin import exactly
from adc.frontends.context import BuiltinFunction, Context
from adc.frontends.elements import array, describe, element_at, element_type, force, pull
from adc.frontends.lifting import common_element
from adc.frontends.problems import WRONG_RANK
from adc.frontends.rearranging import deeper
from adc.frontends.scalars import Operation, Takes
from adc.frontends.unify import typed
from adc.frontends.values import Abstract, dims_of, is_array
from adc.ir.core import Atom, Dim
from adc.types.dims import Poly

Indices = Sequence[Atom]


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
        cx, element, (cx.dim(count),), lambda at: element_at(cx, x, (at[0], at[0])), deeper(x)
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


MATRICES: Mapping[str, BuiltinFunction] = {
    "diag": exactly(1, _diag),
    "outer": exactly(2, _outer),
}
