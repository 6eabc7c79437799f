"""A module of the IR to a program in loop IR: one loop function for each function that an entry needs.

Destination passing: every array is written straight into the place that finally needs it: a result buffer, a
row of an enclosing result, the next state of a loop. `adc.lowering.plan_block` plans one function.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adc.diagnostics.errors import CHECK_ERRORS
from adc.diagnostics.span import Span
from adc.ir.core import Function, Module
from adc.ir.walk import equations_within
from adc.lowering.abi import Interface, interface
from adc.lowering.context import PAYLOAD_SLOTS
from adc.lowering.handlers import all_handlers
from adc.lowering.loops import LoopFunction, Program
from adc.lowering.outline import outline
from adc.lowering.plan_block import FunctionPlanner
from adc.lowering.routines import Routines
from adc.lowering.sites import RESERVED, Site
from adc.prims.table import PrimitiveTable
from adc.types.core import DType


class Sites:
    """Collects the error sites of a program."""

    def __init__(self) -> None:
        self.all: list[Site] = list(RESERVED)
        self._number: dict[Site, int] = {}

    def add(
        self, kind: str, code: str, text: str, span: Span | None, payload: Sequence[DType] = ()
    ) -> int:
        """The number of the site; equal sites share one."""
        assert kind in CHECK_ERRORS, f"no check raises {kind}"
        assert len(payload) <= PAYLOAD_SLOTS, "the context has no room for so many values"
        site = Site(kind, code, text, span or None, tuple(payload))
        if site not in self._number:
            self._number[site] = len(self.all)
            self.all.append(site)
        return self._number[site]


def plan_module(
    module: Module, entries: Sequence[str], table: PrimitiveTable, *, uses_blas: bool = True
) -> Program:
    """The loop program of `entries` and of everything they call. The module has no derivative requests left.

    With `uses_blas` large linear algebra calls BLAS and LAPACK; without, the program needs the C library only.
    """
    calls = _calls(module, entries)
    interfaces: dict[str, Interface] = {name: interface(module.functions[name]) for name in calls}
    recursive = _recursive(calls)
    handlers = all_handlers(table)
    sites, routines = Sites(), Routines(uses_blas=uses_blas)
    functions: dict[str, LoopFunction] = {}
    for name in calls:
        f = module.functions[name]
        planner = FunctionPlanner(
            f, interfaces, table, sites, routines, handlers, is_recursive=name in recursive
        )
        functions[name] = planner.plan()
    return outline(Program(functions | routines.functions, tuple(entries), tuple(sites.all)))


def _calls(module: Module, entries: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The functions that the entries need, each with those it calls."""
    found: dict[str, tuple[str, ...]] = {}
    wanted = list(reversed(entries))
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        assert name in module.functions, f"`{name}` is no function of the module"
        found[name] = _callees(module.functions[name])
        wanted.extend(reversed(found[name]))
    return found


def _callees(f: Function) -> tuple[str, ...]:
    names = (str(e.params["callee"]) for e in equations_within(f.block) if e.op == "call")
    return tuple(dict.fromkeys(names))


def _recursive(calls: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """Functions on a cycle of calls."""
    return frozenset(name for name in calls if name in _reachable(calls, calls[name]))


def _reachable(calls: Mapping[str, Sequence[str]], start: Sequence[str]) -> set[str]:
    seen: set[str] = set()
    stack = list(start)
    while stack:
        name = stack.pop()
        if name not in seen:
            seen.add(name)
            stack.extend(calls[name])
    return seen
