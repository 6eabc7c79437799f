"""The command `adc`: its subcommands, and what becomes of whatever they raise.

Exit status: 0 done, 1 the program or its run is wrong, 2 wrong usage, 3 a fault of adc, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from io import TextIOWrapper

import click

from adc.cli.report import DONE, INTERRUPTED, Report
from adc.diagnostics import Diagnostic, Error, UsageError
from adc.version import __version__

COMMANDS = {
    "check": "Check types, shapes and sizes; list kinks. Makes no code.",
    "compile": "Write a shared library, a C header and a Python stub.",
    "explain": "Print the long text behind an error code.",
    "fmt": "Print a program in canonical layout.",
    "grad": "Print the derivative program of a definition, as ADL.",
    "ir": "Show what each stage of the compiler made.",
    "run": "Run a definition, or its gradient, and print the result.",
}


class Commands(click.Group):
    """Subcommands by name, loaded when used: `adc --help` loads none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"adc.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        near = get_close_matches(name, COMMANDS, 2)
        if name not in COMMANDS and near:
            ctx.fail(f"there is no command `{name}`. Did you mean {' or '.join(near)}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="`adc COMMAND --help` shows options and an example.",
)
@click.version_option(__version__, prog_name="adc", message="%(prog)s %(version)s")
def cli() -> None:
    """adc compiles array programs (ADL) and their derivatives."""


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and leave the process with its exit status."""
    given = list(sys.argv[1:] if args is None else args)
    report = Report(given)
    _open_closed_streams()
    _speak_utf8()
    try:
        status = cli.main(args=given, prog_name="adc", standalone_mode=False, obj=report)
        sys.stdout.flush()
    except click.ClickException as error:
        status = report.usage(error)
    except (click.Abort, KeyboardInterrupt):
        status = INTERRUPTED
    except BrokenPipeError:
        # The reader has gone: nothing more can be said, and Python must not try when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = DONE
    except Error as error:
        status = report.error(error)
    except OSError as error:
        if error.filename is not None:
            status = report.fault(error)
        else:  # standard output or input, which cannot say so in JSON
            unusable = UsageError(Diagnostic("E0509", error.strerror or str(error)))
            status = Report(()).error(unusable)
    except Exception as fault:  # noqa: BLE001 (whatever it is, the user gets a report, not a traceback)
        status = report.fault(fault)
    sys.exit(status or DONE)


def _open_closed_streams() -> None:
    """What is printed to a stream that the caller has closed goes nowhere, and into no file opened later."""
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _speak_utf8() -> None:
    """Programs are UTF-8, so are they when printed, wherever that is; names of files pass as they are."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")
