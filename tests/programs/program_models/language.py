"""Models of the programs about the language itself: literals, types, control, functions."""

# ruff: noqa: N801, N805 (a class here is a namespace that bears the name of its program)

import math
from fractions import Fraction

import numpy as np
from numeric_derivatives import derivative, gradient, high_derivative, jvp


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
