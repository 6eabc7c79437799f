"""E06xx: the program compiles, and a run comes to a point that has no value."""

from __future__ import annotations

from adc.diagnostics.catalogue.entry import Entry

ENTRIES = (
    Entry(
        "E0601",
        "index is out of range",
        "An index is from 0 up to, not including, the size. Only literal negative indices count from the end; a "
        "computed one is out of range. There is no silent clamp.",
        wrong="def pick(x: f64[n], i: i64) -> f64 = x[i]\n\ndef main() -> f64 = pick([1.0, 2.0], 2)\n",
        right="def pick(x: f64[n], i: i64) -> f64 = x[i]\n\ndef main() -> f64 = pick([1.0, 2.0], 1)\n",
    ),
    Entry(
        "E0602",
        "integer division by zero",
        "`//` and `%` of integers have no value when the divisor is 0. Floats divide as IEEE 754 says.",
        wrong="def half(n: i64, k: i64) -> i64 = n // k\n\ndef main() -> i64 = half(1, 0)\n",
        right="def half(n: i64, k: i64) -> i64 = n // k\n\ndef main() -> i64 = half(1, 2)\n",
    ),
    Entry(
        "E0603",
        "matrix is not of the kind needed",
        "`solve` and `inv` need a matrix that is not singular, `cholesky` one that is positive definite.",
        wrong="def main() -> f64[2] = solve([[1.0, 2.0], [2.0, 4.0]], [1.0, 1.0])\n",
        right="def main() -> f64[2] = solve([[1.0, 2.0], [2.0, 5.0]], [1.0, 1.0])\n",
    ),
    Entry(
        "E0604",
        "integer of what is no number",
        "Converting NaN to an integer has no value. Values that are too large give the nearest integer there is.",
        wrong="def whole(x: f64) -> i64 = i64(x)\n\ndef main() -> i64 = whole(0.0 / 0.0)\n",
        right="def whole(x: f64) -> i64 = i64(x)\n\ndef main() -> i64 = whole(2.5)\n",
    ),
    Entry(
        "E0605",
        "recursion is too deep",
        "Functions may call each other 10,000 deep. A `loop` has no such limit; the limit can be set.",
        wrong="def count(n: i64) -> i64 = if n == 0 then 0 else 1 + count(n - 1)\n\n"
        "def main() -> i64 = count(1_000_000)\n",
        right="def count(n: i64) -> i64 = if n == 0 then 0 else 1 + count(n - 1)\n\n"
        "def main() -> i64 = count(1000)\n",
    ),
    Entry(
        "E0606",
        "out of memory",
        "The arrays of this call need more memory than the system gives. The message says how many bytes.",
        wrong="def main() -> f64 = sort([f64(i) for i < 1_000_000_000_000_000])[0]\n",
        right="def main() -> f64 = sort([f64(i) for i < 1000])[0]\n",
    ),
    Entry(
        "E0607",
        "run was interrupted",
        "The run was stopped from outside, by Ctrl-C.",
        wrong="",
        right="",
        language="shell",
    ),
    Entry(
        "E0611",
        "sizes differ",
        "Two arrays whose sizes are known only when the program runs go element by element, or are joined, and "
        "their sizes are different.",
        wrong="def f(x: f64[n], y: f64[m]) -> f64 = sum(x * y)\n\ndef main() -> f64 = f([1.0], [1.0, 2.0])\n",
        right="def f(x: f64[n], y: f64[m]) -> f64 = sum(x * y)\n\ndef main() -> f64 = f([2.0], [3.0])\n",
    ),
    Entry(
        "E0612",
        "size is negative",
        "A size that was computed is less than 0.",
        wrong="def f(n: i64) -> f64 = sum(zeros(n))\n\ndef main() -> f64 = f(-1)\n",
        right="def f(n: i64) -> f64 = sum(zeros(n))\n\ndef main() -> f64 = f(0)\n",
    ),
    Entry(
        "E0613",
        "size is not a whole number",
        "A division in a size leaves a remainder.",
        wrong="def f(x: f64[n]) -> f64[n / 2] = x[:n // 2]\n\ndef main() -> f64[1] = f([1.0, 2.0, 3.0])\n",
        right="def f(x: f64[n]) -> f64[n / 2] = x[:n // 2]\n\ndef main() -> f64[1] = f([1.0, 2.0])\n",
    ),
    Entry(
        "E0614",
        "nothing to reduce",
        "`max`, `min`, `mean`, `argmax` and `argmin` of no elements have no value. `sum` of nothing is 0, `prod` "
        "is 1.",
        wrong="def f(x: f64[n]) -> f64 = max(x)\n\ndef main() -> f64 = f(zeros(0))\n",
        right="def f(x: f64[n]) -> f64 = max(x)\n\ndef main() -> f64 = f(zeros(1))\n",
    ),
    Entry(
        "E0615",
        "assertion does not hold",
        "The condition of an `assert` was false. The message is the text that stands beside it.",
        wrong='def root(x: f64) -> f64 {\n  assert x >= 0.0, "x is not negative";\n  sqrt(x)\n}\n\n'
        "def main() -> f64 = root(-1.0)\n",
        right='def root(x: f64) -> f64 {\n  assert x >= 0.0, "x is not negative";\n  sqrt(x)\n}\n\n'
        "def main() -> f64 = root(4.0)\n",
    ),
    Entry(
        "E0620",
        "kink was hit exactly",
        'With `nonsmooth="raise"` a derivative at a point where the function has none is an error. The message '
        "names the line, the function and the values.",
        wrong='module = adc.compile("def f(x: f64) = abs(x)")\nadc.grad(module.f, nonsmooth="raise")(0.0)\n',
        right='module = adc.compile("def f(x: f64) = abs(x)")\nadc.grad(module.f, nonsmooth="raise")(1.0)\n',
        language="python",
    ),
)
