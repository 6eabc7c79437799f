"""Places in source texts."""

import pickle

import pytest

from adc.diagnostics import NO_SPAN, SourceFile, Span

TEXT = "one\ntwo\r\nthree\rfour\n"


@pytest.mark.parametrize(
    ("offset", "position"),
    [(0, (1, 1)), (3, (1, 4)), (4, (2, 1)), (9, (3, 1)), (15, (4, 1)), (19, (4, 5)), (20, (5, 1))],
)
def test_lines_and_columns_are_one_based(offset, position):
    assert SourceFile("m", TEXT).position(offset) == position


def test_lines_come_without_their_ends():
    source = SourceFile("m", TEXT)
    assert [source.line(n) for n in range(1, 7)] == ["one", "two", "three", "four", "", ""]


def test_a_span_is_half_open():
    span = SourceFile("m", TEXT).span(4, 14)
    assert span.text == "two\r\nthree"
    assert (span.file, span.line, span.column, span.end_line, span.end_column) == ("m", 2, 1, 3, 6)


def test_join_is_the_smallest_span_that_holds_both():
    source = SourceFile("m", TEXT)
    assert source.span(4, 7).join(source.span(0, 3)) == source.span(0, 7)
    assert source.span(4, 7).join(NO_SPAN) == source.span(4, 7)
    assert NO_SPAN.join(source.span(4, 7)) == source.span(4, 7)


def test_no_span_is_false_also_after_pickling():
    assert not NO_SPAN
    assert not pickle.loads(pickle.dumps(NO_SPAN))
    assert SourceFile("m", "").span(0, 0)


def test_head_stays_inside():
    assert SourceFile("m", TEXT).span(4, 7).head(2).text == "tw"
    assert SourceFile("m", TEXT).span(4, 7).head(9).text == "two"


def test_spans_compare_by_value():
    assert Span(SourceFile("m", "ab"), 0, 1) == Span(SourceFile("m", "ab"), 0, 1)
    assert Span(SourceFile("m", "ab"), 0, 1) != Span(SourceFile("k", "ab"), 0, 1)
