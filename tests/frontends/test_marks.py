"""Marks of the Python reader: NumPy's broadcasting, negative indices and clamped slices."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from adc.diagnostics import SourceFile
from adc.frontends.elaborate import elaborate
from adc.ir.verify import verify
from adc.prims.catalog import TABLE
from adc.reference.evaluate import evaluate
from adc.syntax import ast
from adc.syntax.parse import parse

MARKS = frozenset(ast.Mark)
A = np.arange(6.0).reshape(2, 3)
X = np.array([10.0, 20.0, 30.0])
C = np.array([[1.0], [2.0]])


def marked(node: Any) -> Any:
    """The tree with every mark wherever there can be one."""
    if isinstance(node, tuple):
        return tuple(map(marked, node))
    if not isinstance(node, ast.Node):
        return node
    fields = {f.name: marked(getattr(node, f.name)) for f in dataclasses.fields(node)}
    if "marks" in fields:
        fields["marks"] = MARKS
    return type(node)(**fields)


def run(text: str, *args: object) -> Any:
    module = elaborate([marked(parse(SourceFile("test.adl", text)))], TABLE)
    verify(module, TABLE)
    return evaluate(module, "f", args, TABLE)[-1]


BROADCAST = [
    ("def f(A: f64[2, 3], x: f64[3]) = A * x", (A, X), A * X),
    ("def f(x: f64[3], A: f64[2, 3]) = x - A", (X, A), X - A),
    ("def f(A: f64[2, 3], C: f64[2, 1]) = A + C", (A, C), A + C),
    ("def f(x: f64[3], C: f64[2, 1]) = x ** C", (X, C), X**C),
    ("def f(x: f64[3], C: f64[2, 1]) = max(x, C)", (X, C), np.maximum(X, C)),
    ("def f(x: f64[3], C: f64[2, 1]) = select(x > 15.0, x, C)", (X, C), np.where(X > 15, X, C)),
    ("def f(x: f64[3], C: f64[2, 1]) = x == C", (X, C), X == C),
    ("def f(A: f64[2, 3]) = A + 1", (A,), A + 1),
]


@pytest.mark.parametrize(("text", "args", "expected"), BROADCAST)
def test_broadcast(text: str, args: tuple[object, ...], expected: object) -> None:
    assert np.array_equal(run(text, *args), expected)


@pytest.mark.parametrize("i", [-3, -1, 0, 2])
def test_wrap(i: int) -> None:
    assert run("def f(x: f64[3], i: i64) = x[i]", X, i) == X[i]
    assert np.array_equal(run("def f(x: f64[3], i: i64) = x[[i, 0]]", X, i), X[[i, 0]])
    expected = X.copy()
    expected[i] = 5
    assert np.array_equal(run("def f(x: f64[3], i: i64) = x with [i] = 5", X, i), expected)


@pytest.mark.parametrize("step", [1, 2, -1, -2])
@pytest.mark.parametrize("a", [-7, -2, 0, 1, 3, 9])
@pytest.mark.parametrize("b", [-9, -1, 0, 2, 5, 8])
def test_clamp(a: int, b: int, step: int) -> None:
    x = np.arange(5.0)
    text = f"def f(x: f64[5], a: i64, b: i64) = x[a:b:{step}]"
    assert np.array_equal(run(text, x, a, b), x[a:b:step])
    assert np.array_equal(run(f"def f(x: f64[5]) = x[{a}:{b}:{step}]", x), x[a:b:step])
    assert np.array_equal(run(f"def f(x: f64[5]) = x[{a}::{step}]", x), x[a::step])
    assert np.array_equal(run(f"def f(x: f64[5]) = x[:{b}:{step}]", x), x[:b:step])
