"""Derivative requests become functions: compositions of linearize and transpose, innermost request first.

The output is ordinary IR, so a request may target another request's name, and a function under a request
may itself call requested derivatives, to any order and without perturbation confusion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from adc.diagnostics.diagnostic import Diagnostic, Label
from adc.diagnostics.errors import TypeCheckError, UnsupportedError
from adc.ir.builder import Builder
from adc.ir.core import (
    I64,
    Atom,
    Block,
    DerivativeRequest,
    Function,
    Module,
    Type,
    Value,
    dim_atom,
    literal,
)
from adc.ir.dead import remove_dead
from adc.ir.walk import equations_within, refresh_equations, substitute_atom
from adc.prims.array.build import zeros
from adc.prims.table import PrimitiveTable
from adc.transforms.activity import Activity
from adc.transforms.derive import Deriver, Linearized
from adc.transforms.inline import callees, remove_unreachable
from adc.transforms.linearity import LinearityCheck, NonLinear
from adc.transforms.residuals import Parts

Simplify = Callable[[Module, Sequence[str]], Module]  # the functions named, simplified


def keep_as_is(module: Module, names: Sequence[str]) -> Module:
    """No simplification between orders."""
    return module


def expand_requests(
    module: Module,
    table: PrimitiveTable,
    *,
    simplify: Simplify = keep_as_is,
    capture_in_loops: bool = True,
    save_calls: bool = True,
) -> Module:
    """The module with every request made into a function of its name.

    Raises TypeCheckError E0407 for an own rule that is not linear, UnsupportedError E0906 for a derivative
    that needs itself.
    """
    expander = _Expander(module, table, simplify, capture_in_loops, save_calls)
    for name in module.rules:
        expander.check_rule(name)
    for name in module.requests:
        expander.resolve(name)
    needed = (*module.functions, *module.requests)
    return remove_unreachable(expander.module(), needed)  # others may call what still waits


@dataclass(slots=True)
class _Expander:
    """Functions made so far; a request is expanded when its name is first needed."""

    source: Module
    table: PrimitiveTable
    simplify: Simplify
    capture_in_loops: bool
    save_calls: bool
    deriver: Deriver = field(init=False)
    done: dict[str, Function] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.deriver = Deriver(
            self.table,
            self.resolve,
            self.leads_to,
            dict(self.source.rules),
            self.capture_in_loops,
            self.save_calls,
        )

    def module(self) -> Module:
        functions = {**self.source.functions, **self.done, **self.deriver.made}
        return Module(functions, {}, self.source.rules)

    def resolve(self, name: str) -> Function:
        """The function behind a name, with requests among its callees expanded first."""
        found = self.done.get(name) or self.deriver.find(name)
        if found is not None:
            return found
        request = self.source.requests.get(name)
        if request is None:
            return self._ready(name)
        if name in self._open:
            raise _endless(request)
        self._open.append(name)
        target = self.resolve(request.target)
        made = _KINDS[request.kind](self, request, target)
        self._open.pop()
        self.done[name] = made
        self._simplified(name)
        return self.done[name]

    def leads_to(self, name: str) -> Iterable[str]:
        """What a function calls, and the target of a request that is not expanded yet."""
        f = self.done.get(name) or self.deriver.find(name) or self.source.functions.get(name)
        if f is not None:
            return callees(f)
        request = self.source.requests.get(name)
        return () if request is None else (request.target,)

    def check_rule(self, name: str) -> None:
        """An own rule must be linear in the tangents (or cotangents), which come last."""
        rule = self.source.rules[name]
        given = len(self.resolve(name).block.params)
        f = self.resolve(rule.function)
        wrt = tuple(range(given, len(f.block.params)))
        try:
            LinearityCheck(self.table, self.resolve).require(rule.function, wrt)
        except NonLinear as fault:
            span = f.span if fault.equation is None else fault.equation.span
            title = f"the {rule.kind} rule of `{name}` is not linear"
            primary = None if span is None else Label(span, fault.why)
            raise TypeCheckError(Diagnostic("E0407", title, primary)) from None

    def _ready(self, name: str) -> Function:
        """A function of the source: derivatives that it calls are expanded, then it is simplified."""
        f = self.source.functions[name]
        self.done[name] = f
        for e in equations_within(f.block):
            callee = e.params.get("callee") if e.op == "call" else None
            if isinstance(callee, str) and callee in self.source.requests:
                self.resolve(callee)
        self._simplified(name)
        return self.done[name]

    def _simplified(self, name: str) -> None:
        self.deriver.complete(name)
        module = self.simplify(self.module(), (name,))
        self.done[name] = module.functions[name]


def _endless(request: DerivativeRequest) -> UnsupportedError:
    """The error for a derivative that is defined by itself, at an order without end."""
    primary = None if request.span is None else Label(request.span, "differentiated here")
    return UnsupportedError(
        Diagnostic("E0906", f"the derivative of `{request.target}` needs itself", primary)
    )


# ---- the kinds of derivatives -------------------------------------------------------------------------


def _floats(atoms: Sequence[Atom]) -> list[Atom]:
    return [a for a in atoms if a.type.dtype.is_float]


def _function(
    request: DerivativeRequest,
    target: Function,
    b: Builder,
    params: Sequence[Value],
    results: Sequence[Atom],
) -> Function:
    return Function(request.name, remove_dead(b.finish(params, results)), span=target.span)


def _jvp(x: _Expander, request: DerivativeRequest, target: Function) -> Function:
    made = x.deriver.resolve(x.deriver.jvp_function(request.target, request.wrt))
    return Function(request.name, made.block, span=target.span)


def _vjp(x: _Expander, request: DerivativeRequest, target: Function) -> Function:
    lin = x.deriver.linearize(request.target, request.wrt)
    cts = [Value(a.type, "ct") for a in _floats(lin.results)]
    b = Builder(x.table.infer)
    made = x.deriver.pull_back(b, lin, cts)
    return _function(request, target, b, (*lin.params, *cts), (*lin.results, *made))


def _value_and_grad(x: _Expander, request: DerivativeRequest, target: Function) -> Function:
    lin = x.deriver.linearize(request.target, request.wrt)
    b = Builder(x.table.infer)
    made = x.deriver.pull_back(b, lin, [literal(1.0, a.type.dtype) for a in _floats(lin.results)])
    return _function(request, target, b, lin.params, (*lin.results, *made))


def _grad(x: _Expander, request: DerivativeRequest, target: Function) -> Function:
    both = _value_and_grad(x, request, target)
    count = len(target.block.results)
    block = Block(both.block.params, both.block.equations, both.block.results[count:])
    return Function(request.name, remove_dead(block), span=target.span)


def _jacfwd(x: _Expander, request: DerivativeRequest, target: Function) -> Function:
    """One linear map per element of every parameter: the columns, then their axes in order."""
    lin = x.deriver.linearize(request.target, request.wrt)
    b = Builder(x.table.infer)
    b.extend(lin.parts.nonlinear)
    columns = [_columns(b, lin, k) for k in range(len(lin.seeds))]
    results = [
        _result_axes_first(b, columns[k][r], lin.seeds[k].type.rank)
        for r in range(len(columns[0]))
        for k in range(len(lin.seeds))
    ]
    return _function(request, target, b, lin.params, results)


def _columns(b: Builder, lin: Linearized, position: int) -> list[Atom]:
    """Tangents of every float result for unit tangents of one seed: arrays seed.shape + result.shape."""
    seed = lin.seeds[position]
    indices = [Value(I64, "k") for _ in seed.type.shape]
    inner = b.nested()
    env: dict[Value, Atom] = {}
    for other in lin.seeds:
        env[other] = _unit(inner, seed.type, indices) if other is seed else zeros(inner, other.type)
    inner.extend(refresh_equations(lin.parts.linear, env))
    moved: list[Atom] = []
    for a, d in zip(lin.results, lin.tangents, strict=True):
        if a.type.dtype.is_float:
            moved.append(zeros(inner, a.type) if d is None else substitute_atom(d, env))
    return _mapped(b, inner, seed.type, indices, moved)


def _mapped(
    b: Builder, inner: Builder, t: Type, indices: Sequence[Value], yields: Sequence[Atom]
) -> list[Atom]:
    """`yields` for every index into an array of type `t`; for a scalar the equations as they are."""
    if not t.shape:
        b.extend(inner.equations)
        return list(yields)
    extents = [dim_atom(d) for d in t.shape]
    return list(b.emit("map", *extents, regions=(inner.finish(indices, yields),)))


def _unit(b: Builder, t: Type, at: Sequence[Value]) -> Atom:
    """The array of type `t` that is 1 at the indices `at` and 0 elsewhere."""
    one, zero = literal(1.0, t.dtype), literal(0.0, t.dtype)
    if not t.shape:
        return one
    inner = b.nested()
    indices = [Value(I64, "i") for _ in t.shape]
    hit: Atom | None = None
    for i, k in zip(indices, at, strict=True):
        equal = inner.one("eq", i, k)
        hit = equal if hit is None else inner.one("and", hit, equal)
    assert hit is not None
    element = inner.one("select", hit, one, zero)
    extents = [dim_atom(d) for d in t.shape]
    return b.one("map", *extents, regions=(inner.finish(indices, (element,)),), hint="unit")


def _result_axes_first(b: Builder, a: Atom, leading: int) -> Atom:
    """Move the first `leading` axes behind the others."""
    shape = a.type.shape
    if leading in (0, len(shape)):
        return a
    order = [*range(leading, len(shape)), *range(leading)]
    indices = [Value(I64, "i") for _ in shape]
    source: list[Atom] = [indices[0]] * len(shape)
    for position, axis in enumerate(order):
        source[axis] = indices[position]
    inner = b.nested()
    element = inner.one("index", a, *source)
    extents = [dim_atom(shape[axis]) for axis in order]
    return b.one("map", *extents, regions=(inner.finish(indices, (element,)),), hint="jacobian")


def _jacrev(x: _Expander, request: DerivativeRequest, target: Function) -> Function:
    """One transposed map per element of every float result."""
    lin = x.deriver.linearize(request.target, request.wrt)
    b = Builder(x.table.infer)
    b.extend(lin.parts.nonlinear)
    floats = _floats(lin.results)
    results: list[Atom] = []
    for position, a in enumerate(floats):
        indices = [Value(I64, "k") for _ in a.type.shape]
        inner = b.nested()
        cts = [
            _unit(inner, other.type, indices) if k == position else None
            for k, other in enumerate(floats)
        ]
        rows = x.deriver.pull_back(inner, _copy_linear(x, lin), cts)
        results.extend(_mapped(b, inner, a.type, indices, rows))
    return _function(request, target, b, lin.params, results)


def _copy_linear(x: _Expander, lin: Linearized) -> Linearized:
    """The linear part alone, renamed, so that it can be run backwards more than once."""
    env: dict[Value, Atom] = {s: Value(s.type, s.hint) for s in lin.seeds}
    equations = refresh_equations(lin.parts.linear, env)
    seeds = tuple(v for s in lin.seeds if isinstance(v := env[s], Value))
    linear = set(seeds)
    Activity(x.table, x.deriver).propagate(equations, linear)
    moved = tuple(None if d is None else substitute_atom(d, env) for d in lin.tangents)
    return Linearized(lin.params, Parts((), equations), lin.results, seeds, moved, linear)


def _hessian(x: _Expander, request: DerivativeRequest, target: Function) -> Function:
    """Forward over reverse."""
    return _jacfwd(x, _over(x, request, "jacfwd"), target)


def _hvp(x: _Expander, request: DerivativeRequest, target: Function) -> Function:
    """The tangent of the gradient."""
    inner = _over(x, request, "jvp")
    made = x.deriver.resolve(x.deriver.jvp_function(inner.target, request.wrt))
    count = len(request.wrt)
    block = Block(made.block.params, made.block.equations, made.block.results[count:])
    return Function(request.name, remove_dead(block), span=target.span)


def _over(x: _Expander, request: DerivativeRequest, kind: str) -> DerivativeRequest:
    """The request `kind` of the gradient of the target, that gradient being made first."""
    name = f"{request.name}.grad"
    if name not in x.done:
        gradient = DerivativeRequest(name, "grad", request.target, request.wrt, request.span)
        x.done[name] = _grad(x, gradient, x.resolve(request.target))
        x._simplified(name)
    return DerivativeRequest(request.name, kind, name, request.wrt, request.span)


_KINDS: dict[str, Callable[[_Expander, DerivativeRequest, Function], Function]] = {
    "jvp": _jvp,
    "vjp": _vjp,
    "grad": _grad,
    "value_and_grad": _value_and_grad,
    "jacfwd": _jacfwd,
    "jacrev": _jacrev,
    "hessian": _hessian,
    "hvp": _hvp,
}
