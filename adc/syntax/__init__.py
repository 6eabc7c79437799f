"""Floor 1: the surface language as text and as trees.

In come source files, out go trees (`parse`), canonical text (`unparse`, `fmt`) and syntax errors in plain words.
Nothing here knows what names or types mean; only `build_tables` uses lark, and only when the grammar changes.
"""
