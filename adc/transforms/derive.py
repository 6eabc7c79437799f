"""Functions derived from functions, each made once: jvp, linear part, transpose.

`Deriver` answers what the transforms of blocks ask about calls (`adc.transforms.calls.CallRules`): a call of
`f` becomes a call of a function derived from `f`, so that code stays proportional to the source and
recursion works. A derived function is entered under its name before it is made: that is what lets a
recursive function's derivative call itself.

    f.jvp<w>      (params..., tangents of w) -> (results..., tangents of the float results)
    f.lin<w>      (params..., tangents of w) -> tangents of the float results
    g.t<w>        (params without w..., cotangents of the float results) -> cotangents of the params w
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from adc.ir.builder import Builder
from adc.ir.core import Atom, Block, Equation, Function, OwnRule, Type, Value
from adc.ir.dead import remove_dead
from adc.ir.walk import refresh_block, substitute_type, type_values
from adc.prims.array.build import zeros
from adc.prims.table import PrimitiveTable
from adc.transforms.jvp import Jvp, Tangents
from adc.transforms.linearize import Parts, split
from adc.transforms.transpose import Scope, Transposer

Wrt = tuple[int, ...]


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
    """A module being extended by derived functions. `resolve` gives the function behind a name."""

    table: PrimitiveTable
    resolve: Callable[[str], Function]
    rules: dict[str, OwnRule]
    capture_in_loops: bool = True
    made: dict[str, Function] = field(default_factory=dict)
    _jvp_of: dict[str, tuple[str, Wrt]] = field(default_factory=dict)
    _transpose_of: dict[tuple[str, Wrt], str] = field(default_factory=dict)
    _pending: set[str] = field(default_factory=set)

    # ---- what calls become ------------------------------------------------------------------------

    def active_results(self, e: Equation, active_operands: Sequence[bool]) -> Sequence[bool]:
        floats = [r.type.dtype.is_float for r in e.results]
        origin = self._jvp_of.get(_callee(e))
        if origin is None:
            return floats if any(active_operands) else [False] * len(floats)
        target, wrt = origin
        if any(active_operands[: len(e.operands) - len(wrt)]):
            return floats
        primal = len(self._result_types(target))
        return [False] * primal + floats[primal:]

    def jvp(
        self, b: Builder, e: Equation, tangents: Sequence[Atom | None]
    ) -> tuple[Atom | None, ...]:
        callee = _callee(e)
        rule = self.rules.get(callee)
        if rule is not None:
            return self._own_rule(b, e, rule, tangents)
        wrt = tuple(k for k, t in enumerate(tangents) if t is not None)
        given = [t for t in tangents if t is not None]
        moved = [Value(r.type, f"d_{r.hint}") if r.type.dtype.is_float else None for r in e.results]
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
        moved = [Value(r.type, f"d_{r.hint}") if r.type.dtype.is_float else None for r in e.results]
        fresh = tuple(v for v in moved if v is not None)
        b.append(_call(e, name, (*e.operands, *given), fresh))
        return tuple(moved)

    def _adjoint_wrt(self, e: Equation, rule: OwnRule) -> Wrt:
        total = len(self.resolve(rule.function).block.params)
        return tuple(range(len(e.operands), total))

    def split(
        self, e: Equation, nonlinear_operands: Sequence[bool]
    ) -> tuple[Equation | None, Equation | None]:
        origin = self._jvp_of.get(_callee(e))
        if origin is None:
            return None, e
        target, wrt = origin
        primal = len(e.operands) - len(wrt)
        if not all(nonlinear_operands[:primal]):
            return None, e
        count = len(self._result_types(target))
        first = _call(e, target, e.operands[:primal], e.results[:count])
        second = _call(e, self.linear_function(target, wrt), e.operands, e.results[count:])
        return first, second

    def transpose(
        self, b: Builder, e: Equation, cotangents: Sequence[Atom | None], linear: Sequence[bool]
    ) -> tuple[Atom | None, ...]:
        wrt = tuple(k for k, flag in enumerate(linear) if flag)
        name = self.transposed(_callee(e), wrt)
        kept = [a for a, flag in zip(e.operands, linear, strict=True) if not flag]
        cts = [
            zeros(b, r.type) if ct is None else ct
            for r, ct in zip(e.results, cotangents, strict=True)
        ]
        made = [Value(e.operands[k].type, "ct") for k in wrt]
        b.append(_call(e, name, (*kept, *cts), tuple(made)))
        by_position = dict(zip(wrt, made, strict=True))
        return tuple(by_position.get(k) for k in range(len(e.operands)))

    def _result_types(self, name: str) -> tuple[Type, ...]:
        return tuple(a.type for a in self.resolve(name).block.results)

    # ---- derived functions ------------------------------------------------------------------------

    def _once(self, name: str, make: Callable[[], Function]) -> str:
        """Make the function behind `name` unless it is there or being made further up."""
        if name not in self.made and name not in self._pending:
            self._pending.add(name)
            self.made[name] = make()
            self._pending.discard(name)
        return name

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
                if a.type.dtype.is_float
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
            seeds = tuple(g.block.params[k] for k in wrt)
            kept = tuple(p for k, p in enumerate(g.block.params) if k not in wrt)
            parts, linear = split(g.block.equations, seeds, self.table, self)
            lin = Linearized(kept, parts, g.block.results, seeds, g.block.results, linear)
            cts = tuple(Value(a.type, "ct") for a in g.block.results if a.type.dtype.is_float)
            b = Builder(self.table.infer)
            made = self.pull_back(b, lin, cts)
            return Function(name, remove_dead(b.finish((*kept, *cts), made)), span=g.span)

        return self._once(name, make)

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
        self, b: Builder, lin: Linearized, cotangents: Sequence[Atom | None]
    ) -> list[Atom]:
        """Emit both parts, the linear one backwards; the cotangents of the seeds, for one of every float result."""
        b.extend(lin.parts.nonlinear)
        t = Transposer(self.table, self, lin.linear, self.capture_in_loops)
        scope = Scope(b, lin.linear, {}, {})
        floats = [
            d for a, d in zip(lin.results, lin.tangents, strict=True) if a.type.dtype.is_float
        ]
        for d, ct in zip(floats, cotangents, strict=True):
            if d is not None:
                scope.add(d, ct)
        t.equations(scope, lin.parts.linear)
        return [scope.take_or_zero(s) for s in lin.seeds]


def _callee(e: Equation) -> str:
    callee = e.params["callee"]
    assert isinstance(callee, str)
    return callee


def _call(e: Equation, name: str, operands: Sequence[Atom], results: Sequence[Value]) -> Equation:
    """The call `e` directed at another function."""
    return replace(e, operands=tuple(operands), results=tuple(results), params={"callee": name})


def _mask(wrt: Wrt) -> str:
    return "_".join(map(str, wrt))


def _tangent(a: Atom, tangents: Tangents) -> Atom | None:
    return tangents.get(a) if isinstance(a, Value) else None
