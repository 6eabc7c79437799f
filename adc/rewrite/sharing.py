"""Which computations are available at a place, by hash-consing: the knowledge behind `share`.

Keys tell literals apart by type and sign of zero. Equations with regions are found by a coarse key and then
compared up to the names of what they define.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from adc.ir.core import Atom, Equation, Literal, Value
from adc.ir.same import same_block
from adc.ir.walk import has_effect, updated_refs
from adc.prims.table import PrimitiveTable
from adc.rewrite.polynomials import Key as PolynomialKey

Key = tuple[Hashable, ...]


class Sharing:
    """Equations by what they compute; entries are taken back like a stack."""

    def __init__(self, table: PrimitiveTable) -> None:
        self._commutative = frozenset(p.name for p in table if "commutative" in p.algebra)
        self._available: dict[Key, list[Equation]] = {}
        self._polynomials: dict[PolynomialKey, Value] = {}
        self._undo: list[Callable[[], object]] = []
        self._last: tuple[Equation, Key] | None = None  # `find` is mostly followed by `offer`

    def mark(self) -> int:
        return len(self._undo)

    def rollback(self, mark: int) -> None:
        while len(self._undo) > mark:
            self._undo.pop()()

    def find(self, e: Equation) -> Equation | None:
        """An equation passed earlier, and in scope here, that computes the same."""
        found = self._available.get(self._key(e))
        if not found:
            return None
        if not e.regions:
            return found[-1]
        if has_effect(e):
            return None
        return next((other for other in reversed(found) if _same_regions(e, other)), None)

    def offer(self, e: Equation) -> None:
        """Make the equation available to what follows."""
        if updated_refs(e):
            return
        key = self._key(e)
        found = self._available.setdefault(key, [])
        found.append(e)
        self._undo.append(found.pop)

    def undo_with(self, action: Callable[[], object]) -> None:
        """Something else to be taken back with the entries made since the last mark."""
        self._undo.append(action)

    def offer_polynomial(self, key: PolynomialKey, v: Value) -> None:
        """`v` is what this polynomial was computed as."""
        if key not in self._polynomials:
            self._polynomials[key] = v
            self._undo.append(lambda: self._polynomials.pop(key))

    def computed(self, key: PolynomialKey) -> Value | None:
        """The value in scope that is this polynomial."""
        return self._polynomials.get(key)

    def _key(self, e: Equation) -> Key:
        if self._last is not None and self._last[0] is e:
            return self._last[1]
        operands = tuple([a if type(a) is Value else _literal_key(a) for a in e.operands])
        if e.op in self._commutative and operands[0] is not operands[1]:
            operands = (frozenset(operands),)
        key: Key = (e.op, operands)
        if e.params:
            key = (*key, repr(sorted(e.params.items())))
        if e.regions:
            key = (
                *key,
                tuple((len(r.params), len(r.equations), len(r.results)) for r in e.regions),
            )
        self._last = (e, key)
        return key


def _literal_key(a: Atom) -> Hashable:
    assert isinstance(a, Literal)
    return a.type.dtype, repr(a.value)


def _same_regions(e: Equation, other: Equation) -> bool:
    return all(same_block(a, b) for a, b in zip(e.regions, other.regions, strict=True))
