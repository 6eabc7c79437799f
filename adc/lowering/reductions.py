"""Reductions: how two partial results combine, and what they start from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adc.lowering.llvm_types import float_text
from adc.lowering.loops import Acc
from adc.lowering.scalar_ops import Lines, emit_op
from adc.types.core import DType

_FLOAT_OPS = {"add": "fadd", "mul": "fmul", "max": "intrinsic:maximum", "min": "intrinsic:minimum"}
_OTHER_OPS = {
    "add": "add",
    "mul": "mul",
    "max": "intrinsic:smax",
    "min": "intrinsic:smin",
    "and": "and",
    "or": "or",
}


def combine(w: Lines, op: str, dtype: DType, x: str, y: str) -> str:
    """The text of `x op y`."""
    word = (_FLOAT_OPS if dtype.is_float else _OTHER_OPS)[op]
    return emit_op(w, word, dtype, dtype, [x, y])


def combined(w: Lines, acc: Acc, parts: Sequence[str]) -> str:
    """All partial results in one: j with j + half, and again."""
    while len(parts) > 1:
        half = len(parts) // 2
        pairs = zip(parts[:half], parts[half:], strict=True)
        parts = [combine(w, acc.op, acc.dtype, x, y) for x, y in pairs]
    return parts[0]


def is_ordered(acc: Acc) -> bool:
    """Whether the order of combination shows in the result: sums and products of floats."""
    return acc.dtype.is_float and acc.op in ("add", "mul")


def neutral(acc: Acc, lane: int = 0) -> str:
    """What partial result `lane` starts from; a sum of nothing is 0, and -0.0 changes no other sum."""
    if acc.dtype.is_float:
        value = -0.0 if acc.op == "add" and lane else _FLOAT_NEUTRAL[acc.op]
        return float_text(value, acc.dtype)
    if acc.dtype is DType.BOOL:
        return "true" if acc.op in ("and", "min", "mul") else "false"
    return _INTEGER_NEUTRAL[acc.dtype][acc.op]


_FLOAT_NEUTRAL: Mapping[str, float] = {
    "add": 0.0,
    "mul": 1.0,
    "max": float("-inf"),
    "min": float("inf"),
}
_INTEGER_NEUTRAL: Mapping[DType, Mapping[str, str]] = {
    dtype: {
        "add": "0",
        "mul": "1",
        "max": str(-(1 << (bits - 1))),
        "min": str((1 << (bits - 1)) - 1),
    }
    for dtype, bits in ((DType.I64, 64), (DType.I32, 32))
}
