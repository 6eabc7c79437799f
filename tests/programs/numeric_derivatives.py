"""Derivatives without automatic differentiation: by a complex step, and by differences in high precision.

The complex step, Im f(x + i h) / h with h = 1e-30, is exact to rounding for functions that NumPy evaluates at complex
arguments and that are analytic there (no abs, max, norm; compare real parts only). Differences in mpmath with 60
digits serve the rest and second derivatives. Neither shares any formula with `adc`.
"""

from collections.abc import Callable
from itertools import product

import mpmath
import numpy as np

STEP = 1e-30


def derivative(f: Callable[[complex], complex], x: float) -> np.ndarray:
    """f'(x) for a function of one number, of any result, by a complex step."""
    return np.imag(f(complex(x, STEP))) / STEP


def jvp(f: Callable[..., np.ndarray], primals: tuple, tangents: tuple) -> np.ndarray:
    """Directional derivative of f by all of its arguments, by a complex step."""
    moved = [
        np.asarray(x) + 1j * STEP * np.asarray(dx) for x, dx in zip(primals, tangents, strict=True)
    ]
    return np.imag(f(*moved)) / STEP


def jacobian(f: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> np.ndarray:
    """Jacobian by an array x of any shape: shape of f(x) followed by shape of x, by a complex step."""
    x = np.asarray(x, float)
    columns = []
    for index in np.ndindex(x.shape):
        moved = x.astype(complex)
        moved[index] += 1j * STEP
        columns.append(np.imag(f(moved)) / STEP)
    shape = np.shape(columns[0])
    return np.moveaxis(
        np.array(columns).reshape(x.shape + shape), range(x.ndim), range(-x.ndim, 0)
    ).reshape(shape + x.shape)


gradient = jacobian


def high_derivative(f: Callable, x: float, order: int = 1) -> float:
    """Derivative of any order of a function of one mpmath number."""
    with mpmath.workdps(60):
        return float(mpmath.diff(f, mpmath.mpf(x), order))


def high_hessian(f: Callable[[list], object], x: np.ndarray) -> np.ndarray:
    """Hessian of a function of a list of mpmath numbers, by central differences."""
    n = len(x)
    with mpmath.workdps(60):
        h = mpmath.mpf(10) ** -15
        point = [mpmath.mpf(float(v)) for v in x]

        def moved(i: int, j: int, a: int, b: int) -> object:
            q = list(point)
            q[i] += a * h
            q[j] += b * h
            return f(q)

        def second(i: int, j: int) -> float:
            signs = product((1, -1), repeat=2)
            return float(sum(a * b * moved(i, j, a, b) for a, b in signs) / (4 * h * h))

        return np.array([[second(i, j) for j in range(n)] for i in range(n)])


def high_gradient(f: Callable[[list], object], x: np.ndarray) -> np.ndarray:
    """Gradient of a function of a list of mpmath numbers, by central differences."""
    with mpmath.workdps(60):
        h = mpmath.mpf(10) ** -20
        point = [mpmath.mpf(float(v)) for v in x]

        def along(i: int) -> float:
            up, down = list(point), list(point)
            up[i] += h
            down[i] -= h
            return float((f(up) - f(down)) / (2 * h))

        return np.array([along(i) for i in range(len(point))])
