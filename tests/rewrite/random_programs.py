"""Random programs that are well typed by construction, for properties such as "a pass keeps the value".

A program has two run-time sizes, vectors and matrices over them, maps, reductions, loops, branches and
accumulators. Most indices are in range, some are not; most branches depend on data.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from adc.ir.builder import Builder
from adc.ir.core import (
    F64,
    I64,
    Atom,
    Block,
    Dim,
    Function,
    Module,
    Type,
    Value,
    dim_atom,
    index_literal,
    literal,
)
from adc.prims.catalog import TABLE
from adc.types.core import DType

FLOATS = (0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -3.0)


def random_module(seed: int, size: int = 16) -> Module:
    """A module with one function `f(m, n, s, t, k, x, y, A)`."""
    rng = random.Random(seed)
    m, n = Value(I64, "m"), Value(I64, "n")
    s, t, k = Value(F64, "s"), Value(F64, "t"), Value(I64, "k")
    x, y = Value(Type(DType.F64, (n,)), "x"), Value(Type(DType.F64, (n,)), "y")
    A = Value(Type(DType.F64, (m, n)), "A")
    pool = Pool([s, t], [k, m, n], [], [x, y, A], [], {n: [], m: []})
    b = Builder(TABLE.infer)
    program = Program(rng)
    program.fill(b, pool, size, depth=0)
    results = [*pool.floats[-6:], *pool.arrays[3:]]  # few things are dead
    return Module({"f": Function("f", b.finish((m, n, s, t, k, x, y, A), results))})


def random_arguments(seed: int) -> tuple[object, ...]:
    """Arguments for `f`, sizes 0 to 4, with special values now and then."""
    rng = np.random.default_rng(seed)
    m, n = int(rng.integers(0, 4)), int(rng.integers(0, 5))

    def numbers(*shape: int) -> np.ndarray:
        values = rng.normal(size=shape)
        special = rng.choice([0.0, -0.0, np.inf, np.nan, 1.0], size=shape)
        return np.where(rng.random(shape) < 0.05, special, values)

    return (
        m,
        n,
        float(numbers(1)[0]),
        float(numbers(1)[0]),
        int(rng.integers(-1, 4)),
        numbers(n),
        numbers(n),
        numbers(m, n),
    )


@dataclass
class Pool:
    """What is in scope. `indices`: for a dim, values that run below it."""

    floats: list[Atom]
    integers: list[Atom]
    truths: list[Atom]
    arrays: list[Value]
    refs: list[Value]
    indices: dict[Dim, list[Value]] = field(default_factory=dict)

    def inner(self) -> Pool:
        return Pool(
            list(self.floats),
            list(self.integers),
            list(self.truths),
            list(self.arrays),
            list(self.refs),
            {d: list(v) for d, v in self.indices.items()},
        )


class Program:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def fill(self, b: Builder, pool: Pool, size: int, depth: int) -> None:
        makers = [self.arithmetic] * 5 + [self.read] * 4 + [self.integer] * 2 + [self.compare]
        if pool.refs:
            makers += [self.add] * 6
        if depth < 3:
            makers += [self.reduce, self.map, self.map, self.cond, self.loop]
            if not pool.refs:
                makers += [self.accum] * 2
            else:
                makers += [self.effect_map] * 4
        if depth == 0:
            makers += [self.check, self.update]
        for _ in range(size):
            self.rng.choice(makers)(b, pool, depth)

    # ---- scalars ----------------------------------------------------------------------------------

    def float(self, pool: Pool) -> Atom:
        if pool.floats and self.rng.random() < 0.85:
            return self.rng.choice(pool.floats[-8:])
        return literal(self.rng.choice(FLOATS), DType.F64)

    def whole(self, pool: Pool) -> Atom:
        if self.rng.random() < 0.7:
            return self.rng.choice(pool.integers[-8:])
        return index_literal(self.rng.randint(-1, 3))

    def arithmetic(self, b: Builder, pool: Pool, depth: int) -> None:
        ops = ["add", "sub", "mul", "mul", "div", "max", "neg", "sin", "abs", "select", "powi"]
        op = self.rng.choice(ops)
        if op in ("neg", "sin", "abs"):
            v = b.one(op, self.float(pool))
        elif op == "select":
            v = b.one(op, self.truth(b, pool), self.float(pool), self.float(pool))
        elif op == "powi":
            v = b.one(op, self.float(pool), index_literal(self.rng.randint(0, 4)))
        else:
            v = b.one(op, self.float(pool), self.float(pool))
        pool.floats.append(v)

    def integer(self, b: Builder, pool: Pool, depth: int) -> None:
        op = self.rng.choice(["add", "sub", "mul", "max", "min", "neg", "floordiv"])
        if op == "neg":
            v = b.one(op, self.whole(pool))
        elif op == "floordiv":
            v = b.one(op, self.whole(pool), index_literal(2))
        else:
            v = b.one(op, self.whole(pool), self.whole(pool))
        pool.integers.append(v)

    def truth(self, b: Builder, pool: Pool) -> Atom:
        if not pool.truths or self.rng.random() < 0.5:
            self.compare(b, pool, 0)
        return self.rng.choice(pool.truths)

    def compare(self, b: Builder, pool: Pool, depth: int) -> None:
        op = self.rng.choice(["lt", "le", "eq", "ge"])
        kind = self.rng.random()
        if kind < 0.4:
            v = b.one(op, self.float(pool), self.float(pool))
        elif kind < 0.8 or not pool.truths:
            v = b.one(op, self.whole(pool), self.whole(pool))
        elif kind < 0.9:
            v = b.one("not", self.rng.choice(pool.truths))
        else:
            v = b.one("and", self.rng.choice(pool.truths), self.rng.choice(pool.truths))
        pool.truths.append(v)

    def check(self, b: Builder, pool: Pool, depth: int) -> None:
        if self.rng.random() < 0.3:
            b.emit("assert", self.truth(b, pool), error="EvaluationError", code="E0606", text="no")

    # ---- arrays -----------------------------------------------------------------------------------

    def place(self, b: Builder, pool: Pool, d: Dim) -> Atom:
        """An index for an axis of extent d, mostly in range."""
        own = pool.indices.get(d, [])
        kind = self.rng.random()
        if own and kind < 0.8:
            i = self.rng.choice(own)
            if self.rng.random() < 0.15:
                return b.one("sub", b.one("sub", dim_atom(d), index_literal(1)), i)
            return i
        if kind < 0.97:
            top = b.one("sub", dim_atom(d), index_literal(1))
            return b.one("max", b.one("min", self.whole(pool), top), index_literal(0))
        return b.one("add", self.whole(pool), index_literal(1))

    def read(self, b: Builder, pool: Pool, depth: int) -> None:
        x = self.rng.choice(pool.arrays)
        # Where no index runs the array may be empty: read it in a region only.
        if not all(pool.indices.get(d) for d in x.type.shape) and self.rng.random() < 0.9:
            return
        at = [self.place(b, pool, d) for d in x.type.shape]
        if x.type.rank == 2 and self.rng.random() < 0.3:
            pool.arrays.append(b.one("index", x, at[0]))
        else:
            pool.floats.append(b.one("index", x, *at))

    def update(self, b: Builder, pool: Pool, depth: int) -> None:
        x = self.rng.choice(pool.arrays)
        if self.rng.random() < 0.3:
            at = [self.place(b, pool, d) for d in x.type.shape]
            pool.arrays.append(b.one("update", x, self.float(pool), *at))

    def dims(self, pool: Pool) -> list[Dim]:
        sizes = list(pool.indices)
        return [self.rng.choice(sizes) for _ in range(self.rng.choice([1, 1, 2]))]

    def region(
        self, b: Builder, pool: Pool, dims: Sequence[Dim], depth: int, size: int
    ) -> tuple[Builder, Pool, tuple[Value, ...]]:
        inner, local = b.nested(), pool.inner()
        params = tuple(Value(I64, "ijk"[depth % 3]) for _ in dims)
        for d, p in zip(dims, params, strict=True):
            local.indices.setdefault(d, []).append(p)
            local.integers.append(p)
        self.fill(inner, local, size, depth + 1)
        return inner, local, params

    def map(self, b: Builder, pool: Pool, depth: int) -> None:
        dims = self.dims(pool)
        inner, local, params = self.region(b, pool, dims, depth, self.rng.randint(1, 4))
        outs: list[Atom] = [self.float(local) for _ in range(self.rng.choice([1, 1, 2]))]
        own = {d for v in pool.arrays for d in v.type.shape}
        rows = [a for a in local.arrays if a.type.rank == 1 and set(a.type.shape) <= own]
        if rows and len(dims) == 1 and self.rng.random() < 0.2:
            outs.append(self.rng.choice(rows))
        ys = b.emit("map", *map(dim_atom, dims), regions=(inner.finish(params, outs),), hint="y")
        pool.arrays.extend(ys)

    def reduce(self, b: Builder, pool: Pool, depth: int) -> None:
        dims = self.dims(pool)
        inner, local, params = self.region(b, pool, dims, depth, self.rng.randint(1, 4))
        ops = tuple(self.rng.choice(["add", "max", "mul"]) for _ in range(self.rng.choice([1, 2])))
        region = inner.finish(params, [self.float(local) for _ in ops])
        pool.floats.extend(
            b.emit("reduce", *map(dim_atom, dims), regions=(region,), ops=ops, hint="s")
        )

    def cond(self, b: Builder, pool: Pool, depth: int) -> None:
        p = self.truth(b, pool)
        results = self.rng.randint(0 if pool.refs else 1, 2)
        arms = []
        for _ in range(2):
            inner, local, _ = self.region(b, pool, (), depth, self.rng.randint(0, 3))
            arms.append(inner.finish((), [self.float(local) for _ in range(results)]))
        pool.floats.extend(b.emit("cond", p, regions=arms, hint="c"))

    def loop(self, b: Builder, pool: Pool, depth: int) -> None:
        d = self.rng.choice(list(pool.indices))
        initial = [self.float(pool) for _ in range(self.rng.choice([1, 2]))]
        inner, local = b.nested(), pool.inner()
        i = Value(I64, "t")
        carried = [Value(F64, "u") for _ in initial]
        local.indices.setdefault(d, []).append(i)
        local.integers.append(i)
        local.floats.extend(carried)
        self.fill(inner, local, self.rng.randint(1, 4), depth + 1)
        nexts = [self.float(local) for _ in initial]
        rows = [self.float(local)] if self.rng.random() < 0.5 else []
        region = inner.finish((i, *carried), (*nexts, *rows))
        reverse = self.rng.random() < 0.3
        results = b.emit(
            "loop", dim_atom(d), *initial, regions=(region,), reverse=reverse, hint="w"
        )
        pool.floats.extend(results[: len(initial)])
        pool.arrays.extend(results[len(initial) :])

    # ---- accumulators -------------------------------------------------------------------------------

    def accum(self, b: Builder, pool: Pool, depth: int) -> None:
        bases: list[Atom] = []
        for _ in range(self.rng.choice([1, 2, 3])):
            kind = self.rng.random()
            if kind < 0.3:
                bases.append(literal(self.rng.choice([0.0, 1.5]), DType.F64))
            elif kind < 0.5:
                bases.append(self.rng.choice(pool.arrays))
            else:
                like = self.rng.choice(pool.arrays)
                zero = Block(
                    tuple(Value(I64, "z") for _ in like.type.shape), (), (literal(0.0, DType.F64),)
                )
                bases.append(
                    b.one("map", *map(dim_atom, like.type.shape), regions=(zero,), hint="z")
                )
        refs = tuple(Value(Type(a.type.dtype, a.type.shape, is_ref=True), "r") for a in bases)
        inner, local = b.nested(), pool.inner()
        local.refs = list(refs)
        for _ in range(self.rng.randint(1, 3)):
            self.effect_map(inner, local, depth)
        for _ in range(self.rng.choice([0, 0, 1, 2])):
            self.add(inner, local, 0)
        if self.rng.random() < 0.5:
            self.fill(inner, local, 2, depth + 1)
        yields = [self.float(local)] if self.rng.random() < 0.3 else []
        results = b.emit("accum", *bases, regions=(inner.finish(refs, yields),), hint="g")
        for r in results:
            (pool.arrays if r.type.shape else pool.floats).append(r)

    def effect_map(self, b: Builder, pool: Pool, depth: int) -> None:
        """A nest over the dims of one accumulator, or any, that adds to it."""
        ref = self.rng.choice(pool.refs)
        dims = list(ref.type.shape) if self.rng.random() < 0.7 else []
        if not dims or self.rng.random() < 0.3:
            dims.insert(self.rng.randint(0, len(dims)), self.rng.choice(list(pool.indices)))
        self.rng.shuffle(dims)
        nested = len(dims) > 1 and self.rng.random() < 0.6
        self._nest(b, pool, dims, depth, ref, nested)

    def _nest(
        self, b: Builder, pool: Pool, dims: list[Dim], depth: int, ref: Value, nested: bool
    ) -> None:
        now, later = (dims[:1], dims[1:]) if nested else (dims, [])
        inner, local = b.nested(), pool.inner()
        params = tuple(Value(I64, "e") for _ in now)
        for d, p in zip(now, params, strict=True):
            local.indices.setdefault(d, []).append(p)
        local.refs = [ref] if self.rng.random() < 0.7 else local.refs
        self.fill(inner, local, self.rng.randint(1, 3), 3)
        if later:
            self._nest(inner, local, later, depth, ref, nested)
        else:
            self.add(inner, local, 1)
        if self.rng.random() < 0.85 or nested:
            b.emit("map", *map(dim_atom, now), regions=(inner.finish(params, ()),))
        else:
            y = self.float(local)
            pool.arrays.append(
                b.one("map", *map(dim_atom, now), regions=(inner.finish(params, (y,)),), hint="y")
            )

    def add(self, b: Builder, pool: Pool, depth: int) -> None:
        """An addition at the indices around, mirrored, shifted behind a guard, at any place, or to a row."""
        ref = self.rng.choice(pool.refs)
        shape = ref.type.shape
        if depth and not all(pool.indices.get(d) for d in shape):
            return
        if len(shape) == 2 and self.rng.random() < 0.2:
            rows = [a for a in pool.arrays if a.type.shape == shape[1:]]
            if rows:
                b.emit("upd", ref, self.rng.choice(rows), self.place(b, pool, shape[0]))
                return
        at: list[Atom] = []
        guards: list[Atom] = [self.truth(b, pool)] if self.rng.random() < 0.2 else []
        for d in shape:
            own = pool.indices.get(d, [])
            kind = self.rng.random()
            if not own or kind > 0.9:
                at.append(self.place(b, pool, d))
                continue
            i: Atom = self.rng.choice(own)
            if kind < 0.15:
                i = b.one("sub", b.one("sub", dim_atom(d), index_literal(1)), i)
            elif kind < 0.3:
                i = b.one("add", i, index_literal(1))
                guards.append(b.one("lt", i, dim_atom(d)))
            elif kind < 0.4:
                i = b.one("sub", i, index_literal(1))
                guards.append(b.one("ge", i, index_literal(0)))
            at.append(i)
        self._guarded(b, guards, ref, self.float(pool), at)

    def _guarded(
        self, b: Builder, guards: Sequence[Atom], ref: Value, v: Atom, at: Sequence[Atom]
    ) -> None:
        if not guards:
            b.emit("upd", ref, v, *at)
            return
        arm = b.nested()
        self._guarded(arm, guards[1:], ref, v, at)
        b.emit("cond", guards[0], regions=(arm.finish((), ()), Block((), (), ())))
