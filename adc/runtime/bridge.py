"""The step between Python and native code: frees the interpreter lock, answers Ctrl-C.

A few functions, made once per process. `enter(run, ctx, slots)` lets other Python threads go on while `run` works.
`poll(ctx)`, called now and then by long loops, takes the lock back and lets Python handle signals; when a handler
raises, the loop is left and the exception is there when `enter` returns. `stack` tells an address on the stack of
this thread, `clear(ctx, keep)` gives back the memory of a context.
"""

from __future__ import annotations

import ctypes
from functools import cache

from adc.lowering.context import ARENA, CLEAR, TYPES
from adc.runtime.backend import LoadedCode, compile_text

_TEXT = (
    TYPES
    + ARENA
    + CLEAR
    + """
declare ptr @PyEval_SaveThread()
declare void @PyEval_RestoreThread(ptr)
declare i32 @PyErr_CheckSignals()

define i32 @adc.enter(ptr %run, ptr %ctx, ptr %slots) {
  %thread.p = getelementptr %adc.context, ptr %ctx, i32 0, i32 8
  %thread = call ptr @PyEval_SaveThread()
  store ptr %thread, ptr %thread.p
  %status = call i32 %run(ptr %ctx, ptr %slots)
  %back = load ptr, ptr %thread.p
  call void @PyEval_RestoreThread(ptr %back)
  ret i32 %status
}

define i64 @adc.stack() {
  %frame = call ptr @llvm.frameaddress.p0(i32 0)
  %address = ptrtoint ptr %frame to i64
  ret i64 %address
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
_PYTHON = ("PyEval_SaveThread", "PyEval_RestoreThread", "PyErr_CheckSignals")


class Bridge:
    """`enter` raises what a signal handler raised; `poll` is an address for contexts."""

    def __init__(self) -> None:
        symbols = {
            name: ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value or 0
            for name in _PYTHON
        }
        self._code = LoadedCode(
            compile_text(_TEXT).object, symbols, ("adc.enter", "adc.poll", "adc.stack", "adc.clear")
        )
        signature = ctypes.PYFUNCTYPE(
            ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p
        )
        self.enter = signature(self._code.address("adc.enter"))
        self.stack = ctypes.PYFUNCTYPE(ctypes.c_int64)(self._code.address("adc.stack"))
        clear = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)
        self.clear = clear(self._code.address("adc.clear"))
        self.poll = self._code.address("adc.poll")


@cache
def bridge() -> Bridge:
    """The bridge of this process."""
    return Bridge()
