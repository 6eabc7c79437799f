"""What random programs are made of: one table of productions for every kind of expression.

A production is ADL with holes. `<S>` is a hole for an expression of kind S; `<S ?i:I ?v:V>` lets it use an index
`?i` and a vector `?v`; in `<!S p:S w:V>` these are all it may use. `?name` is a fresh name, `<#>` a number.
Definitions that an expression needs follow it. Holes are put in parentheses where that matters.

Kinds: S a number, V a vector of n, M a matrix of n by n, P such a matrix that is positive definite, I an index
below n, B a truth value, F a number in single precision. `n` and at least one vector are always in scope. Values
stay of the order of one. Of functions with kinks, only those stand here whose kinks random arguments miss.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Production:
    """An expression and the definitions it needs, both with holes."""

    expression: str
    definitions: tuple[str, ...] = ()


def _productions(*made: str | tuple[str, ...]) -> tuple[Production, ...]:
    return tuple(Production(p) if isinstance(p, str) else Production(p[0], p[1:]) for p in made)


_FUNCTION = "def ?g(p: f64, w: f64[n]) -> f64 = <!S p:S w:V>"
_VECTOR_FUNCTION = "def ?g(p: f64, w: f64[n]) -> f64[n] = <!V p:S w:V>"

ELEMENTARY = _productions(
    "sin(<S>)",
    "cos(<S>)",
    "tanh(<S>)",
    "exp(-<S> ** 2)",
    "1.0 / (1.0 + <S> ** 2)",
    "log(1.0 + <S> ** 2)",
    "log1p(<S> ** 2)",
    "expm1(0.5 * sin(<S>))",
    "sqrt(1.0 + <S> ** 2)",
    "cbrt(2.0 + sin(<S>))",
    "sigmoid(<S>)",
    "softplus(<S>)",
    "erf(<S>)",
    "erfc(<S>)",
    "lgamma(1.5 + sin(<S>))",
    "digamma(1.5 + sin(<S>))",
    "tan(0.5 * sin(<S>))",
    "atan(<S>)",
    "asin(0.5 * sin(<S>))",
    "acos(0.5 * cos(<S>))",
    "sinh(sin(<S>))",
    "cosh(sin(<S>))",
    "asinh(<S>)",
    "acosh(1.5 + <S> ** 2)",
    "atanh(0.5 * sin(<S>))",
    "abs(<S> - <#>)",
    "relu(<S> - <#>)",
    "clamp(<S>, -0.7, 0.9)",
    "sign(<S> - <#>) * <S>",
    "0.1 * floor(<S>) + <S>",
    "<S> % 1.7",
    "-<S>",
    "0.2 * <S> ** 3",
    "<S> + <S>",
    "<S> - <S>",
    "0.5 * <S> * <S>",
    "<S> / (1.5 + <S> ** 2)",
    "(2.0 + sin(<S>)) ** sin(<S>)",
    "sin(<S> * <S>)",
    "fma(<S>, 0.5, <S>)",
    "atan2(<S>, 2.0 + sin(<S>))",
    "hypot(1.0 + <S> ** 2, <S>)",
    "max(<S>, <S>)",
    "min(<S>, <S>)",
)

SCALARS = _productions(
    # Reductions and comprehensions.
    "sum(<S ?i:I> for ?i < n) / f64(n)",
    "sum(<S ?i:I> for ?i < n - 1)",
    "sum(<S ?x:S> for ?x in <V>) / f64(n)",
    "sum(<S ?i:I ?j:I> for ?i < n, ?j < n) / f64(n * n)",
    "sum(<S ?i:I ?j:I> for ?i < n, ?j < ?i) / f64(n * n)",
    "sum(<S ?a:S ?b:S> for (?a, ?b) in zip(<V>, <V>)) / f64(n)",
    "prod(1.0 + 0.2 * sin(<S ?i:I>) for ?i < n)",
    "max(<S ?i:I> for ?i < n)",
    "min(<S ?x:S> for ?x in <V>)",
    "mean(<V>)",
    "max(<V>)",
    "min(<V>)",
    "prod(cos(<V>))",
    "logsumexp(<V>)",
    "norm(1.5 + cos(<V>)) / f64(n)",
    "dot(<V>, <V>) / f64(n)",
    "sum(<M>) / f64(n * n)",
    "sum(flatten(<M>)[::n]) / f64(n)",
    # Nothing to add up, known or not when compiling.
    "<S> + sum(<S ?i:I> for ?i < 0)",
    "<S> + sum(<V>[1:1]) + sum(<V>[n:])",
    "<S> + sum(<S ?i:I> for ?i < n // 9) + prod(<V>[: n // 9])",
    # Small arrays of known size.
    "dot([<S>, <S>, 0.5], [0.2, <S>, <S>])",
    "{ let ?q = [<S>, <S>]; ?q[0] * 0.5 + ?q[1] * ?q[0] }",
    "sum([[<S>, 0.1], [0.2, <S>]] @ [<S>, 0.5])",
    # Branches, blocks, names.
    "(if <B> then <S> else <S>)",
    "(if <B> then <S> else if <B> then <S> else <S>)",
    "{ let ?a = <S>; <S ?a:S> }",
    "{ let (?a, ?b) = (<S>, <S>); <S ?a:S ?b:S> }",
    "{ let ?a = <S>; let ?b = <S ?a:S>; ?a * 0.5 + <S ?b:S> * ?b }",
    "{ let ?v = <V>; <S ?v:V> }",
    "{ let ?M = <M>; <S ?M:M> }",
    # Loops.
    "loop (?c = <S>) for ?t < n { 0.5 * sin(?c) + 0.3 * <S ?c:S ?t:I> }",
    "loop (?c = <S>) for ?t < 3 { <S ?c:S> }",
    "{ let (?a, ?b) = loop (?c = <S>, ?e = <S>) for ?t < n "
    "{ (0.4 * ?c + 0.2 * <S ?e:S ?t:I>, tanh(?e * <S ?c:S>)) }; ?a + 0.5 * ?b }",
    "{ let (?a, ?w) = loop (?c = <S>, ?v = <V>) for ?t < 3 "
    "{ (0.5 * sin(?c) + 0.3 * <S ?c:S ?v:V>, 0.5 * ?v + 0.2 * <V ?c:S ?v:V>) }; "
    "?a + 0.5 * dot(?w, ?w) / f64(n) }",
    "{ let (?a, ?b) = loop (?c = <S>, ?m = 0) while ?m < 4 "
    "{ (0.5 * cos(?c) + 0.1 * <S ?c:S>, ?m + 1) }; 0.2 * ?a * f64(?b) }",
    "(loop (?c = <S>, ?m = 2) while ?m < 6 && ?c < 3.0 "
    "{ (if ?m % 2 == 0 then 0.5 * <S ?c:S> else sin(?c) + 0.2 * <S ?c:S>, ?m + 1) }).0",
    "sum([loop (?c = <S ?i:I>) for ?t < ?i { 0.5 * sin(?c) + 0.2 * <S ?c:S ?t:I ?i:I> } for ?i < n]) / f64(n)",
    "sum([loop (?c = 0.1 + sin(<S ?i:I>) ** 2) while ?c < 1.0 { ?c * 1.5 + 0.1 * sin(<S ?c:S ?i:I>) ** 2 } "
    "for ?i < n]) / f64(n)",
    "f64(loop (?c = 0) for ?t < n { if <B ?t:I> then ?c + ?t else ?c - 2 }) * <S> / f64(n * n)",
    "loop (?c = sin(<S>)) while ?c < 1.5 { ?c + 0.4 + 0.2 * sin(<S ?c:S>) }",
    "{ let (?h, ?e) = history (?c = <S>) for ?t < n { 0.5 * ?c + 0.4 * <S ?c:S ?t:I> }; ?e * 0.5 + <S ?h:V> }",
    "{ let (?h, ?e) = history (?c = sin(<S>)) while ?c < 1.2 { ?c + 0.5 + 0.2 * cos(<S ?c:S>) }; "
    "?e + sum(?h) * 0.2 }",
    "(loop (?c = <S>, ?v = <V>) for ?t < n "
    "{ if <B ?c:S ?v:V ?t:I> then (0.5 * ?c + 0.2 * <S ?v:V>, ?v with [?t] = sin(?c)) else (?c, ?v) }).0",
    # Combinators and functions.
    "reduce(fn(?a, ?b) => if ?a.0 > ?b.0 then ?a else ?b, (-9.0, 0.0), zip(<V>, <V>)).1",
    "sum(reduce(fn(?a, ?b) => ?a + ?b, zeros(n), <M>)) / f64(n * n)",
    "fold(fn(?c, ?x) => 0.5 * ?c + 0.3 * <S ?c:S ?x:S>, <S>, <V>)",
    "reduce(fn(?a, ?b) => ?a + ?b + 0.1 * ?a * ?b, 0.0, 0.5 * sin(<V>))",
    "reduce(fn(?a, ?b) => ?a * ?b, 1.0, cos(<V>))",
    "reduce(max, -9.0, <V>)",
    "iterate(3, fn(?c) => 0.5 * sin(?c) + 0.2 * <S ?c:S>, <S>)",
    "{ let ?h = fn(?p: f64) => <S ?p:S>; ?h(<S>) * 0.5 + ?h(0.3) * 0.25 }",
    ("?g(<S>, <V>)", _FUNCTION),
    ("?g(<S>, <V>) * 0.5 + ?g(0.2, <V>)", _FUNCTION),
    (
        "?g(<S>, <V>, 2)",
        "def ?g(p: f64, w: f64[n], k: i64) -> f64 = "
        "if k <= 0 then <!S p:S w:V> else 0.6 * ?g(0.5 * p, w, k - 1) + 0.3 * sin(p)",
    ),
    (
        "?g(<V>)",
        "def ?g(w: f64[n]) -> f64 = if n <= 1 then sum(sin(w)) "
        "else 0.5 * ?g(w[:n // 2]) + sin(?g(w[n // 2:])) * <!S w:V>",
    ),
    (
        "?g(<S>, 3).0",
        "def ?g(p: f64, k: i64) -> (f64, f64) = "
        "if k <= 0 then (p, 0.5 * p) else { let (a, b) = ?g(0.5 * p, k - 1); (0.5 * a + sin(b * p), 0.3 * b) }",
    ),
    (
        "?g(<S>)",
        "def ?g(p: f64) -> f64 = sin(p) * p",
        "derivative ?g(p; dp) = (cos(p) * p + sin(p)) * dp",
    ),
    ("?g(<S>)", "def ?g(p: f64) -> f64 = tanh(p)", "adjoint ?g(p; ct) = (1.0 - tanh(p) ** 2) * ct"),
    (
        "sum([?g(<S ?i:I>, <V>, ?i % 3) for ?i < n]) / f64(n)",
        "def ?g(p: f64, w: f64[n], k: i64) -> f64 = if k <= 0 then <!S p:S w:V> "
        "else { let q = loop (c = p) for t < k { 0.5 * c + 0.1 * <!S c:S w:V t:I> }; "
        "0.5 * ?g(0.5 * q, w, k - 1) + 0.3 * q * ?g(q, w, k - 2) }",
    ),
    (
        "loop (?c = <S>) for ?t < n { 0.4 * ?g(?c, <V>, ?t % 3) + 0.1 * <S ?c:S> }",
        "def ?g(p: f64, w: f64[n], k: i64) -> f64 = if k <= 0 then <!S p:S w:V> "
        "else 0.5 * ?g(sin(p), w with [k % n] = p, k - 1) + 0.3 * w[k % n] * p",
    ),
    (
        "sum([loop (?c = <S ?i:I>) for ?t < 3 { 0.4 * ?g(?c, <V ?i:I>, ?t % 3).0 + 0.1 * <S ?c:S> } "
        "for ?i < n]) / f64(n)",
        "def ?g(p: f64, w: f64[n], k: i64) -> (f64, f64[n]) = if k <= 0 then (<!S p:S w:V>, w) "
        "else { let (a, b) = ?g(sin(p), w with [k % n] = p, k - 1); "
        "(0.5 * a + 0.1 * b[0], 0.5 * b + 0.1 * <!V w:V>) }",
    ),
    '{ assert n > 0, "size"; <S> }',
    (
        "?h(fn(?p) => <S ?p:S>, <S>)",
        "def ?h(g: (f64) -> f64, p: f64) -> f64 = 0.5 * g(p) + 0.25 * g(0.5 * g(p))",
    ),
    # Tuples, records, arrays of them.
    "{ let ?r = {u: <S>, w: (<S>, 0.25)}; ?r.u * 0.5 + ?r.w.0 * ?r.w.1 }",
    "{ let ?q = {u: <S>, w: <V>}; let ?r = ?q with {u: 0.5 * ?q.u}; <S ?r.u:S ?r.w:V> }",
    "{ let ?rs = [{a: <S ?i:I>, b: <S ?i:I>} for ?i < n]; sum(?e.a * ?e.b for ?e in ?rs) / f64(n) }",
    "[{a: <S ?i:I>, b: 0.5} for ?i < n][<I>].a",
    "{ let ?rs = loop (?q = [{a: <S ?i:I>, b: 0.5} for ?i < n]) for ?t < n "
    "{ [{a: 0.5 * ?e.a + 0.2 * <S ?t:I>, b: sin(?e.b * ?e.a)} for ?e in ?q] }; "
    "sum(?d.a * ?d.b for ?d in ?rs) / f64(n) }",
    ("?g({u: <S>, w: <V>})", "def ?g(q: {u: f64, w: f64[n]}) -> f64 = <!S q.u:S q.w:V>"),
    # Accumulation.
    "{ let (?u, ?e) = accum (?a = zeros(n), ?s = 0.1) for ?j < n "
    "{ let ?c = <S ?j:I>; ?a[?j * 3 % n] += ?c; if ?c > 0.2 { ?s += 0.3 * ?c * ?c; } else { ?s += 0.1 * ?c; } }; "
    "?e / f64(n) + 0.2 * ?u[0] + sum(sin(?u)) / f64(n) }",
    "accum (?s = <S>) for ?i < n { ?s += 0.2 * <S ?i:I>; for ?j < ?i { ?s += 0.1 * <S ?i:I ?j:I>; } }",
    # Derivatives in the program.
    ("tanh(0.1 * grad(?g)(<S>, <V>))", _FUNCTION),
    ("tanh(0.1 * sum(grad(?g, wrt=w)(<S>, <V>)))", _FUNCTION),
    ("tanh(0.1 * jvp(?g, wrt=p)(<S>, <V>, <S>).1)", _FUNCTION),
    "tanh(0.1 * grad(fn(?p: f64) => <S ?p:S>)(<S>))",
    ("checkpoint(?g)(<S>, <V>)", _FUNCTION),
    ("tanh(0.01 * dot(<V>, hvp(?g, wrt=w)(<S>, <V>, <V>)))", _FUNCTION),
    # Linear algebra.
    "tanh(det(0.6 * <M>))",
    "sum(sin(eigh(0.3 * <P> + diag([2.0 * f64(?i) for ?i < n])).0)) / f64(n)",
    "sum(qr(<P>).0 @ <V>) / f64(n)",
    "logdet(<P>) / f64(n)",
    "log(det(<P>)) / f64(n)",
    "trace(<M>) / f64(n)",
    "dot(<V>, solve(<P>, <V>)) / f64(n)",
)

VECTORS = _productions(
    "[<S ?i:I> for ?i < n]",
    "[<S ?x:S> for ?x in <V>]",
    "[<S ?a:S ?b:S> for (?a, ?b) in zip(<V>, <V>)]",
    "map(fn(?x) => <S ?x:S>, <V>)",
    "unzip([(<S ?i:I>, <S ?i:I>) for ?i < n]).1",
    "[sum(?x) / f64(n) for ?x in <M>]",
    # Elementwise.
    "<V> + 0.5 * <V>",
    "sin(<V>) * <V>",
    "tanh(<V> - <V>)",
    "<S> * <V>",
    "<V> / (1.5 + <V> ** 2)",
    "max(<V>, <V>)",
    "clamp(<V>, -0.8, 0.8)",
    "select(<V> < <V>, <V>, <V>)",
    "(if <B> then <V> else <V>)",
    "{ let ?a = <S>; <V ?a:S> }",
    "{ let ?v = <V>; <V ?v:V> }",
    "{ let (?a, ?b) = if <B> then (<V>, <V>) else (<V>, <V>); <V ?a:V ?b:V> }",
    "{ let ?v = <V>; let (?a, ?b) = if <B> then (?v with [<I>] = <S ?v:V>, <V ?v:V>) "
    "else (<V ?v:V>, ?v with [<I>] = <S ?v:V>); 0.5 * ?a + 0.3 * ?b }",
    "[if ?b then ?x else 0.5 for (?b, ?x) in zip(<V> > 0.1, <V>)]",
    "{ let ?v = <V>; let ?h = fn(?i: i64) => ?v[?i] * <S ?v:V ?i:I>; [?h(?j) + 0.5 * ?h(0) for ?j < n] }",
    "{ let (?A, ?b) = unzip([(<V ?i:I>, <S ?i:I>) for ?i < n]); 0.3 * (?A @ ?b) }",
    # Reductions of rows that grow.
    "[sum(<S ?i:I ?j:I> for ?j < ?i) / f64(n) for ?i < n]",
    "[max(<S ?i:I ?j:I> for ?j < ?i + 1) for ?i < n]",
    "[prod(1.0 + 0.2 * sin(<S ?i:I ?j:I>) for ?j < ?i) for ?i < n]",
    "[logsumexp([<S ?i:I ?j:I> for ?j < n]) for ?i < n]",
    "[norm(1.5 + cos(?x)) for ?x in <M>]",
    # Other orders and parts.
    "concat(<V>[min(2, n):], <V>[:min(2, n)])",
    "<V>[[(5 * ?i + 2) % n for ?i < n]]",
    "<V>[argsort(<V>)]",
    "sort(<V>)",
    "reverse(<V>)",
    "<V>[::-1]",
    "roll(<V>, 1)",
    "concat(<V>[:n // 2], <V>[n // 2:])",
    "concat(<V>[1:], <V>[:1])",
    "concat(<V>[::2], <V>[1::2])",
    "flatten(<M>)[:n]",
    "<M>[<I>]",
    "<M>[:, <I>]",
    "transpose(<M>)[<I>]",
    "diag(<M>)",
    "stack(<V>, <V>)[1]",
    "reshape(stack(<V>, <V>), (n, 2))[:, 0]",
    "{ let ?v = <V>; [if ?i == 0 || ?i == n - 1 then ?v[?i] "
    "else ?v[?i] + 0.2 * (?v[?i - 1] - 2.0 * ?v[?i] + ?v[?i + 1]) for ?i < n] }",
    # Loops.
    "cumsum(<V>) / f64(n)",
    "cumprod(cos(<V>))",
    "scan(fn(?c, ?x) => 0.5 * ?c + 0.4 * <S ?c:S ?x:S>, <S>, <V>)",
    "loop (?u = <V>) for ?t < 3 { [0.6 * ?u[?i] + 0.3 * sin(<S ?i:I ?u:V>) for ?i < n] }",
    "loop (?u = <V>) for ?t < n { ?u with [?t] = 0.5 * <S ?u:V ?t:I> }",
    "loop (?u = <V>) for ?t < n - 1 { ?u with [?t + 1] = 0.5 * ?u[?t] + 0.3 * <S ?t:I> }",
    "(loop (?u = <V>, ?w = <V>) for ?t < 3 { (?w, 0.5 * ?u + 0.3 * sin(?w)) }).0",
    "(loop (?u = <V>, ?w = <V>) for ?t < 3 { (?w, ?u) }).0",
    "(history (?u = <V>) for ?t < 3 { 0.5 * ?u + 0.2 * <V ?u:V> }).0[2]",
    "iterate(2, fn(?u) => 0.5 * ?u + 0.3 * <V ?u:V>, <V>)",
    "(loop (?u = <V>, ?m = 0) while ?m < n { (?u with [?m] = 0.5 * <S ?u:V>, ?m + 1) }).0",
    "loop (?u = <V>) for ?t < n { if <B ?u:V ?t:I> then ?u with [?t] = 0.5 * <S ?u:V ?t:I> else ?u }",
    "(loop (?u = <V>, ?w = <V>) for ?t < n "
    "{ (?u with [?t] = 0.5 * <S ?u:V ?w:V ?t:I>, ?w with [n - 1 - ?t] = 0.5 * <S ?u:V ?w:V ?t:I>) }).1",
    "(loop (?u = <V>, ?w = <V>) for ?t < 3 { if <B ?u:V ?w:V> then (?w, 0.5 * ?u) else (?u, <V ?u:V ?w:V>) }).0",
    "(loop (?u = <V>) for ?t < 2 { loop (?w = ?u) for ?l < n { ?w with [?l] = 0.5 * <S ?u:V ?w:V ?l:I> } })",
    "(history (?u = <V>, ?m = 0) while ?m < 3 { (0.5 * <V ?u:V>, ?m + 1) }).1.0",
    "fold(fn(?u, ?x) => 0.5 * ?u + 0.3 * ?x * <V ?u:V ?x:S>, <V>, <V>)",
    "scan(fn(?u, ?x) => 0.5 * ?u + 0.3 * sin(?x), <V>, <M>)[n - 1]",
    "map(fn(?p) => ?p.0, scan(fn(?c, ?x) => (0.5 * ?c.0 + <S ?x:S>, sin(?c.1 + ?c.0)), (<S>, <S>), <V>))",
    (
        "?g(<V>, 3)",
        "def ?g(w: f64[n], k: i64) -> f64[n] = "
        "if k <= 0 then w else { let u = ?g(0.5 * w, k - 1); u * 0.5 + <!V w:V u:V> }",
    ),
    # Updates and accumulation.
    "<V> with [<I>] = <S>",
    "{ let ?v = <V>; let ?w = ?v with [0] = <S>; ?v * 0.5 + ?w }",
    "scatter_add(<V>, [3 * ?i % n for ?i < n], <V>)",
    "hist(n, [(3 * ?i + 1) % n for ?i < n], <V>)",
    "accum (?a = <V>) for ?x in <M> { ?a += 0.3 * ?x; }",
    "accum (?a = <V>) for ?i < n { for ?j < n { ?a[(?i + ?j) % n] += 0.2 * <S ?i:I ?j:I>; } }",
    "accum (?a = zeros(n)) for ?i < n, ?j < n "
    "{ if ?j < ?i { ?a[?i] += 0.2 * <S ?i:I ?j:I>; } else { ?a[?j] += 0.1 * <S ?i:I>; } }",
    "loop (?u = <V>) for ?t < n { accum (?a = 0.5 * ?u) for ?i < n { ?a[(?i + ?t) % n] += 0.2 * <S ?i:I ?u:V>; } }",
    "loop (?u = <V>) for ?t < 3 "
    "{ if <B ?u:V> then accum (?a = 0.5 * ?u) for ?i < n { ?a[?i] += 0.2 * <S ?i:I ?u:V>; } else 0.5 * <V ?u:V> }",
    "accum (?a = <V>) for ?i < n { let ?c = <S ?i:I>; if <B ?i:I> "
    "{ for ?l < ?i { ?a[?l] += 0.1 * ?c * <S ?l:I ?i:I>; } } else { ?a[<I ?i:I>] += 0.1 * ?c; } }",
    "[(loop (?u = <V ?i:I>) for ?t < n { ?u with [?t] = 0.5 * <S ?u:V ?t:I ?i:I> })[?i] for ?i < n]",
    "[(loop (?u = <V ?i:I>, ?m = 0) while ?m < ?i "
    "{ (if <B ?u:V> then ?u with [?m] = 0.5 * <S ?u:V ?i:I> else ?u, ?m + 1) }).0[?i] for ?i < n]",
    (
        "?g(<V>, <S>, 0)",
        "def ?g(w: f64[n], p: f64, k: i64) -> f64[n] = if k >= n then w "
        "else { let u = ?g(w with [k] = 0.5 * <!S w:V p:S>, sin(p), k + 1); u * 0.6 + 0.2 * <!V w:V u:V p:S> }",
    ),
    (
        "loop (?u = <V>) for ?t < 3 { ?g(?u, <S ?u:V>, ?t % 3) }",
        "def ?g(w: f64[n], p: f64, k: i64) -> f64[n] = if k <= 0 then w "
        "else { let u = ?g(w with [k % n] = 0.5 * <!S w:V p:S>, sin(p), k - 1); "
        "accum (a = u * 0.6) for i < n { a[(i + k) % n] += 0.1 * <!S w:V u:V p:S i:I>; } }",
    ),
    # Functions and their derivatives.
    ("?g(<S>, <V>)", _VECTOR_FUNCTION),
    ("tanh(0.1 * grad(?g, wrt=w)(<S>, <V>))", _FUNCTION),
    ("tanh(0.1 * jvp(?g)(<S>, <V>, <S>, <V>).1)", _VECTOR_FUNCTION),
    ("tanh(0.1 * vjp(?g, wrt=w)(<S>, <V>, <V>).1)", _VECTOR_FUNCTION),
    ("tanh(0.1 * (jacrev(?g, wrt=w)(<S>, <V>) @ <V>))", _VECTOR_FUNCTION),
    # Linear algebra.
    "0.3 * (<M> @ <V>)",
    "0.3 * (<V> @ <M>)",
    "solve(<P>, <V>)",
    "tri_solve(cholesky(<P>), <V>)",
)

MATRICES = _productions(
    "[<S ?i:I ?j:I> for ?i < n, ?j < n]",
    "[<V ?i:I> for ?i < n]",
    "[0.5 * ?a * ?b for ?a in <V>, ?b in <V>]",
    "outer(<V>, <V>)",
    "diag(<V>)",
    "<M> + 0.5 * <M>",
    "sin(<M>)",
    "<S> * <M>",
    "0.3 * (<M> @ <M>)",
    "transpose(<M>)",
    "<M>[[(2 * ?i + 1) % n for ?i < n]]",
    "<M>[::-1, ::-1]",
    "reshape(flatten(<M>), (n, n))",
    "<M> with [<I>] = <V>",
    "<M> with [<I>, <I>] = <S>",
    "{ let ?T = [<S ?i:I ?j:I> * f64(?l + 1) for ?i < n, ?l < 2, ?j < n]; ?T[:, 1] - 0.5 * ?T[:, 0] }",
    "{ let ?T = [[0.3 * <V ?i:I> for ?l < 2] for ?i < n]; [sum(?T[?i, ?l, ?j] for ?l < 2) for ?i < n, ?j < n] }",
    "{ let ?T = [<S ?i:I ?j:I> * f64(?l + ?q) for ?i < n, ?l < 2, ?j < n, ?q < 2]; ?T[:, 1, :, 0] - 0.5 * ?T[:, 0, :, 1] }",
    "<M> with [:, <I>] = <V>",
    "loop (?X = <M>) for ?t < n { ?X with [?t] = 0.5 * <V ?X:M ?t:I> }",
    "loop (?X = <M>) for ?t < n { ?X with [?t, n - 1 - ?t] = 0.5 * <S ?X:M ?t:I> }",
    "loop (?X = <M>) for ?t < n { if <B ?X:M ?t:I> then ?X with [?t] = 0.5 * ?X[n - 1 - ?t] else ?X }",
    "(history (?u = <V>) for ?t < n { 0.5 * <V ?u:V ?t:I> }).0",
    "scan(fn(?u, ?x) => 0.5 * ?u + 0.3 * sin(?x), <V>, <M>)",
    "[sort(?x) for ?x in <M>]",
    "[cumsum(?x) / f64(n) for ?x in <M>]",
    "loop (?X = <M>) for ?t < 2 { 0.5 * ?X + 0.1 * (?X @ <M ?X:M>) }",
    "accum (?X = <M>) for ?i < n { ?X[?i] += 0.3 * <V ?i:I>; ?X[0, ?i] += <S ?i:I>; }",
    "(if <B> then <M> else <M>)",
    "<P>",
    "inv(<P>)",
    "cholesky(<P>)",
    "solve(<P>, <M>)",
    "tri_solve(cholesky(<P>), <M>)",
)

POSITIVE = _productions(
    "{ let ?Q = <M>; eye(n) + 0.3 * (transpose(?Q) @ ?Q) }",
    "{ let ?q = <V>; diag(1.0 + ?q * ?q) + 0.2 * outer(?q, ?q) }",
)

INDICES = _productions(
    "argmax(<V>)",
    "argmin(<V>)",
    "(<I> + 1) % n",
    "searchsorted(sort(<V>), <S>) % n",
    "(if <B> then <I> else <I>)",
)

TRUTHS = _productions(
    "<S> < <#>",
    "<S> <= <S>",
    "<I> > 0",
    "<I> != <I>",
    "<S> < <#> && <I> < n - 1",
    "<S> > <#> || <I> == 0",
    "!(<S> > <#>)",
    "any(<V> > 1.0)",
    "all(<V> < 1.0)",
)

SINGLES = _productions(
    "sin(<F>)",
    "exp(-<F> * <F>)",
    "<F> + 0.5 * <F>",
    "<F> / (1.5f32 + <F> ** 2)",
    "tanh(<F> * <F>)",
    "sum(<F ?i:I> for ?i < n) / f32(n)",
    "loop (?c = <F>) for ?t < 3 { 0.5 * sin(?c) + 0.3 * <F> }",
    "(if <B> then <F> else <F>)",
    "f32(<S>)",
)

PRODUCTIONS = {
    "S": SCALARS,
    "V": VECTORS,
    "M": MATRICES,
    "P": POSITIVE,
    "I": INDICES,
    "B": TRUTHS,
    "F": SINGLES,
}
