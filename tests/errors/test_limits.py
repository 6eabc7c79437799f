"""Large and deep programs: what is within the limits compiles, all the way; what is beyond is refused in short time."""

from __future__ import annotations

import time

import pytest

import adc

N = 120
F = "def f(x: f64) = "


def nest(before: str, middle: str, after: str, n: int = N) -> str:
    return before * n + middle + after * n


WITHIN = {
    "brackets": F + nest("(", "x", ")"),
    "calls": F + nest("sin(", "x", ")"),
    "calls of definitions": "def g(x: f64) = x + 1.0 " + F + nest("g(", "x", ")"),
    "branches": F + nest("if x > 0.0 then (", "x", ") else -x"),
    "signs": F + "-" * N + "x",
    "records": F + nest("{a: ", "x", "}.a", N // 2),
    "sums": F + nest("sum(", "x", " for i < 1)", 40),
    "additions": "def f(x: f64) = accum (s = 0.0) for i < 1 {" + nest("if x > 0.0 { ", "s += x; ", "}") + "}",
    "indices": "def g(k: i64[n]) = " + nest("k[", "0", "]") + " def f(x: f64) = x * f64(g([0, 0]))",
    "chain of or": F + "if x > 9.0" + " || x > 8.0" * 2000 + " then x else 2.0 * x",
    "chain of else if": F + " else ".join(f"if x > {100 - k}.0 then x * {k}.0" for k in range(100)) + " else x",
    "constants": "const c0 = 1.0 " + "".join(f"const c{k} = c{k - 1} + 1.0 " for k in range(1, 600)) + F + "x + c599",
    "definitions": "def g0(x: f64) = x " + "".join(f"def g{k}(x: f64) = g{k - 1}(x) + 1.0 " for k in range(1, 300)) + F + "g299(x)",
    "branches of definitions": "def g0(x: f64) = x "
    + "".join(f"def g{k}(x: f64) = if x > {k}.0 then g{k - 1}(x) * 2.0 else x " for k in range(1, 150))
    + F + "g149(x)",
}  # fmt: skip


@pytest.mark.parametrize("text", WITHIN.values(), ids=WITHIN)
def test_within_the_limits_all_of_it_compiles(text: str) -> None:
    f = list(adc.compile(text))[-1]
    assert f(0.5) == pytest.approx(f.reference(0.5), rel=1e-14)
    assert isinstance(adc.grad(f)(0.5), float)
    assert "def f" in f.source()


def test_arms_of_a_long_chain_are_chosen_in_order() -> None:
    chain = " else ".join(f"if k == {k} || k == 999 then {k}.5" for k in range(300))
    f = adc.compile(f"def f(k: i64) = {chain} else -1.0").f
    assert [f(k) for k in (0, 31, 32, 33, 299, 300, 999)] == [
        0.5,
        31.5,
        32.5,
        33.5,
        299.5,
        -1.0,
        0.5,
    ]


def test_arms_of_a_long_chain_that_are_not_taken_do_not_run() -> None:
    chain = " else ".join(f"if x[{k}] > 0.0 then x[{k}]" for k in range(100))
    f = adc.compile(f"def f(x: f64[n]) = {chain} else 0.0").f
    assert f([-1.0] * 70 + [3.0]) == 3.0
    assert list(adc.grad(f)([-1.0, 2.0])) == [0.0, 1.0]
    with pytest.raises(adc.BoundsError):
        f([-1.0] * 70)


def test_long_chain_in_an_accumulation() -> None:
    chain = " else ".join(f"if k == {k} {{ s += {k}.0 * x; }}" for k in range(200))
    f = adc.compile(
        f"def f(x: f64) = accum (s = 0.0) for k < 300 {{ {chain} else {{ s += 0.5; }} }}"
    ).f
    assert f(2.0) == 2 * 199 * 100 + 50
    assert adc.grad(f)(2.0) == 199 * 100


BEYOND = {
    "brackets": (F + nest("(", "x", ")", 100_000), "E0121"),
    "types of types": ("type T0 = f64 " + "".join(f"type T{k} = (T{k - 1}, f64) " for k in range(1, 600)) + "def f(x: T599) = 1.0", "E0904"),
    "types twice": ("type T0 = f64 " + "".join(f"type T{k} = (T{k - 1}, T{k - 1}) " for k in range(1, 60)) + "def f(x: T59) = 1.0", "E0904"),
    "types in a circle": ("".join(f"type T{k} = (T{k + 1}, f64) " for k in range(600)) + "type T600 = (T0, f64)", "E0219"),
    "constants in a circle": ("".join(f"const c{k} = c{k + 1} + 1 " for k in range(600)) + "const c600 = c0", "E0219"),
    "tuples of tuples": (F + "{ let a0 = (x, x); " + "".join(f"let a{k} = (a{k - 1}, x); " for k in range(1, 600)) + "a599 }", "E0904"),
    "tuples twice": (F + "{ let a0 = (x, x); " + "".join(f"let a{k} = (a{k - 1}, a{k - 1}); " for k in range(1, 60)) + "a59 }", "E0904"),
    "functions twice": (
        "def g0(h: (f64) -> f64, x: f64) = h(x) "
        + "".join(f"def g{k}(h: (f64) -> f64, x: f64) = g{k - 1}(h, g{k - 1}(h, x)) " for k in range(1, 60))
        + F + "g59(sin, x)",
        "E0903",
    ),
    "a function of itself": (F + "{ let w = fn(h: f64) => h; w(w) }", "E0210"),
    "closures of closures": (
        "def g(h: (f64) -> f64, x: f64) -> f64 = if x > 0.0 then h(x) else g(fn(y) => h(h(y)), x + 1.0) " + F + "g(sin, x)",
        "E0903",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "code"), BEYOND.values(), ids=BEYOND)
def test_beyond_the_limits_an_error_comes_soon(text: str, code: str) -> None:
    start = time.process_time()
    with pytest.raises(adc.Error) as caught:
        adc.compile(text)
    assert caught.value.code == code
    assert time.process_time() - start < 5  # 2 are promised; a busy machine needs more


@pytest.mark.parametrize(
    "text",
    [
        "def f(x: f64[" + "1, " * 40 + "]) = sum(x)",
        F + "[" * 40 + "x" + "]" * 40,
        F + "[x for " + ", ".join(f"i{k} < 1" for k in range(40)) + "]",
    ],
)
def test_arrays_of_too_many_axes(text: str) -> None:
    with pytest.raises(adc.UnsupportedError, match="at most 32 axes"):
        adc.compile(text)


def test_what_is_imported_is_a_regular_file() -> None:
    with pytest.raises(adc.TypeCheckError, match="no regular file"):
        adc.compile('import "/dev/zero"\n')


def test_long_names_are_not_shown_whole() -> None:
    with pytest.raises(adc.TypeCheckError) as caught:
        adc.compile(F + "y" * 100_000)
    assert len(str(caught.value)) < 4_000
