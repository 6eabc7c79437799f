"""NumPy meaning of the primitives on whole arrays, with adc's errors and shapes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from adc.reference.numerics import Numbers

Array = NDArray[Any]


def stop_gradient(x: Numbers) -> Numbers:
    return x


def argsort(x: Array) -> Array:
    return np.argsort(x, kind="stable")


def searchsorted(x: Array, q: Numbers) -> Numbers:
    return np.int64(np.searchsorted(x, q, side="left"))


# ---- linear algebra --------------------------------------------------------------------------------


def matmul(A: Array, B: Array, *, ta: bool = False, tb: bool = False) -> Array:
    product: Array = np.matmul(A.T if ta else A, B.T if tb else B)
    return product


def solve(A: Array, B: Array, *, ta: bool = False) -> Array:
    return _solved(A.T if ta else A, B)


def _solved(A: Array, B: Array) -> Array:
    try:
        return np.linalg.solve(A, B)
    except np.linalg.LinAlgError:
        raise np.linalg.LinAlgError("the matrix is singular") from None


def tri_solve(T: Array, B: Array, *, upper: bool = False, ta: bool = False) -> Array:
    if not np.all(np.diagonal(T)):
        raise np.linalg.LinAlgError("the triangular matrix has a 0 on its diagonal")
    if T.size == 0 or B.size == 0:
        return B.copy()
    import scipy.linalg

    X: Array = scipy.linalg.solve_triangular(
        T, B, lower=not upper, trans=int(ta), check_finite=False
    )
    return X


def cholesky(A: Array) -> Array:
    """Column by column: LAPACK's lets infinities and NaN pass or not, as it likes."""
    S, L = (A + A.T) * A.dtype.type(0.5), np.zeros_like(A)
    with np.errstate(all="ignore"):
        for j in range(len(A)):
            pivot = S[j, j] - L[j, :j] @ L[j, :j]
            if not pivot > 0:
                raise np.linalg.LinAlgError("the matrix is not positive definite")
            L[j, j] = np.sqrt(pivot)
            L[j + 1 :, j] = (S[j + 1 :, j] - L[j + 1 :, :j] @ L[j, :j]) / L[j, j]
    return L


def inv(A: Array) -> Array:
    return _solved(A, np.eye(len(A), dtype=A.dtype))


def det(A: Array) -> Numbers:
    with np.errstate(all="ignore"):
        return A.dtype.type(np.linalg.det(A))


def logdet(A: Array) -> Numbers:
    with np.errstate(all="ignore"):
        return A.dtype.type(np.linalg.slogdet(A).logabsdet)
