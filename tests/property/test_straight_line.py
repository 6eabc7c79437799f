"""Straight-line programs compile in time that grows with their size, from the text to machine code with gradient.

Process time counts, the best of two where it is short: the machine may be busy. What each stage took stands in the
message of a failure.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from time import process_time

import pytest

import adc
from adc.api.module import Module
from adc.diagnostics import SourceFile
from adc.driver.compile import Session
from adc.driver.load import analyse
from adc.driver.options import Stage

LIMIT = 5.0  # seconds for 10,000 operations
OPERATIONS = (  # with how many operations each is
    ("{0} * {1}", 1),
    ("{0} - {1}", 1),
    ("0.5 * ({0} + {1})", 2),
    ("{0} - 0.3 * {1}", 2),
    ("sin({0}) + {1}", 2),
    ("0.7 * {0} + 0.2 * {1}", 3),
    ("exp(-0.5 * {0} * {0})", 4),
    ("{0} / (1.0 + {1} * {1})", 3),
)


def straight_line(count: int) -> str:
    """A definition of about `count` operations, one after the other, of two variables."""
    rng = random.Random(count)
    names = ["x", "y"]
    lines = []
    while count > 0:
        text, operations = rng.choice(OPERATIONS)
        count -= operations
        name = f"v{len(names)}"
        lines.append(f"  let {name} = {text.format(names[-1], rng.choice(names[-9:]))};")
        names.append(name)
    return "\n".join(["def f(x: f64, y: f64) -> f64 {", *lines, f"  {names[-1]}", "}", ""])


@dataclass(frozen=True)
class Times:
    """Seconds of each stage."""

    stages: dict[str, float]

    @property
    def total(self) -> float:
        return sum(self.stages.values())

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {seconds:.2f}" for name, seconds in self.stages.items())
        return f"{self.total:.2f} s: {parts}"


def compile_times(text: str) -> Times:
    """What compiling `f` and its gradient takes."""
    clock = [process_time()]
    session = Session(analyse(SourceFile("straight.adl", text)))
    clock.append(process_time())
    entry = (adc.value_and_grad(Module(session).f, wrt=("x", "y")).name,)
    session.stage(Stage.DERIVATIVE, entry)
    clock.append(process_time())
    session.stage(Stage.OPTIMISED, entry)
    clock.append(process_time())
    session.native(entry)
    clock.append(process_time())
    names = ("front end", "derivative", "optimise", "machine code")
    return Times({n: b - a for n, a, b in zip(names, clock, clock[1:], strict=False)})


def test_values_and_gradients_of_long_programs_agree_with_the_reference() -> None:
    f = adc.value_and_grad(adc.compile(straight_line(1000)).f, wrt=("x", "y"))
    value, (dx, dy) = f(0.3, 0.4)
    expected, (ex, ey) = f.reference(0.3, 0.4)
    assert (value, dx, dy) == pytest.approx((expected, ex, ey), rel=1e-10)


def test_compile_time_is_near_linear() -> None:
    compile_times(straight_line(10))  # imports, tables
    small = min((compile_times(straight_line(300)) for _ in range(2)), key=lambda t: t.total)
    large = compile_times(straight_line(3000))
    assert large.total < 16 * small.total, f"300 operations: {small}\n3000 operations: {large}"


@pytest.mark.slow
def test_ten_thousand_operations_compile_in_five_seconds() -> None:
    compile_times(straight_line(10))
    times = compile_times(straight_line(10_000))
    assert times.total < LIMIT, str(times)
