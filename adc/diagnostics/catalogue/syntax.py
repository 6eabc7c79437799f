"""E01xx: the text is not a program."""

from __future__ import annotations

from adc.diagnostics.catalogue.entry import Entry

ENTRIES = (
    Entry(
        "E0101",
        "something else was expected",
        "At this place the grammar allows only what the message lists. Look just before the mark as well: a sign "
        "that is missing there is often noticed here.",
        wrong="type Point = {x: f64, y}\n",
        right="type Point = {x: f64, y: f64}\n",
    ),
    Entry(
        "E0102",
        "bracket is never closed",
        "Every `(`, `[` and `{` needs its partner before the definition ends. The message shows the innermost "
        "bracket that is still open; the one that is missing may belong to an inner expression.",
        wrong="def f(x: f64) -> f64 = (x + 1.0\n",
        right="def f(x: f64) -> f64 = (x + 1.0)\n",
    ),
    Entry(
        "E0103",
        "brackets do not match",
        "A bracket is closed by its own partner: `(` by `)`, `[` by `]`, `{` by `}`.",
        wrong="def f(x: f64) -> f64[1] = [x)\n",
        right="def f(x: f64) -> f64[1] = [x]\n",
    ),
    Entry(
        "E0104",
        "bracket closes nothing",
        "There is a closing bracket and no open one that it could belong to.",
        wrong="def f(x: f64) -> f64 = x + 1.0)\n",
        right="def f(x: f64) -> f64 = (x + 1.0)\n",
    ),
    Entry(
        "E0105",
        "missing `;`",
        "`let`, `assert` and additions in `accum` end with `;`. Line ends mean nothing, so the next line would "
        "otherwise continue the expression.",
        wrong="def f(x: f64) -> f64 {\n  let y = x * x\n  y + 1.0\n}\n",
        right="def f(x: f64) -> f64 {\n  let y = x * x;\n  y + 1.0\n}\n",
    ),
    Entry(
        "E0106",
        "clause counts with `<`",
        "`for i < n` counts from 0 up to, not including, n, as indices do. There is no form that includes the "
        "bound; add one to it.",
        wrong="def f(n: i64) -> i64 = sum(i for i <= n)\n",
        right="def f(n: i64) -> i64 = sum(i for i < n + 1)\n",
    ),
    Entry(
        "E0107",
        "comparisons do not chain",
        "A comparison gives a `bool`, which cannot be compared with a number. Join two comparisons with `&&`.",
        wrong="def f(x: f64) -> bool = 0.0 < x < 1.0\n",
        right="def f(x: f64) -> bool = 0.0 < x && x < 1.0\n",
    ),
    Entry(
        "E0108",
        "parameter has no type",
        "The parameters of a `def` have types; result types, `let` and `fn` may leave them out. Sizes in a "
        "parameter's type, as in `f64[n]`, bind the name `n` for the body.",
        wrong="def square(x) = x * x\n",
        right="def square(x: f64) = x * x\n",
    ),
    Entry(
        "E0109",
        "reserved word used as a name",
        "These words are part of the grammar and never names: accum adjoint assert const def derivative else "
        "false fn for history if import in let loop then true type while with. Builtin functions are ordinary "
        "names and may be used anew.",
        wrong="def f(type: f64) -> f64 = type + 1.0\n",
        right="def f(kind: f64) -> f64 = kind + 1.0\n",
    ),
    Entry(
        "E0110",
        "`=` does not compare",
        "`=` gives a name to a value, in `let`, in a loop's state, in a definition or for a named argument. "
        "Equality is `==`.",
        wrong="def f(n: i64) -> i64 = if n = 0 then 1 else n\n",
        right="def f(n: i64) -> i64 = if n == 0 then 1 else n\n",
    ),
    Entry(
        "E0111",
        "block has no value",
        "A block is an expression: statements that each end with `;`, then the expression that is its value.",
        wrong="def f(x: f64) -> f64 {\n  let y = x * x;\n}\n",
        right="def f(x: f64) -> f64 {\n  let y = x * x;\n  y\n}\n",
    ),
    Entry(
        "E0112",
        "`;` where none belongs",
        "Only `let`, `assert` and additions end with `;`. The last expression of a block is its value and has "
        "none, and an expression whose value nobody uses would do nothing.",
        wrong="def f(x: f64) -> f64 {\n  x + 1.0;\n}\n",
        right="def f(x: f64) -> f64 {\n  x + 1.0\n}\n",
    ),
    Entry(
        "E0113",
        "expression is missing",
        "An operator, a comma or a word such as `then` is followed by nothing that could be a value.",
        wrong="def f(x: f64) -> f64 = x +\n",
        right="def f(x: f64) -> f64 = x + 1.0\n",
    ),
    Entry(
        "E0114",
        "two expressions side by side",
        "Nothing joins two neighbours: a comma is missing, or an operator. There is no multiplication without "
        "`*`, and calls have brackets.",
        wrong="def f(x: f64) -> f64 = 2.0 x\n",
        right="def f(x: f64) -> f64 = 2.0 * x\n",
    ),
    Entry(
        "E0115",
        "`if` is incomplete",
        "`if c then a else b` is an expression, so both values are needed. Braces are not part of it, but a "
        "block may stand for either value.",
        wrong="def f(x: f64) -> f64 = if x > 0.0 then x\n",
        right="def f(x: f64) -> f64 = if x > 0.0 then x else 0.0\n",
    ),
    Entry(
        "E0116",
        "text outside of a definition",
        "A file is a sequence of `def`, `const`, `type`, `import`, `derivative` and `adjoint`. Values that stand "
        "alone are `const`.",
        wrong="g = 9.81\n",
        right="const g = 9.81\n",
    ),
    Entry(
        "E0117",
        "file is not UTF-8 text",
        "Source files are UTF-8. Other encodings, and files that are no text, are refused.",
        wrong="printf 'const g = 9.81 # m/s\\262' | adc check -\n",
        right="printf 'const g = 9.81 # m/s\\302\\262' | adc check -\n",
        language="shell",
    ),
    Entry(
        "E0118",
        "character has no meaning",
        "Names and operators are ASCII. Comments and texts may hold other letters.",
        wrong="def area(\u03b1: f64) -> f64 = \u03b1 * \u03b1\n",
        right="def area(alpha: f64) -> f64 = alpha * alpha\n",
    ),
    Entry(
        "E0119",
        "text does not end on its line",
        "A text stands between two double quotes on one line. It cannot hold a double quote or a line end.",
        wrong='def f(x: f64) -> f64 {\n  assert x > 0.0, "x is positive;\n  x\n}\n',
        right='def f(x: f64) -> f64 {\n  assert x > 0.0, "x is positive";\n  x\n}\n',
    ),
    Entry(
        "E0120",
        "hidden character",
        "Control characters, characters that turn the direction of text and those that cannot be seen are refused "
        "everywhere, in comments too: they can make a program look different from what it does.",
        wrong="printf 'const g = 9.81 # \\342\\200\\256' | adc check -\n",
        right="printf 'const g = 9.81\\t# tabs and line ends are allowed\\r\\n' | adc check -\n",
        language="shell",
    ),
    Entry(
        "E0121",
        "nesting is too deep",
        "Brackets may be nested 128 deep, and so may expressions without brackets such as `f(x)(y)(z)` or "
        "`a ** b ** c`. Chains such as `a + b + c` and `else if` may have any length.",
        wrong=f"def f(x: f64) -> f64 = {'(' * 129}x{')' * 129}\n",
        right="def f(x: f64) -> f64 = ((x))\n",
    ),
    Entry(
        "E0122",
        "source is too large",
        "A file may have 4 MiB. Large tables of numbers are arguments, not source.",
        wrong="yes '# too long' | head -c 5000000 | adc check -\n",
        right="yes '# long' | head -c 4000000 | adc check -\n",
        language="shell",
    ),
    Entry(
        "E0123",
        "number is misspelt",
        "Numbers are decimal: `12`, `1_000`, `2.5`, `1e-3`, with a suffix `1.5f32` or `7i32` if wanted. A float "
        "has digits on both sides of its point.",
        wrong="def f(x: f64) -> f64 = x + 1.\n",
        right="def f(x: f64) -> f64 = x + 1.0\n",
    ),
    Entry(
        "E0124",
        "integer literal is too large",
        "An `i64` ends at 9223372036854775807, an `i32` at 2147483647. The smallest values are written with a "
        "minus: `-9223372036854775808`.",
        wrong="def f() -> i64 = 9223372036854775808\n",
        right="def f() -> i64 = 9223372036854775807\n",
    ),
    Entry(
        "E0125",
        "float literal is too large",
        "A literal that rounds to infinity is refused, for `f64` from about 1.8e308 on, for `f32` from 3.4e38 on. "
        "Infinity is `1.0 / 0.0`.",
        wrong="def f() -> f64 = 1e999\n",
        right="def f() -> f64 = 1.0 / 0.0\n",
    ),
    Entry(
        "E0126",
        "number is too long",
        "A literal may have 1000 digits; 17 determine an `f64`, 9 an `f32`.",
        wrong=f"def f() -> f64 = 0.{'3' * 1001}\n",
        right="def f() -> f64 = 0.33333333333333333\n",
    ),
    Entry(
        "E0127",
        "spelling of another language",
        "Some words and signs that other languages use are written differently here: `&& || !` for and, or, not; "
        "`else if` for elif; `fn(x) => e` for lambda; `#` for comments. Blocks have no `return`: their last "
        "expression is their value.",
        wrong="def f(x: f64) -> bool = x > 0.0 and x < 1.0\n",
        right="def f(x: f64) -> bool = x > 0.0 && x < 1.0\n",
    ),
    Entry(
        "E0128",
        "`+=` outside of `accum`",
        "Values do not change. `+=` adds to an accumulator inside `accum`; elsewhere a `let` may bind the same "
        "name to a new value, and a loop carries its state from step to step. Other forms such as `-=` do not "
        "exist.",
        wrong="def f(x: f64) -> f64 {\n  x += 1.0;\n  x\n}\n",
        right="def f(x: f64) -> f64 {\n  let x = x + 1.0;\n  x\n}\n",
    ),
    Entry(
        "E0129",
        "no addition",
        "The body of `accum` holds `let`, additions, `for` and `if` with braces. Its value is that of the "
        "accumulators after all additions, so nothing else is named at its end.",
        wrong="def f(x: f64[n]) -> f64 = accum (s = 0.0) for i < n { s = s + x[i]; }\n",
        right="def f(x: f64[n]) -> f64 = accum (s = 0.0) for i < n { s += x[i]; }\n",
    ),
    Entry(
        "E0130",
        "clause without a range",
        "A clause counts, `i < n`, or runs over an array, `x in xs`; with a pattern, `(a, b) in zip(xs, ys)`. "
        "Loops only count.",
        wrong="def f(xs: f64[n]) -> f64 = loop (s = 0.0) for x in xs { s + x }\n",
        right="def f(xs: f64[n]) -> f64 = loop (s = 0.0) for i < n { s + xs[i] }\n",
    ),
    Entry(
        "E0131",
        "argument without a name after a named one",
        "Arguments by position come first, named ones such as `wrt=x` after them.",
        wrong="def f(L: f64[n, n], b: f64[n]) -> f64[n] = tri_solve(upper=true, L, b)\n",
        right="def f(L: f64[n, n], b: f64[n]) -> f64[n] = tri_solve(L, b, upper=true)\n",
    ),
    Entry(
        "E0132",
        "comprehension beside something else",
        "Without brackets a comprehension is the only argument of a call: `sum(x * x for x in xs)`. Among other "
        "arguments it has brackets.",
        wrong="def f(xs: f64[n]) -> f64 = dot(xs, 2.0 * x for x in xs)\n",
        right="def f(xs: f64[n]) -> f64 = dot(xs, [2.0 * x for x in xs])\n",
    ),
    Entry(
        "E0133",
        "text is no value",
        "Texts are the path of an `import` and the message of an `assert`; there are no operations on them.",
        wrong='def f() = "hello"\n',
        right='def f(x: f64) -> f64 {\n  assert x > 0.0, "x is positive";\n  x\n}\n',
    ),
    Entry(
        "E0134",
        "`if` or `fn` as an operand",
        "`if` and `fn` extend to the right as far as they can. As an operand they stand in brackets, which show "
        "where they end.",
        wrong="def f(x: f64) -> f64 = 1.0 + if x > 0.0 then x else 0.0\n",
        right="def f(x: f64) -> f64 = 1.0 + (if x > 0.0 then x else 0.0)\n",
    ),
    Entry(
        "E0135",
        "definition has no body",
        "After its head a definition has `=` and an expression, or a block in braces.",
        wrong="def f(x: f64) -> f64: x\n",
        right="def f(x: f64) -> f64 = x\n",
    ),
    Entry(
        "E0136",
        "parameters of a derivative rule",
        "A rule repeats the names of the function's parameters, then after `;` names the tangents, or for "
        "`adjoint` the cotangent of the result. Types are those of the function.",
        wrong="def f(x: f64) -> f64 = x * x\n\nderivative f(x, dx) = 2.0 * x * dx\n",
        right="def f(x: f64) -> f64 = x * x\n\nderivative f(x; dx) = 2.0 * x * dx\n",
    ),
    Entry(
        "E0137",
        "`import` takes a path",
        "The path stands in double quotes and is relative to the importing file. The definitions of that file are "
        "then known by their names.",
        wrong="import library\n",
        right="# library.adl beside this file, then: import with its path in quotes\ndef f(x: f64) -> f64 = x\n",
    ),
    Entry(
        "E0138",
        "nothing usable after `.`",
        "`r.name` takes a field of a record, `t.0` the first part of a tuple. The number is a literal, because "
        "the parts of a tuple may have different types; elements of arrays are `x[i]`.",
        wrong="def f(t: (f64, f64)) -> f64 = t.(0)\n",
        right="def f(t: (f64, f64)) -> f64 = t.0\n",
    ),
    Entry(
        "E0139",
        "form of a loop",
        "A loop names its state with first values, says how often it runs and gives the next state: "
        "`loop (s = init) for i < n { next }` or `loop (s = init) while c { next }`. `history` and `accum` look "
        "alike.",
        wrong="def f(n: i64) -> f64 = loop s = 1.0 for i < n { 0.5 * s }\n",
        right="def f(n: i64) -> f64 = loop (s = 1.0) for i < n { 0.5 * s }\n",
    ),
    Entry(
        "E0140",
        "form of `let`",
        "In a block, `let name = expression;` gives a name to a value, and `let (a, b) = e;` takes a tuple apart. "
        "There is no assignment: a new value needs a new `let`, which may use the old name. An array with one "
        "element replaced is `x with [i] = v`.",
        wrong="def f(x: f64) -> f64 {\n  y = x * x;\n  y + 1.0\n}\n",
        right="def f(x: f64) -> f64 {\n  let y = x * x;\n  y + 1.0\n}\n",
    ),
    Entry(
        "E0141",
        "form of `with`",
        "`r with {name: value}` is a record with fields replaced, `x with [i] = value` an array with an element, "
        "a row or a slice replaced.",
        wrong="def f(x: f64[n]) -> f64[n] = x with [0]\n",
        right="def f(x: f64[n]) -> f64[n] = x with [0] = 1.0\n",
    ),
    Entry(
        "E0142",
        "type was expected",
        "Types are `f64 f32 i64 i32 bool`, names of `type` definitions, arrays `f64[n, 3]`, tuples `(T, U)`, "
        "records `{a: T}` and functions `(T, U) -> V`.",
        wrong="def f(x: [f64]) -> f64 = x[0]\n",
        right="def f(x: f64[n]) -> f64 = x[0]\n",
    ),
    Entry(
        "E0143",
        "head of a definition",
        "The forms are `def name(x: T, ...) = e`, `const name = e` and `type Name = T`. A function without "
        "parameters keeps its brackets.",
        wrong="def f = 1.0\n",
        right="def f() = 1.0\n",
    ),
    Entry(
        "E0144",
        "form of `fn`",
        "A function without a name is `fn(x, y) => expression`. Its parameters stand in brackets, with or without "
        "types.",
        wrong="def f(xs: f64[n]) -> f64[n] = map(fn x => x * x, xs)\n",
        right="def f(xs: f64[n]) -> f64[n] = map(fn(x) => x * x, xs)\n",
    ),
    Entry(
        "E0150",
        "textual IR is not well formed",
        "What `adc ir` prints can be read back; this text is not of that form. The message says what was expected.",
        wrong="def twice(x: f64) {\n  y: f64 = mul(x 2.0)\n  return y\n}\n",
        right="def twice(x: f64) {\n  y: f64 = mul(x, 2.0)\n  return y\n}\n",
        language="air",
    ),
)
