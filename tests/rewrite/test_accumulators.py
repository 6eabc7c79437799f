"""Accumulators become maps, sums, carried values and updates, and stay where they must."""

from __future__ import annotations

from collections import Counter

import pytest

from adc.ir.core import Module
from adc.ir.walk import equations_within
from adc.rewrite.scope import Options
from adc.rewrite.strategies import default
from tests.rewrite.checking import (
    SIZES,
    close,
    outcome,
    program,
    programs,
    rewritten,
    the_function,
    values,
)

GOES = programs("accumulators/goes.air")
STAYS = programs("accumulators/stays.air")
(MIXED,) = programs("accumulators/mixed.air").values()


def ops(module: Module) -> Counter[str]:
    return Counter(e.op for e in equations_within(the_function(module).block))


def optimised(before: Module, *, pure: bool = False) -> Module:
    """The program after the default schedule; its values are the same."""
    after, _ = rewritten(before, default, options=Options(pure=pure))
    for size in SIZES:
        expected = outcome(before, values(*size))
        if expected is not None:
            found = outcome(after, values(*size))
            assert found is not None
            assert all(map(close, expected, found))
    return after


@pytest.mark.parametrize("name", GOES)
def test_the_accumulator_goes(name: str) -> None:
    left = ops(optimised(GOES[name]))
    assert left["accum"] == 0
    assert left["upd"] == 0


@pytest.mark.parametrize("name", GOES)
def test_it_goes_in_printable_programs_too(name: str) -> None:
    assert ops(optimised(GOES[name], pure=True))["upd"] == 0


@pytest.mark.parametrize("name", STAYS)
def test_the_accumulator_stays(name: str) -> None:
    assert ops(optimised(STAYS[name]))["upd"] == 1


def test_a_direct_accumulator_leaves_through_the_yields() -> None:
    left = ops(optimised(MIXED))
    assert left["upd"] == 1
    assert left["exp"] == 1


def test_it_yields_nothing_where_the_program_is_to_be_printed() -> None:
    after = optimised(MIXED, pure=True)
    assert ops(after)["upd"] == 1
    (accum,) = (e for e in equations_within(the_function(after).block) if e.op == "accum")
    assert accum.regions[0].results == ()


def test_the_adjoint_of_a_stencil_is_a_stencil() -> None:
    left = ops(optimised(GOES["a_stencil"]))
    assert left["map"] == 1
    assert left["cond"] <= 2


def test_what_steps_of_a_loop_add_is_stacked_or_added_in_place() -> None:
    left = ops(optimised(programs("accumulators/loops.air")["carried"]))
    assert left["accum"] == left["upd"] == 1
    assert left["loop"] == 1


PLACE = "g: f64[n] = accum(y) { (r: ref f64[n]) upd(r, s, k) } return g"


def test_a_place_that_is_out_of_range_stays_an_error() -> None:
    before = program(PLACE)
    after, _ = rewritten(before, default)
    given = {**values(), "k": 7}
    assert outcome(before, given) is None
    assert outcome(after, given) is None


def test_no_error_appears_in_a_loop_without_steps() -> None:
    before = programs("accumulators/loops.air")["no_steps"]
    after, _ = rewritten(before, default)
    given = {**values(), "k": 7}
    assert outcome(before, given) is not None
    assert outcome(after, given) is not None
