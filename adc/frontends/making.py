"""Functions of the module being made, recursive ones among them.

While a function is made its own calls need its result type. A declared type is known at once; otherwise the
first trial gives such calls no value (`Bottom`), which tells the type of the other branches, and further trials
use that type until it stays the same. What a trial made on the way is taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from adc.diagnostics import Error, Span
from adc.frontends.context import Bottom, Context, Poisoned
from adc.frontends.declared import bind_sizes_of
from adc.frontends.interface import (
    Interface,
    Opened,
    Outcome,
    close_function,
    declared_outcome,
    open_function,
)
from adc.frontends.problems import NO_RESULT_TYPE, together
from adc.frontends.surface import SizePair, conform
from adc.frontends.values import Abstract, Scope, has_function
from adc.ir.core import DerivativeRequest, Function, OwnRule
from adc.types.core import SurfaceType
from adc.types.dims import TooManyTerms

TRIAL_LIMIT = 6


class ReturnsFunction(Exception):
    """A definition gives a function: it is no function of the IR, its calls are inlined."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What it takes to make a function of the module."""

    name: str
    interface: Interface
    body: Callable[[Context, Opened], Abstract]
    result: SurfaceType | None = None
    result_span: Span | None = None
    span: Span | None = None
    doc: str = ""
    is_kept: bool = False
    is_rule: bool = (
        False  # an own rule gives tangents alone: the sizes of its result are known from elsewhere
    )


@dataclass(slots=True)
class Making:
    """A function that is being made: what its own calls may assume, and whether they did."""

    outcome: Outcome | None = None
    is_used: bool = False


class Journal:
    """Entries made in tables, so that those of a failed trial can be taken back."""

    def __init__(self) -> None:
        self._entries: list[tuple[MutableMapping[Any, Any], Any]] = []

    def put(self, table: MutableMapping[Any, Any], key: Any, value: Any) -> None:
        table[key] = value
        self._entries.append((table, key))

    def mark(self) -> int:
        return len(self._entries)

    def take_back(self, mark: int) -> None:
        while len(self._entries) > mark:
            table, key = self._entries.pop()
            table.pop(key, None)


@dataclass(slots=True)
class Workshop:
    """The functions of the module, finished and being made."""

    functions: dict[str, Function] = field(default_factory=dict)
    requests: dict[str, DerivativeRequest] = field(default_factory=dict)
    rules: dict[str, OwnRule] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    making: dict[str, Making] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def outcome(self, name: str) -> Outcome | None:
        """What is known of a function; None when it has not been begun. Raises Bottom while nothing is known."""
        found = self.outcomes.get(name)
        if found is not None or name not in self.making:
            return found
        making = self.making[name]
        making.is_used = True
        if making.outcome is None:
            raise Bottom(name)
        return making.outcome

    def make(self, recipe: Recipe, context: Callable[[], Context]) -> Outcome:
        """Make the function; raises ReturnsFunction when its value is, or holds, a function."""
        with self._open(recipe.name) as making:
            for _ in range(TRIAL_LIMIT):
                mark = self.journal.mark()
                making.is_used = False
                assumed = making.outcome
                function, outcome = self._checked(recipe, making, context())
                if not making.is_used or recipe.result is not None or outcome == assumed:
                    self.journal.put(self.functions, recipe.name, function)
                    self.journal.put(self.outcomes, recipe.name, outcome)
                    return outcome
                self.journal.take_back(mark)
                making.outcome = outcome
        raise NO_RESULT_TYPE.at(
            recipe.span,
            f"the result type of `{recipe.name}` cannot be found",
            hint="declare it: `-> f64`",
        )

    @contextmanager
    def _open(self, name: str) -> Iterator[Making]:
        self.making[name] = Making()
        try:
            yield self.making[name]
        finally:
            del self.making[name]

    def _checked(self, recipe: Recipe, making: Making, cx: Context) -> tuple[Function, Outcome]:
        """The function, unless something was found wrong in it: then all of that at once."""
        try:
            made = self._attempt(recipe, making, cx)
        except TooManyTerms:
            raise together([*cx.problems, cx.size_too_long()]) from None
        except Error as error:
            raise together([*cx.problems, error]) from None
        except Poisoned:
            if not cx.problems:
                raise
            raise together(cx.problems) from None
        if cx.problems:
            raise together(cx.problems)
        return made

    def _attempt(self, recipe: Recipe, making: Making, cx: Context) -> tuple[Function, Outcome]:
        opened = open_function(cx, recipe.interface, Scope())
        declared: tuple[SurfaceType, Scope] | None = None
        if recipe.result is not None and making.outcome is None:
            making.outcome = declared_outcome(
                cx, recipe.interface, opened, recipe.result, opened.scope, recipe.doc
            )
        try:
            value = recipe.body(cx, opened)
        except Bottom as bottom:
            if bottom.args != (recipe.name,):
                raise
            raise NO_RESULT_TYPE.at(
                recipe.span,
                f"`{recipe.name}` calls itself without end",
                hint="a branch has to give a value without the call; or declare the result type",
            ) from None
        if has_function(value):
            raise ReturnsFunction
        if recipe.result is not None:
            with cx.at(recipe.result_span):
                value, scope = _as_declared(cx, value, recipe.result, opened)
            declared = (recipe.result, scope)
        function, outcome = close_function(
            cx, recipe.name, recipe.interface, opened, value, recipe.doc, declared
        )
        if recipe.is_rule:
            count = len(outcome.signature.result_sizes)
            signature = replace(outcome.signature, result_sizes=())
            block = replace(function.block, results=function.block.results[count:])
            function = replace(function, block=block, signature=signature)
            outcome = replace(outcome, signature=signature)
        return replace(function, keep=recipe.is_kept), outcome


def _as_declared(
    cx: Context, value: Abstract, t: SurfaceType, opened: Opened
) -> tuple[Abstract, Scope]:
    """The result fitted to the declared type, and the scope that binds the sizes which only the type names."""
    pairs: list[SizePair] = []
    scope = opened.scope.inner()
    fitted = conform(cx, value, t, "the result", pairs)
    return bind_sizes_of(cx, fitted, pairs, scope), scope
