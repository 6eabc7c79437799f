"""Counts of scalar operations, executed and written, for checks such as the cheap-gradient bound.

`arithmetic` is work in the sense of Baur and Strassen: scalar primitives with a floating-point result, what
reductions and accumulators add, and the usual counts for linear algebra. Index arithmetic, comparisons and
moving data are counted by name only.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from adc.ir.core import Block, Equation
from adc.ir.walk import equations_within
from adc.prims.primitive import Family
from adc.prims.table import PrimitiveTable


class Counter:
    """`by_name` counts equations by primitive; `arithmetic` counts floating-point operations."""

    def __init__(self, table: PrimitiveTable) -> None:
        self.table = table
        self.by_name: collections.Counter[str] = collections.Counter()
        self.arithmetic = 0

    def execute(self, e: Equation, operands: Sequence[Any]) -> None:
        """Count one execution of an equation without regions."""
        self.by_name[e.op] += 1
        if e.op in _COST:
            self.arithmetic += _COST[e.op](e, operands) if _is_float(e) else 0
        elif self.table[e.op].family is Family.SCALAR:
            self.arithmetic += _is_float(e)

    def combine(self, e: Equation) -> None:
        """Count one combining step of a `reduce`."""
        ops = e.params["ops"]
        assert isinstance(ops, tuple)
        self.by_name.update(ops)
        self.arithmetic += sum(r.type.dtype.is_float for r in e.results)

    def add_records(self, e: Equation, records: Sequence[Sequence[Any]]) -> None:
        """Count the additions of an `unpack` of a sum of records."""
        self.by_name[e.op] += 1
        for record in records[1:]:
            self.arithmetic += sum(
                int(np.size(x))
                for r, x in zip(e.results, record, strict=True)
                if r.type.dtype.is_float
            )

    def write(self, e: Equation) -> None:
        """Count one written equation; those that do many operations count as one."""
        self.by_name[e.op] += 1
        if e.op == "reduce":
            self.combine(e)
        elif e.op in _COST or self.table[e.op].family is Family.SCALAR:
            self.arithmetic += _is_float(e)


def count_static(block: Block, table: PrimitiveTable) -> Counter:
    """Counts of the equations written in the block and its regions."""
    counter = Counter(table)
    for e in equations_within(block):
        counter.write(e)
    return counter


def _is_float(e: Equation) -> bool:
    """Whether the results are floats; for `upd`, which has none, whether its accumulator is."""
    types = [v.type for v in e.results] or [e.operands[0].type]
    return any(t.dtype.is_float for t in types)


Cost = Callable[[Equation, Sequence[Any]], int]


def _matmul(e: Equation, operands: Sequence[Any]) -> int:
    a, b = operands
    inner: int = a.shape[0 if e.params.get("ta", False) else 1]
    return int(2 * a.size * b.size // max(1, inner))


def _solve(e: Equation, operands: Sequence[Any]) -> int:
    return _cubic(2 / 3)(e, operands) + 2 * _triangular(e, operands)


def _triangular(e: Equation, operands: Sequence[Any]) -> int:
    return len(operands[0]) * int(np.size(operands[1]))


def _cubic(factor: float) -> Cost:
    return lambda e, operands: int(factor * len(operands[0]) ** 3)


# Floating-point operations of the equations that may do more than one (Golub and Van Loan's counts).
_COST: Mapping[str, Cost] = {
    "upd": lambda e, operands: int(np.size(operands[1])),
    "fma": lambda e, operands: 2,
    "matmul": _matmul,
    "cholesky": _cubic(1 / 3),
    "solve": _solve,
    "inv": _cubic(2),
    "det": _cubic(2 / 3),
    "logdet": _cubic(2 / 3),
    "tri_solve": _triangular,
}
