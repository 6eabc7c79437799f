"""What the tests of rewriting share: programs in textual IR, run before and after.

Functions take what they need of `m n s t k p q x y A`: two sizes, two numbers, an index below n, two truths,
two vectors and a matrix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from adc.diagnostics import Error
from adc.ir.core import Function, Module
from adc.ir.parser import parse_module
from adc.ir.verify import verify
from adc.prims.catalog import TABLE
from adc.reference.evaluate import evaluate
from adc.rewrite.derivation import Derivation
from adc.rewrite.pipeline import apply
from adc.rewrite.scope import Options
from adc.rewrite.strategy import Strategy

HERE = Path(__file__).parent
PARAMETERS = (
    "m: i64, n: i64, s: f64, t: f64, k: i64, p: bool, q: bool, x: f64[n], y: f64[n], A: f64[m, n]"
)
SIZES = [(0, 3, 4), (1, 1, 1), (2, 4, 2), (3, 2, 0), (4, 0, 3)]  # seed, m, n

Values = Mapping[str, object]


def program(body: str) -> Module:
    """One function `f` with all the parameters; verified."""
    return verified(parse_module(f"def f({PARAMETERS}) {{\n{body}\n}}"))


def programs(path: str) -> dict[str, Module]:
    """The functions of a file beside the tests, each in a module of its own."""
    module = verified(parse_module((HERE / path).read_text()))
    return {name: Module({name: f}) for name, f in module.functions.items()}


def verified(module: Module) -> Module:
    verify(module, TABLE)
    return module


def the_function(module: Module) -> Function:
    (f,) = module.functions.values()
    return f


def values(seed: int = 0, m: int = 3, n: int = 4) -> Values:
    """Values for all the parameters."""
    rng = np.random.default_rng(seed)
    p, q = (rng.random(2) < 0.5).tolist()
    s, t = rng.normal(size=2).tolist()
    k = int(rng.integers(0, n)) if n else 0
    x, y, A = rng.normal(size=n), rng.normal(size=n), rng.normal(size=(m, n))
    return {"m": m, "n": n, "s": s, "t": t, "k": k, "p": p, "q": q, "x": x, "y": y, "A": A}


SPECIAL = (0.0, -0.0, np.inf, -np.inf, np.nan, 1.0)


def special_values(seed: int) -> Values:
    """The same with zeros of both signs, infinities and NaN, and with empty arrays now and then."""
    rng = np.random.default_rng(seed)
    m, n = int(rng.integers(0, 3)), int(rng.integers(1, 4))
    s, t = rng.choice(SPECIAL, size=2).tolist()
    x, y, A = (rng.choice(SPECIAL, size=shape) for shape in ((n,), (n,), (m, n)))
    return {**values(seed, m, n), "s": s, "t": t, "x": x, "y": y, "A": A}


def outcome(module: Module, given: Values | Sequence[object]) -> tuple[object, ...] | None:
    """The results of the module's function, or None when it ends in an error."""
    f = the_function(module)
    args = [given[v.hint] for v in f.block.params] if isinstance(given, Mapping) else given
    try:
        return evaluate(module, f.name, args, TABLE)
    except Error:
        return None


def same_bits(a: object, b: object) -> bool:
    """Equal to the last bit; any NaN is as good as another."""
    u, v = np.asarray(a), np.asarray(b)
    is_float = u.dtype.kind == "f"
    if u.shape != v.shape or u.dtype != v.dtype or not np.array_equal(u, v, equal_nan=is_float):
        return False
    return not is_float or bool(np.all(np.isnan(u) | (np.signbit(u) == np.signbit(v))))


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
    return verified(after), derivation
