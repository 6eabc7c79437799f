"""What can be wrong inside one token: numbers that do not fit, characters of other languages, open texts.

Everything here looks at a few characters and knows nothing of grammar. Complaints are unplaced diagnostics.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from dataclasses import dataclass

from adc.diagnostics import Diagnostic, Label, Span


@dataclass(frozen=True, slots=True)
class Complaint:
    """A diagnostic without its place; `label` is what to say there."""

    code: str
    title: str
    label: str = ""
    hint: str | None = None
    notes: tuple[str, ...] = ()

    def at(self, span: Span, *others: Label) -> Diagnostic:
        return Diagnostic(
            self.code, self.title, Label(span, self.label), others, self.notes, self.hint
        )


# ---- numbers -----------------------------------------------------------------------------------------------------

# One more than the largest positive value: the parser lets it stand after a unary minus only.
LARGEST = {"i32": 2**31, "i64": 2**63}


def integer_complaint(text: str, limit: int) -> Complaint | None:
    """Why the integer literal `text` has no value; None if it has one."""
    digits, suffix = split_suffix(text)
    if len(digits) > limit:
        return _too_long(digits, limit)
    if int(digits) > LARGEST[suffix or "i64"]:
        return out_of_range(text)
    return None


def out_of_range(text: str) -> Complaint:
    """The integer literal `text` is beyond its type."""
    kind = split_suffix(text)[1] or "i64"
    return Complaint(
        "E0124",
        f"integer literal is too large for `{kind}`",
        f"the largest `{kind}` is {LARGEST[kind] - 1}",
        hint="for a large value that need not be exact, write a float such as `1e20`",
    )


def float_complaint(text: str, limit: int) -> Complaint | None:
    """Why the float literal `text` has no finite value; None if it has one."""
    digits, suffix = split_suffix(text)
    if len(digits) > limit:
        return _too_long(digits, limit)
    kind = suffix or "f64"
    if _is_finite(float(digits), kind):
        return None
    largest = "3.4028235e38" if kind == "f32" else "1.7976931348623157e308"
    return Complaint(
        "E0125", f"float literal is too large for `{kind}`", f"the largest `{kind}` is {largest}"
    )


def split_suffix(text: str) -> tuple[str, str | None]:
    """A number literal without underscores, and its type suffix if it has one."""
    plain = text.replace("_", "")
    return (plain[:-3], plain[-3:]) if plain[-3:-2] in ("f", "i") else (plain, None)


def _is_finite(value: float, kind: str) -> bool:
    if kind == "f32":
        try:
            struct.pack("<f", value)
        except OverflowError:
            return False
    return value not in (float("inf"), float("-inf"))


def _too_long(digits: str, limit: int) -> Complaint:
    return Complaint(
        "E0126",
        f"number has more than {limit} digits",
        f"{len(digits)} characters",
        hint="17 digits determine an `f64`",
    )


_MISSPELT = (
    (
        r"([0-9_]*[0-9])\.((?:[eE].*)?)",
        "a float has digits on both sides of its point",
        "write `{0}.0{1}`",
    ),
    (r"0[xXbBoO]\w*", "numbers are decimal", None),
    (r"[0-9_.]+[eE][+-]?", "an exponent has digits", None),
    (r".*(?:__|_\.|\._|_$).*", "`_` stands between two digits", None),
    (r"[0-9.]+\.[0-9.]*", "a number has one point at most", None),
    (
        r"([0-9_]+\.[0-9_]+(?:[eE][+-]?[0-9]+)?)i(?:32|64)",
        "a number with a point is a float",
        "write `i64({0})` to truncate",
    ),
    (r".*[iufIUF][0-9]+", "the suffixes are `f64 f32 i64 i32`", None),
    (
        r"([0-9][0-9_.]*?)([A-Za-z_]\w*)",
        "letters follow a number directly",
        "a product is written `{0} * {1}`",
    ),
)


def misspelt(text: str) -> Complaint:
    """What is wrong with `text`, which begins with a digit and is no number."""
    for pattern, label, hint in _MISSPELT:
        match = re.fullmatch(pattern, text[:200])
        if match:
            return Complaint(
                "E0123", "number is misspelt", label, hint and hint.format(*match.groups())
            )
    return Complaint("E0123", "number is misspelt", "numbers look like `12`, `2.5`, `1e-3`")


# ---- characters --------------------------------------------------------------------------------------------------

_MEANT = {
    "&": "&&", "|": "||", "^": "**", "~": "!", "'": '"',
    "\u2212": "-", "\u2010": "-", "\u2011": "-", "\u2013": "-", "\u2014": "-", "\u00d7": "*",
    "\u00b7": "*", "\u22c5": "*", "\u2217": "*", "\u00f7": "/", "\u2215": "/", "\u2044": "/",
    "\u2264": "<=", "\u2265": ">=", "\u2260": "!=", "\u2261": "==", "\u2192": "->", "\u21d2": "=>",
    "\u2227": "&&", "\u2228": "||", "\u00ac": "!", "\u201c": '"', "\u201d": '"', "\u201e": '"',
    "\u2018": '"', "\u2019": '"', "\u00b2": "** 2", "\u00b3": "** 3", "\u221a": "sqrt(...)",
    "\u2211": "sum(...)", "\u220f": "prod(...)", "\u221e": "1.0 / 0.0", "\u00a0": " ",
    "\u03c0": "3.141592653589793",
}  # fmt: skip


def strange(text: str) -> Complaint:
    """What to write instead of a character that begins no token."""
    character = text[0]
    meant = _MEANT.get(character) or _spelt_out(character)
    shown = f"`{character}`" if character.isprintable() else f"U+{ord(character):04X}"
    if character == "?":
        return Complaint(
            "E0118", "`?` has no meaning here", hint="a choice is `if c then a else b`"
        )
    if meant == " ":
        return Complaint("E0118", "a special blank stands here", shown, "write an ordinary blank")
    return Complaint(
        "E0118",
        f"{shown} has no meaning here",
        "names are made of ASCII letters, digits and `_`" if character.isalpha() else "",
        f"write `{meant}`" if meant else None,
    )


def _spelt_out(character: str) -> str | None:
    """The ASCII form of a letter or digit that has an evident one."""
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    if plain.isprintable() and plain.strip():
        return plain
    greek = re.fullmatch(r"GREEK (SMALL|CAPITAL) LETTER ([A-Z]+)", unicodedata.name(character, ""))
    if greek is None:
        return None
    return greek[2].lower() if greek[1] == "SMALL" else greek[2].capitalize()


def open_string(text: str) -> Complaint:
    """A text without its closing quotation mark."""
    return Complaint(
        "E0119",
        "text does not end on its line",
        "this quotation mark is never closed",
        f'write `{text.rstrip()[:30]}"`' if len(text.rstrip()) <= 30 else None,
    )


def forbidden(character: str) -> Complaint:
    """A character that may stand nowhere, comments and texts included."""
    name = unicodedata.name(character, "a control character").lower()
    return Complaint(
        "E0120",
        f"the text holds U+{ord(character):04X} ({name})",
        "controls and marks that cannot be seen or turn the direction of text are refused",
        hint="delete it; it may hide from view what the program does",
    )


def not_utf8(byte: int, offset: int) -> Complaint:
    """Bytes that are no text."""
    return Complaint(
        "E0117",
        "the file is not UTF-8 text",
        f"byte 0x{byte:02X} at offset {offset}",
        hint="save it as UTF-8",
    )
