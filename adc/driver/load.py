"""Programs read and checked: everything before derivatives. Loads no NumPy, so that `adc check` is quick."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from adc.diagnostics import SourceFile
from adc.frontends.adl import Elaborated, load_module
from adc.ir.core import Module
from adc.prims.catalog import TABLE
from adc.syntax.parse import decode


@dataclass(frozen=True, slots=True)
class Program:
    """A source text, the file that its imports are relative to, and what elaboration made of it."""

    source: SourceFile
    path: Path | None
    elaborated: Elaborated

    @property
    def module(self) -> Module:
        return self.elaborated.module


def read_source(path: Path) -> SourceFile:
    """The text of a file. Raises OSError, and ParseError when it is no text."""
    return decode(str(path), path.read_bytes())


def analyse(source: SourceFile, path: Path | None = None) -> Program:
    """The program, completely checked. Raises ParseError and TypeCheckError with all that is wrong."""
    return Program(source, path, load_module(source, path, TABLE))
