"""Compile textual IR, run it natively and by the reference, and compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from adc.ir.core import Module
from adc.ir.parser import parse_module
from adc.prims.catalog import TABLE
from adc.reference.evaluate import evaluate
from adc.runtime.native import NativeModule, NativeOptions, compile_module


def compile_ir(text: str, *entries: str, options: NativeOptions = NativeOptions()) -> NativeModule:
    """The module that the text describes, compiled; all functions are entries unless some are named."""
    module = parse_module(text)
    return compile_module(module, entries or tuple(module.functions), TABLE, options)


def reference(text: str | Module, name: str, args: Sequence[Any]) -> tuple[Any, ...]:
    module = parse_module(text) if isinstance(text, str) else text
    return evaluate(module, name, args, TABLE)


def assert_agrees(
    text: str, name: str, args: Sequence[Any], *, rtol: float = 1e-13
) -> tuple[Any, ...]:
    """Native results equal the reference's; `rtol` covers another order of additions and kernels' rounding."""
    native = compile_ir(text, name).function(name)
    originals = [np.copy(a) if isinstance(a, np.ndarray) else a for a in args]
    first = native(*args)
    second = native(*args)
    for given, original in zip(args, originals, strict=True):
        np.testing.assert_array_equal(given, original, "an argument was changed")
    expected = reference(text, name, args)
    assert len(first) == len(expected)
    for y, again, z in zip(first, second, expected, strict=True):
        np.testing.assert_array_equal(np.asarray(y), np.asarray(again), "two runs differ")
        assert np.shape(y) == np.shape(z)
        if isinstance(y, np.ndarray):
            assert y.dtype == np.asarray(z).dtype
        np.testing.assert_allclose(y, z, rtol=rtol, atol=1e-300)
    return first
