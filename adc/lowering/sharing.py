"""Which values of a block may share memory: aliases, last uses, and what may be overwritten in place.

Everything is decided per block from the IR alone, before any code is made. A *view* (a row of an array, a
reshape) lies in the memory of its *root*. An equation *takes over* an array operand (the base of an `update`
or `accum`, the initial value of a loop) when nothing reads that array, or a view of it, afterwards; a row that
is read afterwards is copied out rather than the whole array. Whether the block owns the memory at all is known
only when code is made (`adc.lowering.memory`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from adc.ir.core import Atom, Block, Equation, Value
from adc.ir.walk import Values, free_in_block, type_values
from adc.prims.structured.layout import carried_operands, changed_operands

Roots = frozenset[Value]


class CarryMode(Enum):
    """How a loop carries a value from step to step."""

    SCALAR = "scalar"
    INVARIANT = "invariant"  # the body yields what it was given
    IN_PLACE = "in place"  # every step changes the one buffer
    MOVED = "moved"  # becomes another carried array of the next step
    FRESH = "fresh"  # every step writes a new buffer: two of them take turns


@dataclass(slots=True)
class BlockFacts:
    """What is known about one block; positions are indices of equations, `end` is the results."""

    definition: dict[Value, int] = field(default_factory=dict)
    last_use: dict[Value, int] = field(default_factory=dict)  # of the value itself
    last_read: dict[Value, int] = field(default_factory=dict)  # of a root, through any alias
    roots: dict[Value, Roots] = field(default_factory=dict)
    rows: set[Value] = field(default_factory=set)  # views of a part of their root
    copied_rows: set[Value] = field(default_factory=set)
    end: int = 0

    def roots_of(self, v: Value) -> Roots:
        return self.roots.get(v, frozenset((v,)))


@dataclass(frozen=True, slots=True)
class Chain:
    """A value that lies where `base` lay: `changed` when an equation wrote there in between."""

    base: Value
    changed: bool


class Sharing:
    """Facts about blocks, computed once for each."""

    def __init__(self) -> None:
        self._facts: dict[Block, BlockFacts] = {}
        self._free: dict[Block, Values] = {}
        self._modes: dict[Equation, tuple[CarryMode, ...]] = {}
        self._bases: dict[tuple[Equation, int], Chain | None] = {}
        self._cond_bases: dict[Equation, tuple[Value | None, ...]] = {}
        self._map_bases: dict[tuple[Equation, int], Value | None] = {}
        self._wishes: dict[Value, Value] = {}  # results of maps that had best be made in this array

    # ---- uses ------------------------------------------------------------------------------------

    def free(self, block: Block) -> Values:
        """Values from outside that the block needs."""
        found = self._free.get(block)
        if found is None:
            found = self._free[block] = free_in_block(block)
        return found

    def reads(self, e: Equation) -> Iterator[Value]:
        """Values from outside the equation that it needs."""
        yield from (a for a in e.operands if isinstance(a, Value))
        for region in e.regions:
            yield from self.free(region)
        for r in e.results:
            yield from type_values(r.type)

    def facts(self, block: Block) -> BlockFacts:
        found = self._facts.get(block)
        if found is None:
            found = self._facts[block] = self._examine(block)
        return found

    def _examine(self, block: Block) -> BlockFacts:
        facts = BlockFacts(end=len(block.equations))
        for position, e in enumerate(block.equations):
            facts.definition.update((r, position) for r in e.results)
            for v in self.reads(e):
                facts.last_use[v] = position
        for a in block.results:
            if isinstance(a, Value):
                facts.last_use[a] = facts.end
        while True:
            self._find_roots(block, facts)
            rows = self._rows_in_the_way(block, facts) - facts.copied_rows
            if not rows:
                return facts
            facts.copied_rows |= rows

    def _find_roots(self, block: Block, facts: BlockFacts) -> None:
        facts.roots.clear()
        facts.rows.clear()
        for e in block.equations:
            for y, sources in self._aliases(e):
                if y in facts.copied_rows:
                    continue
                facts.roots[y] = frozenset[Value]().union(*map(facts.roots_of, sources))
                if e.op == "index" or not facts.rows.isdisjoint(sources):
                    facts.rows.add(y)
        facts.last_read.clear()
        for v, position in facts.last_use.items():
            for root in facts.roots_of(v):
                facts.last_read[root] = max(position, facts.last_read.get(root, -1))

    def _aliases(self, e: Equation) -> Iterator[tuple[Value, tuple[Value, ...]]]:
        """Results of `e` that may lie in the memory of other values."""
        rule = _ALIAS_RULES.get(e.op)
        return rule(self, e) if rule else iter(())

    def _rows_in_the_way(self, block: Block, facts: BlockFacts) -> set[Value]:
        """Rows that alone keep an array from being taken over: cheaper to copy than the array."""
        rows: set[Value] = set()
        readers: dict[Value, list[Value]] = {}
        for v in facts.last_use:
            for root in facts.roots_of(v):
                readers.setdefault(root, []).append(v)
        for position, e in enumerate(block.equations):
            for k, _ in taken_operands(e):
                base = whole_root(facts, e.operands[k])
                if base is None or not (base in facts.definition or base in block.params):
                    continue
                late = [v for v in readers[base] if _is_late(facts, e, position, v)]
                if all(v in facts.rows for v in late):
                    rows.update(late)
        return {r for r in rows if block.equations[facts.definition[r]].op == "index"}

    # ---- taking over -----------------------------------------------------------------------------

    def may_take(self, block: Block, position: int, operand: int) -> bool:
        """Whether nothing in `block` reads the array operand once the equation has begun to write to it."""
        e = block.equations[position]
        x = e.operands[operand]
        if not isinstance(x, Value) or self._is_only_read(e, operand):
            return False
        facts = self.facts(block)
        root = whole_root(facts, x)
        if root is None or facts.last_read.get(root, -1) > position:
            return False
        if any(
            isinstance(a, Value) and root in facts.roots_of(a)
            for k, a in enumerate(e.operands)
            if k != operand and not (e.op == "update" and k == 1)
        ):
            return False
        return not any(root in facts.roots_of(v) for region in e.regions for v in self.free(region))

    def _is_only_read(self, e: Equation, operand: int) -> bool:
        """Whether the operand starts a carry that every step writes somewhere else."""
        starts = [start for start, _ in carried_operands(e)]
        return operand in starts and (self.carry_modes(e)[starts.index(operand)] is CarryMode.FRESH)

    def chain(self, block: Block, v: Atom) -> Chain | None:
        """The parameter or outer value in whose memory `v` can lie, following equations that take over."""
        changed = False
        facts = self.facts(block)
        while True:
            if not isinstance(v, Value):
                return None
            position = facts.definition.get(v)
            if position is None:
                return Chain(v, changed)
            e = block.equations[position]
            step = _CHAIN_RULES.get(e.op, _no_chain)(self, block, position, e.results.index(v))
            if step is None:
                return None
            v, changed = step.base, changed or step.changed

    # ---- loops -----------------------------------------------------------------------------------

    def carry_modes(self, e: Equation) -> tuple[CarryMode, ...]:
        """How a `loop` or `while` carries each of its values."""
        found = self._modes.get(e)
        if found is None:
            found = self._modes[e] = tuple(self._carry_modes(e))
        return found

    def _carry_modes(self, e: Equation) -> Iterator[CarryMode]:
        body = e.regions[-1]
        params = body.params[1:]
        for p, r in zip(params, body.results, strict=False):
            yield self._carry_mode(body, params, p, r)

    def _carry_mode(self, body: Block, params: tuple[Value, ...], p: Value, r: Atom) -> CarryMode:
        if r is p:
            return CarryMode.INVARIANT
        if not p.type.rank:
            return CarryMode.SCALAR
        if r in params:
            return CarryMode.MOVED
        chain = self.chain(body, r)
        if (
            chain
            and chain.base is p
            and self.facts(body).last_read.get(p, -1) < len(body.equations)
        ):
            return CarryMode.IN_PLACE
        return CarryMode.FRESH

    # ---- branches --------------------------------------------------------------------------------

    def cond_base(self, block: Block, position: int, result: int) -> Value | None:
        """The array that result `result` of a `cond` changes in place in one arm at least, or None."""
        e = block.equations[position]
        if e not in self._cond_bases:
            found: list[Value | None] = []
            for j in range(len(e.results)):  # one base for each result, none twice
                base = self._find_cond_base(block, position, j)
                found.append(None if base in found else base)
            self._cond_bases[e] = tuple(found)
        return self._cond_bases[e][result]

    def _find_cond_base(self, block: Block, position: int, result: int) -> Value | None:
        e = block.equations[position]
        chain = self._cond_chain(e, result)
        if chain is None or not chain.changed:
            return None
        facts = self.facts(block)
        root = whole_root(facts, chain.base)
        if root is None or facts.last_read.get(root, -1) > position:
            return None
        others = (v for arm in e.regions for v in self.free(arm) if v is not chain.base)
        return None if any(root in facts.roots_of(v) for v in others) else chain.base

    # ---- maps ------------------------------------------------------------------------------------

    def map_base(self, block: Block, position: int, result: int) -> Value | None:
        """The array in whose memory result `result` of a `map` can be made: it ends here, and each step reads
        of it only the element that it then writes."""
        e = block.equations[position]
        key = (e, result)
        if key not in self._map_bases:
            found = self._find_map_bases(block, position)
            self._map_bases.update({(e, j): base for j, base in enumerate(found)})
        return self._map_bases[key]

    def _find_map_bases(self, block: Block, position: int) -> list[Value | None]:
        """One base for each result, none twice; a result that becomes a carried array prefers that one, and one
        that an arm yields the array that the other arm changes."""
        e = block.equations[position]
        (body,) = e.regions
        free = [v for v in self.free(body) if v.type.rank == len(e.operands)]
        ending = [v for v in free if self._ends_in_map(block, position, v)]
        found: list[Value | None] = []
        for y, element in zip(e.results, body.results, strict=True):
            wish = _carried_as(block, y) or self._wishes.get(y)
            fitting = [v for v in ending if v.type == y.type and v not in found]
            fitting = [v for v in fitting if wish is None or v is wish]
            is_scalar = element.type.rank == 0
            found.append(fitting[0] if is_scalar and fitting else None)
        return found

    def _ends_in_map(self, block: Block, position: int, v: Value) -> bool:
        (body,) = block.equations[position].regions
        facts = self.facts(block)
        root = whole_root(facts, v)
        if root is None or facts.last_read.get(root, -1) > position:
            return False
        if any(root in facts.roots_of(u) for u in self.free(body) if u is not v):
            return False
        return _reads_own_element(body, v, body.params)

    def _cond_chain(self, e: Equation, result: int) -> Chain | None:
        """What the arms agree on; an arm that makes a new array agrees with any."""
        key = (e, result)
        if key not in self._bases:
            self._wish(e)
            chains = [self.chain(arm, arm.results[result]) for arm in e.regions]
            bases = {c.base for c in chains if c is not None}
            changed = any(c is not None and c.changed for c in chains)
            self._bases[key] = Chain(bases.pop(), changed) if len(bases) == 1 else None
        return self._bases[key]

    def _wish(self, e: Equation) -> None:
        """Maps in one arm of a `cond` had best use the arrays that the other arm changes."""
        then, other = e.regions
        for arm, opposite in ((then, other), (other, then)):
            for y, z in zip(arm.results, opposite.results, strict=True):
                if not isinstance(y, Value) or _is_mapped(self, arm, y):
                    continue
                chain = self.chain(arm, y) if y.type.rank else None
                if chain is not None and isinstance(z, Value) and _is_mapped(self, opposite, z):
                    self._wishes[z] = chain.base

    def outer_roots(self, block: Block, a: Atom) -> Roots:
        """Values from outside `block` in whose memory `a` may lie."""
        if not isinstance(a, Value):
            return frozenset()
        facts = self.facts(block)
        return frozenset(r for r in facts.roots_of(a) if r not in facts.definition)


def _is_mapped(sharing: Sharing, block: Block, y: Value) -> bool:
    position = sharing.facts(block).definition.get(y)
    return position is not None and block.equations[position].op == "map"


def _carried_as(block: Block, y: Value) -> Value | None:
    """The parameter that `y` becomes in the next step, when the block is the body of a loop."""
    if y not in block.results or len(block.params) < 2:
        return None
    position = 1 + block.results.index(y)
    return block.params[position] if position < len(block.params) else None


def _reads_own_element(body: Block, v: Value, indices: tuple[Value, ...]) -> bool:
    """Whether the body uses `v` only to read the element at just these indices."""
    if v in body.results:
        return False
    for e in body.equations:
        if v in e.operands and not (
            e.op == "index" and e.operands[0] is v and e.operands[1:] == indices
        ):
            return False
        if not all(_reads_own_element(region, v, indices) for region in e.regions):
            return False
    return True


def _is_late(facts: BlockFacts, e: Equation, position: int, v: Value) -> bool:
    """Whether `v` is read once `e` writes to its base; the row that an `update` stores is read just before."""
    used = facts.last_use[v]
    if used != position:
        return used > position
    if v is e.operands[0] or (e.op == "update" and v in e.operands):
        return False
    return v not in e.operands or any(v in free_in_block(r) for r in e.regions)


def whole_root(facts: BlockFacts, x: Atom) -> Value | None:
    """The one root that the array `x` covers entirely, or None: rows and choices between arrays are no whole."""
    if not isinstance(x, Value) or not x.type.rank or x in facts.rows:
        return None
    roots = facts.roots_of(x)
    return next(iter(roots)) if len(roots) == 1 else None


def taken_operands(e: Equation) -> Iterator[tuple[int, int]]:
    """`(operand, result)` positions such that the result may be made in the memory of the operand."""
    return ((k, j) for k, j in changed_operands(e) if e.operands[k].type.rank)


# ---- alias rules -------------------------------------------------------------------------------------

Aliases = Iterator[tuple[Value, tuple[Value, ...]]]


def _view_aliases(sharing: Sharing, e: Equation) -> Aliases:
    x, y = e.operands[0], e.results[0]
    if y.type.rank and isinstance(x, Value):
        yield y, (x,)


def _loop_aliases(sharing: Sharing, e: Equation) -> Aliases:
    for (start, final), mode in zip(carried_operands(e), sharing.carry_modes(e), strict=True):
        init = e.operands[start]
        if mode is CarryMode.INVARIANT and isinstance(init, Value) and init.type.rank:
            yield e.results[final], (init,)


def _cond_aliases(sharing: Sharing, e: Equation) -> Aliases:
    for j, y in enumerate(e.results):
        if not y.type.rank:
            continue
        chain = sharing._cond_chain(e, j)
        if chain is not None and chain.changed:
            continue
        outer = frozenset[Value]().union(*(sharing.outer_roots(a, a.results[j]) for a in e.regions))
        if outer:
            yield y, tuple(outer)


def _accum_aliases(sharing: Sharing, e: Equation) -> Aliases:
    """What the region yields beside the accumulators may be an array from outside."""
    (body,) = e.regions
    count = len(e.operands)
    for y, a in zip(e.results[count:], body.results, strict=True):
        outer = sharing.outer_roots(body, a) if y.type.rank else frozenset()
        if outer:
            yield y, tuple(outer)


_ALIAS_RULES: Mapping[str, Callable[[Sharing, Equation], Aliases]] = {
    "index": _view_aliases,
    "reshape": _view_aliases,
    "stop_gradient": _view_aliases,
    "loop": _loop_aliases,
    "while": _loop_aliases,
    "cond": _cond_aliases,
    "accum": _accum_aliases,
}


# ---- chain rules -------------------------------------------------------------------------------------


def _no_chain(sharing: Sharing, block: Block, position: int, result: int) -> Chain | None:
    return None


def _taken_chain(sharing: Sharing, block: Block, position: int, result: int) -> Chain | None:
    e = block.equations[position]
    for k, j in taken_operands(e):
        x = e.operands[k]
        if j == result and isinstance(x, Value) and sharing.may_take(block, position, k):
            return Chain(x, True)
    return None


def _loop_chain(sharing: Sharing, block: Block, position: int, result: int) -> Chain | None:
    e = block.equations[position]
    for (start, final), mode in zip(carried_operands(e), sharing.carry_modes(e), strict=True):
        if final != result:
            continue
        init = e.operands[start]
        if mode is CarryMode.INVARIANT and isinstance(init, Value):
            return Chain(init, False)
        if mode is CarryMode.IN_PLACE:
            return _taken_chain(sharing, block, position, result)
    return None


def _map_chain(sharing: Sharing, block: Block, position: int, result: int) -> Chain | None:
    base = sharing.map_base(block, position, result)
    return Chain(base, True) if base is not None else None


def _cond_chain(sharing: Sharing, block: Block, position: int, result: int) -> Chain | None:
    base = sharing.cond_base(block, position, result)
    return Chain(base, True) if base is not None else None


def _view_chain(sharing: Sharing, block: Block, position: int, result: int) -> Chain | None:
    x = block.equations[position].operands[0]
    return Chain(x, False) if isinstance(x, Value) else None


_CHAIN_RULES: Mapping[str, Callable[[Sharing, Block, int, int], Chain | None]] = {
    "update": _taken_chain,
    "accum": _taken_chain,
    "loop": _loop_chain,
    "while": _loop_chain,
    "cond": _cond_chain,
    "map": _map_chain,
    "reshape": _view_chain,
    "stop_gradient": _view_chain,
}
