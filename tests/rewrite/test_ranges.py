"""What ranges prove about indices, and what they must not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adc.ir.core import Equation, Value
from adc.prims.catalog import TABLE
from adc.rewrite.rule import Soundness, rule_of
from adc.rewrite.scope import Scope
from adc.rewrite.traversal import normalize
from tests.rewrite.checking import program


def at_index(body: str, ask: Callable[[Equation, Scope], bool]) -> bool:
    """The answer of `ask` at the equation whose result is `v`, with the scope it has there."""
    answers: list[bool] = []

    def look(b: object, e: Equation, scope: Scope) -> None:
        if e.results and e.results[0].hint == "v":
            answers.append(ask(e, scope))

    module = program(body)
    block = module.functions["f"].block
    probe = rule_of("probe", "nothing", (), Soundness.EXACT, look)
    normalize(probe)(block, Scope(TABLE, block, name="f"))
    (answer,) = answers
    return answer


def index_is_safe(e: Equation, scope: Scope) -> bool:
    x, *at = e.operands
    return all(map(scope.ranges.in_range, at, x.type.shape))


def is_safe(body: str) -> bool:
    """Whether the `index` that makes `v` is certainly in range."""
    return at_index(body, index_is_safe)


def over(extent: str, body: str, result: str = "v") -> str:
    return (
        f'a: f64 = reduce[ops=("add",)]({extent}) {{ (i: i64)\n{body}\nyield {result} }} return a'
    )


CHECK = 'assert[code="E0606", error="EvaluationError", text=""]'


SAFE = {
    "own index": over("n", "v: f64 = index(x, i)"),
    "reversed": over("n", "c: i64 = sub(n, 1) j: i64 = sub(c, i) v: f64 = index(x, j)"),
    "neighbour, one short": "l: i64 = sub(n, 1)"
    + over("l", "j: i64 = add(i, 1) v: f64 = index(x, j)"),
    "size clipped at 0": "h: i64 = sub(n, 2) l: i64 = max(0, h)"
    + over("l", "j: i64 = add(i, 2) v: f64 = index(x, j)"),
    "first of a non-empty range": over("n", "v: f64 = index(x, 0)"),
    "stride 2": "l: i64 = floordiv(n, 2)" + over("l", "j: i64 = mul(2, i) v: f64 = index(x, j)"),
    "remainder": over("n", "c: i64 = add(i, k) j: i64 = mod(c, n) v: f64 = index(x, j)"),
    "quotient of a flat index": "c: i64 = mul(m, n)"
    + over("c", "h: i64 = floordiv(i, n) j: i64 = mod(i, n) v: f64 = index(A, h, j)"),
    "clamped": over("n", "c: i64 = sub(n, 1) j: i64 = clamp(k, 0, c) v: f64 = index(x, j)"),
    "min and max": over(
        "n", "c: i64 = sub(n, 1) g: i64 = min(k, c) j: i64 = max(g, 0) v: f64 = index(x, j)"
    ),
    "a triangle": over(
        "n", 'w: f64 = reduce[ops=("add",)](i) { (j: i64) v: f64 = index(x, j) yield v }', "w"
    ),
    "a branch": over(
        "n",
        "c: bool = gt(i, 0) w: f64 = cond(c) { j: i64 = sub(i, 1) v: f64 = index(x, j) yield v } { yield s }",
        "w",
    ),
    "the other branch": over(
        "n",
        "l: i64 = sub(n, 1) c: bool = eq(i, l) w: f64 = cond(c) { yield s } { j: i64 = add(i, 1) "
        "v: f64 = index(x, j) yield v }",
        "w",
    ),
    "checks of a slice": f"""
        c: bool = ge(k, 0)
        {CHECK}(c)
        h: i64 = floordiv(n, 2)
        g: bool = le(k, h)
        {CHECK}(g)
        l: i64 = sub(h, k)
        """
    + over("l", "j: i64 = add(k, i) v: f64 = index(x, j)"),
    "both halves of a conjunction": """
        c: bool = ge(k, 0) g: bool = lt(k, n) h: bool = and(c, g)
        w: f64 = cond(h) { v: f64 = index(x, k) yield v } { yield s } return w""",
}


@pytest.mark.parametrize("name", SAFE)
def test_in_range(name: str) -> None:
    assert is_safe(SAFE[name])


UNSAFE = {
    "one too far": over("n", "j: i64 = add(i, 1) v: f64 = index(x, j)"),
    "one too low": over("n", "j: i64 = sub(i, 1) v: f64 = index(x, j)"),
    "another extent": over("m", "v: f64 = index(x, i)"),
    "any number": "v: f64 = index(x, k) return v",
    "the first of perhaps nothing": "v: f64 = index(x, 0) return v",
    "half checked": f"c: bool = ge(k, 0)\n{CHECK}(c)\nv: f64 = index(x, k) return v",
    "the wrong branch": over(
        "n",
        "c: bool = gt(i, 0) w: f64 = cond(c) { yield s } { j: i64 = sub(i, 1) v: f64 = index(x, j) yield v }",
        "w",
    ),
    "after the branch": over(
        "n",
        "c: bool = gt(i, 0) w: f64 = cond(c) { yield s } { yield t } j: i64 = sub(i, 1) v: f64 = index(x, j)",
    ),
    "wrapped around": """
        big: i64 = add(k, 9223372036854775807)
        c: bool = lt(big, n) g: bool = ge(big, 0) h: bool = and(c, g)
        v: f64 = index(x, k) return v""",
    "a sum that may wrap": f"""
        j: i64 = add(k, 1)
        c: bool = lt(j, n)
        {CHECK}(c)
        g: bool = ge(k, 0)
        {CHECK}(g)
        v: f64 = index(x, k) return v""",
}


@pytest.mark.parametrize("name", UNSAFE)
def test_not_in_range(name: str) -> None:
    assert not is_safe(UNSAFE[name])


def test_sizes_are_equal_by_normal_form() -> None:
    body = over("n", "c: i64 = add(n, 1) d: i64 = sub(c, 1) v: f64 = neg(s)")

    def ask(e: Equation, scope: Scope) -> bool:
        d = next(r for r in scope.definitions if r.hint == "d")
        n = next(a for a in scope.definitions[d].operands if isinstance(a, Value))
        inner = scope.definitions[n].operands[0]
        assert isinstance(inner, Value)
        return scope.ranges.same_size(d, inner)

    assert at_index(body, ask)
