"""`adc run`: arguments in, results out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Adc


def numbers(text: str) -> list[float]:
    found = json.loads(text)
    assert isinstance(found, list)
    return found


def test_prints_the_result_with_seventeen_digits(adc: Adc, program: Path) -> None:
    outcome = adc("run", program, "--entry", "lse", "--arg", "x=[0.0, 0.0]")
    assert outcome.status == 0, outcome.err
    assert outcome.out == "0.69314718055994529\n"


def test_prints_tuples_and_records_as_adl(adc: Adc, program: Path) -> None:
    outcome = adc("run", program, "--entry", "both", "--arg", "x=[1.0, 2.5]")
    assert outcome.out == "([2.0, 5.0], {total: 3.5, size: 2})\n"


def test_json_result(adc: Adc, program: Path) -> None:
    outcome = adc("run", program, "--entry", "both", "--arg", "x=[1.0, 2.5]", "--json")
    assert outcome.json["result"] == [[2.0, 5.0], {"total": 3.5, "size": 2}]


def test_gradient_by_the_named_parameter(adc: Adc, program: Path) -> None:
    args = ("--arg", "x=[1.0, 2.0]", "--arg", "k=3", "--arg", "w=0.5")
    outcome = adc("run", program, "--entry", "scaled", "--grad", "--wrt", "x", *args)
    assert numbers(outcome.out) == [3.0, 6.0]


def test_gradient_by_all_floating_parameters(adc: Adc, program: Path) -> None:
    args = ("--arg", "x=[1.0, 2.0]", "--arg", "k=3", "--arg", "w=0.5", "--json")
    outcome = adc("run", program, "--entry", "scaled", "--grad", *args)
    assert outcome.json["result"] == {"x": [3.0, 6.0], "w": 15.0}


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".json", ".txt"])
def test_arguments_from_files(adc: Adc, program: Path, tmp_path: Path, suffix: str) -> None:
    x = np.array([0.5, 1.5])
    path = tmp_path / f"x{suffix}"
    writers = {
        ".npy": lambda: np.save(path, x),
        ".npz": lambda: np.savez(path, x=x),
        ".json": lambda: path.write_text("[0.5, 1.5]"),
        ".txt": lambda: np.savetxt(path, x),
    }
    writers[suffix]()
    outcome = adc("run", program, "--entry", "lse", "--arg", f"x=@{path}")
    assert outcome.status == 0, outcome.err
    assert float(outcome.out) == pytest.approx(np.logaddexp(0.5, 1.5), rel=1e-15)


def test_one_file_for_all_parameters_with_a_size(adc: Adc, program: Path, tmp_path: Path) -> None:
    path = tmp_path / "all.json"
    path.write_text('{"x": [1, 2], "k": 3, "w": 0.5, "n": 2}')
    outcome = adc("run", program, "--entry", "scaled", "--arg", f"@{path}")
    assert outcome.out == "7.5\n"


def test_a_size_that_differs_is_an_error(adc: Adc, program: Path) -> None:
    outcome = adc("run", program, "--entry", "lse", "--arg", "x=[1.0, 2.0]", "--arg", "n=3")
    assert outcome.status == 1
    assert "`n` is given as 3, the arguments say 2" in outcome.err


@pytest.mark.parametrize("suffix", [".npz", ".json"])
def test_results_are_saved(adc: Adc, program: Path, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    outcome = adc("run", program, "--entry", "both", "--arg", "x=[1.0, 2.0]", "-o", path)
    assert (outcome.status, outcome.out) == (0, "")
    if suffix == ".npz":
        with np.load(path) as saved:
            assert sorted(saved) == ["0", "1.size", "1.total"]
            assert saved["0"].tolist() == [2.0, 4.0]
    else:
        assert json.loads(path.read_text()) == [[2.0, 4.0], {"total": 3.0, "size": 2}]


def test_saved_arrays_are_exact(adc: Adc, tmp_path: Path) -> None:
    source = "def third(x: f64[n]) -> f64[n] = [xi / 3.0 for xi in x]"
    for suffix, read in ((".npy", np.load), (".txt", np.loadtxt)):
        path = tmp_path / f"out{suffix}"
        adc("run", "-", "--arg", "x=[1.0, 2.0]", "-o", path, stdin=source)
        assert read(path).tolist() == [1.0 / 3.0, 2.0 / 3.0]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--arg", "x"), "gives no value"),
        (("--arg", "y=1.0"), "no parameter `y`"),
        (("--arg", "x=@missing.npy"), "cannot be read"),
        (("--arg", "x=@data.xyz"), "none of the endings"),
        (("--arg", "x=[1.0]", "--arg", "x=[2.0]"), "given twice"),
        (("--arg", "x=[1.0"), "never closed"),
        (("--arg", "x=1/3"), "a number, a list"),
        ((), "no value is given for `x`"),
        (("--wrt", "x", "--arg", "x=[1.0]"), "--wrt needs --grad"),
        (("--grad", "--wrt", "y", "--arg", "x=[1.0]"), "no parameter `y`"),
        (("--arg", "x=[1.0]", "-o", "missing/out.json"), "cannot be written"),
        (("--arg", "x=[1.0]", "-o", "out.xyz"), "none of the endings"),
    ],
)
def test_wrong_usage_is_status_2(
    adc: Adc, program: Path, args: tuple[str, ...], words: str
) -> None:
    outcome = adc("run", program, "--entry", "lse", *args)
    assert outcome.status == 2
    assert words in outcome.err


def test_unknown_entry_names_the_nearest(adc: Adc, program: Path) -> None:
    outcome = adc("run", program, "--entry", "lsee")
    assert outcome.status == 2
    assert "hint: lse" in outcome.err


def test_wrong_arguments_are_status_1(adc: Adc, program: Path) -> None:
    assert adc("run", program, "--entry", "lse", "--arg", "x=[[1.0]]").status == 1
    assert adc("run", program, "--entry", "lse", "--arg", "x=true").status == 1


def zipped(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, x=np.ones(2))


@pytest.mark.parametrize(
    ("suffix", "write"),
    [
        (".npy", lambda path: path.write_bytes(b"hello")),
        (".npy", zipped),
        (".npz", lambda path: path.write_bytes(b"hello")),
        (".npz", lambda path: path.write_bytes(b"PK\x03\x04" + bytes(80))),
        (".json", lambda path: path.write_text('{"x": [1,')),
        (".json", lambda path: path.write_text("[" * 100_000)),
        (".json", lambda path: path.write_bytes(b'"\xff"')),
        (".txt", lambda path: path.write_text("one two")),
    ],
)
def test_files_that_are_not_what_they_say(
    adc: Adc, program: Path, tmp_path: Path, suffix: str, write: Callable[[Path], object]
) -> None:
    path = tmp_path / f"x{suffix}"
    write(path)
    outcome = adc("run", program, "--entry", "lse", "--arg", f"x=@{path}")
    assert outcome.status == 2
    assert "is not what its ending says" in outcome.err
    assert "pickle" not in outcome.err


def test_a_byte_order_mark_is_no_json_but_is_passed_over(
    adc: Adc, program: Path, tmp_path: Path
) -> None:
    path = tmp_path / "all.json"
    path.write_text('{"x": [0.0]}', encoding="utf-8-sig")
    assert adc("run", program, "--entry", "lse", "--arg", f"@{path}").out == "0.0\n"


@pytest.mark.parametrize("suffix", [".npy", ".txt"])
def test_formats_of_one_array_refuse_results_with_parts(
    adc: Adc, program: Path, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"out{suffix}"
    outcome = adc("run", program, "--entry", "both", "--arg", "x=[1.0]", "-o", path)
    assert outcome.status == 2
    assert f"hint: {path.with_suffix('.npz')}" in outcome.err


def test_any_field_name_can_be_saved(adc: Adc, tmp_path: Path) -> None:
    source = "def f(x: f64) -> {file: f64, other: f64} = {file: x, other: 2.0 * x}"
    path = tmp_path / "out.npz"
    assert adc("run", "-", "--arg", "x=1.5", "-o", path, stdin=source).status == 0
    with np.load(path) as saved:
        assert {name: float(saved[name]) for name in saved} == {"file": 1.5, "other": 3.0}
