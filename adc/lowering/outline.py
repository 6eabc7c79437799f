"""Functions with many loops cut into pieces: LLVM's effort grows faster than the number of loops of a function.

A piece is a run of statements of one body. It becomes a function of its own that shares the arenas of the function
it was part of; registers and buffers it needs are passed, what it defines for later comes back. No piece begins or
ends between the first and last use of a cursor, a reduction or a mark.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from typing import Any

from adc.lowering import loops
from adc.lowering.loops import (
    Acc,
    Body,
    Buf,
    Const,
    Cursor,
    LoopFunction,
    Out,
    Place,
    Program,
    Reg,
    Stmt,
    Var,
    within,
)
from adc.lowering.renaming import defined_names

LOOPS = 40  # in one function

Name = Reg | Buf | Var


def outline(program: Program) -> Program:
    """The program, its large functions cut into pieces."""
    functions: dict[str, LoopFunction] = {}
    for f in program.functions.values():
        if count_loops(f.body) <= LOOPS:
            functions[f.name] = f
            continue
        cutter = _Cutter(f)
        body = cutter.cut(f.body)
        functions[f.name] = replace(f, body=body)
        functions |= {p.name: p for p in cutter.pieces}
    return replace(program, functions=functions)


def count_loops(body: Body) -> int:
    return sum(isinstance(s, loops.For | loops.While) for s in within(body))


@dataclass(slots=True)
class _Names:
    """What statements mention, by name; buffers bring the registers of their dims."""

    used: dict[str, Name]
    tied: set[str]  # cursors, reductions, marks


def _mentioned(body: Body) -> _Names:
    names = _Names({}, set())
    for s in body:
        _collect(s, names)
    return names


def _collect(x: Any, names: _Names) -> None:
    match x:
        case Reg() | Var():
            names.used.setdefault(x.name, x)
        case Buf():
            names.used.setdefault(x.name, x)
            for d in x.dims:
                _collect(d, names)
        case Cursor() | Acc():
            names.tied.add(x.name)
        case loops.Mark() | loops.Release():
            names.tied.add(x.name)
        case tuple():
            for item in x:
                _collect(item, names)
        case _:
            for part in _parts(x.__class__):
                _collect(getattr(x, part), names)


@cache
def _parts(kind: type) -> tuple[str, ...]:
    """The fields in which an object of the loop IR may mention names."""
    if not is_dataclass(kind) or kind in (Out, Const):
        return ()
    return tuple(f.name for f in fields(kind))


def _count_uses(body: Body) -> Counter[str]:
    """How often statements mention each name."""
    uses: Counter[str] = Counter()
    for s in within(body):
        names = _Names({}, set())
        _collect(_shallow(s), names)
        uses.update(names.used.keys())
        uses.update(names.tied)
    return uses


class _Cutter:
    def __init__(self, f: LoopFunction) -> None:
        self.function = f
        self.pieces: list[LoopFunction] = []
        self._uses = _count_uses(f.body)

    def cut(self, body: Body) -> Body:
        """The body with runs of its statements replaced by calls of pieces, inner bodies first."""
        inner = tuple(self._cut_inside(s) for s in body)
        if count_loops(inner) <= LOOPS:
            return inner
        result: list[Stmt] = []
        for run in self._runs(inner):
            if count_loops(run) > 1 and self._is_closed(run):
                call = self._piece(run)
                self._uses.subtract(_count_uses(run))
                self._uses.update(_count_uses(call))
                result.extend(call)
            else:
                result.extend(run)
        return tuple(result)

    def _cut_inside(self, s: Stmt) -> Stmt:
        match s:
            case loops.For() | loops.While() if count_loops(s.body) > LOOPS:
                return replace(s, body=self.cut(s.body))
            case loops.If() if count_loops((s,)) > LOOPS:
                return replace(s, then=self.cut(s.then), other=self.cut(s.other))
            case _:
                return s

    def _runs(self, body: Body) -> Iterator[Body]:
        """Runs of statements with at most `LOOPS` loops each, where cuts are possible."""
        open_ends, uses = _spans(body), _count_uses(body)
        run: list[Stmt] = []
        size = 0
        for position, s in enumerate(body):
            own = count_loops((s,))
            is_bound = any(self._uses[n] > uses[n] for n in _mentioned((s,)).tied)
            if run and (is_bound or (size + own > LOOPS and open_ends[position] == 0)):
                yield tuple(run)
                run, size = [], 0
            if is_bound:
                # It uses a cursor, reduction or mark of an enclosing body.
                yield (s,)
                continue
            run.append(s)
            size += own
        yield tuple(run)

    def _is_closed(self, run: Body) -> bool:
        """Whether no cursor, reduction or mark goes across its ends, and it leaves no results."""
        uses = _count_uses(run)
        return all(self._uses[n] == uses[n] for n in _mentioned(run).tied) and not any(
            isinstance(s, loops.Put) for s in within(run)
        )

    def _piece(self, run: Body) -> Body:
        """A call of the piece; blocks in the frame that only the piece uses move into it."""
        name = f"{self.function.name}:part{len(self.pieces)}"
        names = _mentioned(run)
        own = defined_names(run)
        kept = tuple(s for s in run if isinstance(s, loops.Alloc) and s.place is Place.STACK)
        inner = _count_uses(run)
        leaves = [n for n in names.used if n in own and self._uses[n] > inner[n]]
        shown = _blocks_behind(run, leaves)
        outside = [s for s in kept if s.buf.name in shown]
        params = [
            x
            for n, x in names.used.items()
            if n not in own or any(s.buf.name == n for s in outside)
        ]
        body: list[Stmt] = [s for s in run if s not in outside]
        outs: list[Reg | Buf] = []
        results: list[Out] = []
        for n in leaves:
            x = names.used[n]
            if isinstance(x, Var) or any(s.buf.name == n for s in outside):
                continue
            out = Out(f"{n}.out", x.dtype, isinstance(x, Buf))
            body.append(loops.Put(out, x))
            results.append(out)
            outs.append(x)
        declared = [s for s in run if isinstance(s, loops.Declare) and s.var.name in leaves]
        if declared:
            # A variable that goes on living is declared outside and passed by address.
            body = [_as_set(s, declared) for s in body]
            params.extend(s.var for s in declared)
        ordered = _dims_first(params)
        self.pieces.append(
            LoopFunction(name, tuple(ordered), tuple(results), tuple(body), is_part=True)
        )
        before: list[Stmt] = [*outside, *(loops.Declare(s.var, _zero(s)) for s in declared)]
        return (*before, loops.Call(name, tuple(ordered), tuple(outs)))


def _blocks_behind(run: Body, names: list[str]) -> set[str]:
    """The names, and those of the blocks whose addresses they may be: what they look at must outlive the run."""
    found = set(names)
    before = 0
    while len(found) > before:
        before = len(found)
        for s in within(run):
            match s:
                case loops.View(dst, base) if dst.name in found:
                    found.add(base.name)
                case loops.Current(dst, cursor) if dst.name in found:
                    found.add(cursor.name)
                case loops.Point(cursor, buf) if cursor.name in found:
                    found.add(buf.name)
                case loops.Call(_, args, outs) if any(o.name in found for o in outs):
                    found.update(a.name for a in args if isinstance(a, Buf))
                case _:
                    pass
    return found


def _as_set(s: Stmt, declared: list[loops.Declare]) -> Stmt:
    return loops.Set(s.var, s.init) if isinstance(s, loops.Declare) and s in declared else s


def _zero(s: loops.Declare) -> loops.Const:
    return loops.Const(0.0 if s.var.dtype.is_float else 0, s.var.dtype)


def _dims_first(params: list[Name]) -> list[Name]:
    return [p for p in params if not isinstance(p, Buf)] + [p for p in params if isinstance(p, Buf)]


def _shallow(s: Stmt) -> Stmt:
    """The statement without its bodies."""
    match s:
        case loops.For():
            return replace(s, body=())
        case loops.While():
            return replace(s, head=(), body=())
        case loops.If():
            return replace(s, then=(), other=())
        case _:
            return s


def _spans(body: Body) -> list[int]:
    """For each position, how many cursors, reductions and marks are in use before and after it."""
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for position, s in enumerate(body):
        for name in _mentioned((s,)).tied:
            first.setdefault(name, position)
            last[name] = position
    changes = [0] * (len(body) + 1)
    for name, start in first.items():
        changes[start + 1] += 1
        changes[last[name] + 1] -= 1
    total, found = 0, []
    for change in changes[: len(body)]:
        total += change
        found.append(total)
    return found
