"""`Module`: a program as a Python object whose attributes are its definitions."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from adc.api.function import Defined, Function
from adc.diagnostics import Diagnostic, UnsupportedError, also
from adc.driver.compile import Session


def takes_functions(name: str) -> Diagnostic:
    """What to say of a definition that only ADL can call."""
    title = f"`{name}` takes or gives functions: it is called from ADL"
    return Diagnostic("E0907", title, hint="write a definition in ADL that calls it")


class Module:
    """Every definition of a program is an attribute: `module.logsumexp(x)`; `dir` lists them.

    So are those of the files that it imports; iteration gives the program's own.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def __getattr__(self, name: str) -> Function:
        if name.startswith("__") or name not in self._session.names:
            if name in self._session.inlined:
                raise also(UnsupportedError, AttributeError)(takes_functions(name))
            raise AttributeError(self._unknown(name), name=name, obj=self)
        found = Defined(name).make(self._session)
        self.__dict__[name] = found
        return found

    def _unknown(self, name: str) -> str:
        near = get_close_matches(name, self._session.names, 2)
        hint = f"; did you mean {' or '.join(f'`{n}`' for n in near)}?" if near else ""
        return f"{self._session.source.name} has no definition `{name}`{hint}"

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._session.names})

    def __iter__(self) -> Iterator[Function]:
        """The program's own definitions in the order of the text."""
        return (getattr(self, name) for name in self._session.definitions)

    def __getitem__(self, name: str) -> Function:
        """The definition `name`, also when Python reserves the name."""
        if name not in self._session.names and name not in self._session.inlined:
            raise KeyError(self._unknown(name))
        found: Function = getattr(self, name)
        return found

    def __repr__(self) -> str:
        names = ", ".join(self._session.definitions)
        return f"<adc module {self._session.source.name}: {names or 'no definitions'}>"

    def __reduce__(self) -> tuple[object, ...]:
        return Module, (self._session,)
