"""Mistakes in the shape of definitions: heads, parameters, types, and text outside any definition."""

from __future__ import annotations

from adc.diagnostics import Diagnostic
from adc.syntax.lalr import END
from adc.syntax.mistakes import words
from adc.syntax.mistakes.situation import Situation

_SHAPES = {
    "DEF": "def name(x: f64[n], ...) -> f64 = expression",
    "CONST": "const name = expression",
    "TYPE": "type Name = type",
    "IMPORT": 'import "file.adl"',
    "DERIVATIVE": "derivative name(x; dx) = expression",
    "ADJOINT": "adjoint name(x; ct) = expression",
}


def outside(s: Situation) -> Diagnostic | None:
    """Text that belongs to no definition."""
    begins_text = not s.levels[0]
    after_definition = s.expected == {END} and s.previous.kind == "SEMICOLON"
    is_top_level = "DEF" in s.expected or after_definition
    if not is_top_level or not (begins_text or after_definition) or s.token.kind == END:
        return None
    if s.token.kind in ("RPAR", "RSQB", "RBRACE"):
        return None
    hint = "a file holds `def`, `const`, `type`, `import`, `derivative` and `adjoint`"
    if s.token.kind == "LET":
        hint = "outside of blocks, write `const` for `let`"
    elif s.token.kind == "NAME" and s.next.kind == "EQUAL":
        hint = f"write `const {s.token.text} = ...`"
    elif s.token.kind == "SEMICOLON":
        hint = "leave out this `;`"
    return s.say("E0116", "text outside of a definition", "no definition begins here", hint)


def import_path(s: Situation) -> Diagnostic | None:
    if s.previous.kind != "IMPORT":
        return None
    path = s.token.text if s.token.kind == "NAME" else "file"
    return s.say(
        "E0137",
        "`import` takes a path in double quotes",
        "expected a text",
        f'write `import "{path}.adl"`',
    )


_NAMING = frozenset({"DEF", "CONST", "TYPE", "DERIVATIVE", "ADJOINT", "LET", "DOT", "FOR"})
_USING = frozenset({"COLON", "EQUAL", "COMMA", "RPAR", "RSQB", "ADD_TO", "DOT", "SEMICOLON"})


def reserved_name(s: Situation) -> Diagnostic | None:
    """A reserved word where a name is being given or used."""
    is_reserved = s.token.kind != "NAME" and s.token.text.isalpha()
    if not is_reserved or "NAME" not in s.expected or s.token.kind in words.EXPRESSIONS:
        in_pattern = "NAME" in s.expected and "INT" not in s.expected
        if not (is_reserved and in_pattern):
            return None
    is_name = s.previous.kind in _NAMING or s.next.kind in _USING | words.OPERATORS
    if not is_name or (s.previous.kind == "FOR" and s.token.kind == "IN"):
        return None
    return s.say(
        "E0109",
        f"`{s.token.text}` is a reserved word",
        "expected a name",
        f"call it `{s.token.text}_`",
    )


def name_and_shape(s: Situation) -> Diagnostic | None:
    """Heads that break off before their body."""
    if s.brackets or s.definition not in _SHAPES or s.has_operand or s.needs_operand:
        return None
    word = s.definition.lower()
    length = len(s.levels[0])
    shape = f"the form is `{_SHAPES[s.definition]}`"
    if length == 1:
        return s.say("E0143", f"`{word}` needs a name", "expected a name", shape)
    name = s.levels[0][1].text
    if length == 2 and s.definition == "DEF":
        if s.token.kind in ("EQUAL", "COLON"):
            return s.say(
                "E0143",
                f"`{name}` has no parameter list",
                "expected `(`",
                f"write `const {name} = ...` for a value, `def {name}() = ...` for a function",
            )
        return s.say("E0143", f"`{name}` has no parameter list", "expected `(`", shape)
    if length == 2 and s.definition in ("CONST", "TYPE"):
        return s.say("E0143", f"`{name}` has no value", "expected `=`", shape)
    if length == 2 and s.definition in ("DERIVATIVE", "ADJOINT"):
        return s.say("E0136", f"`{word} {name}` has no parameters", "expected `(`", shape)
    return None


def parameter_type(s: Situation) -> Diagnostic | None:
    is_param = s.definition == "DEF" and len(s.brackets) == 1 and len(s.levels[0]) == 3
    if not is_param or "COLON" not in s.expected or s.previous.kind != "NAME":
        return None
    name = s.previous.text
    if s.token.kind == "NAME":
        hint = f"write `{s.token.text}: {name}`"
    elif s.token.kind == "EQUAL":
        hint = f"write `{name}: f64`; parameters have no default values"
    else:
        hint = f"write `{name}: f64`, or `{name}: f64[n]` for an array"
    return s.say(
        "E0108",
        f"parameter `{name}` has no type",
        "its type is missing",
        hint,
        at=s.place(s.previous),
    )


def rule_parameters(s: Situation) -> Diagnostic | None:
    """`derivative f(x, dx)`, or typed parameters there."""
    is_rule = s.definition in ("DERIVATIVE", "ADJOINT") and len(s.brackets) == 1
    if not is_rule or len(s.levels[0]) != 3:
        return None
    shape = f"the form is `{_SHAPES[s.definition]}`"
    if s.token.kind == "COLON":
        return s.say("E0136", "the parameters of a rule carry no types", "leave this out", shape)
    if "SEMICOLON" in s.expected:
        second = "tangents" if s.definition == "DERIVATIVE" else "cotangent"
        return s.say(
            "E0136",
            f"the {second} of a rule follow{'s' * (second == 'cotangent')} a `;`",
            "expected `;`",
            shape,
        )
    if s.token.kind == "SEMICOLON" and s.previous.kind != "COMMA":
        return s.say("E0136", "a rule has two lists of parameters", "a second `;`", shape)
    return None


def body(s: Situation) -> Diagnostic | None:
    """A definition whose head is complete, without `=` or `{`."""
    if s.brackets or not {"EQUAL", "LBRACE"} <= s.expected:
        return None
    hint = "write `= expression`, or a block in braces"
    if s.token.kind == "COLON":
        hint = "write `=` instead of `:`"
    elif s.token.kind == "COMMA":
        hint = "several results are a tuple: `-> (T, U)`"
    elif s.token.kind == "BODY":
        hint = "write `=` instead of `=>`"
    elif s.token.kind == "NAME" and "ARROW" in s.expected:
        hint = f"write `-> {s.token.text}` for the type of the result"
    if s.token.kind == END:
        return s.say("E0135", "definition has no body", "its value belongs here", hint, at=s.behind)
    return s.say("E0135", "definition has no body", "expected `=` or `{`", hint)


def type_missing(s: Situation) -> Diagnostic | None:
    """Something else where a type has to stand."""
    if not {"NAME", "LPAR", "LBRACE"} <= s.expected or s.needs_operand:
        return None
    if s.token.kind == "LSQB":
        return s.say(
            "E0142",
            "expected a type, found `[`",
            "the sizes follow the element type",
            "an array type is written `f64[n]`",
        )
    return s.say("E0142", f"expected a type, found {words.found(s.token)}", "expected a type")
