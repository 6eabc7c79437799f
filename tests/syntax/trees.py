"""Random surface trees, each of which has a text that parses back to it.

A tree is made from a `random.Random`, which hypothesis steers and shrinks; `depth` bounds what nests.
"""

from random import Random

from hypothesis import strategies as st

from adc.syntax import ast

NAMES = ("x", "y", "n", "i", "sum", "f64", "rather_long_name_of_a_value", "_", "iff", "e1")
TEXTS = ("", "a text", "x > 0; {([", "ä ≤ 'b' # c")
FLOATS = (0.0, 1.0, 2.5, 1e-3, 1e22, 5e-324, 3.4e38, 0.1)


class Maker:
    def __init__(self, random: Random) -> None:
        self.random = random

    def name(self) -> str:
        return self.random.choice(NAMES)

    def some(self, make, depth, least=0, most=3):
        return tuple(make(depth) for _ in range(self.random.randint(least, most)))

    def maybe(self, make, depth):
        return make(depth) if self.random.random() < 0.5 else None

    def pattern(self, depth):
        if depth <= 0 or self.random.random() < 0.7:
            return ast.NamePattern(self.name())
        return ast.TuplePattern(self.some(self.pattern, depth - 1, 1))

    def type(self, depth):
        kind = self.random.randrange(8) if depth > 0 else 0
        match kind:
            case 4:
                return ast.ArrayType(self.type(depth - 1), self.some(self.expr, depth - 2, 1))
            case 5:
                return ast.TupleType(self.some(self.type, depth - 1))
            case 6:
                return ast.RecordType(self.some(self.type_field, depth - 1, 1))
            case 7:
                return ast.FunctionType(self.some(self.type, depth - 1), self.type(depth - 1))
            case _:
                return ast.NamedType(self.name())

    def type_field(self, depth):
        return ast.TypeField(self.name(), self.type(depth))

    def leaf(self):
        random = self.random
        match random.randrange(5):
            case 0:
                value = random.choice((0, 1, 7, 2**31 - 1))
                return ast.IntLiteral(value, random.choice((None, "i32", "i64")))
            case 1:
                return ast.FloatLiteral(random.choice(FLOATS), random.choice((None, "f32", "f64")))
            case 2:
                return ast.BoolLiteral(random.random() < 0.5)
            case _:
                return ast.Name(self.name())

    def expr(self, depth):
        if depth <= 0 or self.random.random() < 0.2:
            return self.leaf()
        return self.random.choice(_EXPRESSIONS)(self, depth - 1)

    def chain(self, depth):
        ops = self.random.choice(ast.CHAIN_LEVELS)
        rest = self.some(self.expr, depth, 1, 4)
        return ast.Chain(
            self.expr(depth), tuple(ast.Link(self.random.choice(ops), operand) for operand in rest)
        )

    def unary(self, depth):
        return ast.Unary(self.random.choice("-!"), self.expr(depth))

    def binary(self, depth):
        op = self.random.choice(("**", "**", *ast.COMPARISONS))
        return ast.Binary(op, self.expr(depth), self.expr(depth))

    def if_(self, depth):
        return ast.If(self.some(self.arm, depth, 1), self.expr(depth))

    def arm(self, depth):
        return ast.Arm(self.expr(depth), self.expr(depth))

    def lambda_(self, depth):
        return ast.Lambda(self.some(self.lambda_param, depth), self.expr(depth))

    def lambda_param(self, depth):
        return ast.LambdaParam(self.pattern(depth), self.maybe(self.type, depth))

    def call(self, depth):
        named = self.some(self.named_arg, depth, 0, 1)
        return ast.Call(self.expr(depth), self.some(self.expr, depth), named)

    def named_arg(self, depth):
        return ast.NamedArg(self.name(), self.expr(depth))

    def reduction(self, depth):
        bare = ast.Comprehension(self.expr(depth), self.some(self.clause, depth, 1), is_bare=True)
        return ast.Call(self.expr(depth), (bare,))

    def index(self, depth):
        return ast.Index(self.expr(depth), self.some(self.index_item, depth, 1))

    def index_item(self, depth):
        if self.random.random() < 0.6:
            return self.expr(depth)
        return ast.Slice(*(self.maybe(self.expr, depth) for _ in range(3)))

    def field(self, depth):
        return ast.Field(self.expr(depth), self.name())

    def item(self, depth):
        return ast.Item(self.expr(depth), self.random.randrange(12))

    def with_record(self, depth):
        return ast.WithRecord(self.expr(depth), self.some(self.entry, depth, 1))

    def with_index(self, depth):
        items = self.some(self.index_item, depth, 1)
        return ast.WithIndex(self.expr(depth), items, self.expr(depth))

    def tuple(self, depth):
        return ast.Tuple(self.some(self.expr, depth))

    def array(self, depth):
        return ast.ArrayLiteral(self.some(self.expr, depth, 0, 6))

    def comprehension(self, depth):
        return ast.Comprehension(self.expr(depth), self.some(self.clause, depth, 1))

    def clause(self, depth):
        if self.random.random() < 0.5:
            return ast.Below(self.name(), self.expr(depth))
        return ast.Over(self.pattern(depth), self.expr(depth))

    def record(self, depth):
        return ast.Record(self.some(self.entry, depth, 1))

    def entry(self, depth):
        return ast.Entry(self.name(), self.expr(depth))

    def block(self, depth):
        return ast.Block(self.some(self.statement, depth), self.expr(depth))

    def statement(self, depth):
        if self.random.random() < 0.7:
            return self.let(depth)
        text = self.random.choice((None, *TEXTS))
        return ast.Assert(self.expr(depth), text)

    def let(self, depth):
        return ast.Let(self.pattern(depth), self.expr(depth), self.maybe(self.type, depth))

    def binding(self, depth):
        return ast.Binding(self.pattern(depth), self.expr(depth))

    def loop(self, depth):
        kind = self.random.choice((ast.Loop, ast.History))
        drive = (
            ast.Times(self.name(), self.expr(depth))
            if self.random.random() < 0.5
            else ast.Until(self.expr(depth))
        )
        return kind(self.some(self.binding, depth, 1), drive, self.block(depth))

    def accum(self, depth):
        return ast.Accum(
            self.some(self.binding, depth, 1),
            self.some(self.clause, depth, 1),
            self.some(self.addition, depth, 1),
        )

    def addition(self, depth):
        match self.random.randrange(5) if depth > 0 else 0:
            case 0:
                return ast.Add(self.name(), self.expr(depth))
            case 1:
                items = self.some(self.index_item, depth, 1)
                return ast.AddAt(self.name(), items, self.expr(depth))
            case 2:
                body = self.some(self.addition, depth - 1, 1)
                return ast.AddFor(self.some(self.clause, depth, 1), body)
            case 3:
                arms = self.some(self.add_arm, depth - 1, 1, 2)
                return ast.AddIf(arms, self.some(self.addition, depth - 1, 0, 2))
            case _:
                return self.let(depth)

    def add_arm(self, depth):
        return ast.AddArm(self.expr(depth), self.some(self.addition, depth, 1, 2))

    def definition(self, depth):
        match self.random.randrange(8):
            case 0:
                return ast.ConstDef(self.name(), self.expr(depth), self.maybe(self.type, depth))
            case 1:
                return ast.TypeAlias(self.name(), self.type(depth))
            case 2:
                return ast.Import(self.random.choice(TEXTS))
            case 3 | 4:
                kind = self.random.choice((ast.DerivativeRule, ast.AdjointRule))
                primals, second = self.some(self.plain_name, 0, 1), self.some(self.plain_name, 0, 1)
                return kind(self.name(), primals, second, self.expr(depth))
            case _:
                params = self.some(self.param, depth - 1)
                result = self.maybe(self.type, depth - 1)
                return ast.Def(self.name(), params, result, self.expr(depth))

    def plain_name(self, _depth):
        return ast.Name(self.name())

    def param(self, depth):
        return ast.Param(self.name(), self.type(depth))

    def module(self, depth):
        return ast.Module(self.some(self.definition, depth))


_EXPRESSIONS = (
    Maker.chain, Maker.chain, Maker.unary, Maker.binary, Maker.binary, Maker.if_, Maker.lambda_,
    Maker.call, Maker.reduction, Maker.index, Maker.field, Maker.item, Maker.with_record,
    Maker.with_index, Maker.with_index, Maker.tuple, Maker.array, Maker.comprehension,
    Maker.record, Maker.block, Maker.loop, Maker.accum,
)  # fmt: skip

_randoms = st.randoms(use_true_random=False)
modules = _randoms.map(lambda random: Maker(random).module(3))
expressions = _randoms.map(lambda random: Maker(random).expr(4))
types = _randoms.map(lambda random: Maker(random).type(4))
