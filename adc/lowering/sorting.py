"""Sorting and searching as loop functions: stable merge sort of positions, binary search; NaN comes last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from adc.lowering import loops
from adc.lowering.loops import Buf, Const, LoopFunction, Operand, Reg, Var
from adc.lowering.writer import Writer, i64
from adc.types.core import DType

RUN = 16  # pieces of this length are sorted by insertion, then merged


class Needs(Protocol):
    """What a maker may ask for: other routines, and whether BLAS is there."""

    uses_blas: bool

    def need(self, operation: str, dtype: DType, variant: str = "") -> str:
        """The name of another routine."""


Maker = Callable[[Needs, str, DType, str], LoopFunction]


def is_less(w: Writer, x: Operand, y: Operand) -> Reg:
    """x before y: smaller, or a number where y is NaN."""
    if not x.dtype.is_float:
        return w.compare("icmp:ult" if x.dtype is DType.BOOL else "icmp:slt", x, y)
    below = w.compare("fcmp:olt", x, y)
    number = w.compare("fcmp:ord", x, x)
    y_is_nan = w.compare("fcmp:uno", y, y)
    return w.op("or", below, w.op("and", number, y_is_nan))


def argsort(needs: Needs, name: str, dtype: DType, variant: str) -> LoopFunction:
    """argsort(x, y, spare): y gets the positions of x in ascending order."""
    w = Writer()
    n = w.reg(DType.I64, "n")
    x = w.buf(dtype, (n,), "x")
    y, spare = w.buf(DType.I64, (n,), "y"), w.buf(DType.I64, (n,), "spare")
    with w.loop(n) as i:
        _insert(w, x, y, i)
    width = w.declare(i64(RUN), "width")
    now, other = w.cursor(y, "now"), w.cursor(spare, "other")
    with w.while_(lambda: w.compare("icmp:slt", w.get(width), n)):
        source, target = w.current(now, (n,)), w.current(other, (n,))
        _merge_pass(w, x, source, target, w.get(width), n)
        w.emit(loops.Point(now, target))
        w.emit(loops.Point(other, source))
        w.set(width, w.op("mul", w.get(width), i64(2)))
    w.emit(loops.Copy(y, w.current(now, (n,))))
    return LoopFunction(name, (n, x, y, spare), (), w.finish())


def _insert(w: Writer, x: Buf, y: Buf, i: Reg) -> None:
    """Put position i into its place among those before it in the same run."""
    key = w.load(x, i)
    start = w.op("and", i, i64(-RUN))
    place = w.declare(i, "place")

    def moves() -> Operand:
        at = w.get(place)
        is_inner = w.compare("icmp:sgt", at, start)
        beats = w.declare(Const(False, DType.BOOL), "beats")
        with w.when(is_inner):
            before = w.load(y, w.op("sub", at, i64(1)))
            w.set(beats, is_less(w, key, w.load(x, before)))
        return w.get(beats)

    with w.while_(moves):
        at = w.get(place)
        below = w.op("sub", at, i64(1))
        w.store(y, [at], w.load(y, below))
        w.set(place, below)
    w.store(y, [w.get(place)], i)


def _merge_pass(w: Writer, x: Buf, source: Buf, target: Buf, width: Operand, n: Operand) -> None:
    """Merge neighbouring runs of `width` positions."""
    low = w.declare(i64(0), "low")
    with w.while_(lambda: w.compare("icmp:slt", w.get(low), n)):
        start = w.get(low)
        middle = w.op("intrinsic:smin", w.op("add", start, width), n)
        end = w.op("intrinsic:smin", w.op("add", middle, width), n)
        left, right = w.declare(start, "left"), w.declare(middle, "right")
        at = w.declare(start, "at")
        with w.while_(lambda: w.compare("icmp:slt", w.get(at), end)):
            takes_right = _right_is_next(w, x, source, left, right, middle, end)
            k = w.op("select", takes_right, w.get(right), w.get(left), dtype=DType.I64)
            w.store(target, [w.get(at)], w.load(source, k))
            step = w.op("convert", takes_right, dtype=DType.I64)
            w.set(right, w.op("add", w.get(right), step))
            w.set(left, w.op("add", w.get(left), w.op("sub", i64(1), step)))
            w.set(at, w.op("add", w.get(at), i64(1)))
        w.set(low, end)


def _right_is_next(
    w: Writer, x: Buf, source: Buf, left: Var, right: Var, middle: Operand, end: Operand
) -> Reg:
    """Whether the next position comes from the right run: the left one is empty, or has a larger key."""
    i, j = w.get(left), w.get(right)
    answer = w.declare(w.compare("icmp:sge", i, middle), "answer")
    both = w.op("and", w.compare("icmp:slt", i, middle), w.compare("icmp:slt", j, end))
    with w.when(both):
        a, b = w.load(source, i), w.load(source, j)
        w.set(answer, is_less(w, w.load(x, b), w.load(x, a)))
    return w.get(answer)


def searchsorted(needs: Needs, name: str, dtype: DType, variant: str) -> LoopFunction:
    """searchsorted(x, q) -> k: the first position whose element is not before q."""
    w = Writer()
    n = w.reg(DType.I64, "n")
    x, q = w.buf(dtype, (n,), "x"), w.reg(dtype, "q")
    k = w.out(DType.I64, "k", is_array=False)
    low, high = w.declare(i64(0), "low"), w.declare(n, "high")
    with w.while_(lambda: w.compare("icmp:slt", w.get(low), w.get(high))):
        a, b = w.get(low), w.get(high)
        middle = w.op("add", a, w.op("own:half", w.op("sub", b, a)))
        goes_right = is_less(w, w.load(x, middle), q)
        after = w.op("add", middle, i64(1))
        w.set(low, w.op("select", goes_right, after, a, dtype=DType.I64))
        w.set(high, w.op("select", goes_right, b, middle, dtype=DType.I64))
    w.emit(loops.Put(k, w.get(low)))
    return LoopFunction(name, (n, x, q), (k,), w.finish())


MAKERS: Mapping[str, Maker] = {"argsort": argsort, "searchsorted": searchsorted}
