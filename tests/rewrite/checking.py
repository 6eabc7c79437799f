"""What the tests of rewriting share: small programs in textual IR, run before and after."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from adc.diagnostics import Error
from adc.ir.core import Module
from adc.ir.parser import parse_module
from adc.ir.verify import verify
from adc.prims.catalog import TABLE
from adc.reference.evaluate import evaluate
from adc.rewrite.derivation import Derivation
from adc.rewrite.pipeline import apply
from adc.rewrite.scope import Options
from adc.rewrite.strategy import Strategy

PARAMETERS = (
    "m: i64, n: i64, s: f64, t: f64, k: i64, p: bool, q: bool, x: f64[n], y: f64[n], A: f64[m, n]"
)


def program(body: str) -> Module:
    """One function `f` with the parameters above; verified."""
    module = parse_module(f"def f({PARAMETERS}) {{\n{body}\n}}")
    verify(module, TABLE)
    return module


def arguments(seed: int = 0, m: int = 3, n: int = 4) -> tuple[object, ...]:
    rng = np.random.default_rng(seed)
    s, t = rng.normal(size=2)
    p, q = rng.random(2) < 0.5
    k = int(rng.integers(0, n)) if n else 0
    return m, n, s, t, k, bool(p), bool(q), rng.normal(size=n), rng.normal(size=n), rng.normal(
        size=(m, n)
    )


SPECIAL = (0.0, -0.0, np.inf, -np.inf, np.nan, 1.0)


def special_arguments(seed: int) -> tuple[object, ...]:
    """The same with zeros of both signs, infinities and NaN, and with empty arrays now and then."""
    rng = np.random.default_rng(seed)
    m, n = int(rng.integers(0, 3)), int(rng.integers(1, 4))
    _, _, _, _, k, p, q, *_ = arguments(seed, m, n)
    pick = [rng.choice(SPECIAL, size=shape) for shape in ((2,), (n,), (n,), (m, n))]
    return m, n, float(pick[0][0]), float(pick[0][1]), k, p, q, *pick[1:]


def outcome(module: Module, args: Sequence[object], name: str = "f") -> tuple[object, ...] | None:
    """The results, or None when the program ends in an error."""
    try:
        return evaluate(module, name, args, TABLE)
    except Error:
        return None


def same_bits(a: object, b: object) -> bool:
    """Equal to the last bit; any NaN is as good as another."""
    u, v = np.asarray(a), np.asarray(b)
    if u.shape != v.shape or u.dtype != v.dtype or not np.array_equal(u, v, equal_nan=u.dtype.kind == "f"):
        return False
    if u.dtype.kind != "f":
        return True
    number = ~np.isnan(u)
    return bool(np.array_equal(np.signbit(u)[number], np.signbit(v)[number]))


def close(a: object, b: object) -> bool:
    """Equal up to the order of additions; the tests' sums have few and moderate terms."""
    u, v = np.asarray(a), np.asarray(b)
    return u.shape == v.shape and np.allclose(u, v, rtol=1e-10, atol=1e-10, equal_nan=True)


def rewritten(
    module: Module, strategy: Strategy, *, options: Options | None = None
) -> tuple[Module, Derivation]:
    """The module after the strategy, verified, and the steps that were taken."""
    derivation = Derivation()
    after = apply(strategy, module, TABLE, derivation=derivation, options=options)
    verify(after, TABLE)
    return after, derivation
