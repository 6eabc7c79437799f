"""What README shows is run: its program, its commands, its Python lines, its error message."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.fixture
def tour(tmp_path: Path) -> Path:
    """A folder with README's program and data for it."""
    program = next(block for block in blocks("") if "def loss" in block)
    (tmp_path / "model.adl").write_text(program, encoding="utf-8")
    data = {"w": [1.0, 2.0], "b": 0.5, "X": [[1, 0], [0, 1]], "y": [1, 2], "n": 2}
    (tmp_path / "data.json").write_text(json.dumps(data), encoding="utf-8")
    return tmp_path


def run(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *args],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )


def test_commands(tour: Path) -> None:
    lines = [
        line for block in blocks("sh") for line in block.splitlines() if line.startswith("adc ")
    ]
    assert len(lines) >= 6
    for line in lines:
        done = run(tour, "-m", *shlex.split(line, comments=True))
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        assert done.stdout, line
        assert not done.stderr, line


def test_python_lines_and_the_error_message(tour: Path) -> None:
    (lines,) = blocks("python")
    provoked = (
        "try:\n    m.loss(w, b, X, y[:-1])\nexcept adc.ShapeError as error:\n    print(error)\n"
    )
    (tour / "tour.py").write_text(f"{lines}\n{provoked}", encoding="utf-8")
    done = run(tour, "tour.py")
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    assert "def loss_grad_w(" in done.stdout
    message = next(block for block in blocks("") if block.startswith("error["))
    assert message in done.stdout


def test_ci_runs_the_test_command_of_readme() -> None:
    setup, tests = (block.strip() for block in blocks("sh")[:2])
    assert "adc grad" in setup
    assert "adc run" in setup
    steps = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    install, pytest_command = (part.strip() for part in tests.split("&&")[1:])
    assert install.split("pip ")[1] in steps
    assert pytest_command.split("python ")[1] in steps


def test_the_derivative_of_the_first_command() -> None:
    command = next(part for part in blocks("sh")[0].split("&&") if "adc grad" in part)
    done = run(ROOT, "-m", "adc", *shlex.split(command)[1:])
    assert "def grad_lse(x: f64[n])" in done.stdout


def test_map_of_the_house_names_every_room() -> None:
    rooms = {path.name for path in (ROOT / "adc").iterdir() if (path / "__init__.py").exists()}
    assert all(f"adc/{room}`" in README for room in rooms), rooms
