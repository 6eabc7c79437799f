"""A whole program being elaborated: its definitions, what has been made of them, and what was found wrong.

Definitions are made in the order in which they need each other. A recursive one without a declared result is
made several times: first its own calls have no value, which tells the type of the other branches; then the
calls have that type; what such a trial made is taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from adc.diagnostics import Error
from adc.frontends.calls import bind_arguments, call_function, order_arguments
from adc.frontends.context import Bottom, BuiltinFunction, Context, Handler
from adc.frontends.interface import (
    Interface,
    Outcome,
    Parameter,
    close_function,
    make_interface,
    open_function,
)
from adc.frontends.order import in_order, mentioned
from adc.frontends.problems import CYCLIC_DEFINITION, NESTED_TOO_DEEP, NO_RESULT_TYPE
from adc.frontends.surface import SizePair, bind_sizes, bind_typed, conform, resolve_type
from adc.frontends.surface import size_polynomial
from adc.frontends.values import (
    Abstract,
    Builtin,
    Constant,
    Definition,
    FunctionValue,
    Leaf,
    Scope,
    has_function,
    settle_nothing,
)
from adc.ir.core import DerivativeRequest, Function, Literal, Module, OwnRule
from adc.prims.table import PrimitiveTable
from adc.syntax import ast
from adc.types.core import Function as FunctionType
from adc.types.core import Record, Signature, SurfaceType, Tuple
from adc.types.dims import Poly
