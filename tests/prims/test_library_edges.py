"""Functions of the language on arrays that are awkward: empty, with ties, zeros of both signs, infinities, NaN.

Values are NumPy's where it has the function, and the same natively and by the reference, as are errors and both
derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
import scipy.special

import adc

inf, nan = np.inf, np.nan
ARRAYS: tuple[Sequence[float], ...] = (
    [],
    [1.0],
    [-0.0],
    [nan],
    [inf],
    [-inf],
    [1.0, 1.0],
    [0.0, -0.0],
    [-0.0, 0.0],
    [2.0, 1.0, 2.0],
    [nan, 1.0],
    [1.0, nan, 2.0],
    [inf, 1.0],
    [-inf, 1.0],
    [inf, -inf],
    [-inf, -inf],
    [0.0, 0.0, 3.0],
    [4.0, 0.0, 3.0],
    [1e300, 1e300],
    [1e-310, -1e-310],
    [0.3, -1.2, 0.7, 2.2, -0.1, 0.9, 1.1, -0.4, 0.25],
    [1.0] * 9,
    [0.0] * 10,
    [nan] + [1.0] * 9,
    [1.0] * 9 + [nan],
    [3.0, -1.0] * 6,
)
Oracle = Callable[[Any], Any]
NONE: Oracle | None = None
TABLE: dict[str, Oracle | None] = {
    "sum(x)": np.sum,
    "prod(x)": np.prod,
    "max(x)": np.max,
    "min(x)": np.min,
    "mean(x)": lambda x: np.mean(x) if len(x) else np.max(x),  # of nothing: an error
    "logsumexp(x)": lambda x: scipy.special.logsumexp(x) if len(x) else np.max(x),
    "norm(x)": np.linalg.norm,
    "cumsum(x)": np.cumsum,
    "cumprod(x)": np.cumprod,
    "sort(x)": np.sort,
    "dot(x, x)": lambda x: np.dot(x, x),
    "reverse(x)": lambda x: x[::-1],
    "roll(x, -2)": lambda x: np.roll(x, -2),
    "max(x, reverse(x))": lambda x: np.maximum(x, x[::-1]),
    "min(x, reverse(x))": lambda x: np.minimum(x, x[::-1]),
    "clamp(x, -1.0, 1.0)": lambda x: np.clip(x, -1.0, 1.0),
    "hypot(x, reverse(x))": lambda x: np.hypot(x, x[::-1]),
    "atan2(x, reverse(x))": lambda x: np.arctan2(x, x[::-1]),
    "softplus(x)": lambda x: np.logaddexp(0.0, x),
    "sigmoid(x)": scipy.special.expit,
    "x ** 3": lambda x: x * x * x,
    "x % 2.0": lambda x: np.mod(x, 2.0),
    "x // 2.0": lambda x: np.floor_divide(x, 2.0),
    "outer(x, x)": lambda x: np.outer(x, x),
    "diag(x)": np.diag,
    "norm(outer(x, x))": lambda x: np.linalg.norm(np.outer(x, x)),
    "max(abs(x))": lambda x: np.max(np.abs(x)),
    "x[argmax(x)]": lambda x: x[np.argmax(x)],
    "x[argmin(x)]": lambda x: x[np.argmin(x)],
    "x[argsort(x)]": lambda x: x[np.argsort(x, kind="stable")],
    "x[1:]": lambda x: x[1:] if len(x) else x[1],  # of nothing: out of range
    "x[-1]": lambda x: x[-1],
    "concat(x, x)": lambda x: np.concatenate([x, x]),
    "reduce(max, -1.0, x)": lambda x: np.max(x, initial=-1.0),
    "scan(fn(a, b) => max(a, b), 0.0, x)": lambda x: np.maximum.accumulate([0.0, *x])[1:],
    "[max(x[: i + 1]) for i < n]": np.maximum.accumulate,
    "[sum(x[j] for j < i) for i < n]": lambda x: np.array([np.sum(x[:i]) for i in range(len(x))]),
    "select(x > 0.0, log(x), 0.0 * x)": NONE,
    "[if v > 0.0 then log(v) else 0.0 for v in x]": lambda x: np.log(np.where(x > 0, x, 1.0)),
    "sum(if v > 0.0 then sqrt(v) else 0.0 for v in x)": NONE,
    "norm(x - x)": NONE,
    "sqrt(sum(x * x))": NONE,
    "x / norm(x)": NONE,
    "exp(x - logsumexp(x))": NONE,
    "softplus(x) * relu(x) + abs(x)": NONE,
    "prod(x[i] * x[i] for i < n)": NONE,
}
DISCRETE: dict[str, Oracle] = {
    "argmax(x)": np.argmax,
    "argmin(x)": np.argmin,
    "argsort(x)": lambda x: np.argsort(x, kind="stable"),
    "searchsorted(sort(x), 0.5)": lambda x: np.searchsorted(np.sort(x), 0.5),
    "any(x > 0.0)": lambda x: np.any(x > 0),
    "all(x > 0.0)": lambda x: np.all(x > 0),
    "isnan(x)": np.isnan,
    "isfinite(x)": np.isfinite,
    "x == reverse(x)": lambda x: x == x[::-1],
    "x <= reverse(x)": lambda x: x <= x[::-1],
    "len(x)": len,
}
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


@cache
def function(expression: str) -> adc.Function:
    return adc.compile(f"def f(x: f64[n]) = {expression}").f


def outcome(run: Callable[..., Any], *args: Any) -> Any:
    """The leaves of the result, or the class, code and place of the error."""
    try:
        found = run(*args)
    except adc.Error as fault:
        return type(fault).__name__, fault.code, str(fault.span)
    return [np.asarray(leaf) for leaf in (found if isinstance(found, tuple) else (found,))]


def assert_same(found: Any, expected: Any, x: Any) -> None:
    if isinstance(expected, tuple) or isinstance(found, tuple):
        assert found == expected, x
        return
    for y, z in zip(found, expected, strict=True):
        assert y.dtype.kind == z.dtype.kind
        scale = np.max(np.abs(z[np.isfinite(z)]), initial=0.0)
        np.testing.assert_allclose(y, z, rtol=1e-12, atol=1e-13 * scale, err_msg=str(x))


@pytest.mark.parametrize("expression", [*TABLE, *DISCRETE])
def test_value_is_numpys(expression: str) -> None:
    f, oracle = function(expression), (TABLE | DISCRETE)[expression]
    for values in ARRAYS:
        x = np.array(values, dtype=float)
        expected = outcome(f.reference, x)
        assert_same(outcome(f, x), expected, x)
        if oracle is None:
            continue
        try:
            with np.errstate(all="ignore"):
                exact = np.asarray(oracle(x))
        except (ValueError, IndexError):
            assert isinstance(expected, tuple), f"{x}: an error is expected"
            continue
        assert_same(expected, [exact], x)


@pytest.mark.parametrize("expression", TABLE)
def test_derivatives_are_the_references(expression: str) -> None:
    f = function(expression)
    forward, reverse = adc.jvp(f), adc.vjp(f)
    for values in ARRAYS:
        x = np.array(values, dtype=float)
        dx = np.cos(np.arange(len(x)))
        ahead = outcome(forward.reference, x, dx)
        assert_same(outcome(forward, x, dx), ahead, x)
        if isinstance(ahead, tuple):
            continue
        ct = np.sin(1.0 + np.arange(ahead[1].size)).reshape(ahead[1].shape)[()]
        back = outcome(reverse.reference, x, ct)
        assert_same(outcome(reverse, x, ct), back, x)
        if np.isfinite(ahead[1]).all() and np.isfinite(back[1]).all():
            terms = [*(ct * ahead[1]).flat, *(back[1] * dx).flat]
            scale = max(map(abs, terms), default=0.0)
            assert np.sum(ct * ahead[1]) == pytest.approx(np.sum(back[1] * dx), abs=1e-12 * scale)


# ---- conventions -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "x", "gradient"),
    [
        ("max(x)", [2.0, 1.0, 2.0], [0.5, 0.0, 0.5]),
        ("max(x)", [0.0, -0.0], [0.5, 0.5]),
        ("max(x)", [inf, inf, 1.0], [0.5, 0.5, 0.0]),
        ("min(x)", [1.0, 1.0, 1.0], [1 / 3, 1 / 3, 1 / 3]),
        ("max(abs(x))", [2.0, -2.0], [0.5, -0.5]),
        ("prod(x)", [4.0, 2.0, 3.0], [6.0, 12.0, 8.0]),
        ("prod(x)", [4.0, 0.0, 3.0], [0.0, 12.0, 0.0]),
        ("prod(x)", [0.0, 0.0, 3.0], [0.0, 0.0, 0.0]),
        ("prod(x)", [0.0], [1.0]),
        ("sum(cumprod(x))", [2.0, 0.0, 3.0], [1.0, 8.0, 0.0]),
        ("norm(x)", [0.0, 0.0], [0.0, 0.0]),
        ("norm(x)", [3.0, -4.0], [0.6, -0.8]),
        ("logsumexp(x)", [-inf, 0.0], [0.0, 1.0]),
        ("logsumexp(x)", [1e4, 0.0], [1.0, 0.0]),
        ("sum(sort(x) * [1.0, 2.0, 3.0])", [1.0, 1.0, 0.0], [2.0, 3.0, 1.0]),
        ("sum(abs(x))", [0.0, -0.0, -1.0], [0.0, 0.0, -1.0]),
        ("sum(relu(x))", [0.0, 2.0, -1.0], [0.5, 1.0, 0.0]),
        ("sum(clamp(x, 0.0, 1.0))", [0.0, 1.0, 0.5, 2.0], [0.5, 0.5, 1.0, 0.0]),
        ("sum(sqrt(x))", [0.0, 4.0], [inf, 0.25]),
        ("sum(cbrt(x))", [0.0, 8.0], [inf, 1 / 12]),
        ("sum(x ** 0.5)", [0.0, 4.0], [inf, 0.25]),
        ("sum(x ** 1.0)", [0.0, 4.0], [1.0, 1.0]),
        ("sum(x ** 0)", [0.0, 4.0], [0.0, 0.0]),
        ("sum(x ** 2)", [0.0, -3.0], [0.0, -6.0]),
        ("sum(select(x > 0.0, log(x), 0.0 * x))", [-1.0, 0.0, 2.0], [0.0, 0.0, 0.5]),
        ("sum(select(x > 0.0, sqrt(x), x))", [0.0, 4.0], [1.0, 0.25]),
        ("sum(if v > 0.0 then v / v else nan() for v in x)", [1.0], [0.0]),
    ],
)
def test_gradient_follows_the_convention(
    expression: str, x: Sequence[float], gradient: Sequence[float]
) -> None:
    nowhere = "def nan() -> f64 = sqrt(-1.0)\n"
    f = adc.compile(f"{nowhere}def f(x: f64[n]) -> f64 = {expression}").f
    point = np.array(x)
    for run in (adc.grad(f), adc.grad(f).reference):
        np.testing.assert_allclose(run(point), gradient, rtol=1e-14, atol=0)
    for k, partial in enumerate(gradient):
        unit = np.eye(len(x))[k]
        for run in (adc.jvp(f), adc.jvp(f).reference):
            tangent = run(point, unit)[1]
            if np.isfinite(gradient).all():
                assert tangent == pytest.approx(partial, rel=1e-14)
