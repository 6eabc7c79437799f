"""How large tuples and records are. Neither their levels nor their leaves may grow without end.

A few lines of program can make a tuple of 2**40 parts, or one nested thousands deep; nothing later could hold it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from adc.diagnostics import Span
from adc.frontends.problems import NESTED_TOO_DEEP
from adc.types.core import Array, Function, Record, SurfaceType, Tuple

DEEPEST = 128  # tuples inside tuples
LARGEST = 1 << 13  # scalars and arrays in one tuple


@dataclass(frozen=True, slots=True)
class Extent:
    """Levels of tuples and records, and the number of what stands in them."""

    depth: int = 0
    leaves: int = 1

    @staticmethod
    def around(parts: Iterable[Extent]) -> Extent:
        """A tuple of such parts."""
        depth = leaves = 0
        for part in parts:
            depth = max(depth, part.depth)
            leaves += part.leaves
        return Extent(depth + 1, leaves)

    def require(self, span: Span | None, what: str) -> None:
        """Complain when that is too much."""
        if self.depth > DEEPEST:
            raise NESTED_TOO_DEEP.at(span, f"{what} nests more than {DEEPEST} deep")
        if self.leaves > LARGEST:
            raise NESTED_TOO_DEEP.at(
                span, f"{what} has {self.leaves:,} parts; the limit is {LARGEST:,}"
            )


ATOM = Extent()


def extent_of(t: SurfaceType) -> Extent:
    """The extent of values of a type."""
    match t:
        case Tuple(items):
            return Extent.around(map(extent_of, items))
        case Record(fields):
            return Extent.around(extent_of(f) for _, f in fields)
        case Array(element, _):
            return extent_of(element)
        case Function(params, result):
            return Extent.around(map(extent_of, (*params, result)))
        case _:
            return ATOM
