"""Independent models of the example programs, in NumPy and mpmath: one class per program, one function per number.

`test_example_models.py` holds them to the golden results, and the numbers in the programs' heads to them.
Derivatives come from closed forms, complex steps or differences in high precision (`numeric_derivatives`), never from
automatic differentiation. Functions that are stepped through take complex arguments, and so compare real parts only.
"""

# ruff: noqa: N801, N805 (a class here is a namespace that bears the name of its program)

import itertools
import math

import mpmath
import numpy as np
from numeric_derivatives import (
    derivative,
    gradient,
    high_derivative,
    high_gradient,
    high_hessian,
    jacobian,
)
from scipy import linalg, special, stats


def stable_logsumexp(v: np.ndarray) -> complex:
    top = np.max(np.real(v))
    return top + np.log(np.sum(np.exp(v - top)))


class lse:
    def lse(x):
        return special.logsumexp(x)

    def softmax(x):
        return special.softmax(x)

    grad_lse = softmax


class gmm:
    def factor(p, d):
        Q = np.zeros((d, d), p.dtype)
        Q[np.diag_indices(d)] = np.exp(p[:d])
        Q.T[np.triu_indices(d, 1)] = p[d:]
        return Q

    def objective(alpha, means, icf, x, gamma, m):
        n, d = x.shape
        Q = [gmm.factor(p, d) for p in icf]
        log_det = np.sum(icf[:, :d], axis=1)
        terms = np.array(
            [
                a + s - np.sum(((x - mean) @ q.T) ** 2, axis=1) / 2
                for a, s, mean, q in zip(alpha, log_det, means, Q, strict=True)
            ]
        )
        fit = sum(stable_logsumexp(column) for column in terms.T)
        fit -= n * (d * np.log(2 * np.pi) / 2 + stable_logsumexp(alpha))
        freedom = d + m + 1
        prior = 0
        for q, s in zip(
            Q, log_det, strict=True
        ):  # the log density of the Wishart law at q^T q, term by term
            prior += m * s - gamma**2 * np.trace(q.T @ q) / 2
            prior -= (
                freedom * d * np.log(2) / 2
                - freedom * d * np.log(gamma)
                + special.multigammaln(freedom / 2, d)
            )
        return fit + prior

    def gradient(alpha, means, icf, x, gamma, m):
        return (
            gradient(lambda v: gmm.objective(v, means, icf, x, gamma, m), alpha),
            gradient(lambda v: gmm.objective(alpha, v, icf, x, gamma, m), means),
            gradient(lambda v: gmm.objective(alpha, means, v, x, gamma, m), icf),
        )


class ba:
    def rotate(rot, point):
        angle = np.sqrt(np.sum(rot * rot))
        if np.real(angle) == 0:
            return point + np.cross(rot, point)
        x, y, z = rot
        K = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]]) / angle
        R = np.eye(3) + np.sin(angle) * K + (1 - np.cos(angle)) * K @ K
        return R @ point

    def reproj_error(cam, point, w, feat):
        seen = ba.rotate(cam[:3], point - cam[3:6])
        u = seen[:2] / seen[2]
        r2 = np.sum(u * u)
        return w * (cam[6] * u * (1 + cam[9] * r2 + cam[10] * r2**2) + cam[7:9] - feat)

    def weight_error(w):
        return 1 - w**2

    def grad_weight_error(w):
        return -2 * w

    def objective(cams, x, w, obs, feats):
        errors = [
            ba.reproj_error(cams[c], x[q], wi, f)
            for (c, q), wi, f in zip(obs, w, feats, strict=True)
        ]
        return np.array(errors), ba.weight_error(w)

    def block(cam, point, w, feat):
        packed = np.concatenate([cam, point, [w]])
        return jacobian(lambda q: ba.reproj_error(q[:11], q[11:14], q[14], feat), packed)

    def jacobian(cams, x, w, obs, feats):
        blocks = [
            ba.block(cams[c], x[q], wi, f) for (c, q), wi, f in zip(obs, w, feats, strict=True)
        ]
        return np.array(blocks), -2 * w


class lstm:
    def objective(main_params, extra_params, state, sequence):
        layers, bits = len(main_params) // 2, sequence.shape[1]
        weights = main_params[0::2].reshape(layers, 4, bits)
        biases = main_params[1::2].reshape(layers, 4, bits)
        hidden, memory = list(state[0::2]), list(state[1::2])
        total = 0
        for now, after in itertools.pairwise(sequence):
            h = now * extra_params[0]
            for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
                forget, ingate = (
                    lstm.sigmoid(h * w[0] + b[0]),
                    lstm.sigmoid(hidden[i] * w[1] + b[1]),
                )
                outgate, change = lstm.sigmoid(h * w[2] + b[2]), np.tanh(hidden[i] * w[3] + b[3])
                memory[i] = memory[i] * forget + ingate * change
                h = hidden[i] = outgate * np.tanh(memory[i])
            y = h * extra_params[1] + extra_params[2]
            total += np.sum(after * (y - np.log(2 + np.sum(np.exp(y)))))
        return -total / (bits * (len(sequence) - 1))

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    def gradient(main_params, extra_params, state, sequence):
        return (
            gradient(lambda p: lstm.objective(p, extra_params, state, sequence), main_params),
            gradient(lambda p: lstm.objective(main_params, p, state, sequence), extra_params),
        )


class kmeans:
    def cost(points, centroids):
        return np.sum(np.min(np.sum((points[:, None] - centroids) ** 2, axis=2), axis=1))

    def direction(points, centroids):
        """A centroid minus the mean of its points: 2 m (c - mean) over 2 m."""
        nearest = np.argmin(np.sum((points[:, None] - centroids) ** 2, axis=2), axis=1)
        return centroids - np.array(
            [points[nearest == j].mean(axis=0) for j in range(len(centroids))]
        )


class det:
    def minors(A):
        return np.linalg.det(A)

    def cofactors(A):
        return np.linalg.det(A) * np.linalg.inv(A).T


class llsq:
    def objective(x, n):
        return np.sum(llsq.residuals(x, n) ** 2) / 2

    def residuals(x, n):
        t = np.linspace(-1, 1, n)
        t[n // 2] = 0.0 if n % 2 else t[n // 2]
        return np.sign(t) - np.vander(t, len(x), increasing=True) @ x

    def gradient(x, n):
        t = np.linspace(-1, 1, n)
        return -np.vander(t, len(x), increasing=True).T @ llsq.residuals(x, n)

    def hessian_objective(x, n):
        powers = np.vander(np.linspace(-1, 1, n), len(x), increasing=True)
        return powers.T @ powers


class ode:
    def solution(x, s):
        """Runge-Kutta of order 4 for the linear system y' = A y + b is its Taylor polynomial of degree 4."""
        n, h = len(x), 2 / s
        A, b = np.diag(x[1:], -1), np.zeros(n, x.dtype)
        b[0] = x[0]
        y = np.zeros(n, x.dtype)
        for _ in range(s):
            term = step = h * (A @ y + b)
            for order in (2, 3, 4):
                term = h / order * (A @ term)
                step = step + term
            y = y + step
        return y

    def gradient(x, s):
        return gradient(lambda v: ode.solution(v, s)[-1], x)


class ht:
    def angle_axis(r):
        angle = np.sqrt(np.sum(r * r))
        if np.real(angle) < 1e-4:
            return np.eye(3)
        x, y, z = r / angle
        K = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        return np.eye(3) + np.sin(angle) * K + (1 - np.cos(angle)) * K @ K

    def euler(a):
        def turn(axis, angle):
            i, j = (axis + 1) % 3, (axis + 2) % 3
            R = np.eye(4, dtype=np.result_type(angle))
            R[i, i] = R[j, j] = np.cos(angle)
            R[j, i] = np.sin(angle)
            R[i, j] = -np.sin(angle)
            return R

        return turn(2, a[1]) @ turn(1, a[2]) @ turn(0, a[0])

    def skin(
        theta, parents, base_relatives, inverse_base_absolutes, base_positions, weights, is_mirrored
    ):
        angles = np.zeros((len(parents), 3), theta.dtype)
        for finger in range(5):
            bend, spread, second, third = theta[6 + 4 * finger : 10 + 4 * finger]
            angles[2 + 4 * finger] = bend, spread, 0
            angles[3 + 4 * finger, 0] = second
            angles[4 + 4 * finger, 0] = third
        absolutes = []
        for parent, relative, angle in zip(parents, base_relatives, angles, strict=True):
            posed = relative @ ht.euler(angle)
            absolutes.append(posed if parent < 0 else absolutes[parent] @ posed)
        transforms = np.array(absolutes) @ inverse_base_absolutes
        p = np.einsum("vb,bjc,vc->vj", weights, transforms[:, :3], base_positions)
        if is_mirrored:
            p[:, 0] *= -1
        return p @ ht.angle_axis(theta[:3]).T + theta[3:6]

    def simple(theta, parents, base_relatives, inverse_base_absolutes, base_positions, weights, is_mirrored,
               correspondences, points):  # fmt: skip
        p = ht.skin(
            theta,
            parents,
            base_relatives,
            inverse_base_absolutes,
            base_positions,
            weights,
            is_mirrored,
        )
        return (points - p[correspondences]).ravel()

    def complicated(theta, us, parents, base_relatives, inverse_base_absolutes, base_positions, weights, is_mirrored,
                    correspondences, points, triangles):  # fmt: skip
        p = ht.skin(
            theta,
            parents,
            base_relatives,
            inverse_base_absolutes,
            base_positions,
            weights,
            is_mirrored,
        )
        barycentric = np.stack([us[:, 0], us[:, 1], 1 - us[:, 0] - us[:, 1]], axis=1)
        return (
            points - np.einsum("ck,ckj->cj", barycentric, p[triangles[correspondences]])
        ).ravel()

    def simple_jacobian(theta, **model):
        return jacobian(lambda q: ht.simple(q, **model), theta)

    def complicated_jacobian(theta, us, **model):
        by_theta = jacobian(lambda q: ht.complicated(q, us, **model), theta)

        def shifted(h, k):
            return ht.complicated(theta, us + h * np.eye(2)[k], **model)

        by_us = [derivative(lambda h, k=k: shifted(h, k), 0.0) for k in range(2)]
        return np.hstack([np.stack(by_us, axis=1), by_theta])

    def sum_of_squares(theta, **model):
        return np.sum(ht.simple(theta, **model) ** 2) / 2

    def grad_sum_of_squares(theta, **model):
        return gradient(lambda q: ht.sum_of_squares(q, **model), theta)


class descent:
    def argmin(f, slope, start):
        """The adaptive gradient descent of Pearlmutter and Siskind, with the gradient given."""
        x, rate, successes = start, 1e-5, 0
        fx, g = f(x), slope(x)
        while np.linalg.norm(g) > 1e-5:
            if successes == 10:
                rate, successes = 2 * rate, 0
                continue
            better = x - rate * g
            if np.linalg.norm(x - better) <= 1e-5:
                break
            fb = f(better)
            if fb < fx:
                x, fx, g, successes = better, fb, slope(better), successes + 1
            else:
                rate, successes = rate / 2, 0
        return x

    def parabola(start):
        target = np.arange(len(start))
        return descent.argmin(
            lambda x: np.sum((x - target) ** 2), lambda x: 2 * (x - target), start
        )

    def forward_gradient_of_parabola(x):
        return 2 * (x - np.arange(len(x)))

    reverse_gradient_of_parabola = forward_gradient_of_parabola


class particle:
    def miss(w):
        x, v = np.array([0.0, 8.0]), np.array([0.75, 0.0])
        while True:
            charges = np.array([[10, 10 - w], [10, 0]])
            away = x - charges
            force = np.sum(away / np.sum(away**2, axis=1, keepdims=True) ** 1.5, axis=0)
            after = x + 0.1 * v
            if np.real(after[1]) <= 0:
                break
            x, v = after, v + 0.1 * force
        return (x - x[1] / v[1] * v)[0] ** 2

    def slope(w):
        return derivative(particle.miss, w)

    def ff(w):
        start = np.array([w])
        return descent.argmin(
            lambda p: particle.miss(p[0]), lambda p: np.array([particle.slope(p[0])]), start
        )[0]

    fr = rf = rr = ff


class saddle:
    def height(x, y):
        return np.sum(x**2) - np.sum(y**2)

    def ff(start):
        """The path of the inner descent does not depend on x, so the slope of the ridge is 2 x."""
        y = descent.argmin(lambda y: np.sum(y**2), lambda y: 2 * y, start)
        x = descent.argmin(lambda x: saddle.height(x, y), lambda x: 2 * x, start)
        return np.concatenate([x, y])

    fr = rf = rr = ff


class heat:
    def matrix(n, c):
        A = np.eye(n, dtype=np.result_type(c, float))
        for i in range(1, n - 1):
            A[i, i - 1 : i + 2] += c * np.array([1, -2, 1])
        return A

    def heat(u0, steps, c):
        return np.linalg.matrix_power(heat.matrix(len(u0), c), steps) @ u0

    def misfit(u0, steps, c, target):
        return np.sum((heat.heat(u0, steps, c) - target) ** 2) / 2

    def by_initial_state(u0, steps, c, target):
        flow = np.linalg.matrix_power(heat.matrix(len(u0), c), steps)
        return flow.T @ (flow @ u0 - target)

    def by_conductivity(u0, steps, c, target):
        return derivative(lambda k: heat.misfit(u0, steps, k, target), c)

    by_conductivity_forward = by_conductivity

    def curvature(u0, steps, c, target):
        def high_misfit(k):
            u = [mpmath.mpf(float(v)) for v in u0]
            for _ in range(steps):
                inner = [u[i] + k * (u[i - 1] - 2 * u[i] + u[i + 1]) for i in range(1, len(u) - 1)]
                u = [u[0], *inner, u[-1]]
            return sum((v - float(t)) ** 2 for v, t in zip(u, target, strict=True)) / 2

        return high_derivative(high_misfit, c, 2)


class kepler:
    def energy(q, v):
        return np.sum(v**2) / 2 - 1 / np.sqrt(np.sum(q**2))

    def orbit(q, v, dt, steps):
        def force(q):
            return -q / np.sum(q**2) ** 1.5

        for _ in range(steps):
            half = v + dt / 2 * force(q)
            q = q + dt * half
            v = half + dt / 2 * force(q)
        return q, v

    def energy_drift(q, v, dt, steps):
        return kepler.energy(*kepler.orbit(q, v, dt, steps)) - kepler.energy(q, v)

    def by_velocity(q, v, dt, steps):
        return jacobian(lambda u: kepler.orbit(q, u, dt, steps)[0], v)

    def aim(q, v, dt, steps, target):
        return np.sum((kepler.orbit(q, v, dt, steps)[0] - target) ** 2)

    def steer(q, v, dt, steps, target):
        return -gradient(lambda u: kepler.aim(q, u, dt, steps, target), v)

    def area(q, v, dt, steps):
        return 1.0


class logreg:
    def loss(w, X, y, decay):
        p = special.expit(X @ w)
        return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)) + decay * np.sum(w**2) / 2

    def gradient(w, X, y, decay):
        return X.T @ (special.expit(X @ w) - y) / len(y) + decay * w

    def hessian_loss(w, X, y, decay):
        p = special.expit(X @ w)
        return X.T @ np.diag(p * (1 - p)) @ X / len(y) + decay * np.eye(len(w))

    def fit(X, y, decay, steps):
        w = np.zeros(X.shape[1])
        for _ in range(steps):
            w = w - np.linalg.solve(
                logreg.hessian_loss(w, X, y, decay), logreg.gradient(w, X, y, decay)
            )
        return w

    def by_decay(X, y, decay, steps):
        """Newton's method has converged, so the implicit function theorem holds: -H^-1 d(gradient)/d(decay)."""
        w = logreg.fit(X, y, decay, 50)
        return -np.linalg.solve(logreg.hessian_loss(w, X, y, decay), w)

    def accuracy(w, X, y):
        return np.mean((X @ w > 0) == (y > 0.5))


class black_scholes:
    def d12(spot, strike, rate, vol, maturity):
        d1 = (math.log(spot / strike) + (rate + vol**2 / 2) * maturity) / (
            vol * math.sqrt(maturity)
        )
        return d1, d1 - vol * math.sqrt(maturity)

    def call(spot, strike, rate, vol, maturity):
        d1, d2 = black_scholes.d12(spot, strike, rate, vol, maturity)
        return spot * stats.norm.cdf(d1) - strike * math.exp(-rate * maturity) * stats.norm.cdf(d2)

    def put(spot, strike, rate, vol, maturity):
        d1, d2 = black_scholes.d12(spot, strike, rate, vol, maturity)
        return strike * math.exp(-rate * maturity) * stats.norm.cdf(-d2) - spot * stats.norm.cdf(
            -d1
        )

    def greeks(spot, strike, rate, vol, maturity):
        d1, d2 = black_scholes.d12(spot, strike, rate, vol, maturity)
        discounted = strike * math.exp(-rate * maturity) * stats.norm.cdf(d2)
        density = stats.norm.pdf(d1)
        return {
            "delta": stats.norm.cdf(d1),
            "rho": maturity * discounted,
            "vega": spot * density * math.sqrt(maturity),
            "theta": -spot * density * vol / (2 * math.sqrt(maturity)) - rate * discounted,
        }

    def gamma(spot, strike, rate, vol, maturity):
        d1, _ = black_scholes.d12(spot, strike, rate, vol, maturity)
        return stats.norm.pdf(d1) / (spot * vol * math.sqrt(maturity))

    def second_order(market, strike, rate, maturity):
        spot, vol = market
        d1, d2 = black_scholes.d12(spot, strike, rate, vol, maturity)
        vanna = -stats.norm.pdf(d1) * d2 / vol
        vomma = spot * stats.norm.pdf(d1) * math.sqrt(maturity) * d1 * d2 / vol
        return np.array(
            [[black_scholes.gamma(spot, strike, rate, vol, maturity), vanna], [vanna, vomma]]
        )

    def implied_volatility(price, spot, strike, rate, maturity):
        def excess(vol):
            root = mpmath.sqrt(maturity)
            d1 = (mpmath.log(mpmath.mpf(spot) / strike) + (rate + vol**2 / 2) * maturity) / (
                vol * root
            )
            discounted = strike * mpmath.exp(-mpmath.mpf(rate) * maturity)
            return spot * mpmath.ncdf(d1) - discounted * mpmath.ncdf(d1 - vol * root) - price

        with mpmath.workdps(40):
            return float(mpmath.findroot(excess, 0.3))

    def book(options, spot, rate, vol):
        return sum(
            o["amount"] * black_scholes.call(spot, o["strike"], rate, vol, o["maturity"])
            for o in options
        )

    def grad_book_spot(options, spot, rate, vol):
        deltas = (
            black_scholes.greeks(spot, o["strike"], rate, vol, o["maturity"])["delta"]
            for o in options
        )
        return sum(o["amount"] * delta for o, delta in zip(options, deltas, strict=True))


class kalman:
    def log_likelihood(A, C, Q, R, m0, P0, ys):
        """The log density of all observations at once, jointly normal: no filter."""
        t, n = len(ys), len(m0)
        powers = [np.linalg.matrix_power(A, k) for k in range(t)]
        state_cov = np.zeros((t, t, n, n))
        covs = [P0]
        for _ in range(1, t):
            covs.append(A @ covs[-1] @ A.T + Q)
        for i in range(t):
            for j in range(t):
                late, early = max(i, j), min(i, j)
                c = powers[late - early] @ covs[early]
                state_cov[i, j] = c if i >= j else c.T
        mean = np.concatenate([C @ p @ m0 for p in powers])
        blocks = [
            [C @ state_cov[i, j] @ C.T + (R if i == j else 0) for j in range(t)] for i in range(t)
        ]
        return stats.multivariate_normal.logpdf(ys.ravel(), mean, np.block(blocks))

    def trend(theta, ys):
        a, b, c = np.exp(theta)
        A, C = np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([[1.0, 0.0]])
        return kalman.log_likelihood(
            A, C, np.diag([a, b]), np.array([[c]]), np.zeros(2), 10 * np.eye(2), ys
        )

    def high_trend(theta, ys):
        """The same in mpmath, through the joint covariance of the observations."""
        a, b, c = map(mpmath.exp, theta)
        t = len(ys)
        S = mpmath.matrix(t, t)
        for i in range(t):
            for j in range(t):
                s = min(i, j)
                slopes = 10 * (1 + i * j) + b * sum((i - u - 1) * (j - u - 1) for u in range(s))
                S[i, j] = slopes + a * s + (c if i == j else 0)
        y = mpmath.matrix([mpmath.mpf(float(v)) for v in np.ravel(ys)])
        quadratic = (y.T * mpmath.lu_solve(S, y))[0]
        return -(quadratic + mpmath.log(mpmath.det(S)) + t * mpmath.log(2 * mpmath.pi)) / 2

    def grad_trend(theta, ys):
        return high_gradient(lambda q: kalman.high_trend(q, ys), theta)

    def information(theta, ys):
        return -high_hessian(lambda q: kalman.high_trend(q, ys), theta)

    def smoother_gain(P, A, Q):
        return P @ A.T @ linalg.inv(A @ P @ A.T + Q)


class tour:
    logsumexp = lse.lse
    softmax = lse.softmax
    heat = heat.heat

    def energy(bodies):
        return sum(b["mass"] / 2 * np.sum(b["vel"] ** 2) for b in bodies)

    def momenta(bodies):
        return np.array([b["mass"] * b["vel"] for b in bodies])

    def matmul(A, B):
        return A @ B

    def newton_sqrt(a):
        x = a
        while abs(np.real(x * x - a)) > 1e-12 * np.real(a):
            x = (x + a / x) / 2
        return x

    def grad_newton_sqrt(a):
        return derivative(tour.newton_sqrt, a)

    def lower_times(L, z):
        return L @ z

    def reversed(x):
        return x[::-1]

    def replaced(x, i, v):
        return np.array([*x[:i], v, *x[i + 1 :]])

    def histogram(bins, values):
        return np.bincount(bins, values, minlength=3)

    def running(x):
        return np.cumsum(x)

    def fibonacci(n):
        return round(((1 + math.sqrt(5)) / 2) ** n / math.sqrt(5))

    def cube_slope(x):
        return 6 * x

    def square_slope(x):
        return 1.0
