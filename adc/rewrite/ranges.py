"""What is known about i64 values at a place, and proofs of inequalities from it.

Knowledge comes from the indices of enclosing regions, from sizes (never negative), from the definitions of
`min`, `max`, `mod` and the like, from branches taken and from checks passed. A proof replaces one value after
the other by a bound and ends in a polynomial that is plainly not negative.

Arithmetic on i64 wraps, inequalities do not: a comparison of two values is taken apart into polynomials only
where all their atoms are small (sizes, indices, and what lies between), so that nothing can have wrapped.
A goal `0 <= v < extent` needs no such care: a polynomial that lies in that range is the value itself.

Checks of `index` are no knowledge: the equation that made them may be removed as dead later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from adc.ir.core import I64, Atom, Dim, Equation, Literal, Value
from adc.rewrite.polynomials import (
    Key,
    Poly,
    Polynomials,
    add,
    constant,
    constant_value,
    key,
    multiply,
    quotient,
)
from adc.types.core import DType

_SMALL = 1 << 48  # no array has as many elements and no loop ends that runs as many steps
_TAME = 1 << 10  # coefficients up to here keep sums of small values far from 2**63
_CHAIN = 16  # definitions followed from one value to the next
_DEPTH = 7
_BUDGET = 300  # substitutions tried for one goal

Bounds = dict[int, list[Poly]]  # by number of the atom


class Ranges:
    """Facts, added and taken back like a stack as regions are entered and left."""

    def __init__(self, definitions: Mapping[Value, Equation]) -> None:
        self.polynomials = Polynomials(definitions)
        self._definitions = definitions
        self._lower: Bounds = {}
        self._upper: Bounds = {}
        self._sizes: set[int] = set()
        self._truth: dict[Value, bool] = {}
        self._undo: list[Callable[[], object]] = []
        self._derived: set[Value] = set()
        self._chain = 0

    # ---- what is known --------------------------------------------------------------------------

    def mark(self) -> int:
        return len(self._undo)

    def rollback(self, mark: int) -> None:
        while len(self._undo) > mark:
            self._undo.pop()()

    def size(self, d: Dim | Atom) -> None:
        """`d` is a size: not negative and not huge."""
        if isinstance(d, Value):
            number = self.polynomials.number(d)
            if number not in self._sizes:
                self._sizes.add(number)
                self._undo.append(lambda: self._sizes.discard(number))
                self._derive(d)

    def index(self, i: Value, extent: Atom) -> None:
        """`i` runs from 0 to below `extent`."""
        self._bound(self._lower, i, {})
        for high in self._extents(extent):
            below = add(self._safe(high), constant(-1))
            self._learn(add(below, self.polynomials.atom(i), -1))  # and so the range is not empty
        self.size(i)

    def _extents(self, extent: Atom) -> Iterator[Atom]:
        """`extent`, and what it comes down to where the range is not empty: `max(0, n)` is n there."""
        yield extent
        e = self._definitions.get(extent) if isinstance(extent, Value) else None
        if e is not None and e.op == "max":
            for one, other in (e.operands, e.operands[::-1]):
                if isinstance(one, Literal) and one.value <= 0:
                    yield from self._extents(other)

    def counter(self, i: Value) -> None:
        """`i` counts steps, nobody knows how many."""
        self.size(i)

    def assume(self, p: Atom, holds: bool) -> None:
        """The boolean `p` is known here, and so are its parts as far as they follow."""
        pending = [(p, holds)]
        while pending:
            p, holds = pending.pop()
            if not isinstance(p, Value) or p in self._truth:
                continue
            self._truth[p] = holds
            self._undo.append(lambda p=p: self._truth.pop(p))  # type: ignore[misc]
            e = self._definitions.get(p)
            if e is None:
                continue
            if e.op in _PARTS:
                pending.extend(reversed(_PARTS[e.op](e, holds)))
            elif e.op in _CONSEQUENCES:
                _CONSEQUENCES[e.op](self, e, holds)

    def truth(self, p: Atom) -> bool | None:
        """What is known about a boolean: by assumption, or as a comparison that can be proven."""
        if isinstance(p, Literal):
            return bool(p.value)
        return self._truth.get(p)

    def compare(self, op: str, x: Atom, y: Atom) -> bool | None:
        """Whether an i64 comparison always or never holds here; None when that is not known."""
        positive = _ORDER.get(op)
        if positive is None:
            equal = self._equal(x, y)
            return equal if equal is None or op == "eq" else not equal
        low, high, gap = positive
        a, b = (x, y)[low], (x, y)[high]
        if self._at_most(a, b, gap):
            return True
        return False if self._at_most(b, a, 1 - gap) else None

    def _equal(self, x: Atom, y: Atom) -> bool | None:
        p = add(self.polynomials.of(x), self.polynomials.of(y), -1)
        difference = constant_value(p)
        if difference is not None:  # modulo 2**64, so this needs no bounds
            return difference == 0
        return False if self._at_most(x, y, 1) or self._at_most(y, x, 1) else None

    def _at_most(self, x: Atom, y: Atom, gap: int) -> bool:
        """x + gap <= y for sure."""
        p = add(self._safe(y), self._safe(x), -1)
        return self.proves(add(p, constant(-gap)))

    def _assume_at_most(self, x: Atom, y: Atom, gap: int) -> None:
        p = add(add(self._safe(y), self._safe(x), -1), constant(-gap))
        self._learn(p)

    def _learn(self, p: Poly) -> None:
        """p >= 0: a bound for every atom that occurs alone with coefficient 1 or -1."""
        for monomial, c in p.items():
            if len(monomial) == 1 and abs(c) == 1:
                (n,) = monomial
                if sum(n in m for m in p) == 1:
                    rest = {m: k for m, k in p.items() if m != monomial}
                    if c == 1:
                        self._bound(self._lower, self.polynomials.value(n), add({}, rest, -1))
                    else:
                        self._bound(self._upper, self.polynomials.value(n), rest)

    def _bound(self, bounds: Bounds, v: Value, p: Poly) -> None:
        number = self.polynomials.number(v)
        found = bounds.setdefault(number, [])
        if p not in found:
            found.append(p)
            self._undo.append(found.pop)
            self._derive(v)
        for atom in self.polynomials.atoms(p):
            self._derive(atom)

    def _safe(self, a: Atom) -> Poly:
        """The polynomial of a value where it cannot have wrapped, else the value as an atom.

        Products are taken for what they are only when they are sizes: then something has that many elements.
        """
        p = self.polynomials.of(a)
        if isinstance(a, Literal) or self.polynomials.atom(a) == p:
            return p
        degree = 2 if self.polynomials.number(a) in self._sizes else 1
        return p if self.is_exact(p, degree) else self.polynomials.atom(a)

    def is_exact(self, p: Poly, degree: int = 2) -> bool:
        """Whether p cannot have wrapped: few small atoms with tame coefficients.

        Products of two are let through by default: a size and an index of it, which something has or runs through.
        """
        if constant_value(p) is not None:
            return True
        if len(p) == 1 and next(iter(p.items()))[1] == 1 and len(next(iter(p))) == 1:
            return True  # a value is itself
        is_tame = all(len(m) <= degree and abs(c) <= _TAME for m, c in p.items() if m)
        return is_tame and all(self._is_small(v) for v in self.polynomials.atoms(p))

    def _is_small(self, v: Value) -> bool:
        number = self.polynomials.number(v)
        if number in self._sizes:
            return True
        atom = self.polynomials.atom(v)
        return self.proves(add(atom, constant(_SMALL))) and self.proves(
            add(constant(_SMALL), atom, -1)
        )

    def _derive(self, v: Value) -> None:
        """Bounds that follow from how `v` is defined, once."""
        e = self._definitions.get(v)
        rule = None if e is None else _DEFINED.get(e.op)
        if e is None or rule is None or v in self._derived or self._chain > _CHAIN:
            return
        self._derived.add(v)
        self._undo.append(lambda: self._derived.discard(v))
        if v.type == I64:
            self._chain += 1
            rule(self, v, e.operands)
            self._chain -= 1

    # ---- proofs ---------------------------------------------------------------------------------

    def in_range(self, i: Atom, extent: Dim) -> bool:
        """Whether 0 <= i < extent for sure."""
        p = self.polynomials.of(i)
        below = add(self._extent(extent), p, -1)
        return self.proves(p) and self.proves(add(below, constant(-1)))

    def _extent(self, extent: Dim) -> Poly:
        """The polynomial of a size; one that is defined by arithmetic has not wrapped if its atoms are small."""
        return constant(extent) if isinstance(extent, int) else self._safe(extent)

    def same_size(self, a: Dim, b: Dim) -> bool:
        """Whether two sizes are equal for sure."""
        if a is b or a == b:
            return True
        return self.polynomials.of(a) == self.polynomials.of(b)

    def is_positive(self, a: Atom) -> bool:
        return self.proves(add(self._safe(a), constant(-1)))

    def proves(self, p: Poly) -> bool:
        """Whether p >= 0 for all values that the facts allow."""
        for v in self.polynomials.atoms(p):
            self._derive(v)
        return _Proof(self).holds(p, _DEPTH)

    def lower_bounds(self, n: int) -> Iterator[Poly]:
        yield from self._lower.get(n, ())
        if n in self._sizes:
            yield {}

    def upper_bounds(self, n: int) -> Iterator[Poly]:
        yield from self._upper.get(n, ())
        if n in self._sizes:
            yield constant(_SMALL)

    def cases(self, n: int, sign: int) -> list[Poly]:
        """Polynomials one of which bounds the atom from below (sign 1) or above (-1); none when there are none."""
        e = self._definitions.get(self.polynomials.value(n))
        if e is None or e.op not in _CASES or e.results[0].type != I64:
            return []
        return [self._safe(e.operands[k]) for k in _CASES[e.op][0 if sign > 0 else 1]]

    def is_natural(self, n: int) -> bool:
        """Whether the atom is plainly not negative."""
        return n in self._sizes or any(
            (c := constant_value(p)) is not None and c >= 0 for p in self._lower.get(n, ())
        )


class _Proof:
    """One search for a proof: bounds are substituted for atoms, the youngest atom first."""

    def __init__(self, ranges: Ranges) -> None:
        self.ranges = ranges
        self.budget = _BUDGET
        self.failed: set[Key] = set()

    def holds(self, p: Poly, depth: int) -> bool:
        value = constant_value(p)
        if value is not None:
            return value >= 0
        if self._is_sum_of_naturals(p):
            return True
        if depth == 0 or self.budget <= 0 or key(p) in self.failed:
            return False
        self.failed.add(key(p))
        return any(all(self.holds(q, depth - 1) for q in qs) for qs in self._weaker(p))

    def _is_sum_of_naturals(self, p: Poly) -> bool:
        return all(c > 0 and all(map(self.ranges.is_natural, m)) for m, c in p.items())

    def _weaker(self, p: Poly) -> Iterator[list[Poly]]:
        """Sets of polynomials whose least is at most p, with bounds put in place of one atom."""
        for n in sorted({n for m in p for n in m}, reverse=True):
            factor, rest = _split(p, n)
            if factor is None:
                continue
            sign = self._sign(factor)
            if sign == 0:
                continue
            bounds = self.ranges.lower_bounds(n) if sign > 0 else self.ranges.upper_bounds(n)
            for bound in list(bounds):
                self.budget -= 1
                if self.budget <= 0:
                    return
                yield [add(rest, multiply(factor, bound))]
            cases = self.ranges.cases(n, sign)
            if cases:
                yield [add(rest, multiply(factor, case)) for case in cases]

    def _sign(self, p: Poly) -> int:
        """1 when p is plainly not negative, -1 when it is plainly not positive, else 0."""
        if self._is_sum_of_naturals(p):
            return 1
        return -1 if self._is_sum_of_naturals(add({}, p, -1)) else 0


def _split(p: Poly, n: int) -> tuple[Poly | None, Poly]:
    """p as factor * atom n + rest; None for the factor when the atom occurs in a higher power."""
    factor: Poly = {}
    rest: Poly = {}
    for monomial, c in p.items():
        count = monomial.count(n)
        if count > 1:
            return None, p
        if count:
            factor[tuple(k for k in monomial if k != n)] = c
        else:
            rest[monomial] = c
    return factor, rest


# ---- comparisons ---------------------------------------------------------------------------------

# op -> (which operand is the smaller one, which the larger, the gap between them)
_ORDER: Mapping[str, tuple[int, int, int]] = {
    "lt": (0, 1, 1),
    "le": (0, 1, 0),
    "gt": (1, 0, 1),
    "ge": (1, 0, 0),
}

Learn = Callable[[Ranges, Equation, bool], None]


def _learn_order(r: Ranges, e: Equation, holds: bool) -> None:
    if e.operands[0].type.dtype is not DType.I64:
        return
    low, high, gap = _ORDER[e.op]
    x, y = e.operands[low], e.operands[high]
    if holds:
        r._assume_at_most(x, y, gap)
    else:
        r._assume_at_most(y, x, 1 - gap)


def _learn_equal(r: Ranges, e: Equation, holds: bool) -> None:
    if e.operands[0].type.dtype is not DType.I64:
        return
    x, y = e.operands
    is_equal = holds == (e.op == "eq")
    for low, high in ((x, y), (y, x)):
        if is_equal:
            r._assume_at_most(low, high, 0)
        elif r._at_most(low, high, 0):
            r._assume_at_most(low, high, 1)


_CONSEQUENCES: Mapping[str, Learn] = {
    **dict.fromkeys(_ORDER, _learn_order),
    "eq": _learn_equal,
    "ne": _learn_equal,
}

# Booleans that are known with a boolean made of them.
_PARTS: Mapping[str, Callable[[Equation, bool], list[tuple[Atom, bool]]]] = {
    "and": lambda e, holds: [(a, True) for a in e.operands] if holds else [],
    "or": lambda e, holds: [] if holds else [(a, False) for a in e.operands],
    "not": lambda e, holds: [(e.operands[0], not holds)],
}


# ---- definitions ---------------------------------------------------------------------------------

Operands = Sequence[Atom]


def _define_max(r: Ranges, v: Value, operands: Operands) -> None:
    for a in operands:
        r._bound(r._lower, v, r._safe(a))


def _define_min(r: Ranges, v: Value, operands: Operands) -> None:
    for a in operands:
        r._bound(r._upper, v, r._safe(a))


def _define_clamp(r: Ranges, v: Value, operands: Operands) -> None:
    r._bound(r._upper, v, r._safe(operands[2]))


def _define_mod(r: Ranges, v: Value, operands: Operands) -> None:
    _, divisor = operands
    if r.proves(r._safe(divisor)):  # where it is 0 there is no remainder to speak of
        r._bound(r._lower, v, {})
        r._bound(r._upper, v, add(r._safe(divisor), constant(-1)))


def _define_floordiv(r: Ranges, v: Value, operands: Operands) -> None:
    x, divisor = operands
    if not isinstance(x, Value) or not r.proves(r._safe(divisor)) or not r.proves(r._safe(x)):
        return
    r._bound(r._lower, v, {})
    r._bound(r._upper, v, r._safe(x))
    by = r.polynomials.of(divisor)
    for high in list(r.upper_bounds(r.polynomials.number(x))):
        whole = quotient(add(high, constant(1)), by)
        if whole is not None:  # x < whole * divisor
            r._bound(r._upper, v, add(whole, constant(-1)))
    if constant_value(by):
        multiple = multiply(by, r.polynomials.atom(v))
        r._learn(add(r._safe(x), multiple, -1))
        r._learn(add(add(multiple, add(by, constant(-1))), r._safe(x), -1))


def _define_abs(r: Ranges, v: Value, operands: Operands) -> None:
    (x,) = operands
    if isinstance(x, Value) and r._is_small(x):
        r._bound(r._lower, v, {})


# Values that are one of some others, in the direction asked: op -> (operands to go through for a lower bound,
# for an upper bound). clamp(x, lo, hi) is min(max(x, lo), hi).
_CASES: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "max": ((), (0, 1)),
    "min": ((0, 1), ()),
    "select": ((1, 2), (1, 2)),
    "clamp": ((1, 2), ()),
}

_DEFINED: Mapping[str, Callable[[Ranges, Value, Operands], None]] = {
    "max": _define_max,
    "min": _define_min,
    "clamp": _define_clamp,
    "mod": _define_mod,
    "floordiv": _define_floordiv,
    "abs": _define_abs,
}
