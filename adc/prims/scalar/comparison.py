"""Comparisons, choice, and the piecewise functions made of them: abs, sign, max, min, clamp, relu.

At a kink the derivative is the mean of the one-sided ones: an element of Clarke's set that is right more
often than either end when kinks cancel in a sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import inf

from adc.ir.builder import Builder
from adc.ir.core import Atom, Block, Equation, Params, Type
from adc.prims.formula import Term, apply, where
from adc.prims.makers import (
    ANY,
    BOOLS,
    CONSTANT_PIECES,
    EDGES,
    FLOATS,
    NUMBERS,
    add_tangents,
    from_partials,
    predicate,
    require_scalar,
    scalar,
    zero_like,
)
from adc.prims.primitive import Kink, Primitive, Tangent, require

_IEEE = "IEEE 754-2019 5.11"


# ---- extrema -----------------------------------------------------------------------------------------


def _share(chosen: str, x: Term, y: Term) -> Term:
    """The share of x in an extremum of x and y: 1 where `chosen` holds between them, 1/2 on a tie, else 0."""
    return where(apply(chosen, x, y), 1.0, where(apply("eq", x, y), x.like(0.5), 0.0))


def _mix(b: Builder, share: Term, dx: Tangent, dy: Tangent) -> Tangent:
    """`share dx + (1 - share) dy`."""
    first = None if dx is None else b.one("mul", share.atom, dx)
    second = None if dy is None else b.one("mul", (1.0 - share).atom, dy)
    return add_tangents(b, first, second)


def _jvp_max(b: Builder, e: Equation, tangents: Sequence[Tangent]) -> tuple[Tangent, ...]:
    x, y = (Term(b, a) for a in e.operands)
    return (_mix(b, _share("gt", x, y), *tangents),)


def _jvp_min(b: Builder, e: Equation, tangents: Sequence[Tangent]) -> tuple[Tangent, ...]:
    x, y = (Term(b, a) for a in e.operands)
    return (_mix(b, _share("lt", x, y), *tangents),)


def _jvp_clamp(b: Builder, e: Equation, tangents: Sequence[Tangent]) -> tuple[Tangent, ...]:
    """As `min(max(x, low), high)`, also where low and high tie or are the wrong way round."""
    x, low, high = (Term(b, a) for a in e.operands)
    dx, d_low, d_high = tangents
    raised = apply("max", x, low)
    inner = _mix(b, _share("gt", x, low), dx, d_low)
    return (_mix(b, _share("lt", raised, high), inner, d_high),)


# ---- choice ------------------------------------------------------------------------------------------


def _infer_select(
    operands: Sequence[Atom], params: Params, regions: Sequence[Block]
) -> tuple[Type, ...]:
    require(len(operands) == 3, "select: a bool and two scalars")
    p, x, y = operands
    require_scalar("select", p, BOOLS)
    require_scalar("select", x, ANY)
    require(x.type == y.type, f"select: both choices of one type, found {x.type} and {y.type}")
    return (x.type,)


def _jvp_select(b: Builder, e: Equation, tangents: Sequence[Tangent]) -> tuple[Tangent, ...]:
    p = e.operands[0]
    _, dx, dy = tangents
    if dx is None and dy is None:
        return (None,)
    return (b.one("select", p, zero_like(e.operands[1], dx), zero_like(e.operands[2], dy)),)


def _transpose_select(
    b: Builder, e: Equation, cts: Sequence[Atom | None], linear: Sequence[bool]
) -> tuple[Atom | None, ...]:
    (ct,), (p, x, _) = cts, e.operands
    if ct is None:
        return (None, None, None)
    zero = zero_like(x, None)
    return (
        None,
        b.one("select", p, ct, zero) if linear[1] else None,
        b.one("select", p, zero, ct) if linear[2] else None,
    )


# ---- the records -------------------------------------------------------------------------------------


def _comparison(
    name: str, doc: str, reference: str, lower: str, mp: str, *algebra: str
) -> Primitive:
    return predicate(
        name,
        doc,
        arity=2,
        accepts=ANY,
        reference=reference,
        lower=lower,
        source=_IEEE,
        mp=mp,
        algebra=frozenset(algebra),
    )


def _connective(name: str, doc: str, reference: str, mp: str, neutral: float) -> Primitive:
    return predicate(
        name,
        doc,
        arity=2,
        accepts=BOOLS,
        reference=reference,
        lower=name,
        domain=((0.0, 1.0),) * 2,
        special=tuple(product((0.0, 1.0), repeat=2)),
        algebra=frozenset({"commutative", "associative", "idempotent"}),
        neutral={"left": neutral, "right": neutral},
        source="Boole",
        mp=mp,
    )


_TIES = ((0.0, 0.0), (1.0, 1.0), (-2.5, -2.5))
_UNIT = (0.0, 1.0)

PRIMITIVES: tuple[Primitive, ...] = (
    _comparison("eq", "x == y", "numpy:equal", "fcmp:oeq|icmp:eq", "operator:eq", "commutative"),
    _comparison(
        "ne", "x != y", "numpy:not_equal", "fcmp:une|icmp:ne", "operator:ne", "commutative"
    ),
    _comparison("lt", "x < y", "numpy:less", "fcmp:olt|icmp:slt", "operator:lt"),
    _comparison("le", "x <= y", "numpy:less_equal", "fcmp:ole|icmp:sle", "operator:le"),
    _comparison("gt", "x > y", "numpy:greater", "fcmp:ogt|icmp:sgt", "operator:gt"),
    _comparison("ge", "x >= y", "numpy:greater_equal", "fcmp:oge|icmp:sge", "operator:ge"),
    _connective("and", "both hold", "numpy:logical_and", "operator:and_", 1.0),
    _connective("or", "one of them holds, or both", "numpy:logical_or", "operator:or_", 0.0),
    predicate(
        "not",
        "x does not hold",
        arity=1,
        accepts=BOOLS,
        reference="numpy:logical_not",
        lower="not",
        domain=((0.0, 1.0),),
        special=((0.0,), (1.0,)),
        source="Boole",
        mp="operator:not_",
    ),
    predicate(
        "isnan",
        "x is not a number",
        arity=1,
        accepts=FLOATS,
        reference="numpy:isnan",
        lower="own:isnan",
        source="IEEE 754-2019 5.7.2",
        mp="mpmath:isnan",
    ),
    predicate(
        "isfinite",
        "x is neither infinite nor NaN",
        arity=1,
        accepts=FLOATS,
        reference="numpy:isfinite",
        lower="own:isfinite",
        source="IEEE 754-2019 5.7.2",
        mp="mpmath:isfinite",
    ),
    Primitive(
        "select",
        "x where p holds, else y; both are evaluated",
        _infer_select,
        "adc.reference.numerics:select",
        _jvp_select,
        _transpose_select,
        domain=(_UNIT, (-10.0, 10.0), (-10.0, 10.0)),
        special=tuple(product((0.0, 1.0), EDGES, EDGES)),
        lower="select",
        source="LLVM language reference, select",
        arity=3,
    ),
    scalar(
        "abs",
        "|x|; the smallest integer stays",
        arity=1,
        accepts=NUMBERS,
        reference="numpy:absolute",
        jvp=from_partials(lambda x, y: apply("sign", x)),
        kinks=(Kink("x == 0", ((0.0,),), (0.0,), ((-1.0, 1.0),), "mean of -1 and 1"),),
        algebra=frozenset({"idempotent"}),
        lower="intrinsic:fabs|intrinsic:abs",
        source="IEEE 754-2019 5.5.1",
        mp="mpmath:fabs",
    ),
    scalar(
        "sign",
        "-1, 0 or 1 as x is negative, zero or positive; NaN stays",
        arity=1,
        accepts=NUMBERS,
        reference="numpy:sign",
        jvp=CONSTANT_PIECES,
        kinks=(Kink("x == 0", ((0.0,),), (0.0,), (None,), "it jumps"),),
        lower="own:sign",
        source="numpy.sign",
        mp="mpmath:sign",
    ),
    scalar(
        "max",
        "the larger of x and y; NaN if either is, and 0 is above -0",
        arity=2,
        accepts=NUMBERS,
        reference="adc.reference.numerics:maximum",
        jvp=_jvp_max,
        kinks=(Kink("x == y", _TIES, (0.5, 0.5), (_UNIT, _UNIT), "mean of the two sides"),),
        algebra=frozenset({"commutative", "associative", "idempotent"}),
        neutral={"left": -inf, "right": -inf},
        lower="intrinsic:maximum|intrinsic:smax",
        source="IEEE 754-2019 9.6",
        mp="builtins:max",
    ),
    scalar(
        "min",
        "the smaller of x and y; NaN if either is, and -0 is below 0",
        arity=2,
        accepts=NUMBERS,
        reference="adc.reference.numerics:minimum",
        jvp=_jvp_min,
        kinks=(Kink("x == y", _TIES, (0.5, 0.5), (_UNIT, _UNIT), "mean of the two sides"),),
        algebra=frozenset({"commutative", "associative", "idempotent"}),
        neutral={"left": inf, "right": inf},
        lower="intrinsic:minimum|intrinsic:smin",
        source="IEEE 754-2019 9.6",
        mp="builtins:min",
    ),
    scalar(
        "clamp",
        "min(max(x, low), high)",
        arity=3,
        accepts=NUMBERS,
        reference="adc.reference.numerics:clamp",
        jvp=_jvp_clamp,
        domain=((-10.0, 10.0), (-5.0, 0.0), (0.5, 5.0)),
        kinks=(
            Kink(
                "x == low", ((0.0, 0.0, 1.0),), (0.5, 0.5, 0.0), (_UNIT, _UNIT, (0.0, 0.0)), "mean"
            ),
            Kink(
                "x == high", ((1.0, 0.0, 1.0),), (0.5, 0.0, 0.5), (_UNIT, (0.0, 0.0), _UNIT), "mean"
            ),
            Kink(
                "x == low == high",
                ((1.0, 1.0, 1.0),),
                (0.25, 0.25, 0.5),
                (_UNIT, _UNIT, _UNIT),
                "as the min of a max; the shares sum to 1",
            ),
        ),
        lower="own:clamp",
        source="definition of ADL",
    ),
    scalar(
        "relu",
        "max(x, 0)",
        arity=1,
        reference="adc.reference.numerics:relu",
        jvp=from_partials(lambda x, y: _share("gt", x, x.like(0.0))),
        kinks=(Kink("x == 0", ((0.0,),), (0.5,), (_UNIT,), "mean of 0 and 1"),),
        algebra=frozenset({"idempotent"}),
        lower="own:relu",
        source="Fukushima 1969",
    ),
)
