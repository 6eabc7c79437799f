"""Branches, loops and checks whose course is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TypeVar

from adc.ir.builder import Builder
from adc.ir.core import BOOL, Atom, Block, Equation, Literal, Value, index_literal, literal
from adc.ir.walk import has_effect, substitute_block
from adc.rewrite.costs import is_cheap
from adc.rewrite.failures import block_can_fail
from adc.rewrite.matching import is_number, is_truth, same_atom
from adc.rewrite.rule import rule
from adc.rewrite.scope import Scope

T = TypeVar("T")

# ---- branches ------------------------------------------------------------------------------------


@rule("cond")
def cond_known(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """if true then x else y -> x; the same where a branch around decides it"""
    holds = scope.ranges.truth(e.operands[0])
    if holds is None:
        return None
    arm = e.regions[0 if holds else 1]
    b.extend(arm.equations)
    return arm.results


@rule("cond")
def cond_not(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """if not p then x else y -> if p then y else x"""
    inner = scope.defined_by(e.operands[0], "not")
    if inner is None:
        return None
    b.append(replace(e, operands=inner.operands, regions=e.regions[::-1]))
    return e.results


@rule("cond")
def cond_same_results(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """if p then x else x -> x, result by result"""
    then, other = e.regions
    same = [same_atom(x, y) for x, y in zip(then.results, other.results, strict=True)]
    if not any(same):
        return None
    kept = _without(e.results, same)
    if kept or has_effect(e):
        arms = tuple(replace(arm, results=_without(arm.results, same)) for arm in e.regions)
        b.append(replace(e, results=kept, regions=arms))
    return [x if s else r for x, r, s in zip(then.results, e.results, same, strict=True)]


@rule("cond")
def cond_to_logic(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """if p then q else false -> p and q; if p then true else q -> p or q; for cheap q that cannot fail"""
    if len(e.results) != 1 or e.results[0].type != BOOL:
        return None
    then, other = e.regions
    if is_truth(other.results[0], False) and not other.equations:
        op, position = "and", 0
    elif is_truth(then.results[0], True) and not then.equations:
        op, position = "or", 1
    else:
        return None
    arm = e.regions[position]
    if not is_cheap(arm.equations, scope.table) or has_effect(e):
        return None
    # Without the branch around it, q must not lean on p: so it is asked here, not inside the arm.
    if block_can_fail_here(arm, scope):
        return None
    b.extend(arm.equations)
    return (b.one(op, e.operands[0], arm.results[0]),)


def block_can_fail_here(block: Block, scope: Scope) -> bool:
    """Whether running the equations of a region at this place, outside of it, may fail."""
    scope.begin()
    failing = block_can_fail(block, scope)
    scope.end()
    return failing


def _without(items: Sequence[T], gone: Sequence[bool]) -> tuple[T, ...]:
    return tuple(item for item, g in zip(items, gone, strict=True) if not g)


# ---- loops ---------------------------------------------------------------------------------------


@rule("loop")
def loop_never(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """a loop of no steps -> its initial values"""
    trip, *initial = e.operands
    has_rows = len(e.results) > len(initial)
    if not isinstance(trip, Literal) or trip.value > 0 or has_rows:
        return None
    return initial


@rule("loop")
def loop_once(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """a loop of one step -> its body"""
    trip, *initial = e.operands
    if not is_number(trip, 1):
        return None
    (body,) = e.regions
    env = dict(zip(body.params, (index_literal(0), *initial), strict=True))
    once = substitute_block(body, env)
    b.extend(once.equations)
    finals, rows = once.results[: len(initial)], once.results[len(initial) :]
    return [*finals, *(_single_row(b, y) for y in rows)]


def _single_row(b: Builder, y: Atom) -> Atom:
    """[y]"""
    i = Value(index_literal(0).type, "i")
    return b.one("map", index_literal(1), regions=(Block((i,), (), (y,)),))


@rule("loop", "while")
def loop_invariant_carry(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """a carried value that no step changes -> its initial value"""
    body = e.regions[-1]
    params = body.params[1:]
    count = len(params)
    initial = e.operands[len(e.operands) - count :]
    gone = [
        same_atom(n, p) or same_atom(n, a)
        for n, p, a in zip(body.results[:count], params, initial, strict=True)
    ]
    if not any(gone):
        return None
    *tests, steps = (_with_fixed(r, gone, initial) for r in e.regions)
    steps = replace(steps, results=_without(steps.results, _padded(gone, steps.results, 0)))
    first = len(e.results) - len(body.results)  # `while` gives the number of steps first
    lost = _padded(gone, e.results, first)
    b.append(
        replace(
            e,
            operands=(*e.operands[: len(e.operands) - count], *_without(initial, gone)),
            results=_without(e.results, lost),
            regions=(*tests, steps),
        )
    )
    values = iter(_without(initial, [not g for g in gone]))
    return [next(values) if g else r for r, g in zip(e.results, lost, strict=True)]


def _padded(flags: Sequence[bool], items: Sequence[object], first: int) -> list[bool]:
    """The flags for the items from `first` on, False for the others."""
    return [False] * first + list(flags) + [False] * (len(items) - first - len(flags))


def _with_fixed(region: Block, gone: Sequence[bool], initial: Sequence[Atom]) -> Block:
    """The region with its last parameters, where gone, replaced by the initial values."""
    first = len(region.params) - len(gone)
    params = region.params[first:]
    env = {p: a for p, a, g in zip(params, initial, gone, strict=True) if g}
    kept = (*region.params[:first], *_without(params, gone))
    return substitute_block(replace(region, params=kept), env)


# ---- reductions ------------------------------------------------------------------------------------


@rule("reduce")
def reduce_unit_extent(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """reduce over one element -> that element; an extent of 1 among others goes"""
    unit = [is_number(a, 1) for a in e.operands]
    if not any(unit):
        return None
    (body,) = e.regions
    env = {p: index_literal(0) for p, u in zip(body.params, unit, strict=True) if u}
    rest = substitute_block(
        replace(body, params=tuple(p for p in body.params if p not in env)), env
    )
    if all(unit):
        b.extend(rest.equations)
        return rest.results
    b.append(replace(e, operands=_without(e.operands, unit), regions=(rest,)))
    return e.results


@rule("reduce")
def reduce_zeros(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """sum of zeros -> 0"""
    (body,) = e.regions
    ops = e.params["ops"]
    assert isinstance(ops, tuple)
    zero = [op == "add" and is_number(y, 0) for op, y in zip(ops, body.results, strict=True)]
    if not any(zero):
        return None
    kept = _without(e.results, zero)
    region = replace(body, results=_without(body.results, zero))
    if kept:
        params = MappingProxyType({**e.params, "ops": _without(ops, zero)})
        b.append(replace(e, params=params, regions=(region,), results=kept))
    elif has_effect(e):
        b.emit("map", *e.operands, regions=(region,))
    return [literal(0, r.type.dtype) if z else r for r, z in zip(e.results, zero, strict=True)]


# ---- checks --------------------------------------------------------------------------------------


@rule("assert")
def assert_known(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """assert true -> nothing; likewise where the same was checked or decided before"""
    return () if scope.ranges.truth(e.operands[0]) else None


@rule("stop_gradient")
def stop_gradient_last(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """stop_gradient(x) -> x once no derivative is taken any more"""
    return e.operands if scope.options.final else None


RULES = (
    cond_known,
    cond_not,
    cond_same_results,
    cond_to_logic,
    loop_never,
    loop_once,
    loop_invariant_carry,
    reduce_unit_extent,
    reduce_zeros,
    assert_known,
    stop_gradient_last,
)
