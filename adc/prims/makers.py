"""Makers of scalar primitives: they fill the slots that whole families share.

A family gives its operand types once (`accepts`) and its derivative as partial derivatives, written as
formulas over the operands and the result; the tangent is the sum of `partial * tangent`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from math import inf, nan
from typing import TypedDict, Unpack

from adc.ir.builder import Builder
from adc.ir.core import BOOL, Atom, Block, Equation, Params, Type, literal
from adc.prims.formula import Term
from adc.prims.primitive import (
    Fails,
    InferRule,
    JvpRule,
    Kink,
    NonDifferentiable,
    Primitive,
    Tangent,
    TransposeRule,
)
from adc.types.core import DType

DTypes = frozenset[DType]
FLOATS: DTypes = frozenset({DType.F64, DType.F32})
NUMBERS: DTypes = FLOATS | {DType.I64, DType.I32}
BOOLS: DTypes = frozenset({DType.BOOL})
ANY: DTypes = NUMBERS | BOOLS

EDGES = (0.0, -0.0, 1.0, -1.0, inf, -inf, nan)
UNARY_EDGES = tuple((x,) for x in EDGES)

CONSTANT_PIECES = NonDifferentiable(
    "constant between its jumps: the derivative is 0 wherever it exists"
)
NO_TANGENT = NonDifferentiable("the result is no real number, so it has no tangent")


class Slots(TypedDict, total=False):
    """The slots that makers hand on to `Primitive` as they are."""

    transpose: TransposeRule
    kinks: tuple[Kink, ...]
    domain: tuple[tuple[float, float], ...]
    special: tuple[tuple[float, ...], ...]
    algebra: frozenset[str]
    neutral: Mapping[str, float]
    fails: Fails
    lower: str
    source: str
    ulp: float
    mp: str | None


Partial = Callable[..., Term]  # (operands..., result) -> the partial derivative by one operand


def scalar(
    name: str,
    doc: str,
    *,
    arity: int,
    reference: str,
    jvp: JvpRule | NonDifferentiable,
    accepts: DTypes = FLOATS,
    gives: Type | None = None,
    **slots: Unpack[Slots],
) -> Primitive:
    """A primitive on `arity` scalars of one type out of `accepts`; the result has it too, or is `gives`."""
    infer = infer_alike(name, arity, accepts, gives)
    slots.setdefault("special", tuple(product(EDGES, repeat=arity)))
    slots.setdefault("domain", ((-10.0, 10.0),) * arity)
    return Primitive(name, doc, infer, reference, jvp, arity=arity, **slots)


def unary(
    name: str,
    doc: str,
    *,
    reference: str,
    derivative: Callable[[Term, Term], Term],
    **slots: Unpack[Slots],
) -> Primitive:
    """A differentiable function of one float; `derivative(x, y)` may use the result y where that is cheaper."""
    rule = from_partials(derivative)
    return scalar(name, doc, arity=1, reference=reference, jvp=rule, **slots)


def predicate(
    name: str, doc: str, *, arity: int, reference: str, accepts: DTypes, **slots: Unpack[Slots]
) -> Primitive:
    """A question about scalars."""
    return scalar(
        name,
        doc,
        arity=arity,
        reference=reference,
        jvp=NO_TANGENT,
        accepts=accepts,
        gives=BOOL,
        **slots,
    )


# ---- type rules --------------------------------------------------------------------------------------


def infer_alike(name: str, arity: int, accepts: DTypes, gives: Type | None = None) -> InferRule:
    """All operands are scalars of one type out of `accepts`."""

    def infer(
        operands: Sequence[Atom], params: Params, regions: Sequence[Block]
    ) -> tuple[Type, ...]:
        if len(operands) != arity:
            raise TypeError(f"{name}: {arity} operands, found {len(operands)}")
        first = operands[0].type
        for a in operands:
            require_scalar(name, a, accepts)
            if a.type.dtype is not first.dtype:
                raise TypeError(f"{name}: operands of one type, found {first} and {a.type}")
        return (first if gives is None else gives,)

    return infer


def require_scalar(name: str, a: Atom, accepts: DTypes) -> None:
    """`a` must be a scalar of a type out of `accepts`."""
    t = a.type
    if t.shape or t.is_ref or t.dtype not in accepts:
        wanted = ", ".join(sorted(d.value for d in accepts))
        raise TypeError(f"{name}: a scalar out of {wanted}, found {t}")


# ---- derivative rules --------------------------------------------------------------------------------


def from_partials(*partials: Partial | None) -> JvpRule:
    """The rule that sums `partial(operands..., result) * tangent`; None where an operand has no tangent."""

    def jvp(b: Builder, e: Equation, tangents: Sequence[Tangent]) -> tuple[Tangent, ...]:
        terms = [Term(b, a) for a in (*e.operands, e.results[0])]
        total: Tangent = None
        for partial, t in zip(partials, tangents, strict=True):
            if partial is not None and t is not None:
                total = add_tangents(b, total, b.one("mul", partial(*terms).atom, t))
        return (total,)

    return jvp


def add_tangents(b: Builder, x: Tangent, y: Tangent) -> Tangent:
    """The sum of two scalar tangents or cotangents, either of which may be the symbolic zero."""
    if x is None or y is None:
        return y if x is None else x
    return b.one("add", x, y)


def linear(b: Builder, e: Equation, tangents: Sequence[Tangent]) -> tuple[Tangent, ...]:
    """The rule of a function that is linear in all its operands together: itself, on the tangents."""
    if all(t is None for t in tangents):
        return (None,)
    at = [zero_like(a, t) for a, t in zip(e.operands, tangents, strict=True)]
    return (b.one(e.op, *at),)


def zero_like(primal: Atom, tangent: Tangent) -> Atom:
    """The tangent of a scalar, the symbolic zero made a literal."""
    return literal(0.0, primal.type.dtype) if tangent is None else tangent
