"""`adc grad`: derivative programs that compile again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import adc as library
from tests.cli.conftest import Adc

X = np.array([0.5, -1.0, 2.0])


def printed(outcome_text: str, name: str) -> library.Function:
    return library.compile(outcome_text)[name]


def test_prints_a_program_that_compiles_to_the_gradient(adc: Adc, program: Path) -> None:
    outcome = adc("grad", program, "lse")
    assert outcome.status == 0, outcome.err
    softmax = np.exp(X) / np.exp(X).sum()
    np.testing.assert_allclose(printed(outcome.out, "grad_lse")(X), softmax, rtol=1e-14)


def test_wrt_names_parameters(adc: Adc, program: Path) -> None:
    one = adc("grad", program, "scaled", "--wrt", "w")
    assert printed(one.out, "grad_scaled")(X, 3, 2.0) == pytest.approx(3 * (X @ X))
    two = adc("grad", program, "scaled", "--wrt", "w,x")
    by_w, by_x = printed(two.out, "grad_scaled")(X, 3, 2.0)
    assert by_w == pytest.approx(3 * (X @ X))
    np.testing.assert_allclose(by_x, 12.0 * X)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_modes_and_orders_agree(adc: Adc, program: Path, mode: str, order: int) -> None:
    f = library.load(program).lse
    expected = library.grad(f)
    for _ in range(order - 1):
        expected = library.jacfwd(expected)
    outcome = adc("grad", program, "lse", "--mode", mode, "--order", order)
    assert outcome.status == 0, outcome.err
    np.testing.assert_allclose(printed(outcome.out, "grad_lse")(X), expected(X), atol=1e-13)


def test_writes_a_file(adc: Adc, program: Path, tmp_path: Path) -> None:
    path = tmp_path / "gradient.adl"
    outcome = adc("grad", program, "lse", "-o", path)
    assert (outcome.status, outcome.out) == (0, "")
    assert adc("check", path).status == 0


def test_canonical_layout(adc: Adc, program: Path) -> None:
    text = adc("grad", program, "lse").out
    assert adc("fmt", "-", stdin=text).out == text


@pytest.mark.parametrize(
    ("args", "status", "words"),
    [
        (("lsee",), 2, "no definition `lsee`"),
        (("lse", "--wrt", "y"), 2, "no parameter `y`"),
        (("scaled", "--wrt", "k"), 1, "carries no derivative"),
        (("both",), 1, "one real result"),
        (("lse", "--order", "0"), 2, "order"),
    ],
)
def test_what_has_no_gradient(
    adc: Adc, program: Path, args: tuple[str, ...], status: int, words: str
) -> None:
    outcome = adc("grad", program, *args)
    assert outcome.status == status
    assert words in outcome.err
