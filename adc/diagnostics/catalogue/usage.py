"""E05xx: arguments of a call, options and files."""

from __future__ import annotations

from adc.diagnostics.catalogue.entry import Entry

ENTRIES = (
    Entry(
        "E0501",
        "arguments do not match the parameters",
        "A call from Python gives every parameter once, by position or by name. Size names that shapes bind are "
        "no parameters.",
        wrong='module = adc.compile("def area(a: f64, b: f64) = a * b")\nmodule.area(2.0)\n',
        right='module = adc.compile("def area(a: f64, b: f64) = a * b")\nmodule.area(2.0, b=3.0)\n',
        language="python",
    ),
    Entry(
        "E0502",
        "argument has another type",
        "Arrays keep their dtype: what would lose digits is not converted. Python numbers and lists take the type "
        "of the parameter.",
        wrong='module = adc.compile("def total(x: f64[n]) = sum(x)")\nmodule.total(numpy.array(["a", "b"]))\n',
        right='module = adc.compile("def total(x: f64[n]) = sum(x)")\nmodule.total(numpy.array([1.0, 2.0]))\n',
        language="python",
    ),
    Entry(
        "E0503",
        "argument has another rank",
        "The argument has more or fewer axes than the parameter, or its rows differ in length.",
        wrong='module = adc.compile("def total(A: f64[m, n]) = sum(A)")\nmodule.total([[1.0, 2.0], [3.0]])\n',
        right='module = adc.compile("def total(A: f64[m, n]) = sum(A)")\nmodule.total([[1.0, 2.0], [3.0, 4.0]])\n',
        language="python",
    ),
    Entry(
        "E0504",
        "sizes of the arguments do not agree",
        "A size name stands for one number in the whole call. The message says which argument bound it.",
        wrong='module = adc.compile("def inner(x: f64[n], y: f64[n]) = dot(x, y)")\nmodule.inner([1.0, 2.0], [1.0])\n',
        right='module = adc.compile("def inner(x: f64[n], y: f64[n]) = dot(x, y)")\n'
        "module.inner([1.0, 2.0], [1.0, 3.0])\n",
        language="python",
    ),
    Entry(
        "E0505",
        "argument is too large for its type",
        "An integer lies outside of the range of the parameter's type.",
        wrong='module = adc.compile("def f(k: i32) = k")\nmodule.f(2**40)\n',
        right='module = adc.compile("def f(k: i32) = k")\nmodule.f(2**20)\n',
        language="python",
    ),
    Entry(
        "E0506",
        "argument has another structure",
        "Tuples, records and arrays of records are given as such: a tuple with as many parts, a dict or named "
        "tuple with the same fields, a sequence of records or a record of arrays.",
        wrong='module = adc.compile("def norm(p: {x: f64, y: f64}) = hypot(p.x, p.y)")\nmodule.norm({"x": 1.0})\n',
        right='module = adc.compile("def norm(p: {x: f64, y: f64}) = hypot(p.x, p.y)")\n'
        'module.norm({"x": 1.0, "y": 2.0})\n',
        language="python",
    ),
    Entry(
        "E0507",
        "unknown option",
        "An option of a Python function has a value that does not exist. The message lists those that do.",
        wrong='module = adc.compile("def f(x: f64) = x")\nmodule.f.ir(stage="optimized")\n',
        right='module = adc.compile("def f(x: f64) = x")\nmodule.f.ir(stage="optimised")\n',
        language="python",
    ),
    Entry(
        "E0508",
        "argument on the command line",
        "`--arg name=value` gives a JSON value or a literal, `--arg name=@file` a file; each parameter once.",
        wrong="adc run model.adl --entry f --arg x\n",
        right="adc run model.adl --entry f --arg x=[1.0,2.0]\n",
        language="shell",
    ),
    Entry(
        "E0509",
        "file of an argument or a result",
        "The ending says what a file holds: `.npy` and `.txt` one array, `.npz` and `.json` several by name. The "
        "file must be there, readable, and of that kind.",
        wrong="adc run model.adl --entry f --arg x=@data.csv\n",
        right="adc run model.adl --entry f --arg x=@data.npy\n",
        language="shell",
    ),
    Entry(
        "E0510",
        "which definition",
        "`--entry` names a definition of the file. It may be left out where there is only one.",
        wrong="adc run model.adl --entry los\n",
        right="adc run model.adl --entry loss\n",
        language="shell",
    ),
    Entry(
        "E0511",
        "shared library",
        "A shared library is linked by the C compiler, which must be installed; `--emit obj` needs none. A library "
        "can be loaded again by the version of adc that made it.",
        wrong="PATH= adc compile model.adl # as on a machine without a C compiler\n",
        right="adc compile model.adl --emit obj\n",
        language="shell",
    ),
    Entry(
        "E0512",
        "usage of a command",
        "A command of `adc` was given options or arguments that it does not take, or a file that is not there. "
        "`adc COMMAND --help` shows what it takes.",
        wrong="adc check missing.adl --json\n",
        right="adc check model.adl --json\n",
        language="shell",
    ),
)
