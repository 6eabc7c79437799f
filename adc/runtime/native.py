"""Modules of the IR compiled to machine code and loaded: `compile_module`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adc.ir.core import Module
from adc.lowering.abi import Interface, interface
from adc.lowering.llvm_module import llvm_text
from adc.lowering.loops import Program
from adc.lowering.loops_text import program_text
from adc.lowering.plan import plan_module
from adc.prims.table import PrimitiveTable
from adc.runtime.backend import (
    LoadedCode,
    Stopwatch,
    Target,
    Tuning,
    assembly_text,
    compile_text,
    optimised_text,
)
from adc.runtime.blas import addresses
from adc.runtime.calls import NativeFunction
from adc.runtime.entries import entry_of


@dataclass(frozen=True, slots=True)
class NativeOptions:
    """How a module is compiled and run."""

    depth_limit: int = 10_000
    uses_blas: bool = True
    target: Target = Target()
    tuning: Tuning = Tuning()


def compile_module(
    module: Module,
    entries: Sequence[str],
    table: PrimitiveTable,
    options: NativeOptions = NativeOptions(),
) -> NativeModule:
    """Machine code for the entries and all they call; the module has no derivative requests left."""
    watch = Stopwatch()
    program = plan_module(module, entries, table, uses_blas=options.uses_blas)
    watch.lap("plan")
    text, imports = llvm_text(program)
    watch.lap("text")
    compiled = compile_text(text, options.target, options.tuning)
    watch.lap("llvm")
    symbols = addresses(imports)
    exported = tuple(f"adc.run.{name}" for name in entries)
    code = LoadedCode(compiled.object, symbols, exported)
    watch.lap("link")
    interfaces = {name: interface(module.functions[name]) for name in entries}
    times = {**watch.times, **compiled.times}
    return NativeModule(program, text, code, interfaces, options, times)


class NativeModule:
    """Loaded machine code of a program."""

    def __init__(
        self,
        program: Program,
        text: str,
        code: LoadedCode,
        interfaces: dict[str, Interface],
        options: NativeOptions,
        times: dict[str, float],
    ) -> None:
        self.program = program
        self.options = options
        self.times = times  # ms by stage
        self._text = text
        self._functions = {
            name: NativeFunction(
                entry_of(own, program), code.address(f"adc.run.{name}"), code, options.depth_limit
            )
            for name, own in interfaces.items()
        }

    def function(self, name: str) -> NativeFunction:
        return self._functions[name]

    def loops_text(self) -> str:
        """The loop IR."""
        return program_text(self.program)

    def llvm_text(self, *, optimised: bool = False) -> str:
        """LLVM text as emitted, or as LLVM leaves it."""
        if not optimised:
            return self._text
        return optimised_text(self._text, self.options.target, self.options.tuning)

    def asm_text(self) -> str:
        """Assembly text."""
        return assembly_text(self._text, self.options.target, self.options.tuning)
