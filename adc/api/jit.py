"""`adc.jit`: the place of decorated Python functions."""

from __future__ import annotations

from typing import NoReturn

from adc.diagnostics import Diagnostic, UnsupportedError


def jit(fn: object = None, /, **options: object) -> NoReturn:
    """Not there yet: raises UnsupportedError E0901."""
    raise UnsupportedError(
        Diagnostic(
            "E0901",
            "adc does not read Python functions yet",
            hint="write the function in ADL: `adc.compile('def f(x: f64[n]) -> f64 = sum(x * x)').f`",
        )
    )
