"""Mistakes in blocks, loops and accumulations."""

from __future__ import annotations

from itertools import pairwise

from adc.diagnostics import Diagnostic
from adc.syntax.lalr import END
from adc.syntax.mistakes import words
from adc.syntax.mistakes.situation import Situation

_OPENERS = frozenset({"LPAR", "LSQB"})
_FORMS = {
    "LOOP": "loop (s = init) for i < n { next }",
    "HISTORY": "history (s = init) for i < n { next }",
    "ACCUM": "accum (s = init) for i < n { s += x; }",
}


def addition(s: Situation) -> Diagnostic | None:
    """What stands in `accum` and is neither an addition nor `let`, `for` or `if`."""
    inside = s.opener == "LBRACE" and not s.needs_operand
    if inside and "ADD_TO" in s.expected:
        target = s.statement[0] if s.statement else s.previous
        if s.token.kind == "EQUAL":
            return s.say(
                "E0129",
                "an accumulator can only be added to",
                "expected `+=`",
                f"write `{target.text} += ...;`, or `let {target.text} = ...;` for a new name",
            )
        return s.say(
            "E0129",
            "the body of `accum` holds additions, not values",
            "expected `+=`",
            "its value is that of the accumulators",
        )
    if s.token.kind == "THEN" and s.has_operand and "LBRACE" in s.expected:
        return s.say(
            "E0129",
            "an `if` among additions has braces, no `then`",
            "expected `{`",
            "write `if c { s += x; } else { ... }`",
        )
    if not inside or not {"LET", "FOR", "IF", "NAME"} <= s.expected:
        return None
    if s.token.kind == "RBRACE":
        return s.say(
            "E0129", "this body adds nothing", "an addition belongs here", "write `s += x;`"
        )
    return s.say(
        "E0129",
        f"{words.found(s.token)} cannot begin a statement of `accum`",
        "expected `let`, `for`, `if` or an addition",
    )


def add_to(s: Situation) -> Diagnostic | None:
    """`+=` outside of `accum`."""
    if s.token.kind != "ADD_TO":
        return None
    name = s.statement[0].text if s.statement and s.statement[0].kind == "NAME" else "s"
    return s.say(
        "E0128",
        "`+=` stands in `accum` only",
        "values do not change",
        f"write `let {name} = {name} + ...;` to bind the name anew",
    )


def let_missing(s: Situation) -> Diagnostic | None:
    """`x = e` or `x[i] = e` as a statement."""
    if s.token.kind != "EQUAL" or s.opener != "LBRACE" or not s.has_operand:
        return None
    kinds = [token.kind for token in s.statement]
    if kinds[:1] != ["NAME"] or not all(kind in ("NAME", "LSQB", "RSQB") for kind in kinds):
        return None
    name = s.statement[0].text
    if kinds != ["NAME"]:
        place = s.text(s.statement[1], s.previous)
        return s.say(
            "E0140",
            "elements are not assigned to",
            "values do not change",
            f"write `let {name} = {name} with {place} = ...;`",
        )
    ends = [t.kind for t in s.following if t.kind in ("SEMICOLON", "COMMA", "RBRACE")]
    if ends[:1] == ["COMMA"]:
        return s.say(
            "E0140", "the fields of a record follow `:`", "expected `:`", f"write `{{{name}: ...}}`"
        )
    return s.say(
        "E0140",
        f"`{name}` is bound without `let`",
        "expected an expression",
        f"write `let {name} = ...;`",
    )


def let_form(s: Situation) -> Diagnostic | None:
    """`let` without a name or a value, or with parameters."""
    if s.needs_operand and s.token.kind in words.STATEMENTS:
        return s.say(
            "E0140",
            f"`{s.token.text}` begins no expression",
            "expected an expression",
            f"put braces round it: `{{ {s.token.text} ...; value }}`",
        )
    if not s.statement or s.statement[0].kind != "LET" or s.has_operand or s.needs_operand:
        return None
    form = "the form is `let name = expression;`"
    if len(s.statement) == 1:
        return s.say("E0140", "`let` needs a name", "expected a name", form)
    if "EQUAL" not in s.expected:
        return None
    name = s.statement[1].text
    if s.token.kind == "LPAR":
        form = f"a local function is written `let {name} = fn(x) => ...;`"
    elif s.token.kind == "NAME" and name in ("mut", "rec", "mutable"):
        form = f"leave out `{name}`"
    return s.say("E0140", f"`let {name}` has no value", "expected `=`", form)


def loop_form(s: Situation) -> Diagnostic | None:
    """Loops without state, drive or braces."""
    if s.needs_operand and s.token.kind in ("FOR", "WHILE") and s.previous.kind not in _OPENERS:
        return s.say(
            "E0139",
            f"`{s.token.text}` begins no expression",
            "expected an expression",
            f"an array is `[x for i < n]`, a loop `{_FORMS['LOOP']}`",
        )
    introducing = next((t for t in reversed(s.levels[-1]) if t.kind in _FORMS), None)
    outer = s.introduction[-2] if len(s.introduction) > 1 else None
    if s.opener == "LPAR" and outer and outer.kind in _FORMS and s.expected <= {"EQUAL", "IN"}:
        return s.say(
            "E0139",
            f"`{outer.text}` needs a first value for each state",
            "expected `=`",
            f"the form is `{_FORMS[outer.kind]}`",
        )
    if introducing is None:
        return None
    form = f"the form is `{_FORMS[introducing.kind]}`"
    if s.previous is introducing:
        return s.say(
            "E0139", f"`{introducing.text}` begins with its state in brackets", "expected `(`", form
        )
    if s.expected <= {"FOR", "WHILE"}:
        drives = "`for`" if introducing.kind == "ACCUM" else "`for` or `while`"
        return s.say(
            "E0139",
            f"`{introducing.text}` does not say how often it runs",
            f"expected {drives}",
            form,
        )
    needs_body = "LBRACE" in s.expected and s.has_operand
    if needs_body and (s.begins_operand or s.token.kind in words.CLOSERS | {"EQUAL", "BODY"}):
        return s.say(
            "E0139", f"the body of `{introducing.text}` stands in braces", "expected `{`", form
        )
    return None


def semicolon_missing(s: Situation) -> Diagnostic | None:
    if s.opener != "LBRACE" or "SEMICOLON" not in s.expected or not s.statement:
        return None
    if s.statement[0].kind in ("LET", "ASSERT"):
        what = f"`{s.statement[0].text}`"
    elif any(token.kind == "ADD_TO" for token in s.statement):
        what = "an addition"
    else:
        return None
    if s.token.kind == "IN":
        return s.say("E0105", f"missing `;` after {what}", "write `;` here")
    return s.say("E0105", f"missing `;` after {what}", "`;` belongs here", at=s.behind)


def semicolon_after_value(s: Situation) -> Diagnostic | None:
    """`{ a; }` and `{ f(x); y }`."""
    if s.token.kind != "SEMICOLON" or s.opener != "LBRACE":
        return None
    if s.previous.kind in ("SEMICOLON", "LBRACE"):
        return s.say("E0112", "one `;` too many", "leave this out")
    if "RBRACE" not in s.expected:
        return None
    if s.next.kind in ("RBRACE", END):
        return s.say("E0112", "the value of a block has no `;`", "leave this out")
    return s.say(
        "E0112",
        "an expression is no statement",
        "its value would be lost",
        "name it with `let`, or leave it out",
        at=s.source.span(s.statement[0].start, s.previous.end),
    )


def block_without_value(s: Situation) -> Diagnostic | None:
    if s.token.kind != "RBRACE" or s.opener != "LBRACE" or not s.needs_operand:
        return None
    if s.previous.kind not in ("SEMICOLON", "LBRACE"):
        return None
    lets = [b for a, b in pairwise(s.levels[-1]) if a.kind == "LET"]
    hint = f"write `{lets[-1].text}` before `}}`" if lets and lets[-1].kind == "NAME" else None
    return s.say("E0111", "block has no value", "an expression belongs here", hint)
