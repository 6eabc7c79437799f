"""Products of matrices and vectors, factorisations, solves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adc.frontends.builtin import exactly
from adc.frontends.context import BuiltinFunction, Context
from adc.frontends.elements import describe, element_at, fit, force, pull
from adc.frontends.lifting import NOWHERE, Places, common_element
from adc.frontends.matrices import matrix_dims, smaller
from adc.frontends.operators import convert
from adc.frontends.problems import BAD_ARGUMENT, WRONG_RANK
from adc.frontends.scalars import Operation, Takes
from adc.frontends.unify import Element, element_of, fix_open, typed
from adc.frontends.values import (
    Abstract,
    Leaf,
    Product,
    Pull,
    Scope,
    dims_of,
    is_array,
    known_literal,
)
from adc.ir.core import Atom, Dim, dim_atom
from adc.syntax import ast
from adc.types.core import DType

# ---- products --------------------------------------------------------------------------------------


def matrix_product(
    cx: Context, a: Abstract, b: Abstract, places: Places = NOWHERE, shown: str = "@"
) -> Abstract:
    """NumPy's matmul for ranks 1 and 2."""
    ranks = (len(dims_of(a)), len(dims_of(b)))
    if not (is_array(a) and is_array(b)) or not set(ranks) <= {1, 2}:
        raise cx.wrong(
            WRONG_RANK,
            f"`{shown}` takes vectors and matrices, found {describe(cx, a)} and {describe(cx, b)}",
            others=places.labels(cx, (a, b)),
        )
    element = common_element(
        cx, Operation("matmul", 2, Takes.NUMBERS, symbol=shown), (a, b), places
    )
    x, y = (_held(cx, fit(cx, v, element)) for v in (a, b))
    cx.require_equal(
        cx.poly(x.type.shape[-1]),
        cx.poly(y.type.shape[0]),
        lambda p, q: f"inner sizes differ in `{shown}`: {p} and {q}",
        places.labels(cx, (a, b)),
        places.operator,
    )
    if ranks == (2, 2) and isinstance(element, DType) and element.is_float:
        shape = (x.type.shape[0], y.type.shape[1])
        return Leaf(cx.one("matmul", (x.atom, y.atom), typed(element, shape), ta=False, tb=False))
    return _sums(cx, x, y, element)


def _held(cx: Context, value: Abstract) -> Leaf:
    assert isinstance(value, Leaf | Pull)
    return force(cx, value)


def _sums(cx: Context, x: Leaf, y: Leaf, element: Element) -> Abstract:
    """Every element of the product as a sum of its own."""
    rows, columns = x.type.shape[:-1], y.type.shape[1:]
    inner = x.type.shape[-1]

    def rule(indices: Sequence[Atom]) -> Atom:
        left, right = indices[: len(rows)], indices[len(rows) :]
        with cx.region() as frame:
            k = cx.counter("k", cx.poly(inner))
            factors = (element_at(cx, x, (*left, k)), element_at(cx, y, (k, *right)))
            block = cx.block(frame, (k,), (cx.one("mul", factors, typed(element)),))
        return cx.one("reduce", (dim_atom(inner),), typed(element), regions=(block,), ops=("add",))

    if not rows and not columns:
        return Leaf(rule(()))
    return Leaf(force(cx, pull(cx, element, (*rows, *columns), rule)).atom)


def _dot(cx: Context, args: Sequence[Abstract]) -> Abstract:
    return matrix_product(cx, args[0], args[1], NOWHERE, "dot")


def _trace(cx: Context, args: Sequence[Abstract]) -> Abstract:
    x = _matrix(cx, args[0], "trace", Takes.NUMBERS)
    n = _square(cx, x, "trace")
    with cx.region() as frame:
        i = cx.counter("i", cx.poly(n))
        block = cx.block(frame, (i,), (element_at(cx, x, (i, i)),))
    return Leaf(
        cx.one("reduce", (dim_atom(n),), typed(x.type.dtype), regions=(block,), ops=("add",))
    )


# ---- factorisations and solves ---------------------------------------------------------------------


def _matrix(cx: Context, value: Abstract, name: str, takes: Takes = Takes.FLOATS) -> Leaf:
    matrix_dims(cx, value, name)
    element = common_element(cx, Operation(name, 1, takes), (value,))
    return _held(cx, fit(cx, value, element))


def _square(cx: Context, x: Leaf, name: str) -> Dim:
    rows, columns = x.type.shape
    cx.require_equal(
        cx.poly(rows), cx.poly(columns), lambda a, b: f"`{name}` takes a square matrix: {a} by {b}"
    )
    return rows


def _of_square(name: str, *, is_scalar: bool) -> BuiltinFunction:
    def eager(cx: Context, args: Sequence[Abstract]) -> Abstract:
        x = _matrix(cx, args[0], name)
        _square(cx, x, name)
        shape = () if is_scalar else x.type.shape
        return Leaf(cx.one(name, (x.atom,), typed(x.type.dtype, shape)))

    return exactly(1, eager)


def _solution(
    cx: Context, name: str, a: Abstract, b: Abstract, params: Mapping[str, Any]
) -> Abstract:
    """`name(A, B)` for a vector or a matrix on the right."""
    if not is_array(b) or len(dims_of(b)) not in (1, 2):
        raise cx.wrong(
            WRONG_RANK, f"`{name}` takes a vector or a matrix second, found {describe(cx, b)}"
        )
    matrix_dims(cx, a, name)
    element = common_element(cx, Operation(name, 2, Takes.FLOATS), (a, b))
    x, y = _held(cx, fit(cx, a, element)), _held(cx, fit(cx, b, element))
    n = _square(cx, x, name)
    cx.require_equal(
        cx.poly(n), cx.poly(y.type.shape[0]), lambda p, q: f"sizes differ in `{name}`: {p} and {q}"
    )
    return Leaf(cx.one(name, (x.atom, y.atom), y.type, **params))


def _solve(cx: Context, args: Sequence[Abstract]) -> Abstract:
    return _solution(cx, "solve", args[0], args[1], {"ta": False})


def _tri_solve(cx: Context, args: Sequence[Abstract]) -> Abstract:
    return _solution(cx, "tri_solve", args[0], args[1], {"upper": False, "ta": False})


def _tri_solve_call(cx: Context, node: ast.Call, scope: Scope) -> Abstract:
    upper = False
    for arg in node.named:
        with cx.at(arg.span):
            truth = known_literal(cx.evaluate(arg.value, scope))
            if arg.name != "upper" or not isinstance(truth, bool):
                raise cx.wrong(BAD_ARGUMENT, "`tri_solve` takes `upper=true` or `upper=false`")
            upper = truth
    a, b = (cx.evaluate(x, scope) for x in node.args)
    return _solution(cx, "tri_solve", a, b, {"upper": upper, "ta": False})


def _factors(name: str, *, is_square: bool) -> BuiltinFunction:
    """A factorisation of the library, which is written for f64; `k` is the smaller side of the matrix."""

    def eager(cx: Context, args: Sequence[Abstract]) -> Abstract:
        x = _matrix(cx, args[0], name)
        given: list[Abstract] = [convert(cx, x, DType.F64)]
        if is_square:
            _square(cx, x, name)
        else:
            m, n = x.type.shape
            given.append(Leaf(cx.size(smaller(cx, cx.poly(m), cx.poly(n)))))
        found = cx.apply(cx.program.library(name), given)
        assert isinstance(found, Product)
        element = fix_open(element_of(x.type))
        return found.like([convert(cx, item, element) for item in found.items])

    return exactly(1, eager)


LINEAR_ALGEBRA: Mapping[str, BuiltinFunction] = {
    "dot": exactly(2, _dot),
    "trace": exactly(1, _trace),
    "cholesky": _of_square("cholesky", is_scalar=False),
    "inv": _of_square("inv", is_scalar=False),
    "det": _of_square("det", is_scalar=True),
    "logdet": _of_square("logdet", is_scalar=True),
    "solve": exactly(2, _solve),
    "tri_solve": exactly(2, _tri_solve, _tri_solve_call),
    "eigh": _factors("eigh", is_square=True),
    "qr": _factors("qr", is_square=False),
    "svd": _factors("svd", is_square=False),
}
