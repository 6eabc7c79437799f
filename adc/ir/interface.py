"""What functions take and give, before and after derivative requests are expanded; soundness of requests.

Kinds stand for types here: sizes of a derivative's parameters are those of its target's, and are not
repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass

from adc.ir.core import DerivativeRequest, Module, Type
from adc.ir.fault import InternalError
from adc.types.core import DType


@dataclass(frozen=True, slots=True)
class Kind:
    """Element type and rank."""

    dtype: DType
    rank: int

    def __str__(self) -> str:
        return self.dtype.value + (f"[{', '.join('_' * self.rank)}]" if self.rank else "")


Kinds = tuple[Kind, ...]


@dataclass(frozen=True, slots=True)
class Interface:
    """Kinds of the flat parameters and results."""

    params: Kinds
    results: Kinds

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.params))}) -> ({', '.join(map(str, self.results))})"


def kinds(types: Sequence[Type]) -> Kinds:
    return tuple(Kind(t.dtype, t.rank) for t in types)


def interface_of(
    module: Module, name: str, known: MutableMapping[str, Interface] | None = None
) -> Interface:
    """The interface of a function or of a requested derivative; `known` remembers those of requests."""
    chain: list[DerivativeRequest] = []
    while name in module.requests:
        if known is not None and name in known:
            break
        chain.append(module.requests[name])
        name = chain[-1].target
    found = known[name] if known is not None and name in known else _function(module, name)
    for request in reversed(chain):
        found = _derivative(request, found)
        if known is not None:
            known[request.name] = found
    return found


def _function(module: Module, name: str) -> Interface:
    block = module.functions[name].block
    return Interface(kinds([p.type for p in block.params]), kinds([a.type for a in block.results]))


def _derivative(request: DerivativeRequest, f: Interface) -> Interface:
    by = tuple(f.params[position] for position in request.wrt)
    floats = tuple(kind for kind in f.results if kind.dtype.is_float)
    return DERIVATIVES[request.kind](f, by, floats)


def _products(rows: Kinds, columns: Kinds) -> Kinds:
    return tuple(Kind(r.dtype, r.rank + c.rank) for r in rows for c in columns)


# (interface of the target, kinds of `wrt`, kinds of its float results) -> interface of the derivative
DERIVATIVES: Mapping[str, Callable[[Interface, Kinds, Kinds], Interface]] = {
    "jvp": lambda f, by, floats: Interface(f.params + by, f.results + floats),
    "vjp": lambda f, by, floats: Interface(f.params + floats, f.results + by),
    "grad": lambda f, by, floats: Interface(f.params, by),
    "value_and_grad": lambda f, by, floats: Interface(f.params, f.results + by),
    "jacfwd": lambda f, by, floats: Interface(f.params, _products(floats, by)),
    "jacrev": lambda f, by, floats: Interface(f.params, _products(floats, by)),
    "hessian": lambda f, by, floats: Interface(f.params, _products(by, by)),
    "hvp": lambda f, by, floats: Interface(f.params + by, by),
}


def verify_requests(module: Module) -> None:
    """Requests and rules name what exists, do not go in circles and are by floating parameters."""
    clash = module.functions.keys() & module.requests.keys()
    if clash:
        raise InternalError(f"`{min(clash)}` is a function and a request")
    _verify_chains(module)
    known: dict[str, Interface] = {}
    for name, request in module.requests.items():
        if request.name != name:
            raise InternalError(f"the module knows request `{request.name}` as `{name}`")
        if request.kind not in DERIVATIVES:
            raise InternalError(f"request `{name}`: there is no derivative `{request.kind}`")
    for name, request in module.requests.items():
        params = interface_of(module, request.target, known).params
        if not all(0 <= p < len(params) and params[p].dtype.is_float for p in request.wrt):
            raise InternalError(f"request `{name}`: `wrt` {request.wrt} is not among its floats")
    for name, rule in module.rules.items():
        if name not in module.functions or rule.function not in module.functions:
            raise InternalError(f"the rule for `{name}` names no function of the module")


def _verify_chains(module: Module) -> None:
    """Every request leads to a function at last."""
    sound: set[str] = set(module.functions)
    for name in module.requests:
        chain: list[str] = []
        while name not in sound:
            if name not in module.requests or name in chain:
                raise InternalError(f"request `{chain[0] if chain else name}` leads to no function")
            chain.append(name)
            name = module.requests[name].target
        sound.update(chain)
