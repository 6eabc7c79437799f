"""What goes wrong in native code is told as the reference tells it: class, code, text, line; the first one first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adc.diagnostics import (
    AssertionFailure,
    BoundsError,
    DivisionError,
    Error,
    EvaluationError,
    ShapeError,
    UnsupportedError,
)
from adc.runtime.native import NativeOptions
from tests.lowering.oracle import compile_ir, reference

INDEX = "def f(n: i64, x: f64[n], i: i64) {\n  y: f64 = index(x, i)\n  return y\n}"
ROW = "def f(n: i64, x: f64[n, 3], i: i64) {\n  y: f64[3] = index(x, i)\n  return y\n}"
UPDATE = "def f(n: i64, x: f64[n], i: i64) {\n  y: f64[n] = update(x, 1.0, i)\n  return y\n}"
ADD = """def f(n: i64, x: f64[n], i: i64) {
  y: f64[n] = accum(x) { (r: ref f64[n])
    upd(r, 1.0, i)
  }
  return y
}"""
DIVIDE = (
    "def f(a: i64, b: i64) {\n  y: i64 = floordiv(a, b)\n  z: i64 = mod(a, b)\n  return y, z\n}"
)
CONVERT = "def f(a: f64) {\n  y: i64 = convert[to=i64](a)\n  return y\n}"
POWER = "def f(a: i64, k: i64) {\n  y: i64 = powi(a, k)\n  return y\n}"
ASSERT = """def f(a: i64, x: f64) {
  p: bool = gt(x, 0.0)
  assert[code="E0604", error="AssertionFailure", text="x is {0}, a is {1} {y}"](p, x, a)
  q: bool = gt(a, 0)
  assert[code="E0403", error="ShapeError", text="a is {0}"](q, a)
  return x
}"""
# The check on step 3 comes before the division on step 5, though the division stands first.
ORDER = """def f(n: i64, x: i64[n], y: i64[n]) {
  z: i64[n] = map(n) { (i: i64)
    a: i64 = index(x, i)
    b: i64 = index(y, i)
    q: i64 = floordiv(100, a)
    w: i64 = index(x, b)
    r: i64 = add(q, w)
    yield r
  }
  return z
}"""
x3 = np.arange(3.0)
CASES: dict[str, tuple[str, list[Any], type[Exception]]] = {
    "index high": (INDEX, [3, x3, 3], BoundsError),
    "index negative": (INDEX, [3, x3, -1], BoundsError),
    "index far": (INDEX, [3, x3, -(2**63)], BoundsError),
    "row": (ROW, [2, np.ones((2, 3)), 2], BoundsError),
    "update": (UPDATE, [3, x3, 3], BoundsError),
    "accumulate": (ADD, [3, x3, -1], BoundsError),
    "divide": (DIVIDE, [1, 0], DivisionError),
    "convert": (CONVERT, [float("nan")], EvaluationError),
    "power": (POWER, [2, -1], EvaluationError),
    "assert": (ASSERT, [7, -1.5], AssertionFailure),
    "assert shapes": (ASSERT, [-7, 1.5], ShapeError),
    "order": (
        ORDER,
        [6, np.array([1, 2, 3, 4, 5, 0]), np.array([0, 1, 2, 9, 1, 1])],
        BoundsError,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_error_is_that_of_the_reference(case: str) -> None:
    text, args, kind = CASES[case]
    with pytest.raises(Error) as native:
        compile_ir(text, "f").function("f")(*args)
    with pytest.raises(Error) as expected:
        reference(text, "f", args)
    assert isinstance(native.value, kind)
    assert type(native.value) is type(expected.value)
    assert native.value.code == expected.value.code
    assert native.value.diagnostics[0].title == expected.value.diagnostics[0].title
    assert native.value.span is not None
    assert expected.value.span is not None
    assert native.value.span.line == expected.value.span.line


def test_division_of_the_smallest_integer_wraps() -> None:
    low = -(2**63)
    assert compile_ir(DIVIDE).function("f")(low, -1) == (low, 0)


def test_conversion_saturates() -> None:
    f = compile_ir(CONVERT).function("f")
    assert f(1e300) == (2**63 - 1,)
    assert f(-float("inf")) == (-(2**63),)
    assert f(-2.9) == (-2,)


DEPTH = """def f(n: i64) {
  p: bool = le(n, 0)
  r: i64 = cond(p) {
    yield 0
  } {
    m: i64 = sub(n, 1)
    a: i64 = call[callee="f"](m)
    b: i64 = add(a, 1)
    yield b
  }
  return r
}"""
# Every frame holds a few hundred bytes of arrays and takes arena memory.
HEAVY = """def f(n: i64, k: i64) {
  p: bool = le(n, 0)
  r: f64 = cond(p) {
    yield 0.0
  } {
    x: f64[60] = map(60) { (i: i64)
      j: i64 = add(i, n)
      v: f64 = convert[to=f64](j)
      yield v
    }
    y: f64[k] = map(k) { (i2: i64)
      v2: f64 = convert[to=f64](i2)
      yield v2
    }
    m: i64 = sub(n, 1)
    a: f64 = call[callee="f"](m, k)
    c: i64 = mod(n, 60)
    d: f64 = index(x, c)
    e: f64 = index(y, 0)
    b: f64 = add(a, d)
    b2: f64 = add(b, e)
    yield b2
  }
  return r
}"""


def test_recursion_works_to_the_limit_and_fails_beyond() -> None:
    f = compile_ir(DEPTH).function("f")
    assert f(9_999) == (9_999,)
    with pytest.raises(EvaluationError, match="deeper than 10000") as caught:
        f(10_000)
    assert caught.value.code == "E0605"
    with pytest.raises(EvaluationError, match="deeper than 10000"):
        f(10**12)
    assert f(50) == (50,)


def test_recursion_with_large_frames_gets_a_larger_stack() -> None:
    f = compile_ir(HEAVY, options=NativeOptions(depth_limit=1_000_000)).function("f")
    assert f(100, 3) == reference(HEAVY, "f", [100, 3])
    (deep,) = f(20_000, 3)
    assert deep > 0
    with pytest.raises(EvaluationError):
        f(10**9, 3)


def test_too_much_memory_is_an_error() -> None:
    text = """def f(n: i64) {
  x: f64[n, n] = map(n, n) { (i: i64, j: i64)
    k: i64 = add(i, j)
    v: f64 = convert[to=f64](k)
    yield v
  }
  p: i64 = argreduce[op="max"](n) { (i2: i64)
    e: f64 = index(x, i2, 0)
    yield e
  }
  return p
}"""
    f = compile_ir(text).function("f")
    for n in (1 << 26, 1 << 40, 1 << 62):
        with pytest.raises(EvaluationError, match="out of memory"):
            f(n)
    assert f(-5) == (0,)
    assert f(3) == (2,)


@pytest.mark.parametrize(
    "leaves",
    [
        (3,),
        (3, [0.0, 1.0, 2.0], 0),
        (3, x3.astype("f4"), 0),
        (6, np.arange(12.0)[::2], 0),
        (3, np.ones((3, 1)), 0),
    ],
)
def test_wrong_leaves_are_refused(leaves: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError):
        compile_ir(INDEX).function("f")(*leaves)


def test_sizes_that_multiply_to_too_much_are_an_error() -> None:
    """Proofs about flat indices rely on sizes whose product is far from wrapping."""
    text = """def f(n: i64, m: i64, x: f64[n, m, 0]) {
  k: i64 = mul(n, m)
  z: f64[k, 0] = reshape(x, k, 0)
  y: f64[n, m, 0] = map(n, m) { (i: i64, j: i64)
    p: i64 = mul(i, m)
    q: i64 = add(p, j)
    row: f64[0] = index(z, q)
    yield row
  }
  return y
}"""
    f = compile_ir(text).function("f")
    assert f(2, 3, np.zeros((2, 3, 0)))[0].shape == (2, 3, 0)
    n = 1 << 46
    with pytest.raises(UnsupportedError, match=f"sizes that multiply to {n} are too large"):
        f(n, 1, np.zeros((n, 1, 0)))
