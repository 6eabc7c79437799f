"""Places where a run may fail: what native code reports by number, and the errors these numbers stand for.

Native functions return 0, or 1 + the number of a site; payload values lie in the call context.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adc.diagnostics import Error
from adc.diagnostics.errors import error_of_check
from adc.diagnostics.span import Span
from adc.types.core import DType


@dataclass(frozen=True, slots=True)
class Site:
    """`kind` is one of `CHECK_ERRORS`; `{0}`, `{1}` in `text` are payload values.

    `payload` gives their element types. `index` sites know how many array axes they speak of.
    """

    kind: str
    code: str
    text: str
    span: Span | None = None
    payload: tuple[DType, ...] = ()


OUT_OF_MEMORY = Site(
    "EvaluationError", "E0606", "out of memory: {0} bytes are too many", None, (DType.I64,)
)
INTERRUPTED = Site("EvaluationError", "E0607", "interrupted")
TOO_DEEP = Site("EvaluationError", "E0605", "recursion is deeper than {0}", None, (DType.I64,))
STACK_FULL = Site("EvaluationError", "E0605", "recursion needs more native stack than there is")

# Every program has these first, in this order, so that generated code can name them by number.
RESERVED = (OUT_OF_MEMORY, INTERRUPTED, TOO_DEEP, STACK_FULL)
MEMORY_SITE, INTERRUPT_SITE, DEPTH_SITE, STACK_SITE = range(4)


def error_of(site: Site, payload: Sequence[object]) -> Error:
    """The exception that a failure at `site` stands for."""
    return error_of_check(site.kind, site.code, site.text, payload, site.span)
