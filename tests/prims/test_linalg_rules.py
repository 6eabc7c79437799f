"""Derivatives of array primitives in every nesting of the modes, against differences and each other."""

from __future__ import annotations

import numpy as np
import pytest

from tests.transforms.orders import (
    Case,
    check_first_order,
    check_second_order,
    derivative,
    directions,
)

RNG = np.random.default_rng(11)
A33 = RNG.normal(size=(3, 3)) + 3 * np.eye(3)
B32 = RNG.normal(size=(3, 2))
b3 = RNG.normal(size=3)
RANK_TWO = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [0.0, 1.0, 1.0]])
RANK_ONE = np.outer([1.0, 2.0, 0.0], [1.0, -1.0, 2.0])


def _square(name: str, result: str, equation: str, point: np.ndarray) -> Case:
    text = f"""
    def f(A: f64[3, 3]) {{
      y: {result} = {equation}(A)
      return y
    }}"""
    return Case(name, text, (point,), (0,))


def _binary(name: str, equation: str, left: np.ndarray, right: np.ndarray, result: str) -> Case:
    def shape(x: np.ndarray) -> str:
        return ", ".join(map(str, x.shape))

    text = f"""
    def f(A: f64[{shape(left)}], B: f64[{shape(right)}]) {{
      y: f64[{result}] = {equation}(A, B)
      return y
    }}"""
    return Case(name, text, (left, right), (0, 1))


CASES = (
    _square("cholesky", "f64[3, 3]", "cholesky", A33 @ A33.T),
    _square("inv", "f64[3, 3]", "inv", A33),
    _square("logdet", "f64", "logdet", A33),
    _square("det", "f64", "det", A33),
    _square("det of rank two", "f64", "det", RANK_TWO),
    _square("det of rank one", "f64", "det", RANK_ONE),
    _square("det of zero", "f64", "det", np.zeros((3, 3))),
    _binary("matmul", "matmul[ta=false, tb=false]", A33, B32, "3, 2"),
    _binary("matmul ta", "matmul[ta=true, tb=false]", B32, A33, "2, 3"),
    _binary("matmul tb", "matmul[ta=false, tb=true]", A33, B32.T.copy(), "3, 2"),
    _binary("matmul ta tb", "matmul[ta=true, tb=true]", B32, A33, "2, 3"),
    _binary("solve", "solve[ta=false]", A33, B32, "3, 2"),
    _binary("solve ta", "solve[ta=true]", A33, b3, "3"),
    _binary("tri_solve", "tri_solve[upper=false, ta=false]", A33, B32, "3, 2"),
    _binary("tri_solve upper", "tri_solve[upper=true, ta=false]", A33, b3, "3"),
    _binary("tri_solve ta", "tri_solve[upper=false, ta=true]", A33, b3, "3"),
    _binary("tri_solve upper ta", "tri_solve[upper=true, ta=true]", A33, B32, "3, 2"),
    Case(
        "update, index and reshape",
        """
        def f(x: f64[4], v: f64) {
          a: f64[4] = update(x, v, 1)
          b: f64[2, 2] = reshape(a, 2, 2)
          r: f64[2] = index(b, 0)
          s: f64[2, 2] = update(b, r, 1)
          e: f64 = index(s, 1, 1)
          g: f64 = mul(e, e)
          y: f64[2, 2] = update(s, g, 0, 0)
          return y
        }""",
        (RNG.normal(size=4), 0.7),
        (0, 1),
    ),
    Case(
        "sizes known at run time",
        """
        def f(n: i64, A: f64[n, n], b: f64[n]) {
          d: f64 = det(A)
          r: f64[n, n] = update(A, b, 1)
          c: f64[n, n] = update(r, d, 0, 0)
          x: f64[n] = solve[ta=true](c, b)
          N: i64 = mul(n, n)
          v: f64[N] = reshape(c, N)
          return x, v
        }""",
        (3, A33, b3),
        (1, 2),
    ),
)
IDS = [c.name for c in CASES]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_first_order_agrees_with_differences(case: Case) -> None:
    check_first_order(case)


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_second_order_agrees_in_all_modes(case: Case) -> None:
    check_second_order(case)


def test_third_derivative_of_det_at_zero() -> None:
    case = next(c for c in CASES if c.name == "det of zero")
    dirs = [directions(case, seed) for seed in (1, 2, 3)]
    U, V, W = (d[0] for d in dirs)
    mixed = sum(
        sign * np.linalg.det(sum(parts))
        for sign, parts in (
            (1, (U, V, W)),
            (-1, (U, V)),
            (-1, (U, W)),
            (-1, (V, W)),
            (1, (U,)),
            (1, (V,)),
            (1, (W,)),
        )
    )
    weight = derivative(case, "fff", dirs) / mixed
    assert derivative(case, "rff", dirs) == pytest.approx(weight * mixed, rel=1e-9)
    assert weight == pytest.approx(np.random.default_rng(99).normal(size=()), rel=1e-9)
