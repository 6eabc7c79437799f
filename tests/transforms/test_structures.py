"""Every structured primitive under every nesting of the modes: first, second and third order."""

from __future__ import annotations

import numpy as np
import pytest

from tests.transforms.orders import (
    Case,
    check_first_order,
    check_second_order,
    derivative,
    directions,
)
from tests.transforms.recursion import RECURSION

RNG = np.random.default_rng(7)
X5 = np.array([0.9, -0.6, 1.3, 0.35, -1.1])
Y5 = RNG.normal(size=5)
A34 = RNG.normal(size=(3, 4))

CASES = (
    Case(
        "scalars",
        """
        def f(x: f64, y: f64) {
          a: f64 = mul(x, y)
          b: f64 = sin(a)
          c: f64 = div(b, x)
          d: f64 = exp(y)
          e: f64 = add(c, d)
          return e, b
        }""",
        (1.3, 0.4),
        (0, 1),
    ),
    Case(
        "map",
        """
        def f(n: i64, x: f64[n], s: f64) {
          y: f64[n] = map(n) { (i: i64)
            a: f64 = index(x, i)
            b: f64 = mul(a, s)
            c: f64 = sin(b)
            yield c
          }
          return y
        }""",
        (5, X5, 0.7),
        (1, 2),
    ),
    Case(
        "reduce add",
        """
        def f(n: i64, x: f64[n], s: f64) {
          y: f64 = reduce[ops=("add",)](n) { (i: i64)
            a: f64 = index(x, i)
            b: f64 = mul(a, s)
            c: f64 = exp(b)
            yield c
          }
          return y
        }""",
        (5, X5, 0.7),
        (1, 2),
    ),
    Case(
        "reduce mul",
        """
        def f(n: i64, x: f64[n]) {
          y: f64 = reduce[ops=("mul",)](n) { (i: i64)
            a: f64 = index(x, i)
            b: f64 = sin(a)
            yield b
          }
          return y
        }""",
        (5, X5),
        (1,),
    ),
    Case(
        "reduce max",
        """
        def f(n: i64, x: f64[n]) {
          y: f64 = reduce[ops=("max",)](n) { (i: i64)
            a: f64 = index(x, i)
            b: f64 = sin(a)
            yield b
          }
          z: f64 = mul(y, y)
          return z
        }""",
        (5, X5),
        (1,),
    ),
    Case(
        "stencil",
        """
        def f(n: i64, x: f64[n]) {
          m: i64 = sub(n, 1)
          y: f64[m] = map(m) { (i: i64)
            j: i64 = add(i, 1)
            a: f64 = index(x, i)
            b: f64 = index(x, j)
            c: f64 = mul(a, b)
            yield c
          }
          return y
        }""",
        (5, X5),
        (1,),
    ),
    Case(
        "matrix product by map and reduce",
        """
        def f(m: i64, k: i64, A: f64[m, k], x: f64[k]) {
          y: f64[m] = map(m) { (i: i64)
            s: f64 = reduce[ops=("add",)](k) { (l: i64)
              a: f64 = index(A, i, l)
              b: f64 = index(x, l)
              c: f64 = mul(a, b)
              yield c
            }
            t: f64 = tanh(s)
            yield t
          }
          return y
        }""",
        (3, 4, A34, RNG.normal(size=4)),
        (2, 3),
    ),
    Case(
        "loop over a scalar",
        """
        def f(n: i64, x: f64[n], s: f64) {
          y: f64 = loop[reverse=false](n, s) { (i: i64, c: f64)
            a: f64 = index(x, i)
            b: f64 = mul(a, c)
            d: f64 = sin(b)
            e: f64 = add(d, c)
            yield e
          }
          return y
        }""",
        (5, X5, 0.7),
        (1, 2),
    ),
    Case(
        "scan",
        """
        def f(n: i64, x: f64[n]) {
          y: f64, ys: f64[n] = loop[reverse=false](n, 1.0) { (i: i64, c: f64)
            a: f64 = index(x, i)
            b: f64 = mul(a, c)
            d: f64 = sin(c)
            yield b, d
          }
          return y, ys
        }""",
        (5, X5),
        (1,),
    ),
    Case(
        "loop over an array, two carries",
        """
        def f(n: i64, u0: f64[n], c: f64) {
          u: f64[n], s: f64 = loop[reverse=false](3, u0, 0.5) { (t: i64, v: f64[n], q: f64)
            w: f64[n] = map(n) { (i: i64)
              a: f64 = index(v, i)
              b: f64 = mul(a, a)
              d: f64 = mul(b, c)
              e: f64 = sub(a, d)
              g: f64 = add(e, q)
              yield g
            }
            r: f64 = reduce[ops=("add",)](n) { (i1: i64)
              a1: f64 = index(v, i1)
              yield a1
            }
            h: f64 = sin(r)
            yield w, h
          }
          return u, s
        }""",
        (4, RNG.normal(size=4), 0.3),
        (1, 2),
    ),
    Case(
        "update in a loop",
        """
        def f(n: i64, u0: f64[n]) {
          m: i64 = sub(n, 1)
          u: f64[n] = loop[reverse=false](m, u0) { (t: i64, v: f64[n])
            s: i64 = add(t, 1)
            a: f64 = index(v, t)
            b: f64 = index(v, s)
            c: f64 = mul(a, b)
            d: f64 = sin(c)
            w: f64[n] = update(v, d, s)
            yield w
          }
          return u
        }""",
        (5, X5),
        (1,),
    ),
    Case(
        "while",
        """
        def f(a: f64) {
          k: i64, x: f64 = while(a) { (x1: f64)
            y: f64 = mul(x1, x1)
            z: f64 = sub(y, a)
            w: f64 = abs(z)
            p: bool = gt(w, 1e-13)
            yield p
          } { (i: i64, x2: f64)
            q: f64 = div(a, x2)
            r: f64 = add(x2, q)
            s: f64 = mul(0.5, r)
            yield s
          }
          return x
        }""",
        (1.7,),
        (0,),
    ),
    Case(
        "cond",
        """
        def f(n: i64, x: f64[n], s: f64) {
          p: bool = gt(s, 0.0)
          y: f64 = cond(p) { ()
            a: f64 = index(x, 1)
            b: f64 = mul(a, s)
            c: f64 = exp(b)
            yield c
          } { ()
            yield s
          }
          return y
        }""",
        (5, X5, 0.7),
        (1, 2),
    ),
    Case(
        "cond in map",
        """
        def f(n: i64, x: f64[n], s: f64) {
          y: f64[n] = map(n) { (i: i64)
            a: f64 = index(x, i)
            p: bool = gt(a, 0.0)
            b: f64 = cond(p) { ()
              c: f64 = mul(a, s)
              d: f64 = mul(c, a)
              yield d
            } { ()
              c1: f64 = sin(a)
              yield c1
            }
            yield b
          }
          return y
        }""",
        (5, X5, 0.7),
        (1, 2),
    ),
    Case(
        "loop in map",
        """
        def f(n: i64, x: f64[n], s: f64) {
          y: f64[n] = map(n) { (i: i64)
            a: f64 = index(x, i)
            r: f64 = loop[reverse=false](3, a) { (t: i64, c: f64)
              b: f64 = index(x, t)
              d: f64 = mul(b, c)
              e: f64 = mul(d, s)
              g: f64 = sin(e)
              yield g
            }
            yield r
          }
          return y
        }""",
        (5, X5, 0.7),
        (1, 2),
    ),
    Case(
        "triangular loop in loop",
        """
        def f(n: i64, x: f64[n]) {
          y: f64 = loop[reverse=false](n, 1.0) { (i: i64, c: f64)
            z: f64 = loop[reverse=false](i, c) { (j: i64, d: f64)
              a: f64 = index(x, j)
              b: f64 = mul(a, d)
              e: f64 = sin(b)
              yield e
            }
            g: f64 = index(x, i)
            h: f64 = add(z, g)
            yield h
          }
          return y
        }""",
        (4, RNG.normal(size=4)),
        (1,),
    ),
    Case(
        "call",
        """
        def g(x: f64, y: f64) {
          a: f64 = mul(x, y)
          b: f64 = sin(a)
          return b, a
        }
        def f(x: f64, y: f64) {
          a: f64, b: f64 = call[callee="g"](x, y)
          c: f64, d: f64 = call[callee="g"](a, 0.5)
          e: f64 = mul(c, b)
          return e, d
        }""",
        (1.1, 0.6),
        (0, 1),
    ),
    Case(
        "call in regions",
        """
        def g(x: f64, y: f64) {
          a: f64 = mul(x, y)
          b: f64 = sin(a)
          return b, a
        }
        def f(n: i64, x: f64[n], s: f64) {
          y: f64[n] = map(n) { (i: i64)
            a: f64 = index(x, i)
            b: f64, c: f64 = call[callee="g"](a, s)
            p: bool = gt(b, 0.2)
            d: f64 = cond(p) { ()
              e: f64, e1: f64 = call[callee="g"](b, c)
              yield e
            } { ()
              yield c
            }
            yield d
          }
          z: f64 = loop[reverse=false](n, s) { (j: i64, q: f64)
            r: f64 = index(y, j)
            t: f64, t1: f64 = call[callee="g"](q, r)
            u: f64 = add(t, t1)
            yield u
          }
          return y, z
        }""",
        (5, X5, 0.7),
        (1, 2),
    ),
    Case(
        "recursion",
        """
        def g(n: i64, k: i64, x: f64[n]) {
          p: bool = eq(k, 0)
          y: f64 = cond(p) { ()
            yield 1.0
          } { ()
            j: i64 = sub(k, 1)
            a: f64 = index(x, j)
            b: f64 = call[callee="g"](n, j, x)
            c: f64 = mul(a, b)
            d: f64 = sin(c)
            e: f64 = add(d, a)
            yield e
          }
          return y
        }
        def f(n: i64, x: f64[n]) {
          y: f64 = call[callee="g"](n, n, x)
          return y
        }""",
        (4, RNG.normal(size=4)),
        (1,),
    ),
    Case(
        "accum",
        """
        def f(n: i64, x: f64[n], y0: f64[3]) {
          y: f64[3], t: f64 = accum(y0, 0.0) { (r: ref f64[3], s: ref f64)
            map(n) { (i: i64)
              a: f64 = index(x, i)
              b: f64 = mul(a, a)
              k: i64 = mod(i, 3)
              upd(r, b, k)
              p: bool = gt(a, 0.0)
              cond(p) { ()
                c: f64 = sin(a)
                upd(s, c)
                yield
              } { ()
                yield
              }
              yield
            }
            yield
          }
          return y, t
        }""",
        (5, X5, RNG.normal(size=3)),
        (1, 2),
    ),
    Case(
        "rows",
        """
        def f(m: i64, n: i64, A: f64[m, n]) {
          r: f64[n] = index(A, 1)
          B: f64[m, n] = update(A, r, 0)
          y: f64[n] = map(n) { (j: i64)
            s: f64 = reduce[ops=("mul",)](m) { (i: i64)
              a: f64 = index(B, i, j)
              yield a
            }
            yield s
          }
          return y, r
        }""",
        (3, 4, A34),
        (2,),
    ),
    Case(
        "matmul and solve",
        """
        def f(A: f64[3, 3], b: f64[3]) {
          C: f64[3, 3] = matmul[ta=false, tb=true](A, A)
          D: f64[3, 3] = map(3, 3) { (i: i64, j: i64)
            c: f64 = index(C, i, j)
            p: bool = eq(i, j)
            d: f64 = select(p, 3.0, 0.0)
            e: f64 = add(c, d)
            yield e
          }
          L: f64[3, 3] = cholesky(D)
          x: f64[3] = solve[ta=false](D, b)
          y: f64[3] = tri_solve[upper=false, ta=true](L, b)
          z: f64 = logdet(D)
          return x, y, z
        }""",
        (RNG.normal(size=(3, 3)), RNG.normal(size=3)),
        (0, 1),
    ),
)
CASES += RECURSION
IDS = [c.name for c in CASES]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_first_order_agrees_with_differences(case: Case) -> None:
    check_first_order(case)


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_second_order_agrees_in_all_modes(case: Case) -> None:
    check_second_order(case)


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_third_order_agrees_in_mixed_modes(case: Case) -> None:
    dirs = [directions(case, seed) for seed in (1, 2, 3)]
    forward = derivative(case, "fff", dirs)
    for modes in ("frf", "rfr", "rrr"):
        assert derivative(case, modes, dirs) == pytest.approx(forward, rel=1e-8, abs=1e-9)
