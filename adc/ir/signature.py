"""Signatures as text, both ways: `[n](x: f64[n], b: Body{pos: f64[3]}) -> f64`.

Sizes that only a run can know stand before the result: `-> [k] f64[k]`. The documentation is not part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TypeVar

from adc.ir.scanner import DTYPES, Cursor, quoted
from adc.types.core import Array, Function, Record, Scalar, Signature, SurfaceType, Tuple, array_of
from adc.types.dims import Poly

T = TypeVar("T")
DEPTH_LIMIT = 100  # of types inside types, and of brackets in a size


# ---- out ---------------------------------------------------------------------------------------


def signature_text(signature: Signature) -> str:
    """The signature on one line."""
    sizes = _list(quoted, signature.sizes)
    params = ", ".join(f"{quoted(name)}: {surface_text(t)}" for name, t in signature.params)
    late = f"[{_list(quoted, signature.result_sizes)}] " if signature.result_sizes else ""
    return f"[{sizes}]({params}) -> {late}{surface_text(signature.result)}"


def headline(name: str, signature: Signature) -> str:
    """The signature as ADL writes it: `f(x: f64[n]) -> f64`."""
    params = ", ".join(f"{parameter}: {t}" for parameter, t in signature.params)
    return f"{name}({params}) -> {signature.result}"


def surface_text(t: SurfaceType) -> str:
    """A surface type with the names of its records: `Body{pos: f64[3]}[n]`."""
    match t:
        case Scalar(dtype):
            return dtype.value
        case Array(element, dims):
            return f"{surface_text(element)}[{_list(str, dims)}]"
        case Tuple(items):
            return f"({_list(surface_text, items)}{',' if len(items) == 1 else ''})"
        case Record(fields, name):
            inner = ", ".join(f"{quoted(key)}: {surface_text(f)}" for key, f in fields)
            return f"{quoted(name) if name else ''}{{{inner}}}"
        case Function(params, result):
            return f"({_list(surface_text, params)}) -> {surface_text(result)}"


def _list(text: Callable[[T], str], items: Sequence[T]) -> str:
    return ", ".join(map(text, items))


# ---- in ----------------------------------------------------------------------------------------


def parse_signature(c: Cursor) -> Signature:
    """The signature that stands at the cursor; ParseError when none does."""
    sizes = _items(c, "[", "]", c.word)
    params = _items(c, "(", ")", lambda: _field(c, 0))
    c.expect("->")
    late = _items(c, "[", "]", c.word) if c.now.kind == "[" else ()
    return Signature(sizes, params, _surface(c, 0), late)


def _items(c: Cursor, opening: str, closing: str, read: Callable[[], T]) -> tuple[T, ...]:
    """A list in brackets; a comma may stand before the closing one."""
    c.expect(opening)
    items: list[T] = []
    while not c.take(closing):
        items.append(read())
        if c.now.kind != closing:
            c.expect(",")
    return tuple(items)


def _field(c: Cursor, depth: int) -> tuple[str, SurfaceType]:
    name = c.word()
    c.expect(":")
    return name, _surface(c, depth + 1)


def _surface(c: Cursor, depth: int) -> SurfaceType:
    if depth > DEPTH_LIMIT:
        c.fail("types are nested too deeply")
    t = _surface_element(c, depth)
    while c.now.kind == "[":
        dims = _items(c, "[", "]", lambda: _sum(c, 0))
        if isinstance(t, Function):
            c.fail("there are no arrays of functions")
        t = array_of(t, dims)
    return t


def _surface_element(c: Cursor, depth: int) -> SurfaceType:
    if c.now.kind == "(":
        items = _items(c, "(", ")", lambda: _surface(c, depth + 1))
        return Function(items, _surface(c, depth + 1)) if c.take("->") else Tuple(items)
    if c.now.text in DTYPES and c.next.kind != "{":
        return Scalar(DTYPES[c.advance().text])
    name = None if c.now.kind == "{" else c.word()
    return Record(_items(c, "{", "}", lambda: _field(c, depth)), name)


def _sum(c: Cursor, depth: int) -> Poly:
    """A size: a polynomial over size names."""
    if depth > DEPTH_LIMIT:
        c.fail("brackets are nested too deeply")
    total = _product(c, depth)
    while True:
        if c.take("+"):
            total = total + _product(c, depth)
        elif c.take("-"):
            total = total - _product(c, depth)
        elif c.now.kind == "number" and c.now.text.startswith("-"):
            total = total + _product(c, depth)
        else:
            return total


def _product(c: Cursor, depth: int) -> Poly:
    total = _factor(c, depth)
    while True:
        if c.take("*"):
            total = total * _factor(c, depth)
        elif c.take("/"):
            total = total / _divisor(c)
        else:
            return total


def _divisor(c: Cursor) -> int:
    token = c.now
    divisor = c.whole()
    if divisor == 0:
        c.fail("a size is divided by zero", token)
    return divisor


def _factor(c: Cursor, depth: int) -> Poly:
    sign = 1
    while c.take("-"):
        sign = -sign
    if c.take("("):
        inner = _sum(c, depth + 1)
        c.expect(")")
        return inner * sign
    if c.now.kind == "number":
        return Poly.of(Fraction(c.whole())) * sign
    return Poly.atom(c.word()) * sign
