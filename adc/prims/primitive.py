"""The record of a primitive and its slot types: everything adc knows about it stands in one `Primitive`.

From a record come the type check, both AD modes, reference evaluation, machine code, tests and reference
page. The vjp is never written: it is linearize followed by transpose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from adc.ir.builder import Builder
from adc.ir.core import Atom, Block, Equation, Params, Type, Value


@dataclass(frozen=True, slots=True)
class NonDifferentiable:
    """Stands in the `jvp` slot: results carry no tangent, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Kink:
    """Where a primitive is not differentiable and what its partials are there.

    `at`: points (one float per operand) on the kink; `value`: the partials taken there, None where the
    operand is inactive; `clarke`: per partial the closed interval of Clarke's set, or None when not Lipschitz.
    """

    locus: str
    at: tuple[tuple[float, ...], ...]
    value: tuple[float | None, ...]
    clarke: tuple[tuple[float, float] | None, ...]
    why: str


InferRule = Callable[[Sequence[Atom], Params, Sequence[Block]], tuple[Type, ...]]
Tangent = Atom | None  # None is the symbolic zero

# (builder, equation, tangents of the operands) -> tangents of the results. The builder already holds the equation.
JvpRule = Callable[[Builder, Equation, Sequence[Tangent]], tuple[Tangent, ...]]

# (builder, equation, cotangents of the results or None, which operands are linear) -> cotangents of the operands.
# Only linear operands get one; None is the symbolic zero. Non-linear operands are available as they are.
TransposeRule = Callable[
    [Builder, Equation, Sequence[Atom | None], Sequence[bool]], tuple[Atom | None, ...]
]


class Family(Enum):
    """What a primitive acts on. The rules of structured ones, which have regions or effects, live in
    `adc.transforms`."""

    SCALAR = "scalar"
    ARRAY = "array"
    STRUCTURED = "structured"


class Fails(Enum):
    """What ends a run in an error instead of a result; where none of it can happen, equations may move freely."""

    NEVER = "never"
    OUTSIDE = "an index is outside its array"
    ZERO_DIVISOR = "an integer is divided by 0"
    NAN = "NaN becomes an integer"
    NEGATIVE_POWER = "an integer is raised to a negative power"
    ANYHOW = "only the run tells; or it does not end"


class Evaluate(Protocol):
    """NumPy meaning of an unstructured primitive: operands and params to the tuple of results."""

    def __call__(self, *operands: object, **params: object) -> object: ...


@dataclass(frozen=True, slots=True)
class Primitive:
    """One primitive. Slots that do not apply are None; `table.audit` lists what is missing without a reason.

    `reference` names the NumPy meaning as text, "module:function", resolved on first use, so that type
    checking loads no NumPy. `lower` names what machine code does, in the vocabulary of the lowering:
    "fadd", "intrinsic:sqrt", "kernel:exp", "libm:erf", "own:relu", "lapack:getrf", "memory:index"; a bar
    separates the float from the integer (or boolean) form, "fadd|add"; see `adc.lowering`.
    `arity` is None for structured primitives and where indices or sizes follow. `domain` gives one (low, high) per
    operand for random tests;
    `special` lists operands tested on top. `ulp` bounds |native - exact| in units in the last place (f64).
    """

    name: str
    doc: str
    infer: InferRule
    reference: str | None = None
    jvp: JvpRule | NonDifferentiable | None = None
    transpose: TransposeRule | None = None
    kinks: tuple[Kink, ...] = ()
    domain: tuple[tuple[float, float], ...] = ()
    special: tuple[tuple[float, ...], ...] = ()
    algebra: frozenset[str] = frozenset()  # "commutative", "associative", "idempotent"
    neutral: Mapping[str, float] = field(
        default_factory=dict
    )  # exactly neutral on that side, "left" or "right"
    fails: Fails = Fails.NEVER
    lower: str | None = None
    source: str = ""
    ulp: float = 0.5
    arity: int | None = None
    family: Family = Family.SCALAR
    mp: str | None = None  # the same function in mpmath, for tests: "mpmath:exp"


def require(condition: bool, message: str) -> None:
    """The IR's own invariants; a failure is a fault of adc, not of the user."""
    if not condition:
        raise TypeError(message)


def is_linear(operand: Atom, linear: set[Value]) -> bool:
    """Whether an atom is one of the linear values."""
    return isinstance(operand, Value) and operand in linear
