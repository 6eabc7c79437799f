"""Straight-line programs compile in time that grows with their size; `bench.straight_line` tells how long it is."""

import pytest

import adc
from bench.straight_line import compile_times, straight_line


def test_values_and_gradients_of_long_programs_agree_with_the_reference() -> None:
    f = adc.value_and_grad(adc.compile(straight_line(1000)).f, wrt=("x", "y"))
    value, (dx, dy) = f(0.3, 0.4)
    expected, (ex, ey) = f.reference(0.3, 0.4)
    assert (value, dx, dy) == pytest.approx((expected, ex, ey), rel=1e-10)


def test_compile_time_is_near_linear() -> None:
    """Process time, the best of two where it is short: the machine may be busy."""
    compile_times(straight_line(10))  # imports, tables
    small = min((compile_times(straight_line(300)) for _ in range(2)), key=lambda t: t.total)
    large = compile_times(straight_line(3000))
    assert large.total < 16 * small.total, f"300 operations: {small}\n3000 operations: {large}"
