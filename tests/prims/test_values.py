"""Reference values of every scalar primitive against mpmath, inside the domain and at special points."""

from __future__ import annotations

import random
from math import copysign, inf, isfinite, isnan, nan, pi

import mpmath as mp
import numpy as np
import pytest

from adc.ir.core import F64, Value
from adc.prims.catalog import TABLE
from adc.prims.primitive import Primitive
from tests.prims.straightline import NAMES, PARAMS, SCALARS, operand_types, sample, value
from tests.prims.twins import exact

EPS = 2.0**-52
_REFERENCE_ULP = (
    8  # NumPy and SciPy err too; machine code is held to the table's own bound elsewhere
)
_SCALE = {"lgamma": 1.0, "digamma": 1.0, "sin": 1.0, "cos": 1.0}  # absolute near their roots


def _same(p: Primitive, got: float, want: object) -> bool:
    if isinstance(want, bool):
        return bool(got) is want
    scale = max(abs(float(want)), _SCALE.get(p.name, 0.0))  # type: ignore[arg-type]
    return abs(float(mp.mpf(float(got)) - want)) <= _REFERENCE_ULP * EPS * scale + 5e-324


@pytest.mark.parametrize("p", SCALARS, ids=NAMES)
def test_value_in_the_domain(p: Primitive) -> None:
    rng = random.Random(p.name)
    with mp.workdps(60):
        for _ in range(60):
            point = sample(p, rng)
            want = exact(p)(*_typed(p, point))
            assert _same(p, value(p, point), want), point


@pytest.mark.parametrize("p", SCALARS, ids=NAMES)
def test_value_at_special_points(p: Primitive) -> None:
    """Where mpmath gives a real number; infinities and NaN have tests of their own."""
    with mp.workdps(400):
        for point in p.special:
            if not all(map(_is_told_exactly, point)) or (want := _real(p, point)) is None:
                continue
            assert _same(p, value(p, point), want), point


@pytest.mark.parametrize(
    ("op", "x", "want"),
    [
        ("exp", -inf, 0.0),
        ("exp", inf, inf),
        ("expm1", -inf, -1.0),
        ("log", 0.0, -inf),
        ("log", -1.0, nan),
        ("log1p", -1.0, -inf),
        ("sqrt", inf, inf),
        ("sqrt", -1.0, nan),
        ("cbrt", -inf, -inf),
        ("sin", inf, nan),
        ("cos", -inf, nan),
        ("tan", inf, nan),
        ("asin", 2.0, nan),
        ("acos", -2.0, nan),
        ("acosh", 0.5, nan),
        ("atanh", 1.0, inf),
        ("atanh", 2.0, nan),
        ("atan", inf, pi / 2),
        ("tanh", -inf, -1.0),
        ("cosh", -inf, inf),
        ("asinh", -inf, -inf),
        ("erf", -inf, -1.0),
        ("erfc", inf, 0.0),
        ("erfc", -inf, 2.0),
        ("lgamma", 0.0, inf),
        ("lgamma", -1.0, inf),
        ("lgamma", inf, inf),
        ("lgamma", -inf, inf),
        ("digamma", inf, inf),
        ("sigmoid", -inf, 0.0),
        ("sigmoid", inf, 1.0),
        ("softplus", -inf, 0.0),
        ("softplus", inf, inf),
        ("relu", -inf, 0.0),
        ("sign", -inf, -1.0),
        ("floor", inf, inf),
        ("abs", -inf, inf),
    ],
)
def test_value_at_the_ends(op: str, x: float, want: float) -> None:
    assert value(TABLE[op], (x,)) == pytest.approx(want, rel=4 * EPS, abs=0.0, nan_ok=True)


@pytest.mark.parametrize(
    ("x", "y", "want"),
    [
        (-inf, 0.5, inf),
        (-0.0, 0.5, 0.0),
        (-inf, -0.5, 0.0),
        (-0.0, -1.0, -inf),
        (-0.0, -0.5, inf),
        (-inf, 3.0, -inf),
        (1.0, nan, 1.0),
        (nan, 0.0, 1.0),
        (-1.0, inf, 1.0),
        (0.5, -inf, inf),
        (-2.0, 0.5, nan),
    ],
)
def test_powers_at_the_ends(x: float, y: float, want: float) -> None:
    """IEEE 754-2019 9.2.1."""
    got = float(value(TABLE["pow"], (x, y)))
    assert repr(got) == repr(want)


@pytest.mark.parametrize("p", [p for p in SCALARS if p.arity == 1], ids=lambda p: p.name)
def test_nan_stays(p: Primitive) -> None:
    if operand_types(p) == (F64,) and p.infer((Value(F64),), PARAMS.get(p.name, {}), ()) == (F64,):
        assert isnan(value(p, (nan,)))


def _is_told_exactly(x: float) -> bool:
    """Whether mpmath knows the number: it has no -0."""
    return isfinite(x) and (x != 0 or copysign(1.0, x) > 0)


def _typed(p: Primitive, point: tuple[float, ...]) -> list[object]:
    kinds = {"f64": mp.mpf, "i64": int, "bool": bool}
    return [kinds[t.dtype.value](x) for t, x in zip(operand_types(p), point, strict=True)]


def _real(p: Primitive, point: tuple[float, ...]) -> object:
    """The exact value when there is one that f64 can hold."""
    try:
        want = exact(p)(*_typed(p, point))
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    if isinstance(want, bool):
        return want
    if isinstance(want, mp.mpc) or not mp.isfinite(want):
        return None
    return want if abs(want) < np.finfo(np.float64).max else None
