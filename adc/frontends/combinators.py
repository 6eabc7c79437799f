"""Builtins that take functions: `map reduce fold scan iterate`, and the derivative operators."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from adc.frontends.builtin import at_least, exactly, function_argument, with_sizes
from adc.frontends.comprehension import Source, at_least_zero, reduce_source, same_element, tabulate
from adc.frontends.context import BuiltinFunction, Context
from adc.frontends.derivatives import KINDS
from adc.frontends.elements import (
    describe,
    element_at,
    element_type,
    fit,
    force,
    integer,
    pull,
    row_at,
)
from adc.frontends.lifting import common_element
from adc.frontends.problems import BAD_ARGUMENT, BAD_OPTION, NOT_SUPPORTED, TYPE_MISMATCH
from adc.frontends.scalars import Operation, Takes
from adc.frontends.state import sequential
from adc.frontends.unify import Element, element_of, typed
from adc.frontends.values import (
    Abstract,
    Checkpointed,
    Constant,
    Derived,
    FunctionValue,
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
from adc.ir.core import Atom, Value
from adc.prims.structured.control import REDUCE_OPS
from adc.syntax import ast

# ---- over arrays -----------------------------------------------------------------------------------


def _held(cx: Context, value: Abstract, name: str) -> Abstract:
    """An array of anything that is read by rows."""
    if not dims_of(value):
        raise cx.wrong(TYPE_MISMATCH, f"`{name}` takes arrays, found {describe(cx, value)}")
    if isinstance(value, Pull) and len(value.dims) > 1:
        return force(cx, value)
    return value


def _map(cx: Context, args: Sequence[Abstract]) -> Abstract:
    f = function_argument(cx, args[0], "map")
    arrays = [_held(cx, a, "map") for a in args[1:]]
    n, *others = (dims_of(a)[0] for a in arrays)
    for other in others:
        cx.require_equal(
            cx.poly(n),
            cx.poly(other),
            lambda a, b: f"arrays differ in length in `map`: {a} and {b}",
        )

    def body(indices: Sequence[Value]) -> Abstract:
        return cx.apply(f, [row_at(cx, a, indices) for a in arrays])

    return tabulate(cx, (n,), ("i",), body)


def _running(
    name: str, *, keeps: bool
) -> Callable[[Context, FunctionValue, Abstract, Abstract], Abstract]:
    """`fold` and `scan`: `f(state, element)` from left to right."""

    def run(cx: Context, f: FunctionValue, initial: Abstract, xs: Abstract) -> Abstract:
        held = _held(cx, xs, name)
        count = cx.poly(dims_of(held)[0])

        def step(i: Value, state: Abstract) -> Abstract:
            return cx.apply(f, (state, row_at(cx, held, (i,))))

        ran = sequential(cx, count, initial, step, keeps_result=keeps)
        if not keeps:
            return ran.final
        assert ran.rows is not None
        return ran.rows

    return run


_FOLD = _running("fold", keeps=False)
_SCAN = _running("scan", keeps=True)
_FOLD_ALL = _running("reduce", keeps=False)


def _reduce(cx: Context, f: FunctionValue, neutral: Abstract, xs: Abstract) -> Abstract:
    """`reduce`: in any order when the operator is a primitive one, otherwise from left to right."""
    if is_array(xs) and is_scalar(neutral):
        element = common_element(cx, Operation("reduce", 2, Takes.ANYTHING), (neutral, xs))
        op = _primitive_operator(cx, f, element)
        if op is not None:
            start = fit(cx, neutral, element)
            project = same_element(cx)
            found = reduce_source(
                cx, Source(value=fit(cx, xs, element)), (op,), project, counts=False
            )
            both = (element_at(cx, start, ()), found.results[0])
            return Leaf(cx.one(op, both, typed(element)))
    return _FOLD_ALL(cx, f, neutral, xs)


def _primitive_operator(cx: Context, f: FunctionValue, element: Element) -> str | None:
    """The operator that `f` is, found by trying it on two scalars; what that emits is dropped."""
    with cx.region() as frame:
        a, b = (cx.param(typed(element), name) for name in ("a", "b"))
        result = cx.apply(f, (Leaf(a), Leaf(b)))
    equations = frame.builder.equations
    if len(equations) != 1 or equations[0].op not in REDUCE_OPS or not isinstance(result, Leaf):
        return None
    (e,) = equations
    return e.op if set(e.operands) == {a, b} and e.results == (result.atom,) else None


def _folding(
    name: str, run: Callable[[Context, FunctionValue, Abstract, Abstract], Abstract]
) -> BuiltinFunction:
    def eager(cx: Context, args: Sequence[Abstract]) -> Abstract:
        return run(cx, function_argument(cx, args[0], name), args[1], args[2])

    return exactly(3, eager)


def _iterate(cx: Context, args: Sequence[Abstract]) -> Abstract:
    times, f, x = args
    count = at_least_zero(cx, cx.poly(integer(cx, times, "the number of iterations")))
    function = function_argument(cx, f, "iterate")
    return sequential(cx, count, x, lambda _, state: cx.apply(function, (state,))).final


# ---- derivatives -----------------------------------------------------------------------------------


def _operator(kind: str) -> BuiltinFunction:
    """`grad` and its kin: a function of a function."""

    def eager(cx: Context, args: Sequence[Abstract]) -> Abstract:
        return Derived(kind, function_argument(cx, args[0], kind), ())

    def lazy(cx: Context, node: ast.Call, scope: Scope) -> Abstract:
        f = function_argument(cx, cx.evaluate(node.args[0], scope), kind)
        wrt: tuple[str, ...] = ()
        for arg in node.named:
            with cx.at(arg.span):
                if arg.name == "wrt":
                    wrt = _names(cx, arg.value)
                elif arg.name == "nonsmooth":
                    _require_convention(cx, arg.value)
                else:
                    raise cx.wrong(
                        BAD_OPTION,
                        f"`{kind}` has no option `{arg.name}`",
                        hint="`wrt` and `nonsmooth` are its options",
                    )
        return Derived(kind, f, wrt)

    return exactly(1, eager, lazy)


def _names(cx: Context, node: ast.Expr) -> tuple[str, ...]:
    """Parameter names: `x` or `(x, y)`."""
    items = node.items if isinstance(node, ast.Tuple) else (node,)
    found: list[str] = []
    for item in items:
        if not isinstance(item, ast.Name) or item.name in found:
            raise cx.wrong(
                BAD_OPTION, "`wrt` takes names of parameters, each once: `wrt=x` or `wrt=(x, y)`"
            )
        found.append(item.name)
    return tuple(found)


_CONVENTIONS = ("convention", "clarke", "bouligand", "raise")


def _require_convention(cx: Context, node: ast.Expr) -> None:
    name = node.name if isinstance(node, ast.Name) else ""
    if name not in _CONVENTIONS:
        raise cx.wrong(BAD_OPTION, f"`nonsmooth` is one of {', '.join(_CONVENTIONS)}")
    if name != "convention":
        raise cx.wrong(NOT_SUPPORTED, f"`nonsmooth={name}` is not supported yet inside ADL")


def _checkpoint(cx: Context, args: Sequence[Abstract]) -> Abstract:
    return Checkpointed(function_argument(cx, args[0], "checkpoint"))


def _stop_gradient(cx: Context, args: Sequence[Abstract]) -> Abstract:
    return stopped(cx, args[0])


def stopped(cx: Context, value: Abstract) -> Abstract:
    """The value, through which no tangent passes."""
    match value:
        case Constant():
            return value
        case Pull():
            return _stopped_elements(cx, value)
        case Leaf(atom):
            return Leaf(_stopped(cx, atom))
        case Product(items):
            return value.like([stopped(cx, item) for item in items])
        case Rows():
            return refill(value, [_stopped(cx, a) for a in atoms(value)])
        case _:
            raise cx.wrong(BAD_ARGUMENT, f"`stop_gradient` takes data, found {describe(cx, value)}")


def _stopped_elements(cx: Context, value: Pull) -> Pull:
    def rule(indices: Sequence[Atom]) -> Atom:
        return _stopped(cx, value.element(indices))

    return pull(cx, element_type(cx, value), value.dims, rule, value.depth + 1)


def _stopped(cx: Context, a: Atom) -> Atom:
    if not isinstance(a, Value):
        return a
    element = element_of(a.type)
    return cx.one("stop_gradient", (a,), a.type) if element.is_float else a


COMBINATORS: Mapping[str, BuiltinFunction] = {
    "map": at_least(2, _map),
    "reduce": _folding("reduce", _reduce),
    "fold": _folding("fold", _FOLD),
    "scan": _folding("scan", _SCAN),
    "iterate": exactly(3, _iterate, with_sizes("iterate", _iterate, lambda k: k == 0)),
    "checkpoint": exactly(1, _checkpoint),
    "stop_gradient": exactly(1, _stop_gradient),
    **{kind: _operator(kind) for kind in sorted(KINDS)},
}
