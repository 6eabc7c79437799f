"""One-level traversals and what is defined from them; `normalize`, which keeps a worklist.

The children of a block are its equations, the children of an equation its regions. A walk passes equations in
order and tells the scope, so that a rule sees the definitions of all that is visible where it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from adc.ir.core import Atom, Block, Equation, Value
from adc.ir.walk import equations_within, substitute_equation
from adc.rewrite.scope import Scope
from adc.rewrite.strategy import Failure, Result, Strategy, Success, Term, choice, repeat, seq
from adc.transforms.retype import Retyping, retype

Visit = Callable[[Term], Term | None]  # None: leave the child as it is


# ---- one level -------------------------------------------------------------------------------------


def all_(s: Strategy) -> Strategy:
    """s at every child; fails if it fails at one; succeeds where there are none."""

    def run(term: Term, scope: Scope) -> Result:
        failures: list[Failure] = []

        def visit(child: Term) -> Term | None:
            if failures:
                return None
            result = s(child, scope)
            if isinstance(result, Failure):
                failures.append(result)
                return None
            return result.term

        start = scope.derivation.count
        after = rewrite_children(term, scope, visit)
        if failures:
            scope.derivation.rollback(start)
            return failures[0]
        return Success(after)

    return Strategy(f"all({s.name})", run, parts=(s,))


def one(s: Strategy) -> Strategy:
    """s at the first child where it succeeds; fails where there is none."""
    return _where(f"one({s.name})", s, at_most=1)


def some(s: Strategy) -> Strategy:
    """s at every child where it succeeds; fails where there is none."""
    return _where(f"some({s.name})", s, at_most=None)


def _where(name: str, s: Strategy, at_most: int | None) -> Strategy:
    def run(term: Term, scope: Scope) -> Result:
        done = 0

        def visit(child: Term) -> Term | None:
            nonlocal done
            if done == at_most:
                return None
            result = s(child, scope)
            if isinstance(result, Failure):
                return None
            done += 1
            return result.term

        after = rewrite_children(term, scope, visit)
        return Success(after) if done else Failure(name, "applies at no child")

    return Strategy(name, run, parts=(s,))


# ---- whole terms -----------------------------------------------------------------------------------


def top_down(s: Strategy) -> Strategy:
    """s at the first place, outside before inside."""
    return _recursive(f"top_down({s.name})", s, lambda self: choice(s, one(self)))


def bottom_up(s: Strategy) -> Strategy:
    """s at the first place, inside before outside."""
    return _recursive(f"bottom_up({s.name})", s, lambda self: choice(one(self), s))


def innermost(s: Strategy) -> Strategy:
    """s everywhere until it applies nowhere, inside before outside."""
    return replace(repeat(bottom_up(s)), name=f"innermost({s.name})")


def everywhere(s: Strategy) -> Strategy:
    """s once at every place, outside before inside; where it fails nothing changes."""
    attempt = choice(s, Strategy("id", lambda term, scope: Success(term)))
    return _recursive(f"everywhere({s.name})", s, lambda self: seq(attempt, all_(self)))


def _recursive(name: str, s: Strategy, unfold: Callable[[Strategy], Strategy]) -> Strategy:
    """The strategy x with x = unfold(x)."""
    knot: list[Strategy] = []
    proxy = Strategy(name, lambda term, scope: knot[0](term, scope), parts=(s,))
    knot.append(unfold(proxy))
    return proxy


def at(place: str, s: Strategy) -> Strategy:
    """s at the equation of that place: "loss/loop#1" is the first loop of `loss`, as the steps name it."""
    wanted = tuple(place.split("/"))
    name = f'at("{place}", {s.name})'

    def run(term: Term, scope: Scope) -> Result:
        here = scope.place
        if isinstance(term, Equation):
            here = (*here, scope.next_region if term.regions else "")
        if here == wanted:
            return s(term, scope)
        if here != wanted[: len(here)]:
            return Failure(name, "another place")
        return below(term, scope)

    proxy = Strategy(name, run, parts=(s,))
    below = one(proxy)
    return proxy


# ---- to a normal form ------------------------------------------------------------------------------


FUEL = 100  # rewrites for each equation before a walk gives up; rules that end never come near


def normalize(s: Strategy, fuel: int | None = None) -> Strategy:
    """s until it applies nowhere that one walk sees, each region before the equation it belongs to.

    What a rewrite makes is visited again at once, so the walk is near-linear: a worklist instead of a new
    search from the top. It is the same as `repeat(top_down(s))` for rules that look at an equation, its
    regions and the definitions before it. Never fails.
    """

    def run(term: Term, scope: Scope) -> Result:
        if isinstance(term, Equation):
            return Failure(name, "not a block")
        if not scope.frames:
            scope.recount(term)
        limit = fuel if fuel is not None else FUEL * (10 + sum(1 for _ in equations_within(term)))
        walk = _Normalizer(s, scope, limit)
        after = walk.block(term)
        if not scope.frames and walk.types.params(after.params) is not after.params:
            after = retype(after, scope.table.infer, walk.types.replaced)
        return Success(after)

    name = f"normalize({s.name})"
    return Strategy(name, run, parts=(s,))


class _Normalizer:
    """One walk of a block and its regions."""

    def __init__(self, s: Strategy, scope: Scope, fuel: int) -> None:
        self.strategy = s
        self.scope = scope
        self.fuel = fuel
        self.types = Retyping(scope.table.infer, {})

    def block(self, block: Block) -> Block:
        pending = list(reversed(block.equations))
        kept: list[Equation] = []
        seen: dict[str, int] = {}
        types, scope = self.types, self.scope
        scope.begin()
        while pending:
            e = pending.pop()
            operands = types.atoms(e.operands)
            if operands is not e.operands:
                e = replace(e, operands=operands)
            if e.regions:
                e = self._regions(e, _region_name(e, seen))
            for r in e.results:
                if r.type.shape:
                    e = types.typed(e)
                    break
            fragment = self._rewritten(e)
            if fragment is None:
                kept.append(e)
                scope.define(e)
                types.show(e)
            elif isinstance(fragment, Equation):
                pending.append(fragment)
            else:
                for old, new in zip(e.results, fragment.results, strict=True):
                    if old is not new:
                        types.replaced[old] = new
                pending.extend(reversed(fragment.equations))
        scope.end()
        results = types.atoms(block.results)
        if results is block.results and _same_objects(kept, block.equations):
            return block
        return Block(block.params, tuple(kept), results)

    def _rewritten(self, e: Equation) -> Term | None:
        if self.fuel <= 0:
            return None
        result = self.strategy.run(e, self.scope)
        if isinstance(result, Failure) or result.term is e:
            return None
        self.fuel -= 1
        return result.term

    def _regions(self, e: Equation, name: str) -> Equation:
        regions = []
        for k, region in enumerate(e.regions):
            params = self.types.params(region.params)
            if params is not region.params:
                region = replace(region, params=params)
                e = replace(e, regions=(*e.regions[:k], region, *e.regions[k + 1 :]))
            self.scope.enter(e, k, name)
            regions.append(self.block(region))
            self.scope.leave()
            self.types.hide(regions[-1])
        return e if _same_objects(regions, e.regions) else replace(e, regions=tuple(regions))


def _same_objects(xs: Sequence[object], ys: Sequence[object]) -> bool:
    return len(xs) == len(ys) and all(x is y for x, y in zip(xs, ys, strict=True))


# ---- children --------------------------------------------------------------------------------------


def rewrite_children(term: Term, scope: Scope, visit: Visit) -> Term:
    """The term with every child that `visit` rewrites replaced; the same object when none was."""
    return (
        _equations(term, scope, visit) if isinstance(term, Block) else _regions(term, scope, visit)
    )


def _equations(block: Block, scope: Scope, visit: Visit) -> Block:
    kept: list[Equation] = []
    env: dict[Value, Atom] = {}
    seen: dict[str, int] = {}
    outer_name = scope.next_region
    changed = False
    scope.begin()
    for old in block.equations:
        e = substitute_equation(old, env) if env else old
        if e.regions:
            scope.next_region = _region_name(e, seen)
        new = visit(e)
        changed = changed or e is not old or (new is not None and new is not e)
        match new:
            case None:
                made: tuple[Equation, ...] = (e,)
            case Equation():
                made = (new,)
            case Block():
                made = new.equations
                env.update(
                    (r, a) for r, a in zip(e.results, new.results, strict=True) if r is not a
                )
        for m in made:
            kept.append(m)
            scope.define(m)
    scope.end()
    scope.next_region = outer_name
    if not changed:
        return block
    results = tuple(env.get(a, a) if isinstance(a, Value) else a for a in block.results)
    return Block(block.params, tuple(kept), results)


def _regions(e: Equation, scope: Scope, visit: Visit) -> Equation:
    regions = []
    name = scope.next_region
    for k, region in enumerate(e.regions):
        scope.enter(e, k, name)
        new = visit(region)
        scope.leave()
        assert new is None or isinstance(new, Block)
        regions.append(region if new is None else new)
    return e if _same_objects(regions, e.regions) else replace(e, regions=tuple(regions))


def _region_name(e: Equation, seen: dict[str, int]) -> str:
    """The name that a place has for the regions of `e`: the primitive and which one of the block it is."""
    seen[e.op] = seen.get(e.op, 0) + 1
    return f"{e.op}#{seen[e.op]}"
