"""NumPy meaning of the primitives that NumPy and SciPy do not have, or have with another edge.

Functions take scalars or arrays of equal shape and return the same element type. They are slow and simple:
machine code is compared with them. Where a value does not exist they raise Python's own exception;
`adc.reference.faults` makes it a diagnostic with the source line.
"""

from __future__ import annotations

import math
from fractions import Fraction
from math import inf, isfinite, nextafter, pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adc.types.core import DType

Numbers = Any  # NumPy scalars or arrays of them


# ---- integers ----------------------------------------------------------------------------------------


def floordiv(x: Numbers, y: Numbers) -> Numbers:
    """x // y rounded down. Floats as NumPy: the quotient of `x - mod(x, y)` by y, and x / y for y = 0."""
    _check_divisor(x, y)
    with np.errstate(all="ignore"):
        return np.floor_divide(x, y)


def mod(x: Numbers, y: Numbers) -> Numbers:
    """x - y * floor(x / y), exact for floats (`fmod`, plus y where the signs differ), NaN for y = 0."""
    _check_divisor(x, y)
    with np.errstate(all="ignore"):
        return np.remainder(x, y)


def _check_divisor(x: Numbers, y: Numbers) -> None:
    if np.issubdtype(np.asarray(x).dtype, np.integer) and np.any(np.asarray(y) == 0):
        raise ZeroDivisionError("integer division by 0")


def powi(x: Numbers, k: Numbers) -> Numbers:
    """x**k by squaring, from the lowest bit of |k| up; the reciprocal at the end for k < 0."""
    base, powers = np.broadcast_arrays(np.asarray(x), np.asarray(k, dtype=np.int64))
    is_inverted = powers < 0
    if not _is_float(base) and np.any(is_inverted):
        raise ValueError("an integer to a negative power")
    left = np.abs(powers).view(np.uint64)  # |MIN| has the bits of MIN
    result = np.ones_like(base)
    with np.errstate(all="ignore"):
        while np.any(left):
            result = np.where(left & np.uint64(1), result * base, result)
            left = left >> np.uint64(1)
            base = base * base
        return result[()] if not np.any(is_inverted) else select(is_inverted, 1 / result, result)


def convert(x: Numbers, to: DType) -> Numbers:
    """x as `to`: float to integer truncates and saturates; between integers bits are cut."""
    values = np.asarray(x)
    target = np.dtype(to.numpy_name)
    with np.errstate(all="ignore"):
        if not (values.dtype.kind == "f" and target.kind == "i"):
            return values.astype(target)[()]
        if np.any(np.isnan(values)):
            raise ValueError("an integer from NaN")
        bounds = np.iinfo(target)
        wide = np.trunc(values.astype(np.float64))
        # The largest i64 is no f64: compare first, convert only what fits.
        high, low = wide >= float(bounds.max), wide <= float(bounds.min)
        fits = np.where(high | low, 0.0, wide).astype(target)
        return np.where(high, bounds.max, np.where(low, bounds.min, fits)).astype(target)[()]


# ---- extrema -----------------------------------------------------------------------------------------


def select(p: Numbers, x: Numbers, y: Numbers) -> Numbers:
    """x where p holds, else y."""
    chosen: Numbers = np.where(np.asarray(p), x, y)
    return chosen[()]


def maximum(x: Numbers, y: Numbers) -> Numbers:
    """NumPy's maximum, with 0 above -0."""
    z = np.maximum(x, y)
    return select(x == y, select(np.signbit(x), y, x), z) if _is_float(x) else z


def minimum(x: Numbers, y: Numbers) -> Numbers:
    """NumPy's minimum, with -0 below 0."""
    z = np.minimum(x, y)
    return select(x == y, select(np.signbit(x), x, y), z) if _is_float(x) else z


def clamp(x: Numbers, low: Numbers, high: Numbers) -> Numbers:
    return minimum(maximum(x, low), high)


def relu(x: Numbers) -> Numbers:
    """x above 0 and where it is NaN, else 0 (never -0)."""
    return select(np.less_equal(x, 0), np.zeros_like(x), x)


def _is_float(x: Numbers) -> bool:
    return np.asarray(x).dtype.kind == "f"


# ---- floats ------------------------------------------------------------------------------------------


def power(x: Numbers, y: Numbers) -> Numbers:
    """NumPy's power, which takes the root for y = 0.5: -inf and -0 have another one."""
    with np.errstate(all="ignore"):
        z = np.power(x, y)
        return select((np.equal(y, 0.5)) & (np.isneginf(x) | (x == 0)), np.abs(x), z)


def lgamma(x: Numbers) -> Numbers:
    """SciPy's, with inf at -inf as C has it (annex F)."""
    import scipy.special

    with np.errstate(all="ignore"):
        return np.asarray(scipy.special.gammaln(np.where(np.isneginf(x), -x, x)), x.dtype)[()]


def softplus(x: Numbers) -> Numbers:
    """log(1 + exp(x))."""
    with np.errstate(all="ignore"):
        y: Numbers = np.logaddexp(np.zeros_like(x), x)
        return y


def erf(x: Numbers) -> Numbers:
    """The error function of the C library, which is more accurate than SciPy's."""
    return np.vectorize(math.erf, otypes=[np.asarray(x).dtype])(x)[()]


def erfc(x: Numbers) -> Numbers:
    """1 - erf(x), from the C library."""
    return np.vectorize(math.erfc, otypes=[np.asarray(x).dtype])(x)[()]


def fma(x: Numbers, y: Numbers, z: Numbers) -> Numbers:
    """x * y + z rounded once, by exact fractions."""
    dtype = np.asarray(x).dtype
    rounded = _fused_f64 if dtype == np.float64 else _fused_f32
    with np.errstate(all="ignore"):
        return np.vectorize(rounded, otypes=[dtype])(x, y, z)[()]


def _fused_f64(x: float, y: float, z: float) -> float:
    exact = _exact_fma(x, y, z)
    return exact if isinstance(exact, float) else _nearest(exact)


def _fused_f32(x: float, y: float, z: float) -> float:
    exact = _exact_fma(x, y, z)
    return exact if isinstance(exact, float) else _round_to_odd(exact)


def _exact_fma(x: float, y: float, z: float) -> Fraction | float:
    """The exact value when it is a number other than 0, else the float."""
    x, y, z = float(x), float(y), float(z)
    if not (isfinite(x) and isfinite(y)):
        return x * y + z
    if not isfinite(z):
        return z  # the exact product is finite, though x * y may overflow
    exact = Fraction(x) * Fraction(y) + Fraction(z)
    if exact == 0:
        return x * y + z if x == 0 or y == 0 else 0.0
    return exact


def _nearest(exact: Fraction) -> float:
    try:
        return float(exact)
    except OverflowError:
        return inf if exact > 0 else -inf


def _round_to_odd(exact: Fraction) -> float:
    """The f64 beside `exact` whose last bit is set, unless it is exact: rounding that again to f32 is right."""
    near = _nearest(exact)
    if Fraction(near) == exact or int(np.float64(near).view(np.int64)) & 1:
        return near
    return nextafter(near, inf if exact > Fraction(near) else -inf)


def polygamma(x: Numbers, order: int) -> Numbers:
    """psi's derivative of that order; below 0 by reflection (DLMF 5.15.6), which SciPy lacks."""
    import scipy.special

    with np.errstate(all="ignore"):
        values = np.asarray(x, dtype=np.float64)
        right = scipy.special.polygamma(order, np.where(values < 0, 1.0 - values, values))
        sign = (-1.0) ** order
        left = sign * right - pi * _derivative_of_cot_pi(values, order)
        pole = np.where(np.floor(values) == values, np.nan if order % 2 == 0 else inf, left)
        result = np.where(values < 0, pole, right)
        return result.astype(np.asarray(x).dtype)[()]


def _derivative_of_cot_pi(x: NDArray[np.float64], order: int) -> NDArray[np.float64]:
    """The derivative of cot(pi x): a polynomial in c = cot(pi x), since c' = -pi (1 + c**2)."""
    p = np.polynomial.Polynomial([0.0, 1.0])
    for _ in range(order):
        p = p.deriv() * np.polynomial.Polynomial([-pi, 0.0, -pi])
    part = x - np.round(x)  # exact, and the period is 1
    return np.asarray(p(np.cos(pi * part) / np.sin(pi * part)))
