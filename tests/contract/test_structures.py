"""The contract on shapes of a cantilever and of a small box in space."""

import json
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ingenium.testing import Damage, ProblemContract, with_numbers

STL = (".stl",)


def _requested(value: object, path: Path) -> None:
    """Write another volume than the requested one, next to the part."""
    file = path / "requested.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"volume_fraction": value}))


def _stretched(x: float, y: float, z: float) -> Damage:
    return partial(with_numbers, STL, lambda corners: corners * np.array([x, y, z]))


def _moved(x_cells: float) -> Damage:
    return partial(with_numbers, STL, lambda c: c + np.array([50.0 * x_cells, 0.0, 0.0]))


STL_FORGERIES: Mapping[str, Damage] = {
    **{f"asked for {v}": partial(_requested, v) for v in (1.0, 99, 1e9, -1, "x", None, [0.4])},
    "half as thick": _stretched(1, 1, 0.52),
    "twice as thick": _stretched(1, 1, 2),
    "four times as high": _stretched(1, 4.2, 1),
    "three times as long": _stretched(3.3, 1, 1),
    "a third of a cell aside": _moved(0.3),
    "a cell aside": _moved(1.0),
    "a thousand cells aside": _moved(1000.0),
}


def _npz(name: str, value: object, path: Path) -> None:
    with np.load(path) as retained:
        arrays = dict(retained)
    np.savez(path, **arrays | {name: np.asarray(value)})


NPZ_FORGERIES: Mapping[str, Damage] = {
    f"asked for {v}": partial(_npz, "volume_fraction", v) for v in (1.0, 99.0, 1e9, np.nan, "x", 1j)
}


def _of_vtk(pattern: str, by: str) -> Damage:
    def damage(path: Path) -> None:
        text, count = re.subn(pattern, by, path.read_text(), count=1)
        assert count == 1, pattern
        path.write_text(text)

    return damage


VTK_FORGERIES: Mapping[str, Damage] = {
    "ten times as large": _of_vtk(r'Spacing="', 'Spacing="1'),
    "as thick as wide": _of_vtk(r'Spacing="(\S+) \S+ \S+"', r'Spacing="\1 \1 \1"'),
    "at another place": _of_vtk(r'Origin="0', 'Origin="5'),
    "with points from 5": _of_vtk(r'WholeExtent="0', 'WholeExtent="5'),
    "with a piece of other points": _of_vtk(r'Piece Extent="0 1', 'Piece Extent="0 2'),
    "turned round": _of_vtk(r'Origin="', 'Direction="-1 0 0 0 1 0 0 0 1" Origin="'),
    "asked for all": _of_vtk(r'(Name="volume_fraction"[^>]*>)[^<]*', r"\g<1>1.0"),
    "asked for twice": _of_vtk(
        r'(<DataArray[^>]*Name="volume_fraction"[^>]*>[^<]*</DataArray>)', r"\1\1"
    ),
    "in two pieces": _of_vtk(r"(?s)(<Piece.*</Piece>)", r"\1\1"),
    "in bytes": _of_vtk(r'Name="density" format="ascii"', 'Name="density" format="binary"'),
    "with a document type": _of_vtk(r"<VTKFile", '<!DOCTYPE x [<!ENTITY a "1">]>\n<VTKFile'),
}


class TestMinimumCompliance(ProblemContract):
    problem_name = "structures.minimum_compliance"
    setup: ClassVar[dict[str, Any]] = {
        "preset": "cantilever",
        "cells": [16, 8],
        "designs": 20,
        "refine_steps": 3,
    }
    equal = 1e-6  # the engine stops at a residual of 1e-8
    soft = 1e-6

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {"stl": STL_FORGERIES, "npz": NPZ_FORGERIES, "vtk": VTK_FORGERIES}
