"""Records of values: what goes in comes out, sums add field by field, and pack and unpack are adjoint."""

from __future__ import annotations

import numpy as np
import pytest

from adc.ir.core import DerivativeRequest, Module
from adc.ir.parser import parse_module
from adc.ir.verify import verify
from adc.prims.catalog import TABLE
from adc.reference.counting import Counter
from adc.reference.evaluate import evaluate
from adc.transforms.requests import expand_requests

X = np.array([0.5, -1.0, 2.0])


def run(text: str, *args: object, counter: Counter | None = None) -> tuple[object, ...]:
    module = parse_module(text)
    verify(module, TABLE)
    return evaluate(module, "f", args, TABLE, counter=counter)


def test_fields_come_out_as_they_went_in() -> None:
    text = """
    def f(n: i64, x: f64[n]) {
      m: i64 = sub(n, 1)
      y: f64[m] = map(m) { (i: i64)
        a: f64 = index(x, i)
        yield a
      }
      t: tape = pack(m, true, x, y)
      t1: tape = pack(t, 7i32)
      t2: tape, c: i32 = unpack(t1)
      k: i64, p: bool, z: f64[n], w: f64[k] = unpack(t2)
      return k, p, z, w, c
    }"""
    k, p, z, w, c = run(text, 3, X)
    assert (k, p, c) == (2, True, 7)
    np.testing.assert_array_equal(z, X)
    np.testing.assert_array_equal(w, X[:2])


SUM = """
def f(n: i64, x: f64[n], s: f64) {
  t: tape = pack(s, x)
  u: tape = add(t, t)
  v: tape = add(u, 0tape)
  ts: tape[2] = map(2) { (i: i64) yield 0tape }
  sums: tape[2] = accum(ts) { (ref1: ref tape[2])
    upd(ref1, v, 1)
    upd(ref1, t, 1)
  }
  w: tape = index(sums, 1)
  a: f64, y: f64[n] = unpack(w)
  q: tape = index(sums, 0)
  b: f64, z: f64[n] = unpack(q)
  return a, y, b, z
}"""


def test_sums_add_field_by_field_and_nothing_is_zero() -> None:
    counter = Counter(TABLE)
    a, y, b, z = run(SUM, 3, X, 2.0, counter=counter)
    assert (a, b) == (6.0, 0.0)
    np.testing.assert_array_equal(y, 3 * X)
    np.testing.assert_array_equal(z, 0 * X)
    assert counter.arithmetic == 2 * (1 + 3)  # two additions of a scalar and three elements


@pytest.mark.parametrize("kind", ["jvp", "vjp"])
def test_derivatives_of_sums_of_records(kind: str) -> None:
    """`f` is linear: its tangents are its values, and its cotangents those of the sums by hand."""
    module = parse_module(SUM)
    request = DerivativeRequest("g", kind, "f", (1, 2))
    module = expand_requests(Module(module.functions, {"g": request}), TABLE)
    verify(module, TABLE)
    if kind == "jvp":
        results = evaluate(module, "g", (3, X, 2.0, 2 * X, 5.0), TABLE)
        assert results[4] == 15.0
        np.testing.assert_allclose(results[5], 6 * X)
    else:
        results = evaluate(module, "g", (3, X, 2.0, 7.0, X, 1.0, X), TABLE)
        np.testing.assert_allclose(results[4], 3 * X)
        assert results[5] == 21.0
