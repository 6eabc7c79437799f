"""Surface structure around flat leaves: parameters taken apart, results put together, types written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adc.frontends.printing.naming import Names
from adc.ir.core import Value
from adc.syntax import ast
from adc.types.core import Array, Function, Record, Scalar, SurfaceType, Tuple, leaves
from adc.types.dims import Poly


def surface_type(t: SurfaceType) -> ast.Type:
    """The type as ADL writes it."""
    match t:
        case Scalar(dtype):
            return ast.NamedType(dtype.value)
        case Array(element, dims):
            return ast.ArrayType(surface_type(element), tuple(size_expression(d, {}) for d in dims))
        case Tuple(items):
            return ast.TupleType(tuple(map(surface_type, items)))
        case Record(fields):
            return ast.RecordType(tuple(ast.TypeField(n, surface_type(f)) for n, f in fields))
        case Function(params, result):
            return ast.FunctionType(tuple(map(surface_type, params)), surface_type(result))


Sizes = Mapping[str, ast.Expr]  # what names in sizes stand for; others stand for themselves


def size_expression(p: Poly, sizes: Sizes) -> ast.Expr:
    """A size as an expression with one common denominator."""
    denominator = 1
    for _, c in p.ordered():
        denominator = denominator * c.denominator // _gcd(denominator, c.denominator)
    total: ast.Expr | None = None
    for powers, c in p.ordered():
        scaled = int(c * denominator)
        atoms = [a for a, power in powers for _ in range(power)]
        term = _product([sizes.get(str(a), ast.Name(str(a))) for a in atoms], abs(scaled))
        if total is None:
            total = ast.Unary("-", term) if scaled < 0 else term
        else:
            link = ast.Link("-" if scaled < 0 else "+", term)
            links = (*total.links, link) if _is_sum(total) else (link,)  # type: ignore[union-attr]
            total = ast.Chain(total.first if _is_sum(total) else total, links)  # type: ignore[union-attr]
    if total is None:
        return ast.IntLiteral(0)
    if denominator == 1:
        return total
    return ast.Chain(total, (ast.Link("/", ast.IntLiteral(denominator)),))


def _gcd(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a


def _is_sum(e: ast.Expr) -> bool:
    return isinstance(e, ast.Chain) and e.links[0].op in ("+", "-")


def _product(factors: list[ast.Expr], factor: int) -> ast.Expr:
    if factor != 1 or not factors:
        factors.insert(0, ast.IntLiteral(factor))
    if len(factors) == 1:
        return factors[0]
    return ast.Chain(factors[0], tuple(ast.Link("*", f) for f in factors[1:]))


def unpack(
    name: str,
    t: SurfaceType,
    values: Sequence[Value],
    position: int,
    out: list[ast.Statement],
    names: Names,
) -> int:
    """Bind `values[position:]` to the leaves of the variable `name`; the position after them."""
    if isinstance(t, Function):
        return position
    if isinstance(t, Scalar) or (isinstance(t, Array) and isinstance(t.element, Scalar)):
        names.bind(values[position], name)
        return position + 1
    for leaf in leaves(t):
        target = ast.NamePattern(names.of_value(values[position]))
        part: ast.Expr = ast.Name(name)  # of an array of records, a field is that of all of them
        for step in leaf.path:
            part = ast.Item(part, step) if isinstance(step, int) else ast.Field(part, step)
        out.append(ast.Let(target, part))
        position += 1
    return position


def pack(
    t: SurfaceType, values: list[ast.Expr], names: Names, sizes: Sizes
) -> tuple[list[ast.Statement], ast.Expr]:
    """The value of type `t` made from leaf expressions, which are consumed from the front of `values`."""
    out: list[ast.Statement] = []
    return out, _pack(t, values, names, sizes, out)


def _pack(
    t: SurfaceType,
    values: list[ast.Expr],
    names: Names,
    sizes: Sizes,
    out: list[ast.Statement],
) -> ast.Expr:
    match t:
        case Scalar():
            return values.pop(0)
        case Array(Scalar(), _):
            return values.pop(0)
        case Array(element, dims):
            columns: list[ast.Expr] = []
            for _ in leaves(element):
                value = values.pop(0)
                if not isinstance(value, ast.Name):
                    column = names.fresh("column")
                    out.append(ast.Let(ast.NamePattern(column), value))
                    value = ast.Name(column)
                columns.append(value)
            index = [names.fresh("i") for _ in dims]
            at = tuple(ast.Name(i) for i in index)
            rows: list[ast.Expr] = [ast.Index(c, at) for c in columns]
            clauses: tuple[ast.Clause, ...] = tuple(
                ast.Below(i, size_expression(d, sizes)) for i, d in zip(index, dims, strict=True)
            )
            inside: list[ast.Statement] = []
            row = _pack(element, rows, names, sizes, inside)
            return ast.Comprehension(ast.Block(tuple(inside), row) if inside else row, clauses)
        case Tuple(items):
            return ast.Tuple(tuple(_pack(i, values, names, sizes, out) for i in items))
        case Record(fields):
            parts = [(n, _pack(f, values, names, sizes, out)) for n, f in fields]
            return ast.Record(tuple(ast.Entry(n, part) for n, part in parts))
        case Function():
            raise AssertionError("functions are specialised away before printing")
