"""Splitting a block in two, apart from the rules for equations with regions: what they need to know and to ask."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress

from adc.ir.core import Atom, Block, Equation, Value
from adc.ir.walk import equations_within, map_regions, uses
from adc.prims.table import PrimitiveTable
from adc.transforms.activity import Activity
from adc.transforms.calls import CallRules
from adc.transforms.in_place import NO_PIECES, Bases, Pieces, entered, note_base, reads
from adc.transforms.residuals import Cut, Parts, Store, cut_block

Halves = tuple[Sequence[Equation], Sequence[Equation]]


@dataclass(frozen=True, slots=True)
class Rules:
    """How equations of some primitives are split, by primitive; `recompute` where `save` is the other way."""

    split: Mapping[str, Callable[[Splitter, Equation], Halves]]
    recompute: Mapping[str, Callable[[Splitter, Equation], Halves]]
    save: Mapping[str, Callable[[Splitter, Equation], Halves]]


@dataclass(frozen=True, slots=True)
class Splitter:
    """What splitting needs everywhere: the table, the treatment of calls, the linear values, the rules.

    `saves`: whether regions around calls that save do so too; `pieces`: see Note [Arrays changed in place].
    """

    table: PrimitiveTable
    calls: CallRules
    linear: set[Value]
    rules: Rules
    saves: bool = False
    pieces: Pieces = field(default_factory=lambda: NO_PIECES)
    bases: Bases = field(default_factory=dict)

    def split(self, equations: Iterable[Equation]) -> Parts:
        """The parts of a list of equations whose linear values are known (or found from the seeds)."""
        nonlinear: list[Equation] = []
        linear: list[Equation] = []
        for e in equations:
            note_base(e, self.bases)
            if self._is_nonlinear(e):
                nonlinear.append(e)
                continue
            first, second = self._halves(e)
            nonlinear.extend(first)
            linear.extend(second)
        self._activity.propagate(linear, self.linear)  # copies have new names inside
        return Parts(tuple(nonlinear), tuple(linear))

    def _halves(self, e: Equation) -> Halves:
        if self._saves(e):
            return self.rules.save[e.op](self, e)
        if e.op not in self.rules.recompute:
            rule = self.rules.split.get(e.op)
            return ((), (e,)) if rule is None else rule(self, e)
        first, second = self.rules.recompute[e.op](self, e)
        found = reads(second, self.pieces, self.bases)
        return self.rules.save[e.op](self.only(found.few), e) if found.few else (first, second)

    def only(self, pieces: Collection[Value]) -> Splitter:
        """The splitter that knows of these pieces only."""
        return replace(self, pieces={v: self.pieces[v] for v in self.pieces if v in pieces})

    def inside(self, e: Equation, region: Block) -> Splitter:
        """The splitter for a region."""
        return replace(self, pieces=entered(self.pieces, e, region, self.bases))

    def cut(
        self,
        parts: Parts,
        block: Block,
        is_linear: Sequence[bool],
        indices: Collection[Value],
        store: Store,
        results: Sequence[Value],
    ) -> Cut:
        """The block, whose parts are given, in two; `is_linear` tells which of its results the linear part yields.

        `results`: what becomes of its last results outside, where they are or are stacked.
        """
        held = self.linear.union(indices)
        own = [p for p in block.params if p not in held]
        own.extend(r for e in parts.nonlinear for r in e.results)
        pieces = [v for v, dims in self.pieces.items() if dims]
        held.update(own)
        local = [*(v for v in pieces if v not in held), *own]
        outputs = block.results[len(block.results) - len(results) :]
        yielded = {
            a: r
            for a, r in zip(outputs, results, strict=True)
            if isinstance(a, Value)
            and r not in self.linear
            and r.type.shape[len(indices) :] == a.type.shape
        }
        wanted = compress(block.results, is_linear)
        return cut_block(parts, local, indices, wanted, store, yielded, pieces)

    def cut_region(
        self,
        e: Equation,
        region: Block,
        is_linear: Sequence[bool],
        indices: Collection[Value],
        results: Sequence[Value],
    ) -> Cut:
        """A region of an equation that runs at most once for every index in two."""
        inner = self.inside(e, region)
        parts = inner.split(region.equations)
        return inner.cut(parts, region, is_linear, indices, self._region_store(e), results)

    @property
    def loop_store(self) -> Store:
        return Store.ROWS_OR_TAPE if self.calls.uses_tapes else Store.ROWS

    def _region_store(self, e: Equation) -> Store:
        if not self.calls.uses_tapes:
            return Store.ROWS
        if e.op != "cond":
            return Store.ROWS_AND_TAPE
        return Store.TAPE if self.saves else Store.SCALARS_AND_TAPE

    def are_linear(self, values: Iterable[Value]) -> list[bool]:
        return [v in self.linear for v in values]

    def without_tangents(self, block: Block) -> Block:
        """The region with calls that only compute what does not depend on linear values."""
        equations: list[Equation] = []
        for e in block.equations:
            if e.op == "call" and not self._is_nonlinear(e):
                primal = self.calls.primal(e, self.are_free(e.operands))
                equations.extend(() if primal is None else (primal,))
            else:
                equations.append(map_regions(e, self.without_tangents))
        return replace(block, equations=tuple(equations))

    @property
    def _activity(self) -> Activity:
        return Activity(self.table, self.calls)

    def _is_nonlinear(self, e: Equation) -> bool:
        return self.linear.isdisjoint(uses(e))

    def are_free(self, operands: Iterable[Atom]) -> list[bool]:
        return [not (isinstance(a, Value) and a in self.linear) for a in operands]

    def _saves(self, e: Equation) -> bool:
        inside = (inner for region in e.regions for inner in equations_within(region))
        calls = (inner for inner in inside if inner.op == "call")
        return any(self._lends(c) or (self.saves and self.calls.is_saved(c)) for c in calls)

    def _lends(self, call: Equation) -> bool:
        """Whether the function called adds to accumulators that are not linear: it must not run again."""
        return any(a.type.is_ref and a not in self.linear for a in call.operands)


def negated(flags: Sequence[bool]) -> list[bool]:
    return [not flag for flag in flags]
