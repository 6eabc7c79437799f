"""Shrinking keeps the fault and loses the rest; properties that do not hold are found out."""

from __future__ import annotations

import numpy as np
import pytest

import adc
from tests.property.generate import Program, program
from tests.property.properties import Case, forward_equals_reverse, rewriting_keeps_the_value
from tests.property.shrink import shrink


def test_programs_are_the_same_for_the_same_seed() -> None:
    assert program(7).text == program(7).text
    assert program(7).text != program(8).text


def test_every_program_is_well_typed() -> None:
    for seed in range(20):
        adc.compile(program(seed, 4).text)


def test_shrinking_leaves_what_shows_the_fault() -> None:
    def shows(candidate: Program) -> bool:
        return "cumsum" in candidate.text

    large = next(p for p in map(program, range(200)) if shows(p))
    small = shrink(large, shows)
    assert shows(small)
    assert len(small.text) < 250
    adc.compile(small.text)


def test_a_wrong_adjoint_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(program(0, 1))
    wrong = [2.0 * leaf + 1.0 for leaf in case.pulled]
    monkeypatch.setitem(case.__dict__, "pulled", wrong)
    with pytest.raises(AssertionError, match="against"):
        forward_equals_reverse(case)


def test_a_wrong_value_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(program(0, 1))
    monkeypatch.setattr(
        "tests.property.properties.evaluate", lambda *_: (np.random.default_rng().normal(),)
    )
    with pytest.raises(AssertionError, match="optimised f"):
        rewriting_keeps_the_value(case)
