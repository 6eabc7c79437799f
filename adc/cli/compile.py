"""`adc compile`: files for other programs to use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import click

from adc.api.module import Module
from adc.api.stub import stub_text
from adc.api.transformations import require_convention
from adc.cli.entries import require_entry
from adc.cli.gradients import floating_parameters, nonsmooth_option
from adc.cli.program import program_of
from adc.cli.report import json_option, print_json
from adc.cli.source import file_argument
from adc.cli.writing import write_text, writing
from adc.diagnostics import Diagnostic, UnsupportedError, UsageError
from adc.driver.compile import Session
from adc.driver.options import Stage
from adc.runtime.export import Exported, link_shared

DEFAULT_KINDS = ("so", "c-header", "stub")


@click.command("compile")
@file_argument
@click.option(
    "-o", "--output", metavar="DIR", help="The folder to write to; the current one by default."
)
@click.option(
    "--entry", multiple=True, metavar="NAME", help="Only this definition; may be repeated."
)
@click.option(
    "--grad", multiple=True, metavar="NAME", help="Its gradient too, by all floating parameters."
)
@nonsmooth_option
@click.option(
    "--emit",
    metavar="KINDS",
    help="Instead of library, header and stub: adl, ir, loops, llvm, asm, obj, c-header, with commas. "
    "Texts are printed unless -o is given.",
)
@json_option
def command(
    file: str,
    output: str | None,
    entry: tuple[str, ...],
    grad: tuple[str, ...],
    nonsmooth: str,
    emit: str | None,
    as_json: bool,
) -> None:
    """Write a shared library, a C header and a Python stub of FILE.

    C functions are called FILE_DEFINITION, gradients FILE_DEFINITION_grad. `adc.load` reads the library.

    Example: adc compile model.adl --grad loss -o build
    """
    require_convention(nonsmooth)
    kinds = _kinds(emit)
    build = _Build(file, entry, grad)
    if emit is not None and output is None and not as_json:
        for kind in kinds:
            if kind not in _BINARY:
                click.echo(_TEXTS[kind](build), nl=False)
        kinds = tuple(kind for kind in kinds if kind in _BINARY)
    written = [str(path) for path in _write(build, kinds, Path(output or "."))]
    if as_json:
        print_json({"written": written, "symbols": dict(build.symbols)})
    elif written:
        click.echo("\n".join(written))


class _Build:
    """What is compiled: the definitions asked for and their gradients."""

    def __init__(self, file: str, entry: Sequence[str], grad: Sequence[str]) -> None:
        self.stem = "module" if file == "-" else Path(file).stem
        self.session = Session(program_of(file))
        module = Module(self.session)
        names = list(self.session.definitions)
        for name in (*entry, *grad):
            require_entry(name, self.session)
        self.functions = [module[name] for name in entry or names]
        for name in dict.fromkeys(grad):
            f = module[name]
            _require_free(f"{name}_grad", names, f"the gradient of `{name}`")
            self.functions.append(f.derive("grad", floating_parameters(f), name=f"{name}_grad"))
        for name in self.entries:
            _require_free(f"{name}_message", self.entries, f"what explains the errors of `{name}`")

    @property
    def entries(self) -> tuple[str, ...]:
        return tuple(f.name for f in self.functions)

    @property
    def symbols(self) -> Mapping[str, str]:
        """C names by entry."""
        prefix = re.sub(r"\W", "_", self.stem, flags=re.ASCII)
        prefix = f"_{prefix}" if prefix[:1].isdigit() else prefix
        return {name: f"{prefix}_{name}" for name in self.entries}

    @cached_property
    def exported(self) -> Exported:
        return self.session.export(self.symbols)


def _require_free(name: str, taken: Sequence[str], what: str) -> None:
    """Complain when the C name that belongs to a function is that of another."""
    if name in taken:
        title = f"{what} would be called like the definition `{name}`"
        raise UsageError(Diagnostic("E0507", title, hint=f"--entry, without `{name}`"))


def _write(build: _Build, kinds: Sequence[str], folder: Path) -> Iterator[Path]:
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for kind in kinds:
        path = folder / f"{build.stem}{_SUFFIXES[kind]}"
        if kind in _BINARY:
            with writing(path):
                _BINARY[kind](build, path)
        else:
            write_text(path, _TEXTS[kind](build))
        yield path


def _kinds(emit: str | None) -> tuple[str, ...]:
    if emit is None:
        return DEFAULT_KINDS
    kinds = tuple(dict.fromkeys(kind.strip() for kind in emit.split(",")))
    for kind in kinds:
        if kind in _LATER:
            raise UnsupportedError(Diagnostic("E0901", f"`--emit {kind}` is not there yet"))
        if kind not in _SUFFIXES:
            title = f"there is no `--emit {kind}`"
            raise UsageError(Diagnostic("E0507", title, hint=", ".join(_SUFFIXES)))
    return kinds


def _stage(stage: Stage) -> Callable[[_Build], str]:
    return lambda build: build.session.text(stage, build.entries)


_LATER = ("c", "python")
_SUFFIXES = {
    "adl": ".out.adl",  # not the name of the source
    "ir": ".air",
    "loops": ".loops",
    "llvm": ".ll",
    "asm": ".s",
    "obj": ".o",
    "c-header": ".h",
    "so": ".so",
    "stub": ".pyi",
}
_TEXTS: dict[str, Callable[[_Build], str]] = {
    "adl": lambda build: build.session.adl(build.entries),
    "ir": _stage(Stage.OPTIMISED),
    "loops": _stage(Stage.LOOPS),
    "llvm": _stage(Stage.LLVM),
    "asm": _stage(Stage.ASM),
    "c-header": lambda build: build.exported.header,
    "stub": lambda build: stub_text((f.name, f.signature) for f in build.functions),
}
_BINARY: dict[str, Callable[[_Build, Path], object]] = {
    "obj": lambda build, path: path.write_bytes(build.exported.object),
    "so": lambda build, path: link_shared(build.exported, path),
}
