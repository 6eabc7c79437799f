"""Gradients of loops take time that grows with the number of steps: arrays are changed in place backwards too."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

import numpy as np
import pytest

import adc

TEXT = """\
def scalar(x: f64, n: i64) -> f64 = loop (c = x) for t < n { c + 1e-6 * sin(c) * x }
def scalar_while(x: f64, n: i64) -> f64 =
  (loop (c = x, t = 0) while t < n { (c + 1e-6 * sin(c) * x, t + 1) }).0

# One element of a carried array changes in each step.
def own_element(x: f64[n]) -> f64 = sum(loop (u = x) for t < n { u with [t] = sin(u[t]) })
def next_element(x: f64[n]) -> f64 =
  sum(loop (u = x) for t < n - 1 { u with [t + 1] = 0.5 * u[t] + sin(u[t + 1]) })
def any_element(x: f64[n], at: i64[n]) -> f64 =
  sum(loop (u = x) for t < n { u with [at[t]] = sin(u[at[t]]) * x[t] })
def row(x: f64[n]) -> f64 {
  let A = loop (A = zeros(n, 4)) for t < n { A with [t] = [x[t] * f64(j) for j < 4] };
  sum(sin(a) for a in flatten(A))
}
def inner_loop(x: f64[n]) -> f64 =
  sum(loop (u = x) for t < n { loop (w = u) for s < 3 { w with [t] = sin(w[t]) + 0.1 } })
def beside_a_number(x: f64[n]) -> f64 {
  let (u, v) = loop (u = x, v = 0.0) for t < n { (u with [t] = u[t] * v + 1.0, v + u[t]) };
  sum(u) + v
}
def if_inside(x: f64[n]) -> f64 =
  sum(loop (u = x) for t < n { if t > 0 then u with [t - 1] = u[t] * u[t - 1] else u })

# Reads and additions anywhere.
def gather(x: f64[n], at: i64[n]) -> f64 = sum(x[at[i]] * x[i] for i < n)
def gather_in_loop(x: f64[n], at: i64[n]) -> f64 = loop (c = 0.0) for i < n { sin(c + x[at[i]]) }
def additions(x: f64[n], at: i64[n]) -> f64 {
  let h = accum (h = zeros(n)) for i < n { h[at[i]] += sin(x[i]); };
  sum(h * h)
}
def states(x: f64[n]) -> f64 {
  let (s, last) = history (c = 0.0) for t < n { tanh(c + x[t]) };
  sum(s) + last
}
"""
STEPS = 1_000_000
LOOPS = [
    "own_element",
    "next_element",
    "any_element",
    "row",
    "inner_loop",
    "beside_a_number",
    "if_inside",
    "gather",
    "gather_in_loop",
    "additions",
    "states",
]


@pytest.fixture(scope="module")
def m() -> adc.Module:
    return adc.compile(TEXT)


def seconds(run: Callable[[], object], rounds: int = 3) -> float:
    """Process time of the best round."""
    found = []
    for _ in range(rounds):
        start = process_time()
        run()
        found.append(process_time() - start)
    return min(found)


@pytest.mark.parametrize("name", ["scalar", "scalar_while"])
def test_a_million_steps_are_differentiated_within_a_second(m: adc.Module, name: str) -> None:
    f = adc.value_and_grad(m[name])
    f(0.3, 10)
    assert seconds(lambda: f(0.3, STEPS)) < 1.0


@pytest.mark.parametrize("name", LOOPS)
def test_time_of_the_gradient_is_linear(m: adc.Module, name: str) -> None:
    """Ten times the steps take ten times as long; where an array is copied in each, a hundred times."""
    f = adc.value_and_grad(m[name])

    def run(n: int) -> float:
        at = (np.random.default_rng(n).permutation(n),)
        arguments = (np.linspace(0.1, 1.0, n), *at[: len(f.signature.params) - 1])
        return seconds(lambda: f(*arguments))

    run(10)
    assert run(20_000) < 30 * run(2_000)
