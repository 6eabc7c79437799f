"""Floor 11: what a Python program touches: modules, functions, transformations.

Python values come in and go out; below this floor there are only flat leaves.
"""
