"""`-o`: results into files, by the ending of the name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
from numpy.lib.format import write_array

from adc.api.literals import json_value
from adc.cli.writing import writing
from adc.diagnostics import Diagnostic, UsageError
from adc.types.core import Array, Record, Scalar, SurfaceType, Tuple, array_of


def saver(path: Path, t: SurfaceType) -> Callable[[Any], None]:
    """What writes a value of type `t` to `path`. Raises UsageError E0509 when the ending is not for such values."""
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        title = f"{path} has none of the endings {', '.join(_WRITERS)}"
        raise UsageError(Diagnostic("E0509", title))
    rank, found = _MOST_AXES.get(path.suffix.lower()), _plain_rank(t)
    if rank is not None and (found is None or found > rank):
        title = f"{path} holds one array of at most {rank} axes, the result is {t}"
        raise UsageError(Diagnostic("E0509", title, hint=str(path.with_suffix(".npz"))))

    def save(value: Any) -> None:
        with writing(path):
            write(path, value, t)

    return save


def _plain_rank(t: SurfaceType) -> int | None:
    """The rank of a number or of an array of numbers; None for what has parts."""
    match t:
        case Scalar():
            return 0
        case Array(Scalar(), dims):
            return len(dims)
        case _:
            return None


def _write_json(path: Path, value: Any, t: SurfaceType) -> None:
    path.write_text(json.dumps(json_value(value, t)) + "\n", encoding="utf-8")


def _write_npy(path: Path, value: Any, t: SurfaceType) -> None:
    with path.open("wb") as file:
        write_array(file, np.asarray(value), allow_pickle=False)


def _write_npz(path: Path, value: Any, t: SurfaceType) -> None:
    """As `np.savez`, which has no room for a field called `file`."""
    with ZipFile(path, "w") as archive:
        for name, array in _named(value, t, ()):
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                write_array(file, np.asarray(array), allow_pickle=False)


def _write_txt(path: Path, value: Any, t: SurfaceType) -> None:
    array = np.atleast_1d(value)
    np.savetxt(path, array, "%.17g" if array.dtype.kind == "f" else "%d")


def _named(value: Any, t: SurfaceType, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """The arrays of a result under dotted names; a result that is one array is called `result`."""
    match t:
        case Tuple(items):
            for position, (part, item) in enumerate(zip(value, items, strict=True)):
                yield from _named(part, item, (*path, str(position)))
        case Record(fields):
            for (name, field), part in zip(fields, value, strict=True):
                yield from _named(part, field, (*path, name))
        case Array(Tuple(items), dims):
            yield from _named(value, Tuple(tuple(array_of(i, dims) for i in items)), path)
        case Array(Record(fields, name), dims):
            columns = tuple((n, array_of(f, dims)) for n, f in fields)
            yield from _named(value, Record(columns, name), path)
        case _:
            yield ".".join(path) or "result", value


_WRITERS: dict[str, Callable[[Path, Any, SurfaceType], None]] = {
    ".json": _write_json,
    ".npy": _write_npy,
    ".npz": _write_npz,
    ".txt": _write_txt,
}
_MOST_AXES = {".npy": 32, ".txt": 2}  # of the formats that hold one array
