"""The primitive table: immutable, looked up by name; the type inference that builders are given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from types import MappingProxyType

from adc.ir.core import Atom, Block, Params, Type
from adc.prims.primitive import Evaluate, Family, Primitive


@dataclass(frozen=True, slots=True)
class MissingSlot:
    """A slot that a primitive of its kind should fill and does not."""

    primitive: str
    slot: str


class PrimitiveTable:
    """All primitives by name. A name declared twice is a fault."""

    __slots__ = ("_by_name",)

    def __init__(self, primitives: Iterable[Primitive]) -> None:
        by_name: dict[str, Primitive] = {}
        for p in primitives:
            assert p.name not in by_name, f"primitive `{p.name}` is declared twice"
            by_name[p.name] = p
        self._by_name: Mapping[str, Primitive] = MappingProxyType(by_name)

    def __getitem__(self, name: str) -> Primitive:
        """The record of `name`; a `KeyError` that gives the nearest names when there is none."""
        found = self._by_name.get(name)
        if found is None:
            raise KeyError(self._unknown(name))
        return found

    def _unknown(self, name: str) -> str:
        near = get_close_matches(name, self._by_name, n=2)
        hint = f"; nearest: {', '.join(f'`{n}`' for n in near)}" if near else ""
        return f"there is no primitive `{name}`{hint}"

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[Primitive]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    def extended(self, *more: Primitive) -> PrimitiveTable:
        """This table and `more`."""
        return PrimitiveTable((*self, *more))

    def infer(
        self, op: str, operands: Sequence[Atom], params: Params, regions: Sequence[Block]
    ) -> tuple[Type, ...]:
        """Types of the results of an equation; an `adc.ir.builder.InferFn`."""
        return self[op].infer(operands, params, regions)

    def reference(self, name: str) -> Evaluate:
        """The NumPy meaning of an unstructured primitive, imported now."""
        text = self[name].reference
        assert text is not None, f"`{name}` has no reference: its meaning is in its regions"
        return resolve(text)

    def audit(self) -> tuple[MissingSlot, ...]:
        """What is missing: empty slots that have no reason to be."""
        return tuple(MissingSlot(p.name, slot) for p in self for slot in _missing(p))


def resolve(reference: str) -> Evaluate:
    """The function that a `reference` or `mp` slot names: "module:function"."""
    module, _, name = reference.partition(":")
    found: Evaluate = getattr(import_module(module), name)
    return found


def _missing(p: Primitive) -> Iterator[str]:
    return (slot for slot, is_filled in _WANTED[p.family] if not is_filled(p))


_Requirement = tuple[str, Callable[[Primitive], bool]]
_EVERY: tuple[_Requirement, ...] = (("doc", lambda p: bool(p.doc)),)
_UNSTRUCTURED: tuple[_Requirement, ...] = (
    ("reference", lambda p: p.reference is not None),
    ("jvp", lambda p: p.jvp is not None),
    ("lower", lambda p: p.lower is not None),
    ("source", lambda p: bool(p.source)),
)
_SCALAR: tuple[_Requirement, ...] = (
    ("arity", lambda p: p.arity is not None),
    ("domain", lambda p: len(p.domain) == p.arity),
    ("special", lambda p: bool(p.special)),
)
_WANTED = {
    Family.SCALAR: _EVERY + _UNSTRUCTURED + _SCALAR,
    Family.ARRAY: _EVERY + _UNSTRUCTURED,
    Family.STRUCTURED: _EVERY,
}
