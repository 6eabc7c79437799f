"""Regions nested hundreds deep, and thousands of equations in a row: no recursion error, no quadratic time."""

from __future__ import annotations

import numpy as np
import pytest

from adc.ir.core import Function, Module
from adc.ir.dead import remove_dead
from adc.ir.parser import parse_function
from adc.ir.printer import print_function
from adc.ir.same import same_function
from adc.ir.verify import verify
from adc.ir.walk import equations_within, free_in_block, refresh_block, substitute_block
from adc.prims.catalog import TABLE
from adc.reference.evaluate import evaluate

DEPTH = 280


@pytest.fixture(scope="module")
def deep() -> Function:
    opened = "".join(
        f"a{d}: f64 = loop(1, {'x' if d == 0 else f'c{d - 1}'}) {{ (t{d}: i64, c{d}: f64)\n"
        for d in range(DEPTH)
    )
    last = f"b: f64 = add(c{DEPTH - 1}, 1.0) dead: f64 = sin(b) yield b }}\n"
    closed = "".join(f"yield a{d} }}\n" for d in reversed(range(1, DEPTH)))
    return parse_function(f"def f(x: f64) {{\n{opened}{last}{closed}return a0\n}}")


def test_text(deep: Function) -> None:
    assert same_function(parse_function(print_function(deep)), deep)


def test_verifier(deep: Function) -> None:
    verify(Module({"f": deep}), TABLE)


def test_walks(deep: Function) -> None:
    x = deep.block.params[0]
    assert sum(1 for _ in equations_within(deep.block)) == DEPTH + 2
    assert free_in_block(deep.block) == set()
    assert same_function(Function("f", refresh_block(deep.block, {})), deep)
    body = deep.block.equations[0].regions[0]
    assert substitute_block(body, {body.params[1]: x}) is not body


def test_dead_code(deep: Function) -> None:
    small = remove_dead(deep.block)
    assert sum(1 for _ in equations_within(small)) == DEPTH + 1


def test_evaluator(deep: Function) -> None:
    (y,) = evaluate(Module({"f": deep}), "f", [1.0], TABLE)
    assert y == np.float64(2.0)
