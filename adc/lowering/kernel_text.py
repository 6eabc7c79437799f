"""Straight-line LLVM text for kernels, written as expressions: floats of one type, any number of lanes.

Values are texts of operands. Whole-number helpers work on i64 of the same lanes; they exist for f64 only, to which
kernels on f32 convert.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from adc.lowering.llvm_types import float_text, register_type, splat, suffix
from adc.types.core import DType


class Needs(Protocol):
    """What else the module must hold."""

    def declare(self, name: str, text: str) -> None:
        """Have a symbol declared."""

    def libm(self, name: str, arity: int, dtype: DType) -> str:
        """A function of the C library."""

    def kernel(self, name: str, dtype: DType, lanes: int) -> str:
        """Another kernel."""


class KernelText:
    """The lines of one kernel function."""

    def __init__(self, needs: Needs, dtype: DType, lanes: int) -> None:
        self.needs = needs
        self.dtype = dtype
        self.lanes = lanes
        self.type = register_type(dtype, lanes)
        self.bits = register_type(DType.I64, lanes)
        self.flags = register_type(DType.BOOL, lanes)
        self.lines: list[str] = []
        self._count = 0

    def let(self, instruction: str) -> str:
        self._count += 1
        self.lines.append(f"  %v{self._count} = {instruction}")
        return f"%v{self._count}"

    def define(
        self, symbol: str, params: Sequence[str], result: str, *, inline: bool = True
    ) -> str:
        """The function that returns `result`."""
        args = ", ".join(f"{self.type} {p}" for p in params)
        how = "alwaysinline" if inline else "noinline"
        body = "\n".join(self.lines)
        return (
            f"define internal {self.type} @{symbol}({args}) {how} nounwind {{\n{body}\n"
            f"  ret {self.type} {result}\n}}"
        )

    # ---- floats ----------------------------------------------------------------------------------

    def number(self, x: float) -> str:
        return splat(float_text(x, self.dtype), self.dtype, self.lanes)

    def add(self, x: str, y: str) -> str:
        return self.let(f"fadd {self.type} {x}, {y}")

    def sub(self, x: str, y: str) -> str:
        return self.let(f"fsub {self.type} {x}, {y}")

    def mul(self, x: str, y: str) -> str:
        return self.let(f"fmul {self.type} {x}, {y}")

    def div(self, x: str, y: str) -> str:
        return self.let(f"fdiv {self.type} {x}, {y}")

    def neg(self, x: str) -> str:
        return self.let(f"fneg {self.type} {x}")

    def intrinsic(self, name: str, *args: str) -> str:
        full = f"llvm.{name}.{suffix(self.dtype, self.lanes)}"
        types = ", ".join([self.type] * len(args))
        self.needs.declare(full, f"declare {self.type} @{full}({types})")
        return self.let(f"call {self.type} @{full}({', '.join(f'{self.type} {a}' for a in args)})")

    def fused(self, x: str, y: str, z: str) -> str:
        """x * y + z rounded once."""
        return self.intrinsic("fma", x, y, z)

    def muladd(self, x: str, y: str, z: str) -> str:
        """x * y + z, rounded once where that is fast: for polynomials, whose error it only makes smaller."""
        return self.intrinsic("fmuladd", x, y, z)

    def polynomial(self, x: str, coefficients: Sequence[float]) -> str:
        """Estrin's scheme: pairs, then pairs of pairs."""
        terms = [self.number(c) for c in coefficients]
        power = x
        while len(terms) > 1:
            pairs = [
                self.muladd(terms[k + 1], power, terms[k]) for k in range(0, len(terms) - 1, 2)
            ]
            terms = pairs + ([terms[-1]] if len(terms) % 2 else [])
            if len(terms) > 1:
                power = self.mul(power, power)
        return terms[0]

    # ---- choices ---------------------------------------------------------------------------------

    def is_(self, relation: str, x: str, y: str) -> str:
        return self.let(f"fcmp {relation} {self.type} {x}, {y}")

    def choose(self, condition: str, x: str, y: str) -> str:
        return self.let(f"select {self.flags} {condition}, {self.type} {x}, {self.type} {y}")

    # ---- bits ------------------------------------------------------------------------------------

    def integer(self, k: int) -> str:
        return splat(str(k), DType.I64, self.lanes)

    def to_bits(self, x: str) -> str:
        return self.let(f"bitcast {self.type} {x} to {self.bits}")

    def from_bits(self, k: str) -> str:
        return self.let(f"bitcast {self.bits} {k} to {self.type}")

    def int_op(self, op: str, x: str, y: str) -> str:
        return self.let(f"{op} {self.bits} {x}, {y}")
