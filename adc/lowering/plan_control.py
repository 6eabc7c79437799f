"""Planning of the equations with regions, except loops (`plan_loops`): map, reduce, cond, accum, calls, checks."""

from __future__ import annotations

from collections.abc import Mapping

from adc.ir.core import Atom, Block, Equation, Value
from adc.lowering import loops
from adc.lowering.loops import Acc, Buf, Const, Operand, Place, Reg, Var, is_short
from adc.lowering.memory import Accumulator, Array, Binding, Level, Storage, Target
from adc.lowering.plan_block import FunctionPlanner, scoped
from adc.lowering.plan_tapes import plan_upd_of_tapes
from adc.lowering.writer import boolean, i64
from adc.types.core import DType

# ---- map and reductions ------------------------------------------------------------------------------


def plan_map(p: FunctionPlanner, e: Equation) -> None:
    """A nest of loops over the extents; elements are stored, rows are made in place."""
    (body,) = e.regions
    outs = [_map_out(p, e, j) for j in range(len(e.results))]
    extents = [p.operand(a) for a in e.operands]
    home = p.memory.depth
    with p.loop_bodies(len(extents), parallel=True):
        indices = bind_indices(p, e)
        targets: list[Target | None] = []
        for out, a in zip(outs, body.results, strict=True):
            is_row = a.type.rank > 0
            targets.append(Target(Storage(p.writer.row(out.buf, *indices))) if is_row else None)
        values = p.plan_block(body, targets)
        p.hand_out(body.results, home)
        for out, value in zip(outs, values, strict=True):
            if not isinstance(value, Array | Accumulator):
                p.writer.store(out.buf, indices, value)
        p.retire(values)
        close_nest(p, indices, extents, parallel=True)


def _map_out(p: FunctionPlanner, e: Equation, j: int) -> Array:
    """Memory for result j: that of an array which each step reads just where it writes, or new."""
    y = e.results[j]
    base = p.sharing.map_base(p.block, p.position, j)
    if base is not None:
        x = p.array(base)
        if p.frame.may_write(x.storage) and p.is_welcome(x.storage, y):
            x.storage.owner = y
            p.bind(y, x)
            return x
    return p.destination(y)


def bind_indices(p: FunctionPlanner, e: Equation) -> list[Reg]:
    """Index registers for the open nest of loops, bound to the index parameters of the region."""
    indices = []
    for param in e.regions[0].params:
        index = p.writer.reg(DType.I64, param.hint or "i")
        p.bind(param, index)
        indices.append(index)
    p.ranges.enter(e, 0)
    return indices


def close_nest(
    p: FunctionPlanner, indices: list[Reg], extents: list[Operand], *, parallel: bool
) -> None:
    for index, extent in zip(reversed(indices), reversed(extents), strict=True):
        p.writer.emit(loops.For(index, extent, p.close_loop(), parallel))


def plan_reduce(p: FunctionPlanner, e: Equation) -> None:
    """A nest of loops; each result is gathered in partial results."""
    (body,) = e.regions
    ops = e.params["ops"]
    assert isinstance(ops, tuple)
    accs = [
        Acc(p.writer.names.fresh(r.hint or "sum"), r.type.dtype, str(op))
        for r, op in zip(e.results, ops, strict=True)
    ]
    for acc in accs:
        p.writer.emit(loops.Start(acc))
    extents = [p.operand(a) for a in e.operands]
    with p.loop_bodies(len(extents), parallel=True):
        indices = bind_indices(p, e)
        values = p.plan_block(body, [None] * len(accs))
        lane = _lane(indices, extents)
        for acc, value in zip(accs, values, strict=True):
            assert isinstance(value, Reg | Const)
            p.writer.emit(loops.Gather(acc, value, lane))
        p.retire(values)
        close_nest(p, indices, extents, parallel=True)
    for r, acc in zip(e.results, accs, strict=True):
        total = p.writer.reg(r.type.dtype, r.hint or "sum")
        p.writer.emit(loops.Total(total, acc))
        p.bind(r, total)


def _lane(indices: list[Reg], extents: list[Operand]) -> Operand:
    """The index that tells the partial result: the innermost that is not sure to be short."""
    for index, extent in zip(reversed(indices), reversed(extents), strict=True):
        if not is_short(extent):
            return index
    return indices[-1] if indices else i64(0)


def plan_argreduce(p: FunctionPlanner, e: Equation) -> None:
    """The first extreme element; NaN counts as extreme."""
    (body,) = e.regions
    w, (extent,) = p.writer, e.operands
    dtype = body.results[0].type.dtype
    best = w.declare(Const(ZERO[dtype], dtype), "best")
    place = w.declare(i64(0), "place")
    count = p.operand(extent)
    with p.loop_bodies(1):
        indices = bind_indices(p, e)
        (y,) = p.plan_block(body, [None])
        assert isinstance(y, Reg | Const)
        old, where = w.get(best), w.get(place)
        beats = _is_more_extreme(p, str(e.params["op"]), y, old)
        is_first = w.compare("icmp:eq", indices[0], i64(0))
        takes = w.op("or", is_first, beats)
        w.set(best, w.op("select", takes, y, old, dtype=dtype))
        w.set(place, w.op("select", takes, indices[0], where, dtype=DType.I64))
        close_nest(p, indices, [count], parallel=False)
    p.bind(e.results[0], w.get(place, "place"))


ZERO: dict[DType, bool | int | float] = {
    DType.F64: 0.0,
    DType.F32: 0.0,
    DType.I64: 0,
    DType.I32: 0,
    DType.BOOL: False,
    DType.TAPE: 0,
}
_BEATS = {
    ("max", "float"): "fcmp:ogt",
    ("min", "float"): "fcmp:olt",
    ("max", "integer"): "icmp:sgt",
    ("min", "integer"): "icmp:slt",
    ("max", "bool"): "icmp:ugt",
    ("min", "bool"): "icmp:ult",
}


def _is_more_extreme(p: FunctionPlanner, op: str, y: Operand, old: Operand) -> Reg:
    w = p.writer
    kind = "float" if y.dtype.is_float else "integer" if y.dtype.is_integer else "bool"
    beats = w.compare(_BEATS[op, kind], y, old)
    if kind != "float":
        return beats
    old_is_number = w.compare("fcmp:ord", old, old)
    y_is_nan = w.compare("fcmp:uno", y, y)
    return w.op("and", old_is_number, w.op("or", beats, y_is_nan))


# ---- branches ----------------------------------------------------------------------------------------


def plan_cond(p: FunctionPlanner, e: Equation) -> None:
    """Scalars become variables; arrays are made where they are wanted, changed in place, or pointed at."""
    condition = p.operand(e.operands[0])
    bases = [p.sharing.cond_base(p.block, p.position, j) for j in range(len(e.results))]
    outside = {base: p.binding(base) for base in bases if base is not None}
    sinks = [_sink(p, e, j) for j in range(len(e.results))]
    lent = p.lendable(e) | {s.storage for s in sinks if isinstance(s, Array)}
    owners = {storage: storage.owner for storage in lent}
    arms = []
    for region in range(len(e.regions)):
        arms.append(_plan_arm(p, e, region, sinks, owners))
        for storage, owner in owners.items():
            storage.owner = owner
    p.writer.emit(loops.If(condition, arms[0], arms[1]))
    for base, binding in outside.items():
        p.bind(base, binding)  # the arms saw a copy; what follows, further out too, means the array
    for r, sink in zip(e.results, sinks, strict=True):
        _bind_sink(p, r, sink)


Sink = Var | Array | loops.Cursor


def _plan_arm(
    p: FunctionPlanner,
    e: Equation,
    region: int,
    sinks: list[Sink],
    owners: Mapping[Storage, Value | None],
) -> loops.Body:
    """One arm; `owners` tells what lies in the memory that it may change."""
    arm = e.regions[region]
    p.writer.begin()
    p.memory.enter(Level.BRANCH)
    with p.ranges.scope():
        p.ranges.enter(e, region)
        targets = [_arm_target(p, e, arm, j, sink) for j, sink in enumerate(sinks)]
        homes = [sink.storage if isinstance(sink, Array) else None for sink in sinks]
        values = p.cleared(p.plan_block(arm, targets, frozenset(owners)), homes)
        own = p.sharing.facts(arm).definition
        for sink, value in zip(sinks, values, strict=True):
            if isinstance(sink, loops.Cursor) and isinstance(value, Array):
                # An array that the arm changed in place lives on as long as the cursor, not as the array.
                owner = value.storage.owner
                is_as_before = owner not in own and owners.get(value.storage, owner) is owner
                value.storage.is_pooled &= is_as_before
            _pour(p, sink, value)
    taken = p.memory.leave()
    body = p.writer.end()
    if not taken.arena:
        return body
    if any(isinstance(s, loops.Cursor) and t is None for s, t in zip(sinks, targets, strict=True)):
        p.memory.mark_allocating()  # a result lies there: the enclosing body gives it back
        return body
    return scoped(body, p.writer.names.fresh("mark"))


def _sink(p: FunctionPlanner, e: Equation, j: int) -> Sink:
    """Where both arms leave result j."""
    y, w = e.results[j], p.writer
    if not y.type.rank:
        zero = Const(ZERO[y.type.dtype], y.type.dtype)
        return w.declare(zero, y.hint or "v")
    if not _is_in_scope(e, y):
        return loops.Cursor(w.names.fresh(y.hint or "p"), y.type.dtype)
    base = p.sharing.cond_base(p.block, p.position, j)
    if base is not None:
        return _overwritten(p, base, y)
    if p.wants.get(y) is None and _may_point(p, e, j):
        return loops.Cursor(w.names.fresh(y.hint or "p"), y.type.dtype)
    return p.destination(y)


def _is_in_scope(e: Equation, y: Value) -> bool:
    """Whether the dims are known before the equation runs."""
    return not any(d in e.results for d in y.type.shape if isinstance(d, Value))


def _may_point(p: FunctionPlanner, e: Equation, j: int) -> bool:
    """Whether an arm yields an array from outside, and that array is known to be in use as long as the result."""
    return e.results[j] in p.sharing.facts(p.block).roots


def _overwritten(p: FunctionPlanner, base: Value, y: Value) -> Array:
    """The memory of `base`, or a copy of it, for result `y`; the arms see `base` there."""
    x = p.array(base)
    if p.frame.may_write(x.storage) and p.is_welcome(x.storage, y):
        return x
    array = p.destination(y)
    p.writer.emit(loops.Copy(array.buf, x.buf))
    p.bind(base, array)
    return array


def _arm_target(p: FunctionPlanner, e: Equation, arm: Block, j: int, sink: Sink) -> Target | None:
    """Where an arm makes result j. An arm that reads the array to be overwritten makes it elsewhere first."""
    match sink:
        case Var():
            return None
        case loops.Cursor():
            want = p.wants.get(e.results[j])
            return want if want is not None and _is_result(want) else None
        case Array():
            base = p.sharing.cond_base(p.block, p.position, j)
            chain = p.sharing.chain(arm, arm.results[j])
            reads_it = base is not None and base in p.sharing.free(arm)
            is_safe = not reads_it or (chain is not None and chain.base is base)
            return Target(sink.storage) if is_safe else None


def _pour(p: FunctionPlanner, sink: Sink, value: Binding) -> None:
    """Leave a result of an arm in its sink."""
    match sink, value:
        case Var(), Reg() | Const():
            p.writer.set(sink, value)
        case loops.Cursor(), Array():
            p.writer.emit(loops.Point(sink, value.buf))
        case Array(), Array():
            if value.storage is not sink.storage:
                p.writer.emit(loops.Copy(sink.buf, value.buf))
        case _:
            raise AssertionError("an accumulator cannot leave a branch")


def _is_result(want: Target) -> bool:
    return want.storage is None and want.place is Place.RESULT


def _bind_sink(p: FunctionPlanner, r: Value, sink: Sink) -> None:
    match sink:
        case Var():
            p.bind(r, p.writer.get(sink, r.hint or "t"))
        case loops.Cursor():
            buf = p.writer.current(sink, p.dims(r.type), r.hint or "a")
            want = p.wants.get(r)
            if want is not None and _is_result(want):
                p.mark_lasting(buf, Place.RESULT)
            p.bind(r, Array(buf, Storage(buf, r)))
        case Array():
            sink.storage.owner = r
            p.bind(r, Array(p.fitted(sink.buf, r.type), sink.storage))


# ---- accumulators ------------------------------------------------------------------------------------


def plan_accum(p: FunctionPlanner, e: Equation) -> None:
    """References are variables, or the memory of the results, which starts as the bases."""
    (body,) = e.regions
    count = len(e.operands)
    sinks: list[Var | Array] = []
    for k, (base, ref) in enumerate(zip(e.operands, body.params, strict=True)):
        y = e.results[k]
        if base.type.rank:
            array = p.overwrite(e, k, y)
            p.bind(ref, Accumulator(array.buf, p.memory.depth))
            sinks.append(array)
        else:
            var = p.writer.declare(p.operand(base), ref.hint or "acc")
            p.bind(ref, Accumulator(var, p.memory.depth))
            sinks.append(var)
    targets = [p.wants.get(r) for r in e.results[count:]]
    values = p.plan_block(body, targets, p.lendable(e))
    for r, sink in zip(e.results[:count], sinks, strict=True):
        if isinstance(sink, Var):
            p.bind(r, p.writer.get(sink, r.hint or "t"))
    for r, value in zip(e.results[count:], values, strict=True):
        if isinstance(value, Array):
            p.adopt(value, r)
        else:
            p.bind(r, value)


def plan_upd(p: FunctionPlanner, e: Equation) -> None:
    """Add to a variable, an element, or a row."""
    ref, value, *indices = e.operands
    target = p.accumulator(ref).target
    if ref.type.dtype is DType.TAPE:
        plan_upd_of_tapes(p, e)
        return
    if isinstance(target, Var):
        p.writer.emit(loops.AddVar(target, p.operand(value)))
        return
    at = p.checked_indices(ref.type, indices)
    if not value.type.rank:
        p.writer.emit(loops.AddTo(target, tuple(at), p.operand(value)))
        return
    row, source = p.writer.row(target, *at), p.array(value).buf
    with p.writer.nest(p.dims(value.type), parallel=True) as inner:
        x = p.writer.load(source, *inner)
        p.writer.emit(loops.AddTo(row, inner, x))


# ---- calls and checks --------------------------------------------------------------------------------


def plan_call(p: FunctionPlanner, e: Equation) -> None:
    """Arguments by value or address; result arrays are made in the caller's memory."""
    callee = p.interfaces[str(e.params["callee"])]
    args: list[Operand | Buf | Var] = [_argument(p, a) for a in e.operands]
    outs: list[Reg | Buf] = []
    late: list[tuple[Value, Buf]] = []
    for r, result in zip(e.results, callee.results, strict=True):
        if not r.type.rank:
            outs.append(p.writer.reg(r.type.dtype, r.hint or "t"))
        elif result.is_provided:
            args.append(p.destination(r).buf)
        else:
            buf = p.writer.buf(r.type.dtype, (), r.hint or "a")
            outs.append(buf)
            late.append((r, buf))
    if late:
        p.memory.mark_allocating()
    outs.extend(p.writer.reg(DType.I64, "dim") for _ in callee.hidden)
    p.writer.emit(loops.Call(callee.name, tuple(args), tuple(outs)))
    if any(r.type.dtype is DType.TAPE for r in e.results):
        p.memory.mark_recording()
    scalars = iter(o for o in outs if isinstance(o, Reg))
    for r in e.results:
        if not r.type.rank:
            p.bind(r, next(scalars))
    for r, buf in late:
        array = p.writer.recast(buf, p.dims(r.type), r.hint or "a")
        p.bind(r, Array(array, Storage(array, r, p.frame)))


def _argument(p: FunctionPlanner, a: Atom) -> Operand | Buf | Var:
    binding = p.binding(a)
    match binding:
        case Array():
            return binding.buf
        case Accumulator():
            return binding.target
        case _:
            return binding


def plan_assert(p: FunctionPlanner, e: Equation) -> None:
    ok, *payload = e.operands
    kind, code, text = (str(e.params[key]) for key in ("error", "code", "text"))
    holds = p.operand(ok)
    if holds == boolean(True):
        return
    p.check(holds, kind, code, text, *map(p.operand, payload))
    p.ranges.assume(ok, True)


CONTROL_HANDLERS = {
    "map": plan_map,
    "reduce": plan_reduce,
    "argreduce": plan_argreduce,
    "cond": plan_cond,
    "accum": plan_accum,
    "upd": plan_upd,
    "call": plan_call,
    "assert": plan_assert,
}
