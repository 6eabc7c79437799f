"""Calls of functions of the module: arguments against the signature, one `call` equation, the result's structure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from adc.frontends.context import Argument, Context
from adc.frontends.declared import solve_linear
from adc.frontends.elements import whole
from adc.frontends.interface import Outcome
from adc.frontends.problems import BAD_ARGUMENT, WRONG_ARITY
from adc.frontends.structures import from_leaves
from adc.frontends.surface import SizePair, conform
from adc.frontends.unify import typed
from adc.frontends.values import Abstract, Leaf, atoms
from adc.ir.core import I64, Atom, Dim, Value
from adc.types.core import DType, Scalar, leaves
from adc.types.dims import Poly


def order_arguments(
    cx: Context,
    shown: str,
    names: Sequence[str],
    args: Sequence[Argument],
) -> list[Argument]:
    """Arguments in the order of the parameters; named ones may stand in any order after the others."""
    plain = [a for a in args if a.name is None]
    given = dict(zip(names, plain, strict=False))
    for a in args:
        if a.name is None:
            continue
        if a.name not in names or a.name in given:
            what = "is given twice" if a.name in given else "is no parameter"
            with cx.at(a.span):
                raise cx.wrong(BAD_ARGUMENT, f"`{a.name}` {what} of `{shown}`")
        given[a.name] = a
    if len(plain) > len(names) or len(given) < len(names):
        missing = [n for n in names if n not in given]
        raise cx.wrong(
            WRONG_ARITY,
            f"`{shown}` takes {counted(len(names))}, found {len(args)}",
            notes=(f"missing: {', '.join(missing)}",) if missing else (),
        )
    return [given[n] for n in names]


def counted(count: int) -> str:
    return f"{count} argument{'s' * (count != 1)}"


def call_function(cx: Context, name: str, outcome: Outcome, args: Sequence[Argument]) -> Abstract:
    """The value of a call of the IR function `name`."""
    signature = outcome.signature
    pairs: list[SizePair] = []
    operands: list[Atom] = []
    binding: dict[Hashable, Poly] = {}
    for (param, t), arg in zip(signature.params, args, strict=True):
        with cx.at(arg.span):
            fitted = whole(cx, conform(cx, arg.value, t, f"`{param}`", pairs))
        operands += atoms(fitted)
        if t == Scalar(DType.I64) and isinstance(fitted, Leaf):
            binding[param] = cx.poly(fitted.atom)
    _bind(cx, pairs, signature.sizes, binding)
    sizes = [cx.size(binding[s]) for s in signature.sizes]
    returned: list[Value] = []
    for s in signature.result_sizes:
        v = Value(I64, s)
        returned.append(v)
        cx.sizes.define(v, cx.frame)
        cx.sizes.declare_natural(v)
        binding.setdefault(s, Poly.atom(v))

    def dim(d: Poly) -> Dim:
        return cx.dim(d.substitute(binding))

    results = list(_results(cx, outcome, dim))
    cx.append("call", (*sizes, *operands), (*returned, *results), callee=name)
    return from_leaves(signature.result, results, dim)


def _bind(
    cx: Context, pairs: Sequence[SizePair], sizes: Sequence[str], binding: dict[Hashable, Poly]
) -> None:
    """Every size name where it stands alone first, or else in `a*n + b`; all other axes are checked."""
    for pair in pairs:
        name = pair.declared.single_atom
        if name in sizes and name not in binding:
            binding[name] = cx.poly(pair.actual)
    for pair in pairs:
        linear = pair.declared.linear_in_one()
        if linear is not None and linear[1] in sizes and linear[1] not in binding:
            binding[linear[1]] = solve_linear(cx, linear, pair.actual)
    for pair in pairs:
        expected = pair.declared.substitute(binding)
        cx.require_equal(expected, cx.poly(pair.actual), pair.complaint)


def _results(cx: Context, outcome: Outcome, dim: Callable[[Poly], Dim]) -> Sequence[Value]:
    made: list[Value] = []
    for k, leaf in enumerate(leaves(outcome.signature.result)):
        shape = tuple(map(dim, leaf.dims))
        element = cx.open_type(leaf.dtype) if k in outcome.open_leaves else leaf.dtype
        made.append(Value(typed(element, shape)))
    return made
