"""Functions put together from the results of others: a part of one, or parts of several side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adc.ir.builder import Builder, InferFn
from adc.ir.core import Atom, Block, Equation, Function, Value
from adc.ir.dead import remove_dead
from adc.ir.walk import refresh_equations, substitute_atom


@dataclass(frozen=True, slots=True)
class Piece:
    """The results of `function` at `positions`."""

    function: Function
    positions: tuple[int, ...]


def combine(name: str, pieces: Sequence[Piece]) -> Function:
    """A function of the same parameters whose results are those of the pieces, in order.

    All functions take the same parameters; each is computed once, however many pieces it gives.
    """
    params = pieces[0].function.block.params
    equations: list[Equation] = []
    computed: dict[Function, list[Atom]] = {}
    for piece in pieces:
        f = piece.function
        if f not in computed:
            env: dict[Value, Atom] = dict(zip(f.block.params, params, strict=True))
            equations += refresh_equations(f.block.equations, env)
            computed[f] = [substitute_atom(a, env) for a in f.block.results]
    results = [computed[piece.function][k] for piece in pieces for k in piece.positions]
    block = Block(params, tuple(equations), tuple(results))
    return Function(name, remove_dead(block), span=pieces[0].function.span)


def stopped(name: str, f: Function, infer: InferFn) -> Function:
    """`f` with results that no tangent reaches."""
    b = Builder(infer)
    b.extend(f.block.equations)
    results = [b.one("stop_gradient", a) if a.type.dtype.is_float else a for a in f.block.results]
    return Function(name, b.finish(f.block.params, results), span=f.span)
