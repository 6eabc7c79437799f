"""All rules by name, and the named strategies made of them; nothing in a strategy matches by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from adc.rewrite import rules
from adc.rewrite.rule import Rule


def _declared() -> Iterator[Rule]:
    for found in sorted(iter_modules(rules.__path__), key=lambda m: m.name):
        yield from import_module(f"{rules.__name__}.{found.name}").RULES


def _by_name() -> Mapping[str, Rule]:
    found: dict[str, Rule] = {}
    for r in _declared():
        assert r.name not in found, f"rule `{r.name}` is declared twice"
        found[r.name] = r
    return MappingProxyType(found)


RULES = _by_name()
