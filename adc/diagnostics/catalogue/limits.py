"""E09xx: limits of adc. The program may make sense; adc cannot do it."""

from __future__ import annotations

from adc.diagnostics.catalogue.entry import Entry

ENTRIES = (
    Entry(
        "E0901",
        "not built yet",
        "This is planned, and this version of adc does not have it. The message says what to use instead.",
        wrong="",
        right="",
        language="python",
    ),
    Entry(
        "E0902",
        "function is chosen at run time",
        "Functions are known when a program is compiled: that is what makes their derivatives and their speed. A "
        "condition may choose between values of functions, not between functions.",
        wrong="def f(x: f64) -> f64 {\n  let g = if x > 0.0 then sin else cos;\n  g(x)\n}\n",
        right="def f(x: f64) -> f64 = if x > 0.0 then sin(x) else cos(x)\n",
    ),
    Entry(
        "E0903",
        "specialisation does not end",
        "A function that takes functions is compiled anew for each function it is given. Here every call makes a "
        "new one.",
        wrong="def f(g: (f64) -> f64, x: f64) -> f64 = if x < 1.0 then x else f(fn(y) => g(g(y)), g(x))\n\n"
        "def main(x: f64) -> f64 = f(fn(y) => y / 2.0, x)\n",
        right="def f(g: (f64) -> f64, x: f64) -> f64 = loop (y = x) while y >= 1.0 { g(y) }\n\n"
        "def main(x: f64) -> f64 = f(fn(y) => y / 2.0, x)\n",
    ),
    Entry(
        "E0904",
        "nested too deep, or too many parts",
        "Loops and branches may nest 140 deep and tuples 128 deep, functions that are put into each other included; "
        "a tuple may have 8192 parts, those of its parts included. Many numbers of one kind are an array.",
        wrong="def f(x: f64) {\n"
        + "".join(
            f"  let {b} = ({a}, {a});\n"
            for a, b in zip("xabcdefghijkl", "abcdefghijklm", strict=True)
        )
        + "  (m, m)\n}\n",
        right="def f(x: f64) -> f64[2, 8192] = [x for i < 2, j < 8192]\n",
    ),
    Entry(
        "E0905",
        "not supported",
        "adc cannot do this. Above all, the size of an array may depend on sizes and integers, not on the values "
        "of other arrays.",
        wrong="def f(x: f64[n]) = x[x > 0.0]\n",
        right="def f(x: f64[n]) -> f64[n] = select(x > 0.0, x, 0.0)\n",
    ),
    Entry(
        "E0906",
        "derivative needs itself",
        "A function whose value contains its own derivative has derivatives of every order at once.",
        wrong="def f(x: f64) -> f64 = if x > 1.0 then x else grad(f)(x)\n\n"
        "def main() -> f64 = grad(f)(2.0)\n",
        right="def f(x: f64) -> f64 = x * x\n\ndef main() -> f64 = grad(f)(2.0)\n",
    ),
    Entry(
        "E0907",
        "function cannot be passed from Python",
        "An ADL definition that takes functions is called from ADL. Write a definition that passes the function.",
        wrong='module = adc.compile("def apply(g: (f64) -> f64, x: f64) = g(x)")\nmodule.apply(abs, 1.0)\n',
        right='module = adc.compile("def apply(g: (f64) -> f64, x: f64) = g(x) def f(x: f64) = apply(abs, x)")\n'
        "module.f(1.0)\n",
        language="python",
    ),
    Entry(
        "E0999",
        "fault of adc",
        "adc contradicted itself. This is not the program's fault. Please report the lines that were printed with "
        "the program; ADC_TRACEBACK=1 adds a traceback.",
        wrong="",
        right="",
        language="shell",
    ),
)
