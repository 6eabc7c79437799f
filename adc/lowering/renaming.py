"""Copies of loop IR under other names: a body that is emitted twice must define other registers each time."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from adc.lowering import loops
from adc.lowering.loops import Acc, Body, Buf, Const, Out, Reg, Var, within


class Renaming:
    """Everything that a loop defines gets a suffix; what it only uses keeps its name."""

    def __init__(self, s: loops.For, suffix: str) -> None:
        self.suffix = suffix
        self._own = {s.index.name, *_defined(s.body)}

    def loop(self, s: loops.For) -> loops.For:
        copy = self._renamed(s)
        assert isinstance(copy, loops.For)
        return copy

    def reg(self, x: Reg | Var | Acc) -> Any:
        return self._renamed(x)

    def _renamed(self, x: Any) -> Any:
        match x:
            case Reg() | Var() | Acc():
                return replace(x, name=x.name + self.suffix) if x.name in self._own else x
            case Buf():
                name = x.name + self.suffix if x.name in self._own else x.name
                return replace(x, name=name, dims=tuple(map(self._renamed, x.dims)))
            case tuple():
                return tuple(map(self._renamed, x))
            case Const() | Out() | str() | bool() | int() | None:
                return x
            case _:
                return replace(x, **{f.name: self._renamed(getattr(x, f.name)) for f in fields(x)})


def _defined(body: Body) -> set[str]:
    """Names that a body defines. Blocks in the frame of the function are defined outside of it."""
    names: set[str] = set()
    for s in within(body):
        match s:
            case loops.For():
                names.add(s.index.name)
            case loops.Declare():
                names.add(s.var.name)
            case loops.Start():
                names.add(s.acc.name)
            case loops.Op() | loops.Get() | loops.Load() | loops.Total() | loops.View():
                names.add(s.dst.name)
            case _:
                pass
    return names
