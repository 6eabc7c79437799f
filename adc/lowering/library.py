"""placeholder"""
from __future__ import annotations
from typing import Any
from adc.types.core import DType
def define(symbols: Any, name: str, dtype: DType, ranks: tuple[int, ...], symbol: str) -> str:
    raise NotImplementedError(name)
