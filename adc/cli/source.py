"""The text that a command works on: a file, or `-` for standard input."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from adc.diagnostics import Diagnostic, SourceFile, UsageError
from adc.syntax.parse import decode

F = TypeVar("F", bound=Callable[..., Any])


def file_argument(command: F) -> F:
    """The argument FILE; a file that is not there is wrong usage."""
    kind = click.Path(exists=True, dir_okay=False, allow_dash=True)
    return click.argument("file", type=kind)(command)


def source_of(file: str) -> SourceFile:
    """The text of FILE."""
    if file == "-":
        if sys.stdin is None:
            raise UsageError(Diagnostic("E0509", "standard input is closed"))
        return decode("<stdin>", sys.stdin.buffer.read())
    name = file.encode(errors="replace").decode()  # file names need not be text
    return decode(name, Path(file).read_bytes())
