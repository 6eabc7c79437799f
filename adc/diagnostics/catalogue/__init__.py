"""Every error code, with the long text behind it. One module for each family of codes."""

from __future__ import annotations

from itertools import chain

from adc.diagnostics.catalogue import derivatives, limits, names, runs, shapes, syntax, usage
from adc.diagnostics.catalogue.entry import FAMILIES, Entry

__all__ = ["ENTRIES", "FAMILIES", "Entry"]

_MODULES = (syntax, names, shapes, derivatives, usage, runs, limits)

ENTRIES: dict[str, Entry] = {
    entry.code: entry for entry in chain.from_iterable(module.ENTRIES for module in _MODULES)
}
