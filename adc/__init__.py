"""adc: derivatives of array programs, as programs.

What comes in is ADL text (`*.adl`); what goes out is another program, in the same language, that a person can
read, and machine code for it. On the way every stage is a value that can be printed (`adc ir --stage ...`):

    text -> surface tree -> typed Module -> derivatives -> rewritten -> loops -> LLVM -> machine code
            syntax          frontends      transforms     rewrite      lowering        runtime

The house is a tower; each floor imports only floors below it (`tests/architecture` holds that up):

    12 cli          arguments, exit codes
    11 api          `load`, `compile`, `Function`, the transformations of this page
    10 driver       options, named pipelines, the whole route
     9 frontends    surface tree -> typed Module; Module -> ADL text
     8 runtime      machine code, argument checks, the call, shared libraries
     7 lowering     Module -> loop IR -> LLVM text
     6 rewrite      rules and passes that keep the meaning
     5 transforms   jvp, linearize, transpose, derivative requests
     4 reference    evaluates a Module with NumPy, slowly and simply: the oracle
     3 prims        the primitive table: everything about each primitive in one record
     2 ir           values, equations, blocks, functions; text both ways; verifier; pass manager
     1 syntax types surface tree and parser | types and symbolic sizes
     0 diagnostics  source texts, spans, error codes, rendering

Three ideas hold it together. A function is a flat product of arguments to a flat product of results, one
primitive per equation, so a derivative is a walk over equations. A primitive is one record: its type rule,
meaning, derivative, kinks and machine code stand together, and nothing about it stands elsewhere. A derivative
is a request for a function; the answer is an ordinary function, so requests nest.

Names load on first use: `import adc` loads nothing of the tower.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from adc.version import __version__ as __version__

if TYPE_CHECKING:  # what `_HOMES` says, for type checkers; a test holds the two together
    from adc.api.function import Function as Function
    from adc.api.jit import jit as jit
    from adc.api.load import compile as compile
    from adc.api.load import load as load
    from adc.api.module import Module as Module
    from adc.api.transformations import checkpoint as checkpoint
    from adc.api.transformations import grad as grad
    from adc.api.transformations import hessian as hessian
    from adc.api.transformations import hvp as hvp
    from adc.api.transformations import jacfwd as jacfwd
    from adc.api.transformations import jacobian as jacobian
    from adc.api.transformations import jacrev as jacrev
    from adc.api.transformations import jvp as jvp
    from adc.api.transformations import linearize as linearize
    from adc.api.transformations import stop_gradient as stop_gradient
    from adc.api.transformations import value_and_grad as value_and_grad
    from adc.api.transformations import vjp as vjp
    from adc.diagnostics.errors import BoundsError as BoundsError
    from adc.diagnostics.errors import Error as Error
    from adc.diagnostics.errors import EvaluationError as EvaluationError
    from adc.diagnostics.errors import NonSmoothError as NonSmoothError
    from adc.diagnostics.errors import ParseError as ParseError
    from adc.diagnostics.errors import ShapeError as ShapeError
    from adc.diagnostics.errors import TypeCheckError as TypeCheckError
    from adc.diagnostics.errors import UnsupportedError as UnsupportedError
    from adc.diagnostics.errors import UsageError as UsageError

_HOMES = {
    "adc.api.function": ("Function",),
    "adc.api.jit": ("jit",),
    "adc.api.load": ("compile", "load"),
    "adc.api.module": ("Module",),
    "adc.api.transformations": (
        "checkpoint",
        "grad",
        "hessian",
        "hvp",
        "jacfwd",
        "jacobian",
        "jacrev",
        "jvp",
        "linearize",
        "stop_gradient",
        "value_and_grad",
        "vjp",
    ),
    "adc.diagnostics.errors": (
        "BoundsError",
        "Error",
        "EvaluationError",
        "NonSmoothError",
        "ParseError",
        "ShapeError",
        "TypeCheckError",
        "UnsupportedError",
        "UsageError",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
__all__ = ("__version__", *_HOME_OF)


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'adc' has no attribute {name!r}", name=name, obj=None)
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
