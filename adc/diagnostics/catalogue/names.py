"""E02xx: names and types do not fit together."""

from __future__ import annotations

from adc.diagnostics.catalogue.entry import Entry

ENTRIES = (
    Entry(
        "E0201",
        "unknown name",
        "No parameter, `let`, size, definition, import or builtin function has this name here. Definitions may "
        "stand in any order; a `let` is known after it, inside its block.",
        wrong="def f(x: f64) -> f64 = expp(x)\n",
        right="def f(x: f64) -> f64 = exp(x)\n",
    ),
    Entry(
        "E0202",
        "name is defined twice",
        "Two definitions of one file, two parameters of one function, two fields of one record or two names of "
        "one pattern are the same. An inner `let` may use an outer name anew.",
        wrong="def f(x: f64, x: f64) -> f64 = x\n",
        right="def f(x: f64, y: f64) -> f64 = x + y\n",
    ),
    Entry(
        "E0203",
        "imported file is not there",
        "The path of an `import` is relative to the file that imports.",
        wrong='import "no_such_file.adl"\n\ndef f(x: f64) -> f64 = x\n',
        right="def f(x: f64) -> f64 = x\n",
    ),
    Entry(
        "E0204",
        "imports form a circle",
        "A file imports itself, perhaps through others. Move what both need to a third file.",
        wrong='import "main.adl"\n\ndef f(x: f64) -> f64 = x\n',
        right="def f(x: f64) -> f64 = x\n",
    ),
    Entry(
        "E0205",
        "unknown type",
        "Types are `f64 f32 i64 i32 bool`, what `type` defines, and arrays, tuples, records and functions of "
        "these.",
        wrong="def f(x: float) -> float = x\n",
        right="def f(x: f64) -> f64 = x\n",
    ),
    Entry(
        "E0206",
        "unknown field",
        "The record has no field of this name, or the value is no record. The message lists the fields.",
        wrong="def f(p: {x: f64, y: f64}) -> f64 = p.z\n",
        right="def f(p: {x: f64, y: f64}) -> f64 = p.y\n",
    ),
    Entry(
        "E0210",
        "type does not fit",
        "The value has another type than its place requires. Booleans have no arithmetic, and conditions are "
        "booleans; integers become floats by `f64(n)`, floats become integers by `i64(x)`, which truncates.",
        wrong="def f(a: bool, b: bool) -> i64 = a + b\n",
        right="def f(a: bool, b: bool) -> i64 = i64(a) + i64(b)\n",
    ),
    Entry(
        "E0211",
        "number types are mixed",
        "`f32`, `f64` and the integers do not mix by themselves. Literals take the type that is needed; variables "
        "are converted explicitly.",
        wrong="def f(x: f64, y: f32) -> f64 = x * y\n",
        right="def f(x: f64, y: f32) -> f64 = x * f64(y)\n",
    ),
    Entry(
        "E0212",
        "what is called is no function",
        "Only functions are followed by `(`. A product needs `*`, an element of an array `[`.",
        wrong="def f(x: f64) -> f64 = x(2.0)\n",
        right="def f(x: f64) -> f64 = x * 2.0\n",
    ),
    Entry(
        "E0213",
        "wrong number of arguments",
        "The call has more or fewer arguments than the function has parameters.",
        wrong="def area(a: f64, b: f64) -> f64 = a * b\n\ndef f(x: f64) -> f64 = area(x)\n",
        right="def area(a: f64, b: f64) -> f64 = a * b\n\ndef f(x: f64) -> f64 = area(x, x)\n",
    ),
    Entry(
        "E0214",
        "accumulator is used",
        "Inside `accum` an accumulator can only be added to. Its value depends on the order of additions, which "
        "the compiler chooses, and is known after the last one. A value that depends on earlier steps is the "
        "state of a `loop`.",
        wrong="def f(x: f64[n]) -> f64 = accum (s = 0.0) for i < n { s += s * x[i]; }\n",
        right="def f(x: f64[n]) -> f64 = loop (s = 0.0) for i < n { s + s * x[i] }\n",
    ),
    Entry(
        "E0215",
        "result type is needed",
        "The result type of a function may be left out, but not where nothing tells it: in a recursive function "
        "a branch must have a value without the call.",
        wrong="def f(n: i64) = f(n - 1)\n",
        right="def f(n: i64) -> i64 = if n == 0 then 1 else n * f(n - 1)\n",
    ),
    Entry(
        "E0216",
        "literal does not fit its type",
        "A literal takes the type that its place requires, and its value has to exist there.",
        wrong="def f(k: i32) -> i32 = k + 3_000_000_000\n",
        right="def f(k: i64) -> i64 = k + 3_000_000_000\n",
    ),
    Entry(
        "E0217",
        "argument does not fit the builtin",
        "A builtin function has no argument of this name, or needs another kind of value in this place, such as a "
        "function or a literal.",
        wrong="def f(x: f64[n]) -> f64 = sum(x, axis=0)\n",
        right="def f(x: f64[n]) -> f64 = sum(x)\n",
    ),
    Entry(
        "E0218",
        "pattern does not fit",
        "A tuple is taken apart by a pattern with as many parts as it has.",
        wrong="def f(t: (f64, f64)) -> f64 {\n  let (a, b, c) = t;\n  a\n}\n",
        right="def f(t: (f64, f64)) -> f64 {\n  let (a, b) = t;\n  a + b\n}\n",
    ),
    Entry(
        "E0219",
        "definition needs itself",
        "A constant or a type is defined by itself, perhaps through others. Functions may be recursive; constants "
        "and types may not.",
        wrong="const a = b + 1\n\nconst b = a\n\ndef f() -> i64 = a\n",
        right="const a = b + 1\n\nconst b = 2\n\ndef f() -> i64 = a\n",
    ),
)
