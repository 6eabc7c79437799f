"""Functions that take functions, and call themselves: made once for every size, not once for every number."""

from __future__ import annotations

import numpy as np
import pytest

from tests.frontends.running import Running, same

X = np.arange(40.0)
TOTAL = "def total(g: (f64) -> f64, x: f64[n]) -> f64 = if n == 0 then 0 else g(x[0]) + total(g, x[1:])\n"
HALVES = "def halves(g: (f64) -> f64, x: f64[n]) -> f64 = if n <= 1 then g(x[0]) else halves(g, x[:n//2]) + halves(g, x[n//2:])\n"

RECURSIONS = {
    "shrinking": (TOTAL + "def f(x: f64[40], c: f64) = total(fn(v) => v * c, x)", 1560.0),
    "halving": (HALVES + "def f(x: f64[40], c: f64) = halves(fn(v) => v * c, x)", 1560.0),
    "beside a fixed size": (
        "def total(g: (f64) -> f64, x: f64[n], y: f64[3]) -> f64 ="
        " if n == 0 then y[1] else g(x[0]) + total(g, x[1:], y)\n"
        "def f(x: f64[40], c: f64) = total(fn(v) => v * c, x, [c, c, c])",
        1562.0,
    ),
    "on a number": (
        "def times(g: (f64) -> f64, k: i64, x: f64) -> f64 = if k == 0 then x else g(times(g, k - 1, x))\n"
        "def f(x: f64[n], c: f64) = times(fn(v) => v + c, 30, x[1])",
        61.0,
    ),
    "on a size, giving a function": (
        "def all_of(g: (f64) -> f64, x: f64[n]) -> (f64) -> f64 ="
        " if n == 0 then fn(y) => y else fn(y) => g(x[0]) + all_of(g, x[1:])(y)\n"
        "def f(x: f64[n], c: f64) = all_of(fn(v) => v * c, [x[1], x[2], x[3]])(1.0)",
        13.0,
    ),
}


@pytest.mark.parametrize("name", RECURSIONS)
def test_recursion_with_a_function(name: str) -> None:
    text, expected = RECURSIONS[name]
    assert same(Running(text).call("f", X, 2.0), expected)


def test_other_sizes_make_no_other_functions() -> None:
    def made(body: str) -> set[str]:
        text = f"{TOTAL}def f(x: f64[40], y: f64[7], c: f64) {{ let g = fn(v) => v * c; {body} }}"
        return set(Running(text).module.functions)

    assert made("total(g, x) + total(g, y)") == made("total(g, x)")
