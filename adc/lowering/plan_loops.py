"""Planning of `loop` and `while`: how each value is carried from step to step.

Scalars are variables. An array that every step changes in place stays in one buffer, so such a step costs what it
changes. An array that every step makes anew alternates between two buffers; the first step reads the initial
value where it lies, and the buffers are dealt so that the last step writes where the result is wanted. Carried
arrays that only change places (`(u, v) -> (v, next)`) change places as addresses. Stacked outputs are written row
by row; those of a `while` lie in a buffer that doubles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from adc.ir.core import Atom, Block, Equation, Value
from adc.lowering import loops
from adc.lowering.loops import Buf, Const, Cursor, Operand, Place, Reg, Var
from adc.lowering.memory import Array, Binding, Level, Storage, Target
from adc.lowering.plan_block import FunctionPlanner
from adc.lowering.sharing import CarryMode
from adc.lowering.writer import i64
from adc.types.core import DType


class Carry:
    """One carried value: bound for the test or body of each step, told where the next one is wanted, advanced."""

    def bind(self, p: FunctionPlanner, param: Value) -> None:
        raise NotImplementedError

    def target(self, p: FunctionPlanner, param: Value) -> Target | None:
        return None

    def lends(self) -> Storage | None:
        """Memory that the body may overwrite."""
        return None

    def advance(self, p: FunctionPlanner, value: Binding) -> None: ...

    def finish(self, p: FunctionPlanner, y: Value) -> None:
        raise NotImplementedError


@dataclass(slots=True)
class ScalarCarry(Carry):
    var: Var

    def bind(self, p: FunctionPlanner, param: Value) -> None:
        p.bind(param, p.writer.get(self.var, param.hint or "c"))

    def advance(self, p: FunctionPlanner, value: Binding) -> None:
        assert isinstance(value, Reg | Const)
        p.writer.set(self.var, value)

    def finish(self, p: FunctionPlanner, y: Value) -> None:
        p.bind(y, p.writer.get(self.var, y.hint or "t"))


@dataclass(slots=True)
class FixedCarry(Carry):
    """A value that no step changes."""

    binding: Binding

    def bind(self, p: FunctionPlanner, param: Value) -> None:
        p.bind(param, self.binding)

    def finish(self, p: FunctionPlanner, y: Value) -> None:
        p.bind(y, self.binding)


@dataclass(slots=True)
class InPlaceCarry(Carry):
    array: Array

    def bind(self, p: FunctionPlanner, param: Value) -> None:
        p.bind(param, self.array)

    def target(self, p: FunctionPlanner, param: Value) -> Target | None:
        return Target(self.array.storage)

    def lends(self) -> Storage | None:
        return self.array.storage

    def finish(self, p: FunctionPlanner, y: Value) -> None:
        self.array.storage.owner = y
        p.bind(y, self.array)


@dataclass(slots=True)
class Ring:
    """The arrays of a chain of moves: in each step array k+1 becomes array k, and the last is made anew.

    `seats` stand on the carried arrays, `spares` on the buffers to be written next, in turn.
    """

    seats: list[Cursor]
    spares: list[Cursor]
    here: dict[int, Buf] = field(default_factory=dict)  # the arrays of this step, by seat
    made: Buf | None = None  # the array that this step makes

    def turn(self, p: FunctionPlanner) -> None:
        """The end of a step: every array moves up, the next spare buffer is to be written."""
        assert self.made is not None
        w = p.writer
        later = [w.current(s, self.made.dims, "spare") for s in self.spares[1:]]
        moved = [self.here[k] for k in range(1, len(self.seats))]
        for seat, buf in zip(self.seats, [*moved, self.made], strict=True):
            w.emit(loops.Point(seat, buf))
        for spare, buf in zip(self.spares, [*later, self.made], strict=True):
            w.emit(loops.Point(spare, buf))


@dataclass(slots=True)
class SeatCarry(Carry):
    """One array of a ring."""

    ring: Ring
    seat: int

    @property
    def is_last(self) -> bool:
        return self.seat == len(self.ring.seats) - 1

    def bind(self, p: FunctionPlanner, param: Value) -> None:
        buf = p.writer.current(self.ring.seats[self.seat], p.dims(param.type), param.hint or "c")
        self.ring.here[self.seat] = buf  # seats need not stand in the order of the parameters
        p.bind(param, Array(buf, Storage(buf, param)))

    def target(self, p: FunctionPlanner, param: Value) -> Target | None:
        if not self.is_last:
            return None
        self.ring.made = p.writer.current(self.ring.spares[0], p.dims(param.type), "next")
        return Target(Storage(self.ring.made))

    def advance(self, p: FunctionPlanner, value: Binding) -> None:
        if self.is_last:
            self.ring.turn(p)

    def finish(self, p: FunctionPlanner, y: Value) -> None:
        buf = p.writer.current(self.ring.seats[self.seat], p.dims(y.type), y.hint or "a")
        p.bind(y, Array(buf, Storage(buf, y, p.frame)))


@dataclass(slots=True)
class PairCarry(SeatCarry):
    """The only array of its ring in a loop of known length: the last step writes where the result is wanted."""

    home: Array
    spare: Storage
    init: Array
    extent: Operand

    def finish(self, p: FunctionPlanner, y: Value) -> None:
        never_ran = p.writer.compare("icmp:sle", self.extent, i64(0))
        with p.writer.when(never_ran):
            p.writer.emit(loops.Copy(self.home.buf, self.init.buf))
        p.memory.release(self.spare)
        self.home.storage.owner = y
        p.bind(y, self.home)


# ---- loop --------------------------------------------------------------------------------------------


def plan_loop(p: FunctionPlanner, e: Equation) -> None:
    """A known number of steps."""
    (body,) = e.regions
    trip, *inits = e.operands
    extent = p.operand(trip)
    is_reversed = bool(e.params.get("reverse", False))
    results = e.results[: len(inits)]
    carries = _carries(p, e, inits, results, body, extent)
    stacks = [p.destination(y) for y in e.results[len(inits) :]]
    lent = frozenset(s for c in carries if (s := c.lends()) is not None)
    home = p.memory.depth
    with p.loop_bodies(1):
        index = p.writer.reg(DType.I64, body.params[0].hint or "i")
        p.bind(body.params[0], index)
        p.ranges.enter(e, 0)
        _plan_step(p, body, carries, [(s.buf, index) for s in stacks], lent)
        p.hand_out(body.results, home)
        p.writer.emit(loops.For(index, extent, p.close_loop(), reverse=is_reversed))
    for carry, y in zip(carries, results, strict=True):
        carry.finish(p, y)


def _plan_step(
    p: FunctionPlanner,
    body: Block,
    carries: Sequence[Carry],
    rows: Sequence[tuple[Buf, Operand]],
    lent: frozenset[Storage],
) -> None:
    """The body of one step: carried values bound, results advanced or stored in their rows."""
    carried = body.params[1:]
    for carry, param in zip(carries, carried, strict=True):
        carry.bind(p, param)
    targets = [carry.target(p, param) for carry, param in zip(carries, carried, strict=True)]
    for (stack, index), a in zip(rows, body.results[len(carries) :], strict=True):
        row = Target(Storage(p.writer.row(stack, index))) if a.type.rank else None
        targets.append(row)
    values = p.plan_block(body, targets, lent)
    for (stack, index), value in zip(rows, values[len(carries) :], strict=True):
        if isinstance(value, Reg | Const):
            p.writer.store(stack, [index], value)
    for carry, value in zip(carries, values, strict=False):
        carry.advance(p, value)
    p.retire(values)


def _carries(
    p: FunctionPlanner,
    e: Equation,
    inits: Sequence[Atom],
    results: Sequence[Value],
    body: Block,
    extent: Operand | None,
) -> list[Carry]:
    """How each value is carried. Without `extent` the number of steps is not known."""
    modes = p.sharing.carry_modes(e)
    offset = len(e.operands) - len(inits)
    rings = _chains_of_moves(body, modes)
    seats: dict[int, Carry] = {}
    for ring in rings:
        seats.update(_ring(p, ring, inits, results, extent))
    carries: list[Carry] = []
    for k, (mode, init, y) in enumerate(zip(modes, inits, results, strict=True)):
        match mode:
            case CarryMode.SCALAR:
                carries.append(ScalarCarry(p.writer.declare(p.operand(init), y.hint or "c")))
            case CarryMode.INVARIANT:
                carries.append(FixedCarry(p.binding(init)))
            case CarryMode.IN_PLACE:
                carries.append(InPlaceCarry(p.overwrite(e, k + offset, y)))
            case CarryMode.MOVED | CarryMode.FRESH:
                carries.append(seats[k])
    return carries


def _chains_of_moves(body: Block, modes: Sequence[CarryMode]) -> list[list[int]]:
    """Carried arrays grouped so that each becomes its predecessor: `[0, 1]` when 1 moves to 0 and 1 is made anew.

    Every chain ends in an array that is made anew; where none is (a swap), or where one array would move to two
    places, a copy makes one.
    """
    carried = body.params[1:]
    source: dict[int, int] = {}
    for k, mode in enumerate(modes):
        if mode is CarryMode.MOVED:
            moved = body.results[k]
            assert isinstance(moved, Value)
            j = carried.index(moved)
            if modes[j] in (CarryMode.MOVED, CarryMode.FRESH) and j not in source.values():
                source[k] = j
    members = [k for k, m in enumerate(modes) if m in (CarryMode.MOVED, CarryMode.FRESH)]
    chains = []
    placed: set[int] = set()
    heads = [k for k in members if k not in source.values()]
    for head in [*heads, *members]:
        if head in placed:
            continue
        chain = [head]
        while chain[-1] in source and source[chain[-1]] not in (*chain, *placed):
            chain.append(source[chain[-1]])
        placed.update(chain)
        chains.append(chain)
    return chains


def _ring(
    p: FunctionPlanner,
    chain: Sequence[int],
    inits: Sequence[Atom],
    results: Sequence[Value],
    extent: Operand | None,
) -> dict[int, Carry]:
    if len(chain) == 1 and extent is not None:
        return {chain[0]: _pair(p, inits[chain[0]], results[chain[0]], extent)}
    w, t, hint = p.writer, results[chain[0]].type, results[chain[-1]].hint or "c"
    buffers = [
        p.memory.allocate(t.dtype, p.dims(t), hint, reuse=False) for _ in range(len(chain) + 1)
    ]
    seats = []
    for k, buf in zip(chain, buffers, strict=False):
        w.emit(loops.Copy(buf, p.array(inits[k]).buf))
        seats.append(w.cursor(buf, results[k].hint or "c"))
    ring = Ring(seats, [w.cursor(b, "next") for b in (buffers[-1], *buffers[:-1])])
    return {k: SeatCarry(ring, position) for position, k in enumerate(chain)}


def _pair(p: FunctionPlanner, init: Atom, y: Value, extent: Operand) -> Carry:
    """The first step reads the initial array where it lies; the buffers are dealt by whether the count is even."""
    w = p.writer
    start = p.array(init)
    home = p.destination(y)
    buf = p.memory.allocate(y.type.dtype, p.dims(y.type), y.hint or "c")
    spare = Storage(buf, frame=p.frame, is_pooled=True)
    seat = w.cursor(start.buf, y.hint or "c")
    spares = [w.cursor(home.buf, "next"), w.cursor(buf, "next")]
    is_even = w.compare("icmp:eq", w.op("and", extent, i64(1)), i64(0))
    with w.when(is_even):
        w.emit(loops.Point(spares[0], buf))
        w.emit(loops.Point(spares[1], home.buf))
    return PairCarry(Ring([seat], spares), 0, home, spare, start, extent)


# ---- while -------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Stack:
    """The rows that a `while` has left so far, in a buffer of `room` rows."""

    cursor: Cursor
    room: Var
    place: Place
    dims: tuple[Operand, ...]


def plan_while(p: FunctionPlanner, e: Equation) -> None:
    """Steps as long as the test holds."""
    test, body = e.regions
    w = p.writer
    inits, count = e.operands, len(e.operands)
    steps = w.declare(i64(0), "steps")
    carries = _carries(p, e, inits, e.results[1 : 1 + count], body, None)
    stacks = [_stack(p, y) for y in e.results[1 + count :]]
    lent = frozenset(s for c in carries if (s := c.lends()) is not None)
    home = p.memory.depth
    with p.loop_bodies(1):
        for carry, param in zip(carries, test.params, strict=True):
            carry.bind(p, param)
        (go,) = p.plan_block(test, [None])
        assert isinstance(go, Reg | Const)
        head = p.close_loop()
    with p.loop_bodies(1):
        p.ranges.enter(e, 1)
        stacked = [_row_space(p, s, w.get(steps)) for s in stacks]
        # What the step allocates is given back after it, what a growing stack takes is not.
        w.begin()
        p.memory.enter(Level.LOOP)
        index = w.get(steps, body.params[0].hint or "i")
        p.bind(body.params[0], index)
        _plan_step(p, body, carries, [(buf, index) for buf in stacked], lent)
        p.hand_out(body.results, home)
        w.set(steps, w.op("add", index, i64(1)))
        for statement in p.close_loop():
            w.emit(statement)
        w.emit(loops.While(head, go, p.close_loop()))
    p.bind(e.results[0], w.get(steps, e.results[0].hint or "k"))
    for carry, y in zip(carries, e.results[1 : 1 + count], strict=True):
        carry.finish(p, y)
    for stack, y in zip(stacks, e.results[1 + count :], strict=True):
        buf = w.current(stack.cursor, p.dims(y.type), y.hint or "ys")
        if stack.place is not Place.ARENA:
            p.mark_lasting(buf, stack.place)
        p.bind(y, Array(buf, Storage(buf, y, p.frame)))


_FIRST_ROWS = 4  # many a `while` inside a loop ends soon


def _stack(p: FunctionPlanner, y: Value) -> Stack:
    target = p.wants.get(y)
    place = target.place if target is not None and target.storage is None else Place.ARENA
    dims = tuple(p.dim(d) for d in y.type.shape[1:])
    w = p.writer
    first = w.buf(y.type.dtype, (i64(_FIRST_ROWS), *dims), y.hint or "ys")
    w.emit(loops.Alloc(first, place))
    if place is Place.TAPE:
        p.memory.mark_recording()
    else:
        p.memory.mark_allocating()
    return Stack(w.cursor(first, y.hint or "ys"), w.declare(i64(_FIRST_ROWS), "room"), place, dims)


def _row_space(p: FunctionPlanner, stack: Stack, index: Operand) -> Buf:
    """The stack with room for row `index`: twice as large when it was full."""
    w = p.writer
    room = w.get(stack.room, "room")
    with w.when(w.compare("icmp:eq", index, room)):
        old = w.current(stack.cursor, (room, *stack.dims), "old")
        doubled = w.op("add", room, room)
        grown = w.buf(stack.cursor.dtype, (doubled, *stack.dims), "grown")
        w.emit(loops.Alloc(grown, stack.place))
        w.emit(loops.Copy(w.recast(grown, (room, *stack.dims)), old))
        w.emit(loops.Point(stack.cursor, grown))
        w.set(stack.room, doubled)
    now = w.get(stack.room, "room")
    return w.current(stack.cursor, (now, *stack.dims), "ys")


LOOP_HANDLERS = {"loop": plan_loop, "while": plan_while}
