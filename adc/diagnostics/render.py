"""Diagnostics as text, plain or coloured, and as JSON values. The only place that knows colours.

    error[E0302]: sizes differ in `x * w`
      --> model.adl:2:7
       |
     1 | def loss(x: f64[n], w: f64[m]) -> f64 =
       |             ------     ------ `m` is the size of `w`
       |             `n` is the size of `x`
     2 |   sum(x * w)
       |       ^^^^^ expected equal sizes, found `n` and `m`
       = hint: declare them equal: `w: f64[n]`
       = more: adc explain E0302

Carets stand right under tabs (shown as blanks), wide characters and characters shown as escapes; a line that is too
long is cut to a window round what matters, so that a message stays short whatever the source is.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from adc.diagnostics.diagnostic import Diagnostic, Label
from adc.diagnostics.span import SourceFile

TAB = 4
WINDOW = 100  # characters of a source line that are shown at most
LONGEST_TEXT = 2000  # characters of a title or remark
LEAD = 40  # of these, how many stand before the first mark when the line is cut


class Style(Enum):
    PLAIN = "plain"
    COLOURED = "coloured"


class _Ink(Enum):
    NONE = ""
    ERROR = "1;31"
    FRAME = "1;34"
    TITLE = "1"
    HINT = "1;36"


def render(diagnostic: Diagnostic, style: Style = Style.PLAIN) -> str:
    """The message of one diagnostic, several lines without a final line end."""
    lines = [
        _Line()
        .add(f"error[{diagnostic.code}]", _Ink.ERROR)
        .add(f": {_shown(diagnostic.title)}", _Ink.TITLE)
    ]
    labels = [label for label in (diagnostic.primary, *diagnostic.others) if label and label.span]
    files = _by_file(labels)
    margin = max((len(str(label.span.end_line)) for label in labels), default=1)
    for number, (file, own) in enumerate(files):
        first = own[0].span
        arrow = "-->" if number == 0 else ":::"
        place = f"{_shown(file.name)}:{first.line}:{first.column}"
        lines.append(_Line().add(f"{' ' * (margin + 1)}{arrow}", _Ink.FRAME).add(f" {place}"))
        lines += _excerpt(file, own, diagnostic.primary, margin)
    remarks = [("note", note, _Ink.TITLE) for note in diagnostic.notes]
    if diagnostic.hint:
        remarks.append(("hint", diagnostic.hint, _Ink.HINT))
    remarks.append(("more", f"adc explain {diagnostic.code}", _Ink.TITLE))
    for word, text, ink in remarks:
        lines += _remark(word, text, ink, margin)
    return "\n".join(line.text(style) for line in lines)


def render_all(diagnostics: Iterable[Diagnostic], style: Style = Style.PLAIN) -> str:
    """The messages of several diagnostics, an empty line between them."""
    return "\n\n".join(render(diagnostic, style) for diagnostic in diagnostics)


def to_json(diagnostic: Diagnostic) -> dict[str, object]:
    """The fields that `--json` promises; places are 1-based."""
    span = diagnostic.span
    place = None
    if span:
        place = {
            "file": span.file,
            "line": span.line,
            "column": span.column,
            "end_line": span.end_line,
            "end_column": span.end_column,
        }
    return {
        "code": diagnostic.code,
        "message": diagnostic.title,
        "span": place,
        "hint": diagnostic.hint,
    }


# ---- lines of output ---------------------------------------------------------------------------------------------


class _Line:
    """Pieces of text, each with an ink; `put` writes over what stands at a column."""

    def __init__(self) -> None:
        self._cells: list[tuple[str, _Ink]] = []

    def add(self, text: str, ink: _Ink = _Ink.NONE) -> _Line:
        self._cells += [(character, ink) for character in text]
        return self

    def put(self, column: int, text: str, ink: _Ink) -> None:
        missing = column + len(text) - len(self._cells)
        self._cells += [(" ", _Ink.NONE)] * missing
        self._cells[column : column + len(text)] = [(character, ink) for character in text]

    def text(self, style: Style) -> str:
        if style is Style.PLAIN:
            return "".join(character for character, _ in self._cells).rstrip()
        pieces: list[str] = []
        current = _Ink.NONE
        for character, ink in self._cells:
            if ink is not current:
                pieces.append("\x1b[0m" if ink is _Ink.NONE else f"\x1b[0;{ink.value}m")
                current = ink
            pieces.append(character)
        return "".join(pieces) + ("" if current is _Ink.NONE else "\x1b[0m")


def _gutter(margin: int, number: int | None = None) -> _Line:
    shown = "" if number is None else str(number)
    return _Line().add(f" {shown:>{margin}} |", _Ink.FRAME)


def _remark(word: str, text: str, ink: _Ink, margin: int) -> list[_Line]:
    first, *rest = _shown(text, keep="\n").split("\n")
    indent = " " * (margin + 2)
    lines = [_Line().add(f"{indent}= ", _Ink.FRAME).add(f"{word}:", ink).add(f" {first}")]
    return lines + [_Line().add(f"{indent}  {' ' * (len(word) + 2)}{line}") for line in rest]


# ---- excerpts of the source --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Mark:
    """A stretch of one source line, in characters of that line; `text` is empty but at the end of a label."""

    start: int
    end: int
    text: str
    is_primary: bool

    @property
    def ink(self) -> _Ink:
        return _Ink.ERROR if self.is_primary else _Ink.FRAME


def _by_file(labels: Sequence[Label]) -> list[tuple[SourceFile, list[Label]]]:
    """Labels grouped by file, files in the order of their first label."""
    groups: list[tuple[SourceFile, list[Label]]] = []
    for label in labels:
        for file, own in groups:
            if file == label.span.source:
                own.append(label)
                break
        else:
            groups.append((label.span.source, [label]))
    return groups


def _excerpt(
    file: SourceFile, labels: Sequence[Label], primary: Label | None, margin: int
) -> list[_Line]:
    """The lines that the labels touch, each followed by its marks; longer gaps are shown as dots."""
    marks: dict[int, list[_Mark]] = {}
    for label in labels:
        for number, mark in _marks(file, label, label is primary):
            marks.setdefault(number, []).append(mark)
    lines = [_gutter(margin)]
    previous: int | None = None
    for number in sorted(marks):
        if previous is not None and number == previous + 2:
            lines.append(_gutter(margin, number - 1).add(f" {_cut(file.line(number - 1), [])[0]}"))
        elif previous is not None and number > previous + 2:
            lines.append(_Line().add("...", _Ink.FRAME))
        text, own = _cut(file.line(number), marks[number])
        lines.append(_gutter(margin, number).add(f" {text}".rstrip()))
        lines += _under(own, margin)
        previous = number
    return lines


def _marks(file: SourceFile, label: Label, is_primary: bool) -> list[tuple[int, _Mark]]:
    """The marks of a label by line: one, or for a label over several lines those of its first and last."""
    span = label.span
    first, last = span.line, span.end_line
    start, end = span.column - 1, span.end_column - 1
    if first == last:
        return [(first, _Mark(start, end, label.text, is_primary))]
    last_line = file.line(last)
    indent = len(last_line) - len(last_line.lstrip())
    return [
        (first, _Mark(start, len(file.line(first)), "", is_primary)),
        (last, _Mark(min(indent, end), end, label.text, is_primary)),
    ]


def _cut(line: str, marks: Sequence[_Mark]) -> tuple[str, list[_Mark]]:
    """A line as it is shown, and its marks in columns of that."""
    low, high = 0, len(line)
    if high > WINDOW:
        important = [mark for mark in marks if mark.is_primary] or list(marks)
        first = min((mark.start for mark in important), default=0)
        low = max(0, min(first - LEAD, high - WINDOW))
        high = low + WINDOW
    lead = "..." if low else ""
    columns = [len(lead)]
    shown: list[str] = [lead]
    for character in line[low:high]:
        piece = _shown_at(character, columns[-1])
        shown.append(piece)
        columns.append(columns[-1] + _width(piece))
    shown.append("..." if high < len(line) else "")

    def column(position: int) -> int:
        return columns[min(max(position - low, 0), len(columns) - 1)]

    moved = [_Mark(column(m.start), column(m.end), m.text, m.is_primary) for m in marks]
    return "".join(shown), moved


def _under(marks: Sequence[_Mark], margin: int) -> list[_Line]:
    """The carets under a line, then the texts: that of the last mark beside it, the others below, right to left."""
    base = margin + 4
    carets = _gutter(margin).add(" ")
    for mark in sorted(marks, key=lambda mark: mark.is_primary):
        sign = "^" if mark.is_primary else "-"
        carets.put(base + mark.start, sign * max(mark.end - mark.start, 1), mark.ink)
    lines = [carets]
    speaking = sorted(
        (mark for mark in marks if mark.text), key=lambda mark: (mark.start, mark.end)
    )
    edge = max(max(mark.end, mark.start + 1) for mark in marks)
    if speaking and max(speaking[-1].end, speaking[-1].start + 1) == edge:
        last = speaking.pop()
        carets.add(f" {_shown(last.text)}", last.ink)
    while speaking:
        mark = speaking.pop()
        line = _gutter(margin).add(" ")
        for other in speaking:
            line.put(base + other.start, "|", other.ink)
        line.put(base + mark.start, _shown(mark.text), mark.ink)
        lines.append(line)
    return lines


# ---- characters --------------------------------------------------------------------------------------------------


def _shown(text: str, keep: str = "") -> str:
    """Text in which every character that a terminal might obey is an escape; names may make it too long to read."""
    if len(text) > LONGEST_TEXT:
        text = f"{text[: LONGEST_TEXT // 2]} ... {text[-LONGEST_TEXT // 2 :]}"
    return "".join(c if c in keep or c.isprintable() else _escape(c) for c in text)


def _shown_at(character: str, column: int) -> str:
    if character == "\t":
        return " " * (TAB - column % TAB)
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    return _escape(character)


def _escape(character: str) -> str:
    return f"<U+{ord(character):04X}>"


def _width(text: str) -> int:
    """Columns that a terminal gives to the text."""
    return sum(
        0 if unicodedata.combining(c) or unicodedata.category(c) in ("Mn", "Me")
        else 2 if unicodedata.east_asian_width(c) in "WF"
        else 1
        for c in text
    )  # fmt: skip
