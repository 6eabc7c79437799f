"""Compile time of straight-line programs: from the text to machine code of a function and its gradient, by stage.

python -m bench.straight_line         programs of 10 to 10,000 operations
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from time import process_time

from rich.console import Console
from rich.table import Table

import adc
from adc.api.module import Module
from adc.diagnostics import SourceFile
from adc.driver.compile import Session
from adc.driver.load import analyse
from adc.driver.options import Stage

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


def main() -> None:
    compile_times(straight_line(10))  # imports, tables
    sizes = (10, 100, 1000, 3000, 10_000)
    found = {n: compile_times(straight_line(n)) for n in sizes}
    table = Table("operations", *next(iter(found.values())).stages, "seconds in all")
    for n, times in found.items():
        table.add_row(f"{n}", *(f"{s:.2f}" for s in times.stages.values()), f"{times.total:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
