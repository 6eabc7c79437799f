"""Clauses, comprehensions, and reductions over them.

Consecutive clauses that do not mention one another become one region with several indices; a clause that needs
an earlier one opens a region inside. A comprehension makes an array, so its sizes must be known outside; a
reduction consumes the elements where they are made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adc.diagnostics import Span
from adc.frontends.context import Context
from adc.frontends.elements import (
    data,
    describe,
    element_at,
    element_type,
    fit,
    force,
    outer_dims,
    product_of,
    row_at,
    stacked,
)
from adc.frontends.patterns import bind_pattern, pattern_names
from adc.frontends.problems import TYPE_MISMATCH
from adc.frontends.sizes import Frame
from adc.frontends.sizing import evaluate_size
from adc.frontends.unify import element_of, typed
from adc.frontends.values import (
    Abstract,
    Leaf,
    Product,
    Pull,
    Rows,
    Scope,
    atoms,
    dims_of,
    is_array,
    is_scalar,
    refill,
)
from adc.ir.core import Atom, Dim, Value, dim_atom, index_literal
from adc.syntax import ast
from adc.types.dims import Poly

# ---- clauses ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Generator:
    """A clause whose source has been evaluated: how often, and what its names stand for at an index."""

    count: Dim
    hint: str
    bind: Callable[[Scope, Value], None]


def first_group(clauses: Sequence[ast.Clause]) -> int:
    """How many leading clauses can share a region: none of them mentions a name of an earlier one."""
    bound: set[str] = set()
    for k, clause in enumerate(clauses):
        source = clause.bound if isinstance(clause, ast.Below) else clause.source
        if k and any(isinstance(n, ast.Name) and n.name in bound for n in ast.walk(source)):
            return k
        bound |= clause_names(clause)
    return len(clauses)


def clause_names(clause: ast.Clause) -> set[str]:
    if isinstance(clause, ast.Below):
        return {clause.name}
    return set(pattern_names(clause.pattern))


def open_clause(cx: Context, clause: ast.Clause, scope: Scope, is_clamped: bool) -> Generator:
    """The generator of a clause. A negative bound is an error, or no iteration when `is_clamped`."""
    match clause:
        case ast.Below(name, bound):
            return _below(cx, name, bound, scope, is_clamped)
        case ast.Over(pattern, source):
            with cx.at(source.span):
                return _over(cx, pattern, cx.evaluate(source, scope))


def _below(cx: Context, name: str, bound: ast.Expr, scope: Scope, is_clamped: bool) -> Generator:
    with cx.at(bound.span):
        count = evaluate_size(cx, bound, scope, f"the bound of `{name}`")
        if is_clamped:
            count = at_least_zero(cx, count)
        else:
            cx.require_natural(count, f"the size below which `{name}` counts")

    def bind(inner: Scope, i: Value) -> None:
        inner.bind(name, Leaf(i))

    return Generator(cx.dim(count), name, bind)


def at_least_zero(cx: Context, count: Poly) -> Poly:
    """The number of steps: a negative count runs none."""
    if count.constant is not None:
        return Poly.of(max(count.constant, 0))
    if cx.sizes.is_natural(count, cx.frame):
        return count
    steps = cx.sizes.shared("max", (cx.size(count), index_literal(0)), cx.frame)
    cx.sizes.declare_natural(steps)
    return Poly.atom(steps)


def _over(cx: Context, pattern: ast.Pattern, source: Abstract) -> Generator:
    if not dims_of(source):
        raise cx.wrong(TYPE_MISMATCH, f"`in` takes an array, found {describe(cx, source)}")
    if isinstance(source, Pull) and len(source.dims) > 1:
        source = force(cx, source)
    values = source

    def bind(inner: Scope, i: Value) -> None:
        bind_pattern(cx, pattern, row_at(cx, values, (i,)), inner)

    hint = pattern.name if isinstance(pattern, ast.NamePattern) else "i"
    return Generator(dims_of(source)[0], f"{hint}_i" if hint != "_" else "i", bind)


def enter(cx: Context, generators: Sequence[Generator], scope: Scope) -> tuple[list[Value], Scope]:
    """Indices as parameters of the current region, and the scope in which the clauses' names are bound."""
    inner = scope.inner()
    indices = [cx.counter(g.hint, cx.poly(g.count)) for g in generators]
    for g, i in zip(generators, indices, strict=True):
        g.bind(inner, i)
    return indices, inner


# ---- arrays ----------------------------------------------------------------------------------------

Body = Callable[[Scope], Abstract]


def map_clauses(cx: Context, clauses: Sequence[ast.Clause], scope: Scope, body: Body) -> Abstract:
    """The array of `body` for all bindings of the clauses."""
    count = first_group(clauses)
    generators = [open_clause(cx, c, scope, False) for c in clauses[:count]]
    rest = clauses[count:]

    def element(indices: Sequence[Value]) -> Abstract:
        inner = scope.inner()
        for g, i in zip(generators, indices, strict=True):
            g.bind(inner, i)
        return map_clauses(cx, rest, inner, body) if rest else body(inner)

    return tabulate(cx, [g.count for g in generators], [g.hint for g in generators], element)


def tabulate(
    cx: Context,
    dims: Sequence[Dim],
    hints: Sequence[str],
    body: Callable[[Sequence[Value]], Abstract],
) -> Abstract:
    """The array over `dims` of what `body` gives for each index: a `map`."""
    with cx.region() as frame:
        indices = [cx.counter(h, cx.poly(d)) for h, d in zip(hints, dims, strict=True)]
        value = data(cx, body(indices), "the elements of an array are data")
        leaves = list(atoms(value))
        block = cx.block(frame, indices, leaves)
    types = [stacked(cx, a, dims) for a in leaves]
    results = cx.emit("map", [dim_atom(d) for d in dims], types, regions=(block,))
    return arrayed(cx, value, tuple(dims), results)


def arrayed(
    cx: Context, element: Abstract, dims: tuple[Dim, ...], leaves: Sequence[Atom]
) -> Abstract:
    """An array with the structure of `element` in each place; `leaves` already have `dims` in front."""
    if isinstance(element, Rows):
        outer_dims(cx, element.dims, "the element")
    made = refill(element, leaves, 0, dims)
    return Rows(dims, made) if isinstance(made, Product) else made


def comprehension(cx: Context, node: ast.Comprehension, scope: Scope) -> Abstract:
    return map_clauses(cx, node.clauses, scope, lambda inner: cx.evaluate(node.element, inner))


# ---- reductions ------------------------------------------------------------------------------------

Project = Callable[[Abstract], list[Atom]]


@dataclass(frozen=True, slots=True)
class Source:
    """What a reduction runs over: an array, or a comprehension that has not been evaluated."""

    value: Abstract | None = None
    node: ast.Comprehension | None = None
    scope: Scope | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Reduction:
    """Reduced atoms, and how many elements there were: a polynomial, or an atom counted on the way."""

    results: list[Atom]
    count: Poly | Atom


def reduce_source(
    cx: Context, source: Source, ops: Sequence[str], project: Project, *, counts: bool
) -> Reduction:
    """All elements of `source`, each projected to scalars, combined by `ops`; the elements are not stored.

    The count is told only when `counts`; otherwise it is 0.
    """
    runner = _Reducer(cx, tuple(ops), project, counts)
    if source.node is not None:
        assert source.scope is not None
        return runner.clauses(source.node.clauses, source.scope, source.node.element)
    assert source.value is not None
    return runner.value(source.value, is_element=False)


@dataclass(frozen=True, slots=True)
class _Reducer:
    cx: Context
    ops: tuple[str, ...]
    project: Project
    counts: bool

    def clauses(self, clauses: Sequence[ast.Clause], scope: Scope, element: ast.Expr) -> Reduction:
        cx = self.cx
        count = first_group(clauses)
        generators = [open_clause(cx, c, scope, False) for c in clauses[:count]]
        rest = clauses[count:]
        with cx.region() as frame:
            indices, inner = enter(cx, generators, scope)
            if rest:
                below = self.clauses(rest, inner, element)
            else:
                below = self.value(cx.evaluate(element, inner), is_element=True)
            below = self._countable(below)
        return self._close(frame, indices, [g.count for g in generators], below)

    def value(self, value: Abstract, *, is_element: bool) -> Reduction:
        """The elements of a value; a scalar counts as an element only inside a comprehension."""
        cx = self.cx
        if is_scalar(value) and is_element:
            return Reduction(self.project(value), Poly.of(1))
        if not is_array(value):
            raise cx.wrong(
                TYPE_MISMATCH, f"a reduction takes an array of numbers, found {describe(cx, value)}"
            )
        dims = dims_of(value)
        with cx.region() as frame:
            indices = [cx.counter("i", cx.poly(d)) for d in dims]
            element = Leaf(element_at(cx, value, indices))
            below = Reduction(self.project(element), Poly.of(1))
        return self._close(frame, indices, dims, below)

    def _countable(self, below: Reduction) -> Reduction:
        """With a count that is an atom when its polynomial means nothing outside the current region."""
        cx, count = self.cx, below.count
        assert cx.frame.parent is not None
        if isinstance(count, Poly) and not cx.sizes.is_visible(count, cx.frame.parent):
            return Reduction(below.results, cx.size(count))
        return below

    def _close(
        self, frame: Frame, indices: Sequence[Value], dims: Sequence[Dim], below: Reduction
    ) -> Reduction:
        """The reduction over a region that has been left."""
        cx, count = self.cx, below.count
        results, ops = list(below.results), self.ops
        if not isinstance(count, Poly) and self.counts:
            results.append(count)
            ops = (*ops, "add")
        block = cx.block(frame, indices, results)
        extents = [dim_atom(d) for d in dims]
        types = [typed(element_of(a.type)) for a in results]
        made: list[Atom] = list(cx.emit("reduce", extents, types, regions=(block,), ops=ops))
        if isinstance(count, Poly):
            return Reduction(made, count * product_of(cx, dims))
        return Reduction(made[: len(self.ops)], made[-1])


def same_element(cx: Context) -> Project:
    """Elements as they are."""

    def project(value: Abstract) -> list[Atom]:
        return [element_at(cx, fit(cx, value, element_type(cx, value)), ())]

    return project
