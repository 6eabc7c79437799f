"""Where things stand in equations that run regions or change arrays, in the forms that the package tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from adc.ir.core import Atom, Equation

ITERATES = frozenset({"map", "reduce", "argreduce", "loop", "while"})


def extents(e: Equation) -> tuple[Atom, ...]:
    """What the indices of its region run up to; nothing where only the run knows, or where regions run once."""
    rule = _EXTENTS.get(e.op)
    return () if rule is None else rule(e)


Positions = tuple[tuple[int, int], ...]


def changed_operands(e: Equation) -> Positions:
    """Positions `(operand, result)` such that the result is the operand, changed."""
    rule = _CHANGED.get(e.op)
    return () if rule is None else rule(len(e.operands))


def carried_operands(e: Equation) -> Positions:
    """The same for the values that a `loop` or `while` carries, in order; nothing for other equations."""
    rule = _CARRIED.get(e.op)
    return () if rule is None else rule(len(e.operands))


_EXTENTS: Mapping[str, Callable[[Equation], tuple[Atom, ...]]] = {
    "map": lambda e: e.operands,
    "reduce": lambda e: e.operands,
    "argreduce": lambda e: e.operands,
    "loop": lambda e: e.operands[:1],
}
_CARRIED: Mapping[str, Callable[[int], Positions]] = {
    "loop": lambda count: tuple((k, k - 1) for k in range(1, count)),
    "while": lambda count: tuple((k, k + 1) for k in range(count)),
}
_CHANGED: Mapping[str, Callable[[int], Positions]] = {
    **_CARRIED,
    "update": lambda count: ((0, 0),),
    "accum": lambda count: tuple((k, k) for k in range(count)),
}
