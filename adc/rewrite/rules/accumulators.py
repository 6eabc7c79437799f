"""Accumulators that are not needed: additions become maps, sums, carried values or updates.

The order of additions is the compiler's to choose, so all of these may reassociate, and take a sum
of nothing to be any zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from adc.ir.builder import Builder
from adc.ir.core import Atom, Block, Equation, Value
from adc.ir.dead import apart
from adc.ir.walk import (
    equations_within,
    has_effect,
    refresh_equations,
    substitute_block,
    updated_refs,
    uses,
)
from adc.prims.array.build import tabulate
from adc.prims.structured.layout import changed_operands
from adc.rewrite.contributions import Contribution
from adc.rewrite.costs import HUGE, cost, is_cheap
from adc.rewrite.extraction import Extraction, updates_of
from adc.rewrite.matching import is_all_zero, same_atoms
from adc.rewrite.rule import Soundness, rule
from adc.rewrite.rules.fusion import element_body
from adc.rewrite.scope import Scope

_SUMS = Soundness.REASSOCIATES


# ---- accumulators as a whole -----------------------------------------------------------------------


@rule("accum")
def accum_untouched(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """an accumulator that nothing is added to -> its base"""
    (body,) = e.regions
    touched = _touched(body)
    idle = [p not in touched for p in body.params]
    if not any(idle):
        return None
    kept = [position for position, i in enumerate(idle) if not i]
    results = [r for r, i in zip(e.results, idle, strict=False) if not i]
    yielded = e.results[len(body.params) :]
    b.append(
        replace(
            e,
            operands=tuple(e.operands[k] for k in kept),
            regions=(replace(body, params=tuple(body.params[k] for k in kept)),),
            results=(*results, *yielded),
        )
    )
    finals = [a if i else r for a, r, i in zip(e.operands, e.results, idle, strict=False)]
    return [*finals, *yielded]


@rule("accum")
def accum_float(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """accum (..) { let x = e; .. } -> let x = e; accum (..) { .. } where e adds nothing"""
    (body,) = e.regions
    moved, kept = _floating(body)
    if not moved:
        return None
    b.extend(moved)
    return [*e.results[: len(body.params)], *_emit_accum(b, e, kept, None, body.results)]


def _floating(body: Block) -> tuple[list[Equation], list[Equation]]:
    """Equations that need not stand in the region, and those that add or depend on one that does."""
    stuck: set[Value] = set(body.params)
    moved: list[Equation] = []
    kept: list[Equation] = []
    for i in body.equations:
        if (i.op == "assert" and kept) or stuck & uses(i):
            kept.append(i)
            stuck.update(i.results)
        else:
            moved.append(i)
    return moved, kept


def _emit_accum(
    b: Builder, e: Equation, kept: Sequence[Equation], gone: Value | None, yields: Sequence[Atom]
) -> list[Atom]:
    """The accumulation `e` over what is left of its region, if anything, without the accumulator `gone`.

    Gives what stands for `yields`: results of the accumulation for those made inside.
    """
    (body,) = e.regions
    refs = [k for k, p in enumerate(body.params) if p is not gone]
    old = dict(zip(body.results, e.results[len(body.params) :], strict=True))
    made = {r for i in kept for r in i.results}
    inside = [y for y in dict.fromkeys(yields) if isinstance(y, Value) and y in made]
    outer = {y: Value(old[y].type if y in old else y.type, y.hint) for y in inside}
    if refs or inside:
        b.append(
            replace(
                e,
                operands=tuple(e.operands[k] for k in refs),
                regions=(Block(tuple(body.params[k] for k in refs), tuple(kept), tuple(inside)),),
                results=(*(e.results[k] for k in refs), *outer.values()),
            )
        )
    return [outer.get(y, y) if isinstance(y, Value) else y for y in yields]


@rule("accum")
def accum_chain(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """accum (s = accum (s = x) { .. }) { --- } -> accum (s = x) { ..; --- }"""
    (body,) = e.regions
    for position, a in enumerate(e.operands):
        first = scope.defined_by(a, "accum")
        if (
            first is None
            or len(first.results) != 1
            or has_effect(first)  # it stays for what it adds elsewhere, which would be added twice
            or scope.usage.count.get(first.results[0], 0) > 1
        ):
            continue
        if any(frame.iterates for frame in scope.around(first.results[0])):
            continue
        ref = body.params[position]
        inner = b.nested()
        copied = replace(first.regions[0], params=())
        earlier = substitute_block(copied, {first.regions[0].params[0]: ref})
        scope.instantiate(inner, earlier, ())
        inner.extend(body.equations)
        operands = list(e.operands)
        operands[position] = first.operands[0]
        region = inner.finish(body.params, body.results)
        b.append(replace(e, operands=tuple(operands), regions=(region,)))
        return e.results
    return None


@rule("accum")
def accum_of_cond(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """accum (s = x) { if p { .. } else { --- } } -> if p then accum (s = x) { .. } else accum (s = x) { --- }"""
    (body,) = e.regions
    if len(body.equations) != 1 or body.equations[0].op != "cond":
        return None
    (cond,) = body.equations
    if scope.options.pure and cond.results:
        return None  # an accumulation that yields is not printable
    arms = []
    for arm in cond.regions:
        inner = b.nested()
        region = replace(arm, params=body.params)
        results = tuple(
            Value(r.type, r.hint) for r in (*e.results[: len(body.params)], *cond.results)
        )
        (own,) = refresh_equations((replace(e, regions=(region,), results=results),), {})
        inner.append(own)
        arms.append(inner.finish((), own.results))
    finals = e.results[: len(body.params)]
    made = tuple(Value(r.type, r.hint) for r in cond.results)
    b.append(replace(cond, results=(*finals, *made), regions=tuple(arms)))
    yielded = dict(zip(cond.results, made, strict=True))
    return [*finals, *(yielded.get(y, y) if isinstance(y, Value) else y for y in body.results)]


@rule("accum", soundness=_SUMS)
def accum_to_value(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """accum (s = x) { for i < n { s[i] += y; } } -> [x[i] + y for i < n]; sums, stencils, single additions likewise"""
    (body,) = e.regions
    if body in scope.stuck:
        return None
    # Arrays first: a sum beside them may turn the loop around into a reduction, which stacks nothing.
    for ref in sorted(body.params, key=lambda p: -p.type.rank):
        replaced = _without_ref(b, e, ref, scope)
        if replaced is not None:
            return replaced
        b.equations.clear()
    scope.stuck.add(body)
    return None


def _is_carried(base: Atom, scope: Scope, *, only_itself: bool) -> bool:
    """Whether an array is handed from step to step of a loop, unless `only_itself` changed on the way: it is
    added to in place, see `carried_accumulator`."""
    if not isinstance(base, Value) or not base.type.shape:
        return False
    e = scope.definition(base)
    if e is None:
        return scope.is_parameter(base)
    if only_itself:
        return False
    origin = {result: operand for operand, result in changed_operands(e)}.get(e.results.index(base))
    return origin is not None and _is_carried(e.operands[origin], scope, only_itself=False)


def _without_ref(b: Builder, e: Equation, ref: Value, scope: Scope) -> Sequence[Atom] | None:
    """The accumulation with one accumulator less; its final value from what the region yields."""
    (body,) = e.regions
    position = body.params.index(ref)
    points, others = _points(body, ref)
    has_total = any(ref in updated_refs(i) for i in others)
    if _is_carried(e.operands[position], scope, only_itself=not has_total):
        return None
    extraction = Extraction(ref, scope, b, e.results[position].hint)
    scope.enter(e, 0)
    found = extraction.block(others, {})
    scope.leave()
    if found is None:
        return None
    equations, part = found
    if any(ref in updated_refs(i) for i in equations):
        return None
    inner = b.nested()
    inner.extend(equations)
    wanted = [part.value(inner)] if has_total else []
    wanted += [a for u in points for a in u.operands[1:]]
    region = inner.finish((), (*body.results, *wanted))
    if scope.options.pure:
        region = replace(region, equations=tuple(_apart(region.equations, scope)))
    moved, kept = _floating(replace(region, params=body.params))
    made = {r for i in kept for r in i.results}
    if scope.options.pure and any(a in made for a in wanted):
        return None
    b.extend(moved)
    outs = _emit_accum(b, e, kept, ref, region.results)
    yielded, values = outs[: len(body.results)], iter(outs[len(body.results) :])
    total = next(values) if has_total else None
    final = _with_base(b, e.operands[position], total, scope)
    is_zero = total is None and is_all_zero(final, scope)
    places: list[list[Atom]] = []
    for u in points:
        v = next(values)
        at = [next(values) for _ in u.operands[2:]]
        if is_zero and all(_are_apart(at, other, scope) for other in places):
            final = b.one("update", final, v, *at)
        else:
            final = _with_addition(b, final, v, at, scope)
        places.append(at)
    finals = [final if p is ref else r for p, r in zip(body.params, e.results, strict=False)]
    return [*finals, *yielded]


def _apart(equations: Sequence[Equation], scope: Scope) -> Iterator[Equation]:
    """Equations that only yield or only add, as ADL wants them, where that repeats no loop, call or solution."""
    for e in equations:
        if e.results and updated_refs(e) and _is_repeatable(e, scope):
            yield from apart(e)
        else:
            yield e


def _is_repeatable(e: Equation, scope: Scope) -> bool:
    inside = (e, *(i for r in e.regions for i in equations_within(r)))
    return all(i.op in _PARALLEL if i.regions else cost(i, scope.table) < HUGE for i in inside)


_PARALLEL = ("map", "reduce", "argreduce", "cond")


def _points(body: Block, ref: Value) -> tuple[list[Equation], list[Equation]]:
    """Additions at single places that stand in the region itself, and all the other equations."""
    points: list[Equation] = []
    others: list[Equation] = []
    for i in body.equations:
        is_point = i.op == "upd" and i.operands[0] is ref and len(i.operands) > 2
        (points if is_point else others).append(i)
    return points, others


def _with_base(b: Builder, base: Atom, total: Atom | None, scope: Scope) -> Atom:
    if total is None:
        return base
    if is_all_zero(base, scope):
        return total
    if not base.type.shape:
        return b.one("add", base, total)
    return tabulate(
        b,
        base.type.shape,
        lambda inner, at: inner.one(
            "add", inner.one("index", base, *at), inner.one("index", total, *at)
        ),
    )


def _are_apart(at: Sequence[Atom], other: Sequence[Atom], scope: Scope) -> bool:
    """Whether two places are certainly different elements or rows."""
    return any(scope.ranges.compare("ne", i, j) is True for i, j in zip(at, other, strict=False))


def _with_addition(b: Builder, x: Atom, v: Atom, at: Sequence[Atom], scope: Scope) -> Atom:
    """x with [at] = x[at] + v"""
    before = scope.defined_by(x, "update")
    if before is not None and same_atoms(before.operands[2:], at):
        old = before.operands[1]  # what is read is only written back, under the same check
    else:
        old = b.one("index", x, *at)
    if not v.type.shape:
        return b.one("update", x, b.one("add", old, v), *at)
    row = Contribution.of(old, old.type.shape)
    new = tabulate(
        b,
        old.type.shape,
        lambda inner, k: inner.one("add", row.element(inner, k), inner.one("index", v, *k)),
    )
    return b.one("update", x, new, *at)


# ---- additions inside regions ------------------------------------------------------------------------


@rule("map", "reduce", "loop", "while", soundness=_SUMS)
def upd_invariant(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """for i < n { s[k] += y; } -> s[k] += sum(y for i < n) where k does not depend on i"""
    refs = updated_refs(e)
    if scope.options.pure and (len(refs) > 1 or e.op != "map" or e.results):
        return None
    for ref in refs:
        at = _common_place(e, ref)
        if at is None or len(at) != ref.type.rank or not all(_is_here(i, scope) for i in at):
            continue
        if not all(map(scope.ranges.in_range, at, ref.type.shape)):
            continue  # the loop may run no step, and then nothing may fail
        place = {axis: scope.ranges.polynomials.of(i) for axis, i in enumerate(at)}
        found = Extraction(ref, scope, b).equation(e, place)
        if found is None:
            continue
        equations, part = found
        b.extend(equations)
        b.emit("upd", ref, part.value(b), *at)
        return e.results
    return None


def _common_place(e: Equation, ref: Value) -> tuple[Atom, ...] | None:
    """The indices of all additions to `ref` inside, when they are the same."""
    places = {u.operands[2:] for u in updates_of(e, ref)}
    return places.pop() if len(places) == 1 else None


def _is_here(a: Atom, scope: Scope) -> bool:
    return not isinstance(a, Value) or scope.is_visible(a)


def _touched(body: Block) -> set[Value]:
    return set().union(*map(updated_refs, body.equations))


@rule("upd", soundness=_SUMS)
def upd_zero(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """s[i] += 0 -> nothing, where i is in range"""
    ref, v, *at = e.operands
    if not is_all_zero(v, scope):
        return None
    return () if all(map(scope.ranges.in_range, at, ref.type.shape)) else None


@rule("upd")
def upd_of_map(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """s[i] += [y for j < n] -> for j < n { s[i, j] += y; }"""
    ref, v, *at = e.operands
    m = scope.defined_by(v, "map")
    if m is None or not isinstance(v, Value) or not isinstance(ref, Value) or has_effect(m):
        return None
    if not any(frame.iterates for frame in scope.around(ref)):
        return None  # one addition of a whole array is as good as a map
    body = element_body(m, v, scope)
    count = scope.usage.count
    is_once = count.get(v, 0) <= 1 and not any(frame.iterates for frame in scope.around(v))
    is_alone = sum(count.get(r, 0) > 0 for r in m.results) <= 1
    if not (is_once and is_alone) and not is_cheap(body.equations, scope.table):
        return None
    inner = b.nested()
    params = tuple(Value(p.type, p.hint) for p in body.params)
    (y,) = scope.instantiate(inner, body, params)
    inner.emit("upd", ref, y, *at, *params)
    b.emit("map", *m.operands, regions=(inner.finish(params, ()),))
    return ()


RULES = (
    accum_untouched,
    accum_float,
    accum_chain,
    accum_of_cond,
    accum_to_value,
    upd_invariant,
    upd_zero,
    upd_of_map,
)
