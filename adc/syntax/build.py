"""Makes tree nodes from recognised rules; one method per rule or alias of `grammar/adl.lark`.

A method gets the rule's children in order, every token included and None for an absent optional symbol, and takes
places from the outermost of them. Brackets that only group widen the place of what they hold. The few mistakes that
a grammar cannot see are noted in `problems`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, TypeVar

from adc.diagnostics import Diagnostic, SourceFile, Span
from adc.syntax import ast
from adc.syntax.lalr import Action, Tables
from adc.syntax.lexer import Token
from adc.syntax.spelling import LARGEST, Complaint, out_of_range, split_suffix

Children = list[Any]
N = TypeVar("N", bound=ast.Node)


class Builder:
    """The actions for one source text."""

    def __init__(self, source: SourceFile) -> None:
        self._source = source
        self._unsigned: dict[int, Token] = {}
        self._found: list[Diagnostic] = []

    def actions(self, tables: Tables) -> dict[str, Action]:
        """The method for every action that the rules name."""
        return {rule.action: getattr(self, rule.action) for rule in tables.rules if rule.is_action}

    @property
    def problems(self) -> list[Diagnostic]:
        """What was noted; complete once everything is built."""
        too_large = [
            out_of_range(token.text).at(self._source.span(token.start, token.end))
            for token in self._unsigned.values()
        ]
        return self._found + too_large

    def _span(self, first: Token | ast.Node, last: Token | ast.Node) -> Span:
        start = first.start if isinstance(first, Token) else first.span.start
        end = last.end if isinstance(last, Token) else last.span.end
        return Span(self._source, start, end)

    def _whole(self, children: Children) -> Span:
        return self._span(children[0], children[-1])

    def _place(self, token: Token) -> Span:
        return Span(self._source, token.start, token.end)

    def _grouped(self, inner: N, children: Children) -> N:
        return dataclasses.replace(inner, span=self._whole(children))

    # ---- definitions ---------------------------------------------------------------------------------------------

    def item(self, children: Children) -> ast.Definition:
        definition: ast.Definition = children[0]
        return definition

    def def_(self, children: Children) -> ast.Def:
        name, params, result, body = children[1], children[3], children[6], children[-1]
        return ast.Def(
            name.text,
            params or (),
            result,
            body,
            span=self._whole(children),
            name_span=self._place(name),
        )

    def const(self, children: Children) -> ast.ConstDef:
        _, name, _, type_, _, value = children
        return ast.ConstDef(
            name.text, value, type_, span=self._whole(children), name_span=self._place(name)
        )

    def type_alias(self, children: Children) -> ast.TypeAlias:
        _, name, _, type_ = children
        return ast.TypeAlias(
            name.text, type_, span=self._whole(children), name_span=self._place(name)
        )

    def import_(self, children: Children) -> ast.Import:
        _, path = children
        return ast.Import(path.text[1:-1], span=self._whole(children), path_span=self._place(path))

    def derivative(self, children: Children) -> ast.DerivativeRule:
        name, primals, tangents, body = children[1], children[3], children[5], children[-1]
        return ast.DerivativeRule(
            name.text,
            primals,
            tangents,
            body,
            span=self._whole(children),
            name_span=self._place(name),
        )

    def adjoint(self, children: Children) -> ast.AdjointRule:
        name, primals, cotangents, body = children[1], children[3], children[5], children[-1]
        return ast.AdjointRule(
            name.text,
            primals,
            cotangents,
            body,
            span=self._whole(children),
            name_span=self._place(name),
        )

    def param(self, children: Children) -> ast.Param:
        name, _, type_ = children
        return ast.Param(name.text, type_, span=self._whole(children))

    # ---- lists ---------------------------------------------------------------------------------------------------

    def _listed(self, children: Children) -> tuple[Any, ...]:
        return tuple(children[::2])

    params = names = field_types = sizes = lambda_params = _listed
    exprs = args = indices = clauses = entries = bindings = _listed

    def _raw(self, children: Children) -> Children:
        """A list whose commas still matter: `(a)` groups, `(a,)` is a tuple."""
        return children

    types = type_list = patterns = additions = _raw

    # ---- types ---------------------------------------------------------------------------------------------------

    def named_type(self, children: Children) -> ast.NamedType:
        return ast.NamedType(children[0].text, span=self._place(children[0]))

    def array_type(self, children: Children) -> ast.ArrayType:
        element, _, sizes, _ = children
        return ast.ArrayType(element, sizes, span=self._whole(children))

    def listed_type(self, children: Children) -> ast.Type:
        (brackets,) = children
        types: Children = brackets[1] or []
        if len(types) == 1:
            only: ast.Type = self._grouped(types[0], brackets)
            return only
        return ast.TupleType(tuple(types[::2]), span=self._whole(brackets))

    def function_type(self, children: Children) -> ast.FunctionType:
        params, _, result = children
        return ast.FunctionType(
            tuple(params[1][::2]) if params[1] else (), result, span=self._span(params[0], result)
        )

    def record_type(self, children: Children) -> ast.RecordType:
        return ast.RecordType(children[1], span=self._whole(children))

    def field_type(self, children: Children) -> ast.TypeField:
        name, _, type_ = children
        return ast.TypeField(name.text, type_, span=self._whole(children))

    # ---- patterns ------------------------------------------------------------------------------------------------

    def name_pattern(self, children: Children) -> ast.NamePattern:
        return ast.NamePattern(children[0].text, span=self._place(children[0]))

    def tuple_pattern(self, children: Children) -> ast.Pattern:
        patterns: Children = children[1]
        if len(patterns) == 1:
            only: ast.Pattern = self._grouped(patterns[0], children)
            return only
        return ast.TuplePattern(tuple(patterns[::2]), span=self._whole(children))

    # ---- literals and brackets -----------------------------------------------------------------------------------

    def name(self, children: Children) -> ast.Name:
        return ast.Name(children[0].text, span=self._place(children[0]))

    def int_literal(self, children: Children) -> ast.IntLiteral:
        token: Token = children[0]
        digits, suffix = split_suffix(token.text)
        value = int(digits)
        if value == LARGEST[suffix or "i64"]:
            self._unsigned[token.start] = token
        return ast.IntLiteral(value, suffix, token.text, span=self._place(token))

    def float_literal(self, children: Children) -> ast.FloatLiteral:
        token: Token = children[0]
        digits, suffix = split_suffix(token.text)
        return ast.FloatLiteral(float(digits), suffix, token.text, span=self._place(token))

    def bool_literal(self, children: Children) -> ast.BoolLiteral:
        return ast.BoolLiteral(children[0].kind == "TRUE", span=self._place(children[0]))

    def group(self, children: Children) -> ast.Expr:
        inner: ast.Expr = self._grouped(children[1], children)
        return inner

    def empty_tuple(self, children: Children) -> ast.Tuple:
        return ast.Tuple((), span=self._whole(children))

    def tuple_(self, children: Children) -> ast.Tuple:
        _, first, _, rest, _ = children
        return ast.Tuple((first, *(rest or ())), span=self._whole(children))

    def array_literal(self, children: Children) -> ast.ArrayLiteral:
        return ast.ArrayLiteral(children[1] or (), span=self._whole(children))

    def comprehension(self, children: Children) -> ast.Comprehension:
        _, element, _, clauses, _ = children
        return ast.Comprehension(element, clauses, span=self._whole(children))

    def bare_comprehension(self, children: Children) -> ast.Comprehension:
        element, _, clauses = children
        return ast.Comprehension(
            element, clauses, is_bare=True, span=self._span(element, clauses[-1])
        )

    def below(self, children: Children) -> ast.Below:
        name, _, bound = children
        return ast.Below(name.text, bound, span=self._whole(children))

    def over(self, children: Children) -> ast.Over:
        pattern, _, source = children
        return ast.Over(pattern, source, span=self._whole(children))

    def record(self, children: Children) -> ast.Record:
        return ast.Record(children[1], span=self._whole(children))

    def entry(self, children: Children) -> ast.Entry:
        name, _, value = children
        return ast.Entry(name.text, value, span=self._whole(children))

    # ---- operators -----------------------------------------------------------------------------------------------

    def chain(self, children: Children) -> ast.Chain:
        links = tuple(
            ast.Link(op.text, operand, span=self._span(op, operand))
            for op, operand in zip(children[1::2], children[2::2], strict=True)
        )
        return ast.Chain(children[0], links, span=self._whole(children))

    def unary(self, children: Children) -> ast.Unary:
        op, operand = children
        if op.kind == "MINUS" and isinstance(operand, ast.IntLiteral):
            self._unsigned.pop(operand.span.start, None)
        return ast.Unary(op.text, operand, span=self._whole(children))

    def binary(self, children: Children) -> ast.Binary:
        left, op, right = children
        return ast.Binary(op.text, left, right, span=self._whole(children), op_span=self._place(op))

    def call(self, children: Children) -> ast.Call:
        function, _, args, _ = children
        if isinstance(args, ast.Comprehension):
            return ast.Call(function, (args,), span=self._whole(children))
        named = tuple(arg for arg in args or () if isinstance(arg, ast.NamedArg))
        positional = tuple(arg for arg in args or () if not isinstance(arg, ast.NamedArg))
        self._check_order(args or (), named)
        return ast.Call(function, positional, named, span=self._whole(children))

    def _check_order(self, args: Sequence[ast.Node], named: Sequence[ast.NamedArg]) -> None:
        late = args[len(args) - len(named) :] if named else ()
        for arg in late:
            if not isinstance(arg, ast.NamedArg):
                complaint = Complaint(
                    "E0131",
                    "an argument without a name follows one with a name",
                    "belongs before the named ones",
                )
                self._found.append(complaint.at(arg.span))
                return

    def named_arg(self, children: Children) -> ast.NamedArg:
        name, _, value = children
        return ast.NamedArg(name.text, value, span=self._whole(children))

    def index(self, children: Children) -> ast.Index:
        return ast.Index(children[0], children[2], span=self._whole(children))

    def slice(self, children: Children) -> ast.Slice:
        present = [child for child in children if child is not None]
        return ast.Slice(*children[::2], span=self._whole(present))

    def field(self, children: Children) -> ast.Field:
        base, _, name = children
        return ast.Field(base, name.text, span=self._whole(children), name_span=self._place(name))

    def item_of(self, children: Children) -> ast.Item:
        base, _, digits = children
        if not digits.text.isdigit():
            complaint = Complaint(
                "E0138", "the number after `.` has digits only", "", "write `t.0`"
            )
            self._found.append(complaint.at(self._place(digits)))
            return ast.Item(base, 0, span=self._whole(children))
        return ast.Item(base, int(digits.text), span=self._whole(children))

    def with_record(self, children: Children) -> ast.WithRecord:
        base, _, record = children
        return ast.WithRecord(base, record.entries, span=self._whole(children))

    def with_index(self, children: Children) -> ast.WithIndex:
        base, _, _, items, _, _, value = children
        return ast.WithIndex(base, items, value, span=self._whole(children))

    # ---- what extends to the right -------------------------------------------------------------------------------

    def if_(self, children: Children) -> ast.If:
        return ast.If(tuple(children[:-1:2]), children[-1], span=self._whole(children))

    def arm(self, children: Children) -> ast.Arm:
        _, condition, _, value = children
        return ast.Arm(condition, value, span=self._whole(children))

    def lambda_(self, children: Children) -> ast.Lambda:
        _, _, params, _, _, body = children
        return ast.Lambda(params or (), body, span=self._whole(children))

    def lambda_param(self, children: Children) -> ast.LambdaParam:
        pattern, _, type_ = children
        return ast.LambdaParam(pattern, type_, span=self._span(pattern, type_ or pattern))

    # ---- blocks and loops ----------------------------------------------------------------------------------------

    def block(self, children: Children) -> ast.Block:
        return ast.Block(tuple(children[1:-2]), children[-2], span=self._whole(children))

    def let(self, children: Children) -> ast.Let:
        _, pattern, _, type_, _, value, _ = children
        return ast.Let(pattern, value, type_, span=self._whole(children))

    def assert_(self, children: Children) -> ast.Assert:
        _, condition, _, message, _ = children
        return ast.Assert(
            condition, message.text[1:-1] if message else None, span=self._whole(children)
        )

    def loop(self, children: Children) -> ast.Loop:
        _, bindings, drive, body = children
        return ast.Loop(bindings, drive, body, span=self._whole(children))

    def history(self, children: Children) -> ast.History:
        _, bindings, drive, body = children
        return ast.History(bindings, drive, body, span=self._whole(children))

    def state(self, children: Children) -> tuple[ast.Binding, ...]:
        bindings: tuple[ast.Binding, ...] = children[1]
        return bindings

    def binding(self, children: Children) -> ast.Binding:
        pattern, _, value = children
        return ast.Binding(pattern, value, span=self._whole(children))

    def times(self, children: Children) -> ast.Times:
        _, name, _, bound = children
        return ast.Times(name.text, bound, span=self._whole(children), name_span=self._place(name))

    def until(self, children: Children) -> ast.Until:
        return ast.Until(children[1], span=self._whole(children))

    # ---- accumulation --------------------------------------------------------------------------------------------

    def accum(self, children: Children) -> ast.Accum:
        word, bindings, _, clauses, braces = children
        return ast.Accum(bindings, clauses, tuple(braces[1:-1]), span=self._span(word, braces[-1]))

    def add_at(self, children: Children) -> ast.AddAt:
        name, _, items, _, _, value, _ = children
        return ast.AddAt(name.text, items, value, span=self._whole(children))

    def add(self, children: Children) -> ast.Add:
        name, _, value, _ = children
        return ast.Add(name.text, value, span=self._whole(children))

    def add_for(self, children: Children) -> ast.AddFor:
        word, clauses, braces = children
        return ast.AddFor(clauses, tuple(braces[1:-1]), span=self._span(word, braces[-1]))

    def add_arm(self, children: Children) -> ast.AddArm:
        word, condition, braces = children
        return ast.AddArm(condition, tuple(braces[1:-1]), span=self._span(word, braces[-1]))

    def add_if(self, children: Children) -> ast.AddIf:
        arms = tuple(child for child in children if isinstance(child, ast.AddArm))
        last = children[-1]
        orelse = tuple(last[1:-1]) if isinstance(last, list) else ()
        end = last[-1] if isinstance(last, list) else arms[-1]
        return ast.AddIf(arms, orelse, span=self._span(arms[0], end))
