"""The oracle: a function of the IR evaluated with NumPy, one equation after the other.

Scalars are NumPy scalars, arrays are `ndarray`s; nothing is shared with the lowering. Recursion of the
evaluated program does not recurse in Python: regions and calls are generators on an explicit stack, so only
`depth_limit` bounds it. See `adc.reference.control` for equations with regions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from adc.diagnostics import Diagnostic, EvaluationError, Label
from adc.ir.core import Equation, Module
from adc.ir.fault import InternalError
from adc.prims.table import PrimitiveTable
from adc.reference.control import CONTROL, Computation
from adc.reference.counting import Counter
from adc.reference.direct import DIRECT
from adc.reference.faults import located
from adc.reference.plan import BlockPlan, Frame, FunctionPlan, Planner, Step, scalar_type

DEPTH_LIMIT = 10_000


def evaluate(
    module: Module,
    name: str,
    args: Sequence[object],
    table: PrimitiveTable,
    *,
    counter: Counter | None = None,
    depth_limit: int = DEPTH_LIMIT,
) -> tuple[object, ...]:
    """The results of function `name` for all its block parameters, sizes first.

    Raises the errors that a compiled run raises, with the spans of their equations: BoundsError,
    EvaluationError, and whatever an `assert` names.
    """
    return Evaluator(module, table, counter, depth_limit).run(name, args)


class Evaluator:
    """Evaluates functions of one module; what is prepared for one run serves the next."""

    def __init__(
        self,
        module: Module,
        table: PrimitiveTable,
        counter: Counter | None = None,
        depth_limit: int = DEPTH_LIMIT,
    ) -> None:
        self.module = module
        self.planner = Planner(table, DIRECT, frozenset(CONTROL))
        self.counter = counter
        self.depth_limit = depth_limit
        self._depth = 0
        self._plans: dict[str, FunctionPlan] = {}

    def run(self, name: str, args: Sequence[object]) -> tuple[object, ...]:
        params = self.module.functions[name].block.params
        if len(args) != len(params):
            raise InternalError(f"`{name}` takes {len(params)} arguments, not {len(args)}")
        given = tuple(
            scalar_type(p.type)(a) if p.type.rank == 0 else np.asarray(a, p.type.dtype.numpy_name)
            for p, a in zip(params, args, strict=True)
        )
        self._depth = 0
        with np.errstate(all="ignore"):
            return _drive(self.function(name, given, None))

    def function(self, name: str, args: Sequence[object], call: Equation | None) -> Computation:
        """The computation of a function of the module; `call` is the equation that asks for it."""
        if self._depth >= self.depth_limit:
            raise EvaluationError(_too_deep(self.depth_limit, call))
        self._depth += 1
        plan = self._plan(name)
        results = yield self.block(plan.block, plan.frame(), args)
        self._depth -= 1
        return results

    def block(self, plan: BlockPlan, frame: Frame, args: Sequence[object] = ()) -> Computation:
        """The computation of a block whose parameters are bound to `args`."""
        for slot, value in zip(plan.params, args, strict=True):
            frame[slot] = value
        for step in plan.steps:
            if step.direct is None:
                yield CONTROL[step.equation.op](self, step, frame)
            else:
                self._apply(step, frame)
        return tuple([frame[slot] for slot in plan.results])

    def _apply(self, step: Step, frame: Frame) -> None:
        """Run an equation without regions and put its results into the frame."""
        operands = [frame[slot] for slot in step.operands]
        if self.counter is not None:
            self.counter.execute(step.equation, operands)
        assert step.direct is not None
        try:
            value = step.direct(*operands)
        except Exception as fault:
            raise located(fault, step.equation) from fault
        if len(step.results) == 1:
            (r,) = step.results
            if not r.dims:
                frame[r.slot] = value if type(value) is r.kind else r.kind(value)
            else:
                frame[r.slot] = np.asarray(value, r.kind)
            return
        for r, v in zip(step.results, value or (), strict=True):
            frame[r.slot] = np.asarray(v, r.kind)[()]

    def _plan(self, name: str) -> FunctionPlan:
        plan = self._plans.get(name)
        if plan is None:
            if name not in self.module.functions:
                raise InternalError(f"`{name}` is called and there is no such function")
            plan = self._plans[name] = self.planner.function(self.module.functions[name])
        return plan


def _drive(computation: Computation) -> tuple[object, ...]:
    """Run a computation and those it asks for, on a stack of our own."""
    stack = [computation]
    value: tuple[object, ...] | None = None
    while True:
        try:
            asked = stack[-1].send(value)  # type: ignore[arg-type]
        except StopIteration as stop:
            stack.pop()
            value = stop.value
            if not stack:
                assert value is not None
                return value
        else:
            stack.append(asked)
            value = None


def _too_deep(limit: int, call: Equation | None) -> Diagnostic:
    span = call.span if call is not None else None
    return Diagnostic(
        "E0605",
        f"recursion is deeper than {limit}",
        Label(span) if span else None,
    )
