"""What can be wrong with a program after it has been parsed: a code and the class of the error for each.

The texts are written where the problem is noticed; the long explanations stand in the catalogue of codes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from adc.diagnostics import (
    ArityError,
    BoundsError,
    Diagnostic,
    Error,
    Label,
    ShapeError,
    Span,
    TypeCheckError,
    UnsupportedError,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """A kind of problem: its code and the exception that carries it."""

    code: str
    error: type[Error]

    def at(
        self,
        span: Span | None,
        title: str,
        label: str = "",
        *,
        others: Iterable[tuple[Span, str]] = (),
        notes: Iterable[str] = (),
        hint: str | None = None,
    ) -> Error:
        """The exception, to be raised. Places that do not exist are left out."""
        return self.error(
            Diagnostic(
                self.code,
                title,
                Label(span, label) if span else None,
                tuple(Label(s, text) for s, text in others if s),
                tuple(notes),
                hint,
            )
        )


UNKNOWN_NAME = Problem("E0201", TypeCheckError)
DEFINED_TWICE = Problem("E0202", TypeCheckError)
IMPORT_NOT_FOUND = Problem("E0203", TypeCheckError)
IMPORT_CYCLE = Problem("E0204", TypeCheckError)
UNKNOWN_TYPE = Problem("E0205", TypeCheckError)
UNKNOWN_FIELD = Problem("E0206", TypeCheckError)

TYPE_MISMATCH = Problem("E0210", TypeCheckError)
MIXED_TYPES = Problem("E0211", TypeCheckError)
NOT_A_FUNCTION = Problem("E0212", ArityError)
WRONG_ARITY = Problem("E0213", ArityError)
ACCUMULATOR_USE = Problem("E0214", TypeCheckError)
NO_RESULT_TYPE = Problem("E0215", TypeCheckError)
LITERAL_RANGE = Problem("E0216", TypeCheckError)
BAD_ARGUMENT = Problem("E0217", TypeCheckError)
PATTERN_MISMATCH = Problem("E0218", TypeCheckError)
CYCLIC_DEFINITION = Problem("E0219", TypeCheckError)

SHAPES_DIFFER = Problem("E0301", ShapeError)
WRONG_RANK = Problem("E0302", ShapeError)
NEGATIVE_SIZE = Problem("E0303", ShapeError)
RAGGED = Problem("E0304", ShapeError)
UNBOUND_SIZE = Problem("E0305", ShapeError)
INEXACT_SIZE = Problem("E0306", ShapeError)
STATIC_BOUNDS = Problem("E0307", BoundsError)

NOT_SCALAR_RESULT = Problem("E0401", TypeCheckError)
NO_TANGENT = Problem("E0402", TypeCheckError)
UNKNOWN_WRT = Problem("E0403", TypeCheckError)
BAD_RULE = Problem("E0404", TypeCheckError)
BAD_OPTION = Problem("E0405", TypeCheckError)

FUNCTION_CHOICE = Problem("E0902", UnsupportedError)
ENDLESS_SPECIALISATION = Problem("E0903", UnsupportedError)
NESTED_TOO_DEEP = Problem("E0904", UnsupportedError)
NOT_SUPPORTED = Problem("E0905", UnsupportedError)


@dataclass(frozen=True, slots=True)
class Check:
    """A check left to the run: the name of the exception and the code of its message."""

    error: str
    code: str


OUT_OF_RANGE = Check("BoundsError", "E0601")
SIZES_DIFFER = Check("ShapeError", "E0611")
SIZE_NEGATIVE = Check("ShapeError", "E0612")
SIZE_INEXACT = Check("ShapeError", "E0613")
NOTHING_TO_REDUCE = Check("EvaluationError", "E0614")
ASSERTION = Check("AssertionFailure", "E0615")


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """A hint that names up to two similar names."""
    near = get_close_matches(name, sorted(set(candidates)), n=2, cutoff=0.65)
    return f"did you mean {' or '.join(f'`{n}`' for n in near)}?" if near else None


def together(problems: Sequence[Error]) -> Error:
    """One error with all diagnostics, in the order of the text; its class is that of the first."""
    ordered = sorted(problems, key=lambda e: (e.span.file, e.span.start) if e.span else ("", 0))
    found: list[Diagnostic] = []
    for problem in ordered:
        found += [d for d in problem.diagnostics if d not in found]
    return type(ordered[0])(found)
