"""What expressions evaluate to while a definition is elaborated: leaves of the IR under surface structure.

Structure (tuple, record, rank, function) is always known; only element types may still be open, see `unify`.
A literal stays an exact `Constant` until something needs it as a value of one type. An elementwise result
stays `Pull`, a rule for its elements, until somebody needs it as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from adc.frontends.extent import ATOM, Extent
from adc.frontends.unify import Element
from adc.ir.core import Atom, Dim, Literal, Type
from adc.syntax import ast
from adc.types.core import Function


class Scope:
    """Names and what they stand for, inner before outer. A name bound again hides the earlier binding."""

    __slots__ = ("_names", "_outer")

    def __init__(self, outer: Scope | None = None) -> None:
        self._outer = outer
        self._names: dict[str, Abstract] = {}

    def bind(self, name: str, value: Abstract) -> None:
        self._names[name] = value

    def find(self, name: str) -> Abstract | None:
        scope: Scope | None = self
        while scope is not None:
            found = scope._names.get(name)
            if found is not None:
                return found
            scope = scope._outer
        return None

    def inner(self) -> Scope:
        return Scope(self)

    def frozen(self) -> Scope:
        """The names as they are now; later bindings in this scope do not show."""
        copy = Scope()
        chain: list[Scope] = []
        scope: Scope | None = self
        while scope is not None:
            chain.append(scope)
            scope = scope._outer
        for each in reversed(chain):
            copy._names.update(each._names)
        return copy

    def names(self) -> Iterator[str]:
        scope: Scope | None = self
        while scope is not None:
            yield from scope._names
            scope = scope._outer


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A scalar or an array of scalars that stands in the IR."""

    atom: Atom

    @property
    def type(self) -> Type:
        return self.atom.type


@dataclass(frozen=True, slots=True)
class Constant:
    """A number made of literals only; it takes the type that its use requires."""

    value: int | float

    @property
    def is_float(self) -> bool:
        return isinstance(self.value, float)


@dataclass(frozen=True, slots=True, eq=False)
class Pull:
    """An array of scalars given by its elements; `depth` counts the rules inside rules.

    `element` emits one element at the place where it is called. It stands for an expression, so it is asked
    for each element once, by whoever consumes that expression.
    """

    element_type: Element
    dims: tuple[Dim, ...]
    element: Callable[[Sequence[Atom]], Atom]
    depth: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """A tuple, or a record when it has `names`; `label` is the name of the record's type, if any."""

    items: tuple[Abstract, ...]
    names: tuple[str, ...] | None = None
    label: str | None = None
    extent: Extent = field(init=False)

    def __post_init__(self) -> None:
        parts = [_extent(item) for item in self.items]
        object.__setattr__(self, "extent", Extent.around(parts))

    def field(self, name: str) -> Abstract | None:
        if self.names is None or name not in self.names:
            return None
        return self.items[self.names.index(name)]

    def like(self, items: Sequence[Abstract]) -> Product:
        """The same structure around other items."""
        return Product(tuple(items), self.names, self.label)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """An array of tuples or records, stored field by field.

    `dims` stand in front of the shape of every leaf of `row`, and in front of the dims of every array of tuples
    inside `row`: a field of `row` is the array of that field of all elements as it stands.
    """

    dims: tuple[Dim, ...]
    row: Product


@dataclass(frozen=True, slots=True, eq=False)
class Accumulator:
    """What an accumulator's name stands for inside `accum`: references with the structure of the base."""

    name: str
    refs: Abstract


@dataclass(frozen=True, slots=True, eq=False)
class Unknown:
    """What the names of a wrong `let` stand for."""


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """A reference to a `def`."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Builtin:
    """A reference to a builtin function."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Closure:
    """`fn(params) => body` with the names it was made among."""

    node: ast.Lambda
    scope: Scope


@dataclass(frozen=True, slots=True, eq=False)
class Derived:
    """A derivative operator applied to a function."""

    kind: str
    function: FunctionValue
    wrt: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Checkpointed:
    """`checkpoint(f)`."""

    function: FunctionValue


@dataclass(frozen=True, slots=True, eq=False)
class Typed:
    """A function that was given a function type: arguments and results are made to fit it.

    `scope` tells the sizes that the type mentions.
    """

    function: FunctionValue
    type: Function
    scope: Scope


FunctionValue = Definition | Builtin | Closure | Derived | Checkpointed | Typed
Abstract = (
    Leaf
    | Constant
    | Pull
    | Product
    | Rows
    | Accumulator
    | Unknown
    | Definition
    | Builtin
    | Closure
    | Derived
    | Checkpointed
    | Typed
)
FUNCTIONS = (Definition, Builtin, Closure, Derived, Checkpointed, Typed)


def is_function(value: Abstract) -> bool:
    return isinstance(value, FUNCTIONS)


def is_array(value: Abstract) -> bool:
    """An array of scalars: rank 1 or more."""
    return isinstance(value, Pull) or (isinstance(value, Leaf) and value.atom.type.rank > 0)


def is_scalar(value: Abstract) -> bool:
    return isinstance(value, Constant) or (isinstance(value, Leaf) and value.atom.type.rank == 0)


def _extent(value: Abstract) -> Extent:
    match value:
        case Product():
            return value.extent
        case Rows(_, row):
            return row.extent
        case _:
            return ATOM


def has_function(value: Abstract) -> bool:
    """Whether a function stands anywhere in the value."""
    match value:
        case Product(items):
            return any(map(has_function, items))
        case Rows(_, row):
            return has_function(row)
        case _:
            return is_function(value)


def part_of(base: Abstract, found: Abstract) -> Abstract:
    """`found`, a field of a tuple or, when `base` is an array of them, that field of all of them."""
    if isinstance(base, Rows) and isinstance(found, Product):
        return Rows(base.dims, found)
    return found


def dims_of(value: Abstract) -> tuple[Dim, ...]:
    """The dims of an array of anything; none for a scalar, a tuple, a function."""
    match value:
        case Leaf(atom):
            return atom.type.shape
        case Pull() | Rows():
            return value.dims
        case _:
            return ()


def known_literal(value: Abstract) -> bool | int | float | None:
    """The number or truth value when it is known now."""
    match value:
        case Constant(number):
            return number
        case Leaf(Literal(_, number)):
            return number
        case _:
            return None


def atoms(value: Abstract) -> Iterator[Atom]:
    """The leaves of a value without constants, pulls and functions, in declaration order."""
    match value:
        case Leaf(atom):
            yield atom
        case Product(items):
            for item in items:
                yield from atoms(item)
        case Rows(_, row):
            yield from atoms(row)
        case Accumulator(_, refs):
            yield from atoms(refs)
        case _:
            raise AssertionError(f"{type(value).__name__} has no leaves")


def refill(
    value: Abstract, supply: Iterable[Atom], count: int = 0, front: tuple[Dim, ...] = ()
) -> Abstract:
    """The same structure around other leaves, given in order, with `front` for the first `count` dims."""
    return _refilled(value, iter(supply), count, front)


def _refilled(
    value: Abstract, rest: Iterator[Atom], count: int, front: tuple[Dim, ...]
) -> Abstract:
    match value:
        case Leaf():
            return Leaf(next(rest))
        case Product(items):
            return value.like([_refilled(item, rest, count, front) for item in items])
        case Rows(dims, row):
            fresh = _refilled(row, rest, count, front)
            assert isinstance(fresh, Product)
            return rows_around(fresh, (*front, *dims[count:]))
        case _:
            raise AssertionError(f"{type(value).__name__} has no leaves")


def rows_around(row: Product, like: tuple[Dim, ...]) -> Rows:
    """The array of tuples stored in `row`, of the rank of `like`: its dims are those of its first leaf, if any."""
    first = next(atoms(row), None)
    return Rows(first.type.shape[: len(like)] if first else like, row)
