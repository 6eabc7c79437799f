"""Models of the programs about linear algebra."""

# ruff: noqa: N801, N805 (a class here is a namespace that bears the name of its program)

import mpmath
import numpy as np
from numeric_derivatives import gradient, high_hessian, jacobian, jvp
from scipy import linalg


class matrix_products:
    def matrix_matrix(A, B):
        return np.einsum("ik,kj->ij", A, B)

    written_out = matrix_matrix

    def matrix_vector(A, x):
        return np.einsum("ij,j->i", A, x)

    def vector_matrix(x, A):
        return np.einsum("i,ij->j", x, A)

    def vector_vector(x, y):
        return np.sum(x * y)

    def rectangular(A, B):
        return np.einsum("ik,kj->ji", A, B)

    def chained(A, x):
        return np.linalg.matrix_power(A, 2).dot(x)

    def cotangents(A, B, ct):
        return np.einsum("ij,kj->ik", ct, B), np.einsum("ik,ij->kj", A, ct)

    def quadratic_gradient(A, x):
        return (A + A.T).dot(x)

    def quadratic_hessian(A, x):
        return A + A.T

    def tangent(A, B, dA, dB):
        return jvp(np.matmul, (A, B), (dA, dB))


class linear_systems:
    def solved(A, b):
        """Cramer's rule."""
        columns = [
            np.column_stack([b if k == j else A[:, k] for k in range(len(A))])
            for j in range(len(A))
        ]
        return np.array([np.linalg.det(c) for c in columns]) / np.linalg.det(A)

    needs_pivot = solved

    def solved_matrix(A, B):
        return np.linalg.inv(A) @ B

    def lower(L, b):
        return np.linalg.inv(np.tril(L)) @ b

    lower_matrix = lower

    def upper(U, b):
        return np.linalg.inv(np.triu(U)) @ b

    def inverse(A):
        return np.linalg.inv(A)

    def solve_cotangents(A, b, ct):
        return (
            gradient(lambda M: ct @ np.linalg.inv(M) @ b, A),
            gradient(lambda v: ct @ np.linalg.inv(A) @ v, b),
        )

    def lower_cotangents(L, b, ct):
        return (
            gradient(lambda M: ct @ np.linalg.inv(np.tril(M)) @ b, L),
            gradient(lambda v: ct @ np.linalg.inv(np.tril(L)) @ v, b),
        )

    def inverse_tangent(A, dA):
        return jvp(np.linalg.inv, (A,), (dA,))

    def compliance_hessian(s):
        """Springs in series: f^T K^-1 f = (f_0 + f_1)^2 / s_0 + f_1^2 / s_1."""
        return np.diag([2 * 9 / s[0] ** 3, 2 * 4 / s[1] ** 3])


class cholesky_factor:
    def factor(A):
        """Row by row, also for complex steps."""
        L = np.zeros(A.shape, A.dtype)
        for i in range(len(A)):
            for j in range(i):
                L[i, j] = (A[i, j] - np.sum(L[i, :j] * L[j, :j])) / L[j, j]
            L[i, i] = np.sqrt(A[i, i] - np.sum(L[i, :i] ** 2))
        return L

    def half_log_det(A):
        return np.linalg.slogdet(A)[1] / 2

    def factor_of_gram(B):
        return cholesky_factor.factor(B @ B.T + np.eye(len(B)))

    def weighted(B):
        n = len(B)
        return np.sum(
            (np.arange(n)[:, None] + 2 * np.arange(n) + 1) * cholesky_factor.factor_of_gram(B)
        )

    def weighted_gradient(B):
        return gradient(cholesky_factor.weighted, B)

    def weighted_tangent(B, dB):
        return jvp(cholesky_factor.weighted, (B,), (dB,))

    def log_likelihood_hessian(t):
        def log_likelihood(t):
            a, b, c = mpmath.exp(t[0]) + 0.5, mpmath.mpf(0.5), mpmath.exp(t[1]) + 0.5
            determinant = a * c - b * b
            return -(c - 4 * b + 4 * a) / determinant / 2 - mpmath.log(determinant) / 2

        return high_hessian(log_likelihood, t)


class determinants:
    def determinant(A):
        return A[0, 0] * A[1, 1] - A[0, 1] * A[1, 0]

    def log_determinant(A):
        return np.log(abs(np.linalg.det(A)))

    def grad_determinant(A):
        return [[A[1, 1], -A[1, 0]], [-A[0, 1], A[0, 0]]]

    def grad_log_determinant(A):
        return np.linalg.inv(A).T

    def determinant_curvature(A, D):
        """det(A + t D) is det(A) + ... + t^2 det(D) in two dimensions."""
        return 2 * determinants.determinant(D)

    def empty_determinant():
        return 1.0


class eigenvalues:
    def values(A):
        return np.sort(np.linalg.eigvals(A))

    def rebuilt(A):
        return A

    def orthonormal(A):
        return np.eye(len(A))

    def largest_tangent(A, dA):
        """v^T dA v for the unit eigenvector v, from the null space of A - w."""
        w = np.max(np.linalg.eigvals(A))
        v = linalg.null_space(A - w * np.eye(len(A)))[:, 0]
        return v @ dA @ v

    def spread_gradient(p):
        return gradient(lambda q: np.sqrt((q[0] - 1) ** 2 + 4 * q[1] ** 2), p)

    def spread_curvature(p):
        return high_hessian(lambda q: mpmath.sqrt((q[0] - 1) ** 2 + 4 * q[1] ** 2), p)

    def projection_tangent(A, dA, c):
        """The projector on the first eigenvector of a 2 x 2 matrix is (A - w_1) / (w_0 - w_1)."""

        def projection(A):
            middle, half = (A[0, 0] + A[1, 1]) / 2, (A[0, 0] - A[1, 1]) / 2
            radius = np.sqrt(half**2 + A[0, 1] * A[1, 0])
            return c @ (A - (middle + radius) * np.eye(2)) @ c / (-2 * radius)

        return jvp(projection, (A,), (dA,))


class orthogonal_factors:
    def qr_rebuilt(A):
        return A

    svd_rebuilt = qr_rebuilt

    def qr_orthonormal(A):
        return np.eye(A.shape[1])

    def qr_is_upper(A):
        return True

    def squared_diagonal(A):
        """Gram-Schmidt: r_00^2 = |a|^2, r_11^2 = |b|^2 - (a b)^2 / |a|^2."""
        a, b = A.T
        return np.sum(a * a) + 2 * (np.sum(b * b) - np.sum(a * b) ** 2 / np.sum(a * a))

    def squared_diagonal_gradient(A):
        return gradient(orthogonal_factors.squared_diagonal, A)

    def least_squares(A, b):
        return np.linalg.pinv(A) @ b

    def least_squares_jacobian(A, b):
        return jacobian(lambda c: np.linalg.solve(A.T @ A, A.T @ c), b)

    def singular_values(A):
        return np.sqrt(np.sort(np.linalg.eigvalsh(A.T @ A))[::-1])

    def svd_shapes(A):
        m, n = A.shape
        return [m, min(m, n), min(m, n), min(m, n), n]

    def nuclear_norm_gradient(A):
        """The orthogonal factor of the polar decomposition, A (A^T A)^(-1/2)."""
        return A @ linalg.inv(linalg.sqrtm(A.T @ A))
