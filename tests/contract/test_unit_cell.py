"""The contract on plane and spatial cells, of a void and of two phases."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from ingenium.testing import Damage, ProblemContract, with_numbers

MIRRORED = {
    "back to front": "A mirrored cell is the same material: no quantity distinguishes them."
}


def _halved(path: Path) -> None:
    """Set shares just above one half, which count as solid."""
    with np.load(path) as retained:
        share = retained["share"]
    np.savez(path, share=0.51 * share)


def _stretched(ending: str, x: float, z: float) -> Damage:
    return partial(with_numbers, (ending,), lambda c: c * np.array([x, 1.0, z]))


def _forgeries(*meshes: str) -> Mapping[str, Mapping[str, Damage]]:
    table = {
        form: {
            "half as high": _stretched(f".{form}", 1.0, 0.5),
            "two thirds as long": _stretched(f".{form}", 2 / 3, 1.0),
        }
        for form in meshes
    }
    return table | {"npz": {"shares of 0.51": _halved}}


class TestPlaneCell(ProblemContract):
    problem_name = "structures.unit_cell"
    setup: ClassVar[Mapping[str, Any]] = {"cells": [12, 12], "designs": 20, "refine_steps": 1}
    harmless = MIRRORED

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return _forgeries("stl", "3mf")


class TestComposite(ProblemContract):
    problem_name = "structures.unit_cell"
    setup: ClassVar[Mapping[str, Any]] = {
        "cells": [12, 12],
        "designs": 20,
        "second_modulus": 0.1,
        "refine_steps": 0,
    }
    harmless = MIRRORED

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return _forgeries()


@pytest.mark.slow
class TestSpatialCell(ProblemContract):
    problem_name = "structures.unit_cell"
    setup: ClassVar[Mapping[str, Any]] = {"cells": [8, 8, 8], "designs": 30, "refine_steps": 1}
    harmless: ClassVar[Mapping[str, str]] = {f"npz: {k}": v for k, v in MIRRORED.items()}

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return _forgeries("stl", "3mf")
