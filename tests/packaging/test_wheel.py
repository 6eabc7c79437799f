"""The wheel is pure Python and holds what an installed adc needs."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    (path,) = out.glob("*.whl")
    return path


@pytest.mark.slow
def test_wheel_is_pure_python_and_small(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")
    assert wheel.stat().st_size < 1_000_000


@pytest.mark.slow
def test_wheel_holds_grammar_tables_and_types(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "adc/py.typed" in names
    assert "adc/syntax/adl.tables.json" in names
    shipped = {f"adc/_grammar/{path.name}" for path in (ROOT / "grammar").glob("*.lark")}
    assert shipped
    assert shipped <= names


@pytest.mark.slow
def test_the_unpacked_wheel_reads_and_checks_a_program(wheel: Path, tmp_path: Path) -> None:
    """Away from the checkout, so that nothing is found beside it."""
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    program = tmp_path / "one.adl"
    program.write_text("def f(x: f64[n]) -> f64 = sum(x * x)\n", encoding="utf-8")
    child = subprocess.run(
        [sys.executable, "-m", "adc", "check", str(program)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "site"), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert child.returncode == 0, child.stderr
    assert "def f(x: f64[n]) -> f64" in child.stdout
