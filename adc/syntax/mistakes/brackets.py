"""Brackets that are never closed, or never opened."""

from __future__ import annotations

from adc.diagnostics import Diagnostic
from adc.syntax.lalr import END
from adc.syntax.lexer import CLOSING, OPENING
from adc.syntax.mistakes.situation import Situation


def never_closed(s: Situation) -> Diagnostic | None:
    """The text ends inside a bracket, or an outer bracket is closed first."""
    if not s.brackets:
        return None
    opener = s.brackets[-1]
    if s.token.kind == END:
        end = "the definition ends here"
    elif s.token.kind in CLOSING and CLOSING[s.token.kind] != opener.kind:
        matching = [b for b in s.brackets if b.kind == CLOSING[s.token.kind]]
        if not matching:
            return s.say(
                "E0103",
                f"`{s.token.text}` cannot close `{opener.text}`",
                "this bracket does not match",
                also=(s.place(opener), "the bracket that is open"),
            )
        end = f"`{s.token.text}` comes first"
    elif s.token.kind == "SEMICOLON" and OPENING[opener.kind] in s.expected and len(s.brackets) > 1:
        end = "the statement ends here"
    else:
        return None
    return s.say(
        "E0102",
        f"`{opener.text}` is never closed",
        "opened here",
        at=s.place(opener),
        also=(s.here, end),
    )


def never_opened(s: Situation) -> Diagnostic | None:
    """A closing bracket too many."""
    if s.brackets or s.token.kind not in CLOSING:
        return None
    return s.say("E0104", f"`{s.token.text}` closes nothing", "no bracket is open here")
