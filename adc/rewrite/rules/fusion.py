"""Fusion: reading one element of a `map` runs its body for that element.

Slices, transposes, reversals, zips and broadcasts are maps over index arithmetic, so this is how they
disappear. Work is repeated only where that is cheap. An index that is not certainly in range keeps its
check: as an `assert`, unless the body reads an array of the same extent at the same index anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adc.ir.builder import Builder
from adc.ir.core import I64, Atom, Block, Equation, Literal, Value, dim_atom
from adc.ir.dead import remove_dead
from adc.ir.walk import free_in_block, has_effect
from adc.rewrite.costs import MODEST, is_cheap
from adc.rewrite.failures import block_can_fail
from adc.rewrite.rule import rule
from adc.rewrite.scope import Scope

_FEW = 3  # readers that may each make a modest element for themselves
_LARGEST_UNROLLED = 64  # elements of an array of literal size that may be computed one by one


@rule("index")
def index_of_map(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """[f(i) for i < n][k] -> f(k)"""
    x, *at = e.operands
    m = scope.defined_by(x, "map")
    if m is None or not isinstance(x, Value) or has_effect(m):
        return None
    body = element_body(m, x, scope)
    own = min(len(at), len(m.operands))
    is_row = own < len(m.operands)
    if not (_is_free(body, scope) or _runs_seldom(m, x, body, at, scope)):
        return None
    if not _may_move(m, body, scope):
        return None
    _keep_checks(b, m, body, at, scope)
    if is_row:
        return (_row(b, m, body, at, scope),)
    return (_element(b, body, at, scope),)


@rule("index")
def index_of_map_sibling(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """let (x, y) = [f(i), g(f(i)) for i < n]; y[k] -> let x, y = ..; g(x[k]) for cheap g

    What the map stores anyway is not made again.
    """
    y, *at = e.operands
    m = scope.defined_by(y, "map")
    if m is None or not isinstance(y, Value) or has_effect(m) or len(at) < len(m.operands):
        return None
    own = at[: len(m.operands)]
    stored = _stored_beside(m, y, scope)
    body = element_body(m, y, scope)
    rest = tuple(i for i in body.equations if not stored.keys() >= set(i.results))
    shortened = remove_dead(replace(body, equations=rest))
    needed = free_in_block(shortened) & stored.keys()
    if not needed or not is_cheap(shortened.equations, scope.table):
        return None
    if not all(map(scope.ranges.in_range, own, y.type.shape)):
        return None
    ordered = [v for v in stored if v in needed]
    loads = [b.one("index", stored[v], *own) for v in ordered]
    open_body = replace(shortened, params=(*shortened.params, *ordered))
    (result,) = scope.instantiate(b, open_body, (*own, *loads))
    left = at[len(own) :]
    return (b.one("index", result, *left) if left else result,)


def _stored_beside(m: Equation, y: Value, scope: Scope) -> dict[Value, Value]:
    """What the body of the map makes, with the result that stores it, for the other results in use."""
    yielded = m.regions[0].results
    own = m.results.index(y)
    stored: dict[Value, Value] = {}
    for position, (v, r) in enumerate(zip(yielded, m.results, strict=True)):
        # Of two results that are the same the first is read, or they would be put for one another for ever.
        is_other = position < own or v is not yielded[own]
        if is_other and r is not y and isinstance(v, Value) and scope.usage.count.get(r, 0) > 0:
            stored.setdefault(v, r)
    return stored


def element_body(m: Equation, x: Value, scope: Scope) -> Block:
    """What the map does for its result `x` alone."""
    known = scope.slices.get(x)
    if known is not None and known[0] is m:
        return known[1]
    (body,) = m.regions
    result = body.results[m.results.index(x)]
    found = remove_dead(Block(body.params, body.equations, (result,)))
    scope.slices[x] = m, found
    return found


def _element(b: Builder, body: Block, at: Sequence[Atom], scope: Scope) -> Atom:
    own = len(body.params)
    result = scope.instantiate(b, body, at[:own])[0]
    rest = at[own:]
    return b.one("index", result, *rest) if rest else result


def _row(b: Builder, m: Equation, body: Block, at: Sequence[Atom], scope: Scope) -> Atom:
    """A map over the extents that have no index yet."""
    own = len(at)
    inner = b.nested()
    fresh = tuple(Value(I64, p.hint) for p in body.params[own:])
    (y,) = scope.instantiate(inner, body, (*at, *fresh))
    return b.one("map", *m.operands[own:], regions=(inner.finish(fresh, (y,)),))


# ---- is it worth it? -------------------------------------------------------------------------------


def _is_free(body: Block, scope: Scope) -> bool:
    """Whether an element is as cheap to compute again as to load; an array element by what makes its elements."""
    pending = body
    seen: list[Equation] = []
    while True:
        (y,) = pending.results
        maker = next((e for e in pending.equations if y in e.results), None)
        seen.extend(e for e in pending.equations if e is not maker)
        if maker is None or maker.op != "map" or has_effect(maker):
            if maker is not None:
                seen.append(maker)
            return is_cheap(seen, scope.table)
        region = maker.regions[0]
        assert isinstance(y, Value)
        pending = Block((), region.equations, (region.results[maker.results.index(y)],))


def _runs_seldom(m: Equation, x: Value, body: Block, at: Sequence[Atom], scope: Scope) -> bool:
    """Whether the body would run at most as often as it does now, or two or three times as often and is modest."""
    count = scope.usage.count
    live = [r for r in m.results if count.get(r, 0) > 0]
    if len(live) == 1 and count.get(x, 0) > 1 and _is_taken_apart(m, x, scope):
        return True
    if not _covers(at[: len(m.operands)], x, scope):
        return False
    readers = sum(count[r] for r in live)
    if readers <= 1:
        return True
    if (
        all(count[r] == 1 for r in live)
        and len({s for r in live for s in scope.usage.sites[r]}) == 1
    ):
        return True
    return readers <= _FEW and is_cheap(body.equations, scope.table, MODEST)


def _is_taken_apart(m: Equation, x: Value, scope: Scope) -> bool:
    """Whether the array is small and only read at literal places, each of them once."""
    total = 1
    for a in m.operands:
        if not isinstance(a, Literal):
            return False
        total *= int(a.value)
    is_run_once = not any(frame.iterates for frame in scope.around(x))
    return is_run_once and total <= _LARGEST_UNROLLED and scope.usage.is_read_apart(x)


def _covers(at: Sequence[Atom], x: Value, scope: Scope) -> bool:
    """Whether no two iterations of the regions between the map and this place read the same element."""
    polynomials = scope.ranges.polynomials
    moving = [frame.indices for frame in scope.around(x) if frame.iterates]
    wanted = {v for indices in moving for v in indices}
    if not all(moving):
        return False  # a region that repeats without counting
    numbers = {polynomials.number(v): v for v in wanted}
    covered: set[Value] = set()
    for a in at:
        varying = [
            (mono, c) for mono, c in polynomials.of(a).items() if any(n in numbers for n in mono)
        ]
        if len(varying) == 1 and len(varying[0][0]) == 1:
            covered.add(numbers[varying[0][0][0]])
    return wanted <= covered


def _may_move(m: Equation, body: Block, scope: Scope) -> bool:
    """Whether errors of the body stay in the order of the program: no check of the map's block is overtaken."""
    if not scope.has_checked_since(m):
        return True
    scope.enter(m, 0)
    fails = block_can_fail(body, scope)
    scope.leave()
    return not fails


# ---- checks ----------------------------------------------------------------------------------------


def _keep_checks(b: Builder, m: Equation, body: Block, at: Sequence[Atom], scope: Scope) -> None:
    """Assertions for the indices that neither ranges nor the body vouch for."""
    for axis, (i, extent, p) in enumerate(zip(at, m.operands, body.params, strict=False)):
        d = int(extent.value) if isinstance(extent, Literal) else extent
        if scope.ranges.in_range(i, d) or _is_checked_inside(body, p, d, scope):
            continue
        low = b.one("ge", i, Literal(I64, 0))
        high = b.one("lt", i, dim_atom(d))
        b.emit(
            "assert",
            b.one("and", low, high),
            i,
            extent,
            error="BoundsError",
            code="E0601",
            text=f"index {{0}} is out of range for axis {axis} of size {{1}}",
        )


def _is_checked_inside(body: Block, p: Value, extent: int | Value, scope: Scope) -> bool:
    """Whether the body reads some array of that extent at the index `p` itself."""
    for e in body.equations:
        if e.op != "index":
            continue
        x, *at = e.operands
        for i, d in zip(at, x.type.shape, strict=False):
            if i is p and scope.ranges.same_size(d, extent):
                return True
    return False


RULES = (
    index_of_map,
    index_of_map_sibling,
)
