"""Text of trees: parses back to them, keeps to the width, has no bracket too many."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adc.diagnostics import SourceFile
from adc.syntax import ast
from adc.syntax.parse import parse, parse_expression, parse_type
from adc.syntax.unparse import unparse
from tests.syntax.trees import expressions, modules, types


@given(modules, st.sampled_from([20, 60, 100]))
@settings(max_examples=250, deadline=None)
def test_text_of_a_module_parses_back(tree, width):
    text = unparse(tree, width)
    assert parse(SourceFile("m", text)) == tree
    assert unparse(parse(SourceFile("m", text)), width) == text


@given(expressions)
@settings(max_examples=150, deadline=None)
def test_text_of_an_expression_parses_back(tree):
    assert parse_expression(unparse(tree)) == tree


@given(types)
@settings(max_examples=100, deadline=None)
def test_text_of_a_type_parses_back(tree):
    assert parse_type(unparse(tree)) == tree


# Each text is canonical: printing what it parses to gives it again, so no bracket in it is superfluous.
CANONICAL = """
a + b - c
a + (b - c)
(a + b) - c
a + b * c
(a + b) * c
a * (b / c)
a - -b
-a * b
-(a * b)
-(-a)
-a ** b
(-a) ** b
a ** -b
a ** b ** c
(a ** b) ** c
-f(x)[0].y.0
(a + b).0
(a + b)[:-1]
g(p).w
(1).x
!a == b
!(a && b)
!!a
(a == b) == c
a < b && c < d || e
a && (b || c)
(a && b) && c
(if a then b else c) + 1
1 + (if a then b else c)
if a then b else if c then d else e
if a then b else (if c then d else e)
if a then (if b then c else d) else e
fn(x) => x + 1
fn(x: f64, (a, b)) => fn() => x
(fn(x) => x)(2)
map(fn(x) => x, xs)
x with [i] = a + b with [j] = c
(x with [i] = a) + b
x with [i] = (y with [j] = a)
x with [i] = if a then b else c
(x with [i] = if a then b else c) with [j] = d
r with {a: 1, b: 2}
[e for i < n + 1, j < i]
[e for (a, b) in zip(xs, ys)]
[e for x in (if a then b else c)]
sum(e for i < n)
f([e for i < n], 2)
sum(L[i, j] * z[j] for j < i)
x[a:b, ::-1, :, i]
x[(if a then b else c):]
(a,)
()
[]
{a: 1}
{ a }
{ a }[0].b
loop (x = a) while x > 1 { x / 2 }
(loop (x = a) for i < n { x })[0]
history (s = 0.0, (t, u) = p) for i < n { (s, (t, u)) }
f(a, b, wrt=(x, y), upper=true)
t.0.1
1.5f32 + 1e-3 + 1_000 + 7i32
"""


@pytest.mark.parametrize("text", CANONICAL.strip().splitlines())
def test_canonical_text_is_kept(text):
    expected = text.replace("{ a }[0]", "({ a })[0]")
    assert unparse(parse_expression(text)) == expected


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("((a))+(b*c)", "a + b * c"),
        ("a**(-b)", "a ** -b"),
        ("(a<b)&&(c)", "a < b && c"),
        ("f((a),)", "f(a)"),
        ("{a : 1 ,}", "{a: 1}"),
        ("if(a)then(b)else(c)", "if a then b else c"),
    ],
)
def test_superfluous_brackets_go(given, canonical):
    assert unparse(parse_expression(given)) == canonical


@given(modules)
@settings(max_examples=60, deadline=None)
def test_lines_break_within_the_width_where_they_can(tree):
    wide = max(map(len, unparse(tree, 10_000).splitlines()), default=0)
    narrow = max(map(len, unparse(tree, 100).splitlines()), default=0)
    assert narrow <= max(wide, 100)


def test_documentation_stands_above_its_definition():
    tree = ast.Def("f", (), None, ast.IntLiteral(1), "One.\n\nAlways.")
    assert unparse(ast.Module((tree,))) == "# One.\n#\n# Always.\ndef f() = 1\n"


def test_negative_values_made_by_hand_print():
    tree = ast.Binary("**", ast.FloatLiteral(-2.0), ast.IntLiteral(-3))
    assert unparse(tree) == "(-2.0) ** -3"


def test_deep_and_long_trees_made_by_hand_print():
    deep: ast.Expr = ast.Name("x")
    for _ in range(5_000):
        deep = ast.ArrayLiteral((deep,))
    assert unparse(deep, 100_000).startswith("[[[")
    long = ast.Chain(ast.Name("x"), (ast.Link("+", ast.Name("y")),) * 20_000)
    assert unparse(long).count("+ y") == 20_000
