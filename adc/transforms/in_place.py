"""Arrays that the steps of a loop change in place, and how much regions read of them.

Note [Arrays changed in place]
A step that changes a few elements of a carried array costs those elements; saving the array for the linear
part of the step would cost all of it. So of such arrays, called pieces here, the elements that are read get
saved, and regions that read them save as loops do instead of computing again. Where a region is sure to read
as many elements as the array has (its extents cover the dims), the array itself is as good and often smaller.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from types import MappingProxyType

from adc.ir.core import Atom, Block, Dim, Equation, Type, Value, atom_dim
from adc.prims.structured.layout import carried_operands, extents

SMALL = 64  # elements; arrays of a fixed size up to this are as good as scalars

# Arrays that only parts may be read of, with the dims that no extent around covers yet.
Pieces = Mapping[Value, tuple[Dim, ...]]
NO_PIECES: Pieces = MappingProxyType({})
Bases = dict[Value, Value]  # whole numbers by what they are a constant away from


@dataclass(slots=True)
class Reads:
    """Pieces that some place reads a part of, or may not read at all; and those sure to be read as a whole."""

    parts: set[Value] = field(default_factory=set)
    wholes: set[Value] = field(default_factory=set)

    @property
    def few(self) -> set[Value]:
        return self.parts - self.wholes


def carried_in_place(body: Block, params: Sequence[Value]) -> set[Value]:
    """Carried arrays that every step passes on with changes to some elements, and what it makes on the way."""
    found: set[Value] = set()
    candidates = [p for p in params if p.type.rank and not is_small(p.type)]
    while candidates:
        found = _passed_on(body, candidates)
        after = dict(zip(params, body.results, strict=False))
        kept = [p for p in candidates if after[p] in found]
        if kept == candidates:
            break
        found, candidates = set(), kept
    return found.difference(a for a in body.results[len(params) :] if isinstance(a, Value))


def is_small(t: Type) -> bool:
    """Whether the size is fixed and small."""
    dims = [d for d in t.shape if isinstance(d, int)]
    return len(dims) == t.rank and prod(dims) <= SMALL


def entered(pieces: Pieces, e: Equation, region: Block, bases: Bases) -> Pieces:
    """The pieces inside a region of `e`. A branch may not be taken, so extents around it count no more."""
    if not pieces:
        return pieces
    covered = [atom_dim(a) for a in extents(e)]
    inside = {
        v: dims and v.type.shape if e.op == "cond" else _uncovered(dims, covered, bases)
        for v, dims in pieces.items()
    }
    inside.update(
        (p, p.type.shape)
        for p, init in _carried(e, region)
        if isinstance(init, Value) and pieces.get(init)
    )
    open_ = [v for v, dims in inside.items() if dims]
    return {**{v: v.type.shape for v in _passed_on(region, open_)}, **inside}


def reads(equations: Iterable[Equation], pieces: Pieces, bases: Bases) -> Reads:
    """What the equations and their regions read of the pieces."""
    found = Reads()
    if pieces:
        _note(equations, (), pieces, bases, found, is_sure=True)
    return found


def note_base(e: Equation, bases: Bases) -> None:
    """Remember a whole number that is a constant, or a constant factor, away from another."""
    others = [a for a in e.operands if isinstance(a, Value)]
    if e.op in _NEAR and len(others) == 1:
        bases[e.results[0]] = bases.get(others[0], others[0])


_NEAR = frozenset({"add", "sub", "mul", "max", "min", "floordiv"})


def _note(
    equations: Iterable[Equation],
    results: Sequence[Atom],
    pieces: Pieces,
    bases: Bases,
    found: Reads,
    *,
    is_sure: bool,
) -> None:
    def note(a: Atom, is_partial: bool) -> None:
        if isinstance(a, Value) and a in pieces:
            is_part = not is_sure or (is_partial and bool(pieces[a]))
            (found.parts if is_part else found.wholes).add(a)

    for e in equations:
        for a in e.operands:
            note(a, e.op in _PARTIAL)
        for region in e.regions:
            inside = entered(pieces, e, region, bases)
            sure = is_sure and e.op != "cond"
            _note(region.equations, region.results, inside, bases, found, is_sure=sure)
    for a in results:
        note(a, True)


def _carried(e: Equation, region: Block) -> Iterator[tuple[Value, Atom]]:
    """Parameters of a loop's region with the initial values."""
    inits = [e.operands[k] for k, _ in carried_operands(e)]
    count = len(region.params) - len(inits)  # what stands before them counts steps
    return zip(region.params[count:], inits, strict=True) if inits else iter(())


def _uncovered(dims: tuple[Dim, ...], extents: Sequence[Dim], bases: Bases) -> tuple[Dim, ...]:
    """The dims that are left when each extent covers one."""
    left = list(dims)
    for extent in extents:
        covered = next((d for d in left if _covers(extent, d, bases)), None)
        if covered is not None:
            left.remove(covered)
    return tuple(left)


def _covers(extent: Dim, d: Dim, bases: Bases) -> bool:
    if isinstance(extent, int) or isinstance(d, int):
        return isinstance(extent, int) and isinstance(d, int) and extent >= d
    return bases.get(extent, extent) is bases.get(d, d)


# ---- what becomes of arrays without being made anew --------------------------------------------------


def is_passed_on(block: Block, v: Value) -> bool:
    """Whether a result of the block is the array `v`, changed or not, as a whole."""
    if not v.type.rank:
        return False
    found = _passed_on(block, (v,))
    return any(
        isinstance(a, Value) and a in found and a.type.rank == v.type.rank for a in block.results
    )


def _passed_on(block: Block, given: Collection[Value]) -> set[Value]:
    """The given arrays and what the block makes of them by changing, choosing or viewing."""
    found = set(given)
    for e in block.equations:
        rule = _PASS_ON.get(e.op)
        if rule is not None:
            found.update(r for r in rule(e, found) if r.type.rank and not is_small(r.type))
    return found


def _first(e: Equation, found: set[Value]) -> Iterator[Value]:
    return iter(e.results if e.operands[0] in found else ())


def _accum(e: Equation, found: set[Value]) -> Iterator[Value]:
    (body,) = e.regions
    count = len(e.operands)
    yield from (r for r, a in zip(e.results, e.operands, strict=False) if a in found)
    inside = _passed_on(body, found)
    yield from (r for r, a in zip(e.results[count:], body.results, strict=True) if a in inside)


def _loop(e: Equation, found: set[Value]) -> Iterator[Value]:
    body = e.regions[-1]
    kept = carried_in_place(body, [p for p, _ in _carried(e, body)])
    yield from (
        e.results[final]
        for (start, final), a in zip(carried_operands(e), body.results, strict=False)
        if e.operands[start] in found and a in kept
    )


def _cond(e: Equation, found: set[Value]) -> Iterator[Value]:
    for arm in e.regions:
        inside = _passed_on(arm, found)
        yield from (r for r, a in zip(e.results, arm.results, strict=True) if a in inside)


_PASS_ON: Mapping[str, Callable[[Equation, set[Value]], Iterator[Value]]] = {
    "update": _first,
    "index": _first,
    "reshape": _first,
    "stop_gradient": _first,
    "accum": _accum,
    "loop": _loop,
    "while": _loop,
    "cond": _cond,
}
_PARTIAL = frozenset({*_PASS_ON, "call"})
