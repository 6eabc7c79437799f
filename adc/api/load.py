"""Programs in: `adc.load` reads a file, `adc.compile` a text."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from adc.api.library import Library
from adc.api.module import Module
from adc.diagnostics import SourceFile
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
    return Module(Session(analyse(SourceFile(name, text))))
