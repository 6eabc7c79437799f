"""How functions take arguments and leave results: which result arrays the caller provides.

A caller provides a result array when its dims follow from the arguments: they are literals or parameters of the
function, or polynomials over sizes in its signature. All others the function allocates in the caller's arena and
leaves their address; their dims are among the scalar results before them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from adc.ir.core import Atom, Function, Type, Value
from adc.types.core import DType, Scalar, leaves
from adc.types.dims import Poly


@dataclass(frozen=True, slots=True)
class Result:
    """One result: its type and dims. `dims` are polynomials whose atoms are positions of parameters, or, for an
    array that the function allocates, also `("result", k)` for scalar result k; scalars have none."""

    type: Type
    dims: tuple[Poly, ...] = ()
    is_provided: bool = False


@dataclass(frozen=True, slots=True)
class Interface:
    """The flat interface of a function.

    After the results of the IR function come `hidden` ones: dims of allocated arrays that are neither literal,
    parameter nor result, as values of the function's block.
    """

    name: str
    block_params: tuple[Value, ...]
    results: tuple[Result, ...]
    hidden: tuple[Value, ...]

    @property
    def params(self) -> tuple[Type, ...]:
        return tuple(p.type for p in self.block_params)


def interface(f: Function) -> Interface:
    """The interface that every caller of `f` keeps to."""
    told = list(_signature_dims(f))
    hidden = list(_hidden_dims(f, told))
    atoms: dict[Value, Poly] = {}
    for k, r in enumerate((*f.block.results, *hidden)):
        if isinstance(r, Value) and not r.type.rank:
            atoms.setdefault(r, Poly.atom(("result", k)))
    atoms |= {p: Poly.atom(k) for k, p in enumerate(f.block.params)}
    results = []
    for position, a in enumerate(f.block.results):
        known = _param_dims(f, a) or _told(told, position)
        dims = known or tuple(Poly.of(d) if isinstance(d, int) else atoms[d] for d in a.type.shape)
        results.append(Result(a.type, dims, known is not None))
    return Interface(f.name, f.block.params, tuple(results), tuple(hidden))


def _told(told: list[tuple[Poly, ...] | None], position: int) -> tuple[Poly, ...] | None:
    return told[position] if position < len(told) else None


def _hidden_dims(f: Function, told: list[tuple[Poly, ...] | None]) -> Iterator[Value]:
    """Dims of allocated results that no caller can know otherwise."""
    seen = set(f.block.params) | {a for a in f.block.results if isinstance(a, Value)}
    for position, a in enumerate(f.block.results):
        if _param_dims(f, a) is not None or _told(told, position) is not None:
            continue
        for d in a.type.shape:
            if isinstance(d, Value) and d not in seen:
                seen.add(d)
                yield d


def _param_dims(f: Function, a: Atom) -> tuple[Poly, ...] | None:
    """Dims over parameters when all are literals or parameters."""
    if not a.type.rank:
        return None
    positions = {p: k for k, p in enumerate(f.block.params)}
    dims = []
    for d in a.type.shape:
        if isinstance(d, int):
            dims.append(Poly.of(d))
        elif d in positions:
            dims.append(Poly.atom(positions[d]))
        else:
            return None
    return tuple(dims)


def _signature_dims(f: Function) -> Iterator[tuple[Poly, ...] | None]:
    """Dims of every flat result over parameter positions where the signature tells them."""
    if f.signature is None:
        return
    binding = dict(_scalar_positions(f))
    yield from (None for _ in f.signature.result_sizes)
    for leaf in leaves(f.signature.result):
        if leaf.dims and all(d.atoms() <= binding.keys() for d in leaf.dims):
            yield tuple(d.substitute(binding) for d in leaf.dims)
        else:
            yield None


def _scalar_positions(f: Function) -> Iterator[tuple[Hashable, Poly]]:
    """Names that dims may mention, sizes and i64 parameters, as atoms for parameter positions."""
    assert f.signature is not None
    position = 0
    for name in f.signature.sizes:
        yield name, Poly.atom(position)
        position += 1
    for name, t in f.signature.params:
        if t == Scalar(DType.I64):
            yield name, Poly.atom(position)
        position += sum(1 for _ in leaves(t))
