"""Accumulators become maps, sums, carried values and updates, and stay where they must."""

from __future__ import annotations

from collections import Counter

import pytest

from adc.ir.core import Module
from adc.ir.walk import equations_within
from adc.rewrite.scope import Options
from adc.rewrite.strategies import default
from tests.rewrite.checking import arguments, close, outcome, program, rewritten

ZERO = "zero: f64[n] = map(n) { (o: i64) yield 0.0 }\n"
ZEROS = ZERO + "zeros: f64[m, n] = map(m, n) { (o1: i64, o2: i64) yield 0.0 }\n"
SIZES = [(0, 3, 4), (1, 1, 1), (2, 4, 2), (3, 2, 0), (4, 0, 3)]


def ops(module: Module) -> Counter[str]:
    return Counter(e.op for e in equations_within(module.functions["f"].block))


def optimised(body: str, *, pure: bool = False) -> Module:
    """The program after the default schedule; its values are the same."""
    before = program(body)
    after, _ = rewritten(before, default, options=Options(pure=pure))
    for seed, m, n in SIZES:
        args = arguments(seed, m, n)
        expected = outcome(before, args)
        if expected is not None:
            found = outcome(after, args)
            assert found is not None
            assert all(map(close, expected, found))
    return after


GONE = {
    "own index": ZERO + "g: f64[n] = accum(zero) { (r: ref f64[n]) map(n) { (i: i64) u: f64 = index(x, i) "
    "v: f64 = mul(u, s) upd(r, v, i) } } return g",
    "a base": "g: f64[n] = accum(y) { (r: ref f64[n]) map(n) { (i: i64) u: f64 = index(x, i) upd(r, u, i) } } return g",
    "a transpose": "g: f64[m, n] = accum(A) { (r: ref f64[m, n]) map(n, m) { (j: i64, i: i64) u: f64 = index(x, j) "
    "upd(r, u, i, j) } } return g",
    "nested maps in the other order": "g: f64[m, n] = accum(A) { (r: ref f64[m, n]) map(n) { (j: i64) u: f64 = index(x, j) "
    "e: f64 = exp(u) map(m) { (i: i64) upd(r, e, i, j) } } } return g",
    "a sum": "g: f64 = accum(s) { (r: ref f64) map(n) { (i: i64) u: f64 = index(x, i) upd(r, u) } } return g",
    "a sum in a branch": "g: f64 = accum(s) { (r: ref f64) map(n) { (i: i64) u: f64 = index(x, i) c: bool = lt(u, t) "
    "cond(c) { upd(r, u) } { } } } return g",
    "sums of rows": ZERO + "g: f64[m] = map(m) { (k0: i64) yield 0.0 } h: f64[m] = accum(g) { (r: ref f64[m]) map(m, n) "
    "{ (i: i64, j: i64) u: f64 = index(A, i, j) upd(r, u, i) } } return h",
    "sums of columns": ZERO + "h: f64[n] = accum(zero) { (r: ref f64[n]) map(m) { (i: i64) map(n) { (j: i64) "
    "u: f64 = index(A, i, j) upd(r, u, j) } } } return h",
    "a matrix and a vector": ZEROS + "g: f64[m, n], h: f64[n] = accum(zeros, zero) { (r: ref f64[m, n], q1: ref f64[n]) "
    "map(m) { (i: i64) map(n) { (j: i64) u: f64 = index(A, i, j) w: f64 = index(x, j) upd(r, w, i, j) upd(q1, u, j) } } } "
    "return g, h",
    "a stencil": ZERO + "l: i64 = sub(n, 1) l1: i64 = max(l, 0) g: f64[n] = accum(zero) { (r: ref f64[n]) map(l1) { (i: i64) "
    "u: f64 = index(x, i) j: i64 = add(i, 1) upd(r, u, i) v: f64 = mul(u, s) upd(r, v, j) } } return g",
    "reversed": "g: f64[n] = accum(y) { (r: ref f64[n]) map(n) { (i: i64) u: f64 = index(x, i) l: i64 = sub(n, 1) "
    "j: i64 = sub(l, i) upd(r, u, j) } } return g",
    "single places": "g: f64[n] = accum(y) { (r: ref f64[n]) upd(r, s, 0) upd(r, t, k) upd(r, s, 0) } return g",
    "a place and a map": ZERO + "g: f64[n] = accum(zero) { (r: ref f64[n]) upd(r, s, 0) map(n) { (i: i64) "
    "u: f64 = index(x, i) upd(r, u, i) } } return g",
    "two maps": "g: f64[n] = accum(y) { (r: ref f64[n]) map(n) { (i: i64) u: f64 = index(x, i) upd(r, u, i) } "
    "map(n) { (j: i64) w: f64 = index(x, j) v: f64 = exp(w) upd(r, v, j) } } return g",
    "two accumulations": "g: f64[n] = accum(y) { (r: ref f64[n]) map(n) { (i: i64) u: f64 = index(x, i) upd(r, u, i) } } "
    "h: f64[n] = accum(g) { (q1: ref f64[n]) map(n) { (j: i64) upd(q1, s, j) } } return h",
    "a whole array": "g: f64[n] = accum(y) { (r: ref f64[n]) upd(r, x) } return g",
    "rows": "g: f64[m, n] = accum(A) { (r: ref f64[m, n]) map(m) { (i: i64) upd(r, x, i) } } return g",
    "a loop over its own index": "g: f64[n], e: f64 = accum(y, s) { (r: ref f64[n], q1: ref f64) b: f64 = "
    "loop[reverse=true](n, t) { (i: i64, c: f64) u: f64 = index(x, i) v: f64 = mul(c, u) upd(r, v, i) upd(q1, u) "
    "yield v } yield b } return g".replace("g: f64[n], e: f64", "g: f64[n], e: f64, z: f64"),
    "a sum in a loop": "g: f64 = accum(s) { (r: ref f64) b: f64 = loop(n, t) { (i: i64, c: f64) u: f64 = index(x, i) "
    "v: f64 = sin(c) upd(r, v) w: f64 = add(v, u) yield w } } return g",
    "a branch around": "g: f64[n] = accum(y) { (r: ref f64[n]) cond(p) { } { upd(r, x) upd(r, s, k) } } return g",
    "a sum in a while": "g: f64 = accum(s) { (r: ref f64) c: i64, b: f64 = while(t) { (u: f64) z: f64 = abs(u) "
    "a: bool = gt(z, 0.1) yield a } { (i: i64, w: f64) upd(r, w) h: f64 = mul(w, 0.5) yield h } } return g",
}


@pytest.mark.parametrize("name", GONE)
def test_the_accumulator_goes(name: str) -> None:
    left = ops(optimised(GONE[name]))
    assert left["accum"] == 0
    assert left["upd"] == 0


@pytest.mark.parametrize("name", GONE)
def test_it_goes_in_printable_programs_too(name: str) -> None:
    assert ops(optimised(GONE[name], pure=True))["upd"] == 0


SCATTER = (
    "p1: i64 = mul(i, i) p2: i64 = sub(n, 1) p3: i64 = min(p1, p2) a: i64 = max(p3, 0) "  # where it goes depends
)
STAYS = {
    "a scatter": "g: f64[n] = accum(y) { (r: ref f64[n]) map(n) { (i: i64) u: f64 = index(x, i) "
    + SCATTER
    + "upd(r, u, a) } } return g",
    "a diagonal": "g: f64[n, n] = map(n, n) { (o: i64, o1: i64) yield 0.0 } h: f64[n, n] = accum(g) { (r: ref f64[n, n]) "
    "map(n) { (i: i64) u: f64 = index(x, i) upd(r, u, i, i) } } return h",
    "a place that a check guards": "g: f64[n] = accum(y) { (r: ref f64[n]) map(m) { (i: i64) u: f64 = index(A, i, 0) "
    "upd(r, u, i) } } return g",
}


@pytest.mark.parametrize("name", STAYS)
def test_the_accumulator_stays(name: str) -> None:
    assert ops(optimised(STAYS[name]))["upd"] == 1


MIXED = (
    ZERO
    + "g: f64[n], h: f64[n] = accum(zero, zero) { (r: ref f64[n], q1: ref f64[n]) map(n) { (i: i64) u: f64 = index(x, i) "
    "v: f64 = exp(u) upd(r, v, i) " + SCATTER + "upd(q1, v, a) } } return g, h"
)


def test_a_direct_accumulator_leaves_through_the_yields() -> None:
    left = ops(optimised(MIXED))
    assert left["upd"] == 1
    assert left["exp"] == 1


def test_it_does_not_where_the_program_is_to_be_printed() -> None:
    after = optimised(MIXED, pure=True)
    assert ops(after)["upd"] == 2
    (accum,) = (e for e in equations_within(after.functions["f"].block) if e.op == "accum")
    assert accum.regions[0].results == ()


def test_a_dear_term_is_not_made_again_for_a_sum_of_columns() -> None:
    """Interchanging the loops would take the exponential once for every element of the row."""
    body = (
        ZERO + "h: f64[n] = accum(zero) { (r: ref f64[n]) map(m) { (i: i64) w: f64 = index(A, i, 0) e: f64 = exp(w) "
        "map(n) { (j: i64) u: f64 = index(A, i, j) v: f64 = mul(e, u) upd(r, v, j) } } } return h"
    )
    left = ops(optimised(body))
    assert left["upd"] == 1


def test_the_gradient_of_a_stencil_is_a_stencil() -> None:
    left = ops(optimised(GONE["a stencil"]))
    assert left["map"] == 1
    assert left["cond"] <= 2


def test_a_place_that_is_out_of_range_stays_an_error() -> None:
    body = "g: f64[n] = accum(y) { (r: ref f64[n]) upd(r, s, k) } return g"
    before = program(body)
    after, _ = rewritten(before, default)
    m, n, s, t, _, *rest = arguments()
    assert outcome(before, (m, n, s, t, 7, *rest)) is None
    assert outcome(after, (m, n, s, t, 7, *rest)) is None


def test_no_error_appears_in_a_loop_without_steps() -> None:
    body = (
        "h: i64 = sub(n, n) g: f64[n] = accum(y) { (r: ref f64[n]) map(h) { (i: i64) map(h) { (j: i64) "
        "upd(r, s, k) } } } return g"
    )
    before = program(body)
    after, _ = rewritten(before, default)
    m, n, s, t, _, *rest = arguments()
    args = (m, n, s, t, 7, *rest)
    assert outcome(before, args) is not None
    assert outcome(after, args) is not None
