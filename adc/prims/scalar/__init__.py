"""Elementwise primitives; in the IR they act on scalars only, arrays meet them inside `map` regions.

add sub mul                       numbers (integers wrap)          div          floats only
floordiv mod                      numbers, floor as in Python; integer division by 0 is an error, MIN // -1 wraps
pow(x, y)                         floats                           powi(x, k)   x number, k i64: repeated multiplication
neg abs sign max min clamp(x, lo, hi)  numbers                     fma(x, y, z) hypot atan2  floats
exp log log1p expm1 sqrt cbrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh
erf erfc lgamma digamma polygamma[order=n] sigmoid softplus relu floor ceil round trunc     floats
isnan isfinite                    float -> bool
eq ne lt le gt ge                 two of one type -> bool          and or not   bool
select(p, a, b)                   both evaluated, any scalar type
convert[to=DType.F64](x)          between all scalar types; float to integer truncates, saturates, NaN is an error
"""
