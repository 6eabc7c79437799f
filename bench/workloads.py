"""What is measured: definitions of the examples and of `programs.adl`, with the arguments they run on.

Arguments are made from a fixed seed or read from `examples/data`, so that every run measures the same work.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

EXAMPLES = Path(__file__).parents[1] / "examples"
PROGRAMS = Path(__file__).parent / "programs.adl"

Arguments = Mapping[str, object]


@dataclass(frozen=True)
class Workload:
    """A real-valued definition, the parameters it is differentiated by, and how its arguments are made."""

    name: str
    program: Path
    entry: str
    wrt: tuple[str, ...]
    arguments: Callable[[], Arguments]


def _example(
    name: str, entry: str, wrt: tuple[str, ...], arguments: Callable[[], Arguments], size: str = ""
) -> Workload:
    return Workload(name + size, EXAMPLES / f"{name}.adl", entry, wrt, arguments)


def _program(entry: str, wrt: tuple[str, ...], arguments: Callable[[], Arguments]) -> Workload:
    return Workload(entry, PROGRAMS, entry, wrt, arguments)


def _data(*names: str) -> Callable[[], Arguments]:
    """Arguments from JSON files, lists as arrays."""

    def read() -> Arguments:
        found: dict[str, object] = {}
        for name in names:
            found |= json.loads((EXAMPLES / "data" / f"{name}.json").read_text())
        return {k: np.array(v) if isinstance(v, list) else v for k, v in found.items()}

    return read


def _random() -> np.random.Generator:
    return np.random.default_rng(0)


def _gmm(n: int, d: int, k: int) -> Callable[[], Arguments]:
    def make() -> Arguments:
        r = _random()
        return {
            "alpha": r.normal(size=k),
            "means": r.random((k, d)),
            "icf": r.normal(size=(k, d * (d + 1) // 2)),
            "x": r.normal(size=(n, d)),
            "gamma": 1.0,
            "m": 0,
        }

    return make


def _logreg() -> Arguments:
    r = _random()
    X = r.normal(size=(10_000, 50))
    return {"w": r.normal(size=50), "X": X, "y": (X[:, 0] > 0) * 1.0, "decay": 0.1}


def _kmeans() -> Arguments:
    r = _random()
    return {"points": r.normal(size=(5_000, 8)), "centroids": r.normal(size=(16, 8))}


def _heat() -> Arguments:
    r = _random()
    return {"u0": r.random(10_000), "steps": 100, "c": 0.2, "target": r.random(10_000)}


def _kalman() -> Arguments:
    r = _random()
    return {"theta": np.array([-1.0, -2.0, -0.5]), "ys": np.cumsum(r.normal(size=(500, 1)), axis=0)}


def _black_scholes() -> Arguments:
    r = _random()
    options = {
        "strike": r.uniform(80, 120, 1000),
        "maturity": r.uniform(0.1, 2, 1000),
        "amount": r.normal(size=1000),
    }
    return {"options": options, "spot": 100.0, "rate": 0.03, "vol": 0.25}


def _vector(n: int) -> Callable[[], Arguments]:
    return lambda: {"x": _random().normal(size=n)}


def _kepler() -> Arguments:
    return {
        "q": np.array([1.0, 0.0]),
        "v": np.array([0.0, 1.2]),
        "dt": 0.01,
        "steps": 10_000,
        "target": np.array([-1.0, 0.5]),
    }


WORKLOADS = (
    _example("gmm", "objective", ("alpha", "means", "icf"), _data("gmm_d2_K5"), " d=2 K=5"),
    _example("gmm", "objective", ("alpha", "means", "icf"), _data("gmm_d10_K10"), " d=10 K=10"),
    _example("gmm", "objective", ("alpha", "means", "icf"), _gmm(1000, 20, 25), " d=20 K=25"),
    _example(
        "lstm", "objective", ("main_params", "extra_params"), _data("lstm_l2_c1024"), " l=2 c=1024"
    ),
    _example("ht", "sum_of_squares", ("theta",), _data("ht_model", "ht_simple")),
    _example("kmeans", "cost", ("centroids",), _kmeans, " n=5000 k=16"),
    _example("lse", "lse", ("x",), _vector(16), " n=16"),
    _example("lse", "lse", ("x",), _vector(1_000_000), " n=1e6"),
    _example("llsq", "objective", ("x",), lambda: {**_vector(10)(), "n": 10_000}, " n=1e4"),
    _example("det", "minors", ("A",), lambda: {"A": _random().normal(size=(7, 7))}, " 7x7"),
    _example("ode", "last", ("x",), lambda: {**_vector(50)(), "s": 200}, " n=50 s=200"),
    _example("logreg", "loss", ("w",), _logreg, " 1e4x50"),
    _example("heat", "misfit", ("u0",), _heat, " n=1e4 t=100"),
    _example("kalman", "trend", ("theta",), _kalman, " t=500"),
    _example("kepler", "aim", ("v",), _kepler, " steps=1e4"),
    _example("black_scholes", "book", ("spot", "vol"), _black_scholes, " n=1000"),
    _program("rosenbrock", ("x",), _vector(100_000)),
    _program("million_steps", ("x",), lambda: {"x": 0.3, "n": 1_000_000}),
    _program("nbody", ("pos",), lambda: {"pos": _random().normal(size=(256, 3))}),
    _program("matmul_norm", ("A",), lambda: {"A": _random().normal(size=(100, 100))}),
)
