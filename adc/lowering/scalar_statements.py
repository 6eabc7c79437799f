"""Every statement of the loop IR as scalar LLVM text.

Registers are SSA values; variables, cursors and partial results are stack slots that LLVM promotes.
"""

from __future__ import annotations

from collections.abc import Mapping

from adc.lowering import loops, tape_text
from adc.lowering.llvm_types import memory_type, register_type
from adc.lowering.loops import LANES, Buf, Const, Operand, Out, Place, Reg, Var, frame_bytes
from adc.lowering.reductions import combine, combined, is_ordered, neutral
from adc.lowering.renaming import steps
from adc.lowering.scalar_ops import emit_op
from adc.lowering.scalar_text import ScalarText, Statement, symbol_of
from adc.lowering.sites import MEMORY_SITE
from adc.types.core import DType

POLL_STEPS = 1 << 16  # an innermost loop that may be longer asks this often whether to stop
STEP_WORK = 64  # what a step of any other loop counts for, against POLL_STEPS


def _op(w: ScalarText, s: loops.Op) -> None:
    of = s.args[-1].dtype
    if s.op == "own:powi":
        of = s.args[0].dtype
    w.define(s.dst, emit_op(w, s.op, s.dst.dtype, of, [w.use(a) for a in s.args]))


def _check(w: ScalarText, s: loops.Check) -> None:
    w.fail_unless(w.use(s.ok), s.site, s.payload)


def _declare(w: ScalarText, s: loops.Declare) -> None:
    t = register_type(s.var.dtype)
    w.at_entry(f"  %{s.var.name} = alloca {t}")
    w.line(f"store {t} {w.use(s.init)}, ptr %{s.var.name}")


def _get(w: ScalarText, s: loops.Get) -> None:
    w.define(s.dst, w.let(f"load {register_type(s.dst.dtype)}, ptr %{s.var.name}"))


def _set(w: ScalarText, s: loops.Set) -> None:
    w.line(f"store {w.typed(s.value)}, ptr %{s.var.name}")


def _add_var(w: ScalarText, s: loops.AddVar) -> None:
    t = register_type(s.var.dtype)
    old = w.let(f"load {t}, ptr %{s.var.name}")
    new = combine(w, "add", s.var.dtype, old, w.use(s.value))
    w.line(f"store {t} {new}, ptr %{s.var.name}")


def _alloc(w: ScalarText, s: loops.Alloc) -> None:
    if s.place is Place.STACK:
        size = frame_bytes(s.buf)
        if s.buf.name in w.private:
            size *= LANES
        w.at_entry(f"  %{s.buf.name} = alloca i8, i64 {max(size, 1)}, align 64")
        return
    arena = _arena(w, s.place)
    size_text = w.bytes_of(s.buf)
    routine = "adc.record" if s.place is Place.TAPE else "adc.alloc"
    w.line(f"%{s.buf.name} = call ptr @{routine}(ptr {arena}, i64 {size_text})")
    ok = w.let(f"icmp ne ptr %{s.buf.name}, null")
    bytes_reg = Reg(size_text[1:], DType.I64) if size_text[0] == "%" else _bytes(size_text)
    w.fail_unless(ok, MEMORY_SITE, (bytes_reg,))


def _bytes(text: str) -> Const:
    return Const(int(text), DType.I64)


def _view(w: ScalarText, s: loops.View) -> None:
    address = w.address(s.base, s.indices)
    w.line(f"%{s.dst.name} = getelementptr i8, ptr {address}, i64 0")


def _point(w: ScalarText, s: loops.Point) -> None:
    if s.cursor not in w.cursors:
        w.cursors.add(s.cursor)
        w.at_entry(f"  %{s.cursor.name} = alloca ptr")
    w.line(f"store ptr %{s.buf.name}, ptr %{s.cursor.name}")


def _current(w: ScalarText, s: loops.Current) -> None:
    w.line(f"%{s.dst.name} = load ptr, ptr %{s.cursor.name}")


def _load(w: ScalarText, s: loops.Load) -> None:
    w.define(s.dst, w.load(s.dst.dtype, w.address(s.buf, s.indices)))


def _store(w: ScalarText, s: loops.Store) -> None:
    w.store(s.buf.dtype, w.use(s.value), w.address(s.buf, s.indices))


def _add_to(w: ScalarText, s: loops.AddTo) -> None:
    address = w.address(s.buf, s.indices)
    old = w.load(s.buf.dtype, address)
    new = combine(w, "add", s.buf.dtype, old, w.use(s.value))
    w.store(s.buf.dtype, new, address)


def _copy(w: ScalarText, s: loops.Copy) -> None:
    """Nothing when both are one block; else the bytes."""
    size = w.bytes_of(s.src)
    move = "llvm.memmove.p0.p0.i64"
    w.intrinsic(move, "void", ["ptr", "ptr", "i64", "i1"])
    call = f"call void @{move}(ptr %{s.dst.name}, ptr %{s.src.name}, i64 {size}, i1 false)"
    if size[0] != "%":
        w.line(call)
        return
    with w.when(w.let(f"icmp ne ptr %{s.dst.name}, %{s.src.name}")):
        w.line(call)


def _start(w: ScalarText, s: loops.Start) -> None:
    t = memory_type(s.acc.dtype)
    w.at_entry(f"  %{s.acc.name} = alloca [{LANES} x {t}], align 64")
    for lane in range(LANES):
        p = w.let(f"getelementptr {t}, ptr %{s.acc.name}, i64 {lane}")
        w.store(s.acc.dtype, neutral(s.acc, lane), p)


def partial_result(w: ScalarText, lane: Operand) -> str:
    """Which partial result an index goes to."""
    if isinstance(lane, Const):
        return str(int(lane.value) % LANES)
    return w.let(f"and i64 {w.use(lane)}, {LANES - 1}")


def _gather(w: ScalarText, s: loops.Gather) -> None:
    """Where the order makes no difference one partial result serves all."""
    t = memory_type(s.acc.dtype)
    p = f"%{s.acc.name}"
    if is_ordered(s.acc):
        lane = partial_result(w, s.lane)
        p = w.let(f"getelementptr {t}, ptr %{s.acc.name}, i64 {lane}")
    old = w.load(s.acc.dtype, p)
    w.store(s.acc.dtype, combine(w, s.acc.op, s.acc.dtype, old, w.use(s.value)), p)


def _total(w: ScalarText, s: loops.Total) -> None:
    t, acc = memory_type(s.acc.dtype), s.acc
    parts = []
    for lane in range(LANES):
        p = w.let(f"getelementptr {t}, ptr %{acc.name}, i64 {lane}")
        parts.append(w.load(acc.dtype, p))
    w.define(s.dst, combined(w, acc, parts))


def _for(w: ScalarText, s: loops.For) -> None:
    """Innermost loops that may be very long are cut in pieces, with a poll between them."""
    if w.lane_loop(s):
        return
    copies = steps(s)
    if copies or s.extent == Const(0, DType.I64):
        for copy in copies:
            w.body(copy.body(s.body))
        return
    is_innermost = not any(
        isinstance(t, loops.For | loops.While | loops.Call | loops.Library)
        for t in loops.within(s.body)
    )
    extent = w.use(s.extent)
    is_short = s.extent in w.bounded or (
        isinstance(s.extent, Const) and int(s.extent.value) <= POLL_STEPS
    )
    if is_innermost and not is_short:
        with_pieces(w, s, extent)
        return
    poll = None if is_innermost else str(STEP_WORK)
    counted_loop(w, s, "0", extent, extent, poll)


def with_pieces(w: ScalarText, s: loops.For, extent: str) -> None:
    """The loop in pieces of `POLL_STEPS` steps."""
    w.intrinsic("llvm.smin.i64", "i64", ["i64", "i64"])
    with w.counting("0", extent, POLL_STEPS, "start") as start:
        left = w.let(f"sub i64 {extent}, {start}")
        count = w.let(f"call i64 @llvm.smin.i64(i64 {left}, i64 {POLL_STEPS})")
        stop = w.let(f"add i64 {start}, {count}")
        counted_loop(w, s, start, stop, extent, None)
        w.poll(count)


def counted_loop(
    w: ScalarText, s: loops.For, start: str, stop: str, extent: str, poll: str | None
) -> None:
    """Steps `start` to `stop` - 1."""
    with w.counting(start, stop) as step:
        set_index(w, s, step, extent)
        w.body(s.body)
        if poll is not None:
            w.poll(poll)


def set_index(w: ScalarText, s: loops.For, step: str, extent: str) -> None:
    """The index of a step; a reversed loop counts down from the other end."""
    if s.reverse:
        last = w.let(f"sub i64 {extent}, 1")
        w.line(f"%{s.index.name} = sub i64 {last}, {step}")
    else:
        w.line(f"%{s.index.name} = add i64 {step}, 0")


def _while(w: ScalarText, s: loops.While) -> None:
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


def _if(w: ScalarText, s: loops.If) -> None:
    if s.other:
        w.choose(w.use(s.condition), lambda: w.body(s.then), lambda: w.body(s.other))
        return
    with w.when(w.use(s.condition)):
        w.body(s.then)


def _mark(w: ScalarText, s: loops.Mark) -> None:
    w.line(f"%{s.name} = call {{ ptr, ptr }} @adc.mark(ptr {_arena(w, s.place)})")


def _release(w: ScalarText, s: loops.Release) -> None:
    w.line(f"call void @adc.release(ptr {_arena(w, s.place)}, {{ ptr, ptr }} %{s.name})")


def _arena(w: ScalarText, place: Place) -> str:
    return w.tapes() if place is Place.TAPE else "%here" if place is Place.ARENA else "%there"


def _call(w: ScalarText, s: loops.Call) -> None:
    """The callee's own memory is the caller's other arena, so that what it returns lies in the caller's own."""
    callee = w.symbols.function(s.callee)
    args = ["ptr %ctx", "ptr %there", "ptr %here"]
    if callee.is_part:
        args = ["ptr %ctx", "ptr %here", "ptr %there"]
    for a in s.args:
        args.append(f"ptr %{a.name}" if isinstance(a, Buf | Var) else w.typed(a))
    outs = iter(s.outs)
    slots: list[tuple[Reg | Buf, str]] = []
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


def _put(w: ScalarText, s: loops.Put) -> None:
    text = f"ptr %{s.value.name}" if isinstance(s.value, Buf) else w.typed(s.value)
    w.line(f"store {text}, ptr %{s.out.name}")


def _fill(w: ScalarText, s: loops.Fill) -> None:
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


def _library(w: ScalarText, s: loops.Library) -> None:
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


def _by_address(w: ScalarText, a: Operand | Buf | str) -> str:
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


STATEMENTS: Mapping[type, Statement] = {
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
    loops.Pack: tape_text.pack,
    loops.Unpack: tape_text.unpack,
    loops.Join: tape_text.join,
    loops.Call: _call,
    loops.Put: _put,
    loops.Library: _library,
}
