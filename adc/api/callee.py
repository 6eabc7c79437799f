"""`Callee`: something compiled that Python can call; what functions of a program and of a library share."""

from __future__ import annotations

import inspect
import keyword
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from adc.api.arguments import ArgumentPlan
from adc.api.results import builder
from adc.diagnostics import Diagnostic, ShapeError
from adc.ir.signature import headline
from adc.runtime.calls import NativeFunction
from adc.types.core import Signature


class Callee(ABC):
    """Call it with arrays, scalars, tuples and records.

    `signature` is how it looks from ADL: sizes, parameters, result.
    """

    def __init__(self, name: str, signature: Signature) -> None:
        self.name = name
        self.signature = signature
        self._arguments = ArgumentPlan(name, signature)
        self._build = builder(signature.result, len(signature.result_sizes))
        self.__name__ = self.__qualname__ = name
        self.__doc__ = f"{headline(name, signature)}\n\n{signature.doc}".rstrip()
        if not any(keyword.iskeyword(p) for p, _ in signature.params):
            self.__signature__ = _python_signature(signature)

    def __call__(self, *args: object, **by_name: object) -> Any:
        """The result for NumPy arrays, Python numbers and lists, tuples and records of them.

        Raises the errors of `ArgumentPlan.flat` for what does not fit, and those of the run.
        """
        return self._build(self._native.run(self._arguments.flat(args, by_name)))

    @cached_property
    def _native(self) -> NativeFunction:
        return self._load_native()

    @abstractmethod
    def _load_native(self) -> NativeFunction:
        """Machine code; asked for once, at the first call."""

    def check_arguments(self, *args: object, **by_name: object) -> None:
        """Raise what a call with these arguments would raise before it runs."""
        self._arguments.flat(args, by_name)

    def check_sizes(self, sizes: Mapping[str, object], by_name: Mapping[str, object]) -> None:
        """Complain (ShapeError E0504) when sizes given by hand differ from those of the arguments."""
        flat = self._arguments.flat((), by_name)
        for name, given in sizes.items():
            bound = flat[self.signature.sizes.index(name)]
            if given != bound:
                title = f"`{name}` is given as {given}, the arguments say {bound}"
                raise ShapeError(Diagnostic("E0504", title))

    def __repr__(self) -> str:
        return f"<adc function {headline(self.name, self.signature)}>"


def _python_signature(signature: Signature) -> inspect.Signature:
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Signature(
        [inspect.Parameter(name, kind, annotation=str(t)) for name, t in signature.params],
        return_annotation=str(signature.result),
    )
