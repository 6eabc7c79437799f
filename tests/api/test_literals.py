"""Values as text, both ways."""

from __future__ import annotations

import json
from math import inf
from typing import Any

import numpy as np
import pytest

from adc import ParseError
from adc.api.literals import json_value, literal_value, value_text
from adc.api.results import builder
from adc.diagnostics import SourceFile
from adc.ir.scanner import Cursor
from adc.ir.signature import parse_signature
from adc.types.core import SurfaceType


def surface(text: str) -> SurfaceType:
    return parse_signature(Cursor(SourceFile("signature", f"[n]() -> {text}"))).result


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("-2.5", -2.5),
        ("1_000", 1000),
        ("true", True),
        ("-inf", -inf),
        ("[[1.0, 2.0], [-3.0, 4e2]]", [[1.0, 2.0], [-3.0, 400.0]]),
        ("(1, [true], (2.0,))", (1, [True], (2.0,))),
        ("{pos: [0.0, 1.0], mass: 2.0}", {"pos": [0.0, 1.0], "mass": 2.0}),
        ("[]", []),
    ],
)
def test_literals(text: str, value: Any) -> None:
    assert literal_value(SourceFile("--arg", text)) == value


@pytest.mark.parametrize("text", ["", "[1.0", "f(2)", "x", "1 + 2"])
def test_what_is_no_literal(text: str) -> None:
    with pytest.raises(ParseError):
        literal_value(SourceFile("--arg", text))


@pytest.mark.parametrize(
    ("kind", "leaves", "text"),
    [
        ("f64", (0.1,), "0.10000000000000001"),
        ("f64", (2.0,), "2.0"),
        ("f64", (1e300,), "1.0000000000000001e+300"),
        ("f64", (-inf,), "-inf"),
        ("i64", (7,), "7"),
        ("bool", (True,), "true"),
        ("f64[n]", (np.array([1.0, np.nan]),), "[1.0, nan]"),
        ("i64[n, 2]", (np.array([[1, 2]]),), "[[1, 2]]"),
        ("f64[n]", (np.zeros(0),), "[]"),
        ("(f64, i64)", (1.5, 2), "(1.5, 2)"),
        ("(f64,)", (1.5,), "(1.5,)"),
        ("{a: f64, b: bool}", (1.5, False), "{a: 1.5, b: false}"),
        (
            "{a: f64[2], b: i64}[n]",
            (np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5, 6])),
            "[{a: [1.0, 2.0], b: 5}, {a: [3.0, 4.0], b: 6}]",
        ),
        ("(f64, (f64, i64))[n]", (np.ones(1), np.ones(1), np.ones(1, int)), "[(1.0, (1.0, 1))]"),
    ],
)
def test_values_as_text(kind: str, leaves: tuple[Any, ...], text: str) -> None:
    t = surface(kind)
    assert value_text(builder(t)(leaves), t) == text


def test_values_as_json() -> None:
    t = surface("({a: f64[2], b: bool}[n], f64)")
    value = builder(t)((np.array([[1.0, 2.0]]), np.array([True]), 0.1))
    assert json.loads(json.dumps(json_value(value, t))) == [[{"a": [1.0, 2.0], "b": True}], 0.1]


def test_seventeen_digits_read_back_as_they_were() -> None:
    t = surface("f64[n]")
    x = np.random.default_rng(0).standard_normal(100) * 10.0 ** np.arange(-50, 50)
    assert literal_value(SourceFile("x", value_text(x, t))) == x.tolist()
