"""Function values made into functions of the module: what they capture becomes leading parameters.

Two values that differ only in what flows through them at run time share one function: the key tells the code, the
element types, and how the sizes of all arrays are related, but no value that the program computes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

from adc.frontends.context import Context
from adc.frontends.elements import type_of, whole
from adc.frontends.free import free_names
from adc.frontends.interface import Interface, Opened, Outcome, map_dims
from adc.frontends.making import Recipe
from adc.frontends.unify import element_of, fix_open, require_float, resolve
from adc.frontends.values import (
    Abstract,
    Accumulator,
    Builtin,
    Checkpointed,
    Closure,
    Constant,
    Definition,
    Derived,
    FunctionValue,
    Leaf,
    Product,
    Rows,
    Scope,
    Typed,
    Unknown,
    is_function,
    rows_around,
)
from adc.ir.core import Atom, Literal, Value
from adc.types.core import DType, Scalar, SurfaceType
from adc.types.dims import Poly


@dataclass(frozen=True, slots=True)
class Callee:
    """A function of the module that stands for a function value: pass `captured` before the arguments."""

    name: str
    outcome: Outcome
    captured: tuple[Abstract, ...]
    functions: frozenset[int] = (
        frozenset()
    )  # positions of arguments that are functions: captured, not passed


# ---- walking function values -----------------------------------------------------------------------


def captured_names(closure: Closure) -> list[tuple[str, Abstract]]:
    """The local names that a closure mentions, and what they stand for."""
    found: list[tuple[str, Abstract]] = []
    for name in sorted(free_names(closure.node)):
        value = closure.scope.find(name)
        if value is not None and not isinstance(value, Accumulator):
            found.append((name, value))
    return found


def captured_leaves(value: Abstract, hint: str = "c") -> Iterator[tuple[str, Atom]]:
    """IR values that a value holds, functions included; literals are part of the code."""
    match value:
        case Leaf(Value() as atom):
            yield hint, atom
        case Product(items):
            for k, item in enumerate(items):
                yield from captured_leaves(item, f"{hint}_{value.names[k] if value.names else k}")
        case Rows(_, row):
            yield from captured_leaves(row, hint)
        case Closure():
            for name, inner in captured_names(value):
                yield from captured_leaves(inner, name)
        case Derived() | Checkpointed() | Typed():
            yield from captured_leaves(value.function, hint)
        case _:
            return


def with_leaves(value: Abstract, supply: Callable[[Atom], Atom]) -> Abstract:
    """The value with its IR values replaced, functions included."""
    match value:
        case Leaf(Value() as atom):
            return Leaf(supply(atom))
        case Product(items):
            return value.like([with_leaves(item, supply) for item in items])
        case Rows(dims, row):
            filled = with_leaves(row, supply)
            assert isinstance(filled, Product)
            return rows_around(filled, dims)
        case Closure(node):
            scope = Scope()
            for name, inner in captured_names(value):
                scope.bind(name, with_leaves(inner, supply))
            return Closure(node, scope)
        case Derived(kind, function, wrt):
            return Derived(kind, _with_leaves(function, supply), wrt)
        case Checkpointed(function):
            return Checkpointed(_with_leaves(function, supply))
        case Typed(function, t, scope):
            return Typed(_with_leaves(function, supply), t, Scope())
        case _:
            return value


def _with_leaves(function: FunctionValue, supply: Callable[[Atom], Atom]) -> FunctionValue:
    return with_leaves(function, supply)  # type: ignore[return-value]


def code_key(value: Abstract) -> Hashable:
    """What is the same for all values that can share a function: code and structure, without IR values."""
    match value:
        case Leaf(Literal() as literal):
            return literal
        case Leaf():
            return "leaf"
        case Unknown():
            return "unknown"
        case Constant(number):
            return (type(number), repr(number))
        case Product(items, names):
            return ("product", names, tuple(map(code_key, items)))
        case Rows(dims, row):
            return ("rows", len(dims), code_key(row))
        case Closure(node):
            parts = tuple((name, code_key(inner)) for name, inner in captured_names(value))
            return ("closure", id(node), parts)
        case Definition(name) | Builtin(name):
            return (type(value), name)
        case Derived(kind, function, wrt):
            return ("derived", kind, wrt, code_key(function))
        case Checkpointed(function):
            return ("checkpoint", code_key(function))
        case Typed(function, t):
            return ("typed", str(t), code_key(function))
        case _:
            raise AssertionError(f"no function of {type(value).__name__}")


# ---- sizes of the new function ---------------------------------------------------------------------


class Closing:
    """The sizes of captured and passed arrays, as size parameters of a function to be made."""

    def __init__(self, cx: Context, taken: Sequence[str], kept: frozenset[Poly] | None) -> None:
        self.cx = cx
        self.taken = taken
        self.kept = kept
        self.names: dict[Poly, str] = {}
        self.cover: dict[Hashable, Poly] = {}

    def size(self, d: Poly) -> Poly:
        """A size of the caller as a size of the function: the same number, or a size parameter."""
        return d if d.constant is not None else self._parameter(d)

    def size_of_argument(self, d: Poly) -> Poly:
        """As `size`; numbers that are not among those kept become size parameters as well."""
        if self.kept is None or d in self.kept:
            return self.size(d)
        return self._parameter(d)

    def _parameter(self, d: Poly) -> Poly:
        if d not in self.names:
            atom = d.single_atom
            wanted = atom.hint if isinstance(atom, Value) and atom.hint else "n"
            self.names[d] = _unused(wanted, (*self.taken, *self.names.values()))
        return Poly.atom(self.names[d])

    def relations(self, *, are_kept: bool) -> dict[str, Poly]:
        """Sizes that are polynomials of other ones, by name; equal sizes have one name in any case.

        A recursive function must not keep them: from call to call they may change without end.
        """
        cover = self.cover
        related: dict[str, Poly] = {}
        ordered = sorted(self.names.items(), key=lambda pair: pair[0].single_atom is None)
        for d, name in ordered:
            if not are_kept and d.single_atom is None:
                continue
            inside = d.substitute(cover)
            open_atoms = [a for a in self.cx.sizes.atoms(d) if a not in cover]
            if not open_atoms:
                related[name] = inside
                continue
            solved = _solve(inside, Poly.atom(name), open_atoms)
            if solved is not None:
                cover[open_atoms[0]] = solved
        return related

    def related_value(self, p: Poly) -> Poly | None:
        """An i64 of the caller in terms of size parameters, where it is one of them or made of them."""
        if p.constant is not None or not all(a in self.cover for a in p.atoms()):
            return None
        return p.substitute(self.cover)


def _solve(inside: Poly, name: Poly, open_atoms: Sequence[Hashable]) -> Poly | None:
    """The one open atom, where the size is it times 1 or -1, plus known things."""
    if len(open_atoms) != 1:
        return None
    (atom,) = open_atoms
    for sign in (1, -1):
        rest = inside - Poly.atom(atom) * sign
        if atom not in rest.atoms():
            return (name - rest) * sign
    return None


def _unused(wanted: str, taken: Sequence[str]) -> str:
    name, count = wanted, 0
    while name in taken:
        count += 1
        name = f"{wanted}_{count}"
    return name


# ---- making the function ---------------------------------------------------------------------------


Inline = Callable[[Context, FunctionValue, Sequence[Abstract]], Abstract]


@dataclass(frozen=True, slots=True)
class Closed:
    """A function value made ready to become a function: its key, its recipe, and what is passed for it."""

    key: Hashable
    recipe: Callable[[str], Recipe]
    captured: tuple[Abstract, ...]


def close_over(
    cx: Context,
    function: FunctionValue,
    args: Sequence[Abstract],
    names: Sequence[str],
    *,
    wants_floats: bool,
    inline: Inline,
    kept: frozenset[Poly] | None = None,
) -> Closed:
    """The function of `args` that does what `function` does; functions among `args` are captured.

    `inline` applies the function inside the new one. Sizes of `args` that are numbers stay so if they are among
    `kept`, or if that is None: a recursive function would be made anew for every number.
    """
    held = [a if is_function(a) else whole(cx, a) for a in args]
    code = Product((function, *(a for a in held if is_function(a))))
    passed = [(n, a) for n, a in zip(names, held, strict=True) if not is_function(a)]
    captured = _distinct(captured_leaves(code))
    for _, a in captured:
        fix_open(a.type.dtype)
    for _, value in passed:
        _fix_argument(value, wants_floats)
    inputs = [*((n, Leaf(a)) for n, a in captured), *passed]
    own = _distinct_names([n for n, _ in passed], ())
    param_names = [*_distinct_names([n for n, _ in captured], own), *own]
    sizes = Closing(cx, param_names, kept)
    params: list[tuple[str, SurfaceType]] = []
    for k, (n, (_, value)) in enumerate(zip(param_names, inputs, strict=True)):
        size = sizes.size if k < len(captured) else sizes.size_of_argument
        params.append((n, map_dims(type_of(cx, value), size)))
    related = sizes.relations(are_kept=wants_floats)
    values = {
        params[k][0]: p
        for k, (_, a) in enumerate(captured)
        if params[k][1] == Scalar(DType.I64) and (p := sizes.related_value(cx.poly(a))) is not None
    }
    interface = Interface(tuple(sizes.names.values()), tuple(params))
    key = (
        code_key(code),
        tuple(code_key(a) if is_function(a) else None for a in held),
        tuple(t for _, t in params),
        tuple(sorted(related.items(), key=str)),
        tuple(sorted(values.items(), key=str)),
    )
    positions = [is_function(a) for a in held]

    def body(inner: Context, opened: Opened) -> Abstract:
        _relate(inner, opened, interface, {**related, **values})
        new = [
            atom for value in opened.values[: len(captured)] for _, atom in captured_leaves(value)
        ]
        by_old = dict(zip((a for _, a in captured), new, strict=True))
        rebuilt = with_leaves(code, by_old.__getitem__)
        assert isinstance(rebuilt, Product)
        target, *functions = rebuilt.items
        data_args = list(opened.values[len(captured) :])
        given = [functions.pop(0) if is_f else data_args.pop(0) for is_f in positions]
        return inline(inner, target, given)  # type: ignore[arg-type]

    def recipe(name: str) -> Recipe:
        return Recipe(name, interface, body, span=cx.span)

    return Closed(key, recipe, tuple(Leaf(a) for _, a in captured))


def _distinct(found: Iterator[tuple[str, Atom]]) -> list[tuple[str, Atom]]:
    by_atom: dict[Atom, str] = {}
    for hint, atom in found:
        by_atom.setdefault(atom, hint)
    return [(hint, atom) for atom, hint in by_atom.items()]


def _fix_argument(value: Abstract, wants_floats: bool) -> None:
    """Literals become definite: floats when the function is to be differentiated."""
    for _, atom in captured_leaves(value):
        _fix(atom, wants_floats)
    if isinstance(value, Leaf):
        _fix(value.atom, wants_floats)
    if isinstance(value, Product):
        for item in value.items:
            _fix_argument(item, wants_floats)


def _fix(atom: Atom, wants_floats: bool) -> None:
    element = element_of(atom.type)
    if wants_floats and not isinstance(element, DType):
        require_float(element)
    fix_open(resolve(element))


def _distinct_names(wanted: Sequence[str], taken: Sequence[str]) -> list[str]:
    made: list[str] = []
    for name in wanted:
        made.append(_unused(name, (*taken, *made)))
    return made


def _relate(cx: Context, opened: Opened, interface: Interface, related: dict[str, Poly]) -> None:
    """Tell the new function's side table how its sizes and captured integers are related."""
    by_name: dict[str, Value] = dict(zip(interface.sizes, opened.params, strict=False))
    atoms: dict[Hashable, Poly] = {n: Poly.atom(v) for n, v in by_name.items()}
    for (name, _), value in zip(interface.params, opened.values, strict=True):
        if name in related and isinstance(value, Leaf) and isinstance(value.atom, Value):
            by_name[name] = value.atom
    for name, poly in related.items():
        cx.sizes.equate(by_name[name], poly.substitute(atoms))
