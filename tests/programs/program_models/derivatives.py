"""Models of the programs about derivative operators: closed forms, complex steps, high-precision differences."""

# ruff: noqa: N801, N805 (a class here is a namespace that bears the name of its program)

import math
from collections.abc import Callable

import mpmath
import numpy as np
from numeric_derivatives import derivative, gradient, high_derivative, jacobian, jvp


class gradients:
    def of_scalar(x):
        return 3 * x**2 - 1

    def of_vector(x):
        return gradient(lambda v: np.sum(v * v) * v[0], x)

    def of_matrix(A):
        return [[0.0, A[1, 0]], [A[0, 1], 0.0]]

    def by_first(x, y):
        return 2 * x * y

    def by_second(x, y):
        return x**2

    def by_both(x, y):
        return 2 * x * y, x**2

    grad_product = by_first
    grad_product_y = by_second
    grad_product_x_y = by_both

    def of_tuple(p):
        x, w = p
        return 2 * x * np.sum(w), np.full(len(w), x**2)

    def of_record(m):
        s, w, k = m["scale"], m["weights"], m["power"]
        return {"scale": float(k * s ** (k - 1) * np.sum(w**2)), "weights": 2 * s**k * w}

    grad_weighted = of_record

    def of_records(ms):
        return [gradients.of_record(m) for m in ms]

    def beside_integers(k, x):
        return k * x ** (k - 1)

    def not_needed(x, y):
        return 0.0, 2 * y


class values_and_gradients:
    def both(x, k):
        return k * np.sum(x**2), 2 * k * x

    def by_scale(x, k):
        return k * np.sum(x**2), np.sum(x**2)

    def by_all(x, k):
        return k * np.sum(x**2), (2 * k * x, np.sum(x**2))

    value_and_grad_loss = both
    value_and_grad_loss_k = by_scale

    def descent(x, k):
        factor = 1 - 0.2 * k
        return x * factor**3, k * np.sum((x * factor**2) ** 2)


class jvps:
    def of_cube(x, dx):
        return x**3, 3 * x**2 * dx

    def of_squares(x, dx):
        return x**2, 2 * x * dx

    def of_two(x, y, dx, dy):
        return x**2 * y, 2 * x * y * dx + x**2 * dy

    def by_named(x, y, dy):
        return x**2 * y, x**2 * dy

    def past_integer(x, k, dx):
        return x**k, k * x ** (k - 1) * dx

    def of_pair(x, dx):
        return (x**2, x**3), (2 * x * dx, 3 * x**2 * dx)

    def of_point(p, dp):
        return p["x"] * p["y"], dp["x"] * p["y"] + p["x"] * dp["y"]

    def matrix_tangent(A, dA):
        return A @ dA + dA @ A

    def zero_tangent(x):
        return math.exp(x), 0.0


class vjps:
    def of_linear(x, ct):
        return 5 * x, 5 * ct

    def of_sum(x, y, ct):
        return x + 2 * y, ct, 2 * ct

    def of_pair(x, a, b):
        return a + 2 * b

    def of_vector(x, ct):
        return x**2, 2 * x * ct

    def by_named(x, y, ct):
        return x**2 * y, x**2 * ct

    def past_integer(x, k, ct):
        return x**k, k * x ** (k - 1) * ct

    def of_point(p, ct):
        return {"x": p["y"] * ct, "y": p["x"] * ct}

    def to_point(x, ct):
        return 2 * x * ct["x"] + 3 * x**2 * ct["y"]

    def turned(x):
        return x * np.roll(x, -1)

    def jacobian_row(x):
        return jacobian(vjps.turned, x)[1]

    def adjoint_identity(x, dx, ct):
        return np.full(2, ct @ jacobian(vjps.turned, x) @ dx)


class jacobians:
    def plane_forward(p):
        x, y = p
        s, c = math.sin(x * y), math.cos(x * y)
        return [[-y * s, -x * s], [y * c, x * c]]

    plane_reverse = jacfwd_waves = jacrev_waves = plane_forward

    def of_scalar(x):
        return 3 * x**2

    def of_curve(t):
        return [1.0, 2 * t, 3 * t**2]

    def by_matrix(A, x):
        return jacobian(lambda B: B @ x, A)

    def by_both(A, x):
        return jacobians.by_matrix(A, x), A

    def jacrev_applied_x(A, x):
        return A

    def of_tuple(x):
        return 2 * x, np.diag(2 * x)

    def nested(x):
        a, b = x
        return [[6 * a, 1.0], [1.0, 6 * b]]

    def to_matrix(x):
        return jacobian(lambda v: np.multiply.outer(v, v), x)


class hessians:
    def of_banana(p):
        x, y = p
        return [[1200 * x**2 - 400 * y + 2, -400 * x], [-400 * x, 200.0]]

    hessian_banana = of_banana

    def hvp_banana(p, v):
        return np.array(hessians.of_banana(p)) @ v

    def of_scalar(x):
        return 12 * x**2

    def of_matrix(A):
        return jacobian(
            lambda B: np.array([[B[1, 1] * B[0, 1], B[0, 0] * B[1, 1]], [0, B[0, 0] * B[0, 1]]]), A
        )

    def by_second(x, y):
        return 2 * (np.outer(x, y) + np.outer(y, x) + x @ y * np.eye(len(x)))

    def by_both(x, y):
        return (2 * y**3, 6 * x * y**2), (6 * x * y**2, 6 * x**2 * y)

    def product_of(x, v):
        return math.exp(x @ x / 2) * (v + (x @ v) * x)

    def product_of_matrix(A, V):
        """The gradient of the sum of B^3 is J (B^2)^T + B^T J B^T + (B^2)^T J with J all ones."""

        def slope(B):
            J = np.ones(A.shape)
            return J @ (B @ B).T + B.T @ J @ B.T + (B @ B).T @ J

        return jvp(slope, (A,), (V,))

    def product_by_both(x, y, dx, dy):
        (a, b), (c, d) = hessians.by_both(x, y)
        return a * dx + b * dy, c * dx + d * dy


class mode_orders:
    def value(x):
        return math.exp(x @ x / 2)

    def second(x, v):
        return np.tile(hessians.product_of(x, v), (4, 1))

    def third(x, v):
        """d^3/dt^3 of exp(q(t)), q(t) = |x + t v|^2 / 2, with q' = x v and q'' = v v."""
        first, second = x @ v, v @ v
        return np.full(8, math.exp(x @ x / 2) * (first**3 + 3 * first * second))


def six(f: Callable, x: np.ndarray, v: np.ndarray) -> list[float]:
    """Second derivative along v four times and third twice, for f of a list of mpmath numbers."""

    def along(t: object) -> object:
        return f(
            [mpmath.mpf(float(a)) + t * mpmath.mpf(float(b)) for a, b in zip(x, v, strict=True)]
        )

    return [high_derivative(along, 0, 2)] * 4 + [high_derivative(along, 0, 3)] * 2


class mode_orders_of_structures:
    def of_map(x, v):
        return six(lambda q: sum(mpmath.sin(a * a) for a in q), x, v)

    def of_reduce(x, v):
        return six(lambda q: mpmath.fprod(q) + mpmath.exp(sum(q)), x, v)

    def of_scan(x, v):
        def program(q):
            s, total = mpmath.mpf("0.5"), 0
            for a in q:
                s = s * s + a
                total += s
            return total

        return six(program, x, v)

    def of_fold(x, v):
        """The second state sums the products of the elements before."""
        return six(lambda q: 1 + q[0] + q[0] * q[1], x, v)

    def looped(q):
        s = q[0]
        for a in q:
            s = s * a + mpmath.sin(s)
        return s

    def of_loop(x, v):
        return six(mode_orders_of_structures.looped, x, v)

    def of_update(x, v):
        def program(q):
            second = q[0] * q[1] + q[0]
            return q[0] + second + second * q[2] + q[0]

        return six(program, x, v)

    def of_while(x, v):
        def program(q):
            s = sum(q)
            while s < 50:
                s = s * s + q[0]
            return s

        return six(program, x, v)

    def of_history(x, v):
        def program(q):
            s, total = q[1], 0
            for a in q:
                total += s * a
                s = s * s + a
            return total * s

        return six(program, x, v)

    def of_accum(x, v):
        def program(q):
            a, b, c = q
            return (a + b * a + c * a) ** 3 + (b + c * b) ** 3 + c**3

        return six(program, x, v)

    def of_condition(x, v):
        return six(lambda q: mpmath.exp(q[0]) + q[1] ** 4 + q[2] ** 4, x, v)

    def of_recursion(x, v):
        return six(lambda q: mpmath.fprod(q) ** 2, x, v)

    def of_gather(x, v):
        return six(lambda q: q[0] * q[2] ** 2 * q[1], x, v)

    def of_sort(x, v):
        return six(lambda q: -(q[2] ** 3) - 2 * q[1] ** 3 - 3 * q[0] ** 3, x, v)

    def of_record(x, v):
        return six(lambda q: (q[0] * (q[1] + q[2])) ** 2 * q[1], x, v)

    def of_solve(x, v):
        """(D + 1 1^T)^-1 by Sherman and Morrison: with s = sum of 1 / d, the sum of the solution is
        sum(b / d) / (1 + s); here b / d = x."""
        return six(lambda q: sum(q) / (1 + sum(1 / a for a in q)), x, v)

    def of_rule(x, v):
        return six(lambda q: mpmath.exp(2 * sum(q)) * q[0], x, v)

    def of_checkpoint(x, v):
        return six(lambda q: mode_orders_of_structures.looped([a * a for a in q]), x, v)


class third_order:
    def third_of_cubic(x):
        return 24.0

    def orders_of_sine(x):
        return [math.cos(x), -math.sin(x), -math.cos(x), math.sin(x)]

    def fifth_of_power(x):
        return 7 * 6 * 5 * 4 * 3 * x**2

    def third_tensor(x):
        """Of x^3 y + x y^2: xxx 6 y, xxy 6 x, xyy 2, yyy 0."""
        a, b = x
        return [[[6 * b, 6 * a], [6 * a, 2.0]], [[6 * a, 2.0], [2.0, 0.0]]]

    def gradient_of_hessian_trace(x):
        """The trace is 6 x y + 2 x."""
        a, b = x
        return [6 * b + 2, 6 * a]

    def mixed(x, y):
        """d/dx d/dy of y cos(x y): its y derivative is cos(x y) - x y sin(x y)."""
        return -2 * y * math.sin(x * y) - x * y**2 * math.cos(x * y)

    def taylor_of_exponential(x):
        return [math.exp(2 * x), 2 * math.exp(2 * x), 4 * math.exp(2 * x)]


class perturbation_confusion:
    def classic(x):
        return 2 * x

    classic_forward = classic

    def classic_mixed(x):
        return [2 * x, 2 * x]

    def inner_by_outer(x, c):
        """d/dx of 3 x^2 (x + c)^2."""
        return 6 * x * (x + c) ** 2 + 6 * x**2 * (x + c)

    def curried(x):
        """d/db of (d/dc of a b c^2 at c = b) = d/db 2 a b^2 = 4 a b at b = a: 4 a^2."""
        return 8 * x

    def inner_constant(x):
        return 1.0

    def shared_closure(x):
        """d/dy of y x + x y."""
        return 2 * x

    def in_loop(x):
        def program(x):
            s = x
            for _ in range(3):
                s = s * (2 * x * s)
            return s

        return derivative(program, x)

    def in_comprehension(x):
        return gradient(lambda v: np.sum(v[0] * 2 * v[1] * v), x)


class own_derivatives:
    def doubled_slope():
        return 4.0

    def through_rule(x):
        return 40.0

    rule_forward = through_rule

    def damped_slope(x):
        return 0.5

    def damped_forward(x):
        return 0.75

    def two_parameters(x, y):
        return 10 * y, 100 * x

    two_by_adjoint = two_parameters

    def two_forward(x, y):
        return 10 * y + 100 * x

    two_by_adjoint_forward = two_forward

    def straight_through(x):
        return 2 * np.round(x)

    def vector_adjoint(x):
        return [4.0, 2.0, 1.0]

    def root(x):
        return mpmath.findroot(lambda y: y**3 + y - x, 1)

    def implicit_root(x):
        with mpmath.workdps(40):
            return float(1 / (3 * own_derivatives.root(x) ** 2 + 1))

    def implicit_curvature(x):
        with mpmath.workdps(40):
            y = own_derivatives.root(x)
            return float(-6 * y / (3 * y**2 + 1) ** 3)

    def beside_integer(x, k):
        return 7.0 * k

    def in_callee(x):
        return 12.0


class stop_gradients:
    def value(x):
        return x**3

    def slope(x):
        return 2 * x * x

    tangent = slope

    def curvature(x):
        """d/dx of 2 x c with c = x held: 2 c."""
        return 2 * x

    def of_array(x):
        return x

    def detached_parameter(x, y):
        return y * x, 0.0

    def last_steps(target, n, kept):
        return 1 - 0.9**kept

    def all_steps(target, n):
        return 1 - 0.9**n


class checkpoints:
    def wave(x):
        for _ in range(40):
            x = x + 0.1 * np.sin(x)
        return x

    def value(x):
        return np.sum(checkpoints.wave(x))

    def gradient(x):
        return gradient(checkpoints.value, x)

    plain_gradient = gradient

    def forward(x):
        return np.sum(checkpoints.gradient(x))

    def second(x):
        def wave(v):
            for _ in range(40):
                v = v + mpmath.mpf(0.1) * mpmath.sin(v)
            return v

        return [high_derivative(wave, v, 2) for v in x]

    def segments(x, n):
        return n * x ** (n - 1)


class branches_not_taken:
    def log_slope(x):
        return 1 / x if x > 0 else 0.0

    def log_curvature(x):
        return -1 / x**2 if x > 0 else 0.0

    def root_slopes(x):
        return [0.5 / math.sqrt(v) if v > 0 else 0.0 for v in x]

    tangents = root_slopes

    def selected_slopes(x):
        return [(math.log(v) / 2 + 1) / math.sqrt(v) if v > 0 else 0.0 for v in x]

    def selected_curvatures(x):
        return [-math.log(v) / (4 * v**1.5) if v > 0 else 0.0 for v in x]

    def division_slopes(x):
        return [-1 / v**2 if v != 0 else 0.0 for v in x]

    def empty_branch(x, y):
        return 2 * y

    def piecewise(x):
        return 2 * x if x < 1 else 2.0
