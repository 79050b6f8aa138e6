"""Make the file of sketches from the stroke icons of Tabler.

`npm pack @tabler/icons@3.52.0` gives an archive, of which
`python -m ingenium.domains.edge.doodle.icons ARCHIVE` makes it. The icons are those of the outline
style; variants that are struck through (`-off`) are left out.
"""

import argparse
import json
import lzma
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ingenium.core.folders import write_atomic
from ingenium.domains.edge.doodle.data import FILE, SUBJECTS, SURROUNDINGS
from ingenium.domains.edge.doodle.paths import fewer, polylines
from ingenium.domains.edge.doodle.strokes import LEAST, MOST, STEPS, Stroke, written

NODES = "package/tabler-nodes-outline.json"
TOLERANCE = 0.4  # of the box of 24, by which a polyline may miss an outline


def strokes(nodes: Sequence[tuple[str, Mapping[str, str]]]) -> list[Stroke]:
    """The strokes of an icon on the grid."""
    found = []
    for _, about in nodes:
        for line in polylines(about["d"]):
            points = np.rint(fewer(line, TOLERANCE)).astype(int).clip(LEAST, MOST)
            apart = np.any(np.diff(points, axis=0) != 0, axis=1)
            found.append(points[np.r_[True, apart]])
    return found


def class_of(name: str) -> str | None:
    """The class of an icon by the words of its name; none for those that are in no class."""
    if name.endswith("-off"):
        return None
    for kind, heads in {**SUBJECTS, **SURROUNDINGS}.items():
        if any(name == head or name.startswith(f"{head}-") for head in heads):
            return kind
    return None


def sketches(nodes: Mapping[str, Sequence[tuple[str, Mapping[str, str]]]]) -> list[list[str]]:
    """Name and text of each icon that is short enough and not there twice."""
    found, seen = [], set[str]()
    for name in sorted(nodes):
        kind = class_of(name)
        if kind is None:
            continue
        lines = strokes(nodes[name])
        text = written(kind, lines)
        tokens = 1 + sum(map(len, lines)) + len(lines)  # with the end in place of a last lift
        if tokens <= STEPS and text not in seen:
            seen.add(text)
            found.append([name, text])
    return found


def main() -> None:
    """Read the archive and write the file beside this module, or elsewhere."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path, help="tabler-icons-3.52.0.tgz")
    parser.add_argument("--out", type=Path, default=FILE)
    asked = parser.parse_args()
    with tarfile.open(asked.archive) as archive:
        part = archive.extractfile(NODES)
        if part is None:
            parser.error(f"{asked.archive} holds no {NODES}")
        nodes = json.load(part)
    write_atomic(asked.out, lzma.compress(json.dumps(sketches(nodes)).encode()))


if __name__ == "__main__":
    main()
