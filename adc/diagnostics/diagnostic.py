"""What went wrong, as data: a code, a title, labelled places, notes and a hint."""

from __future__ import annotations

from dataclasses import dataclass

from adc.diagnostics.span import Span


@dataclass(frozen=True, slots=True)
class Label:
    """A place in a source text and what to say there; the text may be empty."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem. `title` is true on its own, in plain words; `hint` is text to paste, or what to do."""

    code: str
    title: str
    primary: Label | None = None
    others: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    hint: str | None = None

    @property
    def span(self) -> Span | None:
        return self.primary.span if self.primary else None
