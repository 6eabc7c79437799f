"""`adc explain`."""

from __future__ import annotations

from adc.diagnostics.catalogue import ENTRIES
from tests.cli.conftest import Adc


def test_prints_text_and_examples(adc: Adc) -> None:
    outcome = adc("explain", "e0504")
    assert outcome.status == 0
    assert outcome.out.startswith("E0504: ")
    assert "wrong:" in outcome.out
    assert "right:" in outcome.out


def test_every_code_can_be_explained(adc: Adc) -> None:
    for code, entry in ENTRIES.items():
        assert entry.title in adc("explain", code).out


def test_json(adc: Adc) -> None:
    assert adc("explain", "E0504", "--json").json["family"] == "arguments, options and files"


def test_unknown_code_is_wrong_usage(adc: Adc) -> None:
    outcome = adc("explain", "E9999")
    assert outcome.status == 2
    assert "no error code" in outcome.err


def test_the_schedule_is_the_default_strategy_down_to_rules(adc: Adc) -> None:
    schedule = adc("explain", "--schedule", "--json").json["schedule"]
    assert next(iter(schedule)) == "default"
    assert "join_siblings" in schedule["share_passes"]
    assert "share_passes =\n" in adc("explain", "--schedule").out


def test_a_code_or_the_schedule(adc: Adc) -> None:
    assert adc("explain").status == adc("explain", "E0504", "--schedule").status == 2
