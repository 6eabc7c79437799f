"""The whole route: a typed module, its derivatives, optimised, lowered, native. Everything is made once.

A `Session` owns one program. Derivatives are added to its module as requests under names that follow from what is
asked, so asking twice gives the same function, compiled once.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import RLock
from typing import Any, ClassVar, TypeVar

from adc.diagnostics import SourceFile
from adc.driver.compose import Piece, combine, stopped
from adc.driver.load import Program, analyse
from adc.driver.options import DEFAULT_OPTIONS, CompileOptions, Stage
from adc.driver.pipelines import Entries, Purpose, derivatives, optimisation, reading, run
from adc.frontends.derivatives import derivative_signature
from adc.frontends.print import print_program
from adc.ir.core import DerivativeRequest, Function, Module
from adc.ir.passes import restrict
from adc.ir.printer import print_module
from adc.prims.catalog import TABLE
from adc.reference.evaluate import evaluate
from adc.runtime.export import Exported, export_module
from adc.runtime.native import NativeModule, NativeOptions, compile_module
from adc.transforms.inline import remove_unreachable
from adc.types.core import Signature

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Derivation:
    """A derivative to be made: the `kind` of the function `target` by its parameters `wrt`.

    Its name follows from what it is, unless `given_name` says otherwise.
    """

    kind: str
    target: str
    wrt: tuple[str, ...]
    given_name: str | None = None

    @property
    def name(self) -> str:
        return self.given_name or ".".join((self.target, self.kind, *self.wrt))

    def doc(self, original: str) -> str:
        """Its help text, that of the target in the last lines."""
        return f"`{self.kind}` of `{self.target}` by {', '.join(self.wrt)}.\n{original}".rstrip()


@dataclass(frozen=True, slots=True)
class Assembly:
    """Results of functions with the same parameters, side by side: `(function, positions of its results)`."""

    parts: tuple[tuple[str, tuple[int, ...]], ...]

    @property
    def name(self) -> str:
        return "_".join(f"{name}.{'_'.join(map(str, at))}" for name, at in self.parts)


class Session:
    """One program and everything made from it. Safe to use from several threads."""

    def __init__(self, program: Program, options: CompileOptions = DEFAULT_OPTIONS) -> None:
        self.source = program.source
        self.path = program.path
        self.options = options
        self.definitions = program.definitions
        self.names = program.names
        self.inlined = program.inlined
        self._module = program.module
        self._signatures = {
            name: f.signature
            for name, f in program.module.functions.items()
            if f.signature is not None
        }
        self._made: dict[tuple[object, ...], Any] = {}
        self._lock = RLock()

    @property
    def module(self) -> Module:
        """The program with the derivatives asked for so far, as requests."""
        return self._module

    def signature(self, name: str) -> Signature:
        """The signature of a definition, or of what was made from one."""
        return self._signatures[name]

    # ---- growing the program ---------------------------------------------------------------------

    def derive(self, derivation: Derivation, target: Signature) -> tuple[str, Signature]:
        """Name and signature of the derivative of a function seen as `target`, requested if it was not yet.

        Raises TypeCheckError E04xx when there is no such derivative.
        """
        signature, wrt = derivative_signature(derivation.kind, target, derivation.wrt)
        signature = replace(signature, doc=derivation.doc(target.doc))
        name = derivation.name
        with self._lock:
            if name not in self._signatures:
                request = DerivativeRequest(name, derivation.kind, derivation.target, tuple(wrt))
                requests = {**self._module.requests, name: request}
                self._module = replace(self._module, requests=requests)
                self._signatures[name] = signature
        return name, signature

    def assemble(self, assembly: Assembly, signature: Signature) -> str:
        """The name of the function that gives the chosen results."""

        def make() -> Function:
            pieces = [Piece(self._entered(n), positions) for n, positions in assembly.parts]
            return combine(assembly.name, pieces)

        return self._enter(assembly.name, make, signature)

    def checkpoint(self, target: str) -> str:
        """The name of a copy of `target` whose inside its derivatives compute again."""
        name = f"{target}.checkpoint"

        def make() -> Function:
            return replace(self._entered(target), name=name, keep=True)

        return self._enter(name, make, self._signatures[target])

    def stop(self, target: str) -> str:
        """The name of a copy of `target` without a derivative."""
        name = f"{target}.stop"

        def make() -> Function:
            return stopped(name, self._entered(target), TABLE.infer)

        return self._enter(name, make, self._signatures[target])

    def _enter(self, name: str, make: Callable[[], Function], signature: Signature) -> str:
        with self._lock:
            if name not in self._signatures:
                made = replace(make(), signature=signature)
                functions = {**self._module.functions, name: made}
                self._module = replace(self._module, functions=functions)
                self._signatures[name] = signature
            return name

    def _entered(self, name: str) -> Function:
        """The function behind a name, derivatives made; what it calls is in the program then."""
        made = self.stage(Stage.DERIVATIVE, (name,)).functions
        known = self._module.functions.keys() | self._module.requests.keys()
        missing = {n: f for n, f in made.items() if n not in known}
        self._module = replace(self._module, functions={**self._module.functions, **missing})
        return made[name]

    # ---- stages ----------------------------------------------------------------------------------

    def stage(self, stage: Stage, entries: Entries) -> Module:
        """The module of some entries at an IR stage."""
        return self._once((stage, entries), lambda: self._STAGES[stage](self, entries))

    def _unary(self, entries: Entries) -> Module:
        return remove_unreachable(self._module, entries)

    def _derivative(self, entries: Entries) -> Module:
        return self._expanded(entries, Purpose.MACHINE)

    def _optimised(self, entries: Entries) -> Module:
        module = self.stage(Stage.DERIVATIVE, entries)
        return run(optimisation(entries), module, self.options)

    _STAGES: ClassVar[Mapping[Stage, Callable[[Session, Entries], Module]]] = {
        Stage.UNARY: _unary,
        Stage.DERIVATIVE: _derivative,
        Stage.OPTIMISED: _optimised,
    }

    def _expanded(self, entries: Entries, purpose: Purpose) -> Module:
        """Requests made into functions, which get the signatures that were promised for them."""
        made = run(derivatives(entries, purpose), self.stage(Stage.UNARY, entries), self.options)
        made = remove_unreachable(made, entries)
        functions = {
            name: replace(f, signature=self._signatures.get(name, f.signature))
            for name, f in made.functions.items()
        }
        return replace(made, functions=functions)

    def native(self, entries: Entries) -> NativeModule:
        """Machine code for some entries."""

        def make() -> NativeModule:
            module = self.stage(Stage.OPTIMISED, entries)
            native_options = NativeOptions(depth_limit=self.options.recursion_limit)
            return compile_module(module, entries, TABLE, native_options)

        return self._once(("native", entries), make)

    def export(self, symbols: Mapping[str, str]) -> Exported:
        """Portable code of some entries under the given C names, and its header."""
        return export_module(self.stage(Stage.OPTIMISED, tuple(symbols)), symbols, TABLE)

    def _once(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        with self._lock:
            if key not in self._made:
                with _without_collection():
                    self._made[key] = make()
            found: T = self._made[key]
            return found

    # ---- running and showing ---------------------------------------------------------------------

    def evaluate(self, name: str, flat: Sequence[Any]) -> Sequence[Any]:
        """The results of the reference evaluator for sizes and leaves: slow, simple, no machine code."""
        module = self.stage(Stage.DERIVATIVE, (name,))
        return evaluate(module, name, flat, TABLE, depth_limit=self.options.recursion_limit)

    def text(self, stage: Stage, entries: Entries) -> str:
        """What a stage from `unary` on made of some entries."""
        if stage.is_ir:
            return print_module(restrict(self.stage(stage, entries), self.options.print_only))
        return _NATIVE_TEXT[stage](self.native(entries))

    def adl(self, entries: Entries) -> str:
        """The entries, derivatives made and tidied, as ADL that compiles again."""

        def make() -> str:
            module = self._expanded(entries, Purpose.READING)
            passes = reading(entries, self.names)
            return print_program(run(passes, module, self.options), entries)

        return self._once(("adl", entries), make)

    def __reduce__(self) -> tuple[object, ...]:
        return _reopen, (self.source.name, self.source.text, self.path, self.options)


@contextmanager
def _without_collection() -> Iterator[None]:
    """Python's cycle collector waits: a program in the making has no cycles, only much for it to walk over."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


_NATIVE_TEXT: dict[Stage, Callable[[NativeModule], str]] = {
    Stage.LOOPS: lambda native: native.loops_text(),
    Stage.LLVM: lambda native: native.llvm_text(),
    Stage.ASM: lambda native: native.asm_text(),
}


def _reopen(name: str, text: str, path: Path | None, options: CompileOptions) -> Session:
    return Session(analyse(SourceFile(name, text), path), options)
