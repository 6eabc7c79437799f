"""Array values built inside derivative rules: zeros, sums, products and transposes as `map` and `index`.

Arrays are worked on elementwise by `map` regions only, so these need no primitives of their own. Dims of
all types must be in scope where the builder stands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from adc.ir.builder import Builder
from adc.ir.core import I64, Atom, Dim, Type, Value, dim_atom, index_literal, literal

Element = Callable[[Builder, Sequence[Value]], Atom]
_INDEX_HINTS = "ijkl"


def tabulate(b: Builder, dims: Sequence[Dim], element: Element) -> Value:
    """`[element(i, ...) for i < dims[0], ...]`; the element may be an array."""
    inner = b.nested()
    indices = index_params(len(dims))
    result = element(inner, indices)
    region = inner.finish(indices, (result,))
    return b.one("map", *map(dim_atom, dims), regions=(region,))


def sum_over(b: Builder, dims: Sequence[Dim], element: Element) -> Value:
    """`sum(element(i, ...) for i < dims[0], ...)` of scalars."""
    inner = b.nested()
    indices = index_params(len(dims))
    result = element(inner, indices)
    region = inner.finish(indices, (result,))
    return b.one("reduce", *map(dim_atom, dims), regions=(region,), ops=("add",))


def index_params(rank: int) -> tuple[Value, ...]:
    """Fresh i64 parameters of a region."""
    return tuple(Value(I64, _INDEX_HINTS[axis] if axis < 4 else f"i{axis}") for axis in range(rank))


def zeros(b: Builder, t: Type) -> Atom:
    """A zero of the type: a literal, or an array of zeros."""
    zero = literal(0, t.dtype)
    return tabulate(b, t.shape, lambda inner, at: zero) if t.shape else zero


def map_elementwise(
    b: Builder, arrays: Sequence[Atom], fn: Callable[[Builder, Sequence[Atom]], Atom]
) -> Atom:
    """`fn` on the elements of arrays of one shape, or on scalars as they are."""
    shape = arrays[0].type.shape
    if not shape:
        return fn(b, arrays)
    return tabulate(
        b, shape, lambda inner, at: fn(inner, [inner.one("index", x, *at) for x in arrays])
    )


def add_arrays(b: Builder, x: Atom, y: Atom) -> Atom:
    """x + y for arrays or scalars of one type."""
    return map_elementwise(b, (x, y), lambda inner, e: inner.one("add", *e))


def subtract_arrays(b: Builder, x: Atom, y: Atom) -> Atom:
    """x - y for arrays or scalars of one type."""
    return map_elementwise(b, (x, y), lambda inner, e: inner.one("sub", *e))


def negate(b: Builder, x: Atom) -> Atom:
    """-x for an array or a scalar."""
    return map_elementwise(b, (x,), lambda inner, e: inner.one("neg", *e))


def scale(b: Builder, factor: Atom, x: Atom) -> Atom:
    """A scalar times an array or a scalar."""
    return map_elementwise(b, (x,), lambda inner, e: inner.one("mul", factor, *e))


def transpose2(b: Builder, A: Atom) -> Value:
    """A' of a matrix."""
    m, n = A.type.shape
    return tabulate(b, (n, m), lambda inner, at: inner.one("index", A, at[1], at[0]))


def multiply(b: Builder, A: Atom, X: Atom, *, ta: bool = False) -> Value:
    """op(A) @ X for a matrix A and a matrix or vector X; op is the transpose when `ta`."""
    if X.type.rank == 2:
        return b.one("matmul", A, X, ta=ta, tb=False)
    column = b.one("reshape", X, dim_atom(X.type.shape[0]), index_literal(1))
    product = b.one("matmul", A, column, ta=ta, tb=False)
    return b.one("reshape", product, dim_atom(product.type.shape[0]))
