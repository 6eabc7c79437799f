"""Canonical text of the IR: what dumps show and `adc.ir.parser` reads back.

    def sum_of_squares(n: i64, x: f64[n]) {
      signature [n](x: f64[n]) -> f64
      s: f64 = reduce[ops=("add",)](n) { (i: i64)
        xi: f64 = index(x, i)
        y: f64 = mul(xi, xi)
        yield y
      }
      return s
    }
    request gradient = grad sum_of_squares wrt (1)
    rule norm = adjoint norm.adjoint

Names come from hints and are unique in a function. Literals show their type: `2` is i64, `2.0` f64, the rest
carry a suffix (`2i32`, `2.0f32`, `0tape`). Spans are not printed; origins are comments, when asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from adc.ir.core import (
    Atom,
    Block,
    DerivativeRequest,
    Dim,
    Equation,
    Function,
    Literal,
    Module,
    Origin,
    OwnRule,
    Params,
    Type,
    Value,
)
from adc.ir.scanner import NAME, RESERVED, quoted
from adc.ir.signature import signature_text
from adc.ir.walk import sizes_ahead
from adc.types.core import DType, Signature

_INDENT = "  "
_SUFFIX = {DType.F32: "f32", DType.I32: "i32", DType.TAPE: "tape"}


def print_module(module: Module, *, origins: bool = False) -> str:
    """All functions, requests and rules, in the order of the module; origins as comments on request."""
    functions = [print_function(f, origins=origins) for f in module.functions.values()]
    requests = [_request(r) for r in module.requests.values()]
    rules = [_rule(name, rule) for name, rule in module.rules.items()]
    blocks = [*functions, "".join(requests), "".join(rules)]
    return "\n".join(block for block in blocks if block)


def print_function(f: Function, *, origins: bool = False) -> str:
    """The text of one function, ending in a line end."""
    return "\n".join([*_write_function(f, origins).lines, ""])


def excerpt(f: Function, equation: Equation | None, around: int = 3) -> str:
    """The lines of a function around one of its equations, which is marked; without one, its first lines."""
    writer = _write_function(f, origins=True)
    place = writer.places.get(equation, 0) if equation is not None else 0
    first = max(0, place - around)
    lines = writer.lines[first : place + around + 1]
    return "\n".join(
        f"{'->' if n == place else '  '} {line}" for n, line in enumerate(lines, start=first)
    )


def _write_function(f: Function, origins: bool) -> _Writer:
    writer = _Writer(Names(), origins)
    writer.names.add((*f.block.params, *sizes_ahead(f.block)))
    params = writer.names.define(f.block.params)
    writer.lines.append(f"{'keep ' if f.keep else ''}def {quoted(f.name)}({params}) {{")
    writer.lines.extend(_signature_lines(f.signature))
    writer.body(f.block, 1, "return")
    writer.lines.append("}")
    return writer


def print_equation(e: Equation, names: Names | None = None) -> str:
    """The text of one equation, regions included; unknown values appear as `?hint`."""
    writer = _Writer(names or Names())
    writer.equation(e, 0)
    return "\n".join(writer.lines)


class Names:
    """Unique readable names of one function's values, in the order in which they are defined."""

    def __init__(self) -> None:
        self._by_value: dict[Value, str] = {}
        self._used: set[str] = set(RESERVED)
        self._next: dict[str, int] = {}

    def define(self, values: Iterable[Value]) -> str:
        """Names the values and gives their list with types: `n: i64, x: f64[n]`."""
        values = tuple(values)
        self.add(values)
        return ", ".join(f"{self.of(v)}: {self.type(v.type)}" for v in values)

    def add(self, values: Iterable[Value]) -> None:
        """Names for the values that have none yet."""
        for v in values:
            if v not in self._by_value:
                self._by_value[v] = self._fresh(v.hint)

    def of(self, atom: Atom) -> str:
        if isinstance(atom, Literal):
            return literal_text(atom)
        return self._by_value.get(atom) or f"?{atom.hint}"

    def atoms(self, atoms: Iterable[Atom]) -> str:
        return ", ".join(map(self.of, atoms))

    def type(self, t: Type) -> str:
        dims = ", ".join(map(self._dim, t.shape))
        return f"{'ref ' if t.is_ref else ''}{t.dtype.value}{f'[{dims}]' if dims else ''}"

    def _dim(self, d: Dim) -> str:
        return str(d) if isinstance(d, int) else self.of(d)

    def _fresh(self, hint: str) -> str:
        name = _clean(hint)
        if name in self._used:
            base = name.rstrip("0123456789") or "v"
            number = self._next.get(base, 1)
            while f"{base}{number}" in self._used:
                number += 1
            self._next[base] = number + 1
            name = f"{base}{number}"
        self._used.add(name)
        return name


def _clean(hint: str) -> str:
    """The hint as a name of the language: other characters become `_`."""
    name = re.sub(r"[^A-Za-z0-9_.]", "_", hint) or "v"
    return name if NAME.fullmatch(name) else f"_{name}"


def literal_text(a: Literal) -> str:
    """`true`, `2`, `2i32`, `2.0`, `-inff32`."""
    dtype = a.type.dtype
    if dtype is DType.BOOL:
        return "true" if a.value else "false"
    text = repr(float(a.value)) if dtype.is_float else str(int(a.value))
    return text + _SUFFIX.get(dtype, "")


# ---- equations ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Writer:
    """Collects lines; `level` counts the regions around."""

    names: Names
    origins: bool = False
    lines: list[str] = field(default_factory=list)
    places: dict[Equation, int] = field(default_factory=dict)  # line of each equation

    def body(self, block: Block, level: int, end: str) -> None:
        for e in block.equations:
            self.equation(e, level)
        if block.results:
            self._line(level, f"{end} {self.names.atoms(block.results)}")

    def equation(self, e: Equation, level: int) -> None:
        call = f"{e.op}{_params(e.params)}({self.names.atoms(e.operands)})"
        results = self.names.define(e.results)
        head = f"{results} = {call}" if results else call
        self.places[e] = len(self.lines)
        comment = f"  # {origin_text(e.origin)}" if self.origins and e.origin else ""
        for region in e.regions:
            params = self.names.define(region.params)
            self._line(level, f"{head} {{ ({params}){comment}" if params else f"{head} {{{comment}")
            self.body(region, level + 1, "yield")
            head, comment = "}", ""
        self._line(level, head + comment)

    def _line(self, level: int, text: str) -> None:
        self.lines.append(_INDENT * level + text)


def _params(params: Params) -> str:
    if not params:
        return ""
    return "[" + ", ".join(f"{key}={_param(params[key])}" for key in sorted(params)) + "]"


def _param(value: object) -> str:
    match value:
        case DType():
            return value.value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return json.dumps(value)
        case tuple():
            inner = ", ".join(map(_param, value))
            return f"({inner},)" if len(value) == 1 else f"({inner})"
        case _:
            return f"<{value!r}>"  # not IR; the verifier says so, and shows it


def origin_text(origin: Origin | None) -> str:
    """The chain of origins, newest first: `transpose mul <- jvp sin <- source loss`."""
    chain = []
    while origin is not None:
        chain.append(f"{origin.kind} {origin.name}")
        origin = origin.parent
    return " <- ".join(chain)


# ---- what stands beside the code ---------------------------------------------------------------


def _request(r: DerivativeRequest) -> str:
    wrt = ", ".join(map(str, r.wrt))
    return f"request {quoted(r.name)} = {quoted(r.kind)} {quoted(r.target)} wrt ({wrt})\n"


def _rule(name: str, rule: OwnRule) -> str:
    return f"rule {quoted(name)} = {quoted(rule.kind)} {quoted(rule.function)}\n"


def _signature_lines(signature: Signature | None) -> Iterator[str]:
    if signature is None:
        return
    if signature.doc:
        yield f"{_INDENT}doc {json.dumps(signature.doc)}"
    yield f"{_INDENT}signature {signature_text(signature)}"
