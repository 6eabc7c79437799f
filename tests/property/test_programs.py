"""Random programs have the properties of `tests.property.properties`.

`ADC_PROPERTY_SEEDS=1000:1500` and `ADC_PROPERTY_DEPTH=4` choose others than those of the suite.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.property.generate import Program, program
from tests.property.properties import (
    PROPERTIES,
    Case,
    native_second_order_equals_reference,
    third_orders_agree,
)
from tests.property.shrink import shrink

SEEDS = range(*map(int, os.environ.get("ADC_PROPERTY_SEEDS", "0:40").split(":")))
DEPTH = int(os.environ.get("ADC_PROPERTY_DEPTH", "2"))
SLOW = {third_orders_agree, native_second_order_equals_reference}  # as slow as everything else
DEEPER = 4  # every so many programs, one is a level deeper
ATTEMPTS = 60  # at making a program that shows a fault smaller; each may take a second

Property = Callable[[Case], None]


@pytest.mark.parametrize("seed", SEEDS)
def test_properties_hold(seed: int) -> None:
    is_deeper = seed % DEEPER == 0
    chosen = program(seed, DEPTH + is_deeper)
    case = Case(chosen)
    for holds in PROPERTIES:
        if is_deeper or holds not in SLOW:
            fault = _fault(holds, case)
            if fault is not None:
                pytest.fail(_report(holds, chosen, fault), pytrace=False)


def _fault(holds: Property, case: Case) -> Exception | None:
    try:
        holds(case)
    except Exception as fault:  # noqa: BLE001 - a compiler that breaks shows a fault as well
        return fault
    return None


def _report(holds: Property, found: Program, fault: Exception) -> str:
    """The smallest program with the same kind of fault, to be pasted."""

    def shows(smaller: Program) -> bool:
        other = _fault(holds, Case(smaller))
        return other is not None and _kind(other) == _kind(fault)

    small = shrink(found, shows, ATTEMPTS)
    reason = _fault(holds, Case(small))
    return "\n".join(
        [
            f"{holds.__name__} does not hold ({found.name})",
            f"{type(fault).__name__}: {reason}",
            "",
            small.text,
            f"arguments = {small.arguments!r}",
        ]
    )


def _kind(fault: Exception) -> tuple[str, str]:
    """Faults of one kind start alike: smaller programs that fail otherwise show another fault."""
    return type(fault).__name__, str(fault).split(":")[0]
