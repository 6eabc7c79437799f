"""One Python value to one leaf: a scalar or a contiguous array of exactly the declared element type.

Arrays must have the declared dtype; Python numbers and lists of them are literals, and convert as literals in ADL
do: an int where a float is declared, never a float where an int is. Inputs are read, never written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adc.diagnostics import BoundsError, Diagnostic, ShapeError, TypeCheckError
from adc.types.core import NAMED_DTYPES, DType

Leaf = Any  # a Python scalar, a NumPy float32 or int32, or an array

NUMPY: dict[DType, np.dtype[Any]] = {d: np.dtype(d.numpy_name) for d in NAMED_DTYPES}
_NAMES = {numpy: dtype.value for dtype, numpy in NUMPY.items()}
_PYTHON: dict[DType, Callable[[Any], Leaf]] = {
    DType.F64: float,
    DType.F32: np.float32,
    DType.I32: np.int32,
    DType.I64: int,
    DType.BOOL: bool,
}


def dtype_name(dtype: np.dtype[Any]) -> str:
    """How adc calls a NumPy dtype: `f64`, or NumPy's name when adc has none."""
    return _NAMES.get(dtype.newbyteorder("="), str(dtype))


def scalar_leaf(value: object, dtype: DType, label: str) -> Leaf:
    """`value` as one scalar of `dtype`."""
    if isinstance(value, bool | int | float) and not isinstance(value, np.generic):
        return _literal(value, dtype, label)
    array = as_array(value, label)
    if array.ndim:
        raise rank_error(label, dtype.value, array.shape)
    if array.dtype.newbyteorder("=") != NUMPY[dtype]:
        hint = f"np.{dtype.numpy_name}({label})" if array.dtype.kind in "biuf" else None
        raise dtype_error(label, dtype.value, dtype_name(array.dtype), hint)
    return _PYTHON[dtype](array[()])


def array_leaf(value: object, dtype: DType, rank: int, declared: object, label: str) -> Leaf:
    """`value` as a C-contiguous, aligned array of `dtype` and `rank`; a copy only when it has to be one.

    `declared` shows itself as the type of the leaf.
    """
    array = as_array(value, label)
    if array.ndim != rank:
        raise rank_error(label, declared, array.shape)
    wanted = NUMPY[dtype]
    if array.dtype != wanted and array.dtype.newbyteorder("=") != wanted:
        if not isinstance(value, list | tuple):
            hint = f"{label}.astype(np.{dtype.numpy_name})"
            raise dtype_error(label, str(declared), dtype_name(array.dtype), hint)
        if array.size and not _converts(array, dtype, label):
            raise dtype_error(label, str(declared), f"a list of {dtype_name(array.dtype)}", None)
    elif array.dtype.isnative and array.flags.c_contiguous and array.flags.aligned:
        return array
    return np.require(array, wanted, ["C", "A"])


def as_array(value: object, label: str) -> NDArray[Any]:
    """`value` as a plain NumPy array, without a copy where its owner allows that."""
    if type(value) is np.ndarray:
        return value
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise TypeCheckError(
            Diagnostic("E0502", f"`{label}` has masked elements", hint=f"{label}.filled(0.0)")
        )
    if hasattr(value, "__dlpack__") and not hasattr(value, "__array__"):
        return np.from_dlpack(value)
    try:
        array = np.asarray(value)
    except ValueError as ragged:
        raise ShapeError(
            Diagnostic("E0503", f"the rows of `{label}` have different lengths")
        ) from ragged
    if array.dtype == object:
        kind = type(value).__name__
        raise dtype_error(label, "numbers", f"a Python `{kind}`", None)
    return array


def _literal(value: bool | int | float, dtype: DType, label: str) -> Leaf:
    """A Python number as a literal of `dtype`."""
    kind = type(value)
    if dtype.is_float and kind in (int, float):
        return _floating(value, dtype, label)
    if dtype.is_integer and isinstance(value, int) and kind is not bool:
        _require_in_range(value, value, dtype, label)
        return _PYTHON[dtype](value)
    if dtype is DType.BOOL and kind is bool:
        return value
    hint = f"int({label})" if dtype.is_integer and kind is float else None
    raise dtype_error(label, dtype.value, f"a Python `{kind.__name__}`", hint)


def _floating(value: int | float, dtype: DType, label: str) -> Leaf:
    try:
        return _PYTHON[dtype](value)
    except OverflowError:
        title = (
            f"`{label}` does not fit in {dtype.value}: an integer of {int(value).bit_length()} bits"
        )
        raise BoundsError(Diagnostic("E0505", title)) from None


def _converts(array: NDArray[Any], dtype: DType, label: str) -> bool:
    """Whether numbers of a list, as NumPy read them, may stand as literals of `dtype`."""
    if dtype.is_float:
        return array.dtype in (np.dtype(np.int64), np.dtype(np.float64))
    if dtype.is_integer and array.dtype == np.int64:
        _require_in_range(int(array.min()), int(array.max()), dtype, label)
        return True
    return False


def _require_in_range(low: int, high: int, dtype: DType, label: str) -> None:
    limits = np.iinfo(NUMPY[dtype])
    if low < limits.min or high > limits.max:
        raise BoundsError(
            Diagnostic(
                "E0505",
                f"`{label}` does not fit in {dtype.value}: {low if low < limits.min else high}",
            )
        )


def dtype_error(label: str, expected: str, found: str, hint: str | None) -> TypeCheckError:
    """The complaint that an argument has the wrong element type."""
    return TypeCheckError(
        Diagnostic("E0502", f"`{label}` is {found}, expected {expected}", hint=hint)
    )


def rank_error(label: str, declared: object, shape: tuple[int, ...]) -> ShapeError:
    """The complaint that an argument has the wrong number of axes."""
    found = f"an array of shape {shape}" if shape else "a scalar"
    return ShapeError(Diagnostic("E0503", f"`{label}` is {found}, expected {declared}"))
