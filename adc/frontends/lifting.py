"""Operations on scalars at once, and on arrays of one shape element by element.

An operation on arrays is a `Pull`: no loop is made before somebody needs the array.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adc.diagnostics import Error, Span
from adc.frontends.context import Context
from adc.frontends.elements import (
    depth_of,
    describe,
    element_at,
    element_type,
    fit,
    is_literal_of,
    pull,
    shallow,
)
from adc.frontends.problems import MIXED_TYPES, SHAPES_DIFFER, TYPE_MISMATCH, Problem
from adc.frontends.scalars import Operation, Takes, emit_scalar
from adc.frontends.unify import Element, require_float, resolve, unify
from adc.frontends.values import Abstract, Constant, Leaf, Pull, dims_of, is_array
from adc.ir.core import Atom, Dim, index_literal
from adc.syntax.ast import Mark
from adc.types.core import DType

Marks = frozenset[Mark]
NO_MARKS: Marks = frozenset()


@dataclass(frozen=True, slots=True)
class Places:
    """Where operands and their operator stand, as far as that is known: what complaints point to."""

    operands: tuple[Span, ...] = ()
    operator: Span | None = None

    def labels(
        self, cx: Context, values: Sequence[Abstract], which: Sequence[int] | None = None
    ) -> list[tuple[Span, str]]:
        """Labels that tell the type of each side, or of those at `which`."""
        chosen = range(len(values)) if which is None else which
        known = len(self.operands)
        return [
            (self.operands[k], f"this is {describe(cx, values[k])}") for k in chosen if k < known
        ]

    def wrong(
        self,
        cx: Context,
        problem: Problem,
        title: str,
        values: Sequence[Abstract],
        which: Sequence[int] | None = None,
        *,
        notes: Sequence[str] = (),
        hint: str | None = None,
    ) -> Error:
        """The error at the operator, with a label at each side."""
        others = self.labels(cx, values, which)
        return problem.at(self.operator or cx.span, title, others=others, notes=notes, hint=hint)


NOWHERE = Places()


# ---- applying --------------------------------------------------------------------------------------


def operate(
    cx: Context,
    operation: Operation,
    args: Sequence[Abstract],
    places: Places = NOWHERE,
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
    places: Places = NOWHERE,
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
    cx: Context, values: Sequence[Abstract], shown: str, places: Places = NOWHERE
) -> tuple[Dim, ...]:
    """The one shape of all arrays among the values."""
    numbered = [(k, v) for k, v in enumerate(values) if dims_of(v)]
    (at, first), *rest = numbered
    dims = dims_of(first)
    for k, other in rest:
        found = dims_of(other)
        if len(found) != len(dims):
            raise places.wrong(
                cx,
                SHAPES_DIFFER,
                f"shapes differ in `{shown}`: {cx.shape_text(dims)} and {cx.shape_text(found)}",
                values,
                (at, k),
                notes=("arrays of equal shape go element by element; only scalars are spread",),
            )
        for one, two in zip(dims, found, strict=True):
            if one is two:
                continue
            cx.require_equal(
                cx.poly(one),
                cx.poly(two),
                lambda a, b: f"sizes differ in `{shown}`: {a} and {b}",
                places.labels(cx, values, (at, k)),
                places.operator,
            )
    return dims


def common_element(
    cx: Context, operation: Operation, args: Sequence[Abstract], places: Places = NOWHERE
) -> Element:
    """The element type that all operands have or can take."""
    refuse_structure(cx, operation, args, places)
    _refuse_kinds(cx, operation, args, places)
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
    if operation.takes is Takes.FLOATS and not require_float(element):
        raise _not_taken(cx, operation, args, 0, places)
    return resolve(element)


def refuse_structure(
    cx: Context, operation: Operation, args: Sequence[Abstract], places: Places
) -> None:
    for k, value in enumerate(args):
        if not isinstance(value, Leaf | Pull | Constant):
            raise places.wrong(
                cx,
                TYPE_MISMATCH,
                f"`{operation.shown}` takes {operation.takes.value}, found {describe(cx, value)}",
                args,
                (k,),
            )


def _mixed(cx: Context, operation: Operation, args: Sequence[Abstract], places: Places) -> Error:
    kinds = [describe(cx, v) for v in args]
    return places.wrong(
        cx,
        MIXED_TYPES,
        f"`{operation.shown}` takes operands of one type, found {' and '.join(kinds)}",
        args,
        hint=_conversion(cx, args),
    )


def _conversion(cx: Context, args: Sequence[Abstract]) -> str:
    if any(isinstance(v, Constant) and v.is_float for v in args):
        return "convert the other with `f64(...)`"
    for wanted in (DType.F64, DType.F32, DType.I64):
        for value in args:
            if not isinstance(value, Constant) and element_type(cx, value) is wanted:
                return f"convert the other with `{wanted.value}(...)`"
    return "convert one of them"


def _refuse_kinds(
    cx: Context, operation: Operation, args: Sequence[Abstract], places: Places
) -> None:
    """Truth values where numbers are taken, and the other way round."""
    if operation.takes is Takes.ANYTHING:
        return
    for k, value in enumerate(args):
        is_truth = not isinstance(value, Constant) and element_type(cx, value) is DType.BOOL
        if is_truth is not (operation.takes is Takes.BOOLS):
            raise _not_taken(cx, operation, args, k, places)


def _not_taken(
    cx: Context, operation: Operation, args: Sequence[Abstract], k: int, places: Places
) -> Error:
    is_truth = not isinstance(args[k], Constant) and element_type(cx, args[k]) is DType.BOOL
    note, hint = "", None
    if is_truth:
        note, hint = "booleans have no arithmetic", "`i64(...)` makes 0 and 1 of truth values"
    elif operation.takes is Takes.FLOATS:
        note, hint = "integer variables are converted explicitly", "`f64(...)` converts"
    return places.wrong(
        cx,
        TYPE_MISMATCH,
        f"`{operation.shown}` takes {operation.takes.value}, found {describe(cx, args[k])}",
        args,
        (k,),
        notes=(note,) if note else (),
        hint=hint,
    )


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
            places.labels(cx, values, (at, k)),
            places.operator,
        )
    return first
