"""Modules as text that together use every primitive, for tests of text, verifier and walks."""

from __future__ import annotations

from adc.prims.catalog import TABLE
from adc.prims.primitive import Family

STRUCTURED = """\
keep def norm(n: i64, x: f64[n]) {
  doc "Euclidean norm\\nof \\"x\\""
  signature [n](x: f64[n]) -> f64
  s: f64, c: i64 = reduce[ops=("add", "max")](n) { (i: i64)
    xi: f64 = index(x, i)
    y: f64 = mul(xi, xi)
    yield y, i
  }
  r: f64 = sqrt(s)
  return r
}

def walk(n: i64, x: f64[n], p: bool) {
  signature [n](x: f64[n], b: Body{pos: (f64, f64), at: i64[2*n + 1, 3]}[n], p: bool) -> [k] (f64[k], (f64,))
  k: i64, last: f64, row: f64[k, n] = while(0.5) { (u: f64)
    more: bool = lt(u, 100.0)
    yield more
  } { (t: i64, v: f64)
    w: f64 = add(v, v)
    copies: f64[n] = map(n) { (j: i64)
      yield w
    }
    yield w, copies
  }
  final: f64, history: f64[3] = loop[reverse=true](3, 1.0) { (t1: i64, a: f64)
    b: f64 = call[callee="norm"](n, x)
    a1: f64 = add(a, b)
    yield a1, a
  }
  best: i64 = argreduce[op="max"](n) { (i: i64)
    xi: f64 = index(x, i)
    yield xi
  }
  m: i64, part: f64[m] = cond(p) {
    yield n, x
  } {
    three: f64[3] = map(3) { (q: i64)
      yield inf
    }
    yield 3, three
  }
  sums: f64[n], total: f64, extra: f32 = accum(x, 0.0) { (ref1: ref f64[n], ref2: ref f64)
    map(n, m) { (i1: i64, j1: i64)
      upd(ref1, -0.0, i1)
      upd(ref2, nan)
    }
    upd(ref1, x)
    yield 1.5f32
  }
  assert[code="E0606", error="ShapeError", text="sizes differ: {0} and {1}"](true, n, m)
  return k, sums, total
}

def arrays(n: i64, A: f64[n, n], b: f64[n], h: i32) {
  a: f64[n] = index(A, 0)
  U: f64[n, n] = update(A, a, 1)
  nn: i64 = mul(n, n)
  flat: f64[nn] = reshape(A, nn)
  s: f64[n, n] = stop_gradient(A)
  C: f64[n, n] = matmul[ta=false, tb=true](A, s)
  x: f64[n] = solve[ta=false](A, b)
  y: f64[n] = tri_solve[ta=true, upper=true](U, b)
  L: f64[n, n] = cholesky(C)
  I: f64[n, n] = inv(L)
  d: f64 = det(I)
  e: f64 = logdet(I)
  p: i64[n] = argsort(x)
  k: i64 = searchsorted(y, d)
  g: f64 = select(true, d, e)
  q: f64 = powi(g, k)
  z: f64 = polygamma[order=2](q)
  w: i32 = convert[to=i32](z)
  v: i32 = add(w, h)
  r: i32 = sub(v, -2147483648i32)
  empty: f64[0, 2] = map(0, 2) { (i: i64, j: i64)
    yield -inf
  }
  return p, flat, r
}

def records(n: i64, x: f64[n]) {
  ts: tape[n] = map(n) { (i: i64)
    xi: f64 = index(x, i)
    t: tape = pack(i, x, xi)
    yield t
  }
  sums: tape[n] = accum(ts) { (ref1: ref tape[n])
    upd(ref1, 0tape, 0)
  }
  t1: tape = index(sums, 0)
  k: i64, row: f64[n], first: f64 = unpack(t1)
  t2: tape = pack(k, row)
  m: i64, y: f64[m] = unpack(t2)
  return m, y, first
}

request slope = grad norm wrt (1)
request "slope of slope" = hvp slope wrt (1)

rule norm = adjoint walk
"""


def scalars() -> str:
    """One function per scalar primitive."""
    return "\n".join(_scalar(p.name, p.arity or 0) for p in TABLE if p.family is Family.SCALAR)


_OPERANDS = {"select": ("bool", "f64", "f64"), "powi": ("f64", "i64")}
_PARAMS = {"polygamma": "[order=1]", "convert": "[to=i64]"}
_BOOLEAN = {"and", "or", "not"}
_TO_BOOL = _BOOLEAN | {"eq", "ne", "lt", "le", "gt", "ge", "isnan", "isfinite"}


def _scalar(name: str, arity: int) -> str:
    types = _OPERANDS.get(name, ("bool" if name in _BOOLEAN else "f64",) * arity)
    params = ", ".join(f"x{k}: {t}" for k, t in enumerate(types))
    operands = ", ".join(f"x{k}" for k in range(len(types)))
    result = "bool" if name in _TO_BOOL else "i64" if name == "convert" else "f64"
    line = f"  y: {result} = {name}{_PARAMS.get(name, '')}({operands})\n"
    return f"def {name}({params}) {{\n{line}  return y\n}}\n"


ALL = {"structured": STRUCTURED, "scalars": scalars()}
