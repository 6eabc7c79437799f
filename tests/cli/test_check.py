"""`adc check`."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Adc

KINKED = """\
def f(x: f64[n]) -> f64 = max(x) + abs(x[0])
def g(k: i64) -> i64 = abs(k)
"""


def test_lists_definitions_with_their_types(adc: Adc, program: Path) -> None:
    outcome = adc("check", program)
    assert outcome.status == 0, outcome.err
    assert "def lse(x: f64[n]) -> f64\n" in outcome.out
    assert "def both(x: f64[n]) -> (f64[n], {total: f64, size: i64})\n" in outcome.out
    assert "3 definitions, no errors" in outcome.out


def test_lists_kinks_of_floats_with_their_places(adc: Adc) -> None:
    outcome = adc("check", "-", stdin=KINKED)
    assert "<stdin>:1:27: possible kink of `max` where x == y" in outcome.out
    assert "<stdin>:1:36: possible kink of `abs` where x == 0" in outcome.out
    assert "<stdin>:2:" not in outcome.out


def test_json(adc: Adc) -> None:
    facts = adc("check", "-", "--json", stdin=KINKED).json
    assert facts["diagnostics"] == []
    assert [d["name"] for d in facts["definitions"]] == ["f", "g"]
    assert [k["primitive"] for k in facts["kinks"]] == ["max", "abs"]
    assert facts["kinks"][1]["span"]["column"] == 36


def test_several_errors_in_one_go(adc: Adc) -> None:
    wrong = "def f(x: f64) -> f64 = x + y\ndef g(x: f64) -> f64 = z * x\n"
    outcome = adc("check", "-", stdin=wrong)
    assert outcome.status == 1
    assert "`y`" in outcome.err
    assert "`z`" in outcome.err
    assert "<stdin>:2:24" in outcome.err


ADVISED = """\
def f(x: f64[n], i: i64) -> f64[n] = x with [i] =
  1.0
"""


def test_tells_what_is_checked_and_what_copies(adc: Adc) -> None:
    lines = adc("check", "-", stdin=ADVISED).out.splitlines()
    assert lines[1:3] == [
        "<stdin>:1:38: checked at run time: `x with [i] = 1.0` fails if an index is out of range for axis 0 of size n",
        "<stdin>:1:38: `x with [i] = 1.0` copies the array: the caller keeps it",
    ]
    facts = adc("check", "-", "--json", stdin=ADVISED).json
    (check,), (copy,) = facts["checks"], facts["copies"]
    assert (check["definition"], check["span"]["line"], check["span"]["end_line"]) == ("f", 1, 2)
    assert (copy["what"], copy["text"]) == ("the caller keeps it", "x with [i] =\n  1.0")
