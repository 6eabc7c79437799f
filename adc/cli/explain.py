"""`adc explain`: the long text behind an error code."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from importlib import import_module

import click

from adc.cli.report import json_option, print_json
from adc.diagnostics import Diagnostic, UsageError
from adc.diagnostics.catalogue import ENTRIES, Entry


@click.command("explain")
@click.argument("code", required=False)
@click.option("--schedule", is_flag=True, help="Print the default strategy instead.")
@json_option
def command(code: str | None, schedule: bool, as_json: bool) -> None:
    """Print what the error CODE means, with a wrong and a right example.

    Example: adc explain E0504
    """
    if schedule == (code is not None):
        raise click.UsageError("an error CODE or --schedule, one of the two")
    if code is not None:
        _explain(code, as_json)
    elif as_json:
        print_json({"schedule": dict(_schedule())})
    else:
        click.echo("\n\n".join(f"{name} =\n    {text}" for name, text in _schedule()))


def _schedule() -> Iterator[tuple[str, str]]:
    """The default strategy and the named ones that it is made of, each with its text."""
    strategies = import_module(
        "adc.rewrite.strategies"
    )  # with all the rules, which codes do not need
    seen = dict.fromkeys(s for s in strategies.default.within() if s.name in strategies.STRATEGIES)
    for s in seen:
        yield s.name, s.parts[0].name


def _explain(code: str, as_json: bool) -> None:
    entry = ENTRIES.get(code.upper())
    if entry is None:
        near = get_close_matches(code.upper(), list(ENTRIES), 2)
        hint = " or ".join(near) or f"codes go from {min(ENTRIES)} to {max(ENTRIES)}"
        raise UsageError(Diagnostic("E0507", f"there is no error code {code}", hint=hint))
    if as_json:
        names = ("code", "title", "family", "explanation", "wrong", "right", "language")
        print_json({name: getattr(entry, name) for name in names})
    else:
        click.echo(_text(entry))


def _text(entry: Entry) -> str:
    parts = [f"{entry.code}: {entry.title}", click.wrap_text(entry.explanation, 100)]
    for heading, example in (("wrong", entry.wrong), ("right", entry.right)):
        if example:
            lines = "\n".join(f"    {line}".rstrip() for line in example.splitlines())
            parts.append(f"{heading}:\n\n{lines}")
    return "\n\n".join(parts)
