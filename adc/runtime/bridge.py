"""The step between Python and native code: frees the interpreter lock, answers Ctrl-C.

A few functions, made once per process. `enter(call)` runs what the call says and lets other Python threads go on
meanwhile. `poll(ctx)`, called now and then by long loops, takes the lock back and lets Python handle signals; when a
handler raises, the loop is left and the exception is there when `enter` returns. `clear(ctx, keep)` gives back the
memory of a context.
"""

from __future__ import annotations

import ctypes
from functools import cache

from adc.lowering.context import ARENA, CLEAR, CONTEXT_WORDS, TYPES
from adc.runtime.backend import LoadedCode, compile_text

_TEXT = (
    TYPES
    + ARENA
    + CLEAR
    + """
declare ptr @PyEval_SaveThread()
declare void @PyEval_RestoreThread(ptr)
declare i32 @PyErr_CheckSignals()

; a context, what runs in it, the slots of its arguments and results, how much stack it may use, how much memory the
; context keeps afterwards (all, if negative)
%adc.call = type { %adc.context, ptr, ptr, i64, i64 }

define i32 @adc.enter(ptr %call) {
  %depth.p = getelementptr %adc.context, ptr %call, i32 0, i32 1
  %limit.p = getelementptr %adc.context, ptr %call, i32 0, i32 3
  %ticks.p = getelementptr %adc.context, ptr %call, i32 0, i32 5
  %thread.p = getelementptr %adc.context, ptr %call, i32 0, i32 8
  %run.p = getelementptr %adc.call, ptr %call, i32 0, i32 1
  %slots.p = getelementptr %adc.call, ptr %call, i32 0, i32 2
  %stack.p = getelementptr %adc.call, ptr %call, i32 0, i32 3
  %keep.p = getelementptr %adc.call, ptr %call, i32 0, i32 4
  %run = load ptr, ptr %run.p
  %slots = load ptr, ptr %slots.p
  %stack = load i64, ptr %stack.p
  %keep = load i64, ptr %keep.p
  %frame = call ptr @llvm.frameaddress.p0(i32 0)
  %down = sub i64 0, %stack
  %limit = getelementptr i8, ptr %frame, i64 %down
  store i64 0, ptr %depth.p
  store ptr %limit, ptr %limit.p
  store i64 0, ptr %ticks.p
  %thread = call ptr @PyEval_SaveThread()
  store ptr %thread, ptr %thread.p
  %status = call i32 %run(ptr %call, ptr %slots)
  %back = load ptr, ptr %thread.p
  call void @PyEval_RestoreThread(ptr %back)
  %all = icmp slt i64 %keep, 0
  br i1 %all, label %done, label %tidy
tidy:
  call void @adc.clear(ptr %call, i64 %keep)
  br label %done
done:
  ret i32 %status
}
declare ptr @llvm.frameaddress.p0(i32)

define i32 @adc.poll(ptr %ctx) {
  %stop.p = getelementptr %adc.context, ptr %ctx, i32 0, i32 7
  %stop = load volatile i64, ptr %stop.p
  %told = icmp ne i64 %stop, 0
  br i1 %told, label %leave, label %ask
leave:
  ret i32 1
ask:
  %thread.p = getelementptr %adc.context, ptr %ctx, i32 0, i32 8
  %thread = load ptr, ptr %thread.p
  call void @PyEval_RestoreThread(ptr %thread)
  %raised = call i32 @PyErr_CheckSignals()
  %again = call ptr @PyEval_SaveThread()
  store ptr %again, ptr %thread.p
  ret i32 %raised
}
"""
)
# Positions of the words of a call after those of its context.
RUN, SLOTS, STACK, KEEP = range(CONTEXT_WORDS, CONTEXT_WORDS + 4)
CALL_WORDS = CONTEXT_WORDS + 4
_PYTHON = ("PyEval_SaveThread", "PyEval_RestoreThread", "PyErr_CheckSignals")


class Bridge:
    """`enter` raises what a signal handler raised; `poll` is an address for contexts."""

    def __init__(self) -> None:
        symbols = {
            name: ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value or 0
            for name in _PYTHON
        }
        self._code = LoadedCode(
            compile_text(_TEXT).object, symbols, ("adc.enter", "adc.poll", "adc.clear")
        )
        enter = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
        self.enter = enter(self._code.address("adc.enter"))
        clear = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)
        self.clear = clear(self._code.address("adc.clear"))
        self.poll = self._code.address("adc.poll")


@cache
def bridge() -> Bridge:
    """The bridge of this process."""
    return Bridge()
