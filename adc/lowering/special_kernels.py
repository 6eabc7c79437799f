"""Digamma and polygamma as LLVM text: recurrence upwards, asymptotic series, reflection (DLMF 5.5, 5.11, 5.15).

Scalar functions of f64 with small loops; f32 converts. They need the C library only.
"""

from __future__ import annotations

from fractions import Fraction
from math import factorial, inf, nan, pi

from adc.lowering.coefficients import DIGAMMA, DIGAMMA_ROOT
from adc.lowering.kernel_text import KernelText, Needs
from adc.lowering.llvm_types import float_text
from adc.types.core import DType


def define(needs: Needs, name: str, dtype: DType, symbol: str) -> str:
    """The definition of `digamma` or of `polygamma.N`."""
    if dtype is DType.F32:
        inner = needs.kernel(name, DType.F64, 1)
        return (
            f"define internal float @{symbol}(float %x) nounwind {{\n"
            f"  %w = fpext float %x to double\n  %y = call double @{inner}(double %w)\n"
            "  %r = fptrunc double %y to float\n  ret float %r\n}"
        )
    if name == "digamma":
        return _digamma(needs, symbol)
    return _polygamma(needs, int(name.partition(".")[2]), symbol)


def _bernoulli(count: int) -> list[Fraction]:
    """B_0 .. B_(count-1), B_1 = -1/2."""
    from_here: list[Fraction] = []
    row: list[Fraction] = []
    for m in range(count):
        row.append(Fraction(1, m + 1))
        for j in range(m, 0, -1):
            row[j - 1] = j * (row[j - 1] - row[j])
        from_here.append(row[0])
    from_here[1] = Fraction(-1, 2)
    return from_here


def _number(x: float | Fraction) -> str:
    return float_text(float(x))


def _digamma(needs: Needs, symbol: str) -> str:
    """A polynomial on [1, 2]; steps of 1 / x lead there from (0, 1) and (2, 10); above, the asymptotic series."""
    log = needs.kernel("log", DType.F64, 1)
    tan = needs.libm("tan", 1, DType.F64)
    needs.declare("llvm.rint.f64", "declare double @llvm.rint.f64(double)")
    needs.declare("llvm.copysign.f64", "declare double @llvm.copysign.f64(double, double)")
    series = KernelText(needs, DType.F64, 1)
    bernoulli = _bernoulli(22)
    square = series.mul("%inverse", "%inverse")
    tail = series.polynomial(square, [float(bernoulli[2 * j] / (2 * j)) for j in range(1, 10)])
    half = series.mul("%inverse", _number(0.5))
    psi = series.sub(series.sub("%log", half), series.mul(square, tail))
    core = KernelText(needs, DType.F64, 1)
    shifted = core.sub("%at", _number(1.5))
    distance = core.sub(core.sub("%at", _number(DIGAMMA_ROOT[0])), _number(DIGAMMA_ROOT[1]))
    middle = core.add("%sum", core.mul(distance, core.polynomial(shifted, DIGAMMA)))
    return f"""\
define internal double @{symbol}(double %x) nounwind {{
entry:
  %positive = fcmp ugt double %x, 0.0
  br i1 %positive, label %right, label %left
left:
  %zero = fcmp oeq double %x, 0.0
  br i1 %zero, label %pole, label %below
pole:
  %side = call double @llvm.copysign.f64(double {_number(inf)}, double %x)
  %far = fneg double %side
  ret double %far
below:
  %nearest = call double @llvm.rint.f64(double %x)
  %whole = fcmp oeq double %nearest, %x
  br i1 %whole, label %none, label %reflect
none:
  ret double {_number(nan)}
reflect:
  %part = fsub double %x, %nearest
  %angle = fmul double %part, {_number(pi)}
  %tangent = call double @{tan}(double %angle)
  %cot = fdiv double {_number(pi)}, %tangent
  %mirror = fsub double 1.0, %x
  %other = call double @{symbol}(double %mirror)
  %reflected = fsub double %other, %cot
  ret double %reflected
right:
  %is.large = fcmp uge double %x, 10.0
  br i1 %is.large, label %asymptotic, label %middle
middle:
  %is.small = fcmp olt double %x, 1.0
  br i1 %is.small, label %up, label %down
up:
  %first = fdiv double -1.0, %x
  %above = fadd double %x, 1.0
  br label %core
down:
  %from = phi double [ %x, %middle ], [ %less, %step ]
  %part.sum = phi double [ 0.0, %middle ], [ %more, %step ]
  %still = fcmp ogt double %from, 2.0
  br i1 %still, label %step, label %core
step:
  %less = fsub double %from, 1.0
  %term = fdiv double 1.0, %less
  %more = fadd double %part.sum, %term
  br label %down
core:
  %at = phi double [ %above, %up ], [ %from, %down ]
  %sum = phi double [ %first, %up ], [ %part.sum, %down ]
{_renamed(core)}
  ret double {middle.replace("%v", "%n")}
asymptotic:
  %inverse = fdiv double 1.0, %x
  %log = call double @{log}(double %x)
{chr(10).join(series.lines)}
  ret double {psi}
}}"""


def _renamed(k: KernelText) -> str:
    """The lines of a second part of a function, under names that the first does not use."""
    return "\n".join(line.replace("%v", "%n") for line in k.lines)


def _polygamma(needs: Needs, order: int, symbol: str) -> str:
    """(-1)**(n+1) n! times the Hurwitz zeta function of n + 1, summed directly and by Euler and Maclaurin.

    Terms of the series: (n-1)! / x**n + n! / (2 x**(n+1)) + sum B_2j (2j+n-1)! / ((2j)! x**(2j+n)).
    """
    n = order
    start = 10.0 + n
    needs.declare("llvm.rint.f64", "declare double @llvm.rint.f64(double)")
    powi = needs.kernel("powi", DType.F64, 1)
    bernoulli = _bernoulli(26)
    first = Fraction(factorial(n - 1))
    coefficients = [
        float(bernoulli[2 * j] * factorial(2 * j + n - 1) / factorial(2 * j) / first)
        for j in range(1, 12)
    ]
    series = KernelText(needs, DType.F64, 1)
    square = series.mul("%inverse", "%inverse")
    tail = series.mul(square, series.polynomial(square, coefficients))
    middle = series.mul("%inverse", _number(n / 2))
    inner = series.add(series.add(tail, middle), "1.0")
    bulk = series.mul(series.mul(inner, "%power"), _number(float(first)))
    total = series.add(bulk, series.mul("%sum", _number(float(factorial(n)))))
    result = total if n % 2 else series.neg(total)
    reflected = KernelText(needs, DType.F64, 1)
    reflection = reflected.polynomial("%cot", _cotangent_derivative(n))
    scaled = reflected.mul(reflection, _number(pi ** (n + 1)))
    at_pole = nan if n % 2 == 0 else inf
    tan = needs.libm("tan", 1, DType.F64)
    return f"""\
define internal double @{symbol}(double %x) nounwind {{
entry:
  %positive = fcmp ugt double %x, 0.0
  br i1 %positive, label %climb, label %left
left:
  %nearest = call double @llvm.rint.f64(double %x)
  %whole = fcmp oeq double %nearest, %x
  br i1 %whole, label %pole, label %reflect
pole:
  %zero = fcmp oeq double %x, 0.0
  %at.zero = select i1 %zero, double {_number(inf if n % 2 else -inf)}, double {_number(at_pole)}
  ret double %at.zero
reflect:
  %part = fsub double %x, %nearest
  %angle = fmul double %part, {_number(pi)}
  %tangent = call double @{tan}(double %angle)
  %cot = fdiv double 1.0, %tangent
  %mirror = fsub double 1.0, %x
  %other = call double @{symbol}(double %mirror)
{_renamed(reflected)}
  %signed = fmul double %other, {"1.0" if n % 2 == 0 else "-1.0"}
  %reflected = fsub double %signed, {scaled.replace("%v", "%n")}
  ret double %reflected
climb:
  %at = phi double [ %x, %entry ], [ %next, %step ]
  %sum = phi double [ 0.0, %entry ], [ %more, %step ]
  %small = fcmp olt double %at, {_number(start)}
  br i1 %small, label %step, label %asymptotic
step:
  %raised = call double @{powi}(double %at, i64 {n + 1})
  %term = fdiv double 1.0, %raised
  %more = fadd double %sum, %term
  %next = fadd double %at, 1.0
  br label %climb
asymptotic:
  %inverse = fdiv double 1.0, %at
  %power = call double @{powi}(double %inverse, i64 {n})
{chr(10).join(series.lines)}
  ret double {result}
}}"""


def _cotangent_derivative(order: int) -> list[float]:
    """Coefficients in c = cot(pi x) of the derivative of c, divided by pi**order: c' = -pi (1 + c**2)."""
    p = [Fraction(0), Fraction(1)]
    for _ in range(order):
        slope = [k * c for k, c in enumerate(p)][1:]
        p = [Fraction(0)] * (len(slope) + 2)
        for k, c in enumerate(slope):
            p[k] -= c
            p[k + 2] -= c
    return [float(c) for c in p]
