"""One function on its way from IR to a surface tree: names, uses, and which values are written in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from math import copysign, isinf, isnan

from adc.frontends.printing.checks import without_own_checks
from adc.frontends.printing.naming import Names
from adc.frontends.printing.structure import pack, surface_type, unpack
from adc.ir.core import Atom, Block, Dim, Equation, Function, Literal, Module, Type, Value, dim_atom
from adc.ir.walk import type_values
from adc.syntax import ast
from adc.types.core import DType

INLINE_NODES = 14  # the largest expression written inside another one


class FunctionPrinter:
    """One function: its names, how often each value is used, and the expressions written in place."""

    def __init__(
        self,
        module: Module,
        function: Function,
        functions: Names,
        builtins: Iterable[str],
        handlers: Mapping[str, Handler],
    ) -> None:
        self.handlers = handlers
        self.module = module
        self.function = function = replace(function, block=without_own_checks(function.block))
        self.functions = functions
        self.names = Names({*builtins, *(functions.of_function(n) for n in module.functions)})
        self.inline: dict[Value, ast.Expr] = {}
        self.uses: dict[Value, int] = {}
        self.sizes: set[Value] = set()
        self._made_by = {r: e for e in function.block.equations for r in e.results}
        self.used_in: dict[Value, Block] = {}
        self.count(function.block)

    def count(self, block: Block, times: int = 1) -> None:
        """Take note of how often each value is used, where, and which ones are sizes; -1 takes it back."""

        def use(a: Atom | Dim) -> None:
            if isinstance(a, Value):
                self.uses[a] = self.uses.get(a, 0) + times
                self.used_in[a] = block

        for e in block.equations:
            for a in e.operands:
                use(a)
            for region in e.regions:
                self.count(region, times)
            for r in e.results:
                self.sizes.update(type_values(r.type))
        for a in block.results:
            use(a)

    # ---- definition -----------------------------------------------------------------------------------

    def definition(self) -> ast.Def:
        f = self.function
        params, prologue = self._params()
        statements = [*prologue, *self.statements(f.block)]
        results = [self.atom(a) for a in f.block.results]
        if f.signature is not None:
            late = f.signature.result_sizes
            sizes = dict(zip(late, results, strict=False))
            more, result = pack(f.signature.result, results[len(late) :], self.names, sizes)
            statements += more
        else:
            result = tuple_of(results)
        body = ast.Block(tuple(statements), result) if statements else result
        doc = f.signature.doc or None if f.signature else None
        return ast.Def(self.functions.of_function(f.name), params, self._result(), body, doc)

    def _result(self) -> ast.Type | None:
        """The type of the result, unless it has sizes that only a run can know."""
        signature = self.function.signature
        if signature is None or signature.result_sizes:
            return None
        return surface_type(signature.result)

    def _params(self) -> tuple[tuple[ast.Param, ...], list[ast.Statement]]:
        f = self.function
        if f.signature is None:
            return tuple(self._flat_param(p) for p in f.block.params), []
        sizes = len(f.signature.sizes)
        for name, v in zip(f.signature.sizes, f.block.params, strict=False):
            self.names.bind(v, name)
        prologue: list[ast.Statement] = []
        params = []
        position = sizes
        for name, t in f.signature.params:
            self.names.bind((f.name, name), name)
            params.append(ast.Param(name, surface_type(t)))
            position = unpack(name, t, f.block.params, position, prologue, self.names)
        return tuple(params), prologue

    def _flat_param(self, p: Value) -> ast.Param:
        return ast.Param(self.names.of_value(p), self._type(p.type))

    def _type(self, t: Type) -> ast.Type:
        element = ast.NamedType(t.dtype.value)
        if not t.shape:
            return element
        return ast.ArrayType(element, tuple(self._size(dim_atom(d)) for d in t.shape))

    def _size(self, a: Atom) -> ast.Expr:
        """A size in terms of the parameters: what the body computes is written out."""
        made_by = self._made_by.get(a) if isinstance(a, Value) else None
        if made_by is None:
            return self.atom(a)
        return self._size_of(made_by)

    def _size_of(self, e: Equation) -> ast.Expr:
        """The expression of a size computed by the body, made of parameters only."""
        aside: list[ast.Statement] = []
        saved, self.inline = (
            self.inline,
            {a: self._size(a) for a in e.operands if isinstance(a, Value)},
        )
        self.handlers[e.op](self, replace_result(e), self.function.block, aside)
        self.inline = saved
        (statement,) = aside
        assert isinstance(statement, ast.Let)
        return statement.value

    # ---- atoms and statements ----------------------------------------------------------------------------

    def atom(self, a: Atom) -> ast.Expr:
        if isinstance(a, Literal):
            return literal_expression(a)
        placed = self.inline.get(a)
        return ast.Name(self.names.of_value(a)) if placed is None else placed

    def atoms(self, items: Sequence[Atom]) -> tuple[ast.Expr, ...]:
        return tuple(self.atom(a) for a in items)

    def dims(self, shape: Sequence[Dim]) -> tuple[ast.Expr, ...]:
        return tuple(self.atom(dim_atom(d)) for d in shape)

    def statements(self, block: Block) -> list[ast.Statement]:
        out: list[ast.Statement] = []
        for e in block.equations:
            self.handlers[e.op](self, e, block, out)
        return out

    def body(self, block: Block, results: Sequence[ast.Expr] | None = None) -> ast.Expr:
        """A region as one expression, a block when it needs statements."""
        statements = self.statements(block)
        value = tuple_of(
            list(results) if results is not None else [self.atom(a) for a in block.results]
        )
        return ast.Block(tuple(statements), value) if statements else value

    def block(self, block: Block) -> ast.Block:
        """A region as a block, as loops want it."""
        value = self.body(block)
        return value if isinstance(value, ast.Block) else ast.Block((), value)

    def define(self, e: Equation, value: ast.Expr, block: Block, out: list[ast.Statement]) -> None:
        """Bind the results of `e`: in place when used once nearby, else by `let`."""
        if len(e.results) == 1 and self._fits_in_place(e.results[0], e, value, block):
            self.inline[e.results[0]] = value
            return
        out.append(ast.Let(self.pattern(e.results), value))

    def _fits_in_place(self, v: Value, e: Equation, value: ast.Expr, block: Block) -> bool:
        if self.uses.get(v, 0) != 1 or v in self.sizes:
            return False
        if self.used_in[v] is not block and not _is_index_arithmetic(e):
            return False
        if len(block.results) == 1 and block.results[0] is v:
            return True
        return sum(1 for _ in ast.walk(value)) <= INLINE_NODES

    def pattern(self, values: Sequence[Value]) -> ast.Pattern:
        names = tuple(ast.NamePattern(self.names.of_value(v)) for v in values)
        return names[0] if len(names) == 1 else ast.TuplePattern(names)


def _is_index_arithmetic(e: Equation) -> bool:
    """Worth repeating inside a region: nothing is saved by naming it outside."""
    (result,) = e.results
    return (
        result.type.dtype.is_integer and not result.type.rank and not e.regions and e.op != "call"
    )


# (printer, equation, its block, statements written so far): adds statements, or writes the equation in place
Handler = Callable[[FunctionPrinter, Equation, Block, list[ast.Statement]], None]


def replace_result(e: Equation) -> Equation:
    """The equation with fresh results, which are never written in place."""
    return replace(e, results=tuple(Value(r.type, r.hint) for r in e.results))


def tuple_of(items: Sequence[ast.Expr]) -> ast.Expr:
    return items[0] if len(items) == 1 else ast.Tuple(tuple(items))


def literal_expression(a: Literal) -> ast.Expr:
    """The constant with the suffix its type needs; infinities and NaN as quotients by zero."""
    if a.type.dtype is DType.BOOL:
        return ast.BoolLiteral(bool(a.value))
    if a.type.dtype.is_integer:
        return _signed(ast.IntLiteral(abs(int(a.value)), _suffix(a.type.dtype)), a.value < 0)
    value = float(a.value)
    if isnan(value) or isinf(value):
        over, under = (
            ast.FloatLiteral(x, _suffix(a.type.dtype)) for x in (0.0 if isnan(value) else 1.0, 0.0)
        )
        return ast.Chain(_signed(over, value < 0), (ast.Link("/", under),))
    return _signed(ast.FloatLiteral(abs(value), _suffix(a.type.dtype)), copysign(1.0, value) < 0)


def _suffix(dtype: DType) -> str | None:
    return dtype.value if dtype in (DType.F32, DType.I32) else None


def _signed(e: ast.Expr, negative: bool) -> ast.Expr:
    return ast.Unary("-", e) if negative else e


def call_of(name: str, *args: ast.Expr) -> ast.Call:
    return ast.Call(ast.Name(name), args)


def if_then(condition: ast.Expr, then: ast.Expr, other: ast.Expr) -> ast.If:
    """`if .. then .. else ..`, a further `if` in the last place joined to it."""
    arm = ast.Arm(condition, then)
    if isinstance(other, ast.If):
        return ast.If((arm, *other.arms), other.orelse)
    return ast.If((arm,), other)
