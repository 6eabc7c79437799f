"""Equations with regions: comprehensions, reductions, loops, branches, calls, checks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from adc.frontends.printing.function import (
    FunctionPrinter,
    Handler,
    call_of,
    if_then,
    literal_expression,
    tuple_of,
)
from adc.frontends.printing.structure import pack, unpack
from adc.ir.core import Block, Equation, Literal, Type, Value, dim_atom
from adc.ir.dead import remove_dead
from adc.ir.walk import defined_within, free_in_block, refresh_block
from adc.syntax import ast
from adc.syntax.unparse import unparse
from adc.types.core import DType, Scalar, Signature
from adc.types.core import leaves as leaves_of


def clauses_of(p: FunctionPrinter, e: Equation, body: Block) -> tuple[ast.Clause, ...]:
    return tuple(
        ast.Below(p.names.of_value(i), p.atom(n))
        for i, n in zip(body.params, e.operands, strict=True)
    )


def _over(p: FunctionPrinter, e: Equation) -> tuple[tuple[ast.Clause, ...], Block]:
    """The clauses of a comprehension and its body: over the elements of an array where the index does nothing else."""
    (body,) = e.regions
    read = _only_read(e, body)
    array = None if read is None else p.atom(read.operands[0])
    if read is None or not isinstance(array, ast.Name):
        return clauses_of(p, e, body), body
    rest = replace(body, equations=tuple(i for i in body.equations if i is not read))
    p.count(Block((), body.equations, body.results), -1)
    p.count(rest)
    return (ast.Over(ast.NamePattern(p.names.of_value(read.results[0])), array),), rest


def _whole(value: ast.Expr, clauses: tuple[ast.Clause, ...]) -> ast.Expr | None:
    """The array of `v for v in array`."""
    (clause,) = clauses if len(clauses) == 1 else (None,)
    if not isinstance(clause, ast.Over) or not isinstance(clause.pattern, ast.NamePattern):
        return None
    is_element = isinstance(value, ast.Name) and value.name == clause.pattern.name
    return clause.source if is_element else None


def _only_read(e: Equation, body: Block) -> Equation | None:
    """The reading of one whole array element by element that is all the index of the region is used for."""
    if len(body.params) != 1:
        return None
    (index,) = body.params
    reads = [i for i in body.equations if i.op == "index" and index in i.operands[1:]]
    if len(reads) != 1 or len(reads[0].operands) != 2 or index in body.results:
        return None
    x = reads[0].operands[0]
    rest = tuple(i for i in body.equations if i is not reads[0])
    if index in free_in_block(Block((), rest, body.results)) or x in defined_within(body):
        return None
    return reads[0] if dim_atom(x.type.shape[0]) == e.operands[0] else None


def _map(p: FunctionPrinter, e: Equation, block: Block, out: list[ast.Statement]) -> None:
    (body,) = e.regions
    constant = _constant_map(p, e, body)
    if constant is not None:
        p.define(e, constant, block, out)
        return
    clauses, body = _over(p, e)
    value: ast.Expr = ast.Comprehension(p.body(body), clauses)
    if len(e.results) > 1:
        value = call_of("unzip", value)
    p.define(e, value, block, out)


def _constant_map(p: FunctionPrinter, e: Equation, body: Block) -> ast.Expr | None:
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
        return call_of("zeros", *sizes)
    return call_of("full", *sizes, p.atom(element))


_REDUCTIONS = {"add": "sum", "mul": "prod", "max": "max", "min": "min", "and": "all", "or": "any"}


def _reduce(p: FunctionPrinter, e: Equation, block: Block, out: list[ast.Statement]) -> None:
    ops = e.params["ops"]
    assert isinstance(ops, tuple)
    clauses, body = _over(p, e)
    if len(ops) == 1:
        value = p.body(body)
        whole = _whole(value, clauses)
        of = whole or ast.Comprehension(value, clauses, is_bare=True)
        p.define(e, call_of(_REDUCTIONS[ops[0]], of), block, out)
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
            out.append(ast.Let(p.pattern((r,)), call_of(_REDUCTIONS[op], column)))


def _sums(
    p: FunctionPrinter,
    e: Equation,
    body: Block,
    clauses: tuple[ast.Clause, ...],
    out: list[ast.Statement],
) -> None:
    """Several sums in one pass: an accumulation."""
    names = [p.names.fresh(r.hint or "s") for r in e.results]
    statements: list[ast.AccumStatement] = list(map(addition, p.statements(body)))
    statements += [ast.Add(n, p.atom(a)) for n, a in zip(names, body.results, strict=True)]
    bindings = tuple(
        ast.Binding(ast.NamePattern(n), literal_expression(Literal(r.type, 0.0)))
        for n, r in zip(names, e.results, strict=True)
    )
    out.append(ast.Let(p.pattern(e.results), ast.Accum(bindings, clauses, tuple(statements))))


def addition(s: ast.Statement) -> ast.AccumStatement:
    """A statement as one of an accumulation, where a check has to stand in the value of a `let`."""
    if isinstance(s, ast.Assert):
        return ast.Let(ast.NamePattern("_"), ast.Block((s,), ast.BoolLiteral(True)))
    return s


def _argreduce(p: FunctionPrinter, e: Equation, block: Block, out: list[ast.Statement]) -> None:
    clauses, body = _over(p, e)
    element = ast.Comprehension(p.body(body), clauses, is_bare=True)
    p.define(e, call_of(f"arg{e.params['op']}", element), block, out)


def _cond(p: FunctionPrinter, e: Equation, block: Block, out: list[ast.Statement]) -> None:
    then, other = e.regions
    p.define(e, if_then(p.atom(e.operands[0]), p.body(then), p.body(other)), block, out)


def _call_function(p: FunctionPrinter, e: Equation, block: Block, out: list[ast.Statement]) -> None:
    callee = p.module.functions[str(e.params["callee"])]
    name = ast.Name(p.functions.of_function(callee.name))
    if callee.signature is None:
        p.define(e, ast.Call(name, p.atoms(e.operands)), block, out)
        return
    signature = callee.signature
    operands = p.atoms(e.operands)
    inside = _names_in_shapes(signature)
    sizes = {n: a for n, a in zip(inside, operands, strict=True) if n is not None}
    leaves = list(operands[len(signature.sizes) :])
    args = []
    for _, t in signature.params:
        more, value = pack(t, leaves, p.names, sizes)
        out.extend(more)
        args.append(value)
    result = p.names.fresh(callee.name)
    out.append(ast.Let(ast.NamePattern(result), ast.Call(name, tuple(args))))
    unpack(result, signature.result, e.results, len(signature.result_sizes), out, p.names)
    _name_sizes(p, e, len(signature.result_sizes), out)


def _names_in_shapes(signature: Signature) -> list[str | None]:
    """For every parameter of the function with this signature, what shapes call it: sizes and integers."""
    names: list[str | None] = list(signature.sizes)
    for name, t in signature.params:
        names += [name if t == Scalar(DType.I64) else None for _ in leaves_of(t)]
    return names


def _name_sizes(p: FunctionPrinter, e: Equation, count: int, out: list[ast.Statement]) -> None:
    """Sizes among the results that only the run knows: read off the arrays that have them."""
    for size in e.results[:count]:
        for r in e.results[count:]:
            if size in r.type.shape:
                out.append(_name_axis(p, size, r))
                break


def _name_axis(p: FunctionPrinter, size: Value, r: Value) -> ast.Statement:
    """The length, or what a type calls the axis: there may be no first row to ask."""
    if size is r.type.shape[0]:
        return ast.Let(p.pattern((size,)), call_of("len", p.atom(r)))
    name = ast.Name(p.names.of_value(size))
    dims = [name if d is size else ast.Name(p.names.fresh("n")) for d in r.type.shape]
    declared = ast.ArrayType(ast.NamedType(r.type.dtype.value), tuple(dims))
    return ast.Let(ast.NamePattern("_"), p.atom(r), declared)


def _loop(p: FunctionPrinter, e: Equation, block: Block, out: list[ast.Statement]) -> None:
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
    if e.params.get("reverse", False):
        counter = p.names.fresh("back")
        down = ast.Chain(trip, (ast.Link("-", ast.IntLiteral(1)), ast.Link("-", ast.Name(counter))))
        first = (ast.Let(p.pattern((index,)), down),)
    statements = p.statements(body)
    following = [p.atom(a) for a in body.results[:count]]
    following += [
        ast.WithIndex(ast.Name(s), (p.atom(index),), p.atom(a))
        for s, a in zip(stacks, body.results[count:], strict=True)
    ]
    step = ast.Block((*first, *statements), tuple_of(following))
    value = ast.Loop(tuple(bindings), ast.Times(counter, trip), step)
    p.define(e, value, block, out)


def _blank(p: FunctionPrinter, t: Type) -> ast.Expr:
    sizes = p.dims(t.shape)
    if t.dtype is DType.F64:
        return call_of("zeros", *sizes)
    zero = False if t.dtype is DType.BOOL else 0
    return call_of("full", *sizes, literal_expression(Literal(Type(t.dtype), zero)))


def _while(p: FunctionPrinter, e: Equation, block: Block, out: list[ast.Statement]) -> None:
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
    out.append(ast.Let(p.pattern(e.results[:1]), call_of("len", ast.Name(states))))
    names = tuple(ast.NamePattern(n) for n, _ in pairs)
    pattern = names[0] if len(names) == 1 else ast.TuplePattern(names)
    outputs = refresh_block(remove_dead(Block((), body.equations, body.results[count:])), {})
    p.count(
        outputs
    )  # written a second time: nothing may stand in place of what was written in the step
    rows = p.body(outputs)
    again: ast.Expr = ast.Comprehension(rows, (ast.Over(pattern, ast.Name(states)),))
    if len(stacked) > 1:
        again = call_of("unzip", again)
    out.append(ast.Let(p.pattern(stacked), again))


def _step(p: FunctionPrinter, body: Block, count: int, counter: str | None) -> ast.Block:
    statements = p.statements(body)
    following = [p.atom(a) for a in body.results[:count]]
    if counter is not None:
        following.append(ast.Chain(ast.Name(counter), (ast.Link("+", ast.IntLiteral(1)),)))
    return ast.Block(tuple(statements), tuple_of(following))


_SAME = re.compile(r"\b(\S+) = \1(?!\S)")  # `n = {0}` where `n` stands for {0}
_PLACE = re.compile(r"\{(\d)\}")


def _told(place: re.Match[str], told: Sequence[str]) -> str:
    """What stands for `{0}` in the text of a check: ADL texts are fixed, so the expression and not its value."""
    position = int(place[1])
    return told[position] if position < len(told) else place[0]


def _assert(p: FunctionPrinter, e: Equation, block: Block, out: list[ast.Statement]) -> None:
    told = [unparse(p.atom(a)) for a in e.operands[1:]]
    text = str(e.params["text"]).replace('"', "'").replace("\n", " ")
    text = _PLACE.sub(lambda m: _told(m, told), text)
    out.append(ast.Assert(p.atom(e.operands[0]), _SAME.sub(r"\1", text)))


REGIONS: Mapping[str, Handler] = {
    "map": _map,
    "reduce": _reduce,
    "argreduce": _argreduce,
    "cond": _cond,
    "call": _call_function,
    "loop": _loop,
    "while": _while,
    "assert": _assert,
}
