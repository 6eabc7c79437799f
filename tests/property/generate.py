"""Random well-typed ADL programs with bounded values: `program(seed)`.

An expression is a tree of productions (`tests.property.productions`), so that a program which shows a fault can be
made smaller piece by piece (`tests.property.shrink`).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tests.property.productions import ELEMENTARY, PRODUCTIONS, Production

PARAMETERS = "x: f64[n], y: f64[n], A: f64[n, n], s: f64, k: i64, r: {u: f64, w: f64[n]}"
TANGENT_PARAMETERS = ("x", "y", "A", "s", "r")
_HOLE = re.compile(r"<(!?)([A-Z])((?: [?\w.]+:[A-Z])*)>")
_FRESH = re.compile(r"\?(\w+)")
_ATOM = re.compile(r"[\w.]+(\[[\w, +*%/()-]*\])?|\w+\([\w., ]*\)")

_AWKWARD = (0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan)

Scope = Mapping[str, tuple[str, ...]]  # what may be used, by kind
_MAIN: Scope = {"S": ("s", "r.u"), "V": ("x", "y", "r.w"), "M": ("A",), "I": ()}


@dataclass(frozen=True)
class Node:
    """An expression: a production with its names chosen, and what stands in its holes, in order.

    `scope` is what the expression may use.
    """

    kind: str
    production: Production
    scope: Scope
    children: tuple[Node, ...] = ()

    def text(self, definitions: list[str]) -> str:
        """The expression; the definitions that it needs are appended."""
        children = iter(self.children)

        def fill(template: str) -> str:
            return _HOLE.sub(lambda _: _enclosed(next(children).text(definitions)), template)

        expression = fill(self.production.expression)
        definitions += [fill(d) for d in self.production.definitions]
        return expression

    def nodes(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.nodes()


def _enclosed(expression: str) -> str:
    return expression if _ATOM.fullmatch(expression) else f"({expression})"


@dataclass(frozen=True)
class Program:
    """`f` gives the values of the two trees; `arguments` are for `f`. `name` says how the program was made."""

    name: str
    scalar: Node
    vector: Node
    size: int

    @property
    def text(self) -> str:
        definitions: list[str] = []
        result = f"({self.scalar.text(definitions)}, {self.vector.text(definitions)})"
        return "\n".join([*definitions, f"def f({PARAMETERS}) -> (f64, f64[n]) = {result}", ""])

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (*self._numbers(0)[:4], 2, self._numbers(0)[4])

    def tangents(self, number: int) -> tuple[Any, ...]:
        """A direction for every parameter in `TANGENT_PARAMETERS`."""
        return self._numbers(1 + number)

    def awkward(self, number: int) -> tuple[Any, ...]:
        """The arguments with some numbers replaced by zeros of either sign, infinities, NaN, and ties."""
        rng = np.random.default_rng((len(self.name), 77, number))

        def spoilt(value: Any) -> Any:
            if isinstance(value, dict):
                return {name: spoilt(item) for name, item in value.items()}
            special = rng.choice(_AWKWARD, size=np.shape(value))
            return np.where(rng.random(np.shape(value)) < 0.4, special, value)[()]

        x, y, A, s, k, r = self.arguments
        x, y, A, s, r = map(spoilt, (x, y, A, s, r))
        return x, y, A, s, k, r

    def _numbers(self, stream: int) -> tuple[Any, ...]:
        rng = np.random.default_rng((len(self.name), stream))
        n = self.size
        x, y, A = rng.normal(size=n), rng.normal(size=n), rng.normal(size=(n, n))
        s, u = map(float, rng.normal(size=2))
        return x, y, A, s, {"u": u, "w": rng.normal(size=n)}

    @property
    def is_single(self) -> bool:
        """Whether some of it is computed in single precision."""
        return any(node.kind == "F" for node in self.nodes())

    def nodes(self) -> Iterator[Node]:
        yield from self.scalar.nodes()
        yield from self.vector.nodes()


def program(seed: int, depth: int = 3) -> Program:
    """The program of a seed. Every tenth computes in single precision here and there."""
    maker = _Maker(random.Random(seed), singles=seed % 10 == 9)
    scalar = maker.node("S", depth, _MAIN)
    vector = maker.node("V", depth, _MAIN)
    return Program(f"seed {seed}, depth {depth}", scalar, vector, maker.rng.randint(1, 5))


def leaf(node: Node) -> Node:
    """The smallest expression in the place of another."""
    scope = node.scope
    vector = scope["V"][0]
    text = {
        "S": scope["S"][0] if scope.get("S") else f"{vector}[0]",
        "V": vector,
        "M": scope["M"][0] if scope.get("M") else f"outer({vector}, {vector})",
        "P": f"diag(1.0 + {vector} * {vector})",
        "I": scope["I"][0] if scope.get("I") else "0",
        "B": "true",
        "F": "0.5f32",
    }[node.kind]
    return Node(node.kind, Production(text), scope)


@dataclass
class _Maker:
    rng: random.Random
    singles: bool
    names: int = 0
    _productions: Mapping[str, tuple[Production, ...]] = field(init=False)

    def __post_init__(self) -> None:
        single = (Production("f64(<F>)"),) * 20 if self.singles else ()
        self._productions = {**PRODUCTIONS, "S": PRODUCTIONS["S"] + single}

    def node(self, kind: str, depth: int, scope: Scope) -> Node:
        """An expression of a kind, of at most that depth."""
        if depth <= 0:
            return Node(kind, Production(self._leaf(kind, scope)), scope)
        production = self._named(self.rng.choice(self._choices(kind)))
        holes = [
            hole
            for template in (production.expression, *production.definitions)
            for hole in _HOLE.findall(template)
        ]
        deepest = self.rng.randrange(len(holes))
        children = []
        for position, (closed, inner, names) in enumerate(holes):
            below = depth - 1 if position == deepest else self.rng.randint(0, max(0, depth - 2))
            children.append(self.node(inner, below, _extended({} if closed else scope, names)))
        return Node(kind, production, scope, tuple(children))

    def _choices(self, kind: str) -> tuple[Production, ...]:
        elementary = kind == "S" and self.rng.random() < 0.35
        return ELEMENTARY if elementary else self._productions[kind]

    def _named(self, production: Production) -> Production:
        """The production with fresh names and numbers."""
        chosen: dict[str, str] = {}

        def name(match: re.Match[str]) -> str:
            stem = match[1]
            if stem not in chosen:
                self.names += 1
                chosen[stem] = f"{stem}{self.names}"
            return chosen[stem]

        def named(template: str) -> str:
            numbered = re.sub("<#>", lambda _: f"{self.rng.uniform(-0.5, 0.8):.3f}", template)
            return _FRESH.sub(name, numbered)

        return replace(
            production,
            expression=named(production.expression),
            definitions=tuple(map(named, production.definitions)),
        )

    # ---- leaves ----------------------------------------------------------------------------------

    def _leaf(self, kind: str, scope: Scope) -> str:
        return _LEAVES[kind](self, scope)

    def _number(self, scope: Scope) -> str:
        which = self.rng.random()
        if which < 0.15:
            return f"{self.rng.uniform(0.1, 1.5):.3f}"
        if which < 0.3 and scope.get("M"):
            matrix = self.rng.choice(scope["M"])
            return f"{matrix}[{self._index(scope)}, {self._index(scope)}]"
        if which < 0.6 or not scope.get("S"):
            index = self._index(scope) if scope.get("I") or which < 0.5 else "-1"
            return f"{self.rng.choice(scope['V'])}[{index}]"
        return self.rng.choice(scope["S"])

    def _vector(self, scope: Scope) -> str:
        return self.rng.choice(scope["V"])

    def _matrix(self, scope: Scope) -> str:
        if scope.get("M"):
            return self.rng.choice(scope["M"])
        return f"outer({self._vector(scope)}, {self._vector(scope)})"

    def _index(self, scope: Scope) -> str:
        if not scope.get("I"):
            return self.rng.choice(("0", "n - 1", "n // 2"))
        i = self.rng.choice(scope["I"])
        return self.rng.choice((i, i, i, f"n - 1 - {i}", f"({i} * 2 + 1) % n"))

    def _positive(self, scope: Scope) -> str:
        vector = self._vector(scope)
        return f"eye(n) + 0.2 * outer({vector}, {vector})"

    def _truth(self, scope: Scope) -> str:
        return f"{self._number(scope)} < {self.rng.uniform(-0.5, 0.8):.3f}"

    def _single(self, scope: Scope) -> str:
        return f"f32({self._number(scope)})"


_LEAVES: Mapping[str, Callable[[_Maker, Scope], str]] = {
    "S": _Maker._number,
    "V": _Maker._vector,
    "M": _Maker._matrix,
    "P": _Maker._positive,
    "I": _Maker._index,
    "B": _Maker._truth,
    "F": _Maker._single,
}


def _extended(scope: Scope, names: str) -> Scope:
    """The scope with names such as ` i1:I v2:V` added; later names are preferred by standing there twice."""
    extended = dict(scope)
    for name, kind in (item.split(":") for item in names.split()):
        extended[kind] = (*extended.get(kind, ()), name, name)
    return extended
