"""Plain words for kinds of tokens, for messages that say what may stand somewhere. No terminal names leave here."""

from __future__ import annotations

from collections.abc import Collection

from adc.syntax.lalr import END
from adc.syntax.lexer import Token

_WORDS = {
    END: "the end", "NAME": "a name", "INT": "an integer", "FLOAT": "a float", "DIGITS": "a number",
    "STRING": "a text in quotes", "POWER": "`**`", "TIMES": "`*`", "COMPARISON": "a comparison",
    "ADD_TO": "`+=`", "AND": "`&&`", "ARROW": "`->`", "BODY": "`=>`", "OR": "`||`", "BANG": "`!`",
    "COLON": "`:`", "COMMA": "`,`", "DOT": "`.`", "EQUAL": "`=`", "LBRACE": "`{`", "LESSTHAN": "`<`",
    "LPAR": "`(`", "LSQB": "`[`", "MINUS": "`-`", "PLUS": "`+`", "RBRACE": "`}`", "RPAR": "`)`",
    "RSQB": "`]`", "SEMICOLON": "`;`",
}  # fmt: skip

DEFINITIONS = frozenset({"DEF", "CONST", "TYPE", "IMPORT", "DERIVATIVE", "ADJOINT"})
LITERALS = frozenset({"INT", "FLOAT", "TRUE", "FALSE"})
OPERATORS = frozenset({"PLUS", "MINUS", "TIMES", "POWER", "COMPARISON", "LESSTHAN", "AND", "OR"})
POSTFIX = frozenset({"LPAR", "LSQB", "DOT", "WITH"})
OPERANDS = (
    frozenset({"NAME", "LPAR", "LSQB", "LBRACE", "MINUS", "BANG", "LOOP", "HISTORY", "ACCUM"})
    | LITERALS
)
EXPRESSIONS = OPERANDS | {"IF", "FN"}
STATEMENTS = frozenset({"LET", "ASSERT"})
CLOSERS = frozenset({"RPAR", "RSQB", "RBRACE", "SEMICOLON", "COMMA", "COLON", END})


def spell(kind: str) -> str:
    """A kind of token in words."""
    return _WORDS.get(kind) or f"`{kind.lower()}`"


def found(token: Token) -> str:
    """A token in words: reserved words and signs as they are written."""
    if token.kind == END:
        return "the end of the definition"
    if token.kind == "STRING":
        return "a text"
    return f"`{token.text}`" if len(token.text) <= 40 else f"`{token.text[:37]}...`"


def spell_any(kinds: Collection[str]) -> str:
    """What may stand somewhere, shortest first: `an expression`, `a type` and `an operator` stand for many."""
    left = set(kinds)
    words: list[str] = []
    if "INT" in left:
        words.append("an expression")
        left -= EXPRESSIONS
    elif {"NAME", "LPAR", "LBRACE"} <= left:
        words.append("a type")
        left -= {"NAME", "LPAR", "LBRACE"}
    if "TIMES" in left or "PLUS" in left:
        words.append("an operator")
        left -= OPERATORS | POSTFIX
    if left >= DEFINITIONS:
        words.append("a definition")
        left -= DEFINITIONS
    words += sorted((spell(kind) for kind in left - {END}), key=lambda word: (word[0] == "`", word))
    if END in left:
        words.append("the end of the definition")
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]
