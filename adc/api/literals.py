"""Values as ADL writes them: results to text, and text of arguments to values."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, nan
from typing import Any

import numpy as np

from adc.diagnostics import Diagnostic, Label, ParseError, SourceFile
from adc.syntax import ast
from adc.syntax.parse import parse_expression
from adc.types.core import Array, Function, Record, Scalar, SurfaceType, Tuple, array_of

_CONSTANTS = {"inf": inf, "nan": nan, "Infinity": inf, "NaN": nan}


def literal_value(source: SourceFile) -> Any:
    """The Python value of a text like `[1.0, -2.5]`, `(1, true)` or `{pos: [0.0, 1.0], mass: 2.0}`.

    Raises ParseError E01xx when it is no expression, or one that has to be computed.
    """
    return _literal(parse_expression(source))


def _literal(e: ast.Expr) -> Any:
    match e:
        case ast.IntLiteral() | ast.FloatLiteral() | ast.BoolLiteral():
            return e.value
        case ast.Unary("-", ast.IntLiteral() | ast.FloatLiteral() as inner):
            return -inner.value
        case ast.Unary("-", ast.Name("inf" | "Infinity")):
            return -inf
        case ast.Name(name) if name in _CONSTANTS:
            return _CONSTANTS[name]
        case ast.ArrayLiteral(items):
            return [_literal(item) for item in items]
        case ast.Tuple(items):
            return tuple(_literal(item) for item in items)
        case ast.Record(entries):
            return {entry.name: _literal(entry.value) for entry in entries}
        case _:
            raise ParseError(
                Diagnostic(
                    "E0508",
                    "an argument is a number, a list, a tuple or a record of them",
                    Label(e.span),
                    hint="x=[1.0, 2.0]",
                )
            )


def value_text(value: Any, t: SurfaceType) -> str:
    """`value` as a literal of type `t`; floats with 17 digits, so that they read back as they are."""
    return "".join(_pieces(value, t))


def json_value(value: Any, t: SurfaceType) -> Any:
    """`value` as lists, objects and numbers; arrays of records as lists of objects."""
    match t:
        case Scalar() | Array(Scalar(), _):
            return value.tolist() if isinstance(value, np.ndarray | np.generic) else value
        case Tuple(items):
            return [json_value(v, item) for v, item in zip(value, items, strict=True)]
        case Record(fields):
            return {name: json_value(v, f) for (name, f), v in zip(fields, value, strict=True)}
        case Array(element, dims):
            return [json_value(row, array_of(element, dims[1:])) for row in _rows(value)]
        case Function():
            raise AssertionError("functions are specialised away before anything returns")


def _pieces(value: Any, t: SurfaceType) -> Iterator[str]:
    match t:
        case Scalar():
            yield number_text(value)
        case Array(Scalar(), _):
            yield from _array_pieces(value)
        case Array(element, dims):
            rows = (_pieces(row, array_of(element, dims[1:])) for row in _rows(value))
            yield from _listed("[", rows, "]")
        case Tuple(items):
            parts = (_pieces(v, item) for v, item in zip(value, items, strict=True))
            yield from _listed("(", parts, ",)" if len(items) == 1 else ")")
        case Record(fields):
            pairs = zip(fields, value, strict=True)
            yield from _listed("{", (_field(name, v, f) for (name, f), v in pairs), "}")
        case Function():
            raise AssertionError("functions are specialised away before anything returns")


def _field(name: str, value: Any, t: SurfaceType) -> Iterator[str]:
    yield f"{name}: "
    yield from _pieces(value, t)


def _array_pieces(array: Any) -> Iterator[str]:
    if not isinstance(array, np.ndarray) or not array.ndim:
        yield number_text(array)
        return
    yield from _listed("[", map(_array_pieces, array), "]")


def _listed(opening: str, parts: Iterator[Iterator[str]], closing: str) -> Iterator[str]:
    yield opening
    for position, part in enumerate(parts):
        if position:
            yield ", "
        yield from part
    yield closing


def _rows(value: Any) -> Iterator[Any]:
    """The elements of an array of products, which is a product of arrays."""
    fields = tuple(value)
    yield from zip(*map(_elements, fields), strict=True)


def _elements(field: Any) -> Iterator[Any]:
    return iter(field) if isinstance(field, np.ndarray) else _rows(field)


def number_text(value: Any) -> str:
    """`0.10000000000000001`, `2.0`, `3`, `true`, `inf`, `nan`."""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, int | np.integer):
        return str(int(value))
    text = format(float(value), ".17g")
    return text if any(c in text for c in ".en") else f"{text}.0"
