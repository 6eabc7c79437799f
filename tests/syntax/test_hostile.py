"""Hostile and enormous texts: refused or read in bounded time and memory, never with a crash.

All run in one child process that may use 1 GiB of address space; it reports CPU seconds for each text.
"""

import json
import subprocess
import sys

import pytest

CHILD = r"""
import json, resource, sys, time
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
from adc.diagnostics import ParseError, SourceFile
from adc.syntax.fmt import format_text
from adc.syntax.parse import parse
from adc.syntax.unparse import unparse

def plus(terms, sign="+"):
    return "def f() = " + f" {sign} ".join(["x"] * terms)

texts = {
    "brackets 100000": "def f() = " + "(" * 100_000,
    "square 100000": "def f() = " + "[" * 100_000 + "]" * 100_000,
    "brackets 127": "def f() = " + "(" * 127 + "1" + ")" * 127,
    "square 127": "def f() = " + "[" * 127 + "1" + "]" * 127,
    "calls 127": "def f() = " + "f(" * 127 + "1" + ")" * 127,
    "ifs 127": "def f() = " + "if a then (" * 127 + "b" + ") else c" * 127,
    "blocks 63": "def f() = " + "{ let a = " * 63 + "1" + "; a }" * 63,
    "lambdas 127": "def f() = " + "fn(x) => " * 127 + "1",
    "tuple types 127": "def f(x: " + "(" * 127 + "f64" + ",)" * 127 + ") = x",
    "patterns 125": "def f() { let " + "(" * 125 + "a" + ",)" * 125 + " = x; a }",
    "signs 127": "def f() = " + "-" * 127 + "1",
    "signs 100000": "def f() = " + "-" * 100_000 + "1",
    "powers 20000": plus(20_000, "**"),
    "postfix 20000": "def f() = x" + "(y)" * 20_000,
    "fields 20000": "def f() = x" + ".a" * 20_000,
    "updates 5000": "def f() = x" + " with [0] = 1" * 5_000,
    "function types": "type T = " + "() -> " * 20_000 + "f64",
    "sum 50000": plus(50_000),
    "and 20000": plus(20_000, "&&"),
    "else if 20000": "def f() = " + "if a then b else " * 20_000 + "c",
    "if 20000": "def f() = " + "if " * 20_000,
    "lets 20000": "def f() { " + "let a = 1; " * 20_000 + "a }",
    "additions 20000": "def f() = accum (s = 0) for i < n { " + "s += 1; " * 20_000 + "}",
    "add if 10000": "def f() = accum (s = 0) for i < n { " + " else ".join(["if a { s += 1; }"] * 10_000) + "}",
    "array 20000": "def f() = [" + "1.5, " * 20_000 + "]",
    "definitions 20000": "def f() = 1\n" * 20_000,
    "wrong definitions": "def f( = 1\n" * 50_000,
    "one line of 10 MB": "x" * 10_000_000,
    "name of 4 MB": "x" * 4_000_000,
    "dollars 4 MB": "$" * 4_000_000,
    "comment 4 MB": "#" * 4_000_000,
    "quotes 1 MB": '"' * 1_000_000,
    "lines 4 MB": "\n" * 4_000_000,
    "digits 1 MB": "def f() = " + "1" * 1_000_000,
    "underscores 1 MB": "def f() = 1" + "_" * 1_000_000,
    "exponents 2 MB": "def f() = " + "1e" * 1_000_000,
    "semicolons 300 KB": ";" * 300_000,
    "letters 2 MB": "é " * 1_000_000,
    "zeros": "\0" * 1_000_000,
}

report = {}
for name, text in texts.items():
    start = time.process_time()
    try:
        tree = parse(SourceFile("m", text))
        outcome = "read"
    except ParseError as error:
        tree, outcome = None, error.code
        assert len(str(error)) < 16_384, name
    report[name] = outcome, time.process_time() - start
    if tree is not None and (len(text) < 10_000 or name in ("sum 50000", "else if 20000")):
        again = parse(SourceFile("m", unparse(tree)))
        assert again == tree and hash(again) == hash(tree), name
        repr(tree)
format_text(texts["else if 20000"][:-1] + "(c) # end")
print(json.dumps(report))
"""


@pytest.fixture(scope="module")
def report():
    run = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


READ = {
    "brackets 127", "square 127", "calls 127", "ifs 127", "blocks 63", "lambdas 127", "tuple types 127",
    "patterns 125", "signs 127", "sum 50000", "and 20000", "else if 20000", "lets 20000", "additions 20000",
    "add if 10000", "array 20000", "definitions 20000", "comment 4 MB", "lines 4 MB",
}  # fmt: skip
CODES = {
    "brackets 100000": "E0121", "square 100000": "E0121", "signs 100000": "E0121", "powers 20000": "E0121",
    "postfix 20000": "E0121", "fields 20000": "E0121", "updates 5000": "E0121", "function types": "E0121",
    "if 20000": "E0113", "wrong definitions": "E0101", "one line of 10 MB": "E0122", "name of 4 MB": "E0116",
    "dollars 4 MB": "E0118", "quotes 1 MB": "E0116", "digits 1 MB": "E0126", "underscores 1 MB": "E0123",
    "exponents 2 MB": "E0123", "semicolons 300 KB": "E0116", "letters 2 MB": "E0118", "zeros": "E0120",
}  # fmt: skip


def test_outcomes(report):
    outcomes = {name: outcome for name, (outcome, _) in report.items()}
    assert outcomes == {**dict.fromkeys(READ, "read"), **CODES}


def test_hostile_texts_take_two_seconds_at_most(report):
    slow = {name: seconds for name, (_, seconds) in report.items() if seconds > 2}
    # Valid programs take time in proportion to their size.
    assert {name for name in slow if name not in READ} == set()
    assert max(seconds for _, seconds in report.values()) < 10


def test_speed(report):
    """At least 80 KB of dense program text a second, here 200 KB of sums."""
    assert 4 * 50 / report["sum 50000"][1] > 80
