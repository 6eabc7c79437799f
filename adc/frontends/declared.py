"""Sizes as they are declared: names are bound by the sizes that arrays have, everything else is checked."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from adc.frontends.context import Context, is_i64
from adc.frontends.elements import describe
from adc.frontends.problems import TYPE_MISMATCH, UNBOUND_SIZE
from adc.frontends.sizing import divide_exactly, evaluate_size
from adc.frontends.surface import SizePair, conform, resolve_type
from adc.frontends.unify import element_of, typed, unify
from adc.frontends.values import Abstract, Constant, Leaf, Product, Pull, Rows, Scope, dims_of
from adc.ir.core import Dim, dim_atom
from adc.syntax import ast
from adc.types.core import DType
from adc.types.dims import Poly


def size_named(cx: Context, name: str, scope: Scope) -> Poly | None:
    """What a size name stands for here; None when it is not bound."""
    found = scope.find(name)
    if found is None:
        found = cx.program.find_constant(cx, name)
    if found is None:
        return None
    match found:
        case Constant(int(number)):
            return Poly.of(number)
        case Leaf(atom) if is_i64(atom.type):
            return cx.poly(atom)
        case Leaf(atom) if not atom.type.shape and unify(element_of(atom.type), DType.I64):
            return cx.poly(atom)
        case _:
            raise cx.wrong(
                TYPE_MISMATCH, f"the size `{name}` is {describe(cx, found)} here, expected an i64"
            )


def size_here(cx: Context, declared: Poly, scope: Scope) -> Poly | str:
    """A declared size with its names replaced by what they stand for, or the name that is not bound."""
    binding: dict[Hashable, Poly] = {}
    for atom in sorted(declared.atoms(), key=str):
        if isinstance(atom, str):
            known = size_named(cx, atom, scope)
            if known is None:
                return atom
            binding[atom] = known
        elif isinstance(atom, ast.Node):
            free = _unbound(cx, atom, scope)
            if free is not None:
                return free
            binding[atom] = evaluate_size(cx, atom, scope, "a size")  # type: ignore[arg-type]
    return declared.substitute(binding)


def _unbound(cx: Context, node: ast.Node, scope: Scope) -> str | None:
    for name in sorted(n.name for n in ast.walk(node) if isinstance(n, ast.Name)):
        if scope.find(name) is None and cx.program.find(cx, name) is None:
            return name
    return None


def bind_sizes(
    cx: Context, pairs: Sequence[SizePair], scope: Scope, *, is_lenient: bool = False
) -> None:
    """Bind the names that `pairs` introduce: those that stand alone first, then `a*n + b`; check the rest.

    What is said through names that nothing binds is an error, unless `is_lenient`.
    """
    waiting = [pair for pair in pairs if not _bind_alone(cx, pair, scope)]
    for pair in waiting:
        _bind_linear(cx, pair, scope)
    for pair in waiting:
        expected = size_here(cx, pair.declared, scope)
        if isinstance(expected, str):
            if is_lenient:
                continue
            raise cx.wrong(
                UNBOUND_SIZE,
                f"the size `{expected}` is not known here",
                notes=(
                    "a name is bound where it stands alone, or in a*n + b with literal a and b",
                ),
            )
        cx.require_equal(expected, cx.poly(pair.actual), pair.complaint)


def bind_sizes_of(
    cx: Context,
    value: Abstract,
    pairs: Sequence[SizePair],
    scope: Scope,
    *,
    is_lenient: bool = False,
) -> Abstract:
    """As `bind_sizes`, for the sizes of a value: the value with those that were checked as they are declared."""
    bind_sizes(cx, pairs, scope, is_lenient=is_lenient)
    declared: dict[Dim, Dim] = {}
    for pair in pairs:
        size = size_here(cx, pair.declared, scope)
        is_number = isinstance(pair.actual, int)  # says more than a name
        if isinstance(size, Poly) and not is_number and size != cx.poly(pair.actual):
            declared[pair.actual] = cx.dim(size)
    return _resized(cx, value, declared) if declared else value


def _resized(cx: Context, value: Abstract, declared: Mapping[Dim, Dim]) -> Abstract:
    """The value with dims replaced by others that are equal when the program runs."""
    dims = tuple(declared.get(d, d) for d in dims_of(value))
    match value:
        case Pull() if dims != value.dims:
            return replace(value, dims=dims)
        case Leaf(atom) if dims != atom.type.shape:
            t = typed(element_of(atom.type), dims)
            return Leaf(cx.one("reshape", (atom, *map(dim_atom, dims)), t))
        case Product(items):
            return value.like([_resized(cx, item, declared) for item in items])
        case Rows(_, row):
            fitted = _resized(cx, row, declared)
            assert isinstance(fitted, Product)
            return Rows(dims, fitted)
        case _:
            return value


def _bind_alone(cx: Context, pair: SizePair, scope: Scope) -> bool:
    name = pair.declared.single_atom
    if not isinstance(name, str) or size_named(cx, name, scope) is not None:
        return False
    scope.bind(name, Leaf(dim_atom(pair.actual)))
    return True


def _bind_linear(cx: Context, pair: SizePair, scope: Scope) -> None:
    linear = pair.declared.linear_in_one()
    if linear is None or not isinstance(linear[1], str):
        return
    if size_named(cx, linear[1], scope) is None:
        scope.bind(linear[1], Leaf(cx.size(solve_linear(cx, linear, pair.actual))))


def solve_linear(cx: Context, linear: tuple[Fraction, Hashable, Fraction], actual: Dim) -> Poly:
    """The `n` for which `a*n + b` is the actual size; that it is a size is checked."""
    a, name, b = linear
    if a.denominator != 1 or b.denominator != 1:
        raise cx.wrong(UNBOUND_SIZE, f"nothing binds the size `{name}`")
    size = divide_exactly(cx, cx.poly(actual) - b.numerator, Poly.of(a.numerator))
    cx.require_natural(size, f"the size `{name}`")
    return size


def bind_typed(cx: Context, node: ast.Type, value: Abstract, scope: Scope, what: str) -> Abstract:
    """The value fitted to a written type; size names that are free in it are bound in `scope`."""
    pairs: list[SizePair] = []
    fitted = conform(cx, value, resolve_type(cx.program, node), what, pairs, scope)
    return bind_sizes_of(cx, fitted, pairs, scope)
