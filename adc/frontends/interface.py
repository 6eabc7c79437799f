"""How a definition looks from outside: sizes, parameters, result, and the finished IR function.

A size that is a name is a parameter of the IR function; one that is a polynomial of names, `f64[d*(d+1)/2]`, is
computed by the body and trusted, because callers check it. Other expressions get a size parameter with a made-up
name, which the body checks.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from adc.diagnostics import Span
from adc.frontends.context import Context
from adc.frontends.declared import size_here
from adc.frontends.elements import data, outer_dims, require_fitting, type_of
from adc.frontends.problems import TYPE_MISMATCH, UNBOUND_SIZE
from adc.frontends.structures import from_leaves
from adc.frontends.unify import OpenType, element_of, fix_open, settle, typed
from adc.frontends.values import Abstract, Leaf, Scope, atoms
from adc.ir.core import I64, Atom, Dim, Function, Value
from adc.types.core import Array, DType, Record, Scalar, Signature, SurfaceType, Tuple, leaves
from adc.types.dims import Poly


@dataclass(frozen=True, slots=True)
class Hidden:
    """A made-up size parameter, checked against the expression that was declared: an axis of `what`."""

    name: str
    declared: Poly
    what: str
    span: Span | None

    def complaint(self, expected: str, found: str) -> str:
        return f"`{self.what}` has size {found}, expected {expected}"


@dataclass(frozen=True, slots=True)
class Interface:
    """Sizes and parameters of a definition; dims are polynomials over `sizes` and integer parameters."""

    sizes: tuple[str, ...]
    params: tuple[tuple[str, SurfaceType], ...]
    hidden: tuple[Hidden, ...] = ()

    def hidden_names(self) -> set[str]:
        return {h.name for h in self.hidden}


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    type: SurfaceType
    span: Span | None = None


def make_interface(
    parameters: Sequence[Parameter],
    constants: Mapping[Hashable, Poly],
    computed: Container[Hashable] = (),
) -> Interface:
    """Which names the shapes of parameters bind; `constants` are names that are numbers.

    `computed` are names of other constants, whose values only the body knows.
    """
    return _Collector(parameters, constants, computed).interface()


class _Collector:
    def __init__(
        self,
        parameters: Sequence[Parameter],
        constants: Mapping[Hashable, Poly],
        computed: Container[Hashable],
    ) -> None:
        self.parameters = parameters
        self.computed = computed
        names = {p.name for p in parameters}
        self.constants = {n: p for n, p in constants.items() if n not in names}
        self.taken = {*names, *(a for p in parameters for a in _names_in(p.type))}
        self.values = {p.name: p.type for p in parameters}
        self.sizes: dict[str, Parameter] = {}  # with where each is mentioned first
        self.bound: set[str] = set()
        self.hidden: list[Hidden] = []

    def interface(self) -> Interface:
        params = tuple((p.name, self._type(p.type, p.name, p)) for p in self.parameters)
        for name, p in self.sizes.items():
            if name not in self.bound:
                raise UNBOUND_SIZE.at(
                    p.span,
                    f"nothing binds the size `{name}`",
                    notes=("a shape binds a name that stands alone, or in a*n + b",),
                    hint=f"make `{name}` a parameter: `{name}: i64`",
                )
        return Interface(tuple(self.sizes), params, tuple(self.hidden))

    def _type(self, t: SurfaceType, what: str, p: Parameter) -> SurfaceType:
        match t:
            case Array(element, dims):
                plain = tuple(self._dim(d, what, axis, p) for axis, d in enumerate(dims))
                inner = self._type(element, what, p)
                assert isinstance(inner, Scalar | Tuple | Record)
                return Array(inner, plain)
            case Tuple(items):
                return Tuple(
                    tuple(self._type(item, f"{what}_{k}", p) for k, item in enumerate(items))
                )
            case Record(fields, name):
                made = tuple((n, self._type(f, f"{what}_{n}", p)) for n, f in fields)
                return Record(made, name)
            case _:
                return t

    def _dim(self, d: Poly, what: str, axis: int, p: Parameter) -> Poly:
        known = d.substitute(self.constants)
        if any(not isinstance(a, str) or a in self.computed for a in known.atoms()):
            made = _unused(f"{what}_{axis}", self.taken)
            self.sizes[made] = p
            self.bound.add(made)
            self.hidden.append(Hidden(made, known, what, p.span))
            return Poly.atom(made)
        for name in map(str, _ordered(known)):
            shown = self.values.get(name, Scalar(DType.I64))
            if shown != Scalar(DType.I64):
                raise TYPE_MISMATCH.at(
                    p.span, f"the size `{name}` is a parameter of type {shown}, expected i64"
                )
        names = [a for a in _ordered(known) if isinstance(a, str) and a not in self.values]
        for name in names:
            self.sizes.setdefault(name, p)
        linear = known.linear_in_one()
        if linear is not None and linear[0].denominator == linear[2].denominator == 1:
            self.bound.update(names)
        return known


def _names_in(t: SurfaceType) -> Iterator[str]:
    for leaf in leaves(t):
        for d in leaf.dims:
            yield from (a for a in d.atoms() if isinstance(a, str))


# ---- inside the function ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """A function whose parameters exist: IR values, what they are as values, names of the sizes among them."""

    params: tuple[Value, ...]
    values: tuple[Abstract, ...]
    names: dict[Hashable, str]
    scope: Scope


def open_function(cx: Context, interface: Interface, scope: Scope) -> Opened:
    """Make the block parameters, bind sizes and parameters in `scope`, and check declared sizes."""
    known: dict[Hashable, Poly] = {}
    by_name: dict[str, Value] = {}
    hidden = interface.hidden_names()
    for name in (*interface.sizes, *(n for n, t in interface.params if t == Scalar(DType.I64))):
        v = cx.param(I64, name)
        by_name[name] = v
        known[name] = Poly.atom(v)
        if name in interface.sizes:
            cx.sizes.declare_natural(v)
        if name not in hidden:
            scope.bind(name, Leaf(v))
    params = [by_name[s] for s in interface.sizes]

    def dim(d: Poly) -> Dim:
        size = d.substitute(known)
        cx.sizes.assume_natural(size, cx.frame)
        return cx.dim(size)

    values: list[Abstract] = []
    for name, t in interface.params:
        if t == Scalar(DType.I64):
            params.append(by_name[name])
            values.append(Leaf(by_name[name]))
            continue
        first = len(params)
        for leaf in leaves(t):
            hint = "_".join(map(str, (name, *leaf.path)))
            params.append(cx.param(typed(leaf.dtype, tuple(map(dim, leaf.dims))), hint))
        value = from_leaves(t, params[first:], dim)
        values.append(value)
        scope.bind(name, value)
    _check_hidden(cx, interface.hidden, by_name, scope)
    names: dict[Hashable, str] = {v: n for n, v in by_name.items()}
    return Opened(tuple(params), tuple(values), names, scope)


def _check_hidden(
    cx: Context, hidden: Sequence[Hidden], by_name: dict[str, Value], scope: Scope
) -> None:
    for h in hidden:
        with cx.at(h.span):
            expected = size_here(cx, h.declared, scope)
            if isinstance(expected, str):
                raise cx.wrong(
                    UNBOUND_SIZE,
                    f"nothing binds the size `{expected}`",
                    notes=("a shape binds a name that stands alone, or in a*n + b",),
                    hint=f"make `{expected}` a parameter: `{expected}: i64`",
                )
            value = by_name[h.name]
            cx.require_equal(expected, cx.poly(value), h.complaint)
            if cx.poly(value) == Poly.atom(value) and value not in expected.atoms():
                cx.sizes.equate(value, expected)


# ---- finishing -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What callers know: the signature, and the result leaves whose element type was left to the default."""

    signature: Signature
    open_leaves: frozenset[int] = frozenset()


def declared_outcome(
    cx: Context, interface: Interface, opened: Opened, result: SurfaceType, scope: Scope, doc: str
) -> Outcome:
    """What callers know before the body has been elaborated. Free names in the type are sizes it returns."""
    naming = _Naming(cx, opened, interface)
    named = naming.rename(_bound_type(cx, result, scope))
    return Outcome(
        Signature(interface.sizes, interface.params, named, tuple(naming.result_sizes), doc)
    )


def _bound_type(cx: Context, t: SurfaceType, scope: Scope) -> SurfaceType:
    """The type with its sizes told through IR values, except for names that nothing binds."""

    def dim(d: Poly) -> Poly:
        here = size_here(cx, d, scope)
        if isinstance(here, Poly):
            return here
        if d.single_atom != here:
            raise cx.wrong(UNBOUND_SIZE, f"the size `{here}` of the result is not known here")
        return d

    return map_dims(t, dim)


def close_function(
    cx: Context,
    name: str,
    interface: Interface,
    opened: Opened,
    value: Abstract,
    doc: str = "",
    declared: tuple[SurfaceType, Scope] | None = None,
) -> tuple[Function, Outcome]:
    """The IR function with `value` as its result; `declared` is its type and the scope that binds its sizes."""
    made = data(cx, value, "the result of a definition")
    results = list(atoms(made))
    still_open = frozenset(
        k for k, a in enumerate(results) if isinstance(element_of(a.type), OpenType)
    )
    for a in results:
        outer_dims(cx, a.type.shape, "the result")
    for t in cx.open_types:
        fix_open(t)
    for number, element, place in cx.large:
        with cx.at(place):
            require_fitting(cx, number, element)
    naming = _Naming(cx, opened, interface)
    if declared is None:
        result = naming.rename(type_of(cx, made))
    else:
        result = naming.rename(_bound_type(cx, declared[0], opened.scope))
        naming.bind_free(declared[1])
    signature = Signature(
        interface.sizes, interface.params, result, tuple(naming.result_sizes), doc
    )
    block = cx.root.builder.finish(opened.params, (*naming.result_values(), *results))
    if cx.open_types:
        block = settle(block)
    return Function(name, block, signature, cx.span), Outcome(signature, still_open)


def map_dims(t: SurfaceType, change: Callable[[Poly], Poly]) -> SurfaceType:
    """The type with every size changed."""
    match t:
        case Array(element, dims):
            inner = map_dims(element, change)
            assert isinstance(inner, Scalar | Tuple | Record)
            return Array(inner, tuple(map(change, dims)))
        case Tuple(items):
            return Tuple(tuple(map_dims(item, change) for item in items))
        case Record(fields, name):
            return Record(tuple((n, map_dims(f, change)) for n, f in fields), name)
        case _:
            return t


class _Naming:
    """Sizes of a result told by names: of size parameters, of i64 parameters, or of sizes that it returns."""

    def __init__(self, cx: Context, opened: Opened, interface: Interface) -> None:
        self.cx = cx
        self.sizes = set(interface.sizes)
        self.names = dict(opened.names)
        self.taken = {*interface.sizes, *(n for n, _ in interface.params)}
        self._returned: dict[str, Atom | None] = {}

    @property
    def result_sizes(self) -> list[str]:
        return list(self._returned)

    def result_values(self) -> list[Atom]:
        found = [v for v in self._returned.values() if v is not None]
        assert len(found) == len(self._returned)
        return found

    def rename(self, t: SurfaceType) -> SurfaceType:
        return map_dims(
            t, lambda d: d.substitute({a: Poly.atom(self._name(a)) for a in _ordered(d)})
        )

    def bind_free(self, scope: Scope) -> None:
        """Give the names that only the result has their values."""
        for name, value in self._returned.items():
            if value is None:
                size = size_here(self.cx, Poly.atom(name), scope)
                assert isinstance(size, Poly)
                self._returned[name] = self.cx.size(size)

    def _name(self, atom: Hashable) -> str:
        if isinstance(atom, str):
            self._returned.setdefault(atom, None)
            return atom
        assert isinstance(atom, Value)
        name = self.names.get(atom)
        if name is None:
            name = self.names[atom] = _unused(atom.hint or "size", self.taken)
        if name not in self.sizes:
            self._returned.setdefault(name, atom)
        return name


def _unused(wanted: str, taken: set[str]) -> str:
    """A name that is not taken; then it is."""
    name, count = wanted, 0
    while name in taken:
        count += 1
        name = f"{wanted}_{count}"
    taken.add(name)
    return name


def _ordered(d: Poly) -> list[Hashable]:
    """The atoms of a size in the order in which they are shown."""
    return list(dict.fromkeys(atom for powers, _ in d.ordered() for atom, _ in powers))
