"""Builtins that make arrays of nothing but numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adc.frontends.builtin import at_least, exactly, size_argument, with_sizes
from adc.frontends.comprehension import arrayed
from adc.frontends.context import BuiltinFunction, Context
from adc.frontends.elements import data, element_at, fit, force, pull
from adc.frontends.lifting import common_element
from adc.frontends.scalars import Operation, Takes
from adc.frontends.unify import element_of, typed
from adc.frontends.values import Abstract, Leaf, Pull, Scope, atoms
from adc.ir.core import BOOL, Atom, Dim, index_literal
from adc.syntax import ast
from adc.types.core import DType

Indices = Sequence[Atom]


def _filled(name: str, number: int) -> BuiltinFunction:
    """`zeros` and `ones`: the number type that their use requires, f64 if nothing does."""

    def eager(cx: Context, args: Sequence[Abstract]) -> Abstract:
        dims = [cx.dim(size_argument(cx, a, name)) for a in args]
        return constant_array(cx, cx.literal(number, cx.open_type(DType.F64)), dims)

    return at_least(1, eager, with_sizes(name, eager, lambda k: True))


def constant_array(cx: Context, value: Atom, dims: Sequence[Dim]) -> Pull:
    return pull(cx, element_of(value.type), dims, lambda _: value)


def _full(cx: Context, args: Sequence[Abstract]) -> Abstract:
    """`full(n, ..., value)`; the value may itself be an array, a tuple or a record."""
    *sizes, value = args
    dims = tuple(cx.dim(size_argument(cx, a, "full")) for a in sizes)
    held = data(cx, value, "the elements of an array are data")
    if isinstance(held, Leaf) and not held.type.shape:
        return constant_array(cx, held.atom, dims)
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


FILLING: Mapping[str, BuiltinFunction] = {
    "zeros": _filled("zeros", 0),
    "ones": _filled("ones", 1),
    "full": at_least(2, _full, _full_lazily),
    "eye": BuiltinFunction(_eye, 1, 2, with_sizes("eye", _eye, lambda k: True)),
    "iota": exactly(1, _iota, with_sizes("iota", _iota, lambda k: True)),
    "linspace": exactly(3, _linspace, with_sizes("linspace", _linspace, lambda k: k == 2)),
}
