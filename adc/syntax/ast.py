"""The surface tree: what the parser and the Python reader make, and what printing takes.

Two trees are equal when they mean the same text: places, spellings of literals and comments do not count. Chains of
operators, `else if`, blocks and accumulation branches are flat, however long they are; what nests, nests at most as
deep as the parser's limit. Trees are easy to build by hand: `span` is optional everywhere.
"""

from __future__ import annotations

from dataclasses import field
from enum import Enum

from adc.diagnostics.span import NO_SPAN, Span
from adc.syntax.node import Node as Node
from adc.syntax.node import children as children
from adc.syntax.node import node
from adc.syntax.node import walk as walk

# ---- types -------------------------------------------------------------------------------------------------------


@node
class NamedType(Node):
    """`f64`, or the name of a type alias."""

    name: str


@node
class ArrayType(Node):
    """`element[size, ...]`."""

    element: Type
    sizes: tuple[Expr, ...]


@node
class TupleType(Node):
    items: tuple[Type, ...]


@node
class TypeField(Node):
    """`name: type` in a record type; the span begins with the name."""

    name: str
    type: Type


@node
class RecordType(Node):
    fields: tuple[TypeField, ...]


@node
class FunctionType(Node):
    """`(params) -> result`."""

    params: tuple[Type, ...]
    result: Type


# ---- patterns ----------------------------------------------------------------------------------------------------


@node
class NamePattern(Node):
    name: str


@node
class TuplePattern(Node):
    items: tuple[Pattern, ...]


# ---- expressions -------------------------------------------------------------------------------------------------


class Mark(Enum):
    """What NumPy does at a place and ADL does not; made by the Python reader, resolved when ranks are known."""

    BROADCAST = "broadcast"  # arrays of different rank meet elementwise
    WRAP = "wrap"  # a negative index counts from the end, also when computed
    CLAMP = "clamp"  # slice bounds are clamped to the array


@node
class MarkedNode(Node):
    """A node that may carry marks; they have no textual form."""

    marks: frozenset[Mark] = field(default=frozenset(), kw_only=True)


@node
class Name(Node):
    name: str


@node
class IntLiteral(Node):
    """`value` is not negative when parsed; `suffix` is `i32`, `i64` or None; `text` is the spelling."""

    value: int
    suffix: str | None = None
    text: str = field(default="", compare=False)


@node
class FloatLiteral(Node):
    """`value` is finite and, when parsed, not negative; `suffix` is `f32`, `f64` or None; `text` is the spelling."""

    value: float
    suffix: str | None = None
    text: str = field(default="", compare=False)


@node
class BoolLiteral(Node):
    value: bool


@node
class Tuple(Node):
    items: tuple[Expr, ...]


@node
class ArrayLiteral(Node):
    items: tuple[Expr, ...]


@node
class Below(Node):
    """The clause `name < bound`; the span begins with the name."""

    name: str
    bound: Expr


@node
class Over(Node):
    """The clause `pattern in source`."""

    pattern: Pattern
    source: Expr


@node
class Comprehension(Node):
    """`[element for clauses]`; `is_bare` when it was written without brackets, as a call's only argument."""

    element: Expr
    clauses: tuple[Clause, ...]
    is_bare: bool = field(default=False, compare=False)


@node
class NamedArg(Node):
    """`name=value` in a call; the span begins with the name."""

    name: str
    value: Expr


@node
class Call(MarkedNode):
    function: Expr
    args: tuple[Expr, ...]
    named: tuple[NamedArg, ...] = ()


@node
class Slice(Node):
    """`start:stop:step`, each part optional."""

    start: Expr | None = None
    stop: Expr | None = None
    step: Expr | None = None


@node
class Index(MarkedNode):
    base: Expr
    items: tuple[IndexItem, ...]


@node
class Field(Node):
    """`base.name`; `name_span` is the name's own place."""

    base: Expr
    name: str
    name_span: Span = field(default=NO_SPAN, compare=False, kw_only=True)


@node
class Item(Node):
    """`base.0`."""

    base: Expr
    index: int


@node
class Entry(Node):
    """`name: value` in a record; the span begins with the name."""

    name: str
    value: Expr


@node
class Record(Node):
    entries: tuple[Entry, ...]


@node
class WithRecord(Node):
    """`base with {entries}`."""

    base: Expr
    entries: tuple[Entry, ...]


@node
class WithIndex(MarkedNode):
    """`base with [items] = value`."""

    base: Expr
    items: tuple[IndexItem, ...]
    value: Expr


@node
class Unary(Node):
    """`op` is `-` or `!`."""

    op: str
    operand: Expr


@node
class Binary(MarkedNode):
    """`op` is `**` or a comparison; everything that associates to the left is a `Chain`."""

    op: str
    left: Expr
    right: Expr
    op_span: Span = field(default=NO_SPAN, compare=False, kw_only=True)


@node
class Link(Node):
    """One further operator of a chain with its operand; the span covers both and begins with the operator."""

    op: str
    operand: Expr

    @property
    def op_span(self) -> Span:
        return self.span.head(len(self.op))


@node
class Chain(MarkedNode):
    """`first op operand op operand ...`, from left to right, all of one of the levels `CHAIN_LEVELS`."""

    first: Expr
    links: tuple[Link, ...]


CHAIN_LEVELS = (("||",), ("&&",), ("+", "-"), ("*", "/", "//", "%", "@"))
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


@node
class Arm(Node):
    """`if condition then value`, one of several in a row."""

    condition: Expr
    value: Expr


@node
class If(Node):
    """`if .. then .. else if .. then .. else ..`: at least one arm."""

    arms: tuple[Arm, ...]
    orelse: Expr


@node
class LambdaParam(Node):
    pattern: Pattern
    type: Type | None = None


@node
class Lambda(Node):
    """`fn(params) => body`."""

    params: tuple[LambdaParam, ...]
    body: Expr


@node
class Let(Node):
    pattern: Pattern
    value: Expr
    type: Type | None = None


@node
class Assert(Node):
    condition: Expr
    message: str | None = None


@node
class Block(Node):
    """`{ statements; result }`."""

    statements: tuple[Statement, ...]
    result: Expr


@node
class Binding(Node):
    """`pattern = value` in the state of a loop or an accumulation."""

    pattern: Pattern
    value: Expr


@node
class Times(Node):
    """`for name < bound`; `name_span` is the name's own place."""

    name: str
    bound: Expr
    name_span: Span = field(default=NO_SPAN, compare=False, kw_only=True)


@node
class Until(Node):
    """`while condition`."""

    condition: Expr


@node
class Loop(Node):
    bindings: tuple[Binding, ...]
    drive: Drive
    body: Block


@node
class History(Node):
    bindings: tuple[Binding, ...]
    drive: Drive
    body: Block


@node
class AddAt(MarkedNode):
    """`name[items] += value;`; the span begins with the name."""

    name: str
    items: tuple[IndexItem, ...]
    value: Expr


@node
class Add(Node):
    """`name += value;`; the span begins with the name."""

    name: str
    value: Expr


@node
class AddFor(Node):
    """`for clauses { statements }`."""

    clauses: tuple[Clause, ...]
    statements: tuple[AccumStatement, ...]


@node
class AddArm(Node):
    """`if condition { statements }`, one of several in a row."""

    condition: Expr
    statements: tuple[AccumStatement, ...]


@node
class AddIf(Node):
    """`if .. { .. } else if .. { .. } else { .. }`; without a last `else`, `orelse` is empty."""

    arms: tuple[AddArm, ...]
    orelse: tuple[AccumStatement, ...] = ()


@node
class Accum(Node):
    bindings: tuple[Binding, ...]
    clauses: tuple[Clause, ...]
    statements: tuple[AccumStatement, ...]


# ---- definitions -------------------------------------------------------------------------------------------------


@node
class Param(Node):
    """`name: type`; the span begins with the name."""

    name: str
    type: Type


@node
class Def(Node):
    """A definition; `doc` is the text of the comment lines directly above it."""

    name: str
    params: tuple[Param, ...]
    result: Type | None
    body: Expr
    doc: str | None = field(default=None, compare=False)
    name_span: Span = field(default=NO_SPAN, compare=False, kw_only=True)


@node
class ConstDef(Node):
    name: str
    value: Expr
    type: Type | None = None
    name_span: Span = field(default=NO_SPAN, compare=False, kw_only=True)


@node
class TypeAlias(Node):
    name: str
    type: Type
    name_span: Span = field(default=NO_SPAN, compare=False, kw_only=True)


@node
class Import(Node):
    """`import "path"`; `path_span` includes the quotes."""

    path: str
    path_span: Span = field(default=NO_SPAN, compare=False, kw_only=True)


@node
class DerivativeRule(Node):
    """`derivative function(primals; tangents) = body`."""

    function: str
    primals: tuple[Name, ...]
    tangents: tuple[Name, ...]
    body: Expr
    name_span: Span = field(default=NO_SPAN, compare=False, kw_only=True)


@node
class AdjointRule(Node):
    """`adjoint function(primals; cotangents) = body`."""

    function: str
    primals: tuple[Name, ...]
    cotangents: tuple[Name, ...]
    body: Expr
    name_span: Span = field(default=NO_SPAN, compare=False, kw_only=True)


@node
class Module(Node):
    items: tuple[Definition, ...]


Type = NamedType | ArrayType | TupleType | RecordType | FunctionType
Pattern = NamePattern | TuplePattern
Clause = Below | Over
Drive = Times | Until
Statement = Let | Assert
AccumStatement = Let | Add | AddAt | AddFor | AddIf
Expr = (
    Name
    | IntLiteral
    | FloatLiteral
    | BoolLiteral
    | Tuple
    | ArrayLiteral
    | Comprehension
    | Call
    | Index
    | Field
    | Item
    | Record
    | WithRecord
    | WithIndex
    | Unary
    | Binary
    | Chain
    | If
    | Lambda
    | Block
    | Loop
    | History
    | Accum
)
IndexItem = Expr | Slice
Definition = Def | ConstDef | TypeAlias | Import | DerivativeRule | AdjointRule
