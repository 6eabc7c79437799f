"""Sessions: what is made from a program, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from adc.api.function import Defined, Part, combine
from adc.api.transformations import grad, stop_gradient
from adc.diagnostics import EvaluationError, SourceFile, UsageError
from adc.driver.compile import Derivation, Session
from adc.driver.load import analyse, parsed_text, typed_text
from adc.driver.options import CompileOptions, Stage
from adc.driver.pipelines import (
    Purpose,
    derivatives,
    optimisation,
    pass_names,
    reading,
    require_passes,
)
from adc.ir.signature import headline

TEXT = """\
def square(x: f64) -> f64 = x * x
def length(x: f64[n]) -> f64 = sqrt(sum([square(xi) for xi in x]))
def direction(x: f64[n]) = grad(length)(x)
def power(x: f64, k: i64) -> f64 = if k == 0 then 1.0 else x * power(x, k - 1)
def twice(f: (f64) -> f64, x: f64) -> f64 = f(f(x))
"""


def session(text: str = TEXT, **options: object) -> Session:
    return Session(analyse(SourceFile("test.adl", text)), CompileOptions(**options))  # type: ignore[arg-type]


def test_definitions_that_take_functions_are_not_callable_from_outside() -> None:
    assert session().definitions == ("square", "length", "direction", "power")


def test_headlines_and_surface_stages() -> None:
    program = analyse(SourceFile("test.adl", TEXT))
    assert headline("direction", program.signature("direction")) == "direction(x: f64[n]) -> f64[n]"
    assert "def direction(x: f64[n]) =" in parsed_text(program, program.definitions)
    assert "def direction(x: f64[n]) -> f64[n] =" in typed_text(program, program.definitions)


def test_what_is_asked_twice_is_made_once() -> None:
    s = session()
    derivation = Derivation("grad", "length", ("x",))
    name, _ = s.derive(derivation, s.signature("length"))
    assert s.derive(derivation, s.signature("length"))[0] == name
    assert s.native((name,)) is s.native((name,))
    assert s.stage(Stage.OPTIMISED, (name,)) is s.stage(Stage.OPTIMISED, (name,))


def test_a_stage_holds_what_its_entry_needs_and_no_more() -> None:
    assert list(session().stage(Stage.UNARY, ("square",)).functions) == ["square"]
    derived = session().stage(Stage.DERIVATIVE, ("direction",))
    assert not derived.requests
    assert derived.functions["direction"].signature is not None


def test_results_side_by_side_are_computed_once() -> None:
    f = Defined("length").make(session())
    both = combine((Part(f), Part(f)))
    assert both([3.0, 4.0]) == (5.0, 5.0)
    reductions = both.ir("optimised").count("reduce[")
    assert reductions == f.ir("optimised").count("reduce[")


def test_what_is_made_from_recursive_derivatives_finds_their_parts() -> None:
    s = session()
    slope = grad(Defined("power").make(s))
    assert slope(2.0, 3) == 12.0
    stopped = stop_gradient(slope)
    assert stopped(2.0, 3) == 12.0
    assert grad(stopped)(2.0, 3) == 0.0


def test_recursion_limit() -> None:
    f = Defined("power").make(session(recursion_limit=50))
    assert f(1.0, 40) == 1.0
    for run in (f, f.reference):
        with pytest.raises(EvaluationError, match="deeper than 50"):
            run(1.0, 60)


def test_dumps_go_where_the_options_say() -> None:
    dumps: list[str] = []
    s = session(dump_after=("expand_requests",), dump=dumps.append, print_only=("direction",))
    s.stage(Stage.OPTIMISED, ("direction",))
    (text,) = dumps
    assert text.startswith("# after expand_requests\ndef direction(")
    assert "def length" not in text


def test_stopping_leaves_out_later_passes() -> None:
    s = session(stop_after="inline")
    assert s.stage(Stage.OPTIMISED, ("direction",)).requests


def test_passes_have_names_and_summaries() -> None:
    names = pass_names()
    assert len(set(names)) == len(names)
    require_passes(names)
    with pytest.raises(UsageError, match="frobnicate"):
        require_passes(["frobnicate"])
    for p in (*derivatives(()), *optimisation(())):
        assert p.name in names
    for p in (*derivatives((), Purpose.READING), *optimisation(()), *reading((), ())):
        assert p.summary.endswith(".")


def test_imports_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "lib.adl").write_text("def twice(x: f64) -> f64 = 2.0 * x\n")
    path = tmp_path / "main.adl"
    source = SourceFile(str(path), 'import "lib.adl"\ndef f(x: f64) -> f64 = twice(x)\n')
    assert analyse(source, path).definitions == ("f",)
