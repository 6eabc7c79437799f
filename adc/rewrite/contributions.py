"""What the additions to one accumulator add up to, as a value instead of an effect.

The additions inside a region are taken out of it; in their place the region yields what was added, and the
equations around pass it outwards: a `map` over an index of the accumulator stacks it, a `map` over anything
else sums it, `cond` chooses, `loop` stacks or carries. What arrives at the top is an array as a function of
its indices (a pull array), made of the yielded ones: the adjoint of a stencil becomes a stencil.

`assigned` says which axes of the accumulator are fixed at a place, and by which atom. An addition is only
taken out where its index is in range for sure, since its check goes with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from adc.ir.builder import Builder
from adc.ir.core import I64, Atom, Block, Dim, Equation, Literal, Type, Value, atom_dim, literal
from adc.ir.dead import keep_results, remove_dead
from adc.ir.walk import equations_within, refresh_equations, updated_refs
from adc.prims.array.build import index_params, tabulate
from adc.rewrite.costs import is_cheap
from adc.rewrite.matching import same_atom
from adc.rewrite.polynomials import Poly, emit_polynomial
from adc.rewrite.scope import Scope

Assigned = Mapping[int, Atom]  # axis of the accumulator -> its index
Element = Callable[[Builder, Sequence[Atom]], Atom]


@dataclass(frozen=True, slots=True)
class Contribution:
    """An array of `dims` by its elements, or a scalar without dims; `whole` when it exists as a value."""

    dims: tuple[Dim, ...]
    element: Element
    whole: Atom | None = None

    @staticmethod
    def of(v: Atom, dims: tuple[Dim, ...]) -> Contribution:
        return Contribution(dims, lambda b, at: b.one("index", v, *at) if at else v, v)

    def value(self, b: Builder) -> Atom:
        """The array or scalar as a value."""
        if self.whole is not None:
            return self.whole
        return tabulate(b, self.dims, self.element) if self.dims else self.element(b, ())


def total(parts: Sequence[Contribution]) -> Contribution:
    """The sum, in order."""
    if len(parts) == 1:
        return parts[0]

    def element(b: Builder, at: Sequence[Atom]) -> Atom:
        first, *others = (part.element(b, at) for part in parts)
        for other in others:
            first = b.one("add", first, other)
        return first

    return Contribution(parts[0].dims, element)


Extracted = tuple[list[Equation], Contribution]


@dataclass(frozen=True, slots=True)
class _Axis:
    """How an index of a region reaches an axis of the accumulator: at `sign * index + offset`."""

    axis: int
    at: Atom
    sign: int
    offset: Poly


class Extraction:
    """Takes the additions to `ref` out of equations. Walks along with the scope, as a rule would see it."""

    def __init__(self, ref: Value, scope: Scope, b: Builder, hint: str = "") -> None:
        self.ref = ref
        self.scope = scope
        self.hint = hint or ref.hint
        self.new_builder = b.nested

    def touches(self, e: Equation) -> bool:
        return self.ref in updated_refs(e)

    def dims(self, assigned: Assigned) -> tuple[Dim, ...]:
        """The dims of what is still to be indexed."""
        return tuple(d for axis, d in enumerate(self.ref.type.shape) if axis not in assigned)

    def _new(self, dims: tuple[Dim, ...]) -> Value:
        """A value for part of what is added."""
        return Value(Type(self.ref.type.dtype, dims), self.hint)

    def block(self, equations: Sequence[Equation], assigned: Assigned) -> Extracted | None:
        """The equations without their additions, and the sum of these; None when one cannot be taken out."""
        kept: list[Equation] = []
        parts: list[Contribution] = []
        for e in equations:
            new = [e]
            if self.touches(e):
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
            parts.append(Contribution(self.dims(assigned), lambda b, at: zero))
        return kept, total(parts)

    def equation(self, e: Equation, assigned: Assigned) -> Extracted | None:
        """The same for one equation that adds to the accumulator."""
        rule = _RULES.get(e.op)
        return None if rule is None else rule(self, e, assigned)

    def region(self, e: Equation, k: int, assigned: Assigned) -> Extracted | None:
        self.scope.enter(e, k)
        found = self.block(e.regions[k].equations, assigned)
        self.scope.leave()
        return found

    # ---- the single addition ----------------------------------------------------------------------

    def upd(self, e: Equation, assigned: Assigned) -> Extracted | None:
        _, v, *at = e.operands
        fixed = sorted(assigned) == list(range(len(at)))
        if not fixed or not all(same_atom(i, assigned[axis]) for axis, i in enumerate(at)):
            return None
        shape = self.ref.type.shape
        if not all(map(self.scope.ranges.in_range, at, shape)):
            return None
        return [], Contribution.of(v, self.dims(assigned))

    # ---- regions that run once, or not --------------------------------------------------------------

    def cond(self, e: Equation, assigned: Assigned) -> Extracted | None:
        arms = []
        for k, arm in enumerate(e.regions):
            found = self.region(e, k, assigned)
            if found is None:
                return None
            arms.append(self._yielding(arm, found))
        return self._with_result(e, arms, self.dims(assigned))

    def accum(self, e: Equation, assigned: Assigned) -> Extracted | None:
        found = None if self.scope.options.pure else self.region(e, 0, assigned)
        if found is None:
            return None
        return self._with_result(e, [self._yielding(e.regions[0], found)], self.dims(assigned))

    def _yielding(self, region: Block, found: Extracted) -> Block:
        """The region with what was extracted as one more result."""
        equations, part = found
        b = self.new_builder()
        b.extend(equations)
        return b.finish(region.params, (*region.results, part.value(b)))

    def _with_result(
        self, e: Equation, regions: Sequence[Block], dims: tuple[Dim, ...]
    ) -> Extracted | None:
        """The equation with new regions that yield an array of `dims` more."""
        y = self._new(dims)
        made = replace(e, regions=tuple(regions), results=(*e.results, y))
        return [made], Contribution.of(y, dims)

    # ---- map ----------------------------------------------------------------------------------------

    def map(self, e: Equation, assigned: Assigned) -> Extracted | None:
        touching = [t for t in e.regions[0].equations if self.touches(t)]
        self.scope.enter(e, 0)
        patterns = [self._pattern(t, self.scope.frames[-1].indices, assigned) for t in touching]
        self.scope.leave()
        found = [p for p in patterns if p is not None]
        if len(found) != len(patterns):
            return None
        if not any(found):
            return self._summed(e, assigned)
        if any(p.keys() != found[0].keys() for p in found):
            return None
        if len(found[0]) == len(e.operands):
            return self._stacked(e, found, assigned)
        if not e.results:
            return self.map(_split(e, found[0]), assigned)
        apart = self._apart(e)
        if apart is None:
            return None
        rest, mine = apart
        (copy,) = refresh_equations((mine,), {})
        extracted = self.map(copy, assigned)
        return None if extracted is None else ([*rest, *extracted[0]], extracted[1])

    def _apart(self, e: Equation) -> tuple[list[Equation], Equation] | None:
        """The map without the additions, and with nothing else, where doing its work twice is cheap."""
        others = updated_refs(e) - {self.ref}
        rest = keep_results(e, [True] * len(e.results), frozenset({self.ref}))
        mine = keep_results(e, [False] * len(e.results), frozenset(others))
        assert mine is not None
        inside = [i for i in equations_within(mine.regions[0]) if i.op not in ("map", "upd")]
        if not is_cheap(inside, self.scope.table):
            return None
        return ([] if rest is None else [rest]), mine

    def _pattern(
        self, t: Equation, indices: Sequence[Value], assigned: Assigned
    ) -> dict[Value, _Axis] | None:
        """Where the indices of the region around `t` stand in its additions; None when that is not clear."""
        first = _first_update(t, self.ref)
        polynomials = self.scope.ranges.polynomials
        numbers = {polynomials.number(i): i for i in indices}
        pattern: dict[Value, _Axis] = {}
        for axis, a in enumerate(first.operands[2:]):
            p = polynomials.of(a)
            own = [m for m in p if any(n in numbers for n in m)]
            if not own:
                continue
            if axis in assigned or len(own) > 1 or len(own[0]) > 1 or abs(p[own[0]]) != 1:
                return None
            i = numbers[own[0][0]]
            offset = {m: c for m, c in p.items() if m != own[0]}
            if i in pattern or not all(map(self._is_outside, polynomials.atoms(offset))):
                return None
            pattern[i] = _Axis(axis, a, p[own[0]], offset)
        return pattern

    def _is_outside(self, v: Value) -> bool:
        """Whether `v` is defined outside the region that was entered last."""
        return self.scope.frames[-1] in self.scope.around(v)

    def _stacked(
        self, e: Equation, patterns: Sequence[Mapping[Value, _Axis]], assigned: Assigned
    ) -> Extracted | None:
        """Every addition yields an array over the map's extents; the accumulator's elements are read from it."""
        (body,) = e.regions
        yields = self._yields(e, 0, patterns, assigned)
        if yields is None:
            return None
        region, dims = yields
        ys = [
            self._new((*_sizes(e.operands), *d))
            for d in dims
        ]
        made = replace(e, regions=(region,), results=(*e.results, *ys))
        parts = [
            self._placed(y, body.params, e.operands, pattern, assigned)
            for y, pattern in zip(ys, patterns, strict=True)
        ]
        return [made], total(parts)

    def _yields(
        self,
        e: Equation,
        k: int,
        patterns: Sequence[Mapping[Value, _Axis]],
        assigned: Assigned,
    ) -> tuple[Block, list[tuple[Dim, ...]]] | None:
        """The region yielding what each of its additions adds, and the dims of these."""
        region = e.regions[k]
        b = self.new_builder()
        outs: list[Atom] = []
        dims: list[tuple[Dim, ...]] = []
        waiting = iter(patterns)
        self.scope.enter(e, k)
        for inner in region.equations:
            new = [inner]
            if self.touches(inner):
                now = {**assigned, **{axis.axis: axis.at for axis in next(waiting).values()}}
                found = self.equation(inner, now)
                if found is None:
                    self.scope.leave()
                    return None
                new, part = found
                b.extend(new)
                outs.append(part.value(b))
                dims.append(part.dims)
            else:
                b.append(inner)
            for n in new:
                self.scope.define(n)
        self.scope.leave()
        return b.finish(region.params, (*region.results, *outs)), dims

    def _placed(
        self,
        y: Value,
        indices: Sequence[Value],
        extents: Sequence[Atom],
        pattern: Mapping[Value, _Axis],
        assigned: Assigned,
    ) -> Contribution:
        """y[i, ..., rest] at the accumulator's indices: i by the inverse of how it reached its axis."""
        left = [axis for axis in range(self.ref.type.rank) if axis not in assigned]
        own = [pattern[i] for i in indices]
        order = [a.axis for a in own]
        rest = [axis for axis in left if axis not in order]
        dims = tuple(self.ref.type.shape[axis] for axis in left)
        is_plain = [self._is_plain(a, n) for a, n in zip(own, extents, strict=True)]
        if all(is_plain) and order + rest == left:
            return Contribution.of(y, dims)
        zero = literal(0, self.ref.type.dtype)

        def element(b: Builder, at: Sequence[Atom]) -> Atom:
            by_axis = dict(zip(left, at, strict=True))
            guards: list[Atom] = []
            inner: list[Atom] = []
            for a, n, plain in zip(own, extents, is_plain, strict=True):
                i = by_axis[a.axis]
                if not plain:
                    i = _inverse(b, a, i, self.scope)
                    guards.append(b.one("ge", i, Literal(I64, 0)))
                    guards.append(b.one("lt", i, n))
                inner.append(i)
            inner.extend(by_axis[axis] for axis in rest)
            if not guards:
                return b.one("index", y, *inner)
            p = guards[0]
            for g in guards[1:]:
                p = b.one("and", p, g)
            then = b.nested()
            arm = then.finish((), (then.one("index", y, *inner),))
            return b.one("cond", p, regions=(arm, Block((), (), (zero,))))

        return Contribution(dims, element)

    def _is_plain(self, a: _Axis, extent: Atom) -> bool:
        """Whether the index is the accumulator's own: the same at the same extent."""
        d = self.ref.type.shape[a.axis]
        return a.sign == 1 and not a.offset and self.scope.ranges.same_size(d, atom_dim(extent))

    # ---- sums over indices that the accumulator does not have -----------------------------------------

    def _summed(self, e: Equation, assigned: Assigned) -> Extracted | None:
        if self.dims(assigned):
            return self._interchanged(e, assigned)
        found = self.region(e, 0, assigned)
        if found is None:
            return None
        region = self._yielding(e.regions[0], found)
        if e.results:
            return self._summed_later(e, region)
        s = self._new(())
        made = replace(
            e, op="reduce", params=MappingProxyType({"ops": ("add",)}), regions=(region,), results=(s,)
        )
        return [made], Contribution.of(s, ())

    def _summed_later(self, e: Equation, region: Block) -> Extracted:
        """A map that has results too yields the terms, which are summed behind it."""
        y = self._new(_sizes(e.operands))
        made = replace(e, regions=(region,), results=(*e.results, y))
        b = self.new_builder()
        b.append(made)
        indices = index_params(len(e.operands))
        inner = b.nested()
        body = inner.finish(indices, (inner.one("index", y, *indices),))
        s = b.one("reduce", *e.operands, regions=(body,), ops=("add",))
        return b.equations, Contribution.of(s, ())

    def _interchanged(self, e: Equation, assigned: Assigned) -> Extracted | None:
        """sum(array_i for i < n) as [sum(array_i[k] for i < n) for k < d], where doing the rest again is cheap."""
        found = self.region(e, 0, assigned)
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

    # ---- sequential regions ---------------------------------------------------------------------------

    def loop(self, e: Equation, assigned: Assigned) -> Extracted | None:
        """Steps stack what they add at their own index, or carry a sum."""
        touching = [t for t in e.regions[0].equations if self.touches(t)]
        self.scope.enter(e, 0)
        patterns = [self._pattern(t, self.scope.frames[-1].indices, assigned) for t in touching]
        self.scope.leave()
        found = [p for p in patterns if p is not None]
        if len(found) != len(patterns) or (any(found) and not all(found)):
            return None
        if not any(found):
            return self._carried(e, 0, e.operands[1:], assigned)
        yields = self._yields(e, 0, found, assigned)
        if yields is None:
            return None
        region, dims = yields
        trip = e.operands[0]
        ys = [
            self._new((atom_dim(trip), *d))
            for d in dims
        ]
        made = replace(e, regions=(region,), results=(*e.results, *ys))
        index = region.params[:1]
        parts = [
            self._placed(y, index, (trip,), p, assigned) for y, p in zip(ys, found, strict=True)
        ]
        return [made], total(parts)

    def while_(self, e: Equation, assigned: Assigned) -> Extracted | None:
        return self._carried(e, 1, e.operands, assigned)

    def _carried(
        self, e: Equation, k: int, initial: Sequence[Atom], assigned: Assigned
    ) -> Extracted | None:
        """A scalar sum as one more carried value."""
        found = None if self.dims(assigned) else self.region(e, k, assigned)
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
        first = len(e.results) - len(body.results) + count  # `while` gives the number of steps first
        made = replace(
            e,
            operands=(*e.operands, literal(0, self.ref.type.dtype)),
            regions=(*tests, step),
            results=(*e.results[:first], result, *e.results[first:]),
        )
        return [made], Contribution.of(result, ())

    def reduce(self, e: Equation, assigned: Assigned) -> Extracted | None:
        """One more sum beside those that the reduction makes."""
        found = None if self.dims(assigned) else self.region(e, 0, assigned)
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


def _split(e: Equation, pattern: Mapping[Value, _Axis]) -> Equation:
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


def _first_update(e: Equation, ref: Value) -> Equation:
    """The first addition to `ref` inside an equation that has one."""
    while e.op != "upd":
        e = next(t for r in e.regions for t in r.equations if ref in updated_refs(t))
    return e


def _inverse(b: Builder, a: _Axis, k: Atom, scope: Scope) -> Atom:
    """The index i with k = sign * i + offset: k - offset, or offset - k."""
    offset = emit_polynomial(b, a.offset, scope.ranges.polynomials)
    return b.one("sub", k, offset) if a.sign == 1 else b.one("sub", offset, k)


def _sizes(operands: Sequence[Atom]) -> tuple[Dim, ...]:
    return tuple(map(atom_dim, operands))
