"""ADL programs run by the reference evaluator: arguments and results as Python values by the signature."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from adc.diagnostics import SourceFile
from adc.frontends.adl import load_module
from adc.ir.core import Module
from adc.ir.verify import verify
from adc.prims.catalog import TABLE
from adc.reference.evaluate import Evaluator
from adc.transforms.requests import expand_requests
from adc.types.core import Array, DType, Record, Scalar, Signature, SurfaceType, Tuple, leaves
from adc.types.dims import Poly


def module_of(text: str, path: Path | None = None) -> Module:
    """The verified module of a program, its requests not expanded."""
    module = load_module(SourceFile(path.name if path else "test.adl", text), path).module
    verify(module, TABLE)
    return module


class Running:
    """A program whose definitions can be called."""

    def __init__(self, text: str, path: Path | None = None) -> None:
        self.module = module_of(text, path)
        self._evaluator: Evaluator | None = None

    def signature(self, name: str) -> Signature:
        found = self.module.functions[name].signature
        assert found is not None
        return found

    def call(self, name: str, *args: object) -> Any:
        """The value of a definition: tuples as tuples, records as dicts, arrays of them field by field."""
        s = self.signature(name)
        assert len(args) == len(s.params)
        binding, flat = _inputs(s, args)
        outputs = list(self._run(name, [*(binding[n] for n in s.sizes), *flat]))
        for n in s.result_sizes:
            binding[n] = int(outputs.pop(0))
        for leaf, x in zip(leaves(s.result), outputs, strict=True):
            assert np.asarray(x).dtype == leaf.dtype.numpy_name
            assert np.shape(x) == tuple(int(d.evaluate(binding.__getitem__)) for d in leaf.dims)
        return _build(s.result, iter(outputs))

    def _run(self, name: str, args: Sequence[object]) -> Sequence[Any]:
        if self._evaluator is None:
            module = self.module
            if module.requests:
                module = expand_requests(module, TABLE)
                verify(module, TABLE)
            self._evaluator = Evaluator(module, TABLE)
        return self._evaluator.run(name, args)


def run(text: str, *args: object) -> Any:
    """The value of the definition `f` of a program."""
    return Running(text).call("f", *args)


def _inputs(s: Signature, args: Sequence[object]) -> tuple[dict[Any, int], list[Any]]:
    """Sizes by name, and the leaves of the arguments."""
    flat: list[Any] = []
    pairs: list[tuple[Poly, int]] = []
    binding: dict[Any, int] = {}
    for (name, t), arg in zip(s.params, args, strict=True):
        if t == Scalar(DType.I64):
            binding[name] = int(arg)  # type: ignore[call-overload]
        for leaf in leaves(t):
            x = np.asarray(_leaf(arg, leaf.path, t), leaf.dtype.numpy_name)
            flat.append(x if x.ndim else x[()])
            pairs += zip(leaf.dims, x.shape, strict=True)
    for d, size in pairs:
        if d.single_atom is not None:
            binding.setdefault(d.single_atom, size)
    for d, size in pairs:
        linear = d.linear_in_one()
        if linear is not None:
            binding.setdefault(linear[1], int((size - linear[2]) / linear[0]))
    for d, size in pairs:
        assert d.evaluate(binding.__getitem__) == size
    return binding, flat


def _leaf(value: Any, path: Sequence[str | int], t: SurfaceType) -> Any:
    """The leaf at `path`; arrays of records are sequences of them."""
    if not path:
        return value
    match t:
        case Array(element, dims):
            inner = element if len(dims) == 1 else Array(element, dims[1:])
            return [_leaf(x, path, inner) for x in value]
        case Tuple(items):
            return _leaf(value[path[0]], path[1:], items[int(path[0])])
        case Record(fields):
            return _leaf(value[path[0]], path[1:], dict(fields)[str(path[0])])
        case _:
            raise AssertionError(t)


def _build(t: SurfaceType, rest: Iterator[Any]) -> Any:
    match t:
        case Array(Tuple() | Record() as element, _):
            return _build(element, rest)
        case Tuple(items):
            return tuple(_build(item, rest) for item in items)
        case Record(fields):
            return {n: _build(f, rest) for n, f in fields}
        case _:
            return next(rest)


def same(found: Any, expected: Any, tolerance: float = 1e-12) -> bool:
    """Equal structure, integers exactly, floats to the tolerance of their scale."""
    if isinstance(expected, tuple):
        return len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(expected, dict):
        return set(found) == set(expected) and all(same(found[k], v) for k, v in expected.items())
    a, b = np.asarray(found), np.asarray(expected)
    if a.shape != b.shape or (a.dtype.kind != b.dtype.kind and b.dtype.kind != "i"):
        return False
    if a.dtype.kind != "f":
        return bool(np.array_equal(a, b))
    finite = np.abs(b[np.isfinite(b)])
    scale = float(finite.max()) if finite.size else 1.0
    return bool(np.allclose(a, b, rtol=0, atol=tolerance * (scale or 1.0), equal_nan=True))
