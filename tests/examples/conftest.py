"""Lets the tests of this folder import the modules beside them and those of `tests/programs`."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "programs")]
