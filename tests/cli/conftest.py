"""Running the command line in this process."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adc.cli.main import main


@dataclass(frozen=True)
class Outcome:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Adc = Callable[..., Outcome]


@pytest.fixture
def adc(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Adc:
    """`adc("run", path, ..., stdin="text")`: exit status and what was printed."""

    def run(*args: object, stdin: str | bytes = "") -> Outcome:
        given = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given)))
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(arg) for arg in args])
        out, err = capsys.readouterr()
        return Outcome(int(left.value.code or 0), out, err)

    return run


PROGRAM = """\
# log-sum-exp, stable.
def lse(x: f64[n]) -> f64 {
  let m = max(x);
  m + log(sum(exp(xi - m) for xi in x))
}

def scaled(x: f64[n], k: i64, w: f64) -> f64 = w * f64(k) * sum(x * x)

def both(x: f64[n]) -> (f64[n], {total: f64, size: i64}) = (2.0 * x, {total: sum(x), size: n})
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "model.adl"
    path.write_text(PROGRAM, encoding="utf-8")
    return path
