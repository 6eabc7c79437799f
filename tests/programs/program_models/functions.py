"""Models of the programs about functions, names, and whole programs of one type."""

# ruff: noqa: N801, N805 (a class here is a namespace that bears the name of its program)

import math

import numpy as np


class closures:
    def added(c, x):
        return x + c

    def through_returned(x):
        return 2 * x + 10 * x

    def composed(x):
        return x**2 + 1

    def curried(x, y):
        return x**2 + y

    def applied_twice(x):
        return 4 * x

    def builtin_mapped(X):
        return np.linalg.norm(X, axis=1)

    def chosen(c, x):
        return math.exp(-x) if c else math.sin(x)

    def captured_in_loop(n):
        return 10 * n * (n - 1) // 2

    def derivative_of_closure(x, k):
        return k

    def derivative_by_captured(x, k):
        return 2 * k * x**2


class higher_order:
    def trapezoid_of_square(n):
        return np.trapezoid(np.linspace(0, 1, n + 1) ** 2, dx=1 / n)

    def newton_of_cubic(x0):
        return 2 ** (1 / 3)

    def summed_over(x):
        return np.sum(np.exp(x)) + np.sum(x[1:] ** 2)

    def with_operator(x):
        return np.prod(x) / x

    def integral_gradient(k, n):
        return 3 * k**2 * higher_order.trapezoid_of_square(n)

    def by_mode(x):
        return np.full(2, 2 * x * math.cos(x**2))


class constants:
    def fall(t):
        return 9.81 / 2 * t**2

    def circle(r):
        return 2 * math.pi * r

    def weights():
        return np.array([1, 4, 1]) / 6

    def bigger():
        return 103

    def single():
        return 0.5

    def order():
        return True


class imports:
    def turned(angle):
        return [math.cos(angle), math.sin(angle)]

    def length(v):
        return 2 * np.linalg.norm(v)

    def rule_travels(x):
        return 4.0


class shadowed_names:
    def max(a, b):
        return 100 * a + b

    def parameter_named_sum(x):
        return x[0] - x[1]

    def index_named_like_size(x):
        return x

    def in_function(x):
        return (x + 1) + 11 * x

    def loop_state_over_parameter(x):
        return 2 * x + 2


class operators:
    def arithmetic(x, y):
        return np.stack([x + y, x - y, x * y, x / y])

    def with_scalar(x, c):
        return np.stack([x + c, c - x, 2 * x, c / x])

    def matrices(A, B):
        return A * B + 1

    def negated(x):
        return -x

    def integers(k, d):
        return np.stack(np.divmod(k, d))

    def cubed(x):
        return x**3

    def logical(a, b):
        return np.stack([a & b, a | b, ~a])

    def on_functions(x):
        return np.exp(x) * np.cos(2 * x)


class empty_arrays:
    def total(x):
        return 0.0

    def product(x):
        return 1.0

    def mapped(x):
        return []

    sorted = mapped

    def joined(x, y):
        return [*x, *y.tolist()]

    def quantifiers(x):
        return [True, False]

    def grad_total(x):
        return []

    def matrix_product(k):
        return np.full((2, 2), float(k))

    def looped(x):
        return 3.0

    folded = looped


class ranks:
    def rank0(x):
        return x**2

    def rank1(n):
        return np.arange(1, n + 1)

    def rank3(a, b, c):
        return np.arange(a)[:, None, None] + np.arange(b)[:, None] + np.arange(c) / 2

    def rank6_sum(n):
        """63 times the sum of one index, for each value of the five others."""
        return 63 * (n * (n - 1) // 2) * n**5

    def rank6_entry(n, i):
        return i * (1 + 4 + 16 + 32)

    def plane(T):
        return T[:, 1, :]

    def axes(T):
        return T.sum(axis=0).T

    def transposed_shape(T):
        return T.T

    def rank4_gradient(T):
        return 3 * T**2


class singles:
    def hypotenuse(a, b):
        return math.hypot(a, b)

    def softplus_sum(x):
        return np.sum(np.logaddexp(0, x))

    def grad_softplus_sum(x):
        return 1 / (1 + np.exp(-x))

    def product(A, x):
        return A @ x

    def rounding():
        return 2.0**24

    def widened(x):
        return float(np.float32(x)) * 2

    def many(n):
        return 0.1 * n


class narrow_integers:
    def clipped(x, low):
        return min(max(x, low), 255)

    def dot_product(x, y):
        return int(x @ y)

    def bits(n):
        return n.bit_count()

    def as_index(x, k):
        return x[k]

    def shifted(x, by):
        return 2 * x - by


class booleans:
    def implies(a, b):
        return b if a else True

    def exclusive(a, b):
        return a ^ b

    def count(b):
        return int(np.sum(b))

    def majority(b):
        return bool(np.mean(b) > 0.5)

    def is_sorted(x):
        return bool(np.all(np.diff(x) >= 0))

    def masked(x):
        return np.maximum(x, 0)

    def life(world):
        padded = np.pad(world.astype(int), 1)
        m, n = world.shape
        around = sum(padded[a : a + m, b : b + n] for a in range(3) for b in range(3)) - world
        return (around == 3) | (world & (around == 2))
