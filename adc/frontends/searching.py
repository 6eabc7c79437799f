"""Builtins that sort, search and scatter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from adc.frontends.builtin import exactly, size_argument, with_sizes
from adc.frontends.context import BuiltinFunction, Context
from adc.frontends.elements import array, describe, element_at, fit, force, pull
from adc.frontends.filling import constant_array
from adc.frontends.lifting import common_element, lift
from adc.frontends.operators import ADD
from adc.frontends.problems import WRONG_RANK
from adc.frontends.scalars import Operation, Takes
from adc.frontends.unify import element_of, typed
from adc.frontends.values import Abstract, Constant, Leaf, Pull, dims_of
from adc.ir.core import I64, Atom, Value, dim_atom
from adc.types.core import DType

Indices = Sequence[Atom]

# ---- sorting and searching ------------------------------------------------------------------------


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


# ---- scattering -----------------------------------------------------------------------------------


def _scatter_add(cx: Context, args: Sequence[Abstract]) -> Abstract:
    base = array(cx, args[0], "`scatter_add`")
    return _scattered(cx, base, args[1], args[2], "scatter_add")


def _hist(cx: Context, args: Sequence[Abstract]) -> Abstract:
    n, indices, values = args
    size = cx.dim(size_argument(cx, n, "hist"))
    zero = cx.literal(0, cx.open_type(DType.F64))
    return _scattered(cx, constant_array(cx, zero, (size,)), indices, values, "hist")


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


SEARCHING: Mapping[str, BuiltinFunction] = {
    "argsort": exactly(1, _argsort),
    "sort": exactly(1, _sort),
    "searchsorted": exactly(2, _searchsorted),
    "scatter_add": exactly(3, _scatter_add),
    "hist": exactly(3, _hist, with_sizes("hist", _hist, lambda k: k == 0)),
}
