"""The exceptions that carry diagnostics.

Every exception that a user can meet is an `Error` with one or more diagnostics. Which class is raised follows from
what a caller may want to catch; some are also the Python exception that the same mistake raises elsewhere.
NumPy's `LinAlgError` is mixed in on first use, so that importing this module loads no third-party package.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar, cast

from adc.diagnostics.diagnostic import Diagnostic, Label
from adc.diagnostics.render import render_all
from adc.diagnostics.span import Span

Diagnostics = Diagnostic | Sequence[Diagnostic]


class Error(Exception):
    """Base of all errors of adc: one or more diagnostics, the first of which speaks for the rest."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        self.diagnostics = (
            (diagnostics,) if isinstance(diagnostics, Diagnostic) else tuple(diagnostics)
        )
        assert self.diagnostics, "an error without a diagnostic says nothing"
        super().__init__(self.diagnostics)

    @property
    def code(self) -> str:
        return self.diagnostics[0].code

    @property
    def span(self) -> Span | None:
        return self.diagnostics[0].span

    @property
    def hint(self) -> str | None:
        return self.diagnostics[0].hint

    def __str__(self) -> str:
        return render_all(self.diagnostics)


AdcError = Error


class ParseError(Error):
    """The text is not a program (E01xx)."""


class TypeCheckError(Error):
    """Names, types or requests do not fit together (E02xx to E04xx)."""


class ArityError(TypeCheckError, TypeError):
    """A call with the wrong number of arguments, or of something that is no function."""


class ShapeError(TypeCheckError, ValueError):
    """Sizes or ranks differ, when compiling or when running."""


class BoundsError(Error, IndexError):
    """An index or slice outside its array."""


class EvaluationError(Error):
    """A run came to a point that has no value (E06xx)."""


class DivisionError(EvaluationError, ZeroDivisionError):
    """Integer division or remainder by zero."""


class AssertionFailure(EvaluationError, AssertionError):
    """An `assert` of the program did not hold."""


class NonSmoothError(Error):
    """A kink was hit exactly, and `nonsmooth="raise"` was asked for."""


class UnsupportedError(Error):
    """A limit of adc (E09xx): the program may be right, but adc cannot do it."""


class UsageError(Error):
    """Arguments, options or files do not fit (E05xx)."""


E = TypeVar("E", bound=Error)


def also(kind: type[E], *bases: type[BaseException]) -> type[E]:
    """`kind`, made to be caught as each of `bases` too; the same class each time.

    `also(UnsupportedError, TypeError)` is for errors whose Python habit depends on the place.
    """
    mixed: type[E] = _mixed(cast(Any, kind), bases)
    return mixed


@cache
def _mixed(kind: Any, bases: tuple[Any, ...]) -> Any:
    names = "And".join(base.__name__ for base in bases)
    members = {
        "__module__": kind.__module__,
        "__doc__": kind.__doc__,
        "__reduce__": lambda self: (_rebuild, (kind, bases, self.diagnostics)),
    }
    return type(f"{kind.__name__}And{names}", (kind, *bases), members)


def _rebuild(
    kind: type[Error], bases: tuple[type[BaseException], ...], diagnostics: tuple[Diagnostic, ...]
) -> Error:
    return also(kind, *bases)(diagnostics)


def linear_algebra_error(diagnostics: Diagnostics) -> EvaluationError:
    """An `EvaluationError` that is also NumPy's `LinAlgError`."""
    from numpy.linalg import LinAlgError

    return also(EvaluationError, LinAlgError)(diagnostics)


# What checks of a run raise, by the names that equations give.
CHECK_ERRORS: Mapping[str, Callable[[Diagnostic], Error]] = {
    "AssertionFailure": AssertionFailure,
    "BoundsError": BoundsError,
    "DivisionError": DivisionError,
    "EvaluationError": EvaluationError,
    "LinAlgError": linear_algebra_error,
    "ShapeError": ShapeError,
    "UnsupportedError": UnsupportedError,
}


def error_of_check(
    kind: str, code: str, text: str, payload: Sequence[object], span: Span | None
) -> Error:
    """The error of a check that failed in a run; `kind` is one of `CHECK_ERRORS`."""
    return CHECK_ERRORS[kind](
        Diagnostic(code, filled(text, payload), Label(span) if span else None)
    )


def filled(text: str, payload: Sequence[object]) -> str:
    """`{0}`, `{1}` replaced by payload; other braces are the program's own."""

    def value(match: re.Match[str]) -> str:
        position = int(match.group(1))
        return str(payload[position]) if position < len(payload) else match.group()

    return re.sub(r"\{(\d+)\}", value, text)
