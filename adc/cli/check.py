"""`adc check`: everything that can be said of a program without running it."""

from __future__ import annotations

import click

from adc.cli.program import program_of
from adc.cli.report import json_option, print_json
from adc.cli.source import file_argument
from adc.diagnostics import Span, render, to_json
from adc.driver.kinks import PossibleKink, possible_kinks
from adc.ir.signature import headline


@click.command("check")
@file_argument
@json_option
def command(file: str, as_json: bool) -> None:
    """Check the types, shapes and sizes of FILE; list its definitions and possible kinks. Makes no code.

    Example: adc check model.adl
    """
    program = program_of(file)
    kinks = possible_kinks(program)
    if as_json:
        definitions = [
            {"name": n, "type": headline(n, program.signature(n))} for n in program.definitions
        ]
        warnings = list(map(to_json, program.warnings))
        facts = {
            "diagnostics": warnings,
            "definitions": definitions,
            "kinks": list(map(_facts, kinks)),
        }
        print_json(facts)
        return
    for name in program.definitions:
        click.echo(f"def {headline(name, program.signature(name))}")
    for warning in program.warnings:
        click.echo(render(warning))
    for kink in kinks:
        click.echo(_sentence(kink))
    count = len(program.definitions)
    click.echo(f"{program.source.name}: {count} definition{'' if count == 1 else 's'}, no errors")


def _facts(found: PossibleKink) -> dict[str, object]:
    return {
        "definition": found.definition,
        "primitive": found.primitive,
        "where": found.kink.locus,
        "partials": list(found.kink.value),
        "why": found.kink.why,
        "span": _place(found.span),
    }


def _place(span: Span) -> dict[str, object]:
    names = ("file", "line", "column", "end_line", "end_column")
    return {name: getattr(span, name) for name in names}


def _sentence(found: PossibleKink) -> str:
    place = f"{found.span.file}:{found.span.line}:{found.span.column}"
    partials = ", ".join("none" if p is None else f"{p:g}" for p in found.kink.value)
    return (
        f"{place}: possible kink of `{found.primitive}` where {found.kink.locus}; "
        f"the derivative there is {partials} ({found.kink.why})"
    )
