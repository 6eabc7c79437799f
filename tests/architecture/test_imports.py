"""What each way into adc loads. Sets of modules are exact where times would be noisy."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import adc

HEAVY = {"lark", "llvmlite", "numba", "numpy", "scipy", "rich", "optree", "IPython"}


def loaded_by(*script: str) -> set[str]:
    """Top-level names of the modules a fresh interpreter has loaded after running `script`."""
    code = "\n".join((*script, "import sys; print(*sys.modules, file=sys.stderr)"))
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert child.returncode == 0, child.stderr
    return {name.partition(".")[0] for name in child.stderr.splitlines()[-1].split()}


def command(*args: str) -> tuple[str, ...]:
    return (
        "import sys",
        f"sys.argv = {['adc', *args]!r}",
        "from adc.cli.main import main",
        "try: main()",
        "except SystemExit as done: assert not done.code, done.code",
    )


def test_import_adc_loads_nothing_heavy() -> None:
    assert not loaded_by("import adc") & HEAVY


def test_errors_load_nothing_heavy() -> None:
    assert not loaded_by("import adc; adc.Error; adc.ShapeError") & HEAVY


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_version_and_help_load_only_click(option: str) -> None:
    assert not loaded_by(*command(option)) & HEAVY


@pytest.mark.parametrize("name", ["check", "fmt"])
def test_check_and_fmt_load_no_numpy(name: str, tmp_path: Path) -> None:
    path = tmp_path / "one.adl"
    path.write_text("def f(x: f64[n]) -> f64 = sum(x * x)\n", encoding="utf-8")
    assert not loaded_by(*command(name, str(path))) & (HEAVY - {"lark"})


def test_explain_loads_nothing_heavy() -> None:
    assert not loaded_by(*command("explain", "E0101")) & HEAVY


def test_using_the_interface_loads_no_numba() -> None:
    assert "numba" not in loaded_by("import adc; adc.compile; adc.grad")


def test_lazy_names_resolve() -> None:
    for name, home in adc._HOME_OF.items():
        assert getattr(adc, name) is getattr(import_module(home), name)


def test_lazy_names_agree_with_those_for_type_checkers() -> None:
    tree = ast.parse(Path(adc.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    typed = {
        (alias.name, node.module)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert typed == set(adc._HOME_OF.items())


def test_a_star_import_gives_the_interface() -> None:
    given: dict[str, object] = {}
    exec("from adc import *", given)
    assert given.keys() - {"__builtins__"} == {"__version__", *adc._HOME_OF}


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="gradd"):
        adc.gradd  # noqa: B018
