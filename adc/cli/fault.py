"""What a fault of adc tells the user to report."""

from __future__ import annotations

import os
import platform
import shlex
import traceback
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version

from adc.version import __version__


def fault_lines(fault: Exception, args: Sequence[str]) -> Iterator[str]:
    """What happened, where, with which versions and which command; with ADC_TRACEBACK=1 all of the stack."""
    if os.environ.get("ADC_TRACEBACK") == "1":
        yield "".join(traceback.format_exception(fault))
    frames = traceback.extract_tb(fault.__traceback__)
    last = frames[-1]
    yield "error[E0999]: a fault of adc, not of your program"
    yield f"  = {type(fault).__name__}: {fault}"
    yield f"  = in {last.name}, line {last.lineno} of {os.path.basename(last.filename)}"
    yield f"  = {', '.join(_versions())}, {platform.system()} {platform.machine()}"
    yield f"  = command: adc {shlex.join(args)}"
    yield "  = please report these lines with the program; ADC_TRACEBACK=1 adds the traceback"


def _versions() -> Iterator[str]:
    yield f"adc {__version__}"
    yield f"Python {platform.python_version()}"
    for name in ("llvmlite", "numpy"):
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            yield f"no {name}"
