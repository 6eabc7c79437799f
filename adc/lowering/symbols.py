"""What the functions of one LLVM module refer to: declarations, own kernels, routines; each made once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from adc.lowering import kernels
from adc.lowering.context import ARENA
from adc.lowering.llvm_types import register_type, suffix
from adc.lowering.loops import LoopFunction
from adc.types.core import DType


class Symbols:
    """Collects declarations and definitions."""

    def __init__(self, functions: Mapping[str, LoopFunction]) -> None:
        self.functions = functions
        self.imports: set[str] = set()  # BLAS and LAPACK functions by name
        self._declared: dict[str, str] = {}
        self._defined: dict[str, str] = {}
        for name in ("llvm.umax.i64", "llvm.umin.i64"):
            self._declared[name] = ""  # the arena's text has them

    def function(self, name: str) -> LoopFunction:
        return self.functions[name]

    def declare(self, name: str, text: str) -> None:
        self._declared.setdefault(name, text)

    def define(self, name: str, text: str) -> None:
        self._defined.setdefault(name, text)

    def kernel(self, name: str, dtype: DType, lanes: int) -> str:
        """The symbol of an own function, defined with all it needs."""
        symbol = f"adc.{name}.{suffix(dtype, lanes)}"
        if symbol not in self._defined:
            self._defined[symbol] = ""  # before its text is made: it may need itself
            self._defined[symbol] = kernels.define(self, name, dtype, lanes, symbol)
        return symbol

    def libm(self, name: str, arity: int, dtype: DType) -> str:
        """The symbol of a function of the C maths library."""
        symbol = name + ("f" if dtype is DType.F32 else "")
        t = register_type(dtype)
        pure = "nounwind willreturn memory(none)"
        self.declare(symbol, f"declare {t} @{symbol}({', '.join([t] * arity)}) {pure}")
        return symbol

    def imported(self, name: str, arity: int) -> None:
        """A BLAS or LAPACK function, linked by its address."""
        self.imports.add(name)
        self.declare(name, f"declare void @{name}({', '.join(['ptr'] * arity)})")

    def texts(self) -> Iterator[str]:
        """Declarations, then definitions, in the order in which they were asked for."""
        yield "\n".join(self._declared.values())
        yield ARENA
        yield from self._defined.values()
