"""IR to surface tree to ADL text: how derivative programs are read, and compiled again.

Every structured primitive has a surface form. A value used once is written where it is used; the others get
a `let`. What ADL has no name for is spelled out: stacked outputs of a loop are a carried array, a reversed
loop counts down by arithmetic, several results of one comprehension are unzipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import copysign, isinf, isnan

from adc.frontends.naming import Names
from adc.frontends.structure import pack, surface_type, unpack
from adc.ir.core import (
    Atom,
    Block,
    Dim,
    Equation,
    Function,
    Literal,
    Module,
    Type,
    Value,
    dim_atom,
)
from adc.ir.dead import keep_results, remove_dead
from adc.ir.walk import (
    equations_within,
    free_in_block,
    refresh_equation,
    type_values,
    updated_refs,
)
from adc.syntax import ast
from adc.syntax.unparse import unparse
from adc.types.core import DType

INLINE_NODES = 14  # the largest expression written inside another one
FEW_ADDITIONS = 4  # additions written as updates rather than as an accumulation


def print_program(module: Module, names: Iterable[str], builtins: Iterable[str] = ()) -> str:
    """ADL text of the functions `names` and of everything they call."""
    needed = _with_callees(module, names)
    taken = Names(builtins)
    for name in needed:
        taken.of_function(name)
    defs = tuple(
        _FunctionPrinter(module, module.functions[n], taken, builtins).definition() for n in needed
    )
    return unparse(ast.Module(defs))


def _with_callees(module: Module, names: Iterable[str]) -> list[str]:
    """Callees before callers where possible; the order of `names` otherwise."""
    order: dict[str, None] = {}
    visiting: set[str] = set()

    def visit(name: str) -> None:
        if name in order or name in visiting:
            return
        visiting.add(name)
        for e in equations_within(module.functions[name].block):
            if e.op == "call":
                visit(str(e.params["callee"]))
        order[name] = None

    for name in names:
        visit(name)
    return list(order)


class _FunctionPrinter:
    """One function: its names, how often each value is used, and the expressions written in place."""

    def __init__(
        self, module: Module, function: Function, functions: Names, builtins: Iterable[str]
    ) -> None:
        self.module = module
        self.function = function
        self.functions = functions
        self.names = Names({*builtins, *(functions.of_function(n) for n in module.functions)})
        self.inline: dict[Value, ast.Expr] = {}
        self.uses: dict[Value, int] = {}
        self.sizes: set[Value] = set()
        self._made_by = {r: e for e in function.block.equations for r in e.results}
        self.used_in: dict[Value, Block] = {}
        self._count(function.block)

    def _count(self, block: Block) -> None:
        def use(a: Atom | Dim) -> None:
            if isinstance(a, Value):
                self.uses[a] = self.uses.get(a, 0) + 1
                self.used_in[a] = block

        for e in block.equations:
            for a in e.operands:
                use(a)
            for region in e.regions:
                self._count(region)
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
            leaves = results[len(f.signature.result_sizes) :]
            more, result = pack(f.signature.result, leaves, self.names)
            statements += more
        else:
            result = _tuple(results)
        body = ast.Block(tuple(statements), result) if statements else result
        doc = f.signature.doc or None if f.signature else None
        return ast.Def(self.functions.of_function(f.name), params, None, body, doc)

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
        return _EXPRESSIONS[made_by.op](self, made_by, tuple(map(self._size, made_by.operands)))

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
            _STATEMENTS.get(e.op, _plain)(self, e, block, out)
        return out

    def body(self, block: Block, results: Sequence[ast.Expr] | None = None) -> ast.Expr:
        """A region as one expression, a block when it needs statements."""
        statements = self.statements(block)
        value = _tuple(
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


Handler = Callable[[_FunctionPrinter, Equation, Block, list[ast.Statement]], None]


def _tuple(items: Sequence[ast.Expr]) -> ast.Expr:
    return items[0] if len(items) == 1 else ast.Tuple(tuple(items))


def literal_expression(a: Literal) -> ast.Expr:
    """The constant with the suffix its type needs; infinities and NaN by their names."""
    if a.type.dtype is DType.BOOL:
        return ast.BoolLiteral(bool(a.value))
    if a.type.dtype.is_integer:
        return _signed(ast.IntLiteral(abs(int(a.value)), _suffix(a.type.dtype)), a.value < 0)
    value = float(a.value)
    if isnan(value) or isinf(value):
        named: ast.Expr = ast.Name("nan" if isnan(value) else "inf")
        if a.type.dtype is DType.F32:
            named = ast.Call(ast.Name("f32"), (named,))
        return _signed(named, value < 0)
    return _signed(ast.FloatLiteral(abs(value), _suffix(a.type.dtype)), copysign(1.0, value) < 0)


def _suffix(dtype: DType) -> str | None:
    return dtype.value if dtype in (DType.F32, DType.I32) else None


def _signed(e: ast.Expr, negative: bool) -> ast.Expr:
    return ast.Unary("-", e) if negative else e


# ---- plain equations --------------------------------------------------------------------------------------


def _plain(p: _FunctionPrinter, e: Equation, block: Block, out: list[ast.Statement]) -> None:
    write = _EXPRESSIONS.get(e.op)
    operands = p.atoms(e.operands)
    value = write(p, e, operands) if write else ast.Call(ast.Name(e.op), operands)
    p.define(e, value, block, out)


Write = Callable[[_FunctionPrinter, Equation, tuple[ast.Expr, ...]], ast.Expr]


def _chain(op: str, level: tuple[str, ...]) -> Write:
    def write(p: _FunctionPrinter, e: Equation, operands: tuple[ast.Expr, ...]) -> ast.Expr:
        left, right = operands
        if isinstance(left, ast.Chain) and left.links[0].op in level:
            return ast.Chain(left.first, (*left.links, ast.Link(op, right)))
        return ast.Chain(left, (ast.Link(op, right),))

    return write


def _binary(op: str) -> Write:
    return lambda p, e, operands: ast.Binary(op, *operands)


def _unary(op: str) -> Write:
    return lambda p, e, operands: ast.Unary(op, *operands)


def _select(p: _FunctionPrinter, e: Equation, operands: tuple[ast.Expr, ...]) -> ast.Expr:
    condition, then, other = operands
    return _if(condition, then, other)


def _if(condition: ast.Expr, then: ast.Expr, other: ast.Expr) -> ast.If:
    arm = ast.Arm(condition, then)
    if isinstance(other, ast.If):
        return ast.If((arm, *other.arms), other.orelse)
    return ast.If((arm,), other)


def _convert(p: _FunctionPrinter, e: Equation, operands: tuple[ast.Expr, ...]) -> ast.Expr:
    to = e.params["to"]
    assert isinstance(to, DType)
    return ast.Call(ast.Name(to.value), operands)


def _index(p: _FunctionPrinter, e: Equation, operands: tuple[ast.Expr, ...]) -> ast.Expr:
    base, *items = operands
    if isinstance(base, ast.Index) and not any(isinstance(i, ast.Slice) for i in base.items):
        return ast.Index(base.base, (*base.items, *items))
    return ast.Index(base, tuple(items))


def _update(p: _FunctionPrinter, e: Equation, operands: tuple[ast.Expr, ...]) -> ast.Expr:
    base, value, *items = operands
    return ast.WithIndex(base, tuple(items), value)


def _reshape(p: _FunctionPrinter, e: Equation, operands: tuple[ast.Expr, ...]) -> ast.Expr:
    return _call("reshape", operands[0], ast.Tuple(operands[1:]))


def _polygamma(p: _FunctionPrinter, e: Equation, operands: tuple[ast.Expr, ...]) -> ast.Expr:
    order = e.params["order"]
    assert isinstance(order, int)
    return _call("polygamma", ast.IntLiteral(order), *operands)


def _call(name: str, *args: ast.Expr) -> ast.Call:
    return ast.Call(ast.Name(name), args)


def _transposed(a: ast.Expr, flag: object) -> ast.Expr:
    return _call("transpose", a) if flag else a


def _matmul(p: _FunctionPrinter, e: Equation, operands: tuple[ast.Expr, ...]) -> ast.Expr:
    a, c = operands
    left, right = _transposed(a, e.params.get("ta")), _transposed(c, e.params.get("tb"))
    return ast.Chain(left, (ast.Link("@", right),))


def _solve(p: _FunctionPrinter, e: Equation, operands: tuple[ast.Expr, ...]) -> ast.Expr:
    a, c = operands
    return _call("solve", _transposed(a, e.params.get("ta")), c)


def _tri_solve(p: _FunctionPrinter, e: Equation, operands: tuple[ast.Expr, ...]) -> ast.Expr:
    a, c = operands
    upper = bool(e.params.get("upper")) != bool(e.params.get("ta"))
    named = (ast.NamedArg("upper", ast.BoolLiteral(True)),) if upper else ()
    return ast.Call(ast.Name("tri_solve"), (_transposed(a, e.params.get("ta")), c), named)


_SUMS, _PRODUCTS = ("+", "-"), ("*", "/", "//", "%", "@")
_EXPRESSIONS: Mapping[str, Write] = {
    "add": _chain("+", _SUMS),
    "sub": _chain("-", _SUMS),
    "mul": _chain("*", _PRODUCTS),
    "div": _chain("/", _PRODUCTS),
    "floordiv": _chain("//", _PRODUCTS),
    "mod": _chain("%", _PRODUCTS),
    "and": _chain("&&", ("&&",)),
    "or": _chain("||", ("||",)),
    "pow": _binary("**"),
    "powi": _binary("**"),
    "eq": _binary("=="),
    "ne": _binary("!="),
    "lt": _binary("<"),
    "le": _binary("<="),
    "gt": _binary(">"),
    "ge": _binary(">="),
    "neg": _unary("-"),
    "not": _unary("!"),
    "select": _select,
    "convert": _convert,
    "index": _index,
    "update": _update,
    "reshape": _reshape,
    "polygamma": _polygamma,
    "matmul": _matmul,
    "solve": _solve,
    "tri_solve": _tri_solve,
}


# ---- structured equations -----------------------------------------------------------------------------------


def _clauses(p: _FunctionPrinter, e: Equation, body: Block) -> tuple[ast.Clause, ...]:
    return tuple(
        ast.Below(p.names.of_value(i), p.atom(n))
        for i, n in zip(body.params, e.operands, strict=True)
    )


def _map(p: _FunctionPrinter, e: Equation, block: Block, out: list[ast.Statement]) -> None:
    (body,) = e.regions
    constant = _constant_map(p, e, body)
    if constant is not None:
        p.define(e, constant, block, out)
        return
    clauses = _clauses(p, e, body)
    value: ast.Expr = ast.Comprehension(p.body(body), clauses)
    if len(e.results) > 1:
        value = _call("unzip", value)
    p.define(e, value, block, out)


def _constant_map(p: _FunctionPrinter, e: Equation, body: Block) -> ast.Expr | None:
    """`zeros`, `full` for a comprehension of one constant."""
    if len(body.results) != 1 or body.equations:
        return None
    (element,) = body.results
    if element.type.rank or element in body.params:
        return None
    sizes = p.atoms(e.operands)
    if (
        isinstance(element, Literal)
        and element.type.dtype is DType.F64
        and str(element.value) == "0.0"
    ):
        return _call("zeros", *sizes)
    return _call("full", *sizes, p.atom(element))


_REDUCTIONS = {"add": "sum", "mul": "prod", "max": "max", "min": "min", "and": "all", "or": "any"}


def _reduce(p: _FunctionPrinter, e: Equation, block: Block, out: list[ast.Statement]) -> None:
    (body,) = e.regions
    ops = e.params["ops"]
    assert isinstance(ops, tuple)
    clauses = _clauses(p, e, body)
    if len(ops) == 1:
        element = ast.Comprehension(p.body(body), clauses, is_bare=True)
        p.define(e, _call(_REDUCTIONS[ops[0]], element), block, out)
    elif all(op == "add" for op in ops):
        _sums(p, e, body, clauses, out)
    else:
        columns = p.names.fresh("columns")
        out.append(ast.Let(ast.NamePattern(columns), ast.Comprehension(p.body(body), clauses)))
        for position, (op, r) in enumerate(zip(ops, e.results, strict=True)):
            column = ast.Comprehension(
                ast.Item(ast.Name(name := p.names.fresh("row")), position),
                (ast.Over(ast.NamePattern(name), ast.Name(columns)),),
                is_bare=True,
            )
            out.append(ast.Let(p.pattern((r,)), _call(_REDUCTIONS[op], column)))


def _sums(
    p: _FunctionPrinter,
    e: Equation,
    body: Block,
    clauses: tuple[ast.Clause, ...],
    out: list[ast.Statement],
) -> None:
    """Several sums in one pass: an accumulation."""
    names = [p.names.fresh(r.hint or "s") for r in e.results]
    statements: list[ast.AccumStatement] = list(p.statements(body))  # type: ignore[arg-type]
    statements += [ast.Add(n, p.atom(a)) for n, a in zip(names, body.results, strict=True)]
    bindings = tuple(
        ast.Binding(ast.NamePattern(n), literal_expression(Literal(r.type, 0.0)))
        for n, r in zip(names, e.results, strict=True)
    )
    out.append(ast.Let(p.pattern(e.results), ast.Accum(bindings, clauses, tuple(statements))))


def _argreduce(p: _FunctionPrinter, e: Equation, block: Block, out: list[ast.Statement]) -> None:
    (body,) = e.regions
    element = ast.Comprehension(p.body(body), _clauses(p, e, body), is_bare=True)
    p.define(e, _call(f"arg{e.params['op']}", element), block, out)


def _cond(p: _FunctionPrinter, e: Equation, block: Block, out: list[ast.Statement]) -> None:
    then, other = e.regions
    p.define(e, _if(p.atom(e.operands[0]), p.body(then), p.body(other)), block, out)


def _call_function(
    p: _FunctionPrinter, e: Equation, block: Block, out: list[ast.Statement]
) -> None:
    callee = p.module.functions[str(e.params["callee"])]
    name = ast.Name(p.functions.of_function(callee.name))
    if callee.signature is None:
        p.define(e, ast.Call(name, p.atoms(e.operands)), block, out)
        return
    signature = callee.signature
    leaves = list(p.atoms(e.operands[len(signature.sizes) :]))
    args = []
    for _, t in signature.params:
        more, value = pack(t, leaves, p.names, partial=True)
        out.extend(more)
        args.append(value)
    result = p.names.fresh(callee.name)
    out.append(ast.Let(ast.NamePattern(result), ast.Call(name, tuple(args))))
    unpack(result, signature.result, e.results, len(signature.result_sizes), out, p.names)
    _name_sizes(p, e, len(signature.result_sizes), out)


def _name_sizes(p: _FunctionPrinter, e: Equation, count: int, out: list[ast.Statement]) -> None:
    """Sizes among the results that only the run knows: read off the arrays that have them."""
    for size in e.results[:count]:
        for r in e.results[count:]:
            if size in r.type.shape:
                value: ast.Expr = p.atom(r)
                for _ in range(r.type.shape.index(size)):
                    value = ast.Index(value, (ast.IntLiteral(0),))
                out.append(ast.Let(p.pattern((size,)), _call("len", value)))
                break


def _loop(p: _FunctionPrinter, e: Equation, block: Block, out: list[ast.Statement]) -> None:
    """Stacked outputs are carried arrays, set at the step's index; a reversed loop counts down."""
    (body,) = e.regions
    count = len(e.operands) - 1
    trip = p.atom(e.operands[0])
    index, *carried = body.params
    stacks = [p.names.fresh(r.hint or "ys") for r in e.results[count:]]
    bindings = [
        ast.Binding(ast.NamePattern(p.names.of_value(c)), p.atom(a))
        for c, a in zip(carried, e.operands[1:], strict=True)
    ]
    bindings += [
        ast.Binding(ast.NamePattern(s), _blank(p, r.type))
        for s, r in zip(stacks, e.results[count:], strict=True)
    ]
    counter = p.names.of_value(index)
    first: tuple[ast.Statement, ...] = ()
    if e.params["reverse"]:
        counter = p.names.fresh("back")
        down = ast.Chain(trip, (ast.Link("-", ast.IntLiteral(1)), ast.Link("-", ast.Name(counter))))
        first = (ast.Let(p.pattern((index,)), down),)
    statements = p.statements(body)
    following = [p.atom(a) for a in body.results[:count]]
    following += [
        ast.WithIndex(ast.Name(s), (p.atom(index),), p.atom(a))
        for s, a in zip(stacks, body.results[count:], strict=True)
    ]
    step = ast.Block((*first, *statements), _tuple(following))
    value = ast.Loop(tuple(bindings), ast.Times(counter, trip), step)
    p.define(e, value, block, out)


def _blank(p: _FunctionPrinter, t: Type) -> ast.Expr:
    sizes = p.dims(t.shape)
    if t.dtype is DType.F64:
        return _call("zeros", *sizes)
    zero = False if t.dtype is DType.BOOL else 0
    return _call("full", *sizes, literal_expression(Literal(Type(t.dtype), zero)))


def _while(p: _FunctionPrinter, e: Equation, block: Block, out: list[ast.Statement]) -> None:
    """Without stacked outputs a `loop` with a counter; with them a `history`, from whose states they are made."""
    test, body = e.regions
    count = len(e.operands)
    for t, c in zip(test.params, body.params[1:], strict=True):
        p.names.bind(t, p.names.of_value(c))
    index, *carried = body.params
    needs_counter = index in free_in_block(Block((), body.equations, body.results))
    counter = p.names.of_value(index)
    stacked = e.results[1 + count :]
    pairs = [(p.names.of_value(c), p.atom(a)) for c, a in zip(carried, e.operands, strict=True)]
    has_count = needs_counter or (not stacked and p.uses.get(e.results[0], 0) > 0)
    if has_count:
        pairs.append((counter, ast.IntLiteral(0)))
    bindings = tuple(ast.Binding(ast.NamePattern(n), a) for n, a in pairs)
    condition = p.body(test)
    step = _step(p, body, count, counter if has_count else None)
    if not stacked:
        made = (*e.results[1:], e.results[0]) if has_count else e.results[1:]
        out.append(ast.Let(p.pattern(made), ast.Loop(bindings, ast.Until(condition), step)))
        return
    states = p.names.fresh("states")
    finals = ast.NamePattern(p.names.fresh("last"))
    history = ast.History(bindings, ast.Until(condition), step)
    out.append(ast.Let(ast.TuplePattern((ast.NamePattern(states), finals)), history))
    for position, r in enumerate(e.results[1 : 1 + count]):
        whole: ast.Expr = ast.Name(finals.name)
        value = ast.Item(whole, position) if len(pairs) > 1 else whole
        out.append(ast.Let(p.pattern((r,)), value))
    out.append(ast.Let(p.pattern(e.results[:1]), _call("len", ast.Name(states))))
    names = tuple(ast.NamePattern(n) for n, _ in pairs)
    pattern = names[0] if len(names) == 1 else ast.TuplePattern(names)
    rows = p.body(remove_dead(Block((), body.equations, body.results[count:])))
    again: ast.Expr = ast.Comprehension(rows, (ast.Over(pattern, ast.Name(states)),))
    if len(stacked) > 1:
        again = _call("unzip", again)
    out.append(ast.Let(p.pattern(stacked), again))


def _step(p: _FunctionPrinter, body: Block, count: int, counter: str | None) -> ast.Block:
    statements = p.statements(body)
    following = [p.atom(a) for a in body.results[:count]]
    if counter is not None:
        following.append(ast.Chain(ast.Name(counter), (ast.Link("+", ast.IntLiteral(1)),)))
    return ast.Block(tuple(statements), _tuple(following))


def _assert(p: _FunctionPrinter, e: Equation, block: Block, out: list[ast.Statement]) -> None:
    text = str(e.params["text"]).replace('"', "'").replace("\n", " ")
    out.append(ast.Assert(p.atom(e.operands[0]), text))


# ---- accumulation ---------------------------------------------------------------------------------------------


def _accum(p: _FunctionPrinter, e: Equation, block: Block, out: list[ast.Statement]) -> None:
    (body,) = e.regions
    count = len(body.params)
    if len(e.results) != count:
        raise AssertionError("an accumulation that also yields values has no surface form")
    if all(u.op == "upd" for u in body.equations) and len(body.equations) <= FEW_ADDITIONS:
        _additions(p, e, out)
        return
    bindings = tuple(
        ast.Binding(ast.NamePattern(p.names.of_value(r)), p.atom(a))
        for r, a in zip(body.params, e.operands, strict=True)
    )
    only = body.equations[0] if len(body.equations) == 1 else None
    if only is not None and only.op == "map" and not only.results:
        clauses = _clauses(p, only, only.regions[0])
        statements = _accum_statements(p, only.regions[0])
    else:
        clauses = (ast.Below(p.names.fresh("once"), ast.IntLiteral(1)),)
        statements = _accum_statements(p, body)
    p.define(e, ast.Accum(bindings, clauses, statements), block, out)


def _additions(p: _FunctionPrinter, e: Equation, out: list[ast.Statement]) -> None:
    """A few additions outside any loop: updates one after the other."""
    (body,) = e.regions
    state = dict(zip(body.params, map(p.atom, e.operands), strict=True))
    for upd in body.equations:
        ref, value, *indices = upd.operands
        assert isinstance(ref, Value)
        base = state[ref]
        if not isinstance(base, ast.Name):
            name = p.names.fresh(ref.hint)
            out.append(ast.Let(ast.NamePattern(name), base))
            base = ast.Name(name)
        at = p.atoms(indices)
        old = ast.Index(base, at) if indices else base
        total = ast.Chain(old, (ast.Link("+", p.atom(value)),))
        state[ref] = ast.WithIndex(base, at, total) if indices else total
    for r, ref in zip(e.results, body.params, strict=True):
        out.append(ast.Let(p.pattern((r,)), state[ref]))


def _accum_statements(p: _FunctionPrinter, block: Block) -> tuple[ast.AccumStatement, ...]:
    out: list[ast.AccumStatement] = []
    for e in block.equations:
        if e.op == "upd":
            out.append(_add(p, e))
        elif e.results and updated_refs(e):
            pure, adding = _apart(e)
            out.extend(_accum_statements(p, Block((), (pure, adding), ())))
        elif e.op == "map" and not e.results:
            (inner,) = e.regions
            out.append(ast.AddFor(_clauses(p, e, inner), _accum_statements(p, inner)))
        elif e.op == "cond" and not e.results:
            out.extend(_add_if(p, e))
        else:
            plain: list[ast.Statement] = []
            _STATEMENTS.get(e.op, _plain)(p, e, block, plain)
            out.extend(s for s in plain if isinstance(s, ast.Let))
    return tuple(out)


def _add_if(p: _FunctionPrinter, e: Equation) -> list[ast.AccumStatement]:
    """A branch that adds; an arm that adds nothing is left out."""
    condition = p.atom(e.operands[0])
    then, other = (_accum_statements(p, r) if _adds(r) else () for r in e.regions)
    if not then:
        condition, then, other = ast.Unary("!", condition), other, ()
    return [ast.AddIf((ast.AddArm(condition, then),), other)] if then else []


def _adds(block: Block) -> bool:
    return any(updated_refs(e) for e in block.equations)


def _apart(e: Equation) -> tuple[Equation, Equation]:
    """What an equation yields and what it adds, separately: the surface has no form for both at once."""
    pure = keep_results(e, [True] * len(e.results), frozenset(updated_refs(e)))
    adding = keep_results(refresh_equation(e, {}), [False] * len(e.results))
    assert pure is not None and adding is not None
    return pure, adding


def _add(p: _FunctionPrinter, e: Equation) -> ast.AccumStatement:
    ref, value, *indices = e.operands
    assert isinstance(ref, Value)
    name = p.names.of_value(ref)
    if indices:
        return ast.AddAt(name, p.atoms(indices), p.atom(value))
    return ast.Add(name, p.atom(value))


_STATEMENTS: Mapping[str, Handler] = {
    "map": _map,
    "reduce": _reduce,
    "argreduce": _argreduce,
    "cond": _cond,
    "call": _call_function,
    "loop": _loop,
    "while": _while,
    "assert": _assert,
    "accum": _accum,
}
