"""The order in which definitions are elaborated: those that are mentioned first, and which of them recurse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence


def components(graph: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    """Strongly connected components, each after those it points to (Tarjan's algorithm, on a stack of our own)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    for root in graph:
        if root in index:
            continue
        work = [(root, iter(graph[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            name, successors = work[-1]
            advanced = False
            for s in successors:
                if s not in graph:
                    continue
                if s not in index:
                    index[s] = low[s] = len(index)
                    stack.append(s)
                    on_stack.add(s)
                    work.append((s, iter(graph[s])))
                    advanced = True
                    break
                if s in on_stack:
                    low[name] = min(low[name], index[s])
            if advanced:
                continue
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[name])
            if low[name] == index[name]:
                found: list[str] = []
                while not found or found[-1] != name:
                    found.append(stack.pop())
                    on_stack.discard(found[-1])
                yield found


def in_order(graph: Mapping[str, Sequence[str]]) -> tuple[list[str], frozenset[str]]:
    """Names with those they mention first, and the names that mention themselves, directly or not."""
    order: list[str] = []
    recursive: set[str] = set()
    for component in components(graph):
        order += reversed(component)
        if len(component) > 1 or component[0] in graph[component[0]]:
            recursive.update(component)
    return order, frozenset(recursive)
