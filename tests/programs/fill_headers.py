"""Writes the expected numbers into program heads: every `= ?` becomes what the independent model gives.

    python tests/programs/fill_headers.py

The models are `tests/programs/program_models` for the programs of this folder and `tests/examples/models.py` for
`examples/`. Numbers that stand already are left alone; `test_program_models.py` and `test_example_models.py`
compare them.
"""

import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

from adl_headers import Statement, modelled, python_literal, statements

HERE = Path(__file__).parent
WIDTH = 118


def fill(program: Path, models_of: Callable[[str], object]) -> int:
    """Replaces the question marks of one program; returns how many there were."""
    open_statements = [s for s in statements(program) if s.error is None and s.value is None]
    lines = program.read_text().splitlines()
    for statement in reversed(open_statements):
        models = models_of(program.stem)
        end = statement.line
        while end < len(lines) and lines[end].startswith("#    "):
            end += 1
        lines[statement.line - 1 : end] = _written(statement, models)
    if open_statements:
        program.write_text("\n".join(lines) + "\n")
    return len(open_statements)


def _written(statement: Statement, models: object) -> list[str]:
    value = python_literal(modelled(statement, models))
    text = statement.text.replace(" = ?", f" = {value}")
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent="# > ",
        subsequent_indent="#     ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def main() -> None:
    sys.path.insert(0, str(HERE.parent / "examples"))
    import models as example_models
    import program_models

    folders = {
        HERE: program_models.of,
        HERE.parents[1] / "examples": lambda stem: getattr(example_models, stem),
    }
    for folder, models_of in folders.items():
        for program in sorted(folder.glob("*.adl")):
            if count := fill(program, models_of):
                print(f"{program.name}: {count}")


if __name__ == "__main__":
    main()
