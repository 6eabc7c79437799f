"""Recursive functions to be differentiated: what the tapes of calls must cope with."""

from __future__ import annotations

import numpy as np

from tests.transforms.orders import Case

X3 = np.array([0.9, -0.4, 0.5])
X5 = np.array([0.9, -0.6, 1.3, 0.35, -1.1])
A33 = np.array([[1.2, -0.3, 0.4], [0.5, 0.9, -0.7], [-0.2, 0.6, 1.1]])

RECURSION = (
    Case(
        "two calls of itself",
        """
        def g(k: i64, x: f64) {
          p: bool = lt(k, 2)
          y: f64 = cond(p) { ()
            a: f64 = sin(x)
            yield a
          } { ()
            j: i64 = sub(k, 1)
            l: i64 = sub(k, 2)
            b: f64 = call[callee="g"](j, x)
            c: f64 = mul(x, b)
            d: f64 = call[callee="g"](l, c)
            e: f64 = mul(b, d)
            h: f64 = add(e, x)
            yield h
          }
          return y
        }
        def f(x: f64) {
          y: f64 = call[callee="g"](4, x)
          return y
        }""",
        (0.7,),
        (0,),
    ),
    Case(
        "recursion that is differentiated itself",
        """
        def f(k: i64, x: f64) {
          p: bool = lt(k, 2)
          y: f64 = cond(p) { ()
            a: f64 = sin(x)
            yield a
          } { ()
            j: i64 = sub(k, 1)
            b: f64 = call[callee="f"](j, x)
            c: f64 = mul(x, b)
            yield c
          }
          return y
        }""",
        (
            4,
            0.7,
        ),
        (1,),
    ),
    Case(
        "determinant by minors: recursion in a map",
        """
        def det(n: i64, A: f64[n, n]) {
          p: bool = eq(n, 1)
          y: f64 = cond(p) { ()
            a: f64 = index(A, 0, 0)
            yield a
          } { ()
            m: i64 = sub(n, 1)
            terms: f64[n] = map(n) { (j: i64)
              M: f64[m, m] = map(m, m) { (r: i64, c: i64)
                r1: i64 = add(r, 1)
                q: bool = lt(c, j)
                c2: i64 = add(c, 1)
                c1: i64 = select(q, c, c2)
                e: f64 = index(A, r1, c1)
                yield e
              }
              d: f64 = call[callee="det"](m, M)
              h: f64 = index(A, 0, j)
              o: i64 = mod(j, 2)
              odd: bool = eq(o, 1)
              s: f64 = select(odd, -1.0, 1.0)
              u: f64 = mul(s, h)
              v: f64 = mul(u, d)
              yield v
            }
            z: f64 = reduce[ops=("add",)](n) { (j1: i64)
              w: f64 = index(terms, j1)
              yield w
            }
            yield z
          }
          return y
        }
        def f(n: i64, A: f64[n, n]) {
          y: f64 = call[callee="det"](n, A)
          z: f64 = mul(y, y)
          return z
        }""",
        (3, A33),
        (1,),
    ),
    Case(
        "recursion in reduce",
        """
        def g(n: i64, k: i64, x: f64[n], s: f64) {
          p: bool = eq(k, 0)
          y: f64 = cond(p) { ()
            a: f64 = sin(s)
            yield a
          } { ()
            j: i64 = sub(k, 1)
            z: f64, big: f64 = reduce[ops=("add","max")](n) { (i: i64)
              b: f64 = index(x, i)
              c: f64 = mul(b, s)
              d: f64 = call[callee="g"](n, j, x, c)
              e: f64 = mul(d, d)
              yield e, d
            }
            h: f64 = mul(z, big)
            yield h
          }
          return y
        }
        def f(n: i64, x: f64[n], s: f64) {
          y: f64 = call[callee="g"](n, 2, x, s)
          return y
        }""",
        (3, X3, 0.8),
        (1, 2),
    ),
    Case(
        "recursion in loop",
        """
        def g(n: i64, x: f64[n], s: f64) {
          p: bool = eq(n, 0)
          y: f64 = cond(p) { ()
            a: f64 = sin(s)
            yield a
          } { ()
            r: f64, q: f64[n] = loop[reverse=false](n, s) { (i: i64, c: f64)
              part: f64[i] = map(i) { (l: i64)
                b: f64 = index(x, l)
                d: f64 = mul(b, c)
                yield d
              }
              e: f64 = call[callee="g"](i, part, c)
              h: f64 = index(x, i)
              t: f64 = mul(e, h)
              u: f64 = add(t, c)
              yield u, t
            }
            w: f64 = index(q, 0)
            v: f64 = mul(w, r)
            yield v
          }
          return y
        }
        def f(n: i64, x: f64[n], s: f64) {
          y: f64 = call[callee="g"](n, x, s)
          return y
        }""",
        (3, X3, 0.6),
        (1, 2),
    ),
    Case(
        "mutual recursion",
        """
        def g(k: i64, x: f64, y: f64) {
          p: bool = eq(k, 0)
          a: f64, b: f64 = cond(p) { ()
            c: f64 = mul(x, y)
            yield c, x
          } { ()
            j: i64 = sub(k, 1)
            d: f64 = sin(x)
            e: f64 = call[callee="h"](j, d, y)
            l: f64 = mul(e, y)
            yield l, e
          }
          return a, b
        }
        def h(k: i64, x: f64, y: f64) {
          p: bool = eq(k, 0)
          a: f64 = cond(p) { ()
            c: f64 = exp(x)
            yield c
          } { ()
            j: i64 = sub(k, 1)
            d: f64 = cos(y)
            u: f64, v: f64 = call[callee="g"](j, x, d)
            w: f64 = mul(u, v)
            yield w
          }
          return a
        }
        def f(x: f64, y: f64) {
          a: f64, b: f64 = call[callee="g"](4, x, y)
          return a, b
        }""",
        (0.7, 0.4),
        (0, 1),
    ),
    Case(
        "recursion on halves",
        """
        def g(n: i64, x: f64[n]) {
          p: bool = eq(n, 1)
          y: f64 = cond(p) { ()
            a: f64 = index(x, 0)
            b: f64 = sin(a)
            yield b
          } { ()
            m: i64 = floordiv(n, 2)
            k: i64 = sub(n, m)
            l: f64[m] = map(m) { (i: i64)
              c: f64 = index(x, i)
              yield c
            }
            r: f64[k] = map(k) { (i1: i64)
              j: i64 = add(i1, m)
              c1: f64 = index(x, j)
              d: f64 = mul(c1, c1)
              yield d
            }
            u: f64 = call[callee="g"](m, l)
            v: f64 = call[callee="g"](k, r)
            w: f64 = mul(u, v)
            yield w
          }
          return y
        }
        def f(n: i64, x: f64[n]) {
          y: f64 = call[callee="g"](n, x)
          return y
        }""",
        (5, X5),
        (1,),
    ),
    Case(
        "recursion with an array result",
        """
        def g(n: i64, k: i64, x: f64[n]) {
          p: bool = eq(k, 0)
          y: f64[n] = cond(p) { ()
            yield x
          } { ()
            j: i64 = sub(k, 1)
            b: f64[n] = call[callee="g"](n, j, x)
            e: f64[n] = map(n) { (i: i64)
              c: f64 = index(b, i)
              d: f64 = index(x, i)
              h: f64 = mul(c, d)
              l: f64 = sin(h)
              yield l
            }
            yield e
          }
          return y
        }
        def f(n: i64, x: f64[n]) {
          y: f64[n] = call[callee="g"](n, 3, x)
          return y
        }""",
        (3, X3),
        (1,),
    ),
)
