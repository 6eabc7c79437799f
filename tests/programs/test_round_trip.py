"""Printed definitions compile again and give the same numbers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from adl_headers import assert_agrees, statements

import adc
from adc.types.core import Scalar, tangent_type

PROGRAMS = Path(__file__).parent
NESTED = {s.name: s for s in statements(PROGRAMS / "nested_record_arrays.adl")}


@pytest.mark.parametrize("name", NESTED)
def test_arrays_of_records_inside_arrays_of_records(name: str) -> None:
    statement = NESTED[name]
    function = adc.load(statement.program)[name]
    assert_agrees(again(function)(*statement.arguments), statement.value, 1e-12)


DERIVED = (
    "recursion",
    "history",
    "loops",
    "while_loops",
    "records",
    "record_arrays",
    "fold_and_scan",
    "ragged",
    "own_derivatives",
)


@pytest.mark.parametrize("program", DERIVED)
def test_derivatives(program: str) -> None:
    module = adc.load(PROGRAMS / f"{program}.adl")
    calls = {s.name: s for s in statements(PROGRAMS / f"{program}.adl") if not s.error}
    made = [d for name, s in calls.items() for d in derivatives(module[name], s.arguments)]
    assert made
    for derivative, arguments in made:
        assert_agrees(again(derivative)(*arguments), derivative(*arguments), 1e-12)


def derivatives(f: adc.Function, point: tuple[object, ...]) -> Iterator[tuple[adc.Function, tuple]]:
    """Along the first parameter itself, and from the result itself, where these are all floating."""
    if not f.signature.params:
        return
    wrt, t = f.signature.params[0]
    result = f.signature.result
    if tangent_type(t) != t or tangent_type(result) is None:
        return
    yield adc.jvp(f, wrt=wrt), (*point, point[0])
    if tangent_type(result) == result and not f.signature.result_sizes:
        yield adc.vjp(f, wrt=wrt), (*point, f(*point))
    if isinstance(result, Scalar):
        yield adc.hvp(f, wrt=wrt), (*point, point[0])


CALLS = {
    "sizes of arguments are those of the caller": (
        "def f(r: {b: f64}[n], d: i64) -> f64 = if d == 0 then sum(q.b for q in r) else f(concat(r, r), d - 1)",
        ([{"b": 1.0}, {"b": 2.0}], 3),
    ),
    "sizes that a call tells, without a first row": (
        "def f(n: i64, x: f64, d: i64) = if d == 0 then (ones(n, i64(x)), 1.0) else "
        "{ let r = f(n, 2.0 * x, d - 1).0; ([r[i, len(r[i]) - 1 - j] for i < n, j < i64(x)], x) }",
        (0, 3.0, 2),
    ),
    "sizes of results that are arrays of records": (
        "def f(c: bool, r: {b: f64[m]}[n]) = if c then r else concat(r, [{b: full(m, 2.0)}])",
        (False, [{"b": [1.0, 3.0]}]),
    ),
}


@pytest.mark.parametrize("case", CALLS)
def test_sizes(case: str) -> None:
    text, arguments = CALLS[case]
    function = adc.compile(text).f
    assert repr(again(function)(*arguments)) == repr(function(*arguments))


def again(function: adc.Function) -> adc.Function:
    """The function, printed and compiled."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return adc.compile(function.source())[function.name.replace(".", "_")]
