"""Equations without regions: operators, calls of builtins, indexing, linear algebra."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from adc.frontends.printing.function import FunctionPrinter, call_of, if_then
from adc.ir.core import Block, Equation
from adc.syntax import ast
from adc.types.core import DType


def write_plain(p: FunctionPrinter, e: Equation, block: Block, out: list[ast.Statement]) -> None:
    write = EXPRESSIONS.get(e.op)
    operands = p.atoms(e.operands)
    value = write(p, e, operands) if write else ast.Call(ast.Name(e.op), operands)
    p.define(e, value, block, out)


Write = Callable[[FunctionPrinter, Equation, tuple[ast.Expr, ...]], ast.Expr]


def _chain(op: str, level: tuple[str, ...]) -> Write:
    def write(p: FunctionPrinter, e: Equation, operands: tuple[ast.Expr, ...]) -> ast.Expr:
        left, right = operands
        if isinstance(left, ast.Chain) and left.links[0].op in level:
            return ast.Chain(left.first, (*left.links, ast.Link(op, right)))
        return ast.Chain(left, (ast.Link(op, right),))

    return write


def _binary(op: str) -> Write:
    return lambda p, e, operands: ast.Binary(op, *operands)


def _unary(op: str) -> Write:
    return lambda p, e, operands: ast.Unary(op, *operands)


def _select(p: FunctionPrinter, e: Equation, operands: tuple[ast.Expr, ...]) -> ast.Expr:
    condition, then, other = operands
    return if_then(condition, then, other)


def _convert(p: FunctionPrinter, e: Equation, operands: tuple[ast.Expr, ...]) -> ast.Expr:
    to = e.params["to"]
    assert isinstance(to, DType)
    return ast.Call(ast.Name(to.value), operands)


def _index(p: FunctionPrinter, e: Equation, operands: tuple[ast.Expr, ...]) -> ast.Expr:
    base, *items = operands
    if isinstance(base, ast.Index) and not any(isinstance(i, ast.Slice) for i in base.items):
        return ast.Index(base.base, (*base.items, *items))
    return ast.Index(base, tuple(items))


def _update(p: FunctionPrinter, e: Equation, operands: tuple[ast.Expr, ...]) -> ast.Expr:
    base, value, *items = operands
    return ast.WithIndex(base, tuple(items), value)


def _reshape(p: FunctionPrinter, e: Equation, operands: tuple[ast.Expr, ...]) -> ast.Expr:
    return call_of("reshape", operands[0], ast.Tuple(operands[1:]))


def _polygamma(p: FunctionPrinter, e: Equation, operands: tuple[ast.Expr, ...]) -> ast.Expr:
    order = e.params["order"]
    assert isinstance(order, int)
    return call_of("polygamma", ast.IntLiteral(order), *operands)


def _transposed(a: ast.Expr, flag: object) -> ast.Expr:
    return call_of("transpose", a) if flag else a


def _matmul(p: FunctionPrinter, e: Equation, operands: tuple[ast.Expr, ...]) -> ast.Expr:
    a, c = operands
    left, right = _transposed(a, e.params.get("ta")), _transposed(c, e.params.get("tb"))
    return ast.Chain(left, (ast.Link("@", right),))


def _solve(p: FunctionPrinter, e: Equation, operands: tuple[ast.Expr, ...]) -> ast.Expr:
    a, c = operands
    return call_of("solve", _transposed(a, e.params.get("ta")), c)


def _tri_solve(p: FunctionPrinter, e: Equation, operands: tuple[ast.Expr, ...]) -> ast.Expr:
    a, c = operands
    upper = bool(e.params.get("upper")) != bool(e.params.get("ta"))
    named = (ast.NamedArg("upper", ast.BoolLiteral(True)),) if upper else ()
    return ast.Call(ast.Name("tri_solve"), (_transposed(a, e.params.get("ta")), c), named)


_SUMS, _PRODUCTS = ("+", "-"), ("*", "/", "//", "%", "@")
EXPRESSIONS: Mapping[str, Write] = {
    "add": _chain("+", _SUMS),
    "sub": _chain("-", _SUMS),
    "mul": _chain("*", _PRODUCTS),
    "div": _chain("/", _PRODUCTS),
    "floordiv": _chain("//", _PRODUCTS),
    "mod": _chain("%", _PRODUCTS),
    "and": _chain("&&", ("&&",)),
    "or": _chain("||", ("||",)),
    "pow": _binary("**"),
    "powi": _binary("**"),
    "eq": _binary("=="),
    "ne": _binary("!="),
    "lt": _binary("<"),
    "le": _binary("<="),
    "gt": _binary(">"),
    "ge": _binary(">="),
    "neg": _unary("-"),
    "not": _unary("!"),
    "select": _select,
    "convert": _convert,
    "index": _index,
    "update": _update,
    "reshape": _reshape,
    "polygamma": _polygamma,
    "matmul": _matmul,
    "solve": _solve,
    "tri_solve": _tri_solve,
}
