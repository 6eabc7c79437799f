"""IR to surface tree to ADL text: how derivative programs are read, and compiled again.

Every structured primitive has a surface form. A value used once is written where it is used; the others get
a `let`. What ADL has no name for is spelled out: stacked outputs of a loop are a carried array, a reversed
loop counts down by arithmetic, several results of one comprehension are unzipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from adc.frontends.printing.accumulation import write_accum
from adc.frontends.printing.function import FunctionPrinter, Handler
from adc.frontends.printing.naming import Names
from adc.frontends.printing.plain import write_plain
from adc.frontends.printing.regions import REGIONS
from adc.ir.core import Module
from adc.ir.walk import equations_within
from adc.prims.catalog import TABLE
from adc.syntax import ast
from adc.syntax.unparse import unparse

_HANDLERS: Mapping[str, Handler] = {
    **{primitive.name: write_plain for primitive in TABLE},
    **REGIONS,
    "accum": write_accum,
}


def print_program(module: Module, names: Iterable[str], builtins: Iterable[str] = ()) -> str:
    """ADL text of the functions `names` and of everything they call."""
    needed = _with_callees(module, names)
    taken = Names(builtins)
    for name in needed:
        taken.of_function(name)
    defs = (
        FunctionPrinter(module, module.functions[n], taken, builtins, _HANDLERS).definition()
        for n in needed
    )
    return unparse(ast.Module(tuple(defs)))


def _with_callees(module: Module, names: Iterable[str]) -> list[str]:
    """Callees before callers where possible; the order of `names` otherwise."""
    order: dict[str, None] = {}
    visiting: set[str] = set()

    def visit(name: str) -> None:
        if name in order or name in visiting:
            return
        visiting.add(name)
        for e in equations_within(module.functions[name].block):
            if e.op == "call":
                visit(str(e.params["callee"]))
        order[name] = None

    for name in names:
        visit(name)
    return list(order)
