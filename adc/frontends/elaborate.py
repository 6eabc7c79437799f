"""Surface tree to typed module: every definition in the order of need, own rules after them, all errors at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from adc.diagnostics import Error, Span
from adc.frontends.accumulation import accumulation
from adc.frontends.application import apply
from adc.frontends.branches import select_call, select_values
from adc.frontends.builtin import evaluated, exactly, places_of
from adc.frontends.combinators import COMBINATORS
from adc.frontends.context import BuiltinFunction, Context, Handler, Poisoned
from adc.frontends.expressions import HANDLERS
from adc.frontends.filling import FILLING
from adc.frontends.free import free_names
from adc.frontends.linear_algebra import LINEAR_ALGEBRA
from adc.frontends.making import ReturnsFunction
from adc.frontends.matrices import MATRICES
from adc.frontends.operators import OPERATIONS, call_operation, convert, polygamma
from adc.frontends.order import in_order
from adc.frontends.problems import CYCLIC_DEFINITION, DEFINED_TWICE, NESTED_TOO_DEEP, together
from adc.frontends.program import ElaboratedProgram
from adc.frontends.rearranging import REARRANGING
from adc.frontends.reductions import REDUCTIONS
from adc.frontends.rules import make_rules
from adc.frontends.searching import SEARCHING
from adc.frontends.surface import resolve_type
from adc.frontends.values import Abstract, Scope
from adc.ir.core import Module
from adc.prims.table import PrimitiveTable
from adc.syntax import ast
from adc.types.core import NAMED_DTYPES, DType

# ---- builtins --------------------------------------------------------------------------------------


def _scalar_function(name: str) -> BuiltinFunction:
    def eager(cx: Context, args: Sequence[Abstract]) -> Abstract:
        return call_operation(cx, name, args)

    def lazy(cx: Context, node: ast.Call, scope: Scope) -> Abstract:
        return call_operation(cx, name, evaluated(cx, node, scope), places_of(node), node.marks)

    return exactly(OPERATIONS[name].arity, eager, lazy)


def _conversion(to: DType) -> BuiltinFunction:
    return exactly(1, lambda cx, args: convert(cx, args[0], to))


BUILTINS: Mapping[str, BuiltinFunction] = {
    **{name: _scalar_function(name) for name in OPERATIONS},
    **{d.value: _conversion(d) for d in NAMED_DTYPES},
    "polygamma": exactly(2, polygamma),
    "select": exactly(3, select_values, select_call),
    **FILLING,
    **REARRANGING,
    **MATRICES,
    **SEARCHING,
    **REDUCTIONS,
    **LINEAR_ALGEBRA,
    **COMBINATORS,
}
_HANDLERS: Mapping[type[ast.Node], Handler] = {**HANDLERS, ast.Accum: accumulation}


# ---- programs --------------------------------------------------------------------------------------


def elaborate(trees: Iterable[ast.Module], table: PrimitiveTable) -> Module:
    """The typed module of all definitions in `trees`.

    Raises one error with everything that was found wrong; its class is that of the first.
    """
    program = ElaboratedProgram(table.infer, _HANDLERS, BUILTINS, apply)
    for tree in trees:
        _collect(program, tree)
    _check_types(program)
    _make_all(program)
    make_rules(program)
    if program.problems:
        raise together(program.problems)
    workshop = program.workshop
    for name in workshop.rules:
        workshop.functions[name] = replace(workshop.functions[name], keep=True)
    return Module(dict(workshop.functions), dict(workshop.requests), dict(workshop.rules))


def _collect(program: ElaboratedProgram, tree: ast.Module) -> None:
    """Enter what a file defines."""
    for item in tree.items:
        match item:
            case ast.Def():
                _refuse_repeated_parameters(program, item)
                _enter(program, program.definitions, item.name, item, item.name_span)
            case ast.ConstDef():
                _enter(program, program.constants, item.name, item, item.name_span)
            case ast.TypeAlias():
                _enter_type(program, item)
            case ast.DerivativeRule() | ast.AdjointRule():
                program.rules.append(item)
            case ast.Import():
                pass


def _enter(
    program: ElaboratedProgram,
    into: dict[str, ast.Def] | dict[str, ast.ConstDef],
    name: str,
    node: ast.Def | ast.ConstDef,
    span: Span,
) -> None:
    earlier = program.definitions.get(name) or program.constants.get(name)
    if earlier is not None:
        program.problems.append(_twice(name, span, earlier.name_span))
        return
    into[name] = node  # type: ignore[assignment]


def _enter_type(program: ElaboratedProgram, node: ast.TypeAlias) -> None:
    earlier = program.aliases.get(node.name)
    if earlier is not None:
        program.problems.append(_twice(node.name, node.name_span, earlier.name_span))
        return
    program.aliases[node.name] = node


def _twice(name: str, span: Span, earlier: Span) -> Error:
    return DEFINED_TWICE.at(
        span, f"`{name}` is defined twice", others=[(earlier, "first defined here")]
    )


def _refuse_repeated_parameters(program: ElaboratedProgram, node: ast.Def) -> None:
    seen: dict[str, Span] = {}
    for p in node.params:
        if p.name in seen:
            problem = DEFINED_TWICE.at(
                p.span,
                f"the parameter `{p.name}` stands twice",
                others=[(seen[p.name], "first here")],
            )
            program.problems.append(problem)
        seen[p.name] = p.span


def _check_types(program: ElaboratedProgram) -> None:
    """What all type names stand for, each after those that it mentions."""
    mentioned = {n: list(_type_names(alias.type)) for n, alias in program.aliases.items()}
    order, cyclic = in_order({n: [m.name for m in found] for n, found in mentioned.items()})
    for name in order:
        inside = next((m for m in mentioned[name] if m.name in cyclic), None)
        if name not in cyclic and any(
            m.name in program.aliases and m.name not in program.types for m in mentioned[name]
        ):
            continue  # that has been complained about
        try:
            if name in cyclic and inside is not None:
                raise CYCLIC_DEFINITION.at(inside.span, f"the type `{name}` contains itself")
            program.types[name] = resolve_type(program, program.aliases[name].type)
        except Error as error:
            program.problems.append(error)
    if program.problems:
        raise together(program.problems)


def _type_names(node: ast.Type) -> Iterator[ast.NamedType]:
    return (n for n in ast.walk(node) if isinstance(n, ast.NamedType))


def _make_all(program: ElaboratedProgram) -> None:
    """Every definition that can be a function of the IR, and every constant, whether used or not."""
    graph = {
        name: sorted(free_names(node.body, [p.name for p in node.params]))
        for name, node in program.definitions.items()
    }
    graph |= {name: sorted(free_names(node.value)) for name, node in program.constants.items()}
    order, program.recursive = in_order(graph)
    for name in order:
        try:
            _make(program, name)
        except (Poisoned, ReturnsFunction) as excuse:
            if isinstance(excuse, Poisoned):
                program.failed.add(name)
        except Error as error:
            program.failed.add(name)
            program.problems.append(error)
        except RecursionError:
            program.failed.add(name)
            program.problems.append(_too_deep(program, name))


def _make(program: ElaboratedProgram, name: str) -> None:
    node = program.constants.get(name)
    if node is not None:
        cx = program.context(name, node.value.span)
        program.find_constant(cx, name)
        if cx.problems:
            raise together(cx.problems)
    elif not program.is_inlined(name):
        program.outcome(name)


def _too_deep(program: ElaboratedProgram, name: str) -> Error:
    node = program.definitions.get(name) or program.constants[name]
    return NESTED_TOO_DEEP.at(
        node.name_span or node.span, f"`{name}` nests too deeply", hint="split it into definitions"
    )
