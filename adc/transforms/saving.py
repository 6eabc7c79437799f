"""Splitting equations with regions that save: the non-linear half leaves what the linear half reads.

Regions that run many times stack it row by row; the arms of a `cond` leave it in results of the `cond`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from types import MappingProxyType

from adc.ir.builder import Builder
from adc.ir.core import (
    NO_PARAMS,
    Atom,
    Block,
    Dim,
    Equation,
    Origin,
    Type,
    Value,
    atom_dim,
    element_type,
)
from adc.ir.dead import remove_dead
from adc.ir.walk import refresh_block, updated_refs
from adc.prims.array.build import zeros
from adc.transforms.in_place import NO_PIECES, carried_in_place, reads
from adc.transforms.residuals import Cut, Store
from adc.transforms.splitting import Halves, Splitter, negated


def _stacks(dims: tuple[Dim, ...], rows: Iterable[Atom]) -> tuple[Value, ...]:
    """Arrays for values made at every index."""
    return tuple(
        Value(Type(a.type.dtype, dims + a.type.shape), a.hint if isinstance(a, Value) else "")
        for a in rows
    )


def save_map(splitter: Splitter, e: Equation) -> Halves:
    (body,) = e.regions
    is_linear = splitter.are_linear(e.results)
    cut = splitter.cut_region(e, body, is_linear, body.params, e.results)
    stacks = _stacks(tuple(map(atom_dim, e.operands)), cut.rows)
    kept = negated(is_linear)
    first = replace(
        e,
        results=(*compress(e.results, kept), *stacks),
        regions=(_nonlinear_region(cut, body.params, body.results, kept),),
    )
    yields = tuple(compress(body.results, is_linear))
    region = cut.linear_region(e, body.params, (), stacks, yields)
    second = replace(e, results=tuple(compress(e.results, is_linear)), regions=(region,))
    return (first,) if _matters(first) else (), (second,)


def _nonlinear_region(
    cut: Cut, params: tuple[Value, ...], results: Sequence[Atom], kept: Sequence[bool]
) -> Block:
    return Block(params, cut.nonlinear, (*compress(results, kept), *cut.rows))


def _matters(e: Equation) -> bool:
    return bool(e.results) or bool(updated_refs(e))


def save_reduce(splitter: Splitter, e: Equation) -> Halves:
    """A map makes the elements, beside what is saved."""
    (body,) = e.regions
    dims = tuple(map(atom_dim, e.operands))
    is_linear = splitter.are_linear(e.results)
    kept = negated(is_linear)
    elements = _stacks(dims, body.results)
    cut = splitter.cut_region(e, body, is_linear, body.params, elements)
    stacks = _stacks(dims, cut.rows)
    made = tuple(compress(elements, kept))
    mapped = replace(
        e,
        op="map",
        results=(*made, *stacks),
        params=NO_PARAMS,
        regions=(_nonlinear_region(cut, body.params, body.results, kept),),
    )
    indices = tuple(Value(p.type, p.hint) for p in body.params)
    rows = tuple(Value(element_type(x.type, x.type.rank), x.hint) for x in made)
    reading = tuple(
        Equation("index", (x, *indices), (row,), span=e.span, origin=e.origin)
        for x, row in zip(made, rows, strict=True)
    )
    reduced = _with_ops(e, kept, Block(indices, reading, rows))
    region = cut.linear_region(e, body.params, (), stacks, tuple(compress(body.results, is_linear)))
    firsts = [f for f in (mapped, reduced) if _matters(f)]
    return firsts, (_with_ops(e, is_linear, region),)


def _with_ops(e: Equation, kept: Sequence[bool], region: Block) -> Equation:
    """The `reduce` for some of its results."""
    ops = e.params["ops"]
    assert isinstance(ops, tuple)
    params = MappingProxyType({"ops": tuple(compress(ops, kept))})
    return replace(e, results=tuple(compress(e.results, kept)), params=params, regions=(region,))


def save_cond(splitter: Splitter, e: Equation) -> Halves:
    """The arms save different values: those of the same type share a result, which is zero where there is none."""
    is_linear = splitter.are_linear(e.results)
    kept = negated(is_linear)
    arms = [splitter.cut_region(e, arm, is_linear, (), e.results) for arm in e.regions]
    slots: list[Value] = []
    fillings = [_fill(arm.rows, slots) for arm in arms]
    first = replace(
        e,
        results=(*compress(e.results, kept), *slots),
        regions=tuple(
            _filled_arm(splitter, arm, list(compress(r.results, kept)), filling, slots)
            for arm, r, filling in zip(arms, e.regions, fillings, strict=True)
        ),
    )
    second = replace(
        e,
        results=tuple(compress(e.results, is_linear)),
        regions=tuple(
            arm.linear_region(e, (), (), list(filling), tuple(compress(r.results, is_linear)))
            for arm, r, filling in zip(arms, e.regions, fillings, strict=True)
        ),
    )
    return (first,) if _matters(first) else (), (second,)


Filling = Mapping[Value, Value]  # what an arm leaves in results of its `cond`


def _fill(rows: Sequence[Value], slots: list[Value]) -> Filling:
    """A slot for each row; new ones are added where those of its type are taken."""
    filling: dict[Value, Value] = {}
    for row in rows:
        slot = next((s for s in slots if s.type == row.type and s not in filling), None)
        if slot is None:
            slot = Value(row.type, row.hint)
            slots.append(slot)
        filling[slot] = row
    return filling


def _filled_arm(
    splitter: Splitter, arm: Cut, results: Sequence[Atom], filling: Filling, slots: Sequence[Value]
) -> Block:
    """The non-linear part of an arm, which leaves what it saves in slots and zeros in the others."""
    b = Builder(splitter.table.infer)
    b.extend(arm.nonlinear)
    left = [filling[s] if s in filling else zeros(b, s.type) for s in slots]
    return b.finish((), (*results, *left))


def save_accum(splitter: Splitter, e: Equation) -> Halves:
    (body,) = e.regions
    count = len(body.params)
    linear_refs = splitter.are_linear(body.params)
    linear_yields = splitter.are_linear(e.results[count:])
    cut = splitter.cut_region(e, body, linear_yields, (), e.results[count:])
    is_linear = [*linear_refs, *linear_yields]
    firsts, saved = _accumulated(splitter, e, cut, is_linear)
    refs = tuple(compress(body.params, linear_refs))
    yields = tuple(compress(body.results, linear_yields))
    second = replace(
        e,
        operands=tuple(compress(e.operands, linear_refs)),
        results=tuple(compress(e.results, is_linear)),
        regions=(cut.linear_region(e, (), refs, saved, yields),),
    )
    return firsts, (second,)


def _accumulated(
    splitter: Splitter, e: Equation, cut: Cut, is_linear: Sequence[bool]
) -> tuple[list[Equation], Sequence[Value]]:
    """The non-linear half of an `accum`, and what it saves.

    An `accum` that yields has no surface form: where that is asked for, what is saved is made ahead of it.
    """
    (body,) = e.regions
    count = len(body.params)
    kept, linear_yields = negated(is_linear), is_linear[count:]
    ahead: list[Equation] = []
    saved: Sequence[Value] = _stacks((), cut.rows)
    rows = cut.rows
    if not splitter.calls.uses_tapes:
        whole = remove_dead(Block((), cut.nonlinear, rows), frozenset(body.params))
        copy = refresh_block(whole, {})
        ahead = list(copy.equations)
        saved, rows = [a for a in copy.results if isinstance(a, Value)], ()
    params = tuple(compress(body.params, kept))
    results = (*compress(body.results, negated(linear_yields)), *rows)
    first = replace(
        e,
        operands=tuple(compress(e.operands, kept)),
        results=(*compress(e.results, kept), *(saved if rows else ())),
        regions=(Block(params, cut.nonlinear, results),),
    )
    return [*ahead, *([first] if _matters(first) else [])], saved


# ---- loops ------------------------------------------------------------------------------------------


def split_loop(splitter: Splitter, e: Equation) -> Halves:
    (body,) = e.regions
    is_linear = all(splitter.are_linear((*e.results, *body.params[1:])))
    if is_linear and updated_refs(e) <= splitter.linear:
        return (), (e,)
    return _cut_loop(splitter, e, splitter.loop_store)


def save_loop(splitter: Splitter, e: Equation) -> Halves:
    return _cut_loop(splitter, e, Store.ROWS_AND_TAPE)


def _cut_loop(splitter: Splitter, e: Equation, store: Store) -> Halves:
    trip, *inits = e.operands
    loop = _Loop(e, trip, tuple(inits), (trip,), ())
    first, second = loop.halves(splitter, store)
    return (first,) if _matters(first) else (), (second,)


def split_while(splitter: Splitter, e: Equation) -> Halves:
    return _cut_while(splitter, e, splitter.loop_store)


def save_while(splitter: Splitter, e: Equation) -> Halves:
    return _cut_while(splitter, e, Store.ROWS_AND_TAPE)


def _cut_while(splitter: Splitter, e: Equation, store: Store) -> Halves:
    steps = e.results[0]
    first, second = _Loop(e, steps, e.operands, (), (steps,)).halves(splitter, store)
    return (first,), (second,)


@dataclass(frozen=True, slots=True)
class _Loop:
    """What loops of both kinds have in common; `head` and `counted` stand before the inits and the finals."""

    e: Equation
    trip: Atom
    inits: tuple[Atom, ...]
    head: tuple[Atom, ...]
    counted: tuple[Value, ...]

    def halves(self, splitter: Splitter, store: Store) -> tuple[Equation, Equation]:
        """The loop of all that is not linear, stacking what is saved; the loop of all that is."""
        e, count = self.e, len(self.inits)
        *tests, body = e.regions
        index, *carried = body.params
        finals = e.results[len(self.counted) :]
        linear_carry = splitter.are_linear(carried)
        linear_output = [
            isinstance(a, Value) and a in splitter.linear for a in body.results[count:]
        ]
        is_linear = [*linear_carry, *linear_output]
        cut = self._cut(splitter, is_linear, store, finals[count:])
        stacks = _stacks((atom_dim(self.trip),), cut.rows)
        kept = negated(is_linear)
        params = (index, *compress(carried, negated(linear_carry)))
        first = replace(
            e,
            operands=(*self.head, *compress(self.inits, negated(linear_carry))),
            results=(*self.counted, *compress(finals, kept), *stacks),
            regions=(
                *(
                    replace(t, params=tuple(compress(t.params, negated(linear_carry))))
                    for t in tests
                ),
                _nonlinear_region(cut, params, body.results, kept),
            ),
        )
        region = cut.linear_region(
            e,
            (index,),
            tuple(compress(carried, linear_carry)),
            stacks,
            tuple(compress(body.results, is_linear)),
        )
        second = Equation(
            "loop",
            (self.trip, *compress(self.inits, linear_carry)),
            tuple(compress(finals, is_linear)),
            e.params if e.op == "loop" else _FORWARD,
            (region,),
            e.span,
            Origin("linearize", e.op, e.origin),
        )
        return first, second

    def _cut(
        self, splitter: Splitter, is_linear: Sequence[bool], store: Store, stacked: Sequence[Value]
    ) -> Cut:
        """The body in two. Saving whole arrays is tried first, to see of which it would be too much."""
        body = self.e.regions[-1]

        def cut(splitter: Splitter) -> Cut:
            parts = splitter.split(body.equations)
            return splitter.cut(parts, body, is_linear, body.params[:1], store, stacked)

        inner = splitter.inside(self.e, body)
        own = carried_in_place(body, body.params[1:]) - splitter.linear
        pieces = {**inner.pieces, **{v: v.type.shape for v in own}}
        found = cut(replace(inner, pieces=NO_PIECES))
        few = reads((*found.again, *found.linear), pieces, inner.bases).few
        if not few:
            return found
        return cut(replace(inner, pieces={v: dims for v, dims in pieces.items() if v in few}))


_FORWARD = MappingProxyType({"reverse": False})
