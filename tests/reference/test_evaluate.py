"""The reference evaluator: every construct, edge values, errors with places, deep recursion."""

from __future__ import annotations

import time

import numpy as np
import pytest

from adc.diagnostics import (
    AssertionFailure,
    BoundsError,
    DivisionError,
    EvaluationError,
    ShapeError,
)
from adc.ir.fault import InternalError
from adc.ir.parser import parse_module
from adc.ir.verify import verify
from adc.prims.catalog import TABLE
from adc.reference.control import neutral
from adc.reference.evaluate import Evaluator, evaluate


def run(text: str, *args: object, name: str = "f", **options: int) -> tuple[object, ...]:
    module = parse_module(text)
    verify(module, TABLE)
    return evaluate(module, name, args, TABLE, **options)


def check(got: object, wanted: object, dtype: str) -> None:
    np.testing.assert_array_equal(got, wanted)
    assert isinstance(got, np.generic | np.ndarray)
    assert got.dtype == dtype
    assert got.shape == np.shape(wanted)


# ---- regions -------------------------------------------------------------------------------------


def test_map_stacks_what_its_region_yields() -> None:
    text = """def f(n: i64, m: i64, x: f64[m]) {
      y: f64[n, 2, m], k: i64[n, 2] = map(n, 2) { (i: i64, j: i64)
        s: i64 = add(i, j)
        yield x, s
      }
      return y, k
    }"""
    y, k = run(text, 3, 2, [1.0, 2.0])
    check(y, np.broadcast_to([1.0, 2.0], (3, 2, 2)), "float64")
    check(k, [[0, 1], [1, 2], [2, 3]], "int64")
    y, k = run(text, 0, 2, [1.0, 2.0])
    check(y, np.zeros((0, 2, 2)), "float64")
    check(k, np.zeros((0, 2)), "int64")


def test_arrays_have_up_to_six_dimensions() -> None:
    text = """def f(n: i64) {
      y: i64[n, 2, 1, 2, 1, 2] = map(n, 2, 1, 2, 1, 2) { (a: i64, b: i64, c: i64, d: i64, e: i64, g: i64)
        s: i64 = add(d, g)
        yield s
      }
      z: i64[2, 1, 2] = index(y, 0, 1, 0)
      return y, z
    }"""
    y, z = run(text, 2)
    assert isinstance(y, np.ndarray)
    assert y.shape == (2, 2, 1, 2, 1, 2)
    check(z, [[[0, 1]], [[1, 2]]], "int64")


REDUCE = """def f(n: i64, x: f64[n], k: i64[n], p: bool[n]) {
  a: f64, m: f64, l: f64, q: f64 = reduce[ops=("add", "mul", "max", "min")](n) { (i: i64)
    xi: f64 = index(x, i)
    yield xi, xi, xi, xi
  }
  b: i64, c: i64, all: bool, any: bool = reduce[ops=("add", "max", "and", "or")](n) { (i1: i64)
    ki: i64 = index(k, i1)
    pi: bool = index(p, i1)
    yield ki, ki, pi, pi
  }
  return a, m, l, q, b, c, all, any
}"""


def test_reduce_combines_in_order() -> None:
    results = run(REDUCE, 3, [2.0, -3.0, 5.0], [1, 2, 3], [True, False, True])
    wanted = [(4.0, "float64"), (-30.0, "float64"), (5.0, "float64"), (-3.0, "float64")]
    wanted += [(6, "int64"), (3, "int64"), (False, "bool"), (True, "bool")]
    for got, (value, dtype) in zip(results, wanted, strict=True):
        check(got, value, dtype)


def test_reduce_of_nothing_is_neutral() -> None:
    low = -(2**63)
    assert run(REDUCE, 0, [], [], []) == (0.0, 1.0, -np.inf, np.inf, 0, low, True, False)
    assert neutral("min", np.int32) == 2**31 - 1


def test_reduce_by_max_and_min_propagates_nan_and_integers_wrap() -> None:
    results = run(REDUCE, 3, [1.0, np.nan, 2.0], [2**63 - 1, 1, 0], [True] * 3)
    assert np.isnan(results[:4]).all()
    check(results[4], -(2**63), "int64")


@pytest.mark.parametrize(
    ("op", "x", "wanted"),
    [
        ("max", [1.0, 3.0, 3.0], 1),
        ("min", [1.0, 0.0, 0.0], 1),
        ("max", [1.0, np.nan, 3.0, np.nan], 1),
        ("min", [1.0, np.nan, -3.0], 1),
        ("max", [-np.inf], 0),
    ],
)
def test_argreduce_finds_the_first_extreme(op: str, x: list[float], wanted: int) -> None:
    text = f"""def f(n: i64, x: f64[n]) {{
      k: i64 = argreduce[op="{op}"](n) {{ (i: i64)
        xi: f64 = index(x, i)
        yield xi
      }}
      return k
    }}"""
    check(run(text, len(x), x)[0], wanted, "int64")


@pytest.mark.parametrize("reverse", [False, True])
def test_loop_carries_and_stacks_by_position(reverse: bool) -> None:
    text = f"""def f(n: i64, x: f64[n]) {{
      s: f64, ys: f64[n, n] = loop[reverse={str(reverse).lower()}](n, 0.5) {{ (i: i64, c: f64)
        xi: f64 = index(x, i)
        d: f64 = mul(c, xi)
        e: f64 = add(d, 1.0)
        row: f64[n] = map(n) {{ (j: i64)
          yield c
        }}
        yield e, row
      }}
      return s, ys
    }}"""
    x = np.array([2.0, -1.0, 0.25])
    c, rows = 0.5, np.empty((3, 3))
    for i in range(3)[:: -1 if reverse else 1]:
        rows[i] = c
        c = c * x[i] + 1.0
    s, ys = run(text, 3, x)
    check(s, c, "float64")
    check(ys, rows, "float64")
    s, ys = run(text, 0, [])
    check(s, 0.5, "float64")
    check(ys, np.zeros((0, 0)), "float64")


WHILE = """def f(x: f64, n: i64) {
  k: i64, y: f64, ys: f64[k, n] = while(x) { (a: f64)
    p: bool = lt(a, 10.0)
    yield p
  } { (i: i64, b: f64)
    c: f64 = mul(b, 2.0)
    row: f64[n] = map(n) { (j: i64)
      yield b
    }
    yield c, row
  }
  return k, y, ys
}"""


def test_while_counts_and_stacks() -> None:
    k, y, ys = run(WHILE, 1.5, 2)
    check(k, 3, "int64")
    check(y, 12.0, "float64")
    check(ys, [[1.5, 1.5], [3.0, 3.0], [6.0, 6.0]], "float64")
    k, y, ys = run(WHILE, 11.0, 2)
    check(k, 0, "int64")
    check(ys, np.zeros((0, 2)), "float64")


def test_carried_arrays_may_change_their_size() -> None:
    text = """def f(t: i64, n: i64, x: f64[n]) {
      m: i64, y: f64[m] = loop(t, n, x) { (i: i64, m0: i64, y0: f64[m0])
        m1: i64 = add(m0, 1)
        y1: f64[m1] = map(m1) { (j: i64)
          yield 1.0
        }
        yield m1, y1
      }
      return m, y
    }"""
    m, y = run(text, 2, 1, [7.0])
    check(m, 3, "int64")
    check(y, [1.0] * 3, "float64")


def test_only_the_taken_arm_runs() -> None:
    text = """def f(n: i64, x: f64[n], i: i64) {
      p: bool = lt(i, n)
      m: i64, y: f64[m], z: f64 = cond(p) {
        xi: f64 = index(x, i)
        yield n, x, xi
      } {
        e: f64[0] = map(0) { (j: i64)
          yield 0.0
        }
        yield 0, e, -1.0
      }
      return y, z
    }"""
    y, z = run(text, 2, [3.0, 4.0], 1)
    check(y, [3.0, 4.0], "float64")
    check(z, 4.0, "float64")
    y, z = run(text, 2, [3.0, 4.0], 5)
    check(y, np.zeros(0), "float64")
    check(z, -1.0, "float64")


def test_accumulators_are_added_to_and_bases_stay() -> None:
    text = """def f(n: i64, m: i64, A: f64[n, m], row: f64[m]) {
      B: f64[n, m], s: f64, t: i32, u: f64 = accum(A, 1.0, 5i32) { (r: ref f64[n, m], q: ref f64, w: ref i32)
        map(n) { (i: i64)
          upd(r, row, i)
          map(m) { (j: i64)
            upd(r, 0.5, i, j)
            upd(q, 2.0)
            upd(w, 2147483647i32)
          }
        }
        upd(r, A)
        yield 9.0
      }
      return B, s, t, u, A
    }"""
    A = np.array([[1.0, 2.0], [3.0, 4.0]])
    B, s, t, u, same = run(text, 2, 2, A, [10.0, 20.0])
    check(B, 2 * A + [10.0, 20.0] + 0.5, "float64")
    check(s, 9.0, "float64")
    check(t, np.int32(1), "int32")  # 5 + 4 (2^31 - 1) modulo 2^32
    check(u, 9.0, "float64")
    check(same, [[1.0, 2.0], [3.0, 4.0]], "float64")


# ---- equations without regions -------------------------------------------------------------------


def test_indexing_and_updates_of_elements_and_rows() -> None:
    text = """def f(n: i64, A: f32[n, 2], v: f32[2]) {
      e: f32 = index(A, 1, 0)
      r: f32[2] = index(A, 1)
      B: f32[n, 2] = update(A, 7.0f32, 0, 1)
      C: f32[n, 2] = update(B, v, 1)
      return e, r, C, A
    }"""
    A = np.array([[1, 2], [3, 4]], np.float32)
    e, r, C, same = run(text, 2, A, [8, 9])
    check(e, 3.0, "float32")
    check(r, [3.0, 4.0], "float32")
    check(C, [[1.0, 7.0], [8.0, 9.0]], "float32")
    check(same, A, "float32")


def test_reshape_is_row_major() -> None:
    text = """def f(x: f64[2, 3], z: f64[0, 3]) {
      y: f64[3, 2] = reshape(x, 3, 2)
      w: f64[6] = reshape(x, 6)
      e: f64[5, 0] = reshape(z, 5, 0)
      return y, w, e
    }"""
    x = np.arange(6.0).reshape(2, 3)
    y, w, e = run(text, x, np.zeros((0, 3)))
    check(y, [[0, 1], [2, 3], [4, 5]], "float64")
    check(w, x.ravel(), "float64")
    check(e, np.zeros((5, 0)), "float64")


def test_linear_algebra_keeps_types_and_empty_sizes() -> None:
    text = """def f(n: i64, A: f32[n, n], b: f32[n]) {
      C: f32[n, n] = matmul[ta=false, tb=true](A, A)
      L: f32[n, n] = cholesky(C)
      x: f32[n] = solve[ta=false](C, b)
      y: f32[n] = tri_solve[ta=false, upper=false](L, b)
      d: f32 = det(A)
      p: i64[n] = argsort(b)
      return C, L, x, y, d, p
    }"""
    A = np.array([[2.0, 1.0], [0.0, 3.0]], np.float32)
    C, L, x, y, d, p = run(text, 2, A, [1.0, -1.0])
    np.testing.assert_allclose(C, A @ A.T, rtol=1e-6)
    np.testing.assert_allclose(L @ L.T, C, rtol=1e-6)
    np.testing.assert_allclose(C @ x, [1.0, -1.0], rtol=1e-5)
    np.testing.assert_allclose(L @ y, [1.0, -1.0], rtol=1e-5)
    check(d, 6.0, "float32")
    check(p, [1, 0], "int64")
    for got in run(text, 0, np.zeros((0, 0)), []):
        assert np.size(got) == 0 or got == 1.0


def test_numbers_keep_their_type() -> None:
    text = """def f(a: i32, b: i64, x: f32) {
      c: i32 = add(a, 1i32)
      d: i64 = mul(b, 2)
      y: f32 = mul(x, 2.0f32)
      z: f32 = exp(y)
      p: bool = lt(x, y)
      q: bool = not(p)
      k: i64 = convert[to=i64](x)
      return c, d, y, z, p, q, k
    }"""
    results = run(text, 2**31 - 1, 2**62, 1e38)
    dtypes = ["int32", "int64", "float32", "float32", "bool", "bool", "int64"]
    for got, value, dtype in zip(
        results,
        [-(2**31), -(2**63), np.float32(2e38), np.inf, True, False, 2**63 - 1],
        dtypes,
        strict=True,
    ):
        check(got, value, dtype)


# ---- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line", ["y: f64 = index(x, i)", "y: f64[n] = update(x, 0.0, i)", "upd(r, 0.0, i)"]
)
@pytest.mark.parametrize("i", [-1, 2, 2**40])
def test_indices_out_of_range_are_errors_with_a_place(line: str, i: int) -> None:
    text = f"""def f(n: i64, x: f64[n], i: i64) {{
      a: f64[n] = accum(x) {{ (r: ref f64[n])
        {line}
      }}
      return a
    }}"""
    with pytest.raises(BoundsError) as caught:
        run(text, 2, [1.0, 2.0], i)
    assert caught.value.span is not None
    assert caught.value.span.text == line
    assert f"index {i} " in caught.value.diagnostics[0].title


@pytest.mark.parametrize(
    ("line", "kind", "also"),
    [
        ("y: i64 = floordiv(k, 0)", DivisionError, ZeroDivisionError),
        ("y: i64 = mod(k, 0)", DivisionError, ZeroDivisionError),
        ("y: i64 = powi(k, -1)", EvaluationError, EvaluationError),
        ("y: i64 = convert[to=i64](nan)", EvaluationError, EvaluationError),
        ("y: f64[2, 2] = cholesky(A)", EvaluationError, np.linalg.LinAlgError),
        ("y: f64[2, 2] = solve(A, A)", EvaluationError, np.linalg.LinAlgError),
    ],
)
def test_points_without_a_value_are_errors_with_a_place(
    line: str, kind: type[EvaluationError], also: type[Exception]
) -> None:
    with pytest.raises(kind) as caught:
        run(f"def f(k: i64, A: f64[2, 2]) {{\n  {line}\n return y\n}}", 3, np.zeros((2, 2)))
    assert isinstance(caught.value, also)
    assert caught.value.span is not None
    assert caught.value.span.text == line


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ShapeError", ShapeError),
        ("AssertionFailure", AssertionFailure),
        ("LinAlgError", np.linalg.LinAlgError),
    ],
)
def test_a_failed_check_raises_what_it_names(name: str, kind: type[Exception]) -> None:
    text = f"""def f(n: i64, x: f64) {{
      p: bool = eq(n, 3)
      assert[code="E0698", error="{name}", text="sizes {{0}}, {{1}}; {{2}} {{x}}"](p, n, x)
      return x
    }}"""
    run(text, 3, 1.5)
    with pytest.raises(kind) as caught:
        run(text, 4, 1.5)
    assert caught.value.code == "E0698"
    assert caught.value.diagnostics[0].title == "sizes 4, 1.5; {2} {x}"
    assert caught.value.span.line == 3


RECURSION = """def f(k: i64) {
  p: bool = le(k, 0)
  r: i64 = cond(p) {
    yield 0
  } {
    l: i64 = sub(k, 1)
    s: i64 = loop(1, 0) { (i: i64, c: i64)
      t: i64 = call[callee="f"](l)
      u: i64 = add(t, 1)
      yield u
    }
    yield s
  }
  return r
}"""


def test_recursion_is_as_deep_as_allowed_and_no_deeper() -> None:
    check(run(RECURSION, 9_999)[0], 9_999, "int64")
    with pytest.raises(EvaluationError, match="deeper than 10000"):
        run(RECURSION, 10_000)
    with pytest.raises(EvaluationError, match="deeper than 10") as caught:
        run(RECURSION, 2**60, depth_limit=10)
    assert caught.value.span is not None
    assert caught.value.span.text.startswith("t: i64 = call")
    check(run(RECURSION, 30_000, depth_limit=30_001)[0], 30_000, "int64")


def test_an_evaluator_may_be_used_again_also_after_an_error() -> None:
    evaluator = Evaluator(parse_module(RECURSION), TABLE, depth_limit=100)
    with pytest.raises(EvaluationError):
        evaluator.run("f", [1000])
    assert evaluator.run("f", [99]) == (99,)


def test_misuse_is_an_internal_error() -> None:
    module = parse_module("def f(x: f64) { return x }\nrequest g = grad f wrt (0)")
    with pytest.raises(InternalError, match="takes 1 arguments"):
        evaluate(module, "f", [], TABLE)
    calling = parse_module(
        'def f(x: f64) { y: f64 = call[callee="g"](x) return y } def h(x: f64) { return x }\n'
        "request g = grad h wrt (0)"
    )
    with pytest.raises(InternalError, match="no such function"):
        evaluate(calling, "f", [1.0], TABLE)


def test_a_map_of_ten_thousand_elements_is_quick_enough() -> None:
    lines = "".join(f"y{k + 1}: f64 = add(y{k}, 0.5)\n" for k in range(20))
    text = f"""def f(n: i64, x: f64[n]) {{
      y: f64[n] = map(n) {{ (i: i64)
        y0: f64 = index(x, i)
        {lines}
        yield y20
      }}
      return y
    }}"""
    module = parse_module(text)
    start = time.process_time()
    (y,) = evaluate(module, "f", (10_000, np.zeros(10_000)), TABLE)
    assert time.process_time() - start < 5.0  # 0.4 s on an idle core of 2024
    check(y, np.full(10_000, 10.0), "float64")
