"""`--arg`: values for parameters, written out or in files.

`name=[1.0, 2.0]` is a literal as in ADL, `name=@data.npy` a file, `@all.json` a file with a value for every name.
Sizes may be given like parameters; they are checked against what the parameters say.
"""

from __future__ import annotations

import json
import warnings
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, is_zipfile

import numpy as np
from numpy.lib.format import read_array

from adc.api.literals import literal_value
from adc.diagnostics import Diagnostic, ParseError, SourceFile, UsageError
from adc.types.core import Array, Scalar, Signature, SurfaceType

Values = dict[str, Any]


def read_arguments(texts: Iterable[str], signature: Signature) -> tuple[Values, Values]:
    """The values of parameters and of sizes by name. Raises UsageError E0508, E0509, and E01xx for a literal."""
    types = dict(signature.params)
    known = (*types, *signature.sizes)
    values: Values = {}
    for name, value in _named_values(texts, types):
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"{near[0]}=..." if near else f"the names are {', '.join(known)}"
            raise UsageError(Diagnostic("E0508", f"there is no parameter `{name}`", hint=hint))
        if name in values:
            raise UsageError(Diagnostic("E0508", f"`{name}` is given twice"))
        values[name] = value
    missing = [name for name in types if name not in values]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        hint = f"--arg {missing[0]}=... for {types[missing[0]]}"
        raise UsageError(Diagnostic("E0508", f"no value is given for {names}", hint=hint))
    sizes = {name: values.pop(name) for name in signature.sizes if name in values}
    return values, sizes


def _named_values(
    texts: Iterable[str], types: Mapping[str, SurfaceType]
) -> Iterator[tuple[str, Any]]:
    for text in texts:
        if text.startswith("@"):
            path = Path(text[1:])
            found = _read_file(path, None)
            if not isinstance(found, dict):
                title = f"{path} has no names: a file for every parameter is .json or .npz"
                raise UsageError(Diagnostic("E0509", title, hint=f"name=@{path}"))
            yield from found.items()
            continue
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals:
            title = f"`--arg {text}` gives no value"
            raise UsageError(Diagnostic("E0508", title, hint="--arg x=[1.0, 2.0]"))
        if value.startswith("@"):
            yield name, _named_in_file(_read_file(Path(value[1:]), types.get(name)), name)
        else:
            yield name, _written(value, name)


def _written(text: str, name: str) -> Any:
    """A value written out: an ADL literal, or JSON for records with quoted names."""
    if '"' in text:
        try:
            return json.loads(text)
        except ValueError as error:
            raise UsageError(Diagnostic("E0508", f"`{name}` is no JSON: {error}")) from None
    try:
        return literal_value(SourceFile(f"--arg {name}", text))
    except ParseError as error:
        raise UsageError(error.diagnostics) from None


def _named_in_file(value: Any, name: str) -> Any:
    """In a file of several arrays, the one of that name, or the only one."""
    if isinstance(value, _Named):
        if name in value:
            return value[name]
        if len(value) == 1:
            return next(iter(value.values()))
    return value


class _Named(dict[str, Any]):
    """The arrays of an `.npz` file."""


def _read_file(path: Path, declared: SurfaceType | None) -> Any:
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        title = f"{path} has none of the endings {', '.join(_READERS)}"
        raise UsageError(Diagnostic("E0509", title))
    try:
        return reader(path, declared)
    except OSError as error:
        title = f"{path} cannot be read: {error.strerror or error}"
        raise UsageError(Diagnostic("E0509", title)) from None
    except (ValueError, RecursionError, EOFError, BadZipFile, zlib.error) as error:
        title = f"{path} is not what its ending says: {error}"
        raise UsageError(Diagnostic("E0509", title)) from None


def _read_json(path: Path, declared: SurfaceType | None) -> Any:
    return json.loads(path.read_text(encoding="utf-8-sig"))


def _read_npy(path: Path, declared: SurfaceType | None) -> Any:
    with path.open("rb") as file:
        return read_array(file, allow_pickle=False)


def _read_npz(path: Path, declared: SurfaceType | None) -> Any:
    """The arrays of a zip archive by name; NumPy alone would take other kinds of files too."""
    if not is_zipfile(path):
        path.open("rb").close()  # so that a missing file is said to be missing
        raise ValueError("it is no zip archive")
    with np.load(path, allow_pickle=False) as arrays:
        return _Named(arrays)


def _read_txt(path: Path, declared: SurfaceType | None) -> Any:
    """Numbers separated by blanks, one row a line, of the declared type and rank."""
    match declared:
        case Scalar(dtype):
            return np.loadtxt(path, dtype.numpy_name, ndmin=0)
        case Array(Scalar(dtype), dims):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # an empty file is an empty array
                return np.loadtxt(path, dtype.numpy_name, ndmin=1 if len(dims) == 1 else 2)
        case _:
            raise ValueError("text files hold numbers for one parameter, which is a plain array")


_READERS: dict[str, Callable[[Path, SurfaceType | None], Any]] = {
    ".json": _read_json,
    ".npy": _read_npy,
    ".npz": _read_npz,
    ".txt": _read_txt,
}
