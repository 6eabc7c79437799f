"""What must hold of every program, whatever it computes: `PROPERTIES`, checked one after the other on a `Case`.

Two ways to the same numbers are compared: machine code and the reference evaluator, before and after rewriting,
forward and reverse, three compositions for second derivatives, a derivative and its own printed text.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

import adc
from adc.api.module import Module
from adc.diagnostics import SourceFile
from adc.driver.compile import Session
from adc.driver.load import analyse
from adc.driver.options import Stage
from adc.ir.parser import parse_module
from adc.ir.printer import print_module
from adc.ir.verify import verify
from adc.prims.catalog import TABLE
from adc.reference.evaluate import evaluate
from adc.rewrite.library import RULES
from adc.rewrite.pipeline import apply
from adc.rewrite.scope import Options
from adc.rewrite.strategy import seq, try_
from adc.rewrite.traversal import normalize
from adc.syntax.fmt import format_text
from adc.transforms.inline import remove_unreachable
from adc.transforms.requests import expand_requests
from tests.property.generate import PARAMETERS, TANGENT_PARAMETERS, Program

Numbers = list[np.ndarray[Any, Any]]

_CALL = ", ".join(item.split(":")[0] for item in ("x", "y", "A", "s", "k", "r"))
_SUMMED = f"""\
def summed({PARAMETERS}) -> f64 {{
  let (a, v) = f({_CALL});
  a + sum(cos(f64(i)) * v[i] for i < n)
}}
"""
_STEP = 1e-6
_ELIMINATION = re.compile(r"\b(solve|inv|det|logdet|qr|eigh)\(")


class Case:
    """A program, compiled, and what its properties have in common; everything is made when first asked for.

    `summed` is a scalar function of all results of `f`, for second derivatives.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.text = program.text + _SUMMED
        self.point = program.arguments
        self.along = program.tangents(0)
        self.cotangent = (0.7, np.cos(np.arange(program.size) + 0.3))

    @cached_property
    def session(self) -> Session:
        return Session(analyse(SourceFile("<program>", self.text)))

    @cached_property
    def module(self) -> Module:
        return Module(self.session)

    @cached_property
    def jvp(self) -> adc.Function:
        return adc.jvp(self.module.f)

    @cached_property
    def vjp(self) -> adc.Function:
        return adc.vjp(self.module.f)

    @cached_property
    def reverse_over_forward(self) -> adc.Function:
        return adc.vjp(adc.jvp(self.module.summed), wrt=TANGENT_PARAMETERS)

    @cached_property
    def tangent(self) -> Numbers:
        """The tangent of the result along `along`."""
        return numbers(self.jvp.reference(*self.point, *self.along)[1])

    @cached_property
    def pulled(self) -> Numbers:
        """The cotangents of the parameters for `cotangent`."""
        return numbers(self.vjp.reference(*self.point, self.cotangent)[1:])

    @cached_property
    def hessian_product(self) -> Numbers:
        """The Hessian of `summed` times `along`."""
        found = self.reverse_over_forward.reference(*self.point, *self.along, (0.0, 1.0))
        return numbers(found[1:])

    def require_close(
        self, what: str, got: Numbers, expected: Numbers, tolerance: float, single: float = 1e-3
    ) -> None:
        """AssertionError unless both agree to `tolerance` of the scale of what is expected, at least 1."""
        if self.program.is_single:
            tolerance = single
        assert len(got) == len(expected), f"{what}: {len(got)} leaves, expected {len(expected)}"
        scale = max(
            [
                1.0,
                *(float(np.max(np.abs(e), initial=0.0)) for e in expected if np.isfinite(e).all()),
            ]
        )
        for g, e in zip(got, expected, strict=True):
            assert g.shape == e.shape, f"{what}: shape {g.shape}, expected {e.shape}"
            if not np.allclose(g, e, rtol=tolerance, atol=tolerance * scale, equal_nan=True):
                raise AssertionError(f"{what}: found\n{g!r}, expected\n{e!r}")


def numbers(value: object) -> Numbers:
    """The leaves of a result or an argument, in order."""
    if isinstance(value, Mapping):
        return [leaf for item in value.values() for leaf in numbers(item)]
    if isinstance(value, tuple):
        return [leaf for item in value for leaf in numbers(item)]
    return [np.asarray(value)]


def _inner(a: Numbers, b: Numbers) -> Numbers:
    return [np.asarray(sum(float(np.sum(x * y)) for x, y in zip(a, b, strict=True)))]


def _moved(point: Sequence[Any], along: Sequence[Any], step: float) -> tuple[Any, ...]:
    """The point `step` further; the integer parameter stays."""
    x, y, A, s, k, r = point
    moved = [_sum(p, d, step) for p, d in zip((x, y, A, s, r), along, strict=True)]
    return (*moved[:4], k, moved[4])


def _sum(p: Any, d: Any, step: float) -> Any:
    if isinstance(p, Mapping):
        return {name: _sum(p[name], d[name], step) for name in p}
    return p + step * d


# ---- the properties ----------------------------------------------------------------------------------


def format_keeps_the_program(case: Case) -> None:
    """`adc fmt` is idempotent and changes no meaning."""
    formatted = format_text(case.text)
    assert format_text(formatted) == formatted, f"formatting is not idempotent:\n{formatted}"
    again = analyse(SourceFile("<formatted>", formatted)).module
    found, expected = print_module(again), print_module(case.session.module)
    assert found == expected, f"formatting changed the program:\n{formatted}"


def native_equals_reference(case: Case) -> None:
    f = case.module.f
    expected = numbers(f.reference(*case.point))
    case.require_close("native f", numbers(f(*case.point)), expected, 1e-10)


def rewriting_keeps_the_value(case: Case) -> None:
    raw = expand_requests(analyse(SourceFile("<program>", case.text)).module, TABLE)
    rewritten = case.session.stage(Stage.OPTIMISED, ("f",))
    leaves = [*case.point[:5], *case.point[5].values()]
    flat = [case.program.size, *leaves]
    expected = [np.asarray(v) for v in evaluate(raw, "f", flat, TABLE)]
    found = [np.asarray(v) for v in evaluate(rewritten, "f", flat, TABLE)]
    case.require_close("optimised f", found, expected, 1e-11)


def forward_equals_differences(case: Case) -> None:
    """Loose: rounding of the differences leaves 1e-10, a kink nearby more."""
    ahead, behind = (
        numbers(case.module.f.reference(*_moved(case.point, case.along, h)))
        for h in (_STEP, -_STEP)
    )
    differences = [(a - b) / (2 * _STEP) for a, b in zip(ahead, behind, strict=True)]
    if not case.program.is_single:
        case.require_close("jvp against differences", case.tangent, differences, 1e-5)


def forward_equals_reverse(case: Case) -> None:
    forward = _inner(case.tangent, numbers(case.cotangent))
    reverse = _inner(case.pulled, numbers(case.along))
    case.require_close("<vjp(ct), v> against <ct, jvp(v)>", reverse, forward, 1e-9)


def native_reverse_equals_reference(case: Case) -> None:
    found = numbers(case.vjp(*case.point, case.cotangent)[1:])
    case.require_close("native vjp", found, case.pulled, 1e-10)


def native_forward_equals_reference(case: Case) -> None:
    found = numbers(case.jvp(*case.point, *case.along)[1])
    case.require_close("native jvp", found, case.tangent, 1e-10)


def awkward_numbers_change_nothing(case: Case) -> None:
    """Infinities, NaN and zeros of both signs give the same natively, or the same error.

    Not of eliminations: what pivots are 0 beside infinities depends on the order of operations.
    """
    if _ELIMINATION.search(case.text):
        return
    for number in range(3):
        point = case.program.awkward(number)
        for what, f, arguments in (
            ("f", case.module.f, point),
            ("vjp", case.vjp, (*point, case.cotangent)),
        ):
            expected, found = _outcome(f.reference, arguments), _outcome(f, arguments)
            if isinstance(expected, list) and isinstance(found, list):
                case.require_close(f"native {what} at {point}", found, expected, 1e-9)
            else:
                assert found == expected, f"native {what} at {point}: {found}, expected {expected}"


def _outcome(run: Callable[..., Any], arguments: Sequence[Any]) -> Numbers | tuple[str, ...]:
    """What a call gives, or its error with its place."""
    try:
        return numbers(run(*arguments))
    except adc.Error as fault:
        return type(fault).__name__, str(fault.code), str(fault.span)


def other_sizes_agree(case: Case) -> None:
    """The same machine code serves all sizes: fewer elements than lanes, as many, and more.

    Of nothing, programs may end in errors that machine code never comes to.
    """
    sizes = (0, 1, 8, 11) if _ELIMINATION.search(case.text) is None else (0, 1)
    for size in sizes:
        other = replace(case.program, size=size)
        cotangent = (0.7, np.cos(np.arange(size) + 0.3))
        for what, f, arguments in (
            ("f", case.module.f, other.arguments),
            ("vjp", case.vjp, (*other.arguments, cotangent)),
        ):
            expected, found = _outcome(f.reference, arguments), _outcome(f, arguments)
            if isinstance(expected, list) and isinstance(found, list):
                case.require_close(f"native {what} of {size}", found, expected, 1e-8)
            else:
                assert size == 0 or found == expected, f"{what}: {found}, expected {expected}"


def rules_keep_the_value(case: Case) -> None:
    """Some rules in some order, as no schedule has them, on a function and its unsimplified gradient."""
    rng = random.Random(case.program.name)
    text = f"{case.text}def sloped({PARAMETERS}) = grad(summed, wrt=(x, A, s, r))({_CALL})\n"
    module = expand_requests(analyse(SourceFile("<program>", text)).module, TABLE)
    leaves = [case.program.size, *(a for argument in case.point for a in numbers(argument))]
    for name in ("f", "sloped"):
        before = remove_unreachable(module, (name,))
        expected = [np.asarray(v) for v in evaluate(before, name, leaves, TABLE)]
        for is_pure in (False, True):
            chosen = rng.sample(list(RULES.values()), 12)
            schedule = seq(*(try_(normalize(r)) for r in chosen))
            after = apply(schedule, before, TABLE, options=Options(pure=is_pure))
            verify(after, TABLE)
            found = [np.asarray(v) for v in evaluate(after, name, leaves, TABLE)]
            what = f"{name} after {', '.join(r.name for r in chosen)}"
            case.require_close(what, found, expected, 1e-10)


def second_orders_agree(case: Case) -> None:
    gradient = adc.grad(case.module.summed, wrt=TANGENT_PARAMETERS)
    forward_over_reverse = adc.jvp(gradient).reference(*case.point, *case.along)[1]
    reverse_over_reverse = adc.vjp(gradient).reference(*case.point, case.along)[1:]
    expected = case.hessian_product
    for what, found in (
        ("forward over reverse", forward_over_reverse),
        ("reverse over reverse", reverse_over_reverse),
    ):
        case.require_close(f"{what} against reverse over forward", numbers(found), expected, 1e-8)


def third_orders_agree(case: Case) -> None:
    """The third derivative along one direction, by three nestings."""
    f, v = case.module.summed, case.along
    curvature = adc.jvp(adc.jvp(f, wrt=TANGENT_PARAMETERS), wrt=TANGENT_PARAMETERS)
    forward = adc.jvp(curvature, wrt=TANGENT_PARAMETERS)
    expected = numbers(forward.reference(*case.point, *v, *v, *v)[1][1][1])
    by_gradient = adc.jvp(adc.jvp(adc.grad(f, wrt=TANGENT_PARAMETERS)), wrt=TANGENT_PARAMETERS)
    of_gradient = numbers(by_gradient.reference(*case.point, *v, *v)[1][1])
    case.require_close("third order", _inner(of_gradient, numbers(v)), expected, 1e-7)
    pulled = adc.vjp(curvature, wrt=TANGENT_PARAMETERS)
    seed = ((0.0, 0.0), (0.0, 1.0))
    backward = numbers(pulled.reference(*case.point, *v, *v, seed)[1:])
    case.require_close("third order, reverse last", _inner(backward, numbers(v)), expected, 1e-7)


def native_second_order_equals_reference(case: Case) -> None:
    found = numbers(case.reverse_over_forward(*case.point, *case.along, (0.0, 1.0))[1:])
    case.require_close("native reverse over forward", found, case.hessian_product, 1e-9)


def printed_derivatives_compile_again(case: Case) -> None:
    for f, arguments in (
        (case.module.f, case.point),
        (case.vjp, (*case.point, case.cotangent)),
        (case.reverse_over_forward, (*case.point, *case.along, (0.0, 1.0))),
    ):
        text = f.source()
        try:
            again = list(adc.compile(text))[-1].reference(*arguments)
            expected = numbers(f.reference(*arguments))
            case.require_close("the printed program", numbers(again), expected, 1e-11)
        except (adc.Error, AssertionError) as fault:
            raise AssertionError(f"{fault}\nprinted:\n{text}") from fault


def textual_ir_parses_back(case: Case) -> None:
    for f in (case.module.f, case.vjp, case.reverse_over_forward):
        for stage in ("unary", "derivative", "optimised"):
            text = f.ir(stage)
            parsed = parse_module(text)
            assert print_module(parsed) == text, f"{stage} does not parse back:\n{text}"
            verify(parsed, TABLE)


PROPERTIES: tuple[Callable[[Case], None], ...] = (
    format_keeps_the_program,
    rewriting_keeps_the_value,
    native_equals_reference,
    forward_equals_differences,
    forward_equals_reverse,
    native_forward_equals_reference,
    native_reverse_equals_reference,
    awkward_numbers_change_nothing,
    other_sizes_agree,
    rules_keep_the_value,
    second_orders_agree,
    third_orders_agree,
    native_second_order_equals_reference,
    printed_derivatives_compile_again,
    textual_ir_parses_back,
)
