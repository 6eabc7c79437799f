"""Constant folding: equations on literals are evaluated by the reference."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from adc.diagnostics import Error
from adc.ir.builder import Builder
from adc.ir.core import Atom, Equation, Literal, Type, literal
from adc.prims.primitive import Family
from adc.rewrite.rule import rule
from adc.rewrite.scope import Scope


@rule()
def fold_constants(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """op(literals) -> literal

    What fails for these operands stays, and fails when it is reached.
    """
    for a in e.operands:
        if type(a) is not Literal:
            return None
    if not e.operands or e.regions or scope.table[e.op].family is not Family.SCALAR:
        return None
    operands = [np.dtype(a.type.dtype.numpy_name).type(a.value) for a in e.operands]  # type: ignore[union-attr]
    (result,) = e.results
    try:
        with np.errstate(all="ignore"):
            value = scope.table.reference(e.op)(*operands, **e.params)
    except (Error, ArithmeticError, ValueError):
        return None
    return (_literal(value, result.type),)


def _literal(value: object, t: Type) -> Literal:
    return literal(np.asarray(value, t.dtype.numpy_name).item(), t.dtype)


RULES = (fold_constants,)
