"""State that loops carry: from a value to leaves and back, and the loops themselves.

The state keeps its structure, ranks and sizes; literals in it take the type that the loop's body gives them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adc.diagnostics import Span
from adc.frontends.comprehension import arrayed
from adc.frontends.context import Bottom, Context
from adc.frontends.elements import align, boolean, data, describe, element_at, fit, force
from adc.frontends.problems import TYPE_MISMATCH
from adc.frontends.unify import element_of, typed
from adc.frontends.values import Abstract, Leaf, Pull, atoms, dims_of, refill
from adc.ir.core import I64, Atom, Value, dim_atom
from adc.types.dims import Poly

Step = Callable[[Value, Abstract], Abstract]


@dataclass(frozen=True, slots=True)
class Ran:
    """What a loop leaves: the final state, and the states or outputs of every step as an array, if asked for."""

    final: Abstract
    rows: Abstract | None = None


def sequential(
    cx: Context,
    count: Poly,
    initial: Abstract,
    step: Step,
    *,
    hints: Sequence[str] = (),
    index_hint: str = "i",
    keeps: bool = False,
    keeps_result: bool = False,
    place: Span | None = None,
) -> Ran:
    """`count` steps from `initial`; `keeps` the state before each step, or `keeps_result` the one after."""
    start = data(cx, initial, "the state of a loop is data")
    leaves = list(atoms(start))
    with cx.region() as frame:
        i = cx.counter(index_hint, count)
        params = state_params(cx, leaves, hints)
        state = refill(start, params)
        following = _following(cx, state, lambda: step(i, state), place)
        rows: Sequence[Atom] = params if keeps else following if keeps_result else ()
        block = cx.block(frame, (i, *params), (*following, *rows))
    trip = cx.dim(count)
    finals = [Value(p.type, p.hint) for p in params]
    stacked = [Value(typed(element_of(p.type), (trip, *p.type.shape))) for p in params if rows]
    cx.append("loop", (dim_atom(trip), *leaves), (*finals, *stacked), regions=(block,))
    final = refill(start, finals)
    return Ran(final, arrayed(cx, start, (trip,), stacked) if rows else None)


def repeat_while(
    cx: Context,
    initial: Abstract,
    test: Callable[[Abstract], Abstract],
    step: Step,
    *,
    hints: Sequence[str] = (),
    keeps: bool = False,
    place: Span | None = None,
) -> Ran:
    """Steps from `initial` as long as `test` holds."""
    start = data(cx, initial, "the state of a loop is data")
    leaves = list(atoms(start))
    with cx.region() as frame:
        seen = state_params(cx, leaves, hints)
        goes_on = boolean(cx, test(refill(start, seen)), "the condition of a loop")
        test_block = cx.block(frame, seen, (goes_on,))
    with cx.region() as frame:
        i = cx.param(I64, "step")
        cx.frame.naturals.add(i)
        params = state_params(cx, leaves, hints)
        state = refill(start, params)
        following = _following(cx, state, lambda: step(i, state), place)
        block = cx.block(frame, (i, *params), (*following, *(params if keeps else ())))
    steps = Value(I64, "steps")
    finals = [Value(p.type, p.hint) for p in params]
    stacked = [Value(typed(element_of(p.type), (steps, *p.type.shape))) for p in params if keeps]
    results = (steps, *finals, *stacked)
    cx.append("while", leaves, results, regions=(test_block, block))
    cx.sizes.declare_natural(steps)
    rows = arrayed(cx, start, (steps,), stacked) if keeps else None
    return Ran(refill(start, finals), rows)


def state_params(cx: Context, leaves: Sequence[Atom], hints: Sequence[str]) -> list[Value]:
    """Parameters of the current region for carried leaves."""
    names = (
        list(hints) if len(hints) == len(leaves) else [hints[0] if hints else "state"] * len(leaves)
    )
    return [
        cx.param(typed(element_of(a.type), a.type.shape), n)
        for a, n in zip(leaves, names, strict=True)
    ]


def _following(
    cx: Context, state: Abstract, step: Callable[[], Abstract], place: Span | None
) -> list[Atom]:
    """The leaves of the next state, made to fit the present one."""
    here = cx.frame
    try:
        value = step()
    except Bottom:
        cx.frame = here
        return list(atoms(state))
    with cx.at(place):
        return fit_leaves(cx, state, value, "the state of the loop")


def fit_leaves(cx: Context, pattern: Abstract, value: Abstract, what: str) -> list[Atom]:
    """The leaves of `value`, of the types and sizes that those of `pattern` have."""
    targets = atoms(pattern)
    sources = align(cx, pattern, value, what)
    return [fit_leaf(cx, t, v, what) for t, v in zip(targets, sources, strict=True)]


def fit_leaf(cx: Context, target: Atom, value: Abstract, what: str) -> Atom:
    """`value` as an atom of the type of `target`."""
    wanted, found = target.type.shape, dims_of(value)
    if len(wanted) != len(found):
        raise cx.wrong(
            TYPE_MISMATCH, f"{what} is {describe(cx, Leaf(target))}, found {describe(cx, value)}"
        )
    fitted = fit(cx, value, element_of(target.type))
    cx.require_same_dims(wanted, found, lambda a, b: f"{what} has size {a}, found {b}")
    if isinstance(fitted, Leaf | Pull) and found:
        return force(cx, fitted).atom
    return element_at(cx, fitted, ())
