"""placeholder"""
from __future__ import annotations
from typing import Any
from adc.types.core import DType
from adc.lowering.llvm_types import register_type
def define(symbols: Any, name: str, dtype: DType, lanes: int, symbol: str) -> str:
    t = register_type(dtype)
    if name in ("pow", "mod"):
        f = symbols.libm({"mod":"fmod"}.get(name,name), 2, dtype)
        return f"define internal {t} @{symbol}({t} %x, {t} %y) alwaysinline {{\n %r = call {t} @{f}({t} %x, {t} %y)\n ret {t} %r\n}}"
    f = symbols.libm(name, 1, dtype)
    return f"define internal {t} @{symbol}({t} %x) alwaysinline {{\n %r = call {t} @{f}({t} %x)\n ret {t} %r\n}}"
