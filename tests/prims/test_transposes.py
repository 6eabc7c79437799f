"""Transposes: <ct, L x> = <L' ct, x> for every linear use of every primitive that has one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adc.prims.catalog import TABLE
from adc.prims.primitive import Family
from adc.types.core import DType
from tests.prims.straightline import transposed

RNG = np.random.default_rng(3)


def _f(*shape: int) -> Any:
    return RNG.normal(size=shape) if shape else float(RNG.normal())


def _tri(n: int) -> Any:
    return RNG.normal(size=(n, n)) + 3 * np.eye(n)


def _cases() -> list[tuple[str, list[Any], list[bool], dict[str, object]]]:
    x, y, z = _f(), _f(), _f()
    cases: list[tuple[str, list[Any], list[bool], dict[str, object]]] = [
        ("add", [x, y], [True, True], {}),
        ("sub", [x, y], [True, True], {}),
        ("neg", [x], [True], {}),
        ("mul", [x, y], [True, False], {}),
        ("mul", [x, y], [False, True], {}),
        ("div", [x, y], [True, False], {}),
        ("fma", [x, y, z], [True, False, True], {}),
        ("fma", [x, y, z], [False, True, True], {}),
        ("select", [True, x, y], [False, True, True], {}),
        ("select", [False, x, y], [False, True, True], {}),
        ("select", [False, x, 0.0], [False, True, False], {}),
        ("convert", [x], [True], {"to": DType.F64}),
        ("update", [_f(4), x, 2], [True, True, False], {}),
        ("update", [_f(3, 4), _f(4), 1], [True, True, False], {}),
        ("update", [np.zeros((3, 4)), _f(), 1, 2], [False, True, False, False], {}),
        ("reshape", [_f(3, 4), 2, 6], [True, False, False], {}),
        ("reshape", [_f(3, 4), 12], [True, False], {}),
    ]
    for ta in (False, True):
        for tb in (False, True):
            A = _f(4, 3) if ta else _f(3, 4)
            B = _f(2, 4) if tb else _f(4, 2)
            cases.append(("matmul", [A, B], [True, False], {"ta": ta, "tb": tb}))
            cases.append(("matmul", [A, B], [False, True], {"ta": ta, "tb": tb}))
        for B in (_f(3), _f(3, 2)):
            cases.append(("solve", [_tri(3), B], [False, True], {"ta": ta}))
            for upper in (False, True):
                params = {"upper": upper, "ta": ta}
                cases.append(("tri_solve", [_tri(3), B], [False, True], params))
    return cases


CASES = _cases()


@pytest.mark.parametrize("case", CASES, ids=[f"{k}-{c[0]}" for k, c in enumerate(CASES)])
def test_transpose_is_adjoint(case: tuple[str, list[Any], list[bool], dict[str, object]]) -> None:
    op, operands, linear, params = case
    shape = np.shape(TABLE.reference(op)(*_numpy(operands), **params))
    ct = _f(*shape)
    y, cts = transposed(op, operands, linear, ct, **params)
    ahead = np.sum(ct * y)
    back = sum(
        np.sum(c * a)
        for c, a in zip(
            cts, (a for a, flag in zip(operands, linear, strict=True) if flag), strict=True
        )
    )
    assert back == pytest.approx(ahead, rel=1e-12)


def _numpy(operands: list[Any]) -> list[Any]:
    return [np.asarray(a)[()] for a in operands]


def test_every_transpose_is_tried() -> None:
    plain = (p for p in TABLE if p.family is not Family.STRUCTURED)
    assert {p.name for p in plain if p.transpose is not None} == {c[0] for c in CASES}


@pytest.mark.parametrize(("op", "linear"), [("mul", (True, True)), ("div", (False, True))])
def test_what_is_not_linear_is_refused(op: str, linear: tuple[bool, ...]) -> None:
    with pytest.raises(TypeError, match="linear"):
        transposed(op, [1.0, 2.0], linear, 1.0)
