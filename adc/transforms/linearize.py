"""Split a block with tangents into what does not depend on them and what is linear in them.

Both parts stand in the same scope, one after the other. Parallel and conditional regions recompute: the
linear copy of a `map`, `reduce`, `cond` or `accum` holds its own copy of the non-linear equations it needs.
Sequential loops save: the non-linear loop stacks, step by step, the values that the linear loop reads. In a
function that saves (`adc.transforms.derive`), so does every region around a call that saves: recomputing it
would run the whole recursion below it once more, at every depth. Elsewhere too, nothing is repeated that lends
an accumulator to a function.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from types import MappingProxyType

from adc.ir.core import TAPE, Atom, Block, Dim, Equation, Origin, Type, Value, atom_dim, literal
from adc.ir.dead import keep_results
from adc.ir.walk import equations_within, map_regions, refresh_block, updated_refs, uses
from adc.prims.table import PrimitiveTable
from adc.transforms.activity import Activity
from adc.transforms.calls import CallRules
from adc.transforms.residuals import Cut, Parts, Store, cut_block


@dataclass(frozen=True, slots=True)
class Splitter:
    """What splitting needs everywhere: the table, the treatment of calls, the linear values.

    `saves`: whether regions around calls that save do so too.
    """

    table: PrimitiveTable
    calls: CallRules
    linear: set[Value]
    saves: bool = False

    def split(self, equations: Iterable[Equation]) -> Parts:
        """The parts of a list of equations whose linear values are known (or found from the seeds)."""
        nonlinear: list[Equation] = []
        linear: list[Equation] = []
        for e in equations:
            if self._is_nonlinear(e):
                nonlinear.append(e)
                continue
            rule = _SAVE[e.op] if self._saves(e) else _SPLIT.get(e.op)
            if rule is None:
                linear.append(e)
                continue
            first, second = rule(self, e)
            nonlinear.extend(first)
            linear.extend(second)
        self._activity.propagate(linear, self.linear)  # copies have new names inside
        return Parts(tuple(nonlinear), tuple(linear))

    def cut(
        self,
        block: Block,
        is_linear: Sequence[bool],
        indices: Collection[Value],
        store: Store,
        results: Sequence[Value],
    ) -> Cut:
        """The block in two; `is_linear` tells which of its results the linear part yields.

        `results`: what becomes of its last results outside, where they are or are stacked.
        """
        parts = self.split(block.equations)
        held = self.linear.union(indices)
        local = [p for p in block.params if p not in held]
        local.extend(r for e in parts.nonlinear for r in e.results)
        outputs = block.results[len(block.results) - len(results) :]
        yielded = {
            a: r
            for a, r in zip(outputs, results, strict=True)
            if isinstance(a, Value)
            and r not in self.linear
            and r.type.shape[len(indices) :] == a.type.shape
        }
        wanted = compress(block.results, is_linear)
        return cut_block(parts, local, indices, wanted, store, yielded)

    def are_linear(self, values: Iterable[Value]) -> list[bool]:
        return [v in self.linear for v in values]

    def without_tangents(self, block: Block) -> Block:
        """The region with calls that only compute what does not depend on linear values."""
        equations: list[Equation] = []
        for e in block.equations:
            if e.op == "call" and not self._is_nonlinear(e):
                primal = self.calls.primal(e, self._are_free(e.operands))
                equations.extend(() if primal is None else (primal,))
            else:
                equations.append(map_regions(e, self.without_tangents))
        return replace(block, equations=tuple(equations))

    @property
    def _activity(self) -> Activity:
        return Activity(self.table, self.calls)

    def _is_nonlinear(self, e: Equation) -> bool:
        return self.linear.isdisjoint(uses(e))

    def _are_free(self, operands: Iterable[Atom]) -> list[bool]:
        return [not (isinstance(a, Value) and a in self.linear) for a in operands]

    def _saves(self, e: Equation) -> bool:
        inside = (inner for region in e.regions for inner in equations_within(region))
        calls = (inner for inner in inside if inner.op == "call")
        return any(self._lends(c) or (self.saves and self.calls.is_saved(c)) for c in calls)

    def _lends(self, call: Equation) -> bool:
        """Whether the function called adds to accumulators that are not linear: it must not run again."""
        return any(a.type.is_ref and a not in self.linear for a in call.operands)


def split(
    equations: Sequence[Equation],
    seeds: Iterable[Value],
    table: PrimitiveTable,
    calls: CallRules,
    *,
    saves: bool = False,
) -> tuple[Parts, set[Value]]:
    """The parts of `equations` with respect to the linear `seeds`, and every linear value."""
    linear = set(seeds)
    Activity(table, calls).propagate(equations, linear)
    return Splitter(table, calls, linear, saves).split(equations), linear


Halves = tuple[Sequence[Equation], Sequence[Equation]]


# ---- recomputing ------------------------------------------------------------------------------------


def _by_results(splitter: Splitter, e: Equation) -> Halves:
    """map, reduce, cond: one copy for the results free of linear values, one for the others."""
    return _halves(splitter, e, splitter.are_linear(e.results))


def _halves(splitter: Splitter, e: Equation, is_linear: Sequence[bool]) -> Halves:
    if all(is_linear) and updated_refs(e) <= splitter.linear:
        return (), (e,)
    dead = frozenset(r for r in updated_refs(e) if r in splitter.linear)
    primal = map_regions(e, splitter.without_tangents)
    first = keep_results(primal, _not(is_linear), dead)
    alive = updated_refs(e) - dead
    second = keep_results(e, is_linear, frozenset(alive), with_sizes=False)
    return (
        () if first is None else (first,),
        () if second is None else (_copy_regions(second),),
    )


def _copy_regions(e: Equation) -> Equation:
    """The equation with everything inside its regions renamed, so that both halves may stand in one scope."""
    return replace(e, regions=tuple(refresh_block(region, {}) for region in e.regions))


def _accum(splitter: Splitter, e: Equation) -> Halves:
    (body,) = e.regions
    count = len(body.params)
    return _halves(splitter, e, splitter.are_linear((*body.params, *e.results[count:])))


def _upd(splitter: Splitter, e: Equation) -> Halves:
    ref = e.operands[0]
    return ((), (e,)) if ref in splitter.linear else ((e,), ())


def _call(splitter: Splitter, e: Equation) -> Halves:
    first, second = splitter.calls.split(e, splitter._are_free(e.operands))
    return (() if first is None else (first,), () if second is None else (second,))


# ---- saving -----------------------------------------------------------------------------------------


def _stacks(dims: tuple[Dim, ...], rows: Iterable[Atom]) -> tuple[Value, ...]:
    """Arrays for values made at every index."""
    return tuple(
        Value(Type(a.type.dtype, dims + a.type.shape), a.hint if isinstance(a, Value) else "")
        for a in rows
    )


def _saving_map(splitter: Splitter, e: Equation) -> Halves:
    (body,) = e.regions
    is_linear = splitter.are_linear(e.results)
    cut = splitter.cut(body, is_linear, body.params, Store.ROWS_AND_TAPE, e.results)
    stacks = _stacks(tuple(map(atom_dim, e.operands)), cut.rows)
    kept = _not(is_linear)
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


def _saving_cond(splitter: Splitter, e: Equation) -> Halves:
    """Each arm packs a tape of its own, since they save different values."""
    is_linear = splitter.are_linear(e.results)
    kept = _not(is_linear)
    arms = [splitter.cut(arm, is_linear, (), Store.TAPE, e.results) for arm in e.regions]
    tapes = (Value(TAPE, "t"),) if any(arm.rows for arm in arms) else ()
    nothing = (literal(0, TAPE.dtype),) * len(tapes)
    first = replace(
        e,
        results=(*compress(e.results, kept), *tapes),
        regions=tuple(
            Block((), arm.nonlinear, (*compress(r.results, kept), *(arm.rows or nothing)))
            for arm, r in zip(arms, e.regions, strict=True)
        ),
    )
    second = replace(
        e,
        results=tuple(compress(e.results, is_linear)),
        regions=tuple(
            arm.linear_region(
                e, (), (), tapes[: len(arm.rows)], tuple(compress(r.results, is_linear))
            )
            for arm, r in zip(arms, e.regions, strict=True)
        ),
    )
    return (first,) if _matters(first) else (), (second,)


def _saving_accum(splitter: Splitter, e: Equation) -> Halves:
    (body,) = e.regions
    count = len(body.params)
    linear_refs = splitter.are_linear(body.params)
    linear_yields = splitter.are_linear(e.results[count:])
    cut = splitter.cut(body, linear_yields, (), Store.ROWS_AND_TAPE, e.results[count:])
    saved = _stacks((), cut.rows)
    is_linear = [*linear_refs, *linear_yields]
    first = replace(
        e,
        operands=tuple(compress(e.operands, _not(linear_refs))),
        results=(*compress(e.results, _not(is_linear)), *saved),
        regions=(
            _nonlinear_region(
                cut,
                tuple(compress(body.params, _not(linear_refs))),
                body.results,
                _not(linear_yields),
            ),
        ),
    )
    refs = tuple(compress(body.params, linear_refs))
    yields = tuple(compress(body.results, linear_yields))
    second = replace(
        e,
        operands=tuple(compress(e.operands, linear_refs)),
        results=tuple(compress(e.results, is_linear)),
        regions=(cut.linear_region(e, (), refs, saved, yields),),
    )
    return (first,) if first.results else (), (second,)


# ---- loops ------------------------------------------------------------------------------------------


def _loop(splitter: Splitter, e: Equation) -> Halves:
    (body,) = e.regions
    if all(splitter.are_linear((*e.results, *body.params[1:]))):
        return (), (e,)
    return _cut_loop(splitter, e, Store.ROWS)


def _saving_loop(splitter: Splitter, e: Equation) -> Halves:
    return _cut_loop(splitter, e, Store.ROWS_AND_TAPE)


def _cut_loop(splitter: Splitter, e: Equation, store: Store) -> Halves:
    trip, *inits = e.operands
    loop = _Loop(e, trip, tuple(inits), (trip,), ())
    first, second = loop.halves(splitter, store)
    return (first,) if first.results else (), (second,)


def _while(splitter: Splitter, e: Equation) -> Halves:
    return _cut_while(splitter, e, Store.ROWS)


def _saving_while(splitter: Splitter, e: Equation) -> Halves:
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
        cut = splitter.cut(body, is_linear, (index,), store, finals[count:])
        stacks = _stacks((atom_dim(self.trip),), cut.rows)
        kept = _not(is_linear)
        params = (index, *compress(carried, _not(linear_carry)))
        first = replace(
            e,
            operands=(*self.head, *compress(self.inits, _not(linear_carry))),
            results=(*self.counted, *compress(finals, kept), *stacks),
            regions=(
                *(replace(t, params=tuple(compress(t.params, _not(linear_carry)))) for t in tests),
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


_FORWARD = MappingProxyType({"reverse": False})


def _not(flags: Sequence[bool]) -> list[bool]:
    return [not flag for flag in flags]


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
_SAVE: dict[str, Callable[[Splitter, Equation], Halves]] = {
    "map": _saving_map,
    "cond": _saving_cond,
    "accum": _saving_accum,
    "loop": _saving_loop,
    "while": _saving_while,
}
