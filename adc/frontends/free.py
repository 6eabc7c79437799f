"""Names that an expression takes from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adc.syntax import ast


@dataclass(frozen=True, slots=True)
class Bound:
    """The names bound around a node: of `names` those with a position below `limit`, and those of `outer`."""

    names: Mapping[str, int] = field(default_factory=dict)
    limit: int = 1
    outer: Bound | None = None

    def __contains__(self, name: object) -> bool:
        here: Bound | None = self
        while here is not None:
            if here.names.get(str(name), here.limit) < here.limit:
                return True
            here = here.outer
        return False

    def and_these(self, names: Iterable[str]) -> Bound:
        return Bound(dict.fromkeys(names, 0), 1, self)


Part = tuple[ast.Node, Bound]  # a node inside another, and the names bound around it there


def free_names(node: ast.Node, bound: Iterable[str] = ()) -> set[str]:
    """The names in a tree that nothing in it binds; any depth of nesting will do."""
    found: set[str] = set()
    pending: list[Part] = [(node, Bound().and_these(bound))]
    while pending:
        here, around = pending.pop()
        if isinstance(here, ast.Name):
            if here.name not in around:
                found.add(here.name)
            continue
        rule = _RULES.get(type(here))
        pending += rule(here, around) if rule is not None else _plain(ast.children(here), around)
    return found


def _plain(nodes: Iterable[ast.Node], bound: Bound) -> list[Part]:
    return [(node, bound) for node in nodes]


def _bound_by(patterns: Iterable[ast.Pattern]) -> set[str]:
    return {n.name for p in patterns for n in ast.walk(p) if isinstance(n, ast.NamePattern)}


def _lambda(node: ast.Lambda, bound: Bound) -> list[Part]:
    types = _plain([p.type for p in node.params if p.type is not None], bound)
    return [*types, (node.body, bound.and_these(_bound_by(p.pattern for p in node.params)))]


def _block(node: ast.Block, bound: Bound) -> list[Part]:
    parts, inside = _statements(node.statements, bound)
    return [*parts, (node.result, inside)]


def _statements(statements: Sequence[ast.Node], bound: Bound) -> tuple[list[Part], Bound]:
    """Statements in a row, each with what those before it bind, and what is bound after them."""
    positions: dict[str, int] = {}
    for k, s in enumerate(statements):
        if isinstance(s, ast.Let):
            for name in _bound_by([s.pattern]):
                positions.setdefault(name, k)
    parts = [(s, Bound(positions, k, bound)) for k, s in enumerate(statements)]
    return parts, Bound(positions, len(statements), bound)


def _let(node: ast.Let, bound: Bound) -> list[Part]:
    return _plain([n for n in (node.value, node.type) if n is not None], bound)


def _clauses(clauses: Sequence[ast.Clause], bound: Bound) -> tuple[list[Part], Bound]:
    parts: list[Part] = []
    for clause in clauses:
        if isinstance(clause, ast.Below):
            parts.append((clause.bound, bound))
            bound = bound.and_these([clause.name])
        else:
            parts.append((clause.source, bound))
            bound = bound.and_these(_bound_by([clause.pattern]))
    return parts, bound


def _comprehension(node: ast.Comprehension, bound: Bound) -> list[Part]:
    parts, inside = _clauses(node.clauses, bound)
    return [*parts, (node.element, inside)]


def _loop(node: ast.Loop | ast.History, bound: Bound) -> list[Part]:
    parts = _plain([b.value for b in node.bindings], bound)
    inside = bound.and_these(_bound_by(b.pattern for b in node.bindings))
    if isinstance(node.drive, ast.Times):
        parts.append((node.drive.bound, bound))
        return [*parts, (node.body, inside.and_these([node.drive.name]))]
    return [*parts, (node.drive.condition, inside), (node.body, inside)]


def _accum(node: ast.Accum, bound: Bound) -> list[Part]:
    parts = _plain([b.value for b in node.bindings], bound)
    inside = bound.and_these(_bound_by(b.pattern for b in node.bindings))
    return [*parts, *_additions(node.clauses, node.statements, inside)]


def _add_for(node: ast.AddFor, bound: Bound) -> list[Part]:
    return _additions(node.clauses, node.statements, bound)


def _additions(
    clauses: Sequence[ast.Clause], statements: Sequence[ast.AccumStatement], bound: Bound
) -> list[Part]:
    parts, inside = _clauses(clauses, bound)
    return [*parts, *_statements(statements, inside)[0]]


def _add_if(node: ast.AddIf, bound: Bound) -> list[Part]:
    return list(_arms(node, bound))


def _arms(node: ast.AddIf, bound: Bound) -> Iterator[Part]:
    for arm in node.arms:
        yield arm.condition, bound
        yield from _statements(arm.statements, bound)[0]
    yield from _statements(node.orelse, bound)[0]


_RULES: Mapping[type[ast.Node], Callable[[Any, Bound], list[Part]]] = {
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
