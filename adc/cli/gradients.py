"""Which parameters commands differentiate by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

import click

from adc.api.callee import Callee
from adc.api.transformations import NONSMOOTH
from adc.diagnostics import Diagnostic, UsageError
from adc.types.core import tangent_type

F = TypeVar("F", bound=Callable[..., Any])


def wrt_option(help_text: str) -> Callable[[F], F]:
    """`--wrt NAME`, repeated or with commas: a tuple of names."""

    def split(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name.strip() for value in values for name in value.split(","))

    return click.option("--wrt", multiple=True, metavar="NAME", callback=split, help=help_text)


def nonsmooth_option(command: F) -> F:
    """`--nonsmooth MODE`."""
    return click.option(
        "--nonsmooth",
        type=click.Choice(NONSMOOTH),
        default=NONSMOOTH[0],
        show_default=True,
        help="What derivatives are at kinks.",
    )(command)


def floating_parameters(function: Callee) -> tuple[str, ...]:
    """The names of the parameters that carry a derivative."""
    params = function.signature.params
    return tuple(name for name, t in params if tangent_type(t) is not None)


def require_parameters(wrt: Sequence[str], function: Callee) -> None:
    """Complain (UsageError E0508) when `--wrt` names what is no parameter."""
    known = [name for name, _ in function.signature.params]
    for name in wrt:
        if name not in known:
            near = get_close_matches(name, known, 1) or floating_parameters(function)[:1]
            hint = f"--wrt {near[0]}" if near else None
            title = f"`{function.name}` has no parameter `{name}`"
            raise UsageError(Diagnostic("E0508", title, hint=hint))
