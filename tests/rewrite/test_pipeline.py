"""Passes, admission by soundness, and that compile time grows with the program and no faster."""

from __future__ import annotations

import random
from time import process_time

import pytest

from adc.ir.builder import Builder
from adc.ir.core import F64, Atom, Function, Module, Value, literal
from adc.ir.passes import Pass, PassManager
from adc.ir.verify import verify
from adc.ir.walk import equations_within
from adc.prims.catalog import TABLE
from adc.reference.evaluate import evaluate
from adc.rewrite.pipeline import Inline, Rewrite, optimise, simplify
from adc.rewrite.strategies import default
from adc.types.core import DType
from tests.rewrite.checking import program


def straight_line(size: int, seed: int = 0) -> Module:
    """A function of one block with that many scalar equations."""
    rng = random.Random(seed)
    b = Builder(TABLE.infer)
    params = [Value(F64, f"x{k}") for k in range(4)]
    values: list[Atom] = [*params]
    for _ in range(size):
        op = rng.choice(["add", "sub", "mul", "div", "exp", "sin", "neg", "max"])
        constant = literal(rng.choice([0.0, 1.0, 2.0, 3.0]), DType.F64)
        near = [rng.choice(values[-30:]), rng.choice([rng.choice(values[-30:])] * 9 + [constant])]
        values.append(b.one(op, *near[: TABLE[op].arity]))
    return Module({"f": Function("f", b.finish(params, values[-20:]))})


def test_ten_thousand_equations_take_about_a_second() -> None:
    """Half a second on a quiet machine; the bound leaves room for a busy one."""
    module = straight_line(10_000)
    start = process_time()
    after = optimise(module, TABLE, ["f"])
    assert process_time() - start < 3.0
    verify(after, TABLE)


def test_time_grows_linearly() -> None:
    def seconds(size: int) -> float:
        """The best of three runs: others may use the machine."""
        module = straight_line(size)
        found = []
        for _ in range(3):
            start = process_time()
            optimise(module, TABLE, ["f"])
            found.append(process_time() - start)
        return min(found)

    seconds(500)  # imports and tables
    assert seconds(8_000) < 12 * seconds(2_000)


def test_a_deep_nest_is_no_problem() -> None:
    depth = 60
    lines = [f'r{k}: f64 = reduce[ops=("add",)](1) {{ (at{k}: i64)' for k in range(depth)]
    lines += [f"v{depth}: f64 = sin(s)", f"yield v{depth}"]
    for k in reversed(range(depth)):
        lines += ["}", f"yield r{k}" if k else "return r0"]
    after = optimise(program("\n".join(lines)), TABLE, ["f"])
    assert [e.op for e in equations_within(after.functions["f"].block)] == ["sin"]


def test_long_chains_of_index_arithmetic() -> None:
    lines = ["k0: i64 = add(k, 1)", *(f"k{j}: i64 = add(k{j - 1}, 1)" for j in range(1, 3000))]
    after = optimise(program("\n".join([*lines, "return k2999"])), TABLE, ["f"])
    (e,) = equations_within(after.functions["f"].block)
    assert e.op == "add"


def test_passes_are_passes() -> None:
    passes = (Inline(TABLE, ("f",)), Rewrite(default, TABLE))
    assert all(isinstance(p, Pass) for p in passes)
    run = PassManager(passes, TABLE).run(program("a: f64 = mul(s, 1.0) return a"))
    assert [r.name for r in run.records] == ["inline", "rewrite"]
    assert count(run.module) == 0


def count(module: Module) -> int:
    return sum(1 for f in module.functions.values() for _ in equations_within(f.block))


def test_simplify_touches_the_named_functions_only() -> None:
    f = program("a: f64 = mul(s, 1.0) return a").functions["f"]
    g = Function("g", program("a: f64 = mul(s, 1.0) return a").functions["f"].block)
    after = simplify(Module({"f": f, "g": g}), TABLE, ["g"])
    assert after.functions["f"] is f
    assert not after.functions["g"].block.equations


def test_nothing_to_do_gives_back_the_same_module() -> None:
    module = program("a: f64 = exp(s) return a")
    assert simplify(module, TABLE, ["f"]) is module


@pytest.mark.parametrize("seed", range(3))
def test_straight_lines_keep_their_values_to_the_bit(seed: int) -> None:
    module = straight_line(300, seed)
    after = optimise(module, TABLE, ["f"])
    args = (0.3, -1.2, 2.5, 0.0)
    before, found = (evaluate(m, "f", args, TABLE) for m in (module, after))
    assert repr(before) == repr(found)
