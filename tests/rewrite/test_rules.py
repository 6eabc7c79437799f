"""Every rule fires where it should, keeps the value, and leaves alone what it must."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from adc.ir.core import Module
from adc.rewrite.library import RULES
from adc.rewrite.rule import Rule, Soundness
from adc.rewrite.scope import Options
from adc.rewrite.strategy import Strategy, try_
from adc.rewrite.traversal import normalize
from tests.rewrite.checking import (
    arguments,
    close,
    outcome,
    program,
    rewritten,
    same_bits,
    special_arguments,
)
from tests.rewrite.examples import EXAMPLES, Example

FINAL = Options(final=True)
ids = [example.rule for example in EXAMPLES]


def everywhere(rule: Rule) -> Strategy:
    """The rule wherever it applies; rules on blocks are tried on the block."""
    is_on_blocks = rule.heads is None and rule.name in ("licm", "dce", "join_siblings")
    return try_(rule) if is_on_blocks else normalize(rule)


def fired(rule: Rule, module: Module) -> tuple[Module, int]:
    after, derivation = rewritten(module, everywhere(rule), options=FINAL)
    return after, derivation.by_rule().get(rule.name, 0)


def test_every_rule_has_an_example() -> None:
    assert set(ids) == set(RULES)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("example", EXAMPLES, ids=ids)
def test_the_rule_fires(example: Example) -> None:
    _, count = fired(RULES[example.rule], program(example.fires))
    assert count > 0


@pytest.mark.parametrize("example", EXAMPLES, ids=ids)
def test_the_rule_does_not_fire_without_its_condition(example: Example) -> None:
    _, count = fired(RULES[example.rule], program(example.must_not))
    assert count == 0


@pytest.mark.parametrize("example", EXAMPLES, ids=ids)
def test_the_value_stays(example: Example) -> None:
    rule = RULES[example.rule]
    before = program(example.fires)
    after, _ = fired(rule, before)
    same = same_bits if rule.soundness is Soundness.EXACT else close
    draws: list[Sequence[object]] = [arguments(seed, m, n) for seed, m, n in SIZES]
    if rule.soundness is Soundness.EXACT:
        draws += [special_arguments(seed) for seed in range(20)]
    for args in draws:
        expected = outcome(before, args)
        if expected is None:
            continue  # an error in a value that nothing needs may be gone afterwards
        found = outcome(after, args)
        assert found is not None
        assert all(map(same, expected, found)), (args, expected, found)


SIZES = [(0, 3, 4), (1, 1, 1), (2, 4, 2), (3, 2, 0), (4, 0, 3)]


def test_rules_on_data_are_exact_unless_they_sum() -> None:
    weaker = {r.name for r in RULES.values() if r.soundness is not Soundness.EXACT}
    assert weaker == {"accum_to_value", "upd_invariant", "upd_zero"}


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rule_tells_its_law(name: str) -> None:
    assert "->" in RULES[name].law
