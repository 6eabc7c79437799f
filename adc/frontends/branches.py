"""`if`, `&&`, `||` and `select`: only what is needed is evaluated, and only that has a derivative.

A branch is a region of `cond`. Values of both branches are joined leaf by leaf; where arrays differ in size, the
sizes become results of the `cond` too, known when the program runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adc.diagnostics import Span
from adc.frontends.builtin import places_of, refuse_named
from adc.frontends.chains import LONGEST_CHAIN, arm_numbers, tree_of
from adc.frontends.context import Bottom, Context
from adc.frontends.elements import boolean, describe, element_type, fit, pull, settled, shallow
from adc.frontends.lifting import NO_MARKS, NOWHERE, Marks, Places, element_readers, operate
from adc.frontends.operators import AND, OR
from adc.frontends.problems import FUNCTION_CHOICE, MIXED_TYPES, SHAPES_DIFFER, TYPE_MISMATCH
from adc.frontends.sizes import Frame
from adc.frontends.unify import Element, element_of, resolve, typed, unify
from adc.frontends.values import (
    Abstract,
    Constant,
    Leaf,
    Product,
    Pull,
    Rows,
    Scope,
    is_array,
    is_function,
    is_scalar,
    known_literal,
    rows_around,
)
from adc.ir.core import BOOL, I64, Atom, Block, Dim, Equation, Literal, Value
from adc.ir.walk import refresh_block
from adc.syntax import ast
from adc.types.core import DType

# ---- if --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Branch:
    """A region whose value is known but whose block is not closed yet; no value means that there is none."""

    frame: Frame
    value: Abstract | None
    span: Span | None


def conditional(cx: Context, node: ast.If, scope: Scope) -> Abstract:
    """`if .. then .. else if .. else ..`; conditions known now choose now."""
    if len(node.arms) > LONGEST_CHAIN:
        return _numbered(cx, node, scope.inner())
    tests: list[tuple[Atom, Branch, Frame]] = []
    outer = cx.frame
    try:
        last = node.orelse
        for arm in node.arms:
            with cx.at(arm.condition.span):
                test = boolean(cx, cx.evaluate(arm.condition, scope), "a condition")
            if not isinstance(test, Literal):
                tests.append((test, _arm(cx, arm.value, scope), _nested(cx)))
                cx.frame = tests[-1][2]
            elif test.value:
                last = arm.value
                break
        return _finish(cx, tests, _taken(cx, last, scope, is_only=not tests))
    finally:
        cx.frame = outer


def _numbered(cx: Context, node: ast.If, scope: Scope) -> Abstract:
    """A long chain of arms: first the number of the arm, then the arm."""

    def choose(test: ast.Expr, then: ast.Expr, other: ast.Expr) -> ast.Expr:
        return ast.If((ast.Arm(test, then, span=then.span),), other, span=then.span)

    for name, number in arm_numbers([arm.condition for arm in node.arms]):
        scope.bind(name, cx.evaluate(number, scope))
    values = [*(arm.value for arm in node.arms), node.orelse]
    return cx.evaluate(tree_of(values, [v.span for v in values], choose), scope)


def _arm(cx: Context, node: ast.Expr, scope: Scope) -> Branch:
    return branch(cx, lambda: cx.evaluate(node, scope), node.span)


def _nested(cx: Context) -> Frame:
    with cx.region() as frame:
        return frame


def _taken(cx: Context, node: ast.Expr, scope: Scope, *, is_only: bool) -> Branch:
    """The last arm, evaluated in the frame that is current, which is the `else` of the arms before it."""
    here = cx.frame
    try:
        value = cx.evaluate(node, scope)
        return Branch(here, value if is_only else settled(cx, value), node.span)
    except Bottom:
        cx.frame = here
        return Branch(here, None, node.span)


def _finish(cx: Context, tests: list[tuple[Atom, Branch, Frame]], last: Branch) -> Abstract:
    """Close the arms from the last to the first."""
    other = last
    for test, then, frame in reversed(tests):
        parent = frame.parent
        assert parent is not None
        cx.frame = parent
        joined = join(cx, test, then, Branch(frame, other.value, other.span))
        other = Branch(parent, joined, cx.span)
    if other.value is None:
        raise Bottom
    return other.value


def branch(cx: Context, evaluate: Callable[[], Abstract], span: Span | None) -> Branch:
    """An expression evaluated in a region of its own."""
    with cx.region() as frame:
        try:
            return Branch(frame, settled(cx, evaluate()), span)
        except Bottom:
            return Branch(frame, None, span)


# ---- joining ---------------------------------------------------------------------------------------


def join(cx: Context, test: Atom, then: Branch, other: Branch) -> Abstract | None:
    """The value of a `cond` that is emitted in the current frame."""
    if then.value is None or other.value is None:
        return _one_sided(cx, then, other)
    joiner = _Joiner(cx, then, other)
    pattern = joiner.pattern(then.value, other.value)
    return joiner.emit(test, pattern)


def _one_sided(cx: Context, then: Branch, other: Branch) -> Abstract | None:
    """One side is a recursive call of unknown type: the other one alone tells the type."""
    live = then if then.value is not None else other
    if live.value is None:
        return None
    cx.splice(live.frame)
    return live.value


class _Joiner:
    """Two branches walked in step: leaves that differ become results of one `cond`."""

    def __init__(self, cx: Context, then: Branch, other: Branch) -> None:
        self.cx = cx
        self.then = then
        self.other = other
        self.results: list[tuple[Atom, Atom, Value]] = []
        self.sizes: list[tuple[Atom, Atom, Value]] = []

    def pattern(self, a: Abstract, b: Abstract) -> Abstract:
        """The joined value; its leaves are results still to be defined."""
        match a, b:
            case ((Leaf() | Constant()), (Leaf() | Constant())):
                return self._leaf(a, b)
            case Product(), Product():
                return self._fields(a, b)
            case Rows(dims, row), Rows(other_dims, other_row) if len(dims) == len(other_dims):
                return rows_around(self._fields(row, other_row), dims)
            case _ if is_function(a) and is_function(b):
                return self._function(a, b)
            case _:
                raise self._mismatch(a, b)

    def _fields(self, a: Product, b: Product) -> Product:
        if len(a.items) != len(b.items) or (a.names is None) != (b.names is None):
            raise self._mismatch(a, b)
        if a.names is None or b.names is None:
            partners = list(b.items)
        elif set(a.names) == set(b.names):
            partners = [b.items[b.names.index(n)] for n in a.names]
        else:
            raise self._mismatch(a, b)
        return a.like([self.pattern(x, y) for x, y in zip(a.items, partners, strict=True)])

    def _function(self, a: Abstract, b: Abstract) -> Abstract:
        if type(a) is type(b) and getattr(a, "name", None) == getattr(b, "name", ()):
            return a
        raise self.cx.wrong(
            FUNCTION_CHOICE,
            "a function cannot be chosen at run time",
            others=self._sides(a, b),
            notes=("functions are known when the program is compiled",),
            hint="put the `if` inside the function",
        )

    def _leaf(self, a: Leaf | Constant, b: Leaf | Constant) -> Abstract:
        if isinstance(a, Constant) and a == b and repr(a.value) == repr(b.value):
            return a
        element = self._element(a, b)
        cx = self.cx
        with cx.at(self.then.span):
            x = _element_at_rest(fit(cx, a, element))
        with cx.at(self.other.span):
            y = _element_at_rest(fit(cx, b, element))
        if x is y:
            return Leaf(x)
        if len(x.type.shape) != len(y.type.shape):
            raise self._mismatch(a, b)
        dims = tuple(self._dim(p, q, a, b) for p, q in zip(x.type.shape, y.type.shape, strict=True))
        result = Value(typed(element, dims))
        self.results.append((x, y, result))
        return Leaf(result)

    def _element(self, a: Leaf | Constant, b: Leaf | Constant) -> Element:
        cx = self.cx
        if isinstance(a, Constant) and isinstance(b, Constant):
            return cx.type_of_constant(a if a.is_float else b)
        if isinstance(a, Constant) or isinstance(b, Constant):
            return element_type(cx, b if isinstance(a, Constant) else a)
        element = unify(element_of(a.type), element_of(b.type))
        if element is None:
            raise self._mismatch(a, b)
        return resolve(element)

    def _dim(self, one: Dim, two: Dim, a: Abstract, b: Abstract) -> Dim:
        """The size of an axis: the same on both sides, or a result of its own."""
        cx = self.cx
        p, q = cx.poly(one), cx.poly(two)
        if p.constant is not None and q.constant is not None and p != q:
            raise cx.wrong(
                SHAPES_DIFFER,
                f"the branches differ in size: {p} and {q}",
                others=self._sides(a, b),
            )
        if cx.sizes.is_visible(p, cx.frame) and cx.sizes.is_equal(p, q, cx.frame):
            return cx.dim(p)
        size = Value(I64, "size")
        self.sizes.append((_size_in(cx, one, self.then), _size_in(cx, two, self.other), size))
        cx.sizes.define(size, cx.frame)
        cx.sizes.declare_natural(size)
        return size

    def _mismatch(self, a: Abstract, b: Abstract) -> Exception:
        cx = self.cx
        both = all(isinstance(v, Leaf) and not v.type.shape for v in (a, b))
        return cx.wrong(
            MIXED_TYPES if both else TYPE_MISMATCH,
            f"the branches differ in type: {describe(cx, a)} and {describe(cx, b)}",
            others=self._sides(a, b),
        )

    def _sides(self, a: Abstract, b: Abstract) -> list[tuple[Span, str]]:
        cx = self.cx
        places = ((self.then.span, a), (self.other.span, b))
        return [(s, f"this is {describe(cx, v)}") for s, v in places if s]

    def emit(self, test: Atom, pattern: Abstract) -> Abstract:
        cx = self.cx
        rows = self.sizes + self.results
        blocks = (
            cx.block(self.then.frame, (), [x for x, _, _ in rows]),
            cx.block(self.other.frame, (), [y for _, y, _ in rows]),
        )
        has_checks = any(_needs_running(b) for b in blocks)
        if rows or has_checks:
            cx.append("cond", (test,), [r for _, _, r in rows], regions=blocks)
        return pattern


def _element_at_rest(value: Abstract) -> Atom:
    assert isinstance(value, Leaf)
    return value.atom


def _size_in(cx: Context, d: Dim, side: Branch) -> Atom:
    """The size as an operand that the block of a branch can yield."""
    return cx.sizes.value(cx.poly(d), side.frame)


def _needs_running(block: Block) -> bool:
    return any(e.op in ("assert", "upd") or not e.results for e in block.equations)


# ---- && and || -------------------------------------------------------------------------------------

_CHEAP = frozenset(
    {"add", "sub", "mul", "neg", "abs", "sign", "max", "min", "eq", "ne", "lt", "le", "gt", "ge"}
    | {"and", "or", "not", "isnan", "isfinite", "select"}
)
_CHEAP_LIMIT = 4


def connect(
    cx: Context, symbol: str, a: Abstract, node: ast.Expr, scope: Scope, places: Places
) -> Abstract:
    """`a && e` or `a || e`, evaluating `e` only where its value matters."""
    operation = AND if symbol == "&&" else OR
    decided = symbol == "||"
    known = known_literal(a) if isinstance(a, Leaf) else None
    if known is not None:
        return a if bool(known) is decided else cx.evaluate(node, scope)
    if is_array(a):
        return operate(cx, operation, (a, cx.evaluate(node, scope)), places)
    test = boolean(cx, a, f"an operand of `{symbol}`")
    right = _arm(cx, node, scope)
    if right.value is None:
        return a
    if is_array(right.value) or _is_cheap(right.frame.builder.equations):
        cx.splice(right.frame)
        return operate(cx, operation, (a, right.value), places)
    left = Branch(_nested(cx), Leaf(Literal(BOOL, decided)), node.span)
    sides = (left, right) if decided else (right, left)
    joined = join(cx, test, *sides)
    assert joined is not None
    return Leaf(boolean(cx, joined, f"an operand of `{symbol}`"))


def _is_cheap(equations: Sequence[Equation]) -> bool:
    """Whether evaluating this always is no loss and cannot fail."""
    return len(equations) <= _CHEAP_LIMIT and all(e.op in _CHEAP for e in equations)


# ---- select ----------------------------------------------------------------------------------------


def select_call(cx: Context, node: ast.Call, scope: Scope) -> Abstract:
    """`select(c, a, b)`: as `if`, element by element; what an element needs is computed for that element."""
    refuse_named(cx, node)
    test_node, then_node, other_node = node.args
    test = cx.evaluate(test_node, scope)
    if is_scalar(test):
        condition = boolean(cx, test, "the first argument of `select`")
        then, other = _arm(cx, then_node, scope), _arm(cx, other_node, scope)
        if not (_spreads(then) or _spreads(other)):
            joined = join(cx, condition, then, other)
            if joined is None:
                raise Bottom
            return joined
    sides = (_lazy(cx, then_node, scope), _lazy(cx, other_node, scope))
    return _select(cx, test, sides, places_of(node), node.marks)


def _spreads(side: Branch) -> bool:
    return side.value is not None and is_array(side.value)


def select_values(cx: Context, args: Sequence[Abstract]) -> Abstract:
    """`select` as a value: its arguments have been evaluated."""
    sides = tuple(_Side(None, v) for v in args[1:])
    return _select(cx, args[0], sides, NOWHERE, NO_MARKS)


@dataclass(frozen=True, slots=True)
class _Side:
    """An argument of `select`: its value, and the frame of the scalars it needs when they go with each element."""

    frame: Frame | None
    value: Abstract


def _lazy(cx: Context, node: ast.Expr, scope: Scope) -> _Side:
    """The argument evaluated, its scalar equations kept aside; loops and calls are done before, once."""
    with cx.region() as frame:
        value = cx.evaluate(node, scope)
    if all(map(_goes_with_elements, frame.builder.equations)):
        return _Side(frame, value)
    cx.splice(frame)
    return _Side(None, value)


def _goes_with_elements(e: Equation) -> bool:
    """Scalar arithmetic on data; sizes are made where everybody sees them."""
    return (
        not e.regions
        and e.op not in ("call", "assert")
        and all(not r.type.shape and resolve(r.type.dtype) is not DType.I64 for r in e.results)
    )


def _select(
    cx: Context, test: Abstract, sides: Sequence[_Side], places: Places, marks: Marks
) -> Abstract:
    """The elementwise choice."""
    then, other = sides
    element = _joined_element(cx, then.value, other.value, places)
    values = [shallow(cx, fit(cx, s.value, element)) for s in sides]
    if not (is_array(test) or is_scalar(test)) or element_type(cx, test) is not DType.BOOL:
        raise cx.wrong(TYPE_MISMATCH, f"`select` takes a bool first, found {describe(cx, test)}")
    args = [test, *values]
    from_elements = _choose(cx, element, sides)
    return _lift_lazily(cx, args, element, from_elements, "select", places, marks)


def _joined_element(cx: Context, a: Abstract, b: Abstract, places: Places) -> Element:
    for value in (a, b):
        if not (is_array(value) or is_scalar(value)):
            raise cx.wrong(
                TYPE_MISMATCH, f"`select` chooses between numbers, found {describe(cx, value)}"
            )
    if isinstance(a, Constant) and isinstance(b, Constant):
        return cx.type_of_constant(a if a.is_float else b)
    if isinstance(a, Constant):
        return element_type(cx, b)
    element = element_type(cx, a)
    together = element if isinstance(b, Constant) else unify(element, element_type(cx, b))
    if together is None:
        raise cx.wrong(
            MIXED_TYPES,
            f"`select` chooses between {describe(cx, a)} and {describe(cx, b)}",
            others=[(s, "") for s in places.operands[1:]],
        )
    return resolve(together)


Delayed = Callable[[], Atom]


def _choose(
    cx: Context, element: Element, sides: Sequence[_Side]
) -> Callable[[Atom, Delayed, Delayed], Atom]:
    """Emit one element: a `cond` whose regions hold what only they need."""

    def emit(test: Atom, then: Delayed, other: Delayed) -> Atom:
        blocks: list[Block] = []
        for side, read in zip(sides, (then, other), strict=True):
            with cx.region() as frame:
                if side.frame is not None:
                    cx.frame.builder.extend(side.frame.builder.equations)
                result = read()
                blocks.append(refresh_block(cx.block(frame, (), (result,)), {}))
        if not any(b.equations for b in blocks):
            chosen = [b.results[0] for b in blocks]
            return cx.one("select", (test, *chosen), typed(element))
        return cx.one("cond", (test,), typed(element), regions=blocks)

    return emit


def _lift_lazily(
    cx: Context,
    args: Sequence[Abstract],
    element: Element,
    emit: Callable[[Atom, Delayed, Delayed], Atom],
    shown: str,
    places: Places,
    marks: Marks,
) -> Abstract:
    """As `lift`, but operands after the first are read where `emit` asks for them."""
    dims, (read_test, *reads) = element_readers(cx, args, shown, places, marks)

    def rule(indices: Sequence[Atom]) -> Atom:
        delayed = [_delay(read, indices) for read in reads]
        return emit(read_test(indices), delayed[0], delayed[1])

    if not dims and not any(map(is_array, args)):
        return Leaf(rule(()))
    depth = 1 + max(v.depth if isinstance(v, Pull) else 0 for v in args)
    return pull(cx, element, dims, rule, depth)


def _delay(read: Callable[[Sequence[Atom]], Atom], indices: Sequence[Atom]) -> Delayed:
    return lambda: read(indices)
