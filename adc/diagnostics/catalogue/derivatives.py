"""E04xx: derivatives that are asked for or defined in a way that has no meaning."""

from __future__ import annotations

from adc.diagnostics.catalogue.entry import Entry

ENTRIES = (
    Entry(
        "E0401",
        "result is no real scalar",
        "`grad` and `hessian` take functions with one real result. For several results there are `jacrev`, "
        "`jacfwd` and `vjp`.",
        wrong="def f(x: f64[n]) -> f64[n] = x * x\n\ndef g(x: f64[n]) = grad(f)(x)\n",
        right="def f(x: f64[n]) -> f64[n] = x * x\n\ndef g(x: f64[n]) = jacrev(f)(x)\n",
    ),
    Entry(
        "E0402",
        "nothing to differentiate by",
        "Integers, booleans and functions have no tangent. `grad` is by the first parameter unless `wrt` names "
        "another.",
        wrong="def f(k: i64, x: f64) -> f64 = x ** k\n\ndef g(x: f64) -> f64 = grad(f)(3, x)\n",
        right="def f(k: i64, x: f64) -> f64 = x ** k\n\ndef g(x: f64) -> f64 = grad(f, wrt=x)(3, x)\n",
    ),
    Entry(
        "E0403",
        "`wrt` names no parameter",
        "`wrt=x` and `wrt=(x, y)` name parameters of the function that is differentiated.",
        wrong="def f(x: f64) -> f64 = x * x\n\ndef g(x: f64) -> f64 = grad(f, wrt=y)(x)\n",
        right="def f(x: f64) -> f64 = x * x\n\ndef g(x: f64) -> f64 = grad(f, wrt=x)(x)\n",
    ),
    Entry(
        "E0404",
        "derivative rule does not fit its function",
        "A rule is for a function with real parameters and a real result, and not for one that takes functions: "
        "integers, booleans and functions have no tangent.",
        wrong="def f(x: f64) -> i64 = i64(x)\n\nderivative f(x; dx) = dx\n",
        right="def f(x: f64) -> f64 = x * x\n\nderivative f(x; dx) = 2.0 * x * dx\n",
    ),
    Entry(
        "E0405",
        "option of a derivative",
        "`nonsmooth` is convention, clarke, bouligand or raise; other options do not exist.",
        wrong="def f(x: f64) -> f64 = abs(x)\n\ndef g(x: f64) -> f64 = grad(f, nonsmooth=smooth)(x)\n",
        right="def f(x: f64) -> f64 = abs(x)\n\ndef g(x: f64) -> f64 = grad(f, nonsmooth=convention)(x)\n",
    ),
    Entry(
        "E0407",
        "derivative rule is not linear",
        "A `derivative` is linear in the tangents and an `adjoint` in the cotangent: each term has exactly one of "
        "them as a factor, and conditions do not depend on them. A constant zero is linear.",
        wrong="def f(x: f64) -> f64 = x * x\n\nderivative f(x; dx) = 2.0 * x * dx + 1.0\n\n"
        "def main() -> f64 = grad(f)(1.0)\n",
        right="def f(x: f64) -> f64 = x * x\n\nderivative f(x; dx) = 2.0 * x * dx\n\n"
        "def main() -> f64 = grad(f)(1.0)\n",
    ),
    Entry(
        "E0410",
        "argnums or wrt do not fit",
        "`argnums` are positions of parameters, negative ones counted from the end; `wrt` names them. Each is "
        "given at most once and can be differentiated by.",
        wrong='module = adc.compile("def f(x: f64) = x * x")\nadc.grad(module.f, argnums=5)\n',
        right='module = adc.compile("def f(x: f64) = x * x")\nadc.grad(module.f, argnums=0)\n',
        language="python",
    ),
    Entry(
        "E0411",
        "function does not have one real result",
        "`adc.grad` and `adc.hessian` take functions with one real result, and with `has_aux` a pair of that and "
        "anything. `adc.jacobian` and `adc.vjp` take others.",
        wrong='module = adc.compile("def twice(x: f64[n]) = 2.0 * x")\nadc.grad(module.twice)([1.0, 2.0])\n',
        right='module = adc.compile("def twice(x: f64[n]) = 2.0 * x")\nadc.jacobian(module.twice)([1.0, 2.0])\n',
        language="python",
    ),
)
