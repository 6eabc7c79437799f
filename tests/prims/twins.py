"""The primitives in mpmath: named by their `mp` slot, or written here where mpmath has no such function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath as mp

from adc.prims.primitive import Primitive
from adc.prims.table import resolve

Exact = Callable[..., Any]


def exact(p: Primitive) -> Exact:
    """The exact function of a scalar primitive."""
    if p.mp is not None:
        return resolve(p.mp)
    return _WRITTEN[p.name]


def _clamp(x: Any, low: Any, high: Any) -> Any:
    return min(max(x, low), high)


_WRITTEN: dict[str, Exact] = {
    "fma": lambda x, y, z: x * y + z,
    "floordiv": lambda x, y: mp.floor(x / y),
    "mod": lambda x, y: x - y * mp.floor(x / y),
    "select": lambda p, x, y: x if p else y,
    "clamp": _clamp,
    "relu": lambda x: max(x, mp.mpf(0)),
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "softplus": lambda x: mp.log(1 + mp.exp(x)),
    "trunc": lambda x: mp.sign(x) * mp.floor(abs(x)),
    "convert": lambda x: x,
    "lgamma": lambda x: mp.log(abs(mp.gamma(x))),
    "polygamma": lambda x: mp.polygamma(1, x),
}
