"""What derivatives look like from outside: the signature of a derivative from that of its target.

Used by the elaborator and by the Python interface. Nothing here knows how a derivative is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from adc.diagnostics import Span
from adc.frontends.problems import (
    NO_TANGENT,
    NOT_SCALAR_RESULT,
    NOT_SUPPORTED,
    UNKNOWN_WRT,
    nearest,
)
from adc.types.core import (
    Array,
    DType,
    Record,
    Scalar,
    Signature,
    SurfaceType,
    Tuple,
    array_of,
    leaves,
    tangent_type,
)
from adc.types.dims import Poly

Params = tuple[tuple[str, SurfaceType], ...]
BY_FIRST = frozenset({"grad", "value_and_grad", "jacfwd", "jacrev", "hessian", "hvp"})
KINDS = BY_FIRST | {"jvp", "vjp"}


def derivative_signature(
    kind: str,
    signature: Signature,
    wrt: Sequence[str] = (),
    *,
    leading: int = 0,
    span: Span | None = None,
) -> tuple[Signature, tuple[int, ...]]:
    """The signature of the `kind` derivative by the parameters `wrt`, and their positions among block parameters.

    Without `wrt`: by the first parameter after `leading` ones, or for jvp and vjp by all after them that carry a
    tangent. Only leaves that are floats are listed in the positions. Raises TypeCheckError E04xx.
    """
    target = _Target(kind, signature, leading, span)
    chosen = target.choose(wrt)
    return _SHAPES[kind](target, chosen), target.positions(chosen)


@dataclass(frozen=True, slots=True)
class _Target:
    kind: str
    signature: Signature
    leading: int
    span: Span | None

    def choose(self, wrt: Sequence[str]) -> Params:
        """The parameters to differentiate by, in the order asked for."""
        own = self.signature.params[self.leading :]
        by_name = dict(own)
        if not wrt:
            is_by_first = self.kind in BY_FIRST
            chosen = own[:1] if is_by_first else tuple(p for p in own if tangent_type(p[1]))
        else:
            for name in wrt:
                if name not in by_name:
                    raise UNKNOWN_WRT.at(
                        self.span,
                        f"there is no parameter `{name}` to differentiate by",
                        hint=nearest(name, by_name) or f"the parameters are {_listed(by_name)}",
                    )
            chosen = tuple((name, by_name[name]) for name in wrt)
        if not chosen:
            raise NO_TANGENT.at(self.span, f"`{self.kind}`: no parameter carries a derivative")
        for name, t in chosen:
            if tangent_type(t) is None:
                raise self._no_tangent(name, t)
        return chosen

    def _no_tangent(self, name: str, t: SurfaceType) -> Exception:
        better = [n for n, p in self.signature.params[self.leading :] if tangent_type(p)]
        return NO_TANGENT.at(
            self.span,
            f"`{self.kind}` cannot differentiate by `{name}`: {t} carries no derivative",
            hint=f"wrt={better[0]}" if better else None,
        )

    def positions(self, chosen: Params) -> tuple[int, ...]:
        """Block parameters that are float leaves of the chosen parameters, in the order chosen."""
        first: dict[str, int] = {}
        at = len(self.signature.sizes)
        for name, t in self.signature.params:
            first[name] = at
            at += sum(1 for _ in leaves(t))
        return tuple(
            first[name] + k
            for name, t in chosen
            for k, leaf in enumerate(leaves(t))
            if leaf.dtype.is_float
        )

    def tangent_result(self) -> SurfaceType:
        found = tangent_type(self.signature.result)
        if found is None:
            raise NOT_SCALAR_RESULT.at(
                self.span,
                f"`{self.kind}`: the result {self.signature.result} carries no derivative",
            )
        return found

    def require_scalar(self) -> None:
        result = self.signature.result
        if isinstance(result, Scalar) and result.dtype.is_float:
            return
        instead = "`jacrev` or `vjp`" if self.kind != "hessian" else "`jacfwd(jacrev(f))`"
        raise NOT_SCALAR_RESULT.at(
            self.span,
            f"`{self.kind}` takes a function with one real result, found {result}",
            hint=f"{instead} for other results" if tangent_type(result) else None,
        )

    def require_known_sizes(self) -> None:
        """Cotangents are parameters: their sizes must be known before the function runs."""
        known = self.names()
        for leaf in leaves(self.signature.result):
            for d in leaf.dims:
                if not d.atoms() <= known:
                    raise NOT_SUPPORTED.at(
                        self.span,
                        f"`{self.kind}` of a function whose result size only a run can tell",
                    )

    def with_params(
        self, more: Params, result: SurfaceType, late: tuple[str, ...] = ()
    ) -> Signature:
        s = self.signature
        return Signature(s.sizes, (*s.params, *more), result, late, s.doc)

    def names(self) -> set[str]:
        """The sizes and the parameters."""
        return {*self.signature.sizes, *(n for n, _ in self.signature.params)}

    def fresh(self, prefix: str, chosen: Params) -> Params:
        """A parameter for the tangent of each chosen one."""
        taken = self.names()
        made: list[tuple[str, SurfaceType]] = []
        for name, t in chosen:
            tangent = tangent_type(t)
            assert tangent is not None
            made.append((_unused(f"{prefix}{name}", taken), tangent))
        return tuple(made)


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(f"`{n}`" for n in names)


def _unused(wanted: str, taken: set[str]) -> str:
    name, count = wanted, 1
    while name in taken:
        count += 1
        name = f"{wanted}{count}"
    taken.add(name)
    return name


def _tangents(chosen: Params) -> SurfaceType:
    """One tangent as it is, several as a tuple."""
    found = tuple(t for _, p in chosen if (t := tangent_type(p)) is not None)
    return found[0] if len(found) == 1 else Tuple(found)


# ---- one shape for each kind -----------------------------------------------------------------------


def _grad(target: _Target, chosen: Params) -> Signature:
    target.require_scalar()
    return target.with_params((), _tangents(chosen))


def _value_and_grad(target: _Target, chosen: Params) -> Signature:
    target.require_scalar()
    return target.with_params((), Tuple((target.signature.result, _tangents(chosen))))


def _jvp(target: _Target, chosen: Params) -> Signature:
    result = Tuple((target.signature.result, target.tangent_result()))
    late = target.signature.result_sizes
    return target.with_params(target.fresh("d", chosen), result, late)


def _vjp(target: _Target, chosen: Params) -> Signature:
    target.require_known_sizes()
    taken = target.names()
    cotangent = (_unused("ct", taken), target.tangent_result())
    found = tuple(t for _, p in chosen if (t := tangent_type(p)) is not None)
    result = Tuple((target.signature.result, *found))
    return target.with_params((cotangent,), result, target.signature.result_sizes)


def _jacfwd(target: _Target, chosen: Params) -> Signature:
    target.require_known_sizes()
    columns = _tangents(chosen)
    return target.with_params((), outer_type(target.tangent_result(), columns, is_of_rows=True))


def _jacrev(target: _Target, chosen: Params) -> Signature:
    target.require_known_sizes()
    columns = _tangents(chosen)
    return target.with_params((), outer_type(target.tangent_result(), columns, is_of_rows=False))


def _hessian(target: _Target, chosen: Params) -> Signature:
    target.require_scalar()
    by = _tangents(chosen)
    return target.with_params((), outer_type(by, by, is_of_rows=True))


def _hvp(target: _Target, chosen: Params) -> Signature:
    target.require_scalar()
    by = _tangents(chosen)
    taken = target.names()
    return target.with_params(((_unused("v", taken), by),), by)


_SHAPES: Mapping[str, Callable[[_Target, Params], Signature]] = {
    "grad": _grad,
    "value_and_grad": _value_and_grad,
    "jvp": _jvp,
    "vjp": _vjp,
    "jacfwd": _jacfwd,
    "jacrev": _jacrev,
    "hessian": _hessian,
    "hvp": _hvp,
}


def outer_type(rows: SurfaceType, columns: SurfaceType, *, is_of_rows: bool) -> SurfaceType:
    """`rows` with every number, and every array of numbers, replaced by `columns`: the type of a Jacobian.

    Leaves come in the order (leaf of rows, leaf of columns), with the dims of the row first. Its numbers are of
    the types of the rows, being tangents of them, or else of the columns.
    """

    def outer(t: SurfaceType) -> SurfaceType:
        match t:
            case Scalar(dtype):
                return _cell(columns, (), dtype if is_of_rows else None)
            case Array(Scalar(dtype), dims):
                return _cell(columns, dims, dtype if is_of_rows else None)
            case Array(element, dims):
                return array_of(outer(element), dims)
            case Tuple(items):
                return Tuple(tuple(map(outer, items)))
            case Record(fields, _):
                return Record(tuple((n, outer(f)) for n, f in fields))
            case _:
                raise AssertionError("functions carry no tangents")

    return outer(rows)


def _cell(t: SurfaceType, dims: tuple[Poly, ...], dtype: DType | None) -> SurfaceType:
    """`t` with `dims` in front of every leaf, and of type `dtype` if any; tuples and records stay outside."""
    match t:
        case Scalar(own):
            return array_of(Scalar(dtype or own), dims)
        case Array(element, own):
            return array_of(_cell(element, (), dtype), dims + own)
        case Tuple(items):
            return Tuple(tuple(_cell(item, dims, dtype) for item in items))
        case Record(fields, name):
            made = tuple((n, _cell(f, dims, dtype)) for n, f in fields)
            return Record(made, name if made == fields else None)
        case _:
            raise AssertionError("functions carry no tangents")
