"""Operators, comparisons, conversions and scalar functions, by their names.

Operations on literals alone are done here, so that an expression of literals is itself a literal.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence

from adc.diagnostics import Error
from adc.frontends.context import Context, is_i64
from adc.frontends.elements import describe, element_type, field_pairs, fit, pull, row_at
from adc.frontends.lifting import (
    NO_MARKS,
    NOWHERE,
    Marks,
    Places,
    common_dims,
    common_element,
    lift,
    operate,
    refuse_structure,
)
from adc.frontends.problems import BAD_ARGUMENT, TYPE_MISMATCH, WRONG_ARITY
from adc.frontends.scalars import Operation, Takes
from adc.frontends.unify import OpenType, typed
from adc.frontends.values import Abstract, Constant, Leaf, Product, Pull, Rows, known_literal
from adc.ir.core import BOOL, Atom, Literal
from adc.types.core import DType

# ---- operators -------------------------------------------------------------------------------------

Folded = int | float
_NUMBERS = Takes.NUMBERS
ADD = Operation("add", 2, _NUMBERS, symbol="+")
SUB = Operation("sub", 2, _NUMBERS, symbol="-")
MUL = Operation("mul", 2, _NUMBERS, symbol="*")
DIV = Operation("div", 2, Takes.FLOATS, symbol="/")
QUOTIENT = Operation("floordiv", 2, _NUMBERS, symbol="//")
REMAINDER = Operation("mod", 2, _NUMBERS, symbol="%")
NEG = Operation("neg", 1, _NUMBERS, symbol="-")
AND = Operation("and", 2, Takes.BOOLS, symbol="&&")
OR = Operation("or", 2, Takes.BOOLS, symbol="||")
NOT = Operation("not", 1, Takes.BOOLS, symbol="!")


def _foldable(
    operation: Operation, fold: Callable[[Folded, Folded], Folded]
) -> Callable[[Context, Abstract, Abstract, Places, Marks], Abstract]:
    """The operator; between literals it is done now, if it has a finite value."""

    def apply(cx: Context, a: Abstract, b: Abstract, places: Places, marks: Marks) -> Abstract:
        folded = fold_constants(fold, (a, b))
        return folded or operate(cx, operation, (a, b), places, marks)

    return apply


def fold_constants(fold: Callable[..., Folded], args: Sequence[Abstract]) -> Constant | None:
    """The result when all are literals and it is a finite number."""
    numbers = [a.value for a in args if isinstance(a, Constant)]
    if len(numbers) != len(args):
        return None
    try:
        result = fold(*numbers)
    except ArithmeticError:
        return None
    is_number = isinstance(result, int | float) and math.isfinite(result)
    return Constant(result) if is_number and abs(result) < _LARGEST else None


_LARGEST = 1 << 1000  # a literal larger than this would only be made by accident


def divide(cx: Context, a: Abstract, b: Abstract, places: Places, marks: Marks) -> Abstract:
    """`a / b`: integers are made f64 first."""
    folded = fold_constants(operator.truediv, (a, b))
    if folded is not None:
        return folded
    integers = Operation("div", 2, _NUMBERS, symbol="/")
    element = common_element(cx, integers, (a, b), places)
    if not isinstance(element, OpenType) and element.is_integer:
        a, b = (convert(cx, fit(cx, v, element), DType.F64) for v in (a, b))
    return operate(cx, DIV, (a, b), places, marks)


def power(cx: Context, a: Abstract, b: Abstract, places: Places, marks: Marks) -> Abstract:
    """`a ** b`: repeated multiplication for an integer exponent, else the power function."""
    folded = fold_constants(_fold_power, (a, b))
    if folded is not None:
        return folded
    base_kind = Operation("powi", 1, _NUMBERS, symbol="**")
    refuse_structure(cx, Operation("pow", 2, _NUMBERS, symbol="**"), (a, b), places)
    if (isinstance(b, Constant) and b.is_float) or not _is_integer(cx, b):
        return operate(cx, Operation("pow", 2, symbol="**"), (a, b), places, marks)
    element = common_element(cx, base_kind, (a,), places)
    exponent = fit(cx, b, DType.I64)
    parts = ((fit(cx, a, element), element), (exponent, DType.I64))

    def emit(operands: Sequence[Atom]) -> Atom:
        return cx.one("powi", operands, typed(element))

    return lift(cx, parts, element, emit, "**", places, marks)


def _is_integer(cx: Context, value: Abstract) -> bool:
    if isinstance(value, Constant):
        return True
    element = element_type(cx, value)
    return not element.is_float and element is not DType.BOOL


def _fold_power(a: Folded, b: Folded) -> Folded:
    if abs(b) > 1024:
        raise OverflowError
    result = a**b
    if isinstance(result, complex):
        raise ArithmeticError
    return result


ARITHMETIC: Mapping[str, Callable[[Context, Abstract, Abstract, Places, Marks], Abstract]] = {
    "+": _foldable(ADD, operator.add),
    "-": _foldable(SUB, operator.sub),
    "*": _foldable(MUL, operator.mul),
    "//": _foldable(QUOTIENT, operator.floordiv),
    "%": _foldable(REMAINDER, operator.mod),
    "/": divide,
    "**": power,
}


def negate(cx: Context, a: Abstract, places: Places) -> Abstract:
    return fold_constants(operator.neg, (a,)) or operate(cx, NEG, (a,), places)


# ---- comparisons -----------------------------------------------------------------------------------

_COMPARISONS: Mapping[str, tuple[Operation, Callable[[Folded, Folded], bool]]] = {
    "<": (Operation("lt", 2, _NUMBERS, True, "<"), operator.lt),
    "<=": (Operation("le", 2, _NUMBERS, True, "<="), operator.le),
    ">": (Operation("gt", 2, _NUMBERS, True, ">"), operator.gt),
    ">=": (Operation("ge", 2, _NUMBERS, True, ">="), operator.ge),
    "==": (Operation("eq", 2, Takes.ANYTHING, True, "=="), operator.eq),
    "!=": (Operation("ne", 2, Takes.ANYTHING, True, "!="), operator.ne),
}


def compare(
    cx: Context,
    symbol: str,
    a: Abstract,
    b: Abstract,
    places: Places = NOWHERE,
    marks: Marks = NO_MARKS,
) -> Abstract:
    """A comparison; tuples and records are equal when all their fields are."""
    operation, fold = _COMPARISONS[symbol]
    if isinstance(a, Constant) and isinstance(b, Constant):
        return Leaf(Literal(BOOL, fold(a.value, b.value)))
    x, y = _known_count(a), _known_count(b)
    if x is not None and y is not None:
        return Leaf(Literal(BOOL, fold(x, y)))
    if operation.takes is Takes.ANYTHING and isinstance(a, Product) and isinstance(b, Product):
        return _compare_fields(cx, symbol, a, b, places)
    if operation.takes is Takes.ANYTHING and isinstance(a, Rows) and isinstance(b, Rows):
        return _compare_rows(cx, symbol, a, b, places)
    return operate(cx, operation, (a, b), places, marks)


def _known_count(value: Abstract) -> int | None:
    """An i64 known now, as sizes are where a definition is inlined: an `if` on it then has one branch."""
    number = known_literal(value)
    is_whole = isinstance(value, Constant) or (isinstance(value, Leaf) and is_i64(value.atom.type))
    return number if is_whole and type(number) is int else None


def _compare_rows(cx: Context, symbol: str, a: Rows, b: Rows, places: Places) -> Abstract:
    """Arrays of tuples or records, element by element."""
    if field_pairs(a.row, b.row) is None:
        raise _of_two_types(cx, symbol, a, b, places)
    dims = common_dims(cx, (a, b), symbol, places)

    def rule(indices: Sequence[Atom]) -> Atom:
        same = compare(cx, symbol, row_at(cx, a, indices), row_at(cx, b, indices))
        assert isinstance(same, Leaf)
        return same.atom

    return pull(cx, DType.BOOL, dims, rule, 2)


def _of_two_types(cx: Context, symbol: str, a: Abstract, b: Abstract, places: Places) -> Error:
    found = f"{describe(cx, a)} and {describe(cx, b)}"
    title = f"`{symbol}` takes operands of one type, found {found}"
    return places.wrong(cx, TYPE_MISMATCH, title, (a, b))


def _compare_fields(cx: Context, symbol: str, a: Product, b: Product, places: Places) -> Abstract:
    pairs = field_pairs(a, b)
    if pairs is None:
        raise _of_two_types(cx, symbol, a, b, places)
    combine = AND if symbol == "==" else OR
    total: Abstract = Leaf(Literal(BOOL, symbol == "=="))
    for k, (x, y) in enumerate(pairs):
        same = _as_truth(cx, compare(cx, symbol, x, y), symbol)
        total = same if k == 0 else operate(cx, combine, (total, same))
    return total


def _as_truth(cx: Context, value: Abstract, symbol: str) -> Abstract:
    """One truth value of an array of them: equal when all elements are."""
    if not isinstance(value, Pull):
        return value
    with cx.region() as frame:
        indices = [cx.counter("i", cx.poly(d)) for d in value.dims]
        block = cx.block(frame, indices, (value.element(indices),))
    extents = [cx.size(cx.poly(d)) for d in value.dims]
    ops = ("and" if symbol == "==" else "or",)
    return Leaf(cx.one("reduce", extents, BOOL, regions=(block,), ops=ops))


# ---- conversions -----------------------------------------------------------------------------------


def convert(cx: Context, value: Abstract, to: DType) -> Abstract:
    """`f64(e)` and its kin, on scalars and arrays."""
    if isinstance(value, Constant):
        if to is DType.BOOL:
            return Leaf(Literal(BOOL, value.value != 0))
        number = value.value if to.is_float else math.trunc(value.value)
        return fit(cx, Constant(number), to)
    if isinstance(value, Product | Rows) or not isinstance(value, Leaf | Pull):
        raise cx.wrong(TYPE_MISMATCH, f"`{to.value}` converts numbers, found {describe(cx, value)}")
    source = element_type(cx, value)
    if source is to:
        return value

    def emit(operands: Sequence[Atom]) -> Atom:
        return cx.one("convert", operands, typed(to), to=to)

    return lift(cx, ((value, source),), to, emit, to.value)


# ---- functions by name -----------------------------------------------------------------------------

_FLOAT_FUNCTIONS = """
    exp log log1p expm1 sqrt cbrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh
    erf erfc lgamma digamma sigmoid softplus relu floor ceil round trunc
"""

OPERATIONS: Mapping[str, Operation] = {
    **{name: Operation(name, 1) for name in _FLOAT_FUNCTIONS.split()},
    "isnan": Operation("isnan", 1, Takes.FLOATS, True),
    "isfinite": Operation("isfinite", 1, Takes.FLOATS, True),
    "abs": Operation("abs", 1, _NUMBERS),
    "sign": Operation("sign", 1, _NUMBERS),
    "atan2": Operation("atan2", 2),
    "hypot": Operation("hypot", 2),
    "fma": Operation("fma", 3),
    "clamp": Operation("clamp", 3, _NUMBERS),
    "max": Operation("max", 2, _NUMBERS),
    "min": Operation("min", 2, _NUMBERS),
}


def call_operation(
    cx: Context,
    name: str,
    args: Sequence[Abstract],
    places: Places = NOWHERE,
    marks: Marks = NO_MARKS,
) -> Abstract:
    """A scalar function by its surface name."""
    operation = OPERATIONS[name]
    if len(args) != operation.arity:
        count = operation.arity
        raise cx.wrong(
            WRONG_ARITY, f"`{name}` takes {count} argument{'s' * (count > 1)}, found {len(args)}"
        )
    return operate(cx, operation, args, places, marks)


def polygamma(cx: Context, args: Sequence[Abstract]) -> Abstract:
    """`polygamma(order, x)`, the order a literal: what derivatives of `digamma` are made of."""
    if len(args) != 2 or not isinstance(args[0], Constant) or args[0].is_float:
        raise cx.wrong(BAD_ARGUMENT, "`polygamma` takes a literal order and a number")
    order = args[0].value
    element = common_element(cx, Operation("polygamma", 1), args[1:])
    part = (fit(cx, args[1], element), element)

    def emit(operands: Sequence[Atom]) -> Atom:
        return cx.one("polygamma", operands, typed(element), order=order)

    return lift(cx, (part,), element, emit, "polygamma")
