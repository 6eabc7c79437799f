"""Syntax errors as a user sees them: one golden rendering beside each wrong program, and no bad message ever."""

import random
import re
from pathlib import Path

import pytest

from adc.diagnostics import ParseError, render_all
from adc.diagnostics.catalogue import ENTRIES
from adc.syntax.parse import decode, parse

ERRORS = Path(__file__).parent.parent / "errors"
WRONG_PROGRAMS = sorted(ERRORS.glob("E01*.adl"))

# What a text file cannot show well: E0122 needs 4 MiB; E0150 is about textual IR.
WITHOUT_FILE = {"E0122", "E0150"}


def _problems(path):
    with pytest.raises(ParseError) as caught:
        parse(decode(path.name, path.read_bytes()))
    return caught.value.diagnostics


@pytest.mark.parametrize("path", WRONG_PROGRAMS, ids=lambda path: path.stem)
def test_rendering(path, is_updating_golden):
    problems = _problems(path)
    assert path.stem[:5] in {problem.code for problem in problems}
    expected = path.with_suffix(".txt")
    rendered = render_all(problems) + "\n"
    if is_updating_golden:
        expected.write_text(rendered, encoding="utf-8")
    assert rendered == expected.read_text(encoding="utf-8")


def test_no_expected_rendering_is_an_orphan():
    assert {p.stem for p in ERRORS.glob("E01*.txt")} == {p.stem for p in WRONG_PROGRAMS}


def test_every_syntax_code_has_a_wrong_program():
    codes = {code for code in ENTRIES if code.startswith("E01")} - WITHOUT_FILE
    assert codes == {path.stem[:5] for path in WRONG_PROGRAMS}


SAMPLE = """
type Body = {pos: f64[3], mass: f64}
const g = 9.81
import "other.adl"
def energy(bodies: Body[n], c: (f64, bool) -> f64[n, 2]) -> f64 {
  let (a, b): (f64, i64) = bodies.0.pos;
  assert a > 0.0 && b <= 2 || !c, "text";
  loop (s = 0.0, t = [1, 2]) for i < n { if i == 0 then s else if a then -s else s ** 2 }
}
derivative f(x, y; dx, dy) = fn(q) => [x[i, :] * dx with [0] = 1 for i < n, (u, v) in zip(x, y)]
def w(x: f64) = accum (A = x) for i < n { let c = x; A[i] += c; if c > 1 { A += 1; } else { for j < n { A += 2; } } }
def h(x: f64) = history (s = x) while s > 1.5e-3f32 { x with {a: sum(e for e in x), b: f(x, wrt=y)} }
"""
_WORDS = re.findall(r'"[^"]*"|\d[\w.]*(?:(?<=e)-\w+)?|\w+(?:\.\w+)?|[-+*/<>=!&|]+|\S', SAMPLE)
_ODD = [
    "&",
    "?",
    "é",
    "1.",
    "and",
    "return",
    "type",
    ";",
    "}",
    "(",
    "if",
    "for",
    "=",
    "<=",
    '"x',
    "#",
    ".5",
]
_TERMINAL_NAMES = re.compile(r"\b[A-Z]{2,}\b|__|\$END|Token\(")


def _mutants(count):
    source = random.Random(7)
    for _ in range(count):
        words = list(_WORDS)
        for _ in range(source.randint(1, 3)):
            at = source.randrange(len(words))
            match source.randrange(5):
                case 0:
                    del words[at]
                case 1:
                    words.insert(at, source.choice(_ODD))
                case 2:
                    words.insert(at, source.choice(_WORDS))
                case 3:
                    other = source.randrange(len(words))
                    words[at], words[other] = words[other], words[at]
                case _:
                    del words[at : at + source.randint(1, 40)]
        yield source.choice([" ", "\n"]).join(words)


def _refusal(text):
    try:
        parse(decode("m.adl", text.encode()))
    except ParseError as error:
        return error
    return None


def test_messages_of_mutants_are_well_formed():
    seen = set()
    for text in _mutants(1_000):
        error = _refusal(text)
        if error is None:
            continue
        assert str(error)
        assert len(error.diagnostics) <= 20
        for problem in error.diagnostics:
            seen.add(problem.code)
            assert problem.code in ENTRIES, text
            said = (problem.title, problem.primary.text, problem.hint or "", *problem.notes)
            shown = re.sub(r"`[^`]*`|E01\d\d|ASCII|ADL|UTF|U\+\w+", "", " ".join(said))
            assert not _TERMINAL_NAMES.search(shown), (text, said)
            assert not re.search("invalid|illegal|unexpected", shown), (text, said)
            assert 0 <= problem.span.start <= problem.span.end <= len(text)
    assert len(seen) > 20
