"""Random surface trees, each of which has a text that parses back to it."""

from hypothesis import strategies as st

from adc.syntax import ast
from adc.syntax.lalr import load

_RESERVED = frozenset(load("adl").reserved)

names = st.one_of(
    st.sampled_from(["x", "y", "n", "i", "sum", "f64", "rather_long_name_of_a_value", "_"]),
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True).filter(
        lambda name: name not in _RESERVED
    ),
)
texts = st.text(alphabet="abc äöü{}()#;:,.'≤", max_size=12)
int_literals = st.builds(
    ast.IntLiteral, st.integers(0, 2**31 - 1) | st.just(2**63 - 1), st.just(None)
) | st.builds(ast.IntLiteral, st.integers(0, 2**31 - 1), st.sampled_from(["i32", "i64"]))
float_literals = st.builds(
    ast.FloatLiteral,
    st.floats(0, 1e38, allow_nan=False, allow_infinity=False).filter(lambda x: str(x)[0] != "-"),
    st.sampled_from([None, "f32", "f64"]),
)
leaves = st.one_of(
    st.builds(ast.Name, names), int_literals, float_literals, st.builds(ast.BoolLiteral, st.booleans())
)


def tuples(part, least=0, most=3):
    return st.lists(part, min_size=least, max_size=most).map(tuple)


patterns = st.recursive(
    st.builds(ast.NamePattern, names), lambda p: st.builds(ast.TuplePattern, tuples(p, 1)), max_leaves=4
)


def _types(sizes):
    return st.recursive(
        st.builds(ast.NamedType, names),
        lambda t: st.one_of(
            st.builds(ast.ArrayType, t, tuples(sizes, 1)),
            st.builds(ast.TupleType, tuples(t)),
            st.builds(ast.RecordType, tuples(st.builds(ast.TypeField, names, t), 1)),
            st.builds(ast.FunctionType, tuples(t), t),
        ),
        max_leaves=4,
    )


types = _types(leaves)


def _maybe(part):
    return st.none() | part


@st.composite
def _chains(draw, part):
    ops = draw(st.sampled_from(ast.CHAIN_LEVELS))
    links = draw(tuples(st.builds(ast.Link, st.sampled_from(ops), part), 1, 4))
    return ast.Chain(draw(part), links)


def _composites(e):
    clauses = tuples(st.builds(ast.Below, names, e) | st.builds(ast.Over, patterns, e), 1, 2)
    items = tuples(e | st.builds(ast.Slice, _maybe(e), _maybe(e), _maybe(e)), 1, 2)
    entries = tuples(st.builds(ast.Entry, names, e), 1)
    lets = st.builds(ast.Let, patterns, e, _maybe(types))
    statements = lets | st.builds(ast.Assert, e, _maybe(texts))
    blocks = st.builds(ast.Block, tuples(statements, most=2), e)
    bindings = tuples(st.builds(ast.Binding, patterns, e), 1, 2)
    drives = st.builds(ast.Times, names, e) | st.builds(ast.Until, e)
    additions = st.recursive(
        st.one_of(lets, st.builds(ast.Add, names, e), st.builds(ast.AddAt, names, items, e)),
        lambda a: st.one_of(
            st.builds(ast.AddFor, clauses, tuples(a, 1, 2)),
            st.builds(ast.AddIf, tuples(st.builds(ast.AddArm, e, tuples(a, 1, 2)), 1, 2), tuples(a, most=2)),
        ),
        max_leaves=3,
    )
    comprehensions = st.builds(ast.Comprehension, e, clauses)
    bare = comprehensions.map(lambda c: ast.Comprehension(c.element, c.clauses, is_bare=True))
    return st.one_of(
        _chains(e),
        st.builds(ast.Unary, st.sampled_from("-!"), e),
        st.builds(ast.Binary, st.sampled_from(("**", *ast.COMPARISONS)), e, e),
        st.builds(ast.If, tuples(st.builds(ast.Arm, e, e), 1), e),
        st.builds(ast.Call, e, tuples(e), tuples(st.builds(ast.NamedArg, names, e), most=2)),
        st.builds(ast.Call, e, tuples(bare, 1, 1)),
        st.builds(ast.Index, e, items),
        st.builds(ast.Field, e, names),
        st.builds(ast.Item, e, st.integers(0, 11)),
        st.builds(ast.WithRecord, e, entries),
        st.builds(ast.WithIndex, e, items, e),
        st.builds(ast.Lambda, tuples(st.builds(ast.LambdaParam, patterns, _maybe(types)), most=2), e),
        st.builds(ast.Tuple, tuples(e)),
        st.builds(ast.ArrayLiteral, tuples(e)),
        comprehensions,
        st.builds(ast.Record, entries),
        blocks,
        st.builds(ast.Loop, bindings, drives, blocks),
        st.builds(ast.History, bindings, drives, blocks),
        st.builds(ast.Accum, bindings, clauses, tuples(additions, 1, 2)),
    )


expressions = st.recursive(leaves, _composites, max_leaves=12)

_rule_names = tuples(st.builds(ast.Name, names), 1)
definitions = st.one_of(
    st.builds(
        ast.Def,
        names,
        tuples(st.builds(ast.Param, names, _types(expressions))),
        _maybe(types),
        expressions,
    ),
    st.builds(ast.ConstDef, names, expressions, _maybe(types)),
    st.builds(ast.TypeAlias, names, types),
    st.builds(ast.Import, texts),
    st.builds(ast.DerivativeRule, names, _rule_names, _rule_names, expressions),
    st.builds(ast.AdjointRule, names, _rule_names, _rule_names, expressions),
)
modules = st.builds(ast.Module, tuples(definitions, most=3))
