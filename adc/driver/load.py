"""Programs read and checked: everything before derivatives. Loads no NumPy, so that `adc check` is quick."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from adc.diagnostics import Diagnostic, SourceFile
from adc.frontends.adl import load_module
from adc.frontends.printing.structure import surface_type
from adc.ir.core import Function, Module
from adc.prims.catalog import TABLE
from adc.syntax import ast
from adc.syntax.parse import decode
from adc.syntax.unparse import unparse
from adc.transforms.inline import remove_unreachable
from adc.transforms.requests import expand_requests
from adc.types.core import Signature


@dataclass(frozen=True, slots=True)
class Program:
    """A source text, the file that its imports are relative to, its tree, and the module that it means.

    `warnings` are worth saying although the program compiles.
    """

    source: SourceFile
    path: Path | None
    tree: ast.Module
    module: Module
    warnings: tuple[Diagnostic, ...] = ()

    @property
    def definitions(self) -> tuple[str, ...]:
        """The definitions that can be called from outside, in the order of the text."""
        names = (item.name for item in self.tree.items if isinstance(item, ast.Def))
        return tuple(name for name in names if name in self.module.functions)

    @property
    def names(self) -> tuple[str, ...]:
        """The definitions, then those of imported files; names with a dot are of functions that nobody wrote."""
        own = self.definitions
        return (*own, *(n for n in self.module.functions if n not in own and "." not in n))

    @property
    def inlined(self) -> frozenset[str]:
        """The definitions that take or give functions: only ADL can call them."""
        names = {item.name for item in self.tree.items if isinstance(item, ast.Def)}
        return frozenset(names - self.module.functions.keys())

    def function(self, name: str) -> Function:
        return self.module.functions[name]

    def signature(self, name: str) -> Signature:
        """The signature of a definition."""
        found = self.function(name).signature
        assert found is not None, f"`{name}` is no definition"
        return found


def read_source(path: Path) -> SourceFile:
    """The text of a file. Raises OSError, and ParseError when it is no text."""
    name = str(path).encode(errors="replace").decode()  # file names need not be text
    return decode(name, path.read_bytes())


def analyse(source: SourceFile, path: Path | None = None) -> Program:
    """The program, completely checked. Raises ParseError and TypeCheckError with all that is wrong."""
    made = load_module(source, path, TABLE)
    _check_rules(made.module)
    return Program(source, path, made.tree, made.module, made.diagnostics)


def _check_rules(module: Module) -> None:
    """Own derivative rules must be linear (E0407), whether or not a derivative of theirs is asked for."""
    if module.rules:
        expand_requests(remove_unreachable(module, tuple(module.rules)), TABLE)


def parsed_text(program: Program, names: tuple[str, ...] | None = None) -> str:
    """The program as it was parsed, in canonical layout; of definitions only those named, if any are."""
    return unparse(ast.Module(_chosen(program, names)))


def typed_text(program: Program, names: tuple[str, ...] | None = None) -> str:
    """The same, every definition with the result type that was inferred."""
    return unparse(ast.Module(tuple(_typed(program, item) for item in _chosen(program, names))))


def _chosen(program: Program, names: tuple[str, ...] | None) -> tuple[ast.Definition, ...]:
    items = program.tree.items
    if names is None:
        return items
    return tuple(i for i in items if not isinstance(i, ast.Def) or i.name in names)


def _typed(program: Program, item: ast.Definition) -> ast.Definition:
    if not isinstance(item, ast.Def) or item.name not in program.definitions:
        return item
    signature = program.signature(item.name)
    if item.result is not None or signature.result_sizes:
        return item
    return replace(item, result=surface_type(signature.result))
