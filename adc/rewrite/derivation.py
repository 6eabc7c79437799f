"""What was rewritten: numbered steps, each with rule, place, before and after.

A derivation has a limit: after that many steps every rule fails, which is how a wrong step is found by
bisection (`--rewrite-limit N`). Text is made when it is asked for, not while rewriting.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from adc.ir.core import Block, Equation
from adc.ir.printer import Names, print_equation
from adc.ir.walk import free_in_block, uses

Place = tuple[str, ...]  # the function, then the regions inwards: ("loss", "loop#1")


@dataclass(frozen=True, slots=True)
class Step:
    """One application of a rule. For a rewrite of a whole block, `before` is None."""

    number: int
    rule: str
    place: Place
    before: Equation | None
    after: Block

    def __str__(self) -> str:
        head = f"{self.number}. {self.rule} at {'/'.join(self.place) or 'the block'}"
        if self.before is None:
            return head
        old = print_equation(self.before, self._names()).splitlines()
        names = self._names()
        new = [line for e in self.after.equations for line in print_equation(e, names).splitlines()]
        for r, a in zip(self.before.results, self.after.results, strict=True):
            if r is not a:
                new.append(f"{r.hint or 'value'} := {names.of(a)}")
        return "\n".join([head, *(f"    - {x}" for x in old), *(f"    + {x}" for x in new)])

    def _names(self) -> Names:
        """Names in which all values from outside are known."""
        assert self.before is not None
        outside = dict.fromkeys((*uses(self.before), *free_in_block(self.after)))
        names = Names()
        names.define(v for v in outside if v not in self.before.results)
        return names


@dataclass(slots=True)
class Derivation:
    """The steps so far. `keep=False` only counts, for runs that nobody asks to explain."""

    limit: int | None = None
    keep: bool = True
    steps: list[Step] = field(default_factory=list)
    count: int = 0

    @property
    def is_full(self) -> bool:
        """Whether no further step may be taken."""
        return self.limit is not None and self.count >= self.limit

    def record(self, rule: str, place: Place, before: Equation | None, after: Block) -> None:
        self.count += 1
        if self.keep:
            self.steps.append(Step(self.count, rule, place, before, after))

    def rollback(self, count: int) -> None:
        """Forget the steps after `count`: the strategy that made them failed."""
        if self.count > count:
            self.count = count
            while self.steps and self.steps[-1].number > count:
                self.steps.pop()

    def by_rule(self) -> dict[str, int]:
        """How often each rule fired, most often first."""
        return dict(Counter(step.rule for step in self.steps).most_common())

    def __str__(self) -> str:
        return "\n".join(map(str, self.steps))
