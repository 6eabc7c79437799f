"""Planning of array primitives: reading, updating, other dims, sorting, linear algebra."""

from __future__ import annotations

from adc.ir.core import Atom, Equation
from adc.lowering import loops
from adc.lowering.loops import Buf, Operand
from adc.lowering.memory import Array
from adc.lowering.plan_block import FunctionPlanner
from adc.lowering.writer import boolean


def plan_index(p: FunctionPlanner, e: Equation) -> None:
    """An element is loaded; a row is a view, copied when its array is overwritten before the row's last use."""
    x, *indices = e.operands
    (y,) = e.results
    source = p.array(x)
    at = p.checked_indices(x.type, indices)
    if not y.type.rank:
        p.bind(y, p.writer.load(source.buf, *at, hint=y.hint or "t"))
        return
    row = p.writer.row(source.buf, *at, hint=y.hint or "row")
    if y in p.sharing.facts(p.block).copied_rows:
        p.writer.emit(loops.Copy(p.destination(y).buf, row))
    else:
        p.bind(y, Array(row, source.storage))


def plan_update(p: FunctionPlanner, e: Equation) -> None:
    """In place when nothing else needs the array, else in a copy."""
    x, value, *indices = e.operands
    at = p.checked_indices(x.type, indices)
    scalar = None if value.type.rank else p.operand(value)
    array = p.overwrite(e, 0, e.results[0])
    if scalar is not None:
        p.writer.store(array.buf, at, scalar)
    else:
        p.writer.emit(loops.Copy(p.writer.row(array.buf, *at), p.array(value).buf))


def plan_reshape(p: FunctionPlanner, e: Equation) -> None:
    (y,) = e.results
    x = p.array(e.operands[0])
    p.bind(y, Array(p.fitted(x.buf, y.type), x.storage))


def plan_stop_gradient(p: FunctionPlanner, e: Equation) -> None:
    p.bind(e.results[0], p.binding(e.operands[0]))


def plan_argsort(p: FunctionPlanner, e: Equation) -> None:
    x = p.array(e.operands[0]).buf
    y = p.destination(e.results[0]).buf
    spare = p.scratch(y)
    p.writer.emit(loops.Library("argsort", (x, y, spare)))


def plan_searchsorted(p: FunctionPlanner, e: Equation) -> None:
    x, q = p.array(e.operands[0]).buf, p.operand(e.operands[1])
    dst = p.writer.reg(e.results[0].type.dtype, e.results[0].hint or "k")
    p.writer.emit(loops.Library("searchsorted", (x, q), dst))
    p.bind(e.results[0], dst)


# ---- linear algebra ----------------------------------------------------------------------------------


def _flag(e: Equation, name: str) -> Operand:
    return boolean(bool(e.params.get(name, False)))


def _failure(p: FunctionPlanner, e: Equation, text: str) -> int:
    return p.sites.add("LinAlgError", "E0603", text, e.span)


def _matrix(p: FunctionPlanner, a: Atom) -> Buf:
    """An operand as a matrix: a vector is one column."""
    buf = p.array(a).buf
    return buf


def plan_matmul(p: FunctionPlanner, e: Equation) -> None:
    A, B = (p.array(a).buf for a in e.operands)
    C = p.destination(e.results[0]).buf
    p.writer.emit(loops.Library("matmul", (A, B, C, _flag(e, "ta"), _flag(e, "tb"))))


def plan_cholesky(p: FunctionPlanner, e: Equation) -> None:
    A, L = p.array(e.operands[0]).buf, p.destination(e.results[0]).buf
    site = _failure(p, e, "the matrix is not positive definite")
    p.writer.emit(loops.Library("cholesky", (A, L), site=site))


def plan_solve(p: FunctionPlanner, e: Equation) -> None:
    A, B = (p.array(a).buf for a in e.operands)
    X = p.destination(e.results[0]).buf
    p.writer.emit(loops.Copy(X, B))
    factors, pivots = p.scratch(A), p.pivots(A)
    site = _failure(p, e, "the matrix is singular")
    args = (A, X, factors, pivots, _flag(e, "ta"))
    p.writer.emit(loops.Library("solve", args, site=site))


def plan_tri_solve(p: FunctionPlanner, e: Equation) -> None:
    T, B = (p.array(a).buf for a in e.operands)
    X = p.destination(e.results[0]).buf
    p.writer.emit(loops.Copy(X, B))
    site = _failure(p, e, "the triangular matrix has a 0 on its diagonal")
    args = (T, X, _flag(e, "upper"), _flag(e, "ta"))
    p.writer.emit(loops.Library("tri_solve", args, site=site))


def plan_inv(p: FunctionPlanner, e: Equation) -> None:
    A, X = p.array(e.operands[0]).buf, p.destination(e.results[0]).buf
    factors, pivots = p.scratch(A), p.pivots(A)
    site = _failure(p, e, "the matrix is singular")
    p.writer.emit(loops.Library("inv", (A, X, factors, pivots), site=site))


def plan_determinant(p: FunctionPlanner, e: Equation) -> None:
    A = p.array(e.operands[0]).buf
    factors, pivots = p.scratch(A), p.pivots(A)
    dst = p.writer.reg(e.results[0].type.dtype, e.results[0].hint or e.op)
    p.writer.emit(loops.Library(e.op, (A, factors, pivots), dst))
    p.bind(e.results[0], dst)


ARRAY_HANDLERS = {
    "index": plan_index,
    "update": plan_update,
    "reshape": plan_reshape,
    "stop_gradient": plan_stop_gradient,
    "argsort": plan_argsort,
    "searchsorted": plan_searchsorted,
    "matmul": plan_matmul,
    "cholesky": plan_cholesky,
    "solve": plan_solve,
    "tri_solve": plan_tri_solve,
    "inv": plan_inv,
    "det": plan_determinant,
    "logdet": plan_determinant,
}
