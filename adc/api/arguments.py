"""A call's arguments to the flat leaves of the IR function, completely checked.

Tuples, records and arrays of them are taken apart along the declared type: a record is a mapping, a named tuple, a
dataclass or a structured array; an array of records is one record of arrays or a sequence of records.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np

from adc.api.leaves import NUMPY, Leaf, array_leaf, dtype_error, scalar_leaf
from adc.api.sizes import SizePlan, Slot
from adc.diagnostics import (
    ArityError,
    Diagnostic,
    ShapeError,
    TypeCheckError,
    UnsupportedError,
)
from adc.ir.signature import headline
from adc.types.core import (
    Array,
    DType,
    Function,
    Record,
    Scalar,
    Signature,
    SurfaceType,
    Tuple,
    array_of,
    leaves,
)


class ArgumentPlan:
    """How the arguments of one signature become leaves; made once per function."""

    def __init__(self, name: str, signature: Signature) -> None:
        self.name = name
        self.signature = signature
        self.names = tuple(name for name, _ in signature.params)
        self.slots = tuple(_slots(signature))
        self._readers = tuple(_reader(name, declared) for name, declared in signature.params)
        self._sizes = SizePlan(signature.sizes, self.slots, _integer_positions(signature))
        self._count = len(self.names)

    def flat(self, args: Sequence[object], by_name: Mapping[str, object]) -> list[Leaf]:
        """Sizes, then leaves, as the IR function takes them.

        Raises ArityError E0501, TypeCheckError E0502 and E0506, ShapeError E0503 and E0504, BoundsError E0505.
        """
        values = self.match(args, by_name) if by_name or len(args) != self._count else args
        leaves: list[Leaf] = []
        for read, value in zip(self._readers, values, strict=True):
            leaves += read(value)
        return [*self._sizes.sizes(leaves), *leaves]

    def match(self, args: Sequence[object], by_name: Mapping[str, object]) -> list[object]:
        """One value per parameter, from positions and names."""
        positional = self.names[: len(args)]
        problem = self._surplus(args, by_name) or self._missing({*positional, *by_name})
        if problem is not None:
            raise ArityError(problem)
        values = dict(zip(positional, args, strict=True)) | dict(by_name)
        return [values[name] for name in self.names]

    def _surplus(self, args: Sequence[object], by_name: Mapping[str, object]) -> Diagnostic | None:
        if len(args) > self._count:
            title = f"`{self.name}` takes {self._counted()}, found {len(args) + len(by_name)}"
            return Diagnostic("E0501", title, notes=(self._usage(),))
        for name in by_name:
            if name not in self.names:
                near = get_close_matches(name, self.names, 1)
                hint = f"{near[0]}=..." if near else None
                title = f"`{self.name}` has no parameter `{name}`"
                return Diagnostic("E0501", title, notes=(self._usage(),), hint=hint)
            if name in self.names[: len(args)]:
                return Diagnostic("E0501", f"`{self.name}` is given `{name}` twice")
        return None

    def _missing(self, given: set[str]) -> Diagnostic | None:
        missing = [f"`{name}`" for name in self.names if name not in given]
        if not missing:
            return None
        title = f"`{self.name}` takes {self._counted()}, {', '.join(missing)} not given"
        return Diagnostic("E0501", title, notes=(self._usage(),))

    def _counted(self) -> str:
        return "1 argument" if self._count == 1 else f"{self._count} arguments"

    def _usage(self) -> str:
        return f"it is {headline(self.name, self.signature)}"


def _reader(name: str, declared: SurfaceType) -> Callable[[object], Iterable[Leaf]]:
    """What takes an argument apart; what is right as it is, as most arguments are, is seen at once."""
    match declared:
        case Scalar(DType.F64):

            def read_number(value: object) -> Iterable[Leaf]:
                return (value if type(value) is float else scalar_leaf(value, DType.F64, name),)

            return read_number
        case Scalar(dtype):
            return lambda value: (scalar_leaf(value, dtype, name),)
        case Array(Scalar(dtype), dims):
            rank, wanted = len(dims), NUMPY[dtype]

            def read_array(value: object) -> Iterable[Leaf]:
                if (
                    type(value) is np.ndarray
                    and value.dtype == wanted
                    and value.ndim == rank
                    and value.flags.carray
                ):
                    return (value,)
                return (array_leaf(value, dtype, rank, declared, name),)

            return read_array
        case _:
            return lambda value: _leaf_values(value, declared, name)


def leaf_label(name: str, path: tuple[str | int, ...]) -> str:
    """`bodies.pos` for the leaf at `path` of the parameter `name`."""
    return ".".join((name, *map(str, path)))


def _slots(signature: Signature) -> Iterator[Slot]:
    for name, declared in signature.params:
        for leaf in leaves(declared):
            text = str(array_of(Scalar(leaf.dtype), leaf.dims))
            yield Slot(leaf_label(name, leaf.path), leaf.dims, text)


def _integer_positions(signature: Signature) -> dict[str, int]:
    """The leaf position of every parameter that is a plain integer, by name: dims may mention it."""
    found = {}
    position = 0
    for name, declared in signature.params:
        if isinstance(declared, Scalar) and declared.dtype is DType.I64:
            found[name] = position
        position += sum(1 for _ in leaves(declared))
    return found


def _leaf_values(value: object, declared: SurfaceType, label: str) -> Iterator[Leaf]:
    match declared:
        case Scalar(dtype):
            yield scalar_leaf(value, dtype, label)
        case Array(Scalar(dtype), dims):
            yield array_leaf(value, dtype, len(dims), declared, label)
        case Array(element, dims):
            yield from _array_of_products(value, element, dims, label)
        case Tuple(items):
            parts = _tuple_items(value, declared, label)
            for position, (part, item) in enumerate(zip(parts, items, strict=True)):
                yield from _leaf_values(part, item, f"{label}.{position}")
        case Record(fields):
            by_name = _record_fields(value, declared, label)
            for name, field in fields:
                yield from _leaf_values(by_name[name], field, f"{label}.{name}")
        case Function():
            raise UnsupportedError(
                Diagnostic(
                    "E0907",
                    f"`{label}` is a function, which Python cannot pass to ADL",
                    hint="write a definition in ADL that passes it",
                )
            )


def _array_of_products(
    value: object, element: SurfaceType, dims: tuple[Any, ...], label: str
) -> Iterator[Leaf]:
    """An array of tuples or records: given field by field, or element by element."""
    if _is_by_field(value, element):
        yield from _leaf_values(value, _fieldwise(element, dims), label)
        return
    if not isinstance(value, Sequence | np.ndarray) or isinstance(value, str | bytes):
        raise _structure_error(label, str(array_of(element, dims)), value)
    row = array_of(element, dims[1:])
    rows = [list(_leaf_values(item, row, f"{label}[{i}]")) for i, item in enumerate(value)]
    for position, leaf in enumerate(leaves(array_of(element, dims))):
        dtype = leaf.dtype.numpy_name
        if not rows:
            rest = (dim.constant or 0 for dim in leaf.dims[1:])
            yield np.zeros((0, *rest), dtype)
            continue
        column = [found[position] for found in rows]
        if len({getattr(item, "shape", ()) for item in column}) > 1:
            name = leaf_label(label, leaf.path)
            raise ShapeError(Diagnostic("E0503", f"the elements of `{name}` differ in size"))
        yield np.array(column, dtype)


def _is_by_field(value: object, element: SurfaceType) -> bool:
    """Whether `value` is one product of arrays rather than a sequence of products."""
    if isinstance(element, Record):
        return _fields_of(value) is not None
    if not (isinstance(value, tuple) and isinstance(element, Tuple)):
        return False
    return len(value) == len(element.items) and not any(
        isinstance(item, tuple) and isinstance(declared, Scalar)
        for item, declared in zip(value, element.items, strict=True)
    )


def _fieldwise(element: SurfaceType, dims: tuple[Any, ...]) -> SurfaceType:
    """`(T, U)[n]` as `(T[n], U[n])`."""
    if isinstance(element, Tuple):
        return Tuple(tuple(array_of(item, dims) for item in element.items))
    assert isinstance(element, Record)
    return Record(tuple((name, array_of(t, dims)) for name, t in element.fields), element.name)


def _tuple_items(value: object, declared: Tuple, label: str) -> Sequence[object]:
    if not isinstance(value, tuple | list):
        raise _structure_error(label, str(declared), value)
    if len(value) != len(declared.items):
        count = "1 item" if len(value) == 1 else f"{len(value)} items"
        title = f"`{label}` has {count}, expected {declared}"
        raise TypeCheckError(Diagnostic("E0506", title))
    return value


def _record_fields(value: object, declared: Record, label: str) -> Mapping[str, Any]:
    found = _fields_of(value)
    if found is None:
        raise _structure_error(label, str(declared), value)
    expected = [name for name, _ in declared.fields]
    missing = [f"`{name}`" for name in expected if name not in found]
    unknown = [f"`{name}`" for name in found if name not in expected]
    if missing or unknown:
        parts = [f"without {', '.join(missing)}"] if missing else []
        parts += [f"with {', '.join(unknown)}"] if unknown else []
        title = f"`{label}` is a record {' and '.join(parts)}, expected {declared}"
        raise TypeCheckError(Diagnostic("E0506", title))
    return found


def _fields_of(value: object) -> Mapping[str, Any] | None:
    """The fields of a record-like value, None when it is not one."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        fields: dict[str, Any] = value._asdict()
        return fields
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, np.ndarray | np.void) and value.dtype.names is not None:
        return {name: value[name] for name in value.dtype.names}
    return None


def _structure_error(label: str, expected: str, value: object) -> TypeCheckError:
    return dtype_error(label, expected, f"a Python `{type(value).__name__}`", None)
