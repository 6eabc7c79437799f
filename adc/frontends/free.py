"""Names that an expression takes from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from adc.syntax import ast

Bound = frozenset[str]


def free_names(node: ast.Node, bound: Bound = frozenset()) -> set[str]:
    """The names in a tree that nothing in it binds."""
    rule = _RULES.get(type(node))
    if rule is not None:
        return rule(node, bound)
    return _all(ast.children(node), bound)


def _all(nodes: Iterator[ast.Node] | Sequence[ast.Node], bound: Bound) -> set[str]:
    found: set[str] = set()
    for node in nodes:
        found |= free_names(node, bound)
    return found


def _bound_by(*patterns: ast.Pattern) -> set[str]:
    return {n.name for p in patterns for n in ast.walk(p) if isinstance(n, ast.NamePattern)}


def _name(node: ast.Name, bound: Bound) -> set[str]:
    return set() if node.name in bound else {node.name}


def _lambda(node: ast.Lambda, bound: Bound) -> set[str]:
    types = _all([p.type for p in node.params if p.type is not None], bound)
    return types | free_names(node.body, bound | _bound_by(*(p.pattern for p in node.params)))


def _block(node: ast.Block, bound: Bound) -> set[str]:
    found, inside = _statements(node.statements, bound)
    return found | free_names(node.result, inside)


def _statements(statements: Sequence[ast.Node], bound: Bound) -> tuple[set[str], Bound]:
    """Free names of statements in a row, and what is bound after them."""
    found: set[str] = set()
    for s in statements:
        found |= free_names(s, bound)
        if isinstance(s, ast.Let):
            bound |= _bound_by(s.pattern)
    return found, bound


def _let(node: ast.Let, bound: Bound) -> set[str]:
    found = free_names(node.value, bound)
    return found | free_names(node.type, bound) if node.type is not None else found


def _clauses(clauses: Sequence[ast.Clause], bound: Bound) -> tuple[set[str], Bound]:
    found: set[str] = set()
    for clause in clauses:
        if isinstance(clause, ast.Below):
            found |= free_names(clause.bound, bound)
            bound |= {clause.name}
        else:
            found |= free_names(clause.source, bound)
            bound |= _bound_by(clause.pattern)
    return found, bound


def _comprehension(node: ast.Comprehension, bound: Bound) -> set[str]:
    found, inside = _clauses(node.clauses, bound)
    return found | free_names(node.element, inside)


def _loop(node: ast.Loop | ast.History, bound: Bound) -> set[str]:
    found = _all([b.value for b in node.bindings], bound)
    inside = bound | _bound_by(*(b.pattern for b in node.bindings))
    if isinstance(node.drive, ast.Times):
        found |= free_names(node.drive.bound, bound)
        inside |= {node.drive.name}
    else:
        found |= free_names(node.drive.condition, inside)
    return found | free_names(node.body, inside)


def _accum(node: ast.Accum, bound: Bound) -> set[str]:
    found = _all([b.value for b in node.bindings], bound)
    bound |= _bound_by(*(b.pattern for b in node.bindings))
    more, inside = _clauses(node.clauses, bound)
    return found | more | _statements(node.statements, inside)[0]


def _add_for(node: ast.AddFor, bound: Bound) -> set[str]:
    found, inside = _clauses(node.clauses, bound)
    return found | _statements(node.statements, inside)[0]


def _add_if(node: ast.AddIf, bound: Bound) -> set[str]:
    found = _statements(node.orelse, bound)[0]
    for arm in node.arms:
        found |= free_names(arm.condition, bound) | _statements(arm.statements, bound)[0]
    return found


_RULES: Mapping[type[ast.Node], Callable[[Any, Bound], set[str]]] = {
    ast.Name: _name,
    ast.Lambda: _lambda,
    ast.Block: _block,
    ast.Let: _let,
    ast.Comprehension: _comprehension,
    ast.Loop: _loop,
    ast.History: _loop,
    ast.Accum: _accum,
    ast.AddFor: _add_for,
    ast.AddIf: _add_if,
}
