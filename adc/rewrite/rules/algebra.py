"""Laws of scalar arithmetic that keep every bit: they hold for NaN, infinities and both zeros.

Not here, because they do not: x + 0 -> x (0 + -0 is 0), x * 0 -> 0, x - x -> 0, -(a - b) -> b - a.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import frexp, isfinite

from adc.ir.builder import Builder
from adc.ir.core import Atom, Equation, Literal, Value, literal
from adc.rewrite.matching import is_number, is_truth, same_atom
from adc.rewrite.rule import rule
from adc.rewrite.scope import Scope

# ---- neutral elements ----------------------------------------------------------------------------


@rule("add", "sub", "mul", "div", "pow", "powi", "and", "or", "max", "min")
def neutral_operand(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """x op neutral -> x"""
    neutral = scope.table[e.op].neutral
    x, y = e.operands
    if "right" in neutral and _is_constant(y, neutral["right"]) and x.type == e.results[0].type:
        return (x,)
    if "left" in neutral and _is_constant(x, neutral["left"]):
        return (y,)
    return None


def _is_constant(a: Atom, value: float) -> bool:
    return is_truth(a, bool(value)) or is_number(a, value)


@rule("add")
def add_zero(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """x + 0 -> x where x is no -0"""
    for x, zero in (e.operands, e.operands[::-1]):
        if is_number(zero, 0) and is_never_negative_zero(x, scope):
            return (x,)
    return None


def is_never_negative_zero(a: Atom, scope: Scope) -> bool:
    """Whether a number is certainly not -0."""
    if not a.type.dtype.is_float:
        return True
    if isinstance(a, Literal):
        return not is_number(a, -0.0)
    e = scope.definition(a)
    test = None if e is None else _NO_NEGATIVE_ZERO.get(e.op)
    return test is not None and e is not None and test(e)


def _always(e: Equation) -> bool:
    return True


def _is_square(e: Equation) -> bool:
    return e.operands[0] is e.operands[1]


def _is_from_integer(e: Equation) -> bool:
    return not e.operands[0].type.dtype.is_float


def _adds_positive_zero(e: Equation) -> bool:
    return any(isinstance(a, Literal) and not is_number(a, -0.0) for a in e.operands)


_NO_NEGATIVE_ZERO: Mapping[str, Callable[[Equation], bool]] = {
    **dict.fromkeys(("abs", "exp", "cosh", "sigmoid", "softplus", "relu", "hypot"), _always),
    "mul": _is_square,
    "convert": _is_from_integer,
    "add": _adds_positive_zero,
}


# ---- signs ---------------------------------------------------------------------------------------


@rule("neg")
def neg_neg(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """-(-x) -> x"""
    inner = scope.defined_by(e.operands[0], "neg")
    return None if inner is None else inner.operands


@rule("mul", "div")
def times_minus_one(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """x * -1 -> -x; x / -1 -> -x"""
    x, y = e.operands
    if is_number(y, -1):
        return (b.one("neg", x),)
    if is_number(x, -1) and e.op == "mul":
        return (b.one("neg", y),)
    return None


@rule("add")
def add_neg(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """x + -y -> x - y"""
    x, y = e.operands
    if negative := scope.defined_by(y, "neg"):
        return (b.one("sub", x, negative.operands[0]),)
    if negative := scope.defined_by(x, "neg"):
        return (b.one("sub", y, negative.operands[0]),)
    return None


@rule("sub")
def sub_neg(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """x - -y -> x + y"""
    x, y = e.operands
    negative = scope.defined_by(y, "neg")
    return None if negative is None else (b.one("add", x, negative.operands[0]),)


@rule("sub")
def zero_minus(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """-0 - x -> -x; for integers 0 - x -> -x"""
    x, y = e.operands
    zero = -0.0 if x.type.dtype.is_float else 0
    return (b.one("neg", y),) if is_number(x, zero) else None


@rule("mul", "div")
def neg_times_neg(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """-x * -y -> x * y; -x / -y -> x / y"""
    x, y = (scope.defined_by(a, "neg") for a in e.operands)
    return None if x is None or y is None else (b.one(e.op, x.operands[0], y.operands[0]),)


@rule("mul", "div")
def neg_times_literal(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """-x * c -> x * -c; -x / c -> x / -c"""
    for position, other in ((0, 1), (1, 0)):
        c, negative = e.operands[other], scope.defined_by(e.operands[position], "neg")
        if isinstance(c, Literal) and c.type.dtype.is_float and negative is not None:
            operands = list(e.operands)
            operands[position], operands[other] = negative.operands[0], _negated(c)
            return (b.one(e.op, *operands),)
    return None


@rule("neg")
def neg_of_product(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """-(x * c) -> x * -c; -(x / c) -> x / -c; -(c / x) -> -c / x

    A product that is used elsewhere too stays, and a sign is cheaper than a product.
    """
    inner = scope.defined_by(e.operands[0], "mul", "div")
    if inner is None or scope.usage.count.get(inner.results[0], 0) > 1:
        return None
    x, y = inner.operands
    if isinstance(y, Literal) and y.type.dtype.is_float:
        return (b.one(inner.op, x, _negated(y)),)
    if isinstance(x, Literal) and x.type.dtype.is_float:
        return (b.one(inner.op, _negated(x), y),)
    return None


def _negated(c: Literal) -> Literal:
    return literal(-c.value, c.type.dtype)


@rule("abs", "cosh")
def even_of_neg(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """abs(-x) -> abs(x); cosh(-x) -> cosh(x)"""
    negative = scope.defined_by(e.operands[0], "neg")
    return None if negative is None else (b.one(e.op, negative.operands[0]),)


# ---- products and powers ---------------------------------------------------------------------------


@rule("div")
def div_by_power_of_two(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """x / 2**k -> x * 2**-k"""
    x, y = e.operands
    if not isinstance(y, Literal) or not isfinite(y.value) or y.value == 0:
        return None
    fraction, exponent = frexp(y.value)
    if abs(fraction) != 0.5 or abs(exponent) > 100:  # the reciprocal must be a normal number
        return None
    return (b.one("mul", x, literal(1.0 / y.value, y.type.dtype)),)


_LARGEST_POWER = 16


@rule("powi")
def powi_literal(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """x ** k -> products by squaring, lowest bit first, for a small literal k"""
    x, k = e.operands
    if not isinstance(k, Literal) or not 0 <= k.value <= _LARGEST_POWER:
        return None
    left, base = int(k.value), x
    result: Atom = literal(1, x.type.dtype)
    is_one = True
    while left:
        if left & 1:
            result = base if is_one else b.one("mul", result, base)
            is_one = False
        left >>= 1
        if left:
            base = b.one("mul", base, base)
    return (result,)


@rule("powi")
def powi_small(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """x ** 0 -> 1; x ** 1 -> x; x ** -1 -> 1 / x for floats"""
    x, k = e.operands
    if is_number(k, 0):
        return (literal(1, x.type.dtype),)
    if is_number(k, 1):
        return (x,)
    if is_number(k, -1) and x.type.dtype.is_float:
        return (b.one("div", literal(1, x.type.dtype), x),)
    return None


# ---- logic and choice ------------------------------------------------------------------------------


@rule("and", "or", "max", "min")
def idempotent(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """op(x, x) -> x for and, or, max, min"""
    x, y = e.operands
    return (x,) if same_atom(x, y) else None


@rule("and", "or")
def absorbing(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """p and false -> false; p or true -> true"""
    value = e.op == "or"
    return next(((a,) for a in e.operands if is_truth(a, value)), None)


@rule("not")
def not_not(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """not not p -> p"""
    inner = scope.defined_by(e.operands[0], "not")
    return None if inner is None else inner.operands


_OPPOSITE = {"eq": "ne", "ne": "eq", "lt": "ge", "ge": "lt", "le": "gt", "gt": "le"}


@rule("not")
def not_comparison(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """not (x == y) -> x != y; for integers not (x < y) -> x >= y and the like"""
    inner = scope.defined_by(e.operands[0], *_OPPOSITE)
    if inner is None:
        return None
    if inner.op not in ("eq", "ne") and inner.operands[0].type.dtype.is_float:
        return None  # with NaN both are false
    return (b.one(_OPPOSITE[inner.op], *inner.operands),)


@rule("select")
def select_known(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """select(true, x, y) -> x; select(false, x, y) -> y; select(p, x, x) -> x"""
    p, x, y = e.operands
    holds = scope.ranges.truth(p)
    if holds is not None:
        return (x,) if holds else (y,)
    return (x,) if same_atom(x, y) else None


@rule("select")
def select_not(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """select(not p, x, y) -> select(p, y, x)"""
    p, x, y = e.operands
    inner = scope.defined_by(p, "not")
    return None if inner is None else (b.one("select", inner.operands[0], y, x),)


@rule("select")
def select_of_truths(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """select(p, true, q) -> p or q; select(p, q, false) -> p and q"""
    p, x, y = e.operands
    if is_truth(x, True):
        return (b.one("or", p, y),)
    if is_truth(y, False):
        return (b.one("and", p, x),)
    if is_truth(x, False) and is_truth(y, True):
        return (b.one("not", p),)
    return None


@rule("select")
def select_same_choice(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """select(p, select(p, x, y), z) -> select(p, x, z); likewise in the other place"""
    p, x, y = e.operands
    for position in (1, 2):
        inner = scope.defined_by(e.operands[position], "select")
        if inner is not None and inner.operands[0] is p and isinstance(p, Value):
            chosen = inner.operands[position]
            return (b.one("select", p, *((chosen, y) if position == 1 else (x, chosen))),)
    return None


@rule("convert")
def convert_to_same(b: Builder, e: Equation, scope: Scope) -> Sequence[Atom] | None:
    """convert to the type that x has -> x"""
    return e.operands if e.operands[0].type == e.results[0].type else None


RULES = (
    neutral_operand,
    add_zero,
    neg_neg,
    times_minus_one,
    add_neg,
    sub_neg,
    zero_minus,
    neg_times_neg,
    neg_times_literal,
    neg_of_product,
    even_of_neg,
    div_by_power_of_two,
    powi_literal,
    powi_small,
    idempotent,
    absorbing,
    not_not,
    not_comparison,
    select_known,
    select_not,
    select_of_truths,
    select_same_choice,
    convert_to_same,
)
