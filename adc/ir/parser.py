"""Reads the text that `adc.ir.printer` writes; the printer's docstring shows the language.

Equations get spans in the text read, so that what runs from a `.air` file can be located there. Regions are
kept on a stack of our own: their nesting costs no Python frames. Scope is left to `adc.ir.verify`: here a
name only has to be defined earlier in its function, and once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from adc.diagnostics import SourceFile
from adc.ir.core import (
    BOOL,
    I64,
    NO_PARAMS,
    Atom,
    Block,
    DerivativeRequest,
    Dim,
    Equation,
    Function,
    Literal,
    Module,
    OwnRule,
    Params,
    Type,
    Value,
)
from adc.ir.scanner import CONSTANTS, DTYPES, END, RESERVED, SUFFIXES, Cursor, Token
from adc.ir.signature import parse_signature
from adc.types.core import DType, Signature


def parse_module(text: str | SourceFile) -> Module:
    """The module that the text describes; ParseError, with its place, when it describes none."""
    source = SourceFile("<ir>", text) if isinstance(text, str) else text
    return _Module(Cursor(source)).read()


def parse_function(text: str | SourceFile) -> Function:
    """The first function of the text."""
    return next(iter(parse_module(text).functions.values()))


@dataclass(slots=True)
class _Module:
    """Functions, requests and rules as they are read."""

    cursor: Cursor
    functions: dict[str, Function] = field(default_factory=dict)
    requests: dict[str, DerivativeRequest] = field(default_factory=dict)
    rules: dict[str, OwnRule] = field(default_factory=dict)

    def read(self) -> Module:
        c = self.cursor
        while c.now.kind != END:
            if c.take_word("request"):
                self._request()
            elif c.take_word("rule"):
                self._rule()
            elif c.at_word("def") or c.at_word("keep"):
                self._function()
            else:
                c.fail("expected `def`, `request` or `rule`")
        return Module(self.functions, self.requests, self.rules)

    def _function(self) -> None:
        keep = self.cursor.take_word("keep")
        start = self.cursor.now
        if not self.cursor.take_word("def"):
            self.cursor.fail("expected `def`")
        name = self._new_name()
        self.functions[name] = replace(_FunctionReader(self.cursor).read(name, start), keep=keep)

    def _request(self) -> None:
        c = self.cursor
        start, name = c.now, self._new_name()
        c.expect("=")
        kind, target = c.word(), c.word()
        if not c.take_word("wrt"):
            c.fail("expected `wrt`")
        c.expect("(")
        wrt: list[int] = []
        while not c.take(")"):
            wrt.append(c.whole())
            _separator(c, ")")
        self.requests[name] = DerivativeRequest(name, kind, target, tuple(wrt), c.span(start))

    def _rule(self) -> None:
        c = self.cursor
        start, name = c.now, c.word()
        if name in self.rules:
            c.fail(f"`{name}` has a rule already", start)
        c.expect("=")
        self.rules[name] = OwnRule(c.word(), c.word())

    def _new_name(self) -> str:
        token = self.cursor.now
        name = self.cursor.word()
        if name in self.functions or name in self.requests:
            self.cursor.fail(f"`{name}` is defined twice", token)
        return name


def _separator(c: Cursor, closing: str) -> None:
    """A comma, unless the list ends here."""
    if c.now.kind != closing:
        c.expect(",")


@dataclass(frozen=True, slots=True)
class _Entry:
    """A name with its type, before it is a value."""

    name: Token
    dtype: DType
    is_ref: bool
    dims: tuple[Token, ...]


@dataclass(slots=True)
class _Open:
    """A block being read; `owner` is the equation it is a region of, None for the function's own block."""

    params: tuple[Value, ...]
    owner: Equation | None = None
    equations: list[Equation] = field(default_factory=list)
    results: tuple[Atom, ...] = ()

    def close(self) -> Block:
        return Block(self.params, tuple(self.equations), self.results)


class _FunctionReader:
    """Reads one function; its values are known by name."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.values: dict[str, Value] = {}
        self.ahead: dict[str, tuple[Value, Token]] = {}  # sizes of parameters not computed yet

    def read(self, name: str, start: Token) -> Function:
        c = self.cursor
        c.expect("(")
        entries = self._typed_names(")")
        self._expect_sizes(entries)
        params = self._define(entries)
        span = c.span(start)
        c.expect("{")
        signature = self._signature()
        body = self._body(params)
        for size, (_, token) in self.ahead.items():
            c.fail(f"`{size}` is not defined", token)
        return Function(name, body, signature, span)

    def _expect_sizes(self, entries: Sequence[_Entry]) -> None:
        """Sizes in the types of parameters that are no parameters: the body computes them."""
        own = {entry.name.text for entry in entries}
        for token in (d for entry in entries for d in entry.dims):
            if token.kind == "name" and token.text not in own:
                self.ahead.setdefault(token.text, (Value(I64, token.text), token))

    def _signature(self) -> Signature | None:
        c = self.cursor
        doc = c.string() if c.take_word("doc") else ""
        if c.take_word("signature"):
            return replace(parse_signature(c), doc=doc)
        if doc:
            c.fail("expected `signature`")
        return None

    # -- blocks

    def _body(self, params: tuple[Value, ...]) -> Block:
        """The function's block, with everything up to its closing bracket."""
        c = self.cursor
        blocks = [_Open(params)]
        while True:
            block = blocks[-1]
            if not c.take("}"):
                self._line(blocks)
                continue
            blocks.pop()
            if block.owner is None:
                return block.close()
            owner = replace(block.owner, regions=(*block.owner.regions, block.close()))
            if c.now.kind == "{":
                blocks.append(self._region(owner))
            else:
                blocks[-1].equations.append(owner)

    def _line(self, blocks: list[_Open]) -> None:
        """An equation, its first region opened, or the results that end the block."""
        c = self.cursor
        end = "return" if len(blocks) == 1 else "yield"
        if c.take_word(end):
            blocks[-1].results = self._atoms("}")
            return
        equation = self._equation()
        if c.now.kind == "{":
            blocks.append(self._region(equation))
        else:
            blocks[-1].equations.append(equation)

    def _region(self, owner: Equation) -> _Open:
        self.cursor.expect("{")
        params = self._parameters() if self.cursor.now.kind == "(" else ()
        return _Open(params, owner)

    # -- equations

    def _equation(self) -> Equation:
        """`results = op[params](operands)`, without its regions."""
        c = self.cursor
        start = c.now
        has_results = c.next.kind == ":"
        entries = self._typed_names("=") if has_results else ()
        if c.now.kind != "name" or c.now.text in RESERVED:
            c.fail("expected a primitive")
        op = c.advance().text
        params = self._params() if c.now.kind == "[" else NO_PARAMS
        c.expect("(")
        operands = self._atoms(")")
        c.expect(")")
        span = c.span(start)
        return Equation(op, operands, self._define(entries), params, (), span)

    def _atoms(self, closing: str) -> tuple[Atom, ...]:
        """Atoms up to, not including, the closing mark."""
        atoms: list[Atom] = []
        while self.cursor.now.kind != closing:
            atoms.append(self._atom())
            _separator(self.cursor, closing)
        return tuple(atoms)

    def _atom(self) -> Atom:
        c = self.cursor
        token = c.now
        if token.kind == "number" or token.text in CONSTANTS:
            return self._literal(c.advance())
        if c.expect("name").text not in self.values:
            c.fail(f"`{token.text}` is not defined before its use", token)
        return self.values[token.text]

    def _literal(self, token: Token) -> Literal:
        try:
            return read_literal(token.text)
        except (ValueError, OverflowError):
            self.cursor.fail(f"`{token.text}` is no number of its type", token)

    def _params(self) -> Params:
        c = self.cursor
        c.expect("[")
        params: dict[str, object] = {}
        while not c.take("]"):
            token = c.expect("name")
            if token.text in params:
                c.fail(f"parameter `{token.text}` is given twice", token)
            c.expect("=")
            params[token.text] = self._param(0)
            _separator(c, "]")
        return MappingProxyType(params)

    def _param(self, depth: int) -> object:
        c = self.cursor
        token = c.now
        if token.kind == "string":
            return c.string()
        if token.text in DTYPES:
            return DTYPES[c.advance().text]
        if token.kind == "number" or token.text in CONSTANTS:
            return self._literal(c.advance()).value
        if depth > 20 or not c.take("("):
            c.fail("expected a string, a number, a type or a tuple")
        items: list[object] = []
        while not c.take(")"):
            items.append(self._param(depth + 1))
            _separator(c, ")")
        return tuple(items)

    # -- definitions

    def _parameters(self) -> tuple[Value, ...]:
        self.cursor.expect("(")
        return self._define(self._typed_names(")"))

    def _typed_names(self, closing: str) -> list[_Entry]:
        """`n: i64, x: f64[n]` up to and with the closing mark."""
        c = self.cursor
        entries: list[_Entry] = []
        while not c.take(closing):
            name = c.expect("name")
            if name.text in RESERVED:
                c.fail(f"`{name.text}` is a word of the language, no name", name)
            c.expect(":")
            is_ref = c.take_word("ref")
            if c.now.text not in DTYPES:
                c.fail("expected a type")
            dtype = DTYPES[c.advance().text]
            entries.append(_Entry(name, dtype, is_ref, self._dims()))
            _separator(c, closing)
        return entries

    def _dims(self) -> tuple[Token, ...]:
        c = self.cursor
        dims: list[Token] = []
        if c.take("["):
            while not c.take("]"):
                if c.now.kind not in ("name", "number"):
                    c.fail("expected a size")
                dims.append(c.advance())
                _separator(c, "]")
        return tuple(dims)

    def _define(self, entries: Sequence[_Entry]) -> tuple[Value, ...]:
        """New values, in order; scalars are made first, since they may be sizes of the arrays beside them."""
        for entry in sorted(entries, key=lambda entry: len(entry.dims) > 0):
            if entry.name.text in self.values:
                self.cursor.fail(f"`{entry.name.text}` is defined twice", entry.name)
            shape = tuple(map(self._dim, entry.dims))
            t = Type(entry.dtype, shape, entry.is_ref)
            self.values[entry.name.text] = self._value(entry.name, t)
        return tuple(self.values[entry.name.text] for entry in entries)

    def _value(self, name: Token, t: Type) -> Value:
        if name.text not in self.ahead:
            return Value(t, name.text)
        expected, _ = self.ahead.pop(name.text)
        if t != I64:
            self.cursor.fail(f"`{name.text}` is the size of a parameter, and no i64", name)
        return expected

    def _dim(self, token: Token) -> Dim:
        if token.kind == "name":
            if token.text in self.ahead:
                return self.ahead[token.text][0]
            if token.text not in self.values:
                self.cursor.fail(f"`{token.text}` is not defined before its use", token)
            return self.values[token.text]
        size = self._literal(token)
        if size.type != I64:
            self.cursor.fail("a size is a whole number", token)
        return int(size.value)


def read_literal(text: str) -> Literal:
    """The literal that `literal_text` prints; ValueError when it is out of the range of its type."""
    if text in ("true", "false"):
        return Literal(BOOL, text == "true")
    suffix = next((word for word in SUFFIXES if text.endswith(word)), "")
    digits = text.removesuffix(suffix)
    is_float = suffix == "f32" or any(mark in digits for mark in ".einEN")
    if suffix:
        dtype = DTYPES[suffix]
    else:
        dtype = DType.F64 if is_float else DType.I64
    if dtype.is_float:
        return Literal(Type(dtype), float(digits))
    value = int(digits)
    if dtype is DType.TAPE and value != 0:
        raise ValueError(text)
    if not -(2 ** (8 * dtype.bytes - 1)) <= value < 2 ** (8 * dtype.bytes - 1):
        raise ValueError(text)
    return Literal(Type(dtype), value)
