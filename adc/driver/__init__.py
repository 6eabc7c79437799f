"""Floor 10: the only place that knows the whole route from text to machine code.

`load` reads and checks programs and loads no NumPy; `compile` does everything after that.
"""
