"""Tapes in LLVM text: records and sums of records in the arena of tapes.

A tape is null (the record of zeros), or the address of a word that tells what follows: 0, then one word for each
field, the array fields being addresses; or 1, then the addresses of two tapes, whose sum it is. Sums are looked
into where they are unpacked: `adc.tape.flat` makes a record of one.
"""

from __future__ import annotations

from collections.abc import Sequence

from adc.lowering import loops
from adc.lowering.loops import Buf, Reg
from adc.lowering.scalar_text import ScalarText
from adc.lowering.sites import MEMORY_SITE
from adc.types.core import DType

WORD = 8
_ALIGNMENT = 16  # of arrays in a record


def pack(w: ScalarText, s: loops.Pack) -> None:
    """One block: the words, then the arrays that are copied."""
    copied = [
        a for a, stays in zip(s.fields, s.stays, strict=True) if isinstance(a, Buf) and not stays
    ]
    sizes = {a: w.bytes_of(a) for a in copied}
    offsets: dict[Buf, str] = {}
    total = str(WORD * (1 + len(s.fields)))
    for a in copied:
        offsets[a] = _aligned(w, total)
        total = w.let(f"add i64 {offsets[a]}, {sizes[a]}")
    record = f"%{s.dst.name}"
    w.line(f"{record} = call ptr @adc.record(ptr {w.tapes()}, i64 {total})")
    w.fail_unless(w.let(f"icmp ne ptr {record}, null"), MEMORY_SITE, (_bytes(total),))
    w.line(f"store i64 0, ptr {record}")
    for k, field in enumerate(s.fields):
        slot = _slot(w, record, k)
        if not isinstance(field, Buf):
            w.store(field.dtype, w.use(field), slot)
            continue
        address = f"%{field.name}"
        if field in offsets:
            address = w.let(f"getelementptr i8, ptr {record}, i64 {offsets[field]}")
            copy = "llvm.memcpy.p0.p0.i64"
            w.intrinsic(copy, "void", ["ptr", "ptr", "i64", "i1"])
            size = sizes[field]
            w.line(f"call void @{copy}(ptr {address}, ptr %{field.name}, i64 {size}, i1 false)")
        w.line(f"store ptr {address}, ptr {slot}")


def _aligned(w: ScalarText, size: str) -> str:
    if size[0] != "%":
        return str(-(-int(size) // _ALIGNMENT) * _ALIGNMENT)
    return w.let(f"and i64 {w.let(f'add i64 {size}, {_ALIGNMENT - 1}')}, -{_ALIGNMENT}")


def _bytes(text: str) -> loops.Operand:
    return Reg(text[1:], DType.I64) if text[0] == "%" else loops.Const(int(text), DType.I64)


def _slot(w: ScalarText, record: str, field: int) -> str:
    return w.let(f"getelementptr i8, ptr {record}, i64 {WORD * (1 + field)}")


def unpack(w: ScalarText, s: loops.Unpack) -> None:
    """Every field from its word. What holds only floats and tapes may be a sum, or null."""
    record = w.use(s.tape)
    if all(o.dtype.carries_tangent for o in s.outs):
        record = _flat(w, record, s.outs)
    for k, o in enumerate(s.outs):
        slot = _slot(w, record, k)
        if isinstance(o, Buf):
            w.line(f"%{o.name} = load ptr, ptr {slot}")
        else:
            w.define(o, w.load(o.dtype, slot))


def _flat(w: ScalarText, tape: str, outs: Sequence[Reg | Buf]) -> str:
    """The record that a tape is, or a new one with the sums of its records."""
    _need_runtime(w)
    look, sum_, done = w.name("look"), w.name("sum"), w.name("record")
    w.branch(w.let(f"icmp eq ptr {tape}, null"), sum_, look)
    w.begin_block(look)
    kind = w.let(f"load i64, ptr {tape}")
    w.branch(w.let(f"icmp eq i64 {kind}, 0"), done, sum_)
    w.begin_block(sum_)
    counts = w.slot(f"[{len(outs)} x i64]")
    for k, o in enumerate(outs):
        count = "1"
        for d in o.dims if isinstance(o, Buf) else ():
            count = w.let(f"call i64 @adc.times(i64 {count}, i64 {w.use(d)})")
        slot = w.let(f"getelementptr i64, ptr {counts}, i64 {k}")
        w.line(f"store i64 {count}, ptr {slot}")
    args = f"ptr {w.tapes()}, ptr {tape}, i64 {len(outs)}, ptr {_kinds(w, outs)}, ptr {counts}"
    made = w.let(f"call ptr @adc.tape.flat({args})")
    w.fail_unless(w.let(f"icmp ne ptr {made}, null"), MEMORY_SITE, (loops.Const(0, DType.I64),))
    after = w.label
    w.jump(done)
    w.begin_block(done)
    return w.let(f"phi ptr [ {tape}, %{look} ], [ {made}, %{after} ]")


def _kinds(w: ScalarText, outs: Sequence[Reg | Buf]) -> str:
    """A constant that tells `adc.tape.flat` what the fields are."""
    digits = [_KINDS[o.dtype] + (4 if isinstance(o, Buf) else 0) for o in outs]
    name = f"@adc.kinds.{''.join(map(str, digits))}"
    text = "".join(f"\\{d:02X}" for d in digits)
    w.symbols.define(name, f'{name} = private constant [{len(digits)} x i8] c"{text}"')
    return name


_KINDS = {DType.F64: 0, DType.F32: 1, DType.TAPE: 2}


def _need_runtime(w: ScalarText) -> None:
    w.intrinsic("llvm.memset.p0.i64", "void", ["ptr", "i8", "i64", "i1"])
    w.symbols.define("adc.tape", RUNTIME)


def join(w: ScalarText, s: loops.Join) -> None:
    """A sum; all bits of the address are set when there is no memory."""
    _need_runtime(w)
    made = w.let(f"call ptr @adc.tape.add(ptr {w.tapes()}, ptr {w.use(s.x)}, ptr {w.use(s.y)})")
    is_there = w.let(f"icmp ne ptr {made}, inttoptr (i64 -1 to ptr)")
    w.fail_unless(is_there, MEMORY_SITE, (loops.Const(3 * WORD, DType.I64),))
    w.name_result(s.dst, made, "ptr")


RUNTIME = """\
; The sum of two tapes; all bits set when there is no memory.
define internal ptr @adc.tape.add(ptr %arena, ptr %x, ptr %y) noinline nounwind willreturn {
  %no.x = icmp eq ptr %x, null
  br i1 %no.x, label %right, label %some
right:
  ret ptr %y
some:
  %no.y = icmp eq ptr %y, null
  br i1 %no.y, label %left, label %both
left:
  ret ptr %x
both:
  %node = call ptr @adc.record(ptr %arena, i64 24)
  %none = icmp eq ptr %node, null
  br i1 %none, label %failed, label %fill
failed:
  ret ptr inttoptr (i64 -1 to ptr)
fill:
  store i64 1, ptr %node
  %x.p = getelementptr i64, ptr %node, i64 1
  store ptr %x, ptr %x.p
  %y.p = getelementptr i64, ptr %node, i64 2
  store ptr %y, ptr %y.p
  ret ptr %node
}

; The bytes of one element of a field: kinds are 0 f64, 1 f32, 2 tape, with 4 added for arrays.
define internal i64 @adc.tape.width(i8 %kind) alwaysinline nounwind memory(none) {
  %element = and i8 %kind, 3
  %is.f32 = icmp eq i8 %element, 1
  %bytes = select i1 %is.f32, i64 4, i64 8
  ret i64 %bytes
}

; A record of zeros with `n` fields; null when there is no memory.
define internal ptr @adc.tape.zero(ptr %arena, i64 %n, ptr %kinds, ptr %counts) nounwind {
  %words = add i64 %n, 1
  %head = shl i64 %words, 3
  %record = call ptr @adc.record(ptr %arena, i64 %head)
  %none = icmp eq ptr %record, null
  br i1 %none, label %failed, label %clear
failed:
  ret ptr null
clear:
  call void @llvm.memset.p0.i64(ptr %record, i8 0, i64 %head, i1 false)
  br label %fields
fields:
  %k = phi i64 [ 0, %clear ], [ %k.next, %next ]
  %more = icmp slt i64 %k, %n
  br i1 %more, label %field, label %done
field:
  %kind.p = getelementptr i8, ptr %kinds, i64 %k
  %kind = load i8, ptr %kind.p
  %is.array = icmp uge i8 %kind, 4
  br i1 %is.array, label %array, label %next
array:
  %count.p = getelementptr i64, ptr %counts, i64 %k
  %count = load i64, ptr %count.p
  %width = call i64 @adc.tape.width(i8 %kind)
  %bytes = call i64 @adc.times(i64 %width, i64 %count)
  %room = call ptr @adc.record(ptr %arena, i64 %bytes)
  %no.room = icmp eq ptr %room, null
  br i1 %no.room, label %failed, label %store
store:
  call void @llvm.memset.p0.i64(ptr %room, i8 0, i64 %bytes, i1 false)
  %slot = add i64 %k, 1
  %slot.p = getelementptr i64, ptr %record, i64 %slot
  store ptr %room, ptr %slot.p
  br label %next
next:
  %k.next = add i64 %k, 1
  br label %fields
done:
  ret ptr %record
}

; Add `count` elements at `from` to those at `to`; false when there is no memory.
define internal i1 @adc.tape.elements(ptr %arena, i8 %kind, i64 %count, ptr %to, ptr %from) nounwind {
  %width = call i64 @adc.tape.width(i8 %kind)
  %element = and i8 %kind, 3
  br label %loop
loop:
  %i = phi i64 [ 0, %0 ], [ %i.next, %next ]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %body, label %done
body:
  %offset = mul i64 %i, %width
  %to.p = getelementptr i8, ptr %to, i64 %offset
  %from.p = getelementptr i8, ptr %from, i64 %offset
  switch i8 %element, label %f64 [ i8 1, label %f32
                                   i8 2, label %tape ]
f64:
  %d.x = load double, ptr %to.p
  %d.y = load double, ptr %from.p
  %d = fadd double %d.x, %d.y
  store double %d, ptr %to.p
  br label %next
f32:
  %s.x = load float, ptr %to.p
  %s.y = load float, ptr %from.p
  %s = fadd float %s.x, %s.y
  store float %s, ptr %to.p
  br label %next
tape:
  %t.x = load ptr, ptr %to.p
  %t.y = load ptr, ptr %from.p
  %t = call ptr @adc.tape.add(ptr %arena, ptr %t.x, ptr %t.y)
  %lost = icmp eq ptr %t, inttoptr (i64 -1 to ptr)
  br i1 %lost, label %failed, label %keep
keep:
  store ptr %t, ptr %to.p
  br label %next
next:
  %i.next = add i64 %i, 1
  br label %loop
failed:
  ret i1 false
done:
  ret i1 true
}

; A record with the sums of the fields of all records that a tape leads to, from left to right; null when there is
; no memory. Tapes still to be looked at form a list: tape, next.
define internal ptr @adc.tape.flat(ptr %arena, ptr %tape, i64 %n, ptr %kinds, ptr %counts) noinline nounwind {
  %record = call ptr @adc.tape.zero(ptr %arena, i64 %n, ptr %kinds, ptr %counts)
  %none = icmp eq ptr %record, null
  br i1 %none, label %failed, label %look
failed:
  ret ptr null
look:
  %at = phi ptr [ %tape, %0 ], [ %left, %sum ], [ %popped, %pop ]
  %list = phi ptr [ null, %0 ], [ %node, %sum ], [ %rest, %pop ]
  %nothing = icmp eq ptr %at, null
  br i1 %nothing, label %finished, label %some
some:
  %word = load i64, ptr %at
  %is.record = icmp eq i64 %word, 0
  br i1 %is.record, label %fields, label %split
split:
  %node = call ptr @adc.record(ptr %arena, i64 16)
  %no.node = icmp eq ptr %node, null
  br i1 %no.node, label %failed, label %sum
sum:
  %left.p = getelementptr i64, ptr %at, i64 1
  %left = load ptr, ptr %left.p
  %right.p = getelementptr i64, ptr %at, i64 2
  %right = load ptr, ptr %right.p
  store ptr %right, ptr %node
  %link = getelementptr ptr, ptr %node, i64 1
  store ptr %list, ptr %link
  br label %look
fields:
  %k = phi i64 [ 0, %some ], [ %k.next, %added ]
  %more = icmp slt i64 %k, %n
  br i1 %more, label %field, label %finished
field:
  %slot = add i64 %k, 1
  %to.p = getelementptr i64, ptr %record, i64 %slot
  %from.p = getelementptr i64, ptr %at, i64 %slot
  %kind.p = getelementptr i8, ptr %kinds, i64 %k
  %kind = load i8, ptr %kind.p
  %count.p = getelementptr i64, ptr %counts, i64 %k
  %count = load i64, ptr %count.p
  %is.array = icmp uge i8 %kind, 4
  br i1 %is.array, label %array, label %scalar
array:
  %to.array = load ptr, ptr %to.p
  %from.array = load ptr, ptr %from.p
  br label %add
scalar:
  br label %add
add:
  %to = phi ptr [ %to.array, %array ], [ %to.p, %scalar ]
  %from = phi ptr [ %from.array, %array ], [ %from.p, %scalar ]
  %ok = call i1 @adc.tape.elements(ptr %arena, i8 %kind, i64 %count, ptr %to, ptr %from)
  br i1 %ok, label %added, label %failed
added:
  %k.next = add i64 %k, 1
  br label %fields
finished:
  %empty = icmp eq ptr %list, null
  br i1 %empty, label %done, label %pop
pop:
  %popped = load ptr, ptr %list
  %next.p = getelementptr ptr, ptr %list, i64 1
  %rest = load ptr, ptr %next.p
  br label %look
done:
  ret ptr %record
}
"""
