"""Reverse mode's second half: run a linear list of equations backwards.

Each linear value has a cotangent that its uses add to and its definition consumes. Inside regions that run
many times or conditionally, the cotangent of a value from outside is an accumulator (`accum`, `upd`);
sequential loops carry it instead, so that a loop stays a function of its state. Nothing is stored here:
what a step needs was saved or is made again (`adc.transforms.linearize`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from adc.ir.builder import Builder
from adc.ir.core import Atom, Block, Equation, Origin, Value
from adc.ir.walk import uses
from adc.prims.array.build import add_arrays, zeros
from adc.prims.table import PrimitiveTable
from adc.transforms.calls import CallRules
from adc.transforms.in_place import is_passed_on
from adc.transforms.linearize import split_linear


class NotLinear(Exception):
    """A list of equations said to be linear is not; `equation` is where that shows."""

    def __init__(self, equation: Equation, why: str) -> None:
        super().__init__(why)
        self.equation = equation


@dataclass(frozen=True, slots=True)
class Transposer:
    """What transposing needs everywhere."""

    table: PrimitiveTable
    calls: CallRules
    linear: set[Value]
    # Whether loops inside accumulating regions add to the accumulators directly. Faster, but such loops have
    # no surface form: printing carries the cotangents instead.
    capture_in_loops: bool = True

    def equations(self, scope: Scope, equations: Sequence[Equation]) -> None:
        """Emit the non-linear equations in order, then the transposes of the linear ones backwards."""
        parts = split_linear(equations, self.linear, self.table, self.calls)
        scope.b.extend(parts.nonlinear)
        for e in reversed(parts.linear):
            self._transpose(scope, e)

    def _transpose(self, scope: Scope, e: Equation) -> None:
        b = scope.b
        b.span, b.origin = e.span, Origin("transpose", e.op, e.origin)
        rule = _STRUCTURED.get(e.op)
        if rule is not None:
            rule(self, scope, e)
            return
        cts = [scope.take(r) for r in e.results]
        if all(ct is None for ct in cts):
            return
        flags = [isinstance(a, Value) and a in self.linear for a in e.operands]
        transpose = self.table[e.op].transpose
        if transpose is None:
            raise NotLinear(e, f"`{e.op}` is not linear")
        for a, ct in zip(e.operands, transpose(b, e, cts, flags), strict=True):
            scope.add(a, ct)

    def is_linear(self, a: Atom) -> bool:
        return isinstance(a, Value) and a in self.linear


class Scope:
    """Cotangents of the linear values of one block.

    `refs`: accumulators of values from enclosing blocks; `gathers`: for accumulators of the program itself,
    whose additions are being transposed into reads, the cotangent of their result; `is_whole`: whether the block
    is that of a function.
    """

    def __init__(
        self,
        b: Builder,
        linear: set[Value],
        refs: Mapping[Value, Value],
        gathers: Mapping[Value, Atom | None],
        *,
        is_whole: bool = False,
    ) -> None:
        self.is_whole = is_whole
        self.b = b
        self.linear = linear
        self.refs = refs
        self.gathers = gathers
        self._whole: dict[Value, list[Atom]] = {}
        self._parts: dict[Value, list[tuple[tuple[Atom, ...], Atom]]] = {}

    def inner(self, refs: Mapping[Value, Value], b: Builder) -> Scope:
        """The scope of a region to be built beside `b`: the same accumulators and more."""
        return Scope(b.nested(), self.linear, {**self.refs, **refs}, self.gathers)

    def add(self, a: Atom, ct: Atom | None) -> None:
        """Add a cotangent to a value; no-op for the symbolic zero and for what is not linear."""
        if ct is None or not (isinstance(a, Value) and a in self.linear):
            return
        if a in self.refs:
            self.b.emit("upd", self.refs[a], ct)
        else:
            self._whole.setdefault(a, []).append(ct)

    def add_at(self, a: Value, indices: tuple[Atom, ...], ct: Atom) -> None:
        """Add a cotangent to the row of an array at some indices."""
        if a in self.refs:
            self.b.emit("upd", self.refs[a], ct, *indices)
        else:
            self._parts.setdefault(a, []).append((indices, ct))

    def take(self, v: Value) -> Atom | None:
        """The whole cotangent of a value, consumed; None when nothing was added."""
        total: Atom | None = None
        for ct in self._whole.pop(v, ()):
            total = ct if total is None else self._sum(total, ct)
        parts = self._parts.pop(v, None)
        if parts is None:
            return total
        base = zeros(self.b, v.type) if total is None else total
        ref = Value(replace(v.type, is_ref=True), _bar(v))
        inner = self.b.nested()
        for indices, ct in parts:
            inner.emit("upd", ref, ct, *indices)
        return self.b.one("accum", base, regions=(inner.finish((ref,), ()),), hint=_bar(v))

    def take_or_zero(self, v: Value) -> Atom:
        ct = self.take(v)
        return zeros(self.b, v.type) if ct is None else ct

    def _sum(self, x: Atom, y: Atom) -> Atom:
        if x.type.rank:
            return add_arrays(self.b, x, y)
        return self.b.one("add", x, y)


def _bar(v: Value) -> str:
    return f"ct_{v.hint.removeprefix('d_')}" if v.hint else "ct"


def _free_linear(t: Transposer, e: Equation) -> list[Value]:
    """Linear values from outside that the regions of `e` read, in a stable order; accumulators left out."""
    among = uses(replace(e, operands=())) & t.linear
    found: dict[Value, None] = {}
    for region in e.regions:
        _collect(region, among, found)
    return [v for v in found if not v.type.is_ref]


def _collect(block: Block, among: set[Value], found: dict[Value, None]) -> None:
    for e in block.equations:
        for a in e.operands:
            if isinstance(a, Value) and a in among:
                found[a] = None
        for region in e.regions:
            _collect(region, among, found)
    for a in block.results:
        if isinstance(a, Value) and a in among:
            found[a] = None


Emit = Callable[[Mapping[Value, Value], Builder], Sequence[Atom]]


def _accumulating(scope: Scope, free: Sequence[Value], emit: Emit) -> Sequence[Atom]:
    """Run `emit` with an accumulator for every free value that has none yet, inside one `accum`; what it gives."""
    fresh = [v for v in free if v not in scope.refs]
    if not fresh:
        return emit({}, scope.b)
    bases = [scope.take_or_zero(v) for v in fresh]
    refs = {v: Value(replace(v.type, is_ref=True), _bar(v)) for v in fresh}
    inner = scope.b.nested()
    given = emit(refs, inner)
    region = inner.finish([refs[v] for v in fresh], given)
    hints = [*(_bar(v) for v in fresh), *("ct" for _ in given)]
    made = scope.b.emit("accum", *bases, regions=(region,), hints=hints)
    for v, ct in zip(fresh, made[: len(fresh)], strict=True):
        scope.add(v, ct)
    return made[len(fresh) :]


# ---- structured equations ---------------------------------------------------------------------------


def _index(t: Transposer, scope: Scope, e: Equation) -> None:
    ct = scope.take(e.results[0])
    array, *indices = e.operands
    if ct is not None:
        assert isinstance(array, Value)
        scope.add_at(array, tuple(indices), ct)


def _map(t: Transposer, scope: Scope, e: Equation) -> None:
    (body,) = e.regions
    cts = [scope.take(r) for r in e.results]
    if all(ct is None for ct in cts) and not _adds(t, scope, body):
        return

    def emit(refs: Mapping[Value, Value], b: Builder) -> Sequence[Atom]:
        inner = scope.inner(refs, b)
        for a, ct in zip(body.results, cts, strict=True):
            if ct is not None and t.is_linear(a):
                inner.add(a, inner.b.one("index", ct, *body.params, hint="ct"))
        t.equations(inner, body.equations)
        return b.emit("map", *e.operands, regions=(inner.b.finish(body.params, ()),))

    _accumulating(scope, _free_linear(t, e), emit)


def _adds(t: Transposer, scope: Scope, body: Block) -> bool:
    """Whether the region adds to an accumulator of the program whose result has a cotangent."""
    return any(
        _adds_to_program(scope, e) or any(_adds(t, scope, r) for r in e.regions)
        for e in body.equations
    )


def _adds_to_program(scope: Scope, e: Equation) -> bool:
    return any(_gathered(scope, a) is not None for a in e.operands)


def _gathered(scope: Scope, ref: Atom) -> Atom | None:
    """The cotangent of the result of an accumulator of the program."""
    return scope.gathers.get(ref) if isinstance(ref, Value) else None


def _reduce(t: Transposer, scope: Scope, e: Equation) -> None:
    (body,) = e.regions
    cts = [scope.take(r) for r in e.results]
    if all(ct is None for ct in cts) and not _adds(t, scope, body):
        return
    if any(op != "add" for op in _ops(e)):
        raise NotLinear(e, "only sums are linear")

    def emit(refs: Mapping[Value, Value], b: Builder) -> Sequence[Atom]:
        inner = scope.inner(refs, b)
        for a, ct in zip(body.results, cts, strict=True):
            inner.add(a, ct)
        t.equations(inner, body.equations)
        return b.emit("map", *e.operands, regions=(inner.b.finish(body.params, ()),))

    _accumulating(scope, _free_linear(t, e), emit)


def _ops(e: Equation) -> tuple[str, ...]:
    ops = e.params["ops"]
    assert isinstance(ops, tuple)
    return ops


def _cond(t: Transposer, scope: Scope, e: Equation) -> None:
    """Arms yield the cotangents of scalars, and of arrays that they pass on; other arrays get accumulators.

    Once accumulators are needed scalars get them too, and where accumulations that yield cannot be printed, all.
    """
    cts = [scope.take(r) for r in e.results]
    if all(ct is None for ct in cts) and not any(_adds(t, scope, r) for r in e.regions):
        return
    free = _free_linear(t, e)
    passed = {v for v in free if v not in scope.refs and any(is_passed_on(r, v) for r in e.regions)}
    needs_refs = any(v.type.rank for v in free if v not in scope.refs and v not in passed)
    if needs_refs and not t.calls.uses_tapes:
        passed.clear()
    yielded = [v for v in free if v in passed or not (needs_refs or v.type.rank or v in scope.refs)]

    def emit(refs: Mapping[Value, Value], b: Builder) -> Sequence[Atom]:
        arms = []
        for region in e.regions:
            inner = scope.inner(refs, b)
            for a, ct in zip(region.results, cts, strict=True):
                inner.add(a, ct)
            t.equations(inner, region.equations)
            arms.append(inner.b.finish((), [inner.take_or_zero(v) for v in yielded]))
        return b.emit("cond", *e.operands, regions=arms, hints=[_bar(v) for v in yielded])

    made = _accumulating(scope, [v for v in free if v not in yielded], emit)
    for v, ct in zip(yielded, made, strict=True):
        scope.add(v, ct)


def _loop(t: Transposer, scope: Scope, e: Equation) -> None:
    (body,) = e.regions
    count = len(e.operands) - 1
    finals = [scope.take(r) for r in e.results[:count]]
    stacked = [scope.take(r) for r in e.results[count:]]
    if all(ct is None for ct in (*finals, *stacked)) and not _adds(t, scope, body):
        return
    free = _free_linear(t, e)
    captured = {v for v in free if v in scope.refs and t.capture_in_loops}
    carried = [v for v in free if v not in captured]
    b = scope.b
    linear_params = body.params[1:]
    starts = [
        zeros(b, p.type) if ct is None else ct for ct, p in zip(finals, linear_params, strict=True)
    ]
    bases = [zeros(b, v.type) if v in scope.refs else scope.take_or_zero(v) for v in carried]
    ct_params = [Value(p.type, _bar(p)) for p in linear_params]
    base_params = [Value(v.type, _bar(v)) for v in carried]
    inner = Scope(
        b.nested(),
        t.linear,
        {v: scope.refs[v] for v in scope.refs if v not in carried},
        scope.gathers,
    )
    for v, p in zip(carried, base_params, strict=True):
        inner.add(v, p)
    for a, p in zip(body.results[:count], ct_params, strict=True):
        inner.add(a, p)
    for a, ct in zip(body.results[count:], stacked, strict=True):
        if ct is not None and t.is_linear(a):
            inner.add(a, inner.b.one("index", ct, body.params[0], hint="ct"))
    t.equations(inner, body.equations)
    following = [inner.take_or_zero(p) for p in linear_params]
    following += [inner.take_or_zero(v) for v in carried]
    region = inner.b.finish((body.params[0], *ct_params, *base_params), following)
    made = b.emit(
        "loop",
        e.operands[0],
        *starts,
        *bases,
        regions=(region,),
        hints=[*(_bar(p) for p in linear_params), *(_bar(v) for v in carried)],
        reverse=not e.params.get("reverse", False),
    )
    for a, ct in zip((*e.operands[1:], *carried), made, strict=True):
        scope.add(a, ct)


def _call(t: Transposer, scope: Scope, e: Equation) -> None:
    """Cotangents of arrays go to accumulators when the call lends, the others are results of the transposed call."""
    cts = [scope.take(r) for r in e.results]
    if all(ct is None for ct in cts) and not _adds_to_program(scope, e):
        return
    flags = [t.is_linear(a) for a in e.operands]
    # What a call in a region says of an array is often little: returned, it would be an array of zeros each time.
    lends = t.calls.lends(e) or (t.calls.uses_tapes and not scope.is_whole)
    arrays = _lent_arrays(t, e, flags) if lends else {}

    def emit(refs: Mapping[Value, Value], b: Builder) -> Sequence[Atom]:
        lent: dict[int, Atom] = {
            k: refs[a] if a in refs else scope.refs[a] for k, a in arrays.items()
        }
        for k, a in enumerate(e.operands):
            if flags[k] and isinstance(a, Value) and a.type.is_ref:
                ct = scope.gathers[a]
                lent[k] = zeros(b, replace(a.type, is_ref=False)) if ct is None else ct
        made = t.calls.transpose(b, e, cts, flags, lent)
        return [ct for ct in made if ct is not None]

    made = _accumulating(scope, tuple(arrays.values()), emit)
    others = [
        a for k, a in enumerate(e.operands) if flags[k] and k not in arrays and not a.type.is_ref
    ]
    for a, ct in zip(others, made, strict=True):
        scope.add(a, ct)
    for k, a in arrays.items():
        if a is not e.operands[k]:
            scope.add(e.operands[k], scope.take(a))


def _lent_arrays(t: Transposer, e: Equation, flags: Sequence[bool]) -> dict[int, Value]:
    """Linear arrays by position; one that occurs again is another value there, since accumulators must differ."""
    found: dict[int, Value] = {}
    for k, a in enumerate(e.operands):
        if flags[k] and isinstance(a, Value) and a.type.rank and not a.type.is_ref:
            found[k] = Value(a.type, a.hint) if a in found.values() else a
            t.linear.add(found[k])
    return found


def _accum(t: Transposer, scope: Scope, e: Equation) -> None:
    """Additions become reads of the result's cotangent; the base gets that cotangent too."""
    (body,) = e.regions
    count = len(body.params)
    cts = [scope.take(r) for r in e.results[:count]]
    gathers = {**scope.gathers, **dict(zip(body.params, cts, strict=True))}
    outer = scope.gathers
    scope.gathers = gathers
    for a, r in zip(body.results, e.results[count:], strict=True):
        scope.add(a, scope.take(r))
    t.equations(scope, body.equations)
    scope.gathers = outer
    for a, ct in zip(e.operands, cts, strict=True):
        scope.add(a, ct)


def _upd(t: Transposer, scope: Scope, e: Equation) -> None:
    ref, value, *indices = e.operands
    assert isinstance(ref, Value)
    ct = scope.gathers.get(ref)
    # What is not linear is zero here: the tangent, in an own rule, of a parameter that does not move.
    if ct is None or not t.is_linear(value):
        return
    scope.add(value, scope.b.one("index", ct, *indices, hint="ct") if indices else ct)


def _not_linear(t: Transposer, scope: Scope, e: Equation) -> None:
    raise NotLinear(e, f"`{e.op}` is not linear")


_STRUCTURED: dict[str, Callable[[Transposer, Scope, Equation], None]] = {
    "index": _index,
    "map": _map,
    "reduce": _reduce,
    "cond": _cond,
    "loop": _loop,
    "while": _not_linear,
    "argreduce": _not_linear,
    "assert": _not_linear,
    "call": _call,
    "accum": _accum,
    "upd": _upd,
}
