"""Calls of function values: inlined, passed to a function of the module, or to a derivative of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from adc.frontends.builtin import require_count
from adc.frontends.calls import call_function, counted, order_arguments
from adc.frontends.context import INLINE_LIMIT, Argument, Context
from adc.frontends.declared import bind_sizes, bind_sizes_of
from adc.frontends.derivatives import BY_FIRST, derivative_signature
from adc.frontends.interface import Interface, Opened, Outcome
from adc.frontends.making import Recipe, ReturnsFunction
from adc.frontends.patterns import bind_pattern, pattern_names
from adc.frontends.problems import (
    BAD_ARGUMENT,
    ENDLESS_SPECIALISATION,
    NO_TANGENT,
    NOT_SUPPORTED,
    WRONG_ARITY,
)
from adc.frontends.program import ElaboratedProgram, Entry, mentions_function
from adc.frontends.specialise import Callee, close_over
from adc.frontends.surface import SizePair, conform, resolve_type
from adc.frontends.values import (
    Abstract,
    Builtin,
    Checkpointed,
    Closure,
    Definition,
    Derived,
    FunctionValue,
    Scope,
    Typed,
    is_function,
)
from adc.ir.core import DerivativeRequest
from adc.syntax import ast
from adc.types.core import Function as FunctionType
from adc.types.core import leaves
from adc.types.dims import Poly

APPLICATION_LIMIT = 20_000  # functions inlined in one program
SPECIALISATION_LIMIT = 16  # functions made while others are being made, none of them finished

Arguments = Sequence[Argument]


def apply(cx: Context, function: FunctionValue, args: Arguments) -> Abstract:
    """The value of a call, by the kind of function."""
    handler: Callable[..., Abstract] = _APPLY[type(function)]
    return handler(cx, function, args)


def _program(cx: Context) -> ElaboratedProgram:
    assert isinstance(cx.program, ElaboratedProgram)
    return cx.program


# ---- inlined ---------------------------------------------------------------------------------------


@contextmanager
def _inlining(cx: Context) -> Iterator[None]:
    """One function deeper."""
    if cx.inline_depth >= INLINE_LIMIT:
        raise cx.wrong(
            ENDLESS_SPECIALISATION,
            f"functions are applied inside one another more than {INLINE_LIMIT} deep",
            notes=("function values are inlined when the program is compiled",),
        )
    program = _program(cx)
    program.applied += 1
    if program.applied > APPLICATION_LIMIT:
        raise cx.wrong(
            ENDLESS_SPECIALISATION,
            f"functions are applied more than {APPLICATION_LIMIT:,} times when the program is compiled",
            notes=("function values are inlined when the program is compiled",),
        )
    cx.inline_depth += 1
    try:
        yield
    finally:
        cx.inline_depth -= 1


def apply_closure(cx: Context, closure: Closure, args: Arguments) -> Abstract:
    node = closure.node
    _require_plain(cx, args, len(node.params))
    scope = closure.scope.inner()
    pairs: list[SizePair] = []
    for p, arg in zip(node.params, args, strict=True):
        value = arg.value
        if p.type is not None:
            with cx.at(arg.span):
                t = resolve_type(cx.program, p.type)
                value = conform(cx, value, t, _shown(p.pattern), pairs, scope)
        bind_pattern(cx, p.pattern, value, scope)
    bind_sizes(cx, pairs, scope)
    with _inlining(cx):
        return cx.evaluate(node.body, scope)


def _shown(pattern: ast.Pattern) -> str:
    names = list(pattern_names(pattern))
    return f"`{names[0]}`" if len(names) == 1 else "the argument"


def _require_plain(cx: Context, args: Arguments, count: int) -> None:
    """As many arguments as there are parameters, none of them named."""
    for a in args:
        if a.name is not None:
            with cx.at(a.span):
                raise cx.wrong(BAD_ARGUMENT, f"there is no argument `{a.name}` here")
    if len(args) != count:
        raise cx.wrong(WRONG_ARITY, f"this function takes {counted(count)}, found {len(args)}")


def inline_definition(cx: Context, entry: Entry, args: Arguments) -> Abstract:
    """The body of a definition, evaluated here with its parameters bound to arguments."""
    scope = Scope()
    pairs: list[SizePair] = []
    for p, arg in zip(entry.params, args, strict=True):
        with cx.at(arg.span):
            fitted = conform(cx, arg.value, p.type, f"`{p.name}`", pairs, scope)
        bind_pattern(cx, ast.NamePattern(p.name), fitted, scope)
    bind_sizes(cx, pairs, scope)
    with _inlining(cx):
        value = cx.evaluate(entry.node.body, scope.inner())
    if entry.result is None:
        return value
    found: list[SizePair] = []
    fitted = conform(cx, value, entry.result, "the result", found, scope)
    return bind_sizes_of(cx, fitted, found, scope)


# ---- definitions, builtins, typed functions --------------------------------------------------------


def apply_definition(cx: Context, f: Definition, args: Arguments) -> Abstract:
    program = _program(cx)
    entry = program.entry(f.name)
    ordered = order_arguments(cx, f.name, entry.param_names, args)
    if not program.is_inlined(f.name):
        try:
            outcome = program.outcome(f.name)
        except ReturnsFunction:
            return inline_definition(cx, entry, ordered)
        return call_function(cx, f.name, outcome, ordered)
    if f.name in program.recursive and not _gives_function(entry):
        fitted = _fitted(cx, entry, ordered)
        values = [a.value for a in fitted]
        kept = _numbers_in(program, entry)
        found = _specialised(cx, f, values, entry.param_names, wants_floats=False, kept=kept)
        if found is not None:
            return _call(cx, found, [a for a in fitted if not is_function(a.value)])
    return inline_definition(cx, entry, ordered)


def _fitted(cx: Context, entry: Entry, args: Arguments) -> list[Argument]:
    """The arguments as what the parameters declare; functions stay, and sizes are checked inside."""
    fitted: list[Argument] = []
    for p, arg in zip(entry.params, args, strict=True):
        value = arg.value
        if not mentions_function(p.type):
            with cx.at(arg.span):
                value = conform(cx, value, p.type, f"`{p.name}`", [])
        fitted.append(replace(arg, value=value))
    return fitted


def _numbers_in(program: ElaboratedProgram, entry: Entry) -> frozenset[Poly]:
    """The sizes that the parameters declare as numbers."""
    constants = program.size_constants()
    declared = [d for p in entry.params for leaf in leaves(p.type) for d in leaf.dims]
    return frozenset(n for d in declared if (n := d.substitute(constants)).constant is not None)


def _call(cx: Context, found: Callee, args: Arguments) -> Abstract:
    captured = [Argument(v) for v in found.captured]
    return call_function(cx, found.name, found.outcome, [*captured, *args])


def _gives_function(entry: Entry) -> bool:
    return isinstance(entry.result, FunctionType)


def apply_builtin(cx: Context, f: Builtin, args: Arguments) -> Abstract:
    spec = cx.program.builtins[f.name]
    require_count(cx, f.name, spec, len(args))
    _require_plain(cx, args, len(args))
    return spec.eager(cx, [a.value for a in args])


def apply_typed(cx: Context, f: Typed, args: Arguments) -> Abstract:
    """Arguments and result are made to fit the declared type; sizes it leaves free are not checked."""
    _require_plain(cx, args, len(f.type.params))
    scope = f.scope.inner()
    pairs: list[SizePair] = []
    fitted: list[Abstract] = []
    for a, t in zip(args, f.type.params, strict=True):
        with cx.at(a.span):
            fitted.append(conform(cx, a.value, t, "the argument", pairs, scope))
    bind_sizes(cx, pairs, scope, is_lenient=True)
    value = cx.apply(f.function, fitted)
    found: list[SizePair] = []
    result = conform(cx, value, f.type.result, "the result", found, scope)
    return bind_sizes_of(cx, result, found, scope, is_lenient=True)


# ---- derivatives and checkpoints -------------------------------------------------------------------


def apply_callee(cx: Context, f: Derived | Checkpointed, args: Arguments) -> Abstract:
    """A call of a function that has to exist in the module."""
    found = callee(cx, f, [a.value for a in args], wants_floats=isinstance(f, Derived))
    names = [n for n, _ in found.outcome.signature.params[len(found.captured) :]]
    shown = f.kind if isinstance(f, Derived) else "checkpoint"
    passed = [a for k, a in enumerate(args) if k not in found.functions]
    return _call(cx, found, order_arguments(cx, f"{shown}(...)", names, passed))


def callee(
    cx: Context, f: FunctionValue, args: Sequence[Abstract], *, wants_floats: bool
) -> Callee:
    """The function of the module for a function value; `args` tell the types that it does not declare.

    There may be more arguments than it takes: those of a derivative around it.
    """
    match f:
        case Derived():
            return _derivative(cx, f, callee(cx, f.function, args, wants_floats=True))
        case Checkpointed():
            return _checkpoint(cx, callee(cx, f.function, args, wants_floats=wants_floats))
        case Typed(Derived() | Checkpointed() | Typed() as inner):
            return callee(cx, inner, args, wants_floats=wants_floats)
        case Definition(name) | Typed(Definition(name)) if not _program(cx).is_inlined(name):
            try:
                return Callee(name, _program(cx).outcome(name), ())
            except ReturnsFunction:
                pass
        case _:
            pass
    names = _parameter_names(cx, f, len(args))
    if len(args) < len(names):
        raise cx.wrong(WRONG_ARITY, f"this function takes {counted(len(names))}, found {len(args)}")
    found = _specialised(cx, f, args[: len(names)], names, wants_floats=wants_floats)
    if found is None:
        raise cx.wrong(NOT_SUPPORTED, "a function that gives a function has no derivative")
    return found


def _parameter_names(cx: Context, f: FunctionValue, given: int) -> list[str]:
    match f:
        case Closure(node):
            found = [list(pattern_names(p.pattern)) for p in node.params]
            return [n[0] if len(n) == 1 else f"arg{k}" for k, n in enumerate(found)]
        case Definition(name):
            return _program(cx).entry(name).param_names
        case Typed(function, t):
            inner = _parameter_names(cx, function, len(t.params))
            return (
                inner if len(inner) == len(t.params) else [f"arg{k}" for k in range(len(t.params))]
            )
        case Builtin(name):
            spec = cx.program.builtins[name]
            count = spec.least if spec.most == spec.least else given
            return ["x", "y", "z"][:count] if count <= 3 else [f"x{k}" for k in range(count)]
        case Derived() | Checkpointed():
            raise AssertionError("derivatives have signatures")


def _specialised(
    cx: Context,
    f: FunctionValue,
    args: Sequence[Abstract],
    names: Sequence[str],
    *,
    wants_floats: bool,
    kept: frozenset[Poly] | None = None,
) -> Callee | None:
    """A function made for a function value; None when what it gives is a function.

    `kept` are the sizes of arguments that stay numbers, as in `close_over`.
    """
    program = _program(cx)
    closed = close_over(
        cx, f, args, names, wants_floats=wants_floats, inline=inline_target, kept=kept
    )
    workshop = program.workshop
    name = program.instances.get(closed.key)
    if name is None:
        if len(workshop.making) > SPECIALISATION_LIMIT:
            raise cx.wrong(
                ENDLESS_SPECIALISATION,
                "a function is specialised again and again for ever larger functions",
                notes=("functions are specialised for the functions passed to them",),
            )
        name = program.fresh_name(_base_name(f, cx.owner))
        workshop.journal.put(program.instances, closed.key, name)
    outcome = workshop.outcome(name)
    if outcome is None:
        made = name
        try:
            outcome = workshop.make(closed.recipe(made), lambda: program.context(made, cx.span))
        except ReturnsFunction:
            return None
    functions = frozenset(k for k, a in enumerate(args) if is_function(a))
    return Callee(name, outcome, closed.captured, functions)


def inline_target(cx: Context, f: FunctionValue, args: Sequence[Abstract]) -> Abstract:
    """What the body of a specialised function does: a definition is inlined, not specialised again."""
    if isinstance(f, Definition) and _program(cx).is_inlined(f.name):
        return inline_definition(cx, _program(cx).entry(f.name), [Argument(a) for a in args])
    return cx.apply(f, args)


def _base_name(f: FunctionValue, owner: str) -> str:
    match f:
        case Definition(name) | Builtin(name):
            return name
        case Typed(function):
            return _base_name(function, owner)
        case _:
            return f"{owner}.fn"


def _derivative(cx: Context, f: Derived, target: Callee) -> Callee:
    """The request for a derivative of a function of the module, and its signature."""
    program = _program(cx)
    leading = len(target.captured)
    wrt = f.wrt
    if f.kind in BY_FIRST and not wrt and 0 in target.functions:
        own = target.outcome.signature.params[leading:]
        raise cx.wrong(
            NO_TANGENT,
            f"`{f.kind}` is by the first parameter, which is a function here",
            hint=f"wrt={own[0][0]}" if own else None,
        )
    signature, positions = derivative_signature(
        f.kind, target.outcome.signature, wrt, leading=leading, span=cx.span
    )
    if not wrt and leading:
        own = target.outcome.signature.params[leading:]
        wrt = tuple(n for n, _ in own[:1]) if f.kind in BY_FIRST else ()
    name = ".".join((target.name, f.kind, *wrt))
    if name not in program.workshop.requests:
        request = DerivativeRequest(name, f.kind, target.name, positions, cx.span)
        program.workshop.journal.put(program.workshop.requests, name, request)
    return Callee(name, Outcome(signature), target.captured, target.functions)


def _checkpoint(cx: Context, target: Callee) -> Callee:
    """A function that only calls the target, and is never inlined before differentiation."""
    program = _program(cx)
    workshop = program.workshop
    name = f"{target.name}.checkpoint"
    if name not in workshop.functions:
        signature = target.outcome.signature
        interface = Interface(signature.sizes, signature.params)

        def body(inner: Context, opened: Opened) -> Abstract:
            args = [Argument(v) for v in opened.values]
            return call_function(inner, target.name, target.outcome, args)

        recipe = Recipe(name, interface, body, span=cx.span, is_kept=True)
        workshop.make(recipe, lambda: program.context(name, cx.span))
    return Callee(name, workshop.outcomes[name], target.captured, target.functions)


_APPLY: Mapping[type, Callable[..., Abstract]] = {
    Closure: apply_closure,
    Definition: apply_definition,
    Builtin: apply_builtin,
    Typed: apply_typed,
    Derived: apply_callee,
    Checkpointed: apply_callee,
}
