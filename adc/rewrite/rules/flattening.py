"""Regions over a flat index that is at once divided into rows and columns run over these instead."""

from __future__ import annotations

from collections.abc import Sequence

from adc.ir.builder import Builder
from adc.ir.core import I64, Atom, Block, Equation, Value, dim_atom
from adc.ir.walk import equations_within
from adc.rewrite.polynomials import Poly, emit_polynomial, quotient
from adc.rewrite.rule import rule
from adc.rewrite.scope import Scope


@rule("map", "reduce")
def unflatten(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """[.. k // n .. k % n .. for k < m * n] -> reshape([.. i .. j .. for i < m, j < n], m * n)

    Order is row by row before and after. Reductions and additions need no reshape.
    """
    (body,) = e.regions
    if len(body.params) != 1:
        return None
    (flat,), (extent,) = body.params, e.operands
    found = _columns(body, flat, extent, scope)
    if found is None:
        return None
    n, rows = found
    i, j = Value(I64, "i"), Value(I64, "j")
    inner = b.nested()
    k = inner.one("add", inner.one("mul", i, n), j, hint=flat.hint)
    ys = scope.instantiate(inner, body, (k,))
    region = inner.finish((i, j), ys)
    m = emit_polynomial(b, rows, scope.ranges.polynomials)
    hints = [r.hint for r in e.results]
    if e.op == "reduce":
        return b.emit("reduce", m, n, regions=(region,), hints=hints, ops=e.params["ops"])
    results = b.emit("map", m, n, regions=(region,), hints=hints)
    return [
        b.one("reshape", y, extent, *map(dim_atom, r.type.shape[1:]))
        for y, r in zip(results, e.results, strict=True)
    ]


def _columns(body: Block, flat: Value, extent: Atom, scope: Scope) -> tuple[Atom, Poly] | None:
    """The number of columns that the flat index is divided by, and the polynomial of the number of rows."""
    divisors: set[Atom] = set()
    for i in equations_within(body):
        if i.op in ("floordiv", "mod") and i.operands[0] is flat:
            divisors.add(i.operands[1])
    if len(divisors) != 1:
        return None
    (n,) = divisors
    if isinstance(n, Value) and not scope.is_visible(n):
        return None
    ranges, polynomials = scope.ranges, scope.ranges.polynomials
    size, columns = polynomials.of(extent), polynomials.of(n)
    rows = quotient(size, columns)
    if rows is None or not all(map(scope.is_visible, polynomials.atoms(rows))):
        return None
    is_sound = ranges.is_exact(size) and ranges.proves(rows) and ranges.proves(columns)
    return (n, rows) if is_sound else None


RULES = (unflatten,)
