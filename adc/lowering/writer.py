"""The one way to make loop IR: a writer appends statements to nested bodies and hands out fresh names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from adc.lowering import loops
from adc.lowering.loops import Body, Buf, Const, Cursor, Operand, Out, Reg, Stmt, Var
from adc.types.core import DType

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_]+")


class Names:
    """Fresh names of one function: the hint, then the hint with a number."""

    def __init__(self) -> None:
        self._used: Counter[str] = Counter()

    def fresh(self, hint: str) -> str:
        stem = _NOT_IN_NAMES.sub("_", hint).strip("_") or "t"
        number = self._used[stem]
        self._used[stem] += 1
        return f"{stem}.{number}"


class Writer:
    """Appends to the innermost open body. Loops and branches are context managers."""

    def __init__(self) -> None:
        self.names = Names()
        self.depth_of: dict[Reg, int] = {}  # in which body a register is assigned
        self._open: list[list[Stmt]] = [[]]

    # ---- bodies ----------------------------------------------------------------------------------

    def emit(self, s: Stmt) -> None:
        self._open[-1].append(s)

    @property
    def depth(self) -> int:
        """How many bodies are open."""
        return len(self._open)

    def emit_at(self, depth: int, s: Stmt) -> None:
        """Append to an enclosing body: before the statement that is being written there."""
        self._open[depth - 1].append(s)

    def begin(self) -> None:
        self._open.append([])

    def end(self) -> Body:
        return tuple(self._open.pop())

    def finish(self) -> Body:
        assert len(self._open) == 1, "a body was left open"
        return self.end()

    @contextmanager
    def loop(
        self, extent: Operand, hint: str = "i", *, parallel: bool = False, reverse: bool = False
    ) -> Iterator[Reg]:
        self.begin()
        index = self.reg(DType.I64, hint)
        yield index
        body = self.end()
        self.emit(loops.For(index, extent, body, parallel, reverse))

    @contextmanager
    def nest(
        self, extents: Sequence[Operand], hints: Sequence[str] = (), *, parallel: bool = False
    ) -> Iterator[tuple[Reg, ...]]:
        """Perfectly nested loops, the last extent innermost."""
        indices = []
        for position, _ in enumerate(extents):
            self.begin()
            hint = hints[position] if position < len(hints) else "i"
            indices.append(self.reg(DType.I64, hint))
        yield tuple(indices)
        for index, extent in zip(reversed(indices), reversed(extents), strict=True):
            body = self.end()
            self.emit(loops.For(index, extent, body, parallel))

    @contextmanager
    def when(self, condition: Operand) -> Iterator[None]:
        self.begin()
        yield
        body = self.end()
        self.emit(loops.If(condition, body))

    @contextmanager
    def while_(self, test: Callable[[], Operand]) -> Iterator[None]:
        """Steps as long as what `test` writes holds."""
        self.begin()
        go = test()
        head = self.end()
        self.begin()
        yield
        body = self.end()
        self.emit(loops.While(head, go, body))

    # ---- names -----------------------------------------------------------------------------------

    def reg(self, dtype: DType, hint: str = "t") -> Reg:
        """A register to be assigned in the innermost open body."""
        reg = Reg(self.names.fresh(hint), dtype)
        self.depth_of[reg] = self.depth
        return reg

    def buf(self, dtype: DType, dims: Sequence[Operand], hint: str = "a") -> Buf:
        return Buf(self.names.fresh(hint), dtype, tuple(dims))

    def declare(self, init: Operand, hint: str = "v") -> Var:
        var = Var(self.names.fresh(hint), init.dtype)
        self.emit(loops.Declare(var, init))
        return var

    def cursor(self, buf: Buf, hint: str = "p") -> Cursor:
        cursor = Cursor(self.names.fresh(hint), buf.dtype)
        self.emit(loops.Point(cursor, buf))
        return cursor

    def out(self, dtype: DType, hint: str, *, is_array: bool) -> Out:
        return Out(self.names.fresh(hint), dtype, is_array)

    # ---- scalars ---------------------------------------------------------------------------------

    def op(self, op: str, *args: Operand, dtype: DType | None = None, hint: str = "t") -> Reg:
        """`op(args)`, of the type of the first argument unless `dtype` says otherwise."""
        dst = self.reg(args[0].dtype if dtype is None else dtype, hint)
        self.emit(loops.Op(dst, op, args))
        return dst

    def get(self, var: Var, hint: str = "t") -> Reg:
        dst = self.reg(var.dtype, hint)
        self.emit(loops.Get(dst, var))
        return dst

    def set(self, var: Var, value: Operand) -> None:
        self.emit(loops.Set(var, value))

    def add(self, x: Operand, y: Operand) -> Operand:
        """Integer sum, folded when both are constants."""
        if isinstance(x, Const) and isinstance(y, Const):
            return Const(int(x.value) + int(y.value), x.dtype)
        return self.op("add", x, y)

    def mul(self, x: Operand, y: Operand) -> Operand:
        """Integer product, folded where a factor is 1 or both are constants."""
        if isinstance(x, Const) and isinstance(y, Const):
            return Const(int(x.value) * int(y.value), x.dtype)
        if isinstance(x, Const) and x.value == 1:
            return y
        if isinstance(y, Const) and y.value == 1:
            return x
        return self.op("mul", x, y)

    def compare(self, op: str, x: Operand, y: Operand) -> Reg:
        return self.op(op, x, y, dtype=DType.BOOL)

    # ---- memory ----------------------------------------------------------------------------------

    def load(self, buf: Buf, *indices: Operand, hint: str = "t") -> Reg:
        dst = self.reg(buf.dtype, hint)
        self.emit(loops.Load(dst, buf, indices))
        return dst

    def store(self, buf: Buf, indices: Sequence[Operand], value: Operand) -> None:
        self.emit(loops.Store(buf, tuple(indices), value))

    def row(self, base: Buf, *indices: Operand, hint: str = "row") -> Buf:
        """The part of `base` at leading indices."""
        dst = self.buf(base.dtype, base.dims[len(indices) :], hint)
        self.emit(loops.View(dst, base, indices))
        return dst

    def recast(
        self, base: Buf, dims: Sequence[Operand], hint: str = "a", dtype: DType | None = None
    ) -> Buf:
        """The same block under other dims, or for elements of another type of the same width."""
        dst = self.buf(dtype or base.dtype, dims, hint)
        self.emit(loops.View(dst, base))
        return dst

    def current(self, cursor: Cursor, dims: Sequence[Operand], hint: str = "a") -> Buf:
        dst = self.buf(cursor.dtype, dims, hint)
        self.emit(loops.Current(dst, cursor))
        return dst


def i64(value: int) -> Const:
    return Const(value, DType.I64)


def boolean(value: bool) -> Const:
    return Const(value, DType.BOOL)
