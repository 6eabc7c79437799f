"""What is added to an accumulator, as an array given by its elements (a pull array) instead of an effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from adc.ir.builder import Builder
from adc.ir.core import I64, Atom, Block, Dim, Literal, Type, Value, atom_dim, literal
from adc.prims.array.build import tabulate
from adc.rewrite.polynomials import Poly, emit_polynomial
from adc.rewrite.ranges import Ranges

Element = Callable[[Builder, Sequence[Atom]], Atom]


@dataclass(frozen=True, slots=True)
class Contribution:
    """An array of `dims` by its elements, or a scalar without dims; `whole` when it exists as a value."""

    dims: tuple[Dim, ...]
    element: Element
    whole: Atom | None = None

    @staticmethod
    def of(v: Atom, dims: tuple[Dim, ...]) -> Contribution:
        return Contribution(dims, lambda b, at: b.one("index", v, *at) if at else v, v)

    def value(self, b: Builder) -> Atom:
        """The array or scalar as a value."""
        if self.whole is not None:
            return self.whole
        return tabulate(b, self.dims, self.element) if self.dims else self.element(b, ())


def total(parts: Sequence[Contribution]) -> Contribution:
    """The sum, in order."""
    if len(parts) == 1:
        return parts[0]

    def element(b: Builder, at: Sequence[Atom]) -> Atom:
        first, *others = (part.element(b, at) for part in parts)
        for other in others:
            first = b.one("add", first, other)
        return first

    return Contribution(parts[0].dims, element)


@dataclass(frozen=True, slots=True)
class Axis:
    """How an index of a region reaches an axis of the accumulator: as `sign * index + offset`."""

    axis: int
    at: Poly
    sign: int
    offset: Poly

    def inverse(self, b: Builder, k: Atom, ranges: Ranges) -> Atom:
        """The index of the region that reaches k: k - offset, or offset - k."""
        offset = emit_polynomial(b, self.offset, ranges.polynomials)
        return b.one("sub", k, offset) if self.sign == 1 else b.one("sub", offset, k)


Pattern = Mapping[Value, Axis]  # by the index of the region


@dataclass(frozen=True, slots=True)
class Target:
    """The accumulator, as far as it is still to be indexed: `axes` are left, the others are fixed."""

    type: Type
    axes: tuple[int, ...]

    @property
    def dims(self) -> tuple[Dim, ...]:
        return tuple(self.type.shape[axis] for axis in self.axes)


def placed(
    y: Value, own: Sequence[Axis], extents: Sequence[Atom], target: Target, ranges: Ranges
) -> Contribution:
    """y[i, ..., rest] as a part of the target: each i by the inverse of how it reached its axis, 0 where none did."""
    order = [a.axis for a in own]
    rest = [axis for axis in target.axes if axis not in order]
    shape = target.type.shape
    is_plain = [
        a.sign == 1 and not a.offset and ranges.same_size(shape[a.axis], atom_dim(n))
        for a, n in zip(own, extents, strict=True)
    ]
    if all(is_plain) and (*order, *rest) == target.axes:
        return Contribution.of(y, target.dims)
    zero = literal(0, target.type.dtype)

    def element(b: Builder, at: Sequence[Atom]) -> Atom:
        by_axis = dict(zip(target.axes, at, strict=True))
        guards: list[Atom] = []
        inner: list[Atom] = []
        for a, n, plain in zip(own, extents, is_plain, strict=True):
            i = by_axis[a.axis]
            if not plain:
                i = a.inverse(b, i, ranges)
                guards += [b.one("ge", i, Literal(I64, 0)), b.one("lt", i, n)]
            inner.append(i)
        inner.extend(by_axis[axis] for axis in rest)
        if not guards:
            return b.one("index", y, *inner)
        p = guards[0]
        for g in guards[1:]:
            p = b.one("and", p, g)
        then = b.nested()
        arm = then.finish((), (then.one("index", y, *inner),))
        return b.one("cond", p, regions=(arm, Block((), (), (zero,))))

    return Contribution(target.dims, element)
