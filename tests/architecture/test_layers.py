"""The tower of floors: every import points downwards, wherever in a file it stands."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
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
# Rooms that may import a third-party package; those that must load without it do so inside functions.
PACKAGES = {
    "click": {"cli"},
    "lark": {"syntax"},
    "llvmlite": {"runtime"},
    "numpy": {"diagnostics", "reference", "rewrite", "runtime", "api", "cli"},
    "scipy": {"reference"},
}


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").parts[0]


def module_of(path: Path) -> str:
    name = ".".join(("adc", *path.relative_to(ROOT).with_suffix("").parts))
    return name.removesuffix(".__init__")


MODULES = {module_of(path): path for path in FILES}


def imports_within(path: Path, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and absolute name of every module imported, in functions and under TYPE_CHECKING too."""
    package = ("adc", *path.relative_to(ROOT).parts[:-1])
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            parent = ".".join((*base, *([node.module] if node.module else [])))
            for alias in node.names:
                name = f"{parent}.{alias.name}"
                yield node.lineno, name if name in MODULES else parent


def imported_modules(path: Path) -> Iterator[tuple[int, str]]:
    return imports_within(path, ast.parse(path.read_text(encoding="utf-8")))


def is_own(name: str) -> bool:
    return name.partition(".")[0] == "adc"


def own_rooms(path: Path) -> Iterator[tuple[int, str]]:
    """Line and room of every import of adc itself."""
    for line, name in imported_modules(path):
        if is_own(name):
            yield line, name.split(".")[1] if "." in name else "__init__"


def test_every_room_has_a_floor_and_every_floor_its_rooms() -> None:
    assert {room_of(path) for path in FILES} == FLOOR_OF.keys() | ENTRANCES


def test_the_map_in_the_readme_shows_the_floors() -> None:
    text = (ROOT.parent / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.*?) \|", text, re.MULTILINE)
    shown = {int(floor): set(re.findall(r"`adc/(\w+)`", rooms)) for floor, rooms in rows}
    assert shown == {k: set(rooms) - {"version"} for k, rooms in enumerate(FLOORS)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_downwards(path: Path) -> None:
    room = room_of(path)
    if room in ENTRANCES:
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
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                late += [
                    f"{path.relative_to(ROOT)}:{line}"
                    for line, name in imports_within(path, function)
                    if is_own(name)
                ]
    assert not late, "\n".join(late)


def test_packages_are_declared_and_imported_where_they_belong() -> None:
    strays = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in FILES
        for line, name in imported_modules(path)
        if not is_own(name)
        and (package := name.partition(".")[0]) not in sys.stdlib_module_names
        and room_of(path) not in PACKAGES.get(package, ())
    ]
    assert not strays, "\n".join(strays)
    project = tomllib.loads((ROOT.parent / "pyproject.toml").read_text(encoding="utf-8"))
    declared = {re.split(r"\W", d)[0] for d in project["project"]["dependencies"]}
    assert PACKAGES.keys() <= declared


def test_nothing_is_unpickled_evaluated_or_allowed_to_nest_deeper() -> None:
    forbidden = {"eval", "exec", "setrecursionlimit", "__import__"}
    found = []
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        names |= {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
        modules = {name for _, name in imports_within(path, tree)} & {"pickle", "marshal", "shelve"}
        found += [f"{path.relative_to(ROOT)}: {name}" for name in (names & forbidden) | modules]
    assert not found, "\n".join(found)


def modules_of_floors(last: int) -> list[str]:
    return [name for name, p in MODULES.items() if FLOOR_OF.get(room_of(p), len(FLOORS)) <= last]


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
    graph = {
        name: sorted({target for _, target in imported_modules(path)} & MODULES.keys())
        for name, path in MODULES.items()
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
