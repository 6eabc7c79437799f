"""Scalars, literals, operators, blocks, tuples, records."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.frontends.running import Running, run, same

X = np.array([0.5, -1.5, 2.0, 3.25])
Y = np.array([1.0, 2.0, -3.0, 0.125])
N = np.array([3, -7, 5, 2])

CASES = [
    # literals take the type of their use
    ("def f(x: f64) = 2 * x + 1", (1.5,), 4.0),
    ("def f(x: f32) = 2 * x + 0.5", (np.float32(1.5),), np.float32(3.5)),
    ("def f() = 1", (), 1),
    ("def f() = 1.0", (), 1.0),
    ("def f() = 7 / 2", (), 3.5),
    ("def f() = 7 // 2 + 7 % 2", (), 4),
    ("def f() = 1_000 + 2", (), 1002),
    ("def f() = 2.5f32", (), np.float32(2.5)),
    ("def f() = 3i32 + 4", (), np.int32(7)),
    ("def f(n: i64) = n / 2", (3,), 1.5),
    ("def f(n: i32) = n + 1", (3,), np.int32(4)),
    ("def f(x: f64) = { let k = 2; k * x }", (1.5,), 3.0),
    ("const g = 9.81\ndef f(x: f64) = g * x", (2.0,), 19.62),
    ("const g = 2\ndef f(x: f64, n: i64) = (g * x, g * n)", (1.5, 4), (3.0, 8)),
    ("const v = [1.0, 2.0]\ndef f(i: i64) = v[i]", (1,), 2.0),
    ("const r = sqrt(2.0)\ndef f() = r * r", (), 2.0000000000000004),
    ("def f(x: f64[n]) = f64(n) * x", (X,), 4 * X),
    ("def f(s: f64) = loop (t = 0) for i < 3 { t + s }", (1.5,), 4.5),
    ("def f(c: bool) = if c then 1 else 2.5", (True,), 1.0),
    ("def f(c: bool, x: f32) = if c then 1 else x", (True, np.float32(2)), np.float32(1)),
    # operators
    ("def f(a: i64, b: i64) = (a // b, a % b)", (-7, 2), (-4, 1)),
    ("def f(a: f64, b: f64) = (a // b, a % b)", (-7.5, 2.0), (-4.0, 0.5)),
    ("def f(x: f64) = -x ** 2", (3.0,), -9.0),
    ("def f(x: f64) = 2 ** 3 ** 2 + x", (0.0,), 512.0),
    ("def f(x: f64) = x ** -1", (4.0,), 0.25),
    ("def f(x: f64) = x ** 0.5", (4.0,), 2.0),
    ("def f(x: f64, k: i64) = x ** k", (2.0, 10), 1024.0),
    ("def f(n: i64) = 2 ** n", (10,), 1024),
    ("def f(n: i64) = 2.0 ** n", (-1,), 0.5),
    ("def f(n: i64) = n ** 2", (-3,), 9),
    ("def f(x: f64, y: f64) = x ** y", (2.0, 0.5), math.sqrt(2)),
    ("def f(a: bool, b: bool) = a && !b || b && !a", (True, False), True),
    ("def f(x: f64) = 0.0 < x", (1.0,), True),
    ("def f(a: bool, b: bool) = (a == b, a != b)", (True, False), (False, True)),
    ("def f(x: f64[n], y: f64[n]) = x * y + 2 * x - y / x", (X, Y), X * Y + 2 * X - Y / X),
    ("def f(x: f64[n], s: f64) = s - x", (X, 1.0), 1.0 - X),
    ("def f(x: f64[n]) = -x", (X,), -X),
    ("def f(x: i64[n]) = (x // 2, x % 3, x / 2)", (N,), (N // 2, N % 3, N / 2)),
    ("def f(x: f64[n]) = x ** 2", (X,), X**2),
    ("def f(x: f64[n]) = x > 0.0", (X,), X > 0),
    ("def f(x: f64[n]) = x > 0.0 && x < 1.0 || !(x > -1.0)", (X,), (X > 0) & (X < 1) | (X <= -1)),
    ("def f(x: f64[n], y: f64[n]) = all(x == y)", (X, X), True),
    ("def f(x: f64[m, n]) = x + x", (np.ones((2, 3)),), 2 * np.ones((2, 3))),
    # conversions
    ("def f(x: f64) = i64(x)", (-2.7,), -2),
    ("def f(x: f64[n]) = i64(x)", (X,), X.astype(int)),
    ("def f(n: i64) = f64(n) / 2", (3,), 1.5),
    ("def f(n: i64) = f32(n)", (3,), np.float32(3)),
    ("def f(n: i64) = i32(n)", (3,), np.int32(3)),
    ("def f(x: f64) = f64(x)", (3.0,), 3.0),
    ("def f() = f64(1) / 2", (), 0.5),
    ("def f(b: bool) = i64(b)", (True,), 1),
    ("def f(b: bool[n]) = sum(i64(b))", ([True, False, True],), 2),
    # structure
    ("def f(x: f64) = (x, 2 * x).1", (1.5,), 3.0),
    ("def f(t: (f64, (i64, f64))) = t.1.0", ((1.0, (2, 3.0)),), 2),
    ("def f(t: (f64, f64)) { let (a, b) = t; a - b }", ((3.0, 1.0),), 2.0),
    ("def f(x: f64) = (x,)", (1.5,), (1.5,)),
    ("def f(x: f64) = {a: x, b: 2}", (1.5,), {"a": 1.5, "b": 2}),
    ("def f(p: {x: f64, y: f64}) = p.x + p.y", ({"x": 1.0, "y": 2.0},), 3.0),
    ("def f(p: {x: f64, y: f64}) = p with {y: 5}", ({"x": 1.0, "y": 2.0},), {"x": 1.0, "y": 5.0}),
    (
        "type P = {x: f64, y: f64}\ndef g(x: f64) -> P = {y: 1, x: x}\ndef f(x: f64) = g(x)",
        (2.0,),
        {"x": 2.0, "y": 1.0},
    ),
    ("def f(a: (f64, i64), b: (f64, i64)) = (a == b, a != b)", ((1.0, 2), (1.0, 3)), (False, True)),
    ("def f(a: {p: f64[2]}, b: {p: f64[2]}) = a == b", ({"p": [1, 2]}, {"p": [1, 2]}), True),
    ("def f(x: f64) { let x = x + 1; let x = x * 2; x }", (1.0,), 4.0),
    ("def f(x: f64) { let (a, (b, _)) = (x, (2 * x, 0)); a + b }", (1.0,), 3.0),
    ("def f(x: f64) = { let y = x; { let y = 2 * y; y } + y }", (1.0,), 3.0),
    # maths
    ("def f(x: f64) = exp(x) + log(x) + sqrt(x)", (2.0,), math.exp(2) + math.log(2) + math.sqrt(2)),
    ("def f(x: f64[n]) = abs(x) + sign(x)", (X,), np.abs(X) + np.sign(X)),
    ("def f(x: f64[n]) = clamp(x, -1, 1)", (X,), np.clip(X, -1, 1)),
    ("def f(x: f64[n]) = max(x, 0)", (X,), np.maximum(X, 0)),
    ("def f(x: f64[n], y: f64[n]) = min(x, y)", (X, Y), np.minimum(X, Y)),
    ("def f(x: f64, y: f64) = hypot(x, y) + atan2(x, y)", (3.0, 4.0), 5 + math.atan2(3, 4)),
    ("def f(x: f64) = fma(x, 2, 1)", (3.0,), 7.0),
    ("def f(x: f64) = round(x) + floor(x) + ceil(x) + trunc(x)", (2.5,), 2 + 2 + 3 + 2.0),
    ("def f(x: f64) = isnan(x) || isfinite(x)", (math.nan,), True),
    ("def f() = sqrt(2)", (), math.sqrt(2)),
    ("def f(n: i64) = max(n, 3)", (1,), 3),
    ("def f() = max(1, 2.5)", (), 2.5),
    # assert
    ('def f(x: f64) { assert x > 0.0, "positive"; x }', (1.0,), 1.0),
]


@pytest.mark.parametrize(("text", "args", "expected"), CASES, ids=[c[0] for c in CASES])
def test_value(text: str, args: tuple[object, ...], expected: object) -> None:
    assert same(run(text, *args), expected)


def test_constants_are_shared_between_definitions() -> None:
    program = Running("const k = 3\ndef a(x: f64[k]) = sum(x)\ndef b() = k * k")
    assert program.call("a", [1.0, 2.0, 3.0]) == 6.0
    assert program.call("b") == 9


def test_alias_leaves_sizes_free() -> None:
    program = Running("type V = f64[n]\ntype P = {a: V, b: f64}\ndef f(p: P) = (sum(p.a) + p.b, n)")
    assert program.call("f", {"a": [1.0, 2.0], "b": 3.0}) == (6.0, 2)


def test_alias_of_array_gets_more_dims() -> None:
    program = Running("type Vec = f64[3]\ndef f(x: Vec[n]) = sum(x[n - 1])")
    assert program.call("f", [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]) == 15.0
