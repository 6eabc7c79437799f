"""Gradients of loops take time that grows with the number of steps: arrays are changed in place backwards too."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from time import process_time

import numpy as np
import pytest

import adc

GROWTH = Path(__file__).with_name("growth.adl")
MILLION_STEPS = """\
def scalar(x: f64, n: i64) -> f64 = loop (c = x) for t < n { c + 1e-6 * sin(c) * x }
def scalar_while(x: f64, n: i64) -> f64 =
  (loop (c = x, t = 0) while t < n { (c + 1e-6 * sin(c) * x, t + 1) }).0
"""
STEPS = 1_000_000
MOST_ARRAYS = 150  # of n numbers; the needs are below 60, and pages are touched around them
LOOPS = re.findall(r"^def (\w+)\(x: f64\[n\]", GROWTH.read_text(), re.MULTILINE)


@pytest.fixture(scope="module")
def m() -> adc.Module:
    return adc.load(GROWTH)


def arguments(f: adc.Function, n: int) -> tuple[np.ndarray, ...]:
    at = np.random.default_rng(n).permutation(n)
    return (np.linspace(0.1, 1.0, n), *(at for _ in f.signature.params[1:]))


def seconds(run: Callable[[], object], rounds: int = 3) -> float:
    """Process time of the best round."""
    found = []
    for _ in range(rounds):
        start = process_time()
        run()
        found.append(process_time() - start)
    return min(found)


def touched_bytes(run: Callable[[], object]) -> int:
    """By how much the memory in use grows at most; 0 where the system does not tell."""
    try:
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    except OSError:
        return 0
    before = memory_status("VmRSS")
    run()
    return memory_status("VmHWM") - before


def memory_status(key: str) -> int:
    found = re.search(rf"{key}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024 if found else 0


@pytest.mark.parametrize("name", ["scalar", "scalar_while"])
def test_a_million_steps_are_differentiated_within_a_second(name: str) -> None:
    f = adc.value_and_grad(adc.compile(MILLION_STEPS)[name])
    f(0.3, 10)
    assert seconds(lambda: f(0.3, STEPS)) < 1.0


@pytest.mark.parametrize("name", LOOPS)
def test_gradient_takes_linear_time_and_memory(m: adc.Module, name: str) -> None:
    """Ten times the steps take ten times as long; where an array is copied in each, a hundred times.

    Where a step saves an array of n numbers, it is n arrays together.
    """
    f = adc.value_and_grad(m[name])
    f(*arguments(m[name], 10))
    n = 5_000
    assert touched_bytes(lambda: f(*arguments(m[name], n))) < MOST_ARRAYS * n * 8

    def run(n: int) -> float:
        given = arguments(m[name], n)
        return seconds(lambda: f(*given))

    assert run(20_000) < 40 * run(2_000)


@pytest.mark.parametrize("name", ["own_element", "whole_once"])
def test_time_of_forward_mode_is_linear(m: adc.Module, name: str) -> None:
    f = adc.jvp(m[name], wrt="x")

    def run(n: int) -> float:
        return seconds(lambda: f(np.linspace(0.1, 1.0, n), np.ones(n)))

    run(10)
    assert run(20_000) < 40 * run(2_000)


@pytest.mark.parametrize("name", LOOPS)
def test_gradient_agrees_with_forward_mode(m: adc.Module, name: str) -> None:
    given = arguments(m[name], 13)
    v = np.random.default_rng(1).normal(size=13)
    _, dy = adc.jvp(m[name], wrt="x")(*given, v)
    assert np.dot(adc.grad(m[name])(*given), v) == pytest.approx(dy, rel=1e-11, abs=1e-12)
