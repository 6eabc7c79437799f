"""The pass manager: order, verification, dumps, statistics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from adc.ir.core import F64, Block, Function, Module, Value
from adc.ir.dead import remove_dead
from adc.ir.fault import InternalError
from adc.ir.parser import parse_module
from adc.ir.passes import Dump, Pass, PassManager, PassRecord, map_functions
from adc.prims.catalog import TABLE

MODULE = parse_module(
    """
    def f(x: f64) { y: f64 = sin(x) z: f64 = cos(x) return y }
    def g(x: f64) { return x }
    request df = grad f wrt (0)
    """
)


@dataclass(frozen=True)
class Step:
    """A pass made of a function on modules."""

    name: str
    change: Callable[[Module], Module] = lambda module: module
    summary: str = "changes nothing"

    def run(self, module: Module) -> Module:
        return self.change(module)


def clean(module: Module) -> Module:
    return map_functions(module, lambda f: replace(f, block=remove_dead(f.block)))


CLEAN = Step("clean", clean, "removes dead code")


def broken(module: Module) -> Module:
    return replace(module, functions={"f": Function("f", Block((), (), (Value(F64, "lost"),)))})


def test_passes_run_in_order_and_are_recorded() -> None:
    assert isinstance(CLEAN, Pass)
    done = PassManager((Step("nothing"), CLEAN), TABLE).run(MODULE)
    assert [e.op for e in done.module.functions["f"].block.equations] == ["sin"]
    assert [r.name for r in done.records] == ["nothing", "clean"]
    assert [r.has_changed for r in done.records] == [False, True]


def test_a_pass_that_breaks_the_module_is_named() -> None:
    manager = PassManager((CLEAN, Step("spoil", broken)), TABLE)
    with pytest.raises(InternalError, match="pass `spoil` left unsound IR"):
        manager.run(MODULE)
    replace(manager, verifies=False).run(replace(MODULE, requests={}))


def test_the_input_is_verified_too() -> None:
    with pytest.raises(InternalError, match="the input"):
        PassManager((), TABLE).run(broken(Module()))


def test_stopping_after_a_pass() -> None:
    manager = PassManager((CLEAN, Step("spoil", broken)), TABLE, stop_after="clean")
    assert [r.name for r in manager.run(MODULE).records] == ["clean"]
    with pytest.raises(ValueError, match="there is no pass `polish`; there are clean, spoil"):
        replace(manager, stop_after="polish").run(MODULE)


def test_dumps_show_the_named_functions_after_the_named_passes() -> None:
    texts: list[str] = []
    dump = Dump(texts.append, after=("clean",), only=("g", "df"))
    PassManager((Step("nothing"), CLEAN), TABLE, (dump,)).run(MODULE)
    assert texts == [
        "# after clean\ndef g(x: f64) {\n  return x\n}\n\nrequest df = grad f wrt (0)\n"
    ]


def test_dumps_after_every_pass_or_every_change() -> None:
    texts: list[str] = []
    passes = (Step("nothing"), CLEAN)
    PassManager(passes, TABLE, (Dump(texts.append),)).run(MODULE)
    assert [text.splitlines()[0] for text in texts] == ["# after nothing", "# after clean"]
    texts.clear()
    PassManager(passes, TABLE, (Dump(texts.append, changed_only=True),)).run(MODULE)
    assert [text.splitlines()[0] for text in texts] == ["# after clean"]


def test_a_dump_is_a_module_again() -> None:
    texts: list[str] = []
    PassManager((CLEAN,), TABLE, (Dump(texts.append),)).run(MODULE)
    assert set(parse_module(texts[0]).functions) == {"f", "g"}


def test_hooks_are_told_everything() -> None:
    told: list[tuple[PassRecord, Module]] = []

    class Tell:
        def after_pass(self, record: PassRecord, module: Module) -> None:
            told.append((record, module))

    done = PassManager((CLEAN,), TABLE, (Tell(),)).run(MODULE)
    assert told == [(done.records[0], done.module)]


def test_mapping_functions_keeps_a_module_that_does_not_change() -> None:
    assert map_functions(MODULE, lambda f: f) is MODULE
