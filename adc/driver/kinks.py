"""Where a program may have kinks, read off its equations and the primitive table; nothing is run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from adc.diagnostics import Span
from adc.driver.advice import definition_at
from adc.driver.load import Program
from adc.ir.core import Equation
from adc.ir.walk import equations_within
from adc.prims.catalog import TABLE
from adc.prims.primitive import Kink


@dataclass(frozen=True, slots=True)
class PossibleKink:
    """An equation of `definition` whose primitive has a kink."""

    definition: str
    primitive: str
    kink: Kink
    span: Span


def possible_kinks(program: Program) -> list[PossibleKink]:
    """Every place of the source where floats meet a primitive with kinks, in the order of the text."""
    found: dict[tuple[Span, str], PossibleKink] = {}
    for f in program.module.functions.values():
        for e in equations_within(f.block):
            span = e.span
            if span is None or span.source != program.source or not _is_about_floats(e):
                continue
            for primitive in _primitives(e):
                for kink in TABLE[primitive].kinks:
                    entry = PossibleKink(definition_at(program, span), primitive, kink, span)
                    found.setdefault((span, f"{primitive} {kink.locus}"), entry)
    return sorted(found.values(), key=lambda kink: kink.span.start)


def _primitives(e: Equation) -> Iterator[str]:
    """The primitive of an equation, or those by which a reduction combines."""
    if e.op == "reduce":
        ops = e.params["ops"]
        assert isinstance(ops, tuple)
        yield from (op for op in ops if op in TABLE)
    else:
        yield e.op


def _is_about_floats(e: Equation) -> bool:
    return any(r.type.dtype.is_float for r in e.results)
