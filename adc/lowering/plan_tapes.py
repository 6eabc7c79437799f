"""Planning of tapes: records made and read, sums of them."""

from __future__ import annotations

from adc.ir.core import Equation, Value
from adc.lowering import loops
from adc.lowering.loops import Buf, Operand, Place, Reg, Var
from adc.lowering.memory import Accumulator, Array, Storage
from adc.lowering.plan_block import FunctionPlanner
from adc.lowering.plan_scalars import plan_scalar
from adc.types.core import DType


def plan_pack(p: FunctionPlanner, e: Equation) -> None:
    """Scalars and copies of arrays; what lies in the arena of tapes stays there."""
    fields: list[Operand | Buf] = []
    stays = []
    for a in e.operands:
        binding = p.binding(a)
        assert not isinstance(binding, Accumulator), "an accumulator cannot be stored"
        fields.append(binding.buf if isinstance(binding, Array) else binding)
        stays.append(isinstance(binding, Array) and p.freeze(binding))
    p.memory.mark_recording()
    dst = p.writer.reg(DType.TAPE, e.results[0].hint or "t")
    p.writer.emit(loops.Pack(dst, tuple(fields), tuple(stays)))
    p.bind(e.results[0], dst)


def plan_unpack(p: FunctionPlanner, e: Equation) -> None:
    """Scalars are loaded, arrays are looked at where they lie. Of a sum they are made first."""
    p.memory.mark_recording()
    tape = p.operand(e.operands[0])
    scalars = {r: p.writer.reg(r.type.dtype, r.hint or "x") for r in e.results if not r.type.rank}
    for r, reg in scalars.items():
        p.bind(r, reg)
    outs = [scalars[r] if r in scalars else _field(p, r) for r in e.results]
    p.writer.emit(loops.Unpack(tape, tuple(outs)))


def _field(p: FunctionPlanner, r: Value) -> Buf:
    """The address of an array that nobody may overwrite."""
    for d in r.type.shape:
        if isinstance(d, Value):
            p.ranges.assume_count(d)
    buf = p.writer.buf(r.type.dtype, p.dims(r.type), r.hint or "a")
    p.mark_lasting(buf, Place.TAPE)
    p.bind(r, Array(buf, Storage(buf, r)))
    return buf


def plan_add(p: FunctionPlanner, e: Equation) -> None:
    """A sum of tapes is a node that `unpack` looks into; all else is arithmetic."""
    if e.results[0].type.dtype is not DType.TAPE:
        plan_scalar(p, e)
        return
    x, y = (p.operand(a) for a in e.operands)
    p.bind(e.results[0], _sum(p, x, y))


def plan_upd_of_tapes(p: FunctionPlanner, e: Equation) -> None:
    """Every element of the accumulator becomes a sum of what it was and what is added."""
    ref, value, *indices = e.operands
    accumulator = p.accumulator(ref)
    p.memory.keep_tapes(accumulator.home)
    target, w = accumulator.target, p.writer
    if isinstance(target, Var):
        w.set(target, _sum(p, w.get(target), p.operand(value)))
        return
    at = p.checked_indices(ref.type, indices)
    if not value.type.rank:
        w.store(target, at, _sum(p, w.load(target, *at), p.operand(value)))
        return
    row, source = w.row(target, *at), p.array(value).buf
    with w.nest(p.dims(value.type)) as inner:
        w.store(row, inner, _sum(p, w.load(row, *inner), w.load(source, *inner)))


def _sum(p: FunctionPlanner, x: Operand, y: Operand) -> Reg:
    p.memory.mark_recording()
    dst = p.writer.reg(DType.TAPE, "t")
    p.writer.emit(loops.Join(dst, x, y))
    return dst


TAPE_HANDLERS = {"pack": plan_pack, "unpack": plan_unpack, "add": plan_add}
