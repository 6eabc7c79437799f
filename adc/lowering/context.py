"""The call context: what native code shares with its caller, and the arena it takes memory from.

A context holds the payload of a failed check, the depth of recursion and its limit, the lowest address the stack
may reach, a function that asks whether to stop (null: never), three arenas, and two words for whoever calls. A
function takes its temporary memory from the first or second arena and leaves results of run-time size in the
other, which is its caller's own; a call swaps the two. The third holds tapes, which outlive the calls that make
them. An arena is a list of chunks; marks and releases only move its top, so a loop that takes and gives back
memory settles on chunks it already has.
"""

from __future__ import annotations

PAYLOAD_SLOTS = 4

# Positions of eight-byte words, for access from outside; native code uses the LLVM type below.
PAYLOAD, DEPTH, DEPTH_LIMIT, STACK_LIMIT, POLL, TICKS, ARENAS, STOP, THREAD = (
    0,
    4,
    5,
    6,
    7,
    8,
    9,
    18,
    19,
)
CONTEXT_WORDS = 20

TYPES = """\
; payload, depth, depth limit, stack limit, poll, ticks, three arenas (top, end, current chunk), stop, thread
%adc.arena = type { ptr, ptr, ptr }
%adc.context = type { [4 x i64], i64, i64, ptr, ptr, i64, [3 x %adc.arena], i64, ptr }
; the first 32 bytes of a chunk: previous, next, first usable byte, byte after the last
%adc.chunk = type { ptr, ptr, ptr, ptr }
"""

ARENA = """\
declare ptr @malloc(i64)
declare void @free(ptr)
declare i64 @llvm.umax.i64(i64, i64)
declare i64 @llvm.umin.i64(i64, i64)
declare { i64, i1 } @llvm.umul.with.overflow.i64(i64, i64)

; `bytes` from the arena, aligned to 64; null when there is no memory.
define internal noalias ptr @adc.alloc(ptr noundef %arena, i64 %bytes) noinline nounwind willreturn {
  %huge = icmp ugt i64 %bytes, 1152921504606846976
  br i1 %huge, label %none, label %fits
none:
  ret ptr null
fits:
  %least = call i64 @llvm.umax.i64(i64 %bytes, i64 1)
  %more = add i64 %least, 63
  %size = and i64 %more, -64
  %top = load ptr, ptr %arena
  %end.p = getelementptr %adc.arena, ptr %arena, i32 0, i32 1
  %end = load ptr, ptr %end.p
  %top.i = ptrtoint ptr %top to i64
  %end.i = ptrtoint ptr %end to i64
  %room = sub i64 %end.i, %top.i
  %ok = icmp uge i64 %room, %size
  br i1 %ok, label %take, label %grow
take:
  %new = getelementptr i8, ptr %top, i64 %size
  store ptr %new, ptr %arena
  ret ptr %top
grow:
  %chunk.p = getelementptr %adc.arena, ptr %arena, i32 0, i32 2
  %chunk = load ptr, ptr %chunk.p
  %first = icmp eq ptr %chunk, null
  br i1 %first, label %fresh, label %try
try:
  %next.p = getelementptr %adc.chunk, ptr %chunk, i32 0, i32 1
  %next = load ptr, ptr %next.p
  %last = icmp eq ptr %next, null
  br i1 %last, label %fresh, label %look
look:
  %next.start.p = getelementptr %adc.chunk, ptr %next, i32 0, i32 2
  %next.end.p = getelementptr %adc.chunk, ptr %next, i32 0, i32 3
  %next.start = load ptr, ptr %next.start.p
  %next.end = load ptr, ptr %next.end.p
  %next.start.i = ptrtoint ptr %next.start to i64
  %next.end.i = ptrtoint ptr %next.end to i64
  %next.room = sub i64 %next.end.i, %next.start.i
  %next.ok = icmp uge i64 %next.room, %size
  br i1 %next.ok, label %enter, label %fresh
fresh:
  %old.next = phi ptr [ null, %grow ], [ null, %try ], [ %next, %look ]
  %old.room = sub i64 %end.i, %top.i
  %old.size = call i64 @adc.chunk.size(ptr %chunk)
  %twice = shl i64 %old.size, 1
  %small = call i64 @llvm.umax.i64(i64 %twice, i64 65536)
  %usual = call i64 @llvm.umin.i64(i64 %small, i64 67108864)
  %wanted = call i64 @llvm.umax.i64(i64 %usual, i64 %size)
  %total = add i64 %wanted, 128
  %raw = call ptr @malloc(i64 %total)
  %failed = icmp eq ptr %raw, null
  br i1 %failed, label %none, label %link
link:
  %raw.i = ptrtoint ptr %raw to i64
  %after = add i64 %raw.i, 95
  %start.i = and i64 %after, -64
  %skip = sub i64 %start.i, %raw.i
  %start = getelementptr i8, ptr %raw, i64 %skip
  %limit = getelementptr i8, ptr %start, i64 %wanted
  %prev.p = getelementptr %adc.chunk, ptr %raw, i32 0, i32 0
  %mine.p = getelementptr %adc.chunk, ptr %raw, i32 0, i32 1
  %start.p = getelementptr %adc.chunk, ptr %raw, i32 0, i32 2
  %limit.p = getelementptr %adc.chunk, ptr %raw, i32 0, i32 3
  store ptr %chunk, ptr %prev.p
  store ptr %old.next, ptr %mine.p
  store ptr %start, ptr %start.p
  store ptr %limit, ptr %limit.p
  br i1 %first, label %tail, label %chain
chain:
  %chunk.next.p = getelementptr %adc.chunk, ptr %chunk, i32 0, i32 1
  store ptr %raw, ptr %chunk.next.p
  br label %tail
tail:
  %is.last = icmp eq ptr %old.next, null
  br i1 %is.last, label %enter, label %back
back:
  %old.prev.p = getelementptr %adc.chunk, ptr %old.next, i32 0, i32 0
  store ptr %raw, ptr %old.prev.p
  br label %enter
enter:
  %target = phi ptr [ %next, %look ], [ %raw, %tail ], [ %raw, %back ]
  %t.start.p = getelementptr %adc.chunk, ptr %target, i32 0, i32 2
  %t.end.p = getelementptr %adc.chunk, ptr %target, i32 0, i32 3
  %t.start = load ptr, ptr %t.start.p
  %t.end = load ptr, ptr %t.end.p
  %t.top = getelementptr i8, ptr %t.start, i64 %size
  store ptr %t.top, ptr %arena
  store ptr %t.end, ptr %end.p
  store ptr %target, ptr %chunk.p
  ret ptr %t.start
}

; The same for tapes, aligned to 16: mostly small blocks, one after the other.
define internal noalias ptr @adc.record(ptr noundef %arena, i64 %bytes) alwaysinline nounwind willreturn {
  %top = load ptr, ptr %arena
  %end.p = getelementptr %adc.arena, ptr %arena, i32 0, i32 1
  %end = load ptr, ptr %end.p
  %least = call i64 @llvm.umax.i64(i64 %bytes, i64 1)
  %more = add i64 %least, 15
  %size = and i64 %more, -16
  %top.i = ptrtoint ptr %top to i64
  %end.i = ptrtoint ptr %end to i64
  %room = sub i64 %end.i, %top.i
  %fits = icmp ule i64 %size, %room
  %sane = icmp ule i64 %bytes, 1152921504606846976
  %ok = and i1 %fits, %sane
  br i1 %ok, label %take, label %grow
take:
  %new = getelementptr i8, ptr %top, i64 %size
  store ptr %new, ptr %arena
  ret ptr %top
grow:
  %far = call ptr @adc.alloc(ptr %arena, i64 %bytes)
  ret ptr %far
}

define internal i64 @adc.chunk.size(ptr %chunk) nounwind {
  %none = icmp eq ptr %chunk, null
  br i1 %none, label %zero, label %some
zero:
  ret i64 0
some:
  %start.p = getelementptr %adc.chunk, ptr %chunk, i32 0, i32 2
  %end.p = getelementptr %adc.chunk, ptr %chunk, i32 0, i32 3
  %start = load i64, ptr %start.p
  %end = load i64, ptr %end.p
  %size = sub i64 %end, %start
  ret i64 %size
}

define internal { ptr, ptr } @adc.mark(ptr noundef %arena) noinline nounwind willreturn {
  %top = load ptr, ptr %arena
  %chunk.p = getelementptr %adc.arena, ptr %arena, i32 0, i32 2
  %chunk = load ptr, ptr %chunk.p
  %one = insertvalue { ptr, ptr } poison, ptr %top, 0
  %both = insertvalue { ptr, ptr } %one, ptr %chunk, 1
  ret { ptr, ptr } %both
}

; Back to a mark. A mark of an arena without chunks goes back to the start of its first chunk.
define internal void @adc.release(ptr noundef %arena, { ptr, ptr } %mark) noinline nounwind willreturn {
  %top = extractvalue { ptr, ptr } %mark, 0
  %chunk = extractvalue { ptr, ptr } %mark, 1
  %chunk.p = getelementptr %adc.arena, ptr %arena, i32 0, i32 2
  %end.p = getelementptr %adc.arena, ptr %arena, i32 0, i32 1
  %now = load ptr, ptr %chunk.p
  %same = icmp eq ptr %now, %chunk
  br i1 %same, label %move, label %other
move:
  store ptr %top, ptr %arena
  ret void
other:
  %none = icmp eq ptr %chunk, null
  br i1 %none, label %rewind, label %some
some:
  %limit.p = getelementptr %adc.chunk, ptr %chunk, i32 0, i32 3
  %limit = load ptr, ptr %limit.p
  store ptr %chunk, ptr %chunk.p
  store ptr %limit, ptr %end.p
  store ptr %top, ptr %arena
  ret void
rewind:
  %at = phi ptr [ %now, %other ], [ %prev, %rewind ]
  %prev = load ptr, ptr %at
  %is.first = icmp eq ptr %prev, null
  br i1 %is.first, label %begin, label %rewind
begin:
  %f.start.p = getelementptr %adc.chunk, ptr %at, i32 0, i32 2
  %f.end.p = getelementptr %adc.chunk, ptr %at, i32 0, i32 3
  %f.start = load ptr, ptr %f.start.p
  %f.end = load ptr, ptr %f.end.p
  store ptr %at, ptr %chunk.p
  store ptr %f.end, ptr %end.p
  store ptr %f.start, ptr %arena
  ret void
}

; Bytes for dims: a negative factor counts as 0, an overflow as too much for any machine.
define internal i64 @adc.times(i64 %bytes, i64 %dim) alwaysinline nounwind memory(none) {
  %negative = icmp slt i64 %dim, 0
  %count = select i1 %negative, i64 0, i64 %dim
  %pair = call { i64, i1 } @llvm.umul.with.overflow.i64(i64 %bytes, i64 %count)
  %product = extractvalue { i64, i1 } %pair, 0
  %over = extractvalue { i64, i1 } %pair, 1
  %size = select i1 %over, i64 9223372036854775807, i64 %product
  ret i64 %size
}

; Count work; now and then ask whether to stop. True when the call is to be left.
define internal i1 @adc.tick(ptr %ctx, i64 %work) alwaysinline nounwind {
  %ticks.p = getelementptr %adc.context, ptr %ctx, i32 0, i32 5
  %old = load i64, ptr %ticks.p
  %ticks = add i64 %old, %work
  store i64 %ticks, ptr %ticks.p
  %due = icmp uge i64 %ticks, 65536
  br i1 %due, label %ask, label %go
go:
  ret i1 false
ask:
  %stop = call i1 @adc.ask(ptr %ctx)
  ret i1 %stop
}

define internal i1 @adc.ask(ptr %ctx) noinline cold nounwind {
  %ticks.p = getelementptr %adc.context, ptr %ctx, i32 0, i32 5
  store i64 0, ptr %ticks.p
  %poll.p = getelementptr %adc.context, ptr %ctx, i32 0, i32 4
  %poll = load ptr, ptr %poll.p
  %never = icmp eq ptr %poll, null
  br i1 %never, label %on, label %call
on:
  ret i1 false
call:
  %answer = call i32 %poll(ptr %ctx)
  %stop = icmp ne i32 %answer, 0
  ret i1 %stop
}
"""

CLEAR = """\
; Give all memory of an arena back to the system, but for its last and largest chunk if that has at most `keep` bytes:
; calls that need as much again soon find it in one piece.
define internal void @adc.clear.arena(ptr %arena, i64 %keep) nounwind {
  %chunk.p = getelementptr %adc.arena, ptr %arena, i32 0, i32 2
  %end.p = getelementptr %adc.arena, ptr %arena, i32 0, i32 1
  %now = load ptr, ptr %chunk.p
  %none = icmp eq ptr %now, null
  br i1 %none, label %done, label %rewind
rewind:
  %at = phi ptr [ %now, %0 ], [ %prev, %rewind ]
  %prev = load ptr, ptr %at
  %is.first = icmp eq ptr %prev, null
  br i1 %is.first, label %look, label %rewind
look:
  %victim = phi ptr [ %at, %rewind ], [ %after, %drop ]
  %after.p = getelementptr %adc.chunk, ptr %victim, i32 0, i32 1
  %after = load ptr, ptr %after.p
  %last = icmp eq ptr %after, null
  br i1 %last, label %weigh, label %drop
drop:
  call void @free(ptr %victim)
  br label %look
weigh:
  %size = call i64 @adc.chunk.size(ptr %victim)
  %small = icmp ule i64 %size, %keep
  br i1 %small, label %begin, label %empty
begin:
  %prev.p = getelementptr %adc.chunk, ptr %victim, i32 0, i32 0
  store ptr null, ptr %prev.p
  %start.p = getelementptr %adc.chunk, ptr %victim, i32 0, i32 2
  %start = load ptr, ptr %start.p
  %limit.p = getelementptr %adc.chunk, ptr %victim, i32 0, i32 3
  %limit = load ptr, ptr %limit.p
  store ptr %start, ptr %arena
  store ptr %limit, ptr %end.p
  store ptr %victim, ptr %chunk.p
  br label %done
empty:
  call void @free(ptr %victim)
  store ptr null, ptr %arena
  store ptr null, ptr %end.p
  store ptr null, ptr %chunk.p
  br label %done
done:
  ret void
}

; Give back the memory of a context, but for one chunk per arena of at most `keep` bytes.
define void @adc.clear(ptr %ctx, i64 %keep) nounwind {
  %one = getelementptr %adc.context, ptr %ctx, i32 0, i32 6, i32 0
  %two = getelementptr %adc.context, ptr %ctx, i32 0, i32 6, i32 1
  %three = getelementptr %adc.context, ptr %ctx, i32 0, i32 6, i32 2
  call void @adc.clear.arena(ptr %one, i64 %keep)
  call void @adc.clear.arena(ptr %two, i64 %keep)
  call void @adc.clear.arena(ptr %three, i64 %keep)
  ret void
}
"""
