"""Reading from arrays whose making is known: rows, updates, reshapes, branches; maps that change nothing."""

from __future__ import annotations

from collections.abc import Sequence

from adc.ir.builder import Builder
from adc.ir.core import Atom, Block, Equation, Literal, Value, dim_atom, index_literal
from adc.rewrite.matching import same_atoms, same_index
from adc.rewrite.rule import rule
from adc.rewrite.scope import Scope


@rule("index")
def index_of_index(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """x[i][j] -> x[i, j] where x is not changed: the row may have been taken before that"""
    row = scope.defined_by(e.operands[0], "index")
    if row is None or row.operands[0] in scope.usage.changed:
        return None
    return (b.one("index", *row.operands, *e.operands[1:]),)


@rule("index")
def index_of_update(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """(x with [i] = v)[i] -> v, and (x with [i] = v)[j] -> x[j] where i != j is known; where i is in range

    An array that is updated for other uses too is not read around: keeping x alive would make the update copy it.
    """
    y, *at = e.operands
    update = scope.defined_by(y, "update")
    if update is None or not isinstance(y, Value):
        return None
    x, v, *place = update.operands
    if not _in_range(place, x, scope):
        return None  # the check of the update may be the only one
    if any(_differ(i, j, scope) for i, j in zip(place, at, strict=False)):
        return (b.one("index", x, *at),) if scope.usage.is_only_read(y) else None
    if len(at) < len(place) or not all(
        same_index(i, j, scope) for i, j in zip(place, at, strict=False)
    ):
        return None
    rest = at[len(place) :]
    return (b.one("index", v, *rest) if rest else v,)


def _differ(i: Atom, j: Atom, scope: Scope) -> bool:
    return scope.ranges.compare("ne", i, j) is True


def _in_range(indices: Sequence[Atom], x: Atom, scope: Scope) -> bool:
    return all(scope.ranges.in_range(i, d) for i, d in zip(indices, x.type.shape, strict=False))


@rule("update")
def update_of_update(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """(x with [i] = v) with [i] = w -> x with [i] = w where nothing else needs the first update"""
    y, w, *place = e.operands
    first = scope.defined_by(y, "update")
    if first is None or not same_atoms(first.operands[2:], place):
        return None
    if isinstance(y, Value) and (scope.usage.count.get(y, 0) != 1 or scope.around(y)):
        return (
            None  # both would be needed, here or by another branch, and one of them is a copy then
        )
    return (b.one("update", first.operands[0], w, *place),)


# ---- reshape ---------------------------------------------------------------------------------------


@rule("reshape")
def reshape_same(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """reshape to the shape that x has -> x"""
    x = e.operands[0]
    shape = e.results[0].type.shape
    same = scope.ranges.same_size
    if x.type.rank == len(shape) and all(map(same, x.type.shape, shape)):
        return (x,)
    return None


@rule("reshape")
def reshape_of_reshape(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """reshape(reshape(x)) -> reshape(x)"""
    inner = scope.defined_by(e.operands[0], "reshape")
    return None if inner is None else (b.one("reshape", inner.operands[0], *e.operands[1:]),)


@rule("index")
def index_of_reshape(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """reshape(x, m, n)[i, j] -> x[i * n + j] for a vector x, and back with // and %, where i, j are in range"""
    y, *at = e.operands
    reshape = scope.defined_by(y, "reshape")
    if reshape is None or len(at) != y.type.rank or not _in_range(at, y, scope):
        return None
    x = reshape.operands[0]
    if not x.type.shape:
        return None
    flat = _row_major(b, at, [dim_atom(d) for d in y.type.shape])
    if x.type.rank == 1:
        return (b.one("index", x, flat),)
    return (b.one("index", x, *_unflattened(b, flat, [dim_atom(d) for d in x.type.shape])),)


def _row_major(b: Builder, at: Sequence[Atom], dims: Sequence[Atom]) -> Atom:
    flat: Atom = index_literal(0)
    for i, d in zip(at, dims, strict=True):
        flat = b.one("add", b.one("mul", flat, d), i)
    return flat


def _unflattened(b: Builder, flat: Atom, dims: Sequence[Atom]) -> list[Atom]:
    """The indices of an element by its number, row by row."""
    indices: list[Atom] = []
    for d in reversed(dims[1:]):
        indices.append(b.one("mod", flat, d))
        flat = b.one("floordiv", flat, d)
    return [flat, *reversed(indices)]


# ---- branches --------------------------------------------------------------------------------------


@rule("index")
def index_of_cond(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """(if p then x else y)[i] -> if p then x[i] else y[i] where the arms only choose between arrays"""
    y, *at = e.operands
    cond = scope.defined_by(y, "cond")
    if cond is None or any(arm.equations for arm in cond.regions):
        return None
    position = cond.results.index(y) if isinstance(y, Value) else 0
    if len(at) != y.type.rank:
        return None
    arms = []
    for arm in cond.regions:
        inner = b.nested()
        arms.append(inner.finish((), (inner.one("index", arm.results[position], *at),)))
    return (b.one("cond", *cond.operands, regions=arms),)


# ---- maps ------------------------------------------------------------------------------------------


@rule("map")
def map_identity(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """[x[i, j] for i < m, j < n] -> x for x of that shape; [x[k, i] for i < n] -> x[k]"""
    (body,) = e.regions
    if len(body.equations) != len(body.results) or not body.results:
        return None
    sources = [
        _whole_source(e, read, y, scope)
        for read, y in zip(body.equations, body.results, strict=True)
    ]
    found = [s for s in sources if s is not None]
    if len(found) != len(sources):
        return None
    return [b.one("index", x, *leading) if leading else x for x, leading in found]


def _whole_source(
    e: Equation, read: Equation, y: Atom, scope: Scope
) -> tuple[Atom, tuple[Atom, ...]] | None:
    """The array and leading indices of which the map copies all the rest."""
    params = e.regions[0].params
    if read.op != "index" or y not in read.results:
        return None
    x, *at = read.operands
    leading = len(at) - len(params)
    if leading < 0 or tuple(at[leading:]) != params or any(a in params for a in at[:leading]):
        return None
    if isinstance(x, Value) and not scope.is_visible(x):
        return None
    if not _in_range(at[:leading], x, scope):
        return None  # an empty map reads no row
    extents = zip(e.operands, x.type.shape[leading:], strict=False)
    if not all(scope.ranges.same_size(_dim(a), d) for a, d in extents):
        return None
    return x, tuple(at[:leading])


def _dim(a: Atom) -> int | Value:
    return int(a.value) if isinstance(a, Literal) else a


@rule("map")
def map_perfect_nest(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """[[y for j < n] for i < m] -> [y for i < m, j < n]"""
    (body,) = e.regions
    if len(body.equations) != 1 or body.equations[0].op != "map" or not e.results:
        return None
    (inner,) = body.equations
    if tuple(body.results) != inner.results:
        return None
    if any(a in body.params for a in inner.operands):
        return None
    region = inner.regions[0]
    flat = Block((*body.params, *region.params), region.equations, region.results)
    return b.emit(
        "map", *e.operands, *inner.operands, regions=(flat,), hints=[r.hint for r in e.results]
    )


RULES = (
    index_of_index,
    index_of_update,
    update_of_update,
    reshape_same,
    reshape_of_reshape,
    index_of_reshape,
    index_of_cond,
    map_identity,
    map_perfect_nest,
)
