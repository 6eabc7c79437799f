"""Canonical text of loop programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from adc.lowering import loops
from adc.lowering.loops import Body, Buf, LoopFunction, Operand, Out, Place, Program, Reg, Var


def program_text(p: Program) -> str:
    """The functions in order; error sites are told as comments at the end."""
    parts = [function_text(f) for f in p.functions.values()]
    sites = [f"# site {k}: {s.kind} {s.code}: {s.text}" for k, s in enumerate(p.sites)]
    return "\n\n".join([*parts, "\n".join(sites)]) + "\n"


def function_text(f: LoopFunction) -> str:
    params = ", ".join(_param(p) for p in f.params)
    results = ", ".join(_result(r) for r in f.results)
    mark = "recursive " if f.is_recursive else "part " if f.is_part else ""
    lines = [f"{mark}fn {f.name}({params}) -> ({results}) {{", *_body(f.body, 1), "}"]
    return "\n".join(lines)


def _param(p: Reg | Buf | Var) -> str:
    match p:
        case Reg():
            return f"{p.name}: {p.dtype.value}"
        case Buf():
            return _array(p)
        case Var():
            return f"var {p.name}: {p.dtype.value}"


def _array(b: Buf) -> str:
    return f"{b.name}: {b.dtype.value}[{_list(b.dims)}]"


def _result(r: Out | Buf) -> str:
    if isinstance(r, Buf):
        return _array(r)
    return f"{r.name}: {'address of ' if r.is_array else ''}{r.dtype.value}"


def operand_text(o: Operand) -> str:
    if isinstance(o, Reg):
        return o.name
    if o.dtype.is_float:
        return f"{o.value!r}{'' if o.dtype.value == 'f64' else o.dtype.value}"
    return str(o.value).lower()


def _list(operands: Sequence[Operand]) -> str:
    return ", ".join(map(operand_text, operands))


def _any(a: Operand | Buf | Var) -> str:
    return a.name if isinstance(a, Buf | Var) else operand_text(a)


def _body(body: Body, depth: int) -> Iterator[str]:
    pad = "  " * depth
    for s in body:
        if isinstance(s, loops.For | loops.While | loops.If):
            yield from _NESTED[type(s)](s, depth)
        else:
            yield pad + _LEAVES[type(s)](s)


def _for(s: loops.For, depth: int) -> Iterator[str]:
    pad = "  " * depth
    words = ("parallel " if s.parallel else "") + "for"
    way = " downwards" if s.reverse else ""
    yield f"{pad}{words} {s.index.name} < {operand_text(s.extent)}{way} {{"
    yield from _body(s.body, depth + 1)
    yield pad + "}"


def _while(s: loops.While, depth: int) -> Iterator[str]:
    pad = "  " * depth
    yield pad + "while {"
    yield from _body(s.head, depth + 1)
    yield f"{pad}}} {operand_text(s.go)} {{"
    yield from _body(s.body, depth + 1)
    yield pad + "}"


def _if(s: loops.If, depth: int) -> Iterator[str]:
    pad = "  " * depth
    yield f"{pad}if {operand_text(s.condition)} {{"
    yield from _body(s.then, depth + 1)
    if s.other:
        yield pad + "} else {"
        yield from _body(s.other, depth + 1)
    yield pad + "}"


_NESTED: Mapping[type, Callable[[Any, int], Iterator[str]]] = {
    loops.For: _for,
    loops.While: _while,
    loops.If: _if,
}


def _element(b: Buf, indices: Sequence[Operand]) -> str:
    return f"{b.name}[{_list(indices)}]"


def _check(s: loops.Check) -> str:
    payload = f" with {_list(s.payload)}" if s.payload else ""
    return f"check {operand_text(s.ok)} else site {s.site}{payload}"


def _view(s: loops.View) -> str:
    base = _element(s.base, s.indices) if s.indices else s.base.name
    return f"{_array(s.dst)} = view {base}"


def _call(s: loops.Call) -> str:
    outs = ", ".join(o.name for o in s.outs)
    return f"{outs}{' = ' if outs else ''}call {s.callee}({', '.join(map(_any, s.args))})"


def _out(o: Reg | Buf) -> str:
    return _array(o) if isinstance(o, Buf) else o.name


def _of_tapes(place: Place) -> str:
    return " of tapes" if place is Place.TAPE else ""


def _library(s: loops.Library) -> str:
    info = f"{s.info.name} = " if s.info else ""
    args = (json.dumps(a) if isinstance(a, str) else _any(a) for a in s.args)
    return f"{info}library {s.name}({', '.join(args)})"


_LEAVES: Mapping[type, Callable[[Any], str]] = {
    loops.Op: lambda s: f"{s.dst.name}: {s.dst.dtype.value} = {s.op} {_list(s.args)}",
    loops.Check: _check,
    loops.Declare: lambda s: f"var {s.var.name}: {s.var.dtype.value} = {operand_text(s.init)}",
    loops.Get: lambda s: f"{s.dst.name} = {s.var.name}",
    loops.Set: lambda s: f"{s.var.name} := {operand_text(s.value)}",
    loops.AddVar: lambda s: f"{s.var.name} += {operand_text(s.value)}",
    loops.Alloc: lambda s: f"{_array(s.buf)} = alloc {s.place.value}",
    loops.View: _view,
    loops.Point: lambda s: f"cursor {s.cursor.name} := {s.buf.name}",
    loops.Current: lambda s: f"{_array(s.dst)} = cursor {s.cursor.name}",
    loops.Load: lambda s: f"{s.dst.name} = {_element(s.buf, s.indices)}",
    loops.Store: lambda s: f"{_element(s.buf, s.indices)} = {operand_text(s.value)}",
    loops.AddTo: lambda s: f"{_element(s.buf, s.indices)} += {operand_text(s.value)}",
    loops.Copy: lambda s: f"copy {s.dst.name} <- {s.src.name}",
    loops.Fill: lambda s: f"fill {s.dst.name} <- {operand_text(s.value)}",
    loops.Start: lambda s: f"lanes {s.acc.name}: {s.acc.dtype.value} {s.acc.op}",
    loops.Gather: lambda s: (
        f"lanes {s.acc.name}[{operand_text(s.lane)}] <- {operand_text(s.value)}"
    ),
    loops.Total: lambda s: f"{s.dst.name} = total {s.acc.name}",
    loops.Mark: lambda s: f"mark {s.name}{_of_tapes(s.place)}",
    loops.Release: lambda s: f"release {s.name}{_of_tapes(s.place)}",
    loops.Pack: lambda s: f"{s.dst.name} = pack({', '.join(map(_any, s.fields))})",
    loops.Unpack: lambda s: f"{', '.join(map(_out, s.outs))} = unpack {operand_text(s.tape)}",
    loops.Join: lambda s: f"{s.dst.name} = {operand_text(s.x)} + {operand_text(s.y)}",
    loops.Call: _call,
    loops.Library: _library,
    loops.Put: lambda s: f"{s.out.name} -> {_any(s.value)}",
}
