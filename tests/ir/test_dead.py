"""Dead code: what goes, what stays, and that meaning and soundness stay with it."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from adc.ir.core import Block, Equation, Function, Module, Value
from adc.ir.dead import keep_results, remove_dead
from adc.ir.parser import parse_function, parse_module
from adc.ir.printer import print_function
from adc.ir.same import same_function
from adc.ir.verify import verify
from adc.prims.catalog import TABLE
from adc.reference.evaluate import evaluate

# name -> (before, after)
CASES = {
    "chains": (
        "def f(x: f64) { a: f64 = sin(x) b: f64 = cos(x) c: f64 = exp(b) return a }",
        "def f(x: f64) { a: f64 = sin(x) return a }",
    ),
    "sizes are needed": (
        """def f(n: i64, c: f64) {
          m: i64 = add(n, 1)
          y: f64[m] = map(m) { (i: i64) yield c }
          return y
        }""",
        None,
    ),
    "sizes of parameters are needed": (
        """def f(n: i64, x: f64[m], y: f64[n]) {
          m: i64 = sub(n, 1)
          k: i64 = sub(m, 1)
          return n
        }""",
        """def f(n: i64, x: f64[m], y: f64[n]) {
          m: i64 = sub(n, 1)
          return n
        }""",
    ),
    "results of a map": (
        """def f(n: i64, x: f64[n]) {
          a: f64[n], b: f64[n] = map(n) { (i: i64)
            u: f64 = index(x, i)
            v: f64 = sin(u)
            w: f64 = cos(u)
            yield v, w
          }
          return b
        }""",
        """def f(n: i64, x: f64[n]) {
          b: f64[n] = map(n) { (i: i64)
            u: f64 = index(x, i)
            w: f64 = cos(u)
            yield w
          }
          return b
        }""",
    ),
    "operators of a reduce": (
        """def f(n: i64, x: f64[n]) {
          a: f64, b: f64 = reduce[ops=("add", "max")](n) { (i: i64)
            u: f64 = index(x, i)
            v: f64 = sin(u)
            yield v, u
          }
          return b
        }""",
        """def f(n: i64, x: f64[n]) {
          b: f64 = reduce[ops=("max",)](n) { (i: i64)
            u: f64 = index(x, i)
            yield u
          }
          return b
        }""",
    ),
    "results of a cond": (
        """def f(p: bool, x: f64) {
          a: f64, b: f64 = cond(p) {
            s: f64 = sin(x)
            yield s, x
          } {
            c: f64 = cos(x)
            yield x, c
          }
          return a
        }""",
        """def f(p: bool, x: f64) {
          a: f64 = cond(p) {
            s: f64 = sin(x)
            yield s
          } {
            yield x
          }
          return a
        }""",
    ),
    "size of a cond's result": (
        """def f(n: i64, x: f64[n], p: bool) {
          m: i64, y: f64[m], z: f64 = cond(p) {
            yield n, x, 1.0
          } {
            e: f64[0] = map(0) { (i: i64) yield 1.0 }
            yield 0, e, 2.0
          }
          return y
        }""",
        """def f(n: i64, x: f64[n], p: bool) {
          m: i64, y: f64[m] = cond(p) {
            yield n, x
          } {
            e: f64[0] = map(0) { (i: i64) yield 1.0 }
            yield 0, e
          }
          return y
        }""",
    ),
    "carried values, also in a circle": (
        """def f(n: i64, x: f64) {
          a: f64, b: f64, c: f64, d: f64, ys: f64[n] = loop(n, x, x, x, x) {
              (i: i64, a0: f64, b0: f64, c0: f64, d0: f64)
            a1: f64 = add(a0, b0)
            b1: f64 = sin(b0)
            c1: f64 = mul(c0, d0)
            d1: f64 = mul(d0, c0)
            yield a1, b1, c1, d1, c1
          }
          return a
        }""",
        """def f(n: i64, x: f64) {
          a: f64, b: f64 = loop(n, x, x) { (i: i64, a0: f64, b0: f64)
            a1: f64 = add(a0, b0)
            b1: f64 = sin(b0)
            yield a1, b1
          }
          return a
        }""",
    ),
    "stacked outputs keep what they need": (
        """def f(n: i64, x: f64) {
          a: f64, b: f64, ys: f64[n], zs: f64[n] = loop(n, x, x) { (i: i64, a0: f64, b0: f64)
            a1: f64 = sin(a0)
            b1: f64 = cos(b0)
            yield a1, b1, b0, a0
          }
          return ys
        }""",
        """def f(n: i64, x: f64) {
          b: f64, ys: f64[n] = loop(n, x) { (i: i64, b0: f64)
            b1: f64 = cos(b0)
            yield b1, b0
          }
          return ys
        }""",
    ),
    "what the test of a while needs": (
        """def f(x: f64) {
          k: i64, a: f64, b: f64, ys: f64[k] = while(x, x) { (s: f64, t: f64)
            p: bool = lt(s, 10.0)
            yield p
          } { (i: i64, a0: f64, b0: f64)
            a1: f64 = add(a0, 1.0)
            b1: f64 = sin(b0)
            yield a1, b1, b0
          }
          return k
        }""",
        """def f(x: f64) {
          k: i64, a: f64 = while(x) { (s: f64)
            p: bool = lt(s, 10.0)
            yield p
          } { (i: i64, a0: f64)
            a1: f64 = add(a0, 1.0)
            yield a1
          }
          return k
        }""",
    ),
    "rows of a while need its count": (
        """def f(x: f64) {
          k: i64, a: f64, ys: f64[k] = while(x) { (s: f64)
            p: bool = lt(s, 10.0)
            yield p
          } { (i: i64, a0: f64)
            a1: f64 = add(a0, 1.0)
            yield a1, a0
          }
          return ys
        }""",
        None,
    ),
    "carried sizes": (
        """def f(n: i64, x: f64[n], c: f64) {
          m: i64, y: f64[m], z: f64 = loop(3, n, x, c) { (i: i64, m0: i64, y0: f64[m0], z0: f64)
            m1: i64 = add(m0, 1)
            y1: f64[m1] = map(m1) { (j: i64) yield c }
            z1: f64 = sin(z0)
            yield m1, y1, z1
          }
          return y
        }""",
        """def f(n: i64, x: f64[n], c: f64) {
          m: i64, y: f64[m] = loop(3, n, x) { (i: i64, m0: i64, y0: f64[m0])
            m1: i64 = add(m0, 1)
            y1: f64[m1] = map(m1) { (j: i64) yield c }
            yield m1, y1
          }
          return y
        }""",
    ),
    "accumulators": (
        """def f(n: i64, x: f64[n]) {
          a: f64[n], b: f64, y: f64 = accum(x, 0.0) { (r: ref f64[n], s: ref f64)
            map(n) { (i: i64)
              u: f64 = index(x, i)
              v: f64 = sin(u)
              upd(r, v, i)
              w: f64 = cos(u)
              upd(s, w)
            }
            yield 1.0
          }
          return b
        }""",
        """def f(n: i64, x: f64[n]) {
          b: f64 = accum(0.0) { (s: ref f64)
            map(n) { (i: i64)
              u: f64 = index(x, i)
              w: f64 = cos(u)
              upd(s, w)
            }
          }
          return b
        }""",
    ),
    "an addition keeps the loops and conditions around, and what they carry": (
        """def f(n: i64, x: f64, p: bool) {
          a: f64 = accum(0.0) { (r: ref f64)
            c: f64, d: f64 = loop(n, x, x) { (i: i64, c0: f64, d0: f64)
              e: f64 = cond(p) {
                upd(r, c0)
                yield c0
              } {
                yield d0
              }
              c1: f64 = sin(c0)
              yield c1, e
            }
          }
          return a
        }""",
        """def f(n: i64, x: f64, p: bool) {
          a: f64 = accum(0.0) { (r: ref f64)
            c: f64 = loop(n, x) { (i: i64, c0: f64)
              cond(p) {
                upd(r, c0)
              } {
              }
              c1: f64 = sin(c0)
              yield c1
            }
          }
          return a
        }""",
    ),
    "nothing of a dead accumulator": (
        """def f(x: f64) {
          a: f64, y: f64 = accum(0.0) { (r: ref f64)
            upd(r, x)
            yield x
          }
          return x
        }""",
        "def f(x: f64) { return x }",
    ),
    "checks live with their block": (
        """def f(n: i64, x: f64) {
          p: bool = lt(x, 0.0)
          assert[code="E", error="EvaluationError", text=""](p)
          y: f64[n] = map(n) { (i: i64)
            q: bool = lt(i, n)
            assert[code="E", error="EvaluationError", text=""](q, i)
            yield x
          }
          z: f64[n] = map(n) { (j: i64)
            r: bool = le(j, n)
            assert[code="E", error="EvaluationError", text=""](r)
            yield x
          }
          return y
        }""",
        """def f(n: i64, x: f64) {
          p: bool = lt(x, 0.0)
          assert[code="E", error="EvaluationError", text=""](p)
          y: f64[n] = map(n) { (i: i64)
            q: bool = lt(i, n)
            assert[code="E", error="EvaluationError", text=""](q, i)
            yield x
          }
          return y
        }""",
    ),
    "calls stay whole, with the sizes of their results": (
        """def f(x: f64) {
          k: i64 = convert[to=i64](x)
          y: f64[k], z: f64 = call[callee="g"](x)
          return z
        }
        def g(x: f64) { y: f64[3] = map(3) { (i: i64) yield x } return y, x }""",
        None,
    ),
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES.keys())
def test_dead_code_goes(before: str, after: str | None) -> None:
    module = parse_module(before)
    verify(module, TABLE)
    f = module.functions["f"]
    small = replace(f, block=remove_dead(f.block))
    verify(replace(module, functions={**module.functions, "f": small}), TABLE)
    wanted = f if after is None else parse_function(after)
    assert same_function(small, wanted), print_function(small)


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES.keys())
def test_what_is_clean_stays_the_same_object(before: str, after: str | None) -> None:
    block = parse_function(after or before).block
    assert remove_dead(block) is block


RICH = """
def f(n: i64, x: f64[n], p: bool) {
  a: f64, b: f64, ys: f64[n], zs: f64[n] = loop[reverse=true](n, 1.0, 0.5) { (i: i64, a0: f64, b0: f64)
    u: f64 = index(x, i)
    a1: f64 = mul(a0, u)
    s: f64, t: f64 = cond(p) {
      v: f64 = add(a0, b0)
      yield v, u
    } {
      w: f64 = sub(b0, u)
      yield u, w
    }
    yield a1, s, t, b0
  }
  k: i64, c: f64, d: f64, hs: f64[k] = while(a, b) { (c0: f64, d0: f64)
    q: bool = lt(d0, 9.0)
    yield q
  } { (j: i64, c1: f64, d1: f64)
    c2: f64 = mul(c1, 0.5)
    d2: f64 = add(d1, 4.0)
    yield c2, d2, c1
  }
  e: f64[n], g: f64, h: f64 = accum(ys, c) { (r: ref f64[n], s1: ref f64)
    m: f64, o: f64 = reduce[ops=("add", "min")](n) { (i1: i64)
      u1: f64 = index(zs, i1)
      upd(r, u1, i1)
      upd(s1, d)
      yield u1, u1
    }
    yield o
  }
  return a, b, ys, zs, k, c, d, hs, e, g, h
}
"""


@pytest.mark.parametrize("position", range(11))
def test_a_single_result_keeps_its_value(position: int) -> None:
    f = parse_function(RICH)
    args = (4, np.array([0.5, -1.0, 2.0, 3.0]), True)
    whole = evaluate(Module({"f": f}), "f", args, TABLE)
    block = _with_one_result(f.block, position)
    module = Module({"f": Function("f", block)})
    verify(module, TABLE)
    (alone,) = evaluate(module, "f", args, TABLE)
    np.testing.assert_array_equal(alone, whole[position])


def _with_one_result(block: Block, position: int) -> Block:
    return remove_dead(Block(block.params, block.equations, (block.results[position],)))


def _accum_equation() -> tuple[Equation, Value]:
    """A map inside an `accum` that adds to it and yields two results."""
    f = parse_function(
        """def f(n: i64, x: f64[n]) {
          a: f64 = accum(0.0) { (r: ref f64)
            y: f64[n], z: f64[n] = map(n) { (i: i64)
              u: f64 = index(x, i)
              v: f64 = sin(u)
              upd(r, v)
              yield u, v
            }
          }
          return a
        }"""
    )
    body = f.block.equations[0].regions[0]
    return body.equations[0], body.params[0]


def test_keeping_no_result_keeps_the_additions() -> None:
    e, _ = _accum_equation()
    left = keep_results(e, [False, False])
    assert left is not None
    assert left.results == ()
    assert [inner.op for inner in left.regions[0].equations] == ["index", "sin", "upd"]


def test_keeping_a_result_without_a_dead_accumulator() -> None:
    e, ref = _accum_equation()
    left = keep_results(e, [True, False], frozenset({ref}))
    assert left is not None
    assert [inner.op for inner in left.regions[0].equations] == ["index"]


def test_keeping_nothing_leaves_nothing() -> None:
    e, ref = _accum_equation()
    assert keep_results(e, [False, False], frozenset({ref})) is None


def test_sizes_among_the_results_may_be_left_to_another_equation() -> None:
    f = parse_function(CASES["size of a cond's result"][0])
    (e,) = f.block.equations
    with_size = keep_results(e, [False, True, False])
    alone = keep_results(e, [False, True, False], with_sizes=False)
    assert with_size is not None
    assert alone is not None
    assert [r.hint for r in with_size.results] == ["m", "y"]
    assert [r.hint for r in alone.results] == ["y"]


def test_nested_loops_take_linear_time() -> None:
    def seconds(depth: int) -> float:
        opened = "".join(
            f"a{d}: f64, b{d}: f64 = loop(n, {'x, x' if d == 0 else f'c{d - 1}, c{d - 1}'})"
            f" {{ (t{d}: i64, c{d}: f64, e{d}: f64)\n"
            for d in range(depth)
        )
        closed = "".join(f"yield c{d}, e{d} }}\n" for d in reversed(range(depth)))
        f = parse_function(f"def f(n: i64, x: f64) {{\n{opened}{closed}return a0\n}}")
        start = time.process_time()
        remove_dead(f.block)
        return time.process_time() - start

    seconds(2)
    assert seconds(80) < 1.0
