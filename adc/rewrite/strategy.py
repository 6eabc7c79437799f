"""Strategies in the sense of ELEVATE (Hagedorn et al., ICFP 2020): functions from terms to success or failure.

A term is a block or an equation. A block is rewritten to a block with the same parameters and as many
results; an equation to an equation with the same results, or to a fragment: a block without parameters whose
results stand for the equation's. `Failure` is a value with a reason; no strategy raises one.

    id ; s = s ; id = s        fail <+ s = s <+ fail = s        (;) and (<+) are associative
    try(s) = s <+ id           repeat(s) = try(s ; repeat(s))   not(s) succeeds, changing nothing, where s fails
    progress(s) fails where s changes nothing
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from adc.ir.core import Block, Equation
from adc.rewrite.scope import Scope

Term = Block | Equation


@dataclass(frozen=True, slots=True)
class Success:
    term: Term


@dataclass(frozen=True, slots=True)
class Failure:
    """`strategy` is the one that failed, by name."""

    strategy: str
    reason: str


Result = Success | Failure
Heads = frozenset[str]  # the primitives of equations that a strategy can rewrite


@dataclass(frozen=True, slots=True)
class Strategy:
    """A named function on terms. `heads` is None when the strategy may succeed on any term.

    `name` is the text that a user would write for it; `parts` are the strategies it is composed of, and
    `alternatives`, of a choice, those that are tried one after the other.
    """

    name: str
    run: Callable[[Term, Scope], Result]
    heads: Heads | None = None
    parts: tuple[Strategy, ...] = ()
    alternatives: tuple[Strategy, ...] = ()

    def __call__(self, term: Term, scope: Scope) -> Result:
        return self.run(term, scope)

    def __rshift__(self, other: Strategy) -> Strategy:
        return seq(self, other)

    def __or__(self, other: Strategy) -> Strategy:
        return choice(self, other)

    def __str__(self) -> str:
        return self.name

    def within(self) -> Iterator[Strategy]:
        """This strategy and all that it is composed of."""
        yield self
        for part in self.parts:
            yield from part.within()


id_ = Strategy("id", lambda term, scope: Success(term))
fail = Strategy("fail", lambda term, scope: Failure("fail", "it always fails"))


def seq(*strategies: Strategy) -> Strategy:
    """One after the other; fails if any fails."""
    name = " ; ".join(_bracketed(s) for s in strategies)

    def run(term: Term, scope: Scope) -> Result:
        start = scope.derivation.count
        for s in strategies:
            result = s(term, scope)
            if isinstance(result, Failure):
                scope.derivation.rollback(start)
                return result
            term = result.term
        return Success(term)

    return Strategy(name, run, parts=strategies)


def choice(*strategies: Strategy) -> Strategy:
    """The first that succeeds. On equations only those are tried whose heads fit."""
    name = " <+ ".join(_bracketed(s) for s in strategies)
    flat = tuple(a for s in strategies for a in (s.alternatives or (s,)))
    general = tuple(s for s in flat if s.heads is None)
    by_head = _by_head(flat)
    nothing = Failure(name, "no alternative applies")

    def run(term: Term, scope: Scope) -> Result:
        fitting = by_head.get(term.op, general) if isinstance(term, Equation) else general
        for s in fitting:
            result = s.run(term, scope)
            if isinstance(result, Success):
                return result
        return nothing

    heads = None if general else frozenset(by_head)
    return Strategy(name, run, heads, strategies, flat)


def _by_head(strategies: tuple[Strategy, ...]) -> Mapping[str, tuple[Strategy, ...]]:
    """For every head that is named, the strategies worth trying, in order."""
    named = {op for s in strategies if s.heads is not None for op in s.heads}
    return {
        op: tuple(s for s in strategies if s.heads is None or op in s.heads) for op in sorted(named)
    }


def try_(s: Strategy) -> Strategy:
    """s, or nothing where it fails."""

    def run(term: Term, scope: Scope) -> Result:
        result = s(term, scope)
        return result if isinstance(result, Success) else Success(term)

    return Strategy(f"try({s.name})", run, parts=(s,))


def repeat(s: Strategy, fuel: int = 10_000) -> Strategy:
    """s as often as it succeeds and changes something, at most `fuel` times."""
    if s is id_:
        raise ValueError("repeat(id) would never end")

    def run(term: Term, scope: Scope) -> Result:
        for _ in range(fuel):
            result = s(term, scope)
            if isinstance(result, Failure) or result.term is term:
                break
            term = result.term
        return Success(term)

    return Strategy(f"repeat({s.name})", run, parts=(s,))


def nested(s: Strategy) -> Strategy:
    """s on terms that have regions; fails on straight-line code."""
    name = f"nested({s.name})"
    flat = Failure(name, "there are no regions")

    def run(term: Term, scope: Scope) -> Result:
        equations = term.equations if isinstance(term, Block) else (term,)
        return s(term, scope) if any(e.regions for e in equations) else flat

    return Strategy(name, run, parts=(s,))


def progress(s: Strategy) -> Strategy:
    """s, but a failure where it changes nothing."""
    name = f"progress({s.name})"

    def run(term: Term, scope: Scope) -> Result:
        result = s(term, scope)
        if isinstance(result, Success) and result.term is term:
            return Failure(name, "nothing changes")
        return result

    return Strategy(name, run, parts=(s,))


def not_(s: Strategy) -> Strategy:
    """Succeeds, changing nothing, where s fails."""
    name = f"not({s.name})"

    def run(term: Term, scope: Scope) -> Result:
        start = scope.derivation.count
        result = s(term, scope)
        scope.derivation.rollback(start)
        return Success(term) if isinstance(result, Failure) else Failure(name, "it applies")

    return Strategy(name, run, parts=(s,))


def named(name: str, s: Strategy) -> Strategy:
    """s under a name of its own."""
    return Strategy(name, s.run, s.heads, (s,), s.alternatives)


def _bracketed(s: Strategy) -> str:
    is_composed = " <+ " in s.name or " ; " in s.name
    return f"({s.name})" if is_composed and not s.name.endswith(")") else s.name
