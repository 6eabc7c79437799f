"""Scalar operations, on scalars at once and on arrays element by element.

An operation on arrays of equal shape is a `Pull`: no loop is made before somebody needs the array. Operations
on literals alone are done here, so that an expression of literals is itself a literal.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from adc.diagnostics import Span
from adc.frontends.context import Context
from adc.frontends.elements import (
    depth_of,
    describe,
    element_at,
    element_type,
    field_pairs,
    fit,
    is_literal_of,
    pull,
    shallow,
)
from adc.frontends.problems import (
    BAD_ARGUMENT,
    MIXED_TYPES,
    SHAPES_DIFFER,
    TYPE_MISMATCH,
    WRONG_ARITY,
)
from adc.frontends.unify import Element, OpenType, require_float, resolve, typed, unify
from adc.frontends.values import (
    Abstract,
    Constant,
    Leaf,
    Product,
    Pull,
    Rows,
    dims_of,
    is_array,
)
from adc.ir.core import BOOL, I64, Atom, Dim, Literal, index_literal
from adc.syntax.ast import Mark
from adc.types.core import DType

Marks = frozenset[Mark]
NO_MARKS: Marks = frozenset()
Places = Sequence[Span]


class Takes(Enum):
    """What operands an operation takes; all of them have one type."""

    NUMBERS = "numbers"
    FLOATS = "floats"
    BOOLS = "booleans"
    ANYTHING = "anything"


@dataclass(frozen=True, slots=True)
class Operation:
    """A scalar primitive as the surface language has it."""

    op: str
    arity: int
    takes: Takes = Takes.FLOATS
    is_test: bool = False
    symbol: str = ""

    @property
    def shown(self) -> str:
        return self.symbol or self.op


# ---- applying --------------------------------------------------------------------------------------


def operate(
    cx: Context,
    operation: Operation,
    args: Sequence[Abstract],
    places: Places = (),
    marks: Marks = NO_MARKS,
) -> Abstract:
    """The operation on scalars or arrays of one element type."""
    element = common_element(cx, operation, args, places)
    fitted = [(fit(cx, a, element), element) for a in args]
    result = DType.BOOL if operation.is_test else element

    def emit(operands: Sequence[Atom]) -> Atom:
        return emit_scalar(cx, operation.op, operands, result)

    return lift(cx, fitted, result, emit, operation.shown, places, marks)


Part = tuple[Abstract, Element]


def lift(
    cx: Context,
    parts: Sequence[Part],
    result: Element,
    emit: Callable[[Sequence[Atom]], Atom],
    shown: str,
    places: Places = (),
    marks: Marks = NO_MARKS,
) -> Abstract:
    """`emit` on scalars, or for every element of arrays of one shape; scalars go with every element."""
    values = [shallow(cx, v) for v, _ in parts]
    dims, readers = element_readers(cx, values, shown, places, marks)
    if not any(map(is_array, values)):
        return Leaf(emit([read(()) for read in readers]))

    def rule(indices: Sequence[Atom]) -> Atom:
        return emit([read(indices) for read in readers])

    return pull(cx, result, dims, rule, 1 + max(map(depth_of, values)))


Reader = Callable[[Sequence[Atom]], Atom]


def element_readers(
    cx: Context, values: Sequence[Abstract], shown: str, places: Places, marks: Marks
) -> tuple[tuple[Dim, ...], list[Reader]]:
    """The shape that the values have together, and how each is read at indices into it."""
    if Mark.BROADCAST in marks:
        return _broadcast(cx, values, shown, places)
    dims = common_dims(cx, values, shown, places) if any(map(is_array, values)) else ()
    return dims, [_reader(cx, v) for v in values]


def _reader(cx: Context, value: Abstract) -> Reader:
    return lambda indices: element_at(cx, value, indices)


def common_dims(
    cx: Context, values: Sequence[Abstract], shown: str, places: Places = ()
) -> tuple[Dim, ...]:
    """The one shape of all arrays among the values."""
    numbered = [(k, v) for k, v in enumerate(values) if is_array(v)]
    (at, first), *rest = numbered
    dims = dims_of(first)
    for k, other in rest:
        found = dims_of(other)
        sides = _sides(cx, values, places, (at, k))
        if len(found) != len(dims):
            raise cx.wrong(
                SHAPES_DIFFER,
                f"shapes differ in `{shown}`: {cx.shape_text(dims)} and {cx.shape_text(found)}",
                others=sides,
                notes=("arrays of equal shape go element by element; only scalars are spread",),
            )
        for one, two in zip(dims, found, strict=True):
            cx.require_equal(
                cx.poly(one),
                cx.poly(two),
                lambda a, b: f"sizes differ in `{shown}`: {a} and {b}",
                sides,
            )
    return dims


def _sides(
    cx: Context, values: Sequence[Abstract], places: Places, which: Sequence[int]
) -> list[tuple[Span, str]]:
    """Labels that tell the type of each side."""
    return [(places[k], f"this is {describe(cx, values[k])}") for k in which if k < len(places)]


def common_element(
    cx: Context, operation: Operation, args: Sequence[Abstract], places: Places = ()
) -> Element:
    """The element type that all operands have or can take."""
    _refuse_structure(cx, operation, args, places)
    element: Element | None = None
    for value in args:
        if isinstance(value, Constant):
            continue
        found = element_type(cx, value)
        together = found if element is None else unify(element, found)
        if together is None:
            raise _mixed(cx, operation, args, places)
        element = together
    for value in args:
        if isinstance(value, Constant):
            if element is None:
                element = cx.type_of_constant(value)
            elif not is_literal_of(value.value, element):
                raise _mixed(cx, operation, args, places)
    assert element is not None
    _require_taken(cx, operation, element, args, places)
    return resolve(element)


def _refuse_structure(
    cx: Context, operation: Operation, args: Sequence[Abstract], places: Places
) -> None:
    for k, value in enumerate(args):
        if not isinstance(value, Leaf | Pull | Constant):
            raise cx.wrong(
                TYPE_MISMATCH,
                f"`{operation.shown}` takes {operation.takes.value}, found {describe(cx, value)}",
                others=_sides(cx, args, places, (k,)),
            )


def _mixed(
    cx: Context, operation: Operation, args: Sequence[Abstract], places: Places
) -> Exception:
    kinds = [describe(cx, v) for v in args]
    return cx.wrong(
        MIXED_TYPES,
        f"`{operation.shown}` takes operands of one type, found {' and '.join(kinds)}",
        others=_sides(cx, args, places, range(len(args))),
        hint=_conversion(cx, args),
    )


def _conversion(cx: Context, args: Sequence[Abstract]) -> str:
    for wanted in (DType.F64, DType.F32, DType.I64):
        for value in args:
            if not isinstance(value, Constant) and element_type(cx, value) is wanted:
                return f"convert the other with `{wanted.value}(...)`"
    return "convert one of them"


def _require_taken(
    cx: Context, operation: Operation, element: Element, args: Sequence[Abstract], places: Places
) -> None:
    accepts, why = _ACCEPTS[operation.takes]
    if accepts(element):
        return
    hint = "`f64(...)` converts" if operation.takes is Takes.FLOATS else None
    if operation.takes is Takes.NUMBERS:
        hint = "`i64(...)` makes 0 and 1 of truth values"
    raise cx.wrong(
        TYPE_MISMATCH,
        f"`{operation.shown}` takes {operation.takes.value}, found {describe(cx, args[0])}",
        others=_sides(cx, args, places, range(len(args))),
        notes=(why,) if why else (),
        hint=hint,
    )


_ACCEPTS: Mapping[Takes, tuple[Callable[[Element], bool], str]] = {
    Takes.NUMBERS: (lambda e: resolve(e) is not DType.BOOL, "booleans have no arithmetic"),
    Takes.FLOATS: (require_float, "integer variables are converted explicitly"),
    Takes.BOOLS: (lambda e: resolve(e) is DType.BOOL, ""),
    Takes.ANYTHING: (lambda e: True, ""),
}


# ---- NumPy's broadcasting --------------------------------------------------------------------------


def _broadcast(
    cx: Context, values: Sequence[Abstract], shown: str, places: Places
) -> tuple[tuple[Dim, ...], list[Reader]]:
    """The shape that NumPy gives, and how each value is read at its indices."""
    rank = max(len(dims_of(v)) for v in values)
    dims = tuple(_broadcast_axis(cx, values, rank - k, shown, places) for k in range(rank))

    def reader(value: Abstract) -> Reader:
        own = dims_of(value)

        def read(indices: Sequence[Atom]) -> Atom:
            last = indices[len(indices) - len(own) :]
            at = [index_literal(0) if d == 1 else i for d, i in zip(own, last, strict=True)]
            return element_at(cx, value, at)

        return read

    return dims, [reader(v) for v in values]


def _broadcast_axis(
    cx: Context, values: Sequence[Abstract], from_end: int, shown: str, places: Places
) -> Dim:
    found: list[tuple[int, Dim]] = []
    for k, value in enumerate(values):
        own = dims_of(value)
        if len(own) >= from_end and own[-from_end] != 1:
            found.append((k, own[-from_end]))
    if not found:
        return 1
    (at, first), *rest = found
    for k, d in rest:
        cx.require_equal(
            cx.poly(first),
            cx.poly(d),
            lambda a, b: f"sizes differ in `{shown}`: {a} and {b}",
            _sides(cx, values, places, (at, k)),
        )
    return first


# ---- emitting --------------------------------------------------------------------------------------


def emit_scalar(cx: Context, op: str, operands: Sequence[Atom], result: Element) -> Atom:
    """One scalar equation; arithmetic on sizes is remembered and, where it can be, shared."""
    if result is DType.I64 and op in _ON_SIZES:
        return _ON_SIZES[op](cx, op, operands)
    return cx.one(op, operands, typed(result))


def _size_arithmetic(cx: Context, op: str, operands: Sequence[Atom]) -> Atom:
    return cx.arith(op, operands[0], operands[1])


def _size_negation(cx: Context, op: str, operands: Sequence[Atom]) -> Atom:
    total = -cx.poly(operands[0])
    if total.constant is not None:
        return index_literal(total.constant)
    result = cx.one(op, operands, I64)
    cx.sizes.equate(result, total)
    return result


def _size_quotient(cx: Context, op: str, operands: Sequence[Atom]) -> Atom:
    """Floor division and remainder by a positive literal cannot fail: such sizes are shared."""
    x, k = operands
    if not (isinstance(k, Literal) and k.value > 0):
        return cx.one(op, operands, I64)
    result = cx.sizes.shared(op, (x, k), cx.frame)
    if op == "mod":
        cx.sizes.declare_natural(result)
    elif cx.sizes.is_natural(cx.poly(x), cx.frame):
        cx.frame.naturals.add(result)
    return result


def _size_extreme(cx: Context, op: str, operands: Sequence[Atom]) -> Atom:
    result = cx.sizes.shared(op, tuple(operands), cx.frame)
    naturals = [cx.sizes.is_natural(cx.poly(a), cx.frame) for a in operands]
    if (any if op == "max" else all)(naturals):
        cx.frame.naturals.add(result)
    return result


_ON_SIZES: Mapping[str, Callable[[Context, str, Sequence[Atom]], Atom]] = {
    "add": _size_arithmetic,
    "sub": _size_arithmetic,
    "mul": _size_arithmetic,
    "neg": _size_negation,
    "floordiv": _size_quotient,
    "mod": _size_quotient,
    "max": _size_extreme,
    "min": _size_extreme,
}


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
    _refuse_structure(cx, Operation("pow", 2, _NUMBERS, symbol="**"), (a, b), places)
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
    places: Places = (),
    marks: Marks = NO_MARKS,
) -> Abstract:
    """A comparison; tuples and records are equal when all their fields are."""
    operation, fold = _COMPARISONS[symbol]
    if isinstance(a, Constant) and isinstance(b, Constant):
        return Leaf(Literal(BOOL, fold(a.value, b.value)))
    if operation.takes is Takes.ANYTHING and isinstance(a, Product) and isinstance(b, Product):
        return _compare_fields(cx, symbol, a, b, places)
    return operate(cx, operation, (a, b), places, marks)


def _compare_fields(cx: Context, symbol: str, a: Product, b: Product, places: Places) -> Abstract:
    pairs = field_pairs(a, b)
    if pairs is None:
        raise cx.wrong(
            TYPE_MISMATCH,
            f"`{symbol}` takes operands of one type, found {describe(cx, a)} and {describe(cx, b)}",
            others=_sides(cx, (a, b), places, (0, 1)),
        )
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
    cx: Context, name: str, args: Sequence[Abstract], places: Places = (), marks: Marks = NO_MARKS
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
