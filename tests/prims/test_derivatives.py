"""First and second partial derivatives of every scalar primitive against mpmath, and at awkward points."""

from __future__ import annotations

import random
from math import inf, isnan, pi, sqrt

import mpmath as mp
import numpy as np
import pytest

from adc.ir.builder import Builder
from adc.ir.core import F64, Literal, Value, literal
from adc.prims.catalog import TABLE
from adc.prims.primitive import NonDifferentiable, Primitive
from adc.types.core import DType
from tests.prims.straightline import SCALARS, operand_types, partial, partial_of, sample
from tests.prims.twins import exact

SMOOTH = [p for p in SCALARS if not isinstance(p.jvp, NonDifferentiable)]
IDS = [p.name for p in SMOOTH]
# tanh and sigmoid take their derivative from the result, which is accurate absolutely, not relatively.
_FLOOR = {"tanh": 1.0, "sigmoid": 1.0, "softplus": 1.0}


def _active(p: Primitive) -> list[int]:
    return [k for k, t in enumerate(operand_types(p)) if t == F64]


def _exact_partial(p: Primitive, point: tuple[float, ...], along: tuple[int, ...]) -> float:
    types = operand_types(p)
    fixed = {
        k: bool(x) if t.dtype.value == "bool" else int(x)
        for k, (t, x) in enumerate(zip(types, point, strict=True))
        if t != F64
    }
    active = _active(p)
    function = exact(p)

    def of_floats(*xs: object) -> object:
        given = dict(zip(active, xs, strict=True)) | fixed
        return function(*(given[k] for k in range(len(types))))

    orders = tuple(along.count(k) for k in active)
    at = tuple(mp.mpf(point[k]) for k in active)
    return float(
        mp.diff(of_floats, at, orders) if len(at) > 1 else mp.diff(of_floats, at[0], orders[0])
    )


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("p", SMOOTH, ids=IDS)
def test_partials_agree_with_mpmath(p: Primitive, order: int) -> None:
    rng = random.Random(f"{p.name} {order}")
    with mp.workdps(40):
        for _ in range(12 if order == 1 else 5):
            point = sample(p, rng)
            first = rng.choice(_active(p))
            along = (first,) if order == 1 else (first, rng.choice(_active(p)))
            want = _exact_partial(p, point, along)
            scale = max(abs(want), _FLOOR.get(p.name, 1e-6))
            assert partial(p, point, along) == pytest.approx(want, abs=2e-12 * scale), (
                point,
                along,
            )


@pytest.mark.parametrize("p", SMOOTH, ids=IDS)
def test_every_partial_of_first_order_exists(p: Primitive) -> None:
    point = sample(p, random.Random(1))
    for k in _active(p):
        assert not isnan(partial(p, point, (k,)))


@pytest.mark.parametrize(
    ("op", "point", "along", "want"),
    [
        ("pow", (0.0, 2.0), (0,), 0.0),
        ("pow", (0.0, 1.0), (0,), 1.0),
        ("pow", (0.0, 2.0), (0, 0), 2.0),
        ("pow", (0.0, 3.0), (0, 0), 0.0),
        ("pow", (0.0, 3.0), (0, 0, 0), 6.0),
        ("pow", (0.0, 2.0), (1,), 0.0),
        ("pow", (0.0, 2.0), (1, 1), 0.0),
        ("pow", (0.0, 2.0), (0, 1), 0.0),
        ("pow", (0.0, 2.0), (1, 0), 0.0),
        ("pow", (3.0, 0.0), (0,), 0.0),
        ("pow", (4.0, 0.0), (0, 1), 0.25),
        ("pow", (1e-310, 0.0), (0,), 0.0),
        ("pow", (4.0, 0.0), (1, 0), 0.25),
        ("pow", (-2.0, 3.0), (0,), 12.0),
        ("pow", (inf, -1.0), (1,), 0.0),
        ("powi", (0.0, 0.0), (0,), 0.0),
        ("powi", (0.0, 1.0), (0,), 1.0),
        ("powi", (0.0, 2.0), (0, 0), 2.0),
        ("powi", (0.0, 3.0), (0, 0), 0.0),
        ("powi", (0.0, 1.0), (0, 0), 0.0),
        ("powi", (-2.0, -1.0), (0,), -0.25),
        ("powi", (inf, 0.0), (0,), 0.0),
        ("exp", (-inf,), (0,), 0.0),
        ("exp", (-inf,), (0, 0), 0.0),
        ("log", (0.0,), (0,), inf),
        ("log1p", (-1.0,), (0,), inf),
        ("expm1", (-50.0,), (0,), 1.9287498479639178e-22),
        ("softplus", (1e3,), (0,), 1.0),
        ("softplus", (-1e3,), (0,), 0.0),
        ("sigmoid", (1e3,), (0, 0), 0.0),
        ("tanh", (inf,), (0,), 0.0),
        ("erf", (inf,), (0,), 0.0),
        ("erf", (0.0,), (0,), 2 / sqrt(pi)),
        ("asinh", (1e200,), (0,), 1e-200),
        ("acosh", (1e200,), (0,), 1e-200),
        ("atan", (1e200,), (0,), 0.0),
        ("atan2", (1e-200, 1e-200), (0,), 5e199),
        ("atan2", (1e200, 1e200), (1,), -5e-201),
        ("hypot", (3e200, 4e200), (0,), 0.6),
        ("hypot", (3.0, 0.0), (0, 0), 0.0),
        ("div", (0.0, inf), (1,), 0.0),
        ("mul", (inf, 0.0), (1,), inf),
        ("clamp", (2.0, 0.0, 1.0), (2,), 1.0),
        ("clamp", (-2.0, 0.0, 1.0), (1,), 1.0),
        ("clamp", (0.5, 2.0, 1.0), (2,), 1.0),
        ("fma", (2.0, 3.0, 4.0), (0, 1), 1.0),
        ("mod", (7.5, 2.0), (1,), -3.0),
        ("mod", (-7.5, 2.0), (1,), 4.0),
        ("lgamma", (-0.5,), (0,), 0.03648997397857652),
        ("lgamma", (-0.5,), (0, 0), 8.93480220054467930),
        ("digamma", (-0.5,), (0, 0), -0.8287966442343200),
        ("lgamma", (2.0,), (0, 0, 0, 0), 0.4939394022668291),
    ],
)
def test_partial_at_an_awkward_point(
    op: str, point: tuple[float, ...], along: tuple[int, ...], want: float
) -> None:
    assert partial(TABLE[op], point, along) == pytest.approx(want, rel=1e-12)


@pytest.mark.parametrize("p", [p for p in SMOOTH if p.name != "convert"], ids=lambda p: p.name)
def test_single_precision_stays_single(p: Primitive) -> None:
    point = sample(p, random.Random(2))
    for k in _active(p):
        double = partial(p, point, (k, k))
        single = partial(p, point, (k, k), DType.F32)
        assert single.dtype == np.float32
        assert single == pytest.approx(double, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize(
    ("op", "exponent", "point", "along", "want"),
    [
        ("pow", literal(0.0, DType.F64), 0.0, 1, 0.0),
        ("pow", literal(1.0, DType.F64), 0.0, 1, 1.0),
        ("pow", literal(2.0, DType.F64), 0.0, 1, 0.0),
        ("pow", literal(2.0, DType.F64), 3.0, 2, 2.0),
        ("pow", literal(0.5, DType.F64), 4.0, 1, 0.25),
        ("powi", literal(0, DType.I64), 0.0, 1, 0.0),
        ("powi", literal(1, DType.I64), 0.0, 2, 0.0),
        ("powi", literal(2, DType.I64), 0.0, 2, 2.0),
        ("powi", literal(3, DType.I64), 2.0, 3, 6.0),
        ("powi", literal(3, DType.I64), 2.0, 4, 0.0),
        ("powi", literal(-1, DType.I64), 2.0, 2, 0.25),
    ],
)
def test_power_with_a_literal_exponent(
    op: str, exponent: Literal, point: float, along: int, want: float
) -> None:
    assert partial_of(op, (None, exponent), (point,), (0,) * along) == want


def test_square_has_one_product_in_its_tangent() -> None:
    x = Value(F64)
    b = Builder(TABLE.infer)
    b.one("mul", x, x)
    rule = TABLE["mul"].jvp
    assert callable(rule)
    dx = Value(F64)
    rule(b, b.equations[0], (dx, dx))
    assert [e.op for e in b.equations] == ["mul", "mul", "mul"]


@pytest.mark.parametrize("p", SMOOTH, ids=IDS)
def test_declared_value_at_the_kink(p: Primitive) -> None:
    for kink in p.kinks:
        for point in kink.at:
            for k, want in enumerate(kink.value):
                if want is not None:
                    assert partial(p, point, (k,)) == want, (kink.locus, point, k)


@pytest.mark.parametrize("p", SCALARS, ids=[p.name for p in SCALARS])
def test_kinks_are_well_formed_and_inside_clarkes_set(p: Primitive) -> None:
    for kink in p.kinks:
        assert len(kink.value) == len(kink.clarke) == p.arity
        assert kink.why
        for point in kink.at:
            assert len(point) == p.arity
        for chosen, interval in zip(kink.value, kink.clarke, strict=True):
            if chosen is not None and interval is not None:
                assert interval[0] <= chosen <= interval[1]


@pytest.mark.parametrize("op", ["abs", "relu", "max", "min", "hypot"])
def test_kink_takes_the_mean_of_the_one_sided_derivatives(op: str) -> None:
    p = TABLE[op]
    h = 2.0**-20
    for kink in p.kinks:
        for point in kink.at:
            for k, want in enumerate(kink.value):
                here = partial(p, point, ())
                ahead, behind = (
                    (partial(p, [x + s * (i == k) for i, x in enumerate(point)], ()) - here) / s
                    for s in (h, -h)
                )
                assert (ahead + behind) / 2 == want
