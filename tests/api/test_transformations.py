"""The transformations: JAX's meaning, argument order and structure of results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import adc
from adc import TypeCheckError, UnsupportedError

TEXT = """\
def cube(x: f64) -> f64 = x ** 3
def rosenbrock(x: f64[n]) -> f64 =
  sum(100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2 for i < n - 1)
def mixed(x: f64[n], k: i64, w: f64) -> f64 = w ** 2 * f64(k) * sum(x * x)
def squares(x: f64[n]) -> f64[n] = x * x
def linear(A: f64[m, n], x: f64[n]) -> f64[m] = A @ x
def valued(x: f64[n]) -> (f64, {total: f64, size: i64}) = (sum(x * x), {total: sum(x), size: n})
def spring(p: {x: f64[n], k: f64, tag: i64}) -> f64 = 0.5 * p.k * sum(p.x * p.x)
def pair(x: f64[n]) -> (f64, f64[n]) = (sum(x * x), x * x * x)
"""

X = np.array([0.5, -1.0, 2.0])


@pytest.fixture(scope="module")
def m() -> adc.Module:
    return adc.compile(TEXT)


def numerical(f: Callable[[Any], Any], x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Central differences; good to about 1e-9 relative for values of order 1."""
    h = 1e-6
    columns = [(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(len(x))]
    return np.stack([np.asarray(c) for c in columns], axis=-1)


# ---- values --------------------------------------------------------------------------------------


def test_grad_and_its_orders(m: adc.Module) -> None:
    assert adc.grad(m.cube)(2.0) == 12.0
    assert adc.grad(adc.grad(m.cube))(2.0) == 12.0
    assert adc.grad(adc.grad(adc.grad(m.cube)))(2.0) == 6.0


def test_grad_of_a_vector_function(m: adc.Module) -> None:
    found = adc.grad(m.rosenbrock)(X)
    np.testing.assert_allclose(found, numerical(m.rosenbrock, X), rtol=1e-6)


def test_value_and_grad_suits_optimisers(m: adc.Module) -> None:
    value, gradient = adc.value_and_grad(m.rosenbrock)(X)
    assert type(value) is float
    assert value == m.rosenbrock(X)
    np.testing.assert_allclose(gradient, adc.grad(m.rosenbrock)(X), rtol=1e-14)


@pytest.mark.parametrize("jacobian", [adc.jacfwd, adc.jacrev, adc.jacobian])
def test_jacobians(m: adc.Module, jacobian: Callable[..., Any]) -> None:
    np.testing.assert_allclose(jacobian(m.squares)(X), np.diag(2 * X))
    A = np.arange(6.0).reshape(2, 3)
    np.testing.assert_allclose(jacobian(m.linear, argnums=1)(A, X), A)
    dA = jacobian(m.linear)(A, X)
    assert dA.shape == (2, 2, 3)
    np.testing.assert_allclose(dA, np.einsum("ij,k->ijk", np.eye(2), X))


def test_hessian_and_products_with_it(m: adc.Module) -> None:
    H = adc.hessian(m.rosenbrock)(X)
    np.testing.assert_allclose(H, numerical(adc.grad(m.rosenbrock), X), rtol=1e-6)
    v = np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(adc.hvp(m.rosenbrock)(X, v), H @ v, rtol=1e-12)


def test_hessian_of_a_vector_function(m: adc.Module) -> None:
    H = adc.hessian(m.squares)(X)
    expected = np.zeros((3, 3, 3))
    expected[np.arange(3), np.arange(3), np.arange(3)] = 2.0
    np.testing.assert_allclose(H, expected)


def test_jvp_runs_at_once(m: adc.Module) -> None:
    y, dy = adc.jvp(m.squares, (X,), (np.ones(3),))
    np.testing.assert_allclose(y, X * X)
    np.testing.assert_allclose(dy, 2 * X)


def test_vjp_and_linearize_give_functions(m: adc.Module) -> None:
    x = X.copy()
    y, pullback = adc.vjp(m.squares, x)
    z, push = adc.linearize(m.squares, x)
    x[:] = 0.0  # both stay where they were made
    np.testing.assert_allclose(y, X * X)
    np.testing.assert_allclose(z, X * X)
    (ct,) = pullback(np.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(ct, 2 * X * [1.0, 2.0, 3.0])
    np.testing.assert_allclose(push(np.array([1.0, 2.0, 3.0])), 2 * X * [1.0, 2.0, 3.0])


def test_every_tangent_by_default(m: adc.Module) -> None:
    y, dy = adc.jvp(m.mixed, (X, 3, 2.0), (np.ones(3), 1.0))
    expected = 4.0 * 3 * 2 * X.sum() + 2 * 2.0 * 3 * (X @ X)
    assert y == pytest.approx(12.0 * (X @ X))
    assert dy == pytest.approx(expected)
    assert adc.jvp(m.mixed, (X, 3, 2.0), (np.ones(3), None, 1.0))[1] == pytest.approx(expected)
    ct_x, ct_w = adc.vjp(m.mixed, X, 3, 2.0)[1](1.0)
    np.testing.assert_allclose(ct_x, 24.0 * X)
    assert ct_w == pytest.approx(12.0 * (X @ X))


def test_named_tangents_only(m: adc.Module) -> None:
    _, dy = adc.jvp(m.mixed, (X, 3, 2.0), (1.0,), wrt="w")
    assert dy == pytest.approx(12.0 * (X @ X))
    assert adc.vjp(m.mixed, X, 3, 2.0, wrt="w")[1](1.0) == pytest.approx(12.0 * (X @ X))
    _, push = adc.linearize(m.mixed, X, 3, 2.0, wrt="w")
    assert push(1.0) == pytest.approx(12.0 * (X @ X))


def test_unevaluated_forms_nest(m: adc.Module) -> None:
    """Forward over reverse by hand is the Hessian-vector product."""
    pushed = adc.jvp(adc.grad(m.rosenbrock))
    v = np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(pushed(X, v)[1], adc.hvp(m.rosenbrock)(X, v), rtol=1e-12)
    pulled = adc.vjp(m.squares)
    np.testing.assert_allclose(pulled(X, np.ones(3))[1], 2 * X)


def test_records_of_derivatives(m: adc.Module) -> None:
    found = adc.grad(m.spring)({"x": X, "k": 2.0, "tag": 7})
    assert set(found._fields) == {"x", "k"}
    np.testing.assert_allclose(found.x, 2.0 * X)
    assert found.k == pytest.approx(0.5 * (X @ X))


def test_jacobian_of_a_tuple(m: adc.Module) -> None:
    first, second = adc.jacrev(m.pair)(X)
    np.testing.assert_allclose(first, 2 * X)
    np.testing.assert_allclose(second, np.diag(3 * X * X))


# ---- argnums, wrt, aux ---------------------------------------------------------------------------


def test_argnums_and_wrt(m: adc.Module) -> None:
    by_x, by_w = 24.0 * X, 12.0 * (X @ X)
    args = (X, 3, 2.0)
    np.testing.assert_allclose(adc.grad(m.mixed)(*args), by_x)
    assert adc.grad(m.mixed, 2)(*args) == pytest.approx(by_w)
    assert adc.grad(m.mixed, argnums=-1)(*args) == pytest.approx(by_w)
    assert adc.grad(m.mixed, wrt="w")(*args) == pytest.approx(by_w)
    for both in (adc.grad(m.mixed, argnums=(2, 0)), adc.grad(m.mixed, wrt=("w", "x"))):
        found = both(*args)
        assert found[0] == pytest.approx(by_w)
        np.testing.assert_allclose(found[1], by_x)


def test_a_tuple_of_one_gives_a_tuple(m: adc.Module) -> None:
    assert isinstance(adc.grad(m.mixed, argnums=(0,))(X, 3, 2.0), tuple)
    value, gradients = adc.value_and_grad(m.mixed, wrt=("x",))(X, 3, 2.0)
    assert isinstance(value, float)
    assert isinstance(gradients, tuple)
    (J,) = adc.jacfwd(m.squares, argnums=(0,))(X)
    assert J.shape == (3, 3)
    ((H,),) = adc.hessian(m.rosenbrock, argnums=(0,))(X)
    assert H.shape == (3, 3)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"argnums": 3}, "has 3 parameters"),
        ({"argnums": -4}, "has 3 parameters"),
        ({"argnums": "x"}, "whole numbers"),
        ({"argnums": 1}, "carries no derivative"),
        ({"wrt": "k"}, "carries no derivative"),
        ({"wrt": "y"}, "no parameter `y`"),
        ({"wrt": ("x", "x")}, "once"),
        ({"wrt": ()}, "once"),
    ],
)
def test_wrong_choices_are_type_errors(m: adc.Module, options: dict[str, Any], words: str) -> None:
    with pytest.raises(TypeCheckError, match=words) as caught:
        adc.grad(m.mixed, **options)
    assert isinstance(caught.value, TypeError)


def test_a_parameter_without_derivative_names_one_that_would_do(m: adc.Module) -> None:
    with pytest.raises(TypeError) as caught:
        adc.grad(m.mixed, wrt="k")
    assert caught.value.hint == "wrt='x'"  # type: ignore[attr-defined]


def test_grad_needs_one_real_result(m: adc.Module) -> None:
    for f in (m.squares, m.pair):
        with pytest.raises(TypeError, match="one real result"):
            adc.grad(f)


def test_aux(m: adc.Module) -> None:
    gradient, aux = adc.grad(m.valued, has_aux=True)(X)
    np.testing.assert_allclose(gradient, 2 * X)
    assert (aux.total, aux.size) == (X.sum(), 3)
    (value, aux), gradient = adc.value_and_grad(m.valued, has_aux=True)(X)
    assert value == pytest.approx(X @ X)
    assert aux.size == 3
    np.testing.assert_allclose(gradient, 2 * X)
    J, aux = adc.jacrev(m.valued, has_aux=True)(X)
    np.testing.assert_allclose(J, 2 * X)
    assert aux.size == 3
    H, aux = adc.hessian(m.valued, has_aux=True)(X)
    np.testing.assert_allclose(H, 2 * np.eye(3))
    y, pullback, aux = adc.vjp(m.valued, X, has_aux=True)
    assert y == pytest.approx(X @ X)
    np.testing.assert_allclose(pullback(1.0)[0], 2 * X)
    with pytest.raises(TypeError, match="has_aux"):
        adc.grad(m.cube, has_aux=True)


# ---- the rest ------------------------------------------------------------------------------------


def test_stop_gradient(m: adc.Module) -> None:
    stopped = adc.stop_gradient(m.cube)
    assert stopped(2.0) == 8.0
    assert adc.grad(stopped)(2.0) == 0.0
    assert adc.stop_gradient(3.0) == 3.0


def test_checkpoint_changes_no_value(m: adc.Module) -> None:
    again = adc.checkpoint(m.rosenbrock)
    assert again(X) == m.rosenbrock(X)
    np.testing.assert_allclose(adc.grad(again)(X), adc.grad(m.rosenbrock)(X), rtol=1e-14)


def test_python_functions_are_not_there_yet(m: adc.Module) -> None:
    for attempt in (lambda: adc.jit(np.sin), lambda: adc.grad(np.sin)):
        with pytest.raises(UnsupportedError) as caught:
            attempt()
        assert caught.value.code == "E0901"
    with pytest.raises(TypeError):
        adc.grad(3.0)  # type: ignore[arg-type]


def test_nonsmooth_modes(m: adc.Module) -> None:
    assert adc.grad(m.cube, nonsmooth="convention")(2.0) == 12.0
    with pytest.raises(UnsupportedError):
        adc.grad(m.cube, nonsmooth="clarke")
    with pytest.raises(adc.UsageError):
        adc.grad(m.cube, nonsmooth="smooth")


def test_wrong_tangents_are_type_errors(m: adc.Module) -> None:
    with pytest.raises(TypeError):
        adc.jvp(m.squares, X, (X,))
    with pytest.raises(TypeError):
        adc.jvp(m.squares, (X,), (X, X))
    with pytest.raises(TypeError):
        adc.jvp(m.squares, (X, X), (X,))
    with pytest.raises(adc.ShapeError):
        adc.jvp(m.squares, (X,), (np.ones(2),))


def test_asking_twice_gives_the_same_code(m: adc.Module) -> None:
    one, two = adc.grad(m.cube), adc.grad(m.cube)
    assert one.name == two.name
    assert one._session.native((one.name,)) is two._session.native((two.name,))
