"""What a rewrite may know about the place it stands at.

A scope follows a walk over a function: definitions as they are passed, the regions around, what holds in
them, and which computations are available. Values are unique, so definitions need no taking back; facts and
available computations do, and are kept like a stack (`enter`, `leave`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from adc.ir.builder import Builder
from adc.ir.core import Atom, Block, Equation, Literal, Origin, Value
from adc.ir.walk import refresh_equations, substitute_atom, type_values
from adc.prims.structured.layout import ITERATES
from adc.prims.table import PrimitiveTable
from adc.rewrite.costs import is_dear
from adc.rewrite.derivation import Derivation, Place
from adc.rewrite.ranges import Ranges
from adc.rewrite.sharing import Sharing


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A region that is being walked."""

    name: str  # as in places: "loop#1"
    op: str
    depth: int
    indices: tuple[Value, ...]  # what counts its iterations; none for regions that run once

    @property
    def iterates(self) -> bool:
        return self.op in ITERATES


@dataclass(frozen=True, slots=True)
class Options:
    """What a schedule asks of its rules. `pure`: accumulators must stay printable as ADL."""

    pure: bool = False
    final: bool = False  # no derivative will be taken of this code any more


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """An array that a map has made, with the dear equation that makes its elements."""

    array: Value
    root: Equation
    params: tuple[Value, ...]
    extents: tuple[Atom, ...]
    inside: Mapping[Value, Equation]  # what the map's body defines


_CHANGED = {"update": 1, "accum": None}  # how many operands a changed array may be


@dataclass(slots=True)
class Usage:
    """How often values occur as operands and results, and the blocks that arrays occur in (by identity)."""

    count: dict[Value, int] = field(default_factory=dict)
    sites: dict[Value, set[int]] = field(default_factory=dict)
    reads: dict[Value, int] = field(default_factory=dict)  # how often by `index`
    changed: set[Value] = field(
        default_factory=set
    )  # arrays that an `update` or `accum` starts from
    _reads: dict[Value, list[tuple[Atom, ...]]] = field(default_factory=dict)

    @staticmethod
    def of(block: Block) -> Usage:
        usage = Usage()
        pending = [block]
        while pending:
            b = pending.pop()
            site = id(b)
            for e in b.equations:
                usage._add(e.operands, site)
                pending.extend(e.regions)
                if e.op == "index":
                    usage._add_read(e)
                elif e.op in _CHANGED:
                    usage.changed.update(
                        a for a in e.operands[: _CHANGED[e.op]] if type(a) is Value
                    )
            usage._add(b.results, site)
        return usage

    def is_only_read(self, x: Value) -> bool:
        """Whether all that happens to `x` is that elements and rows of it are read; of new values that is unknown."""
        return 0 < self.reads.get(x, 0) == self.count.get(x, 0)

    def is_read_at_literals(self, x: Value) -> bool:
        """Whether `x` is only read, element by element at literal places."""
        return len(self._reads.get(x, ())) == self.count.get(x)

    def is_read_apart(self, x: Value) -> bool:
        """The same, and no place twice."""
        reads = self._reads.get(x, ())
        return self.is_read_at_literals(x) and len(reads) == len(set(reads))

    def renamed(self, old: Value, new: Value) -> None:
        """`new` is used by a copy as `old` is by the original."""
        if old in self.count:
            self.count[new] = self.count[old]
            self.reads[new] = self.reads.get(old, 0)
            if old in self.sites:
                self.sites[new] = self.sites[old]

    def _add_read(self, e: Equation) -> None:
        x, *at = e.operands
        if not isinstance(x, Value):
            return
        self.reads[x] = self.reads.get(x, 0) + 1
        if len(at) == x.type.rank and all(type(i) is Literal for i in at):
            self._reads.setdefault(x, []).append(tuple(at))

    def _add(self, atoms: Sequence[Atom], site: int) -> None:
        count, sites = self.count, self.sites
        for a in atoms:
            if type(a) is Value:
                count[a] = count.get(a, 0) + 1
                if a.type.shape:
                    sites.setdefault(a, set()).add(site)


class Scope:
    """Knowledge at a place of one function."""

    def __init__(
        self,
        table: PrimitiveTable,
        block: Block,
        *,
        name: str = "",
        derivation: Derivation | None = None,
        options: Options | None = None,
    ) -> None:
        self.table = table
        self.derivation = derivation if derivation is not None else Derivation(keep=False)
        self.options = options if options is not None else Options()
        self.definitions: dict[Value, Equation] = {}
        self.ranges = Ranges(self.definitions)
        self.sharing = Sharing(table)
        self.usage = Usage.of(block)
        self.slices: dict[Value, tuple[Equation, Block]] = {}  # see `fusion.element_body`
        self.stuck: set[Block] = set()  # accumulations that `accum_to_value` has given up on
        self.frames: list[Frame] = []
        self.next_region = ""  # the name that the regions of the equation being visited will have
        self._name = name
        self._home: dict[Value, Frame | None] = {}
        self._marks: list[tuple[int, int]] = []
        self._stored: dict[str, list[Stored]] = {}
        self._builder = _RuleBuilder(table.infer)
        self._checks = 0
        self._checks_before: dict[Equation, int] = {}
        self._introduce(block.params)

    # ---- the place ------------------------------------------------------------------------------

    @property
    def place(self) -> Place:
        names = (self._name,) if self._name else ()
        return (*names, *(frame.name for frame in self.frames))

    def begin(self) -> None:
        """Start on the equations of a block; what holds because of them is taken back at its end."""
        self._marks.append((self.ranges.mark(), self.sharing.mark()))

    def end(self) -> None:
        ranges, sharing = self._marks.pop()
        self.ranges.rollback(ranges)
        self.sharing.rollback(sharing)

    def enter(self, e: Equation, region: int, name: str = "") -> None:
        """Walk into a region: its parameters are known, and what holds because it runs."""
        block = e.regions[region]
        enter = _ENTER.get(e.op)
        self.begin()
        indices = enter(self.ranges, e, region, block) if enter else ()
        self.frames.append(Frame(name or e.op, e.op, len(self.frames), indices))
        self._introduce(block.params)

    def leave(self) -> None:
        self.frames.pop()
        self.end()

    def _introduce(self, params: Sequence[Value]) -> None:
        home = self.frames[-1] if self.frames else None
        for p in params:
            self._home[p] = home
            for d in type_values(p.type):
                self.ranges.size(d)

    def recount(self, block: Block) -> None:
        """Count uses anew: the block was rewritten."""
        self.usage = Usage.of(block)

    # ---- what is defined ------------------------------------------------------------------------

    def define(self, e: Equation) -> None:
        """Pass an equation: what follows may rely on it."""
        home = self.frames[-1] if self.frames else None
        for r in e.results:
            self.definitions[r] = e
            self._home[r] = home
            if r.type.shape:
                for d in type_values(r.type):
                    self.ranges.size(d)
        if e.op == "assert":
            self.ranges.assume(e.operands[0], True)
            self._checks += 1
        elif e.op == "map":
            self._checks_before[e] = self._checks
            self._note_stored(e)
        key = self.ranges.polynomials.define(e)
        if key is not None:
            self.sharing.offer_polynomial(key, e.results[0])
        self.sharing.offer(e)

    def _note_stored(self, e: Equation) -> None:
        """Arrays with dear elements, in use elsewhere too."""
        (body,) = e.regions
        inside = {r: i for i in body.equations for r in i.results}
        for y, r in zip(body.results, e.results, strict=True):
            root = inside.get(y) if isinstance(y, Value) else None
            if root is None or self.usage.count.get(r, 0) < 2 or not is_dear(root, self.table):
                continue
            found = self._stored.setdefault(root.op, [])
            found.append(Stored(r, root, body.params, e.operands, inside))
            self.sharing.undo_with(found.pop)

    def stored(self, op: str) -> Sequence[Stored]:
        """Arrays in scope whose elements are made by a dear `op`."""
        return self._stored.get(op, ())

    def definition(self, a: Atom) -> Equation | None:
        """The equation that defines a value of this function; None for parameters and literals."""
        return self.definitions.get(a) if isinstance(a, Value) else None

    def defined_by(self, a: Atom, *ops: str) -> Equation | None:
        """The defining equation if it is one of these primitives."""
        e = self.definitions.get(a) if isinstance(a, Value) else None
        return e if e is not None and e.op in ops else None

    def around(self, v: Value) -> list[Frame]:
        """The regions between the definition of `v` and this place, outermost first."""
        home = self._home.get(v)
        return self.frames[0 if home is None else home.depth + 1 :]

    def is_parameter(self, v: Value) -> bool:
        """Whether `v` is a parameter of a region around."""
        return v not in self.definitions and self._home.get(v) is not None

    def is_visible(self, v: Value) -> bool:
        """Whether `v`, passed on this walk, is in scope here: not inside a region that was left."""
        home = self._home.get(v)
        return home is None or (home.depth < len(self.frames) and self.frames[home.depth] is home)

    def has_checked_since(self, e: Equation) -> bool:
        """Whether an `assert` stands between a map passed earlier and this place."""
        return self._checks > self._checks_before.get(e, 0)

    # ---- making equations -----------------------------------------------------------------------

    def builder(self, rule: str, e: Equation) -> Builder:
        """A builder for what replaces `e`; what it makes is named like the result of `e`.

        Most rules do not apply and leave it empty: it then serves the next one.
        """
        if self._builder.equations:
            self._builder = _RuleBuilder(self.table.infer)
        self._builder.rule, self._builder.replaced = rule, e
        return self._builder

    def instantiate(self, b: Builder, block: Block, args: Sequence[Atom]) -> tuple[Atom, ...]:
        """Append a copy of the block's equations with `args` for its parameters; its results."""
        env: dict[Value, Atom] = dict(zip(block.params, args, strict=True))
        given = set(env)
        b.extend(refresh_equations(block.equations, env))
        for old, new in env.items():
            if old not in given and isinstance(new, Value):
                self.usage.renamed(old, new)
        return tuple(substitute_atom(a, env) for a in block.results)


class _RuleBuilder(Builder):
    """A builder for a rule at an equation: what it makes tells that it comes from there, and is named alike."""

    rule: str
    replaced: Equation

    def nested(self) -> Builder:
        inner = _RuleBuilder(self.infer)
        inner.rule, inner.replaced = self.rule, self.replaced
        return inner

    def _emit(
        self,
        op: str,
        operands: tuple[Atom, ...],
        params: Mapping[str, object],
        regions: Sequence[Block],
        hints: Sequence[str],
    ) -> tuple[Value, ...]:
        e = self.replaced
        self.origin, self.span = Origin("rule", self.rule, e.origin), e.span
        named = hints if any(hints) or not e.results else (e.results[0].hint,)
        return super()._emit(op, operands, params, regions, named)


# ---- what holds inside regions ---------------------------------------------------------------------

Enter = Callable[[Ranges, Equation, int, Block], tuple[Value, ...]]


def _enter_extents(r: Ranges, e: Equation, region: int, block: Block) -> tuple[Value, ...]:
    for i, extent in zip(block.params, e.operands, strict=True):
        r.size(extent)
        r.index(i, extent)
    return block.params


def _enter_loop(r: Ranges, e: Equation, region: int, block: Block) -> tuple[Value, ...]:
    r.index(block.params[0], e.operands[0])
    return block.params[:1]


def _enter_while(r: Ranges, e: Equation, region: int, block: Block) -> tuple[Value, ...]:
    if region == 0:
        return ()
    r.counter(block.params[0])
    return block.params[:1]


def _enter_cond(r: Ranges, e: Equation, region: int, block: Block) -> tuple[Value, ...]:
    r.assume(e.operands[0], region == 0)
    return ()


_ENTER: Mapping[str, Enter] = {
    "map": _enter_extents,
    "reduce": _enter_extents,
    "argreduce": _enter_extents,
    "loop": _enter_loop,
    "while": _enter_while,
    "cond": _enter_cond,
}
