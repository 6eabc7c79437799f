"""How the JSON files of this folder were made from the text formats of ADBench (MIT licence, see LICENSE-ADBench.txt).

    python convert.py gmm gmm/1k/gmm_d2_K5.txt gmm_d2_K5.json
    python convert.py gmm gmm/1k/gmm_d10_K10.txt gmm_d10_K10.json
    python convert.py kmeans gmm/1k/gmm_d2_K5.txt kmeans_n60_d2_k3.json --points 60 --centroids 3
    python convert.py ba ba/ba1_n49_m7776_p31843.txt ba_n2_m3_p4.json --cameras 2 --points 3 --observations 4
    python convert.py lstm lstm/lstm_l2_c1024.txt lstm_l2_c1024.json
    python convert.py hand-model hand/model ht_model.json
    python convert.py hand-simple hand/simple_small/hand3_t26_c200.txt ht_simple.json
    python convert.py hand-complicated hand/complicated_small/hand3_t26_c200.txt ht_complicated.json --model hand/model

The inputs are paths below ADBench's `data`. The keys of a result are the parameter names of the ADL program that
reads it, so that `adc run examples/gmm.adl --entry objective --arg @examples/data/gmm_d2_K5.json` works as it stands.
Only the standard library is needed.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

Numbers = list[float]
Parameters = dict[str, object]


def rows(path: Path) -> Iterator[list[str]]:
    """The words of each line that has any."""
    return (words for line in path.read_text().splitlines() if (words := line.split()))


def floats(words: list[str]) -> Numbers:
    return [float(word) for word in words]


def take(lines: Iterator[list[str]], count: int) -> list[Numbers]:
    return [floats(next(lines)) for _ in range(count)]


def column(lines: Iterator[list[str]], count: int) -> Numbers:
    return list(chain.from_iterable(take(lines, count)))


def gmm(source: Path, options: argparse.Namespace) -> Parameters:
    """First line `d k n`; then alphas, means, packed factors, points, and the prior's `gamma m`."""
    lines = rows(source)
    _, k, n = map(int, next(lines))
    alpha, means, icf, x = column(lines, k), take(lines, k), take(lines, k), take(lines, n)
    gamma, m = next(lines)
    return {"alpha": alpha, "means": means, "icf": icf, "x": x, "gamma": float(gamma), "m": int(m)}


def kmeans(source: Path, options: argparse.Namespace) -> Parameters:
    """The first points of a mixture, and as centroids the first of these (ADBench has no k-means of its own)."""
    points = gmm(source, options)["x"][: options.points]
    return {"points": points, "centroids": points[: options.centroids]}


def ba(source: Path, options: argparse.Namespace) -> Parameters:
    """First line `n m p`; then one camera, point, weight and feature, which ADBench repeats. Fewer of each here."""
    lines = rows(source)
    next(lines)
    cam, point, (w,), feat = take(lines, 4)
    n, m, p = options.cameras, options.points, options.observations
    return {
        "cams": [cam] * n,
        "x": [point] * m,
        "w": [w] * p,
        "obs": [[i % n, i % m] for i in range(p)],
        "feats": [feat] * p,
    }


def lstm(source: Path, options: argparse.Namespace) -> Parameters:
    """First line `layers characters bits`; then the four arrays, row by row."""
    lines = rows(source)
    layers, characters, _ = map(int, next(lines))
    names = {
        "main_params": 2 * layers,
        "extra_params": 3,
        "state": 2 * layers,
        "sequence": characters,
    }
    return {name: take(lines, count) for name, count in names.items()}


def hand_model(source: Path, options: argparse.Namespace) -> Parameters:
    """`bones.txt`: name, parent, relative and inverse absolute transform; `vertices.txt`: position, normal, texture
    coordinates, number of bones, then bone and weight in turn."""
    bones = [line.split(":") for line in (source / "bones.txt").read_text().splitlines()]
    vertices = [line.split(":") for line in (source / "vertices.txt").read_text().splitlines()]

    def matrix(words: list[str]) -> list[Numbers]:
        return [floats(words[4 * r : 4 * r + 4]) for r in range(4)]

    def weights(words: list[str]) -> Numbers:
        row = [0.0] * len(bones)
        for i in range(int(words[8])):
            row[int(words[9 + 2 * i])] = float(words[10 + 2 * i])
        return row

    return {
        "parents": [int(bone[1]) for bone in bones],
        "base_relatives": [matrix(bone[2:18]) for bone in bones],
        "inverse_base_absolutes": [matrix(bone[18:34]) for bone in bones],
        "base_positions": [[*floats(vertex[:3]), 1.0] for vertex in vertices],
        "weights": [weights(vertex) for vertex in vertices],
        "is_mirrored": False,
    }


def hand_simple(source: Path, options: argparse.Namespace) -> Parameters:
    """First line `points thetas`; then vertex and point in turn, then theta."""
    lines = rows(source)
    n, thetas = map(int, next(lines))
    pairs = take(lines, n)
    return {
        "theta": column(lines, thetas),
        "correspondences": [int(pair[0]) for pair in pairs],
        "points": [pair[1:] for pair in pairs],
    }


def hand_complicated(source: Path, options: argparse.Namespace) -> Parameters:
    """As the simple one, with triangles for vertices and `us` before theta; the triangles are the model's."""
    lines = rows(source)
    n, thetas = map(int, next(lines))
    pairs, us = take(lines, n), take(lines, n)
    triangles = [
        line.split(":") for line in (options.model / "triangles.txt").read_text().splitlines()
    ]
    return {
        "theta": column(lines, thetas),
        "us": us,
        "correspondences": [int(pair[0]) for pair in pairs],
        "points": [pair[1:] for pair in pairs],
        "triangles": [[int(corner) for corner in triangle] for triangle in triangles],
    }


READERS: dict[str, Callable[[Path, argparse.Namespace], Parameters]] = {
    "gmm": gmm,
    "kmeans": kmeans,
    "ba": ba,
    "lstm": lstm,
    "hand-model": hand_model,
    "hand-simple": hand_simple,
    "hand-complicated": hand_complicated,
}


def text(parameters: Parameters) -> str:
    """JSON with one parameter a line."""
    lines = (
        f"{json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}"
        for name, value in parameters.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=READERS)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--cameras", type=int, default=2)
    parser.add_argument("--points", type=int, default=6)
    parser.add_argument("--observations", type=int, default=4)
    parser.add_argument("--centroids", type=int, default=3)
    parser.add_argument("--model", type=Path, help="folder of the hand model")
    options = parser.parse_args()
    options.target.write_text(text(READERS[options.kind](options.source, options)))


if __name__ == "__main__":
    main()
