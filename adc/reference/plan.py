"""Functions made ready for evaluation: every atom has a slot in a frame, every equation its NumPy meaning.

A frame is a list with one place for each value, literal and whole-number dim of a function; regions share
the frame of their function, since every value is defined once and regions do not outlive the equation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from adc.ir.core import Atom, Block, Dim, Equation, Function, Type, Value, dim_atom
from adc.prims.table import PrimitiveTable
from adc.reference.tapes import Tape
from adc.types.core import DType

Frame = list[Any]
Direct = Callable[
    ..., Any
]  # operands to the result, or to the tuple of results when there are several


@dataclass(frozen=True, slots=True)
class Result:
    """Where a result goes, and its type: the type of its elements and the slots of its dims."""

    slot: int
    kind: type[Any]
    dims: tuple[int, ...]

    def shape(self, frame: Frame) -> tuple[int, ...]:
        return tuple(int(frame[d]) for d in self.dims)


@dataclass(frozen=True, slots=True)
class Step:
    """An equation with slots for atoms; `direct` is None for equations that run regions or functions."""

    equation: Equation
    operands: tuple[int, ...]
    results: tuple[Result, ...]
    regions: tuple[BlockPlan, ...]
    direct: Direct | None


@dataclass(frozen=True, slots=True)
class BlockPlan:
    params: tuple[int, ...]
    steps: tuple[Step, ...]
    results: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FunctionPlan:
    """`template` is a frame in which only the constants are filled."""

    block: BlockPlan
    template: Frame

    def frame(self) -> Frame:
        return list(self.template)


# Makes the meaning of an equation with its own rules for operands (bounds, checks), as against a table entry.
DirectMaker = Callable[[Equation], Direct]


@dataclass(slots=True)
class Planner:
    """Plans functions of one evaluation; resolved references are kept."""

    table: PrimitiveTable
    direct: Mapping[str, DirectMaker]
    control: frozenset[str]
    _resolved: dict[str, Direct] = field(default_factory=dict)

    def function(self, f: Function) -> FunctionPlan:
        slots = _Slots()
        block = self._block(f.block, slots)
        return FunctionPlan(block, slots.template)

    def resolve(self, op: str) -> Direct:
        """The NumPy function that the table names for `op`."""
        if op not in self._resolved:
            self._resolved[op] = self.table.reference(op)
        return self._resolved[op]

    def _block(self, block: Block, slots: _Slots) -> BlockPlan:
        params = tuple(slots.of(p) for p in block.params)
        steps = []
        for e in block.equations:
            steps.append(self._step(e, slots))
        return BlockPlan(params, tuple(steps), tuple(slots.of(a) for a in block.results))

    def _step(self, e: Equation, slots: _Slots) -> Step:
        operands = tuple(slots.of(a) for a in e.operands)
        results = tuple(slots.result(r) for r in e.results)
        regions = []
        for r in e.regions:
            regions.append(self._block(r, slots))
        return Step(e, operands, results, tuple(regions), self._direct(e))

    def _direct(self, e: Equation) -> Direct | None:
        if e.op in self.control:
            return None
        if e.op in self.direct:
            return self.direct[e.op](e)
        function = self.resolve(e.op)
        return partial(function, **e.params) if e.params else function


def scalar_type(t: Type) -> type[Any]:
    """The Python type of elements of `t`: NumPy's scalar type, or that of tapes."""
    return Tape if t.dtype is DType.TAPE else np.dtype(t.dtype.numpy_name).type


class _Slots:
    """Hands out slots of one function's frame."""

    def __init__(self) -> None:
        self.template: Frame = []
        self._by_value: dict[Value, int] = {}

    def of(self, atom: Atom) -> int:
        if not isinstance(atom, Value):
            return self._new(scalar_type(atom.type)(atom.value))
        slot = self._by_value.get(atom)
        if slot is None:
            slot = self._by_value[atom] = self._new(None)
        return slot

    def result(self, r: Value) -> Result:
        return Result(self.of(r), scalar_type(r.type), tuple(self._dims(r.type.shape)))

    def _dims(self, shape: tuple[Dim, ...]) -> Iterator[int]:
        return (self.of(dim_atom(d)) for d in shape)

    def _new(self, content: object) -> int:
        self.template.append(content)
        return len(self.template) - 1
