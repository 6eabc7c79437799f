"""Passes and the manager that runs them: verified in between, dumped and cut short on request.

A pass is a frozen dataclass whose fields are its options; it takes sound IR and gives sound IR. What a run
reports goes to hooks, so that floors above decide where dumps end up.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from adc.ir.core import Function, Module
from adc.ir.fault import InternalError
from adc.ir.printer import print_module
from adc.ir.verify import Table, verify


@runtime_checkable
class Pass(Protocol):
    """A change of modules that keeps their meaning, or gives meaning to what is requested in them."""

    @property
    def name(self) -> str:
        """A word for options and dumps, such as `expand_requests`."""

    @property
    def summary(self) -> str:
        """What the pass does, in one sentence."""

    def run(self, module: Module) -> Module:
        """The changed module; the same object when nothing changed."""


@dataclass(frozen=True, slots=True)
class PassRecord:
    """What one pass did."""

    name: str
    has_changed: bool


class Hook(Protocol):
    """Is told after every pass; must not keep the module from going on."""

    def after_pass(self, record: PassRecord, module: Module) -> None: ...


@dataclass(frozen=True, slots=True)
class Dump:
    """A hook that writes the textual IR after some passes.

    `after` holds names of passes, or "all"; `only` names the functions to show, all when empty.
    """

    write: Callable[[str], None]
    after: Collection[str] = ("all",)
    only: Collection[str] = ()
    changed_only: bool = False
    origins: bool = False

    def after_pass(self, record: PassRecord, module: Module) -> None:
        wanted = "all" in self.after or record.name in self.after
        if wanted and (record.has_changed or not self.changed_only):
            text = print_module(restrict(module, self.only), origins=self.origins)
            self.write(f"# after {record.name}\n{text}")


def restrict(module: Module, only: Collection[str]) -> Module:
    """The module with the named functions, requests and rules only; all of it when `only` is empty."""
    if not only:
        return module
    return Module(
        {name: f for name, f in module.functions.items() if name in only},
        {name: r for name, r in module.requests.items() if name in only},
        {name: r for name, r in module.rules.items() if name in only},
    )


@dataclass(frozen=True, slots=True)
class PassRun:
    """The last module and what every pass did."""

    module: Module
    records: tuple[PassRecord, ...]


@dataclass(frozen=True, slots=True)
class PassManager:
    """Runs passes in order. `stop_after` ends the run behind the named pass."""

    passes: Sequence[Pass]
    table: Table
    hooks: Sequence[Hook] = ()
    stop_after: str | None = None
    verifies: bool = True

    def run(self, module: Module) -> PassRun:
        """The module after all passes; an `InternalError` names the pass that broke it."""
        self._check_names()
        self._verified("the input", module)
        records: list[PassRecord] = []
        for p in self.passes:
            before = module
            module = p.run(module)
            if module is not before:
                self._verified(f"pass `{p.name}`", module)
            record = PassRecord(p.name, module is not before)
            records.append(record)
            for hook in self.hooks:
                hook.after_pass(record, module)
            if p.name == self.stop_after:
                break
        return PassRun(module, tuple(records))

    def _check_names(self) -> None:
        names = [p.name for p in self.passes]
        if self.stop_after is not None and self.stop_after not in names:
            raise ValueError(f"there is no pass `{self.stop_after}`; there are {', '.join(names)}")

    def _verified(self, what: str, module: Module) -> None:
        if not self.verifies:
            return
        try:
            verify(module, self.table)
        except InternalError as fault:
            raise InternalError(f"{what} left unsound IR\n{fault}") from fault


def map_functions(module: Module, change: Callable[[Function], Function]) -> Module:
    """The module with every function changed; the same object when none was."""
    functions = {name: change(f) for name, f in module.functions.items()}
    if all(functions[name] is f for name, f in module.functions.items()):
        return module
    return replace(module, functions=functions)
