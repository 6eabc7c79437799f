"""Dear elements that an array holds already are read from it instead of made again."""

from __future__ import annotations

from collections.abc import Sequence

from adc.ir.builder import Builder
from adc.ir.core import Atom, Equation, Literal, Value, atom_dim
from adc.rewrite.matching import same_atom, same_index
from adc.rewrite.rule import rule
from adc.rewrite.scope import Scope, Stored

_DEPTH = 12  # of the expressions that are compared


@rule()
def stored_element(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """let y = [exp(x[i]) for i < n]; exp(x[k]) -> y[k] where k is in range

    Programs that make values again on the way back find those that were kept on the way there.
    """
    for stored in scope.stored(e.op):
        binding: dict[Value, Atom] = {}
        if not _matches_equation(stored.root, e, binding, stored, scope, _DEPTH):
            continue
        at = [binding.get(p) for p in stored.params]
        found = [a for a in at if a is not None]
        extents = map(atom_dim, stored.extents)
        if len(found) == len(at) and all(map(scope.ranges.in_range, found, extents)):
            return (b.one("index", stored.array, *found),)
    return None


def _matches_equation(
    pattern: Equation,
    e: Equation,
    binding: dict[Value, Atom],
    stored: Stored,
    scope: Scope,
    depth: int,
) -> bool:
    if pattern.op != e.op or pattern.regions or len(pattern.operands) != len(e.operands):
        return False
    if pattern.params != e.params or len(e.results) != 1:
        return False
    return all(
        _matches(p, a, binding, stored, scope, depth)
        for p, a in zip(pattern.operands, e.operands, strict=True)
    )


def _matches(
    p: Atom, a: Atom, binding: dict[Value, Atom], stored: Stored, scope: Scope, depth: int
) -> bool:
    """Whether `a` is what `p` becomes when the map's indices are bound, which this may do."""
    if isinstance(p, Literal) or isinstance(a, Literal):
        return same_atom(p, a) if p not in stored.params else _bind(p, a, binding, scope)
    if p in stored.params:
        return _bind(p, a, binding, scope)
    if p is a:
        return True
    inside, maker = stored.inside.get(p), scope.definition(a)
    if inside is None or maker is None or depth == 0:
        return False
    return _matches_equation(inside, maker, binding, stored, scope, depth - 1)


def _bind(p: Atom, a: Atom, binding: dict[Value, Atom], scope: Scope) -> bool:
    assert isinstance(p, Value)
    return same_index(binding.setdefault(p, a), a, scope)


RULES = (stored_element,)
