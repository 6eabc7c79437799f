"""E03xx: sizes, ranks and indices that are wrong for every input."""

from __future__ import annotations

from adc.diagnostics.catalogue.entry import Entry

ENTRIES = (
    Entry(
        "E0301",
        "shapes differ",
        "Operators and elementwise functions take arrays of equal shape, or an array and a scalar. Nothing else "
        "is spread, so a mistake in an axis is found here and not in the result.",
        wrong="def f(x: f64[3], y: f64[4]) -> f64[3] = x + y\n",
        right="def f(x: f64[n], y: f64[n]) -> f64[n] = x + y\n",
    ),
    Entry(
        "E0302",
        "rank does not fit",
        "The array has more or fewer axes than its place requires. Rows are `A[i]`, columns `A[:, j]`.",
        wrong="def f(A: f64[m, n]) -> f64 = A[0, 0, 0]\n",
        right="def f(A: f64[m, n]) -> f64 = A[0, 0]\n",
    ),
    Entry(
        "E0303",
        "size is negative",
        "A size is a whole number, 0 or more.",
        wrong="def f() -> f64[0] = zeros(0 - 1)\n",
        right="def f() -> f64[0] = zeros(0)\n",
    ),
    Entry(
        "E0304",
        "rows of different sizes",
        "All rows of an array have one size. An inner array whose size depends on an outer index can be consumed "
        "at once, by a reduction, but not stored.",
        wrong="def f(n: i64) = [[1.0 for j < i] for i < n]\n",
        right="def f(n: i64) = [sum(1.0 for j < i) for i < n]\n",
    ),
    Entry(
        "E0305",
        "size is not bound",
        "A size name in a parameter's shape is bound where it stands alone or as `a*n + b` with literal a and b. "
        "In other expressions, and in result types, it has to be bound elsewhere.",
        wrong="def f(x: f64[n * n]) -> f64 = sum(x)\n",
        right="def f(x: f64[n * n], n: i64) -> f64 = sum(x)\n",
    ),
    Entry(
        "E0306",
        "size is not a whole number",
        "A division in a size must have no remainder.",
        wrong="def f(x: f64[5]) -> f64[5 / 2] = x[:2]\n",
        right="def f(x: f64[4]) -> f64[4 / 2] = x[:2]\n",
    ),
    Entry(
        "E0307",
        "index is out of range",
        "The index or slice lies outside of the array whatever the arguments are. Literal negative indices count "
        "from the end; slices need 0 <= a <= b <= n.",
        wrong="def f(x: f64[3]) -> f64[2] = x[2:4]\n",
        right="def f(x: f64[3]) -> f64[2] = x[1:3]\n",
    ),
)
