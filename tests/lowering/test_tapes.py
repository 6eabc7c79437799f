"""Tapes in machine code: records, sums of records, gradients of recursions, and that memory is given back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from adc.driver.options import DEFAULT_OPTIONS
from adc.driver.pipelines import derivatives, optimisation, run
from adc.ir.core import DerivativeRequest, Module
from adc.ir.parser import parse_module
from adc.prims.catalog import TABLE
from adc.reference.evaluate import evaluate
from adc.runtime.native import NativeFunction, compile_module
from tests.lowering.oracle import assert_agrees, compile_ir
from tests.runtime.test_resources import resident
from tests.transforms.orders import Case
from tests.transforms.recursion import RECURSION

FIELDS = """def f(n: i64, x: f64[n], s: f32, k: i32, p: bool) {
  m: i64 = sub(n, 1)
  y: f64[m] = map(m) { (i: i64)
    a: f64 = index(x, i)
    b: f64 = mul(a, 2.0)
    yield b
  }
  flags: bool[n] = map(n) { (i2: i64)
    a2: f64 = index(x, i2)
    q: bool = gt(a2, 0.0)
    yield q
  }
  t: tape = pack(m, s, k, p, x, y, flags)
  u: tape = pack(t, n)
  t2: tape, n2: i64 = unpack(u)
  m2: i64, s2: f32, k2: i32, p2: bool, x2: f64[n2], y2: f64[m2], flags2: bool[n2] = unpack(t2)
  none: tape = pack()
  return m2, s2, k2, p2, x2, y2, flags2
}"""

SUMS = """def f(n: i64, x: f64[n], s: f64, c: f32) {
  inner: tape = pack(s)
  t: tape = pack(s, c, x, inner)
  u: tape = add(t, t)
  v: tape = add(0tape, u)
  w: tape = add(v, u)
  a: f64, b: f32, y: f64[n], it: tape = unpack(w)
  e: f64 = unpack(it)
  z: f64, zs: f64[n] = unpack(0tape)
  return a, b, y, e, z, zs
}"""

ROWS = """def f(n: i64, x: f64[n]) {
  ts: tape[n] = map(n) { (i: i64)
    row: f64[i] = map(i) { (j: i64)
      a: f64 = index(x, j)
      b: f64 = sin(a)
      yield b
    }
    t: tape = pack(i, row)
    yield t
  }
  zero: tape[n] = map(n) { (i2: i64) yield 0tape }
  sums: tape[n], last: tape = accum(zero, 0tape) { (ref1: ref tape[n], ref2: ref tape)
    map(n) { (i3: i64)
      c: f64 = index(x, i3)
      t2: tape = pack(c)
      k: i64 = mod(i3, 2)
      upd(ref1, t2, k)
      upd(ref2, t2)
    }
    upd(ref1, zero)
  }
  total: f64, both: f64[n] = loop(n, 0.0) { (i4: i64, s: f64)
    t3: tape = index(ts, i4)
    m: i64, row2: f64[m] = unpack(t3)
    part: f64 = reduce[ops=("add",)](m) { (j2: i64)
      d: f64 = index(row2, j2)
      yield d
    }
    t4: tape = index(sums, i4)
    e: f64 = unpack(t4)
    g: f64 = add(s, part)
    yield g, e
  }
  h: f64 = unpack(last)
  return total, both, h
}"""

CARRIED = """def f(n: i64, x: f64[n]) {
  t0: tape = pack(x)
  t: tape = loop(n, t0) { (i: i64, u: tape)
    y: f64[n] = unpack(u)
    p: i64 = mod(i, 2)
    q: bool = eq(p, 0)
    v: tape = cond(q) {
      z: f64[n] = map(n) { (j: i64)
        a: f64 = index(y, j)
        b: f64 = mul(a, 1.5)
        yield b
      }
      w: tape = pack(z)
      yield w
    } {
      yield u
    }
    yield v
  }
  r: f64[n] = unpack(t)
  changed: f64[n] = update(r, 7.0, 0)
  again: f64[n] = unpack(t)
  return r, changed, again
}"""


@pytest.mark.parametrize("n", [1, 2, 7, 40])
@pytest.mark.parametrize("text", [ROWS, CARRIED], ids=["rows", "carried"])
def test_arrays_of_tapes_and_carried_tapes(text: str, n: int) -> None:
    assert_agrees(text, "f", (n, np.linspace(0.5, 1.5, n)))


def test_fields_come_out_as_they_went_in() -> None:
    x = np.array([0.5, -1.0, 2.0])
    assert_agrees(FIELDS, "f", (3, x, np.float32(0.25), np.int32(-7), True))


def test_sums_add_field_by_field() -> None:
    assert_agrees(SUMS, "f", (3, np.array([0.5, -1.0, 2.0]), 2.0, np.float32(0.5)))


# ---- gradients of recursions -------------------------------------------------------------------------


def machine(case: Case, *kinds: str) -> tuple[Module, str]:
    """The derivative of a case as the machine gets it, and its name."""
    module, name = parse_module(case.text), "f"
    requests: dict[str, DerivativeRequest] = {}
    for kind in kinds:
        target, name = name, f"{name}.{kind}"
        requests[name] = DerivativeRequest(name, kind, target, case.wrt)
    module = run(derivatives((name,)), replace(module, requests=requests), DEFAULT_OPTIONS)
    return run(optimisation((name,)), module, DEFAULT_OPTIONS), name


def native(module: Module, name: str) -> NativeFunction:
    return compile_module(module, (name,), TABLE).function(name)


def cotangents(case: Case, module: Module, name: str) -> list[Any]:
    """Arguments after the point, all of them of the size of something in it."""
    rng = np.random.default_rng(1)
    extra = module.functions[name].block.params[len(case.point) :]
    n = case.point[0]
    return [rng.normal(size=(n,) * p.type.rank) if p.type.rank else rng.normal() for p in extra]


@pytest.mark.parametrize("kinds", [("vjp",), ("vjp", "jvp"), ("vjp", "vjp")], ids="-".join)
@pytest.mark.parametrize("case", RECURSION, ids=[c.name for c in RECURSION])
def test_derivatives_of_recursions_agree_with_the_reference(
    case: Case, kinds: tuple[str, ...]
) -> None:
    module, name = machine(case, *kinds)
    args = [*case.point, *cotangents(case, module, name)]
    for y, z in zip(native(module, name)(*args), evaluate(module, name, args, TABLE), strict=True):
        np.testing.assert_allclose(y, z, rtol=1e-12, atol=1e-14)


# ---- memory ------------------------------------------------------------------------------------------

DEEP = """def g(n: i64, k: i64, x: f64[n]) {
  p: bool = eq(k, 0)
  y: f64 = cond(p) {
    a: f64 = index(x, 0)
    yield a
  } {
    j: i64 = sub(k, 1)
    y1: f64[n] = map(n) { (i: i64)
      b: f64 = index(x, i)
      c: f64 = sin(b)
      yield c
    }
    d: f64 = call[callee="g"](n, j, y1)
    e: f64 = index(x, 1)
    h: f64 = mul(d, e)
    yield h
  }
  return y
}
def descend(n: i64, steps: i64, x: f64[n]) {
  z: f64[n] = loop(steps, x) { (s: i64, u: f64[n])
    v: f64[n] = call[callee="gradient"](n, 20, u)
    w: f64[n] = map(n) { (i1: i64)
      a1: f64 = index(u, i1)
      b1: f64 = index(v, i1)
      c1: f64 = mul(0.01, b1)
      d1: f64 = sub(a1, c1)
      yield d1
    }
    yield w
  }
  return z
}
request gradient = grad g wrt (2)
"""


def test_a_gradient_in_a_loop_gives_its_tapes_back() -> None:
    """20 levels save 20 arrays of 80 kB in every one of 2,000 steps: 3 GB if nothing were given back."""
    module = run(derivatives(("descend",)), parse_module(DEEP), DEFAULT_OPTIONS)
    f = native(run(optimisation(("descend",)), module, DEFAULT_OPTIONS), "descend")
    x = np.linspace(0.5, 1.5, 10_000)
    f(len(x), 2, x)
    before = resident()
    f(len(x), 2_000, x)
    assert resident() - before < 20 << 20


def test_calls_do_not_leak_tapes() -> None:
    f = compile_ir(ROWS).function("f")
    x = np.linspace(0.5, 1.5, 300)
    f(len(x), x)
    before = resident()
    for _ in range(300):
        f(len(x), x)
    assert resident() - before < 5 << 20
