"""Models of the programs about scalar functions: mpmath for values, its differences for slopes and curvatures."""

# ruff: noqa: N801, N805 (a class here is a namespace that bears the name of its program)

import math

import mpmath
import numpy as np
from numeric_derivatives import high_derivative
from scipy import special


def value(f, x):
    with mpmath.workdps(50):
        return float(f(mpmath.mpf(x)))


def values(functions, x):
    return [value(f, x) for f in functions]


def slopes(functions, x):
    return [high_derivative(f, x) for f in functions]


def curvatures(functions, x):
    return [high_derivative(f, x, 2) for f in functions]


class exponentials:
    FUNCTIONS = (mpmath.exp, mpmath.expm1, mpmath.log, mpmath.log1p)

    def values(x):
        return values(exponentials.FUNCTIONS, x)

    def slopes(x):
        return slopes(exponentials.FUNCTIONS, x)

    def curvatures(x):
        return curvatures(exponentials.FUNCTIONS, x)

    def small(x):
        return [1e12 * value(mpmath.expm1, x), 1e12 * value(mpmath.log1p, x)]

    def extremes():
        return [0.0, math.inf, -math.inf, -1.0, -1074 * math.log(2)]


class roots_and_powers:
    FUNCTIONS = (
        mpmath.sqrt,
        mpmath.cbrt,
        lambda x: x**3,
        lambda x: x**-2,
        lambda x: x ** mpmath.mpf("2.5"),
    )

    def values(x):
        return values(roots_and_powers.FUNCTIONS, x)

    def slopes(x):
        return slopes(roots_and_powers.FUNCTIONS, x)

    def curvatures(x):
        return curvatures(roots_and_powers.FUNCTIONS, x)

    def negative_base(x):
        return [x * x * x, x * x * x * x]

    def integer_power(a, k):
        return a**k

    def variable_exponent(x, k):
        return math.prod([x] * k, start=1.0)

    def by_exponent(x, y):
        return y * x ** (y - 1), x**y * math.log(x)

    def at_zero():
        return [1.0, 0.0, 0.0]

    def slopes_at_zero():
        return [0.0, 1.0, 0.0, 0.0]

    def cube_curvature_at_zero():
        return 0.0

    def cube_root(x):
        return -2.0

    def grad_variable_exponent(x, k):
        return k * x ** (k - 1)

    def array_power(x):
        return x * x


class trigonometry:
    FUNCTIONS = (mpmath.sin, mpmath.cos, mpmath.tan, mpmath.asin, mpmath.acos, mpmath.atan)

    def values(x):
        return values(trigonometry.FUNCTIONS, x)

    def slopes(x):
        return slopes(trigonometry.FUNCTIONS, x)

    def curvatures(x):
        return curvatures(trigonometry.FUNCTIONS, x)

    def large(x):
        return values((mpmath.sin, mpmath.cos), x)

    def grad_tangent(x):
        return 1 / math.cos(x) ** 2

    def curve(x, v, a):
        return -math.cos(x) * v**2 - math.sin(x) * a


class hyperbolics:
    AT_X = (mpmath.sinh, mpmath.cosh, mpmath.tanh, mpmath.asinh, mpmath.atanh)

    def arranged(of, x, y):
        sinh, cosh, tanh, asinh, atanh = of(hyperbolics.AT_X, x)
        return [sinh, cosh, tanh, asinh, of((mpmath.acosh,), y)[0], atanh]

    def values(x, y):
        return hyperbolics.arranged(values, x, y)

    def slopes(x, y):
        return hyperbolics.arranged(slopes, x, y)

    def curvatures(x, y):
        return hyperbolics.arranged(curvatures, x, y)

    def saturated(x):
        return [1.0, 0.0]


class special_functions:
    FUNCTIONS = (mpmath.erf, mpmath.erfc, mpmath.loggamma, mpmath.digamma)

    def values(x):
        return values(special_functions.FUNCTIONS, x)

    def slopes(x):
        return slopes(special_functions.FUNCTIONS, x)

    def curvatures(x):
        return curvatures(special_functions.FUNCTIONS[:3], x)

    def tails():
        with mpmath.workdps(50):
            return [
                float(v) for v in (mpmath.erf(6), mpmath.erfc(9) * 10**40, mpmath.loggamma(100))
            ]

    def normal_density(x):
        return math.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)


class activations:
    FUNCTIONS = (
        lambda x: 1 / (1 + mpmath.exp(-x)),
        lambda x: mpmath.log1p(mpmath.exp(x)),
        lambda x: x if x > 0 else 0 * x,
    )

    def values(x):
        return values(activations.FUNCTIONS, x)

    def slopes(x):
        return [
            value(lambda v: mpmath.exp(-abs(v)) / (1 + mpmath.exp(-abs(v))) ** 2, x),
            value(lambda v: 1 / (1 + mpmath.exp(-v)), x),
            1.0 if x > 0 else 0.0,
        ]

    def curvatures(x):
        return curvatures(activations.FUNCTIONS, x)

    def far(x):
        return [1.0, special.expit(-x), x, 0.0]

    def layer(W, x):
        return np.maximum(W @ x, 0)

    def layer_gradient(W, x):
        return np.outer(2 * activations.layer(W, x), x)


class rounding:
    def values(x):
        below = math.floor(x)
        nearest = below + below % 2 if x - below == 0.5 else math.floor(x + 0.5)
        return [
            float(v)
            for v in (abs(x), math.copysign(1, x), below, math.ceil(x), nearest, math.trunc(x))
        ]

    def slopes(x):
        return [math.copysign(1.0, x), 0.0, 0.0, 0.0, 0.0, 0.0]

    def integers(k):
        return [abs(k), (k > 0) - (k < 0)]

    def signed_zero():
        return [0.0, 0.0]

    def sawtooth(x):
        return x % 1

    def grad_sawtooth(x):
        return 1.0


class two_arguments:
    def values(x, y):
        return [math.atan2(x, y), math.hypot(x, y), max(x, y), min(x, y)]

    def atan2_slopes(y, x):
        return x / (x**2 + y**2), -y / (x**2 + y**2)

    def hypot_slopes(x, y):
        return x / math.hypot(x, y), y / math.hypot(x, y)

    def max_slopes(x, y):
        return float(x > y), float(y > x)

    def min_slopes(x, y):
        return float(x < y), float(y < x)

    def clamped(x):
        return np.clip(x, 0, 1)

    def clamp_slopes(x, low, high):
        return float(low < x < high), float(x < low), float(x > high)

    def fused(a, b, c):
        return a * b + c

    def fused_slopes(a, b, c):
        return b, a, 1.0

    def exact_fused(a):
        return 1e30 * (a - 1) ** 2

    def elementwise(x, y):
        return np.sort(np.stack([x, y]), axis=0)

    def integers(a, b):
        return sorted([a, b])

    def quadrants():
        return [math.pi / 4, 3 * math.pi / 4, -3 * math.pi / 4, math.pi]


class nan_and_infinity:
    def tests(x):
        return np.stack([np.isnan(x), np.isfinite(x)])

    def largest(x):
        return np.max(x)

    def smallest(x):
        return np.min(x)

    def of_two(x, y):
        return [math.nan, math.nan]

    def total(x):
        return np.sum(x)

    def quotients(x):
        return [math.inf, -math.inf, math.nan]

    def outside_domain():
        return [math.nan, math.nan, math.nan]

    def comparisons(x):
        return [False, False, True]

    def without_nan(x):
        return np.nansum(x)
