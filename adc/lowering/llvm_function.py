"""One loop function as LLVM text, scalar form.

Registers become SSA values, variables, cursors and partial results stack slots that LLVM promotes. Every function
takes the call context, the arena for its own memory and the arena of its caller, then parameters, then addresses
for results; it returns 0 or 1 + the number of an error site.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from adc.lowering import loops
from adc.lowering.llvm_types import constant, memory_type, register_type
from adc.lowering.loops import (
    LANES,
    Acc,
    Body,
    Buf,
    Const,
    LoopFunction,
    Operand,
    Out,
    Place,
    Reg,
    Var,
)
from adc.lowering.reductions import combine, lanes_of, neutral
from adc.lowering.scalar_ops import emit_op
from adc.lowering.sites import DEPTH_SITE, INTERRUPT_SITE, MEMORY_SITE, STACK_SITE
from adc.lowering.symbols import Symbols
from adc.types.core import DType

POLL_STEPS = 1 << 16  # an innermost loop that may be longer asks this often whether to stop
STEP_WORK = 64  # what a step of any other loop counts for, against POLL_STEPS


class FunctionText:
    """Collects the lines of one function; an instance of `scalar_ops.Lines`."""

    def __init__(self, function: LoopFunction, symbols: Symbols) -> None:
        self.function = function
        self.symbols = symbols
        self.lanes = 1
        self.cursors: set[loops.Cursor] = set()
        self._entry: list[str] = []
        self._lines: list[str] = []
        self._failures: list[str] = []
        self._count = 0
        self._label = "entry"
        self._bounded = {d for d in _dims(function) if isinstance(d, Reg)}

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

    def slot(self, text: str) -> str:
        """A stack slot, reserved once at entry."""
        name = "%" + self.name("slot")
        self._entry.append(f"  {name} = alloca {text}")
        return name

    def begin_block(self, label: str) -> None:
        self._lines.append(f"{label}:")
        self._label = label

    def jump(self, label: str) -> None:
        self.line(f"br label %{label}")

    def branch(self, condition: str, then: str, other: str) -> None:
        self.line(f"br i1 {condition}, label %{then}, label %{other}")

    def intrinsic(self, name: str, result: str, args: Sequence[str]) -> None:
        self.symbols.declare(name, f"declare {result} @{name}({', '.join(args)})")

    def kernel(self, name: str, dtype: DType) -> str:
        return self.symbols.kernel(name, dtype, self.lanes)

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
        offset = ""
        for axis, extent in enumerate(buf.dims):
            index = self.use(indices[axis]) if axis < len(indices) else "0"
            if not offset:
                offset = index
                continue
            scaled = offset
            if offset != "0" and extent != Const(1, DType.I64):
                scaled = self.let(f"mul nsw i64 {offset}, {self.use(extent)}")
            offset = scaled if index == "0" else self.let(f"add nsw i64 {scaled}, {index}")
        return offset

    def bytes_of(self, buf: Buf) -> str:
        """The size of a block in bytes."""
        size = str(buf.dtype.bytes)
        for extent in buf.dims:
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

    # ---- the function ----------------------------------------------------------------------------

    def render(self) -> str:
        """The definition."""
        f = self.function
        if f.is_recursive:
            self._count_depth()
        self.body(f.body)
        if f.is_recursive:
            depth = self.let("load i64, ptr %depth")
            less = self.let(f"sub i64 {depth}, 1")
            self.line(f"store i64 {less}, ptr %depth")
        self.line("ret i32 0")
        keep = "noinline " if f.is_recursive or _has_loops(f) else ""
        head = (
            f"define internal fastcc i32 @{symbol_of(f.name)}({', '.join(_parameters(f))}) "
            f"{keep}nounwind #0 {{"
        )
        return "\n".join([head, "entry:", *self._entry, *self._lines, *self._failures, "}"])

    def _count_depth(self) -> None:
        self._entry.append("  %depth = getelementptr %adc.context, ptr %ctx, i32 0, i32 1")
        depth = self.let("load i64, ptr %depth")
        limit_p = self.let("getelementptr %adc.context, ptr %ctx, i32 0, i32 2")
        limit = self.let(f"load i64, ptr {limit_p}")
        ok = self.let(f"icmp slt i64 {depth}, {limit}")
        self.fail_unless(ok, DEPTH_SITE, ())
        more = self.let(f"add i64 {depth}, 1")
        self.line(f"store i64 {more}, ptr %depth")
        self.intrinsic("llvm.frameaddress.p0", "ptr", ["i32"])
        frame = self.let("call ptr @llvm.frameaddress.p0(i32 0)")
        floor_p = self.let("getelementptr %adc.context, ptr %ctx, i32 0, i32 3")
        floor = self.let(f"load ptr, ptr {floor_p}")
        ok = self.let(f"icmp ugt ptr {frame}, {floor}")
        self.fail_unless(ok, STACK_SITE)

    def body(self, body: Body) -> None:
        for s in body:
            _STATEMENTS[type(s)](self, s)

    # ---- scalars ---------------------------------------------------------------------------------

    def define(self, dst: Reg, text: str) -> None:
        """Give the value `text` the name of a register."""
        t = register_type(dst.dtype)
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


def _parameters(f: LoopFunction) -> list[str]:
    texts = ["ptr noalias %ctx", "ptr noalias %here", "ptr noalias %there"]
    for p in f.params:
        match p:
            case Reg():
                texts.append(f"{register_type(p.dtype)} %{p.name}")
            case Buf() | Var():
                texts.append(f"ptr noalias %{p.name}")
    texts.extend(f"ptr noalias %{r.name}" for r in f.results)
    return texts


def _dims(f: LoopFunction) -> list[Operand]:
    """Operands that are dims of arrays: loops over them end."""
    found = [d for p in f.params if isinstance(p, Buf) for d in p.dims]
    for s in loops.within(f.body):
        if isinstance(s, loops.Alloc):
            found.extend(s.buf.dims)
    return found


def _has_loops(f: LoopFunction) -> bool:
    return any(isinstance(s, loops.For | loops.While) for s in loops.within(f.body))


# ---- statements --------------------------------------------------------------------------------------


def _op(w: FunctionText, s: loops.Op) -> None:
    of = s.args[-1].dtype
    if s.op == "own:powi":
        of = s.args[0].dtype
    w.define(s.dst, emit_op(w, s.op, s.dst.dtype, of, [w.use(a) for a in s.args]))


def _check(w: FunctionText, s: loops.Check) -> None:
    w.fail_unless(w.use(s.ok), s.site, s.payload)


def _declare(w: FunctionText, s: loops.Declare) -> None:
    t = register_type(s.var.dtype)
    w._entry.append(f"  %{s.var.name} = alloca {t}")
    w.line(f"store {t} {w.use(s.init)}, ptr %{s.var.name}")


def _get(w: FunctionText, s: loops.Get) -> None:
    w.define(s.dst, w.let(f"load {register_type(s.dst.dtype)}, ptr %{s.var.name}"))


def _set(w: FunctionText, s: loops.Set) -> None:
    w.line(f"store {w.typed(s.value)}, ptr %{s.var.name}")


def _add_var(w: FunctionText, s: loops.AddVar) -> None:
    t = register_type(s.var.dtype)
    old = w.let(f"load {t}, ptr %{s.var.name}")
    new = combine(w, "add", s.var.dtype, old, w.use(s.value))
    w.line(f"store {t} {new}, ptr %{s.var.name}")


def _alloc(w: FunctionText, s: loops.Alloc) -> None:
    if s.place is Place.STACK:
        size = s.buf.dtype.bytes
        for d in s.buf.dims:
            assert isinstance(d, Const)
            size *= max(int(d.value), 0)
        w._entry.append(f"  %{s.buf.name} = alloca i8, i64 {max(size, 1)}, align 64")
        return
    arena = "%here" if s.place is Place.ARENA else "%there"
    size_text = w.bytes_of(s.buf)
    w.line(f"%{s.buf.name} = call ptr @adc.alloc(ptr {arena}, i64 {size_text})")
    ok = w.let(f"icmp ne ptr %{s.buf.name}, null")
    bytes_reg = Reg(size_text[1:], DType.I64) if size_text[0] == "%" else _bytes(size_text)
    w.fail_unless(ok, MEMORY_SITE, (bytes_reg,))


def _bytes(text: str) -> Const:
    return Const(int(text), DType.I64)


def _view(w: FunctionText, s: loops.View) -> None:
    address = w.address(s.base, s.indices)
    w.line(f"%{s.dst.name} = getelementptr i8, ptr {address}, i64 0")


def _point(w: FunctionText, s: loops.Point) -> None:
    if s.cursor not in w.cursors:
        w.cursors.add(s.cursor)
        w._entry.append(f"  %{s.cursor.name} = alloca ptr")
    w.line(f"store ptr %{s.buf.name}, ptr %{s.cursor.name}")


def _current(w: FunctionText, s: loops.Current) -> None:
    w.line(f"%{s.dst.name} = load ptr, ptr %{s.cursor.name}")


def _load(w: FunctionText, s: loops.Load) -> None:
    w.define(s.dst, w.load(s.dst.dtype, w.address(s.buf, s.indices)))


def _store(w: FunctionText, s: loops.Store) -> None:
    w.store(s.buf.dtype, w.use(s.value), w.address(s.buf, s.indices))


def _add_to(w: FunctionText, s: loops.AddTo) -> None:
    address = w.address(s.buf, s.indices)
    old = w.load(s.buf.dtype, address)
    new = combine(w, "add", s.buf.dtype, old, w.use(s.value))
    w.store(s.buf.dtype, new, address)


def _copy(w: FunctionText, s: loops.Copy) -> None:
    """Nothing when both are one block; else the bytes."""
    size = w.bytes_of(s.src)
    same = w.let(f"icmp eq ptr %{s.dst.name}, %{s.src.name}")
    go, done = w.name("copy"), w.name("copied")
    w.branch(same, done, go)
    w.begin_block(go)
    w.intrinsic("llvm.memmove.p0.p0.i64", "void", ["ptr", "ptr", "i64", "i1"])
    w.line(
        f"call void @llvm.memmove.p0.p0.i64(ptr %{s.dst.name}, ptr %{s.src.name}, i64 {size}, i1 false)"
    )
    w.jump(done)
    w.begin_block(done)


def _start(w: FunctionText, s: loops.Start) -> None:
    t, count = register_type(s.acc.dtype), lanes_of(s.acc)
    w._entry.append(f"  %{s.acc.name} = alloca [{count} x {t}], align 64")
    for lane in range(count):
        p = w.let(f"getelementptr {t}, ptr %{s.acc.name}, i64 {lane}")
        w.line(f"store {t} {neutral(s.acc, lane)}, ptr {p}")


def _gather(w: FunctionText, s: loops.Gather) -> None:
    t = register_type(s.acc.dtype)
    p = f"%{s.acc.name}"
    if lanes_of(s.acc) > 1:
        lane = w.let(f"and i64 {w.use(s.lane)}, {LANES - 1}")
        p = w.let(f"getelementptr {t}, ptr %{s.acc.name}, i64 {lane}")
    old = w.let(f"load {t}, ptr {p}")
    w.line(f"store {t} {combine(w, s.acc.op, s.acc.dtype, old, w.use(s.value))}, ptr {p}")


def _total(w: FunctionText, s: loops.Total) -> None:
    w.define(s.dst, total(w, s.acc))


def total(w: FunctionText, acc: Acc) -> str:
    """Partial results combined: lane j with lane j + half, and again."""
    t = register_type(acc.dtype)
    parts = []
    for lane in range(lanes_of(acc)):
        p = w.let(f"getelementptr {t}, ptr %{acc.name}, i64 {lane}")
        parts.append(w.let(f"load {t}, ptr {p}"))
    while len(parts) > 1:
        half = len(parts) // 2
        parts = [
            combine(w, acc.op, acc.dtype, x, y)
            for x, y in zip(parts[:half], parts[half:], strict=True)
        ]
    return parts[0]


def _for(w: FunctionText, s: loops.For) -> None:
    """Innermost loops that may be very long are cut in pieces, with a poll between them."""
    is_innermost = not any(
        isinstance(t, loops.For | loops.While | loops.Call | loops.Library)
        for t in loops.within(s.body)
    )
    extent = w.use(s.extent)
    is_short = s.extent in w._bounded or (
        isinstance(s.extent, Const) and int(s.extent.value) <= POLL_STEPS
    )
    if is_innermost and not is_short:
        with_pieces(w, s, extent)
        return
    poll = None if is_innermost else str(STEP_WORK)
    counted_loop(w, s, "0", extent, extent, poll)


def with_pieces(w: FunctionText, s: loops.For, extent: str) -> None:
    """The loop in pieces of `POLL_STEPS` steps."""
    head, piece, done = w.name("pieces"), w.name("piece"), w.name("done")
    before = w._label
    w.jump(head)
    w.begin_block(head)
    start, following = "%" + w.name("start"), "%" + w.name("start")
    latch = w.name("latch")
    w.line(f"{start} = phi i64 [ 0, %{before} ], [ {following}, %{latch} ]")
    more = w.let(f"icmp slt i64 {start}, {extent}")
    w.branch(more, piece, done)
    w.begin_block(piece)
    w.intrinsic("llvm.smin.i64", "i64", ["i64", "i64"])
    left = w.let(f"sub i64 {extent}, {start}")
    count = w.let(f"call i64 @llvm.smin.i64(i64 {left}, i64 {POLL_STEPS})")
    stop = w.let(f"add i64 {start}, {count}")
    counted_loop(w, s, start, stop, extent, None)
    w.poll(count)
    w.jump(latch)
    w.begin_block(latch)
    w.line(f"{following} = add i64 {start}, {POLL_STEPS}")
    w.jump(head)
    w.begin_block(done)


def counted_loop(
    w: FunctionText, s: loops.For, start: str, stop: str, extent: str, poll: str | None
) -> None:
    """Steps `start` to `stop` - 1; a reversed loop counts down from the other end."""
    head, body, latch, done = (w.name(n) for n in ("loop", "body", "next", "end"))
    before = w._label
    w.jump(head)
    w.begin_block(head)
    step, following = "%" + w.name("step"), "%" + w.name("step")
    w.line(f"{step} = phi i64 [ {start}, %{before} ], [ {following}, %{latch} ]")
    more = w.let(f"icmp slt i64 {step}, {stop}")
    w.branch(more, body, done)
    w.begin_block(body)
    if s.reverse:
        last = w.let(f"sub i64 {extent}, 1")
        w.line(f"%{s.index.name} = sub i64 {last}, {step}")
    else:
        w.line(f"%{s.index.name} = add i64 {step}, 0")
    w.body(s.body)
    if poll is not None:
        w.poll(poll)
    w.jump(latch)
    w.begin_block(latch)
    w.line(f"{following} = add nsw i64 {step}, 1")
    w.jump(head)
    w.begin_block(done)


def _while(w: FunctionText, s: loops.While) -> None:
    head, body, done = (w.name(n) for n in ("while", "body", "end"))
    w.jump(head)
    w.begin_block(head)
    w.body(s.head)
    w.branch(w.use(s.go), body, done)
    w.begin_block(body)
    w.body(s.body)
    w.poll("1")
    w.jump(head)
    w.begin_block(done)


def _if(w: FunctionText, s: loops.If) -> None:
    then, other, done = (w.name(n) for n in ("then", "else", "join"))
    w.branch(w.use(s.condition), then, other if s.other else done)
    w.begin_block(then)
    w.body(s.then)
    w.jump(done)
    if s.other:
        w.begin_block(other)
        w.body(s.other)
        w.jump(done)
    w.begin_block(done)


def _mark(w: FunctionText, s: loops.Mark) -> None:
    w.line(f"%{s.name} = call {{ ptr, ptr }} @adc.mark(ptr %here)")


def _release(w: FunctionText, s: loops.Release) -> None:
    w.line(f"call void @adc.release(ptr %here, {{ ptr, ptr }} %{s.name})")


def _call(w: FunctionText, s: loops.Call) -> None:
    """The callee's own memory is the caller's other arena, so that what it returns lies in the caller's own."""
    args = ["ptr %ctx", "ptr %there", "ptr %here"]
    for a in s.args:
        args.append(f"ptr %{a.name}" if isinstance(a, Buf | Var) else w.typed(a))
    outs = iter(s.outs)
    slots: list[tuple[Reg | Buf, str]] = []
    callee = w.symbols.function(s.callee)
    provided = iter(a for a in s.args[len(callee.params) :] if isinstance(a, Buf))
    args = args[: 3 + len(callee.params)]
    for r in callee.results:
        if isinstance(r, Out):
            o = next(outs)
            slot = w.slot("ptr" if r.is_array else register_type(r.dtype))
            slots.append((o, slot))
            args.append(f"ptr {slot}")
        else:
            args.append(f"ptr %{next(provided).name}")
    status = w.let(f"call fastcc i32 @{symbol_of(s.callee)}({', '.join(args)})")
    w.pass_on(status)
    for o, slot in slots:
        t = "ptr" if isinstance(o, Buf) else register_type(o.dtype)
        w.line(f"%{o.name} = load {t}, ptr {slot}")


def _put(w: FunctionText, s: loops.Put) -> None:
    text = f"ptr %{s.value.name}" if isinstance(s.value, Buf) else w.typed(s.value)
    w.line(f"store {text}, ptr %{s.out.name}")


def _fill(w: FunctionText, s: loops.Fill) -> None:
    """Zeros as bytes; LLVM makes any other loop of stores as good as can be."""
    if isinstance(s.value, Const) and not s.value.value and str(s.value.value) != "-0.0":
        w.intrinsic("llvm.memset.p0.i64", "void", ["ptr", "i8", "i64", "i1"])
        size = w.bytes_of(s.dst)
        w.line(f"call void @llvm.memset.p0.i64(ptr %{s.dst.name}, i8 0, i64 {size}, i1 false)")
        return
    count = "1"
    for extent in s.dst.dims:
        count = w.let(f"call i64 @adc.times(i64 {count}, i64 {w.use(extent)})")
    index = Reg(w.name("at"), DType.I64)
    flat = Buf(s.dst.name, s.dst.dtype, (index,))
    loop = loops.For(index, i64_one(), (loops.Store(flat, (index,), s.value),))
    counted_loop(w, loop, "0", count, count, None)


def i64_one() -> Const:
    return Const(1, DType.I64)


def _library(w: FunctionText, s: loops.Library) -> None:
    """Scalars go through stack slots; integers are cut to 32 bits."""
    args = [_by_address(w, a) for a in s.args]
    info = None
    if s.info is not None:
        info = w.slot("i32")
        args.append(info)
    w.symbols.imported(s.name, len(args))
    w.line(f"call void @{s.name}({', '.join(f'ptr {a}' for a in args)})")
    if s.info is not None:
        value = w.let(f"load i32, ptr {info}")
        w.line(f"%{s.info.name} = sext i32 {value} to i64")


def _by_address(w: FunctionText, a: Operand | Buf | str) -> str:
    if isinstance(a, Buf):
        return f"%{a.name}"
    if isinstance(a, str):
        slot = w.slot("i8")
        w.line(f"store i8 {ord(a)}, ptr {slot}")
        return slot
    if a.dtype is DType.I64:
        slot = w.slot("i32")
        small = w.let(f"trunc i64 {w.use(a)} to i32")
        w.line(f"store i32 {small}, ptr {slot}")
        return slot
    slot = w.slot(register_type(a.dtype))
    w.line(f"store {w.typed(a)}, ptr {slot}")
    return slot


_STATEMENTS: Mapping[type, Callable[[FunctionText, Any], None]] = {
    loops.Op: _op,
    loops.Check: _check,
    loops.Declare: _declare,
    loops.Get: _get,
    loops.Set: _set,
    loops.AddVar: _add_var,
    loops.Alloc: _alloc,
    loops.View: _view,
    loops.Point: _point,
    loops.Current: _current,
    loops.Load: _load,
    loops.Store: _store,
    loops.AddTo: _add_to,
    loops.Copy: _copy,
    loops.Fill: _fill,
    loops.Start: _start,
    loops.Gather: _gather,
    loops.Total: _total,
    loops.For: _for,
    loops.While: _while,
    loops.If: _if,
    loops.Mark: _mark,
    loops.Release: _release,
    loops.Call: _call,
    loops.Put: _put,
    loops.Library: _library,
}
