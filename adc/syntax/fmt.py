"""Canonical layout of a text, comments kept.

Each comment is given to the nearest node of the tree: one that follows something on its line to what it follows,
one on a line of its own to what comes next. A comment can move to the end of its line or to the line above its
statement, but never across a statement, and none is lost. At most one empty line is kept in a row.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from adc.diagnostics import SourceFile
from adc.syntax import ast
from adc.syntax.layout import EMPTY_LINE, HARD, Concat, Doc, OwnLine, Suffix
from adc.syntax.lexer import DEFAULT_LIMITS, Comment, Limits
from adc.syntax.parse import Reading, is_alone, read
from adc.syntax.unparse import WIDTH, unparse

_EMPTY_LINE = re.compile(r"(?:\r\n?+|\n)[ \t\f]*(?:\r|\n)")
_ROUNDS = 8


def format_text(
    text: str, *, name: str = "<text>", width: int = WIDTH, limits: Limits = DEFAULT_LIMITS
) -> str:
    """The canonical layout of `text`; formatting it again changes nothing. Raises ParseError (E01xx).

    A comment that moved may have another neighbour when the text is read again, so layout is repeated until it is
    stable; one round nearly always does.
    """
    reading = read(SourceFile(name, text), limits)
    for _ in range(_ROUNDS):
        result = unparse(reading.module, width, _Comments(text, reading))
        again = read(SourceFile(name, result), limits)
        assert again.module == reading.module, "layout changed the program"
        assert _texts(again) == _texts(reading), "layout changed a comment"
        if result == text:
            break
        text, reading = result, again
    return text


def _texts(reading: Reading) -> Counter[str]:
    return Counter(comment.text for comment in reading.comments)


@dataclass(slots=True)
class _Attached:
    """The comments of one node: on lines above it, at the end of its line, on lines below it."""

    above: list[Comment] = field(default_factory=list)
    beside: list[Comment] = field(default_factory=list)
    below: list[Comment] = field(default_factory=list)


# Inside these, a line cannot end well: their comments stand above or beside them.
_CLOSED = (
    ast.Let, ast.Assert, ast.Add, ast.AddAt, ast.Link, ast.Unary, ast.Binary, ast.Times, ast.Until,
    ast.Below, ast.Over, ast.NamedArg, ast.Entry, ast.Param, ast.TypeField, ast.LambdaParam,
    ast.Binding, ast.Slice, ast.Field, ast.Item,
)  # fmt: skip


class _Comments:
    """The decoration of a tree with the comments and the empty lines of its text."""

    def __init__(self, text: str, reading: Reading) -> None:
        self._text = text
        self._root = reading.module
        self._attached: dict[int, _Attached] = {}
        self._children: dict[int, Sequence[ast.Node]] = {}
        for comment in reading.comments:
            self._attach(comment)

    # ---- where a comment belongs ---------------------------------------------------------------------------------

    def _attach(self, comment: Comment) -> None:
        node, before, after = self._surroundings(comment.start)
        alone = is_alone(comment, self._text)
        if isinstance(node, _CLOSED):
            opens = before is None or alone or self._opens(before, comment)
            self._list(node, "above" if opens else "beside").append(comment)
        elif after is not None and (alone or before is None or self._opens(before, comment)):
            hoisted = node if before is None and isinstance(node, ast.Arm | ast.AddArm) else after
            self._list(hoisted, "above").append(comment)
        elif before is not None:
            self._list(before, "below" if alone else "beside").append(comment)
        else:
            place = "above" if node is self._root else "beside"
            self._list(node, place).append(comment)

    def _surroundings(self, position: int) -> tuple[ast.Node, ast.Node | None, ast.Node | None]:
        """The innermost node round a position, and its children just before and after that."""
        node: ast.Node = self._root
        while True:
            children = self._children_of(node)
            index = bisect_right(children, position, key=lambda child: child.span.start)
            before = children[index - 1] if index else None
            after = children[index] if index < len(children) else None
            if before is None or before.span.end <= position:
                return node, before, after
            node = before

    def _children_of(self, node: ast.Node) -> Sequence[ast.Node]:
        known = self._children.get(id(node))
        if known is None:
            known = sorted(ast.children(node), key=lambda child: child.span.start)
            self._children[id(node)] = known
        return known

    def _opens(self, before: ast.Node, comment: Comment) -> bool:
        """Whether what stands between a node and a comment leads on to what follows the comment."""
        between = self._text[before.span.end : comment.start].strip()
        return between not in ("", ",", ";")

    def _list(self, node: ast.Node, place: str) -> list[Comment]:
        comments: list[Comment] = getattr(self._attached.setdefault(id(node), _Attached()), place)
        return comments

    # ---- what the printer asks -----------------------------------------------------------------------------------

    def decorate(self, node: ast.Node, doc: Doc) -> Doc:
        own = self._attached.get(id(node))
        if own is None:
            return doc
        parts: list[Doc] = []
        for index, comment in enumerate(own.above):
            is_last = index + 1 == len(own.above)
            next_start = node.span.start if is_last else own.above[index + 1].start
            is_apart = self._is_apart(_end(comment), next_start)
            parts += [OwnLine(comment.text), EMPTY_LINE if is_apart else HARD]
        parts.append(doc)
        parts += [Suffix(comment.text) for comment in own.beside]
        end = max((_end(comment) for comment in own.beside), default=node.span.end)
        for comment in own.below:
            is_apart = self._is_apart(end, comment.start)
            parts.append(Suffix(comment.text, 2 if is_apart else 1))
            end = _end(comment)
        return Concat(tuple(parts))

    def has_empty_line(self, before: ast.Node, after: ast.Node) -> bool:
        if isinstance(before, ast.Definition) and (_is_long(before) or _is_long(after)):
            return True
        left, right = self._attached.get(id(before)), self._attached.get(id(after))
        end, start = before.span.end, after.span.start
        if left:
            end = max([end] + [_end(comment) for comment in left.beside + left.below])
        if right:
            start = min([start] + [comment.start for comment in right.above])
        return self._is_apart(end, start)

    def _is_apart(self, end: int, start: int) -> bool:
        return _EMPTY_LINE.search(self._text, end, max(start, end)) is not None


def _end(comment: Comment) -> int:
    return comment.start + len(comment.text)


def _is_long(item: ast.Node) -> bool:
    """A definition that always takes several lines stands between empty ones."""
    body = getattr(item, "body", None)
    return isinstance(body, ast.Block) and bool(body.statements)
