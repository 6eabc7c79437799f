"""Evaluation of the equations that run regions or functions.

Each is a generator: it yields the computations it needs and is sent their results, so that nothing here
recurses. It writes its own results into the frame, sizes before the arrays that need them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from adc.ir.core import Equation
from adc.ir.fault import InternalError
from adc.reference.counting import Counter
from adc.reference.faults import located
from adc.reference.plan import BlockPlan, Frame, Planner, Result, Step

Computation = Generator["Computation", tuple[Any, ...], tuple[Any, ...]]


class Run(Protocol):
    """What an equation with regions needs of the evaluation it belongs to."""

    planner: Planner
    counter: Counter | None

    def block(self, plan: BlockPlan, frame: Frame, args: Sequence[object] = ()) -> Computation:
        """The computation of a block whose parameters are bound to `args`."""

    def function(self, name: str, args: Sequence[object], call: Equation | None) -> Computation:
        """The computation of a function of the module."""


def run_map(run: Run, step: Step, frame: Frame) -> Computation:
    (body,) = step.regions
    outputs = [_room(step, r, frame) for r in step.results]
    for point in _points(step, frame):
        ys = yield run.block(body, frame, tuple(map(np.int64, point)))
        for out, y in zip(outputs, ys, strict=True):
            _store(out, point, y)
    return _finish(step, frame, outputs)


def _room(step: Step, r: Result, frame: Frame) -> NDArray[Any]:
    shape = r.shape(frame)
    try:
        return np.empty(shape, r.kind)
    except (MemoryError, ValueError) as fault:  # more than there is, or than can be addressed
        count = prod(map(int, shape)) * np.dtype(r.kind).itemsize
        what = MemoryError(f"out of memory: {count} bytes are too many")
        raise located(what, step.equation) from fault


def run_reduce(run: Run, step: Step, frame: Frame) -> Computation:
    (body,) = step.regions
    ops = step.equation.params["ops"]
    assert isinstance(ops, tuple)
    combine = [run.planner.resolve(op) for op in ops]
    totals: list[Any] | None = None
    for point in _points(step, frame):
        ys = yield run.block(body, frame, tuple(map(np.int64, point)))
        if totals is None:
            totals = list(ys)
            continue
        totals = [f(t, y) for f, t, y in zip(combine, totals, ys, strict=True)]
        if run.counter is not None:
            run.counter.combine(step.equation)
    if totals is None:
        totals = [neutral(op, r.kind) for op, r in zip(ops, step.results, strict=True)]
    values = [
        t if type(t) is r.kind else r.kind(t) for r, t in zip(step.results, totals, strict=True)
    ]
    return _finish(step, frame, values)


def neutral(op: str, kind: type[Any]) -> Any:
    """What a reduction of nothing gives."""
    return kind(_NEUTRAL[op](np.dtype(kind)))


def _lowest(dtype: np.dtype[Any]) -> float | int:
    return -np.inf if dtype.kind == "f" else int(np.iinfo(dtype).min)


def _highest(dtype: np.dtype[Any]) -> float | int:
    return np.inf if dtype.kind == "f" else int(np.iinfo(dtype).max)


_NEUTRAL: Mapping[str, Callable[[np.dtype[Any]], float | int]] = {
    "add": lambda _: 0,
    "mul": lambda _: 1,
    "max": _lowest,
    "min": _highest,
    "and": lambda _: True,
    "or": lambda _: False,
}


def run_argreduce(run: Run, step: Step, frame: Frame) -> Computation:
    (body,) = step.regions
    elements = []
    for (i,) in _points(step, frame):
        (y,) = yield run.block(body, frame, (np.int64(i),))
        elements.append(y)
    # NumPy's argmax and argmin count NaN as extreme too, and the first hit wins.
    find = np.argmax if step.equation.params["op"] == "max" else np.argmin
    return _finish(step, frame, [np.int64(find(elements) if elements else 0)])


def run_loop(run: Run, step: Step, frame: Frame) -> Computation:
    trip, *carried = _operands(step, frame)
    (body,) = step.regions
    count = len(carried)
    steps: Sequence[int] = range(int(trip))
    if step.equation.params.get("reverse", False):
        steps = steps[::-1]
    rows: list[tuple[Any, ...]] = []
    for i in steps:
        ys = yield run.block(body, frame, (np.int64(i), *carried))
        carried = list(ys[:count])
        rows.append(ys[count:])
    if step.equation.params.get("reverse", False):
        rows.reverse()
    return _finish_loop(step, frame, carried, rows)


def run_while(run: Run, step: Step, frame: Frame) -> Computation:
    carried = _operands(step, frame)
    test, body = step.regions
    count = len(carried)
    rows: list[tuple[Any, ...]] = []
    while True:
        (goes_on,) = yield run.block(test, frame, carried)
        if not goes_on:
            return _finish_loop(step, frame, [np.int64(len(rows)), *carried], rows)
        ys = yield run.block(body, frame, (np.int64(len(rows)), *carried))
        carried = list(ys[:count])
        rows.append(ys[count:])


def _finish_loop(
    step: Step, frame: Frame, finals: Sequence[Any], rows: Sequence[tuple[Any, ...]]
) -> tuple[Any, ...]:
    """Final values into the frame first: they may be sizes of the stacked outputs."""
    _write(step.results[: len(finals)], frame, finals)
    for position, r in enumerate(step.results[len(finals) :]):
        out = _room(step, r, frame)
        if out.shape[0] != len(rows):
            raise InternalError(f"{len(rows)} rows for an output of {out.shape[0]}")
        for i, row in enumerate(rows):
            _store(out, (i,), row[position])
        frame[r.slot] = out
    return ()


def run_cond(run: Run, step: Step, frame: Frame) -> Computation:
    (condition,) = _operands(step, frame)
    then, other = step.regions
    ys = yield run.block(then if condition else other, frame)
    return _finish(step, frame, ys)


def run_call(run: Run, step: Step, frame: Frame) -> Computation:
    callee = step.equation.params["callee"]
    assert isinstance(callee, str)
    ys = yield run.function(callee, _operands(step, frame), step.equation)
    return _finish(step, frame, ys)


def run_accum(run: Run, step: Step, frame: Frame) -> Computation:
    (body,) = step.regions
    refs = [np.array(base) for base in _operands(step, frame)]
    ys = yield run.block(body, frame, refs)
    return _finish(step, frame, [*(ref[()] for ref in refs), *ys])


def run_unpack(run: Run, step: Step, frame: Frame) -> Computation:
    """The fields of a record; of a sum of records, fields of known sizes added up."""
    (tape,) = _operands(step, frame)
    if run.counter is not None:
        run.counter.add_records(step.equation, tape.records)
    for position, r in enumerate(step.results):
        fields = [record[position] for record in tape.records]
        frame[r.slot] = fields[0] if len(fields) == 1 else _sum_fields(fields, r, frame)
    yield from ()  # a computation that asks for none
    return ()


def _sum_fields(fields: Sequence[Any], r: Result, frame: Frame) -> Any:
    total = np.full(r.shape(frame), r.kind(0), r.kind)
    for field in fields:
        total = np.add(total, field)
    return np.asarray(total, r.kind)[()]


CONTROL: Mapping[str, Callable[[Run, Step, Frame], Computation]] = {
    "map": run_map,
    "reduce": run_reduce,
    "argreduce": run_argreduce,
    "loop": run_loop,
    "while": run_while,
    "cond": run_cond,
    "call": run_call,
    "accum": run_accum,
    "unpack": run_unpack,
}


def _operands(step: Step, frame: Frame) -> list[Any]:
    return [frame[slot] for slot in step.operands]


def _points(step: Step, frame: Frame) -> Iterable[tuple[int, ...]]:
    """All index tuples below the extents, the last index running fastest."""
    return product(*(range(int(extent)) for extent in _operands(step, frame)))


def _finish(step: Step, frame: Frame, values: Sequence[Any]) -> tuple[Any, ...]:
    _write(step.results, frame, values)
    return ()


def _write(results: Sequence[Result], frame: Frame, values: Sequence[Any]) -> None:
    for r, value in zip(results, values, strict=True):
        frame[r.slot] = value


def _store(out: np.ndarray[Any, Any], point: tuple[int, ...], y: Any) -> None:
    """`out[point] = y`, refusing the broadcast that NumPy would do for a wrong shape."""
    if out.ndim != len(point) and out.shape[len(point) :] != np.shape(y):
        raise InternalError(f"an element of shape {np.shape(y)} for an output {out.shape}")
    out[point] = y
