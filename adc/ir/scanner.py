"""The words of the textual IR: which there are, how a text falls into them, and a cursor to read them through."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import NoReturn

from adc.diagnostics import Diagnostic, Label, ParseError, SourceFile, Span
from adc.types.core import DType

_TOKEN = re.compile(
    r"""(?P<skip>(?:\s|\#[^\n]*)+)
      | (?P<string>"(?:[^"\\\n]|\\.)*")
      | (?P<number>-?(?:[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?:f32|i32|tape)?|(?:inf|nan)(?:f32)?)
          (?![A-Za-z0-9_.]))
      | (?P<name>[A-Za-z_][A-Za-z0-9_.]*)
      | (?P<mark>->|[(){}\[\],:=;+*/-])""",
    re.VERBOSE,
)
DTYPES = {dtype.value: dtype for dtype in DType}
SUFFIXES = ("f32", "i32", "tape")  # of numbers
CONSTANTS = {"true", "false", "inf", "nan", "inff32", "nanf32"}
KEYWORDS = {"def", "request", "rule", "keep", "signature", "doc", "wrt", "ref", "yield", "return"}
RESERVED = KEYWORDS | CONSTANTS | DTYPES.keys()
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
END = "end"
SYNTAX = "E0150"


def quoted(name: str) -> str:
    """A name that must survive as it is: in quotes unless it is a plain one."""
    plain = NAME.fullmatch(name) and name not in RESERVED
    return name if plain else json.dumps(name)


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is string, number, name or end; a mark is its own kind."""

    kind: str
    text: str
    start: int
    end: int


def scan(source: SourceFile) -> list[Token]:
    """All tokens of the text, closed by an `end`; ParseError at a character that begins none."""
    tokens: list[Token] = []
    position, text = 0, source.text
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            found = Label(source.span(position, position + 1))
            raise ParseError(
                Diagnostic(SYNTAX, f"`{text[position]}` begins no word of the IR", found)
            )
        kind = match.lastgroup
        assert kind is not None
        if kind != "skip":
            word = match.group()
            tokens.append(Token(word if kind == "mark" else kind, word, position, match.end()))
        position = match.end()
    tokens.append(Token(END, "", len(text), len(text)))
    return tokens


class Cursor:
    """A place in the tokens: look, take what is expected, or say what was."""

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self._tokens = scan(source)
        self._at = 0

    @property
    def now(self) -> Token:
        return self._tokens[self._at]

    @property
    def next(self) -> Token:
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    def advance(self) -> Token:
        token = self.now
        if token.kind != END:
            self._at += 1
        return token

    def expect(self, kind: str) -> Token:
        if self.now.kind != kind:
            self.fail(f"expected {_WORDS.get(kind, f'`{kind}`')}")
        return self.advance()

    def take(self, mark: str) -> bool:
        """Whether the mark stands here; it is then behind us."""
        if self.now.kind != mark:
            return False
        self.advance()
        return True

    def at_word(self, word: str) -> bool:
        return self.now.kind == "name" and self.now.text == word

    def take_word(self, word: str) -> bool:
        if not self.at_word(word):
            return False
        self.advance()
        return True

    def word(self) -> str:
        """A name, plain or in quotes."""
        return self.string() if self.now.kind == "string" else self.expect("name").text

    def string(self) -> str:
        token = self.expect("string")
        try:
            text: str = json.loads(token.text)
        except ValueError:
            self.fail("a string with an unknown escape", token)
        return text

    def whole(self) -> int:
        """A whole number without suffix."""
        token = self.expect("number")
        if not re.fullmatch(r"-?[0-9]{1,19}", token.text):
            self.fail("expected a whole number", token)
        return int(token.text)

    def span(self, start: Token) -> Span:
        """From `start` up to what was taken last."""
        return self.source.span(start.start, max(start.end, self._tokens[self._at - 1].end))

    def fail(self, title: str, token: Token | None = None) -> NoReturn:
        token = token or self.now
        found = f", found {f'`{token.text}`' if token.text else 'the end'}"
        suffix = found if title.startswith("expected") else ""
        label = Label(self.source.span(token.start, token.end))
        raise ParseError(Diagnostic(SYNTAX, title + suffix, label))


_WORDS = {"name": "a name", "number": "a number", "string": "a string", END: "the end"}
