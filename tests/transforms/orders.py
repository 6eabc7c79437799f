"""Directional derivatives of an IR function by every nesting of forward and reverse mode.

For directions u, v, z at a point and a covector w the numbers <w, D f[u]>, <w, D^2 f[u, v]> and
<w, D^3 f[u, v, z]> do not depend on how the derivative is formed. Each is asked for mode by mode.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from adc.ir.core import DerivativeRequest, Module, Value
from adc.ir.parser import parse_module
from adc.ir.verify import verify
from adc.prims.catalog import TABLE
from adc.reference.evaluate import evaluate
from adc.transforms.requests import expand_requests

Array = np.ndarray


@dataclass(frozen=True)
class Case:
    """A program, a point, and which parameters (flat positions) are varied."""

    name: str
    text: str
    point: tuple[object, ...]
    wrt: tuple[int, ...]
    entry: str = "f"


def directions(case: Case, seed: int) -> list[Array]:
    """One random direction for every varied parameter."""
    rng = np.random.default_rng(seed)
    return [rng.normal(size=np.shape(case.point[k])) for k in case.wrt]


def derivative(case: Case, modes: str, dirs: Sequence[Sequence[Array]], w_seed: int = 99) -> float:
    """<w, D^k f[dirs]> with `modes[0]` the innermost derivative: "f" forward, "r" reverse.

    At every level the program at hand has a scalar: its results weighed by `weights`. A forward step moves the
    weights to the tangents; a reverse step takes them as cotangents and weighs the result by the direction.
    """
    module = parse_module(case.text)
    name, point = case.entry, list(case.point)
    requests: dict[str, DerivativeRequest] = {}
    weights: list[Array | None] = list(_covectors(module, case, w_seed))
    for level, mode in enumerate(modes):
        target = name
        name = f"{case.entry}_{modes[: level + 1]}"
        kind = "jvp" if mode == "f" else "vjp"
        requests[name] = DerivativeRequest(name, kind, target, case.wrt)
        direction = list(dirs[level])
        count = len(weights)
        if mode == "f":
            point += direction
            weights = [None] * count + weights
        else:
            point += [w if w is not None else 0.0 for w in weights]
            weights = [None] * count + direction
    module = replace(module, requests=requests)
    expanded = expand_requests(module, TABLE)
    verify(expanded, TABLE)
    shaped = _zero_weights(expanded, name, point)
    results = evaluate(expanded, name, shaped, TABLE)
    return float(
        sum(
            np.sum(np.asarray(w) * np.asarray(r))
            for w, r in zip(weights, results, strict=True)
            if w is not None
        )
    )


def _zero_weights(module: Module, name: str, point: Sequence[object]) -> list[object]:
    """Scalars 0.0 standing for whole zero cotangents are blown up to the parameter's shape."""
    f = module.functions[name]
    sizes: dict[Value, int] = {}
    shaped: list[object] = []
    for p, a in zip(f.block.params, point, strict=True):
        if not p.type.shape and isinstance(a, int):
            sizes[p] = a
        for d, n in zip(p.type.shape, np.shape(a), strict=False):
            if isinstance(d, Value):
                sizes.setdefault(d, n)
    for p, a in zip(f.block.params, point, strict=True):
        if p.type.shape and np.shape(a) == ():
            shape = tuple(d if isinstance(d, int) else sizes[d] for d in p.type.shape)
            shaped.append(np.zeros(shape))
        else:
            shaped.append(a)
    return shaped


def _covectors(module: Module, case: Case, seed: int) -> list[Array | None]:
    rng = np.random.default_rng(seed)
    values = evaluate(module, case.entry, list(case.point), TABLE)
    out: list[Array | None] = []
    for r in values:
        a = np.asarray(r)
        out.append(rng.normal(size=a.shape) if a.dtype.kind == "f" else None)
    assert all(w is not None for w in out), "cases return floats only"
    return out


def numeric(
    case: Case, dirs: Sequence[Sequence[Array]], w_seed: int = 99, h: float = 2e-3
) -> float:
    """<w, D^k f[dirs]> by nested central differences of order four."""
    module = parse_module(case.text)
    covectors = _covectors(module, case, w_seed)

    def value(shift: Sequence[float]) -> float:
        point = list(case.point)
        for k, position in enumerate(case.wrt):
            moved = np.asarray(point[position], dtype=float)
            for s, d in zip(shift, dirs, strict=True):
                moved = moved + s * d[k]
            point[position] = moved if moved.ndim else float(moved)
        results = evaluate(module, case.entry, point, TABLE)
        return float(
            sum(np.sum(w * np.asarray(r)) for w, r in zip(covectors, results, strict=True))
        )

    stencil = ((-2, 1 / 12), (-1, -8 / 12), (1, 8 / 12), (2, -1 / 12))

    def nested(prefix: tuple[float, ...]) -> float:
        if len(prefix) == len(dirs):
            return value(prefix)
        return sum(c * nested((*prefix, k * h)) for k, c in stencil) / h

    return nested(())


def check_first_order(case: Case) -> None:
    """Forward and reverse mode against differences, whose error is of order four in a step of 2e-3."""
    u = directions(case, 1)
    expected = numeric(case, [u])
    for modes in ("f", "r"):
        assert derivative(case, modes, [u]) == pytest.approx(expected, rel=1e-7, abs=1e-8)


def check_second_order(case: Case) -> None:
    """Forward over forward against differences of differences, and the other modes against that."""
    dirs = [directions(case, 1), directions(case, 2)]
    forward = derivative(case, "ff", dirs)
    assert forward == pytest.approx(numeric(case, dirs), rel=1e-4, abs=1e-5)
    for modes in ("fr", "rf", "rr"):
        assert derivative(case, modes, dirs) == pytest.approx(forward, rel=1e-9, abs=1e-10)
