"""Functions derived from functions, each made once: jvp, linear part, transpose.

`Deriver` answers what the transforms of blocks ask about calls (`adc.transforms.calls.CallRules`): a call of
`f` becomes a call of a function derived from `f`, so that code stays proportional to the source and
recursion works. A call needs no more than the name of the function that it goes to, so that function waits: it is
made when its equations are asked for, or at last by `complete`. That is what lets a recursive function's
derivative call itself, and keeps the depth of the calls out of Python's.

    f.jvp<w>      (params..., tangents of w) -> (results..., tangents of the float results)
    f.lin<w>      (params..., tangents of w) -> tangents of the float results
    f.part<r>     (params...) -> results r
    g.t<w>        (params without w..., cotangents of the float results) -> cotangents of the params w
    f.fwd<w>      (params...) -> (results..., tape)
    f.rlin<w>     (params..., tape, tangents of w) -> tangents of the float results
    g.acc<w>      (params without w..., cotangents of the float results, accumulators for the arrays of w)
                  -> cotangents of the scalars of w

Note [Calls that save]
The linear part of a call is `f.lin`, which computes the non-linear values that it needs again. When `f` leads
to recursion, each level would do so for all levels below, and a gradient would cost a factor of the depth. So
`f.fwd` saves these values in a tape, which `f.rlin` reads. The tape of a level holds those of the levels
below: it is as deep as the recursion. `f.rlin` needs no accumulators: `f.fwd` has added what there is to add.
Calls in loops that read arrays which the steps change in place save too (`f.fwd<w>.<p>`, where `p` are the
parameters that such arrays are given for): what they read of these, not the arrays.

Note [Calls that lend]
If the transpose of a recursive function returned cotangents of arrays, each level would make one and add it
to its own: a factor of the size of the array. So `g.acc` adds to accumulators of its caller. Where the linear
`g` itself has an accumulator among `w`, what is added there becomes a read, and `g.acc` takes the cotangent of
the accumulator's result, an array, in its place. Other calls lend too where they are repeated.

Neither tapes nor accumulators as parameters have a surface form: `save_calls` is off for what is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from types import MappingProxyType
from typing import TypeVar

from adc.ir.builder import Builder
from adc.ir.core import TAPE, Atom, Block, Equation, Function, OwnRule, Type, Value, literal
from adc.ir.dead import remove_dead
from adc.ir.walk import refresh_block, sizes_ahead, substitute_type, type_values, uses
from adc.prims.array.build import zeros
from adc.prims.table import PrimitiveTable
from adc.transforms.inline import endless
from adc.transforms.jvp import Jvp, Tangents
from adc.transforms.linearize import split
from adc.transforms.residuals import Parts, Store, cut_block
from adc.transforms.transpose import Scope, Transposer

T = TypeVar("T", Atom, Value)
Wrt = tuple[int, ...]
NOTHING_LENT: Mapping[Value, Value] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Linearized:
    """A function's equations in two parts, with the tangents put in and those that come out."""

    params: tuple[Value, ...]
    parts: Parts
    results: tuple[Atom, ...]
    seeds: tuple[Value, ...]
    tangents: tuple[Atom | None, ...]  # one per result
    linear: set[Value]


@dataclass(slots=True)
class Deriver:
    """A module being extended by derived functions.

    `resolve` gives the function behind a name, `leads_to` what it calls as far as that is known.
    """

    table: PrimitiveTable
    resolve: Callable[[str], Function]
    leads_to: Callable[[str], Iterable[str]]
    rules: dict[str, OwnRule]
    capture_in_loops: bool = True
    save_calls: bool = True
    made: dict[str, Function] = field(default_factory=dict)
    _jvp_of: dict[str, tuple[str, Wrt]] = field(default_factory=dict)
    _transpose_of: dict[tuple[str, Wrt], str] = field(default_factory=dict)
    _waiting: dict[str, Callable[[], None]] = field(default_factory=dict)  # makes the function
    _pending: set[str] = field(default_factory=set)  # being made
    _recursive: dict[str, bool] = field(default_factory=dict)

    # ---- what calls become ------------------------------------------------------------------------

    @property
    def uses_tapes(self) -> bool:
        return self.save_calls

    def active_values(self, e: Equation, active_operands: Sequence[bool]) -> Iterable[Value]:
        origin = self._jvp_of.get(_callee(e))
        moves = [k and not a.type.is_ref for a, k in zip(e.operands, active_operands, strict=True)]
        if not any(moves):
            return ()
        operands: Sequence[Atom] = e.operands
        results: Sequence[Value] = e.results
        if origin is not None:
            target, wrt = origin
            given = len(operands) - len(wrt)
            if not any(moves[:given]):
                operands, results = operands[given:], results[len(self._result_types(target)) :]
        refs = (a for a in operands if isinstance(a, Value) and a.type.is_ref)
        return [v for v in (*refs, *results) if v.type.dtype.carries_tangent]

    def is_recursive(self, e: Equation) -> bool:
        return self._recurs(_callee(e))

    def _recurs(self, name: str) -> bool:
        if name in self._recursive:
            return self._recursive[name]
        calls: dict[str, set[str]] = {}
        pending = [name]
        while pending:
            caller = pending.pop()
            if caller not in calls:
                calls[caller] = set(self.leads_to(caller))
                pending.extend(calls[caller])
        found = endless(calls)
        if self._pending.isdisjoint(calls):
            self._recursive.update((n, n in found) for n in calls)
        return name in found

    def jvp(
        self, b: Builder, e: Equation, tangents: Sequence[Atom | None]
    ) -> tuple[Atom | None, ...]:
        callee = _callee(e)
        rule = self.rules.get(callee)
        if rule is not None:
            return self._own_rule(b, e, rule, tangents)
        wrt = tuple(k for k, t in enumerate(tangents) if t is not None)
        given = [t for t in tangents if t is not None]
        moved = _tangent_values(e.results)
        name = self.jvp_function(callee, wrt)
        fresh = tuple(v for v in moved if v is not None)
        b.append(_call(e, name, (*e.operands, *given), (*e.results, *fresh)))
        return tuple(moved)

    def _own_rule(
        self, b: Builder, e: Equation, rule: OwnRule, tangents: Sequence[Atom | None]
    ) -> tuple[Atom | None, ...]:
        """The user's tangent map, or the transpose of the user's cotangent map, of all float operands."""
        b.append(e)
        given = [
            zeros(b, a.type) if t is None else t
            for a, t in zip(e.operands, tangents, strict=True)
            if a.type.dtype.is_float
        ]
        name = rule.function
        if rule.kind == "adjoint":
            name = self.transposed(name, self._adjoint_wrt(e, rule))
        moved = _tangent_values(e.results)
        fresh = tuple(v for v in moved if v is not None)
        b.append(_call(e, name, (*e.operands, *given), fresh))
        return tuple(moved)

    def _adjoint_wrt(self, e: Equation, rule: OwnRule) -> Wrt:
        total = len(self.resolve(rule.function).block.params)
        return tuple(range(len(e.operands), total))

    def split(
        self, e: Equation, nonlinear_operands: Sequence[bool], pieces: Collection[Value]
    ) -> tuple[Equation | None, Equation | None]:
        first = self.primal(e, nonlinear_operands)
        if first is None:
            return None, e
        target, wrt = self._jvp_of[_callee(e)]
        given, moving = first.operands, e.operands[len(first.operands) :]
        moved = e.results[len(first.results) :]
        held = tuple(k for k, a in enumerate(given) if a in pieces) if self.save_calls else ()
        if not self.is_saved(e) and not held:
            assert not _is_lent_to(e), "nothing may be added twice"
            return first, _call(e, self.linear_function(target, wrt), (*given, *moving), moved)
        forward, linear = self.saving_functions(target, wrt, held)
        tape = Value(TAPE, "t")
        first = _call(e, forward, given, (*first.results, tape))
        return first, _call(e, linear, (*_handed_on(given, held), tape, *moving), moved)

    def primal(self, e: Equation, nonlinear_operands: Sequence[bool]) -> Equation | None:
        origin = self._jvp_of.get(_callee(e))
        if origin is None:
            return None
        target, wrt = origin
        given = len(e.operands) - len(wrt)
        if not all(nonlinear_operands[:given]):
            return None
        return _call(e, target, e.operands[:given], e.results[: len(self._result_types(target))])

    def is_saved(self, e: Equation) -> bool:
        origin = self._jvp_of.get(_callee(e))
        if origin is None or not self.save_calls:
            return False
        return self._recurs(origin[0]) or _is_lent_to(e)

    def lends(self, e: Equation) -> bool:
        return self.save_calls and (self.is_recursive(e) or _is_lent_to(e))

    def transpose(
        self,
        b: Builder,
        e: Equation,
        cotangents: Sequence[Atom | None],
        linear: Sequence[bool],
        lent: Mapping[int, Atom],
    ) -> tuple[Atom | None, ...]:
        wrt = tuple(compress(range(len(linear)), linear))
        callee = _callee(e)
        cts = [ct for ct in cotangents if ct is not None]
        if len(cts) < len(cotangents):
            if (callee, wrt) in self._transpose_of:
                cts = [
                    zeros(b, r.type) if ct is None else ct
                    for r, ct in zip(e.results, cotangents, strict=True)
                ]
            else:
                callee = self.part(
                    callee, tuple(k for k, ct in enumerate(cotangents) if ct is not None)
                )
        make = self.accumulating if lent else self.transposed
        name = make(callee, wrt)
        kept = [a for a, flag in zip(e.operands, linear, strict=True) if not flag]
        exchanged = [lent[k] for k in wrt if k in lent]
        made = {k: Value(e.operands[k].type, "ct") for k in wrt if k not in lent}
        b.append(_call(e, name, (*kept, *cts, *exchanged), tuple(made.values())))
        return tuple(made.get(k) for k in range(len(e.operands)))

    def _result_types(self, name: str) -> tuple[Type, ...]:
        return tuple(a.type for a in self.resolve(name).block.results)

    # ---- derived functions ------------------------------------------------------------------------

    def find(self, name: str) -> Function | None:
        """The derived function of this name, made now if it waits; None when it is being made, or is no such."""
        make = self._waiting.get(name)
        if make is not None:
            make()
        return self.made.get(name)

    def complete(self, name: str) -> None:
        """Make all that waits of what a function calls, and of what that calls."""
        seen = {name}
        pending = [name]
        while pending:
            found = set(self.leads_to(pending.pop())) - seen
            seen |= found
            pending.extend(sorted(found))

    def _once(self, name: str, make: Callable[[], Function]) -> str:
        """Let the function behind `name` wait to be made, unless it is there or being made further up."""
        self._all_once((name,), lambda: (make(),))
        return name

    def _all_once(self, names: Sequence[str], make: Callable[[], Sequence[Function]]) -> None:
        def make_all() -> None:
            for name in names:
                del self._waiting[name]
            self._pending.update(names)
            self.made.update(zip(names, make(), strict=True))
            self._pending.difference_update(names)

        if not any(names[0] in known for known in (self.made, self._pending, self._waiting)):
            self._waiting.update(dict.fromkeys(names, make_all))

    def jvp_function(self, target: str, wrt: Wrt) -> str:
        """The name of `f.jvp<w>`."""
        name = f"{target}.jvp{_mask(wrt)}"
        self._jvp_of[name] = (target, wrt)

        def make() -> Function:
            f = self._differentiated(target)
            b, tangents, seeds = self._forward(f, wrt)
            moved = [
                zeros(b, a.type) if t is None else t
                for a in f.block.results
                if a.type.dtype.carries_tangent
                for t in [_tangent(a, tangents)]
            ]
            block = b.finish((*f.block.params, *seeds), (*f.block.results, *moved))
            return Function(name, remove_dead(block), span=f.span)

        return self._once(name, make)

    def _differentiated(self, target: str) -> Function:
        """The function to differentiate; one with an own rule as a call of itself, so that the rule is used."""
        f = self.resolve(target)
        if target not in self.rules:
            return f
        block = refresh_block(f.block, {})
        renamed: dict[Value, Atom] = {}
        results = []
        for a in block.results:
            results.append(Value(substitute_type(a.type, renamed), "y"))
            if isinstance(a, Value):
                renamed[a] = results[-1]
        sizes = {d for v in (*block.params, *results) for d in type_values(v.type)}
        ahead = remove_dead(Block(block.params, block.equations, tuple(sizes.difference(results))))
        params = MappingProxyType({"callee": target})
        call = Equation("call", block.params, tuple(results), params, span=f.span)
        whole = Block(block.params, (*ahead.equations, call), tuple(results))
        return replace(f, block=whole)

    def _forward(self, f: Function, wrt: Wrt) -> tuple[Builder, Tangents, tuple[Value, ...]]:
        seeds = tuple(Value(f.block.params[k].type, f"d_{f.block.params[k].hint}") for k in wrt)
        tangents: Tangents = {f.block.params[k]: s for k, s in zip(wrt, seeds, strict=True)}
        b = Builder(self.table.infer)
        Jvp(self.table, self).equations(b, f.block.equations, tangents)
        return b, tangents, seeds

    def linear_function(self, target: str, wrt: Wrt) -> str:
        """The name of `f.lin<w>`: the jvp without its primal results."""
        name = f"{target}.lin{_mask(wrt)}"

        def make() -> Function:
            source = self.resolve(self.jvp_function(target, wrt))
            count = len(self._result_types(target))
            block = Block(source.block.params, source.block.equations, source.block.results[count:])
            return Function(name, remove_dead(block), span=source.span)

        return self._once(name, make)

    def part(self, target: str, wanted: Wrt) -> str:
        """The name of `f.part<r>`: `f` with some of its results only, so that nothing is made of zeros."""
        name = f"{target}.part{_mask(wanted)}"

        def make() -> Function:
            f = self.resolve(target)
            block = replace(f.block, results=tuple(f.block.results[k] for k in wanted))
            return Function(name, remove_dead(block), span=f.span)

        return self._once(name, make)

    def saving_functions(self, target: str, wrt: Wrt, held: Wrt) -> tuple[str, str]:
        """The names of `f.fwd<w>` and `f.rlin<w>`: Note [Calls that save]. `held`: parameters that are pieces."""
        mask = _mask(wrt) + (f".{_mask(held)}" if held else "")
        forward, linear = f"{target}.fwd{mask}", f"{target}.rlin{mask}"

        def make() -> tuple[Function, Function]:
            source = self.resolve(self.jvp_function(target, wrt))
            block = source.block
            given = block.params[: len(block.params) - len(wrt)]
            seeds = block.params[len(given) :]
            count = len(self._result_types(target))
            pieces = {given[k]: given[k].type.shape for k in held}
            parts, _ = split(block.equations, seeds, self.table, self, saves=True, pieces=pieces)
            ahead = _making(sizes_ahead(block), parts.nonlinear)
            local = [*pieces, *(r for e in parts.nonlinear if e not in ahead for r in e.results)]
            moved = block.results[count:]
            cut = cut_block(parts, local, (), moved, Store.TAPE, pieces=pieces)
            tape = cut.rows[0] if cut.rows else literal(0, TAPE.dtype)
            there = Block(given, cut.nonlinear, (*block.results[:count], tape))
            params = (
                *_handed_on(given, held),
                tape if isinstance(tape, Value) else Value(TAPE, "t"),
            )
            back = Block((*params, *seeds), (*ahead, *cut.again, *cut.linear), moved)
            return (
                Function(forward, remove_dead(there), span=source.span),
                Function(linear, remove_dead(back), span=source.span),
            )

        self._all_once((forward, linear), make)
        return forward, linear

    def transposed(self, target: str, wrt: Wrt) -> str:
        """The name of `g.t<w>` for a `g` that is linear in its parameters `w`; transposing twice gives `g` back."""
        back = self._transpose_of.get((target, wrt))
        if back is not None:
            return back
        name = f"{target}.t{_mask(wrt)}"
        g = self.resolve(target)
        total, count = len(g.block.params), len(g.block.results)
        if wrt == tuple(range(total - len(wrt), total)):
            first = total - len(wrt)
            self._transpose_of[name, tuple(range(first, first + count))] = target

        def make() -> Function:
            lin = self._as_linear(g, wrt)
            cts = tuple(Value(a.type, "ct") for a in g.block.results)
            b = Builder(self.table.infer)
            made = self.pull_back(b, lin, cts)
            return Function(name, remove_dead(b.finish((*lin.params, *cts), made)), span=g.span)

        return self._once(name, make)

    def accumulating(self, target: str, wrt: Wrt) -> str:
        """The name of `g.acc<w>` for a `g` that is linear in its parameters `w`: Note [Calls that lend]."""
        name = f"{target}.acc{_mask(wrt)}"

        def make() -> Function:
            g = self.resolve(target)
            lin = self._as_linear(g, wrt)
            cts = tuple(Value(a.type, "ct") for a in g.block.results)
            lent = {
                s: Value(replace(s.type, is_ref=not s.type.is_ref), f"ct_{s.hint}")
                for s in lin.seeds
                if s.type.rank or s.type.is_ref
            }
            b = Builder(self.table.infer)
            made = self.pull_back(b, lin, cts, lent)
            block = b.finish((*lin.params, *cts, *lent.values()), made)
            return Function(name, remove_dead(block), span=g.span)

        return self._once(name, make)

    def _as_linear(self, g: Function, wrt: Wrt) -> Linearized:
        """The parts of a function that is linear in its parameters `wrt`, which are their own tangents."""
        seeds = tuple(g.block.params[k] for k in wrt)
        kept = tuple(p for k, p in enumerate(g.block.params) if k not in wrt)
        parts, linear = split(g.block.equations, seeds, self.table, self)
        return Linearized(kept, parts, g.block.results, seeds, g.block.results, linear)

    # ---- whole functions ----------------------------------------------------------------------------

    def linearize(self, target: str, wrt: Wrt) -> Linearized:
        """The two parts of `target` with respect to tangents of its parameters `wrt`."""
        f = self._differentiated(target)
        b, tangents, seeds = self._forward(f, wrt)
        results = f.block.results
        moved = tuple(_tangent(a, tangents) for a in results)
        parts, linear = split(b.equations, seeds, self.table, self)
        return Linearized(f.block.params, parts, results, seeds, moved, linear)

    def pull_back(
        self,
        b: Builder,
        lin: Linearized,
        cotangents: Sequence[Atom | None],
        lent: Mapping[Value, Value] = NOTHING_LENT,
    ) -> list[Atom]:
        """Emit both parts, the linear one backwards; the cotangents of the seeds, for one of every moving result.

        `lent`: accumulators for the cotangents of some seeds, and the cotangents of seeds that are accumulators.
        """
        b.extend(lin.parts.nonlinear)
        t = Transposer(self.table, self, lin.linear, self.capture_in_loops)
        refs = {s: v for s, v in lent.items() if v.type.is_ref}
        gathers = {s: v for s, v in lent.items() if s.type.is_ref}
        scope = Scope(b, lin.linear, refs, gathers, is_whole=True)
        moved = [
            d
            for a, d in zip(lin.results, lin.tangents, strict=True)
            if a.type.dtype.carries_tangent
        ]
        for d, ct in zip(moved, cotangents, strict=True):
            if d is not None:
                scope.add(d, ct)
        t.equations(scope, lin.parts.linear)
        return [scope.take_or_zero(s) for s in lin.seeds if s not in lent]


def _callee(e: Equation) -> str:
    callee = e.params["callee"]
    assert isinstance(callee, str)
    return callee


def _is_lent_to(e: Equation) -> bool:
    """Whether the function called gets accumulators."""
    return any(a.type.is_ref for a in e.operands)


def _call(e: Equation, name: str, operands: Sequence[Atom], results: Sequence[Value]) -> Equation:
    """The call `e` directed at another function."""
    return replace(e, operands=tuple(operands), results=tuple(results), params={"callee": name})


def _tangent_values(results: Sequence[Value]) -> tuple[Value | None, ...]:
    return tuple(
        Value(r.type, f"d_{r.hint}") if r.type.dtype.carries_tangent else None for r in results
    )


def _handed_on(atoms: Sequence[T], held: Wrt) -> tuple[T, ...]:
    """What the linear part of a call that saves gets: neither accumulators nor pieces."""
    return tuple(a for k, a in enumerate(atoms) if not a.type.is_ref and k not in held)


def _making(values: Iterable[Value], equations: Sequence[Equation]) -> list[Equation]:
    """Those of the equations that lead to the values, in order."""
    wanted = set(values)
    found = []
    for e in reversed(equations):
        if not wanted.isdisjoint(e.results):
            wanted |= uses(e)
            found.append(e)
    return found[::-1]


def _mask(wrt: Wrt) -> str:
    return "_".join(map(str, wrt))


def _tangent(a: Atom, tangents: Tangents) -> Atom | None:
    return tangents.get(a) if isinstance(a, Value) else None
