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
from typing import Any

import numpy as np

from adc.ir.core import Type
from adc.lowering import context as layout
from adc.lowering.abi import Interface, Result
from adc.lowering.llvm_module import run_symbol
from adc.lowering.loops import Out, Program
from adc.lowering.sites import DEPTH_SITE, INTERRUPT_SITE, STACK_SITE, error_of
from adc.runtime.backend import LoadedCode
from adc.runtime.bridge import bridge
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

    def __init__(
        self, own: Interface, program: Program, code: LoadedCode, depth_limit: int
    ) -> None:
        self.name = own.name
        self._own = own
        self._program = program
        self._code = code  # keeps the machine code alive
        self._depth_limit = depth_limit
        self._run = code.address(run_symbol(own.name))
        self._contexts: list[Context] = []
        self._params = own.params
        function = program.functions[own.name]
        self._outs = function.results
        self._slots = struct.Struct("".join(self._slot_format(t) for t in own.params) + "q" * len(self._outs))
        self._needs_deep_stack = False

    @staticmethod
    def _slot_format(t: Type) -> str:
        return "Q" if t.rank else _FORMATS[t.dtype]

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
        provided = [self._empty(r, leaves) for r in self._own.results]
        addresses = [0 if a is None else _address(a) for a in provided]
        addresses += [0] * (len(self._outs) - len(addresses))
        slots = bytearray(self._slots.size)
        self._slots.pack_into(slots, 0, *values, *addresses)
        place = (ctypes.c_char * len(slots)).from_buffer(slots)
        status = self._execute(context, ctypes.addressof(place))
        if status:
            raise self._error(context, status - 1)
        return tuple(self._results(slots, provided, leaves))

    def _checked(self, leaves: Sequence[Any]) -> list[Any]:
        """Slot values of the arguments; a wrong one would be read as garbage."""
        if len(leaves) != len(self._params):
            raise TypeError(f"`{self.name}` takes {len(self._params)} leaves, not {len(leaves)}")
        values = []
        for leaf, t in zip(leaves, self._params, strict=True):
            if not t.rank:
                values.append(leaf)
                continue
            fits = (
                isinstance(leaf, np.ndarray)
                and leaf.dtype == t.dtype.numpy_name
                and leaf.flags.c_contiguous
                and leaf.flags.aligned
                and leaf.ndim == t.rank
            )
            if not fits:
                raise TypeError(f"`{self.name}` takes a contiguous {t.dtype.numpy_name} array of rank {t.rank}")
            values.append(_address(leaf))
        return values

    def _empty(self, r: Result, leaves: Sequence[Any]) -> np.ndarray[Any, Any] | None:
        """Memory for a result whose size is known before the call."""
        if not r.is_provided:
            return None
        shape = tuple(_size(d, leaves) for d in r.dims)
        return np.empty(shape, r.type.dtype.numpy_name)

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
        self, slots: bytearray, provided: Sequence[np.ndarray[Any, Any] | None], leaves: Sequence[Any]
    ) -> list[Any]:
        start = self._slots.size - 8 * len(self._outs)
        results: list[Any] = []
        scalars: dict[int, int] = {}
        for k, out in enumerate(self._outs):
            if isinstance(out, Out) and not out.is_array:
                (value,) = struct.unpack_from(_FORMATS[out.dtype], slots, start + 8 * k)
                scalars[k] = value
        for k, (r, array) in enumerate(zip(self._own.results, provided, strict=True)):
            if array is not None:
                results.append(array)
            elif r.type.rank:
                (address,) = struct.unpack_from("Q", slots, start + 8 * k)
                shape = tuple(_size(d, leaves, scalars) for d in r.dims)
                results.append(_copied(address, shape, r.type.dtype))
            else:
                results.append(_SCALARS[r.type.dtype](scalars[k]))
        return results

    def _error(self, context: Context, number: int) -> BaseException:
        if number == INTERRUPT_SITE:
            return KeyboardInterrupt()
        site = self._program.sites[number]
        payload: list[object] = []
        for k, dtype in enumerate(site.payload):
            word = context.words[layout.PAYLOAD + k]
            if dtype.is_float:
                word = struct.unpack("d", struct.pack("q", word))[0]
            payload.append(_SCALARS[dtype](word))
        if number == DEPTH_SITE:
            payload = [self._depth_limit]
        return error_of(site, payload)


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

