"""What operations say about ranges: how sums are read, what a maximum is at least, what a comparison tells,
what holds inside a region."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from adc.ir.core import Atom, Equation, Literal, Value
from adc.prims.structured.layout import extents

Monomial = tuple[Value, ...]  # sorted by first appearance; () is 1
Linear = Mapping[Monomial, int]  # coefficients, none of them 0

COEFFICIENT = 1 << 16  # the largest coefficient


@dataclass(frozen=True, slots=True)
class Case:
    """A value that something may be, the conditions under which it is, and pairs that are then ordered."""

    value: Atom
    conditions: tuple[tuple[Atom, bool], ...] = ()
    ordered: tuple[tuple[Atom, Atom], ...] = ()


class Facts(Protocol):
    """What rules ask of the facts, and tell them."""

    moderate: set[Value]

    def atom(self, v: Value) -> Linear:
        """The value as a polynomial of its own."""

    def read(self, a: Atom) -> Linear | None:
        """The polynomial of a whole number; None for anything else."""

    def read_sum(self, e: Equation, sign: int) -> Linear | None:
        """`x + sign * y` when it cannot wrap."""

    def read_product(self, e: Equation) -> Linear | None:
        """`x * y` when it cannot wrap."""

    def read_negation(self, e: Equation) -> Linear | None:
        """`-x` when it cannot wrap."""

    def is_moderate(self, a: Atom) -> bool:
        """Whether the value is far from wrapping."""

    def is_positive(self, a: Atom) -> bool:
        """Whether `a >= 1` is certain."""

    def is_certain(self, terms: Linear) -> bool:
        """Whether `terms >= 0` is certain."""

    def add(self, terms: Linear) -> None:
        """Learn `terms >= 0`."""

    def add_difference(self, x: Atom, y: Atom, slack: int) -> None:
        """Learn `x - y + slack >= 0`."""

    def assume(self, condition: Atom, holds: bool) -> None:
        """Learn that a condition holds, or does not."""

    def assume_index(self, index: Value, extent: Atom, *, is_reversed: bool = False) -> None:
        """Learn `0 <= index < extent`."""

    def assume_count(self, count: Value) -> None:
        """Learn that a value counts steps."""


def plus(a: Linear, b: Linear, sign: int = 1, constant: int = 0) -> Linear:
    """`a + sign * b + constant`."""
    total = dict(a)
    for m, c in b.items():
        total[m] = total.get(m, 0) + sign * c
    if constant:
        total[()] = total.get((), 0) + constant
    return {m: c for m, c in total.items() if c}


# ---- how operations are read -------------------------------------------------------------------------

READ: Mapping[str, Callable[[Facts, Equation], Linear | None]] = {
    "add": lambda r, e: r.read_sum(e, 1),
    "sub": lambda r, e: r.read_sum(e, -1),
    "mul": lambda r, e: r.read_product(e),
    "neg": lambda r, e: r.read_negation(e),
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


CASES: Mapping[str, Callable[[Equation, Value], Sequence[Case]]] = {
    "select": _cases_of_select,
    "cond": _cases_of_cond,
    "max": _cases_of_max,
    "min": _cases_of_min,
    "clamp": _cases_of_clamp,
}


# ---- facts that operations bring ---------------------------------------------------------------------


def _learn_max(r: Facts, e: Equation) -> None:
    """max(x, y) is at least x and y."""
    for x in e.operands:
        r.add_difference(e.results[0], x, 0)


def _learn_min(r: Facts, e: Equation) -> None:
    for x in e.operands:
        r.add_difference(x, e.results[0], 0)


def _learn_clamp(r: Facts, e: Equation) -> None:
    """min(max(x, low), high) is at most high, and at least low when low <= high."""
    _, low, high = e.operands
    (y,) = e.results
    r.add_difference(high, y, 0)
    a, b = r.read(low), r.read(high)
    if a is not None and b is not None and r.is_certain(plus(b, a, -1)):
        r.add_difference(y, low, 0)


def _learn_floordiv(r: Facts, e: Equation) -> None:
    """For a literal c > 0 and q = x // c: c q <= x <= c q + c - 1."""
    x, c = e.operands
    a = r.read(x)
    if isinstance(c, Literal) and 0 < int(c.value) < COEFFICIENT and a is not None:
        step = int(c.value)
        q: Linear = {(e.results[0],): step}
        r.atom(e.results[0])
        if r.is_moderate(x):
            r.moderate.add(e.results[0])
        r.add(plus(a, q, -1))
        r.add(plus(q, a, -1, step - 1))
        if r.is_certain(a):
            r.add({(e.results[0],): 1})


def _learn_mod(r: Facts, e: Equation) -> None:
    """For c > 0: 0 <= x % c < c."""
    _, c = e.operands
    limit = r.read(c)
    if limit is not None and r.is_positive(c):
        y = r.atom(e.results[0])
        if r.is_moderate(c):
            r.moderate.add(e.results[0])
        r.add(y)
        r.add(plus(limit, y, -1, -1))


LEARN: Mapping[str, Callable[[Facts, Equation], None]] = {
    "max": _learn_max,
    "min": _learn_min,
    "clamp": _learn_clamp,
    "floordiv": _learn_floordiv,
    "mod": _learn_mod,
}


# ---- facts that conditions bring ---------------------------------------------------------------------

Condition = Callable[[Facts, Equation, Value, bool], None]


def _order(slack: int, *, swapped: bool) -> Condition:
    """A comparison: `y - x - slack >= 0` when it holds for x, y; its negation otherwise."""

    def learn(r: Facts, e: Equation, condition: Value, holds: bool) -> None:
        x, y = e.operands
        if swapped:
            x, y = y, x
        if holds:
            r.add_difference(y, x, -slack)
        else:
            r.add_difference(x, y, slack - 1)

    return learn


def _equality(is_equal: bool) -> Condition:
    def learn(r: Facts, e: Equation, condition: Value, holds: bool) -> None:
        x, y = e.operands
        if holds == is_equal:
            r.add_difference(x, y, 0)
            r.add_difference(y, x, 0)
            return
        a, b = r.read(x), r.read(y)
        if a is None or b is None:
            return
        if r.is_certain(plus(a, b, -1)):
            r.add_difference(x, y, -1)
        if r.is_certain(plus(b, a, -1)):
            r.add_difference(y, x, -1)

    return learn


def _both_hold(r: Facts, e: Equation, condition: Value, holds: bool) -> None:
    if holds:
        for x in e.operands:
            r.assume(x, True)


def _none_holds(r: Facts, e: Equation, condition: Value, holds: bool) -> None:
    if not holds:
        for x in e.operands:
            r.assume(x, False)


def _negated(r: Facts, e: Equation, condition: Value, holds: bool) -> None:
    r.assume(e.operands[0], not holds)


def _short_circuit(r: Facts, e: Equation, condition: Value, holds: bool) -> None:
    """`a && b` is `cond(a) {b} {false}`, `a || b` is `cond(a) {true} {b}`."""
    k = e.results.index(condition)
    for arm, taken in zip(e.regions, (True, False), strict=True):
        result = arm.results[k]
        if isinstance(result, Literal) and bool(result.value) != holds:
            other = e.regions[1 if taken else 0].results[k]
            r.assume(e.operands[0], not taken)
            r.assume(other, holds)


def _chosen(r: Facts, e: Equation, condition: Value, holds: bool) -> None:
    """A selected condition, when one of the two is a literal that it is not."""
    p, x, y = e.operands
    for value, other, taken in ((x, y, True), (y, x, False)):
        if isinstance(value, Literal) and bool(value.value) != holds:
            r.assume(p, not taken)
            r.assume(other, holds)


CONDITIONS: Mapping[str, Condition] = {
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


# ---- facts that regions bring ------------------------------------------------------------------------


def _below_extents(r: Facts, e: Equation, region: int) -> None:
    """A loop's parameters go on with what it carries."""
    is_reversed = bool(e.params.get("reverse", False))
    for i, extent in zip(e.regions[region].params, extents(e), strict=False):
        r.assume_index(i, extent, is_reversed=is_reversed)


def _counting(r: Facts, e: Equation, region: int) -> None:
    if region:
        r.assume_count(e.regions[region].params[0])


def _taken(r: Facts, e: Equation, region: int) -> None:
    r.assume(e.operands[0], region == 0)


ENTER: Mapping[str, Callable[[Facts, Equation, int], None]] = {
    "map": _below_extents,
    "reduce": _below_extents,
    "argreduce": _below_extents,
    "loop": _below_extents,
    "while": _counting,
    "cond": _taken,
}
