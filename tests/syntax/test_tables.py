"""The stored parse tables, the grammar, and lark's own reading of it agree."""

import subprocess
import sys

import pytest
from lark import Lark
from lark.exceptions import LarkError

from adc.diagnostics import ParseError, SourceFile
from adc.syntax.build_tables import STARTS, build, dump
from adc.syntax.grammar import grammar_text, tables_path
from adc.syntax.lalr import load
from adc.syntax.parse import parse
from tests.syntax.test_messages import SAMPLE, WRONG_PROGRAMS

# Refused by the lexer or by an action, not by the grammar.
BESIDE_THE_GRAMMAR = {"E0117", "E0120", "E0121", "E0123", "E0124", "E0125", "E0126", "E0131"}


@pytest.mark.parametrize("name", STARTS)
def test_stored_tables_are_those_of_the_grammar(name):
    """If this fails: `python -m adc.syntax.build_tables`. Lark refuses conflicts while it builds."""
    tables = dump(build(grammar_text(f"{name}.lark"), STARTS[name]))
    assert tables == tables_path(name).read_text(encoding="utf-8")


def test_lark_reads_the_same_language():
    lark = Lark(grammar_text("adl.lark"), start="module", parser="lalr", lexer="basic")
    lark.parse(SAMPLE)
    parse(SourceFile("m", SAMPLE))
    for path in WRONG_PROGRAMS:
        if path.stem[:5] in BESIDE_THE_GRAMMAR:
            continue
        text = path.read_text(encoding="utf-8")
        with pytest.raises(LarkError):
            lark.parse(text)
        with pytest.raises(ParseError):
            parse(SourceFile("m", text))


def test_reserved_words_are_those_of_the_language():
    words = (
        "accum adjoint assert const def derivative else false fn for history if import in let loop "
        "then true type while with"
    )
    assert " ".join(load("adl").reserved) == words


def test_parsing_loads_no_third_party_package():
    program = (
        "import sys, adc.syntax.fmt, adc.diagnostics.catalogue as c; "
        "adc.syntax.fmt.format_text('def f() = 1'); "
        "print(sorted({'lark', 'numpy', 'llvmlite', 'numba', 'scipy', 'rich'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
