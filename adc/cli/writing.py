"""Files that commands write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adc.diagnostics import Diagnostic, UsageError


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """For what writes `path`: raises UsageError E0509 when the system does not allow it."""
    try:
        yield
    except OSError as error:
        title = f"{path} cannot be written: {error.strerror or error}"
        raise UsageError(Diagnostic("E0509", title)) from None


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8. Raises UsageError E0509."""
    with writing(path):
        path.write_text(text, encoding="utf-8")
