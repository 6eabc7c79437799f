"""Properties over random programs: every named strategy keeps the value, and sound IR sound."""

from __future__ import annotations

import pytest

from adc.ir.printer import print_module
from adc.ir.verify import verify
from adc.prims.catalog import TABLE
from adc.rewrite.derivation import Derivation
from adc.rewrite.library import RULES
from adc.rewrite.pipeline import apply
from adc.rewrite.rule import Rule, Soundness, rule_of
from adc.rewrite.scope import Options
from adc.rewrite.strategies import STRATEGIES, default
from adc.rewrite.strategy import Strategy, choice, repeat, seq, try_
from adc.rewrite.traversal import normalize
from tests.rewrite.checking import close, outcome, rewritten, same_bits
from tests.rewrite.random_programs import random_arguments, random_module

EXACT = choice(
    *(
        r
        for r in RULES.values()
        if r.soundness is Soundness.EXACT and r.name not in ("dce", "licm", "join_siblings")
    )
)
SCHEDULES = {
    "exact": repeat(seq(normalize(EXACT), try_(RULES["dce"]), try_(RULES["licm"])), 4),
    "default": default,
    "simplify": STRATEGIES["simplify"],
    "share_passes": seq(STRATEGIES["simplify"], try_(STRATEGIES["share_passes"])),
}


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("seed", range(25))
def test_the_value_stays(name: str, seed: int) -> None:
    check(SCHEDULES[name], seed, is_exact=name == "exact")


@pytest.mark.parametrize("seed", range(100, 115))
def test_the_value_stays_in_printable_programs(seed: int) -> None:
    check(default, seed, options=Options(pure=True))


def check(
    strategy: Strategy, seed: int, *, is_exact: bool = False, options: Options | None = None
) -> None:
    module = random_module(seed)
    verify(module, TABLE)
    after, _ = rewritten(module, strategy, options=options)
    same = same_bits if is_exact else close
    for draw in range(5):
        args = random_arguments(10 * seed + draw)
        expected = outcome(module, args)
        if expected is None:
            continue  # an error in a value that nothing needs may be gone afterwards
        found = outcome(after, args)
        shown = f"seed {seed}\n{print_module(module)}\n{args}"
        assert found is not None, shown
        assert all(map(same, expected, found)), shown


@pytest.mark.parametrize("seed", range(6))
def test_every_prefix_of_a_derivation_is_sound(seed: int) -> None:
    module = random_module(seed, size=8)
    steps = rewritten(module, default)[1].count
    for limit in range(0, steps + 1, max(1, steps // 6)):
        derivation = Derivation(limit=limit)
        after = apply(default, module, TABLE, derivation=derivation)
        verify(after, TABLE)
        assert derivation.count == min(limit, steps)
        args = random_arguments(seed)
        expected = outcome(module, args)
        if expected is not None:
            found = outcome(after, args)
            assert found is not None
            assert all(map(close, expected, found))


def test_the_result_does_not_depend_on_the_run() -> None:
    texts = {print_module(rewritten(random_module(7), default)[0]) for _ in range(3)}
    assert len(texts) == 1


def test_a_wrong_rule_would_be_noticed() -> None:
    """The property has teeth: x * y -> x + y is found out."""
    wrong = _wrong_rule()
    noticed = 0
    for seed in range(30):
        try:
            check(normalize(wrong), seed, is_exact=True)
        except AssertionError:
            noticed += 1
    assert noticed > 10


def _wrong_rule() -> Rule:
    return rule_of(
        "wrong",
        "x * y -> x + y",
        ("mul",),
        Soundness.EXACT,
        lambda b, e, scope: (b.one("add", *e.operands),),
    )
