"""First derivatives of every scalar primitive in machine code, by both modes, in f64 and f32.

Each operand is varied alone, in `[op(xs[i], ...) for i < n]`, at random points of the domain, at the special points
and at the kinks. Native results equal the reference's, forward and reverse mode agree, and kinks have the partials
that the table declares.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest

from adc.ir.builder import Builder
from adc.ir.core import I64, DerivativeRequest, Function, Module, Type, Value
from adc.prims.catalog import TABLE
from adc.prims.primitive import NonDifferentiable, Primitive
from adc.reference.evaluate import evaluate
from adc.runtime.native import NativeModule, compile_module
from adc.transforms.requests import expand_requests
from adc.types.core import DType
from tests.prims.straightline import PARAMS, SCALARS, operand_types, sample

FLOATS = (DType.F64, DType.F32)
SMOOTH = [p for p in SCALARS if not isinstance(p.jvp, NonDifferentiable)]
MODES = ("jvp", "vjp")
# The native value may be this far off the reference's, in units in the last place: both sides, and the formula.
TOLERANCE_IN_ULPS = 64
# Formulas such as 1 - y * y cancel: absolute accuracy of the scale of the partial.
SCALE = {"tanh": 1.0, "sigmoid": 1.0, "erf": 1.0}


def active(p: Primitive) -> list[int]:
    return [k for k, t in enumerate(operand_types(p)) if t.dtype is DType.F64]


def types_of(p: Primitive, dtype: DType) -> list[DType]:
    return [dtype if t.dtype is DType.F64 else t.dtype for t in operand_types(p)]


def elementwise(p: Primitive, dtype: DType) -> Function:
    b = Builder(TABLE.infer)
    n = Value(I64, "n")
    xs = [Value(Type(t, (n,)), "x") for t in types_of(p, dtype)]
    inner, i = b.nested(), Value(I64, "i")
    params = PARAMS.get(p.name, {}) if p.name != "convert" else {"to": dtype}
    y = inner.one(p.name, *(inner.one("index", x, i) for x in xs), **params)
    (ys,) = (b.one("map", n, regions=(inner.finish((i,), (y,)),)),)
    return Function(dtype.value, b.finish((n, *xs), (ys,)))


@cache
def module_of(name: str) -> Module:
    p = TABLE[name]
    functions = {dtype.value: elementwise(p, dtype) for dtype in FLOATS}
    requests = {
        (key := f"{mode}_{k}_{dtype.value}"): DerivativeRequest(key, mode, dtype.value, (1 + k,))
        for mode in MODES
        for k in active(p)
        for dtype in FLOATS
    }
    return expand_requests(Module(functions, requests=requests), TABLE)


@cache
def compiled(name: str) -> NativeModule:
    module = module_of(name)
    entries = [f for f in module.functions if f.startswith(MODES)]
    return compile_module(module, entries, TABLE)


def columns(p: Primitive, points: Sequence[Sequence[float]], dtype: DType) -> list[Any]:
    with np.errstate(all="ignore"):
        return [
            np.array([_typed(point[k], t) for point in points]).astype(t.numpy_name)
            for k, t in enumerate(types_of(p, dtype))
        ]


def _typed(x: float, t: DType) -> float:
    return x if t.is_float or abs(x) < 1e9 else 3.0  # integers are powers


def points(p: Primitive) -> list[Sequence[float]]:
    rng = random.Random(p.name)
    kinks = [at for kink in p.kinks for at in kink.at]
    return [*p.special, *kinks, *(sample(p, rng) for _ in range(40))]


def partials(run: Any, mode: str, k: int, dtype: DType, xs: Sequence[Any]) -> Any:
    """The partial derivative by operand k at every point: the tangent for dx = 1, or the cotangent for ct = 1."""
    one = np.ones(len(xs[0]), dtype.numpy_name)
    return np.asarray(run(f"{mode}_{k}_{dtype.value}", [len(one), *xs, one])[1])


def native(p: Primitive, mode: str, k: int, dtype: DType, xs: Sequence[Any]) -> Any:
    module = compiled(p.name)
    return partials(lambda name, args: module.function(name)(*args), mode, k, dtype, xs)


def by_reference(p: Primitive, mode: str, k: int, dtype: DType, xs: Sequence[Any]) -> Any:
    module = module_of(p.name)
    return partials(lambda name, args: evaluate(module, name, args, TABLE), mode, k, dtype, xs)


def assert_same(found: Any, expected: Any, scale: float, xs: Sequence[Any]) -> None:
    with np.errstate(all="ignore"):
        same = (found == expected) | (np.isnan(found) & np.isnan(expected))
        unit = np.spacing(np.maximum(np.abs(expected), np.asarray(scale, expected.dtype)))
        same |= np.abs(found - expected) <= TOLERANCE_IN_ULPS * unit
    wrong = np.flatnonzero(~same)
    assert not wrong.size, [
        (*(x[i] for x in xs), "found", found[i], "expected", expected[i]) for i in wrong[:5]
    ]


@pytest.mark.parametrize("dtype", FLOATS, ids=lambda t: t.value)
@pytest.mark.parametrize("p", SMOOTH, ids=lambda p: p.name)
def test_native_partials_equal_the_reference_by_both_modes(p: Primitive, dtype: DType) -> None:
    xs = columns(p, points(p), dtype)
    scale = SCALE.get(p.name, 0.0)
    for k in active(p):
        expected = by_reference(p, "jvp", k, dtype, xs)
        assert expected.dtype == np.dtype(dtype.numpy_name)
        assert_same(by_reference(p, "vjp", k, dtype, xs), expected, scale, xs)
        for mode in MODES:
            found = native(p, mode, k, dtype, xs)
            assert found.dtype == expected.dtype
            assert_same(found, expected, scale, xs)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", FLOATS, ids=lambda t: t.value)
@pytest.mark.parametrize("p", [p for p in SMOOTH if p.kinks], ids=lambda p: p.name)
def test_native_partials_at_kinks_are_those_declared(p: Primitive, dtype: DType, mode: str) -> None:
    for kink in p.kinks:
        xs = columns(p, kink.at, dtype)
        for k, want in enumerate(kink.value):
            if want is not None:
                assert native(p, mode, k, dtype, xs).tolist() == [want] * len(kink.at)
