"""Builtins that are themselves ADL programs, loaded when one of them is first used."""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any

from adc.diagnostics import SourceFile
from adc.syntax import ast
from adc.syntax.parse import parse

LIBRARY_PREFIX = (
    "linalg."  # names no user can write, so that nothing is shadowed or shown as the user's own
)
BUILTIN_PREFIX = "builtin."
_TEXT = Path(__file__).with_name("linalg.adl")


def read_library(builtins: Container[str]) -> tuple[ast.Definition, ...]:
    """The definitions and rules of the library; names of its own and of builtins are told apart from the user's."""
    tree = parse(SourceFile("linalg.adl", _TEXT.read_text(encoding="utf-8")))
    own = {item.name for item in tree.items if isinstance(item, ast.Def)}
    names = {
        n.name: (LIBRARY_PREFIX if n.name in own else BUILTIN_PREFIX) + n.name
        for n in ast.walk(tree)
        if isinstance(n, ast.Name) and (n.name in own or n.name in builtins)
    }
    names |= {name: LIBRARY_PREFIX + name for name in own}
    renamed: tuple[ast.Definition, ...] = _renamed(tree.items, names)
    return renamed


def _renamed(here: Any, names: Mapping[str, str]) -> Any:
    """The tree with the names of definitions and references replaced; the library nests little."""
    if isinstance(here, tuple):
        return tuple(_renamed(part, names) for part in here)
    if isinstance(here, ast.Name):
        return dataclasses.replace(here, name=names.get(here.name, here.name))
    if not isinstance(here, ast.Node):
        return here
    changes = {f.name: _renamed(getattr(here, f.name), names) for f in dataclasses.fields(here)}
    if isinstance(here, ast.Def):
        changes["name"] = names[here.name]
    if isinstance(here, ast.DerivativeRule):
        changes["function"] = names[here.function]
    return type(here)(**changes)
