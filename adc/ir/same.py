"""Structural equality: whether two modules, functions or blocks differ in nothing but the identity of values.

Hints, spans and origins do not count; names of functions and their signatures do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from adc.ir.core import Atom, Block, Dim, Equation, Function, Literal, Module, Type, Value
from adc.ir.walk import sizes_ahead

T = TypeVar("T")


def same_module(a: Module, b: Module) -> bool:
    """Whether both have the same functions, requests and rules, in any order."""
    return (
        a.functions.keys() == b.functions.keys()
        and all(same_function(f, b.functions[name]) for name, f in a.functions.items())
        and _spanless(a) == _spanless(b)
        and dict(a.rules) == dict(b.rules)
    )


def _spanless(m: Module) -> Mapping[str, object]:
    return {name: replace(request, span=None) for name, request in m.requests.items()}


def same_function(a: Function, b: Function) -> bool:
    return (a.name, a.keep, a.signature) == (b.name, b.keep, b.signature) and same_block(
        a.block, b.block
    )


def same_block(a: Block, b: Block) -> bool:
    """Whether the blocks are equal; values free in both must be the very same."""
    pairing = _Pairing()
    pairing.partner.update(zip(sizes_ahead(a), sizes_ahead(b), strict=False))
    return pairing.blocks(a, b)


class _Pairing:
    """Values of the left side with their partners on the right, as they are met."""

    def __init__(self) -> None:
        self.partner: dict[Value, Value] = {}

    def blocks(self, a: Block, b: Block) -> bool:
        if len(a.equations) != len(b.equations) or not self.definitions(a.params, b.params):
            return False
        for x, y in zip(a.equations, b.equations, strict=True):
            if not self.equations(x, y):
                return False
        return self.atoms(a.results, b.results)

    def equations(self, a: Equation, b: Equation) -> bool:
        heads_differ = a.op != b.op or _params_text(a) != _params_text(b)
        if heads_differ or not self.atoms(a.operands, b.operands):
            return False
        if len(a.regions) != len(b.regions):
            return False
        for x, y in zip(a.regions, b.regions, strict=True):
            if not self.blocks(x, y):
                return False
        return self.definitions(a.results, b.results)

    def definitions(self, a: Sequence[Value], b: Sequence[Value]) -> bool:
        if len(a) != len(b):
            return False
        self.partner.update(zip(a, b, strict=True))
        return all(self.types(x.type, y.type) for x, y in zip(a, b, strict=True))

    def types(self, a: Type, b: Type) -> bool:
        return (a.dtype, a.is_ref, a.rank) == (b.dtype, b.is_ref, b.rank) and all(
            map(self.dims, a.shape, b.shape)
        )

    def dims(self, a: Dim, b: Dim) -> bool:
        return a == b if isinstance(a, int) else self.partner.get(a, a) is b

    def atoms(self, a: Sequence[Atom], b: Sequence[Atom]) -> bool:
        return len(a) == len(b) and all(map(self.atom, a, b))

    def atom(self, a: Atom, b: Atom) -> bool:
        return a == b if isinstance(a, Literal) else self.partner.get(a, a) is b


def _params_text(e: Equation) -> str:
    """Parameters compare as written: `nan` is itself, 1 is neither 1.0 nor true."""
    return repr(sorted(e.params.items()))
