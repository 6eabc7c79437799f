"""Calls replaced by what they call: small functions, and functions with a single call.

Recursive functions stay, as do those with an own rule or under `checkpoint` (`keep`) before derivatives are
taken. Callees are treated before callers, and a function that has grown past the budget counts as large, so
that f1 calling f0 twice, f2 calling f1 twice, ... stays linear in the source.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from adc.ir.builder import InferFn
from adc.ir.core import Atom, Block, Equation, Function, Module, Value
from adc.ir.walk import equations_within, map_regions, refresh_equations, substitute_atom
from adc.transforms.retype import retype

SMALL = 40  # equations of a function that is worth copying
LARGE = 4_000  # equations up to which a caller may grow by once-called functions
DEEP = 64  # regions inside regions that are not made deeper by copying


def inline_calls(
    module: Module, infer: InferFn, entries: Collection[str], *, before_derivatives: bool = True
) -> Module:
    """The module with calls of small and once-called functions replaced by their bodies."""
    work = _Inlining(module, infer, entries, before_derivatives)
    functions = {name: work.function(name) for name in _callees_first(module)}
    if all(f is module.functions[name] for name, f in functions.items()):
        return module
    return replace(module, functions={name: functions[name] for name in module.functions})


def remove_unreachable(module: Module, entries: Collection[str]) -> Module:
    """The module without the functions, requests and rules that no entry leads to."""
    reached: set[str] = set()
    pending = list(entries)
    while pending:
        name = pending.pop()
        if name in reached:
            continue
        reached.add(name)
        pending.extend(_leads_to(module, name))
    if reached.issuperset([*module.functions, *module.requests]):
        return module
    return Module(
        {name: f for name, f in module.functions.items() if name in reached},
        {name: r for name, r in module.requests.items() if name in reached},
        {name: r for name, r in module.rules.items() if name in reached},
    )


def _leads_to(module: Module, name: str) -> Iterable[str]:
    if name in module.functions:
        yield from callees(module.functions[name])
    if name in module.requests:
        yield module.requests[name].target
    if name in module.rules:
        yield module.rules[name].function


def callees(f: Function) -> Iterable[str]:
    """Names of the functions and requests that `f` calls, once for each call."""
    return (str(e.params["callee"]) for e in equations_within(f.block) if e.op == "call")


def _callees_first(module: Module) -> list[str]:
    """Function names, each after those that it calls; where calls go in circles, in some order."""
    order: list[str] = []
    state: dict[str, bool] = {}  # False while a function is open, True when it is placed
    for root in module.functions:
        stack = [(root, False)]
        while stack:
            name, is_done = stack.pop()
            if is_done:
                state[name] = True
                order.append(name)
            elif name not in state:
                state[name] = False
                stack.append((name, True))
                inner = sorted(set(callees(module.functions[name])), reverse=True)
                stack.extend((n, False) for n in inner if n in module.functions)
    return order


def _recursive(module: Module) -> frozenset[str]:
    """Functions on circles of calls (or between two circles): what is left when leaves and roots are peeled off."""
    calls = {
        name: {n for n in callees(f) if n in module.functions}
        for name, f in module.functions.items()
    }
    left = endless(calls)
    callers: dict[str, set[str]] = {name: set() for name in left}
    for name in left:
        for callee in calls[name] & left:
            callers[callee].add(name)
    return frozenset(endless(callers))


def endless(leads_to: Mapping[str, set[str]]) -> set[str]:
    """The names from which one can go on for ever."""
    into: dict[str, list[str]] = {}
    for name, targets in leads_to.items():
        for t in targets:
            into.setdefault(t, []).append(name)
    ways = {name: len(targets) for name, targets in leads_to.items()}
    ends = [name for name, count in ways.items() if count == 0]
    left = set(leads_to)
    while ends:
        end = ends.pop()
        left.discard(end)
        for name in into.get(end, ()):
            ways[name] -= 1
            if ways[name] == 0:
                ends.append(name)
    return left


@dataclass(slots=True)
class _Inlining:
    """The functions treated so far, with the calls in them already replaced."""

    module: Module
    infer: InferFn
    entries: Collection[str]
    before_derivatives: bool
    done: dict[str, Function] = field(default_factory=dict)
    size: dict[str, int] = field(default_factory=dict)
    depth: dict[str, int] = field(default_factory=dict)
    calls: Mapping[str, int] = field(init=False)
    recursive: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        functions = self.module.functions.values()
        counted = Counter(name for f in functions for name in callees(f))
        held = [*self.entries, *(r.target for r in self.module.requests.values())]
        held.extend(r.function for r in self.module.rules.values())
        counted.update(held)  # they are needed as functions too
        self.calls = counted
        self.recursive = _recursive(self.module)

    def function(self, name: str) -> Function:
        f = self.module.functions[name]
        returned: dict[Value, Atom] = {}
        block = self.block(f.block, 0, _Budget(LARGE), returned)
        new = f
        if block is not f.block:
            new = replace(f, block=retype(block, self.infer, returned))
        self.done[name] = new
        self.size[name] = sum(1 for _ in equations_within(new.block))
        self.depth[name] = _depth(new.block)
        return new

    def block(
        self, block: Block, level: int, budget: _Budget, returned: dict[Value, Atom]
    ) -> Block:
        """The block with callees in place of calls; `returned` learns what stands for the calls' results.

        It stands inside `level` regions.
        """
        equations: list[Equation] = []
        for e in block.equations:
            callee = self._inlined(e, level, budget)
            if callee is not None:
                local: dict[Value, Atom] = dict(zip(callee.block.params, e.operands, strict=True))
                equations.extend(refresh_equations(callee.block.equations, local))
                for r, a in zip(e.results, callee.block.results, strict=True):
                    returned[r] = substitute_atom(a, local)
            else:
                equations.append(
                    map_regions(e, lambda r: self.block(r, level + 1, budget, returned))
                )
        if len(equations) == len(block.equations) and all(
            new is old for new, old in zip(equations, block.equations, strict=True)
        ):
            return block
        return Block(block.params, tuple(equations), block.results)

    def _inlined(self, e: Equation, level: int, budget: _Budget) -> Function | None:
        """The function to put in the place of a call."""
        name = e.params["callee"] if e.op == "call" else None
        f = self.done.get(name) if isinstance(name, str) else None
        if f is None or f.name in self.recursive:
            return None
        if self.before_derivatives and (f.keep or f.name in self.module.rules):
            return None
        size, depth = self.size[f.name], self.depth[f.name]
        if depth and level + depth > DEEP:
            return None
        if size > SMALL and not (self.calls[f.name] == 1 and budget.left >= size):
            return None
        budget.left -= size
        return f


def _depth(block: Block) -> int:
    """How many regions stand inside one another."""
    return max((1 + _depth(r) for e in block.equations for r in e.regions), default=0)


@dataclass(slots=True)
class _Budget:
    left: int
