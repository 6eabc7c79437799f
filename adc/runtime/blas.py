"""Addresses of BLAS and LAPACK functions, from SciPy's Cython interface; SciPy is loaded only when one is needed."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

_MODULES = ("scipy.linalg.cython_blas", "scipy.linalg.cython_lapack")


def addresses(names: Iterable[str]) -> dict[str, int]:
    """The address of each function; all take pointers only and 32-bit integers."""
    wanted = sorted(names)
    if not wanted:
        return {}
    tables: list[Mapping[str, Any]] = [vars(import_module(m))["__pyx_capi__"] for m in _MODULES]
    return {name: _address(name, tables) for name in wanted}


def _address(name: str, tables: Iterable[Mapping[str, Any]]) -> int:
    capsule = next(table[name] for table in tables if name in table)
    get_name = ctypes.pythonapi.PyCapsule_GetName
    get_name.restype, get_name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
    get_pointer.restype, get_pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    signature = get_name(capsule)
    assert b"int *" in signature, f"{name} takes integers of another width: {signature!r}"
    address: int = get_pointer(capsule, signature)
    return address
