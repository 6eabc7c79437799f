"""The C interface: a C program calls exported functions; Python loads the library again."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from adc.diagnostics import BoundsError, EvaluationError, UsageError
from adc.ir.parser import parse_module
from adc.prims.catalog import TABLE
from adc.runtime.export import export_module, link_shared, load_library
from tests.lowering.oracle import reference

TEXT = """def scaled(n: i64, x: f64[n], a: f64, flip: bool, k: i32, h: f32) {
  signature [n](x: f64[n], a: f64, flip: bool, k: i32, h: f32) -> (f64[n], f64, bool, i32, f32)
  y: f64[n] = map(n) { (i: i64)
    v: f64 = index(x, i)
    w: f64 = mul(v, a)
    e: f64 = exp(w)
    s: f64 = select(flip, w, e)
    yield s
  }
  t: f64 = reduce[ops=("add",)](n) { (j: i64)
    z: f64 = index(y, j)
    yield z
  }
  g: bool = not(flip)
  k2: i32 = add(k, 1i32)
  h2: f32 = mul(h, 0.5f32)
  return y, t, g, k2, h2
}
def pick(n: i64, x: f64[n], i: i64) {
  y: f64 = index(x, i)
  return y
}
def halves(x: f64) {
  k: i64, y: f64, trace: f64[k] = while(x) { (a: f64)
    go: bool = gt(a, 1.0)
    yield go
  } { (i: i64, b: f64)
    c: f64 = mul(b, 0.5)
    yield c, b
  }
  return k, trace
}
def system(n: i64, A: f64[n, n], b: f64[n]) {
  L: f64[n, n] = cholesky(A)
  x: f64[n] = solve[ta=false](A, b)
  C: f64[n, n] = matmul[ta=false, tb=true](L, L)
  d: f64 = logdet(A)
  g: f64 = digamma(d)
  return L, x, C, d, g
}
"""
NAMES = {name: f"demo_{name}" for name in ("scaled", "pick", "halves", "system")}
MAIN = r"""
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "demo.h"
int main(void) {
  double x[3] = {1.0, 2.0, 3.0}, y[3], t, value;
  bool g; int32_t k; float h;
  int code = demo_scaled(3, x, 2.0, true, 41, 3.0f, y, &t, &g, &k, &h);
  printf("%d %g %g %g %g %d %d %g\n", code, y[0], y[1], y[2], t, (int)g, (int)k, h);
  code = demo_pick(3, x, 7, &value);
  printf("%d %s\n", code != 0, demo_pick_message(code));
  code = demo_pick(-3, x, 0, &value);
  printf("%s\n", demo_pick_message(code));
  printf("%s\n", demo_pick_message(0));
  int64_t count; double *trace;
  code = demo_halves(5.0, &count, &trace);
  printf("%d %d %g %g %g\n", code, (int)count, trace[0], trace[1], trace[2]);
  free(trace);
  return 0;
}
"""
needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    exported = export_module(parse_module(TEXT), NAMES, TABLE)
    (folder / "demo.o").write_bytes(exported.object)
    (folder / "demo.h").write_text(exported.header)
    (folder / "main.c").write_text(MAIN)
    link_shared(exported, folder / "demo.so")
    return folder / "demo.so"


@needs_compiler
def test_a_c_program_calls_the_object(library: Path) -> None:
    folder = library.parent
    warnings = ["-Wall", "-Wextra", "-Werror", "-std=c99"]
    command = ["cc", *warnings, "main.c", "demo.o", "-o", "main", "-lm"]
    subprocess.run(command, cwd=folder, check=True)
    out = subprocess.run([folder / "main"], capture_output=True, text=True, check=True).stdout
    lines = out.splitlines()
    assert lines[0] == "0 2 4 6 12 0 42 1.5"
    assert lines[1].startswith("1 <ir>:20:")
    assert "index ... is out of range for axis 0 of size ..." in lines[1]
    assert "size is negative" in lines[2]
    assert lines[3] == "no error"
    assert lines[4] == "0 3 5 2.5 1.25"


@needs_compiler
def test_the_header_is_cpp_too(library: Path) -> None:
    command = ["cc", "-x", "c++", "-fsyntax-only", "-Wall", "-Werror", "demo.h"]
    if shutil.which("g++") is None:
        pytest.skip("no C++ compiler")
    subprocess.run(command, cwd=library.parent, check=True)


@needs_compiler
def test_the_library_needs_the_c_library_only(library: Path) -> None:
    loaded = ctypes.CDLL(str(library))
    assert loaded.demo_pick is not None
    text = subprocess.run(
        ["nm", "-D", "--undefined-only", library], capture_output=True, text=True, check=True
    )
    allowed = {"malloc", "free", "memcpy", "memmove", "memset", "tan", "sin", "cos", "sqrt"}
    names = {line.split()[-1].split("@")[0] for line in text.stdout.splitlines()}
    assert {n for n in names if not n.startswith("_")} <= allowed


@needs_compiler
def test_python_loads_the_library(library: Path) -> None:
    functions = load_library(library)
    assert set(functions) == set(NAMES)
    assert functions["pick"].symbol == "demo_pick"
    assert functions["pick"].signature is None
    assert functions["scaled"].signature is not None
    x = np.array([1.0, 2.0, 3.0])
    y, t, g, k, h = functions["scaled"].native(3, x, 0.5, False, 1, 2.0)
    np.testing.assert_allclose(y, np.exp(x / 2), rtol=1e-15)
    assert (g, k, h) == (True, 2, 1.0)
    assert t == pytest.approx(sum(y))
    with pytest.raises(BoundsError, match="index 3 is out of range for axis 0 of size 3") as caught:
        functions["pick"].native(3, x, 3)
    assert caught.value.span is not None
    assert caught.value.span.line == 20
    assert functions["halves"].native(5.0)[1].tolist() == [5.0, 2.5, 1.25]
    A = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.5, 2.0]])
    for y, z in zip(
        functions["system"].native(3, A, x), reference(TEXT, "system", [3, A, x]), strict=True
    ):
        np.testing.assert_allclose(y, z, rtol=1e-13, atol=1e-15)
    with pytest.raises(EvaluationError, match="not positive definite"):
        functions["system"].native(3, -A, x)


def test_without_a_compiler_the_object_is_offered(tmp_path: Path) -> None:
    exported = export_module(parse_module(TEXT), {"pick": "pick"}, TABLE)
    with pytest.raises(UsageError, match="no C compiler") as caught:
        link_shared(exported, tmp_path / "x.so", compilers=("no-such-compiler",))
    assert caught.value.hint == "adc compile --emit obj"


def test_other_files_are_no_libraries(tmp_path: Path) -> None:
    path = tmp_path / "x.so"
    path.write_bytes(b"nonsense")
    with pytest.raises(UsageError, match="no library made by adc"):
        load_library(path)
