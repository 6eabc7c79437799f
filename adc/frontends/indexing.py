"""Indexing: `x[i]`, rows, slices, gathers, and `x with [...] = v`.

The items between the brackets become an `IndexPlan`: the dims that they leave, and the rule from indices into
those dims to indices into the array. Reading is then a `Pull`, updating a loop over the plan's dims.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adc.frontends.context import Context
from adc.frontends.elements import (
    array,
    atoms_of_row,
    describe,
    element_at,
    element_type,
    fit,
    force,
    index_atom,
    integer,
    pull,
    row_at,
    whole,
)
from adc.frontends.lifting import NO_MARKS, Marks
from adc.frontends.problems import (
    NOT_SUPPORTED,
    OUT_OF_RANGE,
    STATIC_BOUNDS,
    TYPE_MISMATCH,
    WRONG_RANK,
)
from adc.frontends.unify import element_of
from adc.frontends.values import (
    Abstract,
    Leaf,
    Pull,
    Rows,
    Scope,
    atoms,
    dims_of,
    is_array,
    is_scalar,
    refill,
)
from adc.ir.core import BOOL, I64, Atom, Block, Dim, Literal, Value, dim_atom, index_literal
from adc.syntax import ast
from adc.syntax.ast import Mark
from adc.types.core import DType
from adc.types.dims import Poly

Place = Callable[[Sequence[Atom]], list[Atom]]


@dataclass(frozen=True, slots=True)
class IndexPlan:
    """`place` maps indices into `dims` to indices into the first `count` axes of the array."""

    dims: tuple[Dim, ...]
    place: Place
    count: int
    is_checked: bool  # whether every index is known to be in range

    @property
    def is_plain(self) -> bool:
        return not self.dims


# ---- evaluating what stands between brackets -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Axis:
    """One item: the dims it leaves, the index it gives for indices into them, and whether that is in range.

    `shares` marks an index array: several of them are read in step.
    """

    dims: tuple[Dim, ...]
    index: Callable[[Sequence[Atom]], Atom]
    is_checked: bool
    shares: bool = False


def plan_index(
    cx: Context,
    dims: Sequence[Dim],
    items: Sequence[ast.IndexItem],
    scope: Scope,
    marks: Marks = NO_MARKS,
) -> IndexPlan:
    """The meaning of `items` for an array of shape `dims`; slices are checked here."""
    if len(items) > len(dims):
        raise cx.wrong(
            WRONG_RANK,
            f"{len(items)} indices for an array of rank {len(dims)}",
            notes=(f"its shape is {cx.shape_text(dims)}",),
        )
    axes = [_axis(cx, d, item, scope, marks) for d, item in zip(dims, items, strict=False)]
    return _combine(cx, axes)


def _axis(cx: Context, d: Dim, item: ast.IndexItem, scope: Scope, marks: Marks) -> Axis:
    with cx.at(item.span):
        if isinstance(item, ast.Slice):
            return _slice(cx, d, item, scope, marks)
        backwards = _literal_from_end(item)
        if backwards is not None:
            at = cx.size(cx.poly(d) - backwards)
            return Axis((), lambda _: at, False)
        value = cx.evaluate(item, scope)
        if is_array(value):
            return _gather(cx, d, value, marks)
        index = integer(cx, value, "an index")
        if Mark.WRAP in marks:
            index = _wrapped(cx, index, d)
        return Axis((), lambda _: index, False)


def _literal_from_end(item: ast.Expr) -> int | None:
    """`k` for the item `-k`, written as a literal."""
    if isinstance(item, ast.Unary) and item.op == "-" and isinstance(item.operand, ast.IntLiteral):
        return item.operand.value or None
    if isinstance(item, ast.IntLiteral) and item.value < 0:
        return -item.value
    return None


def _wrapped(cx: Context, index: Atom, d: Dim) -> Atom:
    """NumPy's reading of a computed index: a negative one counts from the end."""
    if isinstance(index, Literal):
        return cx.size(cx.poly(d) + int(index.value)) if index.value < 0 else index
    if cx.sizes.is_natural(cx.poly(index), cx.frame):
        return index
    from_end = cx.arith("add", index, dim_atom(d))
    is_negative = cx.compare("lt", index, index_literal(0))
    return cx.one("select", (is_negative, from_end, index), I64)


def _gather(cx: Context, d: Dim, value: Abstract, marks: Marks) -> Axis:
    indices = array(cx, value, "a gather")
    kind = element_type(cx, indices)
    if kind is DType.BOOL:
        raise cx.wrong(
            NOT_SUPPORTED,
            "an array of truth values cannot be an index: the size of the result would depend on values",
            hint="`select(mask, x, 0.0)` keeps the shape",
        )
    fitted = fit(cx, indices, DType.I64)
    held = force(cx, fitted) if isinstance(fitted, Leaf | Pull) else fitted

    def index(at: Sequence[Atom]) -> Atom:
        found = element_at(cx, held, at)
        return _wrapped(cx, found, d) if Mark.WRAP in marks else found

    return Axis(dims_of(held), index, False, shares=True)


def _combine(cx: Context, axes: Sequence[Axis]) -> IndexPlan:
    """Slices leave their dims in order; index arrays leave theirs once, where the first stands."""
    gathers = [a for a in axes if a.shares]
    for other in gathers[1:]:
        if len(other.dims) != len(gathers[0].dims):
            raise cx.wrong(WRONG_RANK, "index arrays used together have one shape")
        cx.require_same_dims(
            gathers[0].dims, other.dims, lambda a, b: f"index arrays differ in size: {a} and {b}"
        )
    positions = [k for k, a in enumerate(axes) if a.shares]
    if positions and any(
        axes[k].dims for k in range(positions[0], positions[-1]) if k not in positions
    ):
        raise cx.wrong(NOT_SUPPORTED, "a slice between two index arrays", hint="index in two steps")
    dims: list[Dim] = []
    starts: list[int] = []
    gathered_at: int | None = None
    for axis in axes:
        if axis.shares and gathered_at is not None:
            starts.append(gathered_at)
            continue
        if axis.shares:
            gathered_at = len(dims)
        starts.append(len(dims))
        dims += axis.dims

    def place(indices: Sequence[Atom]) -> list[Atom]:
        return [
            axis.index(indices[start : start + len(axis.dims)])
            for axis, start in zip(axes, starts, strict=True)
        ]

    return IndexPlan(tuple(dims), place, len(axes), all(a.is_checked for a in axes))


# ---- slices ----------------------------------------------------------------------------------------


def _slice(cx: Context, d: Dim, item: ast.Slice, scope: Scope, marks: Marks) -> Axis:
    """`a:b:s`: the elements from `a` to below `b`, every `|s|`-th, from the end when `s` is negative."""
    n = cx.poly(d)
    step = integer(cx, cx.evaluate(item.step, scope), "a step") if item.step else index_literal(1)
    if Mark.CLAMP in marks:
        return _clamped_slice(cx, n, item, step, scope)
    start = _bound(cx, item.start, n, scope, Poly.of(0))
    stop = _bound(cx, item.stop, n, scope, n)
    text = f"the slice {{0}}:{{1}} is out of range for size {cx.text(n)}"
    _require_slice(cx, start, stop, n, text)
    return _stepped(cx, start, stop, step)


def _bound(cx: Context, node: ast.Expr | None, n: Poly, scope: Scope, default: Poly) -> Poly:
    if node is None:
        return default
    with cx.at(node.span):
        backwards = _literal_from_end(node)
        if backwards is not None:
            return n - backwards
        return cx.poly(integer(cx, cx.evaluate(node, scope), "a slice bound"))


def _require_slice(cx: Context, start: Poly, stop: Poly, n: Poly, text: str) -> None:
    """0 <= start <= stop <= n."""
    pairs = ((Poly.of(0), start), (start, stop), (stop, n))
    for small, big in pairs:
        rest = (big - small).constant
        if rest is not None and rest < 0:
            shown = f"{cx.text(start)}:{cx.text(stop)}"
            raise cx.wrong(
                STATIC_BOUNDS, f"the slice {shown} is out of range for size {cx.text(n)}"
            )
    unproven = [(s, b) for s, b in pairs if not cx.sizes.is_natural(b - s, cx.frame)]
    if not unproven:
        return
    holds: Atom | None = None
    for small, big in unproven:
        one = cx.compare("le", cx.size(small), cx.size(big))
        holds = one if holds is None else cx.one("and", (holds, one), BOOL)
    assert holds is not None
    cx.check(holds, OUT_OF_RANGE, text, (cx.size(start), cx.size(stop)))
    for small, big in unproven:
        cx.sizes.assume_natural(big - small, cx.frame)


def _stepped(cx: Context, start: Poly, stop: Poly, step: Atom) -> Axis:
    span = stop - start
    if isinstance(step, Literal):
        s = int(step.value)
        if s == 0:
            raise cx.wrong(STATIC_BOUNDS, "a slice has step 0")
        first = start if s > 0 else stop - 1
        return _progression(cx, first, Poly.of(s), cx.dim(_steps(cx, span, abs(s))))
    cx.check(
        cx.compare("ne", step, index_literal(0)), OUT_OF_RANGE, "a slice has step {0}", (step,)
    )
    is_forward = cx.compare("gt", step, index_literal(0))
    count = _counted(cx, span, step)
    origin = cx.one("select", (is_forward, cx.size(start), cx.size(stop - 1)), I64)
    return _progression(cx, cx.poly(origin), cx.poly(step), count)


def _counted(cx: Context, span: Poly, step: Atom) -> Dim:
    """How many steps fit that only a run can tell: made as far out as possible, where `step` may still be 0."""
    least, largest = index_literal(1), cx.sizes.shared("abs", (step,), cx.frame)
    size = cx.sizes.shared("max", (largest, least), cx.frame)
    before = cx.sizes.shared("floordiv", (cx.size(span - 1), size), cx.frame)
    count = cx.poly(before) + 1
    cx.sizes.assume_natural(count, cx.frame)
    return cx.dim(count)


def _steps(cx: Context, span: Poly, s: int) -> Poly:
    """How many steps of `s` fit: span / s, rounded up."""
    if s == 1:
        return span
    if span.constant is not None:
        return Poly.of(-(-span.constant // s))
    count = cx.sizes.shared("floordiv", (cx.size(span + s - 1), index_literal(s)), cx.frame)
    cx.frame.naturals.add(count)
    return Poly.atom(count)


def _progression(cx: Context, first: Poly, step: Poly, count: Dim) -> Axis:
    """Indices first, first + step, ... of an axis, all known to be in range."""
    origin, stride = cx.size(first), cx.size(step)

    def index(at: Sequence[Atom]) -> Atom:
        (i,) = at
        return cx.arith("add", origin, cx.arith("mul", stride, i))

    return Axis((count,), index, True)


def _clamped_slice(cx: Context, n: Poly, item: ast.Slice, step: Atom, scope: Scope) -> Axis:
    """NumPy's slice: bounds count from the end when negative and are clamped to the array."""
    if not isinstance(step, Literal):
        raise cx.wrong(NOT_SUPPORTED, "a slice whose step is not a literal")
    s = int(step.value)
    if s == 0:
        raise cx.wrong(STATIC_BOUNDS, "a slice has step 0")
    low, high = (Poly.of(0), n) if s > 0 else (Poly.of(-1), n - 1)
    start = _clamped(cx, item.start, n, scope, low, high, low if s > 0 else high)
    stop = _clamped(cx, item.stop, n, scope, low, high, high if s > 0 else low)
    span = stop - start if s > 0 else start - stop
    if not cx.sizes.is_natural(span, cx.frame):
        span = _extreme(cx, "max", span, Poly.of(0))
        cx.sizes.assume_natural(span, cx.frame)
    return _progression(cx, start, Poly.of(s), cx.dim(_steps(cx, span, abs(s))))


def _clamped(
    cx: Context,
    node: ast.Expr | None,
    n: Poly,
    scope: Scope,
    low: Poly,
    high: Poly,
    default: Poly,
) -> Poly:
    if node is None:
        return default
    with cx.at(node.span):
        value = cx.poly(integer(cx, cx.evaluate(node, scope), "a slice bound"))
    if value.constant is not None:
        at = value if value.constant >= 0 else n + value.constant
    else:
        dim = cx.dim(n)
        at = cx.poly(_wrapped(cx, cx.size(value), dim))
    if not cx.sizes.is_natural(at - low, cx.frame):
        at = _extreme(cx, "max", at, low)
    if not cx.sizes.is_natural(high - at, cx.frame):
        at = _extreme(cx, "min", at, high)
    return at


def _extreme(cx: Context, op: str, a: Poly, b: Poly) -> Poly:
    if a.constant is not None and b.constant is not None:
        return Poly.of((max if op == "max" else min)(a.constant, b.constant))
    return Poly.atom(cx.sizes.shared(op, (cx.size(a), cx.size(b)), cx.frame))


# ---- reading ---------------------------------------------------------------------------------------


def index_value(cx: Context, base: Abstract, plan: IndexPlan) -> Abstract:
    """`base[...]` by its plan."""
    match base:
        case Rows():
            return _index_rows(cx, base, plan)
        case Pull() if not plan.is_checked or (plan.is_plain and plan.count < len(base.dims)):
            return index_value(cx, force(cx, base), plan)
        case Leaf() | Pull():
            if plan.is_plain:
                return row_at(cx, base, plan.place(()))
            return _read(cx, base, plan)
        case _:
            raise cx.wrong(TYPE_MISMATCH, f"{describe(cx, base)} cannot be indexed")


def _read(cx: Context, base: Leaf | Pull, plan: IndexPlan) -> Pull:
    rest = dims_of(base)[plan.count :]
    own = len(plan.dims)

    def rule(indices: Sequence[Atom]) -> Atom:
        return element_at(cx, base, [*plan.place(indices[:own]), *indices[own:]])

    depth = base.depth + 1 if isinstance(base, Pull) else 1
    return pull(cx, element_type(cx, base), (*plan.dims, *rest), rule, depth)


def _index_rows(cx: Context, base: Rows, plan: IndexPlan) -> Abstract:
    if plan.is_plain:
        return row_at(cx, base, plan.place(()))
    leaves = [force(cx, _read(cx, Leaf(a), plan)).atom for a in atoms(base.row)]
    return refill(base, leaves, plan.count, plan.dims)


# ---- updating --------------------------------------------------------------------------------------


def update_value(cx: Context, base: Abstract, plan: IndexPlan, value: Abstract) -> Abstract:
    """`base with [...] = value`."""
    held = whole(cx, base)
    if not isinstance(held, Leaf | Rows) or not dims_of(held):
        raise cx.wrong(TYPE_MISMATCH, f"{describe(cx, base)} has no elements to replace")
    targets = list(atoms(held))
    sources = sources_for(cx, held, plan, value, "an element replaced")
    return refill(held, [_updated(cx, t, plan, s) for t, s in zip(targets, sources, strict=True)])


def _updated(cx: Context, target: Atom, plan: IndexPlan, source: Abstract) -> Atom:
    """The array with the elements at the plan's places replaced by those of `source`, one after the other."""

    def replace(carried: Sequence[Atom], indices: Sequence[Atom]) -> list[Atom]:
        value = row_for(cx, source, indices)
        (array_atom,) = carried
        place = plan.place(indices)
        return [cx.one("update", (array_atom, value, *place), array_atom.type, hint="updated")]

    (result,) = loop_over(cx, plan.dims, [target], replace)
    return result


def sources_for(
    cx: Context, base: Leaf | Rows, plan: IndexPlan, value: Abstract, what: str
) -> list[Abstract]:
    """For every leaf of `base`, what goes to the plan's places: an array over plan dims and rest, or less."""
    if isinstance(base, Leaf):
        return [_source(cx, base.atom, plan, value, what)]
    row = atoms_of_row(cx, base, plan.count, len(plan.dims), value, what)
    return [_source(cx, a, plan, v, what) for a, v in zip(atoms(base.row), row, strict=True)]


def _source(cx: Context, target: Atom, plan: IndexPlan, value: Abstract, what: str) -> Abstract:
    dims = (*plan.dims, *target.type.shape[plan.count :])
    if not (is_scalar(value) or is_array(value)):
        raise cx.wrong(TYPE_MISMATCH, f"{what} is a number here, found {describe(cx, value)}")
    fitted = fit(cx, value, element_of(target.type))
    found = dims_of(fitted)
    if not found:
        if len(dims) > len(plan.dims):  # a row of one number
            scalar = element_at(cx, fitted, ())
            return pull(cx, element_of(target.type), dims, lambda _: scalar)
        return fitted
    if len(found) != len(dims):
        raise cx.wrong(
            WRONG_RANK,
            f"{what} has shape {cx.shape_text(dims)}, the value has shape {cx.shape_text(found)}",
        )
    cx.require_same_dims(dims, found, lambda a, b: f"{what} has size {a}, the value {b}")
    return fitted


def row_for(cx: Context, source: Abstract, indices: Sequence[Atom]) -> Atom:
    """The part of `source` for one place."""
    dims = dims_of(source)
    if not dims or len(dims) == len(indices):
        return element_at(cx, source, indices[: len(dims)])
    if isinstance(source, Pull):
        inner = pull(
            cx,
            source.element_type,
            dims[len(indices) :],
            lambda rest: source.element([*indices, *rest]),
        )
        return force(cx, inner).atom
    assert isinstance(source, Leaf)
    return index_atom(cx, source.atom, indices)


def loop_over(
    cx: Context,
    dims: Sequence[Dim],
    initial: Sequence[Atom],
    body: Callable[[Sequence[Atom], Sequence[Atom]], Sequence[Atom]],
    indices: tuple[Atom, ...] = (),
) -> list[Atom]:
    """Carried atoms after nested sequential loops over `dims`; `body(carried, indices)` gives the next ones."""
    if not dims:
        return list(body(initial, indices))
    first, *rest = dims
    with cx.region() as frame:
        i = cx.counter("i", cx.poly(first))
        carried = [cx.param(a.type, "carried") for a in initial]
        after = loop_over(cx, rest, carried, body, (*indices, i))
        block = cx.block(frame, (i, *carried), after)
    operands = (dim_atom(first), *initial)
    return list(cx.emit("loop", operands, [a.type for a in initial], regions=(block,)))


def map_over(cx: Context, dims: Sequence[Dim], body: Callable[[Sequence[Atom]], None]) -> None:
    """A `map` over `dims` for its additions to accumulators; nothing to iterate means the body itself."""
    if not dims:
        body(())
        return
    with cx.region() as frame:
        indices: list[Value] = [cx.counter("i", cx.poly(d)) for d in dims]
        body(indices)
        block: Block = cx.block(frame, indices, ())
    cx.emit("map", [dim_atom(d) for d in dims], (), regions=(block,))
