"""The workloads are calls that work: names, parameters and sizes fit."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

import adc
from bench.workloads import WORKLOADS, Workload


@cache
def load(program: Path) -> adc.Module:
    return adc.load(program)


@pytest.mark.parametrize("w", WORKLOADS, ids=lambda w: w.name)
def test_workload_can_be_differentiated(w: Workload) -> None:
    f = load(w.program)[w.entry]
    value, gradient = adc.value_and_grad(f, wrt=w.wrt)(**w.arguments())
    parts = gradient if len(w.wrt) > 1 else (gradient,)
    assert len(parts) == len(w.wrt)
    assert np.isfinite(value)
    assert all(np.isfinite(part).all() for part in parts)
