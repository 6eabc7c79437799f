"""What a builtin function is: its meaning on values, and on a call whose arguments are not evaluated yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from adc.frontends.context import BuiltinFunction, Context
from adc.frontends.elements import describe, integer
from adc.frontends.lifting import Places
from adc.frontends.problems import BAD_ARGUMENT, WRONG_ARITY
from adc.frontends.sizing import evaluate_size
from adc.frontends.values import Abstract, FunctionValue, Leaf, Product, Scope, is_function
from adc.syntax import ast
from adc.types.dims import Poly

Eager = Callable[[Context, Sequence[Abstract]], Abstract]
Lazy = Callable[[Context, ast.Call, Scope], Abstract]


def exactly(count: int, eager: Eager, lazy: Lazy | None = None) -> BuiltinFunction:
    return BuiltinFunction(eager, count, count, lazy)


def at_least(count: int, eager: Eager, lazy: Lazy | None = None) -> BuiltinFunction:
    return BuiltinFunction(eager, count, None, lazy)


def require_count(cx: Context, name: str, f: BuiltinFunction, count: int) -> None:
    """A complaint when `name` is given the wrong number of arguments."""
    if count >= f.least and (f.most is None or count <= f.most):
        return
    wanted = f"{f.least} argument{'s' * (f.least != 1)}"
    if f.most is None:
        wanted = f"at least {wanted}"
    elif f.most != f.least:
        wanted = f"{f.least} to {f.most} arguments"
    raise cx.wrong(WRONG_ARITY, f"`{name}` takes {wanted}, found {count}")


def evaluated(cx: Context, node: ast.Call, scope: Scope) -> list[Abstract]:
    """The arguments of a call that takes no named ones."""
    refuse_named(cx, node)
    return [cx.evaluate(a, scope) for a in node.args]


def refuse_named(cx: Context, node: ast.Call) -> None:
    for arg in node.named:
        with cx.at(arg.span):
            raise cx.wrong(BAD_ARGUMENT, f"there is no argument `{arg.name}` here")


def places_of(node: ast.Call) -> Places:
    return Places(tuple(a.span for a in node.args), node.function.span)


def size_argument(cx: Context, value: Abstract, name: str) -> Poly:
    """An evaluated argument that is a size."""
    size = cx.poly(integer(cx, value, f"a size in `{name}`"))
    cx.require_natural(size, f"a size in `{name}`")
    return size


def with_sizes(name: str, eager: Eager, which: Callable[[int], bool]) -> Lazy:
    """A direct call of `name` in which the arguments at positions `which` are sizes."""

    def lazy(cx: Context, node: ast.Call, scope: Scope) -> Abstract:
        refuse_named(cx, node)
        values = [
            _size_value(cx, a, scope, name) if which(k) else cx.evaluate(a, scope)
            for k, a in enumerate(node.args)
        ]
        return eager(cx, values)

    return lazy


def _size_value(cx: Context, node: ast.Expr, scope: Scope, name: str) -> Abstract:
    if isinstance(node, ast.Tuple):
        return Product(tuple(_size_value(cx, item, scope, name) for item in node.items))
    return Leaf(cx.size(evaluate_size(cx, node, scope, f"a size in `{name}`")))


def function_argument(cx: Context, value: Abstract, name: str) -> FunctionValue:
    if not is_function(value):
        raise cx.wrong(
            BAD_ARGUMENT, f"`{name}` takes a function first, found {describe(cx, value)}"
        )
    return value  # type: ignore[return-value]
