"""Expressions: literals, names, structure, operators, indexing, blocks, loops and calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adc.diagnostics import Error, Span
from adc.frontends.branches import conditional, connect
from adc.frontends.builtin import require_count
from adc.frontends.comprehension import at_least_zero, comprehension
from adc.frontends.context import Argument, Context, Handler, Poisoned, brief
from adc.frontends.declared import bind_typed
from adc.frontends.elements import boolean, constant, describe, settled
from adc.frontends.indexing import index_value, plan_index, update_value
from adc.frontends.lifting import Places, operate
from adc.frontends.linear_algebra import matrix_product
from adc.frontends.literals import array_literal
from adc.frontends.operators import ARITHMETIC, NOT, compare, negate
from adc.frontends.patterns import bind_pattern, pattern_names
from adc.frontends.problems import (
    ACCUMULATOR_USE,
    ASSERTION,
    DEFINED_TWICE,
    NOT_A_FUNCTION,
    TYPE_MISMATCH,
    UNKNOWN_FIELD,
    UNKNOWN_NAME,
    nearest,
)
from adc.frontends.sizing import evaluate_size
from adc.frontends.state import Ran, repeat_while, sequential
from adc.frontends.structures import same_kind
from adc.frontends.values import (
    Abstract,
    Accumulator,
    Builtin,
    Closure,
    Constant,
    Leaf,
    Product,
    Rows,
    Scope,
    Unknown,
    dims_of,
    is_function,
    known_literal,
    part_of,
)
from adc.ir.core import BOOL, Literal, Value
from adc.syntax import ast
from adc.types.core import DType

# ---- literals, names, structure --------------------------------------------------------------------


def int_literal(cx: Context, node: ast.IntLiteral, scope: Scope) -> Abstract:
    return _literal(cx, node.value, node.suffix)


def float_literal(cx: Context, node: ast.FloatLiteral, scope: Scope) -> Abstract:
    return _literal(cx, node.value, node.suffix)


def _literal(cx: Context, value: int | float, suffix: str | None) -> Abstract:
    number = Constant(value)
    return Leaf(constant(cx, number, DType(suffix))) if suffix else number


def bool_literal(cx: Context, node: ast.BoolLiteral, scope: Scope) -> Abstract:
    return Leaf(Literal(BOOL, node.value))


def name(cx: Context, node: ast.Name, scope: Scope) -> Abstract:
    found = scope.find(node.name)
    if found is None:
        found = cx.program.find(cx, node.name)
    if found is None:
        raise cx.wrong(
            UNKNOWN_NAME,
            f"there is no `{node.name}` here",
            hint=nearest(node.name, (*scope.names(), *cx.program.names())),
        )
    if isinstance(found, Unknown):
        raise Poisoned(node.name)
    if isinstance(found, Accumulator):
        raise cx.wrong(
            ACCUMULATOR_USE,
            f"the accumulator `{node.name}` can only be added to inside `accum`",
            hint=f"`{node.name} += ...;`",
        )
    return found


def tuple_value(cx: Context, node: ast.Tuple, scope: Scope) -> Abstract:
    made = Product(tuple(settled(cx, cx.evaluate(item, scope)) for item in node.items))
    made.extent.require(node.span, "this tuple")
    return made


def record(cx: Context, node: ast.Record, scope: Scope) -> Abstract:
    _refuse_repeated(cx, node.entries)
    values = tuple(settled(cx, cx.evaluate(e.value, scope)) for e in node.entries)
    made = Product(values, tuple(e.name for e in node.entries))
    made.extent.require(node.span, "this record")
    return made


def _refuse_repeated(cx: Context, entries: Sequence[ast.Entry]) -> None:
    seen: set[str] = set()
    for e in entries:
        if e.name in seen:
            with cx.at(e.span):
                raise cx.wrong(DEFINED_TWICE, f"the field `{e.name}` is given twice")
        seen.add(e.name)


def field(cx: Context, node: ast.Field, scope: Scope) -> Abstract:
    base = cx.evaluate(node.base, scope)
    with cx.at(node.name_span):
        return _field(cx, base, node.name)


def _field(cx: Context, base: Abstract, field_name: str) -> Abstract:
    """A field of a record, or of all records of an array."""
    owner = base.row if isinstance(base, Rows) else base
    if not isinstance(owner, Product) or owner.names is None:
        raise cx.wrong(UNKNOWN_FIELD, f"{describe(cx, base)} has no fields")
    found = owner.field(field_name)
    if found is None:
        raise cx.wrong(
            UNKNOWN_FIELD,
            f"{describe(cx, owner)} has no field `{field_name}`",
            hint=nearest(field_name, owner.names) or f"its fields are {', '.join(owner.names)}",
        )
    return part_of(base, found)


def item(cx: Context, node: ast.Item, scope: Scope) -> Abstract:
    base = cx.evaluate(node.base, scope)
    owner = base.row if isinstance(base, Rows) else base
    if not isinstance(owner, Product) or owner.names is not None:
        raise cx.wrong(UNKNOWN_FIELD, f"{describe(cx, base)} is no tuple")
    if node.index >= len(owner.items):
        raise cx.wrong(
            UNKNOWN_FIELD,
            f"a tuple of {len(owner.items)} has no item {node.index}; they count from 0",
        )
    return part_of(base, owner.items[node.index])


def with_record(cx: Context, node: ast.WithRecord, scope: Scope) -> Abstract:
    base = cx.evaluate(node.base, scope)
    _refuse_repeated(cx, node.entries)
    if not isinstance(base, Product) or base.names is None:
        raise cx.wrong(TYPE_MISMATCH, f"`with {{...}}` takes a record, found {describe(cx, base)}")
    items = list(base.items)
    for e in node.entries:
        with cx.at(e.span):
            old = _field(cx, base, e.name)
            items[base.names.index(e.name)] = replaced(cx, old, cx.evaluate(e.value, scope), e.name)
    return base.like(items)


def replaced(cx: Context, old: Abstract, new: Abstract, field_name: str) -> Abstract:
    """The new value of a field, made to fit the type of the old one; sizes may change."""
    return same_kind(cx, old, settled(cx, new), f"the field `{field_name}`")


# ---- operators -------------------------------------------------------------------------------------


def unary(cx: Context, node: ast.Unary, scope: Scope) -> Abstract:
    operand = cx.evaluate(node.operand, scope)
    places = Places((node.operand.span,))
    if node.op == "-":
        return negate(cx, operand, places)
    known = known_literal(operand) if isinstance(operand, Leaf) else None
    if isinstance(known, bool):
        return Leaf(Literal(BOOL, not known))
    return operate(cx, NOT, (operand,), places)


def binary(cx: Context, node: ast.Binary, scope: Scope) -> Abstract:
    a, b = cx.evaluate(node.left, scope), cx.evaluate(node.right, scope)
    places = Places((node.left.span, node.right.span), node.op_span)
    if node.op in ARITHMETIC:
        return ARITHMETIC[node.op](cx, a, b, places, node.marks)
    return compare(cx, node.op, a, b, places, node.marks)


def chain(cx: Context, node: ast.Chain, scope: Scope) -> Abstract:
    total = cx.evaluate(node.first, scope)
    place = node.first.span
    for link in node.links:
        places = Places((place, link.operand.span), link.op_span)
        if link.op in ("&&", "||"):
            total = connect(cx, link.op, total, link.operand, scope, places)
        else:
            right = cx.evaluate(link.operand, scope)
            if link.op == "@":
                total = matrix_product(cx, total, right, places)
            else:
                total = ARITHMETIC[link.op](cx, total, right, places, node.marks)
        place = place.join(link.operand.span)
    return total


# ---- indexing --------------------------------------------------------------------------------------


def index(cx: Context, node: ast.Index, scope: Scope) -> Abstract:
    base = cx.evaluate(node.base, scope)
    if not dims_of(base):
        with cx.at(node.base.span):
            raise cx.wrong(TYPE_MISMATCH, f"{describe(cx, base)} cannot be indexed")
    return index_value(cx, base, plan_index(cx, dims_of(base), node.items, scope, node.marks))


def with_index(cx: Context, node: ast.WithIndex, scope: Scope) -> Abstract:
    base = settled(cx, cx.evaluate(node.base, scope))
    if not dims_of(base):
        with cx.at(node.base.span):
            raise cx.wrong(TYPE_MISMATCH, f"{describe(cx, base)} has no elements to replace")
    plan = plan_index(cx, dims_of(base), node.items, scope, node.marks)
    return update_value(cx, base, plan, cx.evaluate(node.value, scope))


# ---- blocks ----------------------------------------------------------------------------------------


def block(cx: Context, node: ast.Block, scope: Scope) -> Abstract:
    inner = scope.inner()
    for statement in node.statements:
        with cx.at(statement.span):
            if isinstance(statement, ast.Assert):
                assertion(cx, statement, inner)
                continue
            try:
                let(cx, statement, inner)
            except Error as error:
                cx.problems.append(error)
                _leave_out(statement, inner)
            except Poisoned:
                _leave_out(statement, inner)
    return cx.evaluate(node.result, inner)


def _leave_out(node: ast.Let, scope: Scope) -> None:
    """Go on after a wrong `let`: what does not use its names can be checked."""
    for bound in pattern_names(node.pattern):
        scope.bind(bound, Unknown())


def let(cx: Context, node: ast.Let, scope: Scope) -> None:
    value = cx.evaluate(node.value, scope)
    if node.type is not None:
        with cx.at(node.value.span):
            value = bind_typed(cx, node.type, value, scope, "the value")
    bind_pattern(cx, node.pattern, value, scope)


def assertion(cx: Context, node: ast.Assert, scope: Scope) -> None:
    holds = boolean(cx, cx.evaluate(node.condition, scope), "a condition")
    written = node.condition.span.text if node.condition.span else "the condition"
    cx.check(holds, ASSERTION, node.message or f"`{brief(written)}` does not hold")


def function(cx: Context, node: ast.Lambda, scope: Scope) -> Abstract:
    seen: set[str] = set()
    for p in node.params:
        for bound in pattern_names(p.pattern):
            if bound in seen:
                with cx.at(p.span):
                    raise cx.wrong(DEFINED_TWICE, f"`{bound}` stands twice among the parameters")
            seen.add(bound)
    return Closure(node, scope.frozen())


# ---- loops -----------------------------------------------------------------------------------------


def loop(cx: Context, node: ast.Loop, scope: Scope) -> Abstract:
    return _run(cx, node, scope, keeps=False).final


def history(cx: Context, node: ast.History, scope: Scope) -> Abstract:
    ran = _run(cx, node, scope, keeps=True)
    assert ran.rows is not None
    return Product((ran.rows, ran.final))


def _run(cx: Context, node: ast.Loop | ast.History, scope: Scope, *, keeps: bool) -> Ran:
    initial = _initial(cx, node.bindings, scope)
    hints = [_hint(b.pattern) for b in node.bindings]

    def bound(state: Abstract) -> Scope:
        inner = scope.inner()
        parts = (state,) if len(node.bindings) == 1 else _parts(state)
        for b, part in zip(node.bindings, parts, strict=True):
            bind_pattern(cx, b.pattern, part, inner)
        return inner

    if isinstance(node.drive, ast.Until):
        condition = node.drive.condition
        return repeat_while(
            cx,
            initial,
            lambda state: cx.evaluate(condition, bound(state)),
            lambda _, state: cx.evaluate(node.body, bound(state)),
            hints=hints,
            keeps=keeps,
            place=last_place(node.body),
        )
    times = node.drive

    def step(i: Value, state: Abstract) -> Abstract:
        inner = bound(state)
        inner.bind(times.name, Leaf(i))
        return cx.evaluate(node.body, inner)

    count = evaluate_size(cx, times.bound, scope, "the number of steps")
    return sequential(
        cx,
        at_least_zero(cx, count),
        initial,
        step,
        hints=hints,
        index_hint=times.name,
        keeps=keeps,
        place=last_place(node.body),
    )


def last_place(node: ast.Expr) -> Span:
    """Where the value of an expression is written: the last expression of a block."""
    while isinstance(node, ast.Block):
        node = node.result
    return node.span


def _initial(cx: Context, bindings: Sequence[ast.Binding], scope: Scope) -> Abstract:
    """The state as one value: a tuple when there are several bindings."""
    refuse_repeated_names(cx, bindings)
    values = [cx.evaluate(b.value, scope) for b in bindings]
    return values[0] if len(values) == 1 else Product(tuple(values))


def refuse_repeated_names(cx: Context, bindings: Sequence[ast.Binding]) -> None:
    seen: set[str] = set()
    for b in bindings:
        for bound in pattern_names(b.pattern):
            if bound in seen:
                with cx.at(b.span):
                    raise cx.wrong(DEFINED_TWICE, f"`{bound}` is bound twice")
            seen.add(bound)


def _parts(state: Abstract) -> tuple[Abstract, ...]:
    assert isinstance(state, Product)
    return state.items


def _hint(pattern: ast.Pattern) -> str:
    return pattern.name if isinstance(pattern, ast.NamePattern) else "state"


# ---- calls -----------------------------------------------------------------------------------------


def call(cx: Context, node: ast.Call, scope: Scope) -> Abstract:
    f = cx.evaluate(node.function, scope)
    if not is_function(f):
        with cx.at(node.function.span):
            raise cx.wrong(NOT_A_FUNCTION, f"{describe(cx, f)} cannot be called")
    if isinstance(f, Builtin):
        found = _direct(cx, f, node, scope)
        if found is not None:
            return found
    args = [Argument(cx.evaluate(a, scope), a.span) for a in node.args]
    args += [Argument(cx.evaluate(a.value, scope), a.span, a.name) for a in node.named]
    return cx.program.apply(cx, f, args)  # type: ignore[arg-type]


def _direct(cx: Context, f: Builtin, node: ast.Call, scope: Scope) -> Abstract | None:
    spec = cx.program.builtins[f.name]
    if spec.lazy is None:
        return None
    require_count(cx, f.name, spec, len(node.args))
    return spec.lazy(cx, node, scope)


HANDLERS: Mapping[type[ast.Node], Handler] = {
    ast.IntLiteral: int_literal,
    ast.FloatLiteral: float_literal,
    ast.BoolLiteral: bool_literal,
    ast.Name: name,
    ast.Tuple: tuple_value,
    ast.Record: record,
    ast.ArrayLiteral: array_literal,
    ast.Comprehension: comprehension,
    ast.Field: field,
    ast.Item: item,
    ast.WithRecord: with_record,
    ast.WithIndex: with_index,
    ast.Unary: unary,
    ast.Binary: binary,
    ast.Chain: chain,
    ast.Index: index,
    ast.If: conditional,
    ast.Block: block,
    ast.Lambda: function,
    ast.Loop: loop,
    ast.History: history,
    ast.Call: call,
}
