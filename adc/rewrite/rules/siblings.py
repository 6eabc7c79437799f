"""Neighbours over the same extents share one pass over the data, so that value and gradient can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import is_
from types import MappingProxyType

from adc.ir.core import Atom, Block, Equation, Value
from adc.ir.walk import Values, has_effect, refresh_equations, substitute_atom, uses
from adc.rewrite.failures import can_fail
from adc.rewrite.matching import same_atoms
from adc.rewrite.rule import block_rule
from adc.rewrite.scope import Scope

_LARGEST = 400  # equations of a joint body: beyond, a second pass costs less than spilled registers
_JOINED = ("map", "reduce")


@dataclass(slots=True)
class _Open:
    """An equation that a later one may still join: nothing since has used its results."""

    position: int
    equation: Equation
    uses: Values


def join_siblings(block: Block, scope: Scope) -> Block:
    """let x = [f(i) for i < n]; let y = [g(i, x[i]) for i < n] -> let x, y = [f(i), g(i, f(i)) for i < n]

    Sums likewise, where neither needs the other. Both must read something in common. The joint equation
    stands where the second one stood.
    """
    equations: list[Equation | None] = []
    opened: list[_Open] = []
    scope.begin()
    for e in block.equations:
        e = _inside(e, scope)
        needed = uses(e)
        is_candidate = e.op in _JOINED and bool(e.results) and not has_effect(e)
        if is_candidate and not can_fail(e, scope):
            partner = next((o for o in reversed(opened) if _fits(o, e, needed, scope)), None)
            if partner is not None:
                e = _joined(partner.equation, e)
                equations[partner.position] = None
                opened.remove(partner)
                needed = uses(e)
        opened = [o for o in opened if needed.isdisjoint(o.equation.results)]
        if is_candidate:
            opened.append(_Open(len(equations), e, needed))
        equations.append(e)
        scope.define(e)
    scope.end()
    kept = tuple(e for e in equations if e is not None)
    if len(kept) == len(block.equations) and all(map(is_, kept, block.equations)):
        return block
    return Block(block.params, kept, block.results)


def _inside(e: Equation, scope: Scope) -> Equation:
    regions = []
    for k, region in enumerate(e.regions):
        scope.enter(e, k)
        regions.append(join_siblings(region, scope))
        scope.leave()
    return e if all(map(is_, regions, e.regions)) else replace(e, regions=tuple(regions))


def _fits(o: _Open, e: Equation, needed: Values, scope: Scope) -> bool:
    """Whether `e` may join: same kind and extents, something in common, and no need of the other as a whole."""
    first = o.equation
    if first.op != e.op or not same_atoms(first.operands, e.operands):
        return False
    arrays = {v for v in o.uses if v.type.shape} | set(first.results)
    if not any(v in arrays for v in needed):
        return False
    if len(first.regions[0].equations) + len(e.regions[0].equations) > _LARGEST:
        return False
    own = needed & set(first.results)
    if own and (e.op != "map" or not _reads_only_own(e, own)):
        return False
    return not can_fail(first, scope)


def _reads_only_own(e: Equation, arrays: set[Value]) -> bool:
    """Whether the map reads these arrays at its own indices only, and outside of inner regions."""
    (body,) = e.regions
    for i in body.equations:
        if not arrays.intersection(uses(i)):
            continue
        at = i.operands[1:]
        is_own = i.op == "index" and at[: len(body.params)] == body.params
        if not is_own or arrays.intersection(at):
            return False
    return not arrays.intersection(a for a in body.results if isinstance(a, Value))


def _joined(first: Equation, e: Equation) -> Equation:
    """One equation for both; the body of `e` reads what the body of `first` makes."""
    (a,), (b,) = first.regions, e.regions
    env: dict[Value, Atom] = dict(zip(b.params, a.params, strict=True))
    made = dict(zip(first.results, a.results, strict=True))
    equations: list[Equation] = [*a.equations]
    for i in b.equations:
        x = i.operands[0] if i.op == "index" else None
        if isinstance(x, Value) and x in made:
            rest = i.operands[1 + len(b.params) :]
            if not rest:
                env[i.results[0]] = made[x]
                continue
            i = replace(i, operands=(made[x], *rest))
        equations.extend(refresh_equations((i,), env))
    results = (*a.results, *(substitute_atom(y, env) for y in b.results))
    return replace(
        e,
        results=(*first.results, *e.results),
        regions=(Block(a.params, tuple(equations), results),),
        params=_joint_params(first, e),
    )


def _joint_params(first: Equation, e: Equation) -> MappingProxyType[str, object]:
    if e.op != "reduce":
        return MappingProxyType(dict(e.params))
    return MappingProxyType({"ops": (*_ops(first), *_ops(e))})


def _ops(e: Equation) -> Sequence[object]:
    ops = e.params["ops"]
    assert isinstance(ops, tuple)
    return ops


RULES = (block_rule("join_siblings", join_siblings),)
