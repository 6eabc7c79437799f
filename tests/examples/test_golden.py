"""The example programs give the golden results, through their own derivatives and through those of `adc`."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from adl_headers import assert_agrees
from golden_cases import (
    TOLERANCE,
    Case,
    arrays,
    ba,
    cases,
    expected,
    gmm,
    ht,
    lstm_gradient,
    matrix,
    run,
)

import adc

EXAMPLES = Path(__file__).parents[2] / "examples"
CASES = list(cases())


@cache
def example(name: str) -> object:
    return adc.load(EXAMPLES / f"{name}.adl")


def of(file: str, function: str) -> list[Case]:
    return [case for case in CASES if (case.file, case.function) == (file, function)]


def each(file: str, function: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", of(file, function), ids=lambda case: case.id)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_program_gives_the_golden_result(case: Case) -> None:
    assert_agrees(run(case, example(case.module)), expected(case), TOLERANCE)


@each("gmm", "jacobian")
def test_grad_by_several_parameters(case: Case) -> None:
    by_all = adc.grad(example("gmm").objective, wrt=("alpha", "means", "icf"))
    alpha, mu, icf = by_all(**gmm(case.input))
    assert_agrees(alpha, case.output["alpha"], TOLERANCE)
    assert_agrees(mu, case.output["mu"], TOLERANCE)
    assert_agrees(icf, np.hstack([case.output["q"], case.output["l"]]).tolist(), TOLERANCE)


@each("lstm", "jacobian")
def test_value_and_grad_by_position(case: Case) -> None:
    (objective,) = of("lstm", "objective")
    both = adc.value_and_grad(example("lstm").objective, argnums=(0, 1))
    value, gradients = both(*arrays(case.input).values())
    assert_agrees(value, objective.output, TOLERANCE)
    assert_agrees(lstm_gradient(gradients), case.output, TOLERANCE)


@each("lse", "gradient")
def test_grad_by_the_first_parameter(case: Case) -> None:
    assert_agrees(adc.grad(example("lse").lse)(**arrays(case.input)), case.output, TOLERANCE)


@each("llsq", "gradient")
def test_jacrev_of_a_scalar_is_its_gradient(case: Case) -> None:
    assert_agrees(
        adc.jacrev(example("llsq").objective)(**arrays(case.input)), case.output, TOLERANCE
    )


@each("det", "gradient")
def test_vjp_of_a_recursive_function(case: Case) -> None:
    (primal,) = of("det", "primal")
    value, pullback = adc.vjp(example("det").minors, matrix(case.input))
    assert_agrees(value, primal.output, TOLERANCE)
    (cotangent,) = pullback(1.0)
    assert_agrees(np.ravel(cotangent), case.output, TOLERANCE)


@each("kmeans", "dir")
def test_newton_step_from_python(case: Case) -> None:
    points, centroids = arrays(case.input).values()
    slope = adc.grad(example("kmeans").cost, argnums=1)
    tangents = (np.zeros_like(points), np.ones_like(centroids))
    gradient, curvature = adc.jvp(slope, (points, centroids), tangents)
    assert_agrees(gradient / curvature, case.output, TOLERANCE)


@each("ht_simple", "jacobian")
def test_jacfwd_and_jacrev_of_many_residuals(case: Case) -> None:
    parameters = ht(case.input)
    assert_agrees(
        adc.jacfwd(example("ht").simple, wrt="theta")(**parameters), case.output, TOLERANCE
    )
    assert_agrees(
        adc.jacrev(example("ht").simple, wrt="theta")(**parameters), case.output, TOLERANCE
    )


@each("ba", "jacobian")
def test_forward_blocks_are_the_reverse_blocks(case: Case) -> None:
    parameters = ba(case.input, observations=50)
    blocks, weights = example("ba").jacobian(**parameters)
    forward_blocks, forward_weights = example("ba").jacobian_forward(**parameters)
    assert_agrees(forward_blocks, np.asarray(blocks).tolist(), 1e-12)
    assert_agrees(forward_weights, np.asarray(weights).tolist(), 1e-12)
