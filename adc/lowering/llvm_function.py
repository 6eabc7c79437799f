"""One loop function as LLVM text.

Every function takes the call context, the arena for its own memory and the arena of its caller, then parameters,
then addresses for results; it returns 0 or 1 + the number of an error site.
"""

from __future__ import annotations

from adc.lowering import loops
from adc.lowering.lane_analysis import lane_loops
from adc.lowering.llvm_lanes import emit_lane_loop
from adc.lowering.llvm_types import register_type
from adc.lowering.loops import LANES, Buf, LoopFunction, Place, Reg, Var, frame_bytes
from adc.lowering.scalar_statements import STATEMENTS
from adc.lowering.scalar_text import ScalarText, symbol_of
from adc.lowering.sites import DEPTH_SITE, STACK_SITE
from adc.lowering.symbols import Symbols

LARGE_FRAME = (
    4096  # functions with more bytes of arrays in their frame make sure that the stack has room
)


class FunctionText(ScalarText):
    """Renders a function: parallel loops in lanes where they can, everything else scalar."""

    def __init__(self, function: LoopFunction, symbols: Symbols) -> None:
        super().__init__(function, symbols, STATEMENTS)
        self.in_lanes = lane_loops(function)
        self.private = frozenset(n for loop in self.in_lanes.values() for n in loop.private)

    def lane_loop(self, s: loops.For) -> bool:
        loop = self.in_lanes.get(id(s))
        if loop is not None:
            emit_lane_loop(self, s, loop)
        return loop is not None

    def render(self) -> str:
        """The definition."""
        f = self.function
        if f.is_recursive:
            self._count_depth()
        if f.is_recursive or self._frame_bytes() > LARGE_FRAME:
            self._check_stack()
        self.body(f.body)
        if f.is_recursive:
            depth = self.let("load i64, ptr %depth")
            less = self.let(f"sub i64 {depth}, 1")
            self.line(f"store i64 {less}, ptr %depth")
        self.line("ret i32 0")
        keep = "noinline " if f.is_recursive or _has_loops(f) else ""
        head = (
            f"define internal fastcc i32 @{symbol_of(f.name)}({', '.join(_parameters(f))}) "
            f"{keep}nounwind #0 {{"
        )
        return "\n".join([head, "entry:", *self._entry, *self._lines, *self._failures, "}"])

    def _count_depth(self) -> None:
        self.at_entry("  %depth = getelementptr %adc.context, ptr %ctx, i32 0, i32 1")
        depth = self.let("load i64, ptr %depth")
        limit_p = self.let("getelementptr %adc.context, ptr %ctx, i32 0, i32 2")
        limit = self.let(f"load i64, ptr {limit_p}")
        ok = self.let(f"icmp slt i64 {depth}, {limit}")
        self.fail_unless(ok, DEPTH_SITE, ())
        more = self.let(f"add i64 {depth}, 1")
        self.line(f"store i64 {more}, ptr %depth")

    def _frame_bytes(self) -> int:
        """How much the arrays in the frame take, those of every lane included."""
        return sum(
            frame_bytes(s.buf) * (LANES if s.buf.name in self.private else 1)
            for s in loops.within(self.function.body)
            if isinstance(s, loops.Alloc) and s.place is Place.STACK
        )

    def _check_stack(self) -> None:
        self.intrinsic("llvm.frameaddress.p0", "ptr", ["i32"])
        frame = self.let("call ptr @llvm.frameaddress.p0(i32 0)")
        floor_p = self.let("getelementptr %adc.context, ptr %ctx, i32 0, i32 3")
        floor = self.let(f"load ptr, ptr {floor_p}")
        ok = self.let(f"icmp ugt ptr {frame}, {floor}")
        self.fail_unless(ok, STACK_SITE)


def _parameters(f: LoopFunction) -> list[str]:
    texts = ["ptr noalias %ctx", "ptr noalias %here", "ptr noalias %there"]
    for p in f.params:
        match p:
            case Reg():
                texts.append(f"{register_type(p.dtype)} %{p.name}")
            case Buf() | Var():
                texts.append(f"ptr noalias %{p.name}")
    texts.extend(f"ptr noalias %{r.name}" for r in f.results)
    return texts


def _has_loops(f: LoopFunction) -> bool:
    return any(isinstance(s, loops.For | loops.While) for s in loops.within(f.body))
