"""Accumulators that a loop only hands on from step to step stand around the loop instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from adc.ir.builder import Builder
from adc.ir.core import Atom, Block, Equation, Value
from adc.ir.walk import substitute_block
from adc.rewrite.rule import rule
from adc.rewrite.scope import Scope

T = TypeVar("T")


@rule("loop", "while")
def carried_accumulator(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """loop (a = x) { accum (s = a) { .. } } -> accum (s = x) { loop { .. } } where no step reads a

    The additions of all steps become those of one accumulator, which is added to in place, or is a stacked
    output of the loop.
    """
    if scope.options.pure:
        return None  # a loop with carried values inside of an accumulation is not printable
    body = e.regions[-1]
    count = len(body.params) - 1
    first = len(e.operands) - count  # operands before the carried ones
    found = [(c, a) for c in range(count) if (a := _accumulation(e, c, scope)) is not None]
    if not found:
        return None
    gone = {c for c, _ in found}
    refs: list[Value] = []
    for c, a in found:
        inner = next(k for k, i in enumerate(body.equations) if a in i.results)
        taken, ref = _without_base(body.equations[inner], body.params[1 + c])
        refs.append(ref)
        equations = (*body.equations[:inner], taken, *body.equations[inner + 1 :])
        body = replace(body, equations=equations)
    head = len(e.results) - len(body.results)  # `while` gives the number of steps first
    kept = [k for k in range(len(e.results)) if k - head not in gone or k < head]
    steps = Block(
        (body.params[0], *_left(body.params[1:], gone)), body.equations, _left(body.results, gone)
    )
    tests = tuple(replace(r, params=_left(r.params, gone)) for r in e.regions[:-1])
    inside = tuple(Value(e.results[k].type, e.results[k].hint) for k in kept)
    loop = replace(
        e,
        operands=(*e.operands[:first], *_left(e.operands[first:], gone)),
        results=inside,
        regions=(*tests, steps),
    )
    bases = [e.operands[first + c] for c, _ in found]
    hints = [e.results[head + c].hint for c, _ in found] + [v.hint for v in inside]
    region = Block(tuple(refs), (loop,), inside)
    made = b.emit("accum", *bases, regions=(region,), hints=hints)
    finals = dict(zip((head + c for c, _ in found), made, strict=False))
    finals.update(zip(kept, made[len(found) :], strict=True))
    return [finals[k] for k in range(len(e.results))]


def _accumulation(e: Equation, c: int, scope: Scope) -> Value | None:
    """The result of the accumulation in the body that carried value `c` is the base of, and nothing else."""
    body = e.regions[-1]
    carried, after = body.params[1 + c], body.results[c]
    count = scope.usage.count
    if not isinstance(after, Value) or count.get(carried) != 1 or count.get(after) != 1:
        return None
    maker = next((i for i in body.equations if after in i.results), None)
    if maker is None or maker.op != "accum":
        return None
    position = maker.results.index(after)
    is_base = position < len(maker.operands) and maker.operands[position] is carried
    return after if is_base else None


def _without_base(a: Equation, carried: Value) -> tuple[Equation, Value]:
    """The accumulation without its base `carried`, adding to a new accumulator around instead."""
    position = a.operands.index(carried)
    (region,) = a.regions
    old = region.params[position]
    ref = Value(replace(carried.type, is_ref=True), old.hint)
    inner = substitute_block(replace(region, params=_left(region.params, {position})), {old: ref})
    made = replace(
        a,
        operands=_left(a.operands, {position}),
        results=_left(a.results, {position}),
        regions=(inner,),
    )
    return made, ref


def _left(items: Sequence[T], gone: set[int]) -> tuple[T, ...]:
    return tuple(item for k, item in enumerate(items) if k not in gone)


RULES = (carried_accumulator,)
