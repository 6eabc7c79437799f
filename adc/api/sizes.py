"""Sizes from shapes: which argument binds which size name, and whether the rest agrees.

A size name is bound by the first dimension in which it stands alone, or else as `a*n + b`; every other dimension
is checked. A mismatch is reported with both expressions and with what bound the names in them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from adc.diagnostics import Diagnostic, ShapeError, UnsupportedError
from adc.types.dims import Poly


@dataclass(frozen=True, slots=True)
class Slot:
    """A leaf of a parameter as it is declared: `bodies.pos` with its dims and the text of its type."""

    label: str
    dims: tuple[Poly, ...]
    declared: str


@dataclass(frozen=True, slots=True)
class _Binding:
    """The size `name` is `(size of that axis - offset) / factor`."""

    name: str
    slot: int
    axis: int
    factor: Fraction
    offset: Fraction

    @property
    def is_direct(self) -> bool:
        return self.factor == 1 and not self.offset


class SizePlan:
    """How the sizes of one signature follow from the shapes of its leaves; made once per function."""

    def __init__(
        self, names: Sequence[str], slots: Sequence[Slot], integers: Mapping[str, int]
    ) -> None:
        """`integers` are the positions of integer arguments among the leaves; dims may mention them too."""
        self.names = tuple(names)
        self.slots = tuple(slots)
        self._bindings = _choose_bindings(self.names, self.slots)
        direct = [b for b in self._bindings.values() if b.is_direct]
        self._direct = tuple((b.name, b.slot, b.axis) for b in direct)
        self._solved = tuple(b for b in self._bindings.values() if not b.is_direct)
        taken = {(b.slot, b.axis) for b in direct}
        self._checks = tuple(
            (slot, axis, _expectation(dim))
            for slot, axis, dim in _axes(self.slots)
            if (slot, axis) not in taken
        )
        mentioned = {atom for slot in self.slots for dim in slot.dims for atom in dim.atoms()}
        self._integers = tuple((n, position) for n, position in integers.items() if n in mentioned)
        self._hidden = next((n for n in self.names if n not in self._bindings), None)

    def sizes(self, leaves: Sequence[Any]) -> list[int]:
        """The size values in order. Raises ShapeError E0504, UnsupportedError E0905."""
        if self._hidden is not None:
            title = f"no argument shows the size `{self._hidden}`: arrays of `()` have no elements"
            raise UnsupportedError(Diagnostic("E0905", title))
        values: dict[Hashable, int] = {name: int(leaves[at]) for name, at in self._integers}
        for name, slot, axis in self._direct:
            values[name] = leaves[slot].shape[axis]
        for binding in self._solved:
            values[binding.name] = self._solve(binding, leaves)
        for slot, axis, expected in self._checks:
            if leaves[slot].shape[axis] != expected(values):
                raise self._mismatch(slot, axis, leaves, values)
        return [values[name] for name in self.names]

    def _solve(self, binding: _Binding, leaves: Sequence[Any]) -> int:
        size: int = leaves[binding.slot].shape[binding.axis]
        value = (size - binding.offset) / binding.factor
        if value.denominator == 1 and value >= 0:
            return value.numerator
        slot = self.slots[binding.slot]
        dim = slot.dims[binding.axis]
        raise ShapeError(
            Diagnostic(
                "E0504",
                f"`{slot.label}` has size {size}{_axis(slot, binding.axis)}, "
                f"which is `{dim}` for no `{binding.name}`",
                notes=(f"`{slot.label}` is declared as {slot.declared}",),
            )
        )

    def _mismatch(
        self,
        slot: int,
        axis: int,
        leaves: Sequence[Any],
        values: dict[Hashable, int],
    ) -> ShapeError:
        at = self.slots[slot]
        dim = at.dims[axis]
        expected = _expectation(dim)(values)
        wanted = str(expected) if dim.constant is not None else f"`{dim}` = {expected}"
        notes = [f"`{at.label}` is declared as {at.declared}"]
        notes += [self._origin(str(name), values[name]) for name in sorted(dim.atoms(), key=str)]
        title = (
            f"`{at.label}` has size {leaves[slot].shape[axis]}{_axis(at, axis)}, expected {wanted}"
        )
        return ShapeError(Diagnostic("E0504", title, notes=tuple(notes)))

    def _origin(self, name: str, value: int) -> str:
        binding = self._bindings.get(name)
        if binding is None:
            return f"`{name}` = {value} is an argument"
        slot = self.slots[binding.slot]
        return f"`{name}` = {value} comes from `{slot.label}`, declared as {slot.declared}"


Values = Mapping[Hashable, int]


def _expectation(dim: Poly) -> Callable[[Values], Fraction | int]:
    """What tells the size that `dim` means; names and numbers, most of all dims, need no polynomial."""
    known, name = dim.constant, dim.single_atom
    if known is not None:
        return lambda values: known
    if name is not None:
        return lambda values: values[name]
    return lambda values: dim.evaluate(values.__getitem__)


def _axes(slots: Sequence[Slot]) -> Iterator[tuple[int, int, Poly]]:
    for number, slot in enumerate(slots):
        for axis, dim in enumerate(slot.dims):
            yield number, axis, dim


def _choose_bindings(names: Sequence[str], slots: Sequence[Slot]) -> dict[str, _Binding]:
    found: dict[str, _Binding] = {}
    for slot, axis, dim in _axes(slots):
        atom = dim.single_atom
        if isinstance(atom, str) and atom in names and atom not in found:
            found[atom] = _Binding(atom, slot, axis, Fraction(1), Fraction(0))
    for slot, axis, dim in _axes(slots):
        linear = dim.linear_in_one()
        if linear is None:
            continue
        factor, atom, offset = linear
        if isinstance(atom, str) and atom in names:
            found.setdefault(atom, _Binding(atom, slot, axis, factor, offset))
    return found


def _axis(slot: Slot, axis: int) -> str:
    return f" along axis {axis}" if len(slot.dims) > 1 else ""
