"""Which definition of a program a command is about."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, TypeVar

import click

from adc.api.function import Function
from adc.api.module import Module, takes_functions
from adc.diagnostics import Diagnostic, UnsupportedError, UsageError
from adc.driver.compile import Session

F = TypeVar("F", bound=Callable[..., Any])


def entry_option(command: F) -> F:
    """`--entry NAME`."""
    help_text = "The definition; may be left out when there is only one."
    return click.option("--entry", metavar="NAME", help=help_text)(command)


def function_of(session: Session, entry: str | None) -> Function:
    """The definition `entry`, or the only one. Raises UsageError E0510."""
    names = session.definitions
    if entry is None and len(names) != 1:
        title = "which definition? There are several" if names else "there is no definition"
        hint = f"--entry {names[-1]}" if names else None
        raise UsageError(Diagnostic("E0510", title, hint=hint))
    chosen = names[0] if entry is None else entry
    require_entry(chosen, session)
    return Module(session)[chosen]


def require_entry(entry: str, session: Session) -> None:
    """Complain when `entry` is no definition, or one that only ADL can call."""
    if entry in session.inlined:
        raise UnsupportedError(takes_functions(entry))
    names = session.names
    if entry not in names:
        near = get_close_matches(entry, names, 2)
        hint = " or ".join(near) if near else f"the definitions are {', '.join(names)}"
        raise UsageError(Diagnostic("E0510", f"there is no definition `{entry}`", hint=hint))
