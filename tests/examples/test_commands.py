"""The commands that the documentation shows for the examples."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from adl_headers import statements

import adc

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


def command(*words: str) -> str:
    """Standard output of `adc words...`, run at the top of the tree."""
    done = subprocess.run(
        [sys.executable, "-m", "adc", *words], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def stated(program: str, call: str) -> float:
    (value,) = (s.value for s in statements(EXAMPLES / f"{program}.adl") if s.text.startswith(call))
    return value


@pytest.mark.parametrize(
    ("program", "entry", "files"),
    [
        ("gmm", "objective", ["gmm_d2_K5.json"]),
        ("lstm", "objective", ["lstm_l2_c1024.json"]),
        ("kmeans", "cost", ["kmeans_n60_d2_k3.json"]),
        ("ht", "sum_of_squares", ["ht_model.json", "ht_simple.json"]),
    ],
)
def test_run_prints_the_stated_value(program: str, entry: str, files: list[str]) -> None:
    arguments = [word for file in files for word in ("--arg", f"@examples/data/{file}")]
    printed = command("run", f"examples/{program}.adl", "--entry", entry, *arguments)
    assert float(printed.split()[-1]) == pytest.approx(
        stated(program, f"{entry}(@data/{files[0]}"), rel=1e-12
    )


def test_printed_gradient_of_lse_compiles_again_and_is_the_softmax() -> None:
    x = np.arange(4.0)
    module = adc.compile(command("grad", "examples/lse.adl", "lse"))
    assert np.allclose(module.grad_lse(x), np.exp(x) / np.sum(np.exp(x)), rtol=1e-14, atol=0)


def test_unary_stage_of_kmeans_is_shown() -> None:
    assert "cost" in command("ir", "examples/kmeans.adl", "--entry", "cost", "--stage", "unary")


def test_gradient_from_python() -> None:
    m = adc.load(EXAMPLES / "lse.adl")
    gradient = adc.grad(m.lse)(np.arange(4.0))
    assert np.allclose(
        gradient, np.exp(np.arange(4.0)) / np.sum(np.exp(np.arange(4.0))), rtol=1e-14, atol=0
    )
