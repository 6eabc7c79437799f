"""Text to typed module: `load_module` parses a file and those it imports, and elaborates all of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from adc.diagnostics import Diagnostic, SourceFile
from adc.frontends.elaborate import elaborate
from adc.frontends.imports import with_imports
from adc.ir.core import Module
from adc.prims.catalog import TABLE
from adc.prims.table import PrimitiveTable
from adc.syntax import ast
from adc.syntax.lexer import DEFAULT_LIMITS, Limits
from adc.syntax.parse import parse


@dataclass(frozen=True, slots=True)
class Elaborated:
    """A program: its typed module, the tree of the file itself, and what is worth saying although it compiles."""

    module: Module
    tree: ast.Module
    diagnostics: tuple[Diagnostic, ...] = ()


def load_module(
    source: SourceFile,
    path: Path | None = None,
    table: PrimitiveTable = TABLE,
    limits: Limits = DEFAULT_LIMITS,
) -> Elaborated:
    """The program in `source`; `path` is where it stands, which imports are relative to.

    Raises one error with all diagnostics: ParseError (E01xx), TypeCheckError (E02xx, E04xx), ShapeError (E03xx),
    UnsupportedError (E09xx).
    """
    tree = parse(source, limits)
    trees = with_imports(tree, path, limits)
    return Elaborated(elaborate(trees, table), tree)
