"""Checks that a module keeps the IR's invariants; runs after every pass.

Every value is defined once and before its use, sizes in types included; types are what the table infers;
regions and calls fit the equations that own them; accumulators are only added to. Takes linear time.

Two different size values are taken for possibly equal where a value is handed over (carried, passed to a
call, yielded by an arm): their equality is the elaborator's proof, or an `assert` before. Elsewhere a size in
scope must be the very one that is inferred.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from adc.ir.core import (
    BOOL,
    I64,
    TAPE,
    Atom,
    Block,
    Dim,
    Equation,
    Function,
    Literal,
    Module,
    Params,
    Type,
    Value,
    atom_dim,
)
from adc.ir.fault import InternalError
from adc.ir.interface import Interface, interface_of, kinds, verify_requests
from adc.ir.printer import excerpt
from adc.ir.walk import sizes_ahead
from adc.types.core import DType


class Table(Protocol):
    """What the verifier needs of a primitive table."""

    def infer(
        self, op: str, operands: Sequence[Atom], params: Params, regions: Sequence[Block]
    ) -> tuple[Type, ...]: ...

    def __contains__(self, name: object) -> bool: ...


def verify(module: Module, table: Table) -> None:
    """Returns when the module is sound; InternalError, showing the equation and its neighbours, when not."""
    verify_requests(module)
    interfaces: dict[str, Interface] = {}
    for name, f in module.functions.items():
        if f.name != name:
            raise InternalError(f"the module knows function `{f.name}` as `{name}`")
        _FunctionCheck(module, table, f, interfaces).run()


@dataclass(slots=True)
class _FunctionCheck:
    """The check of one function; `scope` holds the values visible at the current equation."""

    module: Module
    table: Table
    function: Function
    interfaces: dict[str, Interface]
    scope: set[Value] = field(default_factory=set)
    defined: set[Value] = field(default_factory=set)
    current: Equation | None = None
    sizes_ahead: set[Value] = field(default_factory=set)

    def run(self) -> None:
        """Sizes in the types of parameters may be computed by the body's own equations: see `Function`."""
        self.sizes_ahead = set(sizes_ahead(self.function.block))
        self.block(self.function.block, refs=(False, True))

    def fault(self, message: str) -> InternalError:
        shown = excerpt(self.function, self.current)
        return InternalError(f"in `{self.function.name}`: {message}\n{shown}")

    def require(self, condition: bool, message: str) -> None:
        if not condition:
            raise self.fault(message)

    # -- blocks and definitions

    def block(self, block: Block, *, refs: Sequence[bool] = (False,)) -> None:
        """Check a block; what it defines is out of scope afterwards. `refs`: what its parameters may be."""
        local: list[Value] = []
        self.define(block.params, local, refs=refs)
        for e in block.equations:
            self.current = e
            self.equation(e)
            self.current = e
            self.define(e.results, local)
        for a in block.results:
            self.use(a)
            if a.type.is_ref:
                raise self.fault("an accumulator is the result of a block")
        self.scope.difference_update(local)

    def define(
        self, values: Sequence[Value], local: list[Value], *, refs: Sequence[bool] = (False,)
    ) -> None:
        """New values come into scope together, so that arrays may have sizes among them."""
        for v in values:
            if v in self.defined:
                raise self.fault(f"`{v.hint}` is defined twice")
            self.defined.add(v)
        self.scope.update(values)
        local.extend(values)
        for v in values:
            if v.type.is_ref not in refs:
                message = "accumulators are parameters, of `accum` or a function"
                raise self.fault(f"`{v.hint}`: {message}")
            for d in v.type.shape:
                self.dim(d)

    def dim(self, d: Dim) -> None:
        if isinstance(d, int):
            if d < 0:
                raise self.fault(f"a size is {d}")
        elif d not in self.scope and (self.current or d not in self.sizes_ahead):
            raise self.fault(f"size `{d.hint}` is not in scope")
        elif d.type != I64:
            raise self.fault(f"size `{d.hint}` is no i64")

    def use(self, a: Atom) -> None:
        if isinstance(a, Literal):
            if not _is_literal(a):
                raise self.fault(f"{a.value!r} is no literal of its type")
        elif a not in self.scope:
            raise self.fault(f"`{a.hint}` is not in scope")
        elif a.type.shape and self.sizes_ahead:
            for d in a.type.shape:
                self.dim(d)

    # -- equations

    def equation(self, e: Equation) -> None:
        if e.op not in self.table:
            raise self.fault(f"there is no primitive `{e.op}`")
        for position, a in enumerate(e.operands):
            self.use(a)
            if a.type.is_ref and not (e.op == "call" or (e.op == "upd" and position == 0)):
                raise self.fault("only `upd` and `call` take an accumulator")
        self.require(all(map(_is_param, e.params.values())), "a parameter of unknown kind")
        for region in e.regions:
            self.block(region, refs=(e.op == "accum",))
        self.current = e
        rule = _RULES.get(e.op, _FunctionCheck.inferred)
        try:
            rule(self, e)
        except InternalError:
            raise
        except Exception as fault:
            raise self.fault(f"`{e.op}` does not fit: {fault}") from fault

    def inferred(self, e: Equation) -> None:
        """The rule of most primitives: results have the types that the table infers."""
        types = self.table.infer(e.op, e.operands, e.params, e.regions)
        if len(types) != len(e.results):
            raise self.fault(f"{len(e.results)} results where `{e.op}` has {len(types)}")
        for r, t in zip(e.results, types, strict=True):
            self.typed(r, t)

    def typed(self, r: Value, t: Type) -> None:
        """`r` has type `t`; a size that only a region of the equation knows stands for any."""
        self.kind(r.type, t)
        for own, wanted in zip(r.type.shape, t.shape, strict=True):
            is_free = isinstance(wanted, Value) and wanted not in self.scope
            if own != wanted and not is_free:
                raise self.fault(f"a size of `{r.hint}` is wrong")

    def kind(self, found: Type, wanted: Type) -> None:
        if found.dtype is not wanted.dtype or len(found.shape) != len(wanted.shape):
            raise self.fault(f"found {_kind(found)} where {_kind(wanted)} belongs")

    def handed(self, what: str, formals: Sequence[Value], actuals: Sequence[Atom]) -> None:
        """Atoms take the places of values: kinds agree, and sizes that are known do not differ."""
        self.require(
            len(formals) == len(actuals), f"{what}: {len(actuals)} values for {len(formals)} places"
        )
        binding = dict(zip(formals, actuals, strict=True))
        for formal, actual in binding.items():
            self.kind(actual.type, formal.type)
            self.sizes(what, actual.type, formal.type, binding)

    def sizes(self, what: str, found: Type, wanted: Type, binding: Mapping[Value, Atom]) -> None:
        for own, d in zip(found.shape, wanted.shape, strict=True):
            bound = d if isinstance(d, int) or d not in binding else atom_dim(binding[d])
            if isinstance(own, int) and isinstance(bound, int) and own != bound:
                raise self.fault(f"{what}: a size is {own} and should be {bound}")

    # -- the rules of equations whose sizes may change from step to step, or come from elsewhere

    def loop(self, e: Equation) -> None:
        (body,) = e.regions
        trip, *initial = e.operands
        self.require(trip.type == I64, "the number of steps is no i64")
        self.index(body)
        carried = body.params[1:]
        count = len(carried)
        self.handed("initial values", carried, initial)
        self.handed("next values", carried, body.results[:count])
        self.handed("final values", carried, e.results[:count])
        self.stacked(atom_dim(trip), body.results[count:], e.results[count:])

    def while_(self, e: Equation) -> None:
        test, body = e.regions
        self.index(body)
        carried = body.params[1:]
        count = len(carried)
        self.require([a.type for a in test.results] == [BOOL], "the test yields no single bool")
        steps, *results = e.results
        self.require(steps.type == I64, "the count of steps comes first")
        self.handed("initial values", carried, e.operands)
        self.handed("values tested", test.params, e.operands)
        self.handed("next values", carried, body.results[:count])
        self.handed("final values", carried, results[:count])
        self.stacked(steps, body.results[count:], results[count:])

    def index(self, body: Block) -> None:
        self.require(
            bool(body.params) and body.params[0].type == I64, "the index is the first parameter"
        )

    def stacked(self, steps: Dim, rows: Sequence[Atom], results: Sequence[Value]) -> None:
        self.require(len(rows) == len(results), "as many stacked outputs as results")
        for row, r in zip(rows, results, strict=True):
            self.kind(r.type, Type(row.type.dtype, (steps, *row.type.shape)))
            self.require(r.type.shape[0] == steps, f"`{r.hint}` has not as many rows as steps")

    def cond(self, e: Equation) -> None:
        self.require([a.type for a in e.operands] == [BOOL], "the condition is one bool")
        for arm in e.regions:
            self.require(not arm.params, "an arm has no parameters")
            self.handed("an arm", e.results, arm.results)
        self.require(len(e.regions) == 2, "there are two arms")

    def accum(self, e: Equation) -> None:
        (body,) = e.regions
        self.handed("bases", body.params, e.operands)
        self.handed("accumulators", body.params, e.results[: len(body.params)])
        yielded = e.results[len(body.params) :]
        self.require(len(yielded) == len(body.results), "as many results as are yielded")
        for r, a in zip(yielded, body.results, strict=True):
            self.typed(r, a.type)

    def unpack(self, e: Equation) -> None:
        self.require([a.type for a in e.operands] == [TAPE], "what is unpacked is one tape")

    def call(self, e: Equation) -> None:
        callee = e.params.get("callee")
        self.require(isinstance(callee, str), "`callee` is a name")
        assert isinstance(callee, str)
        f = self.module.functions.get(callee)
        if f is None:
            self.requested(e, callee)
            return
        self.handed(f"arguments of `{callee}`", f.block.params, e.operands)
        for p, a in zip(f.block.params, e.operands, strict=True):
            self.require(
                p.type.is_ref == a.type.is_ref, f"`{p.hint}` or its value is no accumulator"
            )
        wanted = f.block.results
        self.require(len(wanted) == len(e.results), f"`{callee}` has {len(wanted)} results")
        binding: dict[Value, Atom] = dict(zip(f.block.params, e.operands, strict=True))
        binding |= {a: r for a, r in zip(wanted, e.results, strict=True) if isinstance(a, Value)}
        for a, r in zip(wanted, e.results, strict=True):
            self.kind(r.type, a.type)
            self.sizes(f"a result of `{callee}`", r.type, a.type, binding)

    def requested(self, e: Equation, callee: str) -> None:
        """A call of a derivative still to be made: numbers and kinds follow from the request."""
        self.require(callee in self.module.requests, f"there is no function `{callee}`")
        wanted = interface_of(self.module, callee, self.interfaces)
        found = Interface(kinds([a.type for a in e.operands]), kinds([r.type for r in e.results]))
        self.require(found == wanted, f"`{callee}` is {wanted}, called as {found}")


_RULES: Mapping[str, Callable[[_FunctionCheck, Equation], None]] = {
    "loop": _FunctionCheck.loop,
    "while": _FunctionCheck.while_,
    "cond": _FunctionCheck.cond,
    "accum": _FunctionCheck.accum,
    "call": _FunctionCheck.call,
    "unpack": _FunctionCheck.unpack,
}


def _kind(t: Type) -> str:
    return f"{'ref ' if t.is_ref else ''}{t.dtype.value} of rank {t.rank}"


def _is_literal(a: Literal) -> bool:
    if a.type.shape or type(a.value) is not _PYTHON_TYPES[a.type.dtype]:
        return False
    return a.type.dtype is not DType.TAPE or a.value == 0


_PYTHON_TYPES = {
    DType.F64: float,
    DType.F32: float,
    DType.I64: int,
    DType.I32: int,
    DType.BOOL: bool,
    DType.TAPE: int,
}


def _is_param(value: object) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_param, value))
    return isinstance(value, str | int | float | DType)
