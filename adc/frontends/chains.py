"""Long chains of `else if`, told in a form that nests little.

A chain of n arms is n regions deep when every `else` holds the rest. A long one is evaluated in two steps instead:
the conditions, some at a time, tell the number of the arm; a tree of comparisons with that number holds the arms.
No condition is evaluated after one that holds, and no arm but the chosen one, as in the short form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from adc.diagnostics import Span
from adc.syntax import ast

LONGEST_CHAIN = 32  # arms, each inside the `else` of the one before

_NUMBER = "else if"  # no name that a program can have

Part = TypeVar("Part")
Choose = Callable[[ast.Expr, Part, Part], Part]


def arm_numbers(conditions: Sequence[ast.Expr]) -> Iterator[tuple[str, ast.Expr]]:
    """Names and values, to be bound in order: the last gives the number of the arm, of the `else` if none holds."""
    none = len(conditions)
    at_once = LONGEST_CHAIN - 1  # and one for what was found before
    for start in range(0, none, at_once):
        part = range(start, min(start + at_once, none))
        arms = [ast.Arm(conditions[k], _literal(k), span=conditions[k].span) for k in part]
        span = conditions[start].span
        if start:
            arms.insert(0, ast.Arm(_is_below(none, span), ast.Name(_NUMBER, span=span), span=span))
        yield _NUMBER, ast.If(tuple(arms), _literal(none), span=span)


def tree_of(parts: Sequence[Part], spans: Sequence[Span], choose: Choose[Part]) -> Part:
    """The part that has the number, found by halving."""

    def build(low: int, high: int) -> Part:
        if high - low == 1:
            return parts[low]
        middle = (low + high) // 2
        return choose(_is_below(middle, spans[low]), build(low, middle), build(middle, high))

    return build(0, len(parts))


def _is_below(bound: int, span: Span) -> ast.Expr:
    return ast.Binary("<", ast.Name(_NUMBER, span=span), _literal(bound), span=span)


def _literal(k: int) -> ast.IntLiteral:
    return ast.IntLiteral(k, "i64")
