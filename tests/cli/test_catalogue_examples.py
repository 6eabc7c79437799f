"""`adc explain` shows the truth: a wrong example gives exactly the code it stands for, a right one gives none."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import adc as package
from adc.diagnostics import Error
from adc.diagnostics.catalogue import ENTRIES, Entry
from adc.ir.parser import parse_module
from tests.cli.conftest import Adc

UNSHOWABLE = {"E0607", "E0901", "E0999"}  # Ctrl-C; what is not built yet; our own faults
NOT_YET = {"E0620"}  # needs what is not built yet

EXAMPLES = [e for e in ENTRIES.values() if e.code not in UNSHOWABLE | NOT_YET]


def in_adl(text: str, where: Path) -> None:
    path = where / "main.adl"
    path.write_text(text, encoding="utf-8")
    module = package.load(path)
    if "main" in dir(module) and not module.main.signature.params:
        module.main()


def in_python(text: str, where: Path) -> None:
    exec(text, {"adc": package, "numpy": np})


def in_air(text: str, where: Path) -> None:
    parse_module(text)


Codes = Callable[[str, Entry], set[str]]
RUN = {"adl": in_adl, "python": in_python, "air": in_air}
LINE = re.compile(r"(?:(?P<before>.+) \| )?(?P<path>PATH= )?adc (?P<rest>.+?)(?: #.*)?\n")


@pytest.fixture
def codes(tmp_path: Path, adc: Adc, monkeypatch: pytest.MonkeyPatch) -> Codes:
    """The codes of all that is said about an example."""

    def of_command(text: str) -> set[str]:
        line = LINE.fullmatch(text)
        assert line is not None
        stdin = (
            subprocess.run(["bash", "-c", line["before"]], capture_output=True, check=False).stdout
            if line["before"]
            else b""
        )
        (tmp_path / "model.adl").write_text("def f(x: f64[n]) = sum(x)\n\ndef loss() = 1.5\n")
        (tmp_path / "data.csv").write_text("1.0,2.0\n")
        np.save(tmp_path / "data.npy", np.ones(3))
        monkeypatch.chdir(tmp_path)
        if line["path"]:
            monkeypatch.setenv("PATH", "")
        outcome = adc(*shlex.split(line["rest"]), stdin=stdin)
        found = set(
            re.findall(r'^(?:error\[|.*"code": ")(E\d{4})', outcome.out + outcome.err, re.MULTILINE)
        )
        assert bool(found) == bool(outcome.status)
        return found

    def of(text: str, entry: Entry) -> set[str]:
        if entry.language == "shell":
            return of_command(text)
        try:
            RUN[entry.language](text, tmp_path)
        except Error as error:
            return {d.code for d in error.diagnostics}
        return set()

    return of


@pytest.mark.parametrize("entry", EXAMPLES, ids=lambda entry: entry.code)
def test_wrong_example_gives_its_code_and_no_other(entry: Entry, codes: Codes) -> None:
    assert entry.wrong
    assert codes(entry.wrong, entry) == {entry.code}


@pytest.mark.parametrize("entry", EXAMPLES, ids=lambda entry: entry.code)
def test_right_example_is_right(entry: Entry, codes: Codes) -> None:
    assert entry.right
    assert codes(entry.right, entry) == set()


@pytest.mark.parametrize("code", sorted(NOT_YET))
def test_what_is_not_built_yet_says_so(code: str, codes: Codes) -> None:
    entry = ENTRIES[code]
    assert codes(entry.wrong, entry) == {"E0901"}
