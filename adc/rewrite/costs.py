"""How much equations cost, in rough units of one floating-point operation.

Costs decide whether work may be done twice (fusion) or moved (loop-invariant motion). They follow from what
the table says about lowering; they need not be exact, only tell a load from an exponential from a loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from adc.ir.core import Equation, Literal
from adc.prims.structured.layout import extents
from adc.prims.table import PrimitiveTable
from adc.types.core import DType

CHEAP = (
    4  # a load or two, index arithmetic, a flop or two: cheaper to do again than to store and load
)
MODEST = 15  # plain arithmetic in lanes that two or three readers may each do for themselves
UNKNOWN_EXTENT = 50  # what a size is taken for that only a run knows
HUGE = 1_000_000

_BY_KIND: Mapping[str, int] = {
    "fdiv": 4,
    "intrinsic": 2,
    "own": 5,
    "kernel": 16,
    "libm": 40,
    "memory": 1,
    "lapack": HUGE,
    "blas": HUGE,
}
_BY_OP: Mapping[str, int] = {
    "update": HUGE,
    "reshape": 0,
    "stop_gradient": 0,
    "call": HUGE,
    "pack": HUGE,
}


def cost(e: Equation, table: PrimitiveTable) -> int:
    """The cost of the equation, its regions as often as they run."""
    if e.regions:
        inside = sum(cost_of(r.equations, table) for r in e.regions)
        return min(HUGE, _times(e) * (inside + 1))
    found = _BY_OP.get(e.op)
    if found is None:
        lower = table[e.op].lower or ""
        found = 1 if e.results and e.results[0].type.dtype in _WHOLE else _of_lower(lower)
    return found


_WHOLE = frozenset({DType.I64, DType.I32, DType.BOOL})


def _of_lower(lower: str) -> int:
    return _BY_KIND.get(lower.partition("|")[0].partition(":")[0], 1)


def cost_of(equations: Iterable[Equation], table: PrimitiveTable) -> int:
    return min(HUGE, sum(cost(e, table) for e in equations))


def is_cheap(equations: Iterable[Equation], table: PrimitiveTable, limit: int = CHEAP) -> bool:
    """Whether doing the work again beats keeping the result in memory. Literals and index arithmetic are free."""
    total = 0
    pending = list(equations)
    while pending:
        e = pending.pop()
        if e.op == "cond":
            pending.extend(i for arm in e.regions for i in arm.equations)
            total += 1
        elif e.regions or not e.results:
            return False
        elif e.op not in _FREE or e.results[0].type.dtype is not DType.I64:
            total += cost(e, table)
        if total > limit or any(r.type.shape for r in e.results):
            return False
    return True


def is_dear(e: Equation, table: PrimitiveTable) -> bool:
    """Whether loading the scalar from memory beats making it: exponentials and up."""
    return not e.regions and not e.results[0].type.shape and cost(e, table) > MODEST


_FREE = frozenset({"add", "sub", "mul", "neg"})


def _times(e: Equation) -> int:
    """How often regions run."""
    total = UNKNOWN_EXTENT if e.op == "while" else 1
    for a in extents(e):
        total *= max(1, int(a.value)) if isinstance(a, Literal) else UNKNOWN_EXTENT
    return min(total, HUGE)
