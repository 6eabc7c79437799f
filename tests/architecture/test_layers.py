"""The tower of DESIGN §2: every import points downwards, wherever in a file it stands."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import adc

ROOT = Path(adc.__file__).parent
FLOORS = (
    ("diagnostics", "version"),
    ("syntax", "types"),
    ("ir",),
    ("prims",),
    ("reference",),
    ("transforms",),
    ("rewrite",),
    ("lowering",),
    ("runtime",),
    ("frontends",),
    ("driver",),
    ("api",),
    ("cli",),
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
ENTRANCES = {"__init__", "__main__"}  # adc/__init__.py and adc/__main__.py look down on every floor
FILES = sorted(ROOT.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").parts[0]


def imported_modules(path: Path) -> Iterator[tuple[int, str]]:
    """Line and absolute name of everything imported, in functions and under TYPE_CHECKING too."""
    package = ("adc", *path.relative_to(ROOT).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            parent = ".".join((*base, *([node.module] if node.module else [])))
            if parent == "adc":
                yield from ((node.lineno, f"adc.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, parent


def own_rooms(path: Path) -> Iterator[tuple[int, str]]:
    """Line and room of every import of adc itself."""
    for line, name in imported_modules(path):
        if name == "adc" or name.startswith("adc."):
            yield line, name.split(".")[1] if "." in name else "__init__"


def test_every_room_has_a_floor() -> None:
    rooms = {room_of(path) for path in FILES} - ENTRANCES - {"testing"}
    assert rooms <= set(FLOOR_OF), f"rooms without a floor: {sorted(rooms - set(FLOOR_OF))}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_downwards(path: Path) -> None:
    room = room_of(path)
    if room in ENTRANCES or room == "testing":
        return
    upward = [
        f"{path.relative_to(ROOT)}:{line} imports {target}"
        for line, target in own_rooms(path)
        if target != room and FLOOR_OF.get(target, len(FLOORS)) >= FLOOR_OF[room]
    ]
    assert not upward, "\n".join(upward)


def test_own_modules_are_imported_at_the_top() -> None:
    """An own import inside a function hides a floor in the wrong place."""
    late = []
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                late += [
                    f"{path.relative_to(ROOT)}:{node.lineno}"
                    for node in ast.walk(function)
                    if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("adc")
                ]
    assert not late, "\n".join(late)


def modules_of_floors(last: int) -> list[str]:
    paths = [p for p in FILES if FLOOR_OF.get(room_of(p), len(FLOORS)) <= last]
    names = [".".join(("adc", *p.relative_to(ROOT).with_suffix("").parts)) for p in paths]
    return [name.removesuffix(".__init__") for name in names]


def import_in_child(modules: list[str], blocked: tuple[str, ...]) -> None:
    script = "\n".join(
        (
            "import sys, importlib",
            f"sys.modules.update(dict.fromkeys({blocked!r}))",  # None makes an import fail
            f"for name in {modules!r}: importlib.import_module(name)",
        )
    )
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert child.returncode == 0, child.stderr


def test_floors_up_to_rewrite_need_no_machine_code_libraries() -> None:
    import_in_child(modules_of_floors(6), ("llvmlite", "numba"))


def test_floors_up_to_prims_need_no_numpy() -> None:
    import_in_child(modules_of_floors(3), ("llvmlite", "numba", "numpy", "scipy"))


def test_modules_do_not_import_each_other_in_circles() -> None:
    names = {".".join(("adc", *p.relative_to(ROOT).with_suffix("").parts)): p for p in FILES}
    graph = {
        name: sorted({target for _, target in imported_modules(path)} & names.keys() - {name})
        for name, path in names.items()
    }
    state: dict[str, bool] = {}  # False while being visited, True when done

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert state.get(name, True), " -> ".join((*above[above.index(name) :], name))
        if name not in state:
            state[name] = False
            for target in graph[name]:
                visit(target, (*above, name))
            state[name] = True

    for name in graph:
        visit(name, ())
