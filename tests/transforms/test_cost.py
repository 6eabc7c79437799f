"""The cheap gradient: at most five times the operations of the function, whatever its size (Baur and Strassen).

Of straight-line code the operations written are counted, of recursive functions those executed: their ratio must
not depend on how deep the recursion goes.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

import numpy as np
import pytest

from adc.ir.builder import Builder
from adc.ir.core import F64, Atom, DerivativeRequest, Function, Module, Value
from adc.ir.parser import parse_module
from adc.prims.catalog import TABLE
from adc.reference.counting import Counter, count_static
from adc.reference.evaluate import evaluate
from adc.transforms.requests import expand_requests
from tests.transforms.orders import Case
from tests.transforms.recursion import RECURSION

BINARY = ("add", "sub", "mul", "div")
UNARY = ("sin", "cos", "exp", "log", "sqrt", "tanh", "neg")


def straight_line(operations: int, seed: int) -> Function:
    """A random scalar program of two variables in which every operation matters to the result."""
    rng = random.Random(seed)
    params = (Value(F64, "x"), Value(F64, "y"))
    b = Builder(TABLE.infer)
    live: list[Atom] = list(params)
    for _ in range(operations - 1):
        first = live.pop(rng.randrange(len(live))) if len(live) > 1 else live[0]
        if rng.random() < 0.7 or first not in live:
            second = rng.choice(live)
            live.append(b.one(rng.choice(BINARY), first, second))
        else:
            live.append(b.one(rng.choice(UNARY), first))
    total = live[0]
    for other in live[1:]:
        total = b.one("add", total, other)
    return Function("f", b.finish(params, (total,)))


@pytest.mark.parametrize("operations", [10, 100, 1000, 10_000])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_operations_of_the_gradient(operations: int, seed: int) -> None:
    f = straight_line(operations, seed)
    request = DerivativeRequest("g", "value_and_grad", "f", (0, 1))
    start = time.process_time()
    module = expand_requests(Module({"f": f}, {"g": request}), TABLE)
    elapsed = time.process_time() - start
    ratio = _work(module.functions["g"]) / _work(f)
    assert ratio <= 5.0
    assert elapsed < 5.0


def _work(f: Function) -> int:
    """Floating-point operations written in a straight-line function."""
    return count_static(f.block, TABLE).arithmetic


SCALAR_RECURSION = """
def f(k: i64, x: f64) {
  p: bool = eq(k, 0)
  y: f64 = cond(p) {
    a: f64 = sin(x)
    yield a
  } {
    j: i64 = sub(k, 1)
    b: f64 = call[callee="f"](j, x)
    c: f64 = mul(x, b)
    d: f64 = sin(c)
    e: f64 = add(d, x)
    yield e
  }
  return y
}"""

ARRAY_RECURSION = """
def f(n: i64, k: i64, x: f64[n]) {
  p: bool = eq(k, 0)
  y: f64 = cond(p) {
    yield 1.0
  } {
    j: i64 = sub(k, 1)
    a: f64 = index(x, j)
    b: f64 = call[callee="f"](n, j, x)
    c: f64 = mul(a, b)
    d: f64 = sin(c)
    yield d
  }
  return y
}"""


def executed(text: str, kinds: Sequence[str], wrt: int, args: Sequence[object]) -> float:
    """Operations that the derivative of `f` executes for each that `f` does; `args` may be more than `f` takes."""
    functions = parse_module(text).functions
    requests: dict[str, DerivativeRequest] = {}
    name = "f"
    for kind in kinds:
        target, name = name, f"{name}.{kind}"
        requests[name] = DerivativeRequest(name, kind, target, (wrt,))
    module = expand_requests(Module(functions, requests), TABLE)
    work = []
    for run, given in (("f", args[: len(functions["f"].block.params)]), (name, args)):
        counter = Counter(TABLE)
        evaluate(module, run, given, TABLE, counter=counter)
        work.append(counter.arithmetic)
    return work[1] / work[0]


@pytest.mark.parametrize("depth", [5, 20, 80])
def test_gradient_of_a_recursion_is_flat_in_its_depth(depth: int) -> None:
    assert executed(SCALAR_RECURSION, ["grad"], 1, (depth, 0.7)) <= 5.0


@pytest.mark.parametrize("depth", [5, 20, 80])
def test_gradient_of_a_recursion_over_an_array_is_flat_in_its_depth(depth: int) -> None:
    """An array that all levels read gets its cotangent element by element, never as a whole."""
    x = np.linspace(0.5, 1.5, depth)
    assert executed(ARRAY_RECURSION, ["grad"], 2, (depth, depth, x)) <= 5.0


@pytest.mark.parametrize("depth", [5, 20, 80])
@pytest.mark.parametrize("kinds", [["hvp"], ["grad", "vjp"], ["grad", "jvp"]], ids="-".join)
def test_second_order_of_a_recursion_is_flat_in_its_depth(kinds: list[str], depth: int) -> None:
    x = np.linspace(0.5, 1.5, depth)
    assert executed(ARRAY_RECURSION, kinds, 2, (depth, depth, x, x)) <= 15.0


def _named(word: str) -> Case:
    (found,) = (c for c in RECURSION if word in c.name)
    return found


@pytest.mark.parametrize("n", range(2, 7))
def test_gradient_of_the_determinant_by_minors(n: int) -> None:
    A = np.random.default_rng(n).normal(size=(n, n))
    assert executed(_named("minors").text, ["grad"], 1, (n, A)) <= 5.0


@pytest.mark.parametrize("n", [4, 16, 64])
def test_gradient_of_a_recursion_on_halves(n: int) -> None:
    assert executed(_named("halves").text, ["grad"], 1, (n, np.linspace(0.5, 1.5, n))) <= 5.0


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_a_maximum_over_recursive_calls_runs_them_once(depth: int) -> None:
    text = _named("reduce").text.replace("(n, 2, x, s)", f"(n, {depth}, x, s)")
    assert executed(text, ["grad"], 2, (3, np.array([0.9, -0.4, 0.5]), 0.8)) <= 5.0
