"""Sizes while a definition is elaborated: which i64 value is which polynomial, and what is known about them.

A block under construction is a `Frame`; frames nest like regions. Arithmetic on sizes is emitted in the
outermost frame in which everything it needs is visible, so that sizes made inside a region are visible
outside of it whenever they can be.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from fractions import Fraction
from math import lcm

from adc.ir.builder import Builder
from adc.ir.core import I64, Atom, Dim, Equation, Literal, Value, dim_atom, index_literal
from adc.types.dims import Poly


class Frame:
    """A block being built, and what holds inside it: natural numbers, inequalities, equalities."""

    __slots__ = ("builder", "counters", "depth", "equal", "known", "naturals", "parent", "positive")

    def __init__(self, builder: Builder, parent: Frame | None) -> None:
        self.builder = builder
        self.parent = parent
        self.depth: int = parent.depth + 1 if parent else 0
        self.known: dict[Hashable, Value] = {}  # values of polynomials and of other size arithmetic
        self.naturals: set[Hashable] = set()  # values that are not negative
        self.positive: list[Poly] = []  # polynomials that are not negative
        self.equal: set[Poly] = set()  # polynomials that are zero
        self.counters: list[tuple[Value, Poly]] = []  # values that are below a bound

    def outward(self) -> Iterator[Frame]:
        """This frame and those around it."""
        frame: Frame | None = self
        while frame is not None:
            yield frame
            frame = frame.parent

    def inequalities(self) -> list[Poly]:
        """All polynomials that are not negative; those of counters are made when first asked for."""
        while self.counters:
            v, bound = self.counters.pop()
            self.positive.append(bound - Poly.atom(v) - 1)
        return self.positive

    def is_inside(self, outer: Frame) -> bool:
        return any(frame is outer for frame in self.outward())


class Sizes:
    """The side table of one function: polynomials and frames of its i64 values."""

    def __init__(self) -> None:
        self._polys: dict[Value, Poly] = {}  # values that are polynomials of others
        self._atoms: dict[Value, Poly] = {}  # the polynomials of all other values
        self._homes: dict[Value, Frame] = {}
        self._numbers: dict[Value, int] = {}  # in the order of making
        self._merged: dict[Frame, Frame] = {}
        self._users: dict[Hashable, list[Value]] = {}  # values told in terms of a value

    # ---- knowing ---------------------------------------------------------------------------------

    def poly(self, dim: Dim | Atom) -> Poly:
        """What a size is, as a polynomial over values that are not polynomials of others."""
        if isinstance(dim, int):
            return Poly.of(dim)
        if isinstance(dim, Literal):
            return Poly.of(int(dim.value))
        found = self._polys.get(dim) or self._atoms.get(dim)
        if found is None:
            found = self._atoms[dim] = Poly.atom(dim)
        return found

    def define(self, value: Value, frame: Frame) -> None:
        """A scalar i64 has been made in `frame`."""
        self._homes[value] = frame
        self._numbers[value] = len(self._numbers)

    def equate(self, value: Value, poly: Poly) -> None:
        """`value` is `poly`; what was said in terms of `value` is said in terms of `poly` from now on."""
        binding: dict[Hashable, Poly] = {value: poly}
        for other in self._users.pop(value, ()):
            self._set(other, self._polys[other].substitute(binding))
        self._set(value, poly)
        home = self.home(poly)
        if home is None or home is self._home_of(value):
            self._home_of(value).known.setdefault(poly, value)

    def _set(self, value: Value, poly: Poly) -> None:
        self._polys[value] = poly
        for atom in poly.atoms():
            self._users.setdefault(atom, []).append(value)

    def merge(self, inner: Frame, outer: Frame) -> None:
        """The equations of `inner` have become part of `outer`."""
        self._merged[inner] = outer
        outer.naturals |= inner.naturals
        outer.positive += inner.positive
        outer.counters += inner.counters
        outer.equal |= inner.equal

    def _home_of(self, atom: Hashable) -> Frame:
        assert isinstance(atom, Value)
        frame = self._homes[atom]
        while frame in self._merged:
            frame = self._merged[frame]
        return frame

    def home(self, poly: Poly) -> Frame | None:
        """The innermost frame that a value of `poly` needs; None for a constant."""
        best: Frame | None = None
        for atom in poly.atoms():
            frame = self._home_of(atom)
            if best is None or frame.is_inside(best):
                best = frame
        return best

    def is_visible(self, poly: Poly, frame: Frame) -> bool:
        return all(frame.is_inside(self._home_of(atom)) for atom in poly.atoms())

    # ---- proving ---------------------------------------------------------------------------------

    def is_natural(self, poly: Poly, frame: Frame) -> bool:
        """Whether `poly` is certainly not negative."""
        if self._is_sum_of_naturals(poly, frame):
            return True
        return any(
            self._is_sum_of_naturals(poly - fact, frame)
            for outer in frame.outward()
            for fact in outer.inequalities()
        )

    def _is_sum_of_naturals(self, poly: Poly, frame: Frame) -> bool:
        return all(
            c > 0 and all(power % 2 == 0 or self._is_atom_natural(a, frame) for a, power in m)
            for m, c in poly.terms
        )

    def _is_atom_natural(self, atom: Hashable, frame: Frame) -> bool:
        return any(atom in outer.naturals for outer in frame.outward())

    def assume_natural(self, poly: Poly, frame: Frame) -> None:
        atom = poly.single_atom
        if atom is not None:
            frame.naturals.add(atom)
        elif poly.constant is None:
            frame.positive.append(poly)

    def declare_natural(self, value: Value) -> None:
        """`value` is not negative, wherever it is visible."""
        self._home_of(value).naturals.add(value)

    def is_equal(self, one: Poly, two: Poly, frame: Frame) -> bool:
        """Whether two sizes are certainly equal."""
        if one == two:
            return True
        return any(
            one - two in outer.equal or two - one in outer.equal for outer in frame.outward()
        )

    def atoms(self, poly: Poly) -> list[Hashable]:
        """The values that `poly` is made of, in the order of making."""
        return sorted(poly.atoms(), key=lambda v: self._numbers[v])  # type: ignore[index]

    # ---- making ----------------------------------------------------------------------------------

    def dim(self, poly: Poly, frame: Frame) -> Dim:
        """A dim that is `poly`, for use in `frame`."""
        constant = poly.constant
        if constant is not None:
            return constant
        atom = poly.single_atom
        if isinstance(atom, Value):
            return atom
        home = self.home(poly) or frame
        found = home.known.get(poly)
        if found is None:
            found = self._emit(poly, home)
            self._set(found, poly)
            home.known[poly] = found
        return found

    def value(self, poly: Poly, frame: Frame) -> Atom:
        """As `dim`, as an operand."""
        return dim_atom(self.dim(poly, frame))

    def shared(self, op: str, operands: tuple[Atom, ...], frame: Frame) -> Value:
        """The one value of `op` of these sizes, which must be total: made once, as far out as possible."""
        polys = tuple(map(self.poly, operands))
        homes = [home for p in polys if (home := self.home(p)) is not None]
        home = next((h for h in homes if all(h.is_inside(other) for other in homes)), frame)
        key = (op, polys)
        found = home.known.get(key)
        if found is None:
            there = tuple(self.value(p, home) for p in polys)
            found = home.known[key] = self._arith(op, there, home)
        return found

    def _emit(self, poly: Poly, home: Frame) -> Value:
        denominator = lcm(*(c.denominator for _, c in poly.terms))
        total: Atom | None = None
        for powers, c in (poly * denominator).ordered(self._numbers.__getitem__):
            total = self._add_term(total, powers, c, home)
        assert total is not None
        if denominator > 1:
            total = self._arith("floordiv", (total, index_literal(denominator)), home)
        assert isinstance(total, Value)
        return total

    def _add_term(
        self, total: Atom | None, powers: list[tuple[Hashable, int]], c: Fraction, home: Frame
    ) -> Atom:
        factors: list[Atom] = []
        for atom, power in powers:
            assert isinstance(atom, Value)
            factors += [atom] * power
        size = abs(c.numerator)
        if size != 1 or not factors:
            factors.insert(0, index_literal(size))
        term = factors[0]
        for factor in factors[1:]:
            term = self._arith("mul", (term, factor), home)
        if total is None:
            return term if c > 0 else self._arith("neg", (term,), home)
        return self._arith("add" if c > 0 else "sub", (total, term), home)

    def _arith(self, op: str, operands: tuple[Atom, ...], home: Frame) -> Value:
        result = Value(I64, "size")
        b = home.builder
        b.append(Equation(op, operands, (result,), span=b.span, origin=b.origin))
        self.define(result, home)
        return result

    # ---- showing ---------------------------------------------------------------------------------

    def text(self, poly: Poly) -> str:
        """The size as a user would write it."""
        names: dict[Hashable, Poly] = {
            a: Poly.atom(a.hint or "?") for a in poly.atoms() if isinstance(a, Value)
        }
        return str(poly.substitute(names))


def is_whole(poly: Poly) -> bool:
    """Whether the polynomial is a whole number for all whole atoms, found by trying all residues."""
    denominator = lcm(*(c.denominator for _, c in poly.terms)) if poly.terms else 1
    if denominator == 1:
        return True
    atoms = sorted(poly.atoms(), key=str)
    cases = denominator ** len(atoms)
    if cases > 4096:
        return False
    for case in range(cases):
        residues: dict[Hashable, int] = {}
        for atom in atoms:
            case, residues[atom] = divmod(case, denominator)
        if poly.evaluate(residues.__getitem__).denominator != 1:
            return False
    return True
