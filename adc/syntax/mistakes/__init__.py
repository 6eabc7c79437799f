"""Names for syntax errors: from the place where a parse stopped to a diagnostic in plain words.

Each recogniser knows one mistake and looks at a `Situation`; the first that recognises its mistake speaks, so the
order is from the specific to the general. No grammar terminal is ever shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from adc.diagnostics import Diagnostic, SourceFile
from adc.syntax.lexer import Token
from adc.syntax.mistakes import brackets, definitions, expressions, foreign, statements
from adc.syntax.mistakes.situation import Situation, situation
from adc.syntax.mistakes.words import found, spell_any

Recogniser = Callable[[Situation], Diagnostic | None]

_RECOGNISERS: tuple[Recogniser, ...] = (
    foreign.word,
    foreign.sign,
    definitions.outside,
    definitions.import_path,
    definitions.reserved_name,
    brackets.never_closed,
    brackets.never_opened,
    definitions.name_and_shape,
    definitions.parameter_type,
    definitions.rule_parameters,
    definitions.body,
    definitions.type_missing,
    statements.addition,
    statements.add_to,
    statements.let_missing,
    statements.let_form,
    statements.loop_form,
    expressions.clause,
    expressions.chained_comparison,
    expressions.single_equals,
    expressions.condition,
    statements.semicolon_missing,
    statements.semicolon_after_value,
    statements.block_without_value,
    expressions.comprehension_place,
    expressions.with_form,
    expressions.lambda_form,
    expressions.after_dot,
    expressions.text_as_value,
    expressions.open_operand,
    expressions.operand_missing,
    expressions.side_by_side,
    expressions.comma_missing,
)


def explain(
    source: SourceFile,
    before: Sequence[Token],
    token: Token,
    after: Iterator[Token],
    expected: frozenset[str],
) -> Diagnostic:
    """What is wrong at `token`, which came after `before` where one of the kinds `expected` could stand."""
    here = situation(source, before, token, after, expected)
    for recognise in _RECOGNISERS:
        diagnostic = recognise(here)
        if diagnostic is not None:
            return diagnostic
    return here.say(
        "E0101",
        f"expected {spell_any(expected)}, found {found(token)}",
    )
