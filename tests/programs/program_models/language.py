"""Models of the programs about literals, types, sizes, comprehensions and indexing."""

# ruff: noqa: N801, N805 (a class here is a namespace that bears the name of its program)

import math
from fractions import Fraction

import numpy as np
from numeric_derivatives import gradient


def wrapped(value: int, bits: int = 64) -> int:
    """An integer reduced to the range of its type."""
    return (value + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)


class literals:
    def million():
        return 10**6

    def thousandth():
        return 1 / 1000

    def large():
        return 2500.0

    def single():
        return 1.5

    def narrow():
        return 7

    wide = narrow

    def double():
        return 2.0

    def truth():
        return True

    def default_integer():
        return 3

    def default_float():
        return 3.0

    def from_operand(x):
        return 2 * x + 1

    def from_branch(c):
        return 1.0 if c else 2.5

    def from_argument():
        return 3.0

    def from_element():
        return [1.0, 2.5, 3.0]

    def from_state(n):
        return 0.5 * n

    def of_literals(x):
        return x * 3

    def of_single(x):
        return 2 * x + 0.5

    def quotient():
        return 0.5


class integer_division:
    def quotient(a, b):
        return math.floor(Fraction(a, b))

    def remainder(a, b):
        return a - b * integer_division.quotient(a, b)

    def ratio(a, b):
        return a / b

    def float_quotient(a, b):
        return float(math.floor(a / b))

    def float_remainder(a, b):
        return a - b * math.floor(a / b)

    def halves(x):
        return np.floor(x / 2).astype(int)


class integer_overflow:
    def add(a, b):
        return wrapped(a + b)

    def subtract(a, b):
        return wrapped(a - b)

    def multiply(a, b):
        return wrapped(a * b)

    def negate(a):
        return wrapped(-a)

    def quotient(a, b):
        return wrapped(a // b)

    def remainder(a, b):
        return wrapped(a % b)

    def power(a, k):
        return wrapped(a**k)

    def add32(a, b):
        return wrapped(a + b, 32)

    def multiply32(a, b):
        return wrapped(a * b, 32)

    def total(x):
        return wrapped(sum(x.tolist()))


class conversions:
    def to_integer(x, bits=64):
        low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
        return high if x >= high else low if x <= low else math.trunc(x)

    def to_narrow(x):
        return conversions.to_integer(x, 32)

    def to_float(k):
        return float(k)

    def to_single(x):
        return float(np.float32(x))

    def from_bool(b):
        return np.where(b, 1.0, 0.0)

    def integers(x):
        return np.trunc(x).astype(int)

    def truths(k):
        return k != 0

    def widened(k):
        return k

    def mean_of(k):
        return float(np.mean(k))


class precedence:
    def minus_power(x):
        return -(x**2)

    def power_of_power(x):
        return x ** (3**2)

    def power_of_minus(x):
        return 1 / x**2

    def left_minus(a, b, c):
        return (a - b) - c

    def left_quotient(a, b, c):
        return (a / b) / c

    def product_first(a, b, c):
        return a + (b * c)

    def remainder_first(a, b, c):
        return a - (b % c)

    def minus_before_quotient(a):
        return (-a) // 2

    def not_first(a, b):
        return (not a) or (not b)

    def and_first(a, b, c):
        return a or (b and c)

    def comparison_before_and(a, b):
        return ((a + 1) <= b) and (b > a)

    def if_extends(c, x):
        return x if c else (x + 10)

    def if_in_parentheses(c, x):
        return x + 10

    def product_with_matrix(A, x):
        return 2 * (A @ x) + 1

    def two_updates(x, v):
        return [v + 1, v, *x[2:].tolist()]

    def postfix_of_anything(x, y):
        return float((x + y)[1] + sum(x[1:]))


class comparisons:
    def all_six(a, b):
        return [a < b, not a > b, a == b, a != b, not a < b, a > b]

    def with_nan(x):
        return [False, True, False]

    def below(x, y):
        return x < y

    def below_scalar(x, y):
        return x <= y

    def same_booleans(a, b):
        return a == b

    def same_pair(k, x):
        return k == 1 and x == 2

    def same_record(a, b):
        return a["id"] == b["id"] and a["size"] == b["size"]

    def other_record(a, b):
        return not comparisons.same_record(a, b)


class lazy_evaluation:
    def first_or(x, default):
        return float(x[0]) if len(x) else default

    def is_positive_at(x, i):
        return bool(i < len(x) and x[i] > 0)

    def is_missing_or_negative(x, i):
        return bool(i >= len(x) or x[i] < 0)

    def guarded_quotient(a, b):
        return a // b if b else 0

    def lookups(x, at):
        return [float(x[i]) if i < len(x) else 0.0 for i in at]


class blocks:
    def chained(x):
        return (x**2 + x) * x**2

    def patterns(a, b, c):
        return (a + b) * c

    def shadowed(x):
        return (x + 1) ** 2

    def inner_block(x):
        return 1 + 2 * x**4

    def typed(k):
        return 2 / k

    def bound_size(x):
        return 2 * len(x)

    def trailing_commas(x):
        return [x, x]


class tuples:
    def pair(x, k):
        return x + 1, k + 1

    def swapped(p):
        return p[::-1]

    def single(x):
        return (x,)

    def nested(a, b, c):
        return (a, b), c

    def third(t):
        return t[1] + 10 * t[0][1]

    def minmax(x):
        return np.min(x), np.max(x)

    def pairs(x, k):
        return list(zip(x.tolist(), k.tolist(), strict=True))

    def sum_of_pairs(p):
        return sum(a * b for a, b in p)


class records:
    def norm2(p):
        return p["x"] ** 2 + p["y"] ** 2

    def moved(p, dx):
        return {"x": p["x"] + dx, "y": p["y"]}

    def with_both(p):
        return {"x": p["y"], "y": p["x"]}

    def centre(b):
        return {axis: (b["low"][axis] + b["high"][axis]) / 2 for axis in ("x", "y")}

    def widened(b, by):
        return {"low": b["low"], "high": records.moved(b["high"], by)}

    def field_of_call(x):
        return x**2

    def mixed(m):
        return float(m["name"] * np.sum(m["values"])) if m["on"] else 0.0


class record_arrays:
    def energy(bodies):
        return sum(b["mass"] / 2 * np.sum(b["vel"] ** 2) for b in bodies)

    def drifted(bodies, dt):
        return [{**b, "pos": b["pos"] + dt * b["vel"]} for b in bodies]

    def heaviest(bodies):
        return max(bodies, key=lambda b: b["mass"])["pos"]

    def doubled(bodies, i):
        return [b["mass"] * (2 if k == i else 1) for k, b in enumerate(bodies)]

    def made(masses):
        return [{"pos": np.zeros(3), "vel": np.full(3, m), "mass": m} for m in masses]


class type_aliases:
    def length(v):
        return np.linalg.norm(v)

    def lengths(v):
        return np.linalg.norm(v, axis=1)

    def mean_square(x):
        return np.mean(x**2)

    def fit(line, x):
        return float(line["slope"] @ x + line["offset"])


class sizes:
    def halves(x):
        return tuple(np.split(x, 2))

    def interior(x):
        return x[1:-1]

    def count(A):
        return [*A.shape, A.size]

    def packed(diagonal, triangle):
        return np.sum(diagonal) + np.sum(triangle)

    def fixed(x):
        return np.sum(x)

    def first(x, k):
        return x[:k]

    def gates(x, y):
        return [(len(x) - 1) // 3, len(y)]


class comprehensions:
    def squares(n):
        return np.arange(n) ** 2

    def table(m, n):
        return np.add.outer(10 * np.arange(m), np.arange(n))

    def cube(k, m, n):
        return 100 * np.arange(k)[:, None, None] + 10 * np.arange(m)[:, None] + np.arange(n)

    def incremented(x):
        return x + 1

    def weighted(x, w):
        return x * w

    def rows(A):
        return A.sum(axis=1)

    def product_of(x, y):
        return np.multiply.outer(x, y)

    def later_uses_earlier(A):
        return 2 * A

    def mixed_clauses(x):
        return np.multiply.outer(x, np.arange(3.0))

    def array_elements(n):
        return np.stack([np.arange(n), np.arange(n) + 1], axis=1)

    def total(x):
        return np.sum(x**2)

    def largest_gap(x):
        return np.max(np.abs(np.diff(x)))

    def any_negative(x):
        return bool(np.any(x < 0))

    def nothing(n):
        return np.zeros(n)


class ragged:
    def lower_product(L, z):
        return np.tril(L, -1) @ z

    def pair_energy(x):
        return sum(1 / (b - a) for i, b in enumerate(x) for a in x[:i])

    def triangle(n):
        return n * (n + 1) // 2

    def prefix_maxima(x):
        return np.maximum.accumulate(x)

    def grad_pair_energy(x):
        return gradient(ragged.pair_energy, x)

    def grad_lower(L, z):
        return np.tril(np.tile(z, (len(z), 1)), -1)


class indexing:
    def element(A, i, j):
        return A[i, j]

    def row(A, i):
        return A[i]

    entry_of_row = element

    def last(x):
        return x[len(x) - 1]

    def corner(A):
        return A[A.shape[0] - 1, A.shape[1] - 2]

    def by_computed(x, k):
        return x[k - 1]

    def through(x, idx):
        return x[idx]


class slices:
    def middle(x, a, b):
        return [x[i] for i in range(a, b)]

    def head(x):
        return x[: len(x) - 1]

    def tail(x):
        return x[2 : len(x)]

    def inner(x):
        return x[1 : len(x) - 1]

    def backwards(x):
        return np.flip(x)

    def every_second(x):
        return [x[i] for i in range(0, len(x), 2)]

    def odd_places(x):
        return [x[i] for i in range(1, len(x), 2)]

    def backwards_by_two(x):
        return [x[i] for i in range(len(x) - 1, -1, -2)]

    def empty(x):
        return []

    def column(A, j):
        return A.T[j]

    def block(A):
        return A[:, 1:3]

    def flipped(A):
        return np.flip(A)

    def of_slice(x):
        return [x[1]]

    def differences(x):
        return np.diff(x)

    def jacfwd_differences(x):
        n = len(x) - 1
        return np.eye(n, n + 1, 1) - np.eye(n, n + 1)

    def grad_weighted_reverse(x):
        return 2 * x * np.arange(len(x))[::-1]


class gathers:
    def elements(x, idx):
        return [x[i] for i in idx]

    def matrix_rows(A, idx):
        return np.stack([A[i] for i in idx])

    def by_matrix(x, idx):
        return [[x[i] for i in row] for row in idx]

    def integers(x, idx):
        return [int(x[i]) for i in idx]

    def cotangent(x, idx, ct):
        return np.bincount(idx, ct, minlength=len(x))

    def row_cotangent(A, idx, ct):
        return (idx == np.arange(len(A))[:, None]).astype(float) @ ct


class updates:
    def element(x, i, v):
        return [v if k == i else xk for k, xk in enumerate(x.tolist())]

    def twice(x, v):
        return [v, x[1], v + 1]

    def same_place(x):
        return [6.0, *x[1:].tolist()]

    def entry(A, v):
        return [A[0].tolist(), [v, A[1, 1]]]

    def row(A, r):
        return np.stack([r, A[1]])

    def last(x, v):
        return [*x[:-1].tolist(), v]

    def untouched(x):
        return x, np.array([100.0, *x[1:]])

    def primes(n):
        return sum(all(p % q for q in range(2, p)) for p in range(2, n))

    def cotangents(x, v, ct):
        return np.array([ct[0], 0.0, ct[2]]), ct[1]

    def in_loop_gradient(x):
        return gradient(lambda v: np.sum(np.cumprod(v)), x)
