"""Every code is explained, by an entry that is true."""

import re
from pathlib import Path

import pytest

import adc
from adc.diagnostics import ParseError, SourceFile
from adc.diagnostics.catalogue import ENTRIES, FAMILIES
from adc.syntax.parse import parse

SOURCES = sorted(Path(adc.__file__).parent.rglob("*.py"))
IN_ADL = [entry for entry in ENTRIES.values() if entry.language == "adl"]
SYNTAX = [entry for entry in IN_ADL if entry.code.startswith("E01")]


def ids(entry):
    return entry.code


def test_every_code_that_is_raised_has_an_entry():
    raised = {
        code: path.name
        for path in SOURCES
        if "catalogue" not in path.parts
        for code in re.findall(r'"(E0\d{3})"', path.read_text(encoding="utf-8"))
    }
    assert {code: name for code, name in raised.items() if code not in ENTRIES} == {}


def test_there_are_entries_in_every_family():
    assert len(ENTRIES) >= 55
    assert {code[:3] for code in ENTRIES} == set(FAMILIES)
    assert list(ENTRIES) == sorted(ENTRIES)


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ids)
def test_texts_are_plain(entry):
    assert entry.title[0].islower() or entry.title[0] == "`"
    assert not entry.title.endswith(".")
    assert entry.explanation.endswith(".")
    assert not re.search(r"\b(invalid|illegal|oops|unexpected)\b", entry.title + entry.explanation)


@pytest.mark.parametrize("entry", [e for e in SYNTAX if e.wrong], ids=ids)
def test_wrong_programs_of_syntax_codes_are_refused_with_that_code(entry):
    with pytest.raises(ParseError) as caught:
        parse(SourceFile("main.adl", entry.wrong))
    assert entry.code in {diagnostic.code for diagnostic in caught.value.diagnostics}


@pytest.mark.parametrize("entry", IN_ADL, ids=ids)
def test_right_programs_parse(entry):
    parse(SourceFile("main.adl", entry.right))


@pytest.mark.parametrize("entry", [e for e in IN_ADL if e not in SYNTAX], ids=ids)
def test_wrong_programs_of_later_codes_parse(entry):
    parse(SourceFile("main.adl", entry.wrong))
