"""Mistakes inside expressions."""

from __future__ import annotations

from adc.diagnostics import Diagnostic
from adc.syntax.lexer import Token
from adc.syntax.mistakes import words
from adc.syntax.mistakes.situation import Situation

_COMPARING = frozenset({"LESSTHAN", "COMPARISON"})


def clause(s: Situation) -> Diagnostic | None:
    """What follows `for`."""
    form = "a clause is `i < n` or `x in xs`"
    begins = s.expected in ({"NAME", "LPAR"}, {"NAME"})
    if s.previous.kind == "FOR" and begins:
        return s.say("E0130", "a clause begins with a name", "expected a name", form)
    if s.previous.kind == "COMMA" and begins and any(t.kind == "FOR" for t in s.levels[-1]):
        return s.say(
            "E0132",
            "only clauses follow `for`",
            "expected a further clause",
            "put brackets round the comprehension: `[... for ...]`",
        )
    if s.has_operand or not s.expected & {"LESSTHAN", "IN"} or s.previous.kind not in _CLAUSE_HEADS:
        return None
    if "LESSTHAN" not in s.expected:
        return s.say("E0130", "several names run over an array with `in`", "expected `in`", form)
    name = s.previous.text
    if s.token.text == "<=":
        bound = s.next.text if s.next.kind in ("NAME", "INT") else "..."
        return s.say(
            "E0106",
            "a clause counts with `<`, not `<=`",
            "expected `<`",
            f"write `{name} < {bound} + 1` to include the bound",
        )
    if "IN" not in s.expected and s.token.kind == "IN":
        array = s.next.text if s.next.kind == "NAME" else "xs"
        return s.say(
            "E0130",
            "a loop counts; it does not run over an array",
            "expected `<`",
            f"write `for i < len({array})` and use `{array}[i]`",
        )
    expected = "expected `<` or `in`" if "IN" in s.expected else "expected `<`"
    return s.say("E0130", f"`{name}` has no range", expected, form)


_CLAUSE_HEADS = frozenset({"NAME", "RPAR"})
_SEPARATORS = frozenset(
    {
        "COMMA",
        "SEMICOLON",
        "AND",
        "OR",
        "BANG",
        "IF",
        "THEN",
        "ELSE",
        "WHILE",
        "IN",
        "EQUAL",
        "BODY",
        "COLON",
        "LET",
        "ASSERT",
    }
)


def chained_comparison(s: Situation) -> Diagnostic | None:
    if s.token.kind not in _COMPARING or not s.has_operand:
        return None
    for index, token in reversed(tuple(enumerate(s.levels[-1]))):
        if token.kind in _SEPARATORS:
            return None
        if token.kind in _COMPARING:
            middle = s.text(s.levels[-1][index + 1], s.previous, 20)
            return s.say(
                "E0107",
                "comparisons do not chain",
                "a second comparison",
                f"write `... {token.text} {middle} && {middle} {s.token.text} ...`",
                also=(s.place(token), "the first"),
            )
    return None


def single_equals(s: Situation) -> Diagnostic | None:
    if s.token.kind != "EQUAL" or not s.has_operand:
        return None
    return s.say(
        "E0110", "`=` does not compare", "expected an operator", "equality is written `==`"
    )


def condition(s: Situation) -> Diagnostic | None:
    """`if` without `then` or `else`, or after its value."""
    form = "the form is `if c then a else b`"
    if "THEN" in s.expected and s.has_operand:
        return s.say("E0115", "`then` is missing after the condition", "expected `then`", form)
    ends = s.token.kind in words.CLOSERS | words.STATEMENTS | {"RBRACE"}
    if "ELSE" in s.expected and s.has_operand and ends:
        opening = _last(s.levels[-1], "IF")
        also = (s.place(opening), "this `if`") if opening else None
        if s.next.kind == "ELSE":
            form = f"leave out this {words.found(s.token)}"
        return s.say("E0115", "`if` has no `else`", "`else` belongs here", form, also=also)
    if s.token.kind == "IF" and s.has_operand:
        return s.say("E0115", "the condition comes first", "no value may precede `if`", form)
    if s.token.kind in ("ELSE", "THEN") and s.has_operand:
        return s.say("E0115", f"`{s.token.text}` without `if`", "no `if` is open here", form)
    return None


def _last(tokens: tuple[Token, ...], kind: str) -> Token | None:
    return next((token for token in reversed(tokens) if token.kind == kind), None)


def comprehension_place(s: Situation) -> Diagnostic | None:
    """`f(a, e for i < n)`, `(e for i < n)`, `[a, e for i < n]`."""
    if s.token.kind != "FOR" or not s.has_operand:
        return None
    if s.opener == "LSQB":
        return s.say(
            "E0132", "an array is either listed or made by clauses", "clauses cannot follow a list"
        )
    return s.say(
        "E0132",
        "a comprehension without brackets is the only argument of a call",
        "clauses cannot stand here",
        "put brackets round it: `[... for ...]`",
    )


def with_form(s: Situation) -> Diagnostic | None:
    form = "the forms are `r with {name: value}` and `x with [i] = value`"
    if s.previous.kind == "WITH":
        return s.say(
            "E0141", "`with` says what to replace in brackets", "expected `{` or `[`", form
        )
    if s.expected == {"EQUAL"} and s.previous.kind == "RSQB" and _last(s.levels[-1], "WITH"):
        return s.say("E0141", "`with` needs a new value", "expected `=`", form)
    return None


def lambda_form(s: Situation) -> Diagnostic | None:
    form = "the form is `fn(x) => expression`"
    if s.previous.kind == "FN":
        return s.say("E0144", "the parameters of `fn` stand in brackets", "expected `(`", form)
    if s.expected == {"BODY"}:
        return s.say("E0144", "the value of `fn` follows `=>`", "expected `=>`", form)
    return None


def after_dot(s: Situation) -> Diagnostic | None:
    """`t.(i)`, `0..n`, `.5`."""
    if s.token.kind == "DOT" and s.next.kind == "DIGITS" and s.needs_operand:
        return s.say(
            "E0123",
            "number is misspelt",
            "a float has digits on both sides of its point",
            f"write `0.{s.next.text}`",
            at=s.source.span(s.token.start, s.next.end),
        )
    if s.previous.kind != "DOT":
        return None
    if s.token.kind == "DOT":
        hint = "a range of indices is `x[a:b]`, a count is `i < n`"
    else:
        hint = "an element of an array is `x[i]`"
    return s.say(
        "E0138", "a field name or a number follows `.`", "expected a name or a number", hint
    )


def text_as_value(s: Situation) -> Diagnostic | None:
    if s.token.kind != "STRING" or not (s.needs_operand or s.has_operand):
        return None
    return s.say("E0133", "a text is no value", "texts follow `import` and `assert` only")


def open_operand(s: Situation) -> Diagnostic | None:
    """`1 + if c then a else b`."""
    if s.token.kind not in ("IF", "FN") or not s.needs_operand or s.token.kind in s.expected:
        return None
    word = s.token.text
    return s.say(
        "E0134",
        f"`{word}` is an operand only in brackets",
        "it would take everything that follows",
        f"write `({word} ...)`",
    )


def operand_missing(s: Situation) -> Diagnostic | None:
    if not s.needs_operand:
        return None
    if s.previous.kind in words.OPERATORS | {"BANG"}:
        return s.say("E0113", f"`{s.previous.text}` has no right operand", "expected an expression")
    if s.token.kind == "PLUS":
        return s.say("E0113", "`+` has no left operand", "leave this out")
    if s.token.kind in words.OPERATORS:
        return s.say("E0113", f"`{s.token.text}` has no left operand", "expected an expression")
    if s.token.kind in words.CLOSERS:
        is_size = s.previous.kind == "LSQB" and "IF" not in s.expected
        hint = "a size that is not known gets a name: `f64[n]`" if is_size else None
        after = f" after `{s.previous.text}`" if s.previous.text else ""
        return s.say("E0113", f"expression is missing{after}", "expected an expression", hint)
    return None


def comma_missing(s: Situation) -> Diagnostic | None:
    """Two parameters, types or fields with nothing between them."""
    if "COMMA" not in s.expected or s.has_operand or not s.begins_operand:
        return None
    return s.say("E0114", f"`,` is missing before {words.found(s.token)}", "expected `,`")


def side_by_side(s: Situation) -> Diagnostic | None:
    """Two expressions with nothing between them."""
    if not s.has_operand or not s.begins_operand:
        return None
    if not s.brackets:
        hint = "write an operator between them, or begin a new definition with `def` or `const`"
    elif "COMMA" in s.expected:
        hint = "write `,` or an operator between them"
    else:
        hint = "write an operator between them"
    return s.say(
        "E0114",
        f"nothing joins {words.found(s.token)} to what precedes it",
        "expected an operator",
        hint,
    )
