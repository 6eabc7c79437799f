"""Tapes: records of values, and formal sums of such records, which `unpack` adds up field by field."""

from __future__ import annotations

from typing import Any

Record = tuple[Any, ...]


class Tape:
    """A sum of records; `Tape(0)` is the sum of none, as its literal is written.

    Sums stay formal, so that adding two tapes costs nothing, however many records they lead to.
    """

    __slots__ = ("records",)

    def __init__(self, records: int | tuple[Record, ...] = 0) -> None:
        self.records = records if isinstance(records, tuple) else ()

    def __add__(self, other: Tape) -> Tape:
        return Tape(self.records + other.records)


def pack(*fields: Any) -> Tape:
    """A tape of one record."""
    return Tape((fields,))
