"""Reductions over arrays and comprehensions, and running sums."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from adc.frontends.builtin import at_least, evaluated, exactly, places_of
from adc.frontends.comprehension import (
    Project,
    Reduction,
    Source,
    enter,
    open_clause,
    reduce_source,
)
from adc.frontends.context import BuiltinFunction, Context
from adc.frontends.elements import (
    array,
    describe,
    element_at,
    element_type,
    fit,
    force,
    index_atom,
    pull,
)
from adc.frontends.lifting import NO_MARKS, NOWHERE, Marks, Places, common_element, operate
from adc.frontends.operators import ADD, MUL, OPERATIONS, convert, fold_constants
from adc.frontends.problems import NOTHING_TO_REDUCE, TYPE_MISMATCH
from adc.frontends.scalars import Operation, Takes
from adc.frontends.unify import Element, element_of, require_float, resolve, typed
from adc.frontends.values import Abstract, Leaf, Pull, Scope, dims_of, is_array, is_scalar
from adc.ir.core import BOOL, I64, Atom, dim_atom, index_literal
from adc.syntax import ast
from adc.types.core import DType
from adc.types.dims import Poly

Reduce = Callable[[Context, Source], Abstract]


def _reduction(name: str, run: Reduce) -> BuiltinFunction:
    """A builtin that takes one array, or one comprehension that it consumes at once."""

    def eager(cx: Context, args: Sequence[Abstract]) -> Abstract:
        return run(cx, Source(value=args[0]))

    return exactly(1, eager, _lazily(name, run, None))


def _lazily(
    name: str, run: Reduce, otherwise: BuiltinFunction | None
) -> Callable[[Context, ast.Call, Scope], Abstract]:
    def lazy(cx: Context, node: ast.Call, scope: Scope) -> Abstract:
        if len(node.args) == 1 and isinstance(node.args[0], ast.Comprehension):
            return run(cx, Source(node=node.args[0], scope=scope, span=node.args[0].span))
        values = evaluated(cx, node, scope)
        if otherwise is None or len(values) == 1:
            return run(cx, Source(value=values[0]))
        return _extreme_of_several(cx, name, values, places_of(node), node.marks)

    return lazy


# ---- sum, prod, any, all, min, max -----------------------------------------------------------------


def _plainly(op: str, takes: Takes, shown: str) -> Reduce:
    def run(cx: Context, source: Source) -> Abstract:
        (result,) = _reduce_one(cx, source, op, takes, shown, counts=False).results
        return Leaf(result)

    return run


def _extreme(op: str) -> Reduce:
    def run(cx: Context, source: Source) -> Abstract:
        found = _reduce_one(cx, source, op, Takes.NUMBERS, op, counts=True)
        require_some(cx, found.count, op)
        return Leaf(found.results[0])

    return run


def _reduce_one(
    cx: Context, source: Source, op: str, takes: Takes, shown: str, *, counts: bool
) -> Reduction:
    operation = Operation(op, 1, takes, symbol=shown)

    def project(value: Abstract) -> list[Atom]:
        element = common_element(cx, operation, (value,))
        return [element_at(cx, fit(cx, value, element), ())]

    _require_something_to_reduce(cx, source, shown)
    return reduce_source(cx, source, (op,), project, counts=counts)


def _require_something_to_reduce(cx: Context, source: Source, shown: str) -> None:
    if source.value is not None and not is_array(source.value):
        raise cx.wrong(
            TYPE_MISMATCH,
            f"`{shown}` takes an array of numbers, found {describe(cx, source.value)}",
        )


def require_some(cx: Context, count: Poly | Atom, name: str) -> None:
    """A run-time check that something was reduced."""
    if isinstance(count, Poly):
        if cx.sizes.is_natural(count - 1, cx.frame):
            return
        holds = cx.compare("gt", cx.size(count), index_literal(0))
        cx.sizes.assume_natural(count - 1, cx.frame)
    else:
        holds = cx.compare("gt", count, index_literal(0))
    cx.check(holds, NOTHING_TO_REDUCE, f"`{name}` of nothing has no value")


def _extreme_or_reduction(name: str) -> BuiltinFunction:
    """`max` and `min`: of one array, or elementwise of several operands."""
    run = _extreme(name)

    def eager(cx: Context, args: Sequence[Abstract]) -> Abstract:
        if len(args) == 1:
            return run(cx, Source(value=args[0]))
        return _extreme_of_several(cx, name, args, NOWHERE, NO_MARKS)

    plain = at_least(1, eager)
    return at_least(1, eager, _lazily(name, run, plain))


def _extreme_of_several(
    cx: Context,
    name: str,
    args: Sequence[Abstract],
    places: Places,
    marks: Marks,
) -> Abstract:
    total = args[0]
    for k, other in enumerate(args[1:], 1):
        sides = Places(places.operands[:1] + places.operands[k : k + 1], places.operator)
        folded = fold_constants(max if name == "max" else min, (total, other))
        total = folded or operate(cx, OPERATIONS[name], (total, other), sides, marks)
    return total


# ---- mean, norm, logsumexp -------------------------------------------------------------------------


def _floats(cx: Context, name: str) -> Project:
    """Elements as floats; integers are made f64."""

    def project(value: Abstract) -> list[Atom]:
        element = common_element(cx, Operation(name, 1, Takes.NUMBERS), (value,))
        if isinstance(element, DType) and element.is_integer:
            return [element_at(cx, convert(cx, fit(cx, value, element), DType.F64), ())]
        require_float(element)
        return [element_at(cx, fit(cx, value, element), ())]

    return project


def _mean(cx: Context, source: Source) -> Abstract:
    _require_something_to_reduce(cx, source, "mean")
    found = reduce_source(cx, source, ("add",), _floats(cx, "mean"), counts=True)
    require_some(cx, found.count, "mean")
    (total,) = found.results
    count = cx.size(found.count) if isinstance(found.count, Poly) else found.count
    element = element_of(total.type)
    divisor = cx.one("convert", (count,), typed(element), to=element)
    return Leaf(cx.one("div", (total, divisor), typed(element)))


def _norm(cx: Context, source: Source) -> Abstract:
    """The root of the sum of squares; at 0 its derivative is 0, so the root is not taken there."""
    elements = _floats(cx, "norm")

    def project(value: Abstract) -> list[Atom]:
        (x,) = elements(value)
        return [cx.one("mul", (x, x), x.type)]

    _require_something_to_reduce(cx, source, "norm")
    (square,) = reduce_source(cx, source, ("add",), project, counts=False).results
    zero = cx.literal(0, element_of(square.type))
    at_zero = cx.compare("eq", square, zero)
    with cx.region() as here:
        pass
    with cx.region() as there:
        root = cx.one("sqrt", (square,), square.type)
    blocks = (cx.block(here, (), (zero,)), cx.block(there, (), (root,)))
    return Leaf(cx.one("cond", (at_zero,), square.type, regions=blocks))


def _logsumexp(cx: Context, source: Source) -> Abstract:
    """m + log(sum(exp(x - m))) with m = max(x) held constant, so that the gradient is softmax.

    An infinite m is replaced by 0, for which the formula gives the right infinity.
    """
    x = _array_of(cx, source, "logsumexp")
    element = element_type(cx, x)
    whole = Source(value=x)
    found = reduce_source(cx, whole, ("max",), _floats(cx, "logsumexp"), counts=True)
    require_some(cx, found.count, "logsumexp")
    scalar = typed(element)
    peak = cx.one("stop_gradient", (found.results[0],), scalar)
    is_finite = cx.one("isfinite", (peak,), BOOL)
    shift = cx.one("select", (is_finite, peak, cx.literal(0, element)), scalar)

    def project(value: Abstract) -> list[Atom]:
        less = cx.one("sub", (element_at(cx, value, ()), shift), scalar)
        return [cx.one("exp", (less,), scalar)]

    (total,) = reduce_source(cx, whole, ("add",), project, counts=False).results
    return Leaf(cx.one("add", (shift, cx.one("log", (total,), scalar)), scalar))


def _array_of(cx: Context, source: Source, name: str) -> Leaf:
    """The array of floats that a reduction reads twice."""
    if source.node is not None:
        assert source.scope is not None
        value = cx.evaluate(source.node, source.scope)
    else:
        assert source.value is not None
        value = source.value
    x = array(cx, value, f"`{name}`")
    common_element(cx, Operation(name, 1, Takes.FLOATS), (x,))
    return force(cx, x)


# ---- argmin, argmax --------------------------------------------------------------------------------


def _argument(op: str) -> Reduce:
    name = f"arg{op}"

    def run(cx: Context, source: Source) -> Abstract:
        if source.node is not None and len(source.node.clauses) == 1:
            return _first_hit_of_clause(cx, op, name, source)
        value = source.value
        if source.node is not None and source.scope is not None:
            value = cx.evaluate(source.node, source.scope)
        assert value is not None
        return _first_hit(cx, op, name, array(cx, value, f"`{name}`"))

    return run


def _first_hit_of_clause(cx: Context, op: str, name: str, source: Source) -> Abstract:
    assert source.node is not None
    assert source.scope is not None
    generator = open_clause(cx, source.node.clauses[0], source.scope, False)
    with cx.region() as frame:
        indices, inner = enter(cx, [generator], source.scope)
        value = cx.evaluate(source.node.element, inner)
        if not is_scalar(value):
            raise cx.wrong(TYPE_MISMATCH, f"`{name}` compares numbers, found {describe(cx, value)}")
        element = common_element(cx, Operation(name, 1, Takes.NUMBERS), (value,))
        block = cx.block(frame, indices, (element_at(cx, fit(cx, value, element), ()),))
    require_some(cx, cx.poly(generator.count), name)
    return Leaf(cx.one("argreduce", (dim_atom(generator.count),), I64, regions=(block,), op=op))


def _first_hit(cx: Context, op: str, name: str, x: Leaf | Pull) -> Abstract:
    common_element(cx, Operation(name, 1, Takes.NUMBERS), (x,))
    flat = flattened(cx, x)
    (n,) = dims_of(flat)
    require_some(cx, cx.poly(n), name)
    with cx.region() as frame:
        i = cx.counter("i", cx.poly(n))
        block = cx.block(frame, (i,), (element_at(cx, flat, (i,)),))
    return Leaf(cx.one("argreduce", (dim_atom(n),), I64, regions=(block,), op=op))


def flattened(cx: Context, x: Leaf | Pull) -> Leaf | Pull:
    """All elements in row-major order."""
    dims = dims_of(x)
    if len(dims) == 1:
        return x
    total = Poly.of(1)
    for d in dims:
        total = total * cx.poly(d)
    n = cx.dim(total)
    held = force(cx, x).atom
    return Leaf(cx.one("reshape", (held, dim_atom(n)), typed(element_of(held.type), (n,))))


# ---- running sums ----------------------------------------------------------------------------------


def _running(operation: Operation, start: int, name: str) -> BuiltinFunction:
    """`cumsum` and `cumprod`, along the first axis."""

    def eager(cx: Context, args: Sequence[Abstract]) -> Abstract:
        x = array(cx, args[0], f"`{name}`")
        element = common_element(cx, Operation(name, 1, Takes.NUMBERS), (x,))
        held = force(cx, x).atom
        n, *rest = held.type.shape
        zero = cx.literal(start, element)
        initial = _filled(cx, zero, element, rest)
        with cx.region() as frame:
            i = cx.counter("i", cx.poly(n))
            carried = cx.param(initial.type, "total")
            row = Leaf(index_atom(cx, held, (i,)))
            both = operate(cx, operation, (Leaf(carried), row))
            assert isinstance(both, Leaf | Pull)
            following = force(cx, both).atom
            block = cx.block(frame, (i, carried), (following, following))
        types = (initial.type, held.type)
        _, all_of_them = cx.emit("loop", (dim_atom(n), initial), types, regions=(block,))
        return Leaf(all_of_them)

    return exactly(1, eager)


def _filled(cx: Context, value: Atom, element: Element, dims: Sequence[int | object]) -> Atom:
    if not dims:
        return value
    return force(cx, pull(cx, resolve(element), dims, lambda _: value)).atom  # type: ignore[arg-type]


REDUCTIONS: Mapping[str, BuiltinFunction] = {
    "sum": _reduction("sum", _plainly("add", Takes.NUMBERS, "sum")),
    "prod": _reduction("prod", _plainly("mul", Takes.NUMBERS, "prod")),
    "any": _reduction("any", _plainly("or", Takes.BOOLS, "any")),
    "all": _reduction("all", _plainly("and", Takes.BOOLS, "all")),
    "max": _extreme_or_reduction("max"),
    "min": _extreme_or_reduction("min"),
    "mean": _reduction("mean", _mean),
    "norm": _reduction("norm", _norm),
    "logsumexp": _reduction("logsumexp", _logsumexp),
    "argmax": _reduction("argmax", _argument("max")),
    "argmin": _reduction("argmin", _argument("min")),
    "cumsum": _running(ADD, 0, "cumsum"),
    "cumprod": _running(MUL, 1, "cumprod"),
}
