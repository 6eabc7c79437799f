"""How errors reach the user: on standard error as text, with `--json` on standard output as data."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, TypeVar

import click

from adc.diagnostics import Diagnostic, Error, UsageError, render_all, to_json
from adc.diagnostics.render import Style

DONE, WRONG_PROGRAM, WRONG_USAGE, INTERNAL, INTERRUPTED = 0, 1, 2, 3, 130
F = TypeVar("F", bound=Callable[..., Any])


class Report:
    """Where a run of the command line says what went wrong: `args` with `--json` are answered in JSON."""

    def __init__(self, args: Sequence[str]) -> None:
        self.args = tuple(args)
        self.is_json = "--json" in self.args

    def error(self, error: Error) -> int:
        """Print the diagnostics; the exit status that they mean."""
        if self.is_json:
            print_json({"diagnostics": [to_json(d) for d in error.diagnostics]})
        else:
            click.echo(render_all(error.diagnostics, _style()), err=True, color=True)
        return WRONG_USAGE if isinstance(error, UsageError) else WRONG_PROGRAM

    def usage(self, error: click.ClickException) -> int:
        """Say how the command is used; the exit status of wrong usage."""
        if self.is_json:
            print_json({"diagnostics": [to_json(Diagnostic("E0512", error.format_message()))]})
        else:
            error.show()
        return WRONG_USAGE

    def fault(self, fault: Exception) -> int:
        """Say that adc is wrong, and what to report; with ADC_TRACEBACK=1 the whole traceback."""
        fault_lines = import_module("adc.cli.fault").fault_lines  # slow to load, and seldom needed
        if self.is_json:
            message = f"a fault of adc: {type(fault).__name__}: {fault}"
            print_json({"diagnostics": [to_json(Diagnostic("E0999", message))]})
        click.echo("\n".join(fault_lines(fault, self.args)), err=True)
        return INTERNAL


def _style() -> Style:
    """Colours for a person at a terminal; NO_COLOR asks for none, FORCE_COLOR for some wherever they go."""
    if os.environ.get("NO_COLOR"):
        return Style.PLAIN
    if os.environ.get("FORCE_COLOR"):
        return Style.COLOURED
    if os.environ.get("TERM") == "dumb":
        return Style.PLAIN
    return Style.COLOURED if sys.stderr.isatty() else Style.PLAIN


def print_json(value: object) -> None:
    """`value` on standard output, as one line of JSON."""
    click.echo(json.dumps(value))


def json_option(command: F) -> F:
    """`--json`: facts and diagnostics as JSON on standard output."""

    return click.option(
        "--json",
        "as_json",
        is_flag=True,
        help="Machine-readable output, diagnostics included.",
    )(command)
