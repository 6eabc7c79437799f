"""Every scalar primitive of the table, on every element type it takes: native against the reference."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from adc.ir.builder import Builder
from adc.ir.core import I64, Function, Module, Type, Value
from adc.prims.catalog import TABLE
from adc.prims.primitive import Family, Primitive
from adc.runtime.native import NativeFunction, NativeModule, compile_module
from adc.types.core import NAMED_DTYPES, DType

rng = np.random.default_rng(3)
ELEMENTS = [t for t in DType if t is not DType.TAPE]
PARAMS: dict[str, list[dict[str, object]]] = {
    "convert": [{"to": t} for t in NAMED_DTYPES],
    "polygamma": [{"order": 1}, {"order": 2}],
}
SECOND_IS_INDEX = {"powi"}
NEAR_ROOTS = {
    "digamma": 1e-15
}  # below 0 there is one in every unit interval: only absolute accuracy
SCALARS = [p.name for p in TABLE if p.family is Family.SCALAR]


def operand_types(p: Primitive, dtype: DType) -> list[DType]:
    assert p.arity is not None
    if p.name == "select":
        return [DType.BOOL, dtype, dtype]
    if p.name in SECOND_IS_INDEX:
        return [dtype, DType.I64]
    return [dtype] * p.arity


def variants() -> list[tuple[str, str, DType, dict[str, object]]]:
    found = []
    for name in SCALARS:
        for dtype in NAMED_DTYPES:
            for k, params in enumerate(PARAMS.get(name, [{}])):
                operands = [Value(Type(t)) for t in operand_types(TABLE[name], dtype)]
                try:
                    TABLE.infer(name, operands, params, ())
                except TypeError:
                    continue
                found.append((f"{name}.{dtype.value}.{k}", name, dtype, params))
    return found


VARIANTS = variants()


def elementwise(name: str, op: str, dtype: DType, params: dict[str, object]) -> Function:
    """`[op(xs[i], ...) for i < n]`."""
    b = Builder(TABLE.infer)
    n = Value(I64, "n")
    xs = [Value(Type(t, (n,)), "x") for t in operand_types(TABLE[op], dtype)]
    inner, i = b.nested(), Value(I64, "i")
    y = inner.one(op, *(inner.one("index", x, i) for x in xs), **params)
    ys = b.one("map", n, regions=(inner.finish((i,), (y,)),))
    return Function(name, b.finish((n, *xs), (ys,)))


@cache
def compiled(op: str) -> NativeModule:
    functions = {v[0]: elementwise(*v) for v in VARIANTS if v[1] == op}
    return compile_module(Module(functions), list(functions), TABLE)


def points(p: Primitive, dtype: DType) -> list[Any]:
    """Special points and random ones of the domain, one array per operand."""
    random = [rng.uniform(low, high, 400) for low, high in p.domain]
    special = np.array(p.special, dtype=float).reshape(-1, len(p.domain)).T
    columns = []
    for r, s, t in zip(random, special, operand_types(p, dtype), strict=True):
        values = np.concatenate([s, r])
        if not t.is_float:
            values = np.where(np.abs(values) < 1e9, values, 3.0)
        with np.errstate(all="ignore"):
            columns.append(values.astype(t.numpy_name))
    if p.name in ("floordiv", "mod") and dtype.is_integer:
        columns[1] = np.where(columns[1] == 0, 3, columns[1]).astype(dtype.numpy_name)
        low = np.iinfo(dtype.numpy_name).min
        columns[0][0], columns[1][0] = low, -1
    if p.name == "powi" and dtype.is_integer:
        columns[1] = np.abs(columns[1])
    return columns


def in_ulps(y: Any, z: Any, absolute: float) -> Any:
    """How many units in the last place y is off z; 0 for equal infinities and NaN, and below `absolute`."""
    same = (y == z) | (np.isnan(y) & np.isnan(z))
    with np.errstate(all="ignore"):
        same |= np.abs(y - z) <= absolute
        gap = np.abs(y.astype("longdouble") - z.astype("longdouble")) / np.spacing(np.abs(z))
    return np.where(same, 0, gap)


@pytest.mark.parametrize(("key", "op", "dtype", "params"), VARIANTS, ids=[v[0] for v in VARIANTS])
def test_native_agrees_with_the_reference(
    key: str, op: str, dtype: DType, params: dict[str, object]
) -> None:
    p = TABLE[op]
    f: NativeFunction = compiled(op).function(key)
    xs = points(p, dtype)
    if op == "convert" and dtype.is_float:
        xs = [x[~np.isnan(x)] for x in xs]
    (y,) = f(len(xs[0]), *(np.ascontiguousarray(x) for x in xs))
    with np.errstate(all="ignore"):
        z = np.array([TABLE.reference(op)(*v, **params) for v in zip(*xs, strict=True)])
    assert y.dtype == z.dtype
    if y.dtype.kind != "f":
        np.testing.assert_array_equal(y, z)
        return
    # Both sides may be off by the table's bound; f32 is rounded once more.
    bound = 2 * p.ulp + 1
    off = in_ulps(y, z, NEAR_ROOTS.get(op, 0.0))
    worst = int(np.argmax(np.where(np.isnan(off), np.inf, off)))
    assert off[worst] <= bound, f"{op}{[x[worst] for x in xs]} = {y[worst]}, expected {z[worst]}"
    np.testing.assert_array_equal(np.signbit(y[z == 0]), np.signbit(z[z == 0]))
