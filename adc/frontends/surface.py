"""Types as they are written, and values made to fit them.

A resolved type is a `SurfaceType` whose dims are polynomials over size names; a size that is no polynomial is an
atom of its own, the expression. Fitting a value gives pairs of declared and actual sizes: names that are not
bound yet are bound by them, everything else is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from adc.frontends.context import LARGEST_RANK, Context
from adc.frontends.elements import describe, element_type, fit
from adc.frontends.extent import extent_of
from adc.frontends.problems import (
    DEFINED_TWICE,
    NEGATIVE_SIZE,
    NOT_SUPPORTED,
    TYPE_MISMATCH,
    UNKNOWN_TYPE,
    WRONG_RANK,
    nearest,
)
from adc.frontends.sizes import is_whole
from adc.frontends.unify import unify
from adc.frontends.values import (
    Abstract,
    Constant,
    FunctionValue,
    Leaf,
    Product,
    Pull,
    Rows,
    Scope,
    Typed,
    dims_of,
    is_array,
    is_function,
    is_scalar,
)
from adc.ir.core import Dim
from adc.syntax import ast
from adc.types.core import (
    NAMED_DTYPES,
    Array,
    DType,
    Function,
    Record,
    Scalar,
    SurfaceType,
    Tuple,
    array_of,
)
from adc.types.dims import Poly, may_add, may_multiply

# ---- resolving -------------------------------------------------------------------------------------


class Aliases(Protocol):
    """What knows the type names of a program."""

    @property
    def types(self) -> Mapping[str, SurfaceType]:
        """What type names stand for."""


_SCALARS = {d.value: Scalar(d) for d in NAMED_DTYPES}


def resolve_type(program: Aliases, node: ast.Type) -> SurfaceType:
    """The type that is written; aliases are replaced by what they stand for."""
    found = _resolve(program, node)
    extent_of(found).require(node.span, "this type")
    return found


def _resolve(program: Aliases, node: ast.Type) -> SurfaceType:
    match node:
        case ast.NamedType(name):
            return _named(program, node, name)
        case ast.ArrayType(element, sizes):
            inner = _resolve(program, element)
            if isinstance(inner, Function):
                raise TYPE_MISMATCH.at(node.span, "there are no arrays of functions")
            made = array_of(inner, tuple(map(_size, sizes)))
            if isinstance(made, Array) and len(made.dims) > LARGEST_RANK:
                raise NOT_SUPPORTED.at(node.span, f"arrays have at most {LARGEST_RANK} axes")
            return made
        case ast.TupleType(items):
            return Tuple(tuple(_resolve(program, item) for item in items))
        case ast.RecordType(fields):
            _refuse_repeated(fields)
            return Record(tuple((f.name, _resolve(program, f.type)) for f in fields))
        case ast.FunctionType(params, result):
            types = tuple(_resolve(program, p) for p in params)
            return Function(types, _resolve(program, result))


def _named(program: Aliases, node: ast.NamedType, name: str) -> SurfaceType:
    found = program.types.get(name)
    if found is None:
        if name in _SCALARS:
            return _SCALARS[name]
        hint = nearest(name, (*_SCALARS, *program.types))
        raise UNKNOWN_TYPE.at(node.span, f"there is no type `{name}`", hint=hint)
    return Record(found.fields, name) if isinstance(found, Record) else found


def _refuse_repeated(fields: Sequence[ast.TypeField]) -> None:
    seen: set[str] = set()
    for f in fields:
        if f.name in seen:
            raise DEFINED_TWICE.at(f.span, f"the field `{f.name}` is declared twice")
        seen.add(f.name)


def _size(node: ast.Expr) -> Poly:
    size = size_polynomial(node)
    if (size.constant or 0) < 0:
        raise NEGATIVE_SIZE.at(node.span, f"the size {size.constant} is negative")
    return size


def size_polynomial(node: ast.Expr) -> Poly:
    """The size as a polynomial over names; what is none is an atom that is evaluated later."""
    match node:
        case ast.IntLiteral(value, None):
            return Poly.of(value)
        case ast.Name(name):
            return Poly.atom(name)
        case ast.Unary("-", operand):
            return -size_polynomial(operand)
        case ast.Chain(first, links) if all(link.op in _SIZE_OPERATORS for link in links):
            total = size_polynomial(first)
            for link in links:
                factor = size_polynomial(link.operand)
                found = _SIZE_OPERATORS[link.op](total, factor)
                if found is None:
                    return Poly.atom(node)
                total = found
            return total
        case _:
            return Poly.atom(node)


def _whole_quotient(a: Poly, b: Poly) -> Poly | None:
    divisor = b.constant
    if divisor is None or divisor == 0 or any(not isinstance(x, str) for x in a.atoms()):
        return None
    quotient = a / divisor
    return quotient if is_whole(quotient) else None


_SIZE_OPERATORS: Mapping[str, Callable[[Poly, Poly], Poly | None]] = {
    "+": lambda a, b: a + b if may_add(a, b) else None,
    "-": lambda a, b: a - b if may_add(a, b) else None,
    "*": lambda a, b: a * b if may_multiply(a, b) else None,
    "/": _whole_quotient,
}


# ---- fitting ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SizePair:
    """A size as declared, and as it is; `what` names the array, `axis` counts from 0."""

    declared: Poly
    actual: Dim
    what: str
    axis: int | None = None

    def complaint(self, expected: str, found: str) -> str:
        along = "" if self.axis is None else f" along axis {self.axis}"
        return f"{self.what} has size {found}{along}, expected {expected}"


def conform(
    cx: Context,
    value: Abstract,
    t: SurfaceType,
    what: str,
    pairs: list[SizePair],
    scope: Scope | None = None,
) -> Abstract:
    """The value as one of type `t`: literals typed, fields in the order of the type. Sizes go to `pairs`.

    `scope` tells the sizes that function types inside mention.
    """
    match t:
        case Scalar(dtype):
            if not is_scalar(value):
                raise _mismatch(cx, value, t, what)
            return _with_dtype(cx, value, dtype, t, what)
        case Array(Scalar(dtype), dims):
            return _conform_array(cx, value, t, dtype, dims, what, pairs)
        case Array(element, dims):
            return _conform_rows(cx, value, t, element, dims, what, pairs)
        case Tuple(items):
            if not isinstance(value, Product) or value.names or len(value.items) != len(items):
                raise _mismatch(cx, value, t, what)
            return Product(
                tuple(
                    conform(cx, v, item, f"{what}.{k}" if what else "", pairs, scope)
                    for k, (v, item) in enumerate(zip(value.items, items, strict=True))
                )
            )
        case Record(fields, name):
            parts = _fields(cx, value, t, what)
            types = dict(fields)
            made = [conform(cx, v, types[n], f"{what}.{n}", pairs, scope) for n, v in parts]
            return Product(tuple(made), tuple(types), name)
        case Function():
            if not is_function(value):
                raise _mismatch(cx, value, t, what)
            inner = value.function if isinstance(value, Typed) and value.type == t else value
            return Typed(_function(inner), t, scope or Scope())


def _function(value: Abstract) -> FunctionValue:
    return value  # type: ignore[return-value]


def _conform_array(
    cx: Context,
    value: Abstract,
    t: SurfaceType,
    dtype: DType,
    dims: Sequence[Poly],
    what: str,
    pairs: list[SizePair],
) -> Abstract:
    if not is_array(value):
        raise _mismatch(cx, value, t, what)
    _pair(cx, value, t, dims, dims_of(value), what, pairs)
    fitted = _with_dtype(cx, value, dtype, t, what)
    assert isinstance(fitted, Leaf | Pull)
    return fitted


def _pair(
    cx: Context,
    value: Abstract,
    t: SurfaceType,
    declared: Sequence[Poly],
    found: Sequence[Dim],
    what: str,
    pairs: list[SizePair],
) -> None:
    if len(found) != len(declared):
        raise cx.wrong(
            WRONG_RANK,
            f"{what} has rank {len(found)}, expected {len(declared)}",
            notes=(f"expected {t}, found {describe(cx, value)}",),
        )
    for axis, (p, d) in enumerate(zip(declared, found, strict=True)):
        pairs.append(SizePair(p, d, what, axis if len(found) > 1 else None))


def _conform_rows(
    cx: Context,
    value: Abstract,
    t: SurfaceType,
    element: SurfaceType,
    dims: Sequence[Poly],
    what: str,
    pairs: list[SizePair],
) -> Abstract:
    if not isinstance(value, Rows):
        raise _mismatch(cx, value, t, what)
    _pair(cx, value, t, dims, value.dims[: len(dims)], what, pairs)
    if len(value.dims) != len(dims):
        raise _mismatch(cx, value, t, what)
    row = _conform_row(cx, value.row, element, len(dims), what, pairs)
    assert isinstance(row, Product)
    return Rows(value.dims, row)


def _conform_row(
    cx: Context, value: Abstract, t: SurfaceType, depth: int, what: str, pairs: list[SizePair]
) -> Abstract:
    """As `conform`, for a part of an array of tuples, whose leaves have `depth` more dims in front."""
    match t, value:
        case Tuple(items), Product(values, None) if len(values) == len(items):
            return value.like(
                [
                    _conform_row(cx, v, item, depth, f"{what}.{k}", pairs)
                    for k, (v, item) in enumerate(zip(values, items, strict=True))
                ]
            )
        case Record(fields, name), Product():
            types = dict(fields)
            parts = _fields(cx, value, t, what)
            made = [_conform_row(cx, v, types[n], depth, f"{what}.{n}", pairs) for n, v in parts]
            return Product(tuple(made), tuple(types), name)
        case Array(Scalar(dtype), dims), Leaf(atom) if atom.type.shape[depth:]:
            _pair(cx, value, t, dims, atom.type.shape[depth:], what, pairs)
            return _with_dtype(cx, value, dtype, t, what)
        case Scalar(dtype), Leaf(atom) if len(atom.type.shape) == depth:
            return _with_dtype(cx, value, dtype, t, what)
        case Array(element, dims), Rows(found, row):
            _pair(cx, value, t, dims, found[depth:], what, pairs)
            inner = _conform_row(cx, row, element, depth + len(dims), what, pairs)
            assert isinstance(inner, Product)
            return Rows(found, inner)
        case _:
            raise _mismatch(cx, value, t, what)


def _fields(cx: Context, value: Abstract, t: Record, what: str) -> Iterator[tuple[str, Abstract]]:
    """The fields of a record in the order of its type."""
    names = [n for n, _ in t.fields]
    if not isinstance(value, Product) or value.names is None or set(value.names) != set(names):
        raise _mismatch(cx, value, t, what)
    for n in names:
        yield n, value.items[value.names.index(n)]


def _with_dtype(cx: Context, value: Abstract, dtype: DType, t: SurfaceType, what: str) -> Abstract:
    if isinstance(value, Constant):
        if dtype is DType.BOOL or (value.is_float and not dtype.is_float):
            raise _mismatch(cx, value, t, what)
        return fit(cx, value, dtype)
    if unify(element_type(cx, value), dtype) is None:
        raise _mismatch(cx, value, t, what)
    return value


def _mismatch(cx: Context, value: Abstract, t: SurfaceType, what: str) -> Exception:
    hint = None
    if isinstance(t, Scalar) and is_scalar(value):
        hint = f"`{t.dtype.value}(...)` converts"
    return cx.wrong(
        TYPE_MISMATCH,
        f"{what} is {describe(cx, value)}, expected {show(t)}",
        notes=(f"expected {show(t)}", f"found {describe(cx, value)}"),
        hint=hint,
    )


def show(t: SurfaceType) -> str:
    """A type for messages; records by their name."""
    match t:
        case Record(_, str(name)):
            return name
        case Array(Record(_, str(name)), dims):
            return f"{name}[{', '.join(map(_show_size, dims))}]"
        case Array(element, dims):
            return f"{show(element)}[{', '.join(map(_show_size, dims))}]"
        case _:
            return str(t)


def _show_size(p: Poly) -> str:
    written: dict[Hashable, Poly] = {
        a: Poly.atom(a.span.text) for a in p.atoms() if isinstance(a, ast.Node) and a.span
    }
    return str(p.substitute(written))
