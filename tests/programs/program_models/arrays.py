"""Models of the programs about array operations."""

# ruff: noqa: N801, N805 (a class here is a namespace that bears the name of its program)

import math

import numpy as np
from numeric_derivatives import gradient, jacobian
from scipy import special


class map_and_reduce:
    def squares(x):
        return x**2

    def combined(x, y, k):
        return x * y + k

    def row_norms(A):
        return np.linalg.norm(A, axis=1)

    def rows_scaled(A, c):
        return A * c[:, None]

    def total(x):
        return np.sum(x)

    def largest(x):
        return np.max(x)

    def composed_affine(a, b):
        """The composition takes 0 to the second number and 1 to the sum of both."""

        def through(t):
            for ai, bi in zip(a, b, strict=True):
                t = ai * t + bi
            return t

        return through(1) - through(0), through(0)

    def matrix_chain(Ms):
        return np.linalg.multi_dot(Ms)

    def neutral(x):
        return 1.0

    def grad_largest(x):
        return np.where(x == np.max(x), 1.0, 0.0)

    def affine_gradient(a, b):
        def value(a, b):
            p, q = map_and_reduce.composed_affine(a, b)
            return p + 10 * q

        return gradient(lambda v: value(v, b), a), gradient(lambda v: value(a, v), b)


class fold_and_scan:
    def horner(c, t):
        return np.polyval(c, t)

    def running_sums(x):
        return np.cumsum(x)

    def running_products(x):
        return np.cumprod(x)

    def smoothed(x, a):
        n = len(x)
        return np.tril(a ** np.maximum(np.subtract.outer(np.arange(n), np.arange(n)), 0)) @ x

    def count_and_sum(x):
        return len(x), np.sum(x)

    def fibonacci(n):
        return round(((1 + math.sqrt(5)) / 2) ** n / math.sqrt(5))

    def states(x):
        sums = np.cumsum(x)
        before = np.cumsum(sums) - sums
        return list(zip(sums.tolist(), before.tolist(), strict=True))

    def vector_state(x):
        return np.stack([np.cumsum(x), np.cumsum(x**2)], axis=1)

    def grad_horner(c, t):
        return t ** np.arange(len(c))[::-1]

    def product_cotangent(x):
        return gradient(lambda v: np.sum(np.cumprod(v)), x)

    def sum_cotangent(x):
        return np.cumsum([3.0, 2.0, 1.0])[::-1]

    def by_decay(x, a):
        n = len(x)
        return sum(k * a ** (k - 1) * x[n - 1 - k] for k in range(1, n))

    def second_by_decay(x, a):
        n = len(x)
        return sum(k * (k - 1) * a ** (k - 2) * x[n - 1 - k] for k in range(2, n))


class iterate_function:
    def doubled(n, x):
        return 2**n * x

    def rotated(n, x):
        return np.linalg.matrix_power(np.array([[0.0, -1.0], [1.0, 0.0]]), n) @ x

    def logistic(n, x):
        """With x = sin(t)^2 the map doubles t."""
        return math.sin(2**n * math.asin(math.sqrt(x))) ** 2

    def zero_times(x):
        return x

    def pair_state(n):
        return fold_and_scan.fibonacci(n), fold_and_scan.fibonacci(n + 1)

    def grad_doubled(n, x):
        return 2.0**n

    def grad_logistic(n, x):
        t = math.asin(math.sqrt(x))
        return 2**n * math.sin(2 ** (n + 1) * t) / math.sin(2 * t)


class zip_and_unzip:
    def pairs(x, k):
        return list(zip(x.tolist(), k.tolist(), strict=True))

    def products(x, y):
        return x * y

    def triples(x, y, z):
        return np.sum(x * y * z)

    def taken_apart(p):
        return np.array([x for x, _ in p]), np.array([k for _, k in p])

    def there_and_back(x, y):
        return x, y

    def rows(A, c):
        return A.sum(axis=1) * c

    def products_gradient(x, y):
        return 2 * x * y, x**2


class scatter_and_histogram:
    def scattered(base, idx, values):
        return base + np.bincount(idx, values, minlength=len(base))

    def scattered_rows(base, idx, values):
        return base + (idx == np.arange(len(base))[:, None]) @ values

    def histogram(idx, values):
        return np.bincount(idx, values, minlength=2)

    def counts(idx):
        return np.bincount(idx, minlength=4)

    def integer_scatter(base, idx, values):
        return [int(base[k] + np.sum(values[idx == k])) for k in range(len(base))]

    def scatter_cotangents(base, idx, values, ct):
        return ct, ct[idx]

    def histogram_cotangent(idx, values, ct):
        return ct[idx]

    def squares_hessian(idx, values):
        return np.where(np.equal.outer(idx, idx), 2.0, 0.0)


class reductions:
    def sums(A):
        return [np.sum(A), np.prod(A)]

    def of_matrix(A):
        return [np.min(A), np.max(A), np.mean(A), np.linalg.norm(A)]

    def of_integers(k):
        return np.sum(k), np.prod(k), np.min(k), np.max(k)

    def of_booleans(b):
        return [np.any(b), np.all(b)]

    def positions(x):
        return [np.argmin(x), np.argmax(x)]

    def position_in_matrix(A):
        return np.argmax(A)

    def stable_logsumexp(x):
        return special.logsumexp(x)

    def products(x, y):
        return x @ y

    def mean_of_comprehension(n):
        return np.mean(np.arange(n) ** 2)

    def argmax_of_comprehension(n):
        return np.argmax(np.arange(n) * 3 % n)


class reductions_of_nothing:
    def total(x):
        return 0.0

    squared_norm = total

    def product(x):
        return 1.0

    def everything(x):
        return True

    def something(x):
        return False

    def conditional(x):
        return -1.0


class reduction_derivatives:
    def grad_product(x):
        return [np.prod(np.delete(x, i)) for i in range(len(x))]

    def hessian_product(x):
        n = len(x)
        return [
            [0.0 if i == j else np.prod(np.delete(x, [i, j])) for j in range(n)] for i in range(n)
        ]

    def grad_average(A):
        return np.full(A.shape, 1 / A.size)

    def grad_largest(x):
        return np.where(x == np.max(x), 1.0, 0.0)

    def grad_smallest(x):
        return np.where(x == np.min(x), 1.0, 0.0)

    def grad_softmax_of(x):
        return special.softmax(x)

    def hessian_softmax_of(x):
        p = special.softmax(x)
        return np.diag(p) - np.outer(p, p)

    def grad_length(x):
        return x / np.linalg.norm(x)

    def hessian_length(x):
        r = np.linalg.norm(x)
        return np.eye(len(x)) / r - np.outer(x, x) / r**3

    def inner_gradient(x, y):
        return y, x

    def grad_total_of_squares(A):
        return 2 * A


class cumulative:
    def sums(x):
        return np.cumsum(x)

    integer_sums = sums

    def products(x):
        return np.cumprod(x)

    def column_sums(A):
        return np.cumsum(A, axis=0)

    def sum_cotangent(x, ct):
        return np.cumsum(ct[::-1])[::-1]

    def product_cotangent(x, ct):
        return gradient(lambda v: np.sum(ct * np.cumprod(v)), x)

    def jacfwd_products(x):
        return jacobian(np.cumprod, x)


class constructors:
    def counting(n):
        return np.arange(n)

    def zero_matrix(m, n):
        return np.zeros((m, n))

    def one_vector(n):
        return np.ones(n)

    def filled(m, n, v):
        return np.full((m, n), v)

    def filled_with_integers(n):
        return np.full(n, 7)

    def grid(a, b, n):
        return np.linspace(a, b, n)

    def unit(n):
        return np.eye(n)

    def lengths(A):
        return list(A.shape)

    def filled_gradient(v, n):
        return 2 * n * v

    def grid_gradient(a, b, n):
        x, t = np.linspace(a, b, n), np.linspace(0, 1, n)
        return np.sum(2 * x * (1 - t)), np.sum(2 * x * t)


class rearrangements:
    def reshaped(x):
        return x.reshape(2, 3)

    def transposed(A):
        return A.T

    def flattened(A):
        return A.ravel()

    def joined(x, y, z):
        return np.concatenate([x, y, z])

    def joined_rows(A, B):
        return np.concatenate([A, B])

    def stacked(x, y):
        return np.stack([x, y])

    def stacked_scalars(x, y):
        return [x, y]

    def reversed(x):
        return np.flip(x)

    def reversed_rows(A):
        return np.flipud(A)

    def rolled(x, k):
        return np.roll(x, k)

    def rolled_rows(A):
        return np.roll(A, 1, axis=0)

    def joined_cotangents(x, y, ct):
        return tuple(np.split(ct, [len(x)]))

    def rolled_jacobian(x):
        return np.roll(np.eye(len(x))[::-1], 1, axis=0)

    def transposed_cotangent(A, ct):
        return ct.T


class sorting:
    def sorted(x):
        return np.sort(x)

    sorted_integers = with_nan = sorted

    def order(x):
        return np.argsort(x, stable=True)

    def place(x, q):
        return np.searchsorted(x, q)

    places = place

    def median(x):
        return np.median(x)

    def grad_median(x):
        return np.where(x == np.median(x), 1.0, 0.0)

    def sort_cotangent(x, ct):
        return ct[np.argsort(np.argsort(x))]

    def sort_tangent(x, dx):
        return dx[np.argsort(x)]

    def ranked_sum_hessian(x):
        return np.diag(2.0 * (np.argsort(np.argsort(x)) + 1))

    def by_key(key, x):
        return x[np.argsort(key)]


class diagonal_outer_select:
    def diagonal(A):
        return np.diagonal(A)

    def diagonal_matrix(x):
        return np.diag(x)

    def outer_product(x, y):
        return np.outer(x, y)

    def traced(A):
        return np.trace(A)

    def selected(x, y):
        return np.where(x > 0, x**2, y)

    def selected_scalar(c, a, b):
        return a if c else b

    def outer_cotangents(x, y, ct):
        return ct @ y, ct.T @ x

    def diagonal_cotangent(A, ct):
        return np.diag(ct)

    def selected_cotangents(x, y, ct):
        return np.where(x > 0, 2 * x * ct, 0.0), np.where(x > 0, 0.0, ct)

    def grad_traced(A):
        return np.eye(len(A))


class nested_record_arrays:
    def made(x):
        legs = [[{"at": [xi, k], "w": xi * (k + 1)} for k in (0.0, 1.0)] for xi in x]
        return [{"legs": ls, "pair": [(xi, -xi)]} for ls, xi in zip(legs, x, strict=True)]

    def total(animals):
        legs = sum(leg["w"] * sum(leg["at"]) for a in animals for leg in a["legs"])
        return legs + sum(p[0] * p[1] for a in animals for p in a["pair"])

    def weights(x):
        return [[leg["w"] for leg in a["legs"]] for a in nested_record_arrays.made(x)]

    def first_legs(x):
        return nested_record_arrays.made(x)[1]["legs"]

    def one_leg(x):
        return nested_record_arrays.made(x)[1]["legs"][0]

    def chosen(c, x):
        return nested_record_arrays.made(x if c else x[::-1])

    def grown(x):
        made = nested_record_arrays.made(x)
        return [{**a, "legs": [{**g, "w": 4 * g["w"]} for g in a["legs"]]} for a in made]

    def replaced(x):
        a, b = nested_record_arrays.made(x)
        return [a, {**a, "legs": [b["legs"][0], {"at": [8.0, 9.0], "w": 7.0}]}]

    def turned(x):
        return [[(x[0], -x[0])], [(x[0], -x[0])]], 2 * x[0], -x[1], [x[1], 2 * x[1]]

    def paired(x):
        ats = [[[xi, 0.0], [xi, 1.0]] for xi in x]
        return nested_record_arrays.weights(x), ats

    def lighter(x):
        return [{"legs": [(xi,), (2 * xi,)], "count": 2} for xi in x]

    def states(x):
        w = nested_record_arrays.weights(x)
        return [w, w[::-1]], w, [[-xi] for xi in x]

    def added(x):
        def plus(a, *others):
            if isinstance(a, dict):
                return {name: plus(a[name], *(o[name] for o in others)) for name in a}
            if isinstance(a, list | tuple):
                return type(a)(plus(*parts) for parts in zip(a, *others, strict=True))
            return a + sum(others)

        made = nested_record_arrays.made(x)
        return [plus(made[0], *made), *made[1:]]

    def weighed(s, x):
        return (s + 1) * nested_record_arrays.total(nested_record_arrays.made(x))

    def doubling(x, depth):
        return 2**depth * nested_record_arrays.total(nested_record_arrays.made(x))

    def deepest(x):
        return [{"a": [{"b": [(xi, {"c": xi * x})]} for xi in x]}] * 2

    def slopes(animals):
        return [
            {
                "legs": [
                    {"at": [leg["w"]] * len(leg["at"]), "w": sum(leg["at"])} for leg in a["legs"]
                ],
                "pair": [(p[1], p[0]) for p in a["pair"]],
            }
            for a in animals
        ]

    def moved(x):
        legs = [{"at": [1.0, 0.0], "w": 1.0}, {"at": [1.0, 0.0], "w": 2.0}]
        return [{"legs": legs, "pair": [(1.0, -1.0)]}] * len(x)

    def curvature(x):
        # each animal weighs x*x + 2*x*(x + 1) - x*x
        return np.diag(np.full(len(x), 4.0))
