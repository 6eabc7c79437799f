"""The converter from ADBench's text formats, on small texts of each."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

CONVERT = Path(__file__).parents[2] / "examples" / "data" / "convert.py"

GMM = "2 1 3\n0.5\n1 2 \n0.1 0.2 0.3\n1 2\n3 4\n5 6\n1.5 0\n"
BA = "9 9 9\n1 2 3 4 5 6 7 8 9 10 11\n1 2 3\n0.5\n7 8\n"
LSTM = "1 2 1\n\n1 2 3 4\n5 6 7 8\n\n1\n2\n3\n\n1\n2\n\n0\n1\n"
SIMPLE = "2 3\n5 0.1 0.2 0.3\n6 0.4 0.5 0.6\n1\n2\n3\n"
COMPLICATED = "1 2\n0 0.1 0.2 0.3\n0.4 0.5\n1\n2\n"
BONES = (
    ":".join(["wrist", "-1", *(f"{k}.0" for k in range(16)), *(f"{k}.5" for k in range(16))]) + "\n"
)
VERTICES = "0.1:0.2:0.3:0:0:1:0:0:1:0:1.0\n"

MATRIX = [
    [0.0, 1.0, 2.0, 3.0],
    [4.0, 5.0, 6.0, 7.0],
    [8.0, 9.0, 10.0, 11.0],
    [12.0, 13.0, 14.0, 15.0],
]

CASES = {
    "gmm": (
        GMM,
        [],
        {
            "alpha": [0.5],
            "means": [[1.0, 2.0]],
            "icf": [[0.1, 0.2, 0.3]],
            "x": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]],
            "gamma": 1.5,
            "m": 0,
        },
    ),
    "kmeans": (
        GMM,
        ["--points", "2", "--centroids", "1"],
        {"points": [[1.0, 2.0], [3.0, 4.0]], "centroids": [[1.0, 2.0]]},
    ),
    "ba": (
        BA,
        ["--cameras", "1", "--points", "2", "--observations", "3"],
        {
            "cams": [[float(k) for k in range(1, 12)]],
            "x": [[1.0, 2.0, 3.0]] * 2,
            "w": [0.5] * 3,
            "obs": [[0, 0], [0, 1], [0, 0]],
            "feats": [[7.0, 8.0]] * 3,
        },
    ),
    "lstm": (
        LSTM,
        [],
        {
            "main_params": [[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]],
            "extra_params": [[1.0], [2.0], [3.0]],
            "state": [[1.0], [2.0]],
            "sequence": [[0.0], [1.0]],
        },
    ),
    "hand-simple": (
        SIMPLE,
        [],
        {
            "theta": [1.0, 2.0, 3.0],
            "correspondences": [5, 6],
            "points": [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]],
        },
    ),
}


def converted(kind: str, source: Path, *options: str) -> object:
    target = source.with_name("result.json")
    subprocess.run([sys.executable, CONVERT, kind, source, target, *options], check=True)
    return json.loads(target.read_text())


@pytest.mark.parametrize("kind", CASES)
def test_text_is_read(kind: str, tmp_path: Path) -> None:
    text, options, parameters = CASES[kind]
    source = tmp_path / "source.txt"
    source.write_text(text)
    assert converted(kind, source, *options) == parameters


def test_hand_model_is_read(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "bones.txt").write_text(BONES)
    (model / "vertices.txt").write_text(VERTICES)
    assert converted("hand-model", model) == {
        "parents": [-1],
        "base_relatives": [MATRIX],
        "inverse_base_absolutes": [[[v + 0.5 for v in row] for row in MATRIX]],
        "base_positions": [[0.1, 0.2, 0.3, 1.0]],
        "weights": [[1.0]],
        "is_mirrored": False,
    }


def test_complicated_hand_is_read_with_the_triangles_of_its_model(tmp_path: Path) -> None:
    (tmp_path / "triangles.txt").write_text("0:1:2\n")
    source = tmp_path / "source.txt"
    source.write_text(COMPLICATED)
    assert converted("hand-complicated", source, "--model", str(tmp_path)) == {
        "theta": [1.0, 2.0],
        "us": [[0.4, 0.5]],
        "correspondences": [0],
        "points": [[0.1, 0.2, 0.3]],
        "triangles": [[0, 1, 2]],
    }
