"""Renderings, compared as a whole: what a user sees is the specification."""

import re

import pytest

from adc.diagnostics import Diagnostic, Label, SourceFile, render, render_all, to_json
from adc.diagnostics.render import Style

SOURCE = SourceFile(
    "model.adl",
    "def loss(x: f64[n], w: f64[m]) -> f64 =\n"
    "  sum(x * w)\n"
    "\n"
    "# a\n"
    "\tlet 漢字 = e\u0301 + z\n"
    + "a" * 150 + "b" * 10 + "c" * 150 + "\n"
    "last",
)  # fmt: skip
Z = SOURCE.text.index("+ z") + 2


def label(found, text="", start=0):
    at = SOURCE.text.index(found, start)
    return Label(SOURCE.span(at, at + len(found)), text)


def shown(*args, **kwargs):
    return render(Diagnostic("E0301", *args, **kwargs)) + "\n"


def test_several_labels_notes_and_a_hint():
    result = shown(
        "sizes differ in `x * w`",
        label("x * w", "expected equal sizes"),
        (label("f64[n]", "`n` is the size of `x`"), label("f64[m]", "`m` is the size of `w`")),
        ("arrays go element by element", "two\nlines"),
        "declare them equal: `w: f64[n]`",
    )
    assert (
        result
        == """\
error[E0301]: sizes differ in `x * w`
  --> model.adl:2:7
   |
 1 | def loss(x: f64[n], w: f64[m]) -> f64 =
   |             ------     ------ `m` is the size of `w`
   |             `n` is the size of `x`
 2 |   sum(x * w)
   |       ^^^^^ expected equal sizes
   = note: arrays go element by element
   = note: two
           lines
   = hint: declare them equal: `w: f64[n]`
   = more: adc explain E0301
"""
    )


def test_labels_inside_labels():
    result = shown("t", label("loss(x", "inner"), (label("loss(x: f64[n], w", "outer"),))
    assert (
        result
        == """\
error[E0301]: t
  --> model.adl:1:5
   |
 1 | def loss(x: f64[n], w: f64[m]) -> f64 =
   |     ^^^^^^----------- outer
   |     inner
   = more: adc explain E0301
"""
    )


def test_three_labels_hang_from_right_to_left():
    result = shown("t", label("w: f64", "one"), (label("x: f64", "two"), label("loss", "three")))
    assert (
        result
        == """\
error[E0301]: t
  --> model.adl:1:21
   |
 1 | def loss(x: f64[n], w: f64[m]) -> f64 =
   |     ---- ------     ^^^^^^ one
   |     |    two
   |     three
   = more: adc explain E0301
"""
    )


def test_tabs_and_wide_and_combining_characters():
    result = shown(
        "t",
        Label(SOURCE.span(Z, Z + 1), "here"),
        (label("漢字", "wide"), label("e\u0301", "one column")),
    )
    assert result.splitlines()[3:6] == [
        " 5 |     let 漢字 = e\u0301 + z",
        "   |         ----   -   ^ here",
        "   |         |      one column",
    ]


def test_lines_between_are_shown_or_dotted():
    result = shown("t", label("def"), (label("# a"), label("sum")))
    lines = result.splitlines()
    assert lines[5:9] == [" 2 |   sum(x * w)", "   |   ---", " 3 |", " 4 | # a"]
    assert "..." in shown("t", label("def"), (label("last"),)).splitlines()


def test_a_span_of_several_lines_is_marked_at_both_ends():
    start, end = SOURCE.text.index("loss"), SOURCE.text.index("# a") + 3
    assert (
        shown("t", Label(SOURCE.span(start, end), "all of it"))
        == """\
error[E0301]: t
  --> model.adl:1:5
   |
 1 | def loss(x: f64[n], w: f64[m]) -> f64 =
   |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
...
 4 | # a
   | ^^^ all of it
   = more: adc explain E0301
"""
    )


def test_a_long_line_is_cut_round_the_mark():
    lines = shown("t", label("b" * 10, "here")).splitlines()
    assert lines[3] == " 6 | ..." + "a" * 40 + "b" * 10 + "c" * 50 + "..."
    assert lines[4] == "   | " + " " * 43 + "^" * 10 + " here"


def test_a_line_of_ten_megabytes_stays_short():
    source = SourceFile("m", "x" * 10_000_000)
    text = render(Diagnostic("E0101", "t", Label(source.span(5_000_000, 9_000_000), "here")))
    assert len(text) < 500


def test_an_empty_span_at_the_end_has_a_caret():
    source = SourceFile("m", "abc\n")
    assert "   |    ^ here" in render(Diagnostic("E0101", "t", Label(source.span(3, 3), "here")))
    assert " 2 |\n   | ^ here" in render(Diagnostic("E0101", "t", Label(source.span(4, 4), "here")))


def test_characters_that_a_terminal_obeys_are_escapes():
    source = SourceFile("m\x1b[31m", "a \x1b[2J \u202e b")
    text = render(Diagnostic("E0101", "t\x07", Label(source.span(12, 13), "here\r")))
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", text)
    assert " 1 | a <U+001B>[2J <U+202E> b" in text


def test_labels_in_other_files():
    other = SourceFile("other.adl", "const a = 1")
    result = shown("t", label("last", "here"), (Label(other.span(6, 7), "there"),))
    assert " ::: other.adl:1:7\n" in result
    assert "   |       - there\n" in result


def test_without_a_place():
    assert shown("t", hint="h") == "error[E0301]: t\n   = hint: h\n   = more: adc explain E0301\n"


@pytest.mark.parametrize("found", ["x * w", "last", "漢字", "b" * 10])
def test_colours_change_no_character(found):
    diagnostic = Diagnostic(
        "E0301", "t", label(found, "here"), (label("loss", "other"),), ("n",), "h"
    )
    coloured = render(diagnostic, Style.COLOURED)
    assert "\x1b[" in coloured
    plain = "\n".join(line.rstrip() for line in re.sub(r"\x1b\[[\d;]*m", "", coloured).split("\n"))
    assert plain == render(diagnostic)


def test_several_diagnostics_are_set_apart():
    one = Diagnostic("E0301", "t")
    assert render_all([one, one]) == f"{render(one)}\n\n{render(one)}"


def test_json_has_the_fields_that_are_promised():
    assert to_json(Diagnostic("E0301", "t", label("x * w"), hint="h")) == {
        "code": "E0301",
        "message": "t",
        "span": {"file": "model.adl", "line": 2, "column": 7, "end_line": 2, "end_column": 12},
        "hint": "h",
    }
    assert to_json(Diagnostic("E0301", "t"))["span"] is None
