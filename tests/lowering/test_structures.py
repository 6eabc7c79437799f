"""Every structured primitive: native results equal the reference's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adc.lowering import outline
from tests.lowering.oracle import assert_agrees

rng = np.random.default_rng(7)


def floats(*shape: int) -> np.ndarray[Any, Any]:
    return rng.standard_normal(shape)


MAP_ROWS = """def f(m: i64, n: i64, A: f64[m, n]) {
  B: f64[n, m, n] = map(n, m) { (j: i64, i: i64)
    row: f64[n] = index(A, i)
    a: f64 = index(A, i, j)
    ys: f64[n] = map(n) { (k: i64)
      r: f64 = index(row, k)
      y: f64 = mul(r, a)
      yield y
    }
    yield ys
  }
  C: f64[m, n] = map(m) { (i2: i64)
    row2: f64[n] = index(A, i2)
    yield row2
  }
  return B, C
}"""

REDUCE = """def f(m: i64, n: i64, A: f64[m, n]) {
  s: f64, p: f64, hi: f64, lo: f64 = reduce[ops=("add", "mul", "max", "min")](m, n) { (i: i64, j: i64)
    a: f64 = index(A, i, j)
    yield a, a, a, a
  }
  all: bool, any: bool, count: i64 = reduce[ops=("and", "or", "add")](m, n) { (i2: i64, j2: i64)
    a2: f64 = index(A, i2, j2)
    up: bool = gt(a2, 0.0)
    small: bool = lt(a2, 100.0)
    one: i64 = convert[to=i64](up)
    yield small, up, one
  }
  return s, p, hi, lo, all, any, count
}"""

ARGREDUCE = """def f(n: i64, x: f64[n]) {
  hi: i64 = argreduce[op="max"](n) { (i: i64)
    a: f64 = index(x, i)
    yield a
  }
  lo: i64 = argreduce[op="min"](n) { (i1: i64)
    a1: f64 = index(x, i1)
    yield a1
  }
  return hi, lo
}"""

HEAT = """def f(n: i64, u0: f64[n], steps: i64, c: f64) {
  u: f64[n] = loop(steps, u0) { (t: i64, u1: f64[n])
    last: i64 = sub(n, 1)
    next: f64[n] = map(n) { (i: i64)
      a: bool = eq(i, 0)
      b: bool = eq(i, last)
      edge: bool = or(a, b)
      v: f64 = cond(edge) {
        v1: f64 = index(u1, i)
        yield v1
      } {
        l: i64 = sub(i, 1)
        r: i64 = add(i, 1)
        x: f64 = index(u1, l)
        y: f64 = index(u1, i)
        z: f64 = index(u1, r)
        two: f64 = mul(2.0, y)
        d: f64 = sub(x, two)
        e: f64 = add(d, z)
        g: f64 = mul(c, e)
        h: f64 = add(y, g)
        yield h
      }
      yield v
    }
    yield next
  }
  return u
}"""

WAVE = """def f(n: i64, a0: f64[n], b0: f64[n], steps: i64) {
  a: f64[n], b: f64[n] = loop(steps, a0, b0) { (t: i64, u: f64[n], v: f64[n])
    w: f64[n] = map(n) { (i: i64)
      x: f64 = index(u, i)
      y: f64 = index(v, i)
      z: f64 = sub(y, x)
      yield z
    }
    yield v, w
  }
  return a, b
}"""

SWAP = """def f(n: i64, a0: f64[n], b0: f64[n], steps: i64) {
  a: f64[n], b: f64[n], c: f64[n] = loop(steps, a0, b0, a0) { (t: i64, u: f64[n], v: f64[n], w: f64[n])
    yield v, u, v
  }
  return a, b, c
}"""

STACKED = """def f(n: i64, x: f64[n], steps: i64) {
  y: f64[n], s: f64, h: f64[steps, n], a: f64[steps] = loop[reverse=true](steps, x, 0.0) { (t: i64, u: f64[n], s1: f64)
    tt: f64 = convert[to=f64](t)
    v: f64[n] = map(n) { (i: i64)
      e: f64 = index(u, i)
      b: f64 = mul(e, 0.5)
      c: f64 = add(b, tt)
      yield c
    }
    first: f64 = index(v, 0)
    s2: f64 = add(s1, first)
    yield v, s2, u, s1
  }
  return y, s, h, a
}"""

IN_PLACE = """def f(n: i64, x: f64[n], idx: i64[n]) {
  y: f64[n] = loop(n, x) { (t: i64, u: f64[n])
    i: i64 = index(idx, t)
    a: f64 = index(u, i)
    p: bool = gt(a, 0.0)
    v: f64[n] = cond(p) {
      b: f64 = mul(a, 2.0)
      w: f64[n] = update(u, b, i)
      w2: f64[n] = update(w, a, t)
      yield w2
    } {
      yield u
    }
    yield v
  }
  return y
}"""

UPDATE_KEPT = """def f(n: i64, x: f64[n]) {
  y: f64[n] = update(x, 5.0, 1)
  z: f64[n] = update(y, 6.0, 2)
  w: f64[n] = update(y, 7.0, 3)
  return z, w, x
}"""

ROWS = """def f(n: i64, A: f64[n, n]) {
  B: f64[n, n] = loop(n, A) { (t: i64, u: f64[n, n])
    last: i64 = sub(n, 1)
    j: i64 = sub(last, t)
    r1: f64[n] = index(u, t)
    r2: f64[n] = index(u, j)
    v: f64[n, n] = update(u, r2, t)
    w: f64[n, n] = update(v, r1, j)
    e: f64 = index(r1, 0)
    z: f64[n, n] = update(w, e, 0, 0)
    yield z
  }
  return B
}"""

ACCUM = """def f(m: i64, n: i64, A: f64[m, n], x: f64[n]) {
  zeros: f64[n] = map(n) { (i0: i64)
    yield 0.0
  }
  g: f64[n], s: f64, B: f64[m, n], rows: f64[m] = accum(zeros, 1.0, A) { (r: ref f64[n], q: ref f64, R: ref f64[m, n])
    ys: f64[m] = map(m) { (i: i64)
      a: f64 = index(A, i, 0)
      map(n) { (j: i64)
        b: f64 = index(A, i, j)
        upd(r, b, j)
        upd(q, b)
        upd(R, x, i)
        yield
      }
      yield a
    }
    yield ys
  }
  return g, s, B, rows
}"""

NEWTON = """def f(a: f64) {
  k: i64, x: f64, trace: f64[k], pairs: f64[k, 2] = while(a) { (x1: f64)
    s: f64 = mul(x1, x1)
    d: f64 = sub(s, a)
    e: f64 = abs(d)
    tol: f64 = mul(1e-12, a)
    go: bool = gt(e, tol)
    yield go
  } { (i: i64, x2: f64)
    q: f64 = div(a, x2)
    t: f64 = add(x2, q)
    h: f64 = mul(0.5, t)
    ii: f64 = convert[to=f64](i)
    p: f64[2] = map(2) { (j: i64)
      jj: f64 = convert[to=f64](j)
      w: f64 = add(ii, jj)
      yield w
    }
    yield h, x2, p
  }
  return k, x, trace, pairs
}"""

COLLATZ = """def f(n: i64, x: f64[n], start: i64) {
  k: i64, c: i64, y: f64[n], hist: i64[k] = while(start, x) { (c1: i64, u1: f64[n])
    go: bool = ne(c1, 1)
    yield go
  } { (i: i64, c2: i64, u: f64[n])
    r: i64 = mod(c2, 2)
    even: bool = eq(r, 0)
    h: i64 = floordiv(c2, 2)
    t: i64 = mul(c2, 3)
    t1: i64 = add(t, 1)
    c3: i64 = select(even, h, t1)
    v: f64[n] = map(n) { (j: i64)
      m: i64 = sub(n, j)
      m1: i64 = sub(m, 1)
      a: f64 = index(u, m1)
      b: f64 = add(a, 1.0)
      yield b
    }
    yield c3, v, c2
  }
  return k, c, y, hist
}"""

COND_SIZES = """def f(n: i64, x: f64[n], p: bool) {
  m: i64, y: f64[m] = cond(p) {
    yield n, x
  } {
    m1: i64 = add(n, 2)
    z: f64[m1] = map(m1) { (i: i64)
      v: f64 = convert[to=f64](i)
      yield v
    }
    yield m1, z
  }
  w: f64[m] = map(m) { (j: i64)
    a: f64 = index(y, j)
    b: f64 = mul(a, 2.0)
    yield b
  }
  return m, y, w
}"""

CHOICE = """def f(n: i64, x: f64[n], y: f64[n], p: bool) {
  z: f64[n] = cond(p) {
    yield x
  } {
    yield y
  }
  s: f64 = index(z, 0)
  w: f64[n] = cond(p) {
    w1: f64[n] = update(x, 9.0, 0)
    yield w1
  } {
    w2: f64[n] = map(n) { (i: i64)
      j: i64 = sub(n, i)
      k: i64 = sub(j, 1)
      a: f64 = index(z, k)
      yield a
    }
    yield w2
  }
  return s, w, z
}"""

REVERSED_IN_ARM = """def f(n: i64, x: f64[n], steps: i64) {
  y: f64[n] = loop(steps, x) { (t: i64, u: f64[n])
    r: i64 = mod(t, 2)
    p: bool = eq(r, 0)
    v: f64[n] = cond(p) {
      w1: f64[n] = update(u, 9.0, 0)
      yield w1
    } {
      w2: f64[n] = map(n) { (i: i64)
        j: i64 = sub(n, i)
        k: i64 = sub(j, 1)
        a: f64 = index(u, k)
        yield a
      }
      yield w2
    }
    yield v
  }
  return y
}"""

CALLS = """def g(n: i64, x: f64[n], a: f64) {
  y: f64[n] = map(n) { (i: i64)
    v: f64 = index(x, i)
    w: f64 = mul(v, a)
    yield w
  }
  s: f64 = index(y, 0)
  return s, y
}
def f(n: i64, x: f64[n]) {
  s: f64, y: f64[n] = call[callee="g"](n, x, 2.0)
  Z: f64[n, n] = map(n) { (i: i64)
    a: f64 = index(x, i)
    s2: f64, row: f64[n] = call[callee="g"](n, y, a)
    yield row
  }
  return s, y, Z
}"""

FIBONACCI = """def fib(n: i64) {
  small: bool = lt(n, 2)
  r: i64 = cond(small) {
    yield n
  } {
    n1: i64 = sub(n, 1)
    n2: i64 = sub(n, 2)
    a: i64 = call[callee="fib"](n1)
    b: i64 = call[callee="fib"](n2)
    c: i64 = add(a, b)
    yield c
  }
  return r
}"""

# Every call returns an array whose size only the call knows.
SPLIT = """def build(n: i64) {
  small: bool = lt(n, 2)
  m: i64, y: f64[m] = cond(small) {
    v: f64 = convert[to=f64](n)
    one: f64[1] = map(1) { (i0: i64)
      yield v
    }
    yield 1, one
  } {
    h: i64 = floordiv(n, 2)
    r: i64 = sub(n, h)
    a: i64, x: f64[a] = call[callee="build"](h)
    b: i64, z: f64[b] = call[callee="build"](r)
    t: i64 = add(a, b)
    w: f64[t] = map(t) { (i: i64)
      left: bool = lt(i, a)
      e: f64 = cond(left) {
        e1: f64 = index(x, i)
        yield e1
      } {
        j: i64 = sub(i, a)
        e2: f64 = index(z, j)
        e3: f64 = add(e2, 0.5)
        yield e3
      }
      yield e
    }
    yield t, w
  }
  return m, y
}
def f(n: i64) {
  m: i64, y: f64[m] = call[callee="build"](n)
  sums: f64[n] = map(n) { (i: i64)
    k: i64, z: f64[k] = call[callee="build"](i)
    s: f64 = reduce[ops=("add",)](k) { (j: i64)
      a: f64 = index(z, j)
      yield a
    }
    yield s
  }
  return m, y, sums
}"""

COMPUTED_DIMS = """def f(n: i64, x: f64[n]) {
  m: i64 = mul(n, 2)
  y: f64[m] = map(m) { (i: i64)
    j: i64 = floordiv(i, 2)
    a: f64 = index(x, j)
    yield a
  }
  Z: f64[n, 2] = reshape(y, n, 2)
  W: f64[2, n] = map(2, n) { (p: i64, q: i64)
    b: f64 = index(Z, q, p)
    yield b
  }
  return y, Z, W
}"""

TRIANGLE = """def f(n: i64, L: f64[n, n], z: f64[n]) {
  y: f64[n] = map(n) { (i: i64)
    tmp: f64[i] = map(i) { (k: i64)
      a: f64 = index(L, i, k)
      b: f64 = index(z, k)
      c: f64 = mul(a, b)
      yield c
    }
    s: f64 = reduce[ops=("add",)](i) { (j: i64)
      d: f64 = index(tmp, j)
      yield d
    }
    yield s
  }
  return y
}"""

STOPPED = """def f(n: i64, x: f64[n]) {
  y: f64[n] = stop_gradient(x)
  a: f64 = index(y, 0)
  b: f64 = stop_gradient(a)
  z: f64[n] = update(y, 1.5, 0)
  return y, b, z
}"""

NESTED_LOOPS = """def f(n: i64, x: f64[n], outer: i64, inner: i64) {
  y: f64[n], A: f64[outer, n] = loop(outer, x) { (t: i64, u: f64[n])
    v: f64[n] = loop(inner, u) { (s: i64, w: f64[n])
      w1: f64[n] = map(n) { (i: i64)
        j: i64 = sub(n, i)
        k: i64 = sub(j, 1)
        a: f64 = index(w, k)
        b: f64 = mul(a, 1.5)
        yield b
      }
      yield w1
    }
    q: f64[n] = loop(n, v) { (s2: i64, w2: f64[n])
      c: f64 = index(w2, s2)
      d: f64 = add(c, 1.0)
      w3: f64[n] = update(w2, d, s2)
      yield w3
    }
    yield q, v
  }
  return y, A
}"""

VECTOR3 = """def f(n: i64, P: f64[n, 3], d: f64) {
  Q: f64[n, 3], e: f64[n] = map(n) { (i: i64)
    p: f64[3] = index(P, i)
    q: f64[3] = map(3) { (k: i64)
      a: f64 = index(p, k)
      b: f64 = mul(a, d)
      yield b
    }
    n2: f64 = reduce[ops=("add",)](3) { (k2: i64)
      c: f64 = index(q, k2)
      c2: f64 = mul(c, c)
      yield c2
    }
    r: f64 = sqrt(n2)
    q2: f64[3] = update(q, r, 1)
    yield q2, r
  }
  return Q, e
}"""

DTYPES = """def f(n: i64, a: f32[n], b: i32[n], c: bool[n], s: f32, t: i32, u: bool) {
  y: f32[n], z: i32[n], w: bool[n] = map(n) { (i: i64)
    x1: f32 = index(a, i)
    x2: f32 = mul(x1, s)
    x3: i32 = index(b, i)
    x4: i32 = add(x3, t)
    x5: bool = index(c, i)
    x6: bool = and(x5, u)
    yield x2, x4, x6
  }
  sf: f32, si: i32, sb: bool = reduce[ops=("add", "max", "or")](n) { (j: i64)
    p: f32 = index(y, j)
    q: i32 = index(z, j)
    r: bool = index(w, j)
    yield p, q, r
  }
  cc: bool[n] = update(c, u, 0)
  k: i64, m: i32, bb: bool[k], ff: f32[k] = while(t) { (m1: i32)
    go: bool = gt(m1, 0i32)
    yield go
  } { (i2: i64, m2: i32)
    m3: i32 = sub(m2, 1i32)
    odd: i32 = mod(m2, 2i32)
    o: bool = eq(odd, 1i32)
    g: f32 = convert[to=f32](m2)
    yield m3, o, g
  }
  return y, z, w, sf, si, sb, cc, k, m, bb, ff
}"""

MADE_THEN_LOOPED = """def f(n: i64, x: f64[n], steps: i64) {
  u0: f64[n] = map(n) { (i: i64)
    a: f64 = index(x, i)
    b: f64 = mul(a, 2.0)
    yield b
  }
  u: f64[n] = loop(steps, u0) { (t: i64, v: f64[n])
    w: f64[n] = map(n) { (j: i64)
      k: i64 = sub(n, j)
      l: i64 = sub(k, 1)
      c: f64 = index(v, l)
      d: f64 = index(v, j)
      e: f64 = sub(c, d)
      yield e
    }
    yield w
  }
  w0: f64[n] = map(n) { (i2: i64)
    a2: f64 = index(x, i2)
    yield a2
  }
  m: i64, z: f64[n] = while(w0) { (v2: f64[n])
    q: f64 = index(v2, 0)
    r: f64 = abs(q)
    go: bool = lt(r, 10.0)
    yield go
  } { (t2: i64, v3: f64[n])
    w3: f64[n] = map(n) { (j2: i64)
      k2: i64 = sub(n, j2)
      l2: i64 = sub(k2, 1)
      c2: f64 = index(v3, l2)
      d2: f64 = abs(c2)
      e2: f64 = add(d2, 1.0)
      yield e2
    }
    yield w3
  }
  return u, z, m
}"""

ELEMENTWISE = """def f(n: i64, x0: f64[n], v0: f64[n], steps: i64) {
  a0: f64[n] = map(n) { (i: i64)
    a: f64 = index(x0, i)
    yield a
  }
  b0: f64[n] = map(n) { (i1: i64)
    b: f64 = index(a0, i1)
    c: f64 = mul(b, 0.5)
    yield c
  }
  x: f64[n], v: f64[n], w: f64[n], h: f64[steps, n] = loop(steps, x0, v0, b0) { (t: i64, x1: f64[n], v1: f64[n], w1: f64[n])
    v2: f64[n], x2: f64[n] = map(n) { (j: i64)
      d: f64 = index(v1, j)
      e: f64 = index(x1, j)
      g: f64 = mul(e, 0.1)
      k: f64 = sub(d, g)
      l: f64 = add(e, k)
      yield k, l
    }
    w2: f64[n] = map(n) { (j2: i64)
      m: i64 = sub(n, j2)
      m1: i64 = sub(m, 1)
      o: f64 = index(w1, j2)
      q: f64 = index(w1, m1)
      r: f64 = sub(o, q)
      yield r
    }
    s: f64[n] = map(n) { (j3: i64)
      z: f64 = index(w2, j3)
      z2: f64 = mul(z, 3.0)
      yield z2
    }
    yield x2, v2, s, w2
  }
  return x, v, w, h, b0
}"""

RANK_SIX = """def f(n: i64, A: f64[2, n, 2, 1, n, 2]) {
  B: f64[2, n, 1, n, 2, 2] = map(2, n, 1, n, 2, 2) { (a: i64, b: i64, c: i64, d: i64, e: i64, g: i64)
    x: f64 = index(A, e, b, a, c, d, g)
    row: f64[1, n, 2] = index(A, g, b, e)
    y: f64 = index(row, c, d, a)
    z: f64 = sub(x, y)
    yield z
  }
  C: f64[n, 2, 1, n, 2] = index(A, 1)
  D: f64[2, n, 2, 1, n, 2] = update(A, C, 0)
  s: f64 = reduce[ops=("add",)](2, n, 2, 1, n, 2) { (h: i64, i: i64, j: i64, k: i64, l: i64, m: i64)
    v: f64 = index(D, h, i, j, k, l, m)
    yield v
  }
  return B, C, D, s
}"""

SCALARS_ONLY = """def f(a: f64, k: i64, p: bool) {
  b: f64 = mul(a, a)
  q: bool = not(p)
  return b, k, q, 2.5, a
}"""

NOTHING = """def f(n: i64, x: f64[n, 0], y: f64[0]) {
  z: f64[0, n] = map(0, n) { (i: i64, j: i64)
    a: f64 = index(x, j, i)
    yield a
  }
  w: f64[n, 0] = map(n) { (k: i64)
    r: f64[0] = index(x, k)
    yield r
  }
  s: f64 = reduce[ops=("mul",)](n, 0) { (l: i64, m: i64)
    b: f64 = index(x, l, m)
    yield b
  }
  c: f64[0] = loop(3, y) { (t: i64, u: f64[0])
    yield u
  }
  return z, w, s, c
}"""

x5 = floats(5)
CASES: dict[str, tuple[str, str, list[Any]]] = {
    "map rows": (MAP_ROWS, "f", [3, 4, floats(3, 4)]),
    "map of nothing": (MAP_ROWS, "f", [0, 4, floats(0, 4)]),
    "reduce": (REDUCE, "f", [5, 7, floats(5, 7)]),
    "reduce of nothing": (REDUCE, "f", [5, 0, floats(5, 0)]),
    "reduce of one": (REDUCE, "f", [1, 1, np.array([[-0.0]])]),
    "argreduce": (ARGREDUCE, "f", [6, np.array([1.0, 5.0, -2.0, 5.0, -2.0, 0.0])]),
    "argreduce with nan": (ARGREDUCE, "f", [5, np.array([1.0, np.nan, -2.0, np.nan, 7.0])]),
    "argreduce of nothing": (ARGREDUCE, "f", [0, floats(0)]),
    **{f"heat {k}": (HEAT, "f", [5, x5, k, 0.1]) for k in (-1, 0, 1, 2, 3, 10)},
    **{f"wave {k}": (WAVE, "f", [4, floats(4), floats(4), k]) for k in range(5)},
    **{f"swap {k}": (SWAP, "f", [3, floats(3), floats(3), k]) for k in range(4)},
    **{f"stacked {k}": (STACKED, "f", [3, floats(3), k]) for k in (0, 1, 4)},
    "in place": (IN_PLACE, "f", [6, floats(6), np.array([5, 0, 3, 3, 1, 2])]),
    "update, base kept": (UPDATE_KEPT, "f", [5, x5]),
    "rows": (ROWS, "f", [4, floats(4, 4)]),
    "accum": (ACCUM, "f", [3, 4, floats(3, 4), floats(4)]),
    "newton": (NEWTON, "f", [7.0]),
    "newton, no step": (NEWTON, "f", [1.0]),
    "collatz": (COLLATZ, "f", [3, floats(3), 27]),
    "collatz, no step": (COLLATZ, "f", [3, floats(3), 1]),
    "sizes of then": (COND_SIZES, "f", [3, floats(3), True]),
    "sizes of else": (COND_SIZES, "f", [3, floats(3), False]),
    "choice then": (CHOICE, "f", [3, floats(3), floats(3), True]),
    "choice else": (CHOICE, "f", [3, floats(3), floats(3), False]),
    "reversed in an arm": (REVERSED_IN_ARM, "f", [5, x5, 5]),
    "calls": (CALLS, "f", [3, floats(3)]),
    "recursion": (FIBONACCI, "fib", [12]),
    "recursion with sizes": (SPLIT, "f", [37]),
    "computed dims": (COMPUTED_DIMS, "f", [3, floats(3)]),
    "triangle": (TRIANGLE, "f", [9, floats(9, 9), floats(9)]),
    "stop_gradient": (STOPPED, "f", [5, x5]),
    "nested loops": (NESTED_LOOPS, "f", [4, floats(4), 3, 3]),
    "nested loops, even": (NESTED_LOOPS, "f", [4, floats(4), 2, 0]),
    "vectors of 3": (VECTOR3, "f", [4, floats(4, 3), 0.5]),
    "map rows, long": (MAP_ROWS, "f", [9, 21, floats(9, 21)]),
    "reduce, long": (REDUCE, "f", [5, 37, floats(5, 37)]),
    "argreduce, long": (ARGREDUCE, "f", [50, floats(50)]),
    **{f"heat, long {n}": (HEAT, "f", [n, floats(n), 3, 0.1]) for n in (7, 8, 9, 35)},
    "wave, long": (WAVE, "f", [29, floats(29), floats(29), 5]),
    "stacked, long": (STACKED, "f", [21, floats(21), 4]),
    "in place, long": (IN_PLACE, "f", [50, floats(50), rng.integers(0, 50, 50)]),
    "rows, long": (ROWS, "f", [19, floats(19, 19)]),
    "accum, long": (ACCUM, "f", [13, 19, floats(13, 19), floats(19)]),
    "collatz, long": (COLLATZ, "f", [33, floats(33), 27]),
    "calls, long": (CALLS, "f", [17, floats(17)]),
    "computed dims, long": (COMPUTED_DIMS, "f", [23, floats(23)]),
    "triangle, long": (TRIANGLE, "f", [37, floats(37, 37), floats(37)]),
    "nested loops, long": (NESTED_LOOPS, "f", [27, floats(27), 3, 4]),
    "vectors of 3, long": (VECTOR3, "f", [29, floats(29, 3), 0.5]),
    **{f"rank six, {n}": (RANK_SIX, "f", [n, floats(2, n, 2, 1, n, 2)]) for n in (0, 1, 3, 9)},
    **{f"made, then looped {k}": (MADE_THEN_LOOPED, "f", [9, floats(9), k]) for k in range(4)},
    **{f"elementwise, {k}": (ELEMENTWISE, "f", [11, floats(11), floats(11), k]) for k in range(4)},
    "scalars only": (SCALARS_ONLY, "f", [1.5, -3, True]),
    **{f"nothing, {n}": (NOTHING, "f", [n, floats(n, 0), floats(0)]) for n in (0, 1, 9)},
    "all dtypes": (
        DTYPES,
        "f",
        [
            3,
            floats(3).astype("f4"),
            np.array([1, -2, 3], "i4"),
            np.array([True, False, True]),
            1.5,
            7,
            True,
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_native_agrees_with_the_reference(case: str) -> None:
    text, name, args = CASES[case]
    assert_agrees(text, name, args, rtol=1e-6 if case == "all dtypes" else 1e-13)


@pytest.mark.parametrize("case", CASES)
def test_pieces_of_functions_agree_too(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outline, "LOOPS", 1)
    test_native_agrees_with_the_reference(case)


def test_what_a_branch_points_at_stays_in_use() -> None:
    """One arm yields `d` through an accumulation, the other changes `o`, which is read again: `d` is not free yet."""
    text = """def f(n: i64, x: f64[n], u: f64) {
  d: f64[n] = map(n) { (i: i64)
    a: f64 = index(x, i)
    b: f64 = mul(2.0, a)
    yield b
  }
  o: f64[n] = map(n) { (i1: i64)
    a1: f64 = index(x, i1)
    b1: f64 = mul(3.0, a1)
    yield b1
  }
  p: bool = lt(u, 0.5)
  y: f64[n] = cond(p) {
    r: f64[n] = accum() {
      yield d
    }
    yield r
  } {
    changed: f64[n] = update(o, 1.0, 0)
    yield changed
  }
  z: f64[n] = update(o, 7.0, 1)
  s: f64[n] = map(n) { (i2: i64)
    a2: f64 = index(y, i2)
    b2: f64 = index(z, i2)
    c2: f64 = index(o, i2)
    t: f64 = mul(a2, b2)
    v: f64 = add(t, c2)
    yield v
  }
  return s
}"""
    x = np.arange(1.0, 6.0)
    for u in (0.0, 1.0):
        assert_agrees(text, "f", [5, x, u])
