"""Models of the programs with the known answers of the literature."""

# ruff: noqa: N801, N805 (a class here is a namespace that bears the name of its program)

import math

import mpmath
import numpy as np
from numeric_derivatives import derivative, gradient
from scipy import special

from program_models.derivatives import hessians, jacobians


class array_adjoints:
    def of_dot(x, y):
        return y, x

    def of_accumulator(x):
        return 4.0

    def of_product(x):
        return [np.prod(np.delete(x, i)) for i in range(len(x))]

    def of_running_product(x):
        return gradient(lambda v: np.sum(np.cumprod(v)), x)

    def of_running_sum(x):
        return [6.0, 5.0, 3.0]

    def of_histogram(v):
        return [10.0, 20.0, 10.0]

    def of_products_by_bin(v):
        return [10 * v[2], 20.0, 10 * v[0]]

    def of_gather(x):
        return [3.0, 0.0, 3.0]

    def of_scatter(x, v, ct):
        return np.array([ct[0], 0.0, ct[2]]), ct[1]

    def of_matrix_product(A, B, ct):
        return ct @ B.T, A.T @ ct

    def of_replication(x, ct):
        return np.sum(ct)

    def of_minimum(x):
        return [0.0, 1.0, 0.0]

    def of_stencil(x, ct):
        return np.convolve(ct, [1.0, -2.0, 1.0])


class micro_examples:
    def cube_tangent():
        return 18.0

    def linear_transpose():
        return 5.0

    def plane_transpose():
        return 1.0, 2.0

    def square_tangent():
        return [6.0, 16.0]

    def third_of_cubic():
        return 24.0

    def sine_products(x, y):
        return y * math.sin(x) * (1 + math.sin(x))

    def sine_gradient(x, y):
        s, c = math.sin(x), math.cos(x)
        return y * c * (1 + 2 * s), s * (1 + s)

    def magnitude(a, b):
        return 2 * a, 2 * b

    waves = jacobians.plane_forward

    def cosine_gradient(p):
        x, y, z = p
        return -math.sin(x + y * z) * np.array([1, z, y])

    def tangent_slope(x):
        return 1 / math.cos(x) ** 2

    bell = hessians.product_of

    def softmax_at(x):
        return special.softmax(x)

    def softmax_jacobian(x):
        p = special.softmax(x)
        return np.diag(p) - np.outer(p, p)

    def two_jet(p, v):
        H = np.array([[2 * p[1], 2 * p[0]], [2 * p[0], 0.0]])
        return v @ H @ v

    def kmeans(c):
        """Of centres 1 and 9."""
        return 3.0, np.array([[0.0], [-2.0]]), np.array([[4.0], [2.0]]), np.array([[0.0], [-1.0]])


class implicit_functions:
    def cosine_point(theta):
        return float(mpmath.findroot(lambda x: x - theta * mpmath.cos(x), 0.7))

    def cosine_slope(theta):
        x = implicit_functions.cosine_point(theta)
        return math.cos(x) / (1 + theta * math.sin(x))

    cosine_slope_by_rule = cosine_slope

    def square_root_slope(theta):
        return 0.5 / math.sqrt(theta)

    def ridge_slope(theta):
        return -1 / (1 + theta) ** 2

    def neumann_sums(n):
        return 2 * (1 - 0.5 ** np.arange(1, n + 1))

    def relaxed_slope(target):
        return 1 - 0.9**100

    def growth(z0, a, steps):
        return z0 * math.exp(2 * a)

    def growth_slopes(z0, a, steps):
        return math.exp(2 * a), 2 * z0 * math.exp(2 * a)


class recurrences:
    def filtered(a, x):
        return a ** (len(x) - 1)

    def filter_slope(a, x):
        n = len(x) - 1
        return n * a ** (n - 1)

    def filter_curvature(a, x):
        n = len(x) - 1
        return n * (n - 1) * a ** (n - 2)

    def logistic_slope(x, n):
        t = math.asin(math.sqrt(x))
        return 2**n * math.sin(2 ** (n + 1) * t) / math.sin(2 * t)

    def chebyshev(x, n):
        return special.eval_chebyt(n, x)

    def chebyshev_slope(x, n):
        return n * special.eval_chebyu(n - 1, x)

    def continued_fraction_slope(x, n):
        def fraction(x):
            y = x
            for _ in range(n):
                y = x + 1 / y
            return y

        return derivative(fraction, x)

    def compound(rates):
        return 100 * np.prod(1 + rates) / (1 + rates)
