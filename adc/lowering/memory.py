"""Where arrays live while code is planned: bindings, ownership, allocation, and reuse of dead buffers.

Buffers of literal size live in the frame of the function; all others in the arena of the call, allocated as far
out of the enclosing loops as their sizes are known (never out of a branch that may not run). A buffer whose
value is dead serves the next value with the same dims.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from adc.ir.core import Value
from adc.lowering import loops
from adc.lowering.loops import Buf, Const, Operand, Place, Reg, Var
from adc.lowering.writer import Writer
from adc.types.core import DType

STACK_BYTES = 1024  # the largest array that lives in the frame of its function
FRAME_BYTES = 16384  # all such arrays of one function together
RECURSIVE_FRAME_BYTES = 2048  # the same where frames pile up


@dataclass(eq=False, slots=True)
class Storage:
    """A block of memory during planning. `frame` is the block of the IR that may overwrite it, if any."""

    buf: Buf
    owner: Value | None = None  # the value that lies there now
    frame: Frame | None = None
    is_pooled: bool = False  # goes back to the allocator when its value is dead


@dataclass(frozen=True, slots=True)
class Array:
    """An array value: its address with its dims, and the block of memory it is (a part of)."""

    buf: Buf
    storage: Storage


@dataclass(frozen=True, slots=True)
class Accumulator:
    """A reference that can be added to; `home` is how many bodies were open where it was made."""

    target: Var | Buf
    home: int = 0


@dataclass(frozen=True, slots=True)
class Target:
    """Where a value is wanted; without a buffer: anywhere in the arena of the caller, or of tapes."""

    storage: Storage | None
    place: Place = Place.RESULT


Binding = Operand | Array | Accumulator


@dataclass(eq=False, slots=True)
class Frame:
    """One block being planned. `lent` are roots of enclosing blocks that die with the equation it belongs to."""

    lent: frozenset[Storage] = frozenset()

    def may_write(self, storage: Storage) -> bool:
        return storage.frame is self or storage in self.lent


class Level(Enum):
    """What an open body is. Nothing is hoisted out of a branch, which may not run. The steps of a parallel loop may
    run side by side, each with its own copy of small buffers: these are not shared with what is outside."""

    BRANCH = "branch"
    LOOP = "loop"
    PARALLEL = "parallel"


@dataclass(frozen=True, slots=True)
class _Spare:
    """A buffer to be used again; it was allocated at depth `home`."""

    buf: Buf
    home: int
    is_in_frame: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """From which arenas a body took what it can give back at its end."""

    arena: bool
    tapes: bool


@dataclass(slots=True)
class _Body:
    """An open body of the writer: what may be reused there, and what it took from the arenas.

    `keeps`: a tape made inside is needed outside.
    """

    level: Level
    free: dict[tuple[object, ...], list[_Spare]] = field(default_factory=dict)
    allocates: bool = False
    records: bool = False
    keeps: bool = False


class Allocator:
    """Allocates buffers for one function; `enter` and `leave` follow the bodies of the writer."""

    def __init__(self, writer: Writer, *, is_recursive: bool) -> None:
        self.writer = writer
        self._bodies = [_Body(Level.BRANCH)]
        self._spares: dict[Buf, _Spare] = {}
        self._frame_bytes = RECURSIVE_FRAME_BYTES if is_recursive else FRAME_BYTES

    # ---- bodies ----------------------------------------------------------------------------------

    def enter(self, level: Level) -> None:
        """A body was opened."""
        self._bodies.append(_Body(level))

    def leave(self) -> Taken:
        """The body is about to be closed; what it took. Outer buffers stay reusable.

        Tapes that are made in a branch, or needed outside, are the business of the body around.
        """
        body = self._bodies.pop()
        is_closed = not body.keeps and (body.level is not Level.BRANCH or not self._bodies)
        if self._bodies:
            self._bodies[-1].records |= body.records and not is_closed
            outer = self._bodies[-1].free
            for key, spares in body.free.items():
                kept = [
                    s for s in spares if s.home <= len(self._bodies) and self._may_leave(body, s)
                ]
                outer.setdefault(key, []).extend(kept)
        return Taken(body.allocates, body.records and is_closed)

    def _may_leave(self, body: _Body, spare: _Spare) -> bool:
        return not (spare.is_in_frame and body.level is Level.PARALLEL)

    # ---- buffers ---------------------------------------------------------------------------------

    def allocate(
        self, dtype: DType, dims: Sequence[Operand], hint: str, *, reuse: bool = True
    ) -> Buf:
        """A buffer for an array: a dead one of the same dims, or a new one."""
        spare = self._take_spare((dtype.bytes, *dims)) if reuse else None
        if spare is not None:
            found = spare.buf
            buf = self.writer.recast(found, dims, hint, dtype) if found.dtype != dtype else found
            self._spares[buf] = spare  # recast inside a branch, but free outside under its own name
            return buf
        buf = self.writer.buf(dtype, dims, hint)
        if self._fits_frame(dtype, dims):
            self._spares[buf] = _Spare(buf, 1, True)
            self.writer.emit_at(1, loops.Alloc(buf, Place.STACK))
            return buf
        depth = self._outermost(dims)
        self._spares[buf] = _Spare(buf, depth, False)
        self._bodies[depth - 1].allocates = True
        self.writer.emit_at(depth, loops.Alloc(buf, Place.ARENA))
        return buf

    def _take_spare(self, key: tuple[object, ...]) -> _Spare | None:
        is_beside = False  # whether a body between runs side by side with itself
        for body in reversed(self._bodies):
            spares = body.free.get(key, [])
            for position, spare in enumerate(spares):
                if not (is_beside and spare.is_in_frame):
                    return spares.pop(position)
            is_beside = is_beside or body.level is Level.PARALLEL
        return None

    def allocate_lasting(
        self, dtype: DType, dims: Sequence[Operand], hint: str, place: Place
    ) -> Buf:
        """A buffer that outlives the call: in the arena of the caller, or of tapes."""
        buf = self.writer.buf(dtype, dims, hint)
        self.writer.emit(loops.Alloc(buf, place))
        if place is Place.TAPE:
            self.mark_recording()
        return buf

    def mark_allocating(self) -> None:
        """The innermost body takes from the arena by statements of its own."""
        self._bodies[-1].allocates = True

    @property
    def depth(self) -> int:
        """How many bodies are open."""
        return len(self._bodies)

    def mark_recording(self) -> None:
        """The innermost body takes from the arena of tapes."""
        self._bodies[-1].records = True

    def keep_tapes(self, home: int) -> None:
        """A tape is needed at depth `home`: the bodies opened since then may not give tapes back."""
        for body in self._bodies[home:]:
            body.keeps = True

    def release(self, storage: Storage) -> None:
        """The value in `storage` is dead."""
        if storage.is_pooled:
            storage.is_pooled = False
            buf = storage.buf
            key = (buf.dtype.bytes, *buf.dims)
            self._bodies[-1].free.setdefault(key, []).append(self._spares[buf])

    def _fits_frame(self, dtype: DType, dims: Sequence[Operand]) -> bool:
        size = dtype.bytes
        for d in dims:
            if not isinstance(d, Const):
                return False
            size *= max(int(d.value), 0)
        if size > min(STACK_BYTES, self._frame_bytes):
            return False
        self._frame_bytes -= size
        return True

    def _outermost(self, dims: Sequence[Operand]) -> int:
        """The outermost depth at which the dims are known and that certainly runs when this body does."""
        depth = 1
        for d in dims:
            if isinstance(d, Reg):
                depth = max(depth, self.writer.depth_of.get(d, 1))
        for position in range(len(self._bodies), depth, -1):
            if self._bodies[position - 1].level is Level.BRANCH:
                return position
        return depth
