"""Floor 8: machine code made, loaded, called and exported.

`native.compile_module` compiles and loads a module; `calls.NativeFunction` calls an entry with flat NumPy leaves;
`export` writes objects, headers and shared libraries and loads them again. `backend` is the only place that knows
llvmlite, `blas` finds SciPy's routines, `bridge` steps between Python and native code, `entries` says what a caller
must know of a function.
"""
