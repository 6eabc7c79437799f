"""The cheap gradient: at most five times the operations of the function, whatever its size (Baur and Strassen)."""

from __future__ import annotations

import random
import time

import pytest

from adc.ir.builder import Builder
from adc.ir.core import F64, Atom, DerivativeRequest, Function, Module, Value
from adc.prims.catalog import TABLE
from adc.reference.counting import count_static
from adc.transforms.requests import expand_requests

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
