"""Own NumPy meanings: integers, conversions, zeros with signs, rounding once."""

from __future__ import annotations

import random
from fractions import Fraction
from math import inf, nan

import numpy as np
import pytest

from adc.reference import arrays, numerics
from adc.types.core import DType

MIN64, MAX64 = -(2**63), 2**63 - 1
MIN32, MAX32 = -(2**31), 2**31 - 1


@pytest.mark.parametrize(
    ("x", "y", "quotient", "remainder"),
    [(7, 2, 3, 1), (-7, 2, -4, 1), (7, -2, -4, -1), (-7, -2, 3, -1), (MIN64, -1, MIN64, 0)],
)
def test_integer_division_floors_and_wraps(x: int, y: int, quotient: int, remainder: int) -> None:
    given = np.int64(x), np.int64(y)
    assert numerics.floordiv(*given) == quotient
    assert numerics.mod(*given) == remainder


@pytest.mark.parametrize("function", [numerics.floordiv, numerics.mod])
def test_integer_division_by_zero_is_an_error(function: object) -> None:
    assert callable(function)
    with pytest.raises(ZeroDivisionError):
        function(np.int32(1), np.int32(0))
    assert not np.isfinite(function(np.float64(1.0), np.float64(0.0)))


@pytest.mark.parametrize(
    ("x", "k", "want"),
    [
        (3, 0, 1),
        (3, 4, 81),
        (-2, 63, MIN64),
        (3, 41, (3**41 + 2**63) % 2**64 - 2**63),
        (2.0, -2, 0.25),
        (0.0, -1, inf),
        (-0.0, -1, -inf),
        (nan, 0, 1.0),
        (1.0, MIN64, 1.0),
        (-1.0, MAX64, -1.0),
        (2.0, MIN64, 0.0),
    ],
)
def test_whole_powers(x: float, k: int, want: float) -> None:
    base = np.int64(x) if isinstance(x, int) else np.float64(x)
    assert numerics.powi(base, np.int64(k)) == want


def test_an_integer_has_no_negative_power() -> None:
    with pytest.raises(ValueError, match="negative power"):
        numerics.powi(np.int64(2), np.int64(-1))


@pytest.mark.parametrize(
    ("x", "to", "want"),
    [
        (np.float64(2.9), DType.I64, 2),
        (np.float64(-2.9), DType.I32, -2),
        (np.float64(1e300), DType.I64, MAX64),
        (np.float64(-inf), DType.I64, MIN64),
        (np.float64(2.0**63), DType.I64, MAX64),
        (np.float64(MAX32 + 0.5), DType.I32, MAX32),
        (np.float64(3e9), DType.I32, MAX32),
        (np.float32(-3e9), DType.I32, MIN32),
        (np.int64(2**32 + 5), DType.I32, 5),
        (np.int64(2**31), DType.I32, MIN32),
        (np.int64(2), DType.BOOL, True),
        (np.float64(nan), DType.BOOL, True),
        (np.float64(-0.0), DType.BOOL, False),
        (np.bool_(True), DType.F32, 1.0),
        (np.float64(1e300), DType.F32, inf),
        (np.int64(2**53 + 1), DType.F64, 2.0**53),
    ],
)
def test_conversion(x: np.generic, to: DType, want: object) -> None:
    got = numerics.convert(x, to)
    assert got == want
    assert got.dtype == to.numpy_name


def test_conversion_of_nan_to_integer_is_an_error() -> None:
    with pytest.raises(ValueError, match="NaN"):
        numerics.convert(np.float64(nan), DType.I64)


@pytest.mark.parametrize(
    ("function", "x", "y", "want"),
    [
        (numerics.maximum, 0.0, -0.0, "0.0"),
        (numerics.maximum, -0.0, 0.0, "0.0"),
        (numerics.minimum, 0.0, -0.0, "-0.0"),
        (numerics.minimum, -0.0, 0.0, "-0.0"),
        (numerics.maximum, nan, 1.0, "nan"),
        (numerics.minimum, 1.0, nan, "nan"),
        (numerics.maximum, inf, inf, "inf"),
    ],
)
def test_extrema_order_zeros_and_keep_nan(function: object, x: float, y: float, want: str) -> None:
    assert callable(function)
    assert repr(float(function(np.float64(x), np.float64(y)))) == want


@pytest.mark.parametrize(("x", "want"), [(-0.0, "0.0"), (-inf, "0.0"), (inf, "inf"), (nan, "nan")])
def test_relu(x: float, want: str) -> None:
    assert repr(float(numerics.relu(np.float64(x)))) == want


def test_clamp_works_on_integers_and_crossed_bounds() -> None:
    assert numerics.clamp(np.int64(7), np.int64(0), np.int64(5)) == 5
    assert numerics.clamp(np.float64(7), np.float64(9), np.float64(5)) == 5


def test_fma_rounds_once() -> None:
    rng = random.Random(5)
    for _ in range(300):
        x, y = rng.uniform(-2, 2), rng.uniform(-2, 2)
        z = -x * y * (1 + rng.choice((0.0, 1e-16, 1e-9)))
        exact = Fraction(x) * Fraction(y) + Fraction(z)
        assert numerics.fma(np.float64(x), np.float64(y), np.float64(z)) == float(exact)


def test_fma_in_single_precision_rounds_once() -> None:
    # 1 + 2**-24 + 2**-60 lies just above the middle: rounding to f64 first would fall to even.
    x = np.float32(2.0**-30)
    z = np.float32(1.0)
    half = np.float32(2.0**-24)
    assert numerics.fma(x, x, z) == np.float32(1.0)
    exact = Fraction(1) + Fraction(2) ** -24 + Fraction(2) ** -60
    product = np.float32(1 + 2.0**-12), np.float32(2.0**-24)
    assert numerics.fma(half, np.float32(1), z) == np.float32(1.0)
    assert float(exact) == 1 + 2.0**-24
    assert numerics.fma(*product, z) == np.nextafter(np.float32(1), np.float32(2))
    assert numerics.fma(x, x, np.float32(1)).dtype == np.float32


@pytest.mark.parametrize(
    ("x", "y", "z", "want"),
    [
        (1e308, 10.0, -inf, "-inf"),
        (1e308, 10.0, -1e308, "inf"),
        (0.0, -1.0, -0.0, "-0.0"),
        (0.0, -1.0, 0.0, "0.0"),
        (2.0, 3.0, -6.0, "0.0"),
        (1e-300, -1e-300, 0.0, "-0.0"),
        (inf, 0.0, 1.0, "nan"),
    ],
)
def test_fma_at_edges(x: float, y: float, z: float, want: str) -> None:
    given = (np.float64(v) for v in (x, y, z))
    assert repr(float(numerics.fma(*given))) == want


def test_sorting_puts_nan_last_and_is_stable() -> None:
    x = np.array([nan, 2.0, -1.0, 2.0, -inf])
    assert arrays.argsort(x).tolist() == [4, 2, 1, 3, 0]


def test_binary_search_takes_the_leftmost() -> None:
    x = np.array([1.0, 2.0, 2.0, 3.0])
    assert [int(arrays.searchsorted(x, np.float64(q))) for q in (0.0, 2.0, 2.5, 9.0)] == [
        0,
        1,
        3,
        4,
    ]


def test_linear_algebra_refuses_what_has_no_value() -> None:
    singular = np.ones((2, 2))
    for run in (
        lambda: arrays.solve(singular, np.ones(2)),
        lambda: arrays.inv(np.zeros((2, 2))),
        lambda: arrays.cholesky(-np.eye(2)),
        lambda: arrays.tri_solve(np.diag([1.0, 0.0]), np.ones(2)),
    ):
        with pytest.raises(np.linalg.LinAlgError):
            run()
    assert arrays.logdet(np.zeros((2, 2))) == -inf
    assert arrays.det(np.zeros((2, 2))) == 0


def test_cholesky_takes_the_symmetric_part() -> None:
    A = np.array([[4.0, 2.0], [0.0, 3.0]])
    L = arrays.cholesky(A)
    assert np.allclose(L @ L.T, (A + A.T) / 2)


def test_triangular_solve_reads_one_triangle_only() -> None:
    A = np.array([[2.0, 5.0], [1.0, 4.0]])
    b = np.array([1.0, 2.0])
    for upper in (False, True):
        for ta in (False, True):
            T = np.triu(A) if upper else np.tril(A)
            want = np.linalg.solve(T.T if ta else T, b)
            assert np.allclose(arrays.tri_solve(A, b, upper=upper, ta=ta), want)


@pytest.mark.parametrize("empty", [0])
def test_empty_matrices(empty: int) -> None:
    A = np.zeros((empty, empty))
    assert arrays.det(A) == 1.0
    assert arrays.logdet(A) == 0.0
    for made in (arrays.inv(A), arrays.cholesky(A), arrays.solve(A, A), arrays.tri_solve(A, A)):
        assert made.shape == (0, 0)
