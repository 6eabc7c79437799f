"""The reader of program heads: what it reads, and that its comparison can fail."""

import math
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
from adl_headers import assert_agrees, literal, python_literal, statements

HEAD = """\
# A program.
#
# > f(1.0, [2, 3]) = [1.5,
#     nan]
# > grad(f, wrt=('x', 'y'))({'a': 1.0}) = (1.0, 2) ~1e-6
# > g(@data.json, 3) = ?
# ! f(1.0) = BoundsError

def f(x: f64) -> f64 = x   # > f(9.0) = 0.0 is no statement here
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "data.json").write_text('{"x": [1, 2]}')
    path = tmp_path / "program.adl"
    path.write_text(HEAD)
    return path


def test_statements_are_read(program: Path) -> None:
    plain, transformed, with_file, error = statements(program)
    assert (plain.line, plain.name, plain.arguments) == (3, "f", (1.0, [2, 3]))
    assert plain.value[0] == 1.5
    assert math.isnan(plain.value[1])
    assert (transformed.transformation, transformed.wrt, transformed.tolerance) == (
        "grad",
        ("x", "y"),
        1e-6,
    )
    assert transformed.model == "grad_f_x_y"
    assert (transformed.arguments, transformed.value) == (({"a": 1.0},), (1.0, 2))
    assert (with_file.named, with_file.arguments, with_file.value) == ({"x": [1, 2]}, (3,), None)
    assert (error.error, error.value) == ("BoundsError", None)


@pytest.mark.parametrize(
    "value",
    [1, 1.5, True, [1.0, math.inf], {"a": [1, 2], "b": (1.0, False)}, [[0.1, 0.2], [0.3, -0.0]]],
)
def test_literals_read_back(value: object) -> None:
    assert literal(python_literal(value)) == value


Point = namedtuple("Point", ["x", "y"])

AGREEING = [
    (np.float64(1.0 + 1e-13), 1.0),
    (np.array([1.0, 1e-13]), [1.0, 0.0]),
    (np.array([np.nan, np.inf]), [math.nan, math.inf]),
    (Point(1.0, 2), {"x": 1.0, "y": 2}),
    ([Point(1.0, 2.0)], [{"x": 1.0, "y": 2.0}]),
    (
        Point(np.array([1.0, 3.0]), np.array([2.0, 4.0])),
        [{"x": 1.0, "y": 2.0}, {"x": 3.0, "y": 4.0}],
    ),
    ((np.array([1.0, 2.0]), np.array([3, 4])), [(1.0, 3), (2.0, 4)]),
    (np.zeros((0, 3)), []),
]

DIFFERING = [
    (1.0 + 1e-11, 1.0),
    (1, 1.0),
    (1.0, 1),
    (True, 1),
    (np.array([1.0, 2.0]), [1.0]),
    (np.array([[1.0]]), [1.0]),
    (np.array([1.0]), []),
    (np.array([np.nan]), [1.0]),
    (np.array([np.inf]), [-math.inf]),
    (Point(1.0, 2), {"x": 1.0}),
    ((1.0, 2.0), (1.0,)),
    ([Point(1.0, 2.0)], [{"x": 1.0, "y": 2.5}]),
]


@pytest.mark.parametrize(("got", "expected"), AGREEING)
def test_equal_results_agree(got: object, expected: object) -> None:
    assert_agrees(got, expected, 1e-12)


@pytest.mark.parametrize(("got", "expected"), DIFFERING)
def test_other_results_do_not_agree(got: object, expected: object) -> None:
    with pytest.raises(AssertionError):
        assert_agrees(got, expected, 1e-12)
