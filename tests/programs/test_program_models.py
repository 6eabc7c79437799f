"""The numbers in the heads of the programs are those of the independent models."""

from pathlib import Path

import program_models
import pytest
from adl_headers import Statement, assert_agrees, modelled, statements

PROGRAMS = sorted(Path(__file__).parent.glob("*.adl"))
VALUES = [s for program in PROGRAMS for s in statements(program) if s.error is None]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_program_states_what_it_gives(program: Path) -> None:
    assert list(statements(program))


@pytest.mark.parametrize("statement", VALUES, ids=lambda statement: statement.id)
def test_number_is_the_models(statement: Statement) -> None:
    model = program_models.of(statement.program.stem)
    assert statement.value is not None, "run fill_headers.py"
    assert_agrees(modelled(statement, model), statement.value, statement.tolerance)
