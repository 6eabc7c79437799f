"""Array primitives: sorting and linear algebra, own loops and BLAS, against the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adc.diagnostics import EvaluationError
from adc.runtime.native import NativeOptions
from tests.lowering.oracle import compile_ir, reference

rng = np.random.default_rng(11)
SIZES = (0, 1, 2, 5, 16, 17, 40)
WITHOUT_BLAS = NativeOptions(uses_blas=False)


def matrix(m: int, n: int, t: str = "f64") -> Any:
    return rng.standard_normal((m, n)).astype({"f64": "f8", "f32": "f4"}[t])


def compare(
    text: str, args: list[Any], rtol: float, options: NativeOptions = NativeOptions()
) -> None:
    native = compile_ir(text, "f", options=options).function("f")
    for y, z in zip(native(*args), reference(text, "f", args), strict=True):
        assert np.asarray(y).dtype == np.asarray(z).dtype
        assert np.shape(y) == np.shape(z)
        scale = np.max(np.abs(z), initial=1e-300)
        np.testing.assert_allclose(y, z, rtol=rtol, atol=rtol * scale)


@pytest.mark.parametrize("blas", [True, False])
@pytest.mark.parametrize("t", ["f64", "f32"])
@pytest.mark.parametrize("ta", ["false", "true"])
@pytest.mark.parametrize("tb", ["false", "true"])
def test_matmul(t: str, ta: str, tb: str, blas: bool) -> None:
    A = "k, m" if ta == "true" else "m, k"
    B = "n, k" if tb == "true" else "k, n"
    text = f"""def f(m: i64, k: i64, n: i64, A: {t}[{A}], B: {t}[{B}]) {{
  C: {t}[m, n] = matmul[ta={ta}, tb={tb}](A, B)
  return C
}}"""
    for m, k, n in ((0, 3, 2), (3, 0, 2), (1, 1, 1), (2, 3, 4), (16, 16, 16), (17, 33, 5)):
        a, b = matrix(m, k, t), matrix(k, n, t)
        a = np.ascontiguousarray(a.T) if ta == "true" else a
        b = np.ascontiguousarray(b.T) if tb == "true" else b
        rtol = 1e-12 if t == "f64" else 2e-5
        compare(text, [m, k, n, a, b], rtol, NativeOptions(uses_blas=blas))


def definite(n: int, t: str) -> Any:
    a = matrix(n, n, t)
    return (a @ a.T + n * np.eye(n)).astype(a.dtype)


@pytest.mark.parametrize("blas", [True, False])
@pytest.mark.parametrize("t", ["f64", "f32"])
@pytest.mark.parametrize("op", ["cholesky", "inv", "det", "logdet"])
def test_square_matrices(op: str, t: str, blas: bool) -> None:
    result = t if "det" in op else f"{t}[n, n]"
    text = f"def f(n: i64, A: {t}[n, n]) {{\n  y: {result} = {op}(A)\n  return y\n}}"
    for n in SIZES:
        A = definite(n, t) if op == "cholesky" else matrix(n, n, t)
        if op == "cholesky" and n > 1:
            A[0, 1] += 0.5  # only the symmetric part counts
        compare(text, [n, A], 1e-8 if t == "f64" else 2e-2, NativeOptions(uses_blas=blas))


@pytest.mark.parametrize("blas", [True, False])
@pytest.mark.parametrize("t", ["f64", "f32"])
@pytest.mark.parametrize("ta", ["false", "true"])
@pytest.mark.parametrize("op", ["solve[", "tri_solve[upper=false, ", "tri_solve[upper=true, "])
def test_systems(op: str, ta: str, t: str, blas: bool) -> None:
    text = f"""def f(n: i64, r: i64, A: {t}[n, n], b: {t}[n], B: {t}[n, r]) {{
  x: {t}[n] = {op}ta={ta}](A, b)
  X: {t}[n, r] = {op}ta={ta}](A, B)
  return x, X
}}"""
    for n in SIZES:
        for r in (0, 1, 3):
            A = (matrix(n, n, t) + 2 * n * np.eye(n)).astype(matrix(0, 0, t).dtype)
            args = [n, r, A, matrix(1, n, t)[0], matrix(n, r, t)]
            compare(text, args, 1e-11 if t == "f64" else 1e-3, NativeOptions(uses_blas=blas))


@pytest.mark.parametrize("options", [NativeOptions(), WITHOUT_BLAS])
@pytest.mark.parametrize("n", [2, 30])
@pytest.mark.parametrize(
    ("op", "message"),
    [
        ("cholesky", "the matrix is not positive definite"),
        ("inv", "the matrix is singular"),
        ("tri_solve[upper=false, ta=false]", "the triangular matrix has a 0 on its diagonal"),
        ("solve[ta=true]", "the matrix is singular"),
    ],
)
def test_failures(op: str, message: str, n: int, options: NativeOptions) -> None:
    extra = "(A, A)" if "solve" in op else "(A)"
    text = f"def f(n: i64, A: f64[n, n]) {{\n  y: f64[n, n] = {op}{extra}\n  return y\n}}"
    f = compile_ir(text, "f", options=options).function("f")
    with pytest.raises(EvaluationError, match=message) as caught:
        f(n, np.zeros((n, n)))
    assert isinstance(caught.value, np.linalg.LinAlgError)
    assert caught.value.code == "E0603"
    assert caught.value.span is not None
    assert caught.value.span.line == 2


@pytest.mark.parametrize("t", ["f64", "f32", "i64", "i32", "bool"])
def test_argsort_is_stable_and_puts_nan_last(t: str) -> None:
    text = f"def f(n: i64, x: {t}[n]) {{\n  p: i64[n] = argsort(x)\n  return p\n}}"
    f = compile_ir(text, "f").function("f")
    for n in (0, 1, 2, 15, 16, 17, 33, 1000):
        x = rng.integers(-5, 5, n).astype(
            np.dtype({"f64": "f8", "f32": "f4", "i64": "i8", "i32": "i4", "bool": "?"}[t])
        )
        if t in ("f64", "f32") and n > 3:
            x[rng.integers(0, n, 3)] = np.nan
            x[rng.integers(0, n, 3)] = -0.0
        np.testing.assert_array_equal(f(n, x)[0], np.argsort(x, kind="stable"))


def test_searchsorted_finds_the_leftmost_place() -> None:
    text = "def f(n: i64, x: f64[n], q: f64) {\n  k: i64 = searchsorted(x, q)\n  return k\n}"
    f = compile_ir(text, "f").function("f")
    x = np.array([-1.0, 0.0, 0.0, 2.0, 5.0, np.inf, np.nan, np.nan])
    for n in (0, 1, 5, 8):
        for q in (-np.inf, -1.0, -0.0, 0.0, 1.0, 2.0, 7.0, np.inf, np.nan):
            assert f(n, x[:n].copy(), q) == (np.searchsorted(x[:n], q),)
