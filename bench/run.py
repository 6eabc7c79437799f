"""Runs the workloads: compile time, time of a function and of its gradient, their ratio.

    python -m bench.run                   all workloads, as a table
    python -m bench.run gmm lse           those whose names begin so
    python -m bench.run --save            also appends the numbers to `bench/history.jsonl`

Compile time is that of a fresh program, function and gradient up to their first results, in a process whose libraries
are loaded. Run times are medians; function and gradient take turns, so that both meet the same machine.
"""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import geometric_mean, median
from time import perf_counter

import click
from rich.console import Console
from rich.table import Table

import adc
from bench.workloads import WORKLOADS, Workload

HISTORY = Path(__file__).parent / "history.jsonl"
ROUNDS = 15
SECONDS = 0.02  # a round repeats a call for at least this long


@dataclass(frozen=True)
class Measurement:
    """One workload. Times in seconds."""

    name: str
    compile: float
    function: float
    gradient: float

    @property
    def ratio(self) -> float:
        return self.gradient / self.function


def measure(w: Workload) -> Measurement:
    arguments = w.arguments()
    start = perf_counter()
    f = getattr(adc.load(w.program), w.entry)
    g = adc.value_and_grad(f, wrt=w.wrt)
    calls: list[Callable[[], object]] = [lambda: f(**arguments), lambda: g(**arguments)]
    for call in calls:
        call()
    compiled = perf_counter() - start
    repeats = [_repeats(call) for call in calls]
    rounds = [[_time(c, n) for c, n in zip(calls, repeats, strict=True)] for _ in range(ROUNDS)]
    function, gradient = (median(times) for times in zip(*rounds, strict=True))
    return Measurement(w.name, compiled, function, gradient)


def _repeats(call: Callable[[], object]) -> int:
    return max(1, round(SECONDS / _time(call, 1)))


def _time(call: Callable[[], object], repeats: int) -> float:
    start = perf_counter()
    for _ in range(repeats):
        call()
    return (perf_counter() - start) / repeats


def show(measurements: list[Measurement]) -> None:
    table = Table("workload", "compile", "function", "gradient", "gradient / function")
    for m in measurements:
        table.add_row(
            m.name, _text(m.compile), _text(m.function), _text(m.gradient), f"{m.ratio:.2f}"
        )
    Console().print(table)
    print(f"geometric mean of the ratios: {geometric_mean(m.ratio for m in measurements):.2f}")


def _text(seconds: float) -> str:
    unit, scale = ("s", 1.0) if seconds >= 1 else ("ms", 1e3) if seconds >= 1e-3 else ("us", 1e6)
    return f"{seconds * scale:.3g} {unit}"


def save(measurements: list[Measurement]) -> None:
    """One line: commit, day, processor, numbers."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()
    line = {
        "commit": commit,
        "day": datetime.now(UTC).date().isoformat(),
        "processor": _processor(),
        "measurements": [asdict(m) for m in measurements],
    }
    with HISTORY.open("a") as file:
        print(json.dumps(line), file=file)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _chosen(prefixes: tuple[str, ...]) -> Iterator[Workload]:
    return (w for w in WORKLOADS if not prefixes or w.name.startswith(prefixes))


@click.command()
@click.argument("names", nargs=-1)
@click.option("--save", "saves", is_flag=True, help="Append the numbers to the history.")
def main(names: tuple[str, ...], saves: bool) -> None:
    """Measure the workloads whose names begin with NAMES; all without any."""
    adc.value_and_grad(adc.compile("def f(x: f64) = x * x").f)(1.0)  # libraries are loaded once
    measurements = [measure(w) for w in _chosen(names)]
    show(measurements)
    if saves:
        save(measurements)


if __name__ == "__main__":
    main()
