"""The state of one IR function while it is made: where equations go, what sizes are, which types are open.

Everything that elaborates an expression is a function of a `Context`; `Context.evaluate` finds it by the class
of the node. Sizes and checks are emitted here, because every construct needs them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from adc.diagnostics import Error, Span
from adc.frontends.problems import (
    NEGATIVE_SIZE,
    NESTED_TOO_DEEP,
    NOT_SUPPORTED,
    SHAPES_DIFFER,
    SIZE_NEGATIVE,
    SIZES_DIFFER,
    Check,
    Problem,
)
from adc.frontends.sizes import Frame, Sizes
from adc.frontends.unify import Element, OpenType, element_of, resolve, typed
from adc.frontends.values import Abstract, Constant, FunctionValue, Scope
from adc.ir.builder import Builder, InferFn
from adc.ir.core import (
    BOOL,
    I64,
    NO_PARAMS,
    Atom,
    Block,
    Dim,
    Equation,
    Literal,
    Origin,
    Type,
    Value,
    index_literal,
    literal,
)
from adc.syntax import ast
from adc.types.core import DType, SurfaceType
from adc.types.dims import MOST_TERMS, Poly, TooManyTerms, may_add, may_multiply

LARGEST_RANK = 32  # axes, as in older versions of NumPy
DEEPEST_REGION = 140  # loops and branches inside one another
INLINE_LIMIT = 100  # functions applied inside functions, all of them inlined

Handler = Callable[["Context", Any, Scope], Abstract]


class Bottom(Exception):
    """The value of a recursive call whose type is not known yet: an expression that needs it has none either."""


class Poisoned(Exception):
    """Something that is needed was already found wrong; it is not reported again."""


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a call: its value, where it stands, and the parameter that it names, if it does."""

    value: Abstract
    span: Span | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class BuiltinFunction:
    """A builtin: `eager` takes the values of arguments; `lazy`, where there is one, a direct call as written.

    `most` is None when there may be any number of arguments from `least` on.
    """

    eager: Callable[[Context, Sequence[Abstract]], Abstract]
    least: int
    most: int | None
    lazy: Callable[[Context, ast.Call, Scope], Abstract] | None = None


class Program(Protocol):
    """What the elaboration of one function asks of the whole program."""

    @property
    def infer(self) -> InferFn:
        """The type inference that builders are given."""

    @property
    def handlers(self) -> Mapping[type[ast.Node], Handler]:
        """How each class of expression is elaborated."""

    @property
    def builtins(self) -> Mapping[str, BuiltinFunction]:
        """Builtin functions by name."""

    @property
    def types(self) -> Mapping[str, SurfaceType]:
        """What type names stand for."""

    def find(self, cx: Context, name: str) -> Abstract | None:
        """What a global name stands for."""

    def find_constant(self, cx: Context, name: str) -> Abstract | None:
        """The value of a `const`."""

    def library(self, name: str) -> FunctionValue:
        """A builtin that is an ADL program."""

    def names(self) -> Iterator[str]:
        """All global names that a user can write."""

    def apply(self, cx: Context, function: FunctionValue, args: Sequence[Argument]) -> Abstract:
        """The value of a call."""


class Context:
    """One function being made."""

    def __init__(self, program: Program, owner: str, span: Span | None) -> None:
        self.program = program
        self.owner = owner
        self.span = span
        self.origin = Origin("source", owner)
        self.sizes = Sizes()
        self.root = Frame(Builder(program.infer, self.origin, span), None)
        self.frame = self.root
        self.open_types: list[OpenType] = []
        # Numbers that may be too large for the types that they will have.
        self.large: list[tuple[int | float, OpenType, Span | None]] = []
        self.inline_depth = 0
        self.problems: list[Error] = []  # what was found wrong in statements that could be left out
        self.constants: dict[str, Abstract] = {}  # values of `const` names, made in the root frame
        self.calls: list[
            str
        ] = []  # sites of calls being elaborated inside this function, outermost first

    # ---- expressions -----------------------------------------------------------------------------

    def evaluate(self, node: ast.Expr, scope: Scope) -> Abstract:
        """The value of an expression; its equations are appended to the current frame."""
        outer = self.span
        if node.span:
            self.span = node.span
        try:
            return self.program.handlers[type(node)](self, node, scope)
        except TooManyTerms:
            raise self.size_too_long() from None
        finally:
            self.span = outer

    def apply(self, function: FunctionValue, values: Sequence[Abstract]) -> Abstract:
        """The value of a call with these arguments in order."""
        return self.program.apply(self, function, [Argument(v) for v in values])

    @contextmanager
    def at(self, span: Span | None) -> Iterator[None]:
        """What is emitted inside comes from `span`."""
        outer = self.span
        if span:
            self.span = span
        try:
            yield
        finally:
            self.span = outer

    def wrong(self, problem: Problem, title: str, label: str = "", **more: Any) -> Error:
        """The error at the current place, to be raised."""
        return problem.at(self.span, title, label, **more)

    def size_too_long(self) -> Error:
        """The error of a size with too many terms, to be raised."""
        return self.wrong(
            NOT_SUPPORTED,
            f"a size multiplied out has more than {MOST_TERMS} terms",
            hint="make a part of it a parameter: `n: i64`",
        )

    # ---- equations -------------------------------------------------------------------------------

    def emit(
        self,
        op: str,
        operands: Sequence[Atom],
        types: Sequence[Type],
        /,
        *,
        regions: Sequence[Block] = (),
        hint: str = "",
        **params: object,
    ) -> tuple[Value, ...]:
        """Append an equation to the current frame; its results."""
        results = tuple(Value(t, hint) for t in types)
        self.append(op, operands, results, regions=regions, **params)
        return results

    def append(
        self,
        op: str,
        operands: Sequence[Atom],
        results: Sequence[Value],
        /,
        *,
        regions: Sequence[Block] = (),
        **params: object,
    ) -> None:
        """As `emit`, for results whose types mention one another."""
        for r in results:
            self._note_size(r)
            if r.type.rank > LARGEST_RANK:
                raise self.wrong(NOT_SUPPORTED, f"arrays have at most {LARGEST_RANK} axes")
        self.frame.builder.append(
            Equation(
                op,
                tuple(operands),
                tuple(results),
                MappingProxyType(params) if params else NO_PARAMS,
                tuple(regions),
                self.span,
                self.origin,
            )
        )

    def one(
        self,
        op: str,
        operands: Sequence[Atom],
        t: Type,
        /,
        *,
        regions: Sequence[Block] = (),
        hint: str = "",
        **params: object,
    ) -> Value:
        (result,) = self.emit(op, operands, (t,), regions=regions, hint=hint, **params)
        return result

    @contextmanager
    def region(self) -> Iterator[Frame]:
        """A nested frame that is current inside; its block is made by `block`."""
        outer = self.frame
        if outer.depth >= DEEPEST_REGION:
            raise self.wrong(
                NESTED_TOO_DEEP,
                f"loops and branches nest more than {DEEPEST_REGION} deep",
                hint="put inner parts into definitions",
            )
        builder = outer.builder.nested()
        builder.span = self.span
        self.frame = Frame(builder, outer)
        try:
            yield self.frame
        finally:
            self.frame = outer

    def block(self, frame: Frame, params: Sequence[Value], results: Sequence[Atom]) -> Block:
        return frame.builder.finish(params, results)

    def splice(self, inner: Frame) -> None:
        """Make the equations of a nested frame part of the current one."""
        self.frame.builder.extend(inner.builder.equations)
        self.sizes.merge(inner, self.frame)

    def param(self, t: Type, hint: str) -> Value:
        """A parameter of the block that is built in the current frame."""
        v = Value(t, hint)
        self._note_size(v)
        return v

    def _note_size(self, v: Value) -> None:
        """Remember where a value was made that is a size, or may turn out to be one."""
        if may_be_size(v.type):
            self.sizes.define(v, self.frame)

    def counter(self, hint: str, bound: Poly) -> Value:
        """A parameter that counts from 0 to below `bound`."""
        v = self.param(I64, hint)
        self.frame.naturals.add(v)
        self.frame.counters.append((v, bound))
        return v

    # ---- literals --------------------------------------------------------------------------------

    def open_type(self, default: DType = DType.I64, is_float: bool = False) -> OpenType:
        made = OpenType(default, is_float)
        self.open_types.append(made)
        return made

    def type_of_constant(self, c: Constant) -> Element:
        """An open type for a constant that nothing has decided yet."""
        if c.is_float:
            return self.open_type(DType.F64, is_float=True)
        return self.open_type()

    def literal(self, value: bool | int | float, element: Element) -> Literal:
        known = resolve(element)
        if isinstance(known, OpenType):
            return Literal(typed(known), value)
        return literal(value, known)

    # ---- sizes -----------------------------------------------------------------------------------

    def poly(self, dim: Dim | Atom) -> Poly:
        return self.sizes.poly(dim)

    def dim(self, poly: Poly) -> Dim:
        return self.sizes.dim(poly, self.frame)

    def size(self, poly: Poly) -> Atom:
        return self.sizes.value(poly, self.frame)

    def text(self, dim: Dim | Poly) -> str:
        return self.sizes.text(dim if isinstance(dim, Poly) else self.poly(dim))

    def shape_text(self, dims: Sequence[Dim]) -> str:
        return f"[{', '.join(self.text(d) for d in dims)}]"

    def arith(self, op: str, a: Atom, b: Atom) -> Atom:
        """`a op b` on i64, with op add, sub or mul; the polynomial of the result is remembered."""
        p, q = self.poly(a), self.poly(b)
        may, operation = _POLYNOMIAL[op]
        if not may(p, q):
            return self.one(op, (a, b), I64)  # a value like any other
        total = operation(p, q)
        if total.constant is not None:
            return index_literal(total.constant)
        if total in (p, q):
            return a if total == p else b
        result = self.one(op, (a, b), I64)
        self.sizes.equate(result, total)
        return result

    # ---- checks ----------------------------------------------------------------------------------

    def check(self, holds: Atom, check: Check, text: str, payload: Sequence[Atom] = ()) -> None:
        """A run-time check of the block that is being built."""
        if isinstance(holds, Literal) and holds.value:
            return
        operands = (holds, *payload)
        self.append("assert", operands, (), error=check.error, code=check.code, text=text)

    def compare(self, op: str, a: Atom, b: Atom) -> Value:
        return self.one(op, (a, b), BOOL)

    def require_natural(self, poly: Poly, what: str) -> None:
        """A size is not negative: known, refused now, or checked when the program runs."""
        constant = poly.constant
        if constant is not None and constant < 0:
            raise self.wrong(NEGATIVE_SIZE, f"{what} is negative: {constant}")
        if self.sizes.is_natural(poly, self.frame):
            return
        value = self.size(poly)
        holds = self.compare("ge", value, index_literal(0))
        text = f"{what} is negative: {brief(self.text(poly))} = {{0}}"
        self.check(holds, SIZE_NEGATIVE, text, (value,))
        self.sizes.assume_natural(poly, self.frame)

    def require_equal(
        self,
        one: Poly,
        two: Poly,
        what: Callable[[str, str], str],
        others: Sequence[tuple[Span, str]] = (),
        place: Span | None = None,
    ) -> None:
        """Two sizes are equal: known, refused now, or checked when the program runs.

        `what` makes the message from the two sizes as text; `place` is what a refusal points to.
        """
        if self.sizes.is_equal(one, two, self.frame):
            return
        difference = (one - two).constant
        if difference is not None:
            title = what(self.text(one), self.text(two))
            raise SHAPES_DIFFER.at(place or self.span, title, others=others)
        a, b = self.size(one), self.size(two)
        text = what(self._shown(one, 0), self._shown(two, 1))
        self.check(self.compare("eq", a, b), SIZES_DIFFER, text, (a, b))
        self.frame.equal.add(one - two)

    def _shown(self, size: Poly, position: int) -> str:
        """A size in the text of a check: the expression, and its value from the payload."""
        value = f"{{{position}}}"
        return value if size.constant is not None else f"{brief(self.text(size))} = {value}"

    def require_same_dims(
        self, one: Sequence[Dim], two: Sequence[Dim], what: Callable[[str, str], str]
    ) -> None:
        for a, b in zip(one, two, strict=True):
            if a is b:
                continue
            self.require_equal(self.poly(a), self.poly(b), what)


def brief(text: str) -> str:
    """A size expression short enough for a message."""
    return text if len(text) <= 40 else f"{text[:37]}..."


_NO_SIZES = (DType.F64, DType.F32, DType.I32, DType.BOOL)
# Whether two sizes are combined as polynomials, and how.
_POLYNOMIAL: Mapping[str, tuple[Callable[[Poly, Poly], bool], Callable[[Poly, Poly], Poly]]] = {
    "add": (may_add, Poly.__add__),
    "sub": (may_add, Poly.__sub__),
    "mul": (may_multiply, Poly.__mul__),
}


def may_be_size(t: Type) -> bool:
    """Whether values of this type are scalar i64 values, or may turn out to be."""
    return not t.shape and element_of(t) not in _NO_SIZES


def is_i64(t: Type) -> bool:

    return not t.shape and element_of(t) is DType.I64
