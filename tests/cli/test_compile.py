"""`adc compile`: libraries that load again, headers that C accepts, stubs, texts."""

from __future__ import annotations

import ast
import pickle
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import adc as library
from adc.ir.parser import parse_module
from tests.cli.conftest import Adc

X = np.array([0.5, -1.0, 2.0])
needs_c = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler here")


@pytest.fixture
def built(adc: Adc, program: Path, tmp_path: Path) -> Path:
    """A folder with library, header and stub of the program and two gradients."""
    folder = tmp_path / "build"
    outcome = adc("compile", program, "--grad", "lse", "--grad", "scaled", "-o", folder)
    assert outcome.status == 0, outcome.err
    assert outcome.out.splitlines() == [str(folder / f"model{s}") for s in (".so", ".h", ".pyi")]
    return folder


@needs_c
def test_the_library_loads_and_agrees(built: Path, program: Path) -> None:
    m, loaded = library.load(program), library.load(built / "model.so")
    assert [f.name for f in loaded] == ["lse", "scaled", "both", "lse_grad", "scaled_grad"]
    assert "lse_grad" in dir(loaded)
    assert [f.__doc__ for f in loaded][:2] == [f.__doc__ for f in m][:2]
    assert "log-sum-exp, stable." in str(loaded.lse.__doc__)
    assert loaded.lse(X) == pytest.approx(m.lse(X), rel=1e-15)
    np.testing.assert_allclose(loaded.lse_grad(X), library.grad(m.lse)(X), rtol=1e-14)
    by_x, by_w = loaded.scaled_grad(X, k=3, w=2.0)
    np.testing.assert_allclose(by_x, 12.0 * X)
    assert by_w == pytest.approx(3 * (X @ X))
    doubled, facts = loaded.both(X)
    np.testing.assert_allclose(doubled, 2.0 * X)
    assert (facts.total, facts.size) == (X.sum(), 3)


@needs_c
def test_calls_of_a_library_are_checked_alike(built: Path) -> None:
    loaded = library.load(built / "model.so")
    with pytest.raises(library.ShapeError):
        loaded.lse(np.zeros((2, 2)))
    with pytest.raises(TypeError):
        loaded.lse()
    with pytest.raises(library.EvaluationError, match="nothing"):
        loaded.lse([])
    with pytest.raises(AttributeError, match="did you mean `lse`"):
        loaded.lsee  # noqa: B018
    with pytest.raises(TypeError):
        library.grad(loaded.lse)


@needs_c
def test_functions_of_a_library_pickle(built: Path) -> None:
    loaded = library.load(built / "model.so")
    assert pickle.loads(pickle.dumps(loaded.lse))(X) == loaded.lse(X)


@needs_c
def test_what_is_no_library_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.so"
    path.write_text("no library")
    with pytest.raises(library.UsageError):
        library.load(path)
    with pytest.raises(FileNotFoundError):
        library.load(tmp_path / "missing.so")


@needs_c
def test_the_header_serves_a_c_program(built: Path) -> None:
    (built / "main.c").write_text(
        """
#include <stdio.h>
#include "model.h"
int main(void) {
  double x[3] = {0.5, -1.0, 2.0}, value, gradient[3];
  if (model_lse(3, x, &value) || model_lse_grad(3, x, gradient)) return 1;
  int code = model_lse(0, x, &value);
  printf("%.17g %.17g\\n%s\\n", value, gradient[0] + gradient[1] + gradient[2], model_lse_message(code));
  return 0;
}
"""
    )
    command = ["cc", "-Wall", "-Werror", "main.c", "./model.so", "-o", "main"]
    subprocess.run(command, cwd=built, check=True)
    done = subprocess.run(["./main"], cwd=built, capture_output=True, text=True, check=True)
    numbers, message = done.stdout.splitlines()
    value, total = map(float, numbers.split())
    assert value == pytest.approx(np.log(np.exp(X).sum()), rel=1e-15)
    assert total == pytest.approx(1.0, rel=1e-15)
    assert "nothing" in message


@needs_c
def test_the_stub_is_python(built: Path) -> None:
    tree = ast.parse((built / "model.pyi").read_text())
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert names == ["lse", "scaled", "both", "lse_grad", "scaled_grad"]


def test_entry_restricts(adc: Adc, program: Path) -> None:
    outcome = adc("compile", program, "--entry", "lse", "--emit", "ir")
    assert list(parse_module(outcome.out).functions) == ["lse"]
    assert adc("compile", program, "--entry", "nope").status == 2


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("adl", "def lse("),
        ("loops", "fn lse("),
        ("llvm", "define"),
        ("asm", "ret"),
        ("c-header", "int model_lse(int64_t n, const double *x, double *"),
    ],
)
def test_texts_are_printed(adc: Adc, program: Path, kind: str, words: str) -> None:
    outcome = adc("compile", program, "--entry", "lse", "--emit", kind)
    assert outcome.status == 0, outcome.err
    assert words in outcome.out


def test_files_of_several_kinds(adc: Adc, program: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    outcome = adc("compile", program, "--emit", "ir,llvm,obj,adl", "-o", folder, "--json")
    assert outcome.status == 0, outcome.err
    assert len(outcome.json["written"]) == 4
    assert outcome.json["symbols"]["lse"] == "model_lse"
    assert {p.suffix for p in folder.iterdir()} == {".air", ".ll", ".o", ".adl"}
    assert program.exists()


@pytest.mark.parametrize(("kind", "status"), [("frob", 2), ("python", 1)])
def test_kinds_that_are_not_there(adc: Adc, program: Path, kind: str, status: int) -> None:
    assert adc("compile", program, "--emit", kind).status == status


def test_without_a_c_compiler_objects_are_offered(
    adc: Adc, program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    outcome = adc("compile", program, "-o", tmp_path)
    assert outcome.status != 0
    assert "--emit obj" in outcome.err
    assert adc("compile", program, "--emit", "obj", "-o", tmp_path).status == 0


def test_gradients_of_what_has_none(adc: Adc, program: Path) -> None:
    outcome = adc("compile", program, "--grad", "both")
    assert outcome.status == 1
    assert "one real result" in outcome.err


@needs_c
def test_a_library_shows_what_the_header_promises(built: Path) -> None:
    command = ["nm", "-D", "--defined-only", str(built / "model.so")]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    shown = {line.split()[-1] for line in text.splitlines()}
    functions = {f"model_{name}" for name in ("lse", "scaled", "both", "lse_grad", "scaled_grad")}
    messages = {f"{name}_message" for name in functions}
    assert shown == functions | messages | {"adc_manifest", "adc_functions"}


def test_results_are_named_by_their_places(adc: Adc, program: Path) -> None:
    header = adc("compile", program, "--entry", "both", "--emit", "c-header").out
    assert "double *out_0, double *out_1_total, int64_t *out_1_size);" in header


@needs_c
@pytest.mark.parametrize("language", ["c", "c++"])
def test_any_parameter_name_has_a_c_name(adc: Adc, tmp_path: Path, language: str) -> None:
    source = """
# A comment with */ and /* inside.
def f(asm: f64, typename: f64[linux], int64_t: f64[unix], out_a: f64, operator: i64) -> {a: f64, virtual: f64[unix]} =
  {a: asm * out_a, virtual: int64_t}
"""
    header = tmp_path / "model.h"
    header.write_text(adc("compile", "-", "--emit", "c-header", stdin=source).out)
    options = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only", "-x", language]
    subprocess.run(["cc", *options, str(header)], check=True)


@pytest.mark.parametrize(("other", "args"), [("f_message", ()), ("f_grad", ("--grad", "f"))])
def test_c_names_are_not_given_twice(adc: Adc, other: str, args: tuple[str, ...]) -> None:
    source = f"def f(x: f64) -> f64 = x\ndef {other}(x: f64) -> f64 = x\n"
    outcome = adc("compile", "-", "--emit", "llvm", *args, stdin=source)
    assert outcome.status == 2
    assert f"`{other}`" in outcome.err
