"""Flat results back to Python values: arrays, scalars, tuples, named tuples.

f64, i64 and bool scalars become Python's own, so that optimisers get plain numbers; f32 and i32 stay NumPy scalars.
A record is a named tuple; an array of records is a record of arrays.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import count
from operator import itemgetter
from typing import Any

import numpy as np

from adc.types.core import Array, DType, Function, Record, Scalar, SurfaceType, Tuple, array_of

Build = Callable[[Sequence[Any]], Any]
_SCALARS = {
    DType.F64: float,
    DType.F32: np.float32,
    DType.I64: int,
    DType.I32: np.int32,
    DType.BOOL: bool,
}


def builder(result: SurfaceType, start: int = 0) -> Build:
    """What makes the value of type `result` of flat results, whose leaves stand at `start` and after it."""
    return _builder(result, count(start))


def _builder(t: SurfaceType, positions: Iterator[int]) -> Build:
    match t:
        case Scalar(dtype):
            return _scalar(_SCALARS[dtype], next(positions))
        case Array(Scalar(), _):
            return itemgetter(next(positions))
        case Array(Tuple(items), dims):
            return _tuple([_builder(array_of(item, dims), positions) for item in items])
        case Array(Record(fields, name), dims):
            parts = [_builder(array_of(f, dims), positions) for _, f in fields]
            return _record(fields, name, parts)
        case Tuple(items):
            return _tuple([_builder(item, positions) for item in items])
        case Record(fields, name):
            return _record(fields, name, [_builder(field, positions) for _, field in fields])
        case Function() | Array():
            raise AssertionError("functions are specialised away before anything returns")


def _scalar(convert: Callable[[Any], Any], position: int) -> Build:
    return lambda flat: convert(flat[position])


def _tuple(parts: Sequence[Build]) -> Build:
    return lambda flat: tuple([part(flat) for part in parts])


def _record(
    fields: Sequence[tuple[str, SurfaceType]], name: str | None, parts: Sequence[Build]
) -> Build:
    make = record_class(name or "Record", tuple(field for field, _ in fields))
    return lambda flat: make(*[part(flat) for part in parts])


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
