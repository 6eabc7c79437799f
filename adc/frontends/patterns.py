"""Binding values to names: patterns, and readable names for the IR values behind them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from adc.frontends.context import Context, may_be_size
from adc.frontends.elements import describe, settled
from adc.frontends.problems import DEFINED_TWICE, PATTERN_MISMATCH
from adc.frontends.values import Abstract, Leaf, Product, Scope
from adc.ir.core import Value
from adc.syntax import ast


def bind_pattern(cx: Context, pattern: ast.Pattern, value: Abstract, scope: Scope) -> None:
    """Bind the names of a pattern to the parts of a value; `_` binds nothing."""
    _refuse_repeated(cx, pattern)
    _bind(cx, pattern, value, scope)


def _bind(cx: Context, pattern: ast.Pattern, value: Abstract, scope: Scope) -> None:
    if isinstance(pattern, ast.NamePattern):
        if pattern.name != "_":
            scope.bind(pattern.name, named(cx, settled(cx, value), pattern.name))
        return
    if not (isinstance(value, Product) and value.names is None):
        with cx.at(pattern.span):
            raise cx.wrong(
                PATTERN_MISMATCH, f"the pattern takes a tuple apart, found {describe(cx, value)}"
            )
    if len(value.items) != len(pattern.items):
        with cx.at(pattern.span):
            raise cx.wrong(
                PATTERN_MISMATCH,
                f"the pattern has {len(pattern.items)} parts, the tuple {len(value.items)}",
            )
    for part, item in zip(pattern.items, value.items, strict=True):
        _bind(cx, part, item, scope)


def pattern_names(pattern: ast.Pattern) -> Iterator[str]:
    """The names that a pattern binds, from left to right."""
    for node in ast.walk(pattern):
        if isinstance(node, ast.NamePattern) and node.name != "_":
            yield node.name


def _refuse_repeated(cx: Context, pattern: ast.Pattern) -> None:
    seen: set[str] = set()
    for node in ast.walk(pattern):
        if isinstance(node, ast.NamePattern) and node.name != "_":
            if node.name in seen:
                with cx.at(node.span):
                    raise cx.wrong(DEFINED_TWICE, f"`{node.name}` stands twice in one pattern")
            seen.add(node.name)


def named(cx: Context, value: Abstract, name: str) -> Abstract:
    """The value, with `name` as the readable name of what the last equation made, if that is all it is.

    A name given later than the equation: the user names an expression after writing it.
    """
    equations = cx.frame.builder.equations
    if not isinstance(value, Leaf) or not equations:
        return value
    last = equations[-1]
    old = value.atom
    if not isinstance(old, Value) or old.hint or last.results != (old,) or may_be_size(old.type):
        return value

    fresh = Value(old.type, name)
    equations[-1] = replace(last, results=(fresh,))
    return Leaf(fresh)
