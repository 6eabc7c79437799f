"""Every construct of the language, as trees."""

import pytest

from adc.diagnostics import ParseError, SourceFile
from adc.syntax import ast
from adc.syntax.ast import (
    Accum,
    Add,
    AddArm,
    AddAt,
    AddFor,
    AddIf,
    AdjointRule,
    Arm,
    ArrayLiteral,
    ArrayType,
    Assert,
    Below,
    Binary,
    Binding,
    Block,
    BoolLiteral,
    Call,
    Chain,
    Comprehension,
    ConstDef,
    Def,
    DerivativeRule,
    Entry,
    Field,
    FloatLiteral,
    FunctionType,
    History,
    If,
    Import,
    Index,
    IntLiteral,
    Item,
    Lambda,
    LambdaParam,
    Let,
    Link,
    Loop,
    Name,
    NamedArg,
    NamedType,
    NamePattern,
    Over,
    Param,
    Record,
    RecordType,
    Slice,
    Times,
    Tuple,
    TuplePattern,
    TupleType,
    TypeAlias,
    TypeField,
    Unary,
    Until,
    WithIndex,
    WithRecord,
)
from adc.syntax.parse import decode, parse, parse_expression, parse_type

a, b, c, e, i, n, x = (Name(name) for name in "abceinx")
one, two = IntLiteral(1), IntLiteral(2)
f64 = NamedType("f64")


def items(text):
    return parse(SourceFile("m.adl", text)).items


def pattern(name):
    return NamePattern(name)


EXPRESSIONS = {
    "1_000": IntLiteral(1000),
    "7i32": IntLiteral(7, "i32"),
    "2.5": FloatLiteral(2.5),
    "1e-3": FloatLiteral(0.001),
    "1.5f32": FloatLiteral(1.5, "f32"),
    "2f64": FloatLiteral(2.0, "f64"),
    "true": BoolLiteral(True),
    "[1, 2]": ArrayLiteral((one, two)),
    "[]": ArrayLiteral(()),
    "(a, b)": Tuple((a, b)),
    "(a,)": Tuple((a,)),
    "(a, b,)": Tuple((a, b)),
    "()": Tuple(()),
    "((a))": a,
    "x.0": Item(x, 0),
    "x.0.1": Item(Item(x, 0), 1),
    "x.pos.0": Item(Field(x, "pos"), 0),
    "{a: 1, b: 2,}": Record((Entry("a", one), Entry("b", two))),
    "{ a }": Block((), a),
    "x with {a: 1}": WithRecord(x, (Entry("a", one),)),
    "x with [i] = a": WithIndex(x, (i,), a),
    "x with [i] = a with [1] = b": WithIndex(WithIndex(x, (i,), a), (one,), b),
    "x with [i] = if a then b else c": WithIndex(x, (i,), If((Arm(a, b),), c)),
    "if a then b else c": If((Arm(a, b),), c),
    "if a then b else if c then 1 else 2": If((Arm(a, b), Arm(c, one)), two),
    "fn(a, (b, c)) => e": Lambda(
        (LambdaParam(pattern("a")), LambdaParam(TuplePattern((pattern("b"), pattern("c"))))), e
    ),
    "fn() => a": Lambda((), a),
    "fn(x: f64) => x": Lambda((LambdaParam(pattern("x"), f64),), x),
    "[e for i < n]": Comprehension(e, (Below("i", n),)),
    "[e for i < n, a in x]": Comprehension(e, (Below("i", n), Over(pattern("a"), x))),
    "[e for (a, b) in x]": Comprehension(
        e, (Over(TuplePattern((pattern("a"), pattern("b"))), x),)
    ),
    "a(e for i < n)": Call(a, (Comprehension(e, (Below("i", n),)),)),
    "a()": Call(a, ()),
    "a(b, c,)": Call(a, (b, c)),
    "a(b, n=1)": Call(a, (b,), (NamedArg("n", one),)),
    "a(b == 1)": Call(a, (Binary("==", b, one),)),
    "a(b)(c)[0]": Index(Call(Call(a, (b,)), (c,)), (IntLiteral(0),)),
    "x[i, 1]": Index(x, (i, one)),
    "x[a:b]": Index(x, (Slice(a, b),)),
    "x[::-1]": Index(x, (Slice(step=Unary("-", one)),)),
    "x[:, 1:, :2, ::]": Index(
        x, (Slice(), Slice(one), Slice(stop=two), Slice())
    ),
    "{ let a = 1; assert a, \"t\"; assert b; a }": Block(
        (Let(pattern("a"), one), Assert(a, "t"), Assert(b)), a
    ),
    "{ let (a, (b,)): f64 = x; a }": Block(
        (Let(TuplePattern((pattern("a"), TuplePattern((pattern("b"),)))), x, f64),), a
    ),
    "loop (a = 1, (b, c) = x) for i < n { a }": Loop(
        (
            Binding(pattern("a"), one),
            Binding(TuplePattern((pattern("b"), pattern("c"))), x),
        ),
        Times("i", n),
        Block((), a),
    ),
    "loop (a = 1) while a < n { a }": Loop(
        (Binding(pattern("a"), one),), Until(Binary("<", a, n)), Block((), a)
    ),
    "history (a = 1) for i < n { a }": History(
        (Binding(pattern("a"), one),), Times("i", n), Block((), a)
    ),
    "accum (a = x, b = 1) for i < n { let c = e; a[i] += c; for i < n { b += 1; } }": Accum(
        (Binding(pattern("a"), x), Binding(pattern("b"), one)),
        (Below("i", n),),
        (
            Let(pattern("c"), e),
            AddAt("a", (i,), c),
            AddFor((Below("i", n),), (Add("b", one),)),
        ),
    ),
    "accum (a = x) for i < n { if b { a += 1; } else if c { a += 2; } else { a += e; } }": Accum(
        (Binding(pattern("a"), x),),
        (Below("i", n),),
        (
            AddIf(
                (AddArm(b, (Add("a", one),)), AddArm(c, (Add("a", two),))), (Add("a", e),)
            ),
        ),
    ),
    "-a": Unary("-", a),
    "!a": Unary("!", a),
    "-9223372036854775808": Unary("-", IntLiteral(2**63)),
    "a + b - c": Chain(a, (Link("+", b), Link("-", c))),
    "a @ b // c % 1": Chain(a, (Link("@", b), Link("//", c), Link("%", one))),
    "a && b || c": Chain(Chain(a, (Link("&&", b),)), (Link("||", c),)),
    "a ** b ** c": Binary("**", a, Binary("**", b, c)),
    "a <= b": Binary("<=", a, b),
}  # fmt: skip


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_expression(text):
    assert parse_expression(text) == EXPRESSIONS[text]


TYPES = {
    "f64": f64,
    "f64[n, 3]": ArrayType(f64, (n, IntLiteral(3))),
    "f64[n][2]": ArrayType(ArrayType(f64, (n,)), (two,)),
    "f64[n*(n-1)/2]": ArrayType(
        f64, (Chain(n, (Link("*", Chain(n, (Link("-", one),))), Link("/", two))),)
    ),
    "(f64)": f64,
    "(f64,)": TupleType((f64,)),
    "(f64, f64[1])": TupleType((f64, ArrayType(f64, (one,)))),
    "{a: f64, b: f64,}": RecordType((TypeField("a", f64), TypeField("b", f64))),
    "(f64, (f64)) -> f64": FunctionType((f64, f64), f64),
    "() -> (f64) -> f64": FunctionType((), FunctionType((f64,), f64)),
    "((f64) -> f64)[2]": ArrayType(FunctionType((f64,), f64), (two,)),
}


@pytest.mark.parametrize("text", TYPES)
def test_type(text):
    assert parse_type(text) == TYPES[text]


DEFINITIONS = {
    "def a(x: f64, n: f64,) -> f64 = x": Def("a", (Param("x", f64), Param("n", f64)), f64, x),
    "def a() { x }": Def("a", (), None, Block((), x)),
    "def a() = { x };": Def("a", (), None, Block((), x)),
    "const a = 1": ConstDef("a", one),
    "const a: f64 = 1;": ConstDef("a", one, f64),
    "type A = f64": TypeAlias("A", f64),
    'import "dir/file.adl"': Import("dir/file.adl"),
    "derivative a(x, n; b, c) = b": DerivativeRule("a", (x, n), (b, c), b),
    "adjoint a(x; c) { (c, c) }": AdjointRule("a", (x,), (c,), Block((), Tuple((c, c)))),
}


@pytest.mark.parametrize("text", DEFINITIONS)
def test_definition(text):
    assert items(text) == (DEFINITIONS[text],)


@pytest.mark.parametrize("text", ["", " \n\t", "# only a comment", "\ufeff", "\r\n\r"])
def test_a_text_without_definitions_is_an_empty_module(text):
    assert items(text) == ()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_are_alike(end):
    text = end.join(["# doc", "def f() = 1 # one", "const g = 2"])
    module = parse(SourceFile("m", text))
    assert [type(item) for item in module.items] == [Def, ConstDef]
    assert module.items[0].doc == "doc"
    assert [item.span.line for item in module.items] == [2, 3]


@pytest.mark.parametrize(
    ("above", "doc"),
    [
        ("# One.\n#\n#  Two.\n", "One.\n\n Two."),
        ("# far\n\n# near\n", "near"),
        ("# far\n\n", None),
        ("const a = 1 # beside\n", None),
        ("const a = 1 # beside\n# above\n", "above"),
        ("  # indented\n  ", "indented"),
        ("#\n", None),
    ],
)
def test_comment_lines_directly_above_a_def_are_its_documentation(above, doc):
    assert items(above + "def f() = 1")[-1].doc == doc


def test_spans_cover_what_was_written():
    text = "def f(x: f64[n]) -> f64 = (a + b) * g(x.pos, k=2)[1:, -i] ** (if c then { 1 } else 2)"
    tree = items(text)[0]
    spans = {type(node).__name__: node.span.text for node in ast.walk(tree)}
    assert tree.span.text == text
    assert tree.name_span.text == "f"
    assert spans["Param"] == "x: f64[n]"
    assert spans["Index"] == "g(x.pos, k=2)[1:, -i]"
    assert spans["NamedArg"] == "k=2"
    assert spans["Slice"] == "1:"
    assert spans["If"] == "(if c then { 1 } else 2)"
    assert spans["Arm"] == "if c then { 1 }"
    chain = next(node for node in ast.walk(tree) if isinstance(node, Chain))
    assert chain.first.span.text == "(a + b)"
    assert chain.links[0].op_span.text == "*"


def test_children_lie_inside_their_parents():
    text = "\n".join(f"def f{k}() = {text}" for k, text in enumerate(EXPRESSIONS))
    for parent in ast.walk(parse(SourceFile("m", text))):
        for child in ast.children(parent):
            assert parent.span.start <= child.span.start <= child.span.end <= parent.span.end


def test_an_expression_is_the_whole_text():
    with pytest.raises(ParseError):
        parse_expression("a b")
    with pytest.raises(ParseError):
        parse_expression("")
    with pytest.raises(ParseError):
        parse_type("f64 = 1")


def test_bytes_are_decoded_as_utf8():
    assert parse(decode("m", "# é\ndef f() = 1".encode())).items
    assert parse(decode("m", b"\xef\xbb\xbfdef f() = 1")).items[0].span.start == 1
    with pytest.raises(ParseError) as caught:
        decode("m", b"ok\n\xff")
    assert (caught.value.code, caught.value.span.line) == ("E0117", 2)
