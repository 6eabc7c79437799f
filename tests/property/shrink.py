"""Programs that show a fault made smaller: `shrink`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.property.generate import Node, Program, leaf

Shows = Callable[[Program], bool]


def shrink(program: Program, shows: Shows, attempts: int = 400) -> Program:
    """A smaller program of which `shows` holds too: subtrees replaced by leaves or by what stands inside them."""
    left = attempts
    found = True
    while found and left > 0:
        found = False
        for smaller in _smaller(program):
            left -= 1
            if left <= 0:
                break
            if shows(smaller):
                program, found = smaller, True
                break
    return program


def _smaller(program: Program) -> Iterator[Program]:
    for scalar in _variants(program.scalar):
        yield replace(program, scalar=scalar)
    for vector in _variants(program.vector):
        yield replace(program, vector=vector)


def _variants(node: Node) -> Iterator[Node]:
    """The node with something in it replaced, the largest replacements first."""
    level: list[tuple[Node, Callable[[Node], Node]]] = [(node, lambda n: n)]
    while level:
        below: list[tuple[Node, Callable[[Node], Node]]] = []
        for inner, put in level:
            if not inner.children:
                continue
            yield put(leaf(inner))
            for descendant in inner.nodes():
                if (
                    descendant is not inner
                    and descendant.kind == inner.kind
                    and descendant.children
                ):
                    yield put(descendant)
            for position, child in enumerate(inner.children):
                below.append((child, _into(inner, position, put)))
        level = below


def _into(node: Node, position: int, put: Callable[[Node], Node]) -> Callable[[Node], Node]:
    def at(child: Node) -> Node:
        children = (*node.children[:position], child, *node.children[position + 1 :])
        return put(replace(node, children=children))

    return at
