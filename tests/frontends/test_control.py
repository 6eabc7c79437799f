"""Reductions, branches, loops, accumulation, combinators, recursion."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest

from tests.frontends.running import Running, run, same

RNG = np.random.default_rng(1)
X = np.array([0.5, -1.5, 2.0, 3.25, -0.25])
Y = np.array([1.0, 2.0, -3.0, 0.125, 4.0])
A = RNG.normal(size=(3, 4))
B = RNG.normal(size=(4, 2))
S = A @ A.T + np.eye(3)
N = np.array([3, -7, 5, 2])

CASES = [
    # reductions
    ("def f(x: f64[n]) = sum(x)", (X,), X.sum()),
    ("def f(x: i32[n]) = sum(x)", (N,), np.int32(3)),
    ("def f(A: f64[m, n]) = sum(A)", (A,), A.sum()),
    ("def f(x: f64[n]) = prod(x)", (X,), X.prod()),
    ("def f(x: f64[n]) = max(x) - min(x)", (X,), X.max() - X.min()),
    ("def f(x: f64[n]) = mean(x)", (X,), X.mean()),
    ("def f(x: i64[n]) = mean(x)", (N,), N.mean()),
    ("def f(x: f64[n]) = any(x > 3.0) && all(x < 4.0)", (X,), True),
    ("def f(x: f64[n]) = argmax(x) * 10 + argmin(x)", (X,), 31),
    ("def f(A: f64[m, n]) = argmax(A)", (A,), int(A.argmax())),
    ("def f(x: f64[n]) = argmax(-a for a in x)", (X,), 1),
    ("def f(x: f64[n]) = logsumexp(x)", (X,), math.log(np.exp(X).sum())),
    ("def f(x: f64[n]) = logsumexp(a + 1000 for a in x)", (X,), 1000 + math.log(np.exp(X).sum())),
    ("def f(x: f64[n]) = logsumexp(x)", ([-math.inf, -math.inf],), -math.inf),
    ("def f(x: f64[n]) = norm(x)", (X,), np.linalg.norm(X)),
    ("def f(x: f64[n]) = norm(a for a in x)", (X,), np.linalg.norm(X)),
    ("def f(x: f64[n], y: f64[n]) = dot(x, y)", (X, Y), X @ Y),
    ("def f(x: f64[n]) = cumsum(x)", (X,), np.cumsum(X)),
    ("def f(A: f64[m, n]) = cumprod(A)", (A,), np.cumprod(A, 0)),
    (
        "def f(x: f64[n]) = sum(x[i] * x[j] for i < n, j < i)",
        (X,),
        np.tril(np.outer(X, X), -1).sum(),
    ),
    ("def f(x: f64[n]) = sum([x[j] for j < i + 1][i] for i < n)", (X,), X.sum()),
    ("def f(A: f64[m, n]) = sum(r for r in A)", (A,), A.sum()),
    ("def f(n: i64) = sum(1 for i < n)", (4,), 4),
    ("def f(n: i64) = prod(i + 1 for i < n)", (5,), 120),
    ("def f(x: f64[n]) = max(x[j] for i < n, j < i)", (X,), X[:-1].max()),
    (
        "def f(x: f64[n]) = mean(x[j] for i < n, j < i)",
        (X,),
        sum(X[:i].sum() for i in range(5)) / 10,
    ),
    ("def f(x: f64[n]) = all(a > -2.0 for a in x)", (X,), True),
    ("def f(x: f64[n]) = sum(x)", (np.zeros(0),), 0.0),
    ("def f(x: f64[n]) = prod(x)", (np.zeros(0),), 1.0),
    ("def f(A: f64[m, n], B: f64[n, k]) = A @ B", (A, B), A @ B),
    ("def f(A: f64[m, n], x: f64[n]) = A @ x", (A, X[:4]), A @ X[:4]),
    ("def f(x: f64[m], A: f64[m, n]) = x @ A", (X[:3], A), X[:3] @ A),
    ("def f(x: f64[n], y: f64[n]) = x @ y", (X, Y), X @ Y),
    ("def f(A: i64[m, n]) = A @ A", ([[1, 2], [3, 4]],), np.array([[7, 10], [15, 22]])),
    ("def f(A: f64[m, n], x: f64[n]) = dot(A, x)", (A, X[:4]), A @ X[:4]),
    ("def f(A: f64[n, n]) = trace(A)", (S,), np.trace(S)),
    ("def f(A: f64[n, n]) = det(A) + logdet(A)", (S,), np.linalg.det(S) + np.log(np.linalg.det(S))),
    ("def f(A: f64[n, n]) = inv(A)", (S,), np.linalg.inv(S)),
    ("def f(A: f64[n, n]) = cholesky(A)", (S,), np.linalg.cholesky(S)),
    ("def f(A: f64[n, n], b: f64[n]) = solve(A, b)", (S, X[:3]), np.linalg.solve(S, X[:3])),
    ("def f(A: f64[n, n], b: f64[n, k]) = solve(A, b)", (S, A), np.linalg.solve(S, A)),
    (
        "def f(A: f64[n, n], b: f64[n]) = tri_solve(A, b)",
        (S, X[:3]),
        np.linalg.solve(np.tril(S), X[:3]),
    ),
    (
        "def f(A: f64[n, n], b: f64[n]) = tri_solve(A, b, upper=true)",
        (S, X[:3]),
        np.linalg.solve(np.triu(S), X[:3]),
    ),
    # branches
    ("def f(x: f64) = if x > 0.0 then x else if x > -1.0 then 0 else -x", (-2.0,), 2.0),
    ("def f(c: bool, x: f64[n]) = if c then x else 2 * x", (False, X), 2 * X),
    ("def f(c: bool, x: f64[n]) = if c then x[1:] else x", (True, X), X[1:]),
    ("def f(c: bool, x: f64[n]) = sum(if c then x[1:] else x)", (False, X), X.sum()),
    ("def f(c: bool, x: f64) = if c then (x, 1) else (2 * x, 2)", (False, 1.0), (2.0, 2)),
    ("def f(c: bool) = if c then {a: 1, b: 2.0} else {b: 3.0, a: 4}", (False,), {"a": 4, "b": 3.0}),
    ("def f(c: bool) = if c then [1.0, 2.0] else zeros(2)", (False,), np.zeros(2)),
    ("def f(x: f64[n], i: i64) = i < n && x[i] > 0.0", (X, 9), False),
    ("def f(x: f64[n], i: i64) = i >= n || x[i] > 0.0", (X, 9), True),
    ("def f(x: f64[n], i: i64) = if i < n then x[i] else 0", (X, 9), 0.0),
    ("def f(n: i64) = if n > 0 then 10 // n else 0", (0,), 0),
    ("def f(x: f64) = if true then x else x / 0.0", (1.0,), 1.0),
    (
        "def f(c: bool, x: f64) = { let y = if c then { let a = x; a * a } else x; y + 1 }",
        (True, 3.0),
        10.0,
    ),
    # loops
    ("def f(n: i64) = loop (a = 0, b = 1) for i < n { (b, a + b) }", (10,), (55, 89)),
    ("def f(n: i64) = loop (a = 1) for i < n { a * (i + 1) }", (5,), 120),
    ("def f(n: i64) = loop (a = 1) for i < n { 2 * a }", (-3,), 1),
    ("def f(x: f64) = loop (s = x) while s < 100.0 { 2 * s }", (3.0,), 192.0),
    ("def f(x: f64) = loop (s = x, k = 0) while s < 100.0 { (2 * s, k + 1) }", (3.0,), (192.0, 6)),
    ("def f(x: f64[n]) = loop (u = x) for t < 2 { [u[i] + f64(t) for i < n] }", (X,), X + 1),
    ("def f(x: f64[n]) = loop (u = zeros(n)) for i < n { u with [i] = 2 * x[i] }", (X,), 2 * X),
    ("def f(x: f64) = loop ((a, b) = (x, 1)) for i < 3 { (a + b, b) }", (2.0,), (5.0, 1.0)),
    (
        "def f(x: f64) = loop (r = {v: x, k: 0}) for i < 3 { {v: 2 * r.v, k: r.k + 1} }",
        (1.0,),
        {"v": 8.0, "k": 3},
    ),
    ("def f(x: f64) = history (s = x) for i < 3 { 2 * s }", (1.0,), (np.array([1.0, 2, 4]), 8.0)),
    (
        "def f(x: f64) = history (s = x) while s < 5.0 { 2 * s }",
        (1.0,),
        (np.array([1.0, 2, 4]), 8.0),
    ),
    ("def f(x: f64[n]) = history (u = x) for i < 2 { 2 * u }", (X,), (np.stack([X, 2 * X]), 4 * X)),
    (
        "def f(x: f64) { let (s, e) = history (a = x, k = 0) for i < 2 { (2 * a, k + 1) }; (s[1], e) }",
        (1.0,),
        ((2.0, 1), (4.0, 2)),
    ),
    # accumulation
    (
        "def f(x: f64[n], k: i64[n]) = accum (h = zeros(5)) for i < n { h[k[i]] += x[i]; }",
        (X, [0, 1, 0, 4, 1]),
        np.array([2.5, -1.75, 0, 0, 3.25]),
    ),
    ("def f(x: f64[n]) = accum (s = 1.0) for a in x { s += a; }", (X,), 1 + X.sum()),
    (
        "def f(x: f64[n]) = accum (s = 0, k = 0) for i < n { if x[i] > 0.0 { s += x[i]; k += 1; } }",
        (X,),
        (5.75, 3),
    ),
    (
        "def f(x: f64[n]) = accum (p = 0, q = 0, z = 0) for a in x "
        "{ if a > 1.0 { p += a; } else if a > 0.0 { z += a; } else { q += a; } }",
        (X,),
        (5.25, -1.75, 0.5),
    ),
    (
        "def f(A: f64[m, n]) = accum (R = zeros(m, n), s = 0.0) for i < m, j < n "
        "{ let c = A[i, j]; R[i, j] += c; for l < i { R[l, j] += c; } if c > 0.0 { s += c; } }",
        (A,),
        (np.cumsum(A[::-1], 0)[::-1], A[A > 0].sum()),
    ),
    ("def f(A: f64[m, n]) = accum (r = zeros(n)) for i < m { r += A[i]; }", (A,), A.sum(0)),
    ("def f(A: f64[m, n]) = accum (R = A) for i < m { R[i] += A[0]; }", (A,), A + A[0]),
    (
        "def f(A: f64[m, n]) = accum (R = A) for i < m { R[i, 1:] += 1; }",
        (A,),
        A + np.array([0, 1, 1, 1]),
    ),
    ("def f(A: f64[m, n]) = accum (R = A) for j < n { R[:, j] += A[:, 0]; }", (A,), A + A[:, :1]),
    ("def f(n: i64) = accum (s = 0) for i < n, j < i { s += 1; }", (5,), 10),
    ("def f(n: i64) = accum (s = 0) for i < n { s += 1; }", (-5,), 0),
    ("def f(x: f64[n]) = accum (s = (0.0, 0)) for a in x { s += (a, 1); }", (X,), (X.sum(), 5)),
    # combinators
    ("def f(x: f64[n]) = map(fn(a) => 2 * a, x)", (X,), 2 * X),
    ("def f(x: f64[n], y: f64[n]) = map(fn(a, b) => a * b, x, y)", (X, Y), X * Y),
    ("def f(A: f64[m, n]) = map(norm, A)", (A,), np.linalg.norm(A, axis=1)),
    ("def f(A: f64[m, n]) = map(sum, A)", (A,), A.sum(1)),
    ("def f(x: f64[n]) = reduce(fn(a, b) => a + b, 0, x)", (X,), X.sum()),
    ("def f(x: f64[n]) = reduce(max, -10, x)", (X,), X.max()),
    ("def f(x: f64[n]) = reduce(fn(a, b) => a * b + 0.5, 1, x)", (X,), None),
    ("def f(x: bool[n]) = reduce(fn(a, b) => a || b, false, x)", ([False, True],), True),
    ("def f(x: f64[n]) = fold(fn(s, a) => s * 2 + a, 0, x)", (X,), float(np.polyval(X, 2))),
    ("def f(x: f64[n]) = fold(fn((s, k), a) => (s + a, k + 1), (0, 0), x)", (X,), (X.sum(), 5)),
    ("def f(x: f64[n]) = scan(fn(s, a) => s + a, 0, x)", (X,), np.cumsum(X)),
    ("def f(x: f64) = iterate(3, fn(s) => s * s, x)", (2.0,), 256.0),
    ("def f(x: f64[n], y: f64[n]) = [a - b for (a, b) in zip(x, y)]", (X, Y), X - Y),
    # functions
    ("def f(x: f64) { let g = fn(y) => y * x; g(2) + g(3) }", (4.0,), 20.0),
    ("def f(x: f64) { let a = x; let g = fn(y) => y * a; let a = 100.0; g(2) }", (4.0,), 8.0),
    (
        "def g(h: (f64) -> f64, x: f64) -> f64 = h(h(x))\ndef f(x: f64) = g(fn(y) => y * y, x)",
        (3.0,),
        81.0,
    ),
    ("def add(a: f64) = fn(x: f64) => x + a\ndef f(x: f64) = add(1)(x) + add(2)(x)", (3.0,), 9.0),
    ("def add(a: f64) -> (f64) -> f64 = fn(x) => x + a\ndef f(x: f64) = add(1)(x)", (3.0,), 4.0),
    (
        "def compose(g: (f64) -> f64, h: (f64) -> f64) = fn(x: f64) => g(h(x))\ndef f(x: f64) = compose(exp, log)(x)",
        (3.0,),
        3.0,
    ),
    ("def f(x: f64) = (if 1 < 2 then sin else cos)(x)", (3.0,), math.sin(3.0)),
    (
        "def rep(g: (f64) -> f64, n: i64, x: f64) -> f64 = if n == 0 then x else rep(g, n - 1, g(x))\n"
        "def f(n: i64, x: f64) { let k = 3.0; rep(fn(y) => y * k, n, x) }",
        (4, 1.0),
        81.0,
    ),
    (
        "def total(g: (f64) -> f64, x: f64[n]) -> f64 = if n == 0 then 0 else g(x[0]) + total(g, x[1:])\n"
        "def f(x: f64[n]) = total(fn(y) => y * x[0], x)",
        (X,),
        X.sum() * X[0],
    ),
    ("def g(x: f64, y: f64) = x - y\ndef f(x: f64) = g(y=x, x=1)", (3.0,), -2.0),
    # recursion
    ("def f(n: i64) = if n < 2 then n else f(n - 1) + f(n - 2)", (10,), 55),
    ("def f(n: i64) -> f64 = if n == 0 then 1 else 2 * f(n - 1)", (10,), 1024.0),
    ("def f(n: i64, x: f64) = if n == 0 then 1 else x * f(n - 1, x)", (3, 2.0), 8.0),
    (
        "def even(n: i64) = if n == 0 then true else odd(n - 1)\n"
        "def odd(n: i64) = if n == 0 then false else even(n - 1)\n"
        "def f(n: i64) = even(n)",
        (7,),
        False,
    ),
    ("def f(x: f64[n]) = if n == 0 then 0 else x[0] + f(x[1:])", (X,), X.sum()),
    (
        "def f(x: f64[n]) -> f64 = if n == 1 then x[0] else f(x[:n // 2]) + f(x[n // 2:])",
        (X,),
        X.sum(),
    ),
    ("def f(x: f64[n]) = if n < 2 then x else concat(f(x[1:]), x[:1])", (X,), X[::-1]),
    ("def f(x: f64[n]) -> f64[n] = if n < 2 then x else concat(f(x[1:]), x[:1])", (X,), X[::-1]),
]


@pytest.mark.parametrize(
    ("text", "args", "expected"),
    CASES,
    ids=[f"{c[0].split(chr(10))[-1]} {k}" for k, c in enumerate(CASES)],
)
def test_value(text: str, args: tuple[object, ...], expected: object) -> None:
    if expected is None:
        expected = functools.reduce(lambda a, b: a * b + 0.5, X, 1)
    assert same(run(text, *args), expected)


def test_definitions_may_stand_in_any_order() -> None:
    chain = [f"def f{k}(x: f64) -> f64 = f{k + 1}(x) + 1" for k in range(400)]
    program = Running("\n".join([*chain, "def f400(x: f64) -> f64 = x"]))
    assert program.call("f0", 0.0) == 400.0


def test_every_definition_is_a_function_of_the_module() -> None:
    program = Running("def a(x: f64) = x\ndef b(g: (f64) -> f64) = g(1)\ndef c() = b(a)")
    assert set(program.module.functions) == {"a", "c"}


def test_long_chain_of_operators_on_arrays() -> None:
    text = "def f(x: f64[n]) = " + " + ".join(["x"] * 2000)
    assert same(run(text, X), 2000 * X)


def test_long_chain_of_else_if() -> None:
    arms = " else ".join(f"if k == {k} then {k}.5" for k in range(60))
    assert run(f"def f(k: i64) = {arms} else 0", 42) == 42.5
