"""Calls of native functions with flat NumPy leaves, through ctypes.

Correct for every function, results included whose sizes only the run knows; a faster entry for small arrays may
stand in front. Recursion runs on the caller's stack as long as that is certainly deep enough, then once more on a
thread with a large one: functions are pure, so a call can be repeated.
"""

from __future__ import annotations

import ctypes
import struct
import threading
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from adc.lowering import context as layout
from adc.lowering.sites import DEPTH_SITE, INTERRUPT_SITE, OUT_OF_MEMORY, STACK_SITE, error_of
from adc.runtime.bridge import bridge
from adc.runtime.entries import Entry, Leaf, ResultLeaf
from adc.types.core import DType
from adc.types.dims import Poly

KEPT_BYTES = 64 << 20  # how much arena memory a context keeps from call to call
NEAR_STACK = 256 << 10  # bytes of the caller's stack that recursion may use
DEEP_STACKS = (64 << 20, 1 << 30)  # stacks of the threads that deeper recursion runs on
STACK_MARGIN = 128 << 10  # what must be left below for calls of library functions

_FORMATS = {DType.F64: "d", DType.F32: "f4x", DType.I64: "q", DType.I32: "i4x", DType.BOOL: "?7x"}
_SCALARS: dict[DType, Callable[[Any], Any]] = {
    DType.F64: float,
    DType.F32: np.float32,
    DType.I64: int,
    DType.I32: np.int32,
    DType.BOOL: bool,
}
_Words = ctypes.c_int64 * layout.CONTEXT_WORDS


class Context:
    """A call context with its arenas; used by one call at a time."""

    def __init__(self) -> None:
        self._bridge = bridge()
        self.words = _Words()
        self.address = ctypes.addressof(self.words)
        self.words[layout.POLL] = self._bridge.poll

    def clear(self, keep: int) -> None:
        """Give back the memory of the arenas, but for `keep` bytes each."""
        self._bridge.clear(self.address, keep)

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
        params = ["Q" if p.axes else _FORMATS[p.dtype] for p in entry.params]
        self._slots = struct.Struct("".join(params) + "q" * len(entry.slots))
        self._needs_deep_stack = False

    # ---- calling ---------------------------------------------------------------------------------

    def __call__(self, *leaves: Any) -> tuple[Any, ...]:
        """The flat results for flat arguments: i64 sizes, scalars, C-contiguous arrays of the exact dtype."""
        context = self._contexts.pop() if self._contexts else Context()
        try:
            results = self._call(context, leaves)
        finally:
            context.clear(KEPT_BYTES)
        self._contexts.append(context)
        return results

    def _call(self, context: Context, leaves: Sequence[Any]) -> tuple[Any, ...]:
        values = self._checked(leaves)
        provided = [self._empty(r, leaves) for r in self.entry.results]
        addresses = [0 if a is None else _address(a) for a in provided]
        addresses += [0] * (len(self.entry.slots) - len(addresses))
        slots = bytearray(self._slots.size)
        self._slots.pack_into(slots, 0, *values, *addresses)
        place = (ctypes.c_char * len(slots)).from_buffer(slots)
        status = self._execute(context, ctypes.addressof(place))
        if status:
            raise self._error(context, status - 1)
        return tuple(self._results(slots, provided, leaves))

    def _checked(self, leaves: Sequence[Any]) -> list[Any]:
        """Slot values of the arguments; a wrong one would be read as garbage."""
        if len(leaves) != len(self.entry.params):
            raise TypeError(
                f"`{self.name}` takes {len(self.entry.params)} leaves, not {len(leaves)}"
            )
        values = []
        for leaf, t in zip(leaves, self.entry.params, strict=True):
            if not t.axes:
                values.append(leaf)
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
            values.append(_address(leaf))
        return values

    def _empty(self, r: ResultLeaf, leaves: Sequence[Any]) -> np.ndarray[Any, Any] | None:
        """Memory for a result whose size is known before the call."""
        if not r.is_provided:
            return None
        shape = tuple(max(_size(d, leaves), 0) for d in r.dims)
        try:
            return np.empty(shape, r.dtype.numpy_name)
        except (MemoryError, ValueError):
            raise error_of(OUT_OF_MEMORY, [r.dtype.bytes * prod(shape)]) from None

    def _execute(self, context: Context, slots: int) -> int:
        """Run; on a larger stack when the near one does not suffice."""
        status = 0
        if not self._needs_deep_stack:
            status = self._enter(context, slots, NEAR_STACK)
            if status != STACK_SITE + 1:
                return status
        for size in DEEP_STACKS:
            status = self._enter_deep(context, slots, size)
            if status != STACK_SITE + 1:
                break
        self._needs_deep_stack = True
        return status

    def _enter(self, context: Context, slots: int, stack: int) -> int:
        words = context.words
        words[layout.DEPTH] = words[layout.TICKS] = words[layout.STOP] = 0
        words[layout.DEPTH_LIMIT] = self._depth_limit
        words[layout.STACK_LIMIT] = max(bridge().stack() - stack, 0)
        return int(bridge().enter(self._run, context.address, slots))

    def _enter_deep(self, context: Context, slots: int, stack: int) -> int:
        outcome: list[int | BaseException] = []

        def work() -> None:
            try:
                outcome.append(self._enter(context, slots, stack - STACK_MARGIN))
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
        if isinstance(result, BaseException):
            raise result
        return result

    # ---- results ---------------------------------------------------------------------------------

    def _results(
        self,
        slots: bytearray,
        provided: Sequence[np.ndarray[Any, Any] | None],
        leaves: Sequence[Any],
    ) -> list[Any]:
        start = self._slots.size - 8 * len(self.entry.slots)
        results: list[Any] = []
        scalars: dict[int, int] = {}
        for k, out in enumerate(self.entry.slots):
            if not out.is_array and not out.is_provided:
                (value,) = struct.unpack_from(_FORMATS[out.dtype], slots, start + 8 * k)
                scalars[k] = value
        for k, (r, array) in enumerate(zip(self.entry.results, provided, strict=True)):
            if array is not None:
                results.append(array)
            elif r.dims:
                (address,) = struct.unpack_from("Q", slots, start + 8 * k)
                shape = tuple(_size(d, leaves, scalars) for d in r.dims)
                results.append(_copied(address, shape, r.dtype))
            else:
                results.append(_SCALARS[r.dtype](scalars[k]))
        return results

    def _error(self, context: Context, number: int) -> BaseException:
        if number == INTERRUPT_SITE:
            return KeyboardInterrupt()
        site = self.entry.sites[number]
        payload: list[object] = []
        for k, dtype in enumerate(site.payload):
            word = context.words[layout.PAYLOAD + k]
            if dtype.is_float:
                word = struct.unpack("d", struct.pack("q", word))[0]
            payload.append(_SCALARS[dtype](word))
        if number == DEPTH_SITE:
            payload = [self._depth_limit]
        return error_of(site, payload)


def _has_shape(a: np.ndarray[Any, Any], t: Leaf, leaves: Sequence[Any]) -> bool:
    """Whether the axes of an argument are as long as the sizes say."""
    return a.ndim == len(t.axes) and all(
        axis is None or extent == (-1 - axis if axis < 0 else leaves[axis])
        for extent, axis in zip(a.shape, t.axes, strict=True)
    )


def _address(a: np.ndarray[Any, Any]) -> int:
    address: int = a.__array_interface__["data"][0]
    return address


def _size(d: Poly, leaves: Sequence[Any], scalars: dict[int, int] | None = None) -> int:
    """A dim from the arguments, or from the scalar results."""
    known = d.constant
    if known is not None:
        return known

    def value_of(atom: object) -> int:
        if isinstance(atom, tuple):
            assert scalars is not None
            return scalars[atom[1]]
        assert isinstance(atom, int)
        return int(leaves[atom])

    return int(d.evaluate(value_of))


def _copied(address: int, shape: tuple[int, ...], dtype: DType) -> np.ndarray[Any, Any]:
    """A fresh array with the elements at an address."""
    array = np.empty(shape, dtype.numpy_name)
    ctypes.memmove(_address(array), address, array.nbytes)
    return array
