"""The golden results: lines `{module, function, input, output}` in GradBench's JSON form, made by hand-written C++.

`run` answers a line with the functions of a program, which may be a loaded ADL module or its model (`models.py`):
both have the same function and parameter names. `expected` is the golden output in the same arrangement.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

GOLDEN = Path(__file__).parent / "golden"
TOLERANCE = 1e-8  # what the golden results promise, relative to the largest magnitude of an array

Input = dict[str, object]


@dataclass(frozen=True)
class Case:
    file: str
    number: int
    module: str
    function: str
    input: Input
    output: object

    @property
    def id(self) -> str:
        return f"{self.file}:{self.number}:{self.function}"


def cases() -> Iterator[Case]:
    for path in sorted(GOLDEN.glob("*.jsonl")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            yield Case(path.stem, number, **json.loads(line))


# ---- the parameters of the programs --------------------------------------------------------------


def gmm(i: Input) -> Input:
    return {
        "alpha": np.array(i["alpha"]),
        "means": np.array(i["mu"]),
        "icf": np.hstack([i["q"], i["l"]]),
        "x": np.array(i["x"]),
        "gamma": i["gamma"],
        "m": i["m"],
    }


def ba(i: Input, observations: int | None = None) -> Input:
    """One camera, point, weight and feature, repeated; observation k sees camera k mod n and point k mod m."""
    n, m, p = i["n"], i["m"], observations or i["p"]
    k = np.arange(p)
    return {
        "cams": np.tile(i["cam"], (n, 1)),
        "x": np.tile(i["x"], (m, 1)),
        "w": np.full(p, i["w"]),
        "obs": np.stack([k % n, k % m], axis=1),
        "feats": np.tile(i["feat"], (p, 1)),
    }


def ht(i: Input) -> Input:
    model = i["data"]["model"]
    arrays = ("parents", "base_relatives", "inverse_base_absolutes", "base_positions", "weights")
    parameters = {name: np.array(model[name]) for name in arrays} | {
        "is_mirrored": model["is_mirrored"]
    }
    parameters["theta"] = np.array(i["theta"])
    parameters["correspondences"] = np.array(i["data"]["correspondences"])
    parameters["points"] = np.array(i["data"]["points"])
    if i["us"]:
        parameters |= {"us": np.array(i["us"]), "triangles": np.array(model["triangles"])}
    return parameters


def arrays(i: Input) -> Input:
    """Inputs whose names are the parameters' own."""
    return {
        name: np.array(value) if isinstance(value, list) else value for name, value in i.items()
    }


def matrix(i: Input) -> np.ndarray:
    return np.reshape(i["A"], (i["ell"], i["ell"]))


# The golden gradient of `ode` is that of the exact solution, x_0 x_1 ... x_i t^(i+1) / (i+1)!, whereas its
# primal is what 10 Runge-Kutta steps give, which is 40 % off in the last of 20 components. The derivative
# of the program is the golden one in the limit of small steps only: with 4000 steps they differ by 6e-11.
FINE_STEPS = 4000

# ---- answers -------------------------------------------------------------------------------------


def sparse(
    blocks: np.ndarray, weights: np.ndarray, obs: np.ndarray, n: int, m: int
) -> dict[str, np.ndarray]:
    """GradBench's sparse Jacobian: row starts, columns and values, blocks first and then the weight errors.

    `blocks: f64[p, 2, 15]` over camera, point and weight; `weights: f64[p]`.
    """
    p = len(weights)
    own = 11 * n + 3 * m + np.arange(p)
    camera = 11 * obs[:, :1] + np.arange(11)
    point = 11 * n + 3 * obs[:, 1:] + np.arange(3)
    columns = np.repeat(np.hstack([camera, point, own[:, None]]), 2, axis=0)
    starts = np.concatenate([15 * np.arange(2 * p + 1), 30 * p + 1 + np.arange(p)])
    return {
        "rows": starts,
        "cols": np.concatenate([columns.ravel(), own]),
        "vals": np.concatenate([np.ravel(blocks), weights]),
    }


def first_30_and_last(entries: np.ndarray) -> np.ndarray:
    return np.concatenate([entries[:30], entries[-1:]])


def ba_objective(program: object, i: Input) -> dict[str, np.ndarray]:
    errors, weight_errors = program.objective(**ba(i))
    return {"reproj_error": errors, "w_err": weight_errors}


def ba_jacobian(program: object, i: Input) -> dict[str, np.ndarray]:
    parameters = ba(i)
    blocks, weights = program.jacobian(**parameters)
    entries = sparse(np.asarray(blocks), np.asarray(weights), parameters["obs"], i["n"], i["m"])
    return {name: first_30_and_last(values) for name, values in entries.items()}


def gmm_jacobian(program: object, i: Input) -> dict[str, np.ndarray]:
    alpha, mu, icf = program.gradient(**gmm(i))
    return {"alpha": alpha, "mu": mu, "q": icf[:, : i["d"]], "l": icf[:, i["d"] :]}


def lstm_gradient(parts: tuple[np.ndarray, ...]) -> np.ndarray:
    return np.concatenate([np.ravel(part) for part in parts])


def ht_objective(program: object, i: Input) -> np.ndarray:
    return (program.complicated if i["us"] else program.simple)(**ht(i))


def ht_jacobian(program: object, i: Input) -> np.ndarray:
    return (program.complicated_jacobian if i["us"] else program.simple_jacobian)(**ht(i))


ANSWERS: dict[tuple[str, str], Callable[[object, Input], object]] = {
    ("gmm", "objective"): lambda program, i: program.objective(**gmm(i)),
    ("gmm", "jacobian"): gmm_jacobian,
    ("ba", "objective"): ba_objective,
    ("ba", "jacobian"): ba_jacobian,
    ("lstm", "objective"): lambda program, i: program.objective(**arrays(i)),
    ("lstm", "jacobian"): lambda program, i: lstm_gradient(program.gradient(**arrays(i))),
    ("ht", "objective"): ht_objective,
    ("ht", "jacobian"): ht_jacobian,
    ("kmeans", "cost"): lambda program, i: program.cost(**arrays(i)),
    ("kmeans", "dir"): lambda program, i: program.direction(**arrays(i)),
    ("det", "primal"): lambda program, i: program.minors(matrix(i)),
    ("det", "gradient"): lambda program, i: np.ravel(program.cofactors(matrix(i))),
    ("lse", "primal"): lambda program, i: program.lse(**arrays(i)),
    ("lse", "gradient"): lambda program, i: program.softmax(**arrays(i)),
    ("llsq", "primal"): lambda program, i: program.objective(**arrays(i)),
    ("llsq", "gradient"): lambda program, i: program.gradient(**arrays(i)),
    ("ode", "primal"): lambda program, i: program.solution(**arrays(i)),
    ("ode", "gradient"): lambda program, i: program.gradient(**arrays(i) | {"s": FINE_STEPS}),
}


def run(case: Case, program: object) -> object:
    """What a program, or a model of it, answers to a golden line."""
    return ANSWERS[case.module, case.function](program, case.input)


def expected(case: Case) -> object:
    """The golden output, arranged as `run` arranges its answer."""
    output = case.output
    if case.module == "ba" and case.function == "objective":
        errors, weight_errors = output["reproj_error"], output["w_err"]
        return {
            "reproj_error": np.tile(errors["elements"], (errors["repeated"], 1)).tolist(),
            "w_err": [weight_errors["element"]] * weight_errors["repeated"],
        }
    return output
