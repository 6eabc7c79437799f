"""The pen of statements in lanes: operands as vectors, masks, places of elements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adc.lowering.lane_analysis import LaneLoop
from adc.lowering.llvm_types import constant, memory_type, register_type, splat, suffix
from adc.lowering.loops import LANES, Body, Buf, Const, Operand, Reg, Var
from adc.lowering.renaming import Renaming
from adc.lowering.scalar_text import ScalarText, Statement
from adc.types.core import DType

MASK = register_type(DType.BOOL, LANES)
OFFSETS = register_type(DType.I64, LANES)
POINTERS = f"<{LANES} x ptr>"
RAMP = "<" + ", ".join(f"i64 {k}" for k in range(LANES)) + ">"


@dataclass(frozen=True, slots=True)
class Offset:
    """Positions of elements, one per lane: `base + lane * stride + vector`, from the start of a block.

    `is_distinct` when one of the indices is another in every lane.
    """

    base: str = "0"
    stride: str = "0"
    vector: str | None = None
    is_distinct: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where elements are: `stride` elements apart from `pointer` on, or anywhere, at `pointers`."""

    pointer: str
    stride: str = "1"
    pointers: str | None = None

    @property
    def is_uniform(self) -> bool:
        return self.stride == "0"


class LaneText:
    """Emits one block of steps into the text of a function; an instance of `scalar_ops.Lines`."""

    def __init__(
        self, w: ScalarText, loop: LaneLoop, statements: Mapping[type, Statement], redo: str
    ) -> None:
        self.w = w
        self.private = loop.private
        self.varying = set(loop.varying)
        self.declared = set(loop.declared)
        self.private_accs = set(loop.private_accs)
        self.statements = statements
        self.redo = redo  # where a failed check leads
        self.lanes = LANES
        self.kernels_inline = True
        self.mask: str | None = None  # lanes that are on; None: all
        self.affine: dict[
            Reg, tuple[str, int]
        ] = {}  # value in lane 0, difference from lane to lane
        self._views: dict[str, tuple[Buf, Offset]] = {}  # by name: the block, and where in it

    def rename(self, names: Renaming) -> None:
        """What varies and is private also does so under the names of a copy."""
        self.varying |= {names.of(v) for v in self.varying}
        self.declared |= {names.of(v) for v in self.declared}
        self.private_accs |= {names.of(a) for a in self.private_accs}

    # ---- lines -----------------------------------------------------------------------------------

    def let(self, instruction: str) -> str:
        return self.w.let(instruction)

    def intrinsic(self, name: str, result: str, args: Sequence[str]) -> None:
        self.w.intrinsic(name, result, args)

    def kernel(self, name: str, dtype: DType) -> str:
        return self.w.symbols.kernel(name, dtype, self.lanes)

    def scalar_kernel(self, name: str, dtype: DType) -> str:
        return self.w.symbols.kernel(name, dtype, 1)

    def libm(self, name: str, arity: int, dtype: DType) -> str:
        return self.w.libm(name, arity, dtype)

    def body(self, body: Body) -> None:
        for s in body:
            self.statements[type(s)](self, s)

    # ---- operands --------------------------------------------------------------------------------

    def varies(self, o: Operand | Var) -> bool:
        return o in self.varying

    def vector(self, o: Operand) -> str:
        """The operand in every lane."""
        if isinstance(o, Const):
            return splat(constant(o), o.dtype, LANES)
        return f"%{o.name}" if self.varies(o) else self.broadcast(f"%{o.name}", o.dtype)

    def broadcast(self, scalar: str, dtype: DType) -> str:
        if not scalar.startswith("%"):
            return splat(scalar, dtype, LANES)
        t = register_type(dtype, LANES)
        one = self.let(f"insertelement {t} poison, {register_type(dtype)} {scalar}, i64 0")
        return self.let(f"shufflevector {t} {one}, {t} poison, <{LANES} x i32> zeroinitializer")

    def define(self, dst: Reg, text: str) -> None:
        self.w.name_result(dst, text, register_type(dst.dtype, LANES))

    # ---- masks -----------------------------------------------------------------------------------

    def mask_text(self) -> str:
        return self.mask or splat("true", DType.BOOL, LANES)

    def masked(self, condition: str) -> str:
        """The lanes that are on and fulfil a condition."""
        if self.mask is None:
            return condition
        return self.let(f"and {MASK} {self.mask}, {condition}")

    def inverted(self, mask: str) -> str:
        return self.let(f"xor {MASK} {mask}, {splat('true', DType.BOOL, LANES)}")

    def any(self, mask: str) -> str:
        name = f"llvm.vector.reduce.or.v{LANES}i1"
        self.intrinsic(name, "i1", [MASK])
        return self.let(f"call i1 @{name}({MASK} {mask})")

    def merge(self, dtype: DType, new: str, old: str) -> str:
        """The new value in lanes that are on, the old one elsewhere."""
        if self.mask is None:
            return new
        t = register_type(dtype, LANES)
        return self.let(f"select {MASK} {self.mask}, {t} {new}, {t} {old}")

    # ---- places ----------------------------------------------------------------------------------

    def view(self, dst: Buf, base: Buf, indices: Sequence[Operand]) -> None:
        """Remember what part of which block a view is; nothing is emitted."""
        root, _ = self._views.get(base.name, (base, Offset()))
        self._views[dst.name] = (root, self.offset(base, indices, covers=True))

    def offset(self, b: Buf, indices: Sequence[Operand], *, covers: bool = False) -> Offset:
        """Where in its block the element at these indices is; with `covers` indices may be fewer than dims."""
        found = Offset()
        for axis, extent in enumerate(b.dims if indices or covers else ()):
            if axis:
                found = self._scaled(found, self.w.use(extent))
            if axis < len(indices):
                found = self._moved(found, indices[axis])
        view = self._views.get(b.name)
        return found if view is None else self._added(view[1], found)

    def root(self, b: Buf) -> Buf:
        return self._views[b.name][0] if b.name in self._views else b

    def is_private(self, b: Buf) -> bool:
        return self.root(b).name in self.private

    def place(self, b: Buf, offset: Offset) -> Place:
        """The addresses of elements. In private blocks the copies of the lanes lie side by side."""
        root = self.root(b)
        t = memory_type(b.dtype)
        if root.name in self.private:
            if offset.vector is None and offset.stride == "0":
                start = self.times(offset.base, str(LANES))
                return Place(self.let(f"getelementptr {t}, ptr %{root.name}, i64 {start}"))
            positions = self.let(
                f"mul {OFFSETS} {self.ramp(offset)}, {splat(str(LANES), DType.I64, LANES)}"
            )
            positions = self.let(f"add {OFFSETS} {positions}, {RAMP}")
            return self._scattered(t, root, positions)
        is_even = offset.stride in ("0", "1") or self.mask is None
        if offset.vector is not None or not is_even:
            return self._scattered(t, root, self.ramp(offset))
        pointer = self.let(f"getelementptr {t}, ptr %{root.name}, i64 {offset.base}")
        return Place(pointer, offset.stride)

    def _scattered(self, t: str, root: Buf, positions: str) -> Place:
        pointers = self.let(f"getelementptr {t}, ptr %{root.name}, {OFFSETS} {positions}")
        return Place("", pointers=pointers)

    def _lane_pointer(self, t: str, place: Place, lane: int) -> str:
        position = self.times(place.stride, str(lane))
        return self.let(f"getelementptr {t}, ptr {place.pointer}, i64 {position}")

    def ramp(self, offset: Offset) -> str:
        """The positions as a vector."""
        total = self.broadcast(offset.base, DType.I64)
        if offset.stride != "0":
            step = self.broadcast(offset.stride, DType.I64)
            total = self.let(f"add {OFFSETS} {total}, {self.let(f'mul {OFFSETS} {step}, {RAMP}')}")
        if offset.vector is not None:
            total = self.let(f"add {OFFSETS} {total}, {offset.vector}")
        return total

    def _moved(self, offset: Offset, index: Operand) -> Offset:
        if not self.varies(index):
            return Offset(
                self.plus(offset.base, self.w.use(index)),
                offset.stride,
                offset.vector,
                offset.is_distinct,
            )
        assert isinstance(index, Reg)
        if index in self.affine:
            start, step = self.affine[index]
            return Offset(
                self.plus(offset.base, start),
                self.plus(offset.stride, str(step)),
                offset.vector,
                offset.is_distinct or step != 0,
            )
        vector = f"%{index.name}"
        if offset.vector is not None:
            vector = self.let(f"add {OFFSETS} {offset.vector}, {vector}")
        return Offset(offset.base, offset.stride, vector, offset.is_distinct)

    def _scaled(self, offset: Offset, factor: str) -> Offset:
        vector = offset.vector
        if vector is not None:
            vector = self.let(f"mul {OFFSETS} {vector}, {self.broadcast(factor, DType.I64)}")
        base, stride = self.times(offset.base, factor), self.times(offset.stride, factor)
        return Offset(base, stride, vector, offset.is_distinct)

    def _added(self, x: Offset, y: Offset) -> Offset:
        vector = x.vector or y.vector
        if x.vector is not None and y.vector is not None:
            vector = self.let(f"add {OFFSETS} {x.vector}, {y.vector}")
        return Offset(
            self.plus(x.base, y.base),
            self.plus(x.stride, y.stride),
            vector,
            x.is_distinct or y.is_distinct,
        )

    def plus(self, x: str, y: str) -> str:
        """A scalar sum, folded where it can be."""
        if x == "0" or y == "0":
            return y if x == "0" else x
        if x[0] != "%" and y[0] != "%":
            return str(int(x) + int(y))
        return self.let(f"add i64 {x}, {y}")

    def times(self, x: str, y: str) -> str:
        """A scalar product, folded where it can be."""
        if x == "0" or y == "0":
            return "0"
        if x == "1" or y == "1":
            return y if x == "1" else x
        if x[0] != "%" and y[0] != "%":
            return str(int(x) * int(y))
        return self.let(f"mul i64 {x}, {y}")

    # ---- memory ----------------------------------------------------------------------------------

    def load(self, dtype: DType, place: Place) -> str:
        """The elements at a place; lanes that are off read nothing, and have 0."""
        t = memory_type(dtype, LANES)
        if place.is_uniform:
            return self.broadcast(self.w.load(dtype, place.pointer), dtype)
        if place.pointers is not None:
            text = self._gathered(dtype, t, place.pointers)
        elif place.stride != "1":
            text = self._loaded_one_by_one(dtype, t, place)
        elif self.mask is None:
            text = self.let(f"load {t}, ptr {place.pointer}, align {dtype.bytes}")
        else:
            name = f"llvm.masked.load.{_memory_suffix(dtype)}.p0"
            self.intrinsic(name, t, ["ptr", "i32", MASK, t])
            text = self.let(
                f"call {t} @{name}(ptr {place.pointer}, i32 {dtype.bytes}, {MASK} {self.mask}, {t} zeroinitializer)"
            )
        if dtype is DType.BOOL:
            return self.let(f"icmp ne {t} {text}, zeroinitializer")
        return text

    def _loaded_one_by_one(self, dtype: DType, t: str, place: Place) -> str:
        """Elements at a constant distance: eight loads are faster than a gather."""
        scalar, text = memory_type(dtype), "poison"
        for lane in range(LANES):
            x = self.let(f"load {scalar}, ptr {self._lane_pointer(scalar, place, lane)}")
            text = self.let(f"insertelement {t} {text}, {scalar} {x}, i64 {lane}")
        return text

    def _gathered(self, dtype: DType, t: str, pointers: str) -> str:
        name = f"llvm.masked.gather.{_memory_suffix(dtype)}.v{LANES}p0"
        self.intrinsic(name, t, [POINTERS, "i32", MASK, t])
        return self.let(
            f"call {t} @{name}({POINTERS} {pointers}, i32 {dtype.bytes}, {MASK} {self.mask_text()}, "
            f"{t} zeroinitializer)"
        )

    def store(self, dtype: DType, text: str, place: Place) -> None:
        """Values to a place that is another one for each lane."""
        assert not place.is_uniform, "several lanes would store to one place"
        t = memory_type(dtype, LANES)
        if dtype is DType.BOOL:
            text = self.let(f"zext {MASK} {text} to {t}")
        if place.pointers is not None:
            name = f"llvm.masked.scatter.{_memory_suffix(dtype)}.v{LANES}p0"
            self.intrinsic(name, "void", [t, POINTERS, "i32", MASK])
            self.w.line(
                f"call void @{name}({t} {text}, {POINTERS} {place.pointers}, i32 {dtype.bytes}, "
                f"{MASK} {self.mask_text()})"
            )
        elif place.stride != "1":
            scalar = memory_type(dtype)
            for lane in range(LANES):
                x = self.let(f"extractelement {t} {text}, i64 {lane}")
                self.w.line(f"store {scalar} {x}, ptr {self._lane_pointer(scalar, place, lane)}")
        elif self.mask is None:
            self.w.line(f"store {t} {text}, ptr {place.pointer}, align {dtype.bytes}")
        else:
            name = f"llvm.masked.store.{_memory_suffix(dtype)}.p0"
            self.intrinsic(name, "void", [t, "ptr", "i32", MASK])
            self.w.line(
                f"call void @{name}({t} {text}, ptr {place.pointer}, i32 {dtype.bytes}, {MASK} {self.mask})"
            )


def _memory_suffix(dtype: DType) -> str:
    return f"v{LANES}i8" if dtype is DType.BOOL else suffix(dtype, LANES)
