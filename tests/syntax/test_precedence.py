"""Binding strength: each operator against each, by where brackets change nothing."""

import pytest

from adc.syntax.parse import parse_expression

# Loosest first. All of a level stand in one row; the last two are right associative or prefix.
LEVELS = [["||"], ["&&"], ["=="], ["+", "-"], ["*", "/", "//", "%", "@"], ["**"]]
PAIRS = [
    (loose, tight)
    for position, row in enumerate(LEVELS)
    for loose in row
    for tighter in LEVELS[position + 1 :]
    for tight in tighter
]


@pytest.mark.parametrize(("loose", "tight"), PAIRS)
def test_tighter_operators_bind_first_on_both_sides(loose, tight):
    assert parse_expression(f"a {loose} b {tight} c") == parse_expression(
        f"a {loose} (b {tight} c)"
    )
    assert parse_expression(f"a {tight} b {loose} c") == parse_expression(
        f"(a {tight} b) {loose} c"
    )


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a - b - c", "a - b - c"),
        ("a ** b ** c", "a ** (b ** c)"),
        ("-a ** b", "-(a ** b)"),
        ("-a * b", "(-a) * b"),
        ("a ** -b", "a ** (-b)"),
        ("- - a", "-(-a)"),
        ("-a.b[0](c)", "-(((a.b)[0])(c))"),
        ("!a == b", "!(a == b)"),
        ("!a && b", "(!a) && b"),
        ("a + b < c + d", "(a + b) < (c + d)"),
        ("x with [i] = a || b", "x with [i] = (a || b)"),
        ("a || b with [i] = c", "(a || b) with [i] = c"),
        ("if a then b else c + d", "if a then b else (c + d)"),
        ("if a then b else c with [i] = d", "if a then b else (c with [i] = d)"),
        ("fn(x) => x with [i] = d", "fn(x) => (x with [i] = d)"),
        ("fn(x) => if a then b else c", "fn(x) => (if a then b else c)"),
        ("[e for i < n + 1]", "[e for i < (n + 1)]"),
        ("[e for x in a || b]", "[e for x in (a || b)]"),
        ("loop (a = b) while a < b && c { a }", "loop (a = b) while ((a < b) && c) { a }"),
    ],
)
def test_brackets_that_change_nothing(text, same):
    assert parse_expression(text) == parse_expression(same)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("a - b - c", "a - (b - c)"),
        ("a + b + c", "a + (b + c)"),
        ("a ** b ** c", "(a ** b) ** c"),
        ("-a ** b", "(-a) ** b"),
        ("!a == b", "(!a) == b"),
        ("x with [i] = a with [j] = b", "x with [i] = (a with [j] = b)"),
        ("if a then b else c + d", "(if a then b else c) + d"),
    ],
)
def test_brackets_that_matter(text, other):
    assert parse_expression(text) != parse_expression(other)


def test_an_item_of_an_item_is_no_float():
    assert parse_expression("t.0.1") == parse_expression("(t.0).1")
    assert parse_expression("t.0 .1") == parse_expression("(t.0).1")
