"""Type rules of the primitives with regions; their meaning is told in the package docstring."""

from __future__ import annotations

from collections.abc import Sequence

from adc.ir.core import (
    BOOL,
    I64,
    Atom,
    Block,
    Dim,
    Params,
    Type,
    atom_dim,
    element_type,
)
from adc.prims.primitive import Fails, Family, InferRule, Primitive
from adc.prims.primitive import require as _require
from adc.types.core import DType


def _extents(operands: Sequence[Atom]) -> tuple[Dim, ...]:
    for a in operands:
        if a.type != I64:
            raise TypeError(f"an extent must be a scalar i64, found {a.type}")
    return tuple(atom_dim(a) for a in operands)


def _stacked(dims: tuple[Dim, ...], t: Type) -> Type:
    _require(not t.is_ref, "an accumulator cannot be stored")
    return Type(t.dtype, dims + t.shape)


def infer_map(
    operands: Sequence[Atom], params: Params, regions: Sequence[Block]
) -> tuple[Type, ...]:
    dims = _extents(operands)
    (body,) = regions
    _require([p.type for p in body.params] == [I64] * len(dims), "map: one index per extent")
    return tuple(_stacked(dims, a.type) for a in body.results)


REDUCE_OPS = ("add", "mul", "max", "min", "and", "or")


def infer_reduce(
    operands: Sequence[Atom], params: Params, regions: Sequence[Block]
) -> tuple[Type, ...]:
    dims = _extents(operands)
    (body,) = regions
    ops = params["ops"]
    _require(isinstance(ops, tuple) and len(ops) == len(body.results), "reduce: one op per result")
    _require([p.type for p in body.params] == [I64] * len(dims), "reduce: one index per extent")
    for a in body.results:
        _require(a.type.rank == 0 and not a.type.is_ref, "reduce: scalar elements")
        _require(a.type.dtype is not DType.TAPE, "reduce: tapes are no numbers")
    return tuple(a.type for a in body.results)


def infer_argreduce(
    operands: Sequence[Atom], params: Params, regions: Sequence[Block]
) -> tuple[Type, ...]:
    _extents(operands)
    (body,) = regions
    _require(len(operands) == 1 and len(body.results) == 1, "argreduce: one extent, one result")
    _require(body.results[0].type.rank == 0, "argreduce: scalar elements")
    return (I64,)


def infer_loop(
    operands: Sequence[Atom], params: Params, regions: Sequence[Block]
) -> tuple[Type, ...]:
    (trip,) = _extents(operands[:1])
    (body,) = regions
    carries = len(operands) - 1
    _require(len(body.params) == 1 + carries, "loop: index and carries as parameters")
    for a, p, r in zip(operands[1:], body.params[1:], body.results[:carries], strict=True):
        _same_kind("loop", a.type, p.type, r.type)
    return (
        *(a.type for a in operands[1:]),
        *(_stacked((trip,), a.type) for a in body.results[carries:]),
    )


def infer_while(
    operands: Sequence[Atom], params: Params, regions: Sequence[Block]
) -> tuple[Type, ...]:
    test, body = regions
    carries = len(operands)
    _require(len(test.params) == carries, "while: carries as parameters of the test")
    _require([a.type for a in test.results] == [BOOL], "while: the test yields one bool")
    _require(len(body.params) == 1 + carries, "while: index and carries as parameters")
    for a, p, r in zip(operands, body.params[1:], body.results[:carries], strict=True):
        _same_kind("while", a.type, p.type, r.type)
    _require(len(body.results) == carries, "while with stacked outputs: make the equation directly")
    return (I64, *(a.type for a in operands))


def _same_kind(op: str, *types: Type) -> None:
    first = types[0]
    for t in types[1:]:
        _require(
            (t.dtype, t.rank, t.is_ref) == (first.dtype, first.rank, first.is_ref),
            f"{op}: a carried value changes from {first} to {t}",
        )


def infer_cond(
    operands: Sequence[Atom], params: Params, regions: Sequence[Block]
) -> tuple[Type, ...]:
    _require([a.type for a in operands] == [BOOL], "cond: one bool")
    then, other = regions
    _require(len(then.results) == len(other.results), "cond: both regions yield as many results")
    for a, c in zip(then.results, other.results, strict=True):
        _same_kind("cond", a.type, c.type)
    return tuple(a.type for a in then.results)


def infer_accum(
    operands: Sequence[Atom], params: Params, regions: Sequence[Block]
) -> tuple[Type, ...]:
    (body,) = regions
    _require(len(body.params) == len(operands), "accum: one reference per base")
    for a, p in zip(operands, body.params, strict=True):
        _require(
            p.type.is_ref and (p.type.dtype, p.type.rank) == (a.type.dtype, a.type.rank),
            f"accum: a reference of type {p.type} for a base of type {a.type}",
        )
    return (*(a.type for a in operands), *(a.type for a in body.results))


def infer_upd(
    operands: Sequence[Atom], params: Params, regions: Sequence[Block]
) -> tuple[Type, ...]:
    ref, value, *indices = operands
    _require(ref.type.is_ref, "upd: the first operand is an accumulator")
    for i in indices:
        _require(i.type == I64, "upd: indices are i64")
    _require(len(indices) <= ref.type.rank, "upd: more indices than dims")
    left = element_type(ref.type, len(indices))
    _require(
        (value.type.dtype, value.type.rank) == (left.dtype, left.rank), "upd: wrong value type"
    )
    return ()


def infer_assert(
    operands: Sequence[Atom], params: Params, regions: Sequence[Block]
) -> tuple[Type, ...]:
    _require(operands[0].type == BOOL, "assert: a bool first")
    return ()


def infer_call(
    operands: Sequence[Atom], params: Params, regions: Sequence[Block]
) -> tuple[Type, ...]:
    raise TypeError("call: make the equation directly, with results typed by the callee")


def _structured(name: str, doc: str, infer: InferRule, fails: Fails = Fails.NEVER) -> Primitive:
    return Primitive(name=name, doc=doc, infer=infer, family=Family.STRUCTURED, fails=fails)


PRIMITIVES = (
    _structured("map", "parallel comprehension over one or more extents", infer_map),
    _structured("reduce", "scalars combined by add, mul, max, min, and, or", infer_reduce),
    _structured("argreduce", "first index of the largest or smallest element", infer_argreduce),
    _structured("loop", "a known number of sequential steps with carried values", infer_loop),
    _structured("while", "sequential steps as long as a test holds", infer_while, Fails.ANYHOW),
    _structured("cond", "one of two regions", infer_cond),
    _structured("call", "a function of the module", infer_call, Fails.ANYHOW),
    _structured("accum", "accumulators that the region adds to", infer_accum),
    _structured("upd", "an addition to an accumulator", infer_upd, Fails.OUTSIDE),
    _structured("assert", "a check", infer_assert, Fails.ANYHOW),
)
