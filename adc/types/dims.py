"""Symbolic sizes: polynomials with rational coefficients over size atoms, in a normal form.

An atom is any hashable thing with a readable `str`: a size name in a signature, an IR value in the
elaborator. Two sizes are equal for every binding of their atoms exactly when their normal forms are.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

Monomial = frozenset[tuple[Hashable, int]]  # {(atom, power)}; the empty set is 1
_ONE: Monomial = frozenset()
MOST_TERMS = 256  # of a product: sums that are multiplied out grow with every factor


class TooManyTerms(Exception):
    """A product of sums has too many terms to be multiplied out."""


@dataclass(frozen=True, slots=True)
class Poly:
    """A sum of monomials with non-zero coefficients; hashable, compared by normal form."""

    terms: frozenset[tuple[Monomial, Fraction]]

    @staticmethod
    def of(value: int | Fraction | Poly) -> Poly:
        if isinstance(value, Poly):
            return value
        return _make({_ONE: Fraction(value)})

    @staticmethod
    def atom(atom: Hashable) -> Poly:
        return _make({frozenset({(atom, 1)}): Fraction(1)})

    def __add__(self, other: Poly | int) -> Poly:
        total = dict(self.terms)
        for monomial, c in Poly.of(other).terms:
            total[monomial] = total.get(monomial, Fraction(0)) + c
        return _make(total)

    def __neg__(self) -> Poly:
        return _make({m: -c for m, c in self.terms})

    def __sub__(self, other: Poly | int) -> Poly:
        return self + (-Poly.of(other))

    def __mul__(self, other: Poly | int) -> Poly:
        """The product, multiplied out. Raises TooManyTerms."""
        factor = Poly.of(other)
        if not may_multiply(self, factor):
            raise TooManyTerms
        total: dict[Monomial, Fraction] = {}
        for m1, c1 in self.terms:
            for m2, c2 in factor.terms:
                m = _times(m1, m2)
                total[m] = total.get(m, Fraction(0)) + c1 * c2
        return _make(total)

    def __truediv__(self, other: int) -> Poly:
        """Exact division by a literal; whether the quotient is whole is for the caller to check."""
        return _make({m: c / other for m, c in self.terms})

    @property
    def constant(self) -> int | None:
        """The value when no atom occurs and it is whole, else None."""
        if not self.terms:
            return 0
        if len(self.terms) == 1:
            ((monomial, c),) = self.terms
            if monomial == _ONE and c.denominator == 1:
                return c.numerator
        return None

    @property
    def single_atom(self) -> Hashable | None:
        """The atom when the polynomial is just that atom, else None."""
        if len(self.terms) == 1:
            ((monomial, c),) = self.terms
            if c == 1 and len(monomial) == 1:
                ((atom, power),) = monomial
                return atom if power == 1 else None
        return None

    def atoms(self) -> set[Hashable]:
        return {atom for monomial, _ in self.terms for atom, _ in monomial}

    def substitute(self, binding: Mapping[Hashable, Poly]) -> Poly:
        """Each bound atom replaced by its polynomial; unbound atoms stay. Raises TooManyTerms."""
        total: dict[Monomial, Fraction] = {}
        for monomial, c in self.terms:
            term = _make({_ONE: c})
            for atom, power in monomial:
                factor = binding.get(atom, None)
                factor = Poly.atom(atom) if factor is None else factor
                for _ in range(power):
                    term = term * factor
            for m, k in term.terms:
                total[m] = total.get(m, Fraction(0)) + k
        return _make(total)

    def evaluate(self, value_of: Callable[[Hashable], int]) -> Fraction:
        """The number under a binding; a Fraction, so that inexact divisions can be noticed."""
        total = Fraction(0)
        for monomial, c in self.terms:
            term = c
            for atom, power in monomial:
                term *= value_of(atom) ** power
            total += term
        return total

    def linear_in_one(self) -> tuple[Fraction, Hashable, Fraction] | None:
        """`(a, n, b)` when the polynomial is `a*n + b` with one atom `n`, else None."""
        atoms = self.atoms()
        if len(atoms) != 1:
            return None
        (atom,) = atoms
        a = b = Fraction(0)
        for monomial, c in self.terms:
            if monomial == _ONE:
                b = c
            elif monomial == frozenset({(atom, 1)}):
                a = c
            else:
                return None
        return a, atom, b

    def ordered(
        self, rank: Callable[[Any], Any] = str
    ) -> list[tuple[list[tuple[Hashable, int]], Fraction]]:
        """Terms in a stable order: higher degree first, then by the ranks of atoms; the constant last.

        The rank of an atom is its name; where atoms share names, it has to be something else.
        """
        rows = [(sorted(m, key=lambda p: (rank(p[0]), p[1])), c) for m, c in self.terms]
        rows.sort(key=lambda row: (-sum(p for _, p in row[0]), [(rank(a), p) for a, p in row[0]]))
        return rows

    def __str__(self) -> str:
        return render(self)


def may_multiply(a: Poly, b: Poly) -> bool:
    """Whether the product is sure to have few enough terms."""
    return len(a.terms) * len(b.terms) <= MOST_TERMS


def may_add(a: Poly, b: Poly) -> bool:
    """Whether the sum has few enough terms to be worth knowing."""
    return len(a.terms) + len(b.terms) <= MOST_TERMS


def _times(m1: Monomial, m2: Monomial) -> Monomial:
    if not m1 or not m2:
        return m1 or m2
    powers = dict(m1)
    for atom, power in m2:
        powers[atom] = powers.get(atom, 0) + power
    return frozenset(powers.items())


def _make(terms: Mapping[Monomial, Fraction]) -> Poly:
    return Poly(frozenset((m, c) for m, c in terms.items() if c != 0))


def render(p: Poly) -> str:
    """ADL text of `p`, with one common denominator: `(d*d + d)/2`."""
    if not p.terms:
        return "0"
    denominator = 1
    for _, c in p.terms:
        denominator = denominator * c.denominator // _gcd(denominator, c.denominator)
    text = _render_terms((powers, c * denominator) for powers, c in p.ordered())
    if denominator == 1:
        return text
    return f"({text})/{denominator}" if len(p.terms) > 1 else f"{text}/{denominator}"


def _gcd(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a


def _render_terms(rows: Iterable[tuple[list[tuple[Hashable, int]], Fraction]]) -> str:
    text = ""
    for powers, c in rows:
        factors = [str(atom) for atom, power in powers for _ in range(power)]
        size = abs(c)
        if size != 1 or not factors:
            factors.insert(0, str(size))
        sign = (" - " if text else "-") if c < 0 else (" + " if text else "")
        text += sign + "*".join(factors)
    return text
