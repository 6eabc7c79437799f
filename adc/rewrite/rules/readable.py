"""Laws that make derivatives readable: for printing only, since they need finite numbers and may round otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from adc.ir.builder import Builder
from adc.ir.core import Atom, Block, Equation, Literal, Value, literal
from adc.ir.dead import remove_dead
from adc.ir.same import same_block
from adc.rewrite.matching import is_number, same_atoms
from adc.rewrite.rule import Soundness, rule
from adc.rewrite.scope import Scope

_FINITE = Soundness.ASSUMES_FINITE


@rule("add", "sub", soundness=_FINITE)
def zero_term(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """x + 0 -> x; 0 + x -> x; x - 0 -> x"""
    x, y = e.operands
    if _is_zero(y):
        return (x,)
    return (y,) if e.op == "add" and _is_zero(x) else None


@rule("div", soundness=_FINITE)
def zero_quotient(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """0 / x -> 0"""
    return (literal(0, e.results[0].type.dtype),) if _is_zero(e.operands[0]) else None


@rule("mul", soundness=_FINITE)
def times_reciprocal(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """x * (1 / y) -> x / y"""
    for x, factor in (e.operands, e.operands[::-1]):
        y = _reciprocal_of(factor, scope)
        if y is not None:
            return (b.one("div", x, y),)
    return None


@rule("reduce", soundness=_FINITE)
def sum_of_shares(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """let s = sum(x for i < n); sum(x / s for i < n) -> 1 where n > 0; likewise sum(-(x / s) for i < n) -> -1"""
    if e.params["ops"] != ("add",) or not all(map(scope.ranges.is_positive, e.operands)):
        return None
    (body,) = e.regions
    makers = {r: i for i in body.equations for r in i.results}
    y, sign = body.results[0], 1
    last = makers.get(y) if isinstance(y, Value) else None
    if last is not None and last.op == "neg":
        y, sign = last.operands[0], -1
        last = makers.get(y) if isinstance(y, Value) else None
    if last is None or last.op != "div":
        return None
    x, total = last.operands
    whole = scope.defined_by(total, "reduce")
    if whole is None or whole.params != e.params or not same_atoms(whole.operands, e.operands):
        return None
    part = remove_dead(Block(body.params, body.equations, (x,)))
    return (literal(sign, e.results[0].type.dtype),) if same_block(part, whole.regions[0]) else None


def _is_zero(a: Atom) -> bool:
    return isinstance(a, Literal) and a.type.dtype.is_float and a.value == 0


def _reciprocal_of(a: Atom, scope: Scope) -> Atom | None:
    e = scope.defined_by(a, "div")
    return e.operands[1] if e is not None and is_number(e.operands[0], 1) else None


RULES = (zero_term, zero_quotient, times_reciprocal, sum_of_shares)
