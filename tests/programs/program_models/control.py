"""Models of the programs about loops, accumulation, history, assertions and recursion."""

# ruff: noqa: N801, N805 (a class here is a namespace that bears the name of its program)

import math

import numpy as np
from numeric_derivatives import derivative, gradient, high_derivative, jvp


class loops:
    def power(x, k):
        return x**k

    def fibonacci(n):
        return round(((1 + math.sqrt(5)) / 2) ** n / math.sqrt(5))

    def nested_state(n):
        return 1 + 2.0 * (2**n - 1), n * (n - 1) // 2

    def no_step(n):
        return 7.0

    def triangular(n):
        return n * (n - 1) // 2

    def horner(c, t):
        return np.polynomial.Polynomial(c)(t)

    def bubble_sorted(x):
        return np.sort(x)

    def matrix_power(A, k):
        return np.linalg.matrix_power(A, k)

    def grad_power(x, k):
        return k * x ** (k - 1)

    def grad_horner(c, t):
        return t ** np.arange(len(c))

    def grad_horner_t(c, t):
        return np.polynomial.Polynomial(c).deriv()(t)


class while_loops:
    def newton_sqrt(a):
        x = a
        while abs(np.real(x * x - a)) > 1e-12 * np.real(a):
            x = (x + a / x) / 2
        return x

    def grad_newton_sqrt(a):
        return derivative(while_loops.newton_sqrt, a)

    def collatz(n):
        return 0 if n == 1 else 1 + while_loops.collatz(3 * n + 1 if n % 2 else n // 2)

    def gcd(a, b):
        return math.gcd(a, b)

    def bisected(low, high):
        return 2 ** (1 / 3)

    def never(x):
        return x

    def doublings(x):
        while x.real <= 100:
            x = x * x + x
        return x

    def grad_doublings(x):
        return derivative(while_loops.doublings, x)

    def second(x):
        return high_derivative(while_loops.doublings, x, 2)


class accumulation:
    def histogram(bins, values):
        return np.bincount(bins, values, minlength=3)

    def with_base(base, bins):
        return base + np.bincount(bins, minlength=len(base))

    def totals(x):
        return np.sum(x), np.array([np.sum(x[x < 0]), np.sum(x[x >= 0])])

    def outer_sum(x, y):
        A = np.outer(x, y)
        return A + np.sum(A) * (np.add.outer(np.arange(len(x)), np.arange(len(y))) == 0)

    def row_sums(A, group):
        return np.stack([A[group == g].sum(axis=0) for g in range(2)])

    def nested(x):
        return np.sum(x) - np.cumsum(x)

    def signs(x):
        return np.sum(x[x > 0]), np.sum(x[x < 0]), int(np.sum(x == 0))

    def over_elements(x):
        return 0.5 + np.sum(x**2)

    def counted(k):
        return np.bincount(k, minlength=4)

    def whole_array(A):
        return A.sum(axis=0)


class accumulation_derivatives:
    def histogram_cotangents(base, bins, values, ct):
        return ct, 2 * values * ct[bins]

    def nested(x):
        n = len(x)
        pairs = [(i, j) for i in range(n) for j in range(i)]
        y = list(x)
        for i, j in pairs:
            y[j] = y[j] + x[i] * x[j]
            y[i] = y[i] + 2 * x[i] * x[j]
        return np.array(y)

    def nested_gradient(x):
        return gradient(lambda v: np.sum(accumulation_derivatives.nested(v)), x)

    def branches_gradient(x):
        """up = sum of the cubes of the positive, down = 1 + sum of the squares of the others."""
        up, down = np.sum(x[x > 0] ** 3), 1 + np.sum(x[x <= 0] ** 2)
        return np.where(x > 0, 3 * x**2 * down, 2 * x * up)

    def branches_hessian(x):
        up, down = np.sum(x[x > 0] ** 3), 1 + np.sum(x[x <= 0] ** 2)
        d_up, d_down = np.where(x > 0, 3 * x**2, 0), np.where(x > 0, 0, 2 * x)
        mixed = np.outer(d_up, d_down)
        return np.diag(np.where(x > 0, 6 * x * down, 2 * up)) + mixed + mixed.T

    def stencil_jacobian(x):
        return np.eye(len(x), k=1) - np.eye(len(x), k=-1)

    def tangent(x, dx):
        return jvp(accumulation_derivatives.nested, (x,), (dx,))


class history:
    def powers(x, n):
        return x ** np.arange(n), x**n

    def orbit(x, n):
        """v -> v / 2 + 1 has the fixed point 2."""
        return 2 + (x - 2) * 0.5 ** np.arange(n), 2 * np.arange(n), 2 + (x - 2) * 0.5**n

    def rows(x, n):
        return np.array([x ** (2**i) for i in range(n)]), x ** (2**n)

    def halvings(x):
        n = math.ceil(math.log2(x))
        return x / 2.0 ** np.arange(n), x / 2.0**n

    def no_step(x):
        return 0

    def sum_of_states_gradient(x, n):
        return sum(i * x ** (i - 1) for i in range(1, n))

    def sum_of_halvings_gradient(x):
        n = math.ceil(math.log2(x))
        return sum(2 * x / 4**i for i in range(n)) + 1 / 2**n

    def final_gradient(x, n):
        return 2**n * x ** (2**n - 1)


class assertions:
    def root(x):
        return math.sqrt(x)

    def mean_of(x):
        return np.mean(x)

    def plain(k):
        return k

    def grad_root(x):
        return 0.5 / math.sqrt(x)


class recursion:
    def factorial(n):
        return math.factorial(n)

    def gcd(a, b):
        return math.gcd(a, b)

    def ackermann(m, n):
        assert m == 2
        return 2 * n + 3

    def is_even(n):
        return n % 2 == 0

    def is_odd(n):
        return n % 2 == 1

    def pairwise_sum(x):
        return np.sum(x)

    def power(x, k):
        return x**k

    def grad_power(x, k):
        return k * x ** (k - 1)

    def grad_pairwise_product(x):
        return np.prod(x) / x

    def second_power(x, k):
        return k * (k - 1) * x ** (k - 2)

    def depth(n):
        return n
