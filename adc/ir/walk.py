"""Questions about and copies of blocks: definitions, uses, substitution, renaming, dead code.

All recursion into regions that only asks, maps or filters lives here. Hundreds of regions may be nested, and
each may cost only two or three of Python's frames: hence loops where comprehensions would be shorter.
"""

from __future__ import annotations

from collections.abc import (
    Callable,
    Iterable,
    Iterator,
    KeysView,
    Mapping,
    MutableMapping,
    Sequence,
)
from dataclasses import replace
from weakref import WeakKeyDictionary

from adc.ir.core import Atom, Block, Dim, Equation, Literal, Type, Value, atom_dim

Env = Mapping[Value, Atom]
Values = KeysView[
    Value
]  # a set in the order of the program: what is made of it is the same in every run


# ---- asking ------------------------------------------------------------------------------------


def type_values(t: Type) -> Iterator[Value]:
    """The size values a type mentions."""
    return (d for d in t.shape if isinstance(d, Value))


def equations_within(block: Block) -> Iterator[Equation]:
    """Every equation of the block and of the regions inside, outer before inner."""
    for e in block.equations:
        yield e
        for region in e.regions:
            yield from equations_within(region)


def defined_within(block: Block) -> set[Value]:
    """Every value defined by the block: parameters and results, regions included."""
    found = set(block.params)
    for e in block.equations:
        found.update(e.results)
        for region in e.regions:
            found |= defined_within(region)
    return found


def sizes_ahead(block: Block) -> tuple[Value, ...]:
    """Sizes in the types of a function's parameters that its own equations compute (see `Function`)."""
    mentioned = dict.fromkeys(d for p in block.params for d in type_values(p.type))
    ahead = mentioned.keys() - set(block.params)
    if not ahead:
        return ()
    own = {r for e in block.equations for r in e.results}
    return tuple(d for d in mentioned if d in ahead and d in own)


def free_in_block(block: Block) -> Values:
    """Values a region uses and does not define: operands, results and sizes in types."""
    free: dict[Value, None] = {}
    defined = set(block.params)
    for p in block.params:
        free.update(dict.fromkeys(type_values(p.type)))
    for e in block.equations:
        free.update(dict.fromkeys(uses(e)))
        defined.update(e.results)
    free.update((a, None) for a in block.results if isinstance(a, Value))
    return _without(free, defined)


def uses(e: Equation) -> Values:
    """Values from outside the equation that it needs: operands, free values of regions, sizes of results."""
    found = dict.fromkeys(a for a in e.operands if isinstance(a, Value))
    for region in e.regions:
        found.update(dict.fromkeys(free_in_block(region)))
    for r in e.results:
        found.update(dict.fromkeys(type_values(r.type)))
    return _without(found, e.results)


def _without(found: dict[Value, None], taken: Iterable[Value]) -> Values:
    for v in taken:
        found.pop(v, None)
    return found.keys()


def updated_refs(e: Equation) -> Values:
    """Accumulator references from outside the equation that it adds to, or lets the function it calls add to."""
    found = dict.fromkeys(a for a in e.operands if isinstance(a, Value) and a.type.is_ref)
    for region in e.regions:
        found.update(dict.fromkeys(_updated_outside(region)))
    return found.keys()


def _updated_outside(block: Block) -> Values:
    """The references from outside that a block adds to: asked for again and again while a nest is rewritten."""
    found = _UPDATED.get(block)
    if found is None:
        inside: dict[Value, None] = {}
        for e in block.equations:
            inside.update(dict.fromkeys(updated_refs(e)))
        found = _UPDATED[block] = _without(inside, block.params)
    return found


_UPDATED: WeakKeyDictionary[Block, Values] = WeakKeyDictionary()


def has_effect(e: Equation) -> bool:
    """Whether the equation matters in its block without its results: it adds to an outer accumulator, or checks."""
    return e.op == "assert" or bool(updated_refs(e))


# ---- copying -----------------------------------------------------------------------------------


def substitute_atom(a: Atom, env: Env) -> Atom:
    return a if isinstance(a, Literal) else env.get(a, a)


def substitute_dim(d: Dim, env: Env) -> Dim:
    if isinstance(d, int):
        return d
    return atom_dim(env[d]) if d in env else d


def substitute_type(t: Type, env: Env) -> Type:
    if not t.shape:
        return t
    shape = tuple(substitute_dim(d, env) for d in t.shape)
    return t if shape == t.shape else replace(t, shape=shape)


def refresh_block(block: Block, env: Env) -> Block:
    """A copy of the block in which everything it defines is new and free values go through `env`."""
    local = dict(env)
    params = _renew(block.params, local)
    equations = refresh_equations(block.equations, local)
    copy = Block(params, equations, tuple(substitute_atom(a, local) for a in block.results))
    ahead = sizes_ahead(block)
    return substitute_block(copy, {d: local[d] for d in ahead}) if ahead else copy


def refresh_equations(
    equations: Iterable[Equation], env: MutableMapping[Value, Atom]
) -> tuple[Equation, ...]:
    """Copies of the equations with new results; `env` is extended with them."""
    copies = []
    for e in equations:
        copies.append(refresh_equation(e, env))
    return tuple(copies)


def refresh_equation(e: Equation, env: MutableMapping[Value, Atom]) -> Equation:
    """A copy with new results; operands and regions go through `env`, which then knows the results."""
    operands = tuple(substitute_atom(a, env) for a in e.operands)
    regions = []
    for r in e.regions:
        regions.append(refresh_block(r, env))
    results = _renew(e.results, env)
    return replace(e, operands=operands, regions=tuple(regions), results=results)


def _renew(values: Sequence[Value], env: MutableMapping[Value, Atom]) -> tuple[Value, ...]:
    """New values for old ones, known to `env`; scalars first, since they may be sizes of the others."""
    fresh: dict[Value, Value] = {}
    for v in sorted(values, key=_is_array):
        fresh[v] = Value(substitute_type(v.type, env), v.hint)
        env[v] = fresh[v]
    return tuple(fresh[v] for v in values)


def _is_array(v: Value) -> bool:
    return len(v.type.shape) > 0


def substitute_block(block: Block, env: Env) -> Block:
    """The block with free values replaced; the same object when it has none of them.

    Definitions keep their identity unless a size in their type changed.
    """
    if not env:
        return block
    local = dict(env)
    params = _retype(block.params, local)
    equations = []
    for e in block.equations:
        equations.append(substitute_equation(e, local))
    results = tuple(substitute_atom(a, local) for a in block.results)
    is_same = (
        params is block.params
        and results == block.results
        and all(new is old for new, old in zip(equations, block.equations, strict=True))
    )
    return block if is_same else Block(params, tuple(equations), results)


def substitute_equation(e: Equation, env: MutableMapping[Value, Atom]) -> Equation:
    """The equation with values replaced; when a result's type changes the new result enters `env`."""
    operands = tuple(substitute_atom(a, env) for a in e.operands)
    regions = []
    for r in e.regions:
        regions.append(substitute_block(r, env))
    results = _retype(e.results, env)
    if operands == e.operands and regions == list(e.regions) and results == e.results:
        return e
    return replace(e, operands=operands, regions=tuple(regions), results=results)


def _retype(values: tuple[Value, ...], env: MutableMapping[Value, Atom]) -> tuple[Value, ...]:
    """The values, new ones where a size in the type changed; the same object when none did."""
    types = [substitute_type(v.type, env) for v in values]
    if all(t is v.type for t, v in zip(types, values, strict=True)):
        return values
    changed = tuple(
        v if t is v.type else Value(t, v.hint) for t, v in zip(types, values, strict=True)
    )
    env.update((v, new) for v, new in zip(values, changed, strict=True) if new is not v)
    return changed


def map_regions(e: Equation, change: Callable[[Block], Block]) -> Equation:
    """The equation with every region changed; the same object when none was."""
    if not e.regions:
        return e
    regions = tuple(change(r) for r in e.regions)
    if all(new is old for new, old in zip(regions, e.regions, strict=True)):
        return e
    return replace(e, regions=regions)
