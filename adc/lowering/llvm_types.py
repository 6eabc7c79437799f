"""LLVM spellings of element types, constants and vectors.

Booleans are i1 in registers and i8 in memory, as NumPy stores them. `lanes` is 1 for scalars.
"""

from __future__ import annotations

import struct

from adc.lowering.loops import Const
from adc.types.core import DType

_SCALARS = {
    DType.F64: "double",
    DType.F32: "float",
    DType.I64: "i64",
    DType.I32: "i32",
    DType.BOOL: "i1",
    DType.TAPE: "ptr",
}
_SUFFIXES = {
    DType.F64: "f64",
    DType.F32: "f32",
    DType.I64: "i64",
    DType.I32: "i32",
    DType.BOOL: "i1",
}


def register_type(dtype: DType, lanes: int = 1) -> str:
    """The type of a value in a register."""
    scalar = _SCALARS[dtype]
    return scalar if lanes == 1 else f"<{lanes} x {scalar}>"


def memory_type(dtype: DType, lanes: int = 1) -> str:
    """The type of an element in memory."""
    scalar = "i8" if dtype is DType.BOOL else _SCALARS[dtype]
    return scalar if lanes == 1 else f"<{lanes} x {scalar}>"


def suffix(dtype: DType, lanes: int = 1) -> str:
    """How intrinsics name the type: `f64`, `v8f64`."""
    return _SUFFIXES[dtype] if lanes == 1 else f"v{lanes}{_SUFFIXES[dtype]}"


def constant(c: Const) -> str:
    """A scalar constant."""
    if c.dtype.is_float:
        return float_text(float(c.value), c.dtype)
    if c.dtype is DType.BOOL:
        return "true" if c.value else "false"
    return "null" if c.dtype is DType.TAPE else str(int(c.value))


def float_text(x: float, dtype: DType = DType.F64) -> str:
    """The exact bits of a float; LLVM writes f32 constants with the bits of the equal f64."""
    if dtype is DType.F32:
        x = to_f32(x)
    return f"0x{struct.unpack('<Q', struct.pack('<d', x))[0]:016X}"


def to_f32(x: float) -> float:
    """The nearest f32, infinite when x is too large for one."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", x))[0])
    except OverflowError:
        return float("inf") if x > 0 else float("-inf")


def splat(scalar: str, dtype: DType, lanes: int) -> str:
    """A constant in every lane."""
    if lanes == 1:
        return scalar
    return f"splat ({register_type(dtype)} {scalar})"
