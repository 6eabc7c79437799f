"""Models of the programs about kinks: the conventions written out."""

# ruff: noqa: N801, N805 (a class here is a namespace that bears the name of its program)

import math

import numpy as np


class kinks:
    """At a kink: the mean of the one-sided derivatives of each primitive, through the chain rule."""

    def at_zero():
        return [0.0, 0.5]

    def at_clamp_ends():
        return [0.5, 0.5]

    def ties(x):
        return (0.5, 0.5), (0.5, 0.5)

    def total_tie(x):
        return 1.0

    def infinite():
        return [math.inf, math.inf]

    def jumps():
        return [0.0, 0.0, 0.0]

    def odd_part():
        return 0.5 + 0.5

    def hard_sigmoids():
        return 0.5 / 6 + 0.5 / 6

    def two_maxima():
        return 0.5 + 0.5, 1.0 - 1.0

    def nested_relu():
        return 0.5 * (1 - 0.5) + 0.5

    def smooth_product():
        return [1.0, -1.0]

    def cancelled():
        return [0.0, 0.5 - 0.5, 0.0]

    def equality(x):
        return 0.0

    def with_biases():
        return 0.5 + 0.5, 0.5, -0.5

    def second_derivatives():
        return [0.0, 0.0]

    def tangents():
        return [0.0, 1.5]


class kinks_of_arrays:
    def of_max(x):
        hit = x == np.max(x)
        return hit / np.sum(hit)

    def of_min(x):
        return kinks_of_arrays.of_max(-x)

    def of_norm(x):
        return np.zeros(len(x))

    def of_hypot(x, y):
        return 0.0, 0.0

    def of_sort(x, ct):
        return ct[np.argsort(np.argsort(x, stable=True))]

    def of_elementwise(x, y):
        return np.where(x > y, 1.0, np.where(x == y, 0.5, 0.0))

    def of_max_pool(A):
        return np.array([kinks_of_arrays.of_max(row) for row in A])

    def of_absolute_sum(x):
        return np.sign(x)

    def nearest(centres, points):
        """One point, as far from both centres."""
        return 0.5 * 2 * (centres - points)


class kinks_clarke:
    def odd_part():
        return 1.0

    nested_relu = odd_part

    def hard_sigmoids():
        return 1 / 6

    def two_maxima():
        return [1.0, 0.0]

    def smooth_product():
        return [1.0, -1.0]

    def equality(x):
        return 2 * x

    def identity_with_hole(x):
        return 1.0

    def cancelled():
        return [0.0, 0.0]

    def directional():
        return [2.0, 3.0]
