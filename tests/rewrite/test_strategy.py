"""The laws of strategies, and that failure is a value with a reason."""

from __future__ import annotations

import pytest

from adc.ir.core import Block
from adc.ir.same import same_block
from adc.prims.catalog import TABLE
from adc.rewrite.derivation import Derivation
from adc.rewrite.library import RULES
from adc.rewrite.scope import Scope
from adc.rewrite.strategy import (
    Failure,
    Result,
    Strategy,
    Success,
    choice,
    fail,
    id_,
    not_,
    progress,
    repeat,
    seq,
    try_,
)
from adc.rewrite.traversal import all_, at, bottom_up, innermost, normalize, one, some, top_down
from tests.rewrite.checking import program

BODY = """
  a: f64 = mul(s, 1.0)
  b: f64 = neg(a)
  c: f64 = neg(b)
  d: f64 = reduce[ops=("add",)](n) { (i: i64)
    e: f64 = mul(c, 1.0)
    yield e
  }
  return c, d
"""
mul_one, neg_neg = RULES["neutral_operand"], RULES["neg_neg"]
nothing = RULES["div_by_power_of_two"]


def block() -> Block:
    return program(BODY).functions["f"].block


def run(s: Strategy, term: Block | None = None) -> Result:
    term = block() if term is None else term
    return s(term, Scope(TABLE, term, name="f"))


def same(s: Strategy, t: Strategy) -> bool:
    """Whether both strategies do the same to the program of this file."""
    term = block()
    left, right = run(s, term), run(t, term)
    if isinstance(left, Failure) or isinstance(right, Failure):
        return isinstance(left, Failure) and isinstance(right, Failure)
    assert isinstance(left.term, Block)
    assert isinstance(right.term, Block)
    return same_block(left.term, right.term)


STRATEGIES = [id_, fail, top_down(mul_one), bottom_up(neg_neg), top_down(nothing)]


@pytest.mark.parametrize("s", STRATEGIES, ids=str)
def test_id_is_neutral_for_seq(s: Strategy) -> None:
    assert same(id_ >> s, s)
    assert same(s >> id_, s)


@pytest.mark.parametrize("s", STRATEGIES, ids=str)
def test_fail_is_neutral_for_choice(s: Strategy) -> None:
    assert same(fail | s, s)
    assert same(s | fail, s)


@pytest.mark.parametrize("s", STRATEGIES, ids=str)
def test_fail_absorbs_in_seq(s: Strategy) -> None:
    assert same(fail >> s, fail)
    assert same(s >> fail, fail)


@pytest.mark.parametrize("s", STRATEGIES, ids=str)
@pytest.mark.parametrize("t", STRATEGIES, ids=str)
def test_seq_and_choice_are_associative(s: Strategy, t: Strategy) -> None:
    u = top_down(neg_neg)
    assert same((s >> t) >> u, s >> (t >> u))
    assert same((s | t) | u, s | (t | u))


@pytest.mark.parametrize("s", STRATEGIES, ids=str)
def test_try_and_repeat_never_fail(s: Strategy) -> None:
    assert isinstance(run(try_(s)), Success)
    if s is not id_:
        assert isinstance(run(repeat(s)), Success)


def test_try_is_choice_with_id() -> None:
    assert same(try_(top_down(mul_one)), top_down(mul_one) | id_)
    assert same(try_(fail), id_)


def test_not_succeeds_where_the_strategy_fails_and_changes_nothing() -> None:
    assert isinstance(run(not_(top_down(mul_one))), Failure)
    assert same(not_(top_down(nothing)), id_)


def test_progress_fails_where_nothing_changes() -> None:
    assert isinstance(run(progress(id_)), Failure)
    assert same(progress(top_down(mul_one)), top_down(mul_one))


def test_repeat_of_id_is_refused() -> None:
    with pytest.raises(ValueError, match="never end"):
        repeat(id_)


def test_failure_has_a_reason() -> None:
    result = run(top_down(nothing))
    assert isinstance(result, Failure)
    assert result.reason


def test_a_rule_fails_on_a_block() -> None:
    assert run(mul_one) == Failure("neutral_operand", "not an equation")


def test_choice_takes_the_first_that_succeeds() -> None:
    derivation = Derivation()
    term = block()
    scope = Scope(TABLE, term, name="f", derivation=derivation)
    top_down(choice(nothing, neg_neg, mul_one))(term, scope)
    assert [step.rule for step in derivation.steps] == ["neutral_operand"]


def test_steps_of_a_failed_seq_are_forgotten() -> None:
    derivation = Derivation()
    term = block()
    scope = Scope(TABLE, term, name="f", derivation=derivation)
    assert isinstance(seq(top_down(mul_one), fail)(term, scope), Failure)
    assert derivation.steps == []
    assert derivation.count == 0


# ---- traversals ----------------------------------------------------------------------------------


def test_one_rewrites_the_first_child_that_can() -> None:
    result = run(one(mul_one))
    assert isinstance(result, Success)
    assert isinstance(result.term, Block)
    assert [e.op for e in result.term.equations] == ["neg", "neg", "reduce"]


def test_all_fails_if_one_child_fails() -> None:
    assert isinstance(run(all_(mul_one)), Failure)
    assert isinstance(run(all_(try_(mul_one))), Success)


def test_some_needs_one() -> None:
    assert isinstance(run(some(mul_one)), Success)
    assert isinstance(run(some(nothing)), Failure)


def test_traversals_enter_regions() -> None:
    derivation = Derivation()
    term = block()
    scope = Scope(TABLE, term, name="f", derivation=derivation)
    repeat(top_down(mul_one))(term, scope)
    assert [step.place for step in derivation.steps] == [("f",), ("f", "reduce#1")]


def test_at_names_one_place() -> None:
    derivation = Derivation()
    term = block()
    scope = Scope(TABLE, term, name="f", derivation=derivation)
    assert isinstance(at("f/reduce#1", top_down(mul_one))(term, scope), Success)
    assert [step.place for step in derivation.steps] == [("f", "reduce#1")]
    assert isinstance(run(at("f/reduce#2", top_down(mul_one))), Failure)
    assert isinstance(run(at("g", top_down(mul_one))), Failure)


@pytest.mark.parametrize("walk", [top_down, bottom_up], ids=["top_down", "bottom_up"])
def test_normalize_reaches_what_repeated_search_reaches(walk) -> None:  # type: ignore[no-untyped-def]
    rules = choice(mul_one, neg_neg)
    assert same(normalize(rules), repeat(walk(rules)))
    assert same(normalize(rules), innermost(rules))


def test_normalize_gives_back_the_same_object_when_nothing_applies() -> None:
    term = block()
    result = run(normalize(nothing), term)
    assert isinstance(result, Success)
    assert result.term is term


# ---- derivations ---------------------------------------------------------------------------------


def test_steps_are_numbered_and_readable() -> None:
    derivation = Derivation()
    term = block()
    normalize(choice(mul_one, neg_neg))(term, Scope(TABLE, term, name="f", derivation=derivation))
    assert [step.number for step in derivation.steps] == [1, 2, 3]
    assert "1. neutral_operand at f\n    - a: f64 = mul(s, 1.0)\n    + a := s" in str(derivation)


@pytest.mark.parametrize("limit", range(5))
def test_a_limit_cuts_a_derivation_short(limit: int) -> None:
    derivation = Derivation(limit=limit)
    term = block()
    scope = Scope(TABLE, term, name="f", derivation=derivation)
    normalize(choice(mul_one, neg_neg))(term, scope)
    assert len(derivation.steps) == min(limit, 3)


def test_names_read_as_one_would_write_them() -> None:
    s = repeat(seq(top_down(mul_one), try_(choice(neg_neg, nothing))))
    assert s.name == ("repeat(top_down(neutral_operand) ; try(neg_neg <+ div_by_power_of_two))")
