"""The table itself: complete, without side effects, helpful about names."""

from __future__ import annotations

import re
from importlib import import_module
from pkgutil import walk_packages

import numpy as np
import pytest

import adc.prims
from adc.ir.core import F64, I64, NO_PARAMS, Value
from adc.prims import array, scalar
from adc.prims.catalog import TABLE
from adc.prims.primitive import Family, Primitive
from adc.prims.table import PrimitiveTable, resolve

NAMED = re.compile(r"\b[a-z_0-9]+\b")


def test_audit_finds_nothing_missing() -> None:
    assert TABLE.audit() == ()


def test_audit_names_an_empty_slot() -> None:
    bare = Primitive("bare", "no slots", TABLE["exp"].infer)
    missing = {slot.slot for slot in PrimitiveTable((bare,)).audit()}
    assert missing == {"reference", "jvp", "lower", "source", "arity", "domain", "special"}


def test_every_declared_primitive_is_in_the_table() -> None:
    declared = [
        p.name
        for found in walk_packages(adc.prims.__path__, "adc.prims.")
        for p in getattr(import_module(found.name), "PRIMITIVES", ())
    ]
    assert sorted(declared) == sorted(p.name for p in TABLE)


@pytest.mark.parametrize("package", [scalar, array])
def test_every_primitive_is_told_in_its_package(package: object) -> None:
    family = Family.SCALAR if package is scalar else Family.ARRAY
    told = set(NAMED.findall(str(package.__doc__)))
    assert {p.name for p in TABLE if p.family is family} <= told


def test_unknown_name_gives_the_nearest() -> None:
    with pytest.raises(KeyError, match=r"`expm2`; nearest: `expm1`"):
        TABLE["expm2"]


def test_a_name_declared_twice_is_a_fault() -> None:
    with pytest.raises(AssertionError, match="declared twice"):
        TABLE.extended(TABLE["exp"])


def test_references_resolve() -> None:
    for p in TABLE:
        if p.family is not Family.STRUCTURED:
            assert callable(TABLE.reference(p.name))
        if p.mp is not None:
            assert callable(resolve(p.mp))


@pytest.mark.parametrize("op", ["add", "exp", "pow", "clamp", "powi", "select", "erf"])
def test_wrong_operand_types_are_refused(op: str) -> None:
    p = TABLE[op]
    assert p.arity is not None
    mixed = [Value(F64), Value(I64), Value(F64)][: p.arity]
    wrong = [Value(I64)] if p.arity == 1 else mixed[::-1] if op == "powi" else mixed
    with pytest.raises(TypeError):
        TABLE.infer(op, wrong, NO_PARAMS, ())
    with pytest.raises(TypeError):
        TABLE.infer(op, [*wrong, Value(F64)], NO_PARAMS, ())


def test_exactly_neutral_operands() -> None:
    for p in TABLE:
        for side, neutral in p.neutral.items():
            if p.name in ("and", "or", "powi"):
                continue
            reference = TABLE.reference(p.name)
            for x in (1.5, -0.0, 0.0, float("inf"), float("-inf"), -3.0):
                given = (x, neutral) if side == "right" else (neutral, x)
                got = reference(*map(np.float64, given))
                assert str(got) == str(np.float64(x)), (p.name, side, x)
