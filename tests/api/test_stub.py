"""Stubs are Python, and say what functions take and give."""

from __future__ import annotations

import ast

import adc
from adc.api.stub import stub_text

TEXT = """\
type Body = {pos: f64[3], mass: f64}
# The "total" of x,
# a \\ included.
def total(x: f64[n], k: i64) -> f64 = sum(x) * f64(k)
def first(bodies: Body[n]) -> Body = bodies[0]
def shifted(bodies: Body[n], by: f64[3]) -> Body[n] = [b with {pos: b.pos + by} for b in bodies]
def pair(x: f32[n], flags: bool[n]) -> (f32[n], bool[n], i64) = (x, flags, n)
def reserved(lambda: {class: f64}) -> {class: f64} = lambda
"""


def test_stub() -> None:
    program = adc.compile(TEXT)
    text = stub_text((f.name, f.signature) for f in program)
    tree = ast.parse(text)
    found = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert list(found) == [f.name for f in program]
    assert "def total(x: ArrayLike, k: int) -> float:" in text
    assert ast.get_docstring(found["total"]) == 'The "total" of x,\na \\ included.'
    assert "-> Body: ..." in text
    assert "-> BodyArray: ..." in text
    assert "tuple[NDArray[np.float32], NDArray[np.bool_], int]" in text
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    assert classes == {"Body", "BodyArray"}


def test_definitions_that_python_reserves_are_told_in_comments() -> None:
    program = adc.compile("def lambda(x: f64) -> f64 = x\ndef f(x: f64) -> f64 = x\n")
    text = stub_text((f.name, f.signature) for f in program)
    assert [getattr(node, "name", "") for node in ast.parse(text).body[-1:]] == ["f"]
    assert "# def lambda(x: float) -> float:" in text
