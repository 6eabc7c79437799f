"""What a caller must know of a native function: its flat parameters and results, and what its errors mean.

An `Entry` is plain data, so that it can stand as JSON in a shared library and be read back.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from adc.diagnostics.span import SourceFile, Span
from adc.lowering.abi import Interface
from adc.lowering.loops import Out, Program
from adc.lowering.sites import Site
from adc.types.core import DType
from adc.types.dims import Poly


@dataclass(frozen=True, slots=True)
class Leaf:
    """A parameter: a scalar, or an array with one axis for each of `axes`.

    An axis is the position of the parameter that is its size, or -1 - k when its size is k, or None when its size
    is computed from others (the caller checks it by the signature).
    """

    dtype: DType
    axes: tuple[int | None, ...] = ()


@dataclass(frozen=True, slots=True)
class ResultLeaf:
    """A result. Its dims are polynomials over positions of parameters, or over `("result", k)` where only the run
    knows them; the caller provides the memory of an array in the first case only."""

    dtype: DType
    dims: tuple[Poly, ...]
    is_provided: bool


@dataclass(frozen=True, slots=True)
class Slot:
    """Where the function leaves something: a scalar, or the address of an array (`is_array`), or, when
    `is_provided`, the elements of an array in the caller's memory."""

    dtype: DType
    is_array: bool
    is_provided: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """`slots` are the results and the hidden dims after them, in the order of the native function."""

    name: str
    params: tuple[Leaf, ...]
    results: tuple[ResultLeaf, ...]
    slots: tuple[Slot, ...]
    sites: tuple[Site, ...]


def entry_of(own: Interface, program: Program) -> Entry:
    """The entry of a function of a program."""
    slots: list[Slot] = []
    for r in program.functions[own.name].results:
        if isinstance(r, Out):
            slots.append(Slot(r.dtype, r.is_array, False))
        else:
            slots.append(Slot(r.dtype, False, True))
    return Entry(
        own.name,
        tuple(_leaves(own)),
        tuple(ResultLeaf(r.type.dtype, r.dims, r.is_provided) for r in own.results),
        tuple(slots),
        program.sites,
    )


def _leaves(own: Interface) -> Iterator[Leaf]:
    position = {p: k for k, p in enumerate(own.block_params)}
    for t in own.params:
        yield Leaf(
            t.dtype, tuple(-1 - d if isinstance(d, int) else position.get(d) for d in t.shape)
        )


# ---- as JSON -----------------------------------------------------------------------------------------

Json = Any


def entry_to_json(e: Entry) -> dict[str, Json]:
    """The entry without its sites, which all entries of a library share."""
    return {
        "name": e.name,
        "params": [[p.dtype.value, p.axes] for p in e.params],
        "results": [
            [r.dtype.value, [_poly_to_json(d) for d in r.dims], r.is_provided] for r in e.results
        ],
        "slots": [[s.dtype.value, s.is_array, s.is_provided] for s in e.slots],
    }


def entry_from_json(data: Json, sites: tuple[Site, ...]) -> Entry:
    return Entry(
        data["name"],
        tuple(Leaf(DType(t), tuple(axes)) for t, axes in data["params"]),
        tuple(
            ResultLeaf(DType(t), tuple(map(_poly_from_json, dims)), given)
            for t, dims, given in data["results"]
        ),
        tuple(Slot(DType(t), is_array, given) for t, is_array, given in data["slots"]),
        sites,
    )


def _poly_to_json(p: Poly) -> Json:
    """`[[numerator, denominator, [[atom, power], ...]], ...]`; results are negative: -1 is the first."""
    return [
        [c.numerator, c.denominator, [[_atom_to_json(a), power] for a, power in powers]]
        for powers, c in p.ordered()
    ]


def _atom_to_json(atom: Hashable) -> int:
    if isinstance(atom, tuple):
        return -1 - int(atom[1])
    assert isinstance(atom, int)
    return atom


def _poly_from_json(data: Json) -> Poly:
    total = Poly.of(0)
    for numerator, denominator, powers in data:
        term = Poly.of(Fraction(numerator, denominator))
        for atom, power in powers:
            for _ in range(power):
                term = term * Poly.atom(atom if atom >= 0 else ("result", -1 - atom))
        total = total + term
    return total


def sites_to_json(sites: Sequence[Site]) -> Json:
    """Sites, and the texts they point into, so that errors can be shown without the source files."""
    sources = {s.span.source.name: s.span.source.text for s in sites if s.span is not None}
    rows = []
    for s in sites:
        span = None if s.span is None else [s.span.source.name, s.span.start, s.span.end]
        rows.append([s.kind, s.code, s.text, span, [t.value for t in s.payload]])
    return {"sources": sources, "sites": rows}


def sites_from_json(data: Json) -> tuple[Site, ...]:
    sources = {name: SourceFile(name, text) for name, text in data["sources"].items()}
    found = []
    for kind, code, text, span, payload in data["sites"]:
        place = Span(sources[span[0]], span[1], span[2]) if span else None
        found.append(Site(kind, code, text, place, tuple(map(DType, payload))))
    return tuple(found)
