"""Tokens, comments, and what is refused whatever the grammar says."""

import pytest

from adc.diagnostics import ParseError, SourceFile
from adc.syntax.lalr import load
from adc.syntax.lexer import Lexer, Limits
from adc.syntax.parse import decode, parse


def kinds(text):
    return [token.kind for token in Lexer(SourceFile("m", text), load("adl")).tokens()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("iff if if_", ["NAME", "IF", "NAME"]),
        ("a ** b*c//d", ["NAME", "POWER", "NAME", "TIMES", "NAME", "TIMES", "NAME"]),
        ("t.0.12", ["NAME", "DOT", "DIGITS", "DOT", "DIGITS"]),
        ("1 1.5 1e3 1f32 1i32 0", ["INT", "FLOAT", "FLOAT", "FLOAT", "INT", "INT"]),
        ("<= < == = => >= -> - += +", ["COMPARISON", "LESSTHAN", "COMPARISON", "EQUAL", "BODY",
                                       "COMPARISON", "ARROW", "MINUS", "ADD_TO", "PLUS"]),
        ("&& || ! !=", ["AND", "OR", "BANG", "COMPARISON"]),
        ('"a # b" # c "d"', ["STRING"]),
        ("x[1:2]", ["NAME", "LSQB", "INT", "COLON", "INT", "RSQB"]),
    ],
)  # fmt: skip
def test_kinds(text, expected):
    assert kinds(text) == expected


def test_comments_are_kept_with_their_places():
    lexer = Lexer(SourceFile("m", "# one  \na # two\r# é"), load("adl"))
    list(lexer.tokens())
    assert [(c.text, c.start) for c in lexer.comments] == [("# one", 0), ("# two", 10), ("# é", 16)]


def refusal(text, **limits):
    with pytest.raises(ParseError) as caught:
        parse(SourceFile("m", text), Limits(**limits))
    return caught.value.code


@pytest.mark.parametrize("character", ["\0", "\x1b", "\x7f", "\x85", "\u202e", "\u2066", "\u200b", "\ufeff",
                                       "\ud800", "\U000e0041", "\u2028"])  # fmt: skip
@pytest.mark.parametrize(
    "text", ["def f() = 1 # {}", 'def f() {{ assert a, "{}"; 1 }}', "def f() = {}1"]
)
def test_hidden_characters_are_refused_everywhere(character, text):
    assert refusal(text.format(character)) == "E0120"


@pytest.mark.parametrize("letters", ["äöü", "漢字", "😀", "👩\u200d🔬", "e\u0301"])
def test_other_letters_may_stand_in_comments_and_texts(letters):
    assert parse(SourceFile("m", f'# {letters}\ndef f() {{ assert a, "{letters}"; 1 }}')).items


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1.", "E0123"), ("1..2", "E0123"), (".5", "E0123"), ("0x10", "E0123"), ("1__0", "E0123"),
        ("1_", "E0123"), ("1e", "E0123"), ("2x", "E0123"), ("1.5i64", "E0123"), ("1u8", "E0123"),
        ("9223372036854775808", "E0124"), ("2147483648i32", "E0124"), ("t.99999999999999999999", "E0124"),
        ("1e999999", "E0125"), ("1e39f32", "E0125"), ("1" * 1001, "E0126"), ("0." + "1" * 1000, "E0126"),
        ('"open', "E0119"), ("a & b", "E0118"), ("a ? b", "E0118"), ("π", "E0118"), ("1２", "E0118"),
    ],
)  # fmt: skip
def test_wrong_tokens(text, code):
    assert refusal(f"def f() = {text}") == code


@pytest.mark.parametrize("text", ["9223372036854775807", "2147483647i32", "-2147483648i32", "08", "1e-999",
                                  "1.7976931348623157e308", "3.4028235e38f32", "1" * 18, "0." + "1" * 900])  # fmt: skip
def test_numbers_at_the_limits(text):
    assert parse(SourceFile("m", f"def f() = {text}")).items


def test_limits_are_options():
    deep = "def f() = " + "(" * 300 + "1" + ")" * 300
    assert refusal(deep) == "E0121"
    assert refusal(deep, nesting=299) == "E0121"
    assert parse(SourceFile("m", deep), Limits(nesting=300)).items
    assert refusal("# 123456789", source_bytes=10) == "E0122"
    assert refusal("# é", source_bytes=3) == "E0122"
    with pytest.raises(ParseError):
        decode("m", b"# 123456789", Limits(source_bytes=10))


def test_unclosed_brackets_of_one_definition_do_not_add_up_with_those_of_the_next():
    assert refusal("def f() = ((\n" * 200) == "E0102"
