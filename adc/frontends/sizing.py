"""Expressions where a size is expected: integers in which `/` divides exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from adc.frontends.context import Context
from adc.frontends.elements import integer
from adc.frontends.lifting import NO_MARKS, NOWHERE
from adc.frontends.operators import ARITHMETIC
from adc.frontends.problems import INEXACT_SIZE, SIZE_INEXACT
from adc.frontends.sizes import is_whole
from adc.frontends.values import Leaf, Scope
from adc.ir.core import I64, Literal, index_literal
from adc.syntax import ast
from adc.types.dims import Poly


def evaluate_size(cx: Context, node: ast.Expr, scope: Scope, what: str) -> Poly:
    """The size that an expression stands for; `what` names it in complaints."""
    with cx.at(node.span):
        match node:
            case ast.IntLiteral(value, None):
                return Poly.of(value)
            case ast.Chain(first, links) if links[0].op in _EXACT:
                total = evaluate_size(cx, first, scope, what)
                for link in links:
                    total = _link(cx, total, link, scope, what)
                return total
            case ast.Unary("-", operand):
                return -evaluate_size(cx, operand, scope, what)
            case _:
                return cx.poly(integer(cx, cx.evaluate(node, scope), what))


def _link(cx: Context, total: Poly, link: ast.Link, scope: Scope, what: str) -> Poly:
    operand = evaluate_size(cx, link.operand, scope, what)
    exact = _EXACT.get(link.op)
    if exact is not None:
        return exact(cx, total, operand)
    left, right = Leaf(cx.size(total)), Leaf(cx.size(operand))
    return cx.poly(integer(cx, ARITHMETIC[link.op](cx, left, right, NOWHERE, NO_MARKS), what))


def divide_exactly(cx: Context, a: Poly, b: Poly) -> Poly:
    """`a / b` for sizes: proven whole, refused, or checked when the program runs."""
    divisor = b.constant
    if divisor is not None and divisor != 0:
        quotient = a / divisor
        if is_whole(quotient):
            return quotient
        if a.constant is not None:
            raise cx.wrong(INEXACT_SIZE, f"the size {a.constant} / {divisor} is not a whole number")
    x, y = cx.size(a), cx.size(b)
    rest = cx.one("mod", (x, y), I64)
    text = f"the size {cx.text(a)} / {cx.text(b)} = {{0}} / {{1}} is not a whole number"
    cx.check(cx.compare("eq", rest, index_literal(0)), SIZE_INEXACT, text, (x, y))
    if divisor is not None and divisor > 0:
        return a / divisor
    assert not isinstance(x, Literal) or not isinstance(y, Literal)
    return Poly.atom(cx.one("floordiv", (x, y), I64))


_EXACT: Mapping[str, Callable[[Context, Poly, Poly], Poly]] = {
    "+": lambda cx, a, b: a + b,
    "-": lambda cx, a, b: a - b,
    "*": lambda cx, a, b: a * b,
    "/": divide_exactly,
}
