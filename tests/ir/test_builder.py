"""The builder: names, types and marks of the equations it makes."""

from __future__ import annotations

import pytest

from adc.ir.builder import Builder
from adc.ir.core import F64, I64, Origin, Value, index_literal
from adc.ir.printer import print_equation
from adc.prims.catalog import TABLE


def test_a_region_is_built_by_a_nested_builder() -> None:
    origin = Origin("source", "f")
    b = Builder(TABLE.infer, origin)
    c, i = Value(F64, "c"), Value(I64, "i")
    inner = b.nested()
    y = inner.one("sin", c, hint="y")
    r = b.one("map", index_literal(3), regions=[inner.finish([i], [y])], hint="r")
    assert r.type.shape == (3,)
    (e,) = b.equations
    assert (e.origin, e.regions[0].equations[0].origin) == (origin, origin)
    assert print_equation(e).splitlines()[0] == "r: f64[3] = map(3) { (i: i64)"


def test_every_result_has_its_own_hint_or_all_the_same() -> None:
    b = Builder(TABLE.infer)
    c = Value(F64, "c")
    inner = b.nested().finish([Value(I64, "i")], [c, c])
    named = b.emit("map", index_literal(3), regions=[inner], hints=("x", "y"))
    alike = b.emit("map", index_literal(3), regions=[inner], hint="z")
    assert [v.hint for v in (*named, *alike)] == ["x", "y", "z", "z"]
    with pytest.raises(ValueError, match="argument"):
        b.emit("map", index_literal(3), regions=[inner], hints=("x", "y", "z"))


def test_equations_share_no_parameters_and_cannot_be_changed() -> None:
    b = Builder(TABLE.infer)
    b.one("polygamma", Value(F64, "x"), order=1)
    (e,) = b.equations
    with pytest.raises(TypeError):
        e.params["order"] = 2  # type: ignore[index]
