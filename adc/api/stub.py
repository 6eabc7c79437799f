"""The typed Python stub of a compiled program: what its functions take and give, with their help text."""

from __future__ import annotations

import keyword
from collections.abc import Iterable
from textwrap import indent

from adc.types.core import (
    Array,
    DType,
    Function,
    Record,
    Scalar,
    Signature,
    SurfaceType,
    Tuple,
    array_of,
)

_SCALARS = {
    DType.F64: "float",
    DType.F32: "np.float32",
    DType.I64: "int",
    DType.I32: "np.int32",
    DType.BOOL: "bool",
}
_HEAD = """\
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
"""


def stub_text(definitions: Iterable[tuple[str, Signature]]) -> str:
    """The text of the stub for functions by name."""
    writer = _Writer()
    functions = [writer.function(name, signature) for name, signature in definitions]
    return "\n".join([_HEAD, *writer.classes.values(), *functions])


class _Writer:
    """Annotations; every record type that occurs gets a class."""

    def __init__(self) -> None:
        self.classes: dict[str, str] = {}
        self._names: dict[SurfaceType, str] = {}

    def function(self, name: str, signature: Signature) -> str:
        params = ", ".join(self._param(p, t) for p, t in signature.params)
        head = f"def {name}({params}) -> {self._result(signature.result)}:"
        if keyword.iskeyword(name):
            return f"# {head} ...  by getattr: Python reserves the name\n"
        if not signature.doc:
            return f"{head} ...\n"
        doc = signature.doc.replace("\\", r"\\").replace('"', r"\"")
        quoted = indent(f'"""{doc}"""', "    ")
        return f"{head}\n{quoted}\n"

    def _param(self, name: str, t: SurfaceType) -> str:
        shown = f"{name}_" if keyword.iskeyword(name) else name
        return f"{shown}: {self._argument(t)}"

    def _argument(self, t: SurfaceType) -> str:
        match t:
            case Scalar():
                return _SCALARS[t.dtype]
            case Array(Scalar(), _):
                return "ArrayLike"
            case Array(element, _):
                return f"{self._result(t)} | Sequence[{self._result(element)}] | Mapping[str, Any]"
            case Tuple(items):
                return f"tuple[{', '.join(map(self._argument, items)) or '()'}]"
            case Record():
                return f"{self._result(t)} | Mapping[str, Any]"
            case Function():
                return "Any"

    def _result(self, t: SurfaceType) -> str:
        match t:
            case Scalar():
                return _SCALARS[t.dtype]
            case Array(Scalar(dtype), _):
                return f"NDArray[np.{_numpy_name(dtype)}]"
            case Array(Tuple(items), dims):
                return self._result(Tuple(tuple(array_of(item, dims) for item in items)))
            case Array(Record(fields, name), dims):
                columns = tuple((n, array_of(f, dims)) for n, f in fields)
                return self._record(Record(columns, f"{name or 'Record'}Array"))
            case Tuple(items):
                return f"tuple[{', '.join(map(self._result, items)) or '()'}]"
            case Record():
                return self._record(t)
            case Function() | Array():
                return "Any"

    def _record(self, t: Record) -> str:
        if any(keyword.iskeyword(field) or field.startswith("_") for field, _ in t.fields):
            return f"tuple[{', '.join(self._result(f) for _, f in t.fields)}]"  # no class can have such fields
        if t not in self._names:
            self._names[t] = name = self._class_name(t.name or "Record")
            lines = [f"    {field}: {self._result(f)}" for field, f in t.fields]
            self.classes[name] = "\n".join([f"class {name}(NamedTuple):", *lines, ""])
        return self._names[t]

    def _class_name(self, wanted: str) -> str:
        name, count = wanted, 1
        while name in self._names.values():
            count += 1
            name = f"{wanted}{count}"
        return name


def _numpy_name(dtype: DType) -> str:
    return "bool_" if dtype is DType.BOOL else dtype.numpy_name
