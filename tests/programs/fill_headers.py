"""Writes the expected numbers into program heads: every `= ?` becomes what the independent model gives.

    python tests/programs/fill_headers.py

The models are `tests/programs/program_models` for the programs of this folder and `tests/examples/models.py` for
`examples/`. Numbers that stand already are left alone; `test_models.py` and `test_numbers.py` compare them.
"""

import sys
import textwrap
from pathlib import Path

from adl_headers import Statement, modelled, python_literal, statements

HERE = Path(__file__).parent
WIDTH = 118


def fill(program: Path, models: object) -> int:
    """Replaces the question marks of one program; returns how many there were."""
    open_statements = [s for s in statements(program) if s.error is None and s.value is None]
    lines = program.read_text().splitlines()
    for statement in reversed(open_statements):
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
        text, WIDTH, initial_indent="# > ", subsequent_indent="#     ", break_long_words=False, break_on_hyphens=False
    )


def main() -> None:
    sys.path.insert(0, str(HERE.parent / "examples"))
    import models as example_models
    import program_models

    for program in sorted(HERE.glob("*.adl")):
        if fill(program, program_models.of(program.stem)):
            print(f"filled {program.name}")
    for program in sorted((HERE.parents[1] / "examples").glob("*.adl")):
        if fill(program, getattr(example_models, program.stem)):
            print(f"filled {program.name}")


if __name__ == "__main__":
    main()
