"""The exception for our own mistakes, as against `adc.diagnostics.Error` for those of users."""

from __future__ import annotations


class InternalError(Exception):
    """A broken invariant: a fault of adc, never of the user."""
