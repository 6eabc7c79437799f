"""Requests: gradients, Jacobians, Hessians as compositions; own rules; nesting inside functions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from adc.ir.core import DerivativeRequest, Module
from adc.ir.parser import parse_module
from adc.ir.verify import verify
from adc.prims.catalog import TABLE
from adc.reference.evaluate import evaluate
from adc.transforms.linearity import LinearityCheck, NonLinear
from adc.transforms.requests import expand_requests

EXP_OF_SQUARES = """
def f(n: i64, x: f64[n]) {
  s: f64 = reduce[ops=("add",)](n) { (i: i64)
    a: f64 = index(x, i)
    b: f64 = mul(a, a)
    yield b
  }
  h: f64 = mul(0.5, s)
  y: f64 = exp(h)
  return y
}"""
POINT = np.array([0.1, 0.2, 0.3])
VALUE = np.exp(0.5 * POINT @ POINT)


def run(text: str, kind: str, args: list[object], wrt: tuple[int, ...]) -> tuple[object, ...]:
    module = parse_module(text)
    requests = dict(module.requests)
    requests["d"] = DerivativeRequest("d", kind, "f", wrt)
    expanded = expand_requests(replace(module, requests=requests), TABLE)
    verify(expanded, TABLE)
    return evaluate(expanded, "d", args, TABLE)


def test_grad_and_value() -> None:
    (g,) = run(EXP_OF_SQUARES, "grad", [3, POINT], (1,))
    np.testing.assert_allclose(g, VALUE * POINT, rtol=1e-14)
    y, g = run(EXP_OF_SQUARES, "value_and_grad", [3, POINT], (1,))
    assert y == pytest.approx(VALUE, rel=1e-15)
    np.testing.assert_allclose(g, VALUE * POINT, rtol=1e-14)


@pytest.mark.parametrize("kind", ["hessian"])
def test_hessian(kind: str) -> None:
    (h,) = run(EXP_OF_SQUARES, kind, [3, POINT], (1,))
    expected = VALUE * (np.eye(3) + np.outer(POINT, POINT))
    np.testing.assert_allclose(h, expected, rtol=1e-13)


def test_hvp_is_the_golden_one() -> None:
    (hv,) = run(EXP_OF_SQUARES, "hvp", [3, POINT, np.array([0.2, 0.3, 0.4])], (1,))
    np.testing.assert_allclose(hv, [0.235952, 0.364653, 0.493354], atol=5e-7)


@pytest.mark.parametrize("kind", ["jacfwd", "jacrev"])
def test_jacobians_of_a_matrix_valued_function(kind: str) -> None:
    text = """
    def f(m: i64, n: i64, x: f64[m], y: f64[n], s: f64) {
      z: f64[m, n] = map(m, n) { (i: i64, j: i64)
        a: f64 = index(x, i)
        b: f64 = index(y, j)
        c: f64 = mul(a, b)
        d: f64 = mul(c, s)
        yield d
      }
      t: f64 = mul(s, s)
      return z, t
    }"""
    x, y, s = np.array([1.0, 2.0]), np.array([3.0, 4.0, 5.0]), 0.5
    zx, zs, tx, ts = run(text, kind, [2, 3, x, y, s], (2, 4))
    np.testing.assert_allclose(zx, s * np.einsum("ik,j->ijk", np.eye(2), y))
    np.testing.assert_allclose(zs, np.outer(x, y))
    np.testing.assert_allclose(tx, [0.0, 0.0])
    np.testing.assert_allclose(ts, 1.0)


def test_nested_derivatives_are_not_confused() -> None:
    """d/dx [x * d/dy (x*y) at y=2] at x=1 is 2."""
    text = """
    def h(x: f64, y: f64) {
      a: f64 = mul(x, y)
      return a
    }
    request dh = grad h wrt (1)
    def f(x: f64) {
      a: f64 = call[callee="dh"](x, 2.0)
      b: f64 = mul(x, a)
      return b
    }"""
    for kind in ("grad", "jvp"):
        args = [1.0] if kind == "grad" else [1.0, 1.0]
        assert run(text, kind, args, (0,))[-1] == 2.0


OWN = """
def g(x: f64) {{
  y: f64 = mul(2.0, x)
  return y
}}
def g.rule(x: f64, d: f64) {{
  y: f64 = mul(4.0, d)
  return y
}}
rule g = {kind} g.rule
def f(x: f64) {{
  a: f64 = call[callee="g"](x)
  b: f64 = call[callee="g"](a)
  c: f64 = mul(b, 5.0)
  return c
}}"""


@pytest.mark.parametrize("rule", ["derivative", "adjoint"])
@pytest.mark.parametrize("kind", ["grad", "jvp", "vjp"])
def test_own_rules_are_used_in_both_modes(rule: str, kind: str) -> None:
    args = {"grad": [1.0], "jvp": [1.0, 1.0], "vjp": [1.0, 1.0]}[kind]
    assert run(OWN.format(kind=rule), kind, args, (0,))[-1] == 80.0


LINEAR_RULES = {
    "product": ("y: f64 = mul(x, d)", True),
    "zero": ("y: f64 = mul(x, 0.0)\n  z: f64 = sub(d, d)", False),
    "square": ("y: f64 = mul(d, d)", False),
    "affine": ("y: f64 = add(x, d)", False),
    "quotient": ("y: f64 = div(x, d)", False),
    "sine": ("y: f64 = sin(d)", False),
    "select": ("p: bool = gt(x, 0.0)\n  y: f64 = select(p, d, 0.0)", True),
    "steered": ("p: bool = gt(d, 0.0)\n  y: f64 = select(p, d, 0.0)", False),
    "negated": ("y: f64 = neg(d)", True),
}


@pytest.mark.parametrize("name", LINEAR_RULES)
def test_linearity_of_rules(name: str) -> None:
    body, is_linear = LINEAR_RULES[name]
    module: Module = parse_module(f"def r(x: f64, d: f64) {{\n  {body}\n  return y\n}}")
    check = LinearityCheck(TABLE, lambda n: module.functions[n])
    if is_linear:
        check.require("r", (1,))
    else:
        with pytest.raises(NonLinear):
            check.require("r", (1,))


def test_jacobians_of_a_loop_agree() -> None:
    """The reverse Jacobian runs the linear loop backwards inside a map, from a renamed copy."""
    text = """
    def f(n: i64, x: f64[n], p: i64[n]) {
      y: f64[n] = loop[reverse=false](n, x) { (i: i64, v: f64[n])
        k: i64 = index(p, i)
        a: f64 = index(v, k)
        b: f64 = index(v, i)
        c: f64 = mul(a, b)
        w: f64[n] = update(v, c, i)
        yield w
      }
      return y
    }"""
    args = [4, np.array([0.5, 1.5, -0.7, 2.0]), np.array([1, 0, 1, 2])]
    (forward,) = run(text, "jacfwd", args, (1,))
    (reverse,) = run(text, "jacrev", args, (1,))
    np.testing.assert_allclose(reverse, forward, rtol=1e-14)
    assert np.count_nonzero(forward) > 4


def test_chains_of_calls_may_be_long() -> None:
    """Each function calls the one before it in a branch, so none is inlined before."""
    links = [
        f"""
def f{k}(x: f64) {{
  p: bool = gt(x, 0.0)
  y: f64 = cond(p) {{
    a: f64 = call[callee="f{k - 1}"](x)
    yield a
  }} {{
    yield x
  }}
  z: f64 = mul(y, x)
  return z
}}"""
        for k in range(1, 400)
    ]
    text = "\n".join(["def f0(x: f64) {\n  return x\n}", *links])
    module = parse_module(text)
    requests = {"d": DerivativeRequest("d", "grad", "f399", (0,))}
    expanded = expand_requests(replace(module, requests=requests), TABLE)
    verify(expanded, TABLE)
    assert evaluate(expanded, "d", [-2.0], TABLE) == (-4.0,)
