"""Independent models of the test programs: a class per program, named after its file, a function per definition called.

`of(stem)` finds the class in the modules of this package. Models use NumPy, SciPy, mpmath, closed forms and
`numeric_derivatives`; none of them uses automatic differentiation.
"""

import importlib
import pkgutil


def of(stem: str) -> type:
    """The models of the program `stem.adl`."""
    found = {vars(module)[stem] for module in _modules() if stem in vars(module)}
    if len(found) != 1:
        raise LookupError(f"{len(found)} models for {stem}.adl")
    return found.pop()


def _modules() -> list[object]:
    names = (info.name for info in pkgutil.iter_modules(__path__))
    return [importlib.import_module(f"{__name__}.{name}") for name in names]
