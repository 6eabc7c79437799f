"""The program that a command works on, read and checked."""

from __future__ import annotations

from pathlib import Path

from adc.cli.source import source_of
from adc.driver.load import Program, analyse


def program_of(file: str) -> Program:
    """The program of FILE; imports of standard input are relative to the working directory."""
    return analyse(source_of(file), None if file == "-" else Path(file))
