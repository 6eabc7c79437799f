"""`TABLE`: every primitive of adc, gathered from the PRIMITIVES tuples of the modules in this package."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from adc.prims import array, scalar, structured
from adc.prims.primitive import Primitive
from adc.prims.table import PrimitiveTable


def _declared() -> Iterator[Primitive]:
    for package in (scalar, array, structured):
        for found in iter_modules(package.__path__):
            module = import_module(f"{package.__name__}.{found.name}")
            yield from getattr(module, "PRIMITIVES", ())


TABLE = PrimitiveTable(_declared())
