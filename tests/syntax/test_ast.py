"""Nodes: equality, hashing, `repr` and walking, at any depth."""

import dataclasses
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adc.diagnostics import NO_SPAN, SourceFile
from adc.syntax import ast
from adc.syntax.node import deeper_than
from tests.syntax.trees import Maker, modules

KINDS = [
    kind
    for kind in vars(ast).values()
    if isinstance(kind, type)
    and issubclass(kind, ast.Node)
    and kind not in (ast.Node, ast.MarkedNode)
]


@given(modules)
@settings(max_examples=60, deadline=None)
def test_repr_makes_an_equal_tree(tree):
    again = eval(repr(tree), vars(ast))
    assert again == tree
    assert hash(again) == hash(tree)


@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_a_change_anywhere_makes_a_tree_different(seed):
    tree = Maker(Random(seed)).expr(3)
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    other = Maker(Random(seed)).expr(3)
    assert tree == other
    if nodes:
        assert tree != ast.Tuple((other,))
        assert repr(tree).replace(repr(nodes[0]), "Name('other')", 1) != repr(other)


def test_places_and_spellings_do_not_count():
    span = SourceFile("m", "text").span(0, 2)
    assert ast.Name("x", span=span) == ast.Name("x")
    assert ast.IntLiteral(1000, None, "1_000") == ast.IntLiteral(1000)
    assert ast.Name("x").span == NO_SPAN


def test_kinds_and_values_count():
    assert ast.IntLiteral(1) != ast.BoolLiteral(True)
    assert ast.IntLiteral(1) != ast.IntLiteral(1, "i32")
    assert ast.Tuple((ast.Name("x"),)) != ast.ArrayLiteral((ast.Name("x"),))
    assert ast.Name("x") != "x"
    marks = frozenset({ast.Mark.WRAP})
    assert ast.Index(ast.Name("x"), ()) != ast.Index(ast.Name("x"), (), marks=marks)


def test_nodes_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        ast.Name("x").name = "y"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_nodes_have_slots(kind):
    assert not hasattr(kind(*[None] * _required(kind)), "__dict__")


def _required(kind):
    return sum(f.default is dataclasses.MISSING and not f.kw_only for f in dataclasses.fields(kind))


def test_every_kind_is_made_by_some_text():
    made = {type(node) for seed in range(300) for node in ast.walk(Maker(Random(seed)).module(3))}
    assert made == set(KINDS)


def test_walk_gives_parents_first_and_all():
    tree = ast.Chain(ast.Name("a"), (ast.Link("+", ast.Name("b")), ast.Link("-", ast.Name("c"))))
    names = [getattr(node, "name", type(node).__name__) for node in ast.walk(tree)]
    assert names == ["Chain", "a", "Link", "b", "Link", "c"]


def test_depth_is_no_problem():
    def nested():
        tree = ast.Name("x")
        for _ in range(50_000):
            tree = ast.Unary("-", tree)
        return tree

    tree = nested()
    assert tree == nested()
    assert hash(tree) == hash(nested())
    assert repr(tree).count("Unary") == 50_000
    assert next(deeper_than(tree, 50_000, frozenset({ast.Unary})), None) is None
    assert next(deeper_than(tree, 49_999, frozenset({ast.Unary})), None) is not None
