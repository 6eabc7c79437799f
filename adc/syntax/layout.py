"""Documents: text with places where a line may break, laid out within a width.

A group is written on one line if it fits and nothing in it demands a line end; otherwise every break of the group
itself is taken, and inner groups are tried again. This is Wadler's "prettier printer" in the iterative form of
Lindig ("Strictly Pretty", 2000), with line suffixes for comments. No depth of a document reaches Python's stack.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

INDENT = 2


@dataclass(frozen=True, slots=True)
class Break:
    """A line end, or `flat` when its group is written on one line."""

    flat: str = " "
    is_forced: bool = False


@dataclass(frozen=True, slots=True)
class FillBreak:
    """A blank if `following` still fits on the line, else a line end."""

    following: Doc
    is_forced: bool = False


@dataclass(frozen=True, slots=True)
class Suffix:
    """A comment, written when its line ends: beside it if that is free and `lines_below` is 0, else below."""

    text: str
    lines_below: int = 0
    is_forced: bool = True


@dataclass(frozen=True, slots=True)
class OwnLine:
    """A comment at the beginning of a line, which `HARD` or `EMPTY_LINE` has to end."""

    text: str
    is_forced: bool = True


@dataclass(frozen=True, slots=True)
class IfBroken:
    """`text` when the group is broken, nothing when it is on one line."""

    text: str
    is_forced: bool = False


@dataclass(frozen=True, slots=True)
class Concat:
    parts: tuple[Doc, ...]
    is_forced: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_forced", any(_is_forced(part) for part in self.parts))


@dataclass(frozen=True, slots=True)
class Nest:
    """Lines that begin inside `inner` are indented by one more step."""

    inner: Doc
    is_forced: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_forced", _is_forced(self.inner))


@dataclass(frozen=True, slots=True)
class Group:
    inner: Doc
    is_forced: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_forced", _is_forced(self.inner))


@dataclass(frozen=True, slots=True)
class Flat:
    """`inner` on one line, whatever its group does."""

    inner: Doc
    is_forced: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_forced", _is_forced(self.inner))


@dataclass(frozen=True, slots=True)
class Beside:
    """`inner` after a blank; on the next line, indented, if it fits on one line only there."""

    inner: Doc
    is_forced: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_forced", _is_forced(self.inner))


Doc = str | Break | FillBreak | Suffix | OwnLine | IfBroken | Concat | Nest | Group | Flat | Beside

LINE = Break()
SOFT = Break("")
HARD = Break(is_forced=True)
EMPTY_LINE = Break("\n", is_forced=True)


def concat(*parts: Doc) -> Doc:
    """Documents one after the other."""
    return parts[0] if len(parts) == 1 else Concat(parts)


def join(separator: Doc, parts: Iterable[Doc]) -> Doc:
    """Documents with `separator` between them."""
    joined: list[Doc] = []
    for part in parts:
        joined += [separator, part] if joined else [part]
    return Concat(tuple(joined))


def bracketed(opening: str, parts: Sequence[Doc], closing: str, after: Doc = "") -> Doc:
    """Parts with commas in brackets: on one line, or one a line with a comma after the last.

    `after` follows the brackets and has to fit on the same line.
    """
    if not parts:
        return concat(opening, closing, after)
    inner = join(Concat((",", LINE)), parts)
    body = Nest(concat(SOFT, inner, IfBroken(",")))
    return Group(concat(opening, body, SOFT, closing, after))


def filled(opening: str, parts: Iterable[Doc], closing: str) -> Doc:
    """Parts with commas in brackets, as many on a line as fit."""
    inner: list[Doc] = []
    for part in parts:
        inner += [",", FillBreak(part), part] if inner else [part]
    body = Concat((SOFT, *inner, IfBroken(",")))
    return Group(concat(opening, Nest(body), SOFT, closing))


def render(doc: Doc, width: int) -> str:
    """The text of `doc`, lines no longer than `width` where breaks allow it."""
    out: list[str] = []
    suffixes: list[str] = []
    column = 0
    # Each with its indentation and whether it is written on one line.
    pending: list[tuple[int, bool, Doc]] = [(0, False, doc)]
    while pending:
        indent, is_flat, here = pending.pop()
        match here:
            case str():
                out.append(here)
                column += len(here)
            case Concat(parts):
                pending += [(indent, is_flat, part) for part in reversed(parts)]
            case Nest(inner):
                pending.append((indent + INDENT, is_flat, inner))
            case Group(inner):
                is_flat = is_flat or (not here.is_forced and _fits(inner, pending, width - column))
                pending.append((indent, is_flat, inner))
            case Flat(inner):
                pending.append((indent, True, inner))
            case Beside(inner):
                here_fits = is_flat or (
                    not here.is_forced and _fits(inner, pending, width - column - 1)
                )
                room_below = width - indent - INDENT
                if here_fits or here.is_forced or not _fits(inner, pending, room_below):
                    out.append(" ")
                    column += 1
                else:
                    here_fits = True
                    indent += INDENT
                    column = _end_line(out, suffixes, "\n", indent)
                pending.append((indent, here_fits, inner))
            case OwnLine(text):
                if suffixes or (out and not out[-1].endswith("\n" + " " * indent)):
                    _end_line(out, suffixes, "\n", indent)
                out.append(text)
            case Suffix(text, lines_below):
                lines_below = lines_below or len(suffixes[:1])
                before = "\n" * lines_below + " " * indent if lines_below else "  "
                suffixes.append(before + text)
            case IfBroken(text):
                if not is_flat:
                    out.append(text)
                    column += len(text)
            case FillBreak(following):
                room = width - column - 2
                if is_flat or (not suffixes and _fits(following, [], room)):
                    out.append(" ")
                    column += 1
                else:
                    column = _end_line(out, suffixes, "\n", indent)
            case Break(flat, is_forced):
                if is_flat and not is_forced and not suffixes:
                    out.append(flat)
                    column += len(flat)
                else:
                    column = _end_line(out, suffixes, "\n\n" if flat == "\n" else "\n", indent)
    _end_line(out, suffixes, "", 0)
    return "\n".join(line.rstrip() for line in "".join(out).split("\n"))


def _end_line(out: list[str], suffixes: list[str], end: str, indent: int) -> int:
    """Write the comments that wait, the line end and the indentation; the column reached."""
    out += suffixes
    suffixes.clear()
    out.append(end + " " * indent)
    return indent


def _fits(doc: Doc, rest: list[tuple[int, bool, Doc]], room: int) -> bool:
    """Whether `doc` on one line, and what follows it up to the next possible line end, takes at most `room` columns."""
    pending = [(True, doc)]
    below = len(rest)
    while room >= 0:
        if not pending:
            if below == 0:
                return True
            below -= 1
            _, flat_rest, next_doc = rest[below]
            pending.append((flat_rest, next_doc))
        is_flat, here = pending.pop()
        match here:
            case str():
                room -= len(here)
            case Concat(parts):
                pending += [(is_flat, part) for part in reversed(parts)]
            case Nest(inner):
                pending.append((is_flat, inner))
            case Group(inner):
                pending.append((is_flat and not here.is_forced, inner))
            case Flat(inner):
                pending.append((True, inner))
            case Beside(inner):
                room -= 1
                pending.append((is_flat, inner))
            case IfBroken(text):
                room -= 0 if is_flat else len(text)
            case Break(flat, is_forced):
                if not is_flat or is_forced:
                    return True
                room -= len(flat)
            case FillBreak():
                if not is_flat:
                    return True
                room -= 1
            case Suffix() | OwnLine():
                return True
    return False


def _is_forced(doc: Doc) -> bool:
    return not isinstance(doc, str) and doc.is_forced
