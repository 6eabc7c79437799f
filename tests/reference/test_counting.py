"""Counts of operations, executed and written."""

from __future__ import annotations

import numpy as np

from adc.ir.parser import parse_module
from adc.prims.catalog import TABLE
from adc.reference.counting import Counter, count_static
from adc.reference.evaluate import evaluate

TEXT = """def f(n: i64, x: f64[n]) {
  s: f64 = reduce[ops=("add",)](n) { (i: i64)
    xi: f64 = index(x, i)
    j: i64 = add(i, 1)
    p: bool = lt(xi, 0.0)
    y: f64 = mul(xi, xi)
    z: f64 = cond(p) {
      e: f64 = exp(y)
      yield e
    } {
      yield y
    }
    yield z
  }
  g: f64[n] = accum(x) { (r: ref f64[n])
    upd(r, x)
  }
  return s, g
}"""


def test_executed_operations_are_those_of_the_arms_taken() -> None:
    counter = Counter(TABLE)
    evaluate(parse_module(TEXT), "f", (4, np.array([1.0, -1.0, 2.0, 3.0])), TABLE, counter=counter)
    assert counter.by_name["mul"] == 4
    assert counter.by_name["exp"] == 1
    assert counter.by_name["index"] == 4
    # 4 mul, 1 exp, 3 add of the reduction, 4 add of the accumulator; index arithmetic and tests are free
    assert counter.arithmetic == 4 + 1 + 3 + 4


def test_written_operations_are_equations() -> None:
    counter = count_static(parse_module(TEXT).functions["f"].block, TABLE)
    assert counter.by_name["cond"] == 1
    assert counter.by_name["add"] == 2
    # mul, exp, the addition of the reduction, upd
    assert counter.arithmetic == 4


def test_linear_algebra_counts_its_flops() -> None:
    text = """def f(A: f64[4, 3], B: f64[4, 5], S: f64[6, 6]) {
      C: f64[3, 5] = matmul[ta=true, tb=false](A, B)
      L: f64[6, 6] = cholesky(S)
      return C, L
    }"""
    counter = Counter(TABLE)
    args = (np.ones((4, 3)), np.ones((4, 5)), np.eye(6))
    evaluate(parse_module(text), "f", args, TABLE, counter=counter)
    assert counter.arithmetic == 2 * 3 * 4 * 5 + 6**3 // 3
