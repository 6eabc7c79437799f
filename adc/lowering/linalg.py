"""Linear algebra as loop functions: products, Cholesky, LU, triangular solves; large cases by BLAS and LAPACK.

BLAS sees matrices column by column: what is A here is A' there. So C = A B is asked for as C' = B' A', the lower
Cholesky factor as the upper one, and systems are solved from the right: A X = B as X' A' = B'. Letters: A: t[n, n],
X: t[n, r], F factors, P pivots (rows counted from 1). `info` is 0 when all went well.
"""

from __future__ import annotations

from collections.abc import Mapping

from adc.lowering import loops
from adc.lowering.loops import Acc, Buf, Const, LoopFunction, Operand, Reg, Var
from adc.lowering.sorting import Maker, Needs
from adc.lowering.writer import Writer, i64
from adc.types.core import DType

CROSSOVER = 16  # up to this size own loops are faster than a call of BLAS
_PREFIX = {DType.F64: "d", DType.F32: "s"}


def _number(x: float, dtype: DType) -> Const:
    return Const(x, dtype)


def _blas(w: Writer, dtype: DType, name: str, *args: Operand | Buf | str) -> None:
    w.emit(loops.Library(_PREFIX[dtype] + name, args))


def _is_large(w: Writer, needs: Needs, *sizes: Operand) -> Operand:
    """Whether BLAS is worth its call, and can do it: no size is 0, all fit its integers."""
    if not needs.uses_blas:
        return Const(False, DType.BOOL)
    low = high = sizes[0]
    for s in sizes[1:]:
        low, high = w.op("intrinsic:smin", low, s), w.op("intrinsic:smax", high, s)
    worth = w.compare("icmp:sgt", high, i64(CROSSOVER))
    some = w.compare("icmp:sgt", low, i64(0))
    fits = w.compare("icmp:slt", high, i64(1 << 31))
    return w.op("and", worth, w.op("and", some, fits))


def _dot(w: Writer, x: Buf, y: Buf, count: Operand) -> Reg:
    """The product of the first `count` elements of two rows."""
    acc = Acc(w.names.fresh("dot"), x.dtype, "add")
    w.emit(loops.Start(acc))
    with w.loop(count, "l", parallel=True) as index:
        product = w.op("fmul", w.load(x, index), w.load(y, index))
        w.emit(loops.Gather(acc, product, index))
    total = w.reg(x.dtype, "dot")
    w.emit(loops.Total(total, acc))
    return total


def _subtract(w: Writer, target: Buf, factor: Operand, source: Buf, count: Operand) -> None:
    """target -= factor * source for the first `count` elements."""
    with w.loop(count, "j", parallel=True) as j:
        product = w.op("fmul", factor, w.load(source, j))
        w.store(target, [j], w.op("fsub", w.load(target, j), product))


# ---- products ----------------------------------------------------------------------------------------


def matmul(needs: Needs, name: str, dtype: DType, variant: str) -> LoopFunction:
    """matmul(m, k, n, A, B, C): C = op(A) op(B); the variant tells which are transposed: nn, nt, tn, tt."""
    w = Writer()
    m, k, n = (w.reg(DType.I64, s) for s in "mkn")
    ta, tb = (flag == "t" for flag in variant)
    A = w.buf(dtype, (k, m) if ta else (m, k), "A")
    B = w.buf(dtype, (n, k) if tb else (k, n), "B")
    C = w.buf(dtype, (m, n), "C")
    is_large = _is_large(w, needs, m, k, n)
    with w.when(is_large):
        one, zero = _number(1.0, dtype), _number(0.0, dtype)
        lda, ldb = (m if ta else k), (k if tb else n)
        flags = ("T" if tb else "N", "T" if ta else "N")
        if needs.uses_blas:
            _blas(w, dtype, "gemm", *flags, n, m, k, one, B, ldb, A, lda, zero, C, n)
    with w.when(w.op("not", is_large)):
        _product_loops(w, (m, k, n), (A, B, C), ta, tb)
    return LoopFunction(name, (m, k, n, A, B, C), (), w.finish())


def _product_loops(
    w: Writer, sizes: tuple[Reg, Reg, Reg], buffers: tuple[Buf, Buf, Buf], ta: bool, tb: bool
) -> None:
    (m, k, n), (A, B, C) = sizes, buffers
    w.emit(loops.Fill(C, _number(0.0, C.dtype)))
    if tb:
        with w.nest([m, n], ("i", "j")) as (i, j):
            acc = Acc(w.names.fresh("dot"), C.dtype, "add")
            w.emit(loops.Start(acc))
            with w.loop(k, "l", parallel=True) as inner:
                a = w.load(A, inner, i) if ta else w.load(A, i, inner)
                w.emit(loops.Gather(acc, w.op("fmul", a, w.load(B, j, inner)), inner))
            total = w.reg(C.dtype, "dot")
            w.emit(loops.Total(total, acc))
            w.store(C, [i, j], total)
        return
    with w.nest([m, k], ("i", "l")) as (i, inner):
        a = w.load(A, inner, i) if ta else w.load(A, i, inner)
        target, source = w.row(C, i), w.row(B, inner)
        with w.loop(n, "j", parallel=True) as j:
            product = w.op("fmul", a, w.load(source, j))
            w.store(target, [j], w.op("fadd", w.load(target, j), product))


# ---- Cholesky ----------------------------------------------------------------------------------------


def cholesky(needs: Needs, name: str, dtype: DType, variant: str) -> LoopFunction:
    """cholesky(n, A, L) -> info: the lower factor of (A + A') / 2, zeros above the diagonal."""
    w = Writer()
    n = w.reg(DType.I64, "n")
    A, L = w.buf(dtype, (n, n), "A"), w.buf(dtype, (n, n), "L")
    out = w.out(DType.I64, "info", is_array=False)
    info = w.declare(i64(0), "info")
    with w.nest([n, n], ("i", "j")) as (i, j):
        both = w.op("fadd", w.load(A, i, j), w.load(A, j, i))
        half = w.op("fmul", both, _number(0.5, dtype))
        below = w.compare("icmp:sle", j, i)
        zero = _number(0.0, dtype)
        w.store(L, [i, j], w.op("select", below, half, zero, dtype=dtype))
    is_large = _is_large(w, needs, n)
    with w.when(is_large):
        if needs.uses_blas:
            result = w.reg(DType.I64, "info")
            w.emit(loops.Library(_PREFIX[dtype] + "potrf", ("U", n, L, n), result))
            w.set(info, result)
            with w.loop(n, "i") as i:  # LAPACK may let NaN pass
                _require_positive(w, w.load(L, i, i), info)
    with w.when(w.op("not", is_large)), w.loop(n, "i") as i:
        row = w.row(L, i)
        with w.loop(i, "j") as j:
            above = w.row(L, j)
            rest = w.op("fsub", w.load(row, j), _dot(w, row, above, j))
            w.store(row, [j], w.op("fdiv", rest, w.load(above, j)))
        rest = w.op("fsub", w.load(row, i), _dot(w, row, row, i))
        _require_positive(w, rest, info)
        w.store(row, [i], w.op("intrinsic:sqrt", rest))
    w.emit(loops.Put(out, w.get(info)))
    return LoopFunction(name, (n, A, L), (out,), w.finish())


def _require_positive(w: Writer, pivot: Operand, info: Var) -> None:
    ok = w.compare("fcmp:ogt", pivot, _number(0.0, pivot.dtype))
    with w.when(w.op("not", ok)):
        w.set(info, i64(1))


# ---- LU ----------------------------------------------------------------------------------------------


def lu(needs: Needs, name: str, dtype: DType, variant: str) -> LoopFunction:
    """lu(n, F, P) -> info: F becomes its LU factors by rows, with partial pivoting; info counts pivots of 0."""
    w = Writer()
    n = w.reg(DType.I64, "n")
    F, P = w.buf(dtype, (n, n), "F"), w.buf(DType.I32, (n,), "P")
    out = w.out(DType.I64, "info", is_array=False)
    info = w.declare(i64(0), "info")
    with w.loop(n, "k") as k:
        pivot = _pivot_row(w, F, k, n)
        one_based = w.op("convert", w.op("add", pivot, i64(1)), dtype=DType.I32)
        w.store(P, [k], one_based)
        _swap_rows(w, F, k, pivot, n)
        top = w.row(F, k)
        value = w.load(top, k)
        is_zero = w.compare("fcmp:oeq", value, _number(0.0, dtype))
        with w.when(is_zero):
            w.set(info, w.op("add", w.get(info), i64(1)))
        with w.when(w.op("not", is_zero)):
            after = w.op("add", k, i64(1))
            with w.loop(w.op("sub", n, after), "i") as step:
                row = w.row(F, w.op("add", after, step))
                factor = w.op("fdiv", w.load(row, k), value)
                w.store(row, [k], factor)
                with w.loop(w.op("sub", n, after), "j", parallel=True) as offset:
                    j = w.op("add", after, offset)
                    product = w.op("fmul", factor, w.load(top, j))
                    w.store(row, [j], w.op("fsub", w.load(row, j), product))
    w.emit(loops.Put(out, w.get(info)))
    return LoopFunction(name, (n, F, P), (out,), w.finish())


def _pivot_row(w: Writer, F: Buf, k: Reg, n: Operand) -> Reg:
    """The row from k on with the largest element in column k."""
    best = w.declare(w.op("intrinsic:fabs", w.load(F, k, k)), "best")
    place = w.declare(k, "place")
    with w.loop(w.op("sub", n, k), "i") as step:
        i = w.op("add", k, step)
        size = w.op("intrinsic:fabs", w.load(F, i, k))
        with w.when(w.compare("fcmp:ogt", size, w.get(best))):
            w.set(best, size)
            w.set(place, i)
    return w.get(place)


def _swap_rows(w: Writer, M: Buf, i: Operand, j: Operand, count: Operand) -> None:
    with w.when(w.compare("icmp:ne", i, j)):
        first, second = w.row(M, i), w.row(M, j)
        with w.loop(count, "c", parallel=True) as c:
            a, b = w.load(first, c), w.load(second, c)
            w.store(first, [c], b)
            w.store(second, [c], a)


def _permute(w: Writer, X: Buf, P: Buf, n: Operand, r: Operand, *, backwards: bool) -> None:
    """Apply the row interchanges of P to X, in order or backwards."""
    with w.loop(n, "k", reverse=backwards) as k:
        pivot = w.op("sub", w.op("convert", w.load(P, k), dtype=DType.I64), i64(1))
        _swap_rows(w, X, k, pivot, r)


def solve(needs: Needs, name: str, dtype: DType, variant: str) -> LoopFunction:
    """solve(n, r, A, X, F, P) -> info: X, which holds B, becomes the solution of op(A) X = B; variant n or t."""
    w = Writer()
    n, r = w.reg(DType.I64, "n"), w.reg(DType.I64, "r")
    A, X = w.buf(dtype, (n, n), "A"), w.buf(dtype, (n, r), "X")
    F, P = w.buf(dtype, (n, n), "F"), w.buf(DType.I32, (n,), "P")
    out = w.out(DType.I64, "info", is_array=False)
    info = w.declare(i64(0), "info")
    is_large = _is_large(w, needs, n, w.op("intrinsic:smax", r, i64(1)))
    with w.when(is_large):
        w.emit(loops.Copy(F, A))
        if needs.uses_blas:
            result = w.reg(DType.I64, "info")
            w.emit(loops.Library(_PREFIX[dtype] + "getrf", (n, n, F, n, P), result))
            w.set(info, result)
            with w.when(_may_solve(w, result, r)):
                _solve_from_the_right(w, dtype, (n, r), (X, F, P), variant == "t")
    with w.when(w.op("not", is_large)):
        _copy_matrix(w, A, F, n, transposed=variant == "t")
        failed = w.reg(DType.I64, "info")
        w.emit(loops.Call(needs.need("lu", dtype), (n, F, P), (failed,)))
        w.set(info, failed)
        with w.when(w.compare("icmp:eq", failed, i64(0))):
            _permute(w, X, P, n, r, backwards=False)
            _substitute(w, F, X, n, r, forward=True, transposed=False, unit=True)
            _substitute(w, F, X, n, r, forward=False, transposed=False, unit=False)
    w.emit(loops.Put(out, w.get(info)))
    return LoopFunction(name, (n, r, A, X, F, P), (out,), w.finish())


def _may_solve(w: Writer, info: Operand, r: Operand) -> Operand:
    return w.op("and", w.compare("icmp:eq", info, i64(0)), w.compare("icmp:sgt", r, i64(0)))


def _solve_from_the_right(
    w: Writer, dtype: DType, sizes: tuple[Reg, Reg], buffers: tuple[Buf, Buf, Buf], ta: bool
) -> None:
    """LAPACK has A' = P L U. A X = B is X' (P L U) = B'; A' X = B is X' (U' L' P') = B'."""
    (n, r), (X, F, P) = sizes, buffers
    one = _number(1.0, dtype)
    upper: tuple[str, ...] = ("R", "U", "T" if ta else "N", "N")
    lower: tuple[str, ...] = ("R", "L", "T" if ta else "N", "U")
    rest = (r, n, one, F, n, X, r)
    if ta:
        _permute(w, X, P, n, r, backwards=False)
        _blas(w, dtype, "trsm", *lower, *rest)
        _blas(w, dtype, "trsm", *upper, *rest)
    else:
        _blas(w, dtype, "trsm", *upper, *rest)
        _blas(w, dtype, "trsm", *lower, *rest)
        _permute(w, X, P, n, r, backwards=True)


def _copy_matrix(w: Writer, A: Buf, F: Buf, n: Operand, *, transposed: bool) -> None:
    if not transposed:
        w.emit(loops.Copy(F, A))
        return
    with w.nest([n, n], ("i", "j")) as (i, j):
        w.store(F, [i, j], w.load(A, j, i))


def _substitute(
    w: Writer,
    T: Buf,
    X: Buf,
    n: Operand,
    r: Operand,
    *,
    forward: bool,
    transposed: bool,
    unit: bool,
) -> None:
    """Solve op(T) X = B for the triangle that comes `forward`; rows of X are finished one after the other."""
    with w.loop(n, "i", reverse=not forward) as i:
        row = w.row(X, i)
        if not unit:
            diagonal = w.load(T, i, i)
            with w.loop(r, "c", parallel=True) as c:
                w.store(row, [c], w.op("fdiv", w.load(row, c), diagonal))
        count = w.op("sub", w.op("sub", n, i), i64(1)) if forward else i
        with w.loop(count, "j") as step:
            j = w.op("add", w.op("add", i, i64(1)), step) if forward else step
            factor = w.load(T, i, j) if transposed else w.load(T, j, i)
            _subtract(w, w.row(X, j), factor, row, r)


def tri_solve(needs: Needs, name: str, dtype: DType, variant: str) -> LoopFunction:
    """tri_solve(n, r, T, X) -> info: X, which holds B, becomes the solution of op(T) X = B.

    Variants: l or u for the triangle, n or t for op. A 0 on the diagonal is a failure.
    """
    w = Writer()
    n, r = w.reg(DType.I64, "n"), w.reg(DType.I64, "r")
    T, X = w.buf(dtype, (n, n), "T"), w.buf(dtype, (n, r), "X")
    out = w.out(DType.I64, "info", is_array=False)
    info = w.declare(i64(0), "info")
    upper, ta = variant[0] == "u", variant[1] == "t"
    with w.loop(n, "i") as i:
        is_zero = w.compare("fcmp:oeq", w.load(T, i, i), _number(0.0, dtype))
        with w.when(is_zero):
            w.set(info, i64(1))
    is_large = _is_large(w, needs, n, w.op("intrinsic:smax", r, i64(1)))
    some = w.compare("icmp:sgt", r, i64(0))
    with w.when(w.op("and", is_large, some)):
        if needs.uses_blas:
            # What is the upper triangle of T here is the lower one of T' there.
            flags = ("R", "L" if upper else "U", "T" if ta else "N", "N")
            one = _number(1.0, dtype)
            _blas(w, dtype, "trsm", *flags, r, n, one, T, n, X, r)
    with w.when(w.op("not", is_large)):
        _substitute(w, T, X, n, r, forward=upper == ta, transposed=ta, unit=False)
    w.emit(loops.Put(out, w.get(info)))
    return LoopFunction(name, (n, r, T, X), (out,), w.finish())


def inv(needs: Needs, name: str, dtype: DType, variant: str) -> LoopFunction:
    """inv(n, A, X, F, P) -> info: the solution of A X = 1."""
    w = Writer()
    n = w.reg(DType.I64, "n")
    A, X = w.buf(dtype, (n, n), "A"), w.buf(dtype, (n, n), "X")
    F, P = w.buf(dtype, (n, n), "F"), w.buf(DType.I32, (n,), "P")
    out = w.out(DType.I64, "info", is_array=False)
    w.emit(loops.Fill(X, _number(0.0, dtype)))
    with w.loop(n, "i") as i:
        w.store(X, [i, i], _number(1.0, dtype))
    info = w.reg(DType.I64, "info")
    w.emit(loops.Call(needs.need("solve", dtype, "n"), (n, n, A, X, F, P), (info,)))
    w.emit(loops.Put(out, info))
    return LoopFunction(name, (n, A, X, F, P), (out,), w.finish())


def _determinant(is_log: bool) -> Maker:
    def make(needs: Needs, name: str, dtype: DType, variant: str) -> LoopFunction:
        w = Writer()
        n = w.reg(DType.I64, "n")
        A = w.buf(dtype, (n, n), "A")
        F, P = w.buf(dtype, (n, n), "F"), w.buf(DType.I32, (n,), "P")
        out = w.out(dtype, "det", is_array=False)
        w.emit(loops.Copy(F, A))
        is_large = _is_large(w, needs, n)
        with w.when(is_large):
            if needs.uses_blas:
                info = w.reg(DType.I64, "info")
                w.emit(loops.Library(_PREFIX[dtype] + "getrf", (n, n, F, n, P), info))
        with w.when(w.op("not", is_large)):
            failed = w.reg(DType.I64, "info")
            w.emit(loops.Call(needs.need("lu", dtype), (n, F, P), (failed,)))
        total = _log_of_diagonal if is_log else _product_of_diagonal
        w.emit(loops.Put(out, total(w, F, P, n)))
        return LoopFunction(name, (n, A, F, P), (out,), w.finish())

    return make


def _log_of_diagonal(w: Writer, F: Buf, P: Buf, n: Operand) -> Reg:
    total = w.declare(_number(0.0, F.dtype), "total")
    with w.loop(n, "i") as i:
        size = w.op("intrinsic:fabs", w.load(F, i, i))
        w.set(total, w.op("fadd", w.get(total), w.op("kernel:log", size)))
    return w.get(total)


def _product_of_diagonal(w: Writer, F: Buf, P: Buf, n: Operand) -> Reg:
    """With a change of sign for every row that was exchanged."""
    total = w.declare(_number(1.0, F.dtype), "total")
    with w.loop(n, "i") as i:
        pivot = w.op("sub", w.op("convert", w.load(P, i), dtype=DType.I64), i64(1))
        value = w.load(F, i, i)
        is_moved = w.compare("icmp:ne", pivot, i)
        signed = w.op("select", is_moved, w.op("fneg", value), value, dtype=F.dtype)
        w.set(total, w.op("fmul", w.get(total), signed))
    return w.get(total)


MAKERS: Mapping[str, Maker] = {
    "matmul": matmul,
    "cholesky": cholesky,
    "lu": lu,
    "solve": solve,
    "tri_solve": tri_solve,
    "inv": inv,
    "det": _determinant(False),
    "logdet": _determinant(True),
}
