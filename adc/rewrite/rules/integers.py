"""Index arithmetic on i64: a normal form modulo 2**64, and what follows from known ranges."""

from __future__ import annotations

from collections.abc import Sequence

from adc.ir.builder import Builder
from adc.ir.core import I64, Atom, Equation, Literal, index_literal, literal
from adc.rewrite.matching import same_atom
from adc.rewrite.polynomials import (
    Poly,
    add,
    constant,
    constant_value,
    divided,
    emit_polynomial,
    key,
)
from adc.rewrite.rule import rule
from adc.rewrite.scope import Scope
from adc.types.core import DType


@rule("add", "sub", "mul", "neg")
def ring_normal_form(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """(i + a) - a -> i, and every sum of products of i64 that is a literal, a value or one operation

    A polynomial that was computed before is the value that it was computed as.
    """
    if e.results[0].type != I64:
        return None
    p = scope.ranges.polynomials.of_equation(e)
    if p is None:
        return None
    found = _atom_of(p, scope)
    if found is not None:
        return (found,)
    simple = _one_operation(p, scope)
    if simple is None or _is_same(e, *simple):
        return None
    op, operands = simple
    return (b.one(op, *operands),)


def _atom_of(p: Poly, scope: Scope) -> Atom | None:
    """The literal or the value in scope that the polynomial is."""
    value = constant_value(p)
    if value is not None:
        return index_literal(value)
    if len(p) == 1:
        ((monomial, c),) = p.items()
        if c == 1 and len(monomial) == 1:
            return scope.ranges.polynomials.value(monomial[0])
    return scope.sharing.computed(key(p))


Simple = tuple[str, tuple[Atom, ...]]


def _one_operation(p: Poly, scope: Scope) -> Simple | None:
    """The polynomial as one operation on atoms, where that is enough."""
    value = scope.ranges.polynomials.value
    terms = sorted(p.items(), key=lambda term: (not term[0], term[0]))  # the constant comes last
    if len(terms) == 1:
        ((monomial, c),) = terms
        if len(monomial) == 2 and c == 1:
            return "mul", (value(monomial[0]), value(monomial[1]))
        if len(monomial) == 1:
            x = value(monomial[0])
            return ("neg", (x,)) if c == -1 else ("mul", (index_literal(c), x))
    if len(terms) != 2 or any(len(m) > 1 or (m and abs(c) != 1) for m, c in terms):
        return None
    (m1, c1), (m2, c2) = terms
    x = value(m1[0])
    if not m2:
        if c1 == -1:
            return "sub", (index_literal(c2), x)
        return ("add", (x, index_literal(c2))) if c2 > 0 else ("sub", (x, index_literal(-c2)))
    y = value(m2[0])
    if c1 == -1 and c2 == -1:
        return None
    if c1 == -1:
        return "sub", (y, x)
    return ("add" if c2 == 1 else "sub"), (x, y)


def _is_same(e: Equation, op: str, operands: tuple[Atom, ...]) -> bool:
    if e.op != op:
        return False
    ways = (operands, operands[::-1]) if op in ("add", "mul") else (operands,)
    return any(all(map(same_atom, e.operands, way)) for way in ways)


# ---- known ranges ----------------------------------------------------------------------------------


@rule("lt", "le", "gt", "ge", "eq", "ne")
def known_comparison(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """x < y -> true or false, where ranges decide it"""
    x, y = e.operands
    if x.type.dtype is not DType.I64:
        return None
    holds = scope.ranges.compare(e.op, x, y)
    return None if holds is None else (literal(holds, DType.BOOL),)


@rule("max", "min")
def known_extremum(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """max(x, y) -> x where x >= y is known; min likewise"""
    x, y = e.operands
    if x.type.dtype is not DType.I64:
        return None
    at_least = scope.ranges.compare("ge", x, y)
    if at_least is not None:
        return (x,) if at_least == (e.op == "max") else (y,)
    at_most = scope.ranges.compare("le", x, y)
    if at_most:
        return (y,) if e.op == "max" else (x,)
    return None


@rule("clamp")
def known_clamp(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """clamp(x, lo, hi) -> x where lo <= x <= hi is known"""
    x, low, high = e.operands
    if x.type.dtype is not DType.I64:
        return None
    compare = scope.ranges.compare
    return (x,) if compare("ge", x, low) and compare("le", x, high) else None


@rule("floordiv", "mod")
def known_quotient(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """(i * n + j) // n -> i and (i * n + j) % n -> j where 0 <= j < n is known"""
    x, n = e.operands
    if x.type.dtype is not DType.I64:
        return None
    ranges = scope.ranges
    if isinstance(n, Literal) and n.value == 1:
        return (x,) if e.op == "floordiv" else (index_literal(0),)
    p, by = ranges.polynomials.of(x), ranges.polynomials.of(n)
    split = divided(p, by) if ranges.is_positive(n) else None
    if split is None or not (ranges.is_exact(p) and ranges.is_exact(by)):
        return None
    whole, rest = split
    below = add(add(by, rest, -1), constant(-1))
    if not (ranges.proves(rest) and ranges.proves(below)):
        return None
    return (emit_polynomial(b, whole if e.op == "floordiv" else rest, ranges.polynomials),)


RULES = (
    ring_normal_form,
    known_comparison,
    known_extremum,
    known_clamp,
    known_quotient,
)
