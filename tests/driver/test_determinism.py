"""What is made does not depend on hashes, nor on where objects lie in memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """\
import sys
from contextlib import suppress
from adc.cli.main import main
from adc.ir.core import Block, Equation, Value
from adc.lowering.memory import Storage

salt, file, definition, out = int(sys.argv[1]), *sys.argv[2:]
for kind in (Value, Equation, Block, Storage):
    kind.__hash__ = lambda self: hash((salt, id(self)))
held = [[] for _ in range(1000 * salt)]
for more in ([], ["--emit", "adl,ir,loops,llvm,asm"]):
    with suppress(SystemExit):
        main(["compile", file, "--entry", definition, "--grad", definition, "-o", out, *more])
"""


def made(salt: int, file: Path, definition: str, out: Path) -> dict[str, bytes]:
    """All files that are written for a definition and its gradient, in a process of its own."""
    arguments = [str(salt), str(file), definition, str(out)]
    environment = {**os.environ, "PYTHONHASHSEED": str(salt), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", PROGRAM, *arguments], env=environment, check=True)
    return {path.name: path.read_bytes() for path in sorted(out.iterdir())}


@pytest.mark.parametrize(
    ("file", "definition"), [("kalman", "trend"), ("gmm", "objective"), ("tour", "energy")]
)
def test_files_are_the_same_bytes(file: str, definition: str, tmp_path: Path) -> None:
    source = ROOT / "examples" / f"{file}.adl"
    first, second = (made(salt, source, definition, tmp_path / str(salt)) for salt in (1, 2))
    assert {Path(name).suffix for name in first} >= {".so", ".h", ".pyi", ".adl", ".air", ".ll"}
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
