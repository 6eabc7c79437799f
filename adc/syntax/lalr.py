"""Runs LALR(1) tables: tokens in, one value out, no recursion and no third-party code.

A `Machine` is fed one token at a time and calls an action for every rule it recognises, bottom up. It never raises
for a token that does not fit; it says so, and which kinds would have fitted, and the caller finds the words.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from adc.syntax.grammar import tables_path

END = "$END"

Action = Callable[[list[Any]], Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """`origin` gets `size` symbols; `action` names the function of its children.

    `spliced` symbols put their children in their own place; `gaps[i]` absent optional symbols come before the i-th
    symbol as None; a transparent rule with one child is that child.
    """

    origin: str
    size: int
    action: str
    is_transparent: bool
    spliced: tuple[int, ...]
    gaps: tuple[int, ...]

    @property
    def is_action(self) -> bool:
        """Whether some use of this rule calls its action."""
        is_spliced = self.origin.startswith("_")
        return not is_spliced and not (self.is_transparent and self.size == 1)


@dataclass(frozen=True, slots=True)
class Tables:
    """`states[s][symbol]` is the state to go to, or the complement of the number of a rule to reduce by."""

    tokens: tuple[tuple[str, str], ...]
    reserved: dict[str, str]
    ignored: frozenset[str]
    starts: dict[str, int]
    ends: dict[str, int]
    rules: tuple[Rule, ...]
    states: tuple[dict[str, int], ...]


@cache
def load(name: str) -> Tables:
    """The stored tables of the grammar `name`."""
    data = json.loads(tables_path(name).read_text(encoding="utf-8"))
    return Tables(
        tokens=tuple((kind, pattern) for kind, pattern in data["tokens"]),
        reserved=data["reserved"],
        ignored=frozenset(data["ignored"]),
        starts=data["starts"],
        ends=data["ends"],
        rules=tuple(
            Rule(origin, size, action, is_transparent, tuple(spliced), tuple(gaps))
            for origin, size, action, is_transparent, spliced, gaps in data["rules"]
        ),
        states=tuple(data["states"]),
    )


class Program:
    """Tables and the actions of one grammar, made ready to run from one start symbol."""

    def __init__(self, tables: Tables, start: str, actions: Mapping[str, Action]) -> None:
        self.goal = start
        self.states = tables.states
        self.start = tables.starts[start]
        self.end = tables.ends[start]
        self.steps = tuple(
            (rule.size, rule.origin, _reducer(rule, actions)) for rule in tables.rules
        )


class Machine:
    """One run of a program: a stack of states, and the value of each."""

    __slots__ = ("_program", "_states", "_values")

    def __init__(self, program: Program) -> None:
        self._program = program
        self._states = [program.start]
        self._values: list[Any] = []

    def feed(self, kind: str, token: object) -> bool:
        """Take a token; False, and nothing further to be fed, if none of its kind may stand here."""
        program, states, values = self._program, self._states, self._values
        rows, steps = program.states, program.steps
        code = rows[states[-1]].get(kind)
        while code is not None and code < 0:
            size, origin, reduce = steps[~code]
            if reduce is None:
                states.pop()
            else:
                children = values[-size:]
                del values[-size:]
                del states[-size:]
                values.append(reduce(children))
            states.append(rows[states[-1]][origin])
            code = rows[states[-1]].get(kind)
        if code is None:
            return kind == END and states[-1] == program.end
        states.append(code)
        values.append(token)
        return True

    def finish(self, token: object) -> bool:
        """Take the end of the text; False if it may not stand here."""
        return self.feed(END, token)

    @property
    def value(self) -> Any:
        """What the actions made of everything, once `finish` was true."""
        return self._values[0]

    def drop_values(self) -> None:
        """Free what was made so far; nothing may be fed after this."""
        self._values.clear()

    def expects(self) -> frozenset[str]:
        """The kinds of token that may stand here."""
        row = self._program.states[self._states[-1]]
        kinds = {kind for kind in (*row, END) if kind.isupper() and self._would_take(kind)}
        return frozenset(kinds)

    def _would_take(self, kind: str) -> bool:
        """Reduce as `feed` would, on a copy of only the part of the stack that changes."""
        program, states = self._program, self._states
        depth, pushed = len(states), list[int]()
        while True:
            top = pushed[-1] if pushed else states[depth - 1]
            code = program.states[top].get(kind)
            if code is None:
                return kind == END and top == program.end
            if code >= 0:
                return True
            size, origin, _ = program.steps[~code]
            kept = max(len(pushed) - size, 0)
            depth -= max(size - len(pushed), 0)
            del pushed[kept:]
            below = pushed[-1] if pushed else states[depth - 1]
            pushed.append(program.states[below][origin])


def expected_after(tables: Tables, start: str, tokens: Iterable[Any]) -> frozenset[str]:
    """The kinds of token that may follow `tokens`, which fit; each has a `kind`.

    A machine that refused a token cannot be asked: it has reduced what it could on the way, which narrows the answer.
    """
    actions = {rule.action: _no_value for rule in tables.rules}
    machine = Machine(Program(tables, start, actions))
    for token in tokens:
        machine.feed(token.kind, None)
    return machine.expects()


def _no_value(symbols: list[Any]) -> None:
    return None


class _Splice(list[Any]):
    """The children of a rule that is spliced into its parent."""


def _reducer(rule: Rule, actions: Mapping[str, Action]) -> Action | None:
    """What makes a rule's value from its symbols' values; None where the only symbol's value stays."""
    if rule.origin.startswith("_"):
        return _joiner(rule)
    if not rule.is_action:
        return None
    action = actions[rule.action]
    if not rule.spliced and not any(rule.gaps):
        return action
    return lambda symbols: action(_children(rule, symbols))


def _joiner(rule: Rule) -> Action:
    """Children as a splice; a list that grows at its right end grows in place."""
    if rule.spliced[:1] != (0,):
        return lambda symbols: _Splice(_children(rule, symbols))

    def extend(symbols: list[Any]) -> _Splice:
        first: _Splice = symbols[0]
        for position in range(1, len(symbols)):
            if position in rule.spliced:
                first += symbols[position]
            else:
                first.append(symbols[position])
        return first

    assert not any(rule.gaps), f"{rule.origin} begins with a repetition and has optional symbols"
    return extend


def _children(rule: Rule, symbols: list[Any]) -> list[Any]:
    if not rule.spliced and not any(rule.gaps):
        return symbols
    children: list[Any] = []
    gaps = rule.gaps if any(rule.gaps) else (0,) * (len(symbols) + 1)
    for position, symbol in enumerate(symbols):
        children += [None] * gaps[position]
        if position in rule.spliced:
            children += symbol
        else:
            children.append(symbol)
    children += [None] * gaps[-1]
    return children
