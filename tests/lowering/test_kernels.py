"""Own kernels against mpmath, in units in the last place: random points, edges of ranges, special values."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import mpmath as mp
import numpy as np
import pytest

from adc.lowering import coefficients
from adc.runtime.native import NativeFunction
from tests.lowering import derive_kernels
from tests.lowering.oracle import compile_ir

rng = np.random.default_rng(17)
inf, nan = np.inf, np.nan
Exact = Callable[[Any], Any]


def sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def softplus(x: Any) -> Any:
    return mp.log1p(mp.exp(x)) if x < 40 else x + mp.exp(-x)


# Name: the function, ranges to draw from, values at special points.
KERNELS: dict[str, tuple[Exact, list[tuple[float, float]], dict[float, float]]] = {
    "exp": (
        mp.exp,
        [(-745, 709.7), (-1, 1), (-1e-8, 1e-8)],
        {0.0: 1, inf: inf, -inf: 0, 709.79: inf, -745.14: 0, -745.13: 5e-324},
    ),
    "expm1": (mp.expm1, [(-40, 40), (-1, 1), (-1e-5, 1e-5)], {inf: inf, -inf: -1, 5e-324: 5e-324}),
    "log": (
        mp.log,
        [(0, 2), (0.5, 2), (1e-310, 1e-300), (1, 1e300)],
        {0.0: -inf, inf: inf, -1.0: nan, 1.0: 0},
    ),
    "log1p": (
        mp.log1p,
        [(-1, 1), (-1e-5, 1e-5), (0, 1e10), (-0.5, 0.5)],
        {-1.0: -inf, inf: inf, -1.5: nan, 5e-324: 5e-324},
    ),
    "tanh": (mp.tanh, [(-25, 25), (-1, 1), (-1e-5, 1e-5)], {inf: 1, -inf: -1, 5e-324: 5e-324}),
    "sin": (mp.sin, [(-10, 10), (-1e8, 1e8), (-1e15, 1e15)], {inf: nan, -inf: nan}),
    "cos": (mp.cos, [(-10, 10), (-1e8, 1e8), (-1e15, 1e15)], {0.0: 1, inf: nan, -inf: nan}),
    "sigmoid": (sigmoid, [(-740, 40), (-5, 5)], {inf: 1, -inf: 0, 0.0: 0.5}),
    "softplus": (softplus, [(-740, 40), (-5, 5)], {inf: inf, -inf: 0}),
}
KEEPS_SIGNED_ZERO = ("expm1", "log1p", "tanh", "sin")


@cache
def kernel(op: str, t: str) -> NativeFunction:
    text = f"""def f(n: i64, x: {t}[n]) {{
  y: {t}[n] = map(n) {{ (i: i64)
    a: {t} = index(x, i)
    b: {t} = {op}(a)
    yield b
  }}
  return y
}}
def one(x: {t}) {{
  y: {t} = {op}(x)
  return y
}}"""
    module = compile_ir(text)
    scalar = module.function("one")
    vector = module.function("f")

    def both(n: int, x: Any) -> tuple[Any]:
        (y,) = vector(n, x)
        for k in range(0, n, 50):
            np.testing.assert_equal(np.asarray(scalar(x[k])[0]), np.asarray(y[k]))
        return (y,)

    return both  # type: ignore[return-value]


def off_by(y: Any, x: Any, exact: Exact) -> float:
    """The largest distance to the exact value, in units in the last place of it."""
    worst = 0.0
    with mp.workdps(50):
        for a, b in zip(x, y, strict=True):
            z = exact(mp.mpf(float(a)))
            unit = mp.mpf(float(np.spacing(np.abs(y.dtype.type(float(z))))))
            worst = max(worst, float(abs(mp.mpf(float(b)) - z) / unit))
    return worst


@pytest.mark.parametrize("op", KERNELS)
def test_f64_kernels_are_within_two_and_a_half_ulp(op: str) -> None:
    exact, ranges, _ = KERNELS[op]
    for low, high in ranges:
        x = rng.uniform(low, high, 1500)
        if low > 0 and high / low > 1e6:
            x = np.exp(rng.uniform(np.log(low), np.log(high), 1500))
        (y,) = kernel(op, "f64")(len(x), x)
        assert off_by(y, x, exact) <= 2.5, (low, high)


@pytest.mark.parametrize("op", KERNELS)
def test_f32_kernels_are_within_one_ulp(op: str) -> None:
    exact, ranges, _ = KERNELS[op]
    for low, high in ranges:
        x = rng.uniform(max(low, -80), min(high, 80), 500).astype("f4")
        x = x[x != 0]
        (y,) = kernel(op, "f32")(len(x), x)
        assert off_by(y, x, exact) <= 1.0, (low, high)


@pytest.mark.parametrize("op", KERNELS)
@pytest.mark.parametrize("n", [1, 9])
def test_special_values(op: str, n: int) -> None:
    _, _, special = KERNELS[op]
    f = kernel(op, "f64")
    for x, expected in {nan: nan, **special}.items():
        (y,) = f(n, np.full(n, x))
        np.testing.assert_array_equal(y, np.full(n, expected), f"{op}({x})")
    if op in KEEPS_SIGNED_ZERO:
        for zero in (0.0, -0.0):
            (y,) = f(n, np.full(n, zero))
            assert np.all(y == 0)
            assert np.all(np.signbit(y) == np.signbit(zero))


def test_large_and_small_angles_may_stand_side_by_side() -> None:
    x = np.array([0.5, 1e9, -3.0, 1e300, np.inf, -1e8, 1e22, 0.0, 7.0])
    (y,) = kernel("sin", "f64")(len(x), x)
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(y, np.sin(x), rtol=5e-16)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "derive"),
    [
        ("EXP", derive_kernels.exponential),
        ("LOG", derive_kernels.logarithm),
        ("SIN", derive_kernels.sine),
        ("COS", derive_kernels.cosine),
        ("DIGAMMA", derive_kernels.digamma),
    ],
)
def test_coefficients_are_those_that_were_derived(name: str, derive: Callable[[], Any]) -> None:
    assert getattr(coefficients, name) == tuple(float(c) for c in derive())
