"""Planning of one function: bindings, blocks, destinations. The equations themselves are planned by the
handlers in `plan_control`, `plan_arrays` and `plan_scalars`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import prod
from typing import Protocol

from adc.diagnostics.span import Span
from adc.ir.core import Atom, Block, Dim, Equation, Function, Literal, Type, Value
from adc.ir.walk import sizes_ahead, uses
from adc.lowering import loops
from adc.lowering.abi import Interface
from adc.lowering.loops import Buf, Const, LoopFunction, Operand, Out, Place, Reg, Var
from adc.lowering.memory import (
    Accumulator,
    Allocator,
    Array,
    Binding,
    Frame,
    Level,
    Storage,
    Target,
)
from adc.lowering.ranges import Ranges
from adc.lowering.sharing import Sharing, taken_operands, whole_root
from adc.lowering.writer import Writer
from adc.prims.table import PrimitiveTable
from adc.types.core import DType

Targets = Sequence[Target | None]


class SiteTable(Protocol):
    def add(
        self, kind: str, code: str, text: str, span: Span | None, payload: Sequence[DType] = ()
    ) -> int:
        """The number of an error site."""


class RoutineTable(Protocol):
    def need(self, operation: str, dtype: DType, variant: str = "") -> str:
        """The name of a routine on whole arrays."""


class FunctionPlanner:
    """The state of planning one function, and the verbs that handlers use."""

    def __init__(
        self,
        function: Function,
        interfaces: Mapping[str, Interface],
        table: PrimitiveTable,
        sites: SiteTable,
        routines: RoutineTable,
        handlers: Mapping[str, Handler],
        *,
        is_recursive: bool,
    ) -> None:
        self.function = function
        self.interfaces = interfaces
        self.table = table
        self.sites = sites
        self.routines = routines
        self.writer = Writer()
        self.memory = Allocator(self.writer, is_recursive=is_recursive)
        self.sharing = Sharing()
        self.ranges = Ranges()
        self.frame = self._closed = Frame()
        self.block = function.block
        self.position = 0
        self.wants: dict[Value, Target] = {}
        self.is_recursive = is_recursive
        self._handlers = handlers
        self._env: dict[Value, Binding] = {}
        self._unsized: list[Value] = []  # array parameters whose dims are not known yet
        self._after: list[Storage] = []  # scratch memory of the current equation
        self._lasting: dict[Buf, Place] = {}  # buffers in the arena of the caller, or of tapes
        self._ahead: set[Equation] = set()  # sizes of parameters, computed before the rest

    # ---- the function ----------------------------------------------------------------------------

    def plan(self) -> LoopFunction:
        """The loop function."""
        f, own = self.function, self.interfaces[self.function.name]
        params = self._bind_params()
        results = tuple(self._result(k, a) for k, a in enumerate(f.block.results))
        hidden = tuple(self.writer.out(DType.I64, "dim", is_array=False) for _ in own.hidden)
        targets = [self._result_target(a, r) for a, r in zip(f.block.results, results, strict=True)]
        bindings = self.plan_block(f.block, targets)
        for r, binding in zip(results, bindings, strict=True):
            if isinstance(r, Out):
                self.writer.emit(loops.Put(r, _content(binding)))
        for r, v in zip(hidden, own.hidden, strict=True):
            self.writer.emit(loops.Put(r, self.operand(v)))
        self.hand_out(f.block.results, 0)
        body = self._closed_body(self._product_checks() + self.writer.finish())
        return LoopFunction(f.name, params, (*results, *hidden), body, self.is_recursive)

    def _bind_params(self) -> tuple[Reg | Buf | Var, ...]:
        """Bind scalars first: the sizes of arrays may be computed from them, ahead of everything else."""
        block = self.function.block
        bound = {p: self._bind_param(p) for p in block.params if not p.type.rank}
        wanted = set(sizes_ahead(block))
        for e in reversed(block.equations):
            if not wanted.isdisjoint(e.results):
                self._ahead.add(e)
                wanted |= uses(e)
        for position, e in enumerate(block.equations):
            if e in self._ahead:
                self.position = position
                self.ranges.note(e)
                self._handlers[e.op](self, e)
        return tuple(bound[p] if p in bound else self._bind_param(p) for p in block.params)

    def _product_checks(self) -> loops.Body:
        """Checks that sizes do not multiply to more than range proofs took for granted."""
        self.writer.begin()
        for sizes in self.ranges.products:
            product: Operand = Const(1, DType.I64)
            for v in sizes:
                product = self.writer.op("own:times", product, self.operand(v))
            ok = self.writer.compare("icmp:ult", product, Const(1 << 46, DType.I64))
            text = "sizes that multiply to {0} are too large"
            site = self.sites.add(
                "UnsupportedError", "E0905", text, self.function.span, [DType.I64]
            )
            self.writer.emit(loops.Check(ok, site, (product,)))
        return self.writer.end()

    def _bind_param(self, p: Value) -> Reg | Buf | Var:
        if p.type.is_ref:
            return self._bind_ref_param(p)
        if not p.type.rank:
            reg = self.writer.reg(p.type.dtype, p.hint or "x")
            self.bind(p, reg)
            if p.type.dtype is DType.I64:
                self._assume_size(p)
            return reg
        known = self._knows_dims(p.type)
        buf = self.writer.buf(p.type.dtype, self.dims(p.type) if known else (), p.hint or "x")
        self.bind(p, Array(buf, Storage(buf, p)))
        if not known:
            self._unsized.append(p)
        return buf

    def _knows_dims(self, t: Type) -> bool:
        return all(isinstance(d, int) or d in self._env for d in t.shape)

    def _size_params(self) -> None:
        """Give dims to array parameters whose sizes the function computes from others (`d*(d-1)/2`)."""
        for p in [p for p in self._unsized if self._knows_dims(p.type)]:
            self._unsized.remove(p)
            array = self.array(p)
            self.bind(p, Array(self.fitted(array.buf, p.type), array.storage))
            for d in p.type.shape:
                if isinstance(d, Value):
                    self.ranges.assume_count(d)

    def _bind_ref_param(self, p: Value) -> Buf | Var:
        target: Buf | Var
        if p.type.rank:
            target = self.writer.buf(p.type.dtype, self.dims(p.type), p.hint or "acc")
        else:
            target = Var(self.writer.names.fresh(p.hint or "acc"), p.type.dtype)
        self.bind(p, Accumulator(target))
        return target

    def _assume_size(self, p: Value) -> None:
        """Sizes are not negative: parameters that a signature calls sizes, or that are dims of parameters."""
        signature = self.function.signature
        position = self.function.block.params.index(p)
        is_size = signature is not None and position < len(signature.sizes)
        if is_size or any(p in q.type.shape for q in self.function.block.params):
            self.ranges.assume_size(p)

    def _result(self, position: int, a: Atom) -> Out | Buf:
        result = self.interfaces[self.function.name].results[position]
        hint = (a.hint if isinstance(a, Value) else "") or "out"
        if result.is_provided:
            dims = self.dims(a.type) if self._knows_dims(a.type) else ()
            return self.writer.buf(a.type.dtype, dims, hint)
        return self.writer.out(a.type.dtype, hint, is_array=a.type.rank > 0)

    def _result_target(self, a: Atom, r: Out | Buf) -> Target | None:
        if isinstance(r, Buf):
            return Target(Storage(r))
        return Target(None) if a.type.rank else None

    # ---- blocks ----------------------------------------------------------------------------------

    def plan_block(
        self, block: Block, targets: Targets, lent: frozenset[Storage] = frozenset()
    ) -> list[Binding]:
        """Plan the equations of a block whose parameters are bound, in a frame of its own; its results.

        A result with a target lies there afterwards.
        """
        saved = self.frame, self.block, self.position
        self.frame, self.block = Frame(lent), block
        facts = self.sharing.facts(block)
        self._assign_wants(block, targets)
        dying = self._dying(block)
        for position, e in enumerate(block.equations):
            if e in self._ahead:
                continue
            self.position = position
            self.ranges.note(e)
            self._handlers[e.op](self, e)
            if self._unsized:
                self._size_params()
            while self._after:
                self.memory.release(self._after.pop())
            for v in dying.get(position, ()):
                self._let_die(v)
        self.position = facts.end
        homes = [target.storage if target else None for target in targets]
        found = self.cleared([self.binding(a) for a in block.results], homes)
        results = [
            self._deliver(binding, a.type, target)
            for binding, a, target in zip(found, block.results, targets, strict=True)
        ]
        self._closed = self.frame
        self.frame, self.block, self.position = saved
        return results

    def _dying(self, block: Block) -> dict[int, list[Value]]:
        """After which equation the memory of which value is free."""
        facts = self.sharing.facts(block)
        dying: dict[int, list[Value]] = {}
        for v, made in facts.definition.items():
            if v.type.rank:
                dying.setdefault(facts.last_read.get(v, made), []).append(v)
        return dying

    def _let_die(self, v: Value) -> None:
        binding = self._env.get(v)
        if not isinstance(binding, Array):
            return
        storage = binding.storage
        if storage.owner is v and storage.frame is self.frame:
            self.memory.release(storage)

    def retire(self, values: Sequence[Binding]) -> None:
        """The results of the block just planned are no longer needed: their buffers may be reused."""
        for value in values:
            if isinstance(value, Array) and value.storage.frame is self._closed:
                self.memory.release(value.storage)

    def _assign_wants(self, block: Block, targets: Targets) -> None:
        """Decide, from the results backwards, which values are made straight in a target."""
        facts = self.sharing.facts(block)
        for a, target in zip(block.results, targets, strict=True):
            if target is None or not isinstance(a, Value) or a not in facts.definition:
                continue
            if not _fits_registers(a.type):
                self.wants.setdefault(a, target)
        for position in range(len(block.equations) - 1, -1, -1):
            e = block.equations[position]
            if e.op == "pack":
                self._want_on_tape(e, facts.definition)
            for y in e.results:
                if y in self.wants:
                    x = self._predecessor(block, position, y)
                    if x is not None and x in facts.definition and x not in facts.roots:
                        self.wants.setdefault(x, self.wants[y])

    def _want_on_tape(self, pack: Equation, own: Collection[Value]) -> None:
        """Arrays that are packed are best made in the arena of tapes."""
        for a in pack.operands:
            if isinstance(a, Value) and a.type.rank and a in own and not _fits_registers(a.type):
                self.wants.setdefault(a, Target(None, Place.TAPE))

    def _predecessor(self, block: Block, position: int, y: Value) -> Value | None:
        """The value in whose memory `y` will be made, when that value ends there."""
        e = block.equations[position]
        result = e.results.index(y)
        if e.op == "cond":
            return self.sharing.cond_base(block, position, result)
        if e.op == "map":
            return self.sharing.map_base(block, position, result)
        if e.op in _SAME_MEMORY:
            return _value(e.operands[0])
        for k, j in taken_operands(e):
            if j == result and self.sharing.may_take(block, position, k):
                return _value(e.operands[k])
        return None

    def cleared(self, values: Sequence[Binding], homes: Sequence[Storage | None]) -> list[Binding]:
        """The values, copied away where another of them is about to be copied to its home."""
        filled = {
            home
            for value, home in zip(values, homes, strict=True)
            if home is not None and isinstance(value, Array) and value.storage is not home
        }
        return [
            self._moved(value) if isinstance(value, Array) and value.storage in filled else value
            for value in values
        ]

    def _moved(self, array: Array) -> Array:
        buf = self.memory.allocate(array.buf.dtype, array.buf.dims, "moved")
        self.writer.emit(loops.Copy(buf, array.buf))
        return Array(buf, Storage(buf))

    def _deliver(self, binding: Binding, t: Type, target: Target | None) -> Binding:
        """A block result, copied to its target unless it lies there."""
        if target is None or not isinstance(binding, Array):
            return binding
        if self._lies_in(binding.storage, target):
            return binding
        if target.storage is None:
            buf = self._lasting_buffer(t, "out", target.place)
            storage = Storage(buf)
        else:
            storage = target.storage
            buf = self.fitted(storage.buf, t)
        self.writer.emit(loops.Copy(buf, binding.buf))
        return Array(buf, storage)

    # ---- bindings --------------------------------------------------------------------------------

    def bind(self, v: Value, binding: Binding) -> None:
        self._env[v] = binding

    def binding(self, a: Atom) -> Binding:
        if isinstance(a, Literal):
            return Const(a.value, a.type.dtype)
        return self._env[a]

    def operand(self, a: Atom) -> Operand:
        """A scalar."""
        binding = self.binding(a)
        assert isinstance(binding, Reg | Const), f"{a} is no scalar"
        return binding

    def array(self, a: Atom) -> Array:
        binding = self.binding(a)
        assert isinstance(binding, Array), f"{a} is no array"
        return binding

    def accumulator(self, a: Atom) -> Accumulator:
        binding = self.binding(a)
        assert isinstance(binding, Accumulator), f"{a} is no accumulator"
        return binding

    def dim(self, d: Dim) -> Operand:
        return Const(d, DType.I64) if isinstance(d, int) else self.operand(d)

    def dims(self, t: Type) -> tuple[Operand, ...]:
        return tuple(self.dim(d) for d in t.shape)

    # ---- destinations ----------------------------------------------------------------------------

    def destination(self, v: Value) -> Array:
        """Memory for the new array `v`, bound to it: where it is wanted, or a fresh buffer."""
        dims, hint = self.dims(v.type), v.hint or "a"
        target = self.wants.get(v)
        if target is None:
            buf = self.memory.allocate(v.type.dtype, dims, hint)
            storage = Storage(buf, v, self.frame, is_pooled=True)
        elif target.storage is None:
            buf = self._lasting_buffer(v.type, hint, target.place)
            storage = Storage(buf, v, self.frame)
        else:
            storage = target.storage
            storage.owner = v
            if storage.frame is None:
                storage.frame = self.frame
            buf = self.fitted(storage.buf, v.type)
        array = Array(buf, storage)
        self.bind(v, array)
        return array

    def fitted(self, buf: Buf, t: Type) -> Buf:
        """`buf` under the dims of `t`."""
        dims = self.dims(t)
        return buf if buf.dims == dims else self.writer.recast(buf, dims, buf.name.split(".")[0])

    def overwrite(self, e: Equation, operand: int, y: Value) -> Array:
        """Memory that holds the value of an array operand and may be changed into result `y`, bound to it.

        It is the operand's own when nothing needs that any more, else a copy.
        """
        x = self.array(e.operands[operand])
        is_last = self.sharing.may_take(self.block, self.position, operand)
        if is_last and self.is_welcome(x.storage, y) and self.frame.may_write(x.storage):
            x.storage.owner = y
            self.bind(y, x)
            return x
        array = self.destination(y)
        self.writer.emit(loops.Copy(array.buf, x.buf))
        return array

    def _lies_in(self, storage: Storage, target: Target) -> bool:
        return storage is target.storage or (
            target.storage is None and self._lasting.get(storage.buf) is target.place
        )

    def _lasting_buffer(self, t: Type, hint: str, place: Place) -> Buf:
        buf = self.memory.allocate_lasting(t.dtype, self.dims(t), hint, place)
        self._lasting[buf] = place
        return buf

    def is_welcome(self, storage: Storage, y: Value) -> bool:
        """Whether `y` may as well lie in `storage`: it is wanted there, or nowhere in particular."""
        target = self.wants.get(y)
        return target is None or self._lies_in(storage, target)

    def adopt(self, array: Array, y: Value) -> None:
        """Bind `y` to an array that an inner block, run once, has left: its memory is this block's now."""
        if array.storage.frame is self._closed:
            array.storage.frame, array.storage.owner = self.frame, y
        self.bind(y, array)

    def mark_lasting(self, buf: Buf, place: Place) -> None:
        """`buf` lies in the arena of the caller, or of tapes."""
        self._lasting[buf] = place

    def freeze(self, array: Array) -> bool:
        """Whether a record may point at the array: it lies in the arena of tapes, and is never written again."""
        storage = array.storage
        if self._lasting.get(storage.buf) is not Place.TAPE or storage.frame not in (
            None,
            self.frame,
        ):
            return False
        storage.frame = None
        return True

    def lendable(self, e: Equation) -> frozenset[Storage]:
        """Memory of this block that the regions of `e`, run at most once, may overwrite."""
        facts = self.sharing.facts(self.block)
        seen: dict[Storage, list[Value]] = {}
        for region in e.regions:
            for v in self.sharing.free(region):
                binding = self._env.get(v)
                if isinstance(binding, Array) and v not in seen.get(binding.storage, ()):
                    seen.setdefault(binding.storage, []).append(v)
        return frozenset(
            storage
            for storage, values in seen.items()
            if self.frame.may_write(storage)
            and len(values) == 1
            and (root := whole_root(facts, values[0])) is not None
            and facts.last_read.get(root, -1) <= self.position
        )

    # ---- bodies ----------------------------------------------------------------------------------

    @contextmanager
    def loop_bodies(self, count: int, *, parallel: bool = False) -> Iterator[None]:
        """Open `count` nested bodies of loops; range facts learnt inside are forgotten afterwards."""
        for _ in range(count):
            self.writer.begin()
            self.memory.enter(Level.PARALLEL if parallel else Level.LOOP)
        with self.ranges.scope():
            yield

    def close_loop(self) -> loops.Body:
        """Close the innermost body; what it took from the arena is given back at each step."""
        return self._closed_body(self.writer.end())

    def _closed_body(self, body: loops.Body) -> loops.Body:
        taken = self.memory.leave()
        if taken.arena:
            body = scoped(body, self.writer.names.fresh("mark"))
        if taken.tapes:
            body = scoped(body, self.writer.names.fresh("mark"), Place.TAPE)
        return body

    def hand_out(self, results: Sequence[Atom], home: int) -> None:
        """The results of a block go to where `home` bodies were open: tapes among them must last."""
        if any(a.type.dtype is DType.TAPE for a in results):
            self.memory.keep_tapes(home)

    def checked_indices(self, t: Type, indices: Sequence[Atom]) -> list[Operand]:
        """Index operands for leading axes of an array, checked where no proof says that they are inside."""
        found = []
        for axis, (i, d) in enumerate(zip(indices, t.shape, strict=False)):
            index, extent = self.operand(i), self.dim(d)
            if not self.ranges.is_inside(i, d):
                ok = self.writer.compare("icmp:ult", index, extent)
                text = f"index {{0}} is out of range for axis {axis} of size {{1}}"
                self.check(ok, "BoundsError", "E0601", text, index, extent)
                self.ranges.assume_inside(i, d)
            found.append(index)
        return found

    def check(self, ok: Operand, kind: str, code: str, text: str, *payload: Operand) -> None:
        """Emit a check of the current equation."""
        span = self.block.equations[self.position].span
        site = self.sites.add(kind, code, text, span, [p.dtype for p in payload])
        self.writer.emit(loops.Check(ok, site, payload))

    # ---- scratch memory --------------------------------------------------------------------------

    def scratch(self, like: Buf) -> Buf:
        """A buffer of the type of `like` for the current equation only."""
        buf = self.memory.allocate(like.dtype, like.dims, "scratch")
        self._after.append(Storage(buf, is_pooled=True))
        return buf

    def pivots(self, matrix: Buf) -> Buf:
        """Row numbers of a factored matrix, for the current equation only."""
        buf = self.memory.allocate(DType.I32, matrix.dims[:1], "pivots")
        self._after.append(Storage(buf, is_pooled=True))
        return buf


Handler = Callable[[FunctionPlanner, Equation], None]  # plans an equation and binds its results
_SAME_MEMORY = frozenset({"reshape", "stop_gradient"})


def _fits_registers(t: Type) -> bool:
    """Arrays so small that they are best made in registers, and stored where they are wanted in the end."""
    dims = [d for d in t.shape if isinstance(d, int)]
    return len(dims) == t.rank and prod(dims) <= 16


def _value(a: Atom) -> Value | None:
    return a if isinstance(a, Value) else None


def _content(binding: Binding) -> Operand | Buf:
    assert not isinstance(binding, Accumulator), "an accumulator cannot be a result"
    return binding.buf if isinstance(binding, Array) else binding


def scoped(body: loops.Body, name: str, place: Place = Place.ARENA) -> loops.Body:
    """The body, giving back at its end what it took from an arena."""
    return (loops.Mark(name, place), *body, loops.Release(name, place))
