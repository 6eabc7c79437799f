"""What the transforms of blocks need to know about calls; `adc.transforms.derive` provides it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from adc.ir.builder import Builder
from adc.ir.core import Atom, Equation


class CallRules(Protocol):
    """How calls are differentiated: through functions derived from the callee."""

    def active_results(self, e: Equation, active_operands: Sequence[bool]) -> Sequence[bool]:
        """Which results of a call may carry a tangent when these operands do."""

    def jvp(
        self, b: Builder, e: Equation, tangents: Sequence[Atom | None]
    ) -> tuple[Atom | None, ...]:
        """Emit a replacement of the call `e` that also computes tangents; the tangents of its results."""

    def split(
        self, e: Equation, nonlinear_operands: Sequence[bool]
    ) -> tuple[Equation | None, Equation | None]:
        """The part of a call that does not depend on linear operands, and the part that does."""

    def transpose(
        self, b: Builder, e: Equation, cotangents: Sequence[Atom | None], linear: Sequence[bool]
    ) -> tuple[Atom | None, ...]:
        """Emit the transposed call; the cotangents of the operands."""
