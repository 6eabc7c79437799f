"""Words and signs that other languages use where ADL has its own."""

from __future__ import annotations

from adc.diagnostics import Diagnostic
from adc.syntax.lexer import Token
from adc.syntax.mistakes.situation import Situation

_BETWEEN_OPERANDS = {
    "and": "`&&`", "or": "`||`", "xor": "`!=`", "is": "`==`", "mod": "`%`", "div": "`//`",
    "elif": "`else if`", "elsif": "`else if`", "elseif": "`else if`", "do": "a block in braces",
    "where": "`let` in a block, before the value", "end": "`}`", "begin": "`{`", "to": "`i < n`",
}  # fmt: skip

_BEFORE_OPERANDS = {
    "not": "`!`",
    "return": "nothing: the last expression of a block is its value",
    "lambda": "`fn(x) => ...`",
    "var": "`let`",
    "val": "`let`",
    "mut": "nothing: values do not change, a name may be bound anew with `let`",
}

_DEFINING = {
    "function": "`def`", "fun": "`def`", "func": "`def`", "proc": "`def`", "sub": "`def`",
    "var": "`const`", "val": "`const`", "struct": "`type`", "class": "`type`", "record": "`type`",
    "from": '`import "file.adl"`', "use": '`import "file.adl"`', "include": '`import "file.adl"`',
    "open": '`import "file.adl"`', "using": '`import "file.adl"`',
}  # fmt: skip


def word(s: Situation) -> Diagnostic | None:
    """`and`, `elif`, `return`, `function` and their like."""
    token, previous = s.token, s.previous
    if token.kind == "NAME" and s.has_operand and token.text in _BETWEEN_OPERANDS:
        return _foreign(s, token, _BETWEEN_OPERANDS[token.text])
    if token.kind == "NAME" and not s.levels[0] and token.text in _DEFINING:
        return _foreign(s, token, _DEFINING[token.text])
    follows_word = previous.kind == "NAME" and previous.text in _BEFORE_OPERANDS
    if follows_word and (s.begins_operand or previous.text == "lambda"):
        return _foreign(s, previous, _BEFORE_OPERANDS[previous.text])
    return None


def _foreign(s: Situation, token: Token, instead: str) -> Diagnostic:
    return s.say(
        "E0127",
        f"`{token.text}` is no word of ADL",
        hint=f"write {instead}",
        at=s.place(token),
    )


def sign(s: Situation) -> Diagnostic | None:
    """`//` and `/*` for comments, `:=`, `-=`, `++`."""
    token, previous = s.token, s.previous
    is_slash = token.text == "//" or (token.text == "/" and s.next.text.startswith("*"))
    if is_slash and (s.needs_operand or not s.levels[0]):
        return s.say("E0127", "a comment begins with `#`", "this begins none")
    touches = previous.end == token.start and token.kind == "EQUAL"
    if touches and previous.kind in ("MINUS", "TIMES", "POWER"):
        sign = f"{previous.text}="
        both = s.source.span(previous.start, token.end)
        return s.say(
            "E0128",
            f"there is no `{sign}`",
            hint="values do not change; in `accum`, `s += -x;` subtracts",
            at=both,
        )
    if touches and previous.kind == "COLON":
        return s.say(
            "E0127",
            "there is no `:=`",
            hint="write `=`",
            at=s.source.span(previous.start, token.end),
        )
    return None
