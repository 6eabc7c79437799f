"""Which parameters a derivative is by: `argnums` and `wrt` to names, with complaints that say what would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import SupportsIndex

from adc.diagnostics import Diagnostic, TypeCheckError, also
from adc.types.core import Scalar, Signature, Tuple, tangent_type

Argnums = int | Sequence[int]
Wrt = str | Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Selection:
    """Parameter names in the order asked for; `is_bare` when one was named and not in a tuple."""

    names: tuple[str, ...]
    is_bare: bool


def select(
    kind: str, name: str, signature: Signature, argnums: Argnums | None, wrt: Wrt
) -> Selection:
    """The parameters that `kind` of the function `name` is by; `wrt` goes before `argnums`.

    With neither, all that carry a tangent. Raises TypeCheckError E0410, which is a TypeError too.
    """
    differentiable = [p for p, t in signature.params if tangent_type(t) is not None]
    if not differentiable:
        raise _error(f"`{name}` has no parameter that carries a derivative")
    if wrt is not None:
        names = (wrt,) if isinstance(wrt, str) else tuple(wrt)
        chosen = Selection(names, isinstance(wrt, str))
    elif argnums is not None:
        chosen = _by_position(name, signature, argnums)
    else:
        return Selection(tuple(differentiable), is_bare=False)
    _check(kind, name, signature, chosen.names, differentiable)
    return chosen


def _by_position(name: str, signature: Signature, argnums: Argnums) -> Selection:
    is_bare = isinstance(argnums, SupportsIndex)
    positions = [argnums] if isinstance(argnums, SupportsIndex) else list(argnums)
    count = len(signature.params)
    for position in positions:
        if not isinstance(position, SupportsIndex) or isinstance(position, bool):
            raise _error(f"argnums are whole numbers, found {position!r}", "wrt='x'")
        if not -count <= position.__index__() < count:
            plural = "parameter" if count == 1 else "parameters"
            raise _error(f"argnums={position.__index__()}, but `{name}` has {count} {plural}")
    return Selection(tuple(signature.params[p.__index__()][0] for p in positions), is_bare)


def _check(
    kind: str, name: str, signature: Signature, chosen: Sequence[str], differentiable: Sequence[str]
) -> None:
    types = dict(signature.params)
    for parameter in chosen:
        if parameter not in types:
            near = get_close_matches(str(parameter), list(types), 1)
            hint = f"wrt={near[0]!r}" if near else f"wrt={differentiable[0]!r}"
            raise _error(f"`{name}` has no parameter `{parameter}`", hint)
        if parameter not in differentiable:
            title = (
                f"`{kind}` by `{parameter}`, which is {types[parameter]} and carries no derivative"
            )
            raise _error(title, f"wrt={differentiable[0]!r}")
    if len(set(chosen)) < len(chosen) or not chosen:
        raise _error(f"`{kind}` is by each parameter once, found {list(chosen)}")


def require_real(kind: str, name: str, signature: Signature) -> None:
    """Complain (TypeCheckError E0411, also a TypeError) when the result is not one real scalar."""
    result = signature.result
    if not (isinstance(result, Scalar) and result.dtype.is_float):
        title = f"`{kind}` takes a function with one real result, `{name}` gives {result}"
        raise also(TypeCheckError, TypeError)(
            Diagnostic("E0411", title, hint="jacrev, or sum(...) of the result")
        )


def require_pair(kind: str, name: str, signature: Signature) -> None:
    """Complain when the result is not `(value, aux)`."""
    result = signature.result
    if not (isinstance(result, Tuple) and len(result.items) == 2):
        title = f"`{kind}` with has_aux takes a function that gives (value, aux), `{name}` gives {result}"
        raise also(TypeCheckError, TypeError)(Diagnostic("E0411", title))


def _error(title: str, hint: str | None = None) -> TypeCheckError:
    return also(TypeCheckError, TypeError)(Diagnostic("E0410", title, hint=hint))
