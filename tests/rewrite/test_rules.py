"""Every rule fires where it should, keeps the value, and leaves alone what it must.

Each rule has a file in `rules/` with a function `fires` and a function `must_not`, as near to the first as
can be; a comment says what is missing.
"""

from __future__ import annotations

import pytest

from adc.ir.core import Module
from adc.rewrite.library import GROUPS, RULES
from adc.rewrite.rule import Rule, Soundness, not_admitted, rule_of
from adc.rewrite.scope import Options
from adc.rewrite.strategies import default, tidy_derivative
from adc.rewrite.strategy import Strategy, try_
from adc.rewrite.traversal import normalize
from tests.rewrite.checking import (
    HERE,
    SIZES,
    close,
    outcome,
    programs,
    rewritten,
    same_bits,
    special_values,
    values,
)

FINAL = Options(final=True)
ON_BLOCKS = ("dce", "join_siblings", "licm")
EXAMPLES = sorted(path.stem for path in (HERE / "rules").glob("*.air"))


def everywhere(rule: Rule) -> Strategy:
    """The rule wherever it applies; rules on blocks are tried on the block."""
    return try_(rule) if rule.name in ON_BLOCKS else normalize(rule)


def fired(name: str, module: Module) -> tuple[Module, int]:
    after, derivation = rewritten(module, everywhere(RULES[name]), options=FINAL)
    return after, derivation.by_rule().get(name, 0)


def test_every_rule_has_an_example() -> None:
    assert sorted(RULES) == EXAMPLES


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_rule_fires_and_keeps_the_value(name: str) -> None:
    before = programs(f"rules/{name}.air")["fires"]
    after, count = fired(name, before)
    assert count > 0
    is_exact = RULES[name].soundness is Soundness.EXACT
    draws = [values(*size) for size in SIZES]
    if is_exact:
        draws += map(special_values, range(20))
    for given in draws:
        expected = outcome(before, given)
        if expected is None:
            continue  # an error in a value that nothing needs may be gone afterwards
        found = outcome(after, given)
        assert found is not None
        assert all(map(same_bits if is_exact else close, expected, found)), given


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_rule_does_not_fire_without_its_condition(name: str) -> None:
    _, count = fired(name, programs(f"rules/{name}.air")["must_not"])
    assert count == 0


def test_rules_are_exact_unless_they_sum() -> None:
    weaker = {r.name for r in RULES.values() if r.soundness is not Soundness.EXACT}
    sums = {"accum_to_value", "upd_invariant", "upd_zero"}
    assert weaker == sums | {r.name for r in GROUPS["readable"]}
    assert {r.name for r in not_admitted(tidy_derivative)} == {r.name for r in GROUPS["readable"]}


def test_the_default_schedule_is_admitted_and_bold_rules_are_not() -> None:
    assert not_admitted(default) == ()
    bold = rule_of("bold", "x * 0 -> 0", ("mul",), Soundness.ASSUMES_FINITE, lambda b, e, s: None)
    assert not_admitted(default >> normalize(bold)) == (bold,)
    assert not_admitted(bold, (Soundness.EXACT, Soundness.ASSUMES_FINITE)) == ()


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rule_tells_its_law(name: str) -> None:
    assert "->" in RULES[name].law
