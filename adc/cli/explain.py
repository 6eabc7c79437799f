"""`adc explain`: the long text behind an error code."""

from __future__ import annotations

from difflib import get_close_matches

import click

from adc.cli.report import json_option, print_json
from adc.diagnostics import Diagnostic, UsageError
from adc.diagnostics.catalogue import ENTRIES, Entry


@click.command("explain")
@click.argument("code")
@json_option
def command(code: str, as_json: bool) -> None:
    """Print what the error CODE means, with a wrong and a right example.

    Example: adc explain E0504
    """
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
