"""Range proofs: which index is certainly inside its array.

Whole numbers are known as polynomials over *atoms* (sizes, loop indices, values loaded from memory) and as facts
`polynomial >= 0`: indices lie between 0 and their extent, sizes are not negative, conditions of enclosing branches
and passed checks hold. To prove that a polynomial is not negative, atoms are replaced by bounds, one after the
other, until a constant is left: difference constraints, extended to products with factors that are not negative.

Machine integers wrap, polynomials do not. A sum is read as a polynomial only when its atoms are *moderate*: sizes
of arrays and counters, which no run brings near 2**60, or values that facts bound by these. A product is read as
one only when its factors are sizes or indices below sizes; the function then checks at its start that these sizes
multiply to less than 2**46 (`products`), so that coefficients below 2**16 keep it from wrapping.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import gcd

from adc.ir.core import I64, Atom, Dim, Equation, Literal, Value, dim_atom

Monomial = tuple[Value, ...]  # sorted by first appearance; () is 1
Linear = Mapping[Monomial, int]  # coefficients, none of them 0

DEPTH = 5  # how many bounds one proof may use
STEPS = 150  # how many it may try
SIZE = 12  # the most terms of a polynomial worth looking at
COEFFICIENT = 1 << 16  # the largest coefficient


@dataclass(frozen=True, slots=True)
class _Fact:
    """`terms >= 0`."""

    terms: Linear


@dataclass(frozen=True, slots=True)
class Case:
    """A value that something may be, the conditions under which it is, and pairs that are then ordered."""

    value: Atom
    conditions: tuple[tuple[Atom, bool], ...] = ()
    ordered: tuple[tuple[Atom, Atom], ...] = ()


class Ranges:
    """Facts of the places that are being planned, innermost last."""

    def __init__(self) -> None:
        self._definitions: dict[Value, Equation] = {}
        self._order: dict[Value, int] = {}
        self._bounds: dict[Value, list[_Fact]] = {}  # facts by the atoms they bound
        self._trail: list[Value] = []  # what was added to `_bounds`, for leaving a scope
        self._polynomials: dict[Value, Linear] = {}
        self._moderate: set[Value] = set()
        self._sizes: dict[Value, Value] = {}  # sizes, and indices with the size they stay below
        self.products: dict[
            Monomial, None
        ] = {}  # sizes whose product must be checked to be moderate
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
            read = _READ.get(e.op)
            found = read(self, e) if read is not None else None
            if found is not None:
                self._polynomials[e.results[0]] = found
            learn = _LEARN.get(e.op)
            if learn is not None:
                learn(self, e)

    def assume_index(self, index: Value, extent: Atom, *, is_reversed: bool = False) -> None:
        """A loop index; counting down from an extent that is no size it may start anywhere."""
        if not is_reversed or self._is_moderate(extent):
            self._moderate.add(index)
        i, limit = self._atom(index), self._read(extent)
        self._add(i)
        self._add(_plus(limit, i, -1, -1))
        sizes = [m for m in limit if m]
        if len(sizes) == 1 and limit[sizes[0]] == 1 and limit.get((), 0) <= 0:
            bound = self._sizes.get(sizes[0][0]) if len(sizes[0]) == 1 else None
            if bound is not None:
                self._sizes[index] = bound

    def assume_count(self, count: Value) -> None:
        """The number of a step of a `while`, or a size that only the run knows."""
        self._moderate.add(count)
        self._add(self._read(count))

    def assume_size(self, size: Value) -> None:
        """A size of an array: not negative, and far from the largest integer."""
        self._moderate.add(size)
        self._sizes[size] = size
        self._add(self._atom(size))

    def assume_inside(self, index: Atom, dim: Dim) -> None:
        """A bounds check that has passed."""
        self._inside.add((_key(index), _key(dim)))
        i, limit = self._read_any(index), self._read_any(dim_atom(dim))
        if i is not None:
            self._add(i)
            if limit is not None:
                self._add(_plus(limit, i, -1, -1))

    def assume(self, condition: Atom, holds: bool) -> None:
        """A condition that holds, or does not, from here to the end of the scope."""
        if not isinstance(condition, Value):
            return
        e = self._definitions.get(condition)
        if e is None:
            return
        learn = _CONDITIONS.get(e.op)
        if learn is not None:
            learn(self, e, condition, holds)

    def _add(self, terms: Linear) -> None:
        fact = _Fact(terms)
        for v in {v for monomial in terms for v in monomial}:
            self._bounds.setdefault(v, []).append(fact)
            self._trail.append(v)

    def _add_difference(self, x: Atom, y: Atom, slack: int) -> None:
        """`x - y + slack >= 0`."""
        a, b = self._read_any(x), self._read_any(y)
        if a is not None and b is not None and len(a) + len(b) <= SIZE:
            self._add(_plus(a, b, -1, slack))

    # ---- reading values as polynomials -----------------------------------------------------------

    def _atom(self, v: Value) -> Linear:
        self._order.setdefault(v, len(self._order))
        return {(v,): 1}

    def _read(self, a: Atom) -> Linear:
        """The polynomial of a whole number."""
        if isinstance(a, Literal):
            value = int(a.value)
            return {(): value} if value else {}
        found = self._polynomials.get(a)
        return self._atom(a) if found is None else found

    def _read_any(self, a: Atom) -> Linear | None:
        return self._read(a) if a.type == I64 else None

    def _is_moderate(self, a: Atom) -> bool:
        """Whether the value is far from wrapping: sizes, counters, small literals and their sums."""
        if isinstance(a, Literal):
            return abs(int(a.value)) < 1 << 40
        return self._moderate_terms(self._read(a))

    def _moderate_terms(self, terms: Linear) -> bool:
        """Products among the terms have been checked when they were read."""
        return all(
            abs(c) < COEFFICIENT and (len(m) > 1 or m[0] in self._moderate)
            for m, c in terms.items()
            if m
        )

    def _is_bounded(self, a: Atom) -> bool:
        """Whether the value is moderate, or facts keep it between moderate values."""
        if self._is_moderate(a):
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

    def _read_sum(self, e: Equation, sign: int) -> Linear | None:
        x, y = e.operands
        a, b = self._read(x), self._read(y)
        if len(a) + len(b) > SIZE or not (self._is_bounded(x) and self._is_bounded(y)):
            return None
        return _plus(a, b, sign)

    def _read_product(self, e: Equation) -> Linear | None:
        x, y = e.operands
        a, b = self._read(x), self._read(y)
        if len(a) * len(b) > SIZE or not (self._is_moderate(x) and self._is_moderate(y)):
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
        return tuple(sorted(m1 + m2, key=self._order.__getitem__))

    def _read_negation(self, e: Equation) -> Linear | None:
        (x,) = e.operands
        if not self._is_moderate(x):
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
        return self._certain(i) and self._certain(_plus(limit, i, -1, -1))

    def is_positive(self, a: Atom) -> bool:
        """Whether `a >= 1` is certain."""
        return self._certain(_plus(self._read(a), {(): 1}, -1))

    def _certain(self, terms: Linear) -> bool:
        return _Proof(self).not_negative(terms, DEPTH)

    def bounds(self, v: Value) -> Sequence[_Fact]:
        return self._bounds.get(v, ())

    def cases(self, v: Value) -> Sequence[Case]:
        """When v is one of several values: each of them, and what holds when it is that one."""
        e = self._definitions.get(v)
        rule = _CASES.get(e.op) if e is not None else None
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
        order = self.ranges._order
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
                self.ranges._add_difference(high, low, 0)
            read = self.ranges.read(case.value)
            if read is None:
                return False
            replaced = _substitute(terms, v, read, self.ranges._order)
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


def _plus(a: Linear, b: Linear, sign: int = 1, constant: int = 0) -> Linear:
    """`a + sign * b + constant`."""
    total = dict(a)
    for m, c in b.items():
        total[m] = total.get(m, 0) + sign * c
    if constant:
        total[()] = total.get((), 0) + constant
    return {m: c for m, c in total.items() if c}


def _key(x: Atom | Dim) -> Value | int:
    return int(x.value) if isinstance(x, Literal) else x


# ---- how operations are read -------------------------------------------------------------------------

_READ: Mapping[str, Callable[[Ranges, Equation], Linear | None]] = {
    "add": lambda r, e: r._read_sum(e, 1),
    "sub": lambda r, e: r._read_sum(e, -1),
    "mul": lambda r, e: r._read_product(e),
    "neg": lambda r, e: r._read_negation(e),
}


# ---- values that are one of several ------------------------------------------------------------------


def _cases_of_select(e: Equation, v: Value) -> Sequence[Case]:
    p, x, y = e.operands
    return (Case(x, ((p, True),)), Case(y, ((p, False),)))


def _cases_of_cond(e: Equation, v: Value) -> Sequence[Case]:
    k = e.results.index(v)
    then, other = (arm.results[k] for arm in e.regions)
    p = e.operands[0]
    return (Case(then, ((p, True),)), Case(other, ((p, False),)))


def _cases_of_max(e: Equation, v: Value) -> Sequence[Case]:
    x, y = e.operands
    return (Case(x, ordered=((y, x),)), Case(y, ordered=((x, y),)))


def _cases_of_min(e: Equation, v: Value) -> Sequence[Case]:
    x, y = e.operands
    return (Case(x, ordered=((x, y),)), Case(y, ordered=((y, x),)))


def _cases_of_clamp(e: Equation, v: Value) -> Sequence[Case]:
    """min(max(x, low), high)."""
    x, low, high = e.operands
    return (
        Case(high),
        Case(low, ordered=((low, high),)),
        Case(x, ordered=((low, x), (x, high))),
    )


_CASES: Mapping[str, Callable[[Equation, Value], Sequence[Case]]] = {
    "select": _cases_of_select,
    "cond": _cases_of_cond,
    "max": _cases_of_max,
    "min": _cases_of_min,
    "clamp": _cases_of_clamp,
}


# ---- facts that operations bring ---------------------------------------------------------------------


def _learn_max(r: Ranges, e: Equation) -> None:
    """max(x, y) is at least x and y."""
    for x in e.operands:
        r._add_difference(e.results[0], x, 0)


def _learn_min(r: Ranges, e: Equation) -> None:
    for x in e.operands:
        r._add_difference(x, e.results[0], 0)


def _learn_clamp(r: Ranges, e: Equation) -> None:
    """min(max(x, low), high) is at most high, and at least low when low <= high."""
    _, low, high = e.operands
    (y,) = e.results
    r._add_difference(high, y, 0)
    a, b = r.read(low), r.read(high)
    if a is not None and b is not None and r._certain(_plus(b, a, -1)):
        r._add_difference(y, low, 0)


def _learn_floordiv(r: Ranges, e: Equation) -> None:
    """For a literal c > 0 and q = x // c: c q <= x <= c q + c - 1."""
    x, c = e.operands
    a = r.read(x)
    if isinstance(c, Literal) and 0 < int(c.value) < COEFFICIENT and a is not None:
        step = int(c.value)
        q: Linear = {(e.results[0],): step}
        r._atom(e.results[0])
        if r._is_moderate(x):
            r._moderate.add(e.results[0])
        r._add(_plus(a, q, -1))
        r._add(_plus(q, a, -1, step - 1))
        if r._certain(a):
            r._add({(e.results[0],): 1})


def _learn_mod(r: Ranges, e: Equation) -> None:
    """For c > 0: 0 <= x % c < c."""
    _, c = e.operands
    limit = r.read(c)
    if limit is not None and r.is_positive(c):
        y = r._atom(e.results[0])
        if r._is_moderate(c):
            r._moderate.add(e.results[0])
        r._add(y)
        r._add(_plus(limit, y, -1, -1))


_LEARN: Mapping[str, Callable[[Ranges, Equation], None]] = {
    "max": _learn_max,
    "min": _learn_min,
    "clamp": _learn_clamp,
    "floordiv": _learn_floordiv,
    "mod": _learn_mod,
}


# ---- facts that conditions bring ---------------------------------------------------------------------

Condition = Callable[[Ranges, Equation, Value, bool], None]


def _order(slack: int, *, swapped: bool) -> Condition:
    """A comparison: `y - x - slack >= 0` when it holds for x, y; its negation otherwise."""

    def learn(r: Ranges, e: Equation, condition: Value, holds: bool) -> None:
        x, y = e.operands
        if swapped:
            x, y = y, x
        if holds:
            r._add_difference(y, x, -slack)
        else:
            r._add_difference(x, y, slack - 1)

    return learn


def _equality(is_equal: bool) -> Condition:
    def learn(r: Ranges, e: Equation, condition: Value, holds: bool) -> None:
        x, y = e.operands
        if holds == is_equal:
            r._add_difference(x, y, 0)
            r._add_difference(y, x, 0)
            return
        a, b = r.read(x), r.read(y)
        if a is None or b is None:
            return
        if r._certain(_plus(a, b, -1)):
            r._add_difference(x, y, -1)
        if r._certain(_plus(b, a, -1)):
            r._add_difference(y, x, -1)

    return learn


def _both_hold(r: Ranges, e: Equation, condition: Value, holds: bool) -> None:
    if holds:
        for x in e.operands:
            r.assume(x, True)


def _none_holds(r: Ranges, e: Equation, condition: Value, holds: bool) -> None:
    if not holds:
        for x in e.operands:
            r.assume(x, False)


def _negated(r: Ranges, e: Equation, condition: Value, holds: bool) -> None:
    r.assume(e.operands[0], not holds)


def _short_circuit(r: Ranges, e: Equation, condition: Value, holds: bool) -> None:
    """`a && b` is `cond(a) {b} {false}`, `a || b` is `cond(a) {true} {b}`."""
    k = e.results.index(condition)
    for arm, taken in zip(e.regions, (True, False), strict=True):
        result = arm.results[k]
        if isinstance(result, Literal) and bool(result.value) != holds:
            other = e.regions[1 if taken else 0].results[k]
            r.assume(e.operands[0], not taken)
            r.assume(other, holds)


def _chosen(r: Ranges, e: Equation, condition: Value, holds: bool) -> None:
    """A selected condition, when one of the two is a literal that it is not."""
    p, x, y = e.operands
    for value, other, taken in ((x, y, True), (y, x, False)):
        if isinstance(value, Literal) and bool(value.value) != holds:
            r.assume(p, not taken)
            r.assume(other, holds)


_CONDITIONS: Mapping[str, Condition] = {
    "lt": _order(1, swapped=False),
    "le": _order(0, swapped=False),
    "gt": _order(1, swapped=True),
    "ge": _order(0, swapped=True),
    "eq": _equality(True),
    "ne": _equality(False),
    "and": _both_hold,
    "or": _none_holds,
    "not": _negated,
    "cond": _short_circuit,
    "select": _chosen,
}
