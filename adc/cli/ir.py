"""`adc ir`: what each stage of the compiler made."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from itertools import pairwise

import click

from adc.cli.entries import entry_option, require_entry
from adc.cli.program import program_of
from adc.cli.report import json_option, print_json
from adc.cli.source import file_argument
from adc.diagnostics import Diagnostic, UsageError
from adc.driver.compile import Session
from adc.driver.load import Program, parsed_text, typed_text
from adc.driver.options import CompileOptions, Stage
from adc.driver.pipelines import require_passes

STAGES = [stage.value for stage in Stage]
_COMPARED = (
    Stage.TYPED,
    Stage.DERIVATIVE,
    Stage.OPTIMISED,
)  # each is in the language of the stage before


@click.command("ir")
@file_argument
@entry_option
@click.option("--stage", type=click.Choice(STAGES), help="What to show; `optimised` by default.")
@click.option(
    "--diff", is_flag=True, help="Show what the stage changed; without --stage, every stage."
)
@click.option(
    "--dump-after", multiple=True, metavar="PASS", help="Print the module after this pass too."
)
@click.option("--stop-after", metavar="PASS", help="Leave out the passes after this one.")
@click.option("--print-only", multiple=True, metavar="FUNCTION", help="Print this function only.")
@json_option
def command(
    file: str,
    entry: str | None,
    stage: str | None,
    diff: bool,
    dump_after: tuple[str, ...],
    stop_after: str | None,
    print_only: tuple[str, ...],
    as_json: bool,
) -> None:
    """Print FILE, or one definition of it, at a stage. Textual IR parses back.

    Example: adc ir tour.adl --entry softmax --stage derivative
    """
    require_passes((*dump_after, *([stop_after] if stop_after else ())))
    dumps: list[str] = []
    options = CompileOptions(
        dump_after=dump_after,
        stop_after=stop_after,
        print_only=print_only,
        dump=dumps.append if as_json else _print_dump,
    )
    program = program_of(file)
    view = _View(program, options, entry)
    chosen = Stage(stage) if stage else None
    text = "".join(view.changes(chosen)) if diff else view.text(chosen or Stage.OPTIMISED)
    if as_json:
        shown = stage or ("all" if diff else Stage.OPTIMISED.value)
        print_json({"stage": shown, "text": text, "dumps": dumps})
    else:
        click.echo(text, nl=not text.endswith("\n"))


class _View:
    """A program at its stages."""

    def __init__(self, program: Program, options: CompileOptions, entry: str | None) -> None:
        self.program = program
        self.session = Session(program, options)
        if entry is not None:
            require_entry(entry, self.session)
        self.named = None if entry is None else (entry,)
        self.entries = self.named or self.session.definitions

    def text(self, stage: Stage) -> str:
        if stage is Stage.PARSED:
            return parsed_text(self.program, self.named)
        if stage is Stage.TYPED:
            return typed_text(self.program, self.named)
        if stage.is_ir:
            self._require_shown(stage)
        return self.session.text(stage, self.entries)

    def _require_shown(self, stage: Stage) -> None:
        """Complain when `--print-only` leaves nothing."""
        names = self.session.options.print_only
        known = self.session.stage(stage, self.entries).functions
        if names and not any(name in known for name in names):
            hint = f"the functions are {', '.join(known)}"
            title = f"there is no function `{names[0]}` at the stage {stage.value}"
            raise UsageError(Diagnostic("E0510", title, hint=hint))

    def changes(self, only: Stage | None) -> Iterator[str]:
        """Unified diffs between neighbouring stages: the one named, or all up to the last that is IR."""
        wanted = _COMPARED if only is None else (only,)
        for before, after in pairwise(Stage):
            if after in wanted:
                old, new = (self.text(s).splitlines(keepends=True) for s in (before, after))
                yield from unified_diff(old, new, before.value, after.value)


def _print_dump(text: str) -> None:
    click.echo(text)
