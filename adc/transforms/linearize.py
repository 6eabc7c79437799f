"""Split a block with tangents into what does not depend on them and what is linear in them.

Both parts stand in the same scope, one after the other. Parallel and conditional regions recompute: the
linear copy of a `map`, `reduce`, `cond` or `accum` holds its own copy of the non-linear equations it needs.
Sequential loops save: the non-linear loop stacks, step by step, the values that the linear loop reads.

Note [What a loop saves]
A value that the linear part of a step reads is recomputed when that costs a few scalar operations on the
index, on values from outside and on what is saved anyway; otherwise it is saved. A value whose sizes are
known only inside the step cannot be stacked; the equation that makes it is recomputed in the linear loop
and what that equation reads is wanted in its place. This covers loops inside loops whose count is known
only at run time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeVar

from adc.ir.core import I64, Atom, Block, Equation, Literal, Origin, Type, Value
from adc.ir.dead import keep_results, remove_dead
from adc.ir.walk import (
    map_regions,
    refresh_block,
    refresh_equation,
    type_values,
    updated_refs,
    uses,
)
from adc.prims.table import PrimitiveTable
from adc.transforms.activity import Activity
from adc.transforms.calls import CallRules

T = TypeVar("T")

CHEAP_OPERATIONS = 4  # scalar operations worth redoing rather than a store and a load


@dataclass(frozen=True, slots=True)
class Parts:
    """Equations free of linear values, then equations linear in them."""

    nonlinear: tuple[Equation, ...]
    linear: tuple[Equation, ...]


@dataclass(frozen=True, slots=True)
class Splitter:
    """What splitting needs everywhere: the table, the treatment of calls, the linear values."""

    table: PrimitiveTable
    calls: CallRules
    linear: set[Value]

    def split(self, equations: Iterable[Equation]) -> Parts:
        """The parts of a list of equations whose linear values are known (or found from the seeds)."""
        nonlinear: list[Equation] = []
        linear: list[Equation] = []
        for e in equations:
            if self._is_nonlinear(e):
                nonlinear.append(e)
                continue
            rule = _SPLIT.get(e.op)
            if rule is None:
                linear.append(e)
                continue
            first, second = rule(self, e)
            nonlinear.extend(first)
            linear.extend(second)
        self._activity.propagate(linear, self.linear)  # copies have new names inside
        return Parts(tuple(nonlinear), tuple(linear))

    @property
    def _activity(self) -> Activity:
        return Activity(self.table, self.calls)

    def _is_nonlinear(self, e: Equation) -> bool:
        return self.linear.isdisjoint(uses(e))


def split(
    equations: Sequence[Equation], seeds: Iterable[Value], table: PrimitiveTable, calls: CallRules
) -> tuple[Parts, set[Value]]:
    """The parts of `equations` with respect to the linear `seeds`, and every linear value."""
    linear = set(seeds)
    Activity(table, calls).propagate(equations, linear)
    return Splitter(table, calls, linear).split(equations), linear


Halves = tuple[Sequence[Equation], Sequence[Equation]]


def _by_results(splitter: Splitter, e: Equation) -> Halves:
    """map, reduce, cond: one copy for the results free of linear values, one for the others."""
    is_linear = [r in splitter.linear for r in e.results]
    return _halves(e, is_linear, splitter)


def _halves(e: Equation, is_linear: Sequence[bool], splitter: Splitter) -> Halves:
    if all(is_linear) and updated_refs(e) <= splitter.linear:
        return (), (e,)
    dead = frozenset(r for r in updated_refs(e) if r in splitter.linear)
    first = keep_results(_primal_calls(splitter, e), [not k for k in is_linear], dead)
    alive = updated_refs(e) - dead
    second = keep_results(e, is_linear, frozenset(alive), with_sizes=False)
    return (
        () if first is None else (first,),
        () if second is None else (_copy_regions(second),),
    )


def _primal_calls(splitter: Splitter, e: Equation) -> Equation:
    """The equation with calls inside its regions reduced to what does not depend on linear operands.

    Dead code removal cannot do that: it drops results of loops and branches, but not of calls.
    """

    def strip(block: Block) -> Block:
        equations: list[Equation] = []
        for inner in block.equations:
            if inner.op == "call" and not splitter.linear.isdisjoint(uses(inner)):
                equations.extend(_call(splitter, inner)[0])
            else:
                equations.append(map_regions(inner, strip))
        return Block(block.params, tuple(equations), block.results)

    return map_regions(e, strip)


def _copy_regions(e: Equation) -> Equation:
    """The equation with everything inside its regions renamed, so that both halves may stand in one scope."""
    return replace(e, regions=tuple(refresh_block(region, {}) for region in e.regions))


def _accum(splitter: Splitter, e: Equation) -> Halves:
    (body,) = e.regions
    is_linear = [r in splitter.linear for r in body.params]
    is_linear += [r in splitter.linear for r in e.results[len(body.params) :]]
    return _halves(e, is_linear, splitter)


def _upd(splitter: Splitter, e: Equation) -> Halves:
    ref = e.operands[0]
    return ((), (e,)) if ref in splitter.linear else ((e,), ())


def _call(splitter: Splitter, e: Equation) -> Halves:
    free = [not (isinstance(a, Value) and a in splitter.linear) for a in e.operands]
    first, second = splitter.calls.split(e, free)
    return (() if first is None else (first,), () if second is None else (second,))


def _loop(splitter: Splitter, e: Equation) -> Halves:
    (body,) = e.regions
    if all(r in splitter.linear for r in (*e.results, *body.params[1:])):
        return (), (e,)
    count = len(e.operands) - 1
    cut = _cut(splitter, body, count)
    trip = e.operands[0]
    stacks = tuple(Value(_stack_type(trip, v.type), v.hint) for v in cut.saved)
    first = _without_linear(e, cut, e.operands[:1], e.operands[1:], e.results[:0], stacks)
    second = _linear_loop(e, cut, trip, stacks, e.operands[1:], e.results)
    return ((first,) if first.results else (), (second,))


def _while(splitter: Splitter, e: Equation) -> Halves:
    _, body = e.regions
    cut = _cut(splitter, body, len(e.operands))
    trip = e.results[0]
    stacks = tuple(Value(_stack_type(trip, v.type), v.hint) for v in cut.saved)
    first = _without_linear(e, cut, (), e.operands, e.results[:1], stacks)
    second = _linear_loop(e, cut, trip, stacks, e.operands, e.results[1:])
    return (first,), (second,)


def _stack_type(trip: Atom, t: Type) -> Type:
    from_trip = int(trip.value) if isinstance(trip, Literal) else trip
    return Type(t.dtype, (from_trip, *t.shape))


@dataclass(frozen=True, slots=True)
class _Cut:
    """How one step is cut: carries by linearity, equations, what is saved, what is made again."""

    body: Block
    count: int
    linear_carry: tuple[bool, ...]
    linear_output: tuple[bool, ...]
    nonlinear: tuple[Equation, ...]
    linear: tuple[Equation, ...]
    saved: tuple[Value, ...]
    again: tuple[Equation, ...]


def _cut(splitter: Splitter, body: Block, count: int) -> _Cut:
    linear = splitter.linear
    parts = splitter.split(body.equations)
    carried = body.params[1 : 1 + count]
    linear_carry = tuple(p in linear for p in carried)
    outputs = body.results[count:]
    linear_output = tuple(isinstance(a, Value) and a in linear for a in outputs)
    local = {p for p, k in zip(carried, linear_carry, strict=True) if not k}
    for e in parts.nonlinear:
        local.update(e.results)
    wanted = {
        a
        for a, k in zip(body.results, (*linear_carry, *linear_output), strict=True)
        if k and isinstance(a, Value) and a in local
    }
    for e in parts.linear:
        wanted |= uses(e) & local
    saved, again = _choose(parts.nonlinear, wanted, local, body.params[0])
    return _Cut(
        body, count, linear_carry, linear_output, parts.nonlinear, parts.linear, saved, again
    )


def _choose(
    equations: Sequence[Equation], wanted: set[Value], local: set[Value], index: Value
) -> tuple[tuple[Value, ...], tuple[Equation, ...]]:
    """What to save and which equations to repeat: Note [What a loop saves]."""
    made_by = {r: e for e in equations for r in e.results}
    cost = _recompute_costs(equations, local)
    repeated: dict[int, Equation] = {}
    saved: dict[Value, None] = {}
    pending = sorted(wanted, key=_stable(equations))
    seen = set(pending)
    while pending:
        v = pending.pop()
        e = made_by.get(v)
        stackable = not any(d is index or d in local for d in type_values(v.type))
        if e is None or (stackable and cost.get(v, CHEAP_OPERATIONS + 1) > CHEAP_OPERATIONS):
            if not stackable:
                raise AssertionError("a carried value has a size that only its step knows")
            saved[v] = None
            continue
        if id(e) in repeated:
            continue
        repeated[id(e)] = e
        for need in uses(e) & local:
            if need not in seen:
                seen.add(need)
                pending.append(need)
    order = {id(e): k for k, e in enumerate(equations)}
    again = tuple(sorted(repeated.values(), key=lambda e: order[id(e)]))
    remade = {r for e in again for r in e.results}
    return tuple(v for v in saved if v not in remade), again


def _stable(equations: Sequence[Equation]) -> Callable[[Value], tuple[int, str]]:
    position = {r: k for k, e in enumerate(equations) for r in e.results}
    return lambda v: (position.get(v, -1), v.hint)


def _recompute_costs(equations: Sequence[Equation], local: set[Value]) -> dict[Value, int]:
    """Scalar operations to make a value again from the index and from outside; absent when it needs more."""
    cost: dict[Value, int] = {}
    for e in equations:
        if e.regions or e.op == "call" or any(r.type.rank for r in e.results):
            continue
        inputs = [v for v in uses(e) if v in local]
        if all(v in cost for v in inputs):
            total = 1 + sum(cost[v] for v in inputs)
            cost.update((r, total) for r in e.results)
    return cost


def _without_linear(
    e: Equation,
    cut: _Cut,
    head: Sequence[Atom],
    inits: Sequence[Atom],
    counted: Sequence[Value],
    stacks: Sequence[Value],
) -> Equation:
    """The loop with its non-linear carries and outputs only, stacking what is saved."""
    body, count = cut.body, cut.count
    keep = [not k for k in cut.linear_carry]
    keep_out = [not k for k in cut.linear_output]
    finals = e.results[len(counted) :]
    region = Block(
        (body.params[0], *_pick(body.params[1:], keep)),
        cut.nonlinear,
        (*_pick(body.results[:count], keep), *_pick(body.results[count:], keep_out), *cut.saved),
    )
    tests = tuple(Block(_pick(r.params, keep), r.equations, r.results) for r in e.regions[:-1])
    return replace(
        e,
        operands=(*head, *_pick(inits, keep)),
        results=(
            *counted,
            *_pick(finals[:count], keep),
            *_pick(finals[count:], keep_out),
            *stacks,
        ),
        regions=(*tests, region),
    )


def _linear_loop(
    e: Equation,
    cut: _Cut,
    trip: Atom,
    stacks: Sequence[Value],
    inits: Sequence[Atom],
    finals: Sequence[Value],
) -> Equation:
    """A loop over the linear carries that reads what was saved and repeats what was not."""
    body, count = cut.body, cut.count
    origin = Origin("linearize", e.op, e.origin)
    index = Value(I64, body.params[0].hint or "i")
    env: dict[Value, Atom] = {body.params[0]: index}
    equations: list[Equation] = []
    for v, stack in zip(cut.saved, stacks, strict=True):
        row = Value(v.type, v.hint)
        env[v] = row
        equations.append(Equation("index", (stack, index), (row,), span=e.span, origin=origin))
    for again in cut.again:
        equations.append(refresh_equation(again, env))
    params = [index]
    for p in _pick(body.params[1:], cut.linear_carry):
        fresh = Value(p.type, p.hint)
        env[p] = fresh
        params.append(fresh)
    for moved in cut.linear:
        equations.append(refresh_equation(moved, env))
    results = [
        env.get(a, a) if isinstance(a, Value) else a
        for a in (
            *_pick(body.results[:count], cut.linear_carry),
            *_pick(body.results[count:], cut.linear_output),
        )
    ]
    return Equation(
        "loop",
        (trip, *_pick(inits, cut.linear_carry)),
        (*_pick(finals[:count], cut.linear_carry), *_pick(finals[count:], cut.linear_output)),
        e.params if e.op == "loop" else _FORWARD,
        (remove_dead(Block(tuple(params), tuple(equations), tuple(results))),),
        e.span,
        origin,
    )


_FORWARD = MappingProxyType({"reverse": False})

_SPLIT: dict[str, Callable[[Splitter, Equation], Halves]] = {
    "map": _by_results,
    "reduce": _by_results,
    "cond": _by_results,
    "accum": _accum,
    "upd": _upd,
    "call": _call,
    "loop": _loop,
    "while": _while,
}


def _pick(items: Sequence[T], keep: Sequence[bool]) -> tuple[T, ...]:
    return tuple(item for item, k in zip(items, keep, strict=True) if k)
