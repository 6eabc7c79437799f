"""Every statement that may stand in a loop in lanes, as LLVM text on vectors.

Statements whose operands are the same in every lane are emitted in their scalar form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext

from adc.lowering import loops
from adc.lowering.lane_text import MASK, OFFSETS, LaneText, Offset
from adc.lowering.llvm_types import memory_type, register_type, splat
from adc.lowering.loops import LANES, Acc, Buf, Const, Operand, Reg, Var
from adc.lowering.reductions import combine, combined, is_ordered, neutral
from adc.lowering.renaming import steps
from adc.lowering.scalar_ops import emit_op
from adc.lowering.scalar_statements import partial_result, set_index
from adc.lowering.scalar_text import Statement
from adc.types.core import DType

SHORT_ARM = 12  # arms of fewer plain statements run without a branch
LANE_WORK = "16"  # what a step of a loop inside lanes counts for when it is asked whether to stop


def _scalar(lanes: LaneText, s: loops.Stmt) -> None:
    lanes.w.statements[type(s)](lanes.w, s)


# ---- scalars -----------------------------------------------------------------------------------------


def _op(lanes: LaneText, s: loops.Op) -> None:
    if not lanes.varies(s.dst):
        _scalar(lanes, s)
        return
    of = s.args[0].dtype if s.op == "own:powi" else s.args[-1].dtype
    lanes.define(s.dst, emit_op(lanes, s.op, s.dst.dtype, of, [lanes.vector(a) for a in s.args]))
    if s.dst.dtype is DType.I64 and s.op in ("add", "sub"):
        _note_affine(lanes, s)


def _note_affine(lanes: LaneText, s: loops.Op) -> None:
    """Sums of indices and what is the same in every lane differ by a constant from lane to lane."""
    x, y = (_affine(lanes, a) for a in s.args)
    if x is None or y is None:
        return
    sign = 1 if s.op == "add" else -1
    start = lanes.let(f"{s.op} i64 {x[0]}, {y[0]}")
    lanes.affine[s.dst] = (start, x[1] + sign * y[1])


def _affine(lanes: LaneText, o: Operand) -> tuple[str, int] | None:
    if not lanes.varies(o):
        return lanes.w.use(o), 0
    return lanes.affine.get(o) if isinstance(o, Reg) else None


def _check(lanes: LaneText, s: loops.Check) -> None:
    """A failure in any lane leads to the scalar form of the loop."""
    if not lanes.varies(s.ok):
        _scalar(lanes, s)
        return
    w = lanes.w
    bad = lanes.masked(lanes.inverted(lanes.vector(s.ok)))
    go = w.name("ok")
    w.branch(lanes.any(bad), lanes.redo, go)
    w.begin_block(go)


def _declare(lanes: LaneText, s: loops.Declare) -> None:
    if not lanes.varies(s.var):
        _scalar(lanes, s)
        return
    t = register_type(s.var.dtype, LANES)
    lanes.w.at_entry(f"  %{s.var.name} = alloca {t}, align 64")
    lanes.w.line(f"store {t} {lanes.vector(s.init)}, ptr %{s.var.name}")


def _get(lanes: LaneText, s: loops.Get) -> None:
    if not lanes.varies(s.dst):
        _scalar(lanes, s)
        return
    lanes.define(s.dst, lanes.let(f"load {register_type(s.dst.dtype, LANES)}, ptr %{s.var.name}"))


def _set(lanes: LaneText, s: loops.Set) -> None:
    if not lanes.varies(s.var):
        _scalar(lanes, s)
        return
    _assign(lanes, s.var, lanes.vector(s.value))


def _assign(lanes: LaneText, var: Var, value: str) -> None:
    t = register_type(var.dtype, LANES)
    if lanes.mask is not None:
        old = lanes.let(f"load {t}, ptr %{var.name}")
        value = lanes.merge(var.dtype, value, old)
    lanes.w.line(f"store {t} {value}, ptr %{var.name}")


def _add_var(lanes: LaneText, s: loops.AddVar) -> None:
    """To a variable of the lane; or to one outside, in the order of the lanes."""
    t = register_type(s.var.dtype, LANES)
    if s.var in lanes.declared:
        if not lanes.varies(s.var):
            _scalar(lanes, s)
            return
        old = lanes.let(f"load {t}, ptr %{s.var.name}")
        _assign(lanes, s.var, combine(lanes, "add", s.var.dtype, old, lanes.vector(s.value)))
        return
    scalar = register_type(s.var.dtype)
    old = lanes.let(f"load {scalar}, ptr %{s.var.name}")
    new = _added_in_order(lanes, s.var.dtype, old, lanes.vector(s.value))
    lanes.w.line(f"store {scalar} {new}, ptr %{s.var.name}")


def _added_in_order(lanes: LaneText, dtype: DType, start: str, vector: str) -> str:
    """start + lane 0 + lane 1 + ...; lanes that are off add what changes nothing."""
    nothing = splat(neutral(Acc("", dtype, "add"), 1), dtype, LANES)
    value = lanes.merge(dtype, vector, nothing)
    t, scalar = register_type(dtype, LANES), register_type(dtype)
    name = f"llvm.vector.reduce.{'fadd' if dtype.is_float else 'add'}.v{LANES}{_suffix(dtype)}"
    if dtype.is_float:
        lanes.intrinsic(name, scalar, [scalar, t])
        return lanes.let(f"call {scalar} @{name}({scalar} {start}, {t} {value})")
    lanes.intrinsic(name, scalar, [t])
    total = lanes.let(f"call {scalar} @{name}({t} {value})")
    return lanes.let(f"add {scalar} {start}, {total}")


def _suffix(dtype: DType) -> str:
    return dtype.value if dtype is not DType.BOOL else "i1"


# ---- memory ------------------------------------------------------------------------------------------


def _view(lanes: LaneText, s: loops.View) -> None:
    lanes.view(s.dst, s.base, s.indices)


def _load(lanes: LaneText, s: loops.Load) -> None:
    place = lanes.place(s.buf, lanes.offset(s.buf, s.indices))
    if lanes.varies(s.dst):
        lanes.define(s.dst, lanes.load(s.dst.dtype, place))
    else:
        assert place.is_uniform
        lanes.w.define(s.dst, lanes.w.load(s.dst.dtype, place.pointer))


def _store(lanes: LaneText, s: loops.Store) -> None:
    place = lanes.place(s.buf, lanes.offset(s.buf, s.indices))
    lanes.store(s.buf.dtype, lanes.vector(s.value), place)


def _add_to(lanes: LaneText, s: loops.AddTo) -> None:
    """Lanes that add to different places do so at once, others one after the other."""
    dtype, value = s.buf.dtype, lanes.vector(s.value)
    offset = lanes.offset(s.buf, s.indices)
    if offset.is_distinct or lanes.is_private(s.buf):
        place = lanes.place(s.buf, offset)
        old = lanes.load(dtype, place)
        lanes.store(dtype, combine(lanes, "add", dtype, old, value), place)
    elif offset.vector is None and offset.stride == "0":
        w = lanes.w
        pointer = lanes.place(s.buf, offset).pointer
        old = w.load(dtype, pointer)
        w.store(dtype, _added_in_order(lanes, dtype, old, value), pointer)
    else:
        _add_lane_by_lane(lanes, s.buf, offset, value)


def _add_lane_by_lane(lanes: LaneText, b: Buf, offset: Offset, value: str) -> None:
    """A loop over the lanes that are on."""
    w, t = lanes.w, memory_type(b.dtype)
    positions, mask = lanes.ramp(offset), lanes.mask
    with w.counting("0", str(LANES), stem="k") as k:
        is_on = None if mask is None else w.let(f"extractelement {MASK} {mask}, i64 {k}")
        with nullcontext() if is_on is None else w.when(is_on):
            at = w.let(f"extractelement {OFFSETS} {positions}, i64 {k}")
            x = w.let(f"extractelement {register_type(b.dtype, LANES)} {value}, i64 {k}")
            pointer = w.let(f"getelementptr {t}, ptr %{lanes.root(b).name}, i64 {at}")
            w.store(b.dtype, combine(w, "add", b.dtype, w.load(b.dtype, pointer), x), pointer)


def _copy(lanes: LaneText, s: loops.Copy) -> None:
    """Element by element, a vector of lanes at a time."""
    source, target = lanes.offset(s.src, (), covers=True), lanes.offset(s.dst, (), covers=True)

    def element(at: str) -> None:
        text = lanes.load(s.src.dtype, lanes.place(s.src, _shifted(lanes, source, at)))
        lanes.store(s.dst.dtype, text, lanes.place(s.dst, _shifted(lanes, target, at)))

    _for_each_element(lanes, s.src, element)


def _fill(lanes: LaneText, s: loops.Fill) -> None:
    target, value = lanes.offset(s.dst, (), covers=True), lanes.vector(s.value)

    def element(at: str) -> None:
        lanes.store(s.dst.dtype, value, lanes.place(s.dst, _shifted(lanes, target, at)))

    _for_each_element(lanes, s.dst, element)


def _shifted(lanes: LaneText, offset: Offset, at: str) -> Offset:
    return Offset(lanes.plus(offset.base, at), offset.stride, offset.vector, offset.is_distinct)


def _for_each_element(lanes: LaneText, b: Buf, element: Callable[[str], None]) -> None:
    count = "1"
    for extent in b.dims:
        count = lanes.times(count, lanes.w.use(extent))
    if count[0] != "%" and int(count) <= 2 * LANES:
        for position in range(int(count)):
            element(str(position))
        return
    with lanes.w.counting("0", count, stem="k") as k:
        element(k)


# ---- reductions --------------------------------------------------------------------------------------


def _start(lanes: LaneText, s: loops.Start) -> None:
    """A reduction in every lane: a vector for each partial result, one when the order makes no difference."""
    t = memory_type(s.acc.dtype, LANES)
    count = _parts(s.acc)
    lanes.w.at_entry(f"  %{s.acc.name} = alloca [{count} x {t}], align 64")
    for part in range(count):
        p = lanes.let(f"getelementptr {t}, ptr %{s.acc.name}, i64 {part}")
        _store_partial(lanes, s.acc, splat(neutral(s.acc, part), s.acc.dtype, LANES), p)


def _parts(acc: Acc) -> int:
    return LANES if is_ordered(acc) else 1


def _load_partial(lanes: LaneText, acc: Acc, pointer: str) -> str:
    """Partial results lie in memory as scalar code sees them: booleans are bytes."""
    text = lanes.let(f"load {memory_type(acc.dtype, LANES)}, ptr {pointer}")
    if acc.dtype is DType.BOOL:
        return lanes.let(f"trunc {memory_type(acc.dtype, LANES)} {text} to {MASK}")
    return text


def _store_partial(lanes: LaneText, acc: Acc, text: str, pointer: str) -> None:
    t = memory_type(acc.dtype, LANES)
    if acc.dtype is DType.BOOL:
        text = lanes.let(f"zext {MASK} {text} to {t}")
    lanes.w.line(f"store {t} {text}, ptr {pointer}")


def _gather(lanes: LaneText, s: loops.Gather) -> None:
    """Inside every lane; or, of a reduction along the lanes, each lane into its own partial result."""
    acc = s.acc
    t, p = memory_type(acc.dtype, LANES), f"%{acc.name}"
    if acc in lanes.private_accs and is_ordered(acc):
        part = partial_result(lanes.w, s.lane)
        p = lanes.let(f"getelementptr {t}, ptr %{acc.name}, i64 {part}")
    old = _load_partial(lanes, acc, p)
    new = combine(lanes, acc.op, acc.dtype, old, lanes.vector(s.value))
    _store_partial(lanes, acc, lanes.merge(acc.dtype, new, old), p)


def _total(lanes: LaneText, s: loops.Total) -> None:
    t, acc = memory_type(s.acc.dtype, LANES), s.acc
    parts = []
    for part in range(_parts(acc)):
        p = lanes.let(f"getelementptr {t}, ptr %{acc.name}, i64 {part}")
        parts.append(_load_partial(lanes, acc, p))
    lanes.define(s.dst, combined(lanes, acc, parts))


# ---- control -----------------------------------------------------------------------------------------


def _if(lanes: LaneText, s: loops.If) -> None:
    w = lanes.w
    if not lanes.varies(s.condition):
        if s.other:
            w.choose(w.use(s.condition), lambda: lanes.body(s.then), lambda: lanes.body(s.other))
            return
        with w.when(w.use(s.condition)):
            lanes.body(s.then)
        return
    condition = lanes.vector(s.condition)
    outer = lanes.mask
    _arm(lanes, s.then, lanes.masked(condition))
    lanes.mask = outer
    if s.other:
        _arm(lanes, s.other, lanes.masked(lanes.inverted(condition)))
        lanes.mask = outer


def _arm(lanes: LaneText, body: loops.Body, mask: str) -> None:
    """An arm under its mask; a long one only when a lane takes it."""
    lanes.mask = mask
    if len(body) <= SHORT_ARM and all(isinstance(s, _PLAIN) for s in body):
        lanes.body(body)
        return
    with lanes.w.when(lanes.any(mask)):
        lanes.body(body)


_PLAIN = (loops.Op, loops.Get, loops.Set, loops.Load, loops.Store, loops.View, loops.Declare)


def _for(lanes: LaneText, s: loops.For) -> None:
    copies = steps(s)
    if copies or s.extent == Const(0, DType.I64):
        for copy in copies:
            lanes.rename(copy)
            lanes.body(copy.body(s.body))
        return
    if not lanes.varies(s.extent):
        extent = lanes.w.use(s.extent)
        with lanes.w.counting("0", extent, stem="k") as k:
            set_index(lanes.w, s, k, extent)
            lanes.body(s.body)
            if s.extent not in lanes.w.bounded:
                lanes.w.poll(LANE_WORK)
        return
    outer = lanes.mask
    extents = lanes.vector(s.extent)
    longest = _largest(lanes, lanes.merge(DType.I64, extents, splat("0", DType.I64, LANES)))
    with lanes.w.counting("0", longest, stem="k") as k:
        lanes.mask = outer
        at = lanes.broadcast(k, DType.I64)
        lanes.mask = lanes.masked(lanes.let(f"icmp slt {OFFSETS} {at}, {extents}"))
        if s.reverse:
            last = lanes.let(f"sub {OFFSETS} {extents}, {splat('1', DType.I64, LANES)}")
            lanes.define(s.index, lanes.let(f"sub {OFFSETS} {last}, {at}"))
        else:
            lanes.w.line(f"%{s.index.name} = add i64 {k}, 0")
        lanes.body(s.body)
        lanes.w.poll(LANE_WORK)
    lanes.mask = outer


def _largest(lanes: LaneText, vector: str) -> str:
    name = f"llvm.vector.reduce.smax.v{LANES}i64"
    lanes.intrinsic(name, "i64", [OFFSETS])
    return lanes.let(f"call i64 @{name}({OFFSETS} {vector})")


def _while(lanes: LaneText, s: loops.While) -> None:
    """As long as any lane goes on; lanes that are done stay off."""
    w, outer = lanes.w, lanes.mask
    head, body, done = (w.name(n) for n in ("while", "body", "end"))
    varies = lanes.varies(s.go)
    on = w.slot(MASK)
    w.line(f"store {MASK} {lanes.mask_text()}, ptr {on}")
    w.jump(head)
    w.begin_block(head)
    if varies:
        lanes.mask = lanes.let(f"load {MASK}, ptr {on}")
    lanes.body(s.head)
    if varies:
        lanes.mask = lanes.masked(lanes.vector(s.go))
        w.line(f"store {MASK} {lanes.mask}, ptr {on}")
        w.branch(lanes.any(lanes.mask), body, done)
    else:
        w.branch(w.use(s.go), body, done)
    w.begin_block(body)
    lanes.body(s.body)
    w.poll(str(LANES))
    w.jump(head)
    w.begin_block(done)
    lanes.mask = outer


STATEMENTS: Mapping[type, Statement] = {
    loops.Op: _op,
    loops.Check: _check,
    loops.Declare: _declare,
    loops.Get: _get,
    loops.Set: _set,
    loops.AddVar: _add_var,
    loops.View: _view,
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
}
