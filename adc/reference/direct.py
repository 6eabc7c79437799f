"""Indexing with bounds checks, updates, reshapes and checks: named by the table, or by `DIRECT` below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adc.diagnostics import Error
from adc.diagnostics.errors import error_of_check
from adc.ir.core import Equation
from adc.ir.fault import InternalError
from adc.reference.plan import Direct, DirectMaker

Array = np.ndarray[Any, Any]


def index(x: Array, *indices: Any) -> Any:
    return x[_inside(x, indices)]


def update(x: Array, value: Any, *indices: Any) -> Array:
    place = _inside(x, indices)
    y = x.copy()
    _same_shape(y[place], value)
    y[place] = value
    return y


def add_into(ref: Array, value: Any, *indices: Any) -> None:
    place = _inside(ref, indices)
    _same_shape(ref[place], value)
    ref[place] += value


def reshape(x: Array, *dims: Any) -> Array:
    return np.reshape(x, tuple(int(d) for d in dims))


def _inside(x: Array, indices: Sequence[Any]) -> tuple[int, ...]:
    """The indices, each in 0..extent-1; negative ones do not count from the end."""
    place = tuple(int(i) for i in indices)
    for axis, (i, extent) in enumerate(zip(place, x.shape, strict=False)):
        if not 0 <= i < extent:
            raise IndexError(f"index {i} is out of range for axis {axis} of size {extent}")
    return place


def _same_shape(place: Any, value: Any) -> None:
    if np.shape(place) != np.shape(value):
        raise InternalError(f"a value of shape {np.shape(value)} for a place of {np.shape(place)}")


def check(e: Equation) -> Direct:
    """The meaning of an `assert`: raise its error, with the payload filled into its text."""

    def run(holds: Any, *payload: Any) -> None:
        if not holds:
            raise failure(e, payload)

    return run


def failure(e: Equation, payload: Sequence[object]) -> Error:
    """The error of a failed `assert` equation."""
    text, code, kind = (str(e.params[key]) for key in ("text", "code", "error"))
    return error_of_check(kind, code, text, payload, e.span)


# Equations without regions that the table, knowing only functions of operands, cannot name a meaning for.
DIRECT: Mapping[str, DirectMaker] = {
    "upd": lambda e: add_into,
    "assert": check,
}
