"""Programs in: `adc.load` reads a file, `adc.compile` a text."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from adc.api.library import Library
from adc.api.module import Module
from adc.diagnostics import Diagnostic, SourceFile, TypeCheckError, also
from adc.driver.compile import Session
from adc.driver.load import analyse, read_source


def load(path: str | PathLike[str]) -> Module | Library:
    """The program of an `.adl` file, or the `.so` library that `adc compile` made of one.

    Raises OSError when there is no such file, ParseError and TypeCheckError when it is no program.
    """
    where = Path(path)
    if where.suffix == ".so":
        where.open("rb").close()  # so that a missing file is the same error for both
        return Library(where)
    return Module(Session(analyse(read_source(where), where)))


def compile(text: str, name: str = "<text>") -> Module:
    """The program in `text`; `name` is what messages call it."""
    _require_text(text)
    return Module(Session(analyse(SourceFile(name, text))))


def _require_text(given: object) -> None:
    if isinstance(given, str):
        return
    title = f"`adc.compile` takes the text of a program, found a Python `{type(given).__name__}`"
    hint = "`adc.load` reads a file" if isinstance(given, PathLike) else None
    hint = "`.decode()` makes it text" if isinstance(given, bytes) else hint
    raise also(TypeCheckError, TypeError)(Diagnostic("E0502", title, hint=hint))
