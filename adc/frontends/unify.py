"""Element types that are not known yet: literals take the type that their use requires.

While a definition is elaborated an IR type may hold an `OpenType` where a `DType` will stand. Uses unify open
types; those left at the end take their default, and `settle` makes the block's types and literals definite.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import cast

from adc.ir.core import Atom, Block, Equation, Literal, Type, Value, literal
from adc.ir.walk import substitute_atom, substitute_dim
from adc.types.core import DType


class OpenType:
    """An element type still to be found; `default` holds when nothing decides, `is_float` excludes integers."""

    __slots__ = ("default", "is_float", "target")

    def __init__(self, default: DType, is_float: bool) -> None:
        self.default = default
        self.is_float = is_float
        self.target: Element | None = None

    @property
    def is_integer(self) -> bool:
        """Open types count as integers nowhere: who needs one must `fix` it."""
        return False

    @property
    def value(self) -> str:
        """How messages write the type."""
        return self.default.value


Element = DType | OpenType


def resolve(element: Element) -> Element:
    """What is known of an element type now."""
    while isinstance(element, OpenType) and element.target is not None:
        element = element.target
    return element


def element_of(t: Type) -> Element:
    return resolve(t.dtype)


def typed(element: Element, shape: tuple[int | Value, ...] = ()) -> Type:
    """An IR type whose element may be open."""
    return Type(cast(DType, resolve(element)), shape)


def unify(one: Element, two: Element) -> Element | None:
    """The common type of two uses, or None when there is none."""
    one, two = resolve(one), resolve(two)
    if one is two:
        return one
    if isinstance(one, OpenType):
        return _decide(one, two)
    if isinstance(two, OpenType):
        return _decide(two, one)
    return None


def _decide(open_type: OpenType, other: Element) -> Element | None:
    if isinstance(other, OpenType):
        other.is_float |= open_type.is_float
        if open_type.default.is_float:
            other.default = open_type.default
    elif other is DType.BOOL or (open_type.is_float and not other.is_float):
        return None
    open_type.target = other
    return other


def require_float(element: Element) -> bool:
    """Whether the element is a float; an open one becomes one."""
    element = resolve(element)
    if isinstance(element, OpenType):
        if not element.is_float:
            element.is_float = True
            element.default = DType.F64
        return True
    return element.is_float


def fix_open(element: Element) -> DType:
    """The definite type; an open one takes its default now."""
    element = resolve(element)
    if isinstance(element, OpenType):
        element.target = element.default
        return element.default
    return element


def settle(block: Block) -> Block:
    """The block with definite types, literals of those types, and no conversions from a type to itself."""
    return _settle_block(block, {})


def _settle_block(block: Block, outer: Mapping[Value, Atom]) -> Block:
    env = dict(outer)
    params = tuple(_settle_value(p, env) for p in block.params)
    equations = tuple(
        settled for e in block.equations if (settled := _settle_equation(e, env)) is not None
    )
    return Block(params, equations, tuple(_settle_atom(a, env) for a in block.results))


def _settle_equation(e: Equation, env: dict[Value, Atom]) -> Equation | None:
    operands = tuple(_settle_atom(a, env) for a in e.operands)
    if e.op == "convert" and fix_open(cast(Element, e.params["to"])) is operands[0].type.dtype:
        env[e.results[0]] = operands[0]
        return None
    regions = tuple(_settle_block(r, env) for r in e.regions)
    results = tuple(_settle_value(r, env) for r in e.results)
    params = e.params
    if e.op == "convert":
        params = MappingProxyType({"to": fix_open(cast(Element, params["to"]))})
    return replace(e, operands=operands, regions=regions, results=results, params=params)


def _settle_value(v: Value, env: dict[Value, Atom]) -> Value:
    shape = tuple(substitute_dim(d, env) for d in v.type.shape)
    dtype = fix_open(v.type.dtype)
    if dtype is v.type.dtype and shape == v.type.shape:
        return v
    fresh = Value(Type(dtype, shape, v.type.is_ref), v.hint)
    env[v] = fresh
    return fresh


def _settle_atom(a: Atom, env: Mapping[Value, Atom]) -> Atom:
    if isinstance(a, Literal):
        return literal(a.value, fix_open(a.type.dtype))
    return substitute_atom(a, env)
