"""`Library`: a shared library that `adc compile` made, as a Python object whose attributes are its functions.

It holds machine code and how to call it, not programs: its functions have no derivatives beyond those compiled in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from adc.api.callee import Callee
from adc.diagnostics import SourceFile
from adc.ir.scanner import Cursor
from adc.ir.signature import parse_signature
from adc.runtime.calls import NativeFunction
from adc.runtime.export import LibraryFunction, load_library


class CompiledFunction(Callee):
    """A function of a shared library."""

    def __init__(self, path: Path, name: str, found: LibraryFunction) -> None:
        assert found.signature is not None, "only functions with a signature are exported"
        signature = parse_signature(Cursor(SourceFile(name, found.signature)))
        super().__init__(name, replace(signature, doc=found.doc))
        self._path = path
        self._loaded = found.native

    def _load_native(self) -> NativeFunction:
        return self._loaded

    def __reduce__(self) -> tuple[object, ...]:
        return _function_of, (self._path, self.name)


class Library:
    """Every function of a shared library is an attribute; `dir` lists them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._functions = {
            name: CompiledFunction(path, name, found) for name, found in load_library(path).items()
        }

    def __getattr__(self, name: str) -> CompiledFunction:
        functions: dict[str, CompiledFunction] = self.__dict__.get("_functions", {})
        if name not in functions:
            near = get_close_matches(name, functions, 2)
            hint = f"; did you mean {' or '.join(f'`{n}`' for n in near)}?" if near else ""
            raise AttributeError(
                f"{self._path} has no function `{name}`{hint}", name=name, obj=self
            )
        return functions[name]

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._functions})

    def __iter__(self) -> Iterator[CompiledFunction]:
        return iter(self._functions.values())

    def __repr__(self) -> str:
        return f"<adc library {self._path}: {', '.join(self._functions)}>"

    def __reduce__(self) -> tuple[object, ...]:
        return Library, (self._path,)


def _function_of(path: Path, name: str) -> CompiledFunction:
    found: CompiledFunction = getattr(Library(path), name)
    return found
