"""`accum`: accumulators that a body of clauses, conditions and additions only adds to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from adc.frontends.chains import LONGEST_CHAIN, arm_numbers, tree_of
from adc.frontends.comprehension import enter, first_group, open_clause
from adc.frontends.context import Bottom, Context
from adc.frontends.elements import align, boolean, data, describe
from adc.frontends.expressions import let, refuse_repeated_names
from adc.frontends.indexing import IndexPlan, map_over, plan_index, row_for, sources_for
from adc.frontends.patterns import pattern_names
from adc.frontends.problems import ACCUMULATOR_USE, PATTERN_MISMATCH, TYPE_MISMATCH
from adc.frontends.sizes import Frame
from adc.frontends.unify import element_of
from adc.frontends.values import (
    Abstract,
    Accumulator,
    Leaf,
    Product,
    Rows,
    Scope,
    atoms,
    dims_of,
    refill,
)
from adc.ir.core import Atom, Block, Literal, Value, dim_atom
from adc.syntax import ast
from adc.types.core import DType

Statements = Sequence[ast.AccumStatement]


def accumulation(cx: Context, node: ast.Accum, scope: Scope) -> Abstract:
    """The accumulators after all additions: one as it is, several as a tuple."""
    refuse_repeated_names(cx, node.bindings)
    bases = [
        data(cx, cx.evaluate(b.value, scope), "an accumulator holds data") for b in node.bindings
    ]
    leaves = [a for base in bases for a in atoms(base)]
    with cx.region() as frame:
        refs = _references(node.bindings, bases)
        inner = scope.inner()
        rest = iter(refs)
        for b, base in zip(node.bindings, bases, strict=True):
            name = _name(cx, b.pattern)
            held = refill(base, [next(rest) for _ in atoms(base)])
            inner.bind(name, Accumulator(name, held))
        try:
            _additions(cx, node.clauses, node.statements, inner)
        except Bottom:  # the accumulators have the types of their bases, whatever is added
            cx.frame = frame
        block = cx.block(frame, refs, ())
    results = iter(cx.emit("accum", leaves, [a.type for a in leaves], regions=(block,)))
    finals = [refill(base, [next(results) for _ in atoms(base)]) for base in bases]
    return finals[0] if len(finals) == 1 else Product(tuple(finals))


def _name(cx: Context, pattern: ast.Pattern) -> str:
    if isinstance(pattern, ast.NamePattern):
        return pattern.name
    with cx.at(pattern.span):
        raise cx.wrong(PATTERN_MISMATCH, "an accumulator has one name")


def _references(bindings: Sequence[ast.Binding], bases: Sequence[Abstract]) -> list[Value]:
    made: list[Value] = []
    for b, base in zip(bindings, bases, strict=True):
        hint = next(pattern_names(b.pattern), "sum")
        made += [Value(replace(a.type, is_ref=True), hint) for a in atoms(base)]
    return made


# ---- statements ------------------------------------------------------------------------------------


def _additions(
    cx: Context, clauses: Sequence[ast.Clause], statements: Statements, scope: Scope
) -> None:
    """A `map` without results over the clauses; a negative bound means no iteration."""
    count = first_group(clauses)
    generators = [open_clause(cx, c, scope, True) for c in clauses[:count]]
    with cx.region() as frame:
        indices, inner = enter(cx, generators, scope)
        if clauses[count:]:
            _additions(cx, clauses[count:], statements, inner)
        else:
            _run(cx, statements, inner)
        block = cx.block(frame, indices, ())
    cx.emit("map", [dim_atom(g.count) for g in generators], (), regions=(block,))


def _run(cx: Context, statements: Statements, scope: Scope) -> None:
    for statement in statements:
        with cx.at(statement.span):
            _STATEMENTS[type(statement)](cx, statement, scope)


def _let(cx: Context, node: ast.Let, scope: Scope) -> None:
    for name in pattern_names(node.pattern):
        if isinstance(scope.find(name), Accumulator):
            with cx.at(node.pattern.span):
                raise cx.wrong(ACCUMULATOR_USE, f"`{name}` is an accumulator here")
    let(cx, node, scope)


def _for(cx: Context, node: ast.AddFor, scope: Scope) -> None:
    _additions(cx, node.clauses, node.statements, scope)


def _if(cx: Context, node: ast.AddIf, scope: Scope) -> None:
    """Conditions one after the other, each `else` inside the one before."""
    if len(node.arms) > LONGEST_CHAIN:
        _numbered_if(cx, node, scope.inner())
        return
    outer = cx.frame
    tests: list[tuple[Atom, Block, Frame]] = []
    last: Statements = node.orelse
    try:
        for arm in node.arms:
            with cx.at(arm.condition.span):
                test = boolean(cx, cx.evaluate(arm.condition, scope), "a condition")
            if isinstance(test, Literal):
                if test.value:
                    last = arm.statements
                    break
                continue
            with cx.region() as frame:
                _run(cx, arm.statements, scope.inner())
                then = cx.block(frame, (), ())
            with cx.region() as other:
                pass
            tests.append((test, then, other))
            cx.frame = other
        _run(cx, last, scope.inner())
        for test, then, other in reversed(tests):
            assert other.parent is not None
            cx.frame = other.parent
            cx.emit("cond", (test,), (), regions=(then, cx.block(other, (), ())))
    finally:
        cx.frame = outer


def _numbered_if(cx: Context, node: ast.AddIf, scope: Scope) -> None:
    """A long chain of arms: first the number of the arm, then the arm."""

    def choose(test: ast.Expr, then: Statements, other: Statements) -> Statements:
        return (ast.AddIf((ast.AddArm(test, tuple(then)),), tuple(other), span=node.span),)

    for name, number in arm_numbers([arm.condition for arm in node.arms]):
        scope.bind(name, cx.evaluate(number, scope))
    parts: list[Statements] = [*(arm.statements for arm in node.arms), node.orelse]
    _run(cx, tree_of(parts, [*(arm.span for arm in node.arms), node.span], choose), scope)


def _accumulator(cx: Context, name: str, scope: Scope) -> Abstract:
    found = scope.find(name)
    if not isinstance(found, Accumulator):
        raise cx.wrong(
            ACCUMULATOR_USE,
            f"`{name}` is no accumulator",
            hint="`accum (name = ...)` makes one" if found is None else None,
        )
    return found.refs


def _add(cx: Context, node: ast.Add, scope: Scope) -> None:
    refs = _accumulator(cx, node.name, scope)
    value = cx.evaluate(node.value, scope)
    targets = list(atoms(refs))
    for target, source in zip(targets, align(cx, refs, value, f"`{node.name}`"), strict=True):
        plan = IndexPlan(target.type.shape, list, len(target.type.shape), True)
        _add_leaf(cx, target, plan, source, node.name)


def _add_at(cx: Context, node: ast.AddAt, scope: Scope) -> None:
    refs = _accumulator(cx, node.name, scope)
    if not isinstance(refs, Leaf | Rows) or not dims_of(refs):
        raise cx.wrong(TYPE_MISMATCH, f"`{node.name}` is {describe(cx, refs)}: it has no elements")
    plan = plan_index(cx, dims_of(refs), node.items, scope, node.marks)
    value = cx.evaluate(node.value, scope)
    with cx.at(node.value.span):
        sources = sources_for(cx, refs, plan, value, f"an element of `{node.name}`")
    for target, source in zip(atoms(refs), sources, strict=True):
        _add_sources(cx, target, plan, source)


def _add_leaf(cx: Context, target: Atom, plan: IndexPlan, value: Abstract, name: str) -> None:
    (source,) = sources_for(cx, Leaf(target), plan, value, f"`{name}`")
    _add_sources(cx, target, plan, source)


def _add_sources(cx: Context, target: Atom, plan: IndexPlan, source: Abstract) -> None:
    if element_of(target.type) is DType.BOOL:
        raise cx.wrong(TYPE_MISMATCH, "booleans have no arithmetic")

    def add(indices: Sequence[Atom]) -> None:
        cx.emit("upd", (target, row_for(cx, source, indices), *plan.place(indices)), ())

    map_over(cx, plan.dims, add)


_STATEMENTS: Mapping[type[ast.Node], Callable[[Context, Any, Scope], None]] = {
    ast.Let: _let,
    ast.AddFor: _for,
    ast.AddIf: _if,
    ast.Add: _add,
    ast.AddAt: _add_at,
}
