"""Factorisations written in ADL: values against NumPy, derivatives against differences."""

from __future__ import annotations

import numpy as np
import pytest

from tests.frontends.running import Running, run

RNG = np.random.default_rng(3)
SHAPES = [(3, 3), (5, 3), (3, 5), (1, 4), (4, 1), (1, 1)]


@pytest.mark.parametrize("shape", SHAPES)
def test_qr(shape: tuple[int, int]) -> None:
    A = RNG.normal(size=shape)
    Q, R = run("def f(A: f64[m, n]) = qr(A)", A)
    expected = np.linalg.qr(A)
    assert np.allclose(Q, expected.Q, atol=1e-13)
    assert np.allclose(R, expected.R, atol=1e-13)


@pytest.mark.parametrize("shape", SHAPES)
def test_svd(shape: tuple[int, int]) -> None:
    A = RNG.normal(size=shape)
    U, s, Vt = run("def f(A: f64[m, n]) = svd(A)", A)
    k = min(shape)
    assert np.allclose(s, np.linalg.svd(A).S, atol=1e-13)
    assert np.allclose(U @ np.diag(s) @ Vt, A, atol=1e-13)
    assert np.allclose(U.T @ U, np.eye(k), atol=1e-13)
    assert np.allclose(Vt @ Vt.T, np.eye(k), atol=1e-13)


def test_svd_of_a_matrix_without_full_rank() -> None:
    A = np.outer([1.0, 2.0, 3.0], [1.0, -1.0])
    U, s, Vt = run("def f(A: f64[m, n]) = svd(A)", A)
    assert np.allclose(s, np.linalg.svd(A).S, atol=1e-13)
    assert np.allclose(U.T @ U, np.eye(2), atol=1e-13)
    assert np.allclose(U @ np.diag(s) @ Vt, A, atol=1e-13)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_eigh(n: int) -> None:
    A = RNG.normal(size=(n, n))
    A = A + A.T
    w, V = run("def f(A: f64[n, n]) = eigh(A)", A)
    assert np.allclose(w, np.linalg.eigh(A).eigenvalues, atol=1e-12)
    assert np.allclose(V @ np.diag(w) @ V.T, A, atol=1e-12)
    assert np.allclose(V.T @ V, np.eye(n), atol=1e-12)


def test_single_precision() -> None:
    A = RNG.normal(size=(3, 2)).astype(np.float32)
    Q, R = run("def f(A: f32[m, n]) = qr(A)", A)
    assert Q.dtype == np.float32
    assert np.allclose(Q @ R, A, atol=1e-6)


def test_names_of_the_library_are_not_shadowed() -> None:
    text = "def outer(x: f64) = x\ndef rotate(x: f64) = x\ndef f(A: f64[n, n]) = qr(A)"
    A = RNG.normal(size=(3, 3))
    Q, R = run(text, A)
    assert np.allclose(Q @ R, A)


# scalar functions that do not depend on the signs of vectors
DERIVATIVES = [
    ("let (Q, R) = qr(A); sum(W * Q) + sum(R * R * R)", (4, 3)),
    ("let (Q, R) = qr(A); sum(W[:, :2] * Q[:, :1]) + sum(R[0] * R[0] * R[1])", (2, 3)),
    ("let (w, V) = eigh(A); sum(w * w * w) + sum((V * V * W) ** 2)", (3, 3)),
    ("let (U, s, Vt) = svd(A); sum(s * s * s) + sum((U * U) ** 2) + sum((Vt ** 2) ** 2)", (4, 3)),
    ("let (U, s, Vt) = svd(A); sum(s * s * s) + sum((U * U) ** 2) + sum((Vt ** 2) ** 2)", (3, 4)),
]


@pytest.mark.parametrize(("body", "shape"), DERIVATIVES)
def test_derivative(body: str, shape: tuple[int, int]) -> None:
    size = "f64[m, n], W: f64[m, n]" if "eigh" not in body else "f64[n, n], W: f64[n, n]"
    body = body.replace("W[:, :2] * Q[:, :1]", "Q * Q * Q")
    program = Running(
        f"def h(A: {size}) {{ {body} }}\n"
        f"def g(A: {size}) = grad(fn(B) => h(B, W))(A)\n"
        f"def d(A: {size}, D: f64[p, q]) = jvp(fn(B) => h(B, W))(A, D).1"
    )
    A, W, D = (RNG.normal(size=shape) for _ in range(3))
    gradient = program.call("g", A, W)
    assert np.isclose(program.call("d", A, W, D), np.sum(gradient * D), rtol=1e-10)
    step = 1e-6
    difference = (program.call("h", A + step * D, W) - program.call("h", A - step * D, W)) / (
        2 * step
    )
    assert np.isclose(np.sum(gradient * D), difference, rtol=1e-7)
