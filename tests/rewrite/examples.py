"""For every rule a program where it fires and one, as near as can be, where it must not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    rule: str
    fires: str
    must_not: str


def map_over(extent: str, body: str, result: str, name: str = "z", i: str = "i") -> str:
    return f"{name}: f64[{extent}] = map({extent}) {{ ({i}: i64)\n{body}\nyield {result}\n}}\n"


ACCUM = "zero: f64[n] = map(n) { (o: i64) yield 0.0 }\n"

EXAMPLES = (
    # folding
    Example(
        "fold_constants",
        "a: f64 = mul(2.0, 3.0) return a",
        "a: i64 = floordiv(1, 0) return a",  # an error stays an error
    ),
    # algebra
    Example("neutral_operand", "a: f64 = mul(s, 1.0) return a", "a: f64 = mul(s, -1.0) return a"),
    Example(
        "add_zero",
        "a: f64 = abs(s) b: f64 = add(a, 0.0) return b",
        "b: f64 = add(s, 0.0) return b",  # -0 + 0 is 0
    ),
    Example(
        "neg_neg",
        "a: f64 = neg(s) b: f64 = neg(a) return b",
        "a: f64 = sub(s, t) b: f64 = neg(a) return b",
    ),
    Example(
        "times_minus_one", "a: f64 = div(s, -1.0) return a", "a: f64 = div(-1.0, s) return a"
    ),
    Example(
        "add_neg",
        "a: f64 = neg(s) b: f64 = add(a, t) return b",
        "a: f64 = abs(s) b: f64 = add(a, t) return b",
    ),
    Example(
        "sub_neg",
        "a: f64 = neg(s) b: f64 = sub(t, a) return b",
        "a: f64 = neg(s) b: f64 = sub(a, t) return b",
    ),
    Example("zero_minus", "a: f64 = sub(-0.0, s) return a", "a: f64 = sub(0.0, s) return a"),
    Example(
        "neg_times_neg",
        "a: f64 = neg(s) b: f64 = neg(t) c: f64 = div(a, b) return c",
        "a: f64 = neg(s) c: f64 = div(a, t) return c",
    ),
    Example(
        "neg_times_literal",
        "a: f64 = neg(s) b: f64 = mul(a, 3.0) return b",
        "a: f64 = neg(s) b: f64 = mul(a, t) return b",
    ),
    Example(
        "neg_of_product",
        "a: f64 = mul(s, 3.0) b: f64 = neg(a) return b",
        "a: f64 = mul(s, 3.0) b: f64 = neg(a) c: f64 = add(a, b) return c",
    ),
    Example(
        "even_of_neg",
        "a: f64 = neg(s) b: f64 = cosh(a) return b",
        "a: f64 = neg(s) b: f64 = sinh(a) return b",
    ),
    Example(
        "div_by_power_of_two", "a: f64 = div(s, 8.0) return a", "a: f64 = div(s, 3.0) return a"
    ),
    Example("powi_literal", "a: f64 = powi(s, 5) return a", "a: f64 = powi(s, k) return a"),
    Example("powi_small", "a: f64 = powi(s, -1) return a", "a: f64 = powi(s, -2) return a"),
    Example("idempotent", "a: f64 = max(s, s) return a", "a: f64 = max(s, t) return a"),
    Example("absorbing", "a: bool = and(p, false) return a", "a: bool = or(p, false) return a"),
    Example(
        "not_not",
        "a: bool = not(p) b: bool = not(a) return b",
        "a: bool = and(p, q) b: bool = not(a) return b",
    ),
    Example(
        "not_comparison",
        "a: bool = lt(k, n) b: bool = not(a) return b",
        "a: bool = lt(s, t) b: bool = not(a) return b",  # NaN
    ),
    Example(
        "select_known", "a: f64 = select(true, s, t) return a", "a: f64 = select(p, s, t) return a"
    ),
    Example(
        "select_not",
        "a: bool = not(p) b: f64 = select(a, s, t) return b",
        "a: bool = and(p, q) b: f64 = select(a, s, t) return b",
    ),
    Example(
        "select_of_truths",
        "a: bool = select(p, q, false) return a",
        "a: bool = select(p, q, true) return a",
    ),
    Example(
        "select_same_choice",
        "a: f64 = select(p, s, t) b: f64 = select(p, a, 2.0) return b",
        "a: f64 = select(q, s, t) b: f64 = select(p, a, 2.0) return b",
    ),
    Example(
        "convert_to_same",
        "a: f64 = convert[to=f64](s) return a",
        "a: f64 = convert[to=f64](k) return a",
    ),
    # integers
    Example(
        "ring_normal_form",
        "a: i64 = add(k, n) b: i64 = sub(a, n) return b",
        "a: i64 = max(k, n) b: i64 = sub(a, n) return b",
    ),
    Example(
        "known_comparison",
        "a: f64 = reduce[ops=(\"add\",)](n) { (i: i64) c: bool = lt(i, n) "
        "d: f64 = select(c, s, t) yield d } return a",
        "a: bool = lt(k, n) return a",
    ),
    Example(
        "known_extremum",
        "a: i64 = max(n, 0) return a",
        "a: i64 = max(k, 0) return a",
    ),
    Example(
        "known_clamp",
        "a: f64 = reduce[ops=(\"add\",)](n) { (i: i64) c: i64 = clamp(i, 0, n) "
        "d: f64 = convert[to=f64](c) yield d } return a",
        "a: i64 = clamp(k, 0, n) return a",
    ),
    Example(
        "known_quotient",
        "a: f64 = reduce[ops=(\"add\",)](m, n) { (i: i64, j: i64) c: i64 = mul(i, n) e: i64 = add(c, j) "
        "g: i64 = floordiv(e, n) d: f64 = convert[to=f64](g) yield d } return a",
        "a: f64 = reduce[ops=(\"add\",)](m, n) { (i: i64, j: i64) c: i64 = mul(i, n) e: i64 = sub(c, j) "
        "h: i64 = add(n, 1) g: i64 = floordiv(e, h) d: f64 = convert[to=f64](g) yield d } return a",
    ),
    # control
    Example(
        "cond_known",
        "a: f64 = cond(p) { b: f64 = cond(p) { yield s } { yield t } yield b } { yield 1.0 } return a",
        "a: f64 = cond(p) { b: f64 = cond(q) { yield s } { yield t } yield b } { yield 1.0 } return a",
    ),
    Example(
        "cond_not",
        "a: bool = not(p) b: f64 = cond(a) { yield s } { yield t } return b",
        "a: bool = and(p, q) b: f64 = cond(a) { yield s } { yield t } return b",
    ),
    Example(
        "cond_same_results",
        "a: f64, b: f64 = cond(p) { c: f64 = exp(s) yield t, c } { yield t, 1.0 } return a, b",
        "a: f64 = cond(p) { yield 0.0 } { yield -0.0 } return a",
    ),
    Example(
        "cond_to_logic",
        "c: bool = lt(s, t) a: bool = cond(c) { b: bool = lt(t, 2.0) yield b } { yield false } return a",
        # the check that the branch stands for
        "c: bool = lt(k, 2) a: bool = cond(c) { e: f64 = index(x, k) b: bool = lt(e, t) yield b } "
        "{ yield false } return a",
    ),
    Example(
        "loop_never",
        "a: f64 = loop(0, s) { (i: i64, u: f64) v: f64 = add(u, t) yield v } return a",
        "a: f64 = loop(n, s) { (i: i64, u: f64) v: f64 = add(u, t) yield v } return a",
    ),
    Example(
        "loop_once",
        "a: f64, w: f64[1] = loop(1, s) { (i: i64, u: f64) v: f64 = add(u, t) yield v, u } return a, w",
        "a: f64 = loop(2, s) { (i: i64, u: f64) v: f64 = add(u, t) yield v } return a",
    ),
    Example(
        "loop_invariant_carry",
        "a: f64, b: f64 = loop(n, s, t) { (i: i64, u: f64, w: f64) v: f64 = add(u, w) yield v, w } return a, b",
        "a: f64, b: f64 = loop(n, s, t) { (i: i64, u: f64, w: f64) yield w, u } return a, b",
    ),
    Example(
        "reduce_unit_extent",
        "a: f64 = reduce[ops=(\"add\",)](1, n) { (i: i64, j: i64) u: f64 = index(x, j) yield u } return a",
        "a: f64 = reduce[ops=(\"add\",)](n) { (j: i64) u: f64 = index(x, j) yield u } return a",
    ),
    Example(
        "reduce_zeros",
        "a: f64 = reduce[ops=(\"add\",)](n) { (j: i64) yield 0.0 } return a",
        "a: f64 = reduce[ops=(\"add\",)](n) { (j: i64) yield -0.0 } return a",
    ),
    Example(
        "assert_known",
        'assert[code="E0606", error="EvaluationError", text=""](p)\n'
        'assert[code="E0606", error="EvaluationError", text=""](p)\nreturn s',
        'assert[code="E0606", error="EvaluationError", text=""](p)\n'
        'assert[code="E0606", error="EvaluationError", text=""](q)\nreturn s',
    ),
    Example(
        "stop_gradient_last",
        "a: f64 = stop_gradient(s) return a",
        "a: f64 = neg(s) return a",
    ),
    # arrays
    Example(
        "index_of_index",
        "r: f64[n] = index(A, k) a: f64 = index(r, 0) return a",
        "r: f64[n] = update(x, s, k) a: f64 = index(r, 0) return a",
    ),
    Example(
        "index_of_update",
        "a: f64 = reduce[ops=(\"add\",)](n) { (i: i64) u: f64[n] = update(x, s, i) v: f64 = index(u, i) yield v } return a",
        # nobody knows whether k is in range, and the check must stay
        "u: f64[n] = update(x, s, k) a: f64 = index(u, k) return a",
    ),
    Example(
        "update_of_update",
        "u: f64[n] = update(x, s, k) v: f64[n] = update(u, t, k) return v",
        "u: f64[n] = update(x, s, k) v: f64[n] = update(u, t, 0) return v",
    ),
    Example(
        "reshape_same",
        "u: f64[n] = reshape(x, n) return u",
        "u: f64[n, 1] = reshape(x, n, 1) return u",
    ),
    Example(
        "reshape_of_reshape",
        "c: i64 = mul(m, n) u: f64[c] = reshape(A, c) v: f64[n, m] = reshape(u, n, m) return v",
        "v: f64[n, m] = reshape(A, n, m) return v",
    ),
    Example(
        "index_of_reshape",
        "u: f64[n, 1] = reshape(x, n, 1) z: f64[n] = map(n) { (i: i64) v: f64 = index(u, i, 0) yield v } return z",
        "u: f64[n, 1] = reshape(x, n, 1) v: f64 = index(u, k, 0) return v",
    ),
    Example(
        "index_of_cond",
        "u: f64[n] = cond(p) { yield x } { yield y } v: f64 = index(u, k) return v",
        "u: f64[n] = cond(p) { w: f64[n] = update(x, s, k) yield w } { yield y } v: f64 = index(u, k) return v",
    ),
    Example(
        "map_identity",
        map_over("n", "v: f64 = index(x, i)", "v") + "return z",
        "z: f64[m] = map(m) { (i: i64) v: f64 = index(x, i) yield v } return z",
    ),
    Example(
        "map_perfect_nest",
        "z: f64[m, n] = map(m) { (i: i64) w: f64[n] = map(n) { (j: i64) v: f64 = index(A, i, j) "
        "u: f64 = neg(v) yield u } yield w } return z",
        "z: f64[m, n] = map(m) { (i: i64) c: f64 = exp(s) w: f64[n] = map(n) { (j: i64) v: f64 = index(A, i, j) "
        "u: f64 = mul(c, v) yield u } yield w } return z",
    ),
    # fusion
    Example(
        "index_of_map",
        map_over("n", "v: f64 = index(x, i)\nw: f64 = neg(v)", "w")
        + "a: f64 = reduce[ops=(\"add\",)](n) { (j: i64) u: f64 = index(z, j) yield u } return a",
        # dear, and read twice for each element
        map_over("n", "v: f64 = index(x, i)\nw: f64 = exp(v)", "w")
        + "a: f64 = reduce[ops=(\"add\",)](m, n) { (l: i64, j: i64) u: f64 = index(z, j) yield u } return a",
    ),
    Example(
        "index_of_map_sibling",
        "z: f64[n], w: f64[n] = map(n) { (i: i64) v: f64 = index(x, i) e: f64 = exp(v) g: f64 = neg(e) yield e, g }\n"
        "a: f64 = reduce[ops=(\"add\",)](n) { (j: i64) u: f64 = index(w, j) yield u } return a, z",
        "z: f64[n], w: f64[n] = map(n) { (i: i64) v: f64 = index(x, i) e: f64 = exp(v) g: f64 = sin(v) yield e, g }\n"
        "a: f64 = reduce[ops=(\"add\",)](n) { (j: i64) u: f64 = index(w, j) yield u } return a, z",
    ),
    Example(
        "unflatten",
        "c: i64 = mul(m, n) z: f64[c] = map(c) { (l: i64) i: i64 = floordiv(l, n) j: i64 = mod(l, n) "
        "v: f64 = index(A, i, j) u: f64 = neg(v) yield u } return z",
        # no rows of equal length
        "c: i64 = add(m, n) z: f64[c] = map(c) { (l: i64) j: i64 = mod(l, n) v: f64 = index(x, j) yield v } return z",
    ),
    # sharing
    Example(
        "share",
        "a: f64 = add(s, t) b: f64 = cond(p) { c: f64 = add(t, s) yield c } { yield s } return a, b",
        # computed in one branch only
        "b: f64 = cond(p) { c: f64 = add(t, s) yield c } { yield s } a: f64 = add(s, t) return a, b",
    ),
    Example(
        "join_siblings",
        'a: f64 = reduce[ops=("add",)](n) { (i: i64) u: f64 = index(x, i) yield u }\n'
        'b: f64 = reduce[ops=("max",)](n) { (j: i64) v: f64 = index(x, j) yield v }\nreturn a, b',
        'a: f64 = reduce[ops=("add",)](n) { (i: i64) u: f64 = index(x, i) yield u }\n'
        'b: f64 = reduce[ops=("max",)](n) { (j: i64) v: f64 = index(x, j) w: f64 = mul(v, a) yield w }\nreturn b',
    ),
    # motion
    Example(
        "licm",
        map_over("n", "c: f64 = exp(s)\nv: f64 = index(x, i)\nw: f64 = mul(c, v)", "w") + "return z",
        # may fail, and of no elements none does
        map_over("n", "c: f64 = index(y, k)\nv: f64 = index(x, i)\nw: f64 = mul(c, v)", "w") + "return z",
    ),
    Example("dce", "a: f64 = exp(s) b: f64 = exp(t) return b", "b: f64 = exp(t) return b"),
    # accumulators
    Example(
        "accum_untouched",
        "z: f64[n] = accum(x) { (r: ref f64[n]) } return z",
        "z: f64 = accum(s) { (r: ref f64) upd(r, t) } return z",
    ),
    Example(
        "accum_float",
        "z: f64 = accum(s) { (r: ref f64) c: f64 = exp(t) upd(r, c) } return z",
        "z: f64 = accum(s) { (r: ref f64) upd(r, t) } return z",
    ),
    Example(
        "accum_chain",
        "z: f64[n] = accum(x) { (r: ref f64[n]) upd(r, s, 0) } w: f64[n] = accum(z) { (r2: ref f64[n]) upd(r2, t, k) } return w",
        "z: f64[n] = accum(x) { (r: ref f64[n]) upd(r, s, 0) } w: f64[n] = accum(z) { (r2: ref f64[n]) upd(r2, t, k) } return w, z",
    ),
    Example(
        "accum_of_cond",
        "z: f64[n], w: f64 = accum(x) { (r: ref f64[n]) c: f64 = cond(p) { upd(r, s, 0) yield s } { upd(r, y) yield t } "
        "yield c } return z, w",
        "z: f64[n] = accum(x) { (r: ref f64[n]) upd(r, y) cond(p) { upd(r, s, 0) } { } } return z",
    ),
    Example(
        "accum_to_value",
        "z: f64[n] = accum(x) { (r: ref f64[n]) map(n) { (i: i64) u: f64 = index(y, i) upd(r, u, i) } } return z",
        # where i goes depends on data
        "z: f64[n] = accum(x) { (r: ref f64[n]) map(n) { (i: i64) u: f64 = index(y, i) c: bool = lt(u, 0.0) "
        "g: i64 = select(c, 0, i) upd(r, u, g) } } return z",
    ),
    Example(
        "upd_invariant",
        "z: f64[n], w: f64[n] = accum(x, y) { (r: ref f64[n], r2: ref f64[n]) map(n) { (i: i64) map(m) { (j: i64) "
        "u: f64 = index(A, j, i) upd(r, u, i) } } } return z, w",
        "z: f64[n] = accum(x) { (r: ref f64[n]) map(n) { (i: i64) map(m) { (j: i64) "
        "u: f64 = index(A, j, i) upd(r, u, j) } } } return z",
    ),
    Example(
        "upd_zero",
        "z: f64 = accum(s) { (r: ref f64) upd(r, 0.0) } return z",
        "z: f64[n] = accum(x) { (r: ref f64[n]) upd(r, 0.0, k) } return z",
    ),
    Example(
        "upd_of_map",
        "z: f64[m, n] = accum(A) { (r: ref f64[m, n]) map(m) { (i: i64) v: f64[n] = map(n) { (j: i64) u: f64 = index(x, j) "
        "yield u } upd(r, v, i) } } return z",
        "z: f64[m, n] = accum(A) { (r: ref f64[m, n]) map(m) { (i: i64) upd(r, x, i) } } return z",
    ),
)
