"""Routines on whole arrays as loop functions: a program gets those that it calls.

A routine is named after its operation, element type and variant (`matmul.f64.nt`); which operations there are is told
by `linalg` and `sorting`. With BLAS allowed, large cases go there.
"""

from __future__ import annotations

from adc.lowering import linalg, sorting
from adc.lowering.loops import LoopFunction
from adc.types.core import DType

_MAKERS = {**linalg.MAKERS, **sorting.MAKERS}


class Routines:
    """The routines of one program."""

    def __init__(self, *, uses_blas: bool) -> None:
        self.uses_blas = uses_blas
        self.functions: dict[str, LoopFunction] = {}

    def need(self, operation: str, dtype: DType, variant: str = "") -> str:
        """The name of a routine, which the program then has."""
        name = f"adc:{operation}.{dtype.value}" + (f".{variant}" if variant else "")
        if name not in self.functions:
            made = _MAKERS[operation](self, name, dtype, variant)
            self.functions[name] = made
        return name
