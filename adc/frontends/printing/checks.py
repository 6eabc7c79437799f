"""Checks that need not be printed: an extremum refuses to be of nothing by itself."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import replace

from adc.ir.core import Atom, Block, Equation
from adc.ir.dead import remove_dead


def without_own_checks(block: Block) -> Block:
    """The block without the checks that an extremum before them makes in ADL anyway."""
    return remove_dead(_without(block, {}))


def _without(block: Block, made_by: MutableMapping[Atom, Equation]) -> Block:
    kept: list[Equation] = []
    for e in block.equations:
        made_by.update((r, e) for r in e.results)
        if e.op == "assert" and any(_makes_check(i, e, made_by) for i in kept):
            continue
        kept.append(replace(e, regions=tuple(_without(r, made_by) for r in e.regions)))
    return replace(block, equations=tuple(kept))


def _makes_check(e: Equation, check: Equation, made_by: MutableMapping[Atom, Equation]) -> bool:
    """Whether `e` is an extremum over the extent whose being positive is checked."""
    condition = made_by.get(check.operands[0])
    if condition is None or condition.op != "gt" or check.params["code"] != "E0614":
        return False
    return condition.operands[:1] == e.operands and _is_extremum(e)


def _is_extremum(e: Equation) -> bool:
    return e.op == "argreduce" or (e.op == "reduce" and e.params["ops"] in (("max",), ("min",)))
