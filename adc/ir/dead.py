"""Dead code: equations, region results, carried values and accumulators that nothing needs.

An equation lives when a result is needed or when it adds to a live accumulator; a check lives as long as the
block it stands in. Equations with regions lose single results, so a derivative can drop half of a loop.

Marks, then sweeps; both take linear time, however deep loops are nested. A carried value and an accumulator
live exactly when the parameter that stands for it inside the region does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeVar

from adc.ir.core import NO_PARAMS, Atom, Block, Equation, Value
from adc.ir.walk import refresh_equation, type_values, updated_refs

T = TypeVar("T")
Dead = frozenset[Value]  # accumulators of enclosing blocks whose final value nobody reads
NONE_DEAD: Dead = frozenset()


def remove_dead(block: Block, dead: Dead = NONE_DEAD) -> Block:
    """The block without what its results, its checks and its additions to live accumulators do not need."""
    marks = _Marks()
    marks.index(block, None)
    marks.need(block.results)
    marks.need_all_sizes(block.params)
    marks.keep_checks(block)
    marks.keep_updates(dead)
    marks.spread()
    return _sweep_block(block, marks)


def keep_results(
    e: Equation, keep: Sequence[bool], dead: Dead = NONE_DEAD, *, with_sizes: bool = True
) -> Equation | None:
    """The equation with only the results to keep, adding to accumulators not `dead` only; None when nothing is left.

    Sizes among the results that a kept result needs are kept too, unless another equation defines them.
    """
    marks = _Marks(frozenset() if with_sizes else frozenset(e.results))
    marks.index_equation(e, None)
    marks.need(_pick(e.results, keep))
    marks.keep_updates(dead)
    marks.spread()
    return _sweep(e, marks) if e in marks.kept else None


def apart(e: Equation) -> tuple[Equation, Equation]:
    """What an equation yields and what it adds to accumulators, separately."""
    pure = keep_results(e, [True] * len(e.results), frozenset(updated_refs(e)))
    adding = keep_results(refresh_equation(e, {}), [False] * len(e.results))
    assert pure is not None
    assert adding is not None
    return pure, adding


@dataclass(slots=True)
class _Marks:
    """What lives. `elsewhere`: results whose sizes, when they are among themselves, another equation defines."""

    elsewhere: frozenset[Value] = frozenset()
    live: set[Value] = field(default_factory=set)
    kept: set[Equation] = field(default_factory=set)
    _made_by: dict[Value, tuple[Equation, Sequence[Atom]]] = field(default_factory=dict)
    _inside: dict[Equation, Equation | None] = field(default_factory=dict)
    _updates: dict[Value, list[Equation]] = field(default_factory=dict)
    _pending: list[Value] = field(default_factory=list)

    def index(self, block: Block, owner: Equation | None) -> None:
        for e in block.equations:
            self.index_equation(e, owner)

    def index_equation(self, e: Equation, owner: Equation | None) -> None:
        """Note what the values that the equation defines depend on, and which accumulators it adds to."""
        self._inside[e] = owner
        for a in e.operands:
            if isinstance(a, Value) and a.type.is_ref:
                self._updates.setdefault(a, []).append(e)
        for v, atoms in _LINKS.get(e.op, _plain_links)(e):
            self._made_by[v] = e, atoms
        for region in e.regions:
            self.index(region, e)

    def need(self, atoms: Sequence[Atom]) -> None:
        for a in atoms:
            if isinstance(a, Value) and a not in self.live:
                self.live.add(a)
                self._pending.append(a)

    def spread(self) -> None:
        """Mark everything that marked values need."""
        while self._pending:
            v = self._pending.pop()
            self.need_sizes(v)
            if v in self._made_by:
                e, atoms = self._made_by[v]
                self.keep(e)
                self.need(atoms)
                if v.type.is_ref:
                    for update in self._updates.get(v, ()):
                        self.keep(update)

    def need_sizes(self, v: Value) -> None:
        for d in type_values(v.type):
            if d not in self.elsewhere or v not in self.elsewhere:
                self.need((d,))

    def need_all_sizes(self, values: Sequence[Value]) -> None:
        for v in values:
            self.need_sizes(v)

    def keep(self, e: Equation | None) -> None:
        """The equation lives, and with it the equations around, their checks, and what they always need."""
        while e is not None and e not in self.kept:
            self.kept.add(e)
            self.need(_ALWAYS.get(e.op, _operands)(e))
            if e.op not in _LINKS:
                self.need_all_sizes(e.results)
            for region in e.regions:
                self.keep_checks(region)
            e = self._inside[e]

    def keep_checks(self, block: Block) -> None:
        for e in block.equations:
            if e.op == "assert":
                self.keep(e)

    def keep_updates(self, dead: Dead) -> None:
        """Additions to accumulators of enclosing blocks live, unless their accumulator is dead."""
        for ref, updates in self._updates.items():
            if ref not in self._made_by and ref not in dead:
                for e in updates:
                    self.keep(e)


# ---- what values depend on -----------------------------------------------------------------------

Links = Iterator[tuple[Value, Sequence[Atom]]]


def _yield_links(e: Equation) -> Links:
    """map, reduce, argreduce, cond: a result needs what every region yields for it."""
    for position, r in enumerate(e.results):
        yield r, [region.results[position] for region in e.regions]


def _loop_links(e: Equation) -> Links:
    (body,) = e.regions
    return _carry_links(body, e.operands[1:], e.results)


def _while_links(e: Equation) -> Links:
    test, body = e.regions
    yield e.results[0], ()
    yield from zip(test.params, ((p,) for p in body.params[1:]), strict=True)
    yield from _carry_links(body, e.operands, e.results[1:], test.params)


def _carry_links(
    body: Block, initial: Sequence[Atom], results: Sequence[Value], tested: Sequence[Value] = ()
) -> Links:
    """A carried value is one thing with four or five names: none of them lives alone."""
    carried = body.params[1:]
    for position, p in enumerate(carried):
        r = results[position]
        yield r, (p,)
        yield p, (initial[position], body.results[position], r, *tested[position : position + 1])
    count = len(carried)
    for r, row in zip(results[count:], body.results[count:], strict=True):
        yield r, (row,)


def _accum_links(e: Equation) -> Links:
    (body,) = e.regions
    count = len(body.params)
    for ref, base, r in zip(body.params, e.operands, e.results[:count], strict=True):
        yield r, (ref,)
        yield ref, (base, r)
    for r, a in zip(e.results[count:], body.results, strict=True):
        yield r, (a,)


_LINKS: Mapping[str, Callable[[Equation], Links]] = {
    "map": _yield_links,
    "reduce": _yield_links,
    "argreduce": _yield_links,
    "cond": _yield_links,
    "loop": _loop_links,
    "while": _while_links,
    "accum": _accum_links,
}


def _plain_links(e: Equation) -> Links:
    return ((r, ()) for r in e.results)


def _operands(e: Equation) -> Sequence[Atom]:
    return e.operands


# What an equation needs as soon as it lives; other operands stand for single results.
_ALWAYS: Mapping[str, Callable[[Equation], Sequence[Atom]]] = {
    "loop": lambda e: e.operands[:1],
    "while": lambda e: e.regions[0].results,
    "accum": lambda e: (),
}


# ---- what is left --------------------------------------------------------------------------------

Mask = Sequence[bool]


@dataclass(frozen=True, slots=True)
class _Masks:
    """What stays: operands and results of an equation, parameters and results of each of its regions."""

    operands: Mask
    results: Mask
    params: Sequence[Mask]
    yields: Sequence[Mask]


def _yield_masks(e: Equation, live: set[Value]) -> _Masks:
    results = _alive(e.results, live)
    params = [_all(region.params) for region in e.regions]
    return _Masks(_all(e.operands), results, params, [results] * len(params))


def _loop_masks(e: Equation, live: set[Value]) -> _Masks:
    (body,) = e.regions
    carried = _alive(body.params[1:], live)
    results = [*carried, *_alive(e.results[len(carried) :], live)]
    return _Masks([True, *carried], results, [[True, *carried]], [results])


def _while_masks(e: Equation, live: set[Value]) -> _Masks:
    _, body = e.regions
    carried = _alive(body.params[1:], live)
    results = [*carried, *_alive(e.results[1 + len(carried) :], live)]
    params = [carried, [True, *carried]]
    return _Masks(carried, [True, *results], params, [[True], results])


def _accum_masks(e: Equation, live: set[Value]) -> _Masks:
    (body,) = e.regions
    refs = _alive(body.params, live)
    yielded = _alive(e.results[len(refs) :], live)
    return _Masks(refs, [*refs, *yielded], [refs], [yielded])


_MASKS: Mapping[str, Callable[[Equation, set[Value]], _Masks]] = {
    "map": _yield_masks,
    "reduce": _yield_masks,
    "argreduce": _yield_masks,
    "cond": _yield_masks,
    "loop": _loop_masks,
    "while": _while_masks,
    "accum": _accum_masks,
}


def _alive(values: Sequence[Value], live: set[Value]) -> list[bool]:
    return [v in live for v in values]


def _all(items: Sequence[object]) -> Mask:
    return [True] * len(items)


def _pick(items: Sequence[T], keep: Mask) -> tuple[T, ...]:
    return tuple(item for item, k in zip(items, keep, strict=True) if k)


def _sweep(e: Equation, marks: _Marks) -> Equation:
    """A living equation without its dead parts; the same object when it has none."""
    if not e.regions:
        return e
    masks = _MASKS[e.op](e, marks.live)
    regions = []
    for region, params, results in zip(e.regions, masks.params, masks.yields, strict=True):
        regions.append(_sweep_block(region, marks, params, results))
    if all(masks.operands) and all(masks.results) and _are_same(regions, e.regions):
        return e
    left = replace(
        e,
        operands=_pick(e.operands, masks.operands),
        results=_pick(e.results, masks.results),
        regions=tuple(regions),
    )
    return _with_ops(left, masks.results) if e.op == "reduce" else left


def _with_ops(e: Equation, results: Mask) -> Equation:
    """A `reduce` with one operator for each result that is left; a `map` when there is none."""
    ops = e.params["ops"]
    assert isinstance(ops, tuple)
    if not e.results:
        return replace(e, op="map", params=NO_PARAMS)
    return replace(e, params=MappingProxyType({**e.params, "ops": _pick(ops, results)}))


def _sweep_block(
    block: Block, marks: _Marks, params: Mask | None = None, results: Mask | None = None
) -> Block:
    equations = []
    for e in block.equations:
        if e in marks.kept:
            equations.append(_sweep(e, marks))
    left = Block(
        block.params if params is None else _pick(block.params, params),
        tuple(equations),
        block.results if results is None else _pick(block.results, results),
    )
    is_same = (
        len(left.params) == len(block.params)
        and len(left.results) == len(block.results)
        and _are_same(equations, block.equations)
    )
    return block if is_same else left


def _are_same(new: Sequence[object], old: Sequence[object]) -> bool:
    return len(new) == len(old) and all(a is b for a, b in zip(new, old, strict=True))
