"""The text of one function being written: lines, names, addresses, ways to leave. Statements use it as their pen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any

from adc.lowering import loops
from adc.lowering.llvm_types import constant, memory_type, register_type
from adc.lowering.loops import Body, Buf, Const, LoopFunction, Operand, Reg
from adc.lowering.sites import INTERRUPT_SITE
from adc.lowering.symbols import Symbols
from adc.types.core import DType

Statement = Callable[[Any, Any], None]  # emits a statement of one kind into a ScalarText
INLINED_KERNELS = (
    100  # in one body; where there are more, LLVM works long for code that a call hardly slows down
)


class ScalarText:
    """Collects the lines of one function; an instance of `scalar_ops.Lines`."""

    def __init__(
        self, function: LoopFunction, symbols: Symbols, statements: Mapping[type, Statement]
    ) -> None:
        self.function = function
        self.symbols = symbols
        self.statements = statements
        self.lanes = 1
        self.kernels_inline = True
        self.cursors: set[loops.Cursor] = set()
        self._entry: list[str] = []
        self._lines: list[str] = []
        self._failures: list[str] = []
        self._count = 0
        self._has_tapes = False
        self.label = "entry"
        self.bounded = {d for d in _dims(function) if isinstance(d, Reg)}
        self.private: frozenset[str] = frozenset()  # blocks of which every lane has its own

    # ---- lines -----------------------------------------------------------------------------------

    def line(self, text: str) -> None:
        self._lines.append("  " + text)

    def name(self, stem: str = "v") -> str:
        self._count += 1
        return f"{stem}${self._count}"

    def let(self, instruction: str) -> str:
        """Append an instruction; the name of its result."""
        name = "%" + self.name()
        self._lines.append(f"  {name} = {instruction}")
        return name

    def at_entry(self, line: str) -> None:
        """Append a line to the start of the function."""
        self._entry.append(line)

    def slot(self, text: str) -> str:
        """A stack slot, reserved once at entry."""
        name = "%" + self.name("slot")
        self._entry.append(f"  {name} = alloca {text}")
        return name

    def begin_block(self, label: str) -> None:
        self._lines.append(f"{label}:")
        self.label = label

    def jump(self, label: str) -> None:
        self.line(f"br label %{label}")

    def branch(self, condition: str, then: str, other: str) -> None:
        self.line(f"br i1 {condition}, label %{then}, label %{other}")

    @contextmanager
    def counting(self, start: str, stop: str, step: int = 1, stem: str = "step") -> Iterator[str]:
        """A loop over what is written inside, for `start`, `start` + `step` and so on below `stop`."""
        head, body, latch, done = (self.name(n) for n in ("loop", "body", "next", "end"))
        before = self.label
        self.jump(head)
        self.begin_block(head)
        k, following = "%" + self.name(stem), "%" + self.name(stem)
        self.line(f"{k} = phi i64 [ {start}, %{before} ], [ {following}, %{latch} ]")
        self.branch(self.let(f"icmp slt i64 {k}, {stop}"), body, done)
        self.begin_block(body)
        yield k
        self.jump(latch)
        self.begin_block(latch)
        self.line(f"{following} = add nsw i64 {k}, {step}")
        self.jump(head)
        self.begin_block(done)

    @contextmanager
    def when(self, condition: str) -> Iterator[None]:
        """What is written inside runs only if `condition` holds."""
        then, done = self.name("then"), self.name("join")
        self.branch(condition, then, done)
        self.begin_block(then)
        yield
        self.jump(done)
        self.begin_block(done)

    def choose(self, condition: str, then: Callable[[], None], other: Callable[[], None]) -> None:
        """What `then` writes or what `other` writes."""
        first, second, done = (self.name(n) for n in ("then", "else", "join"))
        self.branch(condition, first, second)
        for label, write in ((first, then), (second, other)):
            self.begin_block(label)
            write()
            self.jump(done)
        self.begin_block(done)

    def tapes(self) -> str:
        """The arena of tapes."""
        if not self._has_tapes:
            self._has_tapes = True
            self.at_entry("  %tapes = getelementptr %adc.context, ptr %ctx, i32 0, i32 6, i32 2")
        return "%tapes"

    def intrinsic(self, name: str, result: str, args: Sequence[str]) -> None:
        self.symbols.declare(name, f"declare {result} @{name}({', '.join(args)})")

    def kernel(self, name: str, dtype: DType) -> str:
        return self.symbols.kernel(name, dtype, self.lanes)

    def scalar_kernel(self, name: str, dtype: DType) -> str:
        return self.symbols.kernel(name, dtype, 1)

    def libm(self, name: str, arity: int, dtype: DType) -> str:
        return self.symbols.libm(name, arity, dtype)

    # ---- operands --------------------------------------------------------------------------------

    def use(self, o: Operand) -> str:
        return f"%{o.name}" if isinstance(o, Reg) else constant(o)

    def typed(self, o: Operand) -> str:
        return f"{register_type(o.dtype)} {self.use(o)}"

    def address(self, buf: Buf, indices: Sequence[Operand]) -> str:
        """The address of the element or row at leading indices."""
        if not indices:
            return f"%{buf.name}"
        offset = self._offset(buf, indices)
        return self.let(
            f"getelementptr inbounds {memory_type(buf.dtype)}, ptr %{buf.name}, i64 {offset}"
        )

    def _offset(self, buf: Buf, indices: Sequence[Operand]) -> str:
        """Row-major position, by Horner's scheme over all dims."""
        offset = "0"
        for axis, extent in enumerate(buf.dims):
            offset = self._arithmetic("mul", offset, self.use(extent))
            if axis < len(indices):
                offset = self._arithmetic("add", offset, self.use(indices[axis]))
        return offset

    def _arithmetic(self, op: str, x: str, y: str) -> str:
        """A sum or product of positions, folded where it can be."""
        if op == "mul" and "0" in (x, y):
            return "0"
        nothing = "0" if op == "add" else "1"
        if nothing in (x, y):
            return y if x == nothing else x
        if x[0] != "%" and y[0] != "%":
            return str(int(x) + int(y) if op == "add" else int(x) * int(y))
        return self.let(f"{op} nsw i64 {x}, {y}")

    def bytes_of(self, buf: Buf) -> str:
        """The size of a block in bytes."""
        known = [int(d.value) for d in buf.dims if isinstance(d, Const)]
        size = str(buf.dtype.bytes * prod(max(d, 0) for d in known))
        for extent in buf.dims:
            if isinstance(extent, Const):
                continue
            size = self.let(f"call i64 @adc.times(i64 {size}, i64 {self.use(extent)})")
        return size

    # ---- leaving ---------------------------------------------------------------------------------

    def fail_unless(self, ok: str, site: int, payload: Sequence[Operand] = ()) -> None:
        """Leave with the error of a site when `ok` is false."""
        go, bad = self.name("ok"), self.name("fail")
        self.branch(f"{ok}", go, bad)
        self._failures.append(f"{bad}:")
        for position, p in enumerate(payload):
            self._failures.extend(self._keep(p, position))
        self._failures.append(f"  ret i32 {site + 1}")
        self.begin_block(go)

    def _keep(self, p: Operand, position: int) -> list[str]:
        """Instructions that leave a payload value in the context: integers widened, floats as bits of f64."""
        slot, wide = "%" + self.name("slot"), "%" + self.name("wide")
        text = self.typed(p)
        convert = _TO_PAYLOAD[p.dtype].format(text)
        lines = [f"  {wide} = {convert}"]
        kind = "double" if p.dtype.is_float else "i64"
        lines.append(
            f"  {slot} = getelementptr %adc.context, ptr %ctx, i32 0, i32 0, i32 {position}"
        )
        lines.append(f"  store {kind} {wide}, ptr {slot}")
        return lines

    def pass_on(self, status: str) -> None:
        """Leave with the status of a call unless it is 0."""
        go, bad = self.name("ok"), self.name("fail")
        good = self.let(f"icmp eq i32 {status}, 0")
        self.branch(good, go, bad)
        self._failures.extend([f"{bad}:", f"  ret i32 {status}"])
        self.begin_block(go)

    def poll(self, work: str) -> None:
        """Count work and leave when the caller wants to stop."""
        stop = self.let(f"call i1 @adc.tick(ptr %ctx, i64 {work})")
        go = self.let(f"xor i1 {stop}, true")
        self.fail_unless(go, INTERRUPT_SITE)

    # ---- statements ----------------------------------------------------------------------------

    def body(self, body: Body) -> None:
        outer = self.kernels_inline
        self.kernels_inline = _count_kernels(body) <= INLINED_KERNELS
        for s in body:
            self.statements[type(s)](self, s)
        self.kernels_inline = outer

    def lane_loop(self, s: loops.For) -> bool:
        """Emit a loop in lanes; whether that is how it runs."""
        return False

    # ---- scalars ---------------------------------------------------------------------------------

    def define(self, dst: Reg, text: str) -> None:
        """Give the value `text` the name of a register."""
        self.name_result(dst, text, register_type(dst.dtype))

    def name_result(self, dst: Reg, text: str, t: str) -> None:
        """Give a value of LLVM type `t` the name of a register: the last instruction is renamed if it made it."""
        last = self._lines[-1] if self._lines else ""
        if last.startswith(f"  {text} = "):
            self._lines[-1] = f"  %{dst.name} = {last[len(text) + 5 :]}"
        else:
            self.line(f"%{dst.name} = freeze {t} {text}")

    def load(self, dst_type: DType, address: str) -> str:
        """A scalar from memory; booleans are bytes there."""
        if dst_type is DType.BOOL:
            byte = self.let(f"load i8, ptr {address}")
            return self.let(f"icmp ne i8 {byte}, 0")
        return self.let(f"load {memory_type(dst_type)}, ptr {address}")

    def store(self, dtype: DType, text: str, address: str) -> None:
        if dtype is DType.BOOL:
            text = self.let(f"zext i1 {text} to i8")
        self.line(f"store {memory_type(dtype)} {text}, ptr {address}")


_TO_PAYLOAD = {
    DType.F64: "bitcast {} to double",
    DType.F32: "fpext {} to double",
    DType.I64: "bitcast {} to i64",
    DType.I32: "sext {} to i64",
    DType.BOOL: "zext {} to i64",
}


def symbol_of(name: str) -> str:
    """The LLVM symbol of a function of the program, without the sigil."""
    return '"f.' + name.replace("\\", "\\5C").replace('"', "\\22") + '"'


def _dims(f: LoopFunction) -> list[Operand]:
    """Operands that are dims of arrays: loops over them end."""
    found = [d for p in f.params if isinstance(p, Buf) for d in p.dims]
    for s in loops.within(f.body):
        if isinstance(s, loops.Alloc):
            found.extend(s.buf.dims)
    return found


def _count_kernels(body: Body) -> int:
    return sum(isinstance(s, loops.Op) and s.op.startswith("kernel:") for s in body)
