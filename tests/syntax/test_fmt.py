"""Canonical layout: same program, same comments, and nothing left to do the second time."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adc.diagnostics import ParseError, SourceFile
from adc.syntax.fmt import format_text
from adc.syntax.lalr import load
from adc.syntax.lexer import Lexer
from adc.syntax.parse import read
from adc.syntax.unparse import unparse
from tests.property.generate import program
from tests.syntax.trees import Maker

ROOT = Path(__file__).parents[2]

KEPT = """\
# About this file.

# Doc of f,
# two lines.
def f(
  x: f64,  # the first
  y: f64,  # the second
) -> f64 =
  # on the sum
  x
    # why y
    + y  # the end
# between
const a = 1  # one
const b = 2

type T = {
  a: f64,  # first
  # own line
  b: f64,
}

def g(x: f64[n]) {
  # start
  let a = 3;  # three
  # before c

  let c = f(
    a,
    # before b
    b,
  );
  let d = [
    1.0,  # one
    2.0, 3.0,  # three
  ];
  # before the value
  if a > 3 then
    # large
    a
  else
    # small
    b
  # after the value
}

def m() =
  accum (
    s = 0.0,  # s
    t = 1,
  ) for i < n {
    # body
    s += 1;  # add
    # last
  }
# end of file

# really
"""

UNTIDY = """\
#About


const   a=1;const b = 2 # two
def f (x:f64 # the x
,)->f64{let y=x*( # half
0.5);# after
y}
  # indented
def g()=f(if true then 1.0 # yes
else 2.0)


"""

TIDY = """\
#About

const a = 1
const b = 2  # two

def f(
  x: f64,  # the x
) -> f64 {
  let y = x * 0.5;  # half
  # after
  y
}

# indented
def g() =
  f(
    if true then 1.0  # yes
    else 2.0,
  )
"""


def test_a_tidy_text_stays():
    assert format_text(KEPT) == KEPT


def test_an_untidy_text_is_laid_out():
    assert format_text(UNTIDY) == TIDY


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("", ""),
        ("\n\n", ""),
        ("# only\n\n\n\n# two", "# only\n\n# two\n"),
        ("def f()=1;", "def f() = 1\n"),
        ("\ufeffdef f()=1\r\n\r\n\r\n# a\rdef g()=2", "def f() = 1\n\n# a\ndef g() = 2\n"),
        ("def f()=1_000+1.50e3f32", "def f() = 1_000 + 1.50e3f32\n"),
        ("def f() = g( # nothing\n)", "def f() = g()  # nothing\n"),
    ],
)
def test_small_texts(text, result):
    assert format_text(text) == result


def test_a_comment_above_a_definition_stays_its_documentation():
    text = "# far\n\n# near\ndef f() = 1\n# g\ndef g() = 2\n\n# far\n\ndef h() = 3\n"
    docs = [item.doc for item in read(SourceFile("m", format_text(text))).module.items]
    assert docs == ["near", "g", None]


def test_errors_name_the_text():
    with pytest.raises(ParseError) as caught:
        format_text("def f( = 1", name="some.adl")
    assert caught.value.span.file == "some.adl"


@given(st.integers(0, 2**32), st.sampled_from([30, 100]))
@settings(max_examples=120, deadline=None)
def test_random_comments_survive_and_the_result_is_stable(seed, width):
    random = Random(seed)
    text = _littered(unparse(Maker(random).module(3)), random)
    before = read(SourceFile("m", text))
    result = format_text(text, width=width)
    after = read(SourceFile("m", result))
    assert after.module == before.module
    assert sorted(c.text for c in after.comments) == sorted(c.text for c in before.comments)
    assert format_text(result, width=width) == result
    assert "\n\n\n" not in result
    assert not any(line != line.rstrip() for line in result.splitlines())


def _littered(text: str, random: Random) -> str:
    """`text` with comments and line ends between its tokens."""
    pieces: list[str] = []
    end = 0
    for number, token in enumerate(Lexer(SourceFile("m", text), load("adl")).tokens()):
        pieces.append(text[end : token.start])
        chance = 1.0 if token.kind == "DIGITS" else random.random()
        if chance < 0.05:
            pieces.append(f" # comment {number}\n")
        elif chance < 0.1:
            pieces.append(f"\n\n\n# comment {number}\n")
        elif chance < 0.15:
            pieces.append("\n\n")
        pieces.append(token.text)
        end = token.end
    return "".join(pieces) + text[end:]


FOLDERS = ("examples", "tests/programs", "tests/regressions")
SOURCES = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.adl"))]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_sources_of_the_repository_with_and_without_more_comments(path: Path) -> None:
    text = path.read_text()
    for source in (text, _littered(text, Random(path.stem))):
        once = format_text(source)  # which asserts that program and comments stay
        assert format_text(once) == once


@pytest.mark.parametrize("seed", range(20))
def test_random_programs_with_comments(seed: int) -> None:
    once = format_text(_littered(program(seed, depth=3).text, Random(seed)))
    assert format_text(once) == once
