"""Derives the polynomial coefficients of `adc.lowering.coefficients`: run this file to print them.

Each is the polynomial of least weighted error on its interval (Remez exchange with mpmath at 60 digits),
rounded to f64 in the end.
"""

from __future__ import annotations

from collections.abc import Callable

import mpmath as mp

mp.mp.dps = 60
Function = Callable[[mp.mpf], mp.mpf]


def minimax(f: Function, weight: Function, low: mp.mpf, high: mp.mpf, degree: int) -> list[mp.mpf]:
    """Coefficients, lowest first, that make max |weight * (f - p)| on [low, high] least."""
    count = degree + 2
    points = [
        (low + high) / 2 - (high - low) / 2 * mp.cos(mp.pi * (2 * k + 1) / (2 * count))
        for k in range(count)
    ]
    coefficients: list[mp.mpf] = []
    for _ in range(12):
        rows, right = [], []
        for k, x in enumerate(points):
            rows.append([x**j for j in range(degree + 1)] + [(-1) ** k / weight(x)])
            right.append(f(x))
        solution = mp.lu_solve(mp.matrix(rows), mp.matrix(right))
        coefficients = [solution[j] for j in range(degree + 1)]
        points = _extrema(f, weight, coefficients, low, high, count)
    return coefficients


def _extrema(
    f: Function, weight: Function, coefficients: list[mp.mpf], low: mp.mpf, high: mp.mpf, count: int
) -> list[mp.mpf]:
    """Where the weighted error is largest between its changes of sign, one point each."""

    def error(x: mp.mpf) -> mp.mpf:
        return weight(x) * (f(x) - sum(c * x**k for k, c in enumerate(coefficients)))

    grid = [low + (high - low) * k / 1500 for k in range(1501)]
    values = [error(x) for x in grid]
    best: list[tuple[mp.mpf, mp.mpf]] = []
    for x, e in zip(grid, values, strict=True):
        if best and (best[-1][1] > 0) == (e > 0):
            if abs(e) > abs(best[-1][1]):
                best[-1] = (x, e)
        else:
            best.append((x, e))
    while len(best) > count:
        best.pop(0 if abs(best[0][1]) < abs(best[-1][1]) else -1)
    assert len(best) == count, "the exchange has lost a point"
    return [x for x, _ in best]


def exponential() -> list[mp.mpf]:
    """q with exp(r) = 1 + r + r**2 q(r) for |r| <= log(2) / 2."""

    def q(r: mp.mpf) -> mp.mpf:
        return mp.hyp1f1(1, 3, r) / 2

    edge = mp.log(2) / 2 * mp.mpf("1.0001")
    return minimax(q, lambda r: abs(r) + mp.mpf("1e-3"), -edge, edge, 9)


def logarithm() -> list[mp.mpf]:
    """p with log((1 + s) / (1 - s)) = 2 s + s z p(z), z = s**2, for 1 + f in [sqrt(1/2), sqrt(2)], s = f / (2 + f)."""

    def p(z: mp.mpf) -> mp.mpf:
        if z < mp.mpf("1e-20"):
            return mp.mpf(2) / 3
        s = mp.sqrt(z)
        return (mp.log((1 + s) / (1 - s)) / s - 2) / z

    edge = (3 - 2 * mp.sqrt(2)) ** 2 * mp.mpf("1.0001")
    return minimax(p, lambda z: z + mp.mpf("1e-6"), mp.mpf(0), edge, 6)


def sine() -> list[mp.mpf]:
    """p with sin(h) = h + h z p(z), z = h**2, for |h| <= pi / 4."""

    def p(z: mp.mpf) -> mp.mpf:
        if z < mp.mpf("1e-20"):
            return -mp.mpf(1) / 6
        h = mp.sqrt(z)
        return (mp.sin(h) / h - 1) / z

    edge = (mp.pi / 4) ** 2 * mp.mpf("1.0001")
    return minimax(p, lambda z: z + mp.mpf("1e-6"), mp.mpf(0), edge, 5)


def cosine() -> list[mp.mpf]:
    """p with cos(h) = 1 - z / 2 + z**2 p(z), z = h**2, for |h| <= pi / 4."""

    def p(z: mp.mpf) -> mp.mpf:
        if z < mp.mpf("1e-14"):
            return mp.mpf(1) / 24
        return (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2

    edge = (mp.pi / 4) ** 2 * mp.mpf("1.0001")
    return minimax(p, lambda z: z**2 + mp.mpf("1e-6"), mp.mpf(0), edge, 5)


def digamma() -> list[mp.mpf]:
    """p with psi(x) = (x - root) p(x - 3/2) for x in [1, 2]."""
    root = positive_root()

    def p(t: mp.mpf) -> mp.mpf:
        x = t + mp.mpf(3) / 2
        if abs(x - root) < mp.mpf("1e-15"):
            return mp.polygamma(1, root)
        return mp.digamma(x) / (x - root)

    return minimax(p, lambda t: 1 / p(t), mp.mpf("-0.5"), mp.mpf("0.5"), 20)


def positive_root() -> mp.mpf:
    return mp.findroot(mp.digamma, mp.mpf("1.4616321449683623"))


def split(x: mp.mpf, parts: int) -> list[float]:
    """x as a sum of f64 of falling size."""
    found = []
    for _ in range(parts):
        found.append(float(x))
        x -= mp.mpf(found[-1])
    return found


def main() -> None:
    for name, derive in (
        ("EXP", exponential),
        ("LOG", logarithm),
        ("SIN", sine),
        ("COS", cosine),
        ("DIGAMMA", digamma),
    ):
        print(f"{name} = (")
        for c in derive():
            print(f"    {float(c)!r},")
        print(")")
    ln2_high = mp.mpf(int(mp.log(2) * 2**37)) / 2**37
    print(f"LN2 = ({float(ln2_high)!r}, {float(mp.log(2) - ln2_high)!r})")
    print(f"LOG2_E = {float(1 / mp.log(2))!r}")
    print(f"HALF_PI = {tuple(split(mp.pi / 2, 3))!r}")
    print(f"TWO_BY_PI = {float(2 / mp.pi)!r}")
    print(f"DIGAMMA_ROOT = {tuple(split(positive_root(), 2))!r}")


if __name__ == "__main__":
    main()
