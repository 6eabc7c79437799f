"""Leaves back to Python values."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from adc.api.results import builder
from adc.diagnostics import SourceFile
from adc.ir.scanner import Cursor
from adc.ir.signature import parse_signature


def result(text: str, *flat: object) -> Any:
    signature = parse_signature(Cursor(SourceFile("signature", f"[n]() -> {text}")))
    return builder(signature.result)(flat)


@pytest.mark.parametrize(
    ("dtype", "value", "kind"),
    [
        ("f64", np.float64(1.5), float),
        ("f32", np.float32(1.5), np.float32),
        ("i64", np.int64(3), int),
        ("i32", np.int32(3), np.int32),
        ("bool", np.True_, bool),
    ],
)
def test_scalars(dtype: str, value: Any, kind: type) -> None:
    assert type(result(dtype, value)) is kind


def test_tuples_and_records_nest() -> None:
    x = np.arange(3.0)
    found = result("(f64, Body{pos: f64[n], tag: (i64, bool)})", 1.0, x, 2, True)
    assert found[0] == 1.0
    assert found[1].pos is x
    assert found[1].tag == (2, True)
    assert type(found[1]).__name__ == "Body"


def test_an_array_of_records_is_a_record_of_arrays() -> None:
    found = result("Body{pos: f64[3], mass: f64}[n]", np.zeros((2, 3)), np.ones(2))
    assert found._fields == ("pos", "mass")
    assert found.pos.shape == (2, 3)


def test_records_pickle() -> None:
    found = result("Body{mass: f64}", 2.0)
    again = pickle.loads(pickle.dumps(found))
    assert again == found
    assert type(again) is type(found)


def test_fields_with_names_that_python_reserves() -> None:
    found = result("{lambda: f64, x: f64}", 1.0, 2.0)
    assert tuple(found) == (1.0, 2.0)
    assert found._asdict() == {"lambda": 1.0, "x": 2.0}
