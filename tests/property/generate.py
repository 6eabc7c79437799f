"""Random well-typed ADL programs with smooth, bounded values; types are known by construction.

`program(seed)` gives a source text with an entry `f` and arguments for it. Every construct that carries
derivatives can occur: comprehensions, reductions, conditions, loops of all kinds, accumulation, updates,
gathers, closures, calls, recursion, tuples and records. Values stay of the order of one, so that comparisons
between evaluators and between modes mean something.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

SIZE = "n"
UNARY = ("sin({0})", "cos({0})", "tanh({0})", "exp(-({0}) * ({0}))", "1.0 / (1.0 + ({0}) * ({0}))",
         "log(1.0 + ({0}) * ({0}))", "sqrt(1.0 + ({0}) * ({0}))", "sigmoid({0})", "softplus({0})", "atan({0})",
         "({0}) ** 2", "erf({0})", "-({0})")
BINARY = ("({0}) + ({1})", "({0}) - ({1})", "0.5 * ({0}) * ({1})", "({0}) / (1.5 + ({1}) * ({1}))",
          "sin(({0}) * ({1}))", "atan2({0}, 2.0 + sin({1}))", "hypot(1.0 + ({0}) * ({0}), {1})")


@dataclass(frozen=True)
class Program:
    """Source text; `arguments` of `f` in order; `name` says how it was made."""

    name: str
    text: str
    arguments: tuple[object, ...]


@dataclass
class _Generator:
    rng: random.Random
    names: int = 0
    definitions: list[str] = field(default_factory=list)

    def fresh(self, stem: str) -> str:
        self.names += 1
        return f"{stem}{self.names}"

    # ---- scalars -------------------------------------------------------------------------------------

    def scalar(self, depth: int, scalars: list[str], vectors: list[str], indices: list[str]) -> str:
        """An f64 expression over the scalars, vectors of length n and indices below n in scope."""
        if depth <= 0:
            return self._scalar_leaf(scalars, vectors, indices)
        makers: list[Callable[[int, list[str], list[str], list[str]], str]] = [
            self._unary, self._unary, self._binary, self._binary, self._sum, self._if, self._block,
            self._loop, self._while, self._dot, self._call, self._record, self._accumulated, self._closure,
        ]
        return self.rng.choice(makers)(depth - 1, scalars, vectors, indices)

    def _scalar_leaf(self, scalars: list[str], vectors: list[str], indices: list[str]) -> str:
        kind = self.rng.random()
        if vectors and kind < 0.4:
            vector = self.rng.choice(vectors)
            return f"{vector}[{self._index(indices)}]"
        if scalars and kind < 0.85:
            return self.rng.choice(scalars)
        return f"{self.rng.uniform(0.1, 1.5):.3f}"

    def _index(self, indices: list[str]) -> str:
        if not indices:
            return self.rng.choice(("0", "n - 1", "n // 2", "-1"))
        i = self.rng.choice(indices)
        return self.rng.choice((i, i, f"n - 1 - {i}", f"({i} * 2 + 1) % n"))

    def _unary(self, d: int, s: list[str], v: list[str], i: list[str]) -> str:
        return self.rng.choice(UNARY).format(self.scalar(d, s, v, i))

    def _binary(self, d: int, s: list[str], v: list[str], i: list[str]) -> str:
        return self.rng.choice(BINARY).format(self.scalar(d, s, v, i), self.scalar(d - 1, s, v, i))

    def _sum(self, d: int, s: list[str], v: list[str], i: list[str]) -> str:
        index = self.fresh("i")
        if v and self.rng.random() < 0.4:
            x = self.fresh("x")
            body = self.scalar(d, [*s, x], v, i)
            return f"sum(({body}) for {x} in {self.rng.choice(v)}) / f64(n)"
        bound = self.rng.choice(("n", "n", "n - 1", *([f"{self.rng.choice(i)} + 1"] if i else [])))
        return f"sum(({self.scalar(d, s, v, [*i, index])}) for {index} < {bound}) / f64(n)"

    def _if(self, d: int, s: list[str], v: list[str], i: list[str]) -> str:
        condition = f"{self.scalar(d - 1, s, v, i)} < {self.rng.uniform(-0.5, 0.8):.3f}"
        if i and self.rng.random() < 0.4:
            condition = f"{self.rng.choice(i)} > 0"
        return f"(if {condition} then {self.scalar(d, s, v, i)} else {self.scalar(d - 1, s, v, i)})"

    def _block(self, d: int, s: list[str], v: list[str], i: list[str]) -> str:
        a = self.fresh("a")
        return f"{{ let {a} = {self.scalar(d, s, v, i)}; {self.scalar(d, [*s, a, a], v, i)} }}"

    def _loop(self, d: int, s: list[str], v: list[str], i: list[str]) -> str:
        c, t = self.fresh("c"), self.fresh("t")
        start = self.scalar(d - 1, s, v, i)
        if self.rng.random() < 0.5:
            return f"loop ({c} = {start}) for {t} < n {{ 0.5 * sin({c}) + {self.scalar(d, [*s, c], v, [*i, t])} * 0.3 }}"
        e = self.fresh("e")
        step = f"(0.4 * {c} + {self.scalar(d - 1, [*s, e], v, [*i, t])} * 0.2, tanh({e} * {self.scalar(0, [*s, c], v, i)}))"
        return f"{{ let ({c}r, {e}r) = loop ({c} = {start}, {e} = 0.7) for {t} < 3 {{ {step} }}; {c}r + 0.5 * {e}r }}"

    def _while(self, d: int, s: list[str], v: list[str], i: list[str]) -> str:
        c, k = self.fresh("c"), self.fresh("k")
        start = self.scalar(d, s, v, i)
        return (
            f"{{ let ({c}r, {k}r) = loop ({c} = {start}, {k} = 0) while {k} < 4 "
            f"{{ (0.5 * cos({c}) + 0.1 * {self.scalar(d - 1, [*s, c], v, i)}, {k} + 1) }}; {c}r * f64({k}r) * 0.2 }}"
        )

    def _dot(self, d: int, s: list[str], v: list[str], i: list[str]) -> str:
        return f"dot({self.vector(d, s, v)}, {self.vector(d - 1, s, v)}) / f64(n)"

    def _call(self, d: int, s: list[str], v: list[str], i: list[str]) -> str:
        name = self.fresh("g")
        body = self.scalar(min(d, 2), ["p", "q"], ["w"], [])
        if self.rng.random() < 0.3:
            body = f"if k <= 0 then {body} else 0.6 * {name}(0.5 * p, q, w, k - 1) + sin(p) * 0.3"
            self.definitions.append(f"def {name}(p: f64, q: f64, w: f64[n], k: i64) -> f64 = {body}")
            extra = ", 2"
        else:
            self.definitions.append(f"def {name}(p: f64, q: f64, w: f64[n]) -> f64 = {body}")
            extra = ""
        return f"{name}({self.scalar(d - 1, s, v, i)}, {self.scalar(0, s, v, i)}, {self.vector(0, s, v)}{extra})"

    def _record(self, d: int, s: list[str], v: list[str], i: list[str]) -> str:
        r = self.fresh("r")
        return (
            f"{{ let {r} = {{u: {self.scalar(d, s, v, i)}, w: ({self.scalar(d - 1, s, v, i)}, 0.25)}}; "
            f"{r}.u * 0.5 + {r}.w.0 * {r}.w.1 }}"
        )

    def _accumulated(self, d: int, s: list[str], v: list[str], i: list[str]) -> str:
        a, t, j = self.fresh("A"), self.fresh("T"), self.fresh("j")
        value = self.scalar(d, s, v, [*i, j])
        return (
            f"{{ let ({a}r, {t}r) = accum ({a} = zeros(n), {t} = 0.1) for {j} < n {{ "
            f"let c{j} = {value}; {a}[({j} * 3) % n] += c{j}; if c{j} > 0.2 {{ {t} += 0.3 * c{j} * c{j}; }} }}; "
            f"{t}r / f64(n) + {a}r[0] * 0.2 + sum(sin({a}r)) / f64(n) }}"
        )

    def _closure(self, d: int, s: list[str], v: list[str], i: list[str]) -> str:
        h, p = self.fresh("h"), self.fresh("p")
        body = self.scalar(d, [*s, p], v, i)
        return (
            f"{{ let {h} = fn({p}: f64) => {body}; "
            f"{h}({self.scalar(0, s, v, i)}) * 0.5 + {h}(0.3) * 0.25 }}"
        )

    # ---- vectors -------------------------------------------------------------------------------------

    def vector(self, depth: int, scalars: list[str], vectors: list[str]) -> str:
        """An f64[n] expression."""
        if depth <= 0:
            return self.rng.choice(vectors)
        makers: list[Callable[[int, list[str], list[str]], str]] = [
            self._comprehension, self._comprehension, self._elementwise, self._scan, self._array_loop,
            self._update, self._matvec, self._gather, self._reverse,
        ]
        return self.rng.choice(makers)(depth - 1, scalars, vectors)

    def _comprehension(self, d: int, s: list[str], v: list[str]) -> str:
        i = self.fresh("i")
        return f"[{self.scalar(d, s, v, [i])} for {i} < n]"

    def _elementwise(self, d: int, s: list[str], v: list[str]) -> str:
        template = self.rng.choice(("sin({0}) * {1}", "{0} + 0.5 * {1}", "tanh({0} - {1})", "0.7 * {0}"))
        return template.format(self.vector(d, s, v), self.vector(0, s, v))

    def _scan(self, d: int, s: list[str], v: list[str]) -> str:
        c, x = self.fresh("c"), self.fresh("x")
        body = f"0.5 * {c} + {self.scalar(max(d - 1, 0), [*s, c, x], v, [])} * 0.4"
        return f"scan(fn({c}, {x}) => {body}, 0.2, {self.vector(d - 1, s, v)})"

    def _array_loop(self, d: int, s: list[str], v: list[str]) -> str:
        u, t, i = self.fresh("u"), self.fresh("t"), self.fresh("i")
        body = f"[0.6 * {u}[{i}] + 0.3 * sin({self.scalar(d - 1, s, [*v, u], [i])}) for {i} < n]"
        return f"loop ({u} = {self.vector(d - 1, s, v)}) for {t} < 3 {{ {body} }}"

    def _update(self, d: int, s: list[str], v: list[str]) -> str:
        u, t = self.fresh("u"), self.fresh("t")
        value = self.scalar(d - 1, s, [*v, u], [t])
        return f"loop ({u} = {self.vector(d - 1, s, v)}) for {t} < n {{ {u} with [{t}] = 0.5 * {value} }}"

    def _matvec(self, d: int, s: list[str], v: list[str]) -> str:
        i, j = self.fresh("i"), self.fresh("j")
        matrix = f"[{self.scalar(d - 1, s, v, [i, j])} for {i} < n, {j} < n]"
        return f"(0.3 * ({matrix} @ {self.vector(d - 1, s, v)}))"

    def _gather(self, d: int, s: list[str], v: list[str]) -> str:
        i = self.fresh("i")
        return f"{self.rng.choice(v)}[[(5 * {i} + 2) % n for {i} < n]]"

    def _reverse(self, d: int, s: list[str], v: list[str]) -> str:
        return self.rng.choice(("reverse({0})", "({0})[::-1]", "roll({0}, 1)", "cumsum({0}) / f64(n)")).format(
            self.vector(d, s, v)
        )


def program(seed: int, depth: int = 3) -> Program:
    """The program of a seed: `f(x: f64[n], y: f64[n], s: f64, k: i64)` giving a scalar and a vector."""
    rng = random.Random(seed)
    g = _Generator(rng)
    result = g.scalar(depth, ["s"], ["x", "y"], [])
    vector = g.vector(depth, ["s"], ["x", "y"])
    text = "\n".join(
        [*g.definitions, f"def f(x: f64[n], y: f64[n], s: f64, k: i64) -> (f64, f64[n]) = ({result}, {vector})"]
    )
    n = rng.randint(2, 5)
    values = np.random.default_rng(seed)
    arguments = (values.normal(size=n), values.normal(size=n), float(values.normal()), 2)
    return Program(f"seed {seed}", text + "\n", arguments)
