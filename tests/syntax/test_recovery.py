"""Several mistakes in one go, and none that follow from another."""

import pytest

from adc.diagnostics import ParseError, SourceFile
from adc.syntax.lexer import Limits
from adc.syntax.parse import parse


def problems(text, limits=None):
    with pytest.raises(ParseError) as caught:
        parse(SourceFile("m", text), *([limits] if limits else []))
    return [(d.code, d.span.line) for d in caught.value.diagnostics]


def test_each_definition_is_read_on_its_own():
    text = "def a() = (1\ndef b() = 1 +\nconst c = 2\ntype T = 3\nimport x\nadjoint f(x, ct) = 1"
    assert problems(text) == [
        ("E0102", 1), ("E0113", 2), ("E0142", 4), ("E0137", 5), ("E0136", 6)
    ]  # fmt: skip


def test_at_most_twenty_are_reported():
    assert len(problems("def f( = 1\n" * 50)) == 20
    assert len(problems("def f() = 1.\n" * 50)) == 20
    assert len(problems("def f( = 1\n" * 50, Limits(errors=3))) == 3


def test_a_reserved_word_as_a_name_does_not_cut_its_definition():
    assert problems("def f(type: f64) = type + 1\ndef g() = 1") == [("E0109", 1)]
    assert problems("def f(\n  const: f64,\n  x: f64) = x") == [("E0109", 2)]
    assert problems("def f(r: f64) = r.import") == [("E0109", 1)]


def test_a_wrong_token_hides_what_follows_from_it():
    assert problems("def f(α: f64) = α.1.\ndef g() = (") == [
        ("E0118", 1), ("E0118", 1), ("E0102", 2)
    ]  # fmt: skip


def test_problems_come_in_the_order_of_the_text():
    assert problems("def f() = +\ndef g() = 1e999\ndef h() = f(a=1, 2)\ndef i() = )") == [
        ("E0113", 1), ("E0125", 2), ("E0131", 3), ("E0104", 4)
    ]  # fmt: skip


def test_all_numbers_beyond_i64_are_found():
    text = f"def f() = {2**63} + -{2**63} - {2**63} + -({2**63})"
    assert problems(text) == [("E0124", 1)] * 3
