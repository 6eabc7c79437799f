"""Whether a function is linear in some of its parameters: what an own rule must be.

Every value is zero, linear or neither. An equation with linear operands is linear when its transpose exists
for just these operands, and when no operand that is neither could have been linear together with them
(`dx + x` is affine, not linear). A constant zero is linear.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from adc.ir.builder import Builder
from adc.ir.core import Atom, Block, Equation, Function, Literal, Value
from adc.ir.walk import uses
from adc.prims.table import PrimitiveTable


class Kind(Enum):
    ZERO = "zero"
    LINEAR = "linear"
    OTHER = "other"


class NonLinear(Exception):
    """Where linearity ends: an equation, or a result (None) that is not linear."""

    def __init__(self, equation: Equation | None, why: str) -> None:
        super().__init__(why)
        self.equation = equation
        self.why = why


@dataclass(slots=True)
class LinearityCheck:
    """The check of the functions of one module; calls are looked into once per set of linear operands."""

    table: PrimitiveTable
    resolve: Callable[[str], Function]
    _found: dict[tuple[str, tuple[int, ...]], tuple[Kind, ...]] = field(default_factory=dict)

    def require(self, name: str, wrt: tuple[int, ...]) -> None:
        """Raise `NonLinear` unless every result of the function is linear in the parameters `wrt` (or zero)."""
        for a, kind in zip(self.resolve(name).block.results, self.kinds(name, wrt), strict=True):
            if kind is Kind.OTHER and a.type.dtype.carries_tangent:
                raise NonLinear(None, "a result that is not linear")

    def kinds(self, name: str, wrt: tuple[int, ...]) -> tuple[Kind, ...]:
        """What the results of the function are when the parameters `wrt` are linear.

        A recursive function is taken to be linear where it calls itself, until that turns out to be wrong.
        """
        key = name, wrt
        if key not in self._found:
            f = self.resolve(name)
            self._found[key] = tuple(_linear_if_float(a) for a in f.block.results)
            while True:
                assumed = self._found[key]
                found = map(_join, assumed, self._results(f, wrt))
                self._found[key] = tuple(found)
                if self._found[key] == assumed:
                    break
        return self._found[key]

    def _results(self, f: Function, wrt: tuple[int, ...]) -> tuple[Kind, ...]:
        kinds = {f.block.params[k]: Kind.LINEAR for k in wrt}
        self._equations(f.block.equations, kinds)
        return tuple(_kind(a, kinds) for a in f.block.results)

    def _equations(self, equations: Sequence[Equation], kinds: dict[Value, Kind]) -> None:
        for e in equations:
            rule = _STRUCTURED.get(e.op)
            if rule is not None:
                rule(self, e, kinds)
            elif not kinds.keys().isdisjoint(uses(e)):
                self._primitive(e, kinds)

    def _primitive(self, e: Equation, kinds: dict[Value, Kind]) -> None:
        known = [_kind(a, kinds) for a in e.operands]
        linear = [k is Kind.LINEAR for k in known]
        if any(linear) or any(
            k is Kind.ZERO and isinstance(a, Value) for k, a in zip(known, e.operands, strict=True)
        ):
            flags = [
                k is not Kind.OTHER and isinstance(a, Value)
                for k, a in zip(known, e.operands, strict=True)
            ]
            if not self._transposes(e, flags):
                raise NonLinear(e, f"`{e.op}` is not linear here")
            for j, (a, k) in enumerate(zip(e.operands, known, strict=True)):
                if k is Kind.OTHER and a.type.dtype.carries_tangent:
                    wider = [flag or position == j for position, flag in enumerate(flags)]
                    if self._transposes(e, wider):
                        raise NonLinear(
                            e, f"`{e.op}` of something linear and something that is not"
                        )
            made = Kind.LINEAR if any(linear) else Kind.ZERO
            kinds.update((r, made) for r in e.results)

    def _transposes(self, e: Equation, flags: Sequence[bool]) -> bool:
        """Whether the primitive has a transpose for these operands; tried on a scratch builder."""
        if e.op == "index":
            return flags[0] and not any(flags[1:])
        transpose = self.table[e.op].transpose
        if transpose is None:
            return False
        try:
            transpose(Builder(self.table.infer), e, e.results, flags)
        except TypeError:
            return False
        return True


def _kind(a: Atom, kinds: dict[Value, Kind]) -> Kind:
    if isinstance(a, Literal):
        return Kind.ZERO if a.type.dtype.carries_tangent and a.value == 0 else Kind.OTHER
    return kinds.get(a, Kind.OTHER)


def _linear_if_float(a: Atom) -> Kind:
    return Kind.LINEAR if a.type.dtype.carries_tangent else Kind.OTHER


def _join(x: Kind, y: Kind) -> Kind:
    """What may be either: linear if one is linear and the other linear or zero."""
    if x is y:
        return x
    return Kind.OTHER if Kind.OTHER in (x, y) else Kind.LINEAR


def _plain(check: LinearityCheck, e: Equation, kinds: dict[Value, Kind]) -> None:
    """map: results as what the region yields."""
    (body,) = e.regions
    _no_linear_operands(e, kinds)
    check._equations(body.equations, kinds)
    for r, a in zip(e.results, body.results, strict=True):
        _enter(r, _kind(a, kinds), kinds)


def _enter(r: Value, kind: Kind, kinds: dict[Value, Kind]) -> None:
    if kind is not Kind.OTHER:
        kinds[r] = kind


def _no_linear_operands(e: Equation, kinds: dict[Value, Kind]) -> None:
    if any(_kind(a, kinds) is Kind.LINEAR for a in e.operands):
        raise NonLinear(e, f"`{e.op}` is steered by something linear")


def _reduce(check: LinearityCheck, e: Equation, kinds: dict[Value, Kind]) -> None:
    _plain(check, e, kinds)
    ops = e.params["ops"]
    assert isinstance(ops, tuple)
    for op, r in zip(ops, e.results, strict=True):
        if op != "add" and kinds.pop(r, Kind.OTHER) is Kind.LINEAR:
            raise NonLinear(e, "only sums are linear")


def _argreduce(check: LinearityCheck, e: Equation, kinds: dict[Value, Kind]) -> None:
    (body,) = e.regions
    check._equations(body.equations, kinds)
    if _kind(body.results[0], kinds) is Kind.LINEAR:
        raise NonLinear(e, "a position is not linear")


def _cond(check: LinearityCheck, e: Equation, kinds: dict[Value, Kind]) -> None:
    _no_linear_operands(e, kinds)
    for region in e.regions:
        check._equations(region.equations, kinds)
    then, other = (r.results for r in e.regions)
    for r, a, c in zip(e.results, then, other, strict=True):
        _either(e, r, _kind(a, kinds), _kind(c, kinds), kinds)


def _either(e: Equation, r: Value, x: Kind, y: Kind, kinds: dict[Value, Kind]) -> None:
    joined = _join(x, y)
    if joined is Kind.OTHER and Kind.LINEAR in (x, y):
        raise NonLinear(e, "one way is linear, the other is not")
    _enter(r, joined, kinds)


def _loop(check: LinearityCheck, e: Equation, kinds: dict[Value, Kind]) -> None:
    _no_linear_operands(replace(e, operands=e.operands[:1]), kinds)
    _iterate(check, e, e.regions[0], e.operands[1:], e.results, kinds)


def _while(check: LinearityCheck, e: Equation, kinds: dict[Value, Kind]) -> None:
    test, body = e.regions
    _iterate(check, e, body, e.operands, e.results[1:], kinds)
    for p, c in zip(test.params, body.params[1:], strict=True):
        _enter(p, _kind(c, kinds), kinds)
    check._equations(test.equations, kinds)
    if any(_kind(a, kinds) is Kind.LINEAR for a in test.results):
        raise NonLinear(e, "the test depends on something linear")


def _iterate(
    check: LinearityCheck,
    e: Equation,
    body: Block,
    inits: Sequence[Atom],
    results: Sequence[Value],
    kinds: dict[Value, Kind],
) -> None:
    """Carried values start as their inits are; a step may make a zero linear, nothing else may change."""
    carried = body.params[1:]
    states = [_kind(a, kinds) for a in inits]
    while True:
        for p, k in zip(carried, states, strict=True):
            _enter(p, k, kinds)
        check._equations(body.equations, kinds)
        following = [_kind(a, kinds) for a in body.results[: len(carried)]]
        joined = [_join(x, y) for x, y in zip(states, following, strict=True)]
        for x, y, z in zip(states, following, joined, strict=True):
            if z is Kind.OTHER and Kind.LINEAR in (x, y):
                raise NonLinear(e, "a carried value is linear at one step and not at another")
        if joined == states:
            break
        for p, k in zip(carried, joined, strict=True):
            if k is Kind.OTHER:
                kinds.pop(p, None)
        states = joined
    for r, k in zip(results, states, strict=False):
        _enter(r, k, kinds)
    for r, a in zip(results[len(carried) :], body.results[len(carried) :], strict=True):
        _enter(r, _kind(a, kinds), kinds)


def _call(check: LinearityCheck, e: Equation, kinds: dict[Value, Kind]) -> None:
    wrt = tuple(k for k, a in enumerate(e.operands) if _kind(a, kinds) is Kind.LINEAR)
    if wrt:
        found = check.kinds(str(e.params["callee"]), wrt)
        for r, kind in zip(e.results, found, strict=True):
            _enter(r, kind, kinds)


def _accum(check: LinearityCheck, e: Equation, kinds: dict[Value, Kind]) -> None:
    (body,) = e.regions
    bases = [_kind(a, kinds) for a in e.operands]
    for ref, k in zip(body.params, bases, strict=True):
        _enter(ref, k, kinds)
    check._equations(body.equations, kinds)
    count = len(body.params)
    for r, ref in zip(e.results[:count], body.params, strict=True):
        _enter(r, _kind(ref, kinds), kinds)
    for r, a in zip(e.results[count:], body.results, strict=True):
        _enter(r, _kind(a, kinds), kinds)


def _upd(check: LinearityCheck, e: Equation, kinds: dict[Value, Kind]) -> None:
    ref, value = e.operands[:2]
    assert isinstance(ref, Value)
    have, added = _kind(ref, kinds), _kind(value, kinds)
    joined = _join(have, added)
    if joined is Kind.OTHER and Kind.LINEAR in (have, added):
        raise NonLinear(e, "an accumulator gets something linear and something that is not")
    kinds.pop(ref, None)
    _enter(ref, joined, kinds)


def _assert(check: LinearityCheck, e: Equation, kinds: dict[Value, Kind]) -> None:
    if any(_kind(a, kinds) is Kind.LINEAR for a in e.operands):
        raise NonLinear(e, "a check of something linear")


_STRUCTURED: dict[str, Callable[[LinearityCheck, Equation, dict[Value, Kind]], None]] = {
    "map": _plain,
    "reduce": _reduce,
    "argreduce": _argreduce,
    "cond": _cond,
    "loop": _loop,
    "while": _while,
    "call": _call,
    "accum": _accum,
    "upd": _upd,
    "assert": _assert,
}
