"""`import "other.adl"`: the trees of a file and of all it imports, each once, imported ones first."""

from __future__ import annotations

from pathlib import Path

from adc.diagnostics import Error, Span
from adc.frontends.problems import IMPORT_CYCLE, IMPORT_NOT_FOUND
from adc.syntax import ast
from adc.syntax.lexer import Limits
from adc.syntax.parse import decode, parse


def with_imports(tree: ast.Module, path: Path | None, limits: Limits) -> list[ast.Module]:
    """`tree` after everything that it imports; paths are relative to the importing file."""
    reader = _Reader(limits)
    home = (path or Path("main.adl")).resolve()
    reader.read(tree, home)
    if reader.problems:
        first = reader.problems[0]
        raise type(first)([d for problem in reader.problems for d in problem.diagnostics])
    return reader.trees


class _Reader:
    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.trees: list[ast.Module] = []
        self.problems: list[Error] = []
        self._done: set[Path] = set()

    def read(self, tree: ast.Module, path: Path) -> None:
        """Enter a file and what it imports. A chain of imports of any length is no deeper in Python."""
        work = [(tree, path, _imports(tree))]
        open_paths = [path]
        while work:
            here, place, waiting = work[-1]
            if not waiting:
                work.pop()
                open_paths.pop()
                self._done.add(place)
                self.trees.append(here)
                continue
            node = waiting.pop(0)
            target = (place.parent / node.path).resolve()
            if target in open_paths:
                self.problems.append(_cycle(node, open_paths, target))
            elif target not in self._done:
                found = self._load(node, target)
                if found is not None:
                    work.append((found, target, _imports(found)))
                    open_paths.append(target)

    def _load(self, node: ast.Import, path: Path) -> ast.Module | None:
        """The tree of an imported file, or None when it is noted as wrong."""
        self._done.add(path)
        try:
            data = _content(path)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            self.problems.append(
                IMPORT_NOT_FOUND.at(
                    _place(node),
                    f"the file `{node.path}` cannot be imported: {reason.lower()}",
                    notes=("imports are relative to the importing file",),
                )
            )
            return None
        try:
            return parse(decode(node.path, data, self.limits), self.limits)
        except Error as error:
            self.problems.append(error)
            return None


def _content(path: Path) -> bytes:
    """The bytes of a file; devices and pipes may have no end."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise ValueError("it is no regular file")
    return path.read_bytes()


def _imports(tree: ast.Module) -> list[ast.Import]:
    return [item for item in tree.items if isinstance(item, ast.Import)]


def _place(node: ast.Import) -> Span:
    return node.path_span or node.span


def _cycle(node: ast.Import, open_paths: list[Path], target: Path) -> Error:
    chain = open_paths[open_paths.index(target) :]
    names = " imports ".join(f"`{p.name}`" for p in [*chain, target])
    return IMPORT_CYCLE.at(_place(node), f"`{node.path}` imports itself", notes=(names,))
