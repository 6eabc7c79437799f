"""The exceptions: what catches them, what they carry, that they travel."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

from adc import diagnostics as d

DIAGNOSTIC = d.Diagnostic(
    "E0301",
    "shapes differ",
    d.Label(d.SourceFile("m.adl", "x + y").span(0, 5), "here"),
    hint="declare them equal",
)


@pytest.mark.parametrize(
    ("kind", "bases"),
    [
        (d.ParseError, (d.Error,)),
        (d.TypeCheckError, (d.Error,)),
        (d.ArityError, (d.TypeCheckError, TypeError)),
        (d.ShapeError, (d.Error, ValueError)),
        (d.BoundsError, (d.Error, IndexError)),
        (d.EvaluationError, (d.Error,)),
        (d.DivisionError, (d.EvaluationError, ZeroDivisionError)),
        (d.AssertionFailure, (d.EvaluationError, AssertionError)),
        (d.NonSmoothError, (d.Error,)),
        (d.UnsupportedError, (d.Error,)),
        (d.UsageError, (d.Error,)),
    ],
)
def test_classes(kind, bases):
    error = kind(DIAGNOSTIC)
    assert all(isinstance(error, base) for base in (Exception, *bases))
    assert (error.code, error.span.line, error.span.file) == ("E0301", 1, "m.adl")
    assert error.hint == "declare them equal"
    assert "error[E0301]: shapes differ" in str(error)


@pytest.mark.parametrize(
    "error",
    [
        d.ShapeError(DIAGNOSTIC),
        d.ParseError([DIAGNOSTIC, DIAGNOSTIC]),
        d.linear_algebra_error(DIAGNOSTIC),
        d.also(d.UnsupportedError, TypeError)(DIAGNOSTIC),
        d.also(d.EvaluationError, AssertionError, KeyError)(DIAGNOSTIC),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_survive_pickling(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert again.diagnostics == error.diagnostics
    assert str(again) == str(error)


def test_the_first_diagnostic_speaks_for_the_rest():
    error = d.Error([DIAGNOSTIC, d.Diagnostic("E0201", "unknown name")])
    assert error.code == "E0301"
    assert "E0201" in str(error)


def test_an_error_without_a_place():
    error = d.UsageError(d.Diagnostic("E0510", "there are several definitions"))
    assert error.span is None
    assert str(error).startswith("error[E0510]")


def test_linear_algebra_errors_are_numpys():
    error = d.linear_algebra_error(DIAGNOSTIC)
    assert isinstance(error, np.linalg.LinAlgError)
    assert isinstance(error, d.EvaluationError)


def test_mixed_classes_are_made_once():
    assert d.also(d.ShapeError, KeyError) is d.also(d.ShapeError, KeyError)


def test_importing_loads_nothing_else():
    program = (
        "import sys, adc; before = set(sys.modules); import adc.diagnostics.catalogue; "
        "print(sorted(m for m in set(sys.modules) - before if m.startswith('adc.') "
        "and not m.startswith('adc.diagnostics') or m in ('numpy', 'lark', 'rich', 'click')))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
