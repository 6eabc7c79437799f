"""Which values may carry a tangent, given those that do.

A result is active when the equation is differentiable, the result is a float or a tape, and something it is made from
is active. Inactive work never appears in a derivative. The same analysis tells the linear values of a block
whose only active inputs are tangents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from adc.ir.core import Atom, Block, Equation, Value
from adc.ir.walk import uses
from adc.prims.primitive import NonDifferentiable
from adc.prims.table import PrimitiveTable
from adc.transforms.calls import CallRules

Active = set[Value]


def is_active(atom: Atom, active: Active) -> bool:
    return isinstance(atom, Value) and atom in active


@dataclass(frozen=True, slots=True)
class Activity:
    """The analysis: the table, and what is known of calls."""

    table: PrimitiveTable
    calls: CallRules

    def propagate(self, equations: Iterable[Equation], active: Active) -> None:
        """Add to `active` every value in the equations and their regions that may carry a tangent."""
        for e in equations:
            if active.isdisjoint(uses(e)):
                continue
            rule = _STRUCTURED.get(e.op)
            if rule is not None:
                rule(self, e, active)
            elif not isinstance(self.table[e.op].jvp, NonDifferentiable):
                active.update(r for r in e.results if r.type.dtype.carries_tangent)


def _mark(results: Sequence[Value], yields: Sequence[Atom], active: Active) -> None:
    """Each result is active when what the region yields for it is."""
    active.update(r for r, a in zip(results, yields, strict=True) if is_active(a, active))


def _map(a: Activity, e: Equation, active: Active) -> None:
    (body,) = e.regions
    a.propagate(body.equations, active)
    _mark(e.results, body.results, active)


def _cond(a: Activity, e: Equation, active: Active) -> None:
    for region in e.regions:
        a.propagate(region.equations, active)
        _mark(e.results, region.results, active)


def _loop(a: Activity, e: Equation, active: Active) -> None:
    (body,) = e.regions
    _iterate(a, body, e.operands[1:], e.results, active)


def _while(a: Activity, e: Equation, active: Active) -> None:
    _, body = e.regions
    _iterate(a, body, e.operands, e.results[1:], active)


def _iterate(
    a: Activity, body: Block, inits: Sequence[Atom], results: Sequence[Value], active: Active
) -> None:
    """A carried value is active when its start is, or what a step makes of it is."""
    carried = body.params[1:]
    _mark(carried, inits, active)
    while True:
        a.propagate(body.equations, active)
        before = len(active)
        _mark(carried, body.results[: len(carried)], active)
        if len(active) == before:
            break
    final = results[: len(carried)]
    active.update(r for r, p in zip(final, carried, strict=True) if p in active)
    _mark(results[len(carried) :], body.results[len(carried) :], active)


def _call(a: Activity, e: Equation, active: Active) -> None:
    active.update(a.calls.active_values(e, [is_active(x, active) for x in e.operands]))


def _accum(a: Activity, e: Equation, active: Active) -> None:
    (body,) = e.regions
    refs = body.params
    _mark(refs, e.operands, active)
    a.propagate(body.equations, active)
    _mark(e.results[: len(refs)], refs, active)
    _mark(e.results[len(refs) :], body.results, active)


def _upd(a: Activity, e: Equation, active: Active) -> None:
    ref, value = e.operands[:2]
    if is_active(value, active):
        assert isinstance(ref, Value)
        active.add(ref)


def _none(a: Activity, e: Equation, active: Active) -> None:
    """Results are integers or absent: nothing to mark."""


_STRUCTURED: dict[str, Callable[[Activity, Equation, Active], None]] = {
    "map": _map,
    "reduce": _map,
    "argreduce": _none,
    "cond": _cond,
    "loop": _loop,
    "while": _while,
    "call": _call,
    "accum": _accum,
    "upd": _upd,
    "assert": _none,
}
