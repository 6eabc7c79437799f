"""`adc check`: everything that can be said of a program without running it."""

from __future__ import annotations

import click

from adc.cli.program import program_of
from adc.cli.report import json_option, print_json
from adc.cli.source import file_argument
from adc.diagnostics import Span, render, to_json
from adc.driver.advice import Advice, copies, runtime_checks
from adc.driver.kinks import PossibleKink, possible_kinks
from adc.ir.signature import headline

_LONGEST = 60  # characters of an expression in a line of its own


@click.command("check")
@file_argument
@json_option
def command(file: str, as_json: bool) -> None:
    """Check the types, shapes and sizes of FILE; list its definitions, possible kinks, accesses and sizes that are
    checked at run time, and updates that copy. Makes no code.

    Example: adc check model.adl
    """
    program = program_of(file)
    kinks = possible_kinks(program)
    checks, copying = runtime_checks(program), copies(program)
    if as_json:
        definitions = [
            {"name": n, "type": headline(n, program.signature(n))} for n in program.definitions
        ]
        warnings = list(map(to_json, program.warnings))
        facts = {
            "diagnostics": warnings,
            "definitions": definitions,
            "kinks": list(map(_facts, kinks)),
            "checks": list(map(_advice, checks)),
            "copies": list(map(_advice, copying)),
        }
        print_json(facts)
        return
    for name in program.definitions:
        click.echo(f"def {headline(name, program.signature(name))}")
    for warning in program.warnings:
        click.echo(render(warning))
    for kink in kinks:
        click.echo(_sentence(kink))
    for check in checks:
        click.echo(f"{_where(check.span)}: checked at run time: {_brief(check)} fails {check.what}")
    for copy in copying:
        click.echo(f"{_where(copy.span)}: {_brief(copy)} copies the array: {copy.what}")
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


def _advice(found: Advice) -> dict[str, object]:
    return {
        "definition": found.definition,
        "text": found.text,
        "what": found.what,
        "span": _place(found.span),
    }


def _where(span: Span) -> str:
    return f"{span.file}:{span.line}:{span.column}"


def _brief(found: Advice) -> str:
    """The expression in one line, not too long."""
    text = " ".join(found.text.split())
    return f"`{text}`" if len(text) <= _LONGEST else f"`{text[:_LONGEST]}...`"


def _sentence(found: PossibleKink) -> str:
    partials = ", ".join("none" if p is None else f"{p:g}" for p in found.kink.value)
    return (
        f"{_where(found.span)}: possible kink of `{found.primitive}` where {found.kink.locus}; "
        f"the derivative there is {partials} ({found.kink.why})"
    )
