"""Polynomials over i64 values: the normal form of index arithmetic.

Additions, subtractions, products and negations of i64 values wrap around, so they form a ring and the
polynomial of an expression is exact modulo 2**64. Everything else is an atom. Atoms are numbered in the
order in which they are met, which makes normal forms (and so the code made from them) reproducible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from adc.ir.builder import Builder
from adc.ir.core import Atom, Dim, Equation, Literal, Value, index_literal
from adc.types.core import DType

Monomial = tuple[int, ...]  # numbers of the atoms, sorted, with repetition; () is 1
Poly = dict[Monomial, int]  # no zero coefficients
Key = tuple[tuple[Monomial, int], ...]  # a polynomial to look things up by

_MAX_TERMS = 10
_MAX_DEGREE = 4
_WRAP = 1 << 64


def constant(value: int) -> Poly:
    return {(): value} if value else {}


def add(p: Poly, q: Poly, factor: int = 1) -> Poly:
    """p + factor * q."""
    total = dict(p)
    for monomial, c in q.items():
        left = total.get(monomial, 0) + factor * c
        if left:
            total[monomial] = left
        else:
            total.pop(monomial, None)
    return total


def multiply(p: Poly, q: Poly) -> Poly:
    total: Poly = {}
    for m1, c1 in p.items():
        for m2, c2 in q.items():
            monomial = tuple(sorted(m1 + m2))
            total[monomial] = total.get(monomial, 0) + c1 * c2
    return {m: c for m, c in total.items() if c}


def key(p: Poly) -> Key:
    return tuple(sorted(p.items()))


def constant_value(p: Poly) -> int | None:
    """The number that the polynomial is, if it is one."""
    if not p:
        return 0
    return p[()] if len(p) == 1 and () in p else None


def wrapped(value: int) -> int:
    """The i64 that a whole number is modulo 2**64."""
    return (value + _WRAP // 2) % _WRAP - _WRAP // 2


def divided(p: Poly, by: Poly) -> tuple[Poly, Poly] | None:
    """p as whole * by + rest, term by term, for a divisor of one term."""
    if len(by) != 1:
        return None
    ((monomial, c),) = by.items()
    whole: Poly = {}
    rest: Poly = {}
    for m, k in p.items():
        left = list(m)
        divides = k % c == 0
        for n in monomial:
            if n in left:
                left.remove(n)
            else:
                divides = False
        if divides:
            whole[tuple(left)] = k // c
        else:
            rest[m] = k
    return whole, rest


def quotient(p: Poly, by: Poly) -> Poly | None:
    """p / by, where that divides every term."""
    split = divided(p, by)
    return None if split is None or split[1] else split[0]


class Polynomials:
    """Polynomials of the i64 values of one function, by their definitions."""

    def __init__(self, definitions: Mapping[Value, Equation]) -> None:
        self._definitions = definitions
        self._known: dict[Value, Poly] = {}
        self._number: dict[Value, int] = {}
        self._atoms: list[Value] = []

    def of(self, a: Atom | Dim) -> Poly:
        """The polynomial of an i64 atom or of a dim."""
        if isinstance(a, int):
            return constant(a)
        if isinstance(a, Literal):
            return constant(int(a.value))
        known = self._known.get(a)
        if known is None:
            e = self._definitions.get(a)
            found = None if e is None else self.of_equation(e)
            known = self._known[a] = self.atom(a) if found is None else found
        return known

    def of_equation(self, e: Equation) -> Poly | None:
        """The polynomial of ring arithmetic on i64; None for anything else or when it grows too big."""
        combine = _RING.get(e.op)
        if combine is None or e.results[0].type.dtype is not DType.I64:
            return None
        p = combine(*map(self.of, e.operands))
        if len(p) > _MAX_TERMS or any(len(m) > _MAX_DEGREE for m in p):
            return None
        return {m: w for m, c in p.items() if (w := wrapped(c))}

    def atom(self, v: Value) -> Poly:
        """The value as an atom, whatever its definition."""
        return {(self.number(v),): 1}

    def number(self, v: Value) -> int:
        found = self._number.get(v)
        if found is None:
            found = self._number[v] = len(self._atoms)
            self._atoms.append(v)
        return found

    def value(self, number: int) -> Value:
        return self._atoms[number]

    def atoms(self, p: Poly) -> Iterator[Value]:
        """The values that the polynomial mentions, once each."""
        return (self._atoms[n] for n in sorted({n for monomial in p for n in monomial}))

    def define(self, e: Equation) -> Key | None:
        """Note an equation as it is passed, so that long chains are followed one step at a time.

        Gives the key of a polynomial that is more than a value or a literal.
        """
        if e.op not in _RING or e.results[0].type.dtype is not DType.I64:
            return None
        p = self.of_equation(e)
        (v,) = e.results
        self._known[v] = self.atom(v) if p is None else p
        return None if p is None else key(p)


_RING: Mapping[str, Callable[..., Poly]] = {
    "add": add,
    "sub": lambda p, q: add(p, q, -1),
    "mul": multiply,
    "neg": lambda p: add({}, p, -1),
}


def emit_polynomial(b: Builder, p: Poly, polynomials: Polynomials) -> Atom:
    """Equations that compute the polynomial, the constant last."""
    total: Atom | None = None
    for monomial, c in sorted(p.items(), key=lambda term: (not term[0], term[0])):
        factors: list[Atom] = [polynomials.value(n) for n in monomial]
        if abs(c) != 1 or not factors:
            factors.insert(0, index_literal(abs(c)))
        term = factors[0]
        for factor in factors[1:]:
            term = b.one("mul", term, factor)
        if total is None:
            total = term if c > 0 else b.one("neg", term)
        else:
            total = b.one("add" if c > 0 else "sub", total, term)
    return index_literal(0) if total is None else total
