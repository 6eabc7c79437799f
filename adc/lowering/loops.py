"""The loop IR: functions over scalars in registers and dense row-major buffers in memory.

Statements run in order. A `Reg` is assigned once, a `Var` any number of times; a `Buf` is a named address with an
element type and dims, a `Cursor` a variable that holds which buffer is current (double buffering). Where a buffer
lives: parameters in the caller's memory, `Place.STACK` in the frame of the function, `Place.ARENA` in the arena
of this call until the enclosing `Release`, `Place.RESULT` in the arena of the caller, `Place.TAPE` in the arena
of tapes, which all calls share. Indices in `Load`, `Store` and `AddTo` are known to be in range: checks stand as
`Check` statements before them. A tape is the address of a record or of a sum of records, or null.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from adc.lowering.sites import Site
from adc.types.core import DType


@dataclass(frozen=True, slots=True)
class Reg:
    """A scalar that is assigned once."""

    name: str
    dtype: DType


@dataclass(frozen=True, slots=True)
class Const:
    value: bool | int | float
    dtype: DType


Operand = Reg | Const


@dataclass(frozen=True, slots=True)
class Var:
    """A scalar variable."""

    name: str
    dtype: DType


@dataclass(frozen=True, slots=True)
class Acc:
    """A reduction in `LANES` partial results; `op` is add, mul, max, min, and, or.

    The element at `lane` i of a `Gather` goes to partial result i mod `LANES`, in the order of the loop. The
    first starts at the neutral element, the others at one that changes nothing (-0.0 for sums); `Total` combines
    partial result j with j + LANES/2, then halves again. So a sum has the same bits at every vector width.
    """

    name: str
    dtype: DType
    op: str


LANES = 8


@dataclass(frozen=True, slots=True)
class Buf:
    """The address of a dense row-major block of elements."""

    name: str
    dtype: DType
    dims: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Cursor:
    """A variable that holds the address of one of several buffers of one shape."""

    name: str
    dtype: DType


@dataclass(frozen=True, slots=True)
class Out:
    """Where a function leaves a scalar, or the address of an array whose size only the run knows."""

    name: str
    dtype: DType
    is_array: bool


class Place(Enum):
    STACK = "stack"
    ARENA = "arena"
    RESULT = "result"
    TAPE = "tape"


# ---- statements --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Op:
    """`dst = op(args)`; `op` is one of the lowering vocabulary of `adc.lowering.scalar_ops`."""

    dst: Reg
    op: str
    args: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """Leave the function with the error of `site` unless `ok`."""

    ok: Operand
    site: int
    payload: tuple[Operand, ...] = ()


@dataclass(frozen=True, slots=True)
class Declare:
    var: Var
    init: Operand


@dataclass(frozen=True, slots=True)
class Get:
    dst: Reg
    var: Var


@dataclass(frozen=True, slots=True)
class Set:
    var: Var
    value: Operand


@dataclass(frozen=True, slots=True)
class AddVar:
    """`var += value`."""

    var: Var
    value: Operand


@dataclass(frozen=True, slots=True)
class Alloc:
    buf: Buf
    place: Place


@dataclass(frozen=True, slots=True)
class View:
    """`dst` is the part of `base` at leading `indices`, or, without indices, the same block under other dims."""

    dst: Buf
    base: Buf
    indices: tuple[Operand, ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """Let the cursor stand on `buf`."""

    cursor: Cursor
    buf: Buf


@dataclass(frozen=True, slots=True)
class Current:
    """`dst` is the buffer that the cursor stands on."""

    dst: Buf
    cursor: Cursor


@dataclass(frozen=True, slots=True)
class Load:
    dst: Reg
    buf: Buf
    indices: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Store:
    buf: Buf
    indices: tuple[Operand, ...]
    value: Operand


@dataclass(frozen=True, slots=True)
class AddTo:
    """`buf[indices] += value`."""

    buf: Buf
    indices: tuple[Operand, ...]
    value: Operand


@dataclass(frozen=True, slots=True)
class Copy:
    """All elements of `src` to `dst`; they have as many elements and may be the same block."""

    dst: Buf
    src: Buf


@dataclass(frozen=True, slots=True)
class Fill:
    dst: Buf
    value: Operand


@dataclass(frozen=True, slots=True)
class Start:
    """Set the partial results of `acc` to neutral elements."""

    acc: Acc


@dataclass(frozen=True, slots=True)
class Gather:
    """Combine `value` into the partial result of index `lane`."""

    acc: Acc
    value: Operand
    lane: Operand


@dataclass(frozen=True, slots=True)
class Total:
    dst: Reg
    acc: Acc


@dataclass(frozen=True, slots=True)
class For:
    """`body` for index 0 .. extent-1, or downwards; `parallel` when its steps do not depend on each other."""

    index: Reg
    extent: Operand
    body: Body
    parallel: bool = False
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class While:
    """Run `head`; while its `go` holds run `body` and `head` again."""

    head: Body
    go: Operand
    body: Body


@dataclass(frozen=True, slots=True)
class If:
    condition: Operand
    then: Body
    other: Body = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """Remember how full an arena is: that of this call, or that of tapes."""

    name: str
    place: Place = Place.ARENA


@dataclass(frozen=True, slots=True)
class Release:
    """Give back what was taken from the arena since the mark."""

    name: str
    place: Place = Place.ARENA


@dataclass(frozen=True, slots=True)
class Pack:
    """`dst` is a new record. Arrays that lie in the arena of tapes are not copied: `stays` tells which."""

    dst: Reg
    fields: tuple[Operand | Buf, ...]
    stays: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Unpack:
    """The fields of a record; of a sum of records, which has floats and tapes only, their sums."""

    tape: Operand
    outs: tuple[Reg | Buf, ...]


@dataclass(frozen=True, slots=True)
class Join:
    """`dst` is the sum of two tapes."""

    dst: Reg
    x: Operand
    y: Operand


@dataclass(frozen=True, slots=True)
class Call:
    """Call a function of the program; it leaves what it returns in `outs`: registers, or new buffers."""

    callee: str
    args: tuple[Operand | Buf | Var, ...]
    outs: tuple[Reg | Buf, ...]


@dataclass(frozen=True, slots=True)
class Library:
    """Call a BLAS or LAPACK routine: everything goes by address, i64 as 32-bit integers, text as characters.

    `info` receives the last argument, which the routine sets; the args do not include it.
    """

    name: str
    args: tuple[Operand | Buf | str, ...]
    info: Reg | None = None


@dataclass(frozen=True, slots=True)
class Put:
    """Leave a scalar, or the address of an array, as a result of the function."""

    out: Out
    value: Operand | Buf


Stmt = (
    Op
    | Check
    | Declare
    | Get
    | Set
    | AddVar
    | Alloc
    | View
    | Point
    | Current
    | Load
    | Store
    | AddTo
    | Copy
    | Fill
    | Start
    | Gather
    | Total
    | For
    | While
    | If
    | Mark
    | Release
    | Pack
    | Unpack
    | Join
    | Call
    | Library
    | Put
)
Body = tuple[Stmt, ...]
Param = Reg | Buf | Var


# ---- functions and programs --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LoopFunction:
    """`params` come first (a `Var` is an accumulator passed by address), then `results`.

    A result is an `Out`, or a `Buf` that the caller provides. Recursive functions count their depth. A part of
    another function uses the arenas of that one.
    """

    name: str
    params: tuple[Param, ...]
    results: tuple[Out | Buf, ...]
    body: Body
    is_recursive: bool = False
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class Program:
    """Functions by name, the entries among them, and the table of error sites that checks refer to."""

    functions: Mapping[str, LoopFunction] = field(default_factory=dict)
    entries: tuple[str, ...] = ()
    sites: tuple[Site, ...] = ()


def is_short(extent: Operand) -> bool:
    """Whether a loop certainly has fewer steps than there are lanes."""
    return isinstance(extent, Const) and int(extent.value) < LANES


def frame_bytes(buf: Buf) -> int:
    """The size of an array of literal dims."""
    size = buf.dtype.bytes
    for d in buf.dims:
        assert isinstance(d, Const), "an array in the frame has literal dims"
        size *= max(int(d.value), 0)
    return size


def bodies(s: Stmt) -> tuple[Body, ...]:
    """The statement lists inside a statement."""
    match s:
        case For():
            return (s.body,)
        case While():
            return (s.head, s.body)
        case If():
            return (s.then, s.other)
        case _:
            return ()


def within(body: Body) -> Iterator[Stmt]:
    """Every statement, outer before inner."""
    for s in body:
        yield s
        for inner in bodies(s):
            yield from within(inner)
