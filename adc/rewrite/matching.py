"""Questions that rules ask about atoms and blocks."""

from __future__ import annotations

from collections.abc import Sequence
from math import copysign

from adc.ir.core import Atom, Literal, Value
from adc.rewrite.scope import Scope
from adc.types.core import DType


def is_number(a: Atom, value: float) -> bool:
    """Whether the atom is this literal; zeros have signs: `is_number(a, 0)` is the positive one."""
    if not isinstance(a, Literal) or a.type.dtype is DType.BOOL or a.value != value:
        return False
    return value != 0 or not a.type.dtype.is_float or copysign(1.0, a.value) == copysign(1.0, value)


def is_truth(a: Atom, value: bool) -> bool:
    return isinstance(a, Literal) and a.type.dtype is DType.BOOL and a.value is value


def same_atom(a: Atom, b: Atom) -> bool:
    """Whether two atoms are certainly the same: one value, or literals alike to the sign of zero."""
    if a is b:
        return True
    return (
        isinstance(a, Literal)
        and isinstance(b, Literal)
        and a.type == b.type
        and repr(a.value) == repr(b.value)
    )


def same_atoms(xs: Sequence[Atom], ys: Sequence[Atom]) -> bool:
    return len(xs) == len(ys) and all(map(same_atom, xs, ys))


def same_index(a: Atom, b: Atom, scope: Scope) -> bool:
    """Whether two i64 atoms are certainly equal."""
    return same_atom(a, b) or scope.ranges.polynomials.of(a) == scope.ranges.polynomials.of(b)


def is_all_zero(a: Atom, scope: Scope) -> bool:
    """Whether the atom is +0 or an array of nothing else."""
    while isinstance(a, Value):
        e = scope.defined_by(a, "map")
        if e is None:
            return False
        a = e.regions[0].results[e.results.index(a)]
    return is_number(a, 0)
