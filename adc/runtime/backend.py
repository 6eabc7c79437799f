"""LLVM through llvmlite: text to optimised machine code, and machine code to addresses.

One kind of object serves running, caching and export: position-independent code of the small code model, loaded
by LLJIT with JITLink. Nothing of LLVM is touched before the first compile.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any

import llvmlite.binding as llvm
from llvmlite.binding.newpassmanagers import NewPassManager


@dataclass(frozen=True, slots=True)
class Target:
    """What code is made for. An empty `cpu` is the machine this runs on."""

    cpu: str = ""
    features: str = ""
    triple: str = ""


@dataclass(frozen=True, slots=True)
class Compiled:
    """One module compiled: the object, and the processor time of each step, in ms."""

    object: bytes
    times: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Tuning:
    """How LLVM optimises. Vectors and unrolled loops are emitted as such, so LLVM need not look for them."""

    level: int = 1
    vectorises: bool = False
    unrolls: bool = False


@dataclass(slots=True)
class Stopwatch:
    """Named times in ms of this process."""

    times: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=time.process_time)

    def lap(self, name: str) -> None:
        now = time.process_time()
        self.times[name] = self.times.get(name, 0.0) + 1e3 * (now - self._since)
        self._since = now


@cache
def _initialize() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


@cache
def target_machine(target: Target = Target()) -> Any:
    """LLVM's target machine: position-independent code, small code model."""
    _initialize()
    triple = target.triple or llvm.get_process_triple()
    is_host = not target.cpu and not target.triple
    cpu = llvm.get_host_cpu_name() if is_host else target.cpu
    features = llvm.get_host_cpu_features().flatten() if is_host else target.features
    return llvm.Target.from_triple(triple).create_target_machine(
        cpu=cpu, features=features, opt=2, reloc="pic", codemodel="small", jit=False
    )


def optimise(text: str, target: Target, tuning: Tuning, watch: Stopwatch) -> Any:
    """The verified and optimised LLVM module."""
    machine = target_machine(target)
    context = llvm.create_context()
    module = llvm.parse_assembly(text, context)
    module.triple = machine.triple
    module.data_layout = str(machine.target_data)
    module.verify()
    watch.lap("parse")
    options = llvm.create_pipeline_tuning_options(speed_level=tuning.level)
    options.loop_vectorization = tuning.vectorises
    options.slp_vectorization = False
    options.loop_unrolling = options.loop_interleaving = tuning.unrolls
    builder = llvm.create_pass_builder(machine, options)
    passes = builder.getModulePassManager()
    passes.run(module, builder)
    _free(passes)
    watch.lap("optimise")
    return module


def _free(passes: Any) -> None:
    """Give back the memory of a pass manager: its class inherits a `_dispose` that does nothing before the real one."""
    NewPassManager._dispose(passes)
    passes.detach()


def compile_text(text: str, target: Target = Target(), tuning: Tuning = Tuning()) -> Compiled:
    """Machine code for LLVM text."""
    watch = Stopwatch()
    module = optimise(text, target, tuning, watch)
    data = target_machine(target).emit_object(module)
    watch.lap("codegen")
    return Compiled(data, watch.times)


def optimised_text(text: str, target: Target = Target(), tuning: Tuning = Tuning()) -> str:
    """LLVM text after optimisation."""
    return str(optimise(text, target, tuning, Stopwatch()))


def assembly_text(text: str, target: Target = Target(), tuning: Tuning = Tuning()) -> str:
    """Assembly text of the machine code."""
    module = optimise(text, target, tuning, Stopwatch())
    result: str = target_machine(target).emit_assembly(module)
    return result


@cache
def _jit() -> Any:
    return llvm.create_lljit_compiler(target_machine(), use_jit_link=True, suppress_errors=True)


_library_numbers = count()


class LoadedCode:
    """An object linked into this process; addresses are valid as long as this lives."""

    def __init__(self, data: bytes, symbols: Mapping[str, int], exported: tuple[str, ...]) -> None:
        builder = llvm.JITLibraryBuilder().add_object_img(data).add_current_process()
        for name, address in symbols.items():
            builder = builder.import_symbol(name, address)
        for name in exported:
            builder = builder.export_symbol(name)
        self._library = builder.link(_jit(), f"adc.{next(_library_numbers)}")

    def address(self, name: str) -> int:
        found: int = self._library[name]
        return found
