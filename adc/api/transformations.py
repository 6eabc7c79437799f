"""The transformations of Python programs: `grad` and its kin, with JAX's meaning and argument order.

Each takes an ADL function and gives another one, or, where JAX does so, runs at once and gives values. All of them
ask the same question of the driver (`Function.derive`), so they nest in every order and to any depth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, TypeVar

from adc.api.callee import Callee
from adc.api.function import Function, Part, combine
from adc.api.selection import Argnums, Selection, Wrt, require_pair, require_real, select
from adc.diagnostics import (
    ArityError,
    Diagnostic,
    TypeCheckError,
    UnsupportedError,
    UsageError,
    also,
)
from adc.types.core import Record, Scalar, SurfaceType, Tuple, leaves, tangent_type

T = TypeVar("T")
NONSMOOTH = ("convention", "clarke", "bouligand", "raise")


def grad(
    f: Function,
    argnums: Argnums = 0,
    has_aux: bool = False,
    *,
    wrt: Wrt = None,
    nonsmooth: str = "convention",
) -> Function:
    """The gradient of a function with one real result, by the parameters `argnums` or those named in `wrt`.

    One parameter gives its gradient, a tuple of them a tuple. With `has_aux`, `f` gives `(value, aux)` and the
    result is `(gradient, aux)`.
    """
    return _by_reverse("grad", f, argnums, has_aux, wrt, nonsmooth)


def value_and_grad(
    f: Function,
    argnums: Argnums = 0,
    has_aux: bool = False,
    *,
    wrt: Wrt = None,
    nonsmooth: str = "convention",
) -> Function:
    """`(value, gradient)` in one pass; with `has_aux`, `((value, aux), gradient)`."""
    return _by_reverse("value_and_grad", f, argnums, has_aux, wrt, nonsmooth)


def jvp(
    f: Function,
    primals: Sequence[object] | None = None,
    tangents: Sequence[object] | None = None,
    *,
    wrt: Wrt = None,
    argnums: Argnums | None = None,
    nonsmooth: str = "convention",
) -> Any:
    """`(y, dy)` at `primals` along `tangents`, one for every parameter that carries one, or that is named.

    Without `primals`, the function `(x..., dx...) -> (y, dy)` itself.
    """
    chosen = _select("jvp", f, argnums, wrt, nonsmooth)
    pushed = f.derive("jvp", chosen.names)
    if primals is None:
        return pushed
    point = _tuple("primals", primals)
    f.check_arguments(*point)
    return pushed(*point, *_tangents(f, chosen, tangents))


def linearize(
    f: Function,
    *primals: object,
    wrt: Wrt = None,
    argnums: Argnums | None = None,
    nonsmooth: str = "convention",
) -> tuple[Any, Callable[..., Any]]:
    """`(y, linear)`: the value at `primals`, and the map from tangents to the tangent of the value there."""
    chosen = _select("linearize", f, argnums, wrt, nonsmooth)
    pushed = f.derive("jvp", chosen.names)
    point = _held(f, primals)

    def linear(*tangents: object) -> Any:
        return pushed(*point, *_tangents(f, chosen, tangents))[1]

    return f(*point), linear


def vjp(
    f: Function,
    *primals: object,
    wrt: Wrt = None,
    argnums: Argnums | None = None,
    has_aux: bool = False,
    nonsmooth: str = "convention",
) -> Any:
    """`(y, pullback)`: the value at `primals`, and the map from a cotangent of it to those of the parameters.

    The pullback gives a tuple, as in JAX, or one cotangent when `wrt` or `argnums` names a single parameter.
    With `has_aux`, `(y, pullback, aux)`. Without `primals`, the function `(x..., ct) -> (y, ct_x...)` itself.
    """
    target = _value_of("vjp", _function("vjp", f)) if has_aux else f
    chosen = _select("vjp", target, argnums, wrt, nonsmooth)
    pulled = target.derive("vjp", chosen.names)
    if not primals:
        return pulled
    point = _held(f, primals)

    def pullback(cotangent: object) -> Any:
        found = pulled(*point, cotangent)[1:]
        return found[0] if chosen.is_bare else found

    value = f(*point)
    return (value[0], pullback, value[1]) if has_aux else (value, pullback)


def jacfwd(
    f: Function,
    argnums: Argnums = 0,
    has_aux: bool = False,
    *,
    wrt: Wrt = None,
    nonsmooth: str = "convention",
) -> Function:
    """The Jacobian, result axes first, one column after the other."""
    return _jacobian("jacfwd", f, argnums, has_aux, wrt, nonsmooth)


def jacrev(
    f: Function,
    argnums: Argnums = 0,
    has_aux: bool = False,
    *,
    wrt: Wrt = None,
    nonsmooth: str = "convention",
) -> Function:
    """The Jacobian, result axes first, one row after the other."""
    return _jacobian("jacrev", f, argnums, has_aux, wrt, nonsmooth)


def jacobian(
    f: Function,
    argnums: Argnums = 0,
    has_aux: bool = False,
    *,
    wrt: Wrt = None,
    nonsmooth: str = "convention",
) -> Function:
    """The Jacobian by rows or columns, whichever are fewer as far as the types tell."""
    function = _function("jacobian", f)
    target = _value_of("jacobian", function) if has_aux else function
    chosen = _select("jacobian", target, argnums, wrt, nonsmooth)
    by_name = dict(target.signature.params)
    columns = max(_rank(by_name[name]) for name in chosen.names)
    kind = "jacfwd" if columns < _rank(target.signature.result) else "jacrev"
    return _jacobian(kind, f, argnums, has_aux, wrt, nonsmooth)


def hessian(
    f: Function,
    argnums: Argnums = 0,
    has_aux: bool = False,
    *,
    wrt: Wrt = None,
    nonsmooth: str = "convention",
) -> Function:
    """Second derivatives, forward over reverse; of a function with several results one for each."""
    if has_aux or not isinstance(_function("hessian", f).signature.result, Scalar):
        rows = jacrev(f, argnums, has_aux, wrt=wrt, nonsmooth=nonsmooth)
        return jacfwd(rows, argnums, has_aux, wrt=wrt, nonsmooth=nonsmooth)
    return _derived("hessian", f, argnums, wrt, nonsmooth)


def hvp(
    f: Function,
    argnums: Argnums = 0,
    *,
    wrt: Wrt = None,
    nonsmooth: str = "convention",
) -> Function:
    """`(x..., v) -> H v` for the Hessian H of `f`; `v` and the result are tuples when several are named."""
    function = _function("hvp", f)
    require_real("hvp", function.name, function.signature)
    return _derived("hvp", f, argnums, wrt, nonsmooth)


def stop_gradient(x: T) -> T:
    """`x` without a derivative: a function whose derivative is zero, or a value as it is."""
    if isinstance(x, Function):
        return x.without_derivative()  # type: ignore[return-value]
    return x


def checkpoint(f: Function) -> Function:
    """`f`, whose derivative recomputes what happens inside instead of saving it."""
    return _function("checkpoint", f).checkpointed()


# ---- what they share ---------------------------------------------------------------------------


def _select(kind: str, f: object, argnums: Argnums | None, wrt: Wrt, nonsmooth: str) -> Selection:
    function = _function(kind, f)
    require_convention(nonsmooth)
    return select(kind, function.name, function.signature, argnums, wrt)


def _derived(kind: str, f: Function, argnums: Argnums, wrt: Wrt, nonsmooth: str) -> Function:
    chosen = _select(kind, f, argnums, wrt, nonsmooth)
    made = f.derive(kind, chosen.names)
    if chosen.is_bare or len(chosen.names) > 1:
        return made
    return made.regrouped(_ONE_TUPLE[kind](made.signature.result, f.signature.result))


def _by_reverse(
    kind: str, f: Function, argnums: Argnums, has_aux: bool, wrt: Wrt, nonsmooth: str
) -> Function:
    function = _function(kind, f)
    value = _value_of(kind, function) if has_aux else function
    require_real(kind, value.name, value.signature)
    made = _derived(kind, value, argnums, wrt, nonsmooth)
    if not has_aux:
        return made
    if kind == "grad":
        return combine((Part(made), Part(function, 1)))
    return combine(((Part(made, 0), Part(function, 1)), Part(made, 1)))


def _jacobian(
    kind: str, f: Function, argnums: Argnums, has_aux: bool, wrt: Wrt, nonsmooth: str
) -> Function:
    function = _function(kind, f)
    if not has_aux:
        return _derived(kind, function, argnums, wrt, nonsmooth)
    value = _value_of(kind, function)
    return combine((Part(_derived(kind, value, argnums, wrt, nonsmooth)), Part(function, 1)))


def _value_of(kind: str, f: Function) -> Function:
    """The first item of a function that gives `(value, aux)`."""
    require_pair(kind, f.name, f.signature)
    return combine(Part(f, 0))


def _function(kind: str, f: object) -> Function:
    if isinstance(f, Function):
        return f
    if isinstance(f, Callee):
        title = f"`{f.name}` is machine code of a library, which has no derivative"
        hint = f"adc compile --grad {f.name}"
        raise also(TypeCheckError, TypeError)(Diagnostic("E0410", title, hint=hint))
    if callable(f):
        raise UnsupportedError(
            Diagnostic(
                "E0901",
                f"`{kind}` of a Python function: adc does not read Python yet",
                hint="write the function in ADL: `adc.compile('def f(x: f64[n]) -> f64 = ...').f`",
            )
        )
    title = f"`{kind}` takes an ADL function, found a Python `{type(f).__name__}`"
    raise also(TypeCheckError, TypeError)(Diagnostic("E0410", title))


def require_convention(nonsmooth: str) -> None:
    """Complain about a treatment of kinks that does not exist (UsageError) or is not there yet."""
    if nonsmooth not in NONSMOOTH:
        title = f"there is no nonsmooth={nonsmooth!r}"
        raise UsageError(Diagnostic("E0507", title, hint=", ".join(NONSMOOTH)))
    if nonsmooth != NONSMOOTH[0]:
        title = f"nonsmooth={nonsmooth!r} is not there yet"
        raise UnsupportedError(Diagnostic("E0901", title, hint=f"nonsmooth={NONSMOOTH[0]!r}"))


def _tangents(
    f: Function, chosen: Selection, tangents: Sequence[object] | None
) -> tuple[object, ...]:
    """One tangent for every chosen parameter; None may stand for those that carry none."""
    given = _tuple("tangents", tangents)
    names = [name for name, _ in f.signature.params]
    if len(given) == len(names):
        by_name = dict(zip(names, given, strict=True))
        if all(by_name[name] is None for name in names if name not in chosen.names):
            return tuple(by_name[name] for name in chosen.names)
    if len(given) != len(chosen.names):
        wanted = ", ".join(f"`{name}`" for name in chosen.names)
        title = f"{len(given)} tangents, expected one for {wanted}"
        raise ArityError(Diagnostic("E0501", title))
    return given


def _tuple(what: str, values: object) -> tuple[object, ...]:
    if isinstance(values, tuple | list):
        return tuple(values)
    title = f"{what} are a tuple, one for each parameter, found a Python `{type(values).__name__}`"
    raise also(TypeCheckError, TypeError)(Diagnostic("E0501", title, hint="(x,)"))


def _held(f: Function, primals: Sequence[object]) -> tuple[object, ...]:
    """Copies of the primals: a linear map stays where it was made, whatever happens to the arrays."""
    f.check_arguments(*primals)
    return deepcopy(tuple(primals))


def _rank(t: SurfaceType) -> int:
    """The largest rank of what carries a derivative in `t`."""
    tangent = tangent_type(t)
    return 0 if tangent is None else max((len(leaf.dims) for leaf in leaves(tangent)), default=0)


# With one parameter named in a tuple, JAX gives one-tuples where the parameter's derivative stands.


def _one(made: SurfaceType, result: SurfaceType) -> SurfaceType:
    return Tuple((made,))


def _one_of_pair(made: SurfaceType, result: SurfaceType) -> SurfaceType:
    assert isinstance(made, Tuple)
    value, gradient = made.items
    return Tuple((value, Tuple((gradient,))))


def _one_per_result(made: SurfaceType, result: SurfaceType) -> SurfaceType:
    match tangent_type(result), made:
        case Tuple(rows), Tuple(found):
            return Tuple(tuple(map(_one_per_result, found, rows)))
        case Record(rows), Record(found):
            pairs = zip(found, rows, strict=True)
            return Record(tuple((name, _one_per_result(t, row)) for (name, t), (_, row) in pairs))
        case _:
            return Tuple((made,))


def _one_of_one(made: SurfaceType, result: SurfaceType) -> SurfaceType:
    return Tuple((Tuple((made,)),))


_ONE_TUPLE: dict[str, Callable[[SurfaceType, SurfaceType], SurfaceType]] = {
    "grad": _one,
    "value_and_grad": _one_of_pair,
    "jacfwd": _one_per_result,
    "jacrev": _one_per_result,
    "hessian": _one_of_one,
    "hvp": _one,
}
