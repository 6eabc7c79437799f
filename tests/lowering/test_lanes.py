"""Loops in lanes: whatever varies between lanes, the result and the first failure are those of the steps in order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adc.diagnostics import BoundsError, DivisionError, Error
from tests.lowering.oracle import assert_agrees, compile_ir, reference

rng = np.random.default_rng(5)

UNEVEN_WHILE = """def f(n: i64, x: i64[n]) {
  steps: i64[n], last: f64[n] = map(n) { (i: i64)
    a: i64 = index(x, i)
    k: i64, b: i64, s: f64 = while(a, 0.0) { (b1: i64, s1: f64)
      go: bool = ne(b1, 1)
      yield go
    } { (j: i64, b2: i64, s2: f64)
      r: i64 = mod(b2, 2)
      even: bool = eq(r, 0)
      b3: i64 = cond(even) {
        h: i64 = floordiv(b2, 2)
        yield h
      } {
        t: i64 = mul(b2, 3)
        u: i64 = add(t, 1)
        yield u
      }
      c: f64 = convert[to=f64](b3)
      d: f64 = sqrt(c)
      s3: f64 = add(s2, d)
      yield b3, s3
    }
    yield k, s
  }
  return steps, last
}"""

UNEVEN_LOOPS = """def f(n: i64, m: i64[n], A: f64[n, n]) {
  up: f64[n], down: f64[n], hi: f64[n] = map(n) { (i: i64)
    k: i64 = index(m, i)
    a: f64 = loop(k, 1.0) { (j: i64, s: f64)
      v: f64 = index(A, j, i)
      w: f64 = mul(s, 0.5)
      z: f64 = add(w, v)
      yield z
    }
    b: f64 = loop[reverse=true](k, 1.0) { (j2: i64, s2: f64)
      v2: f64 = index(A, i, j2)
      w2: f64 = mul(s2, 0.5)
      z2: f64 = add(w2, v2)
      yield z2
    }
    h: f64 = loop(k, -9.0) { (j3: i64, s3: f64)
      v3: f64 = index(A, j3, j3)
      p: bool = gt(v3, s3)
      y: f64 = cond(p) {
        yield v3
      } {
        yield s3
      }
      yield y
    }
    yield a, b, h
  }
  return up, down, hi
}"""

HISTOGRAM = """def f(n: i64, m: i64, idx: i64[n], x: f64[n]) {
  z: f64[m] = map(m) { (i0: i64)
    yield 0.0
  }
  h: f64[m], c: f64, k: i64 = accum(z, 0.5, 3) { (r: ref f64[m], q: ref f64, t: ref i64)
    map(n) { (i: i64)
      j: i64 = index(idx, i)
      v: f64 = index(x, i)
      upd(r, v, j)
      upd(r, v, 0)
      upd(q, v)
      upd(t, j)
      yield
    }
    yield
  }
  return h, c, k
}"""

PRIVATE = """def f(n: i64, X: f64[n, 3], k: i64[n]) {
  Y: f64[n, 3], s: f64[n] = map(n) { (i: i64)
    x: f64[3] = index(X, i)
    j: i64 = index(k, i)
    a: f64 = index(x, j)
    y: f64[3] = update(x, 7.0, j)
    z: f64[3] = loop(5, y) { (t: i64, u: f64[3])
      l: i64 = mod(t, 3)
      b: f64 = index(u, l)
      c: f64 = add(b, a)
      w: f64[3] = update(u, c, j)
      yield w
    }
    tot: f64 = reduce[ops=("add",)](3) { (q: i64)
      d: f64 = index(z, q)
      yield d
    }
    yield z, tot
  }
  return Y, s
}"""

BRANCHES = """def f(n: i64, x: f64[n]) {
  y: f64[n], b: bool[n] = map(n) { (i: i64)
    a: f64 = index(x, i)
    p: bool = gt(a, 0.0)
    v: f64, w: bool = cond(p) {
      l: f64 = log(a)
      q: bool = gt(l, 0.0)
      u: f64 = cond(q) {
        e: f64 = reduce[ops=("add",)](4) { (j: i64)
          jj: f64 = convert[to=f64](j)
          m: f64 = mul(jj, l)
          yield m
        }
        yield e
      } {
        s: f64 = sqrt(a)
        t: f64 = lgamma(s)
        yield t
      }
      yield u, q
    } {
      g: f64 = neg(a)
      yield g, true
    }
    yield v, w
  }
  return y, b
}"""

STRIDED = """def f(m: i64, n: i64, A: f64[m, n]) {
  T: f64[n, m] = map(n, m) { (i: i64, j: i64)
    a: f64 = index(A, j, i)
    yield a
  }
  D: f64[n] = map(n) { (k: i64)
    l: i64 = mod(k, m)
    d: f64 = index(A, l, k)
    yield d
  }
  E: f64[n] = map(n) { (k2: i64)
    r: i64 = sub(n, 1)
    q: i64 = sub(r, k2)
    e: f64 = index(A, 0, q)
    yield e
  }
  return T, D, E
}"""

ROUTINES = """def f(n: i64, x: f64[n], k: i64[n], z: f32[n]) {
  y: f64[n], w: f32[n] = map(n) { (i: i64)
    a: f64 = index(x, i)
    b: i64 = index(k, i)
    p: f64 = powi(a, b)
    q: f64 = digamma(a)
    r: f64 = pow(a, 1.5)
    s: f64 = mod(a, 0.3)
    t: f64 = add(p, q)
    u: f64 = add(r, s)
    v: f64 = add(t, u)
    c: f32 = index(z, i)
    d: f32 = exp(c)
    e: f32 = erf(d)
    yield v, e
  }
  return y, w
}"""


@pytest.mark.parametrize("n", [1, 7, 8, 9, 16, 45])
def test_agrees_with_the_reference(n: int) -> None:
    x = rng.standard_normal(n)
    indices = rng.integers(0, n, n)
    assert_agrees(UNEVEN_WHILE, "f", [n, rng.integers(1, 60, n)])
    assert_agrees(UNEVEN_LOOPS, "f", [n, rng.integers(-1, n + 1, n), rng.standard_normal((n, n))])
    assert_agrees(HISTOGRAM, "f", [n, 5, rng.integers(0, 5, n), x])
    assert_agrees(PRIVATE, "f", [n, rng.standard_normal((n, 3)), rng.integers(0, 3, n)])
    assert_agrees(BRANCHES, "f", [n, 3 * x])
    assert_agrees(STRIDED, "f", [3, n, rng.standard_normal((3, n))])
    z = x.astype("f4")
    assert_agrees(ROUTINES, "f", [n, np.abs(x) + 0.1, indices % 5 - 2, z], rtol=1e-6)


def test_sums_have_the_same_bits_at_every_alignment() -> None:
    text = """def f(n: i64, x: f64[n]) {
  s: f64 = reduce[ops=("add",)](n) { (i: i64)
    a: f64 = index(x, i)
    yield a
  }
  return s
}"""
    f = compile_ir(text).function("f")
    data = rng.standard_normal(1000 + 8)
    for n in (5, 64, 999):
        sums = set()
        for k in range(8):
            moved = np.empty(n + 8)[k : k + n]
            moved[:] = data[:n]
            sums.add(f(n, moved))
        lanes = [0.0] + [-0.0] * 7
        for i in range(n):
            lanes[i % 8] += data[i]
        while len(lanes) > 1:
            half = len(lanes) // 2
            lanes = [a + b for a, b in zip(lanes[:half], lanes[half:], strict=True)]
        assert sums == {(lanes[0],)}


# Step 11 fails in its second check, step 13 already in its first.
FAILS = """def f(n: i64, x: i64[n], y: i64[n]) {
  s: i64, m: i64 = reduce[ops=("add", "max")](n) { (i: i64)
    a: i64 = index(x, i)
    b: i64 = index(y, i)
    c: i64 = index(x, b)
    d: i64 = floordiv(c, a)
    yield d, a
  }
  return s, m
}"""


@pytest.mark.parametrize(("n", "first"), [(16, 11), (40, 3), (40, 33)])
def test_the_first_failure_is_reported(n: int, first: int) -> None:
    x, y = np.arange(1, n + 1), np.zeros(n, int)
    x[first] = 0
    y[first + 2] = -7
    with pytest.raises(DivisionError) as native:
        compile_ir(FAILS).function("f")(n, x, y)
    with pytest.raises(Error) as expected:
        reference(FAILS, "f", [n, x, y])
    assert str(native.value) == str(expected.value)
    y[first] = n
    with pytest.raises(BoundsError, match=f"index {n} is"):
        compile_ir(FAILS).function("f")(n, x, y)
    assert compile_ir(FAILS).function("f")(first, x[:first].copy(), y[:first].copy())[1] == first


def test_untaken_lanes_read_nothing() -> None:
    text = """def f(n: i64, x: f64[n]) {
  y: f64[n] = map(n) { (i: i64)
    p: bool = ge(i, 5)
    v: f64 = cond(p) {
      j: i64 = sub(i, 5)
      a: f64 = index(x, j)
      yield a
    } {
      yield 0.0
    }
    yield v
  }
  return y
}"""
    for n in (0, 3, 8, 21):
        assert_agrees(text, "f", [n, rng.standard_normal(n)])


def test_other_dtypes_in_lanes() -> None:
    text = """def f(n: i64, a: i32[n], b: f32[n], c: bool[n]) {
  x: i32[n], y: f32[n], z: bool[n] = map(n) { (i: i64)
    p: i32 = index(a, i)
    q: f32 = index(b, i)
    r: bool = index(c, i)
    s: i32 = floordiv(p, 3i32)
    t: f32 = convert[to=f32](p)
    u: f32 = max(q, t)
    v: bool = lt(q, t)
    w: bool = or(r, v)
    yield s, u, w
  }
  m: f32, n1: i32, any: bool = reduce[ops=("add", "min", "and")](n) { (j: i64)
    d: f32 = index(y, j)
    e: i32 = index(x, j)
    g: bool = index(z, j)
    yield d, e, g
  }
  return x, y, z, m, n1, any
}"""
    for n in (3, 8, 30):
        args: list[Any] = [
            n,
            rng.integers(-9, 9, n).astype("i4"),
            rng.standard_normal(n).astype("f4"),
            rng.random(n) > 0.5,
        ]
        assert_agrees(text, "f", args, rtol=1e-6)
