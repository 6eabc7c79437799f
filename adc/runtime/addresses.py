"""Where the elements of a NumPy array lie.

NumPy's own answer, `__array_interface__`, makes a dictionary and takes longer than many a kernel runs. The address is
the first field of an array object (NumPy's C interface fixes that), so it is read from there, after a trial.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def _told(a: Array) -> int:
    """The address, as NumPy tells it."""
    address: int = a.__array_interface__["data"][0]
    return address


_OFFSET = object.__basicsize__
_word_at = ctypes.c_size_t.from_address


def _read(a: Array) -> int:
    """The address, read from the array object."""
    return _word_at(id(a) + _OFFSET).value


def _is_right(read: Callable[[Array], int]) -> bool:
    base = np.zeros((3, 4))
    return all(read(a) == _told(a) for a in (base, base[1:, 2:], np.zeros(0), np.array(1.0)))


address: Callable[[Array], int] = _read if _is_right(_read) else _told
