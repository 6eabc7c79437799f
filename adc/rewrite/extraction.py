"""Takes the additions to one accumulator out of a region.

In their place the region yields what was added, and the equations around pass it outwards: a `map` over an
index of the accumulator stacks it, a `map` over anything else sums it, `cond` chooses, `loop` stacks or
carries. What arrives at the top is a `Contribution`: the adjoint of a stencil becomes a stencil.

`Assigned` says which axes of the accumulator are fixed at a place, and at which index; only the additions
that agree are taken, so that one region may add at several places, one after the other. An addition is only
taken out where its index is in range for sure, since its check goes with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from adc.ir.builder import Builder
from adc.ir.core import Atom, Block, Dim, Equation, Type, Value, atom_dim, literal
from adc.ir.dead import keep_results, remove_dead
from adc.ir.walk import equations_within, refresh_equations, updated_refs
from adc.prims.array.build import index_params
from adc.rewrite.contributions import Axis, Contribution, Pattern, Target, placed, total
from adc.rewrite.costs import is_cheap
from adc.rewrite.polynomials import Poly, key
from adc.rewrite.scope import Scope
from adc.types.core import DType

Assigned = Mapping[int, Poly]  # axis of the accumulator -> its index
Extracted = tuple[list[Equation], Contribution]
_ADD = MappingProxyType({"ops": ("add",)})


def updates_of(e: Equation, ref: Value) -> Iterator[Equation]:
    """The additions to `ref` in an equation, in order."""
    if e.op == "upd":
        if e.operands[0] is ref:
            yield e
        return
    for r in e.regions:
        for i in r.equations:
            yield from updates_of(i, ref)


class Extraction:
    """The additions to `ref` at work; it walks along with the scope, as a rule would see it."""

    def __init__(self, ref: Value, scope: Scope, b: Builder, hint: str = "") -> None:
        self.ref = ref
        self.scope = scope
        self.polynomials = scope.ranges.polynomials
        self.hint = hint or ref.hint
        self.new_builder = b.nested

    def block(self, equations: Sequence[Equation], assigned: Assigned) -> Extracted | None:
        """The equations without additions that agree, and the sum of these; None when one cannot be taken out."""
        kept: list[Equation] = []
        parts: list[Contribution] = []
        for e in equations:
            new = [e]
            if any(self._agrees(u, assigned) for u in updates_of(e, self.ref)):
                found = self.equation(e, assigned)
                if found is None:
                    return None
                new, part = found
                parts.append(part)
            for n in new:
                kept.append(n)
                self.scope.define(n)
        if not parts:
            zero = literal(0, self.ref.type.dtype)
            parts.append(Contribution(self._target(assigned).dims, lambda b, at: zero))
        return kept, total(parts)

    def equation(self, e: Equation, assigned: Assigned) -> Extracted | None:
        """The same for one equation with additions that agree."""
        rule = _RULES.get(e.op)
        return None if rule is None else rule(self, e, assigned)

    def _region(self, e: Equation, k: int, assigned: Assigned) -> Extracted | None:
        self.scope.enter(e, k)
        found = self.block(e.regions[k].equations, assigned)
        self.scope.leave()
        return found

    def _agrees(self, u: Equation, assigned: Assigned) -> bool:
        at = u.operands[2:]
        return all(
            axis < len(at) and self.polynomials.of(at[axis]) == p for axis, p in assigned.items()
        )

    def _target(self, assigned: Assigned) -> Target:
        axes = tuple(axis for axis in range(self.ref.type.rank) if axis not in assigned)
        return Target(self.ref.type, axes)

    def _new(self, dims: tuple[Dim, ...]) -> Value:
        """A value for part of what is added."""
        return Value(Type(self.ref.type.dtype, dims), self.hint)

    # ---- the single addition ----------------------------------------------------------------------

    def upd(self, e: Equation, assigned: Assigned) -> Extracted | None:
        _, v, *at = e.operands
        if sorted(assigned) != list(range(len(at))):
            return None
        if not all(map(self.scope.ranges.in_range, at, self.ref.type.shape)):
            return None
        return [], Contribution.of(v, self._target(assigned).dims)

    # ---- regions that run once, or not --------------------------------------------------------------

    def cond(self, e: Equation, assigned: Assigned) -> Extracted | None:
        arms = []
        for k, arm in enumerate(e.regions):
            found = self._region(e, k, assigned)
            if found is None:
                return None
            arms.append(self._yielding(arm, found))
        return self._with_result(e, arms, assigned)

    def accum(self, e: Equation, assigned: Assigned) -> Extracted | None:
        found = None if self.scope.options.pure else self._region(e, 0, assigned)
        if found is None:
            return None
        return self._with_result(e, [self._yielding(e.regions[0], found)], assigned)

    def _yielding(self, region: Block, found: Extracted) -> Block:
        """The region with what was extracted as one more result."""
        equations, part = found
        b = self.new_builder()
        b.extend(equations)
        return b.finish(region.params, (*region.results, part.value(b)))

    def _with_result(
        self, e: Equation, regions: Sequence[Block], assigned: Assigned
    ) -> Extracted | None:
        """The equation with new regions that yield one array more."""
        dims = self._target(assigned).dims
        y = self._new(dims)
        made = replace(e, regions=tuple(regions), results=(*e.results, y))
        return [made], Contribution.of(y, dims)

    # ---- regions that repeat ------------------------------------------------------------------------

    def map(self, e: Equation, assigned: Assigned) -> Extracted | None:
        patterns = self._patterns(e, assigned)
        if patterns is None:
            return None
        if patterns == [{}]:
            return self._summed(e, assigned)
        if all(len(p) == len(e.operands) for p in patterns):
            shape = tuple(map(atom_dim, e.operands))
            return self._stacked(e, patterns, e.operands, shape, assigned)
        if len(patterns) > 1 or not patterns[0]:
            return None
        if not e.results:
            return self.map(_split(e, patterns[0]), assigned)
        return self._apart(e, assigned)

    def loop(self, e: Equation, assigned: Assigned) -> Extracted | None:
        """Steps stack what they add at their own index, or carry a sum."""
        patterns = self._patterns(e, assigned)
        if patterns is None:
            return None
        if patterns == [{}]:
            return self._carried(e, 0, e.operands[1:], assigned)
        trip = e.operands[:1]
        return (
            self._stacked(e, patterns, trip, (atom_dim(trip[0]),), assigned)
            if all(patterns)
            else None
        )

    def while_(self, e: Equation, assigned: Assigned) -> Extracted | None:
        return self._carried(e, 1, e.operands, assigned)

    def _patterns(self, e: Equation, assigned: Assigned) -> list[Pattern] | None:
        """The different ways in which additions inside use the indices of a repeating region; None if unclear."""
        found: dict[object, Pattern] = {}
        self.scope.enter(e, 0)
        indices = self.scope.frames[-1].indices
        for u in updates_of(e, self.ref):
            if self._agrees(u, assigned):
                pattern = self._pattern(u, indices, assigned)
                if pattern is None:
                    self.scope.leave()
                    return None
                found.setdefault(frozenset((a.axis, key(a.at)) for a in pattern.values()), pattern)
        self.scope.leave()
        return list(found.values())

    def _pattern(self, u: Equation, indices: Sequence[Value], assigned: Assigned) -> Pattern | None:
        numbers = {self.polynomials.number(i): i for i in indices}
        pattern: dict[Value, Axis] = {}
        for axis, a in enumerate(u.operands[2:]):
            p = self.polynomials.of(a)
            own = [m for m in p if any(n in numbers for n in m)]
            if not own:
                continue
            if axis in assigned or len(own) > 1 or len(own[0]) > 1 or abs(p[own[0]]) != 1:
                return None
            i = numbers[own[0][0]]
            offset = {m: c for m, c in p.items() if m != own[0]}
            if i in pattern or not all(map(self._is_outside, self.polynomials.atoms(offset))):
                return None
            pattern[i] = Axis(axis, p, p[own[0]], offset)
        return pattern

    def _is_outside(self, v: Value) -> bool:
        """Whether `v` is defined outside the region that was entered last."""
        return self.scope.frames[-1] in self.scope.around(v)

    def _stacked(
        self,
        e: Equation,
        patterns: Sequence[Pattern],
        extents: Sequence[Atom],
        shape: tuple[Dim, ...],
        assigned: Assigned,
    ) -> Extracted | None:
        """Each way of adding yields an array over the extents, from which the accumulator's elements are read."""
        (region,) = e.regions
        target = self._target(assigned)
        ys: list[Value] = []
        parts: list[Contribution] = []
        for pattern in patterns:
            now = {**assigned, **{a.axis: a.at for a in pattern.values()}}
            found = self._region(replace(e, regions=(region,)), 0, now)
            if found is None:
                return None
            region = self._yielding(region, found)
            y = self._new((*shape, *found[1].dims))
            own = [pattern[i] for i in region.params[: len(extents)]]
            ys.append(y)
            parts.append(placed(y, own, extents, target, self.scope.ranges))
        made = replace(e, regions=(region,), results=(*e.results, *ys))
        return [made], total(parts)

    def _apart(self, e: Equation, assigned: Assigned) -> Extracted | None:
        """The map without the additions, and a second one with nothing else, where doing the work twice is cheap."""
        others = updated_refs(e) - {self.ref}
        rest = keep_results(e, [True] * len(e.results), frozenset({self.ref}))
        mine = keep_results(e, [False] * len(e.results), frozenset(others))
        assert mine is not None
        inside = [i for i in equations_within(mine.regions[0]) if i.op not in ("map", "upd")]
        if not is_cheap(inside, self.scope.table):
            return None
        (copy,) = refresh_equations((mine,), {})
        extracted = self.map(copy, assigned)
        if extracted is None:
            return None
        return [*([] if rest is None else [rest]), *extracted[0]], extracted[1]

    # ---- sums over indices that the accumulator does not have -----------------------------------------

    def _summed(self, e: Equation, assigned: Assigned) -> Extracted | None:
        if self.ref.type.dtype is DType.TAPE:
            return None  # reductions are of numbers
        if self._target(assigned).axes:
            return self._interchanged(e, assigned)
        found = self._region(e, 0, assigned)
        if found is None:
            return None
        region = self._yielding(e.regions[0], found)
        if e.results:
            return self._summed_later(e, region)
        s = self._new(())
        made = replace(e, op="reduce", params=_ADD, regions=(region,), results=(s,))
        return [made], Contribution.of(s, ())

    def _summed_later(self, e: Equation, region: Block) -> Extracted:
        """A map that has results too yields the terms, which are summed behind it."""
        y = self._new(tuple(map(atom_dim, e.operands)))
        b = self.new_builder()
        b.append(replace(e, regions=(region,), results=(*e.results, y)))
        indices = index_params(len(e.operands))
        inner = b.nested()
        body = inner.finish(indices, (inner.one("index", y, *indices),))
        s = b.one("reduce", *e.operands, regions=(body,), ops=("add",))
        return b.equations, Contribution.of(s, ())

    def _interchanged(self, e: Equation, assigned: Assigned) -> Extracted | None:
        """sum(array_i for i < n) as [sum(array_i[k] for i < n) for k < d], where doing the rest again is cheap."""
        found = self._region(e, 0, assigned)
        if found is None:
            return None
        (body,) = e.regions
        equations, part = found
        others = frozenset(r for i in equations for r in updated_refs(i))
        left: list[Equation] = []
        if others or e.results:
            left.append(replace(e, regions=(replace(body, equations=tuple(equations)),)))
        if not self._is_repeatable(equations, part, others, is_again=bool(left)):
            return None

        def element(b: Builder, at: Sequence[Atom]) -> Atom:
            template = b.nested()
            template.extend(equations)
            y = part.element(template, at)
            term = remove_dead(template.finish(body.params, (y,)), others)
            inner = b.nested()
            indices = index_params(len(body.params))
            ys = self.scope.instantiate(inner, term, indices)
            return b.one("reduce", *e.operands, regions=(inner.finish(indices, ys),), ops=("add",))

        return left, Contribution(part.dims, element)

    def _is_repeatable(
        self,
        equations: Sequence[Equation],
        part: Contribution,
        others: frozenset[Value],
        *,
        is_again: bool,
    ) -> bool:
        """Whether one term can be made for each element by itself, and again when the loop stays for others."""
        y = part.whole
        if y is None:
            return False
        needed = remove_dead(Block((), tuple(equations), (y,)), others).equations
        maker = next((i for i in needed if y in i.results), None)
        if not is_cheap([i for i in needed if i is not maker], self.scope.table):
            return False
        if maker is None or maker.op == "index":
            return True
        if maker.op != "map":
            return False
        term = Block((), maker.regions[0].equations, (maker.regions[0].results[-1],))
        return not is_again or is_cheap(remove_dead(term, others).equations, self.scope.table)

    def _carried(
        self, e: Equation, k: int, initial: Sequence[Atom], assigned: Assigned
    ) -> Extracted | None:
        """A scalar sum as one more carried value."""
        found = None if self._target(assigned).axes else self._region(e, k, assigned)
        if found is None:
            return None
        equations, part = found
        count = len(initial)
        before, tested, result = (self._new(()) for _ in range(3))
        b = self.new_builder()
        b.extend(equations)
        after = b.one("add", before, part.value(b))
        body = e.regions[k]
        step = b.finish(
            (*body.params, before), (*body.results[:count], after, *body.results[count:])
        )
        tests = [replace(r, params=(*r.params, tested)) for r in e.regions[:k]]
        first = (
            len(e.results) - len(body.results) + count
        )  # `while` gives the number of steps first
        made = replace(
            e,
            operands=(*e.operands, literal(0, self.ref.type.dtype)),
            regions=(*tests, step),
            results=(*e.results[:first], result, *e.results[first:]),
        )
        return [made], Contribution.of(result, ())

    def reduce(self, e: Equation, assigned: Assigned) -> Extracted | None:
        """One more sum beside those that the reduction makes."""
        is_number = not self._target(assigned).axes and self.ref.type.dtype is not DType.TAPE
        found = self._region(e, 0, assigned) if is_number else None
        if found is None:
            return None
        ops = e.params["ops"]
        assert isinstance(ops, tuple)
        s = self._new(())
        params = MappingProxyType({**e.params, "ops": (*ops, "add")})
        region = self._yielding(e.regions[0], found)
        made = replace(e, params=params, regions=(region,), results=(*e.results, s))
        return [made], Contribution.of(s, ())


_RULES: Mapping[str, Callable[[Extraction, Equation, Assigned], Extracted | None]] = {
    "upd": Extraction.upd,
    "cond": Extraction.cond,
    "accum": Extraction.accum,
    "map": Extraction.map,
    "loop": Extraction.loop,
    "while": Extraction.while_,
    "reduce": Extraction.reduce,
}


def _split(e: Equation, pattern: Pattern) -> Equation:
    """[.. for i < m, j < n] as a map over the indices of the accumulator around one over the others."""
    (body,) = e.regions
    pairs = list(zip(body.params, e.operands, strict=True))
    outer = [(i, n) for i, n in pairs if i in pattern]
    inner = [(i, n) for i, n in pairs if i not in pattern]
    nested = replace(
        e,
        operands=tuple(n for _, n in inner),
        regions=(replace(body, params=tuple(i for i, _ in inner)),),
    )
    region = Block(tuple(i for i, _ in outer), (nested,), ())
    return replace(e, operands=tuple(n for _, n in outer), regions=(region,))
