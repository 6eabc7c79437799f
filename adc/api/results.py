"""Flat results back to Python values: arrays, scalars, tuples, named tuples.

f64, i64 and bool scalars become Python's own, so that optimisers get plain numbers; f32 and i32 stay NumPy scalars.
A record is a named tuple; an array of records is a record of arrays.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np

from adc.types.core import Array, DType, Function, Record, Scalar, SurfaceType, Tuple, array_of

_SCALARS = {
    DType.F64: float,
    DType.F32: np.float32,
    DType.I64: int,
    DType.I32: np.int32,
    DType.BOOL: bool,
}


def rebuild(result: SurfaceType, flat: Sequence[Any]) -> Any:
    """The value of type `result` whose leaves are `flat`, in order."""
    return _value(result, iter(flat))


def _value(t: SurfaceType, flat: Iterator[Any]) -> Any:
    match t:
        case Scalar(dtype):
            return _SCALARS[dtype](next(flat))
        case Array(Scalar(), _):
            return next(flat)
        case Array(Tuple(items), dims):
            return tuple(_value(array_of(item, dims), flat) for item in items)
        case Array(Record(fields, name), dims):
            return _record(fields, name, (_value(array_of(f, dims), flat) for _, f in fields))
        case Tuple(items):
            return tuple(_value(item, flat) for item in items)
        case Record(fields, name):
            return _record(fields, name, (_value(field, flat) for _, field in fields))
        case Function() | Array():
            raise AssertionError("functions are specialised away before anything returns")


def _record(
    fields: Sequence[tuple[str, SurfaceType]], name: str | None, values: Iterator[Any]
) -> Any:
    return record_class(name or "Record", tuple(field for field, _ in fields))(*values)


@cache
def record_class(name: str, fields: tuple[str, ...]) -> Any:
    """The named tuple of a record type, the same class each time; its instances can be pickled.

    Field names that Python reserves (`lambda`, `_x`) are reached by position.
    """
    base = namedtuple(name, fields, rename=True)  # type: ignore[misc]
    members = {
        "__slots__": (),
        "__reduce__": lambda self: (_remake_record, (name, fields, tuple(self))),
        "_asdict": lambda self: dict(zip(fields, self, strict=True)),
    }
    return type(name, (base,), members)


def _remake_record(name: str, fields: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    return record_class(name, fields)(*values)
