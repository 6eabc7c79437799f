"""Split a block with tangents into what does not depend on them and what is linear in them.

Both parts stand in the same scope, one after the other. Parallel and conditional regions recompute: the
linear copy of a `map`, `reduce`, `cond` or `accum` holds its own copy of the non-linear equations it needs.
Sequential loops save: the non-linear loop stacks, step by step, the values that the linear loop reads. In a
function that saves (`adc.transforms.derive`), so does every region around a call that saves: recomputing it
would run the whole recursion below it once more, at every depth. Elsewhere too, nothing is repeated that lends
an accumulator to a function, or reads single elements of an array that the steps of a loop change in place
(`adc.transforms.in_place`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from adc.ir.core import Equation, Value
from adc.ir.dead import keep_results
from adc.ir.walk import map_regions, refresh_block, updated_refs
from adc.prims.table import PrimitiveTable
from adc.transforms.activity import Activity
from adc.transforms.calls import CallRules
from adc.transforms.in_place import NO_PIECES, Pieces
from adc.transforms.residuals import Parts
from adc.transforms.saving import (
    save_accum,
    save_cond,
    save_loop,
    save_map,
    save_reduce,
    save_while,
    split_loop,
    split_while,
)
from adc.transforms.splitting import Halves, Rules, Splitter, negated


def split_linear(
    equations: Iterable[Equation], linear: set[Value], table: PrimitiveTable, calls: CallRules
) -> Parts:
    """The parts of equations whose linear values are known."""
    return Splitter(table, calls, linear, _RULES).split(equations)


def split(
    equations: Sequence[Equation],
    seeds: Iterable[Value],
    table: PrimitiveTable,
    calls: CallRules,
    *,
    saves: bool = False,
    pieces: Pieces = NO_PIECES,
) -> tuple[Parts, set[Value]]:
    """The parts of `equations` with respect to the linear `seeds`, and every linear value."""
    linear = set(seeds)
    Activity(table, calls).propagate(equations, linear)
    return Splitter(table, calls, linear, _RULES, saves, pieces).split(equations), linear


def _by_results(splitter: Splitter, e: Equation) -> Halves:
    """map, reduce, cond: one copy for the results free of linear values, one for the others."""
    return _halves(splitter, e, splitter.are_linear(e.results))


def _halves(splitter: Splitter, e: Equation, is_linear: Sequence[bool]) -> Halves:
    if all(is_linear) and updated_refs(e) <= splitter.linear:
        return (), (e,)
    dead = frozenset(r for r in updated_refs(e) if r in splitter.linear)
    primal = map_regions(e, splitter.without_tangents)
    first = keep_results(primal, negated(is_linear), dead)
    alive = updated_refs(e) - dead
    second = keep_results(e, is_linear, frozenset(alive), with_sizes=False)
    return (
        () if first is None else (first,),
        () if second is None else (_copy_regions(second),),
    )


def _copy_regions(e: Equation) -> Equation:
    """The equation with everything inside its regions renamed, so that both halves may stand in one scope."""
    return replace(e, regions=tuple(refresh_block(region, {}) for region in e.regions))


def _accum(splitter: Splitter, e: Equation) -> Halves:
    (body,) = e.regions
    count = len(body.params)
    return _halves(splitter, e, splitter.are_linear((*body.params, *e.results[count:])))


def _upd(splitter: Splitter, e: Equation) -> Halves:
    ref = e.operands[0]
    return ((), (e,)) if ref in splitter.linear else ((e,), ())


def _call(splitter: Splitter, e: Equation) -> Halves:
    pieces = [v for v, dims in splitter.pieces.items() if dims]
    first, second = splitter.calls.split(e, splitter.are_free(e.operands), pieces)
    return (() if first is None else (first,), () if second is None else (second,))


_RULES = Rules(
    split={"upd": _upd, "call": _call, "loop": split_loop, "while": split_while},
    recompute={"map": _by_results, "reduce": _by_results, "cond": _by_results, "accum": _accum},
    save={
        "map": save_map,
        "reduce": save_reduce,
        "cond": save_cond,
        "accum": save_accum,
        "loop": save_loop,
        "while": save_while,
    },
)
