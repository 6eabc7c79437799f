"""Calls of native functions with flat NumPy leaves, through ctypes.

Correct for every function, results included whose sizes only the run knows; a faster entry for small arrays may
stand in front. Recursion runs on the caller's stack as long as that is certainly deep enough, then once more on a
thread with a large one: functions are pure, so a call can be repeated.
"""

from __future__ import annotations

import ctypes
import struct
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from adc.lowering import context as layout
from adc.lowering.sites import DEPTH_SITE, INTERRUPT_SITE, STACK_SITE, error_of
from adc.runtime import bridge as words
from adc.runtime.addresses import address
from adc.runtime.bridge import bridge
from adc.runtime.entries import Entry, Leaf
from adc.runtime.results import FORMATS, SCALARS, ResultPlan

KEPT_BYTES = 64 << 20  # how much arena memory a context keeps from call to call
NEAR_STACK = 256 << 10  # bytes of the caller's stack that recursion may use
DEEP_STACKS = (64 << 20, 1 << 30)  # stacks of the threads that deeper recursion runs on
STACK_MARGIN = 128 << 10  # what must be left below for calls of library functions

_Words = ctypes.c_int64 * words.CALL_WORDS


class Context:
    """A call context with its arenas, and the slots of a function; used by one call at a time."""

    def __init__(self, run: int, slots: int, depth_limit: int, keep: int) -> None:
        """`run` is the address of the function, `slots` their number, `keep` as for `adc.enter`."""
        self._bridge = bridge()
        self.words = _Words()
        self.slots = (ctypes.c_int64 * max(slots, 1))()
        self.pointer = ctypes.c_void_p(ctypes.addressof(self.words))
        self.words[layout.POLL] = self._bridge.poll
        self.words[layout.DEPTH_LIMIT] = depth_limit
        self.words[words.RUN] = run
        self.words[words.SLOTS] = ctypes.addressof(self.slots)
        self.words[words.STACK] = NEAR_STACK
        self.words[words.KEEP] = keep
        self.enter = self._bridge.enter

    def clear(self, keep: int) -> None:
        """Give back the memory of the arenas, but for `keep` bytes each."""
        self._bridge.clear(self.pointer, keep)

    def __del__(self) -> None:
        self.clear(0)


class NativeFunction:
    """One entry of a compiled module; `__call__` takes and returns flat leaves, sizes first."""

    def __init__(self, entry: Entry, address: int, owner: object, depth_limit: int) -> None:
        """`address` is that of the function's `adc.run` form; `owner` keeps the machine code alive."""
        self.name = entry.name
        self.entry = entry
        self._run = address
        self._owner = owner
        self._depth_limit = depth_limit
        self._contexts: list[Context] = []
        self._results = ResultPlan(entry)
        self._is_array = tuple(bool(p.axes) for p in entry.params)
        params = ["Q" if p.axes else FORMATS[p.dtype] for p in entry.params]
        self._slots = struct.Struct("".join(params) + "Q" * len(entry.slots))
        self._leaves_memory = any(s.is_array for s in entry.slots)
        self._needs_deep_stack = False

    # ---- calling ---------------------------------------------------------------------------------

    def __call__(self, *leaves: Any) -> tuple[Any, ...]:
        """The flat results for flat arguments: i64 sizes, scalars, C-contiguous arrays of the exact dtype."""
        self._check(leaves)
        return tuple(self.run(leaves))

    def run(self, leaves: Sequence[Any]) -> list[Any]:
        """The same for arguments that were checked: a wrong one would be read as garbage."""
        context = self._contexts.pop() if self._contexts else self._context()
        provided = self._results.provide(leaves)
        values = [
            address(leaf) if is_array else leaf
            for leaf, is_array in zip(leaves, self._is_array, strict=True)
        ]
        self._slots.pack_into(context.slots, 0, *values, *self._results.slots(provided))
        status = self._execute(context)
        if status:
            error = self._error(context, status - 1)
            self._put_back(context)
            raise error
        results = self._results.read(context.slots, provided, leaves)
        self._put_back(context)
        return results

    def _context(self) -> Context:
        keep = -1 if self._leaves_memory else KEPT_BYTES
        return Context(
            self._run, len(self.entry.params) + len(self.entry.slots), self._depth_limit, keep
        )

    def _put_back(self, context: Context) -> None:
        """For the next call. A context whose call was left by an exception is not put back."""
        if self._leaves_memory:
            context.clear(KEPT_BYTES)
        self._contexts.append(context)

    def _check(self, leaves: Sequence[Any]) -> None:
        if len(leaves) != len(self.entry.params):
            raise TypeError(
                f"`{self.name}` takes {len(self.entry.params)} leaves, not {len(leaves)}"
            )
        for leaf, t in zip(leaves, self.entry.params, strict=True):
            if not t.axes:
                continue
            is_array = (
                isinstance(leaf, np.ndarray)
                and leaf.dtype == t.dtype.numpy_name
                and leaf.flags.c_contiguous
                and leaf.flags.aligned
            )
            if not is_array or not _has_shape(leaf, t, leaves):
                raise TypeError(
                    f"`{self.name}` takes a contiguous {t.dtype.numpy_name} array of its sizes"
                )

    def _execute(self, context: Context) -> int:
        """Run; on a larger stack when the near one does not suffice."""
        status = 0
        if not self._needs_deep_stack:
            status = int(context.enter(context.pointer))
            if status != STACK_SITE + 1:
                return status
        for size in DEEP_STACKS:
            status = self._enter_deep(context, size)
            if status != STACK_SITE + 1:
                break
        self._needs_deep_stack = True
        return status

    def _enter_deep(self, context: Context, stack: int) -> int:
        context.words[words.STACK] = stack - STACK_MARGIN
        outcome: list[int | BaseException] = []

        def work() -> None:
            try:
                outcome.append(int(context.enter(context.pointer)))
            except BaseException as error:  # noqa: BLE001 - handed on to the caller below
                outcome.append(error)

        old = threading.stack_size(stack)
        try:
            thread = threading.Thread(target=work, name=f"adc {self.name}")
            thread.start()
        finally:
            threading.stack_size(old)
        try:
            thread.join()
        except BaseException:
            context.words[layout.STOP] = 1
            thread.join()
            raise
        (result,) = outcome
        context.words[words.STACK] = NEAR_STACK
        if isinstance(result, BaseException):
            raise result
        return result

    def _error(self, context: Context, number: int) -> BaseException:
        if number == INTERRUPT_SITE:
            return KeyboardInterrupt()
        site = self.entry.sites[number]
        payload: list[object] = []
        for k, dtype in enumerate(site.payload):
            word = context.words[layout.PAYLOAD + k]
            if dtype.is_float:
                word = struct.unpack("d", struct.pack("q", word))[0]
            payload.append(SCALARS[dtype](word))
        if number == DEPTH_SITE:
            payload = [self._depth_limit]
        return error_of(site, payload)


def _has_shape(a: np.ndarray[Any, Any], t: Leaf, leaves: Sequence[Any]) -> bool:
    """Whether the axes of an argument are as long as the sizes say."""
    return a.ndim == len(t.axes) and all(
        axis is None or extent == (-1 - axis if axis < 0 else leaves[axis])
        for extent, axis in zip(a.shape, t.axes, strict=True)
    )
