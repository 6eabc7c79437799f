"""The examples give the numbers that their heads state."""

from functools import cache
from pathlib import Path

import pytest
from adl_headers import Statement, assert_agrees, function_of, statements

import adc

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.adl"))
STATEMENTS = [statement for program in EXAMPLES for statement in statements(program)]


@cache
def load(program: Path) -> object:
    return adc.load(program)


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: statement.id)
def test_program_gives_the_number(statement: Statement) -> None:
    function = function_of(statement, adc, load(statement.program))
    got = function(*statement.arguments, **statement.named)
    assert_agrees(got, statement.value, statement.tolerance)
