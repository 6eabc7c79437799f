"""`adc fmt`: canonical layout."""

from __future__ import annotations

from pathlib import Path

import click

from adc.cli.report import DONE, WRONG_PROGRAM, json_option, print_json
from adc.cli.source import file_argument, source_of
from adc.cli.writing import write_text
from adc.syntax.fmt import format_text


@click.command("fmt")
@file_argument
@click.option("--check", is_flag=True, help="Print nothing; exit with 1 when the layout differs.")
@click.option("-w", "--write", is_flag=True, help="Write the file instead of printing.")
@json_option
def command(file: str, check: bool, write: bool, as_json: bool) -> int:
    """Print FILE in canonical layout; comments stay. `-` reads standard input.

    Example: adc fmt model.adl
    """
    source = source_of(file)
    text = format_text(source.text, name=source.name)
    is_formatted = text == source.text
    if write and file != "-" and not is_formatted:
        write_text(Path(file), text)
    if as_json:
        print_json({"formatted": is_formatted, "text": text})
    elif not (check or write):
        click.echo(text, nl=False)
    elif check and not is_formatted:
        click.echo(f"{source.name} would change", err=True)
    return WRONG_PROGRAM if check and not is_formatted else DONE
