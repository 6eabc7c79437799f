"""Programs that once went wrong give the numbers in their heads: natively, by the reference, and printed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from adl_headers import Statement, assert_agrees, function_of, statements

import adc

STATEMENTS = [s for p in sorted(Path(__file__).parent.glob("*.adl")) for s in statements(p)]


@cache
def load(program: Path) -> adc.Module:
    return adc.load(program)


def native(function: adc.Function) -> Callable[..., object]:
    return function


def reference(function: adc.Function) -> Callable[..., object]:
    return function.reference


def printed(function: adc.Function) -> Callable[..., object]:
    """The function as ADL, compiled again."""
    return list(adc.compile(function.source()))[-1].reference


@pytest.mark.parametrize("evaluator", [native, reference, printed])
@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: statement.id)
def test_program_does_what_its_head_says(statement: Statement, evaluator: Callable) -> None:
    function = evaluator(function_of(statement, adc, load(statement.program)))
    if statement.error is None:
        assert_agrees(function(*statement.arguments), statement.value, statement.tolerance)
    else:
        with pytest.raises(getattr(adc, statement.error)):
            function(*statement.arguments)
