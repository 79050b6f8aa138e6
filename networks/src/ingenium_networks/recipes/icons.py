"""Recipe of the file of sketches from the stroke icons of Tabler.

`npm pack @tabler/icons@3.52.0` gives the archive. Icons are those of the outline style; variants
that are struck through (`-off`) are left out.
"""

import json
import lzma
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ingenium.core.errors import InputError
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
            distance = np.any(np.diff(points, axis=0) != 0, axis=1)
            found.append(points[np.r_[True, distance]])
    return found


def class_of(name: str) -> str | None:
    """The class of an icon by the words of its name; None without a class."""
    if name.endswith("-off"):
        return None
    for kind, heads in {**SUBJECTS, **SURROUNDINGS}.items():
        if any(name == head or name.startswith(f"{head}-") for head in heads):
            return kind
    return None


def sketches(nodes: Mapping[str, Sequence[tuple[str, Mapping[str, str]]]]) -> list[list[str]]:
    """Name and text of each distinct icon that is short enough."""
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


def make(folder: Path, *, source: Path) -> None:
    """Write `icons.json.xz`, the strokes of icons, from the archive `tabler-icons-3.52.0.tgz`.

    Raises:
        InputError: if the archive has no icons.
    """
    with tarfile.open(source) as archive:
        part = archive.extractfile(NODES)
        if part is None:
            raise InputError(f"an archive that holds {NODES}", source)
        nodes = json.load(part)
    write_atomic(folder / FILE.name, lzma.compress(json.dumps(sketches(nodes)).encode()))
