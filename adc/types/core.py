"""Element types, and the surface types that signatures and the elaborator speak.

The IR itself knows only scalars and arrays of scalars (`adc.ir.core.Type`); tuples, records and arrays of
them exist here and are flattened into leaves, field by field, in declaration order (`leaves`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from adc.types.dims import Poly


class DType(Enum):
    """A scalar element type; the value is its name in ADL and in textual IR.

    A `tape` is what a saving function hands to the function that runs backwards: a record of values, opaque
    outside of `pack` and `unpack`. It exists in the IR only.
    """

    F64 = "f64"
    F32 = "f32"
    I64 = "i64"
    I32 = "i32"
    BOOL = "bool"
    TAPE = "tape"

    @property
    def is_float(self) -> bool:
        return self in (DType.F64, DType.F32)

    @property
    def carries_tangent(self) -> bool:
        """Whether values of this type may have tangents: floats, and the records that may hold floats."""
        return self.is_float or self is DType.TAPE

    @property
    def is_integer(self) -> bool:
        return self in (DType.I64, DType.I32)

    @property
    def numpy_name(self) -> str:
        return _NUMPY_NAMES[self]

    @property
    def bytes(self) -> int:
        """Size of one element in memory, in bytes."""
        return _BYTES[self]


_NUMPY_NAMES = {
    DType.F64: "float64",
    DType.F32: "float32",
    DType.I64: "int64",
    DType.I32: "int32",
    DType.BOOL: "bool",
    DType.TAPE: "object",
}
_BYTES = {
    DType.F64: 8,
    DType.F32: 4,
    DType.I64: 8,
    DType.I32: 4,
    DType.BOOL: 1,
    DType.TAPE: 8,
}


NAMED_DTYPES = tuple(d for d in DType if d is not DType.TAPE)  # those that programs can name


@dataclass(frozen=True, slots=True)
class Scalar:
    dtype: DType

    def __str__(self) -> str:
        return self.dtype.value


@dataclass(frozen=True, slots=True)
class Array:
    """`element[dims]`; the element is never itself an `Array` (dims are merged on construction by `array_of`)."""

    element: Scalar | Tuple | Record
    dims: tuple[Poly, ...]

    def __str__(self) -> str:
        return f"{self.element}[{', '.join(map(str, self.dims))}]"


@dataclass(frozen=True, slots=True)
class Tuple:
    items: tuple[SurfaceType, ...]

    def __str__(self) -> str:
        inner = ", ".join(map(str, self.items))
        return f"({inner},)" if len(self.items) == 1 else f"({inner})"


@dataclass(frozen=True, slots=True)
class Record:
    fields: tuple[tuple[str, SurfaceType], ...]
    name: str | None = None

    def __str__(self) -> str:
        return "{" + ", ".join(f"{name}: {t}" for name, t in self.fields) + "}"


@dataclass(frozen=True, slots=True)
class Function:
    """A function value; exists during elaboration only, specialised away before the IR."""

    params: tuple[SurfaceType, ...]
    result: SurfaceType

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.params))}) -> {self.result}"


SurfaceType = Scalar | Array | Tuple | Record | Function


@dataclass(frozen=True, slots=True)
class Leaf:
    """One scalar or array of scalars inside a surface type; `path` holds field names and tuple positions."""

    path: tuple[str | int, ...]
    dtype: DType
    dims: tuple[Poly, ...]


def array_of(element: SurfaceType, dims: tuple[Poly, ...]) -> SurfaceType:
    """`element[dims]`, with the dims of an array element merged after `dims`."""
    if not dims:
        return element
    match element:
        case Array(inner, inner_dims):
            return Array(inner, dims + inner_dims)
        case Scalar() | Tuple() | Record():
            return Array(element, dims)
        case Function():
            raise TypeError("there are no arrays of functions")


def leaves(
    t: SurfaceType, path: tuple[str | int, ...] = (), dims: tuple[Poly, ...] = ()
) -> Iterator[Leaf]:
    """The scalar leaves of `t` in declaration order; dims of enclosing arrays come first."""
    match t:
        case Scalar(dtype):
            yield Leaf(path, dtype, dims)
        case Array(element, own):
            yield from leaves(element, path, dims + own)
        case Tuple(items):
            for position, item in enumerate(items):
                yield from leaves(item, (*path, position), dims)
        case Record(fields):
            for name, field in fields:
                yield from leaves(field, (*path, name), dims)
        case Function():
            return


def tangent_type(t: SurfaceType) -> SurfaceType | None:
    """The type of a tangent of `t`: floats stay, integers, booleans and functions vanish; None when nothing is left."""
    match t:
        case Scalar(dtype):
            return t if dtype.is_float else None
        case Array(element, dims):
            inner = tangent_type(element)
            return None if inner is None else array_of(inner, dims)
        case Tuple(items):
            kept = tuple(i for i in map(tangent_type, items) if i is not None)
            return Tuple(kept) if kept else None
        case Record(fields, name):
            left = tuple((n, k) for n, f in fields if (k := tangent_type(f)) is not None)
            return Record(left, name if len(left) == len(fields) else None) if left else None
        case Function():
            return None


@dataclass(frozen=True, slots=True)
class Signature:
    """How a definition looks from outside, beside its flat IR function.

    The IR function takes the sizes in `sizes` (i64, in this order), then the leaves of every parameter in
    order. It returns first one i64 for every name in `result_sizes` (sizes of the result that only a run
    can know), then the leaves of `result`. Dims are polynomials over those names.
    """

    sizes: tuple[str, ...]
    params: tuple[tuple[str, SurfaceType], ...]
    result: SurfaceType
    result_sizes: tuple[str, ...] = ()
    doc: str = ""
