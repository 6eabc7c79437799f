"""Range proofs: checks that are certain to pass are not emitted, all others are."""

from __future__ import annotations

import pytest

from adc.ir.parser import parse_module
from adc.lowering import loops
from adc.lowering.plan import plan_module
from adc.prims.catalog import TABLE


def checks(text: str) -> int:
    """How many bounds checks are left."""
    program = plan_module(parse_module(text), ["f"], TABLE)
    statements = (s for f in program.functions.values() for s in loops.within(f.body))
    bounds = [k for k, site in enumerate(program.sites) if site.kind == "BoundsError"]
    return sum(isinstance(s, loops.Check) and s.site in bounds for s in statements)


def body(lines: str, params: str = "n: i64, x: f64[n]", extent: str = "n") -> str:
    inner = "\n".join("    " + line.strip() for line in lines.strip().splitlines())
    return f"""def f({params}) {{
  y: f64[{extent}] = map({extent}) {{ (i: i64)
{inner}
  }}
  return y
}}"""


PROVEN = {
    "own index": body("a: f64 = index(x, i)\nyield a"),
    "reversed": body("j: i64 = sub(n, i)\nk: i64 = sub(j, 1)\na: f64 = index(x, k)\nyield a"),
    "first of some": body("a: f64 = index(x, 0)\nyield a"),
    "neighbour under a condition": body(
        """m: i64 = sub(n, 1)
        p: bool = lt(i, m)
        a: f64 = cond(p) {
          k: i64 = add(i, 1)
          b: f64 = index(x, k)
          yield b
        } {
          yield 0.0
        }
        yield a"""
    ),
    "neighbour unless an end": body(
        """m: i64 = sub(n, 1)
        p: bool = eq(i, 0)
        q: bool = eq(i, m)
        r: bool = or(p, q)
        a: f64 = cond(r) {
          yield 0.0
        } {
          j: i64 = sub(i, 1)
          k: i64 = add(i, 1)
          b: f64 = index(x, j)
          c: f64 = index(x, k)
          d: f64 = add(b, c)
          yield d
        }
        yield a"""
    ),
    "short circuit": body(
        """p: bool = gt(i, 0)
        r: bool = cond(p) {
          m: i64 = sub(n, 1)
          q: bool = lt(i, m)
          yield q
        } {
          yield false
        }
        a: f64 = cond(r) {
          k: i64 = add(i, 1)
          b: f64 = index(x, k)
          yield b
        } {
          yield 0.0
        }
        yield a"""
    ),
    "clamped": body(
        """j: i64 = sub(i, 3)
        k: i64 = max(j, 0)
        a: f64 = index(x, k)
        yield a"""
    ),
    "clamped on both sides": body(
        """j: i64 = add(i, 3)
        m: i64 = sub(n, 1)
        k: i64 = min(j, m)
        a: f64 = index(x, k)
        yield a"""
    ),
    "wrapped around": body(
        """j: i64 = add(i, 3)
        k: i64 = mod(j, n)
        a: f64 = index(x, k)
        yield a"""
    ),
    "negative counts from the end": body(
        """j: i64 = sub(i, 1)
        p: bool = lt(j, 0)
        k: i64 = add(j, n)
        l: i64 = select(p, k, j)
        a: f64 = index(x, l)
        yield a"""
    ),
    "halved": body("j: i64 = floordiv(i, 2)\na: f64 = index(x, j)\nyield a"),
    "doubled extent": """def f(n: i64, x: f64[n]) {
  m: i64 = mul(n, 2)
  y: f64[m] = map(m) { (i: i64)
    j: i64 = floordiv(i, 2)
    a: f64 = index(x, j)
    yield a
  }
  return y
}""",
    "triangle": """def f(n: i64, x: f64[n, n]) {
  y: f64[n] = map(n) { (i: i64)
    s: f64 = reduce[ops=("add",)](i) { (j: i64)
      a: f64 = index(x, j, i)
      yield a
    }
    yield s
  }
  return y
}""",
    "flat index": """def f(n: i64, m: i64, x: f64[n, m]) {
  k: i64 = mul(n, m)
  z: f64[k] = reshape(x, k)
  y: f64[n, m] = map(n, m) { (i: i64, j: i64)
    p: i64 = mul(i, m)
    q: i64 = add(p, j)
    a: f64 = index(z, q)
    yield a
  }
  return y
}""",
    "once checked": body(
        """j: i64 = index(k, i)
        a: f64 = index(x, j)
        b: f64 = index(x, j)
        c: f64 = add(a, b)
        yield c""",
        "n: i64, x: f64[n], k: i64[n]",
    ),
    "asserted": """def f(n: i64, x: f64[n], k: i64) {
  p: bool = ge(k, 0)
  assert[code="E0604", error="AssertionFailure", text="k"](p)
  q: bool = lt(k, n)
  assert[code="E0604", error="AssertionFailure", text="k"](q)
  a: f64 = index(x, k)
  return a
}""",
    "counting down": """def f(n: i64, x: f64[n]) {
  s: f64 = loop[reverse=true](n, 0.0) { (i: i64, c: f64)
    a: f64 = index(x, i)
    d: f64 = add(a, c)
    yield d
  }
  return s
}""",
    "literal sizes": """def f(x: f64[3]) {
  y: f64[2] = map(2) { (i: i64)
    j: i64 = add(i, 1)
    a: f64 = index(x, j)
    yield a
  }
  return y
}""",
}
LEFT = {"once checked": 1}

UNPROVEN = {
    "next": body("k: i64 = add(i, 1)\na: f64 = index(x, k)\nyield a"),
    "before": body("k: i64 = sub(i, 1)\na: f64 = index(x, k)\nyield a"),
    "other size": body(
        "a: f64 = index(x, i)\nyield a", "n: i64, m: i64, x: f64[n], z: f64[m]", "m"
    ),
    "last of perhaps none": """def f(n: i64, x: f64[n]) {
  k: i64 = sub(n, 1)
  a: f64 = index(x, k)
  return a
}""",
    "wrapping sum": """def f(n: i64, x: f64[n], k: i64) {
  p: bool = gt(k, 0)
  a: f64 = cond(p) {
    m: i64 = add(k, 9223372036854775807)
    q: bool = lt(m, n)
    b: f64 = cond(q) {
      l: i64 = add(m, 1)
      c: f64 = index(x, l)
      yield c
    } {
      yield 0.0
    }
    yield b
  } {
    yield 0.0
  }
  return a
}""",
    "the other arm": body(
        """p: bool = gt(i, 0)
        a: f64 = cond(p) {
          yield 0.0
        } {
          k: i64 = sub(i, 1)
          b: f64 = index(x, k)
          yield b
        }
        yield a"""
    ),
    "after the branch": body(
        """p: bool = gt(i, 0)
        a: f64 = cond(p) {
          yield 1.0
        } {
          yield 0.0
        }
        k: i64 = sub(i, 1)
        b: f64 = index(x, k)
        c: f64 = add(a, b)
        yield c"""
    ),
    "counting down from no size": """def f(n: i64, x: f64[n], m: i64) {
  s: f64 = loop[reverse=true](m, 0.0) { (i: i64, c: f64)
    a: f64 = index(x, i)
    d: f64 = add(a, c)
    yield d
  }
  return s
}""",
    "one of two": body(
        """p: bool = gt(i, 2)
        k: i64 = add(i, 1)
        l: i64 = select(p, k, i)
        a: f64 = index(x, l)
        yield a"""
    ),
}


@pytest.mark.parametrize("case", PROVEN)
def test_proven(case: str) -> None:
    assert checks(PROVEN[case]) == LEFT.get(case, 0)


@pytest.mark.parametrize("case", UNPROVEN)
def test_not_proven(case: str) -> None:
    assert checks(UNPROVEN[case]) == 1


def test_a_product_of_sizes_is_checked_when_a_proof_relies_on_it() -> None:
    program = plan_module(parse_module(PROVEN["flat index"]), ["f"], TABLE)
    assert any(site.kind == "UnsupportedError" for site in program.sites)
