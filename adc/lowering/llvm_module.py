"""A loop program as LLVM text: the functions, what they need, and one exported symbol for each entry.

The exported function of entry f is `i32 run(context, slots)`: eight bytes per slot, scalars by value, arrays
by address; after the parameters come the results, each the address of the array the caller provides, or a slot that
receives the scalar or the address of an array in the context's memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from adc.lowering.context import TYPES
from adc.lowering.llvm_function import FunctionText
from adc.lowering.llvm_types import memory_type, register_type
from adc.lowering.loops import Buf, LoopFunction, Out, Program, Reg
from adc.lowering.scalar_text import symbol_of
from adc.lowering.symbols import Symbols
from adc.types.core import DType


def llvm_text(
    program: Program,
    *,
    vector_bits: int = 512,
    run_symbol: Callable[[str], str] = "adc.run.{}".format,
) -> tuple[str, frozenset[str]]:
    """The text of a module, and the BLAS and LAPACK functions it imports. `run_symbol` names exported functions."""
    symbols = Symbols(program.functions)
    functions = [FunctionText(f, symbols).render() for f in program.functions.values()]
    entries = [_run_function(program.functions[name], run_symbol(name)) for name in program.entries]
    attributes = f'attributes #0 = {{ nounwind "prefer-vector-width"="{vector_bits}" }}'
    parts = [TYPES, *symbols.texts(), *functions, *entries, attributes]
    return "\n\n".join(part for part in parts if part) + "\n", frozenset(symbols.imports)


def _run_function(f: LoopFunction, symbol: str) -> str:
    """The exported function of an entry."""
    lines = [
        "  %here = getelementptr %adc.context, ptr %ctx, i32 0, i32 6, i32 0",
        "  %there = getelementptr %adc.context, ptr %ctx, i32 0, i32 6, i32 1",
    ]
    args = ["ptr %ctx", "ptr %here", "ptr %there"]
    for number, p in enumerate((*f.params, *f.results)):
        lines.append(f"  %p{number} = getelementptr i64, ptr %slots, i64 {number}")
        lines.extend(_read_slot(number, p, args))
    lines.append(f"  %status = call fastcc i32 @{symbol_of(f.name)}({', '.join(args)})")
    lines.extend(_widen_bools(f))
    body = "\n".join(lines)
    return (
        f'define i32 @"{symbol}"(ptr %ctx, ptr %slots) nounwind {{\n{body}\n  ret i32 %status\n}}'
    )


def _read_slot(number: int, p: object, args: list[str]) -> Iterator[str]:
    match p:
        case Reg(_, DType.BOOL):
            yield f"  %b{number} = load i8, ptr %p{number}"
            yield f"  %a{number} = icmp ne i8 %b{number}, 0"
            args.append(f"i1 %a{number}")
        case Reg():
            yield f"  %a{number} = load {memory_type(p.dtype)}, ptr %p{number}"
            args.append(f"{register_type(p.dtype)} %a{number}")
        case Buf():
            yield f"  %a{number} = load ptr, ptr %p{number}"
            args.append(f"ptr %a{number}")
        case Out(_, DType.BOOL, False):
            yield f"  %a{number} = alloca i1"
            args.append(f"ptr %a{number}")
        case Out():
            args.append(f"ptr %p{number}")
        case _:
            raise AssertionError("an accumulator is no parameter of an entry")


def _widen_bools(f: LoopFunction) -> Iterator[str]:
    for number, r in enumerate(f.results, len(f.params)):
        if isinstance(r, Out) and r.dtype is DType.BOOL and not r.is_array:
            yield f"  %r{number} = load i1, ptr %a{number}"
            yield f"  %w{number} = zext i1 %r{number} to i8"
            yield f"  store i8 %w{number}, ptr %p{number}"
