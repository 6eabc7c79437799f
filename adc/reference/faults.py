"""Errors of NumPy functions told in our own words, at the place of the equation that ran into them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from adc.diagnostics import (
    BoundsError,
    Diagnostic,
    DivisionError,
    Error,
    EvaluationError,
    Label,
    linear_algebra_error,
)
from adc.ir.core import Equation


def located(fault: Exception, e: Equation) -> Exception:
    """The error that a user should see; faults that are ours come back as they are."""
    label = Label(e.span) if e.span else None
    match fault:
        case Error():
            first, *others = fault.diagnostics
            if first.primary is None:
                return type(fault)([replace(first, primary=label), *others])
            return fault
        case IndexError():
            return BoundsError(Diagnostic("E0601", str(fault), label))
        case ZeroDivisionError():
            return DivisionError(Diagnostic("E0602", str(fault), label))
        case np.linalg.LinAlgError():
            return linear_algebra_error(Diagnostic("E0603", str(fault), label))
        case MemoryError():
            return EvaluationError(Diagnostic("E0606", str(fault), label))
        case ValueError() | ArithmeticError():
            return EvaluationError(Diagnostic("E0604", str(fault), label))
        case _:
            return fault
