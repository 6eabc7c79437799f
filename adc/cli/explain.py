"""`adc explain`: the long text behind an error code."""

from __future__ import annotations

from difflib import get_close_matches

import click

from adc.cli.report import json_option
from adc.diagnostics import catalogue


@click.command("explain")
@click.argument("code")
@json_option
def command(code: str, as_json: bool) -> None:
    """Print what the error CODE means, with a wrong and a right program.

    Example: adc explain E0204
    """
    entry = catalogue.ENTRIES.get(code.upper())
    if entry is None:
        near = get_close_matches(code.upper(), list(catalogue.ENTRIES), 2)
        raise click.UsageError(f"there is no error code {code}. Did you mean {' or '.join(near)}?")
