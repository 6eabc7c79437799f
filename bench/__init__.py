"""Measurements: `python -m bench.run`."""
