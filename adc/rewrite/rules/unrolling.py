"""Small arrays of literal size as scalars: regions over few elements are written out, one copy for each."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from adc.ir.builder import Builder
from adc.ir.core import Atom, Equation, Literal, Value, index_literal, literal
from adc.ir.walk import equations_within, has_effect
from adc.prims.array.build import tabulate
from adc.rewrite.rule import rule
from adc.rewrite.scope import Scope

_FEW = 16  # elements
_LARGEST = 240  # equations of all copies together


@rule("reduce")
def unroll_reduce(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """sum(x[i] for i < 3) -> x[0] + x[1] + x[2], in the same order"""
    places = _places(e)
    ops = e.params["ops"]
    assert isinstance(ops, tuple)
    if not places:
        return None
    totals: Sequence[Atom] | None = None
    for at in places:
        ys = scope.instantiate(b, e.regions[0], at)
        if totals is None:
            totals = ys
        else:
            totals = [b.one(op, t, y) for op, t, y in zip(ops, totals, ys, strict=True)]
    return totals


@rule("map")
def unroll_map(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """[f(i) for i < 3] -> zeros(3) with [0] = f(0) with [1] = f(1) with [2] = f(2), where it is read at literals

    The reads then find their elements, and no array is left.
    """
    places = _places(e)
    usage = scope.usage
    if not places or not e.results or has_effect(e):
        return None
    if any(y.type.shape for y in e.regions[0].results):
        return None
    if not all(map(usage.is_read_at_literals, e.results)):
        return None
    arrays = [_zeros(b, r) for r in e.results]
    for at in places:
        ys = scope.instantiate(b, e.regions[0], at)
        arrays = [b.one("update", a, y, *at) for a, y in zip(arrays, ys, strict=True)]
    return arrays


def _places(e: Equation) -> list[tuple[Literal, ...]]:
    """All index tuples of a region over few elements, in order; none when there are too many."""
    extents = [int(a.value) for a in e.operands if isinstance(a, Literal)]
    count = 1
    for n in extents:
        count *= max(n, 0)
    size = sum(1 for _ in equations_within(e.regions[0]))
    if len(extents) < len(e.operands) or not 0 < count <= _FEW or count * size > _LARGEST:
        return []
    return [tuple(map(index_literal, at)) for at in product(*map(range, extents))]


def _zeros(b: Builder, like: Value) -> Atom:
    zero = literal(0, like.type.dtype)
    return tabulate(b, like.type.shape, lambda inner, at: zero)


RULES = (unroll_reduce, unroll_map)
