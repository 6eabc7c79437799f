"""The models give the golden results, and the numbers in the heads of the examples are theirs."""

# ruff: noqa: N801 (a class here is a namespace that bears the name of its program)

from pathlib import Path

import models
import numpy as np
import pytest
from adl_headers import Statement, assert_agrees, modelled, statements
from golden_cases import TOLERANCE, Case, cases, expected, run

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.adl"))
STATEMENTS = [statement for program in EXAMPLES for statement in statements(program)]


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


@pytest.mark.parametrize("program", EXAMPLES, ids=lambda program: program.stem)
def test_example_states_what_it_gives(program: Path) -> None:
    assert list(statements(program))


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: statement.id)
def test_number_is_the_models(statement: Statement) -> None:
    model = getattr(models, statement.program.stem)
    assert statement.value is not None, "run tests/programs/fill_headers.py"
    assert_agrees(modelled(statement, model), statement.value, statement.tolerance)
