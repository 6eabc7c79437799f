"""Parallel loops in lanes: `LANES` steps at once, in vectors.

What is the same in every lane stays scalar. Full blocks of steps run without a mask, the rest under one. A branch
whose condition varies runs each arm under a mask, when any lane takes it; a loop whose bound varies runs until all
lanes are done. Elements at consecutive addresses are loaded as one vector, others are gathered. Additions of several
lanes to one place are made in the order of the lanes. When a check fails in any lane, the rest of the loop runs once
more in scalar form, which finds the first failure in the order of the program.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from adc.lowering import loops
from adc.lowering.lane_analysis import LaneLoop
from adc.lowering.lane_statements import STATEMENTS
from adc.lowering.lane_text import LaneText
from adc.lowering.loops import LANES, For
from adc.lowering.renaming import Renaming
from adc.lowering.scalar_statements import counted_loop
from adc.lowering.scalar_text import ScalarText
from adc.types.core import DType

UNMASKED_SIZE = 120  # a body with more statements exists only in its masked form


def emit_lane_loop(w: ScalarText, s: For, loop: LaneLoop) -> None:
    """The loop in blocks, the rest of its steps under a mask, and the scalar form for failures."""
    size = sum(1 for _ in loops.within(s.body))
    extent = w.use(s.extent)
    at = w.slot("i64")
    ways = _Ways(at, w.name("redo"), w.name("finished"))
    if size <= UNMASKED_SIZE:
        full = w.let(f"and i64 {extent}, {-LANES}")
        _blocks(w, s, loop, ways, full, extent, is_masked=False)
        w.intrinsic("llvm.smax.i64", "i64", ["i64", "i64"])
        start = w.let(f"call i64 @llvm.smax.i64(i64 {full}, i64 0)")
        tail = Renaming(s, ".tail")
        _rest(w, tail.loop(s), _renamed(loop, tail), ways, start, extent)
    else:
        _blocks(w, s, loop, ways, extent, extent, is_masked=True)
    w.jump(ways.finished)
    if _may_fail(s, loop):
        w.begin_block(ways.redo)
        again = Renaming(s, ".redo").loop(s)
        start = w.let(f"load i64, ptr {at}")
        counted_loop(w, again, start, extent, extent, None)
        w.jump(ways.finished)
    w.begin_block(ways.finished)


@dataclass(frozen=True, slots=True)
class _Ways:
    """Where the current block starts is kept `at` an address; where a failed check and the end of the loop lead."""

    at: str
    redo: str
    finished: str


def _renamed(loop: LaneLoop, names: Renaming) -> LaneLoop:
    return replace(
        loop,
        varying=frozenset(names.of(v) for v in loop.varying),
        declared=frozenset(names.of(v) for v in loop.declared),
        private_accs=frozenset(names.of(a) for a in loop.private_accs),
    )


def _may_fail(s: For, loop: LaneLoop) -> bool:
    return any(isinstance(t, loops.Check) and t.ok in loop.varying for t in loops.within(s.body))


def _blocks(
    w: ScalarText,
    s: For,
    loop: LaneLoop,
    ways: _Ways,
    stop: str,
    extent: str,
    *,
    is_masked: bool,
) -> None:
    """Blocks of `LANES` steps, as long as they start before `stop`."""
    with w.counting("0", stop, LANES, "start") as start:
        _block(w, s, loop, ways, start, extent if is_masked else None)
        if s.extent not in w.bounded:
            w.poll(str(LANES))


def _rest(w: ScalarText, s: For, loop: LaneLoop, ways: _Ways, start: str, extent: str) -> None:
    """What is left after the full blocks."""
    with w.when(w.let(f"icmp slt i64 {start}, {extent}")):
        _block(w, s, loop, ways, start, extent)


def _block(
    w: ScalarText, s: For, loop: LaneLoop, ways: _Ways, start: str, limit: str | None
) -> None:
    """The steps from `start` on; with a limit only those below it are on."""
    lanes = LaneText(w, loop, STATEMENTS, ways.redo)
    if _may_fail(s, loop):
        w.line(f"store i64 {start}, ptr {ways.at}")
    first = lanes.broadcast(start, DType.I64)
    numbers = ", ".join(f"i64 {k}" for k in range(LANES))
    text = w.let(f"add <{LANES} x i64> {first}, <{numbers}>")
    lanes.define(s.index, text)
    lanes.affine[s.index] = (start, 1)
    if limit is not None:
        bound = lanes.broadcast(limit, DType.I64)
        lanes.mask = w.let(f"icmp slt <{LANES} x i64> %{s.index.name}, {bound}")
    lanes.body(s.body)
