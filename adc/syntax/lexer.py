"""Cuts a source text into tokens, and refuses what no program may contain.

One pass with one regular expression: time is linear in the text, whatever stands in it. What is wrong with a single
token (a character of another language, a number that does not fit, a text without its end) is noted in `problems`
and a stand-in token goes on, so that the rest is still read; a text that is too large, too deep or not text at all
raises at once.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from adc.diagnostics import Diagnostic, ParseError, SourceFile
from adc.syntax.lalr import Tables
from adc.syntax.spelling import (
    Complaint,
    float_complaint,
    forbidden,
    integer_complaint,
    misspelt,
    open_string,
    strange,
)


class Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Comment:
    """`#` and what follows on its line; `text` begins with the `#`, without blanks at its end."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the parser takes on. `nesting` bounds brackets in the text and levels in the tree alike."""

    source_bytes: int = 4 * 1024 * 1024
    nesting: int = 128
    number_length: int = 1000
    errors: int = 20


DEFAULT_LIMITS = Limits()

OPENING = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
CLOSING = {closing: opening for opening, closing in OPENING.items()}

# Words that begin a definition; they are reserved, so they stand nowhere else.
DEFINITION_KINDS = frozenset({"DEF", "CONST", "TYPE", "IMPORT", "DERIVATIVE", "ADJOINT"})

_CAREFUL_KINDS = frozenset(
    {"COMMENT", "INT", "FLOAT", "DIGITS", "MISSPELT", "OPEN_STRING", "SIGNS", "STRANGE"}
)

# Controls but tab, line feed, form feed and carriage return; surrogates; marks that change the direction of text or
# cannot be seen, wherever they stand (a byte order mark at the very beginning is a blank).
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]|(?<!\\A)\ufeff"
)


class Lexer:
    """The tokens of `source`; `comments` and `problems` fill while they are drawn."""

    def __init__(self, source: SourceFile, tables: Tables, limits: Limits = DEFAULT_LIMITS) -> None:
        self.source = source
        self.comments: list[Comment] = []
        self.problems: list[Diagnostic] = []
        self._reserved = tables.reserved
        self._limits = limits
        self._pattern = _pattern(tables.tokens, limits.nesting)
        self._check_text()

    def tokens(self, start: int = 0, end: int | None = None) -> Iterator[Token]:
        """Tokens of the text between two offsets, which must not cut a token."""
        reserved, limit = self._reserved, self._limits.nesting
        text = self.source.text
        depth = 0
        for match in self._pattern.finditer(text, start, len(text) if end is None else end):
            kind = match.lastgroup or ""
            word = match.group()
            if kind == "BLANK":
                continue
            if kind == "NAME":
                kind = reserved.get(word, kind)
                if kind in DEFINITION_KINDS:
                    depth = 0
            elif kind in OPENING:
                depth += 1
                if depth > limit:
                    raise self.refusal(too_deep(limit), match.start(), match.end())
            elif kind in CLOSING:
                depth -= 1
            elif kind in _CAREFUL_KINDS:
                kind, word = self._careful(kind, word, match.start())
                if not kind:
                    continue
            yield Token(kind, word, match.start(), match.end())

    def again(self, start: int, end: int) -> Iterator[Token]:
        """Tokens of a part that was read before, without noting comments and problems again."""
        other = copy.copy(self)
        other.comments, other.problems = [], []
        return other.tokens(start, end)

    def refusal(self, complaint: Complaint, start: int, end: int) -> ParseError:
        """The error that ends all reading."""
        return ParseError(complaint.at(self.source.span(start, end)))

    def _careful(self, kind: str, word: str, start: int) -> tuple[str, str]:
        """A token that may be wrong, or what stands for it after noting what is; no kind if nothing does."""
        longest = self._limits.number_length
        complaint: Complaint | None = None
        stand_in = kind, "0"
        match kind:
            case "COMMENT":
                self.comments.append(Comment(word.rstrip(), start))
                return "", ""
            case "SIGNS":
                raise self.refusal(too_deep(self._limits.nesting), start, start + 1)
            case "INT" | "DIGITS":
                complaint = integer_complaint(word, longest)
            case "FLOAT":
                complaint = float_complaint(word, longest)
            case "MISSPELT":
                stand_in, complaint = ("INT", "0"), misspelt(word)
            case "OPEN_STRING":
                stand_in, complaint = ("STRING", '""'), open_string(word)
            case _:
                stand_in, complaint = ("", ""), strange(word)
        if complaint is None:
            return kind, word
        self.problems.append(complaint.at(self.source.span(start, start + len(word))))
        if len(self.problems) >= self._limits.errors:
            raise ParseError(self.problems)
        return stand_in

    def _check_text(self) -> None:
        """Refuse a text that is too large, or holds characters that may stand nowhere."""
        text, limit = self.source.text, self._limits.source_bytes
        size = len(text)
        if size <= limit < 4 * size:
            size = len(text.encode("utf-8", "surrogatepass"))
        if size > limit:
            raise self.refusal(too_large(size, limit), 0, 0)
        bad = _FORBIDDEN.search(text)
        if bad:
            raise self.refusal(forbidden(bad.group()), bad.start(), bad.end())


def too_deep(limit: int) -> Complaint:
    return Complaint(
        "E0121",
        f"nesting is deeper than {limit} levels",
        f"level {limit + 1} begins here",
        hint="name inner parts with `let`",
    )


def too_large(size: int, limit: int) -> Complaint:
    return Complaint("E0122", f"source has {size:,} bytes; the limit is {limit:,}")


@cache
def _pattern(tokens: tuple[tuple[str, str], ...], nesting: int) -> re.Pattern[str]:
    """One alternation over all tokens, the grammar's and those that are always wrong."""
    groups = {"SIGNS": rf"(?:[-!][ \t\r\n]*){{{nesting + 1}}}"}
    for kind, pattern in tokens:
        if kind in ("INT", "FLOAT"):
            pattern = rf"(?:{pattern})(?![0-9A-Za-z_.])"
        groups[kind] = pattern
    groups["MISSPELT"] = r"[0-9](?:[0-9A-Za-z_.]++|(?<=[eE])[+-])*+"
    groups["OPEN_STRING"] = r'"[^"\r\n]*'
    groups["STRANGE"] = r"[^\x00-\x7f]+|."
    return re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in groups.items()))
