"""Text to tree.

A file is cut into definitions at the reserved words that begin one, and each is read on its own: a mistake in one
costs nothing in the others, and up to `Limits.errors` are reported at once. Tokens are drawn one at a time and
reduced as they come, so time and memory are linear in the text and no depth of nesting reaches Python's stack.
"""

from __future__ import annotations

import dataclasses
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

from adc.diagnostics import Diagnostic, ParseError, SourceFile
from adc.syntax import ast, lalr
from adc.syntax.build import Builder
from adc.syntax.lexer import (
    DEFAULT_LIMITS,
    DEFINITION_KINDS,
    Comment,
    Lexer,
    Limits,
    Token,
    too_deep,
    too_large,
)
from adc.syntax.mistakes import explain
from adc.syntax.node import deeper_than
from adc.syntax.spelling import not_utf8

# What counts as a level of nesting.
_LEVELS = frozenset(get_args(ast.Expr) + get_args(ast.Type) + get_args(ast.Pattern))


@dataclass(frozen=True, slots=True)
class Reading:
    """A tree, and the comments that it leaves out, in the order of the text."""

    module: ast.Module
    comments: tuple[Comment, ...]


def parse(source: SourceFile, limits: Limits = DEFAULT_LIMITS) -> ast.Module:
    """The tree of a file; raises ParseError with up to `limits.errors` diagnostics (E01xx)."""
    return read(source, limits).module


def parse_expression(source: SourceFile | str, limits: Limits = DEFAULT_LIMITS) -> ast.Expr:
    """The tree of a single expression; raises ParseError (E01xx)."""
    tree: ast.Expr = _Reader(_as_source(source), limits).read_whole("expr")
    return tree


def parse_type(source: SourceFile | str, limits: Limits = DEFAULT_LIMITS) -> ast.Type:
    """The tree of a single type; raises ParseError (E01xx)."""
    tree: ast.Type = _Reader(_as_source(source), limits).read_whole("type")
    return tree


def read(source: SourceFile, limits: Limits = DEFAULT_LIMITS) -> Reading:
    """As `parse`, with the comments."""
    reader = _Reader(source, limits)
    items = reader.read_definitions()
    span = source.span(0, len(source.text))
    return Reading(ast.Module(items, span=span), tuple(reader.lexer.comments))


def decode(name: str, data: bytes, limits: Limits = DEFAULT_LIMITS) -> SourceFile:
    """The bytes of a file as a source; raises ParseError if they are too many (E0122) or not UTF-8 (E0117)."""
    if len(data) > limits.source_bytes:
        nowhere = SourceFile(name, "").span(0, 0)
        raise ParseError(too_large(len(data), limits.source_bytes).at(nowhere))
    try:
        return SourceFile(name, data.decode("utf-8"))
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        source = SourceFile(name, data.decode("utf-8", "replace"))
        place = source.span(len(before), len(before) + 1)
        raise ParseError(not_utf8(data[error.start], error.start).at(place)) from None


def _as_source(source: SourceFile | str) -> SourceFile:
    return SourceFile("<text>", source) if isinstance(source, str) else source


class _Reader:
    """One text being read, and what was found wrong so far."""

    def __init__(self, source: SourceFile, limits: Limits) -> None:
        self.tables = lalr.load("adl")
        self.source = source
        self.limits = limits
        self.lexer = Lexer(source, self.tables, limits)
        self.builder = Builder(source)
        self.found: list[Diagnostic] = []

    def read_definitions(self) -> tuple[ast.Definition, ...]:
        program = lalr.Program(self.tables, "item", self.builder.actions(self.tables))
        items: list[ast.Definition] = []
        run: _Run | None = None
        for token, begins in _with_beginnings(self.lexer.tokens(), self.source.text):
            if run is None or begins:
                if run is not None:
                    items += run.finish()
                if len(self.found) >= self.limits.errors:
                    break
                run = _Run(self, program, token.start)
            run.take(token)
        if run is not None:
            items += run.finish()
        self._raise_problems()
        comments = self.lexer.comments
        return tuple(_documented(item, comments, self.source.text) for item in items)

    def read_whole(self, start: str) -> Any:
        """The value of the whole text from the start symbol `start`."""
        program = lalr.Program(self.tables, start, self.builder.actions(self.tables))
        run = _Run(self, program, 0)
        for token in self.lexer.tokens():
            run.take(token)
        values = run.finish()
        self._raise_problems()
        return values[0]

    def _raise_problems(self) -> None:
        found = self.found + self.lexer.problems + self.builder.problems
        if found:
            found.sort(key=lambda diagnostic: diagnostic.span.start if diagnostic.span else 0)
            raise ParseError(found[: self.limits.errors])


class _Run:
    """The reading of one definition; after its first mistake the rest of it is only skipped."""

    def __init__(self, reader: _Reader, program: lalr.Program, start: int) -> None:
        self._reader = reader
        self._goal = program.goal
        self._machine = lalr.Machine(program)
        self._start = start
        self._end = start
        self._is_alive = True

    def take(self, token: Token) -> None:
        if self._is_alive:
            if self._machine.feed(token.kind, token):
                self._end = token.end
            else:
                self._give_up(token)

    def finish(self) -> list[Any]:
        """What was read, or nothing."""
        end = Token(lalr.END, "", self._end, self._end)
        if self._is_alive and not self._machine.finish(end):
            self._give_up(end)
        if not self._is_alive:
            return []
        node: ast.Node = self._machine.value
        limit = self._reader.limits.nesting
        for deep in deeper_than(node, limit, _LEVELS):
            raise self._reader.lexer.refusal(too_deep(limit), deep.span.start, deep.span.end)
        return [node]

    def _give_up(self, token: Token) -> None:
        """Note the mistake at `token`, unless something in it was noted by the lexer, which may be its cause."""
        self._is_alive = False
        self._machine.drop_values()
        reader = self._reader
        if not any(d.span and d.span.start >= self._start for d in reader.lexer.problems):
            before = tuple(reader.lexer.again(self._start, token.start))
            after = reader.lexer.again(token.end, len(reader.source.text))
            expected = lalr.expected_after(reader.tables, self._goal, before)
            reader.found.append(explain(reader.source, before, token, after, expected))


def _with_beginnings(tokens: Iterator[Token], text: str) -> Iterator[tuple[Token, bool]]:
    """Each token, and whether a definition begins with it.

    A word that begins one, used by mistake as a name, must not cut the text: it counts only before a name (or the
    path of an import) or at the left margin.
    """
    previous: Token | None = None
    for token in tokens:
        if previous is not None:
            yield previous, _begins(previous, token, text)
        previous = token
    if previous is not None:
        yield previous, _begins(previous, None, text)


def _begins(token: Token, after: Token | None, text: str) -> bool:
    if token.kind not in DEFINITION_KINDS:
        return False
    follower = "STRING" if token.kind == "IMPORT" else "NAME"
    at_margin = token.start == 0 or text[token.start - 1] in "\r\n"
    return at_margin or (after is not None and after.kind == follower)


_ONE_LINE_END = re.compile(r"[ \t\f]*(?:\r\n?|\n)[ \t\f]*")


def _documented(item: ast.Definition, comments: list[Comment], text: str) -> ast.Definition:
    """`item`; if it is a `def`, with the comment lines directly above it as its `doc`."""
    if not isinstance(item, ast.Def):
        return item
    lines: list[str] = []
    below = item.span.start
    index = bisect_left(comments, below, key=lambda comment: comment.start)
    while index > 0:
        index -= 1
        comment = comments[index]
        end = comment.start + len(comment.text)
        if not _ONE_LINE_END.fullmatch(text, end, below) or not is_alone(comment, text):
            break
        lines.append(comment.text.lstrip("#").removeprefix(" "))
        below = comment.start
    doc = "\n".join(reversed(lines)).strip()
    return dataclasses.replace(item, doc=doc) if doc else item


def is_alone(comment: Comment, text: str) -> bool:
    """Whether nothing but blanks precedes the comment on its line."""
    start = comment.start
    while start > 0 and text[start - 1] in " \t\f\ufeff":
        start -= 1
    return start == 0 or text[start - 1] in "\r\n"
