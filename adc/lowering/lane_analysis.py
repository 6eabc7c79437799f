"""Which parallel loops run in lanes, and what differs from lane to lane in them.

A loop runs in lanes when its steps are independent (maps and reductions) and its body holds only what lanes can do:
arithmetic, memory, branches, loops, checks. Of nested loops the innermost that is not sure to be short is taken, so
that lanes lie along memory. Small arrays that only live inside a step are *private*: every lane has its own copy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from adc.lowering import loops
from adc.lowering.loops import (
    Acc,
    Body,
    Buf,
    For,
    LoopFunction,
    Operand,
    Place,
    Reg,
    Stmt,
    Var,
    frame_bytes,
    is_short,
    within,
)
from adc.lowering.reductions import is_ordered
from adc.types.core import DType

PRIVATE_BYTES = 4096  # private arrays of one loop together, for one lane


@dataclass(frozen=True, slots=True)
class LaneLoop:
    """A loop that runs in lanes: its private blocks (by name of their allocation), what varies between lanes, and
    the variables and reductions that belong to a step."""

    private: frozenset[str]
    varying: frozenset[Reg | Var]
    declared: frozenset[Var]
    private_accs: frozenset[Acc]


def lane_loops(f: LoopFunction) -> dict[int, LaneLoop]:
    """The loops of a function that run in lanes, by `id` of their `For`."""
    memory = _Memory(f)
    found: dict[int, LaneLoop] = {}
    for s in _chosen(f.body, memory):
        loop = memory.lanes(s)
        assert loop is not None
        found[id(s)] = loop
    return found


def _chosen(body: Body, memory: _Memory) -> Iterator[For]:
    """Innermost parallel loops that can and should run in lanes."""
    for s in body:
        inner = [found for b in loops.bodies(s) for found in _chosen(b, memory)]
        if inner:
            yield from inner
        elif isinstance(s, For) and s.parallel and not is_short(s.extent) and memory.lanes(s):
            yield s


class _Memory:
    """What is known of the buffers of a function: what they are part of, where they are used."""

    def __init__(self, f: LoopFunction) -> None:
        self.root: dict[str, str] = {}
        self.allocated: dict[str, loops.Alloc] = {}
        self.path: dict[str, tuple[Operand, ...]] = {}  # indices from the root to a view
        self._lanes: dict[int, LaneLoop | None] = {}
        self.uses: Counter[str] = Counter()
        for s in within(f.body):
            if isinstance(s, loops.Alloc):
                self.allocated[s.buf.name] = s
            elif isinstance(s, loops.View):
                self.root[s.dst.name] = self.root_of(s.base)
                self.path[s.dst.name] = (*self.path_of(s.base), *s.indices)
            self.uses.update(self.mentioned(s))

    def root_of(self, b: Buf) -> str:
        return self.root.get(b.name, b.name)

    def path_of(self, b: Buf) -> tuple[Operand, ...]:
        return self.path.get(b.name, ())

    def mentioned(self, s: Stmt) -> Iterator[str]:
        """Roots that a statement itself refers to, but for allocating them."""
        return (self.root_of(b) for b in _buffers(s))

    def lanes(self, s: For) -> LaneLoop | None:
        """How the loop runs in lanes, or None when it cannot."""
        if id(s) not in self._lanes:
            self._lanes[id(s)] = _examine(s, self)
        return self._lanes[id(s)]


def _buffers(s: Stmt) -> tuple[Buf, ...]:
    match s:
        case loops.View():
            return (s.base,)
        case loops.Point() | loops.Load() | loops.Store() | loops.AddTo():
            return (s.buf,)
        case loops.Copy():
            return (s.dst, s.src)
        case loops.Fill():
            return (s.dst,)
        case loops.Call() | loops.Library():
            return tuple(a for a in s.args if isinstance(a, Buf))
        case loops.Pack():
            return tuple(a for a in s.fields if isinstance(a, Buf))
        case loops.Put(_, Buf() as buf):
            return (buf,)
        case _:
            return ()


_POSSIBLE = (
    loops.Op,
    loops.Check,
    loops.Declare,
    loops.Get,
    loops.Set,
    loops.AddVar,
    loops.View,
    loops.Load,
    loops.Store,
    loops.AddTo,
    loops.Copy,
    loops.Fill,
    loops.Start,
    loops.Gather,
    loops.Total,
    loops.For,
    loops.While,
    loops.If,
)


def _examine(s: For, memory: _Memory) -> LaneLoop | None:
    inside = list(within(s.body))
    if not all(isinstance(t, _POSSIBLE) for t in inside):
        return None
    if any(b.dtype is DType.TAPE for t in inside for b in _buffers(t)):
        return None
    declared = {t.var for t in inside if isinstance(t, loops.Declare)}
    started = {t.acc for t in inside if isinstance(t, loops.Start)}
    written = set(_written(inside, memory))
    private = frozenset(r for r in written if _is_private(r, inside, memory))
    if sum(frame_bytes(memory.allocated[r].buf) for r in private) > PRIVATE_BYTES:
        return None
    for t in inside:
        match t:
            case loops.Set() if t.var not in declared:
                return None
            case loops.Gather() if t.acc not in started and not _along(t, s.index):
                return None
            case _:
                if not _keeps_apart(t, s.index, written - private, memory):
                    return None
    varying = _varying(s, private, memory)
    if any(d in varying for t in inside for b in _buffers(t) for d in b.dims):
        return None
    return LaneLoop(private, varying, frozenset(declared), frozenset(started))


def _written(inside: list[Stmt], memory: _Memory) -> Iterator[str]:
    for t in inside:
        match t:
            case loops.Store():
                yield memory.root_of(t.buf)
            case loops.Copy() | loops.Fill():
                yield memory.root_of(t.dst)
            case _:
                pass


def _is_private(root: str, inside: list[Stmt], memory: _Memory) -> bool:
    """Allocated in the frame of the function, and not used outside of the loop."""
    alloc = memory.allocated.get(root)
    if alloc is None or alloc.place is not Place.STACK:
        return False
    here = sum(name == root for t in inside for name in memory.mentioned(t))
    return here == memory.uses[root]


def _along(t: loops.Gather, index: Reg) -> bool:
    """Whether a reduction that began outside may go on in lanes: along its own index, or in any order."""
    return t.lane == index or not is_ordered(t.acc)


def _keeps_apart(t: Stmt, index: Reg, shared: set[str], memory: _Memory) -> bool:
    """Whether a statement touches blocks that the loop writes only in parts that belong to its step."""
    match t:
        case loops.Load() | loops.Store():
            places = [(t.buf, t.indices)]
        case loops.Copy():
            places = [(t.dst, ()), (t.src, ())]
        case loops.Fill():
            places = [(t.dst, ())]
        case _:
            return True
    return all(
        memory.root_of(b) not in shared or index in (*memory.path_of(b), *indices)
        for b, indices in places
    )


# ---- what varies -------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Flow:
    """Registers, variables and views whose value differs from lane to lane."""

    private: frozenset[str]
    memory: _Memory
    varying: set[Reg | Var] = field(default_factory=set)
    views: set[str] = field(default_factory=set)
    accs: set[Acc] = field(default_factory=set)

    def is_varying(self, *operands: Operand) -> bool:
        return any(o in self.varying for o in operands if isinstance(o, Reg))

    def address_varies(self, b: Buf, indices: tuple[Operand, ...]) -> bool:
        return (
            b.name in self.views
            or self.memory.root_of(b) in self.private
            or self.is_varying(*indices)
        )


def _varying(s: For, private: frozenset[str], memory: _Memory) -> frozenset[Reg | Var]:
    flow = _Flow(private, memory, {s.index})
    while True:
        before = len(flow.varying) + len(flow.views) + len(flow.accs)
        _spread(s.body, flow, masked=False)
        if len(flow.varying) + len(flow.views) + len(flow.accs) == before:
            return frozenset(flow.varying)


def _spread(body: Body, flow: _Flow, *, masked: bool) -> None:
    """Mark what varies; under a mask every assignment does."""
    for s in body:
        match s:
            case loops.Op() if flow.is_varying(*s.args):
                flow.varying.add(s.dst)
            case loops.Get() if s.var in flow.varying:
                flow.varying.add(s.dst)
            case loops.Declare() if flow.is_varying(s.init):
                flow.varying.add(s.var)
            case loops.Set() | loops.AddVar() if masked or flow.is_varying(s.value):
                flow.varying.add(s.var)
            case loops.View() if flow.address_varies(s.base, s.indices):
                flow.views.add(s.dst.name)
            case loops.Load() if flow.address_varies(s.buf, s.indices):
                flow.varying.add(s.dst)
            case loops.Gather() if masked or flow.is_varying(s.value, s.lane):
                flow.accs.add(s.acc)
            case loops.Total():
                flow.varying.add(s.dst)
            case loops.For():
                uneven = flow.is_varying(s.extent)
                if uneven and s.reverse:
                    flow.varying.add(s.index)
                _spread(s.body, flow, masked=masked or uneven)
            case loops.While():
                uneven = flow.is_varying(s.go)
                _spread(s.head, flow, masked=masked or uneven)
                _spread(s.body, flow, masked=masked or uneven)
            case loops.If():
                uneven = masked or flow.is_varying(s.condition)
                _spread(s.then, flow, masked=uneven)
                _spread(s.other, flow, masked=uneven)
            case _:
                pass
