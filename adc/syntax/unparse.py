"""Tree to canonical text: what `adc grad` prints, and the layout of `adc fmt`.

Lines hold at most `WIDTH` columns where the text can be broken. Brackets stand where precedence needs them, and
round `if`, negations and loops where a reader would stumble. Parsing the text gives an equal tree back. Documents
are made for children before their parents, without recursion, so chains and nesting of any size print.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, assert_never

from adc.syntax import ast
from adc.syntax.layout import (
    EMPTY_LINE,
    HARD,
    LINE,
    SOFT,
    Beside,
    Concat,
    Doc,
    Flat,
    Group,
    Nest,
    bracketed,
    concat,
    filled,
    join,
    render,
)

WIDTH = 100

# Binding strength, loosest first; an operand that binds less than its place requires stands in brackets.
OPEN, WITH, OR, AND, NOT, COMPARE, ADD, MULTIPLY, NEGATE, POWER, POSTFIX = range(11)
_CHAIN_LEVELS = {
    op: level
    for level, ops in zip((OR, AND, ADD, MULTIPLY), ast.CHAIN_LEVELS, strict=True)
    for op in ops
}
_BLOCKY = (ast.Loop, ast.History, ast.Accum, ast.Block)
_HUGGED = (
    *_BLOCKY,
    ast.Call,
    ast.Comprehension,
    ast.ArrayLiteral,
    ast.Tuple,
    ast.Record,
    ast.Lambda,
)
_LISTED = (ast.ArrayLiteral, ast.Tuple, ast.Record)
_SIMPLE = (ast.IntLiteral, ast.FloatLiteral, ast.BoolLiteral, ast.Name)


class Decoration(Protocol):
    """What a formatter adds to a tree's own text: comments, and empty lines that were there."""

    def decorate(self, node: ast.Node, doc: Doc) -> Doc:
        """`doc`, the text of `node`, with the comments that belong to it."""

    def has_empty_line(self, before: ast.Node, after: ast.Node) -> bool:
        """Whether to leave a line empty between two neighbours."""


class _Plain:
    """No comments but the documentation of definitions."""

    def decorate(self, node: ast.Node, doc: Doc) -> Doc:
        if isinstance(node, ast.Def) and node.doc:
            lines = [f"# {line}".rstrip() for line in node.doc.split("\n")]
            return concat(join(HARD, lines), HARD, doc)
        return doc

    def has_empty_line(self, before: ast.Node, after: ast.Node) -> bool:
        is_item = isinstance(before, ast.Definition)
        return is_item and not (type(before) is type(after) and isinstance(before, _ONE_LINERS))


_ONE_LINERS = (ast.Import, ast.ConstDef, ast.TypeAlias)


def unparse(node: ast.Node, width: int = WIDTH, decoration: Decoration | None = None) -> str:
    """The canonical text of a tree or a part of one; a module's text ends with a line end."""
    text = render(_Printer(decoration or _Plain()).document(node), width)
    return text.rstrip("\n") + "\n" if isinstance(node, ast.Module) and text else text


def level(expr: ast.Expr) -> int:
    """How strongly the outermost operator of `expr` binds."""
    match expr:
        case ast.If() | ast.Lambda():
            return OPEN
        case ast.WithIndex(_, _, ast.If() | ast.Lambda()):
            return OPEN
        case ast.WithIndex() | ast.WithRecord():
            return WITH
        case ast.Chain(_, links):
            return _CHAIN_LEVELS[links[0].op]
        case ast.Unary(op):
            return NOT if op == "!" else NEGATE
        case ast.Binary(op):
            return POWER if op == "**" else COMPARE
        case ast.IntLiteral(value) | ast.FloatLiteral(value) if value < 0:
            return NEGATE
        case _:
            return POSTFIX


class _Printer:
    """Documents of nodes, by identity; `document` makes those of everything below first."""

    def __init__(self, decoration: Decoration) -> None:
        self._decoration = decoration
        self._docs: dict[int, Doc] = {}

    def document(self, root: ast.Node) -> Doc:
        for node in reversed(tuple(ast.walk(root))):
            doc = self._document(node)
            self._docs[id(node)] = self._decoration.decorate(node, doc)
        return self._docs[id(root)]

    def _of(self, node: ast.Node) -> Doc:
        return self._docs[id(node)]

    def _all(self, nodes: Iterable[ast.Node]) -> list[Doc]:
        return [self._docs[id(node)] for node in nodes]

    def _operand(self, expr: ast.Expr, required: int) -> Doc:
        """The text of an operand, in brackets if it binds less than required."""
        doc = self._of(expr)
        return _group_brackets(doc) if level(expr) < required else doc

    def _base(self, expr: ast.Expr) -> Doc:
        """What a postfix follows."""
        is_number = isinstance(expr, ast.IntLiteral | ast.FloatLiteral)
        if is_number or isinstance(expr, _BLOCKY):
            return _group_brackets(self._of(expr))
        return self._operand(expr, POSTFIX)

    def _document(self, node: ast.Node) -> Doc:
        match node:
            case ast.Module(items):
                return self._lines(items)
            case (
                ast.Def()
                | ast.ConstDef()
                | ast.TypeAlias()
                | ast.Import()
                | ast.DerivativeRule()
                | ast.AdjointRule()
                | ast.Param()
            ):
                return self._definition(node)
            case (
                ast.NamedType()
                | ast.ArrayType()
                | ast.TupleType()
                | ast.RecordType()
                | ast.FunctionType()
                | ast.TypeField()
            ):
                return self._type(node)
            case ast.NamePattern(name):
                return name
            case ast.TuplePattern(patterns):
                return self._tuple(patterns)
            case (
                ast.Let()
                | ast.Assert()
                | ast.Binding()
                | ast.Times()
                | ast.Until()
                | ast.Add()
                | ast.AddAt()
                | ast.AddFor()
                | ast.AddArm()
                | ast.AddIf()
            ):
                return self._statement(node)
            case (
                ast.Arm()
                | ast.Link()
                | ast.Below()
                | ast.Over()
                | ast.NamedArg()
                | ast.Slice()
                | ast.Entry()
                | ast.LambdaParam()
            ):
                return self._part(node)
            case _:
                assert isinstance(node, ast.Expr), f"{type(node).__name__} has no text"
                return self._expression(node)

    # ---- definitions and types -----------------------------------------------------------------------------------

    def _definition(self, node: ast.Definition | ast.Param) -> Doc:
        match node:
            case ast.Def(name, params, result, body):
                arrow = concat(" -> ", Flat(self._of(result))) if result else ""
                head = bracketed(f"def {name}(", self._all(params), ")", arrow)
                return self._with_body(head, body)
            case ast.ConstDef(name, value, type_):
                typed = concat(f"const {name}", ": ", self._of(type_)) if type_ else f"const {name}"
                return self._equation(typed, value)
            case ast.TypeAlias(name, type_):
                return concat(f"type {name} = ", self._of(type_))
            case ast.Import(path):
                return f"import {_quoted(path)}"
            case ast.DerivativeRule(name, primals, second, body):
                return self._with_body(self._rule_head(f"derivative {name}", primals, second), body)
            case ast.AdjointRule(name, primals, second, body):
                return self._with_body(self._rule_head(f"adjoint {name}", primals, second), body)
            case ast.Param(name, type_):
                return concat(f"{name}: ", self._of(type_))
            case _:
                assert_never(node)

    def _rule_head(self, name: str, primals: Sequence[ast.Name], second: Sequence[ast.Name]) -> Doc:
        lists = [join(", ", self._all(primals)), join(", ", self._all(second))]
        return concat(name, "(", join("; ", lists), ")")

    def _with_body(self, head: Doc, body: ast.Expr) -> Doc:
        """A head with a block, or with `=` and an expression that moves to the next line if it is long."""
        if isinstance(body, ast.Block):
            return concat(head, " ", self._of(body))
        if isinstance(body, _LISTED):
            return concat(head, " = ", self._of(body))
        return Group(concat(head, " =", Nest(concat(LINE, self._of(body)))))

    def _equation(self, head: Doc, value: ast.Expr) -> Doc:
        """`head = value`; a value that has brackets to break in stays beside its `=` if it has to break."""
        if isinstance(value, _HUGGED):
            return concat(head, " =", Beside(self._of(value)))
        return Group(concat(head, " =", Nest(concat(LINE, self._of(value)))))

    def _type(self, node: ast.Type | ast.TypeField) -> Doc:
        match node:
            case ast.NamedType(name):
                return name
            case ast.ArrayType(element, sizes):
                inner = self._of(element)
                if isinstance(element, ast.FunctionType):
                    inner = concat("(", inner, ")")
                return concat(inner, "[", join(", ", [self._operand(s, ADD) for s in sizes]), "]")
            case ast.TupleType(items):
                return self._tuple(items)
            case ast.RecordType(fields):
                return bracketed("{", self._all(fields), "}")
            case ast.FunctionType(params, result):
                return concat("(", join(", ", self._all(params)), ") -> ", self._of(result))
            case ast.TypeField(name, type_):
                return concat(f"{name}: ", self._of(type_))
            case _:
                assert_never(node)

    def _tuple(self, items: Sequence[ast.Node]) -> Doc:
        if len(items) == 1:
            return concat("(", self._of(items[0]), ",)")
        return bracketed("(", self._all(items), ")") if items else "()"

    # ---- expressions ---------------------------------------------------------------------------------------------

    def _expression(self, node: ast.Expr) -> Doc:
        match node:
            case ast.Name(name):
                return name
            case ast.IntLiteral(value, suffix, text):
                return text or f"{value}{suffix or ''}"
            case ast.FloatLiteral(value, suffix, text):
                return text or f"{value!r}{suffix or ''}"
            case ast.BoolLiteral(value):
                return "true" if value else "false"
            case ast.Tuple(items):
                return self._tuple(items)
            case ast.ArrayLiteral(items):
                if not items:
                    return "[]"
                lay = filled if all(isinstance(_bare(i), _SIMPLE) for i in items) else bracketed
                return lay("[", self._all(items), "]")
            case ast.Comprehension(element, clauses):
                return self._comprehension("[", element, clauses, "]")
            case ast.Call():
                return self._call(node)
            case ast.Index(base, items):
                return concat(self._base(base), self._indices(items))
            case ast.Field(base, name):
                return concat(self._base(base), f".{name}")
            case ast.Item(base, index):
                return concat(self._base(base), f".{index}")
            case ast.Record(entries):
                return bracketed("{", self._all(entries), "}")
            case ast.WithRecord() | ast.WithIndex():
                return self._with(node)
            case ast.Unary() | ast.Binary() | ast.Chain():
                return self._operation(node)
            case ast.If(arms, orelse):
                last = self._of(orelse)
                if isinstance(orelse, ast.If):
                    last = _group_brackets(last)
                parts: list[Doc] = []
                for arm in arms:
                    joint: Doc = " " if _is_long_block(arm.value) else LINE
                    parts += [self._of(arm), joint, "else "]
                return Group(Concat((*parts[:-1], self._branch("else", last, orelse))))
            case ast.Lambda(params, body):
                head = bracketed("fn(", self._all(params), ")") if params else "fn()"
                if isinstance(body, _HUGGED):
                    return concat(head, " => ", self._of(body))
                return Group(concat(head, " =>", Nest(concat(LINE, self._of(body)))))
            case ast.Block(statements, result):
                return self._block(statements, result)
            case ast.Loop(bindings, drive, body):
                return self._loop("loop", bindings, self._of(drive), self._of(body))
            case ast.History(bindings, drive, body):
                return self._loop("history", bindings, self._of(drive), self._of(body))
            case ast.Accum(bindings, clauses, additions):
                drive_doc = concat("for ", join(", ", self._all(clauses)))
                return self._loop("accum", bindings, drive_doc, self._additions(additions))
            case _:
                assert_never(node)

    def _comprehension(
        self, opening: str, element: ast.Expr, clauses: Sequence[ast.Clause], closing: str
    ) -> Doc:
        tail = join(Concat((",", LINE)), self._all(clauses))
        inner = concat(SOFT, self._of(element), LINE, "for ", Group(Nest(tail)))
        return Group(concat(opening, Nest(inner), SOFT, closing))

    def _call(self, node: ast.Call) -> Doc:
        function = self._base(node.function)
        args = node.args
        if len(args) == 1 and not node.named:
            only = args[0]
            if isinstance(only, ast.Comprehension) and only.is_bare:
                return concat(function, self._docs_of_bare(only))
            if isinstance(only, _HUGGED) and not isinstance(only, _BLOCKY):
                return concat(function, "(", self._of(only), ")")
        if not args and not node.named:
            return concat(function, "()")
        return concat(function, bracketed("(", self._all((*args, *node.named)), ")"))

    def _docs_of_bare(self, only: ast.Comprehension) -> Doc:
        inner = self._comprehension("(", only.element, only.clauses, ")")
        return self._decoration.decorate(only, inner)

    def _indices(self, items: Sequence[ast.IndexItem]) -> Doc:
        return bracketed_tight("[", self._all(items), "]")

    def _operation(self, node: ast.Unary | ast.Binary | ast.Chain) -> Doc:
        match node:
            case ast.Unary(op, operand):
                is_double = level(operand) == NEGATE
                required = NOT if op == "!" else POWER if is_double else NEGATE
                return concat(op, self._operand(operand, required))
            case ast.Binary("**", left, right):
                return concat(self._operand(left, POSTFIX), " ** ", self._operand(right, NEGATE))
            case ast.Binary(op, left, right):
                sides = concat(self._operand(left, ADD), LINE, f"{op} ", self._operand(right, ADD))
                return Group(Nest(sides))
            case ast.Chain(first, links):
                required = level(node) + 1
                rest = [part for link in links for part in (LINE, self._of(link))]
                return Group(concat(self._operand(first, required), Nest(Concat(tuple(rest)))))
            case _:
                assert_never(node)

    def _with(self, node: ast.WithRecord | ast.WithIndex) -> Doc:
        """A run of updates, one a line when they do not fit on one."""
        base = node.base
        if isinstance(node, ast.WithRecord):
            update = concat("with ", bracketed("{", self._all(node.entries), "}"))
        else:
            value = self._operand(node.value, OR)
            if isinstance(node.value, ast.If | ast.Lambda):
                value = self._of(node.value)
            update = concat("with ", self._indices(node.items), " = ", value)
        if isinstance(base, ast.WithRecord | ast.WithIndex) and level(base) == WITH:
            before = self._of(base)
            run = before.inner if isinstance(before, Group) else before
            return Group(concat(run, Nest(concat(LINE, update))))
        return Group(concat(self._operand(base, OR), Nest(concat(LINE, update))))

    def _part(
        self,
        node: ast.Arm
        | ast.Link
        | ast.Below
        | ast.Over
        | ast.NamedArg
        | ast.Slice
        | ast.Entry
        | ast.LambdaParam,
    ) -> Doc:
        match node:
            case ast.Arm(condition, value):
                test = self._operand(condition, WITH)
                return self._branch(concat("if ", test, " then"), self._operand(value, WITH), value)
            case ast.Link(op, operand):
                return concat(f"{op} ", self._operand(operand, _CHAIN_LEVELS[op] + 1))
            case ast.Below(name, bound):
                return concat(f"{name} < ", self._operand(bound, ADD))
            case ast.Over(pattern, source):
                return concat(self._of(pattern), " in ", self._operand(source, OR))
            case ast.NamedArg(name, value):
                return concat(f"{name}=", self._of(value))
            case ast.Slice(start, stop, step):
                sides = [self._operand(e, WITH) if e else "" for e in (start, stop)]
                if step:
                    sides.append(self._operand(step, WITH))
                is_airy = all((start, stop)) and any(
                    isinstance(e, ast.Chain) for e in (start, stop)
                )
                return join(" : " if is_airy else ":", sides)
            case ast.Entry(name, value):
                return concat(f"{name}: ", self._of(value))
            case ast.LambdaParam(pattern, type_):
                doc = self._of(pattern)
                return concat(doc, ": ", self._of(type_)) if type_ else doc
            case _:
                assert_never(node)

    # ---- blocks and loops ----------------------------------------------------------------------------------------

    def _statement(
        self,
        node: ast.Let
        | ast.Assert
        | ast.Binding
        | ast.Times
        | ast.Until
        | ast.Add
        | ast.AddAt
        | ast.AddFor
        | ast.AddArm
        | ast.AddIf,
    ) -> Doc:
        match node:
            case ast.Let(pattern, value, type_):
                head = concat("let ", self._of(pattern))
                if type_:
                    head = concat(head, ": ", self._of(type_))
                return concat(self._equation(head, value), ";")
            case ast.Assert(condition, message):
                if message is None:
                    return concat("assert ", self._of(condition), ";")
                return concat("assert ", self._of(condition), f", {_quoted(message)};")
            case ast.Binding(pattern, value):
                return self._equation(self._of(pattern), value)
            case ast.Times(name, bound):
                return concat(f"for {name} < ", self._operand(bound, ADD))
            case ast.Until(condition):
                return concat("while ", self._operand(condition, OR))
            case ast.Add(name, value):
                return concat(f"{name} += ", self._of(value), ";")
            case ast.AddAt(name, items, value):
                return concat(name, self._indices(items), " += ", self._of(value), ";")
            case ast.AddFor(clauses, statements):
                head = join(", ", self._all(clauses))
                return concat("for ", head, " ", self._additions(statements))
            case ast.AddArm(condition, statements):
                return concat("if ", self._operand(condition, OR), " ", self._additions(statements))
            case ast.AddIf(arms, orelse):
                chain = join(" else ", self._all(arms))
                return concat(chain, " else ", self._additions(orelse)) if orelse else chain
            case _:
                assert_never(node)

    def _branch(self, head: Doc, doc: Doc, value: ast.Expr) -> Doc:
        """A condition or `else`, and its value beside it or indented below; braces open beside it."""
        if _is_long_block(value):
            return concat(head, " ", doc)
        return Group(concat(head, Nest(concat(LINE, doc))))

    def _loop(self, word: str, bindings: Sequence[ast.Binding], drive: Doc, body: Doc) -> Doc:
        state = bracketed(f"{word} (", self._all(bindings), ")")
        return concat(state, " ", drive, " ", body)

    def _block(self, statements: Sequence[ast.Statement], result: ast.Expr) -> Doc:
        return self._braces((*statements, result)) if statements else self._short_braces(result)

    def _additions(self, statements: Sequence[ast.AccumStatement]) -> Doc:
        if len(statements) == 1 and isinstance(statements[0], ast.Add | ast.AddAt):
            return self._short_braces(statements[0])
        return self._braces(statements)

    def _short_braces(self, line: ast.Node) -> Doc:
        """Braces round one thing, on one line if it fits."""
        return Group(concat("{", Nest(concat(LINE, self._of(line))), LINE, "}"))

    def _braces(self, lines: Sequence[ast.Node]) -> Doc:
        return concat("{", Nest(concat(HARD, self._lines(lines))), HARD, "}")

    def _lines(self, nodes: Sequence[ast.Node]) -> Doc:
        """Nodes on lines of their own."""
        parts: list[Doc] = []
        for index, node in enumerate(nodes):
            if index:
                is_apart = self._decoration.has_empty_line(nodes[index - 1], node)
                parts.append(EMPTY_LINE if is_apart else HARD)
            parts.append(self._of(node))
        return Concat(tuple(parts))


def bracketed_tight(opening: str, parts: Sequence[Doc], closing: str) -> Doc:
    """As `bracketed`; a single part stays beside its brackets."""
    if len(parts) == 1:
        return concat(opening, parts[0], closing)
    return bracketed(opening, parts, closing)


def _is_long_block(expr: ast.Expr) -> bool:
    """A block that always takes several lines."""
    return isinstance(expr, ast.Block) and bool(expr.statements)


def _group_brackets(doc: Doc) -> Doc:
    return Group(concat("(", Nest(concat(SOFT, doc)), SOFT, ")"))


def _bare(expr: ast.Expr) -> ast.Expr:
    """What a sign stands before."""
    return expr.operand if isinstance(expr, ast.Unary) else expr


def _quoted(text: str) -> str:
    assert not set(text) & set('"\r\n'), "ADL texts have no escapes"
    return f'"{text}"'
