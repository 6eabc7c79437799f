"""Rules on whole blocks: loop-invariant motion and dead code."""

from __future__ import annotations

from dataclasses import replace

from adc.ir.core import Block, Equation, Value
from adc.ir.dead import remove_dead
from adc.ir.walk import has_effect, uses
from adc.prims.structured.layout import ITERATES
from adc.rewrite.failures import can_fail
from adc.rewrite.rule import block_rule
from adc.rewrite.scope import Scope


def hoist_invariants(block: Block, scope: Scope) -> Block:
    """for .. { let x = e; .. } -> let x = e; for .. { .. } where e does not change and cannot fail

    An equation that cannot fail may be run where a loop of no steps would not have. Nothing leaves a branch.
    """
    equations: list[Equation] = []
    changed = False
    scope.begin()
    for e in block.equations:
        if e.regions:
            lifted, after = _lifted(e, scope)
            changed = changed or after is not e
            for i in lifted:
                equations.append(i)
        else:
            after = e
        equations.append(after)
        scope.define(after)
    scope.end()
    return Block(block.params, tuple(equations), block.results) if changed else block


def _lifted(e: Equation, scope: Scope) -> tuple[list[Equation], Equation]:
    """What leaves the regions of `e`, and `e` without it. The scope already knows what leaves."""
    lifted: list[Equation] = []
    regions: list[Block] = []
    for k, region in enumerate(e.regions):
        scope.enter(e, k)
        region = hoist_invariants(region, scope)
        scope.leave()
        regions.append(_without_invariants(region, lifted, scope) if e.op in ITERATES else region)
    if all(new is old for new, old in zip(regions, e.regions, strict=True)):
        return [], e
    return lifted, replace(e, regions=tuple(regions))


def _without_invariants(region: Block, lifted: list[Equation], scope: Scope) -> Block:
    inside: set[Value] = set(region.params)
    kept: list[Equation] = []
    for e in region.equations:
        if inside & uses(e) or has_effect(e) or can_fail(e, scope):
            kept.append(e)
            inside.update(e.results)
        else:
            lifted.append(e)
            scope.define(e)
    return region if len(kept) == len(region.equations) else replace(region, equations=tuple(kept))


def drop_dead(block: Block, scope: Scope) -> Block:
    """let x = e -> nothing where x is not used"""
    return remove_dead(block)


RULES = (
    block_rule("licm", hoist_invariants),
    block_rule("dce", drop_dead),
)
