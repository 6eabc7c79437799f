"""A whole program being elaborated: its definitions by name, what has been made of them, what was found wrong."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from adc.diagnostics import Error, Span
from adc.frontends.context import Argument, BuiltinFunction, Context, Handler, Poisoned
from adc.frontends.declared import bind_typed
from adc.frontends.elements import settled
from adc.frontends.expressions import last_place
from adc.frontends.interface import Interface, Outcome, Parameter, make_interface
from adc.frontends.library import BUILTIN_PREFIX, LIBRARY_PREFIX, read_library
from adc.frontends.making import Recipe, ReturnsFunction, Workshop
from adc.frontends.problems import CYCLIC_DEFINITION
from adc.frontends.surface import resolve_type, size_polynomial
from adc.frontends.values import Abstract, Builtin, Definition, FunctionValue, Scope
from adc.ir.builder import InferFn
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
    constants: dict[str, ast.ConstDef] = field(default_factory=dict)
    definitions: dict[str, ast.Def] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    recursive: frozenset[str] = frozenset()
    workshop: Workshop = field(default_factory=Workshop)
    instances: dict[Hashable, str] = field(default_factory=dict)
    inlined: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    problems: list[Error] = field(default_factory=list)
    _open_constants: list[str] = field(default_factory=list)
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
        node = self.constants.get(name)
        if node is None:
            return None
        if name in self.failed:
            raise Poisoned(name)
        if name not in cx.constants:
            if name in self._open_constants:
                raise CYCLIC_DEFINITION.at(node.name_span, f"the constant `{name}` needs itself")
            self._open_constants.append(name)
            frame, cx.frame = cx.frame, cx.root
            try:
                cx.constants[name] = self._constant(cx, node)
            finally:
                cx.frame = frame
                self._open_constants.pop()
        return cx.constants[name]

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
            for _ in raw:
                known: dict[Hashable, Poly] = {
                    n: p for n, p in raw.items() if p.constant is not None
                }
                raw = {n: p.substitute(known) for n, p in raw.items()}
            self._sizes = {n: p for n, p in raw.items() if p.constant is not None}
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
