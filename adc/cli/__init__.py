"""Floor 12: arguments, files, exit codes, printing; nothing else.

Each command is a module of its own, imported when it is asked for.
"""
