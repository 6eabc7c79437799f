"""All rules by name and by the module they stand in, found by looking into `adc.rewrite.rules`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from adc.rewrite import rules
from adc.rewrite.rule import Rule


def _declared() -> Mapping[str, tuple[Rule, ...]]:
    names = sorted(found.name for found in iter_modules(rules.__path__))
    return {name: import_module(f"{rules.__name__}.{name}").RULES for name in names}


def _by_name(groups: Mapping[str, tuple[Rule, ...]]) -> Mapping[str, Rule]:
    found: dict[str, Rule] = {}
    for r in (r for group in groups.values() for r in group):
        assert r.name not in found, f"rule `{r.name}` is declared twice"
        found[r.name] = r
    return MappingProxyType(found)


GROUPS = MappingProxyType(_declared())
RULES = _by_name(GROUPS)
