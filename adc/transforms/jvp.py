"""Forward mode: every equation is followed by the equations of its tangents.

Primal values keep their identity, so the result is the block itself with tangent equations in between and
structured equations widened: their regions also yield tangents. A missing tangent is the symbolic zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from adc.ir.builder import Builder
from adc.ir.core import (
    I64,
    NO_PARAMS,
    Atom,
    Block,
    Equation,
    Literal,
    Origin,
    Type,
    Value,
    atom_dim,
    literal,
)
from adc.ir.dead import keep_results
from adc.ir.walk import equations_within, refresh_block, updated_refs, uses
from adc.prims.array.build import zeros
from adc.prims.primitive import NonDifferentiable
from adc.prims.table import PrimitiveTable
from adc.transforms.activity import Activity
from adc.transforms.calls import CallRules

Tangents = dict[Value, Atom]


class Jvp:
    """One forward sweep over nested blocks: the table, how calls are treated, and the rules of regions."""

    def __init__(self, table: PrimitiveTable, calls: CallRules) -> None:
        self.table = table
        self.calls = calls

    def equations(self, b: Builder, equations: Iterable[Equation], tangents: Tangents) -> None:
        """Emit the equations with their tangents into `b`; `tangents` is extended."""
        for e in equations:
            if tangents.keys().isdisjoint(uses(e)):
                b.append(e)
                continue
            b.span, b.origin = e.span, Origin("jvp", e.op, e.origin)
            rule = _STRUCTURED.get(e.op)
            if rule is not None:
                rule(self, b, e, tangents)
            else:
                self._primitive(b, e, tangents)

    def _primitive(self, b: Builder, e: Equation, tangents: Tangents) -> None:
        b.append(e)
        rule = self.table[e.op].jvp
        if rule is None:
            raise TypeError(f"`{e.op}` has no jvp rule")
        if isinstance(rule, NonDifferentiable):
            return
        given = [_tangent(a, tangents) for a in e.operands]
        if all(t is None for t in given):
            return
        record(e.results, rule(b, e, given), tangents)

    def region(
        self, b: Builder, block: Block, tangents: Tangents
    ) -> tuple[tuple[Equation, ...], list[Atom | None]]:
        """The equations of a region with tangents, and the tangents of its results."""
        inner = b.nested()
        local = dict(tangents)
        self.equations(inner, block.equations, local)
        return tuple(inner.equations), [_tangent(a, local) for a in block.results]


def _tangent(a: Atom, tangents: Mapping[Value, Atom]) -> Atom | None:
    return None if isinstance(a, Literal) else tangents.get(a)


def record(results: Sequence[Value], made: Sequence[Atom | None], tangents: Tangents) -> None:
    """Enter the tangents of results that have one."""
    for r, t in zip(results, made, strict=True):
        if t is not None:
            tangents[r] = t


def tangent_value(v: Value) -> Value:
    """A fresh value for the tangent of `v`."""
    return Value(v.type, f"d_{v.hint}" if v.hint else "d")


def _present(items: Sequence[Atom | None]) -> list[Atom]:
    return [t for t in items if t is not None]


def _with_results(
    results: Sequence[Value], made: Sequence[Atom | None], tangents: Tangents
) -> list[Value]:
    """Fresh tangent results for those of `results` whose region result has a tangent."""
    fresh = []
    for r, t in zip(results, made, strict=True):
        if t is not None:
            tangents[r] = tangent_value(r)
            fresh.append(tangents[r])
    return [v for v in fresh if isinstance(v, Value)]


# ---- rules of the structured primitives -----------------------------------------------------------


def _map(jvp: Jvp, b: Builder, e: Equation, tangents: Tangents) -> None:
    (body,) = e.regions
    inside = dict(tangents)
    equations, made = jvp.region(b, body, inside)
    fresh = _with_results(e.results, made, tangents)
    region = Block(body.params, equations, (*body.results, *_present(made)))
    b.append(replace(e, results=(*e.results, *fresh), regions=(region,)))


def _reduce(jvp: Jvp, b: Builder, e: Equation, tangents: Tangents) -> None:
    (body,) = e.regions
    if any(
        inner.op == "call" and jvp.calls.is_recursive(inner) for inner in equations_within(body)
    ):
        jvp.equations(b, _tabulated(e), tangents)
        return
    ops = e.params["ops"]
    assert isinstance(ops, tuple)
    before = dict(tangents)
    equations, made = jvp.region(b, body, before)
    sums = [t if op == "add" else None for op, t in zip(ops, made, strict=True)]
    fresh = _with_results(e.results, sums, tangents)
    if fresh or updated_refs(e):
        region = Block(body.params, equations, (*body.results, *_present(sums)))
        params = MappingProxyType({**e.params, "ops": (*ops, *["add"] * len(fresh))})
        b.append(replace(e, results=(*e.results, *fresh), regions=(region,), params=params))
    else:
        b.append(e)
    for r, op, t in zip(e.results, ops, made, strict=True):
        if t is not None and op != "add":
            alone = keep_results(e, [y is r for y in e.results], frozenset(updated_refs(e)))
            assert alone is not None
            tangents[r] = _REDUCE_TANGENT[op](jvp, b, alone, before)


def _tabulated(e: Equation) -> tuple[Equation, Equation]:
    """The elements as arrays, and the reduction of these: what follows must not run a recursion again."""
    (body,) = e.regions
    dims = tuple(map(atom_dim, e.operands))
    elements = tuple(Value(Type(r.type.dtype, dims), r.hint) for r in e.results)
    indices = tuple(Value(p.type, p.hint) for p in body.params)
    rows = tuple(Value(r.type, r.hint) for r in e.results)
    reads = tuple(
        Equation("index", (a, *indices), (row,), span=e.span, origin=e.origin)
        for a, row in zip(elements, rows, strict=True)
    )
    return (
        replace(e, op="map", results=elements, params=NO_PARAMS),
        replace(e, regions=(Block(indices, reads, rows),)),
    )


def _select_tangent(jvp: Jvp, b: Builder, e: Equation, tangents: Tangents) -> Atom:
    """max, min: the mean tangent of the elements that attain the result; other elements have no tangent."""
    (body,) = e.regions
    (result,) = e.results
    env: dict[Value, Atom] = {}
    copy = refresh_block(body, env)
    inner = b.nested()
    inner.extend(copy.equations)
    (element,) = copy.results
    hit = inner.one("eq", element, result)
    one, zero = literal(1.0, element.type.dtype), literal(0.0, element.type.dtype)
    count = inner.one("select", hit, one, zero)
    arm = inner.nested()
    open_body = Block((), body.equations, body.results)
    again = refresh_block(open_body, dict(zip(body.params, copy.params, strict=True)))
    local = dict(tangents)
    jvp.equations(arm, again.equations, local)
    moved = _tangent(again.results[0], local)
    taken = arm.finish((), (zero if moved is None else moved,))
    picked = inner.one("cond", hit, regions=(taken, Block((), (), (zero,))))
    region = inner.finish(copy.params, (count, picked))
    counted, total = b.emit(
        "reduce", *e.operands, regions=(region,), ops=("add", "add"), hints=("ties", "d")
    )
    return b.one("div", total, counted, hint=f"d_{result.hint}")


def _product_tangent(jvp: Jvp, b: Builder, e: Equation, tangents: Tangents) -> Atom:
    """mul: a loop over (p, dp); right whatever elements are zero, at any order."""
    (body,) = e.regions
    dtype = e.results[0].type.dtype
    start: tuple[Atom, ...] = (literal(1.0, dtype), literal(0.0, dtype))
    indices: list[Value] = []

    def nest(at: Builder, depth: int, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        if depth < len(e.operands):
            index = Value(I64, body.params[depth].hint)
            indices.append(index)
            params = tuple(Value(a.type, h) for a, h in zip(carried, ("p", "d_p"), strict=True))
            inner = at.nested()
            region = inner.finish((index, *params), nest(inner, depth + 1, params))
            region = Block(region.params, tuple(inner.equations), region.results)
            return at.emit(
                "loop",
                e.operands[depth],
                *carried,
                regions=(region,),
                hints=("p", "d_p"),
                reverse=False,
            )
        copy = refresh_block(
            Block((), body.equations, body.results), dict(zip(body.params, indices, strict=True))
        )
        local = dict(tangents)
        jvp.equations(at, copy.equations, local)
        p, dp = carried
        (element,) = copy.results
        moved = _tangent(element, local)
        d_next: Atom = at.one("mul", dp, element)
        if moved is not None:
            d_next = at.one("add", d_next, at.one("mul", p, moved))
        return at.one("mul", p, element), d_next

    return nest(b, 0, start)[1]


_REDUCE_TANGENT: dict[str, Callable[[Jvp, Builder, Equation, Tangents], Atom]] = {
    "max": _select_tangent,
    "min": _select_tangent,
    "mul": _product_tangent,
}


def _nothing(jvp: Jvp, b: Builder, e: Equation, tangents: Tangents) -> None:
    """No result carries a tangent."""
    b.append(e)


def _cond(jvp: Jvp, b: Builder, e: Equation, tangents: Tangents) -> None:
    inner = [(r, b.nested(), dict(tangents)) for r in e.regions]
    for r, at, local in inner:
        jvp.equations(at, r.equations, local)
    columns = list(
        zip(*([_tangent(a, local) for a in r.results] for r, _, local in inner), strict=True)
    )
    wanted = [any(t is not None for t in column) for column in columns]
    regions = []
    for arm, (r, at, _) in enumerate(inner):
        extra = [
            _instantiate(at, column[arm], a.type)
            for a, column, w in zip(r.results, columns, wanted, strict=True)
            if w
        ]
        regions.append(at.finish((), (*r.results, *extra)))
    made = [column[0] if column[0] is not None else column[1] for column in columns]
    fresh = _with_results(e.results, made, tangents)
    b.append(replace(e, results=(*e.results, *fresh), regions=tuple(regions)))


def _instantiate(b: Builder, t: Atom | None, like: Type) -> Atom:
    return zeros(b, like) if t is None else t


def _active_carries(
    jvp: Jvp, e: Equation, carried: Sequence[Value], tangents: Tangents
) -> list[bool]:
    """Which carried values get a tangent: found by the activity analysis before the body is touched."""
    active = set(tangents)
    Activity(jvp.table, jvp.calls).propagate((e,), active)
    return [p in active for p in carried]


def _pick(items: Sequence[Atom], keep: Sequence[bool]) -> list[Atom]:
    return [item for item, k in zip(items, keep, strict=True) if k]


def _step(
    jvp: Jvp,
    b: Builder,
    body: Block,
    carried: Sequence[Value],
    active: Sequence[bool],
    tangents: Tangents,
) -> tuple[list[Value], tuple[Equation, ...], list[Atom], list[Atom | None]]:
    """A loop body with tangents: tangent parameters, equations, tangents of the next state and of the outputs."""
    local = dict(tangents)
    seeds = [tangent_value(p) for p, a in zip(carried, active, strict=True) if a]
    local.update(zip((p for p, a in zip(carried, active, strict=True) if a), seeds, strict=True))
    inner = b.nested()
    jvp.equations(inner, body.equations, local)
    count = len(carried)
    moved = [
        _instantiate(inner, _tangent(a, local), a.type)
        for a, keep in zip(body.results[:count], active, strict=True)
        if keep
    ]
    outputs = [_tangent(a, local) for a in body.results[count:]]
    return seeds, tuple(inner.equations), moved, outputs


def _starts(
    b: Builder, inits: Sequence[Atom], active: Sequence[bool], tangents: Tangents
) -> list[Atom]:
    return [
        _instantiate(b, _tangent(a, tangents), a.type)
        for a, keep in zip(inits, active, strict=True)
        if keep
    ]


def _loop(jvp: Jvp, b: Builder, e: Equation, tangents: Tangents) -> None:
    (body,) = e.regions
    inits, carried = e.operands[1:], body.params[1:]
    count = len(carried)
    active = _active_carries(jvp, e, carried, tangents)
    starts = _starts(b, inits, active, tangents)
    seeds, equations, moved, outputs = _step(jvp, b, body, carried, active, tangents)
    finals = _fresh_finals(e.results[:count], active, tangents)
    stacked = _with_results(e.results[count:], outputs, tangents)
    region = Block(
        (*body.params, *seeds),
        equations,
        (*body.results[:count], *moved, *body.results[count:], *_present(outputs)),
    )
    b.append(
        replace(
            e,
            operands=(*e.operands, *starts),
            results=(*e.results[:count], *finals, *e.results[count:], *stacked),
            regions=(region,),
        )
    )


def _fresh_finals(
    results: Sequence[Value], active: Sequence[bool], tangents: Tangents
) -> list[Value]:
    made = [tangent_value(r) if a else None for r, a in zip(results, active, strict=True)]
    record(results, made, tangents)
    return [v for v in made if v is not None]


def _while(jvp: Jvp, b: Builder, e: Equation, tangents: Tangents) -> None:
    test, body = e.regions
    inits, carried = e.operands, body.params[1:]
    count = len(carried)
    active = _active_carries(jvp, e, carried, tangents)
    starts = _starts(b, inits, active, tangents)
    seeds, equations, moved, outputs = _step(jvp, b, body, carried, active, tangents)
    finals = _fresh_finals(e.results[1 : 1 + count], active, tangents)
    stacked = _with_results(e.results[1 + count :], outputs, tangents)
    unused = tuple(tangent_value(p) for p, a in zip(test.params, active, strict=True) if a)
    region = Block(
        (*body.params, *seeds),
        equations,
        (*body.results[:count], *moved, *body.results[count:], *_present(outputs)),
    )
    b.append(
        replace(
            e,
            operands=(*inits, *starts),
            results=(*e.results[: 1 + count], *finals, *e.results[1 + count :], *stacked),
            regions=(Block((*test.params, *unused), test.equations, test.results), region),
        )
    )


def _call(jvp: Jvp, b: Builder, e: Equation, tangents: Tangents) -> None:
    given = [_tangent(a, tangents) for a in e.operands]
    if all(t is None or t.type.is_ref for t in given):
        b.append(e)
        return
    record(e.results, jvp.calls.jvp(b, e, given), tangents)


def _accum(jvp: Jvp, b: Builder, e: Equation, tangents: Tangents) -> None:
    (body,) = e.regions
    refs = body.params
    active_values = set(tangents)
    Activity(jvp.table, jvp.calls).propagate((e,), active_values)
    active = [r in active_values for r in refs]
    starts = _starts(b, e.operands, active, tangents)
    local = dict(tangents)
    d_refs = [tangent_value(r) for r in _pick(refs, active) if isinstance(r, Value)]
    local.update(zip((r for r, a in zip(refs, active, strict=True) if a), d_refs, strict=True))
    inner = b.nested()
    jvp.equations(inner, body.equations, local)
    yields = [_tangent(a, local) for a in body.results]
    count = len(refs)
    finals = _fresh_finals(e.results[:count], active, tangents)
    extra = _with_results(e.results[count:], yields, tangents)
    region = inner.finish((*refs, *d_refs), (*body.results, *_present(yields)))
    b.append(
        replace(
            e,
            operands=(*e.operands, *starts),
            results=(*e.results[:count], *finals, *e.results[count:], *extra),
            regions=(region,),
        )
    )


def _upd(jvp: Jvp, b: Builder, e: Equation, tangents: Tangents) -> None:
    b.append(e)
    ref, value, *indices = e.operands
    d_ref, d_value = _tangent(ref, tangents), _tangent(value, tangents)
    if d_value is not None and d_ref is not None:
        b.emit("upd", d_ref, d_value, *indices)


_STRUCTURED: dict[str, Callable[[Jvp, Builder, Equation, Tangents], None]] = {
    "map": _map,
    "reduce": _reduce,
    "argreduce": _nothing,
    "cond": _cond,
    "loop": _loop,
    "while": _while,
    "call": _call,
    "accum": _accum,
    "upd": _upd,
    "assert": _nothing,
}
