"""`adc grad`: the derivative as a program to read, edit and compile again."""

from __future__ import annotations

from pathlib import Path

import click

from adc.api.function import Function
from adc.api.selection import require_real, select
from adc.api.transformations import require_convention
from adc.cli.entries import function_of
from adc.cli.gradients import nonsmooth_option, require_parameters, wrt_option
from adc.cli.program import program_of
from adc.cli.report import json_option, print_json
from adc.cli.source import file_argument
from adc.cli.writing import write_text
from adc.driver.compile import Session

_FIRST = {"reverse": "grad", "forward": "jacfwd"}


@click.command("grad")
@file_argument
@click.argument("name", metavar="DEFINITION")
@wrt_option("By this parameter; may be repeated. By default, by the first.")
@click.option("--mode", type=click.Choice(tuple(_FIRST)), default="reverse", show_default=True)
@click.option("--order", type=click.IntRange(min=1), default=1, show_default=True)
@nonsmooth_option
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Write the program there.")
@json_option
def command(
    file: str,
    name: str,
    wrt: tuple[str, ...],
    mode: str,
    order: int,
    nonsmooth: str,
    output: str | None,
    as_json: bool,
) -> None:
    """Print `grad_DEFINITION` and all it needs, as ADL that compiles again.

    By the first parameter unless --wrt names others. Orders above the first are by forward mode over the gradient.

    Example: adc grad tour.adl logsumexp
    """
    require_convention(nonsmooth)
    session = Session(program_of(file))
    function = function_of(session, name)
    require_parameters(wrt, function)
    chosen = select("grad", name, function.signature, 0, wrt or None).names
    made = _derivative(function, chosen, _FIRST[mode], order)
    text = session.adl((made.name,))
    if as_json:
        print_json({"definition": made.name, "wrt": list(chosen), "text": text})
    elif output is None:
        click.echo(text, nl=False)
    else:
        write_text(Path(output), text)


def _derivative(function: Function, wrt: tuple[str, ...], kind: str, order: int) -> Function:
    """The derivative of the given order; the last is called `grad_NAME`."""
    require_real("grad", function.name, function.signature)
    name = f"grad_{function.name}"
    made = function
    for step in range(1, order + 1):
        made = made.derive(kind, wrt, name=name if step == order else None)
        kind = "jacfwd"
    return made
