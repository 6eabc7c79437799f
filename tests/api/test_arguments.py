"""Arguments to leaves: what is accepted, converted, refused, and in which words."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from adc import BoundsError, ShapeError, TypeCheckError, UnsupportedError
from adc.api.arguments import ArgumentPlan
from adc.diagnostics import SourceFile
from adc.ir.scanner import Cursor
from adc.ir.signature import parse_signature


def plan(text: str) -> ArgumentPlan:
    return ArgumentPlan("f", parse_signature(Cursor(SourceFile("signature", text))))


def flat(text: str, *args: object, **by_name: object) -> list[Any]:
    return plan(text).flat(args, by_name)


VECTOR = "[n](x: f64[n]) -> f64"
BODIES = "[n](b: {pos: f64[3], mass: f64}[n]) -> f64"


# ---- counts and names ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "by_name", "words"),
    [
        ((), {}, "takes 2 arguments, `x`, `k` not given"),
        ((1.0,), {}, "`k` not given"),
        ((1.0, 2, 3), {}, "takes 2 arguments, found 3"),
        ((1.0,), {"kk": 2}, "no parameter `kk`"),
        ((1.0, 2), {"x": 2.0}, "`x` twice"),
    ],
)
def test_wrong_arguments_are_a_type_error(
    args: tuple[object, ...], by_name: dict[str, object], words: str
) -> None:
    with pytest.raises(TypeCheckError, match=words) as caught:
        flat("[](x: f64, k: i64) -> f64", *args, **by_name)
    assert isinstance(caught.value, TypeError)
    assert caught.value.code == "E0501"


def test_unknown_keyword_names_the_nearest() -> None:
    with pytest.raises(TypeError) as caught:
        flat("[](rate: f64) -> f64", rat=1.0)
    assert caught.value.hint == "rate=..."  # type: ignore[attr-defined]


def test_keywords_and_positions_mix() -> None:
    assert flat("[](x: f64, k: i64) -> f64", 1.5, k=2) == [1.5, 2]


# ---- element types -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("f64", 1),
        ("f64", 1.5),
        ("f64", np.float64(1.5)),
        ("f64", np.array(1.5)),
        ("f32", 1.5),
        ("f32", np.float32(1.5)),
        ("i64", 3),
        ("i64", np.int64(3)),
        ("i32", 3),
        ("bool", True),
        ("bool", np.True_),
    ],
)
def test_scalars_that_fit(dtype: str, value: Any) -> None:
    (leaf,) = flat(f"[](x: {dtype}) -> f64", value)
    assert leaf == value
    assert isinstance(leaf, type(np.array(leaf).item()) | np.float32 | np.int32)


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("f64", True),
        ("f64", "1"),
        ("f64", None),
        ("f64", 1j),
        ("f64", np.float32(1.5)),
        ("f64", np.int64(1)),
        ("f32", np.float64(1.5)),
        ("i64", 1.0),
        ("i64", True),
        ("i64", np.int32(1)),
        ("bool", 1),
    ],
)
def test_scalars_that_do_not_fit(dtype: str, value: Any) -> None:
    with pytest.raises(TypeCheckError):
        flat(f"[](x: {dtype}) -> f64", value)


@pytest.mark.parametrize("dtype", ["f64", "f32"])
def test_integers_that_no_float_holds_are_bounds_errors(dtype: str) -> None:
    with pytest.raises(BoundsError, match="does not fit"):
        flat(f"[](x: {dtype}) -> {dtype}", 10**5000)


def test_integers_out_of_range_are_bounds_errors() -> None:
    with pytest.raises(BoundsError):
        flat("[](k: i64) -> f64", 2**63)
    with pytest.raises(BoundsError):
        flat("[n](k: i32[n]) -> f64", [1, 2**31])


@pytest.mark.parametrize("dtype", ["float32", "int64", "bool", "complex128", "object"])
def test_arrays_keep_their_dtype_or_are_refused(dtype: str) -> None:
    with pytest.raises(TypeCheckError, match="`x` is "):
        flat(VECTOR, np.zeros(3, dtype))


def test_dtype_error_says_how_to_convert() -> None:
    with pytest.raises(TypeCheckError) as caught:
        flat(VECTOR, np.zeros(3, np.int64))
    assert str(caught.value).startswith("error[E0502]: `x` is i64, expected f64[n]")
    assert caught.value.hint == "x.astype(np.float64)"


@pytest.mark.parametrize("value", [[1, 2, 3], [1.0, 2, 3], (1.0, 2.0, 3.0)])
def test_lists_of_numbers_are_literals(value: Any) -> None:
    n, leaf = flat(VECTOR, value)
    assert n == 3
    assert leaf.dtype == np.float64


@pytest.mark.parametrize("value", [[1.0, 2.0], [True, False]])
def test_lists_of_other_numbers_are_no_integers(value: Any) -> None:
    with pytest.raises(TypeCheckError):
        flat("[n](k: i64[n]) -> f64", value)


def test_lists_of_floats_serve_f32() -> None:
    _, leaf = flat("[n](x: f32[n]) -> f32", [0.5, 1.5])
    assert leaf.dtype == np.float32


# ---- arrays --------------------------------------------------------------------------------------


def test_a_fitting_array_is_passed_on_as_it_is() -> None:
    x = np.arange(4.0)
    assert flat(VECTOR, x)[1] is x


@pytest.mark.parametrize(
    "x",
    [
        np.arange(8.0)[::2],
        np.arange(4.0)[::-1],
        np.arange(4.0).astype(">f8"),
        np.frombuffer(b"\0" + np.arange(4.0).tobytes(), np.uint8)[1:].view(np.float64),
        np.broadcast_to(1.0, 4),
    ],
    ids=["strided", "reversed", "big-endian", "unaligned", "broadcast"],
)
def test_unusual_layouts_become_contiguous(x: np.ndarray[Any, Any]) -> None:
    _, leaf = flat(VECTOR, x)
    assert leaf.flags.c_contiguous
    assert leaf.flags.aligned
    assert leaf.dtype.isnative
    np.testing.assert_array_equal(leaf, x)


def test_read_only_and_empty_arrays_are_accepted() -> None:
    x = np.arange(3.0)
    x.flags.writeable = False
    assert flat(VECTOR, x)[0] == 3
    assert flat(VECTOR, np.zeros(0))[0] == 0
    assert flat(VECTOR, [])[0] == 0
    assert flat("[m, n](A: f64[m, n]) -> f64", np.zeros((0, 4)))[:2] == [0, 4]


class Wrapped:
    """Something with `__array__`."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray[Any, Any]:
        return np.arange(3.0)


class Exported:
    """Something with DLPack only."""

    def __init__(self) -> None:
        self.array = np.arange(3.0)

    def __dlpack__(self, **options: Any) -> Any:
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self.array.__dlpack_device__()


@pytest.mark.parametrize("kind", [Wrapped, Exported])
def test_foreign_arrays(kind: type) -> None:
    np.testing.assert_array_equal(flat(VECTOR, kind())[1], np.arange(3.0))


def test_masked_elements_are_refused() -> None:
    with pytest.raises(TypeCheckError, match="masked"):
        flat(VECTOR, np.ma.masked_array([1.0, 2.0], [True, False]))


@pytest.mark.parametrize("x", [1.0, np.zeros((2, 2)), [[1.0], [2.0]]])
def test_wrong_rank_is_a_shape_error(x: Any) -> None:
    with pytest.raises(ShapeError, match=r"expected f64\[n\]") as caught:
        flat(VECTOR, x)
    assert isinstance(caught.value, ValueError)


def test_ragged_lists_are_shape_errors() -> None:
    with pytest.raises(ShapeError, match="different lengths"):
        flat("[m, n](A: f64[m, n]) -> f64", [[1.0], [1.0, 2.0]])


# ---- sizes ---------------------------------------------------------------------------------------


def test_sizes_stand_before_the_leaves_in_the_order_of_the_signature() -> None:
    found = flat("[k, m, n](A: f64[m, k], B: f64[k, n]) -> f64", np.zeros((2, 3)), np.zeros((3, 4)))
    assert found[:3] == [3, 2, 4]


def test_a_mismatch_shows_both_sides_and_what_bound_the_name() -> None:
    with pytest.raises(ShapeError) as caught:
        flat("[n](x: f64[n], w: f64[2*n + 1]) -> f64", np.zeros(3), np.zeros(6))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "E0504"
    assert diagnostic.title == "`w` has size 6, expected `2*n + 1` = 7"
    assert diagnostic.notes == (
        "`w` is declared as f64[2*n + 1]",
        "`n` = 3 comes from `x`, declared as f64[n]",
    )


def test_a_linear_size_binds_when_none_stands_alone() -> None:
    assert flat("[n](x: f64[2*n + 1]) -> f64", np.zeros(7))[0] == 3
    with pytest.raises(ShapeError, match="for no `n`"):
        flat("[n](x: f64[2*n + 1]) -> f64", np.zeros(6))
    with pytest.raises(ShapeError, match="for no `n`"):
        flat("[n](x: f64[n + 1]) -> f64", np.zeros(0))


def test_polynomial_sizes_are_checked() -> None:
    text = "[d](x: f64[d], p: f64[(d*d + d)/2]) -> f64"
    assert flat(text, np.zeros(3), np.zeros(6))[0] == 3
    with pytest.raises(ShapeError, match="= 6"):
        flat(text, np.zeros(3), np.zeros(5))


def test_fixed_sizes_are_checked() -> None:
    with pytest.raises(ShapeError, match="along axis 1, expected 3"):
        flat("[n](x: f64[n, 3]) -> f64", np.zeros((2, 4)))


def test_integer_parameters_are_checked_not_bound() -> None:
    text = "[](n: i64, x: f64[n]) -> f64"
    assert flat(text, 3, np.zeros(3))[0] == 3
    with pytest.raises(ShapeError, match="`n` = 3 is an argument"):
        flat(text, 3, np.zeros(4))


# ---- tuples and records --------------------------------------------------------------------------

Body = namedtuple("Body", ["mass", "pos"])


@dataclass
class BodyClass:
    pos: Any
    mass: Any


RECORDS = [
    {"pos": [1.0, 2.0, 3.0], "mass": 2.0},
    Body(2.0, [1.0, 2.0, 3.0]),
    BodyClass([1.0, 2.0, 3.0], 2.0),
    np.array([([1.0, 2.0, 3.0], 2.0)], [("pos", "f8", 3), ("mass", "f8")])[0],
]


@pytest.mark.parametrize("body", RECORDS, ids=["dict", "named tuple", "dataclass", "structured"])
def test_records(body: Any) -> None:
    pos, mass = flat("[](b: {pos: f64[3], mass: f64}) -> f64", body)
    np.testing.assert_array_equal(pos, [1.0, 2.0, 3.0])
    assert mass == 2.0


@pytest.mark.parametrize(
    "bodies",
    [
        RECORDS[:3],
        {"pos": np.tile([1.0, 2.0, 3.0], (3, 1)), "mass": np.full(3, 2.0)},
        Body(np.full(3, 2.0), np.tile([1.0, 2.0, 3.0], (3, 1))),
        np.array([([1.0, 2.0, 3.0], 2.0)] * 3, [("pos", "f8", 3), ("mass", "f8")]),
    ],
    ids=["sequence", "dict of arrays", "named tuple of arrays", "structured array"],
)
def test_arrays_of_records(bodies: Any) -> None:
    n, pos, mass = flat(BODIES, bodies)
    assert n == 3
    np.testing.assert_array_equal(pos, np.tile([1.0, 2.0, 3.0], (3, 1)))
    np.testing.assert_array_equal(mass, np.full(3, 2.0))


def test_an_empty_sequence_of_records() -> None:
    n, pos, mass = flat(BODIES, [])
    assert (n, pos.shape, mass.shape) == (0, (0, 3), (0,))


def test_fields_of_different_length_are_shape_errors() -> None:
    with pytest.raises(ShapeError, match=r"`b\.mass` has size 2, expected `n` = 3"):
        flat(BODIES, {"pos": np.zeros((3, 3)), "mass": np.zeros(2)})


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"pos": [0.0] * 3}, "without `mass`"),
        ({"pos": [0.0] * 3, "mass": 1.0, "vel": 0.0}, "with `vel`"),
        ([1.0, 2.0], "a Python `list`"),
        ({"pos": [0.0] * 3, "mass": np.float32(1.0)}, r"`b\.mass` is f32"),
    ],
)
def test_records_that_do_not_fit(body: Any, words: str) -> None:
    with pytest.raises(TypeCheckError, match=words):
        flat("[](b: {pos: f64[3], mass: f64}) -> f64", body)


def test_tuples_and_lists_serve_tuples() -> None:
    assert flat("[](p: (f64, (i64, bool))) -> f64", (1.0, [2, True])) == [1.0, 2, True]
    with pytest.raises(TypeCheckError, match="3 items"):
        flat("[](p: (f64, i64)) -> f64", (1.0, 2, 3))


@pytest.mark.parametrize(
    "pairs", [[(1, 2.0), (3, 4.0), (5, 6.0)], (np.array([1, 3, 5]), [2, 4, 6])]
)
def test_arrays_of_tuples(pairs: Any) -> None:
    n, first, second = flat("[n](p: (i64, f64)[n]) -> f64", pairs)
    assert n == 3
    assert first.tolist() == [1, 3, 5]
    assert second.tolist() == [2.0, 4.0, 6.0]


def test_arrays_without_leaves_show_no_size() -> None:
    with pytest.raises(UnsupportedError, match="no argument shows the size `n`"):
        flat("[n](x: ()[n]) -> i64", [(), ()])
