"""Named lists of passes; nothing else. What each pass does stands with the pass."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from adc.diagnostics import Diagnostic, UsageError
from adc.driver.options import DEFAULT_OPTIONS, CompileOptions
from adc.ir.core import Module
from adc.ir.passes import Dump, Pass, PassManager
from adc.prims.catalog import TABLE
from adc.transforms.requests import expand_requests


@dataclass(frozen=True, slots=True)
class Step:
    """A function of modules as a pass."""

    name: str
    summary: str
    change: Callable[[Module], Module]

    def run(self, module: Module) -> Module:
        return self.change(module)


def _expand(module: Module) -> Module:
    return expand_requests(module, TABLE)


def derivative_passes() -> Sequence[Pass]:
    """Everything that makes functions of derivative requests."""
    return (Step("expand_requests", "derivative requests become functions", _expand),)


def optimising_passes(entries: Collection[str], options: CompileOptions) -> Sequence[Pass]:
    """The default optimisation of a module of which only the entries are called from outside."""
    if options.stop_after in {p.name for p in derivative_passes()}:
        return ()
    return ()


def run(passes: Sequence[Pass], module: Module, options: CompileOptions) -> Module:
    """The module after the passes, dumped and cut short as the options say."""
    names = [p.name for p in passes]
    dump = Dump(options.dump, after=options.dump_after, only=options.print_only)
    manager = PassManager(
        passes,
        TABLE,
        hooks=(dump,) if options.dump_after else (),
        stop_after=options.stop_after if options.stop_after in names else None,
        verifies=options.is_verified,
    )
    return manager.run(module).module


def pass_names() -> list[str]:
    """The names of all passes, in the order in which they run."""
    return [p.name for p in (*derivative_passes(), *optimising_passes((), DEFAULT_OPTIONS))]


def require_passes(names: Collection[str]) -> None:
    """Complain (UsageError E0507) about names that no pass has."""
    known = pass_names()
    for name in names:
        if name not in known:
            title = f"there is no pass `{name}`"
            raise UsageError(Diagnostic("E0507", title, hint=", ".join(known)))
