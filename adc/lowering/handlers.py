"""Which handler plans which equation."""

from __future__ import annotations

from collections.abc import Mapping

from adc.lowering.plan_arrays import ARRAY_HANDLERS
from adc.lowering.plan_block import Handler
from adc.lowering.plan_control import CONTROL_HANDLERS
from adc.lowering.plan_loops import LOOP_HANDLERS
from adc.lowering.plan_scalars import SCALAR_HANDLERS, plan_scalar
from adc.lowering.plan_tapes import TAPE_HANDLERS
from adc.prims.table import PrimitiveTable


def all_handlers(table: PrimitiveTable) -> Mapping[str, Handler]:
    """A handler for every primitive of the table; those without an own one are plain scalar operations."""
    own = CONTROL_HANDLERS | LOOP_HANDLERS | ARRAY_HANDLERS | SCALAR_HANDLERS | TAPE_HANDLERS
    return {primitive.name: own.get(primitive.name, plan_scalar) for primitive in table}
