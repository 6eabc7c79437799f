"""What `adc check` knows of the run: accesses that are checked there, updates that copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from adc.diagnostics import SourceFile
from adc.driver.advice import copies, runtime_checks
from adc.driver.kinks import possible_kinks
from adc.driver.load import Program, analyse

ROOT = Path(__file__).parents[2]

CHECKED = {
    # ---- proven
    "def f(x: f64[n]) -> f64 = sum(x[i] * x[n - 1 - i] for i < n)": {},
    "def f(x: f64[n + 1]) -> f64 = x[0] + x[-1]": {},
    "def f(A: f64[m, 3]) -> f64[m] = A[:, 2]": {},
    "def f(x: f64[n], i: i64) -> f64 = if 0 <= i && i < n then x[i] else 0.0": {},
    "def f(x: f64[2 * n]) -> f64[n] = [x[2 * i] + x[2 * i + 1] for i < n]": {},
    # ---- checked
    "def f(x: f64[n], i: i64) -> f64 = x[i] * x[i]": {
        "x[i]": "if an index is out of range for axis 0 of size n"
    },
    "def f(A: f64[n, 2 * k]) -> f64 = A[0, 2]": {
        "A[0, 2]": "if an index is out of range for axis 0 of size n"
    },
    "def f(d: i64, A: f64[n + 1, d * (d - 1) / 2]) -> f64 = A[0, 2]": {
        "A[0, 2]": "if an index is out of range for axis 1 of size (d*d - d)/2"
    },
    "def f(x: f64[n], k: i64[m]) -> f64[m] = x[k]": {
        "x[k]": "if an index is out of range for axis 0 of size n"
    },
    "def f(x: f64[n], a: i64) -> f64[n - a] = x[a:]": {
        "a:": "if the slice is out of range for size n"
    },
    "def f(x: f64[n], y: f64[m]) -> f64 = sum(x * y)": {"x * y": "if sizes differ in `*`: n and m"},
    "def f(k: i64[n]) -> i64[9] = accum (h = [0 for i < 9]) for i < n { h[k[i]] += 1; }": {
        "h[k[i]] += 1;": "if an index is out of range for axis 0 of size 9"
    },
}

COPIED = {
    # ---- in place
    "def f(n: i64) -> f64[n] = zeros(n) with [0] = 1.0 with [1] = 2.0": {},
    "def f(x: f64[n]) -> f64[n] { let y = 2.0 * x; let z = y with [0] = 1.0; z }": {},
    "def f(x: f64[n], m: i64) -> f64[n] = loop (u = x) for i < m { u with [i] = u[i] + 1.0 }": {},
    "def f(x: f64[n], c: bool) -> f64[n] { let y = 2.0 * x; if c then y with [0] = 1.0 else y }": {},
    "def f(x: f64[n]) -> f64[n] = loop (u = sort(x)) while u[0] < 2.0 { u with [:2] = [2.0, 2.0] }": {},
    # ---- copied
    "def f(x: f64[n]) -> f64[n] = x with [0] = 1.0 with [1] = 2.0": {
        "x with [0] = 1.0": "the caller keeps it"
    },
    "def f(x: f64[n]) -> f64[n] = x with [1:] = x[:-1]": {
        "x with [1:] = x[:-1]": "the caller keeps it"
    },
    "def f(x: f64[n]) -> f64[n] {\n let y = 2.0 * x;\n let z = y with [0] = 1.0;\n y + z\n}": {
        "y with [0] = 1.0": "it is needed again in line 4"
    },
    "def f(x: f64[n]) { let y = 2.0 * x; (y, y with [0] = 1.0) }": {
        "y with [0] = 1.0": "it is part of the result"
    },
    "def f(x: f64[n]) = loop (u = 2.0 * x, v = x) for i < n { (v with [i] = 1.0, u) }": {
        "v with [i] = 1.0": "it is needed outside, or by the next step"
    },
    "def f(A: f64[n, n]) -> f64[n] = (2.0 * A)[0] with [1] = 2.0": {
        "(2.0 * A)[0] with [1] = 2.0": "it is a part of another array, or one of several"
    },
}


def _program(text: str) -> Program:
    return analyse(SourceFile("t.adl", text))


@pytest.mark.parametrize("text", CHECKED)
def test_accesses_that_nothing_proves_are_checked_at_run_time(text: str) -> None:
    assert {a.text: a.what for a in runtime_checks(_program(text))} == CHECKED[text]


@pytest.mark.parametrize("text", COPIED)
def test_updates_copy_when_the_old_array_is_needed(text: str) -> None:
    assert {a.text: a.what for a in copies(_program(text))} == COPIED[text]


def test_instances_of_higher_order_definitions_count() -> None:
    text = """\
def at(f: (f64) -> f64, x: f64[n], i: i64) -> f64 = f(abs(x[i]))
def use(x: f64[n]) -> f64 = at(fn(t) => t + 1.0, x, 0) + at(sin, x, 1)
"""
    program = _program(text)
    assert [(a.definition, a.text) for a in runtime_checks(program)] == [("at", "x[i]")]
    assert [(k.definition, k.primitive) for k in possible_kinks(program)] == [("at", "abs")]


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.adl")), ids=lambda p: p.stem)
def test_examples_get_little_advice(path: Path) -> None:
    program = analyse(SourceFile(path.name, path.read_text()), path)
    assert len(runtime_checks(program)) + len(copies(program)) <= len(program.definitions)
