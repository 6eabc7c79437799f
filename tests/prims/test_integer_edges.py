"""Integers at their ends, sizes that cannot be, indices out of range: one answer natively and by the reference.

Where Python's integers tell the answer, it is theirs, wrapped.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import product
from math import inf, nan
from typing import Any

import numpy as np
import pytest

import adc

MIN, MAX = -(2**63), 2**63 - 1
INTEGERS = (0, 1, -1, 2, -2, 7, -7, 62, 64, MIN, MAX)
SMALL = (0, 1, -1, 2, 3, -2, 7)


def wrapped(x: int, bits: int = 64) -> int:
    return (x + (1 << bits - 1)) % (1 << bits) - (1 << bits - 1)


def narrow(x: int) -> int:
    return wrapped(x, 32)


ARITHMETIC: dict[str, Callable[[int, int], Any]] = {
    "x + y": lambda x, y: wrapped(x + y),
    "x - y": lambda x, y: wrapped(x - y),
    "x * y": lambda x, y: wrapped(x * y),
    "-x": lambda x, y: wrapped(-x),
    "abs(x)": lambda x, y: wrapped(abs(x)),
    "sign(x)": lambda x, y: (x > 0) - (x < 0),
    "x // y": lambda x, y: wrapped(x // y),
    "x % y": lambda x, y: x % y,
    "x / y": lambda x, y: np.float64(x) / np.float64(y),
    "x ** 3": lambda x, y: wrapped(x**3),
    "max(x, y) - min(x, y)": lambda x, y: wrapped(max(x, y) - min(x, y)),
    "if y == 0 then 0 else x // y": lambda x, y: wrapped(x // y) if y else 0,
    "i32(x)": lambda x, y: narrow(x),
    "i32(x) * i32(y)": lambda x, y: narrow(narrow(x) * narrow(y)),
    "i32(x) // i32(y)": lambda x, y: narrow(narrow(x) // narrow(y)),
    "i32(x) % i32(y)": lambda x, y: narrow(x) % narrow(y),
    "-i32(x)": lambda x, y: narrow(-narrow(x)),
    "abs(i32(x))": lambda x, y: narrow(abs(narrow(x))),
    "i32(x) ** 3": lambda x, y: narrow(narrow(x) ** 3),
    "f64(x)": lambda x, y: float(x),
    "bool(x)": lambda x, y: bool(x),
    "sum([x, y, x])": lambda x, y: wrapped(2 * x + y),
    "prod([x, y, x])": lambda x, y: wrapped(x * x * y),
    "cumsum([x, y])[1]": lambda x, y: wrapped(x + y),
    "[u // v for u in [x, x, x, x, x, x, x, x, x], v in [y]][8, 0]": lambda x, y: wrapped(x // y),
}
SIZES = (
    "x ** y",
    "len(zeros(x))",
    "sum(iota(x))",
    "len([1.0 for i < x])",
    "sum(1.0 for i < x)",
    "loop (s = 0) for i < x { s + 1 }",
    "history (s = 0) for i < x { s + 1 }",
    "accum (s = 0.0) for i < x { s += 1.0; }",
    "accum (s = zeros(3)) for i < 3 { s[x] += 1.0; }",
    "zeros(3)[x]",
    "zeros(3, 2)[x, y]",
    "zeros(3, 2)[:, x]",
    "[1, 2, 3][x:][0]",
    "iota(10)[x:y]",
    "iota(9)[:: x]",
    "full(x, y, 1.0)",
    "roll(iota(5), x)",
    "iterate(x, fn(u) => u + y, 0)",
    "hist(3, [x, y], [1, 1])",
    "scatter_add(zeros(3), [x], [1.0])",
    "zeros(3) with [x] = 1.0",
    "zeros(3, 2) with [x] = ones(y)",
    "zeros(3)[[x, y]]",
    "zeros(3, 2)[[x, y]]",
    "(iota(4) with [x] = y)[y]",
    "linspace(0.0, 1.0, x)",
    "eye(x)",
    "reshape(iota(6), (x, y))",
    "ones(x) @ ones(y)",
    "max(iota(x))",
    "argmax(iota(x))",
    "mean(ones(x))",
    "stack(iota(x), iota(y))",
    "concat(iota(x), iota(y))",
    "iota(x) + iota(y)",
    "map(fn(p) => p.0 * p.1, zip(iota(x), iota(y)))",
    "[sum(iota(x)[j] for j < i) for i < y]",
    '{ assert x < y, "order"; x }',
)
CONVERSIONS = ("i64(x)", "i32(x)", "bool(x)", "i64(floor(x))", "iota(3)[i64(x)]")
FLOATS = (0.0, -0.9, 2.9, -2.9, 2.0**31, -(2.0**31) - 1, 2.0**63, -(2.0**63), 1e300, inf, -inf, nan)
TOO_MANY = (
    "sort(ones(x))[0]",
    "cumsum(ones(x))",
    "zeros(x)",
    "zeros(x, x)",
    "outer(ones(x), ones(x)) @ ones(x)",
    "concat(sort(ones(x)), ones(x))",
)


@cache
def function(expression: str, parameters: str) -> adc.Function:
    return adc.compile(f"def f({parameters}) = {expression}").f


def outcome(run: Callable[..., Any], *args: Any) -> Any:
    """The leaves of the result, or the class, code and place of the error."""
    try:
        found = run(*args)
    except adc.Error as fault:
        return type(fault).__name__, fault.code, str(fault.span)
    return [np.asarray(leaf).tolist() for leaf in (found if isinstance(found, tuple) else (found,))]


def native_and_reference(f: adc.Function, *args: Any) -> Any:
    found, expected = outcome(f, *args), outcome(f.reference, *args)
    if isinstance(expected, tuple) or isinstance(found, tuple):
        assert found == expected, args
    else:
        for y, z in zip(found, expected, strict=True):
            np.testing.assert_allclose(y, z, rtol=1e-15, err_msg=str(args))
    return found


@pytest.mark.parametrize("expression", ARITHMETIC)
def test_arithmetic_is_that_of_integers_that_wrap(expression: str) -> None:
    f = function(expression, "x: i64, y: i64")
    for x, y in product(INTEGERS, repeat=2):
        found = native_and_reference(f, x, y)
        try:
            with np.errstate(all="ignore"):
                expected = ARITHMETIC[expression](x, y)
        except ZeroDivisionError:
            assert found[1] == "E0602", (x, y)
            continue
        np.testing.assert_allclose(found[0], expected, rtol=1e-15, err_msg=str((x, y)))


@pytest.mark.parametrize("expression", SIZES)
def test_sizes_and_indices(expression: str) -> None:
    f = function(expression, "x: i64, y: i64")
    for x, y in product(SMALL, repeat=2):
        native_and_reference(f, x, y)


@pytest.mark.parametrize("index", [MIN, MAX, 2**32, -(2**32)])
@pytest.mark.parametrize(
    "expression",
    [
        "zeros(3)[x]",
        "sum(zeros(3)[x:])",
        "zeros(3)[[x]]",
        "zeros(3) with [x] = 1.0",
        "hist(3, [x], [1.0])",
        "accum (s = zeros(3)) for i < 3 { s[x] += 1.0; }",
    ],
)
def test_indices_far_out_are_bounds_errors(expression: str, index: int) -> None:
    found = native_and_reference(function(expression, "x: i64"), index)
    assert found[0] == "BoundsError"


@pytest.mark.parametrize("dtype", ["f64", "f32"])
@pytest.mark.parametrize("expression", CONVERSIONS)
def test_floats_become_integers(expression: str, dtype: str) -> None:
    """Truncated and saturated; of NaN it is an error."""
    f = function(expression, f"x: {dtype}")
    rows = function(f"[{expression} for x in xs]", f"xs: {dtype}[n]")
    for value in FLOATS:
        with np.errstate(over="ignore"):
            x = (np.float64 if dtype == "f64" else np.float32)(value)
        found = native_and_reference(f, x)
        many = native_and_reference(rows, np.full(9, x))
        if isinstance(found, list):
            assert many == [found * 9]
        if expression in ("i64(x)", "i32(x)") and not np.isnan(x):
            bounds = np.iinfo(expression[:3].replace("i", "int"))
            assert found == [int(min(max(int(x) if np.isfinite(x) else x, bounds.min), bounds.max))]


@pytest.mark.parametrize("count", [2**40, 2**61, 2**62, MAX])
@pytest.mark.parametrize("expression", TOO_MANY)
def test_what_no_memory_holds_is_an_error(expression: str, count: int) -> None:
    f = function(expression, "x: i64")
    for run in (f, f.reference):
        assert outcome(run, count)[:2] == ("EvaluationError", "E0606")
