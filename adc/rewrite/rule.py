"""Rules: laws on equations that are also strategies.

A rule is written as a function `(builder, equation, scope) -> atoms`: it appends what replaces the equation to
the builder and returns the atoms that stand for the equation's results, or None where the law does not apply.
Its docstring is the law, `lhs -> rhs`, then what needs saying.

    @rule("mul")
    def mul_one(b, e, scope):
        '''x * 1 -> x'''
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import Enum

from adc.ir.builder import Builder
from adc.ir.core import Atom, Block, Equation
from adc.rewrite.scope import Scope
from adc.rewrite.strategy import Failure, Result, Strategy, Success, Term


class Soundness(Enum):
    """What a rule keeps."""

    EXACT = "exact"  # the same bits for any input
    REASSOCIATES = "reassociates"  # the same terms, added in another order
    ASSUMES_FINITE = "assumes_finite"  # up to rounding, for finite inputs and intermediates
    ASSUMES_IN_DOMAIN = "assumes_in_domain"  # inside every primitive's declared range


Rewrite = Callable[[Builder, Equation, Scope], Sequence[Atom] | None]


@dataclass(frozen=True, slots=True)
class Rule(Strategy):
    """A law with its soundness class; as a strategy it applies at the equation it is given."""

    law: str = ""
    soundness: Soundness = Soundness.EXACT


# What the order of additions may change; everywhere else a rule that reassociates is not admitted by default.
_SUMMING = frozenset({"reduce", "accum", "upd", "map", "loop", "while"})


def not_admitted(
    s: Strategy, allowed: Collection[Soundness] = (Soundness.EXACT,)
) -> tuple[Rule, ...]:
    """The rules in a strategy that a pipeline allowing these classes refuses; reductions may always reassociate."""
    return tuple(r for r in s.within() if isinstance(r, Rule) and not _is_admitted(r, allowed))


def _is_admitted(r: Rule, allowed: Collection[Soundness]) -> bool:
    if r.soundness in allowed:
        return True
    is_sum = r.heads is not None and r.heads <= _SUMMING
    return r.soundness is Soundness.REASSOCIATES and is_sum


def rule(*heads: str, soundness: Soundness = Soundness.EXACT) -> Callable[[Rewrite], Rule]:
    """Makes a rule of a function: its name, and as law the first line of its docstring."""

    def make(rewrite: Rewrite) -> Rule:
        return rule_of(rewrite.__name__, _law(rewrite.__doc__), heads, soundness, rewrite)

    return make


def _law(doc: str | None) -> str:
    assert doc, "a rule tells its law in its docstring"
    return doc.strip().splitlines()[0]


def rule_of(
    name: str, law: str, heads: Sequence[str], soundness: Soundness, rewrite: Rewrite
) -> Rule:
    """A rule by its parts. Without heads it is tried on every equation."""
    not_an_equation = Failure(name, "not an equation")
    no_match = Failure(name, "does not match")
    limit = Failure(name, "the rewrite limit is reached")
    wanted = frozenset(heads) or None

    def run(term: Term, scope: Scope) -> Result:
        if not isinstance(term, Equation):
            return not_an_equation
        if wanted is not None and term.op not in wanted:
            return no_match
        if scope.derivation.is_full:
            return limit
        b = scope.builder(name, term)
        atoms = rewrite(b, term, scope)
        if atoms is None:
            return no_match
        fragment = Block((), tuple(b.equations), tuple(atoms))
        assert len(fragment.results) == len(term.results), f"{name}: one atom for each result"
        scope.derivation.record(name, scope.place, term, fragment)
        return Success(fragment)

    return Rule(name, run, wanted, law=law, soundness=soundness)


def block_rule(name: str, rewrite: Callable[[Block, Scope], Block]) -> Rule:
    """An exact rule on whole blocks, for what cannot be seen at one equation; fails when nothing changes."""
    not_a_block = Failure(name, "not a block")
    unchanged = Failure(name, "nothing to do")
    limit = Failure(name, "the rewrite limit is reached")

    def run(term: Term, scope: Scope) -> Result:
        if not isinstance(term, Block):
            return not_a_block
        if scope.derivation.is_full:
            return limit
        after = rewrite(term, scope)
        if after is term:
            return unchanged
        scope.derivation.record(name, scope.place, None, after)
        return Success(after)

    return Rule(name, run, law=_law(rewrite.__doc__))
