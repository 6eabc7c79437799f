"""Range proofs: which index is certainly inside its array."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from adc.ir.core import Atom, Dim, Equation


class Ranges:
    def note(self, e: Equation) -> None: ...

    @contextmanager
    def scope(self) -> Iterator[None]:
        yield

    def assume(self, condition: Atom, holds: bool) -> None: ...

    def assume_index(self, index: Atom, extent: Atom, *, is_reversed: bool = False) -> None: ...

    def assume_count(self, count: Atom) -> None: ...

    def assume_size(self, size: Atom) -> None: ...

    def assume_inside(self, index: Atom, dim: Dim) -> None: ...

    def is_inside(self, index: Atom, dim: Dim) -> bool:
        return False
