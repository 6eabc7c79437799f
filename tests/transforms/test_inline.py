"""Inlining keeps values, stops at recursion, at `keep` and at its budget."""

from __future__ import annotations

from adc.ir.core import Function, Module
from adc.ir.parser import parse_module
from adc.ir.verify import verify
from adc.ir.walk import equations_within
from adc.prims.catalog import TABLE
from adc.reference.evaluate import evaluate
from adc.transforms.inline import SMALL, callees, inline_calls, remove_unreachable


def inlined(text: str, *entries: str, before_derivatives: bool = True) -> Module:
    module = parse_module(text)
    verify(module, TABLE)
    after = inline_calls(module, TABLE.infer, entries, before_derivatives=before_derivatives)
    verify(after, TABLE)
    return after


def size(f: Function) -> int:
    return sum(1 for _ in equations_within(f.block))


def calls(module: Module, name: str) -> list[str]:
    return sorted(callees(module.functions[name]))


SQUARE = "def square(x: f64) {\ny: f64 = mul(x, x)\nreturn y\n}\n"


def test_a_small_function_takes_the_place_of_its_calls() -> None:
    text = (
        SQUARE
        + """
def f(x: f64) {
  a: f64 = call[callee="square"](x)
  b: f64 = call[callee="square"](a)
  return b
}
"""
    )
    after = inlined(text, "f")
    assert calls(after, "f") == []
    assert evaluate(after, "f", (3.0,), TABLE) == (81.0,)


def test_calls_in_regions_are_seen() -> None:
    text = (
        SQUARE
        + """
def f(n: i64, x: f64[n]) {
  s: f64 = reduce[ops=("add",)](n) { (i: i64)
    u: f64 = index(x, i)
    v: f64 = call[callee="square"](u)
    yield v
  }
  return s
}
"""
    )
    after = inlined(text, "f")
    assert calls(after, "f") == []
    assert evaluate(after, "f", (3, [1.0, 2.0, 3.0]), TABLE) == (14.0,)


def test_sizes_that_the_callee_computes_stand_for_the_callers() -> None:
    text = """
def rows(n: i64, x: f64[n, n]) {
  k: i64 = sub(n, 1)
  y: f64[k, n] = map(k) { (i: i64)
    r: f64[n] = index(x, i)
    yield r
  }
  return k, y
}
def f(n: i64, x: f64[n, n]) {
  k: i64, y: f64[k, n] = call[callee="rows"](n, x)
  r: f64[n] = index(y, 0)
  z: f64[k, n] = update(y, r, 0)
  return k, z
}
"""
    after = inlined(text, "f")
    assert calls(after, "f") == []


def test_recursive_functions_stay() -> None:
    text = """
def g(k: i64, x: f64) {
  p: bool = le(k, 0)
  y: f64 = cond(p) {
    yield x
  } {
    j: i64 = sub(k, 1)
    a: f64 = call[callee="h"](j, x)
    yield a
  }
  return y
}
def h(k: i64, x: f64) {
  y: f64 = call[callee="g"](k, x)
  z: f64 = mul(y, 2.0)
  return z
}
def f(x: f64) {
  y: f64 = call[callee="g"](3, x)
  return y
}
"""
    after = inlined(text, "f")
    assert calls(after, "f") == ["g"]
    assert evaluate(after, "f", (1.0,), TABLE) == (8.0,)


def test_kept_functions_stay_until_derivatives_are_taken() -> None:
    text = "keep " + SQUARE + 'def f(x: f64) {\na: f64 = call[callee="square"](x)\nreturn a\n}\n'
    assert calls(inlined(text, "f"), "f") == ["square"]
    assert calls(inlined(text, "f", before_derivatives=False), "f") == []


def test_functions_with_an_own_rule_stay_until_derivatives_are_taken() -> None:
    text = (
        SQUARE
        + "def square.d(x: f64, dx: f64) {\nd: f64 = mul(x, dx)\nreturn d\n}\n"
        + 'def f(x: f64) {\na: f64 = call[callee="square"](x)\nreturn a\n}\n'
        + "rule square = derivative square.d\n"
    )
    assert calls(inlined(text, "f"), "f") == ["square"]
    assert calls(inlined(text, "f", before_derivatives=False), "f") == []


def doubling(depth: int) -> str:
    """f0 has ten equations; every further function calls the one before it twice."""
    lines = [
        "def f0(x: f64) {",
        *(f"y{k}: f64 = sin({'x' if k == 0 else f'y{k - 1}'})" for k in range(10)),
    ]
    lines += ["return y9", "}"]
    for k in range(1, depth + 1):
        lines += [
            f"def f{k}(x: f64) {{",
            f'a: f64 = call[callee="f{k - 1}"](x)',
            f'b: f64 = call[callee="f{k - 1}"](a)',
            "return b",
            "}",
        ]
    return "\n".join(lines)


def test_doubling_chains_stay_linear() -> None:
    after = inlined(doubling(40), "f40")
    total = sum(map(size, after.functions.values()))
    assert total <= 41 * (SMALL * 2 + 2)
    assert max(map(size, after.functions.values())) <= 2 * SMALL


def test_a_large_function_with_one_call_is_inlined() -> None:
    lines = [f"y{k}: f64 = sin({'x' if k == 0 else f'y{k - 1}'})" for k in range(3 * SMALL)]
    text = "def big(x: f64) {\n" + "\n".join(lines) + f"\nreturn y{3 * SMALL - 1}\n}}\n"
    text += 'def f(x: f64) {\na: f64 = call[callee="big"](x)\nreturn a\n}\n'
    assert calls(inlined(text, "f"), "f") == []
    assert calls(inlined(text, "f", "big"), "f") == ["big"]


def test_unreachable_functions_go() -> None:
    text = (
        SQUARE
        + "def other(x: f64) {\nreturn x\n}\n"
        + "def rule_of(x: f64, dx: f64) {\nreturn dx\n}\n"
        + 'def f(x: f64) {\na: f64 = call[callee="d"](x)\nreturn a\n}\n'
        + "request d = grad square wrt (0)\n"
        + "rule square = derivative rule_of\n"
        + "rule other = derivative rule_of\n"
    )
    after = remove_unreachable(parse_module(text), ["f"])
    assert list(after.functions) == ["square", "rule_of", "f"]
    assert list(after.requests) == ["d"]
    assert list(after.rules) == ["square"]
