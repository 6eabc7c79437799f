"""The models that the numbers in the examples come from give the golden results."""

import models
import numpy as np
import pytest
from adl_headers import assert_agrees
from golden_cases import TOLERANCE, Case, cases, expected, run


class one_observation:
    """The model of `ba` evaluated once: all observations of the golden input are equal."""

    def objective(**parameters):
        p = len(parameters["w"])
        errors, weight_errors = models.ba.objective(**_first(parameters))
        return np.broadcast_to(errors, (p, 2)), np.broadcast_to(weight_errors, p)

    def jacobian(**parameters):
        p = len(parameters["w"])
        blocks, weights = models.ba.jacobian(**_first(parameters))
        return np.broadcast_to(blocks, (p, 2, 15)), np.broadcast_to(weights, p)


def _first(parameters: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return parameters | {name: parameters[name][:1] for name in ("w", "obs", "feats")}


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: case.id)
def test_model_gives_the_golden_result(case: Case) -> None:
    model = one_observation if case.module == "ba" else getattr(models, case.module)
    assert_agrees(run(case, model), expected(case), TOLERANCE)
