"""The results of a native function: the memory they are written to, and what is read back.

An array whose size follows from the arguments is written straight into a fresh NumPy array; one whose size only the run
knows lies in the context's memory and is copied. What can be worked out from the entry is worked out once.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable, Sequence
from math import lcm, prod
from typing import Any

import numpy as np

from adc.lowering.sites import OUT_OF_MEMORY, error_of
from adc.runtime.addresses import Array, address
from adc.runtime.entries import Entry, ResultLeaf
from adc.types.core import DType
from adc.types.dims import Poly

FORMATS = {DType.F64: "d", DType.F32: "f4x", DType.I64: "q", DType.I32: "i4x", DType.BOOL: "?7x"}
SCALARS: dict[DType, Callable[[Any], Any]] = {
    DType.F64: float,
    DType.F32: np.float32,
    DType.I64: int,
    DType.I32: np.int32,
    DType.BOOL: bool,
}
Leaves = Sequence[Any]
Words = Sequence[
    Any
]  # what the run left in the slots of the results: scalars, and addresses of arrays
Size = Callable[[Leaves, Words], int]


class ResultPlan:
    """How the results of one entry come back."""

    def __init__(self, entry: Entry) -> None:
        self._makers = tuple(map(_maker, entry.results))
        self._readers = tuple(_reader(k, r) for k, r in enumerate(entry.results))
        self._spare = len(entry.slots) - len(entry.results)
        formats = ("Q" if s.is_array or s.is_provided else FORMATS[s.dtype] for s in entry.slots)
        self._slots = struct.Struct(f"{8 * len(entry.params)}x{''.join(formats)}")

    def provide(self, leaves: Leaves) -> list[Array | None]:
        """Memory for the results whose sizes are known before the call. Raises EvaluationError E0606."""
        return [None if make is None else make(leaves) for make in self._makers]

    def slots(self, provided: Sequence[Array | None]) -> list[int]:
        """What stands in the slots of the results before the call."""
        return [*(0 if a is None else address(a) for a in provided), *[0] * self._spare]

    def read(self, slots: Any, provided: Sequence[Array | None], leaves: Leaves) -> list[Any]:
        """The results after the call."""
        words = self._slots.unpack_from(slots)
        return [
            read(leaves, words) if array is None else array
            for read, array in zip(self._readers, provided, strict=True)
        ]


def _maker(r: ResultLeaf) -> Callable[[Leaves], Array] | None:
    """What makes the memory of a result that the caller provides."""
    if not r.is_provided:
        return None
    dtype = np.dtype(r.dtype.numpy_name)
    sizes = tuple(map(size_of, r.dims))

    def make(leaves: Leaves) -> Array:
        shape = [size(leaves, ()) for size in sizes]
        try:
            return np.empty(shape, dtype)
        except (MemoryError, ValueError):
            raise error_of(OUT_OF_MEMORY, [dtype.itemsize * prod(shape)]) from None

    return make


def _reader(k: int, r: ResultLeaf) -> Callable[[Leaves, Words], Any]:
    """What takes a result out of the words: a scalar, or a copy of an array."""
    if not r.dims:
        convert = SCALARS[r.dtype]
        return lambda leaves, words: convert(words[k])
    dtype = np.dtype(r.dtype.numpy_name)
    sizes = tuple(map(size_of, r.dims))

    def copy(leaves: Leaves, words: Words) -> Array:
        array = np.empty([size(leaves, words) for size in sizes], dtype)
        ctypes.memmove(address(array), words[k], array.nbytes)
        return array

    return copy


def size_of(dim: Poly) -> Size:
    """What tells the size that `dim` means; names and numbers, most of all dims, need no arithmetic."""
    known, atom = dim.constant, dim.single_atom
    if known is not None:
        return lambda leaves, words: known
    if atom is not None:
        read = _atom(atom)
        return lambda leaves, words: max(read(leaves, words), 0)
    denominator = lcm(*(c.denominator for _, c in dim.terms))
    terms = [
        (int(c * denominator), [_atom(a) for a, power in powers for _ in range(power)])
        for powers, c in dim.terms
    ]

    def size(leaves: Leaves, words: Words) -> int:
        total = sum(c * prod(read(leaves, words) for read in atoms) for c, atoms in terms)
        return max(total // denominator, 0)

    return size


def _atom(atom: object) -> Size:
    """An atom of a result's dim: the position of a parameter, or `("result", k)`."""
    if isinstance(atom, tuple):
        position: int = atom[1]
        return lambda leaves, words: words[position]
    assert isinstance(atom, int)
    return lambda leaves, words: leaves[atom]
