"""Comprehensions, indexing, updates, array builtins, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from adc.diagnostics import TypeCheckError
from tests.frontends.running import run, same

RNG = np.random.default_rng(0)
X = np.array([0.5, -1.5, 2.0, 3.25, -0.25])
Y = np.array([1.0, 2.0, -3.0, 0.125, 4.0])
A = RNG.normal(size=(3, 4))
B = RNG.normal(size=(4, 2))
C = RNG.normal(size=(3, 4))
I = np.array([2, 0, 2, 4])
K = np.array([[1, 2, 3], [4, 5, 6]])
T3 = RNG.normal(size=(2, 3, 4))
BODIES = [{"p": [1.0, 2.0], "m": 3.0}, {"p": [4.0, 5.0], "m": 6.0}, {"p": [7.0, 8.0], "m": 9.0}]
P = np.array([[1.0, 2.0], [4.0, 5.0], [7.0, 8.0]])
M = np.array([3.0, 6.0, 9.0])
BODY = "type Body = {p: f64[2], m: f64}\n"

CASES = [
    # literals
    ("def f() = [1, 2, 3]", (), np.array([1, 2, 3])),
    ("def f() = [1, 2.5]", (), np.array([1, 2.5])),
    ("def f(x: f32) = [1, x]", (np.float32(2),), np.array([1, 2], np.float32)),
    ("def f(x: f64) = [[1, x], [2, 3]]", (5.0,), np.array([[1.0, 5], [2, 3]])),
    ("def f(x: f64[n]) = [x, 2 * x]", (X,), np.stack([X, 2 * X])),
    ("def f() = [(1, 2.0), (3, 4.0)]", (), (np.array([1, 3]), np.array([2.0, 4.0]))),
    ("def f() = [{a: 1.0}, {a: 2.0}]", (), {"a": np.array([1.0, 2.0])}),
    # comprehensions
    ("def f(n: i64) = [i * i for i < n]", (4,), np.array([0, 1, 4, 9])),
    ("def f(n: i64) = [1 for i < n]", (3,), np.ones(3, int)),
    ("def f(A: f64[m, n]) = [A[j, i] for i < n, j < m]", (A,), A.T),
    ("def f(x: f64[n]) = [a + 1 for a in x]", (X,), X + 1),
    ("def f(x: f64[n], y: f64[m]) = [a * b for a in x, b in y]", (X, Y[:2]), np.outer(X, Y[:2])),
    ("def f(x: f64[n], y: f64[n]) = [a * b for (a, b) in zip(x, y)]", (X, Y), X * Y),
    ("def f(A: f64[m, n]) = [sum(r) for r in A]", (A,), A.sum(1)),
    ("def f(A: f64[m, n]) = [2 * r for r in A]", (A,), 2 * A),
    ("def f(A: f64[m, n]) = [b for r in A, b in r]", (A,), A),
    ("def f(n: i64) = [[i + j for j < 2] for i < n]", (3,), np.add.outer(range(3), range(2))),
    ("def f(x: f64[n]) = [(a, 2 * a) for a in x]", (X,), (X, 2 * X)),
    ("def f(d: i64) = [i for i < d * (d + 1) / 2]", (3,), np.arange(6)),
    ("def f(x: f64[n]) = [x[i] for i < n - 1]", (X,), X[:-1]),
    # indexing
    ("def f(x: f64[n]) = x[1] + x[-1] + x[n - 2]", (X,), X[1] + X[-1] + X[-2]),
    ("def f(A: f64[m, n]) = A[1, 2] + A[-1, -2]", (A,), A[1, 2] + A[-1, -2]),
    ("def f(A: f64[m, n], i: i64) = A[i]", (A, 1), A[1]),
    ("def f(A: f64[m, n], i: i64) = A[i][2]", (A, 1), A[1, 2]),
    ("def f(A: f64[m, n], j: i64) = A[:, j]", (A, 1), A[:, 1]),
    ("def f(A: f64[m, n]) = A[1:, :2]", (A,), A[1:, :2]),
    ("def f(A: f64[m, n]) = A[::-1, 1:3]", (A,), A[::-1, 1:3]),
    ("def f(x: f64[n]) = x[1:3]", (X,), X[1:3]),
    ("def f(x: f64[n]) = x[:-1]", (X,), X[:-1]),
    ("def f(x: f64[n]) = x[-2:]", (X,), X[-2:]),
    ("def f(x: f64[n]) = x[::2]", (X,), X[::2]),
    ("def f(x: f64[n]) = x[1::2]", (X,), X[1::2]),
    ("def f(x: f64[n]) = x[::-1]", (X,), X[::-1]),
    ("def f(x: f64[n]) = x[::-2]", (X,), X[::-2]),
    ("def f(x: f64[n]) = x[1:4:-1]", (X,), X[1:4][::-1]),
    ("def f(x: f64[n], a: i64, b: i64) = x[a:b]", (X, 1, 3), X[1:3]),
    ("def f(x: f64[n], s: i64) = x[::s]", (X, 2), X[::2]),
    ("def f(x: f64[n], s: i64) = x[::s]", (X, -2), X[::-2]),
    ("def f(x: f64[5]) = x[1:4:2]", (X,), X[1:4:2]),
    ("def f(x: f64[n]) = x[1:] - x[:-1]", (X,), X[1:] - X[:-1]),
    ("def f(x: f64[n], y: f64[n]) = (x + y)[:-1]", (X, Y), (X + Y)[:-1]),
    ("def f(x: f64[n], y: f64[n]) = (x + y)[1]", (X, Y), (X + Y)[1]),
    ("def f(x: f64[n], k: i64[m]) = x[k]", (X, I), X[I]),
    ("def f(A: f64[m, n], k: i64[p]) = A[k]", (B, [1, 1, 3]), B[[1, 1, 3]]),
    ("def f(A: f64[m, n], k: i64[p]) = A[:, k]", (A, I[:3]), A[:, I[:3]]),
    ("def f(A: f64[m, n], k: i64[p]) = A[k, k]", (A, I[:3]), A[I[:3], I[:3]]),
    ("def f(x: f64[n], k: i64[p, q]) = x[k]", (X, [[0, 1], [2, 3]]), X[[[0, 1], [2, 3]]]),
    ("def f(T: f64[a, b, c]) = T[1, :, 2]", (T3,), T3[1, :, 2]),
    ("def f(x: f64[n]) = x[:0]", (X,), X[:0]),
    # updates
    ("def f(x: f64[n]) = x with [1] = 9", (X,), np.where(np.arange(5) == 1, 9, X)),
    ("def f(x: f64[n]) = x with [0] = 1 with [-1] = 2", (X,), np.r_[1, X[1:-1], 2]),
    ("def f(A: f64[m, n], r: f64[n]) = A with [1] = r", (A, Y[:4]), np.stack([A[0], Y[:4], A[2]])),
    ("def f(A: f64[m, n]) = (A with [1, 2] = 0)[1]", (A,), np.r_[A[1, :2], 0, A[1, 3]]),
    ("def f(x: f64[n], v: f64[2]) = x with [1:3] = v", (X, [8, 9]), np.r_[X[0], 8, 9, X[3:]]),
    ("def f(x: f64[n]) = x with [::2] = 0", (X,), X * [0, 1, 0, 1, 0]),
    ("def f(x: f64[n], k: i64[m]) = x with [k] = 7", (X, I), np.array([7, X[1], 7, X[3], 7])),
    ("def f(A: f64[m, n]) = A with [:, 1] = A[:, 0]", (A,), A[:, [0, 0, 2, 3]]),
    ("def f(A: f64[m, n]) = A with [0] = 0", (A,), np.vstack([0 * A[0], A[1:]])),
    # making
    ("def f(n: i64) = zeros(n)", (3,), np.zeros(3)),
    ("def f(n: i64) = zeros(n, 2) + 1", (3,), np.ones((3, 2))),
    ("def f(x: f32[n]) = x + ones(n)", (X.astype("f4"),), (X + 1).astype("f4")),
    ("def f(n: i64) = full(n, 2, 7)", (3,), np.full((3, 2), 7)),
    ("def f(x: f64[n]) = full(2, x)", (X,), np.stack([X, X])),
    ("def f(n: i64) = eye(n)", (3,), np.eye(3)),
    ("def f(n: i64) = iota(n)", (3,), np.arange(3)),
    ("def f(n: i64) = linspace(0, 1, n)", (5,), np.linspace(0, 1, 5)),
    ("def f(n: i64) = linspace(-1.0, 0.7, n)", (1,), np.array([-1.0])),
    ("def f(n: i64) = linspace(0.1, 0.7, n)", (8,), np.linspace(0.1, 0.7, 8)),
    # rearranging
    ("def f(A: f64[m, n]) = reshape(A, (n, m))", (A,), A.reshape(4, 3)),
    ("def f(A: f64[m, n]) = reshape(A, (m * n / 2, 2))", (A,), A.reshape(6, 2)),
    ("def f(A: f64[m, n]) = flatten(A)", (A,), A.ravel()),
    ("def f(A: f64[m, n]) = transpose(A)", (A,), A.T),
    ("def f(T: f64[a, b, c]) = transpose(T)", (T3,), T3.T),
    ("def f(x: f64[n]) = reverse(x)", (X,), X[::-1]),
    ("def f(A: f64[m, n]) = reverse(A)", (A,), A[::-1]),
    ("def f(x: f64[n], k: i64) = roll(x, k)", (X, 2), np.roll(X, 2)),
    ("def f(x: f64[n], k: i64) = roll(x, k)", (X, -7), np.roll(X, -7)),
    ("def f(x: f64[n], y: f64[m]) = concat(x, y, [1, 2])", (X, Y), np.r_[X, Y, 1, 2]),
    ("def f(A: f64[m, n], B: f64[k, n]) = concat(A, B)", (A, C), np.concatenate([A, C])),
    ("def f(x: f64[n], y: f64[n]) = stack(x, y)", (X, Y), np.stack([X, Y])),
    ("def f(x: f64) = stack(x, 1)", (2.0,), np.array([2.0, 1])),
    ("def f(A: f64[m, n]) = len(A)", (A,), 3),
    ("def f(x: f64[n]) = sort(x)", (X,), np.sort(X)),
    ("def f(x: f64[n]) = argsort(x)", (X,), np.argsort(X)),
    ("def f(x: f64[n], q: f64) = searchsorted(x, q)", (np.sort(X), 0.5), 2),
    (
        "def f(x: f64[n], q: f64[m]) = searchsorted(x, q)",
        (np.sort(X), Y),
        np.searchsorted(np.sort(X), Y),
    ),
    ("def f(x: f64[n]) = diag(x)", (X,), np.diag(X)),
    ("def f(A: f64[m, n]) = diag(A)", (A,), np.diag(A)),
    ("def f(x: f64[n], y: f64[m]) = outer(x, y)", (X, Y[:2]), np.outer(X, Y[:2])),
    ("def f(x: f64[n]) = select(x > 0.0, log(x), 0)", (X,), np.log(np.where(X > 0, X, 1))),
    ("def f(c: bool, x: f64[n]) = select(c, x, 0)", (True, X), X),
    ("def f(c: bool, x: f64) = select(c, x, 0)", (False, 2.0), 0.0),
    ("def f(c: bool[n], x: f64) = select(c, x, -x)", ([True, False], 2.0), np.array([2.0, -2.0])),
    ("def f(b: f64[n], k: i64[m], v: f64[m]) = scatter_add(b, k, v)", (X, I, Y[:4]), np.add),
    ("def f(k: i64[m], v: f64[m]) = hist(5, k, v)", (I, Y[:4]), np.bincount(I, Y[:4], 5)),
    ("def f(k: i64[m]) = hist(5, k, 1)", (I,), np.bincount(I, minlength=5).astype(float)),
    (
        "def f(x: f64[n], y: i64[n]) = unzip(zip(x, y))",
        (X, I[[0, 1, 2, 3, 0]]),
        (X, I[[0, 1, 2, 3, 0]]),
    ),
    # arrays of records
    (
        BODY + "def f(b: Body[n]) = sum(x.m * dot(x.p, x.p) for x in b)",
        (BODIES,),
        (M * (P**2).sum(1)).sum(),
    ),
    (BODY + "def f(b: Body[n]) = b[1]", (BODIES,), {"p": P[1], "m": M[1]}),
    (BODY + "def f(b: Body[n]) = b[1].p[0]", (BODIES,), 4.0),
    (BODY + "def f(b: Body[n]) = b.p", (BODIES,), P),
    (BODY + "def f(b: Body[n]) = b[1:]", (BODIES,), {"p": P[1:], "m": M[1:]}),
    (BODY + "def f(b: Body[n]) = b[::-1].m", (BODIES,), M[::-1]),
    (BODY + "def f(b: Body[n]) = [x with {m: 0} for x in b]", (BODIES,), {"p": P, "m": 0 * M}),
    (BODY + "def f(b: Body[n]) = (b with [0] = b[2]).m", (BODIES,), M[[2, 1, 2]]),
    (BODY + "def f(b: Body[n]) = concat(b, b).m", (BODIES,), np.r_[M, M]),
    (BODY + "def f(b: Body[n]) = reverse(b).p", (BODIES,), P[::-1]),
    (BODY + "def f(b: Body[n]) = map(fn(x) => x.m, b)", (BODIES,), M),
    (
        BODY + "def f(b: Body[n], k: i64[m]) = b[k]",
        (BODIES, [2, 0]),
        {"p": P[[2, 0]], "m": M[[2, 0]]},
    ),
    (BODY + "def g(b: Body[n]) -> Body[n] = b\ndef f(b: Body[n]) = g(b).m", (BODIES,), M),
    (
        "def f(t: (f64, i64)[n]) = [a * f64(b) for (a, b) in t]",
        ([(1.5, 2), (2.5, 4)],),
        np.array([3.0, 10.0]),
    ),
]


@pytest.mark.parametrize(
    ("text", "args", "expected"),
    CASES,
    ids=[c[0].split("\n")[-1] + str(k) for k, c in enumerate(CASES)],
)
def test_value(text: str, args: tuple[object, ...], expected: object) -> None:
    if expected is np.add:
        base = np.array(args[0])
        np.add.at(base, args[1], args[2])
        expected = base
    assert same(run(text, *args), expected)


@pytest.mark.parametrize(
    "text",
    [
        "def f(n: i64) = concat([{b: [1.0, 2.0]} for i < n], [{b: 1.0} for i < n, j < 2])",
        "def f(n: i64) = stack({a: [{b: [1.0, 2.0]} for i < n]}, {a: [{b: 1.0} for i < n, j < 2]})",
        "def f(n: i64) = full(2, {a: [{b: [1.0, 2.0]} for i < n]}) with [0] = {a: [{b: 1.0} for i < n, j < 2]}",
        "def f(n: i64) = loop (x = [{b: [1.0, 2.0]} for i < n]) for k < 2 { [{b: 1.0} for i < n, j < 2] }",
    ],
)
def test_arrays_of_records_of_other_ranks_are_other_types(text: str) -> None:
    with pytest.raises(TypeCheckError, match=r"\[n, 2\] of a record"):
        run(text, 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def f(n: i64) = len(concat([() for i < n], [() for i < 2]))", 5),
        ("def g(x: ()[3]) -> i64 = len(x)\ndef f(n: i64) = g([() for i < n])", 3),
        ("def f(n: i64) = len([{a: [() for k < 4]} for i < n][0].a)", 4),
    ],
)
def test_arrays_of_nothing_have_sizes(text: str, expected: int) -> None:
    assert run(text, 3) == expected
