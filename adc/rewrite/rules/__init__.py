"""The rules, by what they are about. Each module ends in a tuple `RULES`."""
