"""The vocabulary of `Op` statements, and the LLVM instructions behind each word.

Words are those of the `lower` slots of the primitive table: a plain instruction ("fadd", "select"), a comparison
("icmp:slt"), an LLVM intrinsic ("intrinsic:sqrt"), an own kernel ("kernel:exp"), a function of the C maths library
("libm:erf") or an own expansion ("own:floordiv"). Everything is defined for any input: nothing here is undefined
behaviour, and no fast-math flag is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from adc.lowering.llvm_types import float_text, register_type, splat, suffix
from adc.types.core import DType


class Lines(Protocol):
    """Where instructions go: `let` appends one and names its result; symbols that must exist are required."""

    lanes: int
    kernels_inline: bool  # whether own functions become part of the code here

    def let(self, instruction: str) -> str:
        """Append `%name = instruction`; the name."""

    def intrinsic(self, name: str, result: str, args: Sequence[str]) -> None:
        """Have an intrinsic declared."""

    def kernel(self, name: str, dtype: DType) -> str:
        """Have an own function defined; its symbol, for the lanes of these lines."""

    def scalar_kernel(self, name: str, dtype: DType) -> str:
        """The same for one lane."""

    def libm(self, name: str, arity: int, dtype: DType) -> str:
        """Have a function of the C library declared; its symbol."""


Emit = Callable[
    [Lines, DType, DType, Sequence[str]], str
]  # lines, result type, operand type, operands


def emit_op(w: Lines, op: str, dtype: DType, of: DType, args: Sequence[str]) -> str:
    """The text of the result of `op` on operands of type `of` (that of the last one)."""
    kind, _, name = op.partition(":")
    if not name:
        return _PLAIN[op](w, dtype, of, args)
    return _FAMILIES[kind](w, name, dtype, of, args)


# ---- plain instructions ------------------------------------------------------------------------------


def _binary(instruction: str) -> Emit:
    def emit(w: Lines, dtype: DType, of: DType, args: Sequence[str]) -> str:
        return w.let(f"{instruction} {register_type(of, w.lanes)} {args[0]}, {args[1]}")

    return emit


def _fneg(w: Lines, dtype: DType, of: DType, args: Sequence[str]) -> str:
    return w.let(f"fneg {register_type(of, w.lanes)} {args[0]}")


def _neg(w: Lines, dtype: DType, of: DType, args: Sequence[str]) -> str:
    return w.let(f"sub {register_type(of, w.lanes)} {splat('0', of, w.lanes)}, {args[0]}")


def _not(w: Lines, dtype: DType, of: DType, args: Sequence[str]) -> str:
    return w.let(f"xor {register_type(of, w.lanes)} {args[0]}, {splat('true', of, w.lanes)}")


def _select(w: Lines, dtype: DType, of: DType, args: Sequence[str]) -> str:
    t = register_type(dtype, w.lanes)
    return w.let(
        f"select {register_type(DType.BOOL, w.lanes)} {args[0]}, {t} {args[1]}, {t} {args[2]}"
    )


_CAST_INTEGER = {(DType.I64, DType.I32): "sext", (DType.I32, DType.I64): "trunc"}


def _convert(w: Lines, dtype: DType, of: DType, args: Sequence[str]) -> str:
    """Between any two types; float to integer saturates, and NaN (checked before) gives 0."""
    (x,) = args
    source, target = register_type(of, w.lanes), register_type(dtype, w.lanes)
    if dtype is DType.BOOL:
        zero = splat(float_text(0.0) if of.is_float else "0", of, w.lanes)
        return w.let(f"{'fcmp une' if of.is_float else 'icmp ne'} {source} {x}, {zero}")
    if of.is_float and dtype.is_float:
        return w.let(f"{'fpext' if dtype is DType.F64 else 'fptrunc'} {source} {x} to {target}")
    if of.is_float:
        name = f"llvm.fptosi.sat.{suffix(dtype, w.lanes)}.{suffix(of, w.lanes)}"
        w.intrinsic(name, target, [source])
        return w.let(f"call {target} @{name}({source} {x})")
    if dtype.is_float:
        word = "uitofp" if of is DType.BOOL else "sitofp"
        return w.let(f"{word} {source} {x} to {target}")
    word = "zext" if of is DType.BOOL else _CAST_INTEGER[dtype, of]
    return w.let(f"{word} {source} {x} to {target}")


_PLAIN: Mapping[str, Emit] = {
    **{
        word: _binary(word)
        for word in ("fadd", "fsub", "fmul", "fdiv", "add", "sub", "mul", "and", "or", "xor")
    },
    "fneg": _fneg,
    "neg": _neg,
    "not": _not,
    "select": _select,
    "convert": _convert,
}


# ---- families ----------------------------------------------------------------------------------------

FamilyEmit = Callable[[Lines, str, DType, DType, Sequence[str]], str]


def _icmp(w: Lines, name: str, dtype: DType, of: DType, args: Sequence[str]) -> str:
    """Booleans compare as 0 and 1, not as signed bits."""
    if of is DType.BOOL and name.startswith("s"):
        name = "u" + name[1:]
    return w.let(f"icmp {name} {register_type(of, w.lanes)} {args[0]}, {args[1]}")


def _fcmp(w: Lines, name: str, dtype: DType, of: DType, args: Sequence[str]) -> str:
    return w.let(f"fcmp {name} {register_type(of, w.lanes)} {args[0]}, {args[1]}")


def _intrinsic(w: Lines, name: str, dtype: DType, of: DType, args: Sequence[str]) -> str:
    t = register_type(of, w.lanes)
    full = f"llvm.{name}.{suffix(of, w.lanes)}"
    extra = ["i1"] if name == "abs" else []  # whether the smallest integer is poison: no
    w.intrinsic(full, t, [t] * len(args) + extra)
    operands = ", ".join([f"{t} {a}" for a in args] + [f"{e} false" for e in extra])
    return w.let(f"call {t} @{full}({operands})")


def _kernel(w: Lines, name: str, dtype: DType, of: DType, args: Sequence[str]) -> str:
    t = register_type(dtype, w.lanes)
    symbol = w.kernel(name, dtype)
    apart = "" if w.kernels_inline else " noinline"
    return w.let(f"call {t} @{symbol}({', '.join(f'{t} {a}' for a in args)}){apart}")


def _libm(w: Lines, name: str, dtype: DType, of: DType, args: Sequence[str]) -> str:
    symbol = w.libm(name, len(args), dtype)
    t = register_type(dtype)
    if w.lanes == 1:
        return w.let(f"call {t} @{symbol}({', '.join(f'{t} {a}' for a in args)})")
    return _lane_by_lane(
        w, dtype, of, args, lambda xs: f"call {t} @{symbol}({', '.join(f'{t} {x}' for x in xs)})"
    )


def _lane_by_lane(
    w: Lines,
    dtype: DType,
    of: DType,
    args: Sequence[str],
    call: Callable[[Sequence[str]], str],
) -> str:
    vector, source = register_type(dtype, w.lanes), register_type(of, w.lanes)
    result = "poison"
    for lane in range(w.lanes):
        xs = [w.let(f"extractelement {source} {a}, i64 {lane}") for a in args]
        y = w.let(call(xs))
        result = w.let(f"insertelement {vector} {result}, {register_type(dtype)} {y}, i64 {lane}")
    return result


def _own(w: Lines, name: str, dtype: DType, of: DType, args: Sequence[str]) -> str:
    if name in _EXPANSIONS:
        return _EXPANSIONS[name](w, dtype, of, args)
    return _routine(w, name, dtype, args)


def _routine(w: Lines, name: str, dtype: DType, args: Sequence[str]) -> str:
    """A call of an own function whose second operand, if any, is an i64."""
    symbol = w.scalar_kernel(name, dtype)
    t = register_type(dtype)
    types = [t, *[register_type(DType.I64)] * (len(args) - 1)]
    if w.lanes == 1:
        return w.let(
            f"call {t} @{symbol}({', '.join(f'{u} {a}' for u, a in zip(types, args, strict=True))})"
        )
    vector = register_type(dtype, w.lanes)
    result = "poison"
    for lane in range(w.lanes):
        xs = [
            f"{u} {w.let(f'extractelement <{w.lanes} x {u}> {a}, i64 {lane}')}"
            for u, a in zip(types, args, strict=True)
        ]
        y = w.let(f"call {t} @{symbol}({', '.join(xs)})")
        result = w.let(f"insertelement {vector} {result}, {t} {y}, i64 {lane}")
    return result


_FAMILIES: Mapping[str, FamilyEmit] = {
    "icmp": _icmp,
    "fcmp": _fcmp,
    "intrinsic": _intrinsic,
    "kernel": _kernel,
    "libm": _libm,
    "own": _own,
}


# ---- own expansions ----------------------------------------------------------------------------------


def _isnan(w: Lines, dtype: DType, of: DType, args: Sequence[str]) -> str:
    return w.let(f"fcmp uno {register_type(of, w.lanes)} {args[0]}, {args[0]}")


def _isfinite(w: Lines, dtype: DType, of: DType, args: Sequence[str]) -> str:
    size = _intrinsic(w, "fabs", of, of, args)
    infinity = splat(float_text(float("inf")), of, w.lanes)
    return w.let(f"fcmp olt {register_type(of, w.lanes)} {size}, {infinity}")


def _sign(w: Lines, dtype: DType, of: DType, args: Sequence[str]) -> str:
    """-1, 0 or 1; a NaN stays, and so does the sign of a zero times nothing: 0 gives 0."""
    (x,) = args
    t = register_type(of, w.lanes)
    if of.is_integer:
        zero = splat("0", of, w.lanes)
        above = w.let(f"icmp sgt {t} {x}, {zero}")
        below = w.let(f"icmp slt {t} {x}, {zero}")
        bits = register_type(DType.BOOL, w.lanes)
        up, down = (w.let(f"zext {bits} {b} to {t}") for b in (above, below))
        return w.let(f"sub {t} {up}, {down}")
    zero, one, minus = (splat(float_text(v, of), of, w.lanes) for v in (0.0, 1.0, -1.0))
    bits = register_type(DType.BOOL, w.lanes)
    above = w.let(f"fcmp ogt {t} {x}, {zero}")
    below = w.let(f"fcmp olt {t} {x}, {zero}")
    unordered = w.let(f"fcmp uno {t} {x}, {x}")
    rest = w.let(f"select {bits} {unordered}, {t} {x}, {t} {zero}")
    low = w.let(f"select {bits} {below}, {t} {minus}, {t} {rest}")
    return w.let(f"select {bits} {above}, {t} {one}, {t} {low}")


def _clamp(w: Lines, dtype: DType, of: DType, args: Sequence[str]) -> str:
    x, low, high = args
    upper, lower = ("maximum", "minimum") if of.is_float else ("smax", "smin")
    raised = _intrinsic(w, upper, of, of, (x, low))
    return _intrinsic(w, lower, of, of, (raised, high))


def _relu(w: Lines, dtype: DType, of: DType, args: Sequence[str]) -> str:
    """x above 0 and where it is NaN, else 0."""
    (x,) = args
    t, zero = register_type(of, w.lanes), splat(float_text(0.0), of, w.lanes)
    below = w.let(f"fcmp ole {t} {x}, {zero}")
    return w.let(f"select {register_type(DType.BOOL, w.lanes)} {below}, {t} {zero}, {t} {x}")


def _integer_parts(w: Lines, of: DType, args: Sequence[str]) -> tuple[str, str, str, str]:
    """Quotient and remainder rounded to zero, whether they must move down by one, whether the divisor is -1.

    A divisor of 0 (checked before; or in a lane that is switched off) and of -1 is replaced by 1.
    """
    x, y = args
    t, bits = register_type(of, w.lanes), register_type(DType.BOOL, w.lanes)
    zero, one, minus = (splat(text, of, w.lanes) for text in ("0", "1", "-1"))
    is_minus = w.let(f"icmp eq {t} {y}, {minus}")
    is_zero = w.let(f"icmp eq {t} {y}, {zero}")
    is_odd = w.let(f"or {bits} {is_minus}, {is_zero}")
    safe = w.let(f"select {bits} {is_odd}, {t} {one}, {t} {y}")
    quotient = w.let(f"sdiv {t} {x}, {safe}")
    product = w.let(f"mul {t} {quotient}, {safe}")
    rest = w.let(f"sub {t} {x}, {product}")
    mixed = w.let(f"xor {t} {rest}, {y}")
    differ = w.let(f"icmp slt {t} {mixed}, {zero}")
    inexact = w.let(f"icmp ne {t} {rest}, {zero}")
    down = w.let(f"and {bits} {differ}, {inexact}")
    return quotient, rest, down, is_minus


def _floordiv(w: Lines, dtype: DType, of: DType, args: Sequence[str]) -> str:
    if of.is_float:
        return _kernel(w, "floordiv", dtype, of, args)
    quotient, _, down, is_minus = _integer_parts(w, of, args)
    t, bits = register_type(of, w.lanes), register_type(DType.BOOL, w.lanes)
    step = w.let(f"zext {bits} {down} to {t}")
    floor = w.let(f"sub {t} {quotient}, {step}")
    negated = _neg(w, of, of, (args[0],))
    return w.let(f"select {bits} {is_minus}, {t} {negated}, {t} {floor}")


def _mod(w: Lines, dtype: DType, of: DType, args: Sequence[str]) -> str:
    if of.is_float:
        return _kernel(w, "mod", dtype, of, args)
    _, rest, down, is_minus = _integer_parts(w, of, args)
    t, bits = register_type(of, w.lanes), register_type(DType.BOOL, w.lanes)
    raised = w.let(f"add {t} {rest}, {args[1]}")
    floor = w.let(f"select {bits} {down}, {t} {raised}, {t} {rest}")
    return w.let(f"select {bits} {is_minus}, {t} {splat('0', of, w.lanes)}, {t} {floor}")


def _times(w: Lines, dtype: DType, of: DType, args: Sequence[str]) -> str:
    """The product of sizes, the largest integer when that is too small."""
    return w.let(f"call i64 @adc.times(i64 {args[0]}, i64 {args[1]})")


def _half(w: Lines, dtype: DType, of: DType, args: Sequence[str]) -> str:
    """Half of a whole number that is not negative."""
    return w.let(f"lshr {register_type(of, w.lanes)} {args[0]}, {splat('1', of, w.lanes)}")


_EXPANSIONS: Mapping[str, Emit] = {
    "isnan": _isnan,
    "isfinite": _isfinite,
    "sign": _sign,
    "clamp": _clamp,
    "relu": _relu,
    "floordiv": _floordiv,
    "mod": _mod,
    "convert": _convert,
    "times": _times,
    "half": _half,
}
