"""Source texts and places in them.

A `Span` is half-open and counts characters, not bytes or columns of the terminal; lines and columns are
1-based, as editors show them. A line ends at LF, CR LF or a lone CR. Trees built by hand (a printed derivative
has no source of its own) carry `NO_SPAN`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

_LINE_END = re.compile(r"\r\n?|\n")


@dataclass(frozen=True)
class SourceFile:
    """A named text: `name` is what messages show, a path or something like `<stdin>`."""

    name: str
    text: str

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """Offsets at which lines begin; line 1 always begins at 0."""
        return (0, *(match.end() for match in _LINE_END.finditer(self.text)))

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of the character at `offset`, both 1-based."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of line `number`, without its line end; empty past the last line."""
        start, end = self.line_bounds(number)
        return self.text[start:end]

    def line_bounds(self, number: int) -> tuple[int, int]:
        """Offsets of the first character of line `number` and of its line end."""
        if number > len(self.line_starts):
            return len(self.text), len(self.text)
        start = self.line_starts[number - 1]
        end = _LINE_END.search(self.text, start)
        return start, end.start() if end else len(self.text)

    def span(self, start: int, end: int) -> Span:
        """The characters from `start` up to, not including, `end`."""
        return Span(self, start, end)

    def __repr__(self) -> str:
        return f"SourceFile({self.name!r}, {len(self.text)} characters)"


@dataclass(frozen=True, slots=True)
class Span:
    """The characters of `source` from `start` up to, not including, `end`."""

    source: SourceFile
    start: int
    end: int

    @property
    def file(self) -> str:
        """The name of the source."""
        return self.source.name

    @property
    def line(self) -> int:
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        return self.source.position(self.start)[1]

    @property
    def end_line(self) -> int:
        return self.source.position(self.end)[0]

    @property
    def end_column(self) -> int:
        """Column just after the last character, so that an empty span ends where it begins."""
        return self.source.position(self.end)[1]

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    def join(self, other: Span) -> Span:
        """The smallest span that holds both; a span without a place adds nothing."""
        if not other:
            return self
        if not self:
            return other
        return Span(self.source, min(self.start, other.start), max(self.end, other.end))

    def head(self, length: int) -> Span:
        """The first `length` characters of this span."""
        return Span(self.source, self.start, min(self.start + length, self.end))

    def __bool__(self) -> bool:
        """False for `NO_SPAN` alone: there is a place to show."""
        return self.source != _NOWHERE

    def __repr__(self) -> str:
        return f"Span({self.file}:{self.line}:{self.column}, {self.end - self.start})"


_NOWHERE = SourceFile("<made by adc>", "")
NO_SPAN = Span(_NOWHERE, 0, 0)
