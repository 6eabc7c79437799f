"""Types follow values: after values were replaced by others, sizes in types are inferred again.

An array may be replaced by an equal one whose sizes have other names. Equations that read it have results
whose types mention the old names; this walk brings them in line, from the first equation to the last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import is_

from adc.ir.builder import InferFn
from adc.ir.core import Atom, Block, Equation, Type, Value
from adc.ir.walk import substitute_type

# Results of these may name their sizes as they like: see `adc.ir.verify`.
_HANDED_ON = frozenset({"loop", "while", "cond", "call", "unpack"})


def retype(block: Block, infer: InferFn, replaced: Mapping[Value, Atom] | None = None) -> Block:
    """The block of a function with values replaced and all types inferred; the same object when nothing changed."""
    walk = Retyping(infer, dict(replaced or {}))
    return walk.function_block(block)


class Retyping:
    """One walk. `replaced` holds for all blocks at once: values are unique. Chains of replacements are followed."""

    def __init__(self, infer: InferFn, replaced: dict[Value, Atom]) -> None:
        self.infer = infer
        self.replaced = replaced
        self._hidden: set[Value] = set()  # defined in regions that the walk has left

    # ---- blocks ---------------------------------------------------------------------------------

    def function_block(self, block: Block) -> Block:
        """A block whose parameters may have sizes that its own equations compute: they come last."""
        after = self.block(block)
        params = self.params(after.params)
        if params is after.params:
            return after
        final = Retyping(self.infer, dict(zip(after.params, params, strict=True)))
        return replace(final.block(replace(after, params=())), params=params)

    def block(self, block: Block) -> Block:
        params = self.params(block.params)
        equations = []
        for e in block.equations:
            equations.append(self.equation(e))
        results = self.atoms(block.results)
        is_same = params is block.params and results is block.results
        if is_same and all(map(is_, equations, block.equations)):
            return block
        return Block(params, tuple(equations), results)

    def equation(self, e: Equation) -> Equation:
        operands = self.atoms(e.operands)
        regions = e.regions
        if regions:
            walked = []
            for r in regions:
                walked.append(self.block(r))
                self.hide(walked[-1])
            if any(new is not old for new, old in zip(walked, regions, strict=True)):
                regions = tuple(walked)
        if operands is not e.operands or regions is not e.regions:
            e = replace(e, operands=operands, regions=regions)
        return self.typed(e) if any(r.type.shape for r in e.results) else e

    def hide(self, region: Block) -> None:
        """The walk has left the region: what it defines is no size for anything outside."""
        self._hidden.update(region.params)
        for e in region.equations:
            self._hidden.update(e.results)

    def show(self, e: Equation) -> None:
        """The equation stands at the place of the walk, wherever it stood before."""
        if self._hidden:
            self._hidden.difference_update(e.results)

    # ---- values ---------------------------------------------------------------------------------

    def atom(self, a: Atom) -> Atom:
        while type(a) is Value:
            new = self.replaced.get(a)
            if new is None:
                return a
            a = new
        return a

    def atoms(self, atoms: tuple[Atom, ...]) -> tuple[Atom, ...]:
        """The atoms as they are now; the same object when none was replaced."""
        replaced = self.replaced
        for a in atoms:
            if type(a) is Value and a in replaced:
                return tuple([self.atom(a) for a in atoms])
        return atoms

    def typed(self, e: Equation) -> Equation:
        """The equation with result types that follow from what its operands and regions are now."""
        if e.op in _HANDED_ON:
            wanted: Sequence[Type] = [self.current(r.type) for r in e.results]
        else:
            wanted = self.infer(e.op, e.operands, e.params, e.regions)
        results = tuple([self._retyped(r, t) for r, t in zip(e.results, wanted, strict=True)])
        return e if results == e.results else replace(e, results=results)

    def params(self, params: tuple[Value, ...]) -> tuple[Value, ...]:
        """Parameters of a region, with the sizes in their types as they are now."""
        if not any(p.type.shape for p in params):
            return params
        new = tuple([self._retyped(p, self.current(p.type)) for p in params])
        return params if new == params else new

    def current(self, t: Type) -> Type:
        sizes = {d: self.atom(d) for d in t.shape if type(d) is Value and d in self.replaced}
        return substitute_type(t, sizes) if sizes else t

    def _retyped(self, v: Value, t: Type) -> Value:
        """`v`, or a value like it with the sizes of `t`; a size that only a region knows stands for any."""
        own = v.type.shape
        if own == t.shape:
            return v
        shape = tuple([o if d in self._hidden else d for o, d in zip(own, t.shape, strict=True)])
        if shape == own:
            return v
        fresh = Value(replace(v.type, shape=shape), v.hint)
        self.replaced[v] = fresh
        return fresh
