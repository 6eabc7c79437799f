"""The IR in unary/SSA form: immutable values, equations, blocks, functions and modules.

One primitive per equation; every value is defined once; structured primitives carry blocks (regions) that
see the values of the enclosing blocks (lexical scope). A function is a flat product of arguments to a flat
product of results. Types are scalars and arrays of scalars; the dims of an array type are atoms: whole
numbers or i64 values in scope. Nothing here knows the primitive table: an equation names its primitive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from adc.diagnostics.span import Span
from adc.types.core import DType, Signature


@dataclass(frozen=True, slots=True)
class Type:
    """A scalar (no dims), an array of scalars, or a reference to an accumulator of that shape."""

    dtype: DType
    shape: tuple[Dim, ...] = ()
    is_ref: bool = False

    @property
    def rank(self) -> int:
        return len(self.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """An SSA value; compared by identity. `hint` is a readable name, not unique."""

    type: Type
    hint: str = ""

    def __repr__(self) -> str:
        return f"<{self.hint or 'value'}:{self.type.dtype.value}[{self.type.rank}]>"


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """A scalar constant. Floats compare as written: -0.0 is not 0.0, and NaN is NaN. The only tape is 0."""

    type: Type
    value: bool | int | float

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Literal):
            return NotImplemented
        return self.type == other.type and repr(self.value) == repr(other.value)

    def __hash__(self) -> int:
        return hash((self.type.dtype, repr(self.value)))


Dim = int | Value
Atom = Value | Literal
Params = Mapping[str, object]  # hashable values only: str, int, bool, float, tuple, DType
NO_PARAMS: Params = MappingProxyType({})


def _no_params() -> Params:
    return NO_PARAMS


@dataclass(frozen=True, slots=True)
class Origin:
    """What made an equation: `kind` is source, elaborate, jvp, linearize, transpose or rule; `name` says which."""

    kind: str
    name: str
    parent: Origin | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Equation:
    """`results = op[params](operands) {regions}`."""

    op: str
    operands: tuple[Atom, ...]
    results: tuple[Value, ...]
    params: Params = field(default_factory=_no_params)
    regions: tuple[Block, ...] = ()
    span: Span | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Block:
    """Parameters, equations in order, results."""

    params: tuple[Value, ...]
    equations: tuple[Equation, ...]
    results: tuple[Atom, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A named block. `params` of the block: sizes first, then the leaves of the parameters (see `Signature`).

    The type of a parameter may mention a size that the body computes at its top level from the sizes before
    (`n - 1`), ahead of the parameter's first use: sizes that are expressions are no parameters of their own.
    `keep` forbids inlining before differentiation: the function has an own rule, or stands under `checkpoint`.
    """

    name: str
    block: Block
    signature: Signature | None = None
    span: Span | None = None
    keep: bool = False  # never inline before differentiation: own rule or `checkpoint`


@dataclass(frozen=True, slots=True)
class DerivativeRequest:
    """A function still to be made: the `kind` derivative of `target` by its block parameters `wrt`.

    Kinds: "jvp" (params..., tangents of wrt) -> (results..., tangents of the float results);
    "vjp" (params..., cotangents of the float results) -> (results..., cotangents of wrt);
    "grad" params -> cotangents of wrt; "value_and_grad" params -> (results..., cotangents of wrt);
    "jacfwd", "jacrev" params -> for every float result, for every wrt: an array result.shape + wrt.shape;
    "hessian" params -> for every wrt, for every wrt: an array; "hvp" (params..., v of wrt) -> cotangents of wrt.
    """

    name: str
    kind: str
    target: str
    wrt: tuple[int, ...]
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class OwnRule:
    """A user's rule: `function` is `(params..., tangents) -> tangents` for kind "derivative", or
    `(params..., cotangents) -> cotangents` for kind "adjoint", over all float parameters in order."""

    kind: str
    function: str


@dataclass(frozen=True, slots=True)
class Module:
    """Functions by name, derivative requests by name (disjoint), own rules by the function they are for."""

    functions: Mapping[str, Function] = field(default_factory=dict)
    requests: Mapping[str, DerivativeRequest] = field(default_factory=dict)
    rules: Mapping[str, OwnRule] = field(default_factory=dict)


F64, F32 = Type(DType.F64), Type(DType.F32)
I64, I32, BOOL = Type(DType.I64), Type(DType.I32), Type(DType.BOOL)
TAPE = Type(DType.TAPE)


def literal(value: bool | int | float, dtype: DType) -> Literal:
    """A constant of the given element type; the value is converted to that type's Python kind."""
    if dtype.is_float:
        return Literal(Type(dtype), float(value))
    return Literal(Type(dtype), bool(value) if dtype is DType.BOOL else int(value))


def index_literal(value: int) -> Literal:
    return Literal(I64, value)


def dim_atom(dim: Dim) -> Atom:
    """A dim as an operand."""
    return index_literal(dim) if isinstance(dim, int) else dim


def atom_dim(atom: Atom) -> Dim:
    """An i64 operand as a dim; literals become whole numbers."""
    if isinstance(atom, Literal):
        return int(atom.value)
    return atom


def element_type(t: Type, indices: int) -> Type:
    """The type left after `indices` leading indices."""
    return Type(t.dtype, t.shape[indices:])
