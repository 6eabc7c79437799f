"""`Function`: a definition of ADL, or a function made from some, as a Python callable that can be looked into.

A function made from others (a derivative, a regrouping) keeps its recipe, so that it pickles as the source text and
what was done to it, and is made again at the other end.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from adc.api.callee import Callee
from adc.diagnostics import Diagnostic, UnsupportedError, UsageError
from adc.driver.compile import Assembly, Derivation, Session
from adc.driver.options import Stage
from adc.runtime.calls import NativeFunction
from adc.types.core import Signature, SurfaceType, Tuple, leaves


class Function(Callee):
    """Call it with arrays, scalars, tuples and records; give it to `adc.grad` and its kin.

    `name` is its name in the program's module; `signature` is how it looks from ADL: sizes, parameters, result.
    """

    def __init__(self, session: Session, name: str, signature: Signature, recipe: Recipe) -> None:
        super().__init__(name, signature)
        self._session = session
        self._recipe = recipe

    def _load_native(self) -> NativeFunction:
        return self._session.native((self.name,)).function(self.name)

    def reference(self, *args: object, **by_name: object) -> Any:
        """The same result by the reference evaluator: slow, simple, no machine code."""
        flat = self._arguments.flat(args, by_name)
        return self._build(self._session.evaluate(self.name, flat))

    # ---- looking inside --------------------------------------------------------------------------

    def ir(self, stage: str = "optimised") -> str:
        """What a stage made of this function: textual IR, or the text of `loops`, `llvm` or `asm`."""
        known = [s.value for s in Stage if s.is_made_of_entries]
        if stage not in known:
            title = f"there is no stage `{stage}` of a function"
            raise UsageError(Diagnostic("E0507", title, hint=", ".join(known)))
        return self._session.text(Stage(stage), (self.name,))

    def source(self, language: str | None = None) -> str:
        """The function as ADL; a derivative as the ADL program that it is."""
        if language not in (None, "adl"):
            raise UnsupportedError(
                Diagnostic("E0901", f"there is no source in `{language}` yet", hint='"adl"')
            )
        return self._session.adl((self.name,))

    def llvm(self) -> str:
        """The LLVM IR that is compiled."""
        return self.ir("llvm")

    def asm(self) -> str:
        """The assembly of the machine code that runs."""
        return self.ir("asm")

    def lower(self, *args: object, **by_name: object) -> Lowered:
        """This function lowered, if it takes such arguments; one serves every size."""
        self.check_arguments(*args, **by_name)
        return Lowered(self)

    # ---- functions made from this one ------------------------------------------------------------

    def derive(self, kind: str, wrt: Sequence[str], name: str | None = None) -> Function:
        """The derivative of a kind (see `adc.ir.core.DerivativeRequest`) by the parameters `wrt`."""
        return Derived(self, kind, tuple(wrt), name).make(self._session)

    def regrouped(self, result: SurfaceType) -> Function:
        """This function with the leaves of its result in another structure."""
        return Regrouped(self, result).make(self._session)

    def without_derivative(self) -> Function:
        """This function, whose derivative is zero."""
        return Stopped(self).make(self._session)

    def checkpointed(self) -> Function:
        """This function, whose derivative computes its inside again."""
        return Checkpointed(self).make(self._session)

    def __reduce__(self) -> tuple[object, ...]:
        return _make, (self._recipe, self._session)

    # ---- showing itself --------------------------------------------------------------------------

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.source())}</pre>"

    def _repr_markdown_(self) -> str:
        return f"```\n{self.source()}```"


@dataclass(frozen=True, slots=True)
class Lowered:
    """A function on its way to machine code, with the verbs that JAX users know."""

    function: Function

    def as_text(self, stage: str = "loops") -> str:
        return self.function.ir(stage)

    def compile(self) -> Function:
        """The function, machine code made."""
        self.function.ir("loops")
        return self.function


# ---- how functions are made ----------------------------------------------------------------------


class Recipe(Protocol):
    """What a function was made by. Making it twice in a session gives the same code, compiled once."""

    def make(self, session: Session) -> Function: ...


def _make(recipe: Recipe, session: Session) -> Function:
    return recipe.make(session)


@dataclass(frozen=True, slots=True)
class Defined:
    """A definition of the program."""

    name: str

    def make(self, session: Session) -> Function:
        return Function(session, self.name, session.signature(self.name), self)


@dataclass(frozen=True, slots=True)
class Derived:
    target: Function
    kind: str
    wrt: tuple[str, ...]
    name: str | None

    def make(self, session: Session) -> Function:
        derivation = Derivation(self.kind, self.target.name, self.wrt, self.name)
        name, signature = session.derive(derivation, self.target.signature)
        return Function(session, name, signature, self)


@dataclass(frozen=True, slots=True)
class Regrouped:
    target: Function
    result: SurfaceType

    def make(self, session: Session) -> Function:
        signature = replace(self.target.signature, result=self.result)
        return Function(session, self.target.name, signature, self)


@dataclass(frozen=True, slots=True)
class Stopped:
    target: Function

    def make(self, session: Session) -> Function:
        name = session.stop(self.target.name)
        return Function(session, name, self.target.signature, self)


@dataclass(frozen=True, slots=True)
class Checkpointed:
    target: Function

    def make(self, session: Session) -> Function:
        name = session.checkpoint(self.target.name)
        return Function(session, name, self.target.signature, self)


@dataclass(frozen=True, slots=True)
class Part:
    """The result of a function, or the item of its tuple at `position`."""

    function: Function
    position: int | None = None

    @property
    def type(self) -> SurfaceType:
        result = self.function.signature.result
        if self.position is None:
            return result
        assert isinstance(result, Tuple)
        return result.items[self.position]

    @property
    def leaf_positions(self) -> tuple[int, ...]:
        """Where the leaves stand among the results of the IR function."""
        signature = self.function.signature
        start = len(signature.result_sizes)
        if self.position is not None:
            assert isinstance(signature.result, Tuple)
            before = signature.result.items[: self.position]
            start += sum(1 for item in before for _ in leaves(item))
        return tuple(range(start, start + sum(1 for _ in leaves(self.type))))


Shape = Part | tuple["Shape", ...]


@dataclass(frozen=True, slots=True)
class Combined:
    """Parts of functions with the same parameters, computed together, in nested tuples."""

    shape: Shape

    def make(self, session: Session) -> Function:
        parts = list(_parts(self.shape))
        result = _type(self.shape)
        sizes = _result_sizes(parts, result)
        chosen = [(part.function.name, part.leaf_positions) for part in parts]
        assembly = Assembly((*sizes.values(), *chosen))
        signature = replace(
            parts[0].function.signature, result=result, result_sizes=tuple(sizes), doc=""
        )
        return Function(session, session.assemble(assembly, signature), signature, self)


def combine(shape: Shape) -> Function:
    """The function that gives the parts of `shape` in nested tuples; all take the same parameters."""
    session = next(_parts(shape)).function._session
    return Combined(shape).make(session)


def _parts(shape: Shape) -> Iterator[Part]:
    if isinstance(shape, Part):
        yield shape
        return
    for inner in shape:
        yield from _parts(inner)


def _type(shape: Shape) -> SurfaceType:
    return shape.type if isinstance(shape, Part) else Tuple(tuple(map(_type, shape)))


def _result_sizes(
    parts: Sequence[Part], result: SurfaceType
) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Where the sizes that only a run can know come from; functions of one program agree on a name."""
    mentioned = {atom for leaf in leaves(result) for dim in leaf.dims for atom in dim.atoms()}
    found: dict[str, tuple[str, tuple[int, ...]]] = {}
    for part in parts:
        for position, size in enumerate(part.function.signature.result_sizes):
            if size in mentioned:
                found.setdefault(size, (part.function.name, (position,)))
    return found
