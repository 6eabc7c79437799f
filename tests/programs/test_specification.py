"""The definition of ADL, sentence by sentence: a small program for each, with its value or the code of its error.

Every program is run natively and by the reference; `f` is what is called.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import adc


@dataclass(frozen=True)
class Case:
    text: str
    args: tuple[Any, ...]
    gives: Any
    error: str | None


def case(text: str, *args: Any, gives: Any = None, err: str | None = None) -> Case:
    """`f(*args)` gives a value, or fails with an error whose code starts with `err`."""
    return Case(text, args, gives, err)


f32, i32 = np.float32, np.int32
inf, nan = math.inf, math.nan
V = [1.0, 2.0, 3.0]
M = [[1.0, 2.0], [3.0, 4.0]]
T = np.arange(24.0).reshape(2, 3, 4)

CASES = (
    # ---- definitions and types
    case("def f(x: f64) -> f64 = x + g;\nconst g = 9.81", 1.0, gives=10.81),
    case(
        "type V3 = f64[3]\ndef f(x: V3[n]) -> V3 = x[1]",
        np.arange(6.0).reshape(2, 3),
        gives=[3.0, 4.0, 5.0],
    ),
    case("def f(a: f64[n], L: f64[n*(n-1)/2]) -> i64 = n", V, V, gives=3),
    case("def f(a: f64[n], L: f64[n*(n-1)/2]) -> i64 = n", V, [1.0], err="E0504"),
    case("def f(x: f64[2*n+1]) -> i64 = n", [0.0] * 7, gives=3),
    case("def f(x: f64[2*n+1]) -> i64 = n", [0.0] * 6, err="E0504"),
    case("const n = 3\ndef f(x: f64[n]) -> i64 = n", [1.0], err="E0504"),
    case("def f(n: i64, x: f64[n]) -> i64 = n", 2, V, err="E0504"),
    case("def f(x: f64[m], n: i64) -> f64[n] = x", V, 2, err="E0611"),
    # ---- literals, blocks, if
    case("def f() = (1_000, 1e-3, 1.5f32, 2f32, true)", gives=(1000, 1e-3, f32(1.5), f32(2), True)),
    case(
        "def f() { let r = {pos: 1.0, mass: 2.0}; (r with {mass: 1.0}).mass + r.mass }", gives=3.0
    ),
    case("def f(n: i64, x: f64) = n * x", 2, 1.0, err="E0211"),
    case("def f(x: f64) = (if x > 0 then x else -x) + 1", -2.0, gives=3.0),
    case("def f(x: f64) = 1 + if x > 0 then x else -x", -2.0, err="E0134"),
    # ---- comprehensions
    case(
        "def f(L: f64[n, n], z: f64[n]) = [sum(L[i, j] * z[j] for j < i) for i < n]",
        M,
        [1.0, 1.0],
        gives=[0.0, 3.0],
    ),
    case(
        "def f(L: f64[n, n], z: f64[n]) = [[L[i, j] * z[j] for j < i] for i < n]",
        M,
        [1.0, 1.0],
        err="E0304",
    ),
    case("def f(n: i64) = sum(1.0 for i < n)", -1, err="E0612"),
    # ---- indexing
    case("def f(x: f64[n], a: i64, b: i64) = x[a:b]", V, 2, 1, err="E0601"),
    case("def f(x: f64[n], a: i64, b: i64) = x[a:b]", V, 0, 4, err="E0601"),
    case("def f(x: f64[n], a: i64, b: i64) = x[a:b]", V, 3, 3, gives=np.zeros(0)),
    case("def f(x: f64[n], s: i64) = x[::s]", V, -2, gives=[3.0, 1.0]),
    case("def f(x: f64[n], s: i64) = x[::s]", V, 0, err="E0601"),
    case("def f(x: f64[n]) = x[2:0:-1]", V, err="E0307"),
    case("def f(x: f64[n], i: i64) = x[i]", V, -1, err="E0601"),
    case("def f(x: f64[n], i: i64[m]) = x[i]", V, [-1], err="E0601"),
    case("def f(x: f64[n], i: i64) = x with [i] = 5", V, -1, err="E0601"),
    case("def f(x: f64[n], k: i64[m]) = x with [k] = [7.0, 8.0]", V, [2, 0], gives=[8.0, 2.0, 7.0]),
    case("def f(i: i64[m], v: f64[m]) = hist(3, i, v)", [0, -1, 2], [1.0, 1.0, 1.0], err="E0601"),
    # ---- checks and lazy evaluation
    case("def f(x: f64[n]) { let y = x[5]; 1.0 }", V, gives=1.0),
    case("def f(a: i64, x: f64[n]) = if a > 0 && x[a] > 0 then 1 else 0", 0, [], gives=0),
    case('def f(x: f64) { assert x > 0, "a"; assert x > 1, "b"; x }', -1.0, err="E0615"),
    case("def f(n: i64, x: f64[n]) = (1 // 0 * n, x[9])", 3, V, err="E0602"),
    case(
        "def r(n: i64) -> i64 = if n == 0 then 0 else 1 + r(n - 1)\ndef f(n: i64) = r(n)",
        20000,
        err="E0605",
    ),
    case(
        "def r(n: i64) -> i64 = if n == 0 then 0 else 1 + r(n - 1)\ndef f(n: i64) = r(n)",
        9000,
        gives=9000,
    ),
    case("def f(A: f64[n, n]) = cholesky(A)", [[-1.0]], err="E0603"),
    case("def f(A: f64[n, n]) = inv(A)", [[0.0]], err="E0603"),
    *(
        case(f"def f(x: f64[n]) = {r}(x)", [], err="E0614")
        for r in ["max", "min", "mean", "argmax", "argmin", "logsumexp"]
    ),
    # ---- integers
    case("def f(a: i64, b: i64) = (a / b, a // b, a % b, a ** 2)", -7, 2, gives=(-3.5, -4, 1, 49)),
    case("def f(a: i64, b: i64) = a % b", 1, 0, err="E0602"),
    case("def f(a: i64) = (a // -1, a - 1, -a)", -(2**63), gives=(-(2**63), 2**63 - 1, -(2**63))),
    case("def f(a: f64) = (i64(a), i32(a))", 1e30, gives=(2**63 - 1, i32(2**31 - 1))),
    case("def f(a: f64) = i64(a)", nan, err="E0604"),
    case("def f(x: f64, k: i64) = grad(fn(t) => t ** k)(x)", 0.0, 1, gives=1.0),
    # ---- grammar
    case("def f(x: f64) = (-x ** 2, 2 ** 3 ** 2 * x, 2 ** -1 * x)", 3.0, gives=(-9.0, 1536.0, 1.5)),
    case("def f(a: f64, b: f64) = ! a == b", 1.0, 2.0, gives=True),
    case("def f(x: f64) = 0 < x < 1", 0.5, err="E0107"),
    case("def f(x: f64[n]) = x with [0] = x[0] + 1 with [1] = 0", V, gives=[2.0, 0.0, 3.0]),
    case("def f(x: f64[m]) { let y: f64[k] = x[1:]; k }", V, gives=2),
    case("def f(x: f64) { let (a, a) = (x, x); a }", 1.0, err="E0202"),
    # ---- derivatives
    case(
        "def g(x: f64, y: f64) -> f64 = x * y\ndef f(x: f64, y: f64) = (grad(g)(x, y), grad(g, wrt=(x, y))(x, y), jvp(g)(x, y, 1.0, 1.0), vjp(g)(x, y, 1.0), jvp(g, wrt=y)(x, y, 1.0), vjp(g, wrt=y)(x, y, 1.0))",
        2.0,
        3.0,
        gives=(3.0, (3.0, 2.0), (6.0, 5.0), (6.0, 3.0, 2.0), (6.0, 2.0), (6.0, 2.0)),
    ),
    case(
        "def g(k: i64, x: f64) -> f64 = x * x\ndef f(x: f64) = (jvp(g)(3, x, 1.0), vjp(g)(3, x, 1.0))",
        2.0,
        gives=((4.0, 4.0), (4.0, 4.0)),
    ),
    case("def g(k: i64, x: f64) -> f64 = x * x\ndef f(x: f64) = grad(g)(3, x)", 2.0, err="E0402"),
    case(
        "def g(x: f64, k: i64) -> f64 = x * x\ndef f(x: f64) = grad(g, wrt=k)(x, 2)",
        2.0,
        err="E0402",
    ),
    case(
        "def g(x: f64) -> f64 = x * x\nderivative g(x; dx) = 3 * x * dx\ndef f(x: f64) = (grad(g)(x), jvp(g)(x, 1.0))",
        2.0,
        gives=(6.0, (4.0, 6.0)),
    ),
    case(
        "def g(x: f64, y: f64) -> f64 = x * y\nadjoint g(x, y; ct) = (10 * ct, 20 * ct)\ndef f(x: f64) = (grad(g, wrt=(x, y))(x, x), jvp(g)(x, x, 1.0, 1.0))",
        2.0,
        gives=((10.0, 20.0), (4.0, 30.0)),
    ),
    case(
        "def g(x: f64) -> f64 = x * x\nderivative g(x; dx) = dx * dx\ndef f(x: f64) = g(x)",
        2.0,
        err="E0407",
    ),
    case(
        "def g(x: f64) -> f64 = x * x\nderivative g(x; dx) = 0\ndef f(x: f64) = grad(g)(x)",
        2.0,
        gives=0.0,
    ),
    case(
        "def g(x: f64, y: f64[n]) -> f64 = x * sum(y * y)\ndef f(x: f64, y: f64[n]) = hvp(g, wrt=(x, y))(x, y, (1.0, y))",
        2.0,
        [1.0, 2.0],
        gives=(10.0, [6.0, 12.0]),
    ),
    case(
        "def f(x: f64[n]) = grad(fn(v) => sum(select(v > 0, log(v), 0.0)))(x)",
        [-1.0, 2.0],
        gives=[0.0, 0.5],
    ),
    # ---- records in Python
    case(
        "type B = {pos: f64[2], m: f64}\ndef f(b: B[n]) = sum(x.m * sum(x.pos) for x in b)",
        [{"pos": [1.0, 2.0], "m": 2.0}, {"pos": [1.0, 1.0], "m": 1.0}],
        gives=8.0,
    ),
    case(
        "type B = {pos: f64[2], m: f64}\ndef f(b: B[n]) = sum(x.m * sum(x.pos) for x in b)",
        {"pos": [[1.0, 2.0], [1.0, 1.0]], "m": [2.0, 1.0]},
        gives=8.0,
    ),
    case(
        "type P = {a: f64, b: i64}\ndef f(x: P[n]) = ((x with [0] = {a: 9.0, b: 7}).a, x[::-1].b)",
        [{"a": 1.0, "b": 1}, {"a": 2.0, "b": 2}],
        gives=([9.0, 2.0], [2, 1]),
    ),
    # ---- the rest, construct by construct
    case(
        "def f(A: f64[n, m]) = (argmax(A), argmin(A), mean(A), prod(A), min(A), logsumexp(A))",
        M,
        gives=(3, 0, 2.5, 24.0, 1.0, math.log(sum(math.exp(v) for v in (1, 2, 3, 4)))),
    ),
    case(
        "def f(x: i64[n]) = (sum(x), prod(x), min(x), max(x), argmax(x), dot(x, x))",
        [3, 1, 2],
        gives=(6, 6, 1, 3, 0, 14),
    ),
    case("def f(x: i64[n]) = mean(x)", [3, 1, 3], gives=7 / 3),
    case("def f(x: bool[n]) = sum(x)", [True], err="E02"),
    case(
        "def f(x: i64) = (abs(x), sign(x), -x, min(x, 3), max(x, 3), clamp(x, -1, 1))",
        -5,
        gives=(5, -1, 5, -5, 3, -1),
    ),
    case(
        "def f(x: i32) = (abs(x), sign(x), -x, x * x, x // 2, x % 3)",
        i32(-5),
        gives=(i32(5), i32(-1), i32(5), i32(25), i32(-3), i32(1)),
    ),
    case("def f(x: i64) = sqrt(x)", 4, err="E02"),
    case("def f() = sqrt(2)", gives=2**0.5),
    case("def f() = exp(1)", gives=math.e),
    case("def f() = (max(1, 2.5), min(1, 2), abs(-3))", gives=(2.5, 1, 3)),
    case("def f(x: i64) = floor(x)", 4, err="E02"),
    case("def f(x: i64) = exp(x)", 4, err="E02"),
    case("def f(x: f64[n]) = -x", V, gives=[-1.0, -2.0, -3.0]),
    case("def f(x: bool[n]) = !x", [True, False], gives=[False, True]),
    case("def f(x: bool[n]) = if x then 1 else 2", [True], err="E0210"),
    case("def f(x: bool, y: bool) = (x == y, x != y)", True, False, gives=(False, True)),
    case("def f(x: f64[n], y: f64[n]) = x ** y", V, V, gives=[1.0, 4.0, 27.0]),
    case("def f(x: f64[n]) = 2 ** x", V, gives=[2.0, 4.0, 8.0]),
    case("def f(x: f64[n]) = x ** 2", V, gives=[1.0, 4.0, 9.0]),
    case("def f(x: i64[n]) = x ** 2", [1, 2], gives=[1, 4]),
    case(
        "def f(x: i64[n]) = (x // 2, x % 2, x / 2)", [1, -3], gives=([0, -2], [1, 1], [0.5, -1.5])
    ),
    case("def f(x: f64[n]) = clamp(x, 1.5, 2.5)", V, gives=[1.5, 2.0, 2.5]),
    case("def f(x: f64[n]) = fma(x, x, x)", V, gives=[2.0, 6.0, 12.0]),
    case("def f(x: f64[n]) = hypot(x, 1)", [0.0], gives=[1.0]),
    case("def f(x: f64[n]) = atan2(1, x)", [1.0], gives=[math.pi / 4]),
    case("def f(x: f64[a,b,c]) = (sum(x), x[1], x[0, 2], x[:, 1], x[..., 0])", T, err="E01"),
    case(
        "def f(x: f64[a,b,c]) = (sum(x), x[1], x[0, 2], x[:, 1], x[:, :, 0], x[:, -1, ::-1])",
        T,
        gives=(T.sum(), T[1], T[0, 2], T[:, 1], T[:, :, 0], T[:, -1, ::-1]),
    ),
    case(
        "def f(x: f64[a,b,c]) = (reverse(x), roll(x, 1), cumsum(x), cumprod(x), flatten(x), len(x))",
        T,
        gives=(T[::-1], np.roll(T, 1, 0), np.cumsum(T, 0), np.cumprod(T, 0), T.ravel(), 2),
    ),
    case("def f(x: f64[a,b,c]) = stack(x, x)", T, gives=np.stack([T, T])),
    case("def f(x: f64[a,b,c]) = concat(x, x)", T, gives=np.concatenate([T, T])),
    case("def f(x: f64[a,b,c]) = reshape(x, (c, a, b))", T, gives=T.reshape(4, 2, 3)),
    case("def f(x: f64[a,b,c]) = reshape(x, 24)", T, gives=T.ravel()),
    case("def f(x: f64) = reshape([x], (1, 1))", 1.0, gives=[[1.0]]),
    case("def f(x: f64[n]) = (flatten(x), transpose(x))", V, gives=(V, V)),
    case("def f(A: f64[n, m]) = sort(A)", M, err="E03"),
    case(
        "def f(x: i32[n], y: f32[n]) = (sort(x), argsort(y), sort(y))",
        np.array([2, 1], i32),
        np.array([2, 1], f32),
        gives=(np.array([1, 2], i32), [1, 0], np.array([1, 2], f32)),
    ),
    case("def f(x: i64[n]) = searchsorted(x, 2)", [1, 2, 3], gives=1),
    case("def f(x: f64[n], y: f64[n, m]) = concat(x, y)", V, [[1.0], [1.0], [1.0]], err="E03"),
    case("def f(x: f64[n]) = len(x[0])", V, err="E02"),
    case(
        "def f(c: bool[n], x: f64[n]) = select(c, x, 0)",
        [True, False, True],
        V,
        gives=[1.0, 0.0, 3.0],
    ),
    case(
        "def f(c: bool[n], x: f64, y: f64) = select(c, x, y)",
        [True, False],
        1.0,
        2.0,
        gives=[1.0, 2.0],
    ),
    case("def f(c: bool, x: f64, y: f64) = select(c, x, y)", True, 1.0, 2.0, gives=1.0),
    case("def f(x: f64[n], i: i32) = x[i]", V, i32(1), gives=2.0),
    case("def f(n: i32) = sum(1.0 for i < n)", i32(2), gives=2.0),
    case("def f(x: f64) = x[0]", 1.0, err="E02"),
    case("def f(x: f64[n]) = x[0, 1]", V, err="E0302"),
    case("def f(x: f64[n]) = x[1.0]", V, err="E02"),
    case("def f(x: f64[n]) = x[true]", V, err="E02"),
    case("def f(x: f64[n], b: bool[n]) = x[b]", V, [True, False, True], err="E0905"),
    case(
        "def f(x: f64[n], i: i64[m], j: i64[m]) = outer(x, x)[i, j]",
        V,
        [0, 1],
        [2, 2],
        gives=[3.0, 6.0],
    ),
    case(
        "def f(x: f64[n], i: i64[m, k]) = x[i]", V, [[0, 1], [2, 2]], gives=[[1.0, 2.0], [3.0, 3.0]]
    ),
    case(
        "def f(A: f64[n, m], i: i64[k]) = A[:, i]",
        M,
        [1, 1, 0],
        gives=[[2.0, 2.0, 1.0], [4.0, 4.0, 3.0]],
    ),
    case("def f(A: f64[n, m], i: i64[k]) = A[i, 1:]", M, [1, 0], gives=[[4.0], [2.0]]),
    case("def f(A: f64[n, m], i: i64[k]) = A with [i] = 0", M, [1], gives=[[1.0, 2.0], [0.0, 0.0]]),
    case(
        "def f(A: f64[n, m], i: i64[k]) = A with [i, 0] = [7.0, 8.0]",
        M,
        [1, 1],
        gives=[[1.0, 2.0], [8.0, 4.0]],
    ),
    case("def f(A: f64[n, m]) = A with [::-1] = A", M, gives=[[3.0, 4.0], [1.0, 2.0]]),
    case(
        "def f(A: f64[n, m]) = A with [0, 1] = 9 with [1, 0] = 8", M, gives=[[1.0, 9.0], [8.0, 4.0]]
    ),
    case("def f(x: i64[n]) = x with [0] = 2.5", [1], err="E0211"),
    case(
        "def f(r: {a: f64, b: {c: f64}}) = r with {b: {c: 5.0}}",
        {"a": 1.0, "b": {"c": 2.0}},
        gives={"a": 1.0, "b": {"c": 5.0}},
    ),
    case(
        "def f(r: {a: f64, b: f64}) = r with {a: 5, b: 6}",
        {"a": 1.0, "b": 2.0},
        gives={"a": 5.0, "b": 6.0},
    ),
    case("def f(r: {a: f64}) = r with {z: 5}", {"a": 1.0}, err="E0206"),
    case("def f(r: {a: f64}) = r.z", {"a": 1.0}, err="E0206"),
    case("def f(t: (f64, f64)) = t.2", (1.0, 2.0), err="E02"),
    case(
        "def f(t: (f64, (i64, bool))) { let (a, (b, c)) = t; (c, b, a) }",
        (1.0, (2, True)),
        gives=(True, 2, 1.0),
    ),
    case("def f(t: (f64, f64)) { let (a, b, d) = t; a }", (1.0, 2.0), err="E0218"),
    case("def f(t: (f64, f64)) { let (_, b) = t; b }", (1.0, 2.0), gives=2.0),
    case("def f(t: (f64, f64)) { let (_, _) = t; 1 }", (1.0, 2.0), gives=1),
    case(
        "def f(x: f64[n]) = [w for v in x, w in [v, 2 * v]]",
        [1.0, 2.0],
        gives=[[1.0, 2.0], [2.0, 4.0]],
    ),
    case("def f(n: i64, m: i64) = [i + j for i < n, j < m + i - i]", 2, 2, gives=[[0, 1], [1, 2]]),
    case("def f(x: f64[n]) = [sum(v * w for w in x) for v in x]", [1.0, 2.0], gives=[3.0, 6.0]),
    case("def f(x: f64[n]) = max(v * w for v in x, w in x)", [1.0, -2.0], gives=4.0),
    case("def f(x: f64[n]) = any(v > 1 for v in x)", V, gives=True),
    case("def f(x: f64[n]) = all(v > 1 for v in x)", V, gives=False),
    case("def f(x: f64[n]) = argmax(v * v for v in x)", [-3.0, 2.0], gives=0),
    case("def f(x: f64[n]) = mean(v * v for v in x)", [-3.0, 1.0], gives=5.0),
    case("def f(x: f64[n]) = norm(v - 1 for v in x)", [4.0, 5.0], gives=5.0),
    case("def f(x: f64[n]) = cumsum(v - 1 for v in x)", [4.0, 5.0], gives=[3.0, 7.0]),
    case("def f(x: f64[n]) = prod(v for v in x[1:])", V, gives=6.0),
    case("def f(x: f64[n]) = zip(x, x, x)[1]", V, gives=(2.0, 2.0, 2.0)),
    case(
        "def f(x: f64[n], y: i64[n]) = [a for (a, b) in zip(x, y), c in [b]]",
        V,
        [1, 2, 3],
        gives=[[1.0], [2.0], [3.0]],
    ),
    case("def f(x: f64[n]) = map(fn(i, v) => f64(i) * v, iota(n), x)", V, gives=[0.0, 2.0, 6.0]),
    case("def f(A: f64[n, m]) = map(sum, A)", M, gives=[3.0, 7.0]),
    case("def f(A: f64[n, m]) = map(fn(r) => map(sqrt, r), A)", [[1.0, 4.0]], gives=[[1.0, 2.0]]),
    case("def f(A: f64[n, m]) = reduce(fn(r, s) => r + s, zeros(m), A)", M, gives=[4.0, 6.0]),
    case("def f(A: f64[n, m]) = fold(fn(s, r) => s + r, zeros(m), A)", M, gives=[4.0, 6.0]),
    case(
        "def f(A: f64[n, m]) = scan(fn(s, r) => s + r, zeros(m), A)",
        M,
        gives=[[1.0, 2.0], [4.0, 6.0]],
    ),
    case(
        "def f(A: f64[n, k, k]) = reduce(fn(P, Q) => P @ Q, eye(k), A)",
        [M, M],
        gives=np.array(M) @ np.array(M),
    ),
    case(
        "def f(x: f64[n]) = reduce(fn(p, q) => (p.0 + q.0, max(p.1, q.1)), (0.0, -1e9), zip(x, x))",
        V,
        gives=(6.0, 3.0),
    ),
    case("def f(x: f64[n]) = iterate(2, fn(v) => v + x, x)", V, gives=[3.0, 6.0, 9.0]),
    case("def f(x: f64[n]) = scan(max, -1e30, x)", [1.0, 3.0, 2.0], gives=[1.0, 3.0, 3.0]),
    case("def f(x: f64[n]) = fold(fn(s, v) => s + v, 0, x)", V, gives=6.0),
    case("def f(x: f64[n]) = loop (s = 0) for i < n { s + x[i] }", V, gives=6.0),
    case("def f(n: i64) = loop (s = 0, x = 1.0) for i < n { (s + 1, x * 2) }", 2, gives=(2, 4.0)),
    case(
        "def f(x: f64[n]) = loop (p = {a: 0.0, b: 0}) for i < n { {a: p.a + x[i], b: p.b + i} }",
        V,
        gives={"a": 6.0, "b": 3},
    ),
    case("def f(x: f64[n]) = loop (u = x) for i < 2 { u[1:] }", V, err="E03"),
    case("def f(k: i64) = loop (i = 0) while i * i < k { i + 1 }", 10, gives=4),
    case(
        "def f(x: f64[n]) = accum (s = 1.0) for i < n { if x[i] > 1 { if x[i] > 2 { s += 1; } else { s += 10; } } else { s += 100; } }",
        V,
        gives=112.0,
    ),
    case("def f(x: f64[n]) = accum (s = 0) for i < n { s += i; }", V, gives=3),
    case("def f(x: f64[n]) = accum (s = zeros(n)) for i < n { s += x; }", V, gives=[3.0, 6.0, 9.0]),
    case("def f(x: f64[n]) = accum (A = zeros(n)) for i < n { A[i+1] += x[i]; }", V, err="E0601"),
    case(
        "def f(x: f64[n]) = (grad(fn(v) => sum(accum (A = zeros(n)) for i < n { A[i] += v[i] * v[i]; }))(x))",
        V,
        gives=[2.0, 4.0, 6.0],
    ),
    case(
        "def f(x: f64[n]) = history (s = x) for i < 2 { 2 * s }",
        V,
        gives=([V, [2.0, 4.0, 6.0]], [4.0, 8.0, 12.0]),
    ),
    case(
        "def g(x: f64) -> f64 { let (h, s) = history (s = x) for i < 3 { s * s }; sum(h) + s }\ndef f(x: f64) = grad(g)(x)",
        1.0,
        gives=1 + 2 + 4 + 8.0,
    ),
    # ---- tangents
    case(
        "def g(x: f64[n]) -> (f64, f64) = (sum(x), 1.0)\ndef f(x: f64[n]) = grad(g)(x)",
        V,
        err="E0401",
    ),
    case("def g(x: f64[n]) -> f64[n] = x * x\ndef f(x: f64[n]) = grad(g)(x)", V, err="E0401"),
    case("def g(x: f64[n]) -> f64[n] = x * x\ndef f(x: f64[n]) = hessian(g)(x)", V, err="E04"),
    case(
        "def g(x: f64[n]) -> f64[n] = x * x\ndef f(x: f64[n]) = jacrev(g)(x)",
        [1.0, 2.0],
        gives=[[2.0, 0.0], [0.0, 4.0]],
    ),
    case(
        "def g(x: f64[n], y: f64[m]) -> f64[n] = x * sum(y)\ndef f(x: f64[n]) = jacfwd(g, wrt=(x, y))(x, x)",
        [2.0],
        gives=([[2.0]], [[2.0]]),
    ),
    case("def f(x: f64) = jvp(sin)(x, 1.0)", 0.0, gives=(0.0, 1.0)),
    case("def f(x: f64) = grad(sin)(x)", 0.0, gives=1.0),
    case("def f(x: f64[n]) = map(grad(fn(t) => t * t), x)", V, gives=[2.0, 4.0, 6.0]),
    case("def f(x: f64[n]) = grad(norm)(x)", [0.0, 0.0], gives=[0.0, 0.0]),
    case("def f(x: f64[n]) = grad(max)(x)", [1.0, 1.0], gives=[0.5, 0.5]),
    case(
        "def f(x: f64) = (grad(abs)(x), grad(relu)(x), grad(sqrt)(x))", 0.0, gives=(0.0, 0.5, inf)
    ),
    case("def f(x: f64) = grad(fn(t) => clamp(t, 0.0, 1.0))(x)", 0.0, gives=0.5),
    case("def f(x: f64) = vjp(fn(t: f64) => t * t)(x, 3.0)", 2.0, gives=(4.0, 12.0)),
    case("def f(x: f64, y: f64) = grad(fn(a) => a * y)(x)", 2.0, 5.0, gives=5.0),
    case(
        "def h(x: f64, g: (f64) -> f64) -> f64 = g(x) * x\ndef f(x: f64) = grad(h)(x, sin)",
        2.0,
        gives=math.cos(2) * 2 + math.sin(2),
    ),
    case(
        "def h(g: (f64) -> f64, x: f64) -> f64 = g(x) * x\ndef f(x: f64) = grad(h, wrt=x)(sin, x)",
        2.0,
        gives=math.cos(2) * 2 + math.sin(2),
    ),
    case(
        "def h(x: f64) = grad(fn(t) => grad(fn(s) => s * t * x)(1.0))(2.0)\ndef f(x: f64) = h(x)",
        3.0,
        gives=3.0,
    ),
    # ---- misc
    case("const a = b + 1\nconst b = 2\ndef f(x: f64) = x * a", 1.0, gives=3.0),
    case("const a = a\ndef f(x: f64) = x", 1.0, err="E0219"),
    case("const n = 4\nconst w = [1.0, 2.0]\ndef f(x: f64[n]) = x[0] * w[1]", [1.0] * 4, gives=2.0),
    case(
        "const tau = 2 * 3.141592653589793\ndef f(x: f32) = x * tau", f32(1), gives=f32(2 * math.pi)
    ),
    case("const k = 3\ndef f(x: f64) = x * k", 1.0, gives=3.0),
    case("const k: i64 = 3\ndef f(x: f64) = x * k", 1.0, err="E0211"),
    case("def sum3(n: i64) = n\ndef f(x: f64) = sum3(2)", 1.0, gives=2),
    case("def exp(x: f64) = x + 1\ndef f(x: f64) = exp(x)", 1.0, gives=2.0),
    case(
        "type V = {x: f64}\ndef mk(x: f64) -> V = {x: x}\ndef f(x: f64) = mk(x).x", 1.0, gives=1.0
    ),
    case("type A = B\ntype B = A\ndef f(x: f64) = x", 1.0, err="E02"),
    case("def f(x: f64[0]) = sum(x)", [], gives=0.0),
    case("def f(x: f64[-1]) = sum(x)", [], err="E03"),
    case("def f(n: i64) = zeros(n)", -1, err="E0612"),
    case("def f(n: i64) = iota(n)", -1, err="E0612"),
    case("def f(n: i64) = eye(n)", -1, err="E0612"),
    case("def f(n: i64) = full(n, 2.0)", -3, err="E0612"),
    case("def f(n: i64) = linspace(0.0, 1.0, n)", 1, gives=[0.0]),
    case("def f(n: i64) = linspace(0.0, 1.0, n)", 0, gives=np.zeros(0)),
    case("def f(n: i64) = linspace(0, 1, n)", 2, gives=[0.0, 1.0]),
    case("def f(x: f64[n], y: f64[n - 1]) = sum(y)", V, [1.0, 1.0], gives=2.0),
    case("def f(x: f64[n], y: f64[m], z: f64[n + m]) = sum(z)", V, [1.0], [1.0] * 4, gives=4.0),
    case("def f(x: f64[n], y: f64[m], z: f64[n + m]) = sum(z)", V, [1.0], [1.0] * 5, err="E05"),
    case("def f(x: f64[3*n - 1]) = n", [0.0] * 5, gives=2),
    case("def f(x: f64[n]) -> f64[n - 1] = x[1:]", V, gives=[2.0, 3.0]),
    case("def f(x: f64[n]) -> f64[n] = x[1:]", V, err="E0301"),
    case("def f(x: f64[n]) -> i64 = x[0]", V, err="E02"),
    case("def f(x: f64[n]) -> f64 = n", V, err="E0210"),
    case("def f(x: f64[n]) -> f64 = 2", V, gives=2.0),
    case("def f(x: f64) -> (f64, f64) = (1, x)", 2.0, gives=(1.0, 2.0)),
    case("def f(x: f64) -> f64[2] = [1, 2]", 2.0, gives=[1.0, 2.0]),
    case("def f(x: f64) = [[1, 2], [3, x]]", 2.0, gives=[[1.0, 2.0], [3.0, 2.0]]),
    case("def f(x: f64) = [[1, 2], [3]]", 2.0, err="E03"),
    case("def f(x: f64[n]) { let g = fn(i: i64) => x[i]; g(0) + g(1) }", V, gives=3.0),
    case(
        "def f(x: f64) { let compose = fn(g, h) => fn(v) => g(h(v)); compose(exp, log)(x) }",
        2.0,
        gives=2.0,
    ),
    case(
        "def f(b: bool, x: f64) { let g = if b then fn(v) => v else fn(v) => 2 * v; g(x) }",
        True,
        2.0,
        err="E0902",
    ),
    case("def f(x: f64) { let fs = (sin, cos); fs.0(x) + fs.1(x) }", 0.0, gives=1.0),
    case("def f(x: f64) { let g = if 1 < 2 then sin else cos; g(x) }", 0.0, gives=0.0),
    case(
        "def w(n: i64) = fn(x) => if n == 0 then x else w(n - 1)(2 * x)\ndef f(x: f64) = w(3)(x)",
        1.0,
        gives=8.0,
    ),
    case("def f(x: f64) = f(x)", 1.0, err="E0215"),
    case("def f(x: f64) -> f64 = f(x)", 1.0, err="E0605"),
    case("def f(x: f64) = y", 1.0, err="E0201"),
    case("def f(x: f64) = x + ", 1.0, err="E01"),
    case("def f(x: f64) { let y = x / 0.0; if isfinite(y) then y else -1.0 }", 1.0, gives=-1.0),
    case("def f(x: f64) = log(x)", -1.0, gives=nan),
    case("def f(a: f64, b: f64) = a % b", 5.5, 0.0, gives=nan),
    case("def f(a: f64, b: f64) = a // b", 5.5, 0.0, gives=inf),
    case("def f(a: i32, b: i32) = a // b", i32(-(2**31)), i32(-1), gives=i32(-(2**31))),
    case("def f(a: i64, b: i64) = a % b", -(2**63), -1, gives=0),
    case("def f(a: f32) = i32(a)", f32(3e9), gives=i32(2**31 - 1)),
    case("def f(a: f64) = (f32(a), i32(a))", 3.7, gives=(f32(3.7), i32(3))),
    case("def f(a: i64, k: i64) = a ** k", 2, 63, gives=-(2**63)),
    case("def f(a: f64, k: i32) = a ** k", 2.0, i32(3), err="E0211"),
    case("def f(x: f64, k: i64) = grad(fn(t) => t ** k)(x)", 0.0, 0, gives=0.0),
    case("def f(x: f64) = 0.0 ** x", 0.0, gives=1.0),
    case("def f(x: f64[n]) = x == 2", V, gives=[False, True, False]),
    case(
        "def f(x: {a: f64[2], b: bool}[n]) = x == reverse(x)",
        [{"a": [1.0, 2.0], "b": True}, {"a": [3.0, 0.0], "b": True}, {"a": [1.0, 2.0], "b": True}],
        gives=[True, True, True],
    ),
    case(
        "def f(x: (f64, i64)[n], y: (f64, i64)[n]) = (x == y, x != y)",
        [(1.0, 2), (1.0, 3)],
        [(1.0, 2), (1.0, 2)],
        gives=([True, False], [False, True]),
    ),
    case("def f(x: (f64, i64)[n]) = x == x[0]", [(1.0, 2)], err="E0210"),
    case("def f(a: (f64, f64)) = a == (1, 2)", (1.0, 2.0), gives=True),
    case("def f(a: (f64, f64)) = a < (1, 2)", (1.0, 2.0), err="E02"),
    case(
        "def f(x: f64[n]) = dot(x, x) + x @ x + sum(outer(x, x)) + trace(outer(x, x))",
        V,
        gives=14 + 14 + 36 + 14.0,
    ),
    case("def f(A: f64[a, b, c]) = A @ A", T, err="E0302"),
    case("def f(x: f64[n], y: f64[m]) = x @ y", V, [1.0], err="E0611"),
    case("def f(x: i64[n]) = x @ x", [1, 2], gives=5),
    case("def f(x: f64[n, m]) = det(x)", [[1.0, 2.0]], err="E0611"),
    case("def f(x: f64[n, n]) = det(x)", np.zeros((0, 0)), gives=1.0),
    case(
        "def f(x: f64[n, n]) = (inv(x), trace(x))", np.zeros((0, 0)), gives=(np.zeros((0, 0)), 0.0)
    ),
    case("def f(x: f64[n]) = reshape(x, ())", [5.0], gives=5.0),
    case("def f(x: f64[n]) = reshape(x, ())", V, err="E0611"),
    case("def f(x: f64[2]) = reshape(x, ())", [1.0, 2.0], err="E0301"),
    case("def f(x: f64[n]) = reshape(zip(x, x), ())", [5.0], gives=(5.0, 5.0)),
    case("def f(x: f64[n]) = grad(fn(t) => reshape(t, ()) ** 2)(x)", [5.0], gives=[10.0]),
    case("def f() = 2 ** 63", err="E0216"),
    case("def f(n: i64) = loop (s = 2 ** 63) for i < n { s }", 1, err="E0216"),
    case("def f(n: i64) = loop (s = 2 ** 63) for i < n { s + 0.5 }", 1, gives=2.0**63 + 0.5),
    case(
        "def f(x: i32[n]) = loop (s = 3_000_000_000) for i < n { s + x[i] }",
        np.array([1], i32),
        err="E0216",
    ),
    case("def f(b: bool, x: i32) = if b then 3_000_000_000 else x", True, i32(1), err="E0216"),
    case("def f(x: i32) = [3_000_000_000, x]", i32(1), err="E0216"),
)


def _agrees(got: Any, expected: Any) -> bool:
    if isinstance(expected, dict):
        return all(_agrees(getattr(got, name), item) for name, item in expected.items())
    if isinstance(expected, tuple):
        return len(got) == len(expected) and all(map(_agrees, got, expected))
    x, y = np.asarray(got), np.asarray(expected)
    return (x.shape, x.dtype) == (y.shape, y.dtype) and np.allclose(
        x, y, rtol=1e-12, atol=1e-12, equal_nan=True
    )


def _outcome(which: Case, evaluator: str) -> tuple[Any, str | None]:
    """The value, or the code of the error."""
    try:
        f = adc.compile(which.text).f
        return (f if evaluator == "native" else f.reference)(*which.args), None
    except adc.Error as error:
        return None, error.code


@pytest.mark.parametrize("evaluator", ["native", "reference"])
@pytest.mark.parametrize("which", CASES, ids=lambda case: case.text)
def test_what_the_specification_says(which: Case, evaluator: str) -> None:
    got, code = _outcome(which, evaluator)
    assert (code or "").startswith(which.error or "")
    assert code is None if which.error is None else code is not None, code
    assert which.error or _agrees(got, which.gives), f"found {got}, expected {which.gives}"
