"""Unstructured primitives on arrays. Everything else on arrays is a `map` with index arithmetic.

y = index(x, I...)                x[i, ...]: fewer indices than dims give a row (sub-array). Checked.
y = update(x, v, I...)            x with [i, ...] = v; fewer indices than dims replace a row. Checked.
y = reshape(x, N...)              row-major; the elaborator checks that the element counts agree.
p = argsort(x)                    x: t[n]; stable, ascending, NaN last; p: i64[n].
k = searchsorted(x, q)            x: t[n] ascending, q: t; leftmost position; k: i64.
C = matmul[ta=False, tb=False](A, B)      op(A) @ op(B) for rank 2, f64 or f32; inner sizes agree (checked before).
L = cholesky(A)                   lower factor of the symmetric part (A + A')/2; error when not positive definite.
X = solve[ta=False](A, B)         op(A) X = B, B of rank 1 or 2; error when singular.
X = tri_solve[upper=False, ta=False](T, B)   the named triangle of T only; op(T) X = B, B of rank 1 or 2.
X = inv(A)   d = det(A)   d = logdet(A)      logdet is log |det A|.
y = stop_gradient(x)              identity on any type; no tangent passes.
"""
