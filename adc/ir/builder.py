"""The one way to make equations: a builder appends to one block and infers result types from the table.

The inference function is passed in, so this floor needs no primitive table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

from adc.diagnostics.span import Span
from adc.ir.core import NO_PARAMS, Atom, Block, Equation, Origin, Params, Type, Value

InferFn = Callable[[str, Sequence[Atom], Params, Sequence[Block]], tuple[Type, ...]]


class Builder:
    """Collects the equations of one block. `origin` and `span` mark every equation made through it."""

    def __init__(
        self, infer: InferFn, origin: Origin | None = None, span: Span | None = None
    ) -> None:
        self.infer = infer
        self.origin = origin
        self.span = span
        self.equations: list[Equation] = []

    def nested(self) -> Builder:
        """A builder for a region, with the same inference, origin and span."""
        return Builder(self.infer, self.origin, self.span)

    def emit(
        self,
        op: str,
        *operands: Atom,
        regions: Sequence[Block] = (),
        hint: str = "",
        hints: Sequence[str] = (),
        **params: object,
    ) -> tuple[Value, ...]:
        """Append `op[params](operands) {regions}`; its results, named after `hints` (or all after `hint`)."""
        return self._emit(op, operands, params, regions, hints or (hint,))

    def one(
        self,
        op: str,
        *operands: Atom,
        regions: Sequence[Block] = (),
        hint: str = "",
        **params: object,
    ) -> Value:
        """`emit` for an equation with exactly one result."""
        (result,) = self._emit(op, operands, params, regions, (hint,))
        return result

    def _emit(
        self,
        op: str,
        operands: tuple[Atom, ...],
        params: Mapping[str, object],
        regions: Sequence[Block],
        hints: Sequence[str],
    ) -> tuple[Value, ...]:
        fixed = MappingProxyType(dict(params)) if params else NO_PARAMS
        types = self.infer(op, operands, fixed, regions)
        names = hints if len(hints) == len(types) else [*hints] * len(types)
        results = tuple(Value(t, name) for t, name in zip(types, names, strict=True))
        self.append(Equation(op, operands, results, fixed, tuple(regions), self.span, self.origin))
        return results

    def append(self, equation: Equation) -> None:
        """Append an equation made elsewhere, as it is."""
        self.equations.append(equation)

    def extend(self, equations: Iterable[Equation]) -> None:
        self.equations.extend(equations)

    def finish(self, params: Sequence[Value], results: Sequence[Atom]) -> Block:
        """The block built so far."""
        return Block(tuple(params), tuple(self.equations), tuple(results))
