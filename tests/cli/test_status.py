"""Exit status and diagnostics, whatever the command."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from adc.cli import report
from tests.cli.conftest import Adc

WRONG = "def f(x: f64[n]) -> f64 = sum(x) + y\ndef g(x: f64) -> f64 = x +\n"
COMMANDS = ("check", "compile", "explain", "fmt", "grad", "ir", "run")


@pytest.mark.parametrize("args", [(), ("--help",), *((name, "--help") for name in COMMANDS)])
def test_help_shows_an_example(adc: Adc, args: tuple[str, ...]) -> None:
    outcome = adc(*args)
    assert "Usage: adc" in outcome.out + outcome.err
    if len(args) == 2:
        assert "Example: adc" in outcome.out


def test_version(adc: Adc) -> None:
    assert adc("--version").out.startswith("adc 0.")


@pytest.mark.parametrize(
    "args",
    [
        ("frobnicate",),
        ("check",),
        ("check", "missing.adl"),
        ("check", "--frob", "x.adl"),
        ("grad", "-"),
    ],
)
def test_wrong_usage_is_2(adc: Adc, args: tuple[str, ...]) -> None:
    outcome = adc(*args)
    assert outcome.status == 2
    assert outcome.err
    assert not outcome.out


def test_misspelt_command_names_the_nearest(adc: Adc) -> None:
    assert "compile" in adc("compil").err


def test_a_wrong_program_is_1_with_every_error(adc: Adc) -> None:
    outcome = adc("check", "-", stdin=WRONG)
    assert outcome.status == 1
    assert outcome.err.count("error[") >= 1
    assert not outcome.out


def test_diagnostics_as_json_are_on_standard_output(adc: Adc) -> None:
    outcome = adc("check", "-", "--json", stdin="def f(x: f64) -> f64 = x + y\n")
    assert outcome.status == 1
    (found,) = outcome.json["diagnostics"]
    assert found["code"].startswith("E02")
    assert found["span"] == {
        "file": "<stdin>",
        "line": 1,
        "column": 28,
        "end_line": 1,
        "end_column": 29,
    }
    assert set(found) >= {"code", "message", "span", "hint"}


@pytest.mark.parametrize(
    "args", [("check", "missing.adl"), ("check", "-", "--frob"), ("grad", "-"), ("frobnicate",)]
)
def test_wrong_usage_as_json(adc: Adc, args: tuple[str, ...]) -> None:
    outcome = adc(*args, "--json")
    assert (outcome.status, outcome.err) == (2, "")
    (found,) = outcome.json["diagnostics"]
    assert found["code"] == "E0512"


@pytest.mark.parametrize("args", [("grad", "f", "-o"), ("compile", "-o")])
def test_what_cannot_be_written_is_2(adc: Adc, tmp_path: Path, args: tuple[str, ...]) -> None:
    (tmp_path / "file").write_text("")
    outcome = adc(args[0], "-", *args[1:], tmp_path / "file" / "out", stdin="def f(x: f64) = x")
    assert outcome.status == 2
    assert "cannot be written" in outcome.err


def test_a_fault_of_adc_is_3_and_says_what_to_report(
    adc: Adc, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object, **__: object) -> str:
        raise RuntimeError("planted")

    monkeypatch.setattr("adc.cli.fmt.format_text", break_down)
    outcome = adc("fmt", "-", stdin="")
    assert outcome.status == report.INTERNAL == 3
    assert "RuntimeError: planted" in outcome.err
    assert "please report" in outcome.err
    assert "Traceback" not in outcome.err


def test_a_fault_shows_its_traceback_on_request(adc: Adc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adc.cli.fmt.format_text", None)
    monkeypatch.setenv("ADC_TRACEBACK", "1")
    assert "Traceback" in adc("fmt", "-", stdin="").err


def test_interrupts_are_130(adc: Adc, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("adc.cli.fmt.format_text", interrupt)
    assert adc("fmt", "-", stdin="").status == 130


def test_a_reader_that_goes_away_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "long.adl"
    path.write_text("".join(f"def f{i}(x: f64) -> f64 = x\n" for i in range(5000)))
    child = subprocess.Popen(
        [sys.executable, "-m", "adc", "fmt", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None
    child.stdout.readline()
    child.stdout.close()
    assert child.stderr is not None
    assert child.stderr.read() == b""
    child.stderr.close()
    assert child.wait() == 0


def test_colours_only_at_a_terminal(adc: Adc, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" not in adc("fmt", "-", stdin="def").err
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert "\x1b[" in adc("fmt", "-", stdin="def").err
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in adc("fmt", "-", stdin="def").err
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setattr("sys.stderr.isatty", lambda: False, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in adc("fmt", "-", stdin="def").err


ADC = (sys.executable, "-m", "adc")


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_full_disk_behind_standard_output_is_said(
    program: Path, options: tuple[str, ...]
) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*ADC, "check", program, *options], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 2
    assert done.stderr.startswith("error[E0509]: No space left")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("closed", "status"), [(">&-", 0), (">&- 2>&-", 0), ("<&- >&- 2>&-", 0), ("- <&-", 2)]
)
def test_closed_streams_are_no_fault(program: Path, closed: str, status: int) -> None:
    file = "" if closed.startswith("-") else f'"{program}"'
    done = subprocess.run(["sh", "-c", f'"{sys.executable}" -m adc check {file} {closed}'])
    assert done.returncode == status


def test_an_interrupt_ends_a_long_loop(tmp_path: Path) -> None:
    path = tmp_path / "endless.adl"
    path.write_text("def f(x: f64) -> f64 = loop (s = x) while s > 0.0 { s + 0.0 * x }\n")
    with subprocess.Popen([*ADC, "run", path, "--arg", "x=1.0"], stderr=subprocess.PIPE) as child:
        try:
            with pytest.raises(subprocess.TimeoutExpired):
                child.wait(3)
            child.send_signal(signal.SIGINT)
            assert child.wait(20) == 130
        finally:
            child.kill()
        assert child.stderr is not None
        assert b"Traceback" not in child.stderr.read()
