"""What all nodes of a tree share: a place, equality, a hash, a `repr`, and walking.

Everything here is iterative, so no depth of a tree exhausts Python's stack.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar, dataclass_transform

from adc.diagnostics.span import NO_SPAN, Span

T = TypeVar("T")

# Annotations of fields that hold no nodes.
_PLAIN = frozenset({"str", "str | None", "int", "float", "bool", "frozenset[Mark]"})


@dataclass_transform(frozen_default=True, eq_default=False, field_specifiers=(field,))
def node(cls: type[T]) -> type[T]:
    """A frozen, slotted record whose equality, hash and `repr` are those of `Node`.

    Fields that do not compare (places, spellings) are not part of what the node means.
    """
    made = dataclass(frozen=True, slots=True, eq=False, repr=False)(cls)
    compared = [f for f in dataclasses.fields(made) if f.compare]  # type: ignore[arg-type]
    made._compared = tuple(f.name for f in compared)  # type: ignore[attr-defined]
    made._parts = tuple(f.name for f in compared if f.type not in _PLAIN)  # type: ignore[attr-defined]
    return made


@node
class Node:
    """Any part of a tree."""

    _compared: ClassVar[tuple[str, ...]] = ()
    _parts: ClassVar[tuple[str, ...]] = ()

    span: Span = field(default=NO_SPAN, compare=False, kw_only=True)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Node):
            return NotImplemented
        return self is other or _same(self, other)

    def __hash__(self) -> int:
        return hash(tuple(_leaves(self)))

    def __repr__(self) -> str:
        return _show(self)

    def _values(self) -> list[object]:
        return [getattr(self, name) for name in self._compared]


def children(parent: Node) -> Iterator[Node]:
    """The nodes directly below `parent`, in the order of their fields."""
    for name in parent._parts:
        value = getattr(parent, name)
        if isinstance(value, Node):
            yield value
        elif value is not None:
            yield from value


def walk(root: Node) -> Iterator[Node]:
    """`root` and every node below it, parents first."""
    pending = [root]
    while pending:
        here = pending.pop()
        yield here
        pending.extend(reversed(tuple(children(here))))


def deeper_than(root: Node, limit: int, kinds: frozenset[type]) -> Iterator[Node]:
    """Nodes of `kinds` that lie below `limit` or more others of `kinds` on the way from `root`."""
    pending = [(root, 0)]
    while pending:
        here, depth = pending.pop()
        if type(here) in kinds:
            depth += 1
            if depth > limit:
                yield here
                continue
        pending += [(child, depth) for child in children(here)]


def _same(one: Node, two: Node) -> bool:
    pending: list[tuple[object, object]] = [(one, two)]
    while pending:
        a, b = pending.pop()
        if type(a) is not type(b):
            return False
        if isinstance(a, Node) and isinstance(b, Node):
            if a is not b:
                pending += zip(a._values(), b._values(), strict=True)
        elif isinstance(a, tuple) and isinstance(b, tuple):
            if len(a) != len(b):
                return False
            pending += zip(a, b, strict=True)
        elif a != b:
            return False
    return True


def _leaves(root: Node) -> Iterator[object]:
    """The tree as a flat sequence that equal trees share."""
    pending: list[object] = [root]
    while pending:
        here = pending.pop()
        if isinstance(here, Node):
            yield type(here)
            pending += here._values()
        elif isinstance(here, tuple):
            yield len(here)
            pending += here
        else:
            yield here


def _show(root: Node) -> str:
    """Constructor calls that make an equal tree."""
    pieces: list[str] = []
    pending: list[object] = [root]
    while pending:
        here = pending.pop()
        match here:
            case _Verbatim(text):
                pieces.append(text)
            case Node():
                pending.append(_Verbatim(")"))
                pending += reversed(_shown_fields(here))
                pieces.append(f"{type(here).__name__}(")
            case tuple():
                pending.append(_Verbatim(",)" if len(here) == 1 else ")"))
                for index, part in reversed(tuple(enumerate(here))):
                    pending += [part, _Verbatim(", ")] if index else [part]
                pieces.append("(")
            case _:
                pieces.append(repr(here))
    return "".join(pieces)


def _shown_fields(here: Node) -> list[object]:
    shown: list[object] = []
    for f in dataclasses.fields(here):
        value = getattr(here, f.name)
        if f.compare and value != f.default:
            separator = ", " if shown else ""
            label = f"{f.name}=" if f.kw_only or f.default is not dataclasses.MISSING else ""
            shown += [_Verbatim(separator + label), value]
    return shown


@dataclass(frozen=True, slots=True)
class _Verbatim:
    text: str
