"""What the linear part of a block reads of the values that its non-linear part makes.

Note [What is saved]
A value that the linear part reads is made again when that costs a few scalar operations on what is at hand:
values from outside, and indices. So are fields of a tape at hand, and constant arrays. Everything else is
saved. In a region that runs many times it becomes a row of an array. A value whose sizes are known only inside
fits no array: it goes into a tape together with these sizes, or, where there are to be no tapes, the equation
that makes it is repeated, and what that equation reads is wanted in its place. Never repeated is what reads an
array that steps change in place (`adc.transforms.in_place`), for then all of that array would have to be saved.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from adc.ir.core import TAPE, Atom, Block, Equation, Origin, Value
from adc.ir.dead import remove_dead
from adc.ir.walk import refresh_equations, substitute_atom, type_values, uses
from adc.transforms.in_place import is_small

CHEAP_OPERATIONS = 4  # scalar operations worth redoing rather than a store and a load


class Store(Enum):
    """How saved values get from the non-linear part of a block to its linear part."""

    ROWS = "one by one; what has a size known only inside is made again"
    ROWS_OR_TAPE = (
        "the same; but what would read arrays changed in place then is packed into a tape"
    )
    ROWS_AND_TAPE = "one by one; what has a size known only inside is packed into a tape"
    SCALARS_AND_TAPE = "scalars and small arrays one by one; what is larger is packed into a tape"
    TAPE = "all in one tape"


@dataclass(frozen=True, slots=True)
class Parts:
    """Equations free of linear values, then equations linear in them."""

    nonlinear: tuple[Equation, ...]
    linear: tuple[Equation, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """A block in two. The non-linear part makes `rows`; the linear part, given these, begins with `again`.

    Both parts know values by the same names. `yielded`: saved values that are results of the non-linear part
    anyway, and the results.
    """

    nonlinear: tuple[Equation, ...]
    rows: tuple[Value, ...]
    yielded: Mapping[Value, Value]
    again: tuple[Equation, ...]
    linear: tuple[Equation, ...]

    def linear_region(
        self,
        e: Equation,
        indices: Sequence[Value],
        params: Sequence[Value],
        given: Sequence[Value],
        results: Sequence[Atom],
    ) -> Block:
        """The linear part as a region for the linear half of `e`, everything in it renamed.

        The rows are `given`, or to be found there at the indices if there are any; so are values yielded.
        """
        renewed = tuple(Value(p.type, p.hint) for p in (*indices, *params))
        env: dict[Value, Atom] = dict(zip((*indices, *params), renewed, strict=True))
        at = renewed[: len(indices)]
        origin = Origin("linearize", e.op, e.origin)
        reads = []
        for row, source in (*zip(self.rows, given, strict=True), *self.yielded.items()):
            v = Value(row.type, row.hint) if at else source
            env[row] = v
            if at:
                reads.append(Equation("index", (source, *at), (v,), span=e.span, origin=origin))
        equations = refresh_equations((*self.again, *self.linear), env)
        found = tuple(substitute_atom(a, env) for a in results)
        return remove_dead(Block(renewed, (*reads, *equations), found))


def cut_block(
    parts: Parts,
    local: Sequence[Value],
    indices: Collection[Value],
    results: Iterable[Atom],
    store: Store,
    yielded: Mapping[Value, Value] = MappingProxyType({}),
    pieces: Collection[Value] = (),
) -> Cut:
    """The cut between the parts of a block: Note [What is saved].

    `local`: the values that only the non-linear part has, in order; `indices`: parameters that both parts
    have; `results`: what the linear part yields; `yielded`: what the non-linear part yields, and as which result;
    `pieces`: the local arrays that steps change in place.
    """
    place = {v: k for k, v in enumerate(local)}
    wanted = {a for a in results if isinstance(a, Value) and a in place}
    for e in parts.linear:
        wanted.update(v for v in uses(e) if v in place)

    def is_row(v: Value) -> bool:
        if store is Store.TAPE or (store is Store.SCALARS_AND_TAPE and not is_small(v.type)):
            return False
        return not any(d in place or d in indices for d in type_values(v.type))

    costly = _reading(parts.nonlinear, pieces, is_row)

    def is_packed(v: Value) -> bool:
        return store not in (Store.ROWS, Store.ROWS_OR_TAPE) or (
            store is Store.ROWS_OR_TAPE and v in costly
        )

    saved, again = _choose(
        parts.nonlinear, wanted, place, lambda v: is_row(v) or is_packed(v), is_row
    )
    known = {v: yielded[v] for v in saved if v in yielded}
    rows = tuple(v for v in saved if is_row(v) and v not in known)
    packed = tuple(v for v in saved if not is_row(v) and v not in known)
    if not packed or [v.type for v in packed] == [TAPE]:
        return Cut(parts.nonlinear, (*rows, *packed), known, again, parts.linear)
    tape = Value(TAPE, "t")
    origin = Origin("linearize", "save")
    packing = Equation("pack", packed, (tape,), origin=origin)
    unpacking = Equation("unpack", (tape,), packed, origin=origin)
    again = (*again, unpacking)
    return Cut((*parts.nonlinear, packing), (*rows, tape), known, again, parts.linear)


def _choose(
    equations: Sequence[Equation],
    wanted: Iterable[Value],
    place: Mapping[Value, int],
    is_storable: Callable[[Value], bool],
    is_row: Callable[[Value], bool],
) -> tuple[list[Value], tuple[Equation, ...]]:
    """What to save, sizes first, and which equations to repeat."""
    made_by = {r: e for e in equations for r in e.results}
    cost = _costs(equations, place)
    repeated: set[Equation] = set()
    saved: set[Value] = set()
    pending = list(wanted)
    seen = set(pending)
    while pending:
        v = pending.pop()
        e = made_by.get(v)
        if e is not None and (
            cost.get(v, CHEAP_OPERATIONS + 1) <= CHEAP_OPERATIONS or not is_storable(v)
        ):
            repeated.add(e)
            needs = {n for n in uses(e) if n in place}
        else:
            assert is_storable(v), "a carried value has a size that only its step knows"
            saved.add(v)
            needs = set() if is_row(v) else {d for d in type_values(v.type) if d in place}
        pending.extend(needs - seen)
        seen |= needs
    saved -= {r for e in repeated for r in e.results}
    again = tuple(e for e in equations if e in repeated)
    return sorted(saved, key=lambda v: (v.type.rank > 0, place[v])), again


def _reading(
    equations: Sequence[Equation], pieces: Collection[Value], is_row: Callable[[Value], bool]
) -> set[Value]:
    """Values that cannot be made again without reading pieces."""
    found: set[Value] = set()
    if pieces:
        for e in equations:
            if any(v in pieces or (v in found and not is_row(v)) for v in uses(e)):
                found.update(e.results)
    return found


def _is_repeatable(e: Equation) -> bool:
    """Whether the equation is one scalar operation, reads a tape, or fills an array with a constant."""
    if e.op in ("map", "unpack"):
        return not any(region.equations for region in e.regions)
    return not (e.regions or e.op == "call" or any(r.type.rank for r in e.results))


def _costs(equations: Sequence[Equation], local: Collection[Value]) -> dict[Value, int]:
    """Scalar operations to make a value again from what is at hand; absent when it needs more."""
    cost: dict[Value, int] = {}
    for e in equations:
        if not _is_repeatable(e):
            continue
        inputs = [v for v in uses(e) if v in local]
        if all(v in cost for v in inputs):
            total = 1 + sum(cost[v] for v in inputs)
            cost.update((r, total) for r in e.results)
    return cost
