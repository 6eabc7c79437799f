"""Functional updates that copy: their array, or what it is a part of, is needed as it was.

Decided from the IR by the liveness that planning uses (`sharing`). A block may write to arrays that it makes,
to those that its loop changes in place, and to those that its branch is lent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from adc.diagnostics.span import Span
from adc.ir.core import Block, Equation, Function, Value
from adc.ir.walk import equations_within
from adc.lowering.sharing import BlockFacts, CarryMode, Sharing, taken_operands, whole_root


@dataclass(frozen=True, slots=True)
class Copying:
    """An equation that makes an updated array elsewhere. `needed` is where the old one is read again, if known."""

    equation: Equation
    why: str
    needed: Span | None = None


def copying_updates(f: Function) -> Iterator[Copying]:
    """The updates of a function that copy, in order."""
    return _Walk(f).within(f.block, ())


class _Walk:
    def __init__(self, f: Function) -> None:
        self.params = frozenset(f.block.params)
        self.sharing = Sharing()

    def within(self, block: Block, writable: Collection[Value]) -> Iterator[Copying]:
        """Copying updates of a block that may write to what it makes, and to `writable`."""
        for position, e in enumerate(block.equations):
            if _is_update(e):
                for operand, _ in taken_operands(e):
                    found = self._examine(block, position, operand, writable)
                    if found is not None:
                        yield found
            for region in e.regions:
                yield from self.within(region, self._lent(block, position, region, writable))

    def _examine(
        self, block: Block, position: int, operand: int, writable: Collection[Value]
    ) -> Copying | None:
        e, facts = block.equations[position], self.sharing.facts(block)
        root = whole_root(facts, e.operands[operand])
        if root is None:
            return Copying(e, "it is a part of another array, or one of several")
        if root in self.params:
            return Copying(e, "the caller keeps it")
        if not self.sharing.may_take(block, position, operand):
            last = facts.last_read.get(root, facts.end)
            if last >= facts.end:
                return Copying(e, "it is part of the result")
            return Copying(e, "it is needed again", _reading(facts, block.equations[last], root))
        if root not in facts.definition and root not in writable:
            return Copying(e, "it is needed outside, or by the next step")
        return None

    def _lent(
        self, block: Block, position: int, region: Block, writable: Collection[Value]
    ) -> Collection[Value]:
        """Arrays from outside that a region of the equation may write to."""
        e = block.equations[position]
        if e.op in ("loop", "while"):
            modes = self.sharing.carry_modes(e)
            carried = e.regions[-1].params[1:]
            return {p for p, m in zip(carried, modes, strict=False) if m is CarryMode.IN_PLACE}
        if e.op in ("cond", "accum"):
            facts = self.sharing.facts(block)
            owned = {*writable, *facts.definition}
            ending = {
                v
                for v in self.sharing.free(region)
                if (root := whole_root(facts, v)) in owned and facts.last_read[root] <= position
            }
            bases = (self.sharing.cond_base(block, position, j) for j in _branched(e))
            return ending | {b for b in bases if b in owned}
        return ()


def _is_update(e: Equation) -> bool:
    """Whether the equation is an `x with [...] = v`: one update, or a loop of updates that was written as one."""
    if e.op == "update":
        return True
    return e.op == "loop" and any(
        inner.op == "update" and inner.span == e.span for inner in equations_within(e.regions[0])
    )


def _reading(facts: BlockFacts, e: Equation, root: Value) -> Span | None:
    """Where the equation, or the first one inside, reads the array."""
    for inner in (e, *(i for region in e.regions for i in equations_within(region))):
        if any(isinstance(a, Value) and root in facts.roots_of(a) for a in inner.operands):
            return inner.span
    return e.span


def _branched(e: Equation) -> range:
    return range(len(e.results) if e.op == "cond" else 0)
