"""The numbers in the head of an ADL program: reading, running and comparing them.

A comment line of a program states what a call of one of its definitions gives:

    # > name(arguments) = value             equal to 1e-12 of the scale of the value
    # > name(arguments) = value ~1e-8       equal to the tolerance stated
    # > grad(name)(arguments) = value       the same for a transformation of `adc`; also `wrt='x'` or `wrt=('x', 'y')`
    # ! name(arguments) = BoundsError       raises this subclass of `adc.Error`

Arguments and values are Python literals (lists for arrays, dicts for records, `nan` and `inf`). An argument
`@data/file.json` stands for named arguments from a JSON file beside the program. A statement goes on in the lines
that follow as `#     ...`, five characters or more in. `?` as a value is for `fill_headers.py` to replace.

Integers and booleans are compared exactly and by kind. The scale of an array is the largest of its finite expected
magnitudes (1 if that is 0).
"""

import ast
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

TOLERANCE = 1e-12
TRANSFORMATIONS = frozenset({"grad", "value_and_grad", "jacfwd", "jacrev", "hessian", "hvp"})

_MARK = re.compile(r"# ([>!]) (.*)")
_CONTINUED = re.compile(r"#\s{4,}(\S.*)")
_STATEMENT = re.compile(r"(?P<call>.*\)) = (?P<value>.*?)(?: ~(?P<tolerance>\S+))?")
_FILE = re.compile(r"@([\w./-]+)")


@dataclass(frozen=True)
class Statement:
    """One `# >` or `# !` line of a program."""

    program: Path
    line: int
    text: str
    name: str
    transformation: str | None
    wrt: str | tuple[str, ...] | None
    arguments: tuple[object, ...]
    named: Mapping[str, object] = field(repr=False)
    value: object
    error: str | None
    tolerance: float

    @property
    def model(self) -> str:
        """The name under which a model gives the value: `grad_name_x` for `grad(name, wrt='x')`."""
        wrt = () if self.wrt is None else (self.wrt,) if isinstance(self.wrt, str) else self.wrt
        return "_".join((*((self.transformation,) if self.transformation else ()), self.name, *wrt))

    @property
    def id(self) -> str:
        return f"{self.program.stem}:{self.line}:{self.model}"


def statements(program: Path) -> Iterator[Statement]:
    """All statements of a program, in order."""
    for line, mark, text in _texts(program.read_text().splitlines()):
        match = _STATEMENT.fullmatch(text)
        if match is None:
            raise ValueError(f"{program.name}:{line}: not `call = value`: {text}")
        name, transformation, wrt, arguments, named = _call(match["call"], program.parent)
        yield Statement(
            program=program,
            line=line,
            text=text,
            name=name,
            transformation=transformation,
            wrt=wrt,
            arguments=arguments,
            named=named,
            value=None if mark == "!" or match["value"] == "?" else literal(match["value"]),
            error=match["value"] if mark == "!" else None,
            tolerance=float(match["tolerance"] or TOLERANCE),
        )


def _texts(lines: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    """(line number, mark, text) of each statement, its continuation lines joined."""
    i = 0
    while i < len(lines):
        start = _MARK.fullmatch(lines[i])
        i += 1
        if start is None:
            continue
        line, parts = i, [start[2]]
        while i < len(lines) and (more := _CONTINUED.fullmatch(lines[i])):
            parts.append(more[1])
            i += 1
        yield line, start[1], " ".join(parts)


def _call(
    text: str, folder: Path
) -> tuple[str, str | None, str | tuple[str, ...] | None, tuple, dict]:
    tree = ast.parse(_FILE.sub(r"'@\1'", text), mode="eval").body
    assert isinstance(tree, ast.Call), text
    transformation = wrt = None
    if isinstance(tree.func, ast.Call):
        transformation, inner = tree.func.func.id, tree.func
        assert transformation in TRANSFORMATIONS, text
        name = inner.args[0].id
        wrt = next((ast.literal_eval(k.value) for k in inner.keywords if k.arg == "wrt"), None)
    else:
        name = tree.func.id
    arguments, named = [], {}
    for argument in map(_value, tree.args):
        if isinstance(argument, str) and argument.startswith("@"):
            named.update(json.loads((folder / argument[1:]).read_text()))
        else:
            arguments.append(argument)
    return name, transformation, wrt, tuple(arguments), named


def literal(text: str) -> object:
    """The value of a Python literal in which `nan` and `inf` may stand."""
    return _value(ast.parse(text, mode="eval").body)


class _Special(ast.NodeTransformer):
    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Constant({"nan": math.nan, "inf": math.inf}[node.id])


def _value(node: ast.expr) -> object:
    return ast.literal_eval(_Special().visit(node))


# ---- running -------------------------------------------------------------------------------------


def function_of(statement: Statement, adc: object, module: object) -> Callable[..., object]:
    """The function that a statement calls; `module` is the loaded program."""
    function = getattr(module, statement.name)
    if statement.transformation is None:
        return function
    options = {} if statement.wrt is None else {"wrt": statement.wrt}
    return getattr(adc, statement.transformation)(function, **options)


def modelled(statement: Statement, models: object) -> object:
    """What an independent model gives: the attribute of `models` named after the call, on NumPy arrays."""
    function = getattr(models, statement.model)
    arguments = map(as_arrays, statement.arguments)
    return function(
        *arguments, **{name: as_arrays(value) for name, value in statement.named.items()}
    )


def as_arrays(value: object) -> object:
    """Nested lists of numbers as arrays, also inside records and tuples."""
    if isinstance(value, dict):
        return {name: as_arrays(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return tuple(map(as_arrays, value))
    if isinstance(value, list):
        return list(map(as_arrays, value)) if _has_structure(value) else np.array(value)
    return value


def _has_structure(value: object) -> bool:
    """Whether a nested list ends in records or tuples rather than numbers."""
    while isinstance(value, list) and value:
        value = value[0]
    return isinstance(value, dict | tuple)


# ---- comparing -----------------------------------------------------------------------------------


def assert_agrees(got: object, expected: object, tolerance: float, place: str = "result") -> None:
    """Raises AssertionError, naming the place, unless `got` has the structure, kinds and numbers of `expected`."""
    if isinstance(expected, dict):
        for name, item in expected.items():
            assert_agrees(_field(got, name), item, tolerance, f"{place}.{name}")
        assert len(_fields(got)) == len(expected), (
            f"{place}: {got} has other fields than {expected}"
        )
    elif isinstance(expected, tuple):
        assert isinstance(got, tuple), f"{place}: expected {expected}, found {got}"
        assert len(got) == len(expected), f"{place}: expected {expected}, found {got}"
        for i, (g, e) in enumerate(zip(got, expected, strict=True)):
            assert_agrees(g, e, tolerance, f"{place}.{i}")
    elif isinstance(expected, list) and _has_structure(expected):
        rows = _rows(got)
        assert len(rows) == len(expected), (
            f"{place}: expected {len(expected)} elements, found {len(rows)}"
        )
        for i, (g, e) in enumerate(zip(rows, expected, strict=True)):
            assert_agrees(g, e, tolerance, f"{place}[{i}]")
    else:
        _assert_numbers_agree(np.asarray(got), np.asarray(expected), tolerance, place)


def _assert_numbers_agree(
    got: np.ndarray, expected: np.ndarray, tolerance: float, place: str
) -> None:
    assert got.shape[: expected.ndim] == expected.shape, (
        f"{place}: expected shape {expected.shape}, found {got.shape}"
    )
    if expected.size == 0:
        return
    assert got.shape == expected.shape, (
        f"{place}: expected shape {expected.shape}, found {got.shape}"
    )
    assert got.dtype.kind == expected.dtype.kind, f"{place}: expected {expected!r}, found {got!r}"
    if expected.dtype.kind != "f":
        assert np.array_equal(got, expected), f"{place}: expected {expected!r}, found {got!r}"
        return
    finite = np.isfinite(expected)
    same = np.where(finite, True, (got == expected) | (np.isnan(got) & np.isnan(expected)))
    scale = np.max(np.abs(expected[finite]), initial=0.0) or 1.0
    with np.errstate(invalid="ignore"):
        error = np.max(np.where(finite, np.abs(got - expected), 0.0)) / scale
    found = f"{place}: expected {expected!r}, found {got!r}, off by {error:.2e} of scale"
    assert same.all(), found
    assert error <= tolerance, found


def _fields(record: object) -> tuple[str, ...]:
    return tuple(record) if isinstance(record, Mapping) else record._fields


def _field(record: object, name: str) -> object:
    return record[name] if isinstance(record, Mapping) else getattr(record, name)


def _rows(array: object) -> Sequence[object]:
    """The elements of an array of records or tuples, given as a sequence of them or as a record or tuple of arrays."""
    if isinstance(array, Mapping) or hasattr(array, "_fields"):
        names = _fields(array)
        columns = [_rows(_field(array, name)) for name in names]
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    if isinstance(array, tuple):
        return list(zip(*map(_rows, array), strict=True))
    return list(array)


# ---- writing -------------------------------------------------------------------------------------


def python_literal(value: object) -> str:
    """A value as the literal that `literal` reads back to the same bits."""
    return repr(_plain(value))


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    if isinstance(value, list):
        return list(map(_plain, value))
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return value
