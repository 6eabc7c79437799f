"""Accesses whose bounds no proof shows: machine code checks them at run time.

A walk over a function with the facts that `FunctionPlanner` has when it plans the same equations; no code is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from adc.ir.core import I64, Atom, Block, Dim, Equation, Function, Literal, Value
from adc.ir.walk import type_values
from adc.lowering.ranges import Ranges
from adc.types.dims import Poly

_FIRST_INDEX: Mapping[str, int] = {"index": 1, "update": 2, "upd": 2}


@dataclass(frozen=True, slots=True)
class Unproven:
    """An equation with an index that may be outside: the first such axis, and its size as a user would write it."""

    equation: Equation
    axis: int
    size: str


def unproven_accesses(f: Function) -> Iterator[Unproven]:
    """The accesses of a function that are checked, in order; each check is a fact for what follows."""
    ranges = Ranges()
    bound = len(f.signature.sizes) if f.signature else 0
    sizes = {d for p in f.block.params for d in type_values(p.type)}
    for position, p in enumerate(f.block.params):
        if p.type == I64 and (position < bound or p in sizes):
            ranges.assume_size(p)
    for d in sizes.difference(f.block.params):
        ranges.assume_count(d)
    return _within(ranges, _Texts(), f.block)


def _within(ranges: Ranges, texts: _Texts, block: Block) -> Iterator[Unproven]:
    for e in block.equations:
        ranges.note(e)
        texts.note(e)
        if e.op in _FIRST_INDEX:
            yield from _unproven(ranges, texts, e)
        for region in range(len(e.regions)):
            with ranges.scope():
                ranges.enter(e, region)
                yield from _within(ranges, texts, e.regions[region])
        if e.op == "assert":
            ranges.assume(e.operands[0], True)


def _unproven(ranges: Ranges, texts: _Texts, e: Equation) -> Iterator[Unproven]:
    indices = e.operands[_FIRST_INDEX[e.op] :]
    outside = []
    for axis, (i, d) in enumerate(zip(indices, e.operands[0].type.shape, strict=False)):
        if not ranges.is_inside(i, d):
            outside.append(Unproven(e, axis, texts.of(d)))
            ranges.assume_inside(i, d)
    yield from outside[:1]


# ---- sizes as text -----------------------------------------------------------------------------------

_MOST_TERMS = 8  # of a size worth showing
_ARITHMETIC: Mapping[str, Callable[[Poly, Poly], Poly]] = {
    "add": Poly.__add__,
    "sub": Poly.__sub__,
    "mul": Poly.__mul__,
    "floordiv": lambda x, y: x / (y.constant or 1),  # sizes divide exactly
}


class _Texts:
    """Sizes in terms of named values."""

    def __init__(self) -> None:
        self._known: dict[Value, Poly] = {}

    def note(self, e: Equation) -> None:
        """Remember a size that is computed."""
        operation = _ARITHMETIC.get(e.op)
        if operation is None or e.results[0].type != I64:
            return
        x, y = map(self._poly, e.operands)
        if e.op == "floordiv" and not y.constant:
            return
        if len(x.terms) * len(y.terms) <= _MOST_TERMS:
            self._known[e.results[0]] = operation(x, y)

    def of(self, d: Dim) -> str:
        return str(d) if isinstance(d, int) else str(self._poly(d))

    def _poly(self, a: Atom) -> Poly:
        if isinstance(a, Literal):
            return Poly.of(int(a.value))
        return self._known.get(a) or Poly.atom(a.hint or "?")
