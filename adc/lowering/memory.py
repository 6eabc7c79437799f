"""Where arrays live while code is planned: bindings, ownership, allocation, and reuse of dead buffers.

Buffers of literal size live in the frame of the function; all others in the arena of the call, allocated as far
out of the enclosing loops as their sizes are known (never out of a branch that may not run). A buffer whose
value is dead serves the next value with the same dims.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from adc.ir.core import Value
from adc.lowering import loops
from adc.lowering.loops import Buf, Const, Operand, Place, Reg, Var
from adc.lowering.writer import Writer
from adc.types.core import DType

STACK_BYTES = 1024  # the largest array that lives in the frame of its function
FRAME_BYTES = 8192  # all such arrays of one function together


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
    """A reference that can be added to."""

    target: Var | Buf


@dataclass(frozen=True, slots=True)
class Target:
    """Where a value is wanted; without a buffer: anywhere in the arena of the caller."""

    storage: Storage | None


Binding = Operand | Array | Accumulator


@dataclass(eq=False, slots=True)
class Frame:
    """One block being planned. `lent` are roots of enclosing blocks that die with the equation it belongs to."""

    lent: frozenset[Storage] = frozenset()

    def may_write(self, storage: Storage) -> bool:
        return storage.frame is self or storage in self.lent


@dataclass(slots=True)
class _Level:
    """An open body of the writer: what may be reused there, and whether it allocates for itself."""

    is_branch: bool
    free: dict[tuple[object, ...], list[tuple[Buf, int]]] = field(default_factory=dict)
    allocates: bool = False


class Allocator:
    """Allocates buffers for one function; `enter` and `leave` follow the bodies of the writer."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self._levels = [_Level(is_branch=True)]
        self._home: dict[Buf, int] = {}
        self._frame_bytes = 0

    # ---- bodies ----------------------------------------------------------------------------------

    def enter(self, *, is_branch: bool) -> None:
        """A body was opened: a branch, out of which nothing is hoisted, or the body of a loop."""
        self._levels.append(_Level(is_branch))

    def leave(self) -> bool:
        """The body is about to be closed; whether it allocated in the arena. Outer buffers stay reusable."""
        level = self._levels.pop()
        if self._levels:
            outer = self._levels[-1].free
            for key, buffers in level.free.items():
                kept = [(b, home) for b, home in buffers if home < len(self._levels) + 1]
                outer.setdefault(key, []).extend(kept)
        return level.allocates

    # ---- buffers ---------------------------------------------------------------------------------

    def allocate(
        self, dtype: DType, dims: Sequence[Operand], hint: str, *, reuse: bool = True
    ) -> Buf:
        """A buffer for an array: a dead one of the same dims, or a new one."""
        key = (dtype.bytes, *dims)
        if reuse:
            for level in reversed(self._levels):
                if level.free.get(key):
                    found, _ = level.free[key].pop()
                    buf = self.writer.recast(found, dims, hint) if found.dtype != dtype else found
                    self._home[buf] = self._home[found]
                    return buf
        buf = self.writer.buf(dtype, dims, hint)
        if self._fits_frame(dtype, dims):
            self._home[buf] = 1
            self.writer.emit_at(1, loops.Alloc(buf, Place.STACK))
            return buf
        depth = self._outermost(dims)
        self._home[buf] = depth
        self._levels[depth - 1].allocates = True
        self.writer.emit_at(depth, loops.Alloc(buf, Place.ARENA))
        return buf

    def allocate_result(self, dtype: DType, dims: Sequence[Operand], hint: str) -> Buf:
        """A buffer in the arena of the caller."""
        buf = self.writer.buf(dtype, dims, hint)
        self.writer.emit(loops.Alloc(buf, Place.RESULT))
        return buf

    def mark_allocating(self) -> None:
        """The innermost body takes from the arena by statements of its own."""
        self._levels[-1].allocates = True

    def release(self, storage: Storage) -> None:
        """The value in `storage` is dead."""
        if storage.is_pooled:
            storage.is_pooled = False
            buf = storage.buf
            key = (buf.dtype.bytes, *buf.dims)
            self._levels[-1].free.setdefault(key, []).append((buf, self._home[buf]))

    def _fits_frame(self, dtype: DType, dims: Sequence[Operand]) -> bool:
        size = dtype.bytes
        for d in dims:
            if not isinstance(d, Const):
                return False
            size *= max(int(d.value), 0)
        if size > STACK_BYTES or self._frame_bytes + size > FRAME_BYTES:
            return False
        self._frame_bytes += size
        return True

    def _outermost(self, dims: Sequence[Operand]) -> int:
        """The outermost depth at which the dims are known and that certainly runs when this body does."""
        depth = 1
        for d in dims:
            if isinstance(d, Reg):
                depth = max(depth, self.writer.depth_of.get(d, 1))
        for position in range(len(self._levels), depth, -1):
            if self._levels[position - 1].is_branch:
                return position
        return depth
