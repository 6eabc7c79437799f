"""Where grammars and their parse tables are found.

An installed package carries the grammars in `adc/_grammar/`; a checkout has them in `grammar/` beside `adc/`. Tables
are generated (`build_tables`) and stored beside this file, so that reading a program needs neither.
"""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent
_PLACES = (_HERE.parent / "_grammar", _HERE.parent.parent / "grammar")


def grammar_text(name: str) -> str:
    """The text of the grammar `name`, such as `adl.lark`."""
    for place in _PLACES:
        path = place / name
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise FileNotFoundError(f"the grammar {name} is neither in the package nor beside the checkout")


def tables_path(name: str) -> Path:
    """Where the parse tables of the grammar `name`.lark are stored."""
    return _HERE / f"{name}.tables.json"
