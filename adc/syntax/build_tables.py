"""Makes parse tables from a grammar: `python -m adc.syntax.build_tables`.

Lark reads the grammar and computes the LALR(1) states, refusing every conflict; what is stored is plain JSON, which
cannot run code when it is read and shows in a diff. A test compares the stored tables with the grammar.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from lark import Lark
from lark.lexer import Lexer as LarkLexer
from lark.parsers.lalr_analysis import Reduce

from adc.syntax.grammar import grammar_text, tables_path

STARTS = {"adl": ("item", "expr", "type")}


def build(grammar: str, starts: Iterable[str]) -> dict[str, Any]:
    """The tables of `grammar` as JSON values; see `lalr.Tables` for what they hold."""
    lark = Lark(
        grammar,
        parser="lalr",
        lexer=_NoLexer,
        strict=True,
        start=list(starts),
        keep_all_tokens=True,
        maybe_placeholders=True,
    )
    table: Any = lark.parser.parser._parse_table
    numbers = {rule: number for number, rule in enumerate(lark.rules)}
    order = _reachable(table)
    renumbered = {state: number for number, state in enumerate(order)}
    states = [
        {
            symbol: ~numbers[argument] if kind is Reduce else renumbered[argument]
            for symbol, (kind, argument) in sorted(table.states[state].items())
        }
        for state in order
    ]
    terminals = sorted(lark.terminals, key=_match_order)
    words = {t.pattern.value: t.name for t in terminals if t.pattern.value.isalpha()}
    return {
        "tokens": [
            [t.name, t.pattern.to_regexp()] for t in terminals if not t.pattern.value.isalpha()
        ],
        "reserved": dict(sorted(words.items())),
        "ignored": sorted(lark.ignore_tokens),
        "starts": {start: renumbered[table.start_states[start]] for start in starts},
        "ends": {start: renumbered[table.end_states[start]] for start in starts},
        "rules": [_rule(rule) for rule in lark.rules],
        "states": states,
    }


def dump(tables: dict[str, Any]) -> str:
    """JSON text with one rule, state or token a line."""
    return (
        "{\n" + ",\n".join(f'"{key}": {_lines(value)}' for key, value in tables.items()) + "\n}\n"
    )


def _lines(value: Any) -> str:
    if isinstance(value, list):
        return "[\n" + ",\n".join(json.dumps(entry) for entry in value) + "\n]"
    return json.dumps(value)


def _reachable(table: Any) -> list[Any]:
    """All states in an order that depends on the grammar alone: breadth first, by the names of symbols."""
    order = [table.start_states[start] for start in sorted(table.start_states)]
    seen = set(order)
    for state in order:
        for _, (kind, argument) in sorted(table.states[state].items(), key=lambda entry: entry[0]):
            if kind is not Reduce and argument not in seen:
                seen.add(argument)
                order.append(argument)
    return order


def _match_order(terminal: Any) -> tuple[int, int, int, str]:
    pattern = terminal.pattern
    return -terminal.priority, -pattern.max_width, -len(pattern.value), terminal.name


def _rule(rule: Any) -> list[Any]:
    """Origin, number of symbols, action, transparency, spliced positions, gaps; see `lalr.Rule`."""
    origin = rule.origin.name
    spliced = [
        position
        for position, symbol in enumerate(rule.expansion)
        if not symbol.is_term and symbol.name.startswith("_")
    ]
    action = rule.alias or origin
    is_transparent = bool(rule.options.expand1) and not rule.alias
    return [
        origin, len(rule.expansion), action, is_transparent, spliced, list(_gaps(rule))
    ]  # fmt: skip


def _gaps(rule: Any) -> Iterator[int]:
    """How many absent optional symbols stand before each symbol, and after the last."""
    count = 0
    for is_absent in rule.options.empty_indices:
        if is_absent:
            count += 1
        else:
            yield count
            count = 0
    yield count


class _NoLexer(LarkLexer):
    """Lark is asked for tables only; tokens are made by `lexer`."""

    def __init__(self, conf: object) -> None:
        pass

    def lex(self, lexer_state: object, parser_state: object) -> Iterator[Any]:
        return iter(())


def main() -> None:
    for name, starts in STARTS.items():
        text = dump(build(grammar_text(f"{name}.lark"), starts))
        tables_path(name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
