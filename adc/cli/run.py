"""`adc run`: one definition, or its gradient, run once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from adc.api.function import Function
from adc.api.literals import json_value, value_text
from adc.api.transformations import NONSMOOTH, grad
from adc.cli.entries import entry_option, function_of
from adc.cli.gradients import (
    floating_parameters,
    nonsmooth_option,
    require_parameters,
    wrt_option,
)
from adc.cli.inputs import read_arguments
from adc.cli.outputs import saver
from adc.cli.program import program_of
from adc.cli.report import json_option, print_json
from adc.cli.source import file_argument
from adc.driver.compile import Session
from adc.types.core import Record, Tuple


@click.command("run")
@file_argument
@entry_option
@click.option(
    "--arg",
    "args",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter: `x=[1.0, 2.0]`, `x=@file.npy` (.npz, .json, .txt); `@all.json` gives several.",
)
@click.option("--grad", "is_gradient", is_flag=True, help="Run the gradient instead.")
@wrt_option("With --grad: by this parameter; may be repeated. By default, by all floating ones.")
@nonsmooth_option
@click.option("--reference", is_flag=True, help="Evaluate with NumPy instead of machine code.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False), help="Save as .npy, .npz, .json or .txt."
)
@json_option
def command(
    file: str,
    entry: str | None,
    args: tuple[str, ...],
    is_gradient: bool,
    wrt: tuple[str, ...],
    nonsmooth: str,
    reference: bool,
    output: str | None,
    as_json: bool,
) -> None:
    """Run a definition of FILE and print its result.

    Example: adc run tour.adl --entry logsumexp --arg 'x=[0.0, 1.0, 2.0]' --grad
    """
    if wrt and not is_gradient:
        raise click.UsageError("--wrt needs --grad")
    function = function_of(Session(program_of(file)), entry)
    require_parameters(wrt, function)
    values, sizes = read_arguments(args, function.signature)
    function.check_sizes(sizes, values)
    if is_gradient:
        function = gradient(function, wrt, nonsmooth)
    t = function.signature.result
    deliver = _printer(function, as_json) if output is None else saver(Path(output), t)
    deliver(function.reference(**values) if reference else function(**values))


def gradient(function: Function, wrt: tuple[str, ...], nonsmooth: str = NONSMOOTH[0]) -> Function:
    """The gradient by the named parameters, all floating ones by default; of several, a record by name."""
    names = wrt or floating_parameters(function)
    if len(names) == 1:
        return grad(function, wrt=names[0], nonsmooth=nonsmooth)
    made = grad(function, wrt=names, nonsmooth=nonsmooth)
    assert isinstance(made.signature.result, Tuple)
    fields = tuple(zip(names, made.signature.result.items, strict=True))
    return made.regrouped(Record(fields))


def _printer(function: Function, as_json: bool) -> Callable[[Any], None]:
    t = function.signature.result
    if as_json:
        facts = {"entry": function.name, "type": str(t)}
        return lambda result: print_json({**facts, "result": json_value(result, t)})
    return lambda result: click.echo(value_text(result, t))
