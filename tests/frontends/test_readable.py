"""Derivatives that a person can read: what must be recognised in their text."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import adc

EXAMPLES = Path(__file__).parents[2] / "examples"
SOFTMAX = """\
# `grad` of `lse` by x.
def lse_grad_x(x: f64[n]) -> f64[n] {
  let v1 = max(x);
  let v2 = sum(exp(xi - v1) for xi in x);
  [exp(xi1 - v1) / v2 for xi1 in x]
}
"""


def test_the_gradient_of_lse_is_the_softmax() -> None:
    lse = adc.load(EXAMPLES / "lse.adl").lse
    text = adc.grad(lse).source()
    assert text == SOFTMAX
    x = np.array([0.0, 1.0, 2.0, 2.0])
    again = list(adc.compile(text))[-1]
    np.testing.assert_allclose(again(x), adc.grad(lse)(x), rtol=1e-14)


def test_definitions_are_printed_as_they_are_written() -> None:
    text = "def f(x: f64, y: f64) -> f64 = x * (1.0 / y) + 0.0\n"
    assert adc.compile(text).f.source() == text


def test_elements_and_whole_arrays_are_named_rather_than_indexed() -> None:
    text = "def f(x: f64[n]) -> f64 = max(x) + sum(xi * xi for xi in x)\n"
    assert adc.compile(text).f.source() == text


def test_gradients_by_several_are_apart() -> None:
    text = "def f(x: f64[n], y: f64[n]) -> f64 = sum(a * sin(b) for (a, b) in zip(x, y))"
    printed = adc.grad(adc.compile(text).f, wrt=("x", "y")).source()
    assert "[sin(b) for b in y]" in printed
    assert "accum" not in printed


def test_checks_tell_what_their_places_stand_for() -> None:
    text = "def f(x: f64[n], i: i64) -> f64 = sum(x[i:n])"
    assert "the slice i:n is out of range for size n" in adc.compile(text).f.source()
