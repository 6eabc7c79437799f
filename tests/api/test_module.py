"""Modules and functions as Python objects."""

from __future__ import annotations

import inspect
import pickle
import pydoc
from pathlib import Path

import numpy as np
import pytest

import adc

TEXT = """\
# log-sum-exp, stable.
def lse(x: f64[n]) -> f64 {
  let m = max(x);
  m + log(sum(exp(xi - m) for xi in x))
}

def weighted(w: f64, x: f64[n]) -> f64 = w * sum(x)

type Body = {pos: f64[3], mass: f64}

def centre(bodies: Body[n]) -> Body =
  {pos: [sum(b.mass * b.pos[k] for b in bodies) / sum(b.mass for b in bodies) for k < 3],
   mass: sum(b.mass for b in bodies)}

def root(x: f64) -> f64 { assert x >= 0.0, "x is negative"; sqrt(x) }

def divided(a: i64, b: i64) -> i64 = a // b

def at(x: f64[n], i: i64) -> f64 = x[i]
"""


@pytest.fixture(scope="module")
def m() -> adc.Module:
    return adc.compile(TEXT, "model.adl")


def test_definitions_are_attributes(m: adc.Module) -> None:
    names = ["lse", "weighted", "centre", "root", "divided", "at"]
    assert [f.name for f in m] == names
    assert set(names) <= set(dir(m))
    assert m.lse is m.lse
    assert m["lse"] is m.lse


def test_unknown_definition_names_the_nearest(m: adc.Module) -> None:
    with pytest.raises(AttributeError, match="did you mean `weighted`"):
        m.weigthed  # noqa: B018
    with pytest.raises(KeyError):
        m["weigthed"]
    assert not hasattr(m, "__array__")


def test_help_is_the_comment_above_the_definition(m: adc.Module) -> None:
    text = pydoc.plain(pydoc.render_doc(m.lse))
    assert "lse(x: f64[n]) -> f64" in text
    assert "log-sum-exp, stable." in text


def test_signature_for_python(m: adc.Module) -> None:
    assert list(inspect.signature(m.weighted).parameters) == ["w", "x"]
    assert m.weighted.__name__ == "weighted"


def test_reprs(m: adc.Module) -> None:
    assert repr(m.lse) == "<adc function lse(x: f64[n]) -> f64>"
    assert repr(m).startswith("<adc module model.adl: lse, weighted")
    assert m.lse._repr_html_().startswith("<pre>")


def test_results(m: adc.Module) -> None:
    x = np.array([0.5, 1.5, -1.0])
    assert m.lse(x) == pytest.approx(np.logaddexp.reduce(x), rel=1e-15)
    assert type(m.lse(x)) is float
    assert m.weighted(2, x=[1, 2]) == 6.0
    found = m.centre([{"pos": [0.0, 0.0, 0.0], "mass": 1.0}, {"pos": [3.0, 0.0, 0.0], "mass": 2.0}])
    assert found.mass == 3.0
    np.testing.assert_allclose(found.pos, [2.0, 0.0, 0.0])
    again = m.centre([found, found])
    np.testing.assert_allclose(again.pos, found.pos)


def test_one_function_serves_every_size(m: adc.Module) -> None:
    for n in (1, 2, 3, 7, 8, 9, 64, 1000):
        x = np.linspace(-1.0, 1.0, n)
        assert m.lse(x) == pytest.approx(np.logaddexp.reduce(x), rel=1e-14)


def test_reference_agrees(m: adc.Module) -> None:
    x = np.linspace(-1.0, 1.0, 10)
    assert m.lse.reference(x) == pytest.approx(m.lse(x), rel=1e-15)


def test_inputs_are_not_modified(m: adc.Module) -> None:
    x = np.arange(5.0)
    m.lse(x)
    adc.grad(m.lse)(x)
    np.testing.assert_array_equal(x, np.arange(5.0))


def test_strided_and_read_only_inputs(m: adc.Module) -> None:
    x = np.arange(10.0)[::-2]
    x.flags.writeable = False
    assert m.lse(x) == m.lse(x.copy())


# ---- errors of a run -----------------------------------------------------------------------------


def test_a_failed_assertion_shows_its_line(m: adc.Module) -> None:
    with pytest.raises(adc.EvaluationError, match="x is negative") as caught:
        m.root(-1.0)
    assert caught.value.span is not None
    assert caught.value.span.line == 15
    assert caught.value.span.file == "model.adl"


def test_division_by_zero_is_a_zero_division_error(m: adc.Module) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        m.divided(1, 0)
    assert isinstance(caught.value, adc.EvaluationError)


def test_an_index_out_of_range_is_an_index_error(m: adc.Module) -> None:
    with pytest.raises(IndexError) as caught:
        m.at([1.0, 2.0], 2)
    assert isinstance(caught.value, adc.BoundsError)


def test_syntax_and_type_errors_when_compiling() -> None:
    with pytest.raises(adc.ParseError):
        adc.compile("def f(x: f64 -> f64 = x")
    with pytest.raises(adc.TypeCheckError) as caught:
        adc.compile("def f(x: f64) -> f64 = x + y")
    assert caught.value.span is not None
    assert caught.value.span.column == 28


# ---- looking inside ------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["unary", "derivative", "optimised"])
def test_textual_ir_parses_back(m: adc.Module, stage: str) -> None:
    from adc.ir.parser import parse_module
    from adc.ir.printer import print_module

    text = adc.grad(m.lse).ir(stage)
    assert print_module(parse_module(text)) == text


def test_texts_of_machine_code(m: adc.Module) -> None:
    assert "define" in m.lse.llvm()
    assert "ret" in m.lse.asm()
    assert m.lse.ir("loops")


def test_unknown_stage_lists_the_stages(m: adc.Module) -> None:
    with pytest.raises(adc.UsageError) as caught:
        m.lse.ir("optimized")
    assert "optimised" in str(caught.value.hint)


def test_source_of_a_derivative_compiles_again(m: adc.Module) -> None:
    g = adc.grad(m.lse)
    again = adc.compile(g.source())
    (last,) = list(again)[-1:]
    x = np.array([0.5, 1.5, -1.0])
    np.testing.assert_allclose(last(x), g(x), rtol=1e-14)


def test_lower_checks_arguments(m: adc.Module) -> None:
    lowered = m.lse.lower(np.zeros(3))
    assert lowered.as_text()
    assert lowered.compile()(np.zeros(3)) == pytest.approx(np.log(3.0))
    with pytest.raises(adc.ShapeError):
        m.lse.lower(np.zeros((3, 3)))


# ---- files and pickles ---------------------------------------------------------------------------


def test_load_reads_a_file_and_its_imports(tmp_path: Path) -> None:
    (tmp_path / "lib.adl").write_text("def twice(x: f64) -> f64 = 2.0 * x\n")
    (tmp_path / "main.adl").write_text('import "lib.adl"\ndef f(x: f64) -> f64 = twice(x) + 1.0\n')
    m = adc.load(tmp_path / "main.adl")
    assert m.f(3.0) == 7.0
    assert m.twice(3.0) == 6.0
    assert [f.name for f in m] == ["f"]
    with pytest.raises(FileNotFoundError):
        adc.load(tmp_path / "missing.adl")


def test_functions_and_their_derivatives_pickle(m: adc.Module) -> None:
    x = np.array([0.5, 1.5, -1.0])
    f, g = pickle.loads(pickle.dumps((m.lse, adc.grad(m.lse))))
    assert f(x) == m.lse(x)
    np.testing.assert_array_equal(g(x), adc.grad(m.lse)(x))
    assert pickle.loads(pickle.dumps(m)).lse(x) == m.lse(x)


def test_names_are_listed_once(m: adc.Module) -> None:
    list(m)
    assert len(dir(m)) == len(set(dir(m)))


def test_the_help_of_a_derivative_says_what_it_is() -> None:
    f = adc.compile("# Half the square.\ndef f(x: f64) -> f64 = 0.5 * x * x\n").f
    doc = adc.grad(f).__doc__
    assert doc is not None
    assert doc.splitlines()[2:] == ["`grad` of `f` by x.", "Half the square."]


@pytest.mark.parametrize(
    ("given", "hint"),
    [(b"def f(x: f64) = x", "decode"), (Path("model.adl"), "adc.load"), (None, "NoneType")],
)
def test_programs_are_text(given: object, hint: str) -> None:
    with pytest.raises(adc.TypeCheckError, match=hint) as caught:
        adc.compile(given)
    assert isinstance(caught.value, TypeError)


def test_a_tangent_is_not_called_as_a_size_is() -> None:
    f = adc.compile("def f(x: f64[v], y: f64[dx, ct]) -> f64 = sum(x) * sum(y) ** 2").f
    made = (adc.hvp(f), adc.jvp(f), adc.vjp(f))
    assert [g.signature.params[2][0] for g in made] == ["v2", "dx2", "ct2"]
    assert adc.hvp(f, wrt="y")([2.0], [[1.0]], [[3.0]]) == [[12.0]]
