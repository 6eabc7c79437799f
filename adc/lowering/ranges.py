"""Range proofs: which index is certainly inside its array.

Whole numbers are known as polynomials over *atoms* (sizes, loop indices, values loaded from memory) and as facts
`polynomial >= 0`: indices lie between 0 and their extent, sizes are not negative, conditions of enclosing branches
and passed checks hold. To prove that a polynomial is not negative, atoms are replaced by bounds, one after the
other, until a constant is left: difference constraints, extended to products with factors that are not negative.

Machine integers wrap, polynomials do not. A sum is read as a polynomial only when its atoms are *moderate*: sizes
of arrays and counters, which no run brings near 2**60, or values that facts bound by these. A product is read as
one only when its factors are sizes or indices below sizes; the function then checks at its start that these sizes
multiply to less than 2**46 (`products`), so that coefficients below 2**16 keep it from wrapping.

Rules prove by `adc.rewrite.ranges` instead: their code changes while they ask, so facts follow from definitions when
asked for, and they can add no check to the start of a function.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import gcd

from adc.ir.core import I64, Atom, Dim, Equation, Literal, Value, dim_atom
from adc.lowering.range_rules import (
    CASES,
    COEFFICIENT,
    CONDITIONS,
    ENTER,
    LEARN,
    READ,
    Case,
    Linear,
    Monomial,
    plus,
)

DEPTH = 5  # how many bounds one proof may use
STEPS = 150  # how many it may try
SIZE = 12  # the most terms of a polynomial worth looking at


@dataclass(frozen=True, slots=True)
class _Fact:
    """`terms >= 0`."""

    terms: Linear


class Ranges:
    """Facts of the places that are being planned, innermost last."""

    def __init__(self) -> None:
        self._definitions: dict[Value, Equation] = {}
        self.order: dict[Value, int] = {}
        self._bounds: dict[Value, list[_Fact]] = {}  # facts by the atoms they bound
        self._pending: deque[tuple[Atom, bool]] = deque()  # conditions to be assumed
        self._trail: list[Value] = []  # what was added to `_bounds`, for leaving a scope
        self._polynomials: dict[Value, Linear] = {}
        self.moderate: set[Value] = set()
        self._sizes: dict[Value, Value] = {}  # sizes, and indices with the size they stay below
        # Sizes whose product must be checked to be moderate.
        self.products: dict[Monomial, None] = {}
        self._inside: set[tuple[Value | int, Value | int]] = set()

    # ---- learning --------------------------------------------------------------------------------

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Facts learnt inside are forgotten at the end."""
        start, inside = len(self._trail), set(self._inside)
        yield
        while len(self._trail) > start:
            self._bounds[self._trail.pop()].pop()
        self._inside = inside

    def note(self, e: Equation) -> None:
        """Remember how scalar whole numbers and conditions are made."""
        for r in e.results:
            if r.type.rank == 0:
                self._definitions[r] = e
            for d in r.type.shape:
                if d in e.results:
                    self.assume_count(d)
        if len(e.results) == 1 and e.results[0].type == I64:
            read = READ.get(e.op)
            found = read(self, e) if read is not None else None
            if found is not None:
                self._polynomials[e.results[0]] = found
            learn = LEARN.get(e.op)
            if learn is not None:
                learn(self, e)

    def enter(self, e: Equation, region: int) -> None:
        """What holds in a region: where its indices lie, which branch is taken. For a scope of its own."""
        rule = ENTER.get(e.op)
        if rule is not None:
            rule(self, e, region)

    def assume_index(self, index: Value, extent: Atom, *, is_reversed: bool = False) -> None:
        """A loop index; counting down from an extent that is no size it may start anywhere."""
        if not is_reversed or self.is_moderate(extent):
            self.moderate.add(index)
        i, limit = self.atom(index), self._read(extent)
        self.add(i)
        self.add(plus(limit, i, -1, -1))
        sizes = [m for m in limit if m]
        if len(sizes) == 1 and limit[sizes[0]] == 1 and limit.get((), 0) <= 0:
            bound = self._sizes.get(sizes[0][0]) if len(sizes[0]) == 1 else None
            if bound is not None:
                self._sizes[index] = bound

    def assume_count(self, count: Value) -> None:
        """The number of a step of a `while`, or a size that only the run knows."""
        self.moderate.add(count)
        self.add(self._read(count))

    def assume_size(self, size: Value) -> None:
        """A size of an array: not negative, and far from the largest integer."""
        self.moderate.add(size)
        self._sizes[size] = size
        self.add(self.atom(size))

    def assume_inside(self, index: Atom, dim: Dim) -> None:
        """A bounds check that has passed."""
        self._inside.add((_key(index), _key(dim)))
        i, limit = self._read_any(index), self._read_any(dim_atom(dim))
        if i is not None:
            self.add(i)
            if limit is not None:
                self.add(plus(limit, i, -1, -1))

    def assume(self, condition: Atom, holds: bool) -> None:
        """A condition that holds, or does not, from here to the end of the scope.

        What it is made of is assumed by calls from inside; they only queue up, for chains may be long.
        """
        self._pending.append((condition, holds))
        if len(self._pending) > 1:
            return
        while self._pending:
            part, is_true = self._pending[0]
            e = self._definitions.get(part) if isinstance(part, Value) else None
            if e is not None and isinstance(part, Value) and e.op in CONDITIONS:
                CONDITIONS[e.op](self, e, part, is_true)
            self._pending.popleft()

    def add(self, terms: Linear) -> None:
        fact = _Fact(terms)
        for v in {v for monomial in terms for v in monomial}:
            self._bounds.setdefault(v, []).append(fact)
            self._trail.append(v)

    def add_difference(self, x: Atom, y: Atom, slack: int) -> None:
        """`x - y + slack >= 0`."""
        a, b = self._read_any(x), self._read_any(y)
        if a is not None and b is not None and len(a) + len(b) <= SIZE:
            self.add(plus(a, b, -1, slack))

    # ---- reading values as polynomials -----------------------------------------------------------

    def atom(self, v: Value) -> Linear:
        self.order.setdefault(v, len(self.order))
        return {(v,): 1}

    def _read(self, a: Atom) -> Linear:
        """The polynomial of a whole number."""
        if isinstance(a, Literal):
            value = int(a.value)
            return {(): value} if value else {}
        found = self._polynomials.get(a)
        return self.atom(a) if found is None else found

    def _read_any(self, a: Atom) -> Linear | None:
        return self._read(a) if a.type == I64 else None

    def is_moderate(self, a: Atom) -> bool:
        """Whether the value is far from wrapping: sizes, counters, small literals and their sums."""
        if isinstance(a, Literal):
            return abs(int(a.value)) < 1 << 40
        return self._moderate_terms(self._read(a))

    def _moderate_terms(self, terms: Linear) -> bool:
        """Products among the terms have been checked when they were read."""
        return all(
            abs(c) < COEFFICIENT and (len(m) > 1 or m[0] in self.moderate)
            for m, c in terms.items()
            if m
        )

    def _is_bounded(self, a: Atom) -> bool:
        """Whether the value is moderate, or facts keep it between moderate values."""
        if self.is_moderate(a):
            return True
        if not isinstance(a, Value) or self._read(a) != {(a,): 1}:
            return False
        low = high = False
        for fact in self.bounds(a):
            rest = {m: c for m, c in fact.terms.items() if m != (a,)}
            c = fact.terms.get((a,), 0)
            if c and self._moderate_terms(rest):
                low, high = low or c > 0, high or c < 0
        return low and high

    def read_sum(self, e: Equation, sign: int) -> Linear | None:
        x, y = e.operands
        a, b = self._read(x), self._read(y)
        if len(a) + len(b) > SIZE or not (self._is_bounded(x) and self._is_bounded(y)):
            return None
        return plus(a, b, sign)

    def read_product(self, e: Equation) -> Linear | None:
        x, y = e.operands
        a, b = self._read(x), self._read(y)
        if len(a) * len(b) > SIZE or not (self.is_moderate(x) and self.is_moderate(y)):
            return None
        product: dict[Monomial, int] = {}
        for m1, c1 in a.items():
            for m2, c2 in b.items():
                m = self._times(m1, m2)
                product[m] = product.get(m, 0) + c1 * c2
        factors = [m for m in product if len(m) > 1]
        if any(abs(c) >= COEFFICIENT for m, c in product.items() if m) or not all(
            v in self._sizes for m in factors for v in m
        ):
            return None
        for m in factors:
            self.products[tuple(self._sizes[v] for v in m)] = None
        return {m: c for m, c in product.items() if c}

    def _times(self, m1: Monomial, m2: Monomial) -> Monomial:
        return tuple(sorted(m1 + m2, key=self.order.__getitem__))

    def read_negation(self, e: Equation) -> Linear | None:
        (x,) = e.operands
        if not self.is_moderate(x):
            return None
        return {m: -c for m, c in self._read(x).items()}

    # ---- proving ---------------------------------------------------------------------------------

    def is_inside(self, index: Atom, dim: Dim) -> bool:
        """Whether `0 <= index < dim` is certain."""
        if isinstance(index, Literal) and isinstance(dim, int):
            return 0 <= int(index.value) < dim
        if (_key(index), _key(dim)) in self._inside:
            return True
        i, limit = self._read(index), self._read(dim_atom(dim))
        return self.is_certain(i) and self.is_certain(plus(limit, i, -1, -1))

    def is_positive(self, a: Atom) -> bool:
        """Whether `a >= 1` is certain."""
        return self.is_certain(plus(self._read(a), {(): 1}, -1))

    def is_certain(self, terms: Linear) -> bool:
        return _Proof(self).not_negative(terms, DEPTH)

    def bounds(self, v: Value) -> Sequence[_Fact]:
        return self._bounds.get(v, ())

    def cases(self, v: Value) -> Sequence[Case]:
        """When v is one of several values: each of them, and what holds when it is that one."""
        e = self._definitions.get(v)
        rule = CASES.get(e.op) if e is not None else None
        return rule(e, v) if rule is not None and e is not None else ()

    def read(self, a: Atom) -> Linear | None:
        return self._read_any(a)


class _Proof:
    """One search for a proof, within a budget."""

    def __init__(self, ranges: Ranges) -> None:
        self.ranges = ranges
        self.steps = STEPS

    def not_negative(self, terms: Linear, depth: int) -> bool:
        """Whether `terms >= 0` follows from the facts."""
        if all(c > 0 and self._factors_not_negative(m) for m, c in terms.items()):
            return True
        if depth == 0 or self.steps <= 0 or len(terms) > SIZE:
            return False
        return self._by_bounds(terms, depth) or self._by_cases(terms, depth)

    def _factors_not_negative(self, m: Monomial) -> bool:
        return all(self._is_not_negative(v) for v in m)

    def _is_not_negative(self, v: Value) -> bool:
        return any(_is_lower_bound_of_zero(f, v) for f in self.ranges.bounds(v))

    def _by_bounds(self, terms: Linear, depth: int) -> bool:
        """Replace one atom of one term by a bound, in the direction that makes the sum smaller."""
        for monomial, c in sorted(terms.items(), key=lambda item: item[1]):
            for position, v in enumerate(monomial):
                rest = monomial[:position] + monomial[position + 1 :]
                if rest and not self._factors_not_negative(rest):
                    continue
                for fact in self.ranges.bounds(v):
                    factor = fact.terms.get((v,), 0)
                    if factor == 0 or (factor > 0) != (c > 0):
                        continue
                    self.steps -= 1
                    if self.steps <= 0:
                        return False
                    smaller = self._less(terms, c, rest, fact, factor)
                    if self.not_negative(smaller, depth - 1):
                        return True
        return False

    def _less(self, terms: Linear, c: int, rest: Monomial, fact: _Fact, factor: int) -> Linear:
        """`terms - |c / factor| * rest * fact`, which is at most `terms`.

        When that is no whole multiple, k terms are taken, and k - 1 may be added: whole numbers above -1 are not
        negative.
        """
        k = abs(factor) // gcd(c, factor)
        scale = abs(c * k // factor)
        result = {m: k * x for m, x in terms.items()}
        if k > 1:
            result[()] = result.get((), 0) + k - 1
        order = self.ranges.order
        for m, x in fact.terms.items():
            whole = tuple(sorted(m + rest, key=order.__getitem__))
            result[whole] = result.get(whole, 0) - scale * x
        return {m: x for m, x in result.items() if x}

    def _by_cases(self, terms: Linear, depth: int) -> bool:
        """Prove every case of a value that is one of several."""
        for v in dict.fromkeys(v for monomial in terms for v in monomial):
            cases = self.ranges.cases(v)
            if cases and all(self._in_case(terms, v, case, depth) for case in cases):
                return True
        return False

    def _in_case(self, terms: Linear, v: Value, case: Case, depth: int) -> bool:
        with self.ranges.scope():
            for condition, holds in case.conditions:
                self.ranges.assume(condition, holds)
            for low, high in case.ordered:
                self.ranges.add_difference(high, low, 0)
            read = self.ranges.read(case.value)
            if read is None:
                return False
            replaced = _substitute(terms, v, read, self.ranges.order)
            return replaced is not None and self.not_negative(replaced, depth - 1)


def _is_lower_bound_of_zero(fact: _Fact, v: Value) -> bool:
    """`c * v - k >= 0` with k >= 0."""
    c = fact.terms.get((v,), 0)
    return c > 0 and all(m in ((v,), ()) for m in fact.terms) and fact.terms.get((), 0) <= 0


def _substitute(terms: Linear, v: Value, by: Linear, order: Mapping[Value, int]) -> Linear | None:
    """`terms` with the atom v, which occurs linearly, replaced."""
    result: dict[Monomial, int] = {}
    for m, c in terms.items():
        if v not in m:
            result[m] = result.get(m, 0) + c
            continue
        rest = list(m)
        rest.remove(v)
        if v in rest:
            return None
        for m2, c2 in by.items():
            whole = tuple(sorted((*rest, *m2), key=order.__getitem__))
            result[whole] = result.get(whole, 0) + c * c2
    return {m: c for m, c in result.items() if c}


def _key(x: Atom | Dim) -> Value | int:
    return int(x.value) if isinstance(x, Literal) else x
