"""Where a parse stopped: the token that does not fit, what surrounds it, and what would have fitted.

Everything that recognising a mistake needs is computed here once, from the tokens alone: which brackets are open,
and the tokens at the level of the innermost one, with what stands in closed brackets left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from adc.diagnostics import Diagnostic, Label, SourceFile, Span
from adc.syntax.lalr import END
from adc.syntax.lexer import CLOSING, OPENING, Token
from adc.syntax.mistakes import words

_LOOK_AHEAD = 12


@dataclass(frozen=True, slots=True)
class Situation:
    """`levels[i]` are the tokens inside the first i open brackets, outside any further one."""

    source: SourceFile
    token: Token
    previous: Token
    following: tuple[Token, ...]
    expected: frozenset[str]
    brackets: tuple[Token, ...]
    levels: tuple[tuple[Token, ...], ...]

    @property
    def next(self) -> Token:
        return self.following[0]

    @property
    def opener(self) -> str:
        """The kind of the innermost open bracket; empty outside all brackets."""
        return self.brackets[-1].kind if self.brackets else ""

    @property
    def statement(self) -> tuple[Token, ...]:
        """The tokens at this level since the last `;`."""
        return _after_last(self.levels[-1], "SEMICOLON")

    @property
    def introduction(self) -> tuple[Token, ...]:
        """The tokens just outside the innermost bracket, since the last `;`, up to the bracket."""
        return _after_last(self.levels[-2], "SEMICOLON") if len(self.levels) > 1 else ()

    @property
    def definition(self) -> str:
        """The kind of the word that begins the definition; empty if none does."""
        first = self.levels[0][0] if self.levels[0] else self.token
        return first.kind if first.kind in words.DEFINITIONS else ""

    @property
    def needs_operand(self) -> bool:
        """An expression has to follow."""
        return "INT" in self.expected

    @property
    def has_operand(self) -> bool:
        """An expression ends before the token, and an operator could follow."""
        return "PLUS" in self.expected

    @property
    def begins_operand(self) -> bool:
        return self.token.kind in words.EXPRESSIONS - {"MINUS"}

    @property
    def here(self) -> Span:
        return self.place(self.token)

    @property
    def behind(self) -> Span:
        """The empty place just after the last token that fitted."""
        return self.source.span(self.previous.end, self.previous.end)

    def place(self, token: Token) -> Span:
        return self.source.span(token.start, token.end)

    def text(self, first: Token, last: Token, longest: int = 40) -> str:
        """The source from one token to another, if short and on one line, else `...`."""
        text = self.source.text[first.start : last.end]
        return text if len(text) <= longest and "\n" not in text and "\r" not in text else "..."

    def say(
        self,
        code: str,
        title: str,
        label: str = "",
        hint: str | None = None,
        *,
        at: Span | None = None,
        also: tuple[Span, str] | None = None,
    ) -> Diagnostic:
        """A diagnostic here, or `at` another place, with a second place to look at."""
        others = (Label(*also),) if also else ()
        return Diagnostic(code, title, Label(at or self.here, label), others, (), hint)


def situation(
    source: SourceFile,
    before: Sequence[Token],
    token: Token,
    after: Iterator[Token],
    expected: frozenset[str],
) -> Situation:
    """The situation at `token`, which came after the tokens `before`."""
    levels: list[list[Token]] = [[]]
    brackets: list[Token] = []
    for earlier in before:
        if earlier.kind in CLOSING:
            levels.pop()
            brackets.pop()
        levels[-1].append(earlier)
        if earlier.kind in OPENING:
            levels.append([])
            brackets.append(earlier)
    previous = before[-1] if before else Token(END, "", token.start, token.start)
    nothing = Token(END, "", token.end, token.end)
    following = tuple(islice(after, _LOOK_AHEAD))
    following += (nothing,) * (_LOOK_AHEAD - len(following))
    return Situation(
        source, token, previous, following, expected, tuple(brackets), tuple(map(tuple, levels))
    )


def _after_last(tokens: tuple[Token, ...], kind: str) -> tuple[Token, ...]:
    for index in range(len(tokens) - 1, -1, -1):
        if tokens[index].kind == kind:
            return tokens[index + 1 :]
    return tokens
