"""Named lists of passes; nothing else. What each pass does stands with the pass."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import Enum

from adc.diagnostics import Diagnostic, UsageError
from adc.driver.options import CompileOptions
from adc.ir.core import Module
from adc.ir.passes import Dump, Pass, PassManager
from adc.prims.catalog import TABLE
from adc.rewrite import strategies
from adc.rewrite.pipeline import Inline, Rewrite, simplify
from adc.rewrite.scope import Options
from adc.transforms.requests import expand_requests

Entries = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A function of modules as a pass."""

    name: str
    summary: str
    change: Callable[[Module], Module]

    def run(self, module: Module) -> Module:
        return self.change(module)


class Purpose(Enum):
    """What a module is compiled for. Not everything that runs well has a form in ADL."""

    MACHINE = "machine"
    READING = "reading"


def derivatives(entries: Entries, purpose: Purpose = Purpose.MACHINE) -> Sequence[Pass]:
    """From typed definitions to functions without requests."""

    is_pure = purpose is Purpose.READING

    def simplified(module: Module, names: Sequence[str]) -> Module:
        return simplify(module, TABLE, names, pure=is_pure)

    def expand(module: Module) -> Module:
        return expand_requests(
            module, TABLE, simplify=simplified, capture_in_loops=not is_pure, save_calls=not is_pure
        )

    return (
        Inline(TABLE, entries, before_derivatives=True),
        Rewrite(strategies.simplify, TABLE, Options(pure=is_pure), name="simplify"),
        Step("expand_requests", "Makes functions of derivative requests.", expand),
    )


def optimisation(entries: Entries) -> Sequence[Pass]:
    """The default schedule, for functions without requests."""
    return (
        Inline(TABLE, entries, before_derivatives=False, name="inline_derivatives"),
        Rewrite(strategies.default, TABLE, Options(final=True), name="optimise"),
    )


def reading(entries: Entries, definitions: Collection[str]) -> Sequence[Pass]:
    """The schedule of what is printed. Derivatives are equal up to rounding, definitions to the bit."""
    options = Options(pure=True)
    written = frozenset(definitions)
    return (
        Inline(TABLE, entries, before_derivatives=False, name="inline_derivatives"),
        Rewrite(strategies.readable, TABLE, options, name="optimise"),
        Rewrite(strategies.tidy_derivative, TABLE, options, name="tidy_derivative", leaves=written),
    )


def pass_names() -> list[str]:
    """The names of all passes, in the order in which they run."""
    return [p.name for p in (*derivatives(()), *optimisation(()))]


def require_passes(names: Collection[str]) -> None:
    """Complain (UsageError E0507) about names that no pass has."""
    known = pass_names()
    for name in names:
        if name not in known:
            title = f"there is no pass `{name}`"
            raise UsageError(Diagnostic("E0507", title, hint=", ".join(known)))


def run(passes: Sequence[Pass], module: Module, options: CompileOptions) -> Module:
    """The module after the passes, dumped and cut short as the options say."""
    stop = options.stop_after
    names = pass_names()
    if stop is not None and names.index(stop) < names.index(passes[0].name):
        return module
    dump = Dump(options.dump, after=options.dump_after, only=options.print_only)
    manager = PassManager(
        passes,
        TABLE,
        hooks=(dump,) if options.dump_after else (),
        stop_after=stop if stop in [p.name for p in passes] else None,
        verifies=options.is_verified,
    )
    return manager.run(module).module
