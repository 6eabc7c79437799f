"""Linear algebra on matrices: products, factors, solutions, inverse and determinant.

Rules are written with products, solves and maps that are linear in the tangents, so each can be transposed
and differentiated again. Letters: A: t[n, n], X and B: t[n] or t[n, k], L lower triangular, W the inverse.
Formulas after M. Giles, "Collected matrix derivative results" (2008), and I. Murray (2016) for Cholesky.
"""

from __future__ import annotations

from collections.abc import Sequence

from adc.ir.builder import Builder
from adc.ir.core import Atom, Block, Equation, Params, Type, Value, literal
from adc.prims.array.build import (
    add_arrays,
    multiply,
    negate,
    scale,
    subtract_arrays,
    sum_over,
    tabulate,
    transpose2,
)
from adc.prims.primitive import Fails, Family, Primitive, Tangent, require

Cotangents = Sequence[Atom | None]
_GILES = "Giles 2008, section 2"


# ---- type rules ------------------------------------------------------------------------------------


def _infer_matmul(
    operands: Sequence[Atom], params: Params, regions: Sequence[Block]
) -> tuple[Type, ...]:
    A, B = (a.type for a in operands)
    for t in (A, B):
        _require_matrix("matmul", t)
    require(A.dtype is B.dtype, f"matmul: one element type, found {A} and {B}")
    rows, inner = A.shape[::-1] if params["ta"] else A.shape
    again, columns = B.shape[::-1] if params["tb"] else B.shape
    _require_same_size("matmul", inner, again)
    return (Type(A.dtype, (rows, columns)),)


def _infer_solve(
    operands: Sequence[Atom], params: Params, regions: Sequence[Block]
) -> tuple[Type, ...]:
    A, B = (a.type for a in operands)
    _require_square("solve", A)
    require(A.dtype is B.dtype and not B.is_ref, f"solve: one element type, found {A} and {B}")
    require(B.rank in (1, 2), f"solve: a vector or matrix on the right, found {B}")
    _require_same_size("solve", A.shape[0], B.shape[0])
    return (B,)


def _infer_square(
    operands: Sequence[Atom], params: Params, regions: Sequence[Block]
) -> tuple[Type, ...]:
    (A,) = operands
    _require_square("linear algebra", A.type)
    return (A.type,)


def _infer_number(
    operands: Sequence[Atom], params: Params, regions: Sequence[Block]
) -> tuple[Type, ...]:
    (A,) = operands
    _require_square("determinant", A.type)
    return (Type(A.type.dtype),)


def _require_matrix(name: str, t: Type) -> None:
    require(t.rank == 2 and t.dtype.is_float and not t.is_ref, f"{name}: a float matrix, found {t}")


def _require_square(name: str, t: Type) -> None:
    _require_matrix(name, t)
    _require_same_size(name, *t.shape)


def _require_same_size(name: str, n: object, m: object) -> None:
    """Sizes known now must agree; of others the elaborator made sure."""
    if isinstance(n, int) and isinstance(m, int):
        require(n == m, f"{name}: sizes {n} and {m} differ")


# ---- products --------------------------------------------------------------------------------------


def _jvp_matmul(b: Builder, e: Equation, tangents: Sequence[Tangent]) -> tuple[Tangent, ...]:
    (A, B), (dA, dB) = e.operands, tangents
    ta, tb = e.params["ta"], e.params["tb"]
    left = None if dA is None else b.one("matmul", dA, B, ta=ta, tb=tb)
    right = None if dB is None else b.one("matmul", A, dB, ta=ta, tb=tb)
    return (_sum(b, left, right),)


def _sum(b: Builder, x: Tangent, y: Tangent) -> Tangent:
    if x is None or y is None:
        return y if x is None else x
    return add_arrays(b, x, y)


def _transpose_matmul(
    b: Builder, e: Equation, cts: Cotangents, linear: Sequence[bool]
) -> tuple[Atom | None, ...]:
    """C = op(A) op(B): op(A) gets ct op(B)', op(B) gets op(A)' ct; a transposed operand gets the transpose."""
    (ct,), (A, B) = cts, e.operands
    ta, tb = bool(e.params["ta"]), bool(e.params["tb"])
    require(not all(linear), "matmul: linear in one operand at a time")
    if ct is None:
        return (None, None)
    if linear[0]:
        by_a = (
            b.one("matmul", B, ct, ta=tb, tb=True)
            if ta
            else b.one("matmul", ct, B, ta=False, tb=not tb)
        )
        return (by_a, None)
    by_b = (
        b.one("matmul", ct, A, ta=True, tb=ta)
        if tb
        else b.one("matmul", A, ct, ta=not ta, tb=False)
    )
    return (None, by_b)


# ---- solutions -------------------------------------------------------------------------------------


def _jvp_solve(b: Builder, e: Equation, tangents: Sequence[Tangent]) -> tuple[Tangent, ...]:
    """op(A) dX = dB - op(dA) X."""
    (A, _), (X,), (dA, dB) = e.operands, e.results, tangents
    ta = bool(e.params["ta"])
    right = _right_side(b, dA, dB, X, ta)
    return (None if right is None else b.one("solve", A, right, ta=ta),)


def _jvp_tri_solve(b: Builder, e: Equation, tangents: Sequence[Tangent]) -> tuple[Tangent, ...]:
    """As `solve`; only the named triangle of T has a tangent."""
    (T, _), (X,), (dT, dB) = e.operands, e.results, tangents
    upper, ta = bool(e.params["upper"]), bool(e.params["ta"])
    named = None if dT is None else _triangle(b, dT, upper=upper)
    right = _right_side(b, named, dB, X, ta)
    return (None if right is None else b.one("tri_solve", T, right, upper=upper, ta=ta),)


def _right_side(b: Builder, dA: Tangent, dB: Tangent, X: Atom, ta: bool) -> Tangent:
    if dA is None:
        return dB
    moved = multiply(b, dA, X, ta=ta)
    return negate(b, moved) if dB is None else subtract_arrays(b, dB, moved)


def _triangle(b: Builder, A: Atom, *, upper: bool) -> Value:
    """A with zeros outside the named triangle."""
    zero = literal(0.0, A.type.dtype)
    kept = "le" if upper else "ge"

    def element(inner: Builder, at: Sequence[Value]) -> Atom:
        return inner.one("select", inner.one(kept, *at), inner.one("index", A, *at), zero)

    return tabulate(b, A.type.shape, element)


def _transpose_solve(
    b: Builder, e: Equation, cts: Cotangents, linear: Sequence[bool]
) -> tuple[Atom | None, ...]:
    """Linear in the right-hand side only: op(A)' takes the place of op(A)."""
    require(not linear[0], "solve: linear in the right-hand side only")
    (ct,), (A, _) = cts, e.operands
    return (None, None if ct is None else b.one("solve", A, ct, ta=not e.params["ta"]))


def _transpose_tri_solve(
    b: Builder, e: Equation, cts: Cotangents, linear: Sequence[bool]
) -> tuple[Atom | None, ...]:
    require(not linear[0], "tri_solve: linear in the right-hand side only")
    (ct,), (T, _) = cts, e.operands
    upper, ta = e.params["upper"], not e.params["ta"]
    return (None, None if ct is None else b.one("tri_solve", T, ct, upper=upper, ta=ta))


# ---- factors, inverse, determinant -----------------------------------------------------------------


def _jvp_cholesky(b: Builder, e: Equation, tangents: Sequence[Tangent]) -> tuple[Tangent, ...]:
    """dL = L phi(L^-1 dS L^-T), S the symmetric part; phi halves the diagonal and drops what is above."""
    (dA,), (L,) = tangents, e.results
    if dA is None:
        return (None,)
    half = b.one("tri_solve", L, _symmetric_part(b, dA), upper=False, ta=False)
    inner = b.one("tri_solve", L, transpose2(b, half), upper=False, ta=False)
    return (b.one("matmul", L, _phi(b, inner), ta=False, tb=False),)


def _symmetric_part(b: Builder, A: Atom) -> Value:
    half = literal(0.5, A.type.dtype)

    def element(inner: Builder, at: Sequence[Value]) -> Atom:
        i, j = at
        mirrored = inner.one("add", inner.one("index", A, i, j), inner.one("index", A, j, i))
        return inner.one("mul", half, mirrored)

    return tabulate(b, A.type.shape, element)


def _phi(b: Builder, Z: Atom) -> Value:
    one, half, zero = (literal(v, Z.type.dtype) for v in (1.0, 0.5, 0.0))

    def element(inner: Builder, at: Sequence[Value]) -> Atom:
        i, j = at
        on_diagonal = inner.one("select", inner.one("eq", i, j), half, zero)
        weight = inner.one("select", inner.one("gt", i, j), one, on_diagonal)
        return inner.one("mul", weight, inner.one("index", Z, i, j))

    return tabulate(b, Z.type.shape, element)


def _jvp_inv(b: Builder, e: Equation, tangents: Sequence[Tangent]) -> tuple[Tangent, ...]:
    """dW = -W dA W."""
    (dA,), (W,) = tangents, e.results
    if dA is None:
        return (None,)
    return (negate(b, multiply(b, multiply(b, W, dA), W)),)


def _jvp_logdet(b: Builder, e: Equation, tangents: Sequence[Tangent]) -> tuple[Tangent, ...]:
    """trace(W dA)."""
    (A,), (dA,) = e.operands, tangents
    if dA is None:
        return (None,)
    W = b.one("inv", A)
    return (_inner_product(b, transpose2(b, W), dA),)


def _jvp_det(b: Builder, e: Equation, tangents: Sequence[Tangent]) -> tuple[Tangent, ...]:
    """The sum of cofactors times dA. See Note [Cofactors of a singular matrix]."""
    (A,), (dA,), (d,) = e.operands, tangents, e.results
    if dA is None:
        return (None,)
    is_singular = b.one("eq", d, literal(0.0, d.type.dtype))
    by_minors, by_inverse = b.nested(), b.nested()
    minors = _cofactors(by_minors, A)
    inverse = scale(by_inverse, d, transpose2(by_inverse, by_inverse.one("inv", A)))
    regions = (by_minors.finish((), (minors,)), by_inverse.finish((), (inverse,)))
    cofactors = b.one("cond", is_singular, regions=regions)
    return (_inner_product(b, cofactors, dA),)


def _cofactors(b: Builder, A: Atom) -> Value:
    """C[i, j] = det of A with row i replaced by the unit row j."""
    one, zero = (literal(v, A.type.dtype) for v in (1.0, 0.0))

    def cofactor(inner: Builder, at: Sequence[Value]) -> Atom:
        i, j = at

        def replaced(deep: Builder, place: Sequence[Value]) -> Atom:
            p, q = place
            unit = deep.one("select", deep.one("eq", q, j), one, zero)
            return deep.one("select", deep.one("eq", p, i), unit, deep.one("index", A, p, q))

        return inner.one("det", tabulate(inner, A.type.shape, replaced))

    return tabulate(b, A.type.shape, cofactor)


def _inner_product(b: Builder, C: Atom, dA: Atom) -> Value:
    """The sum of C * dA over all elements."""

    def element(inner: Builder, at: Sequence[Value]) -> Atom:
        return inner.one("mul", inner.one("index", C, *at), inner.one("index", dA, *at))

    return sum_over(b, dA.type.shape, element)


# ---- the records -----------------------------------------------------------------------------------

PRIMITIVES: tuple[Primitive, ...] = (
    Primitive(
        "matmul",
        "op(A) @ op(B) of matrices; `ta`, `tb` transpose",
        _infer_matmul,
        "adc.reference.arrays:matmul",
        _jvp_matmul,
        _transpose_matmul,
        lower="blas:gemm",
        source=_GILES,
        arity=2,
        family=Family.ARRAY,
    ),
    Primitive(
        "solve",
        "X with op(A) X = B; a singular A is an error",
        _infer_solve,
        "adc.reference.arrays:solve",
        _jvp_solve,
        _transpose_solve,
        fails=Fails.ANYHOW,
        lower="lapack:gesv",
        source=_GILES,
        arity=2,
        family=Family.ARRAY,
    ),
    Primitive(
        "tri_solve",
        "X with op(T) X = B, T the lower (or `upper`) triangle; a 0 on its diagonal is an error",
        _infer_solve,
        "adc.reference.arrays:tri_solve",
        _jvp_tri_solve,
        _transpose_tri_solve,
        fails=Fails.ANYHOW,
        lower="blas:trsm",
        source=_GILES,
        arity=2,
        family=Family.ARRAY,
    ),
    Primitive(
        "cholesky",
        "lower L with L L' = (A + A') / 2; an error when that is not positive definite",
        _infer_square,
        "adc.reference.arrays:cholesky",
        _jvp_cholesky,
        fails=Fails.ANYHOW,
        lower="lapack:potrf",
        source="Murray 2016, equation 8",
        arity=1,
        family=Family.ARRAY,
    ),
    Primitive(
        "inv",
        "the inverse of A; a singular A is an error",
        _infer_square,
        "adc.reference.arrays:inv",
        _jvp_inv,
        fails=Fails.ANYHOW,
        lower="lapack:getri",
        source=_GILES,
        arity=1,
        family=Family.ARRAY,
    ),
    Primitive(
        "det",
        "the determinant of A",
        _infer_number,
        "adc.reference.arrays:det",
        _jvp_det,
        lower="lapack:getrf",
        source=_GILES,
        arity=1,
        family=Family.ARRAY,
    ),
    Primitive(
        "logdet",
        "log |det A|, without overflow on the way; -inf when singular",
        _infer_number,
        "adc.reference.arrays:logdet",
        _jvp_logdet,
        lower="lapack:getrf",
        source=_GILES,
        arity=1,
        family=Family.ARRAY,
    ),
)

# Note [Cofactors of a singular matrix]
#
# The gradient of det is the matrix of cofactors C = det(A) A^-T, a polynomial in A that exists everywhere. The
# formula with the inverse costs n**3 and is accurate as long as elimination meets no zero pivot: near a
# singular matrix the errors of the tiny determinant and of the huge inverse cancel, since both come from
# the same factors. Where det is exactly 0 (a zero pivot, or underflow) the cofactors are n**2 determinants
# of A with one row replaced by a unit row: right for every rank and, being determinants, at every order. That costs
# n**5, but only in the region that a singular matrix takes.
