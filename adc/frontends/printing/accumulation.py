"""Accumulation: `accum` with its statements, or a few updates where that says the same."""

from __future__ import annotations

from adc.frontends.printing.function import FunctionPrinter
from adc.frontends.printing.regions import addition, clauses_of
from adc.ir.core import Block, Equation, Value
from adc.ir.dead import apart
from adc.ir.walk import updated_refs
from adc.syntax import ast

FEW_ADDITIONS = 4  # additions written as updates rather than as an accumulation


def write_accum(p: FunctionPrinter, e: Equation, block: Block, out: list[ast.Statement]) -> None:
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
        clauses = clauses_of(p, only, only.regions[0])
        statements = _accum_statements(p, only.regions[0])
    else:
        clauses = (ast.Below(p.names.fresh("once"), ast.IntLiteral(1)),)
        statements = _accum_statements(p, body)
    p.define(e, ast.Accum(bindings, clauses, statements), block, out)


def _additions(p: FunctionPrinter, e: Equation, out: list[ast.Statement]) -> None:
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


def _accum_statements(p: FunctionPrinter, block: Block) -> tuple[ast.AccumStatement, ...]:
    out: list[ast.AccumStatement] = []
    for e in block.equations:
        if e.op == "upd":
            out.append(_add(p, e))
        elif e.results and updated_refs(e):
            pure, adding = apart(e)
            p.count(Block((), (e,), ()), -1)
            p.count(Block((), (pure, adding), ()))
            out.extend(_accum_statements(p, Block((), (pure, adding), ())))
        elif e.op == "map" and not e.results:
            (inner,) = e.regions
            out.append(ast.AddFor(clauses_of(p, e, inner), _accum_statements(p, inner)))
        elif e.op == "accum" and not e.results:  # what it adds to stands further out
            out.extend(_accum_statements(p, e.regions[0]))
        elif e.op == "cond" and not e.results:
            out.extend(_add_if(p, e))
        else:
            plain: list[ast.Statement] = []
            p.handlers[e.op](p, e, block, plain)
            out.extend(map(addition, plain))
    return tuple(out)


def _add_if(p: FunctionPrinter, e: Equation) -> list[ast.AccumStatement]:
    """A branch that adds; an arm that adds nothing is left out."""
    condition = p.atom(e.operands[0])
    then, other = (_accum_statements(p, r) if _adds(r) else () for r in e.regions)
    if not then:
        condition, then, other = ast.Unary("!", condition), other, ()
    return [ast.AddIf((ast.AddArm(condition, then),), other)] if then else []


def _adds(block: Block) -> bool:
    return any(updated_refs(e) for e in block.equations)


def _add(p: FunctionPrinter, e: Equation) -> ast.AccumStatement:
    ref, value, *indices = e.operands
    assert isinstance(ref, Value)
    name = p.names.of_value(ref)
    if indices:
        return ast.AddAt(name, p.atoms(indices), p.atom(value))
    return ast.Add(name, p.atom(value))
