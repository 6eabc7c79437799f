"""Planning of array primitives: reading, updating, other dims, sorting, linear algebra."""

from __future__ import annotations

from adc.ir.core import Equation
from adc.lowering import loops
from adc.lowering.loops import Buf, Operand
from adc.lowering.memory import Array
from adc.lowering.plan_block import FunctionPlanner
from adc.lowering.writer import i64
from adc.types.core import DType


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
    routine = p.routines.need("argsort", x.dtype)
    p.writer.emit(loops.Call(routine, (*x.dims, x, y, p.scratch(y)), ()))


def plan_searchsorted(p: FunctionPlanner, e: Equation) -> None:
    x, q = p.array(e.operands[0]).buf, p.operand(e.operands[1])
    _call_for_scalar(p, e, p.routines.need("searchsorted", x.dtype), (*x.dims, x, q))


def _call_for_scalar(
    p: FunctionPlanner, e: Equation, routine: str, args: tuple[Operand | Buf, ...]
) -> None:
    (r,) = e.results
    dst = p.writer.reg(r.type.dtype, r.hint or e.op)
    p.writer.emit(loops.Call(routine, args, (dst,)))
    p.bind(r, dst)


# ---- linear algebra ----------------------------------------------------------------------------------


def plan_matmul(p: FunctionPlanner, e: Equation) -> None:
    A, B = (p.array(a).buf for a in e.operands)
    C = p.destination(e.results[0]).buf
    ta, tb = bool(e.params["ta"]), bool(e.params["tb"])
    m, k = reversed(A.dims) if ta else A.dims
    n = B.dims[0] if tb else B.dims[1]
    routine = p.routines.need("matmul", A.dtype, ("t" if ta else "n") + ("t" if tb else "n"))
    p.writer.emit(loops.Call(routine, (m, k, n, A, B, C), ()))


def _call_or_fail(
    p: FunctionPlanner, routine: str, args: tuple[Operand | Buf, ...], text: str
) -> None:
    """Call a routine that tells by `info` whether it failed."""
    info = p.writer.reg(DType.I64, "info")
    p.writer.emit(loops.Call(routine, args, (info,)))
    p.check(p.writer.compare("icmp:eq", info, i64(0)), "LinAlgError", "E0603", text)


def plan_cholesky(p: FunctionPlanner, e: Equation) -> None:
    A, L = p.array(e.operands[0]).buf, p.destination(e.results[0]).buf
    routine = p.routines.need("cholesky", A.dtype)
    _call_or_fail(p, routine, (A.dims[0], A, L), "the matrix is not positive definite")


def _right_side(p: FunctionPlanner, e: Equation) -> tuple[Buf, Operand]:
    """The result buffer holding B, and how many columns it has."""
    B = p.array(e.operands[1]).buf
    X = p.destination(e.results[0]).buf
    p.writer.emit(loops.Copy(X, B))
    return X, X.dims[1] if len(X.dims) == 2 else i64(1)


def plan_solve(p: FunctionPlanner, e: Equation) -> None:
    A = p.array(e.operands[0]).buf
    X, r = _right_side(p, e)
    routine = p.routines.need("solve", A.dtype, "t" if e.params["ta"] else "n")
    args = (A.dims[0], r, A, X, p.scratch(A), p.pivots(A))
    _call_or_fail(p, routine, args, "the matrix is singular")


def plan_tri_solve(p: FunctionPlanner, e: Equation) -> None:
    T = p.array(e.operands[0]).buf
    X, r = _right_side(p, e)
    variant = ("u" if e.params["upper"] else "l") + ("t" if e.params["ta"] else "n")
    routine = p.routines.need("tri_solve", T.dtype, variant)
    text = "the triangular matrix has a 0 on its diagonal"
    _call_or_fail(p, routine, (T.dims[0], r, T, X), text)


def plan_inv(p: FunctionPlanner, e: Equation) -> None:
    A, X = p.array(e.operands[0]).buf, p.destination(e.results[0]).buf
    args = (A.dims[0], A, X, p.scratch(A), p.pivots(A))
    _call_or_fail(p, p.routines.need("inv", A.dtype), args, "the matrix is singular")


def plan_determinant(p: FunctionPlanner, e: Equation) -> None:
    A = p.array(e.operands[0]).buf
    args = (A.dims[0], A, p.scratch(A), p.pivots(A))
    _call_for_scalar(p, e, p.routines.need(e.op, A.dtype), args)


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
