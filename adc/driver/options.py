"""What a user may choose about a compilation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

RECURSION_LIMIT = 10_000


class Stage(Enum):
    """A point of the route at which the program can be looked at; the value is its name in commands."""

    PARSED = "parsed"
    TYPED = "typed"
    UNARY = "unary"
    DERIVATIVE = "derivative"
    OPTIMISED = "optimised"
    LOOPS = "loops"
    LLVM = "llvm"
    ASM = "asm"

    @property
    def is_ir(self) -> bool:
        """Whether the stage is a Module, whose text parses back."""
        return self in (Stage.UNARY, Stage.DERIVATIVE, Stage.OPTIMISED)

    @property
    def is_made_of_entries(self) -> bool:
        """Whether the stage shows one entry with what it needs, rather than a source text."""
        return self not in (Stage.PARSED, Stage.TYPED)


def no_dump(text: str) -> None:
    """Nothing is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileOptions:
    """How to compile. `dump_after` and `stop_after` name passes, `print_only` functions.

    `recursion_limit` is how deep calls may nest at run time before they are an error (E0605).
    """

    recursion_limit: int = RECURSION_LIMIT
    is_verified: bool = True
    dump_after: tuple[str, ...] = ()
    stop_after: str | None = None
    print_only: tuple[str, ...] = ()
    dump: Callable[[str], None] = no_dump


DEFAULT_OPTIONS = CompileOptions()
