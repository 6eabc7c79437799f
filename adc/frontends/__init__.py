"""Floor 9: surface trees to typed modules, and modules back to surface trees.

`adl.load_module` reads a program and those it imports; `elaborate` makes the module of parsed trees; `derivatives`
tells what derivatives look like from outside; `print` and `printing` write IR as ADL.

Elaboration is one pass of abstract evaluation. An expression evaluates to a value of `values`: leaves of the IR
under surface structure. What is emitted, what sizes are and which element types are still open is the `Context`
of the function being made (`context`, `sizes`, `unify`). Each construct has a file; builtins are tables by name,
gathered in `elaborate`. `making` runs the trials that recursion needs, `specialise` turns function values into
functions of the module, `library` holds builtins that are ADL programs.
"""
