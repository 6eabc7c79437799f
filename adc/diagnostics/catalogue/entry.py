"""What `adc explain` knows about one code."""

from __future__ import annotations

from dataclasses import dataclass

FAMILIES = {
    "E01": "syntax",
    "E02": "names and types",
    "E03": "sizes and shapes",
    "E04": "derivatives",
    "E05": "arguments, options and files",
    "E06": "errors of a run",
    "E09": "limits of adc",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A code, what it means in a few sentences, and a wrong and a right example.

    Examples in the language `adl` are complete files, read as `main.adl`. Where the wrong one has a `main` without
    parameters, the error may come only when that runs. Those in `python` need `import adc, numpy`; those in `shell`
    are one line. Both are empty where nothing can be shown.
    """

    code: str
    title: str
    explanation: str
    wrong: str
    right: str
    language: str = "adl"

    @property
    def family(self) -> str:
        return FAMILIES[self.code[:3]]
