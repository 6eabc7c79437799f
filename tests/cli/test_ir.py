"""`adc ir`: every stage can be seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from adc.ir.parser import parse_module
from adc.ir.printer import print_module
from tests.cli.conftest import Adc

SOFTMAX = "def lse(x: f64[n]) -> f64 = log(sum(exp(x)))\ndef softmax(x: f64[n]) = grad(lse)(x)\n"


@pytest.mark.parametrize("stage", ["unary", "derivative", "optimised"])
def test_textual_ir_parses_back(adc: Adc, stage: str) -> None:
    outcome = adc("ir", "-", "--stage", stage, stdin=SOFTMAX)
    assert outcome.status == 0, outcome.err
    assert print_module(parse_module(outcome.out)) == outcome.out


@pytest.mark.parametrize("stage", ["parsed", "typed"])
def test_surface_stages_are_programs(adc: Adc, stage: str) -> None:
    text = adc("ir", "-", "--stage", stage, stdin=SOFTMAX).out
    assert adc("check", "-", stdin=text).status == 0
    assert ("def softmax(x: f64[n]) -> f64[n]" in text) == (stage == "typed")


@pytest.mark.parametrize(("stage", "word"), [("loops", "for"), ("llvm", "define"), ("asm", "ret")])
def test_native_stages(adc: Adc, stage: str, word: str) -> None:
    assert word in adc("ir", "-", "--stage", stage, stdin=SOFTMAX).out


def test_the_default_is_the_optimised_stage(adc: Adc) -> None:
    assert (
        adc("ir", "-", stdin=SOFTMAX).out
        == adc("ir", "-", "--stage", "optimised", stdin=SOFTMAX).out
    )


def test_entry_leaves_the_others_out(adc: Adc) -> None:
    text = adc("ir", "-", "--entry", "lse", "--stage", "unary", stdin=SOFTMAX).out
    assert list(parse_module(text).functions) == ["lse"]
    assert adc("ir", "-", "--entry", "lsee", stdin=SOFTMAX).status == 2


def test_requests_are_expanded_by_the_derivative_stage(adc: Adc) -> None:
    assert "request" in adc("ir", "-", "--stage", "unary", stdin=SOFTMAX).out
    assert "request" not in adc("ir", "-", "--stage", "derivative", stdin=SOFTMAX).out


def test_diff(adc: Adc) -> None:
    one = adc("ir", "-", "--stage", "derivative", "--diff", stdin=SOFTMAX).out
    assert one.startswith("--- unary\n+++ derivative\n")
    every = adc("ir", "-", "--diff", stdin=SOFTMAX).out
    assert "+++ typed" in every
    assert "+++ optimised" in every


def test_dump_and_stop(adc: Adc) -> None:
    outcome = adc("ir", "-", "--dump-after", "expand_requests", stdin=SOFTMAX)
    assert outcome.out.startswith("# after expand_requests\n")
    stopped = adc("ir", "-", "--stop-after", "inline", stdin=SOFTMAX).out
    assert "request" in stopped
    outcome = adc("ir", "-", "--stop-after", "frobnicate", stdin=SOFTMAX)
    assert outcome.status == 2
    assert "expand_requests" in outcome.err


def test_print_only(adc: Adc) -> None:
    text = adc("ir", "-", "--stage", "unary", "--print-only", "lse", stdin=SOFTMAX).out
    assert list(parse_module(text).functions) == ["lse"]


def test_print_only_of_nothing_names_what_there_is(adc: Adc) -> None:
    outcome = adc("ir", "-", "--stage", "unary", "--print-only", "frob", stdin=SOFTMAX)
    assert outcome.status == 2
    assert "the functions are lse, softmax" in outcome.err


def test_surface_stages_show_everything_of_the_file(adc: Adc) -> None:
    source = "const a = 2.0\ndef apply(f: (f64) -> f64, x: f64) -> f64 = f(x)\n"
    assert adc("ir", "-", "--stage", "parsed", stdin=source).out == source.replace("\nd", "\n\nd")


def test_json(adc: Adc, program: Path) -> None:
    facts = adc("ir", program, "--stage", "unary", "--json").json
    assert facts["stage"] == "unary"
    assert set(parse_module(facts["text"]).functions) == {"lse", "scaled", "both"}


def test_json_is_one_document_dumps_included(adc: Adc, program: Path) -> None:
    found = adc(
        "ir", program, "--dump-after", "simplify", "--dump-after", "optimise", "--json"
    ).json
    assert [dump.splitlines()[0] for dump in found["dumps"]] == [
        "# after simplify",
        "# after optimise",
    ]
