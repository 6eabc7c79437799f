"""What is worth knowing of a program that compiles: what is checked at run time, and which updates copy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from adc.diagnostics import Span
from adc.driver.load import Program
from adc.frontends.problems import OUT_OF_RANGE, SIZES_DIFFER
from adc.ir.core import Equation, Function
from adc.ir.walk import equations_within
from adc.lowering.copying import copying_updates
from adc.lowering.unproven import unproven_accesses
from adc.syntax import ast


@dataclass(frozen=True, slots=True)
class Advice:
    """Something about the expression at `span`, which stands in `definition`."""

    definition: str
    span: Span
    what: str

    @property
    def text(self) -> str:
        """The expression as written."""
        return self.span.source.text[self.span.start : self.span.end]


def runtime_checks(program: Program) -> list[Advice]:
    """Accesses, slices and sizes that nothing proves right: machine code checks them. In the order of the text."""
    return _collected(program, _checks)


def copies(program: Program) -> list[Advice]:
    """Functional updates that copy the array, with the reason. In the order of the text."""
    return _collected(program, _copies)


def definition_at(program: Program, span: Span) -> str:
    """The definition that a place belongs to."""
    for item in program.tree.items:
        if isinstance(item, ast.Def) and item.span.start <= span.start < item.span.end:
            return item.name
    return ""


Found = Iterator[tuple[Equation, str]]


def _collected(program: Program, find: Callable[[Function], Found]) -> list[Advice]:
    """What is found in all functions, instances of higher-order definitions included: once for each place."""
    advice: dict[Span, Advice] = {}
    for f in program.module.functions.values():
        for e, what in find(f):
            if e.span and e.span.source == program.source and e.span not in advice:
                advice[e.span] = Advice(definition_at(program, e.span), e.span, what)
    return sorted(advice.values(), key=lambda a: a.span.start)


def _checks(f: Function) -> Found:
    for u in unproven_accesses(f):
        yield u.equation, f"if an index is out of range for axis {u.axis} of size {u.size}"
    for e in equations_within(f.block):
        if e.op == "assert" and e.params["code"] in _CHECKED:
            yield e, "if " + _PAYLOAD.sub("", str(e.params["text"]))


def _copies(f: Function) -> Found:
    for c in copying_updates(f):
        where = f" in line {c.needed.line}" if c.needed else ""
        yield c.equation, c.why + where


_CHECKED = frozenset((OUT_OF_RANGE.code, SIZES_DIFFER.code))
_PAYLOAD = re.compile(r" = \{\d\}| \{0\}:\{1\}")
