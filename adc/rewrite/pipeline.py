"""The passes that rewriting offers to the driver, and the functions that run strategies on modules."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from adc.ir.core import Block, Function, Module
from adc.ir.passes import map_functions
from adc.prims.table import PrimitiveTable
from adc.rewrite.derivation import Derivation
from adc.rewrite.scope import Options, Scope
from adc.rewrite.strategies import default
from adc.rewrite.strategies import simplify as simplify_strategy
from adc.rewrite.strategy import Strategy, Success
from adc.transforms.inline import inline_calls, remove_unreachable
from adc.transforms.retype import retype


def apply(
    strategy: Strategy,
    module: Module,
    table: PrimitiveTable,
    *,
    derivation: Derivation | None = None,
    options: Options | None = None,
    only: Collection[str] | None = None,
) -> Module:
    """The module with the strategy applied to the block of every function, or of those in `only`.

    Where the strategy fails nothing changes.
    """
    steps = derivation if derivation is not None else Derivation(keep=False)

    def rewrite(f: Function) -> Function:
        if only is not None and f.name not in only:
            return f
        block = _rewritten(strategy, f, table, steps, options)
        return f if block is f.block else replace(f, block=block)

    return map_functions(module, rewrite)


def _rewritten(
    strategy: Strategy,
    f: Function,
    table: PrimitiveTable,
    derivation: Derivation,
    options: Options | None,
) -> Block:
    scope = Scope(table, f.block, name=f.name, derivation=derivation, options=options)
    result = strategy(f.block, scope)
    if not isinstance(result, Success) or result.term is f.block:
        return f.block
    assert isinstance(result.term, Block)
    return retype(result.term, table.infer)


def simplify(
    module: Module, table: PrimitiveTable, names: Collection[str], pure: bool = False
) -> Module:
    """The module with the named functions simplified: folding, exact algebra, sharing, dead code, accumulators.

    This is what stands between derivative orders. `pure`: accumulators stay printable as ADL.
    """
    return apply(simplify_strategy, module, table, options=Options(pure=pure), only=names)


def optimise(
    module: Module,
    table: PrimitiveTable,
    entries: Collection[str],
    *,
    strategy: Strategy = default,
    derivation: Derivation | None = None,
    pure: bool = False,
    before_derivatives: bool = False,
) -> Module:
    """Inlining and the schedule (the default one: simplify, fuse, eliminate accumulators, move invariants)."""
    module = inline_calls(module, table.infer, entries, before_derivatives=before_derivatives)
    module = remove_unreachable(module, entries)
    options = Options(pure=pure, final=not module.requests and not pure)
    return apply(strategy, module, table, derivation=derivation, options=options)


@dataclass(frozen=True, slots=True)
class Inline:
    """A pass: see `adc.transforms.inline`."""

    table: PrimitiveTable
    entries: tuple[str, ...]
    before_derivatives: bool = True
    name: str = "inline"
    summary: str = "Puts small and once-called functions in the place of their calls."

    def run(self, module: Module) -> Module:
        inlined = inline_calls(
            module, self.table.infer, self.entries, before_derivatives=self.before_derivatives
        )
        return remove_unreachable(inlined, self.entries)


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A pass: one strategy on every function but those to leave as they are."""

    strategy: Strategy
    table: PrimitiveTable
    options: Options = field(default_factory=Options)
    derivation: Derivation | None = None
    name: str = "rewrite"
    summary: str = "Applies a strategy to every function."
    leaves: frozenset[str] = frozenset()

    def run(self, module: Module) -> Module:
        return apply(
            self.strategy,
            module,
            self.table,
            derivation=self.derivation,
            options=self.options,
            only=module.functions.keys() - self.leaves,
        )
