"""Formulas as one writes them: arithmetic on terms appends equations to the builder at hand.

Derivative rules read `1.0 / (1.0 + x * x)` this way, and are equations all the same, so they can be
differentiated again. Python numbers become literals of the other side's type.
"""

from __future__ import annotations

from dataclasses import dataclass

from adc.ir.builder import Builder
from adc.ir.core import Atom, literal


@dataclass(frozen=True, slots=True)
class Term:
    """A scalar atom together with the builder that its formula is written to."""

    b: Builder
    atom: Atom

    def __add__(self, other: Operand) -> Term:
        return self.apply("add", other)

    def __radd__(self, other: float) -> Term:
        return self.like(other) + self

    def __sub__(self, other: Operand) -> Term:
        return self.apply("sub", other)

    def __rsub__(self, other: float) -> Term:
        return self.like(other) - self

    def __mul__(self, other: Operand) -> Term:
        return self.apply("mul", other)

    def __rmul__(self, other: float) -> Term:
        return self.like(other) * self

    def __truediv__(self, other: Operand) -> Term:
        return self.apply("div", other)

    def __rtruediv__(self, other: float) -> Term:
        return self.like(other) / self

    def __neg__(self) -> Term:
        return self.apply("neg")

    def like(self, value: float) -> Term:
        """A literal of this term's type."""
        return Term(self.b, literal(value, self.atom.type.dtype))

    def apply(self, op: str, *others: Operand) -> Term:
        """The one result of `op` on this term and `others`, all of this term's type."""
        operands = [o.atom if isinstance(o, Term) else self.like(o).atom for o in others]
        return Term(self.b, self.b.one(op, self.atom, *operands))


Operand = Term | float


def apply(op: str, first: Term, *others: Operand) -> Term:
    """`op(first, others...)`."""
    return first.apply(op, *others)


def where(condition: Term, then: Operand, other: Operand) -> Term:
    """`then` where the condition holds, else `other`; one of them must be a term. Both are evaluated."""
    typed = then if isinstance(then, Term) else other
    assert isinstance(typed, Term), "a choice between two bare numbers has no type"
    chosen = [o if isinstance(o, Term) else typed.like(o) for o in (then, other)]
    return Term(typed.b, typed.b.one("select", condition.atom, chosen[0].atom, chosen[1].atom))
