"""Which parameters commands differentiate by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from adc.api.callee import Callee
from adc.types.core import tangent_type

F = TypeVar("F", bound=Callable[..., Any])


def wrt_option(help_text: str) -> Callable[[F], F]:
    """`--wrt NAME`, repeated or with commas: a tuple of names."""

    def split(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name.strip() for value in values for name in value.split(","))

    return click.option("--wrt", multiple=True, metavar="NAME", callback=split, help=help_text)


def floating_parameters(function: Callee) -> tuple[str, ...]:
    """The names of the parameters that carry a derivative."""
    params = function.signature.params
    return tuple(name for name, t in params if tangent_type(t) is not None)
