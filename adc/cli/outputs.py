"""`-o`: results into files, by the ending of the name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from adc.api.literals import json_value
from adc.diagnostics import Diagnostic, UsageError
from adc.types.core import Array, Record, Scalar, SurfaceType, Tuple, array_of


def save(path: Path, value: Any, t: SurfaceType) -> None:
    """Write `value` of type `t`. Raises UsageError E0509 for an unknown ending, OSError as it comes."""
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        title = f"{path} has none of the endings {', '.join(_WRITERS)}"
        raise UsageError(Diagnostic("E0509", title))
    try:
        writer(path, value, t)
    except OSError as error:
        title = f"{path} cannot be written: {error.strerror or error}"
        raise UsageError(Diagnostic("E0509", title)) from None


def _write_json(path: Path, value: Any, t: SurfaceType) -> None:
    path.write_text(json.dumps(json_value(value, t)) + "\n", encoding="utf-8")


def _write_npy(path: Path, value: Any, t: SurfaceType) -> None:
    if not isinstance(t, Scalar) and not (isinstance(t, Array) and isinstance(t.element, Scalar)):
        title = f"{path} holds one array, the result is {t}"
        raise UsageError(Diagnostic("E0509", title, hint=str(path.with_suffix(".npz"))))
    np.save(path, value, allow_pickle=False)


def _write_npz(path: Path, value: Any, t: SurfaceType) -> None:
    np.savez(path, **dict(_named(value, t, ())))


def _write_txt(path: Path, value: Any, t: SurfaceType) -> None:
    if np.ndim(value) > 2 or not isinstance(t, Scalar | Array):
        title = f"{path} holds numbers in rows, the result is {t}"
        raise UsageError(Diagnostic("E0509", title, hint=str(path.with_suffix(".npz"))))
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
