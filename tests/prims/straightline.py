"""Primitives on their own: values, partial derivatives of any order and transposes, by the table alone.

A primitive is put into a one-equation function; its jvp rule is applied as often as asked for by a sweep
that knows only straight-line scalar code. The reference evaluates the outcome.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from adc.ir.builder import Builder
from adc.ir.core import (
    BOOL,
    F64,
    I64,
    Atom,
    Equation,
    Function,
    Module,
    Type,
    Value,
    literal,
)
from adc.prims.catalog import TABLE
from adc.prims.primitive import Family, NonDifferentiable, Primitive
from adc.reference.evaluate import evaluate
from adc.types.core import DType

SCALARS = [p for p in TABLE if p.family is Family.SCALAR]
NAMES = [p.name for p in SCALARS]
_OPERAND_TYPES = {"select": (BOOL, F64, F64), "powi": (F64, I64)}
_BOOLEAN = {"and", "or", "not"}
PARAMS: dict[str, dict[str, object]] = {"polygamma": {"order": 1}, "convert": {"to": F64.dtype}}


def operand_types(p: Primitive) -> tuple[Type, ...]:
    """The types a primitive is tried on: f64 unless it wants something else."""
    assert p.arity is not None
    if p.name in _BOOLEAN:
        return (BOOL,) * p.arity
    return _OPERAND_TYPES.get(p.name, (F64,) * p.arity)


def sample(p: Primitive, rng: random.Random) -> tuple[float, ...]:
    """A point of the domain, whole where an operand is no float."""
    return tuple(
        rng.uniform(low, high) if t == F64 else float(rng.randint(int(low), int(high)))
        for t, (low, high) in zip(operand_types(p), p.domain, strict=True)
    )


def value(p: Primitive, point: Sequence[float]) -> Any:
    """The primitive's reference at a point."""
    return partial(p, point, ())


def partial(
    p: Primitive, point: Sequence[float], along: Sequence[int], dtype: DType = DType.F64
) -> Any:
    """The derivative by the operands `along`, one after the other, in f64 or f32."""
    types = [Type(dtype) if t == F64 else t for t in operand_types(p)]
    operands = [Value(t, f"x{k}") for k, t in enumerate(types)]
    return _partial(p.name, operands, operands, point, along)


def partial_of(
    op: str, operands: Sequence[Atom | None], point: Sequence[float], along: Sequence[int]
) -> Any:
    """As `partial`, with some operands given; the others are floats and numbered among themselves."""
    params = [Value(F64, f"x{k}") for k in range(operands.count(None))]
    left = iter(params)
    given = [next(left) if a is None else a for a in operands]
    return _partial(op, given, params, point, along)


def _partial(
    op: str,
    operands: Sequence[Atom],
    params: Sequence[Value],
    point: Sequence[float],
    along: Sequence[int],
) -> Any:
    b = Builder(TABLE.infer)
    result: Atom = b.one(op, *operands, **PARAMS.get(op, {}))
    for k in along:
        b, result = _derivative(b.equations, params[k], result)
    f = Function("f", b.finish(params, (result,)))
    return evaluate(Module({"f": f}), "f", list(point), TABLE)[0]


def _derivative(equations: Sequence[Equation], x: Value, result: Atom) -> tuple[Builder, Atom]:
    """The equations, with those of the tangents for dx = 1; the tangent of the result."""
    b = Builder(TABLE.infer)
    tangents: dict[Atom, Atom] = {x: literal(1.0, x.type.dtype)}
    for e in equations:
        b.append(e)
        rule = TABLE[e.op].jvp
        given = [tangents.get(a) if isinstance(a, Value) else None for a in e.operands]
        if rule is None or isinstance(rule, NonDifferentiable) or all(t is None for t in given):
            continue
        for r, t in zip(e.results, rule(b, e, given), strict=True):
            if t is not None:
                tangents[r] = t
    zero = literal(0.0, result.type.dtype)
    return b, tangents.get(result, zero) if isinstance(result, Value) else zero


def transposed(
    op: str, operands: Sequence[Any], linear: Sequence[bool], ct: Any, **params: object
) -> tuple[Any, list[Any]]:
    """The result of a linear equation, and the cotangents of its linear operands for a cotangent `ct`."""
    values = [Value(_type_of(a), f"x{k}") for k, a in enumerate(operands)]
    ct_value = Value(_type_of(ct), "ct")
    b = Builder(TABLE.infer)
    result = b.one(op, *values, **params)
    rule = TABLE[op].transpose
    assert rule is not None
    cts = rule(b, b.equations[-1], [ct_value], linear)
    assert [c is not None for c in cts] == list(linear), "cotangents for the linear operands only"
    made = [c for c in cts if c is not None]
    f = Function("f", b.finish((*values, ct_value), (result, *made)))
    first, *rest = evaluate(Module({"f": f}), "f", [*operands, ct], TABLE)
    return first, rest


def _type_of(a: Any) -> Type:
    kinds = {"f": F64, "i": I64, "b": BOOL}
    x = np.asarray(a)
    return Type(kinds[x.dtype.kind].dtype, x.shape)
