"""Functions of the C interface as LLVM text: `int NAME(sizes, parameters, results)` and `NAME_message`.

A C function makes a call context on its stack, refuses negative sizes, and frees all memory before it returns.
Arrays whose sizes only the run knows are given to the caller in memory from `malloc`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adc.diagnostics.errors import filled
from adc.lowering.abi import Interface
from adc.lowering.context import ARENAS, CLEAR, CONTEXT_WORDS, DEPTH_LIMIT, STACK_LIMIT
from adc.lowering.llvm_types import register_type
from adc.lowering.loops import LoopFunction, Out, Program, Reg
from adc.lowering.scalar_text import symbol_of
from adc.lowering.sites import Site
from adc.types.core import DType
from adc.types.dims import Poly

STACK_BYTES = 4 << 20  # how much stack recursion may use, of the 8 MiB that threads usually have
DEPTH = 10_000
RUN_PREFIX = "adc.run."  # of the names that `llvm_text` gives to entries

_INTRINSICS = (
    "declare ptr @llvm.frameaddress.p0(i32)",
    "declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)",
    "declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)",
)


def export_text(
    code: str,
    program: Program,
    exports: Sequence[Export],
    manifest: str,
) -> str:
    """`code`, the text of the program, with a C function for each export.

    Only C functions and the two symbols that Python loads a library by can be seen from outside: `adc_manifest`, and
    `adc_functions`, the addresses of what Python calls instead, because it keeps the values of errors.
    """
    code = code.replace(f'define i32 @"{RUN_PREFIX}', f'define internal i32 @"{RUN_PREFIX}')
    addresses = ", ".join(f'ptr @"{RUN_PREFIX}{e.own.name}"' for e in exports)
    table = f"@adc_functions = weak constant [{len(exports)} x ptr] [{addresses}]"
    missing = [d for d in _INTRINSICS if d not in code]
    clear = CLEAR.replace("define void @adc.clear(", "define internal void @adc.clear(")
    parts = [code, clear, *missing, _string("adc_manifest", manifest, "weak "), table]
    for e in exports:
        parts.append(_c_function(e, program.functions[e.own.name], len(program.sites) + 1))
        parts.append(_message_function(e.symbol))
    parts.append(_messages(program.sites))
    return "\n\n".join(parts) + "\n"


@dataclass(frozen=True, slots=True)
class Export:
    """An entry under its C name; its first `sizes` parameters are sizes."""

    symbol: str
    own: Interface
    sizes: int


# ---- calls -------------------------------------------------------------------------------------------


def _c_type(p: Reg) -> str:
    return "i8 zeroext" if p.dtype is DType.BOOL else register_type(p.dtype)


def _c_function(e: Export, f: LoopFunction, negative: int) -> str:
    params: list[str] = []
    args = ["ptr %ctx", "ptr %here", "ptr %there"]
    before: list[str] = []
    after: list[str] = []
    for k, p in enumerate(f.params):
        if not isinstance(p, Reg):
            params.append(f"ptr %p{k}")
            args.append(f"ptr %p{k}")
            continue
        params.append(f"{_c_type(p)} %p{k}")
        if p.dtype is DType.BOOL:
            before.append(f"  %b{k} = icmp ne i8 %p{k}, 0")
        args.append(f"{register_type(p.dtype)} %{'b' if p.dtype is DType.BOOL else 'p'}{k}")
    for k, r in enumerate(f.results):
        params.append(f"ptr %r{k}")
        if isinstance(r, Out):
            before.append(f"  %s{k} = alloca {'ptr' if r.is_array else register_type(r.dtype)}")
            after.extend(_scalar_out(k, r))
        args.append(f"ptr %{'s' if isinstance(r, Out) else 'r'}{k}")
    for k, r in enumerate(f.results):
        if isinstance(r, Out) and r.is_array:
            after.extend(_array_out(k, r, e.own.results[k].dims))
    lines = [
        f"define i32 @{e.symbol}({', '.join(params)}) nounwind {{",
        "entry:",
        *_size_checks(e.sizes),
        "run:",
        "  %ctx = alloca %adc.context, align 64",
        f"  call void @llvm.memset.p0.i64(ptr %ctx, i8 0, i64 {8 * CONTEXT_WORDS}, i1 false)",
        f"  %limit = getelementptr i64, ptr %ctx, i64 {DEPTH_LIMIT}",
        f"  store i64 {DEPTH}, ptr %limit",
        "  %frame = call ptr @llvm.frameaddress.p0(i32 0)",
        f"  %floor = getelementptr i8, ptr %frame, i64 -{STACK_BYTES}",
        f"  %floor.p = getelementptr i64, ptr %ctx, i64 {STACK_LIMIT}",
        "  store ptr %floor, ptr %floor.p",
        f"  %here = getelementptr i64, ptr %ctx, i64 {ARENAS}",
        f"  %there = getelementptr i64, ptr %ctx, i64 {ARENAS + 3}",
        *before,
        f"  %status = call fastcc i32 @{symbol_of(f.name)}({', '.join(args)})",
        "  %failed = icmp ne i32 %status, 0",
        "  br i1 %failed, label %done, label %deliver",
        "deliver:",
        *after,
        "  br label %done",
        "done:",
        "  call void @adc.clear(ptr %ctx, i64 0)",
        "  ret i32 %status",
    ]
    if e.sizes:
        lines += ["negative:", f"  ret i32 {negative}"]
    return "\n".join([*lines, "}"])


def _size_checks(sizes: int) -> list[str]:
    """One branch: all sizes together have no sign bit."""
    if not sizes:
        return ["  br label %run"]
    lines = []
    joined = "%p0"
    for k in range(1, sizes):
        lines.append(f"  %or{k} = or i64 {joined}, %p{k}")
        joined = f"%or{k}"
    lines.append(f"  %bad = icmp slt i64 {joined}, 0")
    lines.append("  br i1 %bad, label %negative, label %run")
    return lines


def _scalar_out(k: int, r: Out) -> list[str]:
    """A scalar from its slot to the caller; booleans are bytes there."""
    if r.is_array:
        return [f"  %v{k} = load ptr, ptr %s{k}"]
    t = register_type(r.dtype)
    lines = [f"  %v{k} = load {t}, ptr %s{k}"]
    if r.dtype is DType.BOOL:
        return [*lines, f"  %w{k} = zext i1 %v{k} to i8", f"  store i8 %w{k}, ptr %r{k}"]
    return [*lines, f"  store {t} %v{k}, ptr %r{k}"]


def _array_out(k: int, r: Out, dims: Sequence[Poly]) -> list[str]:
    """A copy of an allocated array, in memory that the caller frees."""
    lines = []
    size = str(r.dtype.bytes)
    for axis, d in enumerate(dims):
        name = f"%size{k}.{axis}"
        lines.append(f"  {name} = call i64 @adc.times(i64 {size}, i64 {_dim(d)})")
        size = name
    return [
        *lines,
        f"  %least{k} = call i64 @llvm.umax.i64(i64 {size}, i64 1)",
        f"  %copy{k} = call ptr @malloc(i64 %least{k})",
        f"  %none{k} = icmp eq ptr %copy{k}, null",
        f"  %bytes{k} = select i1 %none{k}, i64 0, i64 {size}",
        f"  call void @llvm.memcpy.p0.p0.i64(ptr %copy{k}, ptr %v{k}, i64 %bytes{k}, i1 false)",
        f"  store ptr %copy{k}, ptr %r{k}",
    ]


def _dim(d: Poly) -> str:
    """A dim of an allocated array: a literal, a parameter, or a scalar result."""
    if d.constant is not None:
        return str(d.constant)
    atom = d.single_atom
    return f"%v{atom[1]}" if isinstance(atom, tuple) else f"%p{atom}"


# ---- messages ----------------------------------------------------------------------------------------


def message(site: Site) -> str:
    """The text of an error without the values that only the run knows."""
    text = filled(site.text, ["..."] * len(site.payload))
    place = ""
    if site.span is not None:
        place = f"{site.span.file}:{site.span.line}:{site.span.column}: "
    return f"{place}error[{site.code}]: {text}"


def _messages(sites: Sequence[Site]) -> str:
    texts = ["no error", *map(message, sites), "error[E0612]: a size is negative"]
    strings = [_string(f"adc.text.{k}", t, "internal ") for k, t in enumerate(texts)]
    pointers = ", ".join(f"ptr @adc.text.{k}" for k in range(len(texts)))
    count = len(texts)
    table = f"@adc.texts = internal constant [{count} x ptr] [{pointers}]"
    unknown = _string("adc.text.unknown", "unknown error", "internal ")
    lookup = f"""\
define internal ptr @adc.message(i32 %code) nounwind {{
  %known = icmp ult i32 %code, {count}
  br i1 %known, label %find, label %none
none:
  ret ptr @adc.text.unknown
find:
  %wide = zext i32 %code to i64
  %place = getelementptr [{count} x ptr], ptr @adc.texts, i64 0, i64 %wide
  %text = load ptr, ptr %place
  ret ptr %text
}}"""
    return "\n".join([*strings, unknown, table, lookup])


def _message_function(symbol: str) -> str:
    return (
        f"define ptr @{symbol}_message(i32 %code) nounwind {{\n"
        "  %text = call ptr @adc.message(i32 %code)\n  ret ptr %text\n}"
    )


def _string(name: str, text: str, linkage: str) -> str:
    data = text.encode() + b"\0"
    body = "".join(chr(c) if 32 <= c < 127 and c not in (34, 92) else f"\\{c:02X}" for c in data)
    return f'@{name} = {linkage}constant [{len(data)} x i8] c"{body}"'
