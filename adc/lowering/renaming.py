"""Copies of loop IR under other names: a body that is emitted twice must define other registers each time."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, TypeVar

from adc.lowering import loops
from adc.lowering.loops import Acc, Body, Buf, Const, Cursor, Out, Place, Reg, Var, within
from adc.types.core import DType

T = TypeVar("T", bound=Reg | Var | Acc)


class Renaming:
    """Everything that a loop defines gets a suffix; what it only uses keeps its name."""

    def __init__(self, s: loops.For, suffix: str, index: Const | None = None) -> None:
        """With `index` the body is that of one step."""
        self.suffix = suffix
        self._own = {s.index.name, *defined_names(s.body)}
        self._step = {} if index is None else {s.index: index}

    def loop(self, s: loops.For) -> loops.For:
        copy = self._renamed(s)
        assert isinstance(copy, loops.For)
        return copy

    def body(self, body: Body) -> Body:
        copy: Body = self._renamed(body)
        return copy

    def of(self, x: T) -> T:
        """The name that stands for a register, variable or reduction in the copy."""
        return self._renamed(x)  # type: ignore[no-any-return]

    def _renamed(self, x: Any) -> Any:
        match x:
            case Reg() if x in self._step:
                return self._step[x]
            case Reg() | Var() | Acc():
                return replace(x, name=x.name + self.suffix) if x.name in self._own else x
            case Buf():
                name = x.name + self.suffix if x.name in self._own else x.name
                return replace(x, name=name, dims=tuple(map(self._renamed, x.dims)))
            case tuple():
                return tuple(map(self._renamed, x))
            case loops.Mark() | loops.Release():
                return replace(x, name=x.name + self.suffix if x.name in self._own else x.name)
            case Const() | Out() | Cursor() | Place() | str() | bool() | int() | None:
                return x
            case _:
                return replace(x, **{f.name: self._renamed(getattr(x, f.name)) for f in fields(x)})


UNROLLED_STEPS = 8
UNROLLED_SIZE = 100  # statements of all steps together


def steps(s: loops.For) -> list[Renaming]:
    """The copies of the body that stand for a short loop of known length; none for other loops."""
    if not isinstance(s.extent, Const):
        return []
    count = int(s.extent.value)
    if count > UNROLLED_STEPS or count * sum(1 for _ in within(s.body)) > UNROLLED_SIZE:
        return []
    order = range(count - 1, -1, -1) if s.reverse else range(count)
    return [Renaming(s, f".{k}", Const(k, DType.I64)) for k in order]


def defined_names(body: Body) -> set[str]:
    """Names that a body defines."""
    names: set[str] = set()
    for s in within(body):
        match s:
            case loops.For():
                names.add(s.index.name)
            case loops.Declare():
                names.add(s.var.name)
            case loops.Start():
                names.add(s.acc.name)
            case (
                loops.Op()
                | loops.Get()
                | loops.Load()
                | loops.Total()
                | loops.View()
                | loops.Current()
            ):
                names.add(s.dst.name)
            case loops.Pack() | loops.Join():
                names.add(s.dst.name)
            case loops.Mark():
                names.add(s.name)
            case loops.Call() | loops.Unpack():
                names.update(o.name for o in s.outs)
            case loops.Library(info=Reg() as info):
                names.add(info.name)
            case loops.Alloc():
                names.add(s.buf.name)
            case _:
                pass
    return names
