"""Questions about blocks, and copies of them."""

from __future__ import annotations

import pytest

from adc.ir.core import Atom, Block, Equation, Value, index_literal
from adc.ir.parser import parse_function, parse_module
from adc.ir.same import same_block, same_function
from adc.ir.walk import (
    defined_within,
    equations_within,
    free_in_block,
    has_effect,
    map_regions,
    refresh_block,
    substitute_block,
    updated_refs,
    uses,
)
from tests.ir.sample import ALL, STRUCTURED

FUNCTIONS = [f for text in ALL.values() for f in parse_module(text).functions.values()]


def hints(values: set[Value]) -> set[str]:
    return {v.hint for v in values}


def equation(text: str, op: str) -> Equation:
    return next(e for e in equations_within(parse_function(text).block) if e.op == op)


def test_equations_come_outer_before_inner() -> None:
    f = parse_module(STRUCTURED).functions["walk"]
    ops = [e.op for e in equations_within(f.block)]
    assert ops[:4] == ["while", "lt", "add", "map"]
    assert ops[-6:] == ["accum", "map", "upd", "upd", "upd", "assert"]


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.name)
def test_a_function_has_no_free_values(f) -> None:
    assert free_in_block(f.block) == set()


def test_uses_are_operands_free_values_of_regions_and_sizes() -> None:
    text = """def f(n: i64, m: i64, x: f64[m], c: f64) {
      y: f64[n, m] = map(n) { (i: i64)
        d: f64 = sin(c)
        yield x
      }
      return y
    }"""
    e = equation(text, "map")
    assert hints(uses(e)) == {"n", "m", "x", "c"}
    assert hints(defined_within(e.regions[0])) == {"i", "d"}


def test_effects_are_checks_and_additions_to_accumulators_outside() -> None:
    text = """def f(n: i64) {
      a: f64 = accum(0.0) { (r: ref f64)
        map(n) { (i: i64)
          upd(r, 1.0)
        }
      }
      return a
    }"""
    assert hints(updated_refs(equation(text, "map"))) == {"r"}
    assert has_effect(equation(text, "map"))
    assert has_effect(equation(text, "upd"))
    assert not has_effect(equation(text, "accum"))
    assert has_effect(equation(STRUCTURED[STRUCTURED.index("def walk") :], "assert"))


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.name)
def test_a_refreshed_block_is_equal_and_shares_no_definition(f) -> None:
    copy = refresh_block(f.block, {})
    assert same_block(copy, f.block)
    assert not defined_within(copy) & defined_within(f.block)
    assert free_in_block(copy) == set()


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.name)
def test_substituting_what_does_not_occur_gives_the_same_object(f) -> None:
    elsewhere = Value(f.block.params[0].type if f.block.params else index_literal(0).type)
    assert substitute_block(f.block, {elsewhere: elsewhere}) is f.block


def test_substitution_reaches_sizes_in_types() -> None:
    before = """def f(n: i64, m: i64, x: f64[n]) {
      y: f64[n, n] = map(n) { (i: i64)
        z: f64[n] = map(n) { (j: i64)
          u: f64 = index(x, j)
          yield u
        }
        yield z
      }
      return y
    }"""
    f = parse_function(before)
    n, m, _ = f.block.params
    env: dict[Value, Atom] = {n: m}
    changed = substitute_block(f.block, env)
    assert n not in {v for e in equations_within(changed) for v in uses(e)}
    text = before.replace("x: f64[n]", "x: f64[m]").replace("f64[n, n]", "f64[m, m]")
    wanted = text.replace("z: f64[n]", "z: f64[m]").replace("map(n)", "map(m)")
    small = Block(changed.params, changed.equations, changed.results)
    assert same_function(parse_function(wanted), type(f)("f", small))


def test_a_size_becomes_a_whole_number() -> None:
    f = parse_function("def f(n: i64, c: f64) { y: f64[n] = map(n) { (i: i64) yield c } return y }")
    n, c = f.block.params
    body = Block((c,), f.block.equations, f.block.results)
    changed = substitute_block(body, {n: index_literal(3)})
    assert changed.equations[0].results[0].type.shape == (3,)
    assert changed.results == changed.equations[0].results


def test_copies_know_sizes_that_stand_behind_their_arrays() -> None:
    f = parse_function("def f(x: f64[n], n: i64) { return x }")
    x, n = refresh_block(f.block, {}).params
    assert x.type.shape == (n,)


def test_copies_know_sizes_that_the_body_computes() -> None:
    f = parse_function(
        "def f(n: i64, x: f64[m]) { m: i64 = sub(n, 1) y: f64 = index(x, 0) return y }"
    )
    copy = refresh_block(f.block, {})
    assert same_block(copy, f.block)
    assert copy.params[1].type.shape == copy.equations[0].results
    assert not defined_within(copy) & defined_within(f.block)


def test_regions_that_do_not_change_leave_the_equation_as_it_is() -> None:
    e = equation(STRUCTURED, "reduce")
    assert map_regions(e, lambda block: block) is e
    emptied = map_regions(e, lambda block: Block(block.params, (), block.results))
    assert emptied.regions[0].equations == ()
