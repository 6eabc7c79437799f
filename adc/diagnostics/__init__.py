"""Floor 0: source texts, what to say about them, and the exceptions that say it.

Nothing of adc is imported here, and no third-party package. Raise errors of `errors` with codes of `catalogue`.
"""

from adc.diagnostics.diagnostic import Diagnostic, Label
from adc.diagnostics.errors import (
    AdcError,
    ArityError,
    AssertionFailure,
    BoundsError,
    DivisionError,
    Error,
    EvaluationError,
    NonSmoothError,
    ParseError,
    ShapeError,
    TypeCheckError,
    UnsupportedError,
    UsageError,
    also,
    linear_algebra_error,
)
from adc.diagnostics.render import render, render_all, to_json
from adc.diagnostics.span import NO_SPAN, SourceFile, Span

__all__ = [
    "NO_SPAN",
    "AdcError",
    "ArityError",
    "AssertionFailure",
    "BoundsError",
    "Diagnostic",
    "DivisionError",
    "Error",
    "EvaluationError",
    "Label",
    "NonSmoothError",
    "ParseError",
    "ShapeError",
    "SourceFile",
    "Span",
    "TypeCheckError",
    "UnsupportedError",
    "UsageError",
    "also",
    "linear_algebra_error",
    "render",
    "render_all",
    "to_json",
]
