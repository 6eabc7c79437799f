"""Export: object files, C headers and shared libraries that need the C library only, and loading them again.

A library carries a description of its functions (`adc_manifest`), so that it can be called from Python with the same
checks and messages as code compiled in this process.
"""

from __future__ import annotations

import ctypes
import json
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory

from adc.diagnostics import Diagnostic, UsageError
from adc.ir.core import Function, Module
from adc.ir.signature import headline, signature_text
from adc.lowering.abi import interface
from adc.lowering.llvm_export import DEPTH, Export, export_text
from adc.lowering.llvm_module import llvm_text
from adc.lowering.plan import plan_module
from adc.prims.table import PrimitiveTable
from adc.runtime.backend import Target, Tuning, compile_text
from adc.runtime.calls import NativeFunction
from adc.runtime.entries import (
    Entry,
    entry_from_json,
    entry_of,
    entry_to_json,
    sites_from_json,
    sites_to_json,
)
from adc.types.core import DType, leaves

MANIFEST_VERSION = 3
COMPILERS = ("cc", "gcc", "clang")
_PORTABLE_CPUS = {"x86_64": "x86-64-v3", "AMD64": "x86-64-v3"}

_C_TYPES = {
    DType.F64: "double",
    DType.F32: "float",
    DType.I64: "int64_t",
    DType.I32: "int32_t",
    DType.BOOL: "bool",
}


@dataclass(frozen=True, slots=True)
class Exported:
    """What is written to files: an object, and the header that declares its functions."""

    object: bytes
    header: str


def portable_target() -> Target:
    """This machine's architecture, without what only newer processors have."""
    return Target(cpu=_PORTABLE_CPUS.get(platform.machine(), "generic"))


def export_module(
    module: Module,
    symbols: Mapping[str, str],
    table: PrimitiveTable,
    target: Target | None = None,
    tuning: Tuning = Tuning(),
) -> Exported:
    """An object with a C function for each entry; `symbols` maps entries to C names."""
    program = plan_module(module, tuple(symbols), table, uses_blas=False)
    interfaces = {name: interface(module.functions[name]) for name in symbols}
    entries = {name: entry_of(own, program) for name, own in interfaces.items()}
    sizes = {name: _size_count(module, name) for name in symbols}
    manifest = {
        "version": MANIFEST_VERSION,
        "functions": {
            symbols[name]: {
                **entry_to_json(e),
                "signature": _signature(module, name),
                "doc": _doc(module, name),
            }
            for name, e in entries.items()
        },
        **sites_to_json(program.sites),
    }
    text, imports = llvm_text(program, vector_bits=256)
    assert not imports, "an exported library cannot use SciPy"
    exports = [Export(symbols[name], interfaces[name], sizes[name]) for name in symbols]
    text = export_text(text, program, exports, json.dumps(manifest))
    compiled = compile_text(text, target or portable_target(), tuning)
    header = _header(module, symbols, entries)
    return Exported(compiled.object, header)


def _size_count(module: Module, name: str) -> int:
    """How many leading parameters are sizes: those of the signature, or else those that are dims of parameters."""
    f = module.functions[name]
    if f.signature is not None:
        return len(f.signature.sizes)
    dims = {d for p in f.block.params for d in p.type.shape}
    return sum(1 for _ in takewhile(dims.__contains__, f.block.params))


def _signature(module: Module, name: str) -> str | None:
    signature = module.functions[name].signature
    return None if signature is None else signature_text(signature)


def _doc(module: Module, name: str) -> str:
    signature = module.functions[name].signature
    return "" if signature is None else signature.doc


# ---- the header --------------------------------------------------------------------------------------


def _header(
    module: Module,
    symbols: Mapping[str, str],
    entries: Mapping[str, Entry],
) -> str:
    guard = "_".join([*symbols.values()][:1] or ["adc"]).upper() + "_H"
    lines = [
        f"#ifndef {guard}",
        f"#define {guard}",
        "",
        "#include <stdbool.h>",
        "#include <stdint.h>",
        "",
        "#ifdef __cplusplus",
        'extern "C" {',
        "#endif",
        "",
        "/* Every function returns 0, or a code that its _message function explains. Results must not overlap",
        "   arguments. An array of type T** is allocated by the function: free() it. */",
    ]
    for name, symbol in symbols.items():
        lines += ["", *_declaration(module, name, symbol, entries[name])]
    lines += ["", "#ifdef __cplusplus", "}", "#endif", "", f"#endif /* {guard} */", ""]
    return "\n".join(lines)


def _declaration(module: Module, name: str, symbol: str, entry: Entry) -> list[str]:
    signature = module.functions[name].signature
    lines = []
    if signature is not None:
        doc = f"{signature.doc.strip()}\n" if signature.doc else ""
        text = f"{doc}{headline(name, signature)}".replace("*/", "* /").replace("/*", "/ *")
        lines.append("/* " + text.replace("\n", "\n   ") + " */")
    params = list(_parameter_texts(module, name, entry))
    lines.append(f"int {symbol}({', '.join(params) or 'void'});")
    lines.append(f"const char *{symbol}_message(int code);")
    return lines


def _parameter_texts(module: Module, name: str, entry: Entry) -> list[str]:
    taken: set[str] = set()
    texts = []
    for p, leaf in zip(module.functions[name].block.params, entry.params, strict=True):
        label = _c_name(p.hint or "x", taken)
        kind = _C_TYPES[leaf.dtype]
        texts.append(f"const {kind} *{label}" if leaf.axes else f"{kind} {label}")
    hints = _result_hints(module.functions[name])
    for k, slot in enumerate(entry.slots):
        label = _c_name("_".join(("out", *hints[k])) if k < len(hints) else "out_size", taken)
        stars = "**" if slot.is_array else "*"
        texts.append(f"{_C_TYPES[slot.dtype]} {stars}{label}")
    return texts


def _result_hints(f: Function) -> list[tuple[str, ...]]:
    """What each result is called: sizes by name, leaves by their places in the result."""
    signature = f.signature
    if signature is None:
        return [(getattr(r, "hint", "") or "result",) for r in f.block.results]
    places = [tuple(map(str, leaf.path)) for leaf in leaves(signature.result)]
    return [*((size,) for size in signature.result_sizes), *(p or ("result",) for p in places)]


# What no parameter may be called in C or C++: words of the languages, types and macros of the headers included.
_C_WORDS = """
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t char8_t class
    co_await co_return co_yield compl concept const const_cast consteval constexpr constinit continue decltype
    default delete do double dynamic_cast else enum explicit export extern false float for friend goto if inline int
    int32_t int64_t linux long mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected
    public register reinterpret_cast requires restrict return short signed sizeof static static_assert static_cast
    struct switch template this thread_local throw true try typedef typeid typename typeof typeof_unqual union unix
    unsigned using virtual void volatile wchar_t while xor xor_eq
"""
_RESERVED = frozenset(_C_WORDS.split())


def _c_name(hint: str, taken: set[str]) -> str:
    stem = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in hint)
    if not stem or stem[0].isdigit() or stem in _RESERVED:
        stem = "_" + stem
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}_{number}"
    taken.add(name)
    return name


# ---- shared libraries --------------------------------------------------------------------------------


def link_shared(exported: Exported, path: Path, compilers: Sequence[str] = COMPILERS) -> None:
    """Write a shared library with the C compiler; UsageError when there is none."""
    compiler = next((found for c in compilers if (found := shutil.which(c))), None)
    if compiler is None:
        raise UsageError(
            Diagnostic(
                "E0511",
                "no C compiler was found to make a shared library",
                notes=(f"looked for {', '.join(f'`{c}`' for c in compilers)}",),
                hint="adc compile --emit obj",
            )
        )
    with TemporaryDirectory() as folder:
        source = Path(folder) / "code.o"
        source.write_bytes(exported.object)
        command = [compiler, "-shared", "-o", str(path), str(source), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UsageError(
            Diagnostic(
                "E0511", f"`{compiler}` could not link the library", notes=(done.stderr.strip(),)
            )
        )


@dataclass(frozen=True, slots=True)
class LibraryFunction:
    """A function of a loaded library: its C name, its signature as text and its help, if any, and how to call it."""

    symbol: str
    signature: str | None
    doc: str
    native: NativeFunction


def load_library(path: Path) -> dict[str, LibraryFunction]:
    """The functions of a shared library made by adc, by the names of their definitions."""
    try:
        library = ctypes.CDLL(str(path.resolve()))
        manifest = json.loads(_c_string(library, "adc_manifest"))
    except (OSError, ValueError) as error:
        raise UsageError(
            Diagnostic("E0511", f"`{path}` is no library made by adc", notes=(str(error),))
        ) from None
    if manifest.get("version") != MANIFEST_VERSION:
        raise UsageError(
            Diagnostic("E0511", f"`{path}` was made by another version of adc", hint="make it anew")
        )
    sites = sites_from_json(manifest)
    functions = manifest["functions"]
    addresses = (ctypes.c_void_p * len(functions)).in_dll(library, "adc_functions")
    found = {}
    for address, (symbol, data) in zip(addresses, functions.items(), strict=True):
        entry = entry_from_json(data, sites)
        native = NativeFunction(entry, address or 0, library, DEPTH)
        found[entry.name] = LibraryFunction(symbol, data["signature"], data["doc"], native)
    return found


def _c_string(library: ctypes.CDLL, name: str) -> str:
    return ctypes.string_at(ctypes.addressof(ctypes.c_char.in_dll(library, name))).decode()
