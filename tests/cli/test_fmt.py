"""`adc fmt`."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Adc

UGLY = "def  f( x:f64 )->f64=x+1.0 # one more\n"


def test_prints_and_is_idempotent(adc: Adc) -> None:
    once = adc("fmt", "-", stdin=UGLY)
    assert once.status == 0
    assert "# one more" in once.out
    assert "def f(x: f64) -> f64" in once.out
    assert adc("fmt", "-", stdin=once.out).out == once.out


def test_check_changes_nothing_and_says_1(adc: Adc, tmp_path: Path) -> None:
    path = tmp_path / "ugly.adl"
    path.write_text(UGLY)
    outcome = adc("fmt", "--check", path)
    assert (outcome.status, outcome.out) == (1, "")
    assert path.read_text() == UGLY


def test_write_rewrites_the_file(adc: Adc, tmp_path: Path) -> None:
    path = tmp_path / "ugly.adl"
    path.write_text(UGLY)
    outcome = adc("fmt", "--write", path)
    assert (outcome.status, outcome.out) == (0, "")
    assert adc("fmt", "--check", path).status == 0


def test_syntax_errors_are_status_1(adc: Adc) -> None:
    outcome = adc("fmt", "-", stdin="def f(x: f64 -> f64 = x\n")
    assert outcome.status == 1
    assert outcome.err.startswith("error[E01")
    assert "<stdin>:1:" in outcome.err
