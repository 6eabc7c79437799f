"""Common subexpressions, across regions that are in scope."""

from __future__ import annotations

from collections.abc import Sequence

from adc.ir.builder import Builder
from adc.ir.core import Atom, Equation
from adc.rewrite.rule import rule
from adc.rewrite.scope import Scope


@rule()
def share(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """let x = e; let y = e -> y := x

    Only what was computed before is used again; nothing is moved, so an untaken branch stays untaken.
    """
    earlier = scope.sharing.find(e)
    return None if earlier is None else earlier.results


RULES = (share,)
