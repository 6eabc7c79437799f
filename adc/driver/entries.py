"""The part of a module that some entries need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from adc.ir.core import Module
from adc.ir.walk import equations_within


def needed_by(module: Module, names: Iterable[str]) -> Module:
    """The functions, requests and rules that `names` reach by calls, targets and rules, in the module's order."""
    found: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += _reached(module, name)
    return Module(
        {n: f for n, f in module.functions.items() if n in found},
        {n: r for n, r in module.requests.items() if n in found},
        {n: r for n, r in module.rules.items() if n in found},
    )


def _reached(module: Module, name: str) -> Iterator[str]:
    if name in module.requests:
        yield module.requests[name].target
        return
    if name in module.rules:
        yield module.rules[name].function
    for e in equations_within(module.functions[name].block):
        if e.op == "call":
            yield str(e.params["callee"])
