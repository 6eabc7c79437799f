"""Own kernels for elementary functions, in LLVM text: branch-free, any number of lanes, at most 2.5 ulp.

f64 only; f32 is computed in f64 and rounded. Methods: argument reduction by adding and subtracting 1.5 * 2**52,
minimax polynomials (`coefficients`), scaling by bits; after W. J. Cody and W. Waite, "Software manual for the
elementary functions" (1980), and Muller et al., "Handbook of floating-point arithmetic" (2018). Sine and cosine of
|x| > 1e8 go to the C library, as do `pow` and the functions without a kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf, nan

from adc.lowering import special_kernels
from adc.lowering.coefficients import COS, EXP, HALF_PI, LN2, LOG, LOG2_E, SIN, TWO_BY_PI
from adc.lowering.kernel_text import KernelText, Needs
from adc.lowering.llvm_types import register_type
from adc.types.core import DType

_MAGIC = (
    6755399441055744.0  # 1.5 * 2**52: adding it rounds to a whole number, which its low bits show
)
_MAGIC_BITS = 0x4338000000000000


def define(needs: Needs, name: str, dtype: DType, lanes: int, symbol: str) -> str:
    """The definition of a kernel."""
    if name in _BY_LANE:
        return _BY_LANE[name](needs, dtype, symbol)
    if name.startswith("polygamma") or name == "digamma":
        return special_kernels.define(needs, name, dtype, symbol)
    arity, make = _KERNELS[name]
    if dtype is DType.F32:
        return _through_f64(needs, name, arity, lanes, symbol)
    k = KernelText(needs, dtype, lanes)
    params = [f"%x{position}" for position in range(arity)]
    return k.define(symbol, params, make(k, *params))


def _through_f64(needs: Needs, name: str, arity: int, lanes: int, symbol: str) -> str:
    k = KernelText(needs, DType.F32, lanes)
    wide = register_type(DType.F64, lanes)
    inner = needs.kernel(name, DType.F64, lanes)
    params = [f"%x{position}" for position in range(arity)]
    args = [f"{wide} {k.let(f'fpext {k.type} {p} to {wide}')}" for p in params]
    y = k.let(f"call {wide} @{inner}({', '.join(args)})")
    return k.define(symbol, params, k.let(f"fptrunc {wide} {y} to {k.type}"))


# ---- exponentials ------------------------------------------------------------------------------------


def _reduce_exp(k: KernelText, x: str) -> tuple[str, str]:
    """`(n, r)`: x = n log 2 + r, |r| <= log(2) / 2 (n as the bits of n + magic)."""
    shifted = k.muladd(x, k.number(LOG2_E), k.number(_MAGIC))
    n = k.sub(shifted, k.number(_MAGIC))
    r = k.muladd(n, k.number(-LN2[0]), x)
    return shifted, k.muladd(n, k.number(-LN2[1]), r)


def _whole(k: KernelText, shifted: str) -> str:
    """The whole number that the magic constant was added to."""
    return k.int_op("sub", k.to_bits(shifted), k.integer(_MAGIC_BITS))


def _power_of_two(k: KernelText, n: str) -> str:
    """2**n for -1022 <= n <= 1023."""
    biased = k.int_op("add", n, k.integer(1023))
    return k.from_bits(k.int_op("shl", biased, k.integer(52)))


def _clamp(k: KernelText, x: str, low: float, high: float) -> str:
    """x between the bounds; NaN passes."""
    top = k.choose(k.is_("ogt", x, k.number(high)), k.number(high), x)
    return k.choose(k.is_("olt", top, k.number(low)), k.number(low), top)


def _expm1_of_remainder(k: KernelText, r: str) -> str:
    return k.muladd(k.mul(r, r), k.polynomial(r, EXP), r)


def exp(k: KernelText, x: str) -> str:
    """Scaled in two steps, so that results below the normal range and overflow come out right."""
    shifted, r = _reduce_exp(k, _clamp(k, x, -746.0, 710.0))
    p = k.add(_expm1_of_remainder(k, r), k.number(1.0))
    n = _whole(k, shifted)
    half = k.int_op("ashr", n, k.integer(1))
    rest = k.int_op("sub", n, half)
    return k.mul(k.mul(p, _power_of_two(k, half)), _power_of_two(k, rest))


def expm1(k: KernelText, x: str) -> str:
    """2 (2**(n-1) p + 2**(n-1) - 1/2) with p = exp(r) - 1: no overflow before the last step."""
    shifted, r = _reduce_exp(k, _clamp(k, x, -50.0, 710.0))
    p = _expm1_of_remainder(k, r)
    n = k.int_op("sub", _whole(k, shifted), k.integer(1))
    scale = _power_of_two(k, n)
    y = k.fused(scale, p, k.sub(scale, k.number(0.5)))
    doubled = k.add(y, y)
    is_tiny = k.is_("olt", k.intrinsic("fabs", x), k.number(1e-17))
    return k.choose(is_tiny, x, doubled)


def tanh(k: KernelText, x: str) -> str:
    """e / (e + 2) with e = expm1(2 |x|)."""
    size = _clamp(k, k.intrinsic("fabs", x), 0.0, 22.0)
    e = expm1(k, k.add(size, size))
    y = k.div(e, k.add(e, k.number(2.0)))
    return k.intrinsic("copysign", y, x)


def sigmoid(k: KernelText, x: str) -> str:
    """1 / (1 + e) or e / (1 + e) with e = exp(-|x|)."""
    e = exp(k, k.neg(k.intrinsic("fabs", x)))
    top = k.choose(k.is_("olt", x, k.number(0.0)), e, k.number(1.0))
    return k.div(top, k.add(e, k.number(1.0)))


def softplus(k: KernelText, x: str) -> str:
    """max(x, 0) + log1p(exp(-|x|))."""
    e = exp(k, k.neg(k.intrinsic("fabs", x)))
    top = k.choose(k.is_("olt", x, k.number(0.0)), k.number(0.0), x)
    return k.add(top, log1p(k, e))


# ---- logarithms --------------------------------------------------------------------------------------

_ROOT_HALF_BITS = 0x3FE6A09E667F3BCD  # of sqrt(1/2)
_MANTISSA = (1 << 52) - 1
_TINY, _SCALE = 2.2250738585072014e-308, 54


def _split(k: KernelText, x: str) -> tuple[str, str]:
    """`(e, m)` with x = 2**e m and m in [sqrt(1/2), sqrt(2)), for normal positive x; e as a float."""
    offset = k.int_op("sub", k.to_bits(x), k.integer(_ROOT_HALF_BITS))
    e = k.int_op("ashr", offset, k.integer(52))
    low = k.int_op("and", offset, k.integer(_MANTISSA))
    m = k.from_bits(k.int_op("add", low, k.integer(_ROOT_HALF_BITS)))
    # A small whole number becomes a float by its bits below those of the magic constant.
    as_float = k.from_bits(k.int_op("add", e, k.integer(_MAGIC_BITS)))
    return k.sub(as_float, k.number(_MAGIC)), m


def _log_of_parts(k: KernelText, e: str, f: str, c: str | None) -> str:
    """e log 2 + log(1 + f) + c: large parts are added last."""
    s = k.div(f, k.add(f, k.number(2.0)))
    z = k.mul(s, s)
    tail = k.mul(z, k.polynomial(z, LOG))
    half = k.mul(k.mul(f, f), k.number(0.5))
    low = k.mul(e, k.number(LN2[1]))
    if c is not None:
        low = k.add(low, c)
    inner = k.muladd(s, k.add(half, tail), low)
    return k.muladd(e, k.number(LN2[0]), k.sub(f, k.sub(half, inner)))


def log(k: KernelText, x: str) -> str:
    is_tiny = k.is_("olt", x, k.number(_TINY))
    scaled = k.choose(is_tiny, k.mul(x, k.number(2.0**_SCALE)), x)
    e, m = _split(k, scaled)
    e = k.choose(is_tiny, k.sub(e, k.number(_SCALE)), e)
    y = _log_of_parts(k, e, k.sub(m, k.number(1.0)), None)
    y = k.choose(k.is_("olt", x, k.number(inf)), y, x)  # inf and NaN stay
    y = k.choose(k.is_("oeq", x, k.number(0.0)), k.number(-inf), y)
    return k.choose(k.is_("olt", x, k.number(0.0)), k.number(nan), y)


def log1p(k: KernelText, x: str) -> str:
    """log of u = 1 + x, and the rounding error of that sum divided by u; near 0, x itself is the f of log(1 + f)."""
    u = k.add(x, k.number(1.0))
    e, m = _split(k, u)
    lost_low = k.sub(x, k.sub(u, k.number(1.0)))
    lost_high = k.sub(k.number(1.0), k.sub(u, x))
    lost = k.choose(k.is_("ogt", x, k.number(1.0)), lost_high, lost_low)
    is_near = k.is_("oeq", e, k.number(0.0))
    f = k.choose(is_near, x, k.sub(m, k.number(1.0)))
    c = k.choose(is_near, k.number(0.0), k.div(lost, u))
    y = _log_of_parts(k, e, f, c)
    y = k.choose(k.is_("olt", x, k.number(inf)), y, x)
    y = k.choose(k.is_("oeq", x, k.number(0.0)), x, y)
    y = k.choose(k.is_("oeq", x, k.number(-1.0)), k.number(-inf), y)
    return k.choose(k.is_("olt", x, k.number(-1.0)), k.number(nan), y)


# ---- sine and cosine ---------------------------------------------------------------------------------


def _reduce_angle(k: KernelText, x: str) -> tuple[str, str, str]:
    """`(n, h, l)`: x = n pi / 2 + h + l for |x| <= 1e8; n as whole bits.

    x - n P0 is exact in fused arithmetic; the product n P1 is split, and subtracted with its rounding error.
    """
    shifted = k.fused(x, k.number(TWO_BY_PI), k.number(_MAGIC))
    n = k.sub(shifted, k.number(_MAGIC))
    r = k.fused(n, k.number(-HALF_PI[0]), x)
    product = k.mul(n, k.number(HALF_PI[1]))
    product_error = k.fused(n, k.number(HALF_PI[1]), k.neg(product))
    h = k.sub(r, product)
    moved = k.sub(h, r)
    sum_error = k.sub(k.sub(r, k.sub(h, moved)), k.add(product, moved))
    low = k.fused(n, k.number(-HALF_PI[2]), k.sub(sum_error, product_error))
    return _whole(k, shifted), h, low


def _sine_and_cosine(k: KernelText, h: str, low: str) -> tuple[str, str]:
    """sin(h + low) and cos(h + low) for |h| <= pi / 4."""
    z = k.mul(h, h)
    half = k.mul(z, k.number(0.5))
    bulk = k.sub(k.number(1.0), half)
    sine_tail = k.muladd(k.mul(h, z), k.polynomial(z, SIN), k.mul(low, bulk))
    sine = k.add(h, sine_tail)
    lost = k.sub(k.sub(k.number(1.0), bulk), half)
    product = k.mul(h, low)
    cosine_tail = k.muladd(k.mul(z, z), k.polynomial(z, COS), k.sub(lost, product))
    return sine, k.add(bulk, cosine_tail)


def _turned(k: KernelText, x: str, quarter_turns: int) -> str:
    """sin(x + quarter_turns pi / 2) for |x| <= 1e8."""
    n, h, low = _reduce_angle(k, x)
    if quarter_turns:
        n = k.int_op("add", n, k.integer(quarter_turns))
    sine, cosine = _sine_and_cosine(k, h, low)
    odd = k.int_op("and", n, k.integer(1))
    is_odd = k.let(f"icmp ne {k.bits} {odd}, {k.integer(0)}")
    value = k.choose(is_odd, cosine, sine)
    sign = k.int_op("shl", k.int_op("lshr", n, k.integer(1)), k.integer(63))
    return k.from_bits(k.int_op("xor", k.to_bits(value), sign))


_LARGE = 1e8


def _with_large_angles(k: KernelText, x: str, y: str, name: str) -> str:
    """y, but the C library's value where |x| is large; that path runs only when a lane needs it."""
    size = k.intrinsic("fabs", x)
    is_large = k.is_("ugt", size, k.number(_LARGE))
    symbol = f"adc.large.{name}.{k.lanes}"
    k.needs.declare(symbol, _large_text(k, name, symbol))
    if k.lanes == 1:
        any_large = is_large
    else:
        reduce = f"llvm.vector.reduce.or.v{k.lanes}i1"
        k.needs.declare(reduce, f"declare i1 @{reduce}({k.flags})")
        any_large = k.let(f"call i1 @{reduce}({k.flags} {is_large})")
    k.lines.append("  br label %check")
    k.lines.append("check:")
    k.lines.append(f"  br i1 {any_large}, label %large, label %done")
    k.lines.append("large:")
    exact = k.let(f"call {k.type} @{symbol}({k.type} {x}, {k.type} {y}, {k.flags} {is_large})")
    k.lines.append("  br label %done")
    k.lines.append("done:")
    return k.let(f"phi {k.type} [ {y}, %check ], [ {exact}, %large ]")


def _large_text(k: KernelText, name: str, symbol: str) -> str:
    """Lane by lane the C library's value where the flag is set, else y."""
    f = k.needs.libm(name, 1, DType.F64)
    lines = [
        f"define internal {k.type} @{symbol}({k.type} %x, {k.type} %y, {k.flags} %large) noinline nounwind {{"
    ]
    if k.lanes == 1:
        lines += [f"  %r = call double @{f}(double %x)", "  ret double %r", "}"]
        return "\n".join(lines)
    last = "%y"
    for lane in range(k.lanes):
        lines += [
            f"  %x{lane} = extractelement {k.type} %x, i64 {lane}",
            f"  %e{lane} = call double @{f}(double %x{lane})",
            f"  %f{lane} = extractelement {k.flags} %large, i64 {lane}",
            f"  %y{lane} = extractelement {k.type} {last}, i64 {lane}",
            f"  %s{lane} = select i1 %f{lane}, double %e{lane}, double %y{lane}",
            f"  %z{lane} = insertelement {k.type} {last}, double %s{lane}, i64 {lane}",
        ]
        last = f"%z{lane}"
    return "\n".join([*lines, f"  ret {k.type} {last}", "}"])


def sin(k: KernelText, x: str) -> str:
    y = _turned(k, x, 0)
    y = k.choose(k.is_("oeq", x, k.number(0.0)), x, y)
    return _with_large_angles(k, x, y, "sin")


def cos(k: KernelText, x: str) -> str:
    return _with_large_angles(k, x, _turned(k, x, 1), "cos")


# ---- remainders --------------------------------------------------------------------------------------


def _remainder(k: KernelText, x: str, y: str) -> tuple[str, str]:
    """The remainder with the sign of x, and whether it must change sides."""
    r = k.let(f"frem {k.type} {x}, {y}")
    zero = k.number(0.0)
    is_some = k.is_("one", r, zero)
    r_below, y_below = k.is_("olt", r, zero), k.is_("olt", y, zero)
    differ = k.let(f"xor {k.flags} {r_below}, {y_below}")
    return r, k.let(f"and {k.flags} {differ}, {is_some}")


def mod(k: KernelText, x: str, y: str) -> str:
    """The remainder with the sign of y; NaN for y = 0."""
    r, moves = _remainder(k, x, y)
    moved = k.choose(moves, k.add(r, y), r)
    is_zero = k.is_("oeq", r, k.number(0.0))
    signed = k.intrinsic("copysign", k.number(0.0), y)
    return k.choose(is_zero, signed, moved)


def floordiv(k: KernelText, x: str, y: str) -> str:
    """The whole number (x - mod(x, y)) / y, as NumPy's floor_divide; x / y for y = 0."""
    r, moves = _remainder(k, x, y)
    quotient = k.div(k.sub(x, r), y)
    quotient = k.choose(moves, k.sub(quotient, k.number(1.0)), quotient)
    floor = k.intrinsic("floor", quotient)
    is_short = k.is_("ogt", k.sub(quotient, floor), k.number(0.5))
    floor = k.choose(is_short, k.add(floor, k.number(1.0)), floor)
    ratio = k.div(x, y)
    signed = k.intrinsic("copysign", k.number(0.0), ratio)
    result = k.choose(k.is_("oeq", quotient, k.number(0.0)), signed, floor)
    return k.choose(k.is_("oeq", y, k.number(0.0)), ratio, result)


def power(k: KernelText, x: str, y: str) -> str:
    """The C library's, lane by lane."""
    f = k.needs.libm("pow", 2, k.dtype)
    if k.lanes == 1:
        return k.let(f"call double @{f}(double {x}, double {y})")
    result = "poison"
    for lane in range(k.lanes):
        a, b = (k.let(f"extractelement {k.type} {v}, i64 {lane}") for v in (x, y))
        p = k.let(f"call double @{f}(double {a}, double {b})")
        result = k.let(f"insertelement {k.type} {result}, double {p}, i64 {lane}")
    return result


_KERNELS: Mapping[str, tuple[int, Callable[..., str]]] = {
    "exp": (1, exp),
    "expm1": (1, expm1),
    "tanh": (1, tanh),
    "sigmoid": (1, sigmoid),
    "softplus": (1, softplus),
    "log": (1, log),
    "log1p": (1, log1p),
    "sin": (1, sin),
    "cos": (1, cos),
    "mod": (2, mod),
    "floordiv": (2, floordiv),
    "pow": (2, power),
}


# ---- whole powers ------------------------------------------------------------------------------------


def _powi(needs: Needs, dtype: DType, symbol: str) -> str:
    """Squarings from the lowest bit of |k| up; the reciprocal at the end for k < 0, floats only."""
    t = register_type(dtype)
    is_float = dtype.is_float
    one = "1.0" if is_float else "1"
    mul = "fmul" if is_float else "mul"
    needs.declare("llvm.abs.i64", "declare i64 @llvm.abs.i64(i64, i1)")
    last = (
        f"  %flip = icmp slt i64 %k, 0\n  %inverse = fdiv {t} 1.0, %r\n"
        f"  %y = select i1 %flip, {t} %inverse, {t} %r\n  ret {t} %y"
        if is_float
        else f"  ret {t} %r"
    )
    return f"""\
define internal {t} @{symbol}({t} %x, i64 %k) nounwind {{
entry:
  %start = call i64 @llvm.abs.i64(i64 %k, i1 false)
  br label %loop
loop:
  %left = phi i64 [ %start, %entry ], [ %fewer, %step ]
  %r = phi {t} [ {one}, %entry ], [ %next, %step ]
  %b = phi {t} [ %x, %entry ], [ %square, %step ]
  %end = icmp eq i64 %left, 0
  br i1 %end, label %done, label %step
step:
  %bit = and i64 %left, 1
  %odd = icmp ne i64 %bit, 0
  %product = {mul} {t} %r, %b
  %next = select i1 %odd, {t} %product, {t} %r
  %square = {mul} {t} %b, %b
  %fewer = lshr i64 %left, 1
  br label %loop
done:
{last}
}}"""


_BY_LANE: Mapping[str, Callable[[Needs, DType, str], str]] = {"powi": _powi}
