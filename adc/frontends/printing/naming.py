"""Readable, unique ADL names for the functions and values of the IR."""

from __future__ import annotations

import re
from collections.abc import Iterable

from adc.ir.core import Function, Value
from adc.syntax import lalr


def identifier(text: str, fallback: str) -> str:
    """`text` as an ADL name: letters, digits and underscores, not starting with a digit."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_")
    if not name or name[0].isdigit():
        name = f"{fallback}{name}"
    return name


class Names:
    """Names given on demand, each once; `taken` are names that must keep their meaning."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = {*taken, *lalr.load("adl").reserved}
        self._by_key: dict[object, str] = {}

    def of_value(self, v: Value) -> str:
        return self._give(v, identifier(v.hint, "v"))

    def of_function(self, f: Function | str) -> str:
        name = f if isinstance(f, str) else f.name
        return self._give(name, identifier(name, "f"))

    def fresh(self, hint: str) -> str:
        """A new name, tied to nothing."""
        return self._unused(identifier(hint, "v"))

    def bind(self, key: object, name: str) -> None:
        """Give `key` exactly this name."""
        self._by_key[key] = name
        self._taken.add(name)

    def _give(self, key: object, wanted: str) -> str:
        if key not in self._by_key:
            self._by_key[key] = self._unused(wanted)
        return self._by_key[key]

    def _unused(self, wanted: str) -> str:
        name, count = wanted, 0
        while name in self._taken:
            count += 1
            name = f"{wanted}_{count}" if wanted[-1].isdigit() else f"{wanted}{count}"
        self._taken.add(name)
        return name
