"""What the transforms of blocks need to know about calls; `adc.transforms.derive` provides it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from adc.ir.builder import Builder
from adc.ir.core import Atom, Equation, Value


class CallRules(Protocol):
    """How calls are differentiated: through functions derived from the callee.

    `uses_tapes`: whether there may be tapes at all.
    """

    @property
    def uses_tapes(self) -> bool: ...

    def active_values(self, e: Equation, active_operands: Sequence[bool]) -> Iterable[Value]:
        """Results and accumulators of a call that may carry a tangent when these operands do."""

    def is_recursive(self, e: Equation) -> bool:
        """Whether the function called leads to one that calls itself."""

    def jvp(
        self, b: Builder, e: Equation, tangents: Sequence[Atom | None]
    ) -> tuple[Atom | None, ...]:
        """Emit a replacement of the call `e` that also computes tangents; the tangents of its results."""

    def split(
        self, e: Equation, nonlinear_operands: Sequence[bool], pieces: Collection[Value]
    ) -> tuple[Equation | None, Equation | None]:
        """The part of a call that does not depend on linear operands, and the part that does.

        Where there may be tapes, the second does not get operands among `pieces`.
        """

    def primal(self, e: Equation, nonlinear_operands: Sequence[bool]) -> Equation | None:
        """The call without its tangents; None when nothing of it is free of linear operands."""

    def is_saved(self, e: Equation) -> bool:
        """Whether splitting the call saves what its linear part reads: then so must the regions around it."""

    def lends(self, e: Equation) -> bool:
        """Whether the transposed call adds to accumulators what it has to say of arrays."""

    def transpose(
        self,
        b: Builder,
        e: Equation,
        cotangents: Sequence[Atom | None],
        linear: Sequence[bool],
        lent: Mapping[int, Atom],
    ) -> tuple[Atom | None, ...]:
        """Emit the transposed call; the cotangents of the operands, None where they go elsewhere.

        `lent`: for a call that lends, the accumulator for every linear array among the operands, by position,
        and the cotangent of every linear accumulator.
        """
