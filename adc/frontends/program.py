"""A whole program being elaborated: its definitions by name, what has been made of them, what was found wrong."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from adc.diagnostics import Error, Span
from adc.frontends.context import Argument, BuiltinFunction, Context, Handler, Poisoned
from adc.frontends.declared import bind_typed
from adc.frontends.elements import settled
from adc.frontends.expressions import last_place
from adc.frontends.free import free_names
from adc.frontends.interface import Interface, Outcome, Parameter, make_interface
from adc.frontends.library import BUILTIN_PREFIX, LIBRARY_PREFIX, read_library
from adc.frontends.making import Recipe, ReturnsFunction, Workshop
from adc.frontends.order import in_order
from adc.frontends.problems import CYCLIC_DEFINITION
from adc.frontends.surface import resolve_type, size_polynomial
from adc.frontends.values import Abstract, Builtin, Constant, Definition, FunctionValue, Leaf, Scope
from adc.ir.builder import InferFn
from adc.ir.core import Literal
from adc.syntax import ast
from adc.types.core import Function, Record, SurfaceType, Tuple
from adc.types.dims import Poly

Rule = ast.DerivativeRule | ast.AdjointRule
Apply = Callable[[Context, FunctionValue, Sequence[Argument]], Abstract]


@dataclass(frozen=True, slots=True)
class Entry:
    """A definition with resolved types. Those that take or give functions have no interface: they are inlined."""

    node: ast.Def
    params: tuple[Parameter, ...]
    result: SurfaceType | None
    interface: Interface | None

    @property
    def param_names(self) -> list[str]:
        return [p.name for p in self.params]


@dataclass(slots=True)
class ElaboratedProgram:
    """What `adc.frontends.context.Program` asks for, over the definitions of one or several files."""

    infer: InferFn
    handlers: Mapping[type[ast.Node], Handler]
    builtins: Mapping[str, BuiltinFunction]
    apply_function: Apply
    aliases: dict[str, ast.TypeAlias] = field(default_factory=dict)
    types: dict[str, SurfaceType] = field(default_factory=dict)
    constants: dict[str, ast.ConstDef] = field(default_factory=dict)
    definitions: dict[str, ast.Def] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    recursive: frozenset[str] = frozenset()
    workshop: Workshop = field(default_factory=Workshop)
    instances: dict[Hashable, str] = field(default_factory=dict)
    inlined: set[str] = field(default_factory=set)
    applied: int = 0  # how many functions have been inlined
    failed: set[str] = field(default_factory=set)
    problems: list[Error] = field(default_factory=list)
    _numbers: dict[str, Abstract] = field(default_factory=dict)  # constants that are known now
    _sizes: dict[Hashable, Poly] | None = None

    # ---- names -----------------------------------------------------------------------------------

    def find(self, cx: Context, name: str) -> Abstract | None:
        if name in self.definitions:
            return Definition(name)
        if name.startswith(BUILTIN_PREFIX):
            return Builtin(name.removeprefix(BUILTIN_PREFIX))
        found = self.find_constant(cx, name)
        if found is None and name in self.builtins:
            return Builtin(name)
        return found

    def library(self, name: str) -> FunctionValue:
        """A definition of the library, which is read when it is first needed."""
        if LIBRARY_PREFIX + name not in self.definitions:
            for item in read_library(self.builtins):
                if isinstance(item, ast.Def):
                    self.definitions[item.name] = item
                elif isinstance(item, ast.DerivativeRule):
                    self.rules.append(item)
        return Definition(LIBRARY_PREFIX + name)

    def names(self) -> Iterator[str]:
        yield from (n for n in self.definitions if not n.startswith(LIBRARY_PREFIX))
        yield from self.constants
        yield from self.builtins

    def find_constant(self, cx: Context, name: str) -> Abstract | None:
        """The value of a `const`, made once in a function, in its outermost block."""
        if name not in self.constants:
            return None
        if name in self.failed:
            raise Poisoned(name)
        if name in self._numbers:
            return self._numbers[name]
        if name not in cx.constants:
            order, cyclic = self._needed(name)
            if name in cyclic:
                span = self.constants[name].name_span
                raise CYCLIC_DEFINITION.at(span, f"the constant `{name}` needs itself")
            for needed in order:
                if needed not in cx.constants:
                    self._enter_constant(cx, needed)
        return cx.constants[name]

    def _needed(self, name: str) -> tuple[list[str], frozenset[str]]:
        """The constants that a constant needs, each after those that it needs itself, and those that need themselves.

        Chains of them may be long.
        """
        needs: dict[str, list[str]] = {}
        pending = [name]
        while pending:
            here = pending.pop()
            if here not in needs and here not in self._numbers and here not in self.failed:
                names = sorted(free_names(self.constants[here].value))
                needs[here] = [n for n in names if n in self.constants]
                pending += needs[here]
        return in_order(needs)

    def _enter_constant(self, cx: Context, name: str) -> None:
        frame, cx.frame = cx.frame, cx.root
        try:
            value = cx.constants[name] = self._constant(cx, self.constants[name])
        finally:
            cx.frame = frame
        if isinstance(value, Constant) or (
            isinstance(value, Leaf) and isinstance(value.atom, Literal)
        ):
            self._numbers[name] = value

    def _constant(self, cx: Context, node: ast.ConstDef) -> Abstract:
        with cx.at(node.value.span):
            scope = Scope()
            value = settled(cx, cx.evaluate(node.value, scope))
            if node.type is None:
                return value
            return settled(cx, bind_typed(cx, node.type, value, scope, f"`{node.name}`"))

    def size_constants(self) -> dict[Hashable, Poly]:
        """The constants that are whole numbers, for use in types."""
        if self._sizes is None:
            raw = {n: size_polynomial(c.value) for n, c in self.constants.items()}
            needs = {n: [a for a in p.atoms() if isinstance(a, str)] for n, p in raw.items()}
            known: dict[Hashable, Poly] = {}
            for n in in_order(needs)[0]:
                p = raw[n].substitute(known)
                if p.constant is not None:
                    known[n] = p
            self._sizes = known
        return self._sizes

    # ---- definitions -----------------------------------------------------------------------------

    def entry(self, name: str) -> Entry:
        """A definition with resolved types."""
        if name in self.failed:
            raise Poisoned(name)
        if name not in self.entries:
            self.entries[name] = self._resolve(self.definitions[name])
        return self.entries[name]

    def _resolve(self, node: ast.Def) -> Entry:
        params = tuple(
            Parameter(p.name, resolve_type(self, p.type), p.type.span) for p in node.params
        )
        result = resolve_type(self, node.result) if node.result is not None else None
        involved = [p.type for p in params] + ([result] if result is not None else [])
        if any(map(mentions_function, involved)):
            return Entry(node, params, result, None)
        sizes = self.size_constants()
        computed = {n for n in self.constants if n not in sizes} - {p.name for p in params}
        return Entry(node, params, result, make_interface(params, sizes, computed))

    def is_inlined(self, name: str) -> bool:
        return self.entry(name).interface is None or name in self.inlined

    def outcome(self, name: str) -> Outcome:
        """What callers know of a definition; it is made now if it has not been."""
        found = self.workshop.outcome(name)
        return found if found is not None else self.make(name)

    def make(self, name: str) -> Outcome:
        """Make the IR function of a definition. One that gives a function is inlined from then on."""
        entry = self.entry(name)
        assert entry.interface is not None
        recipe = Recipe(
            name,
            entry.interface,
            lambda cx, opened: cx.evaluate(entry.node.body, opened.scope.inner()),
            entry.result,
            last_place(entry.node.body),
            entry.node.name_span or entry.node.span,
            entry.node.doc or "",
        )
        try:
            return self.workshop.make(recipe, lambda: self.context(name, recipe.span))
        except ReturnsFunction:
            self.inlined.add(name)
            raise

    def fresh_name(self, base: str) -> str:
        """A name for a function that the user has not written."""
        count = 1
        taken = {*self.workshop.functions, *self.workshop.making, *self.instances.values()}
        while f"{base}.{count}" in taken:
            count += 1
        return f"{base}.{count}"

    def context(self, owner: str, span: Span | None) -> Context:
        return Context(self, owner, span)

    def apply(self, cx: Context, function: FunctionValue, args: Sequence[Argument]) -> Abstract:
        return self.apply_function(cx, function, args)


def mentions_function(t: SurfaceType) -> bool:
    match t:
        case Function():
            return True
        case Tuple(items):
            return any(map(mentions_function, items))
        case Record(fields):
            return any(mentions_function(f) for _, f in fields)
        case _:
            return False
