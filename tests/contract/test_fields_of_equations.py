"""The contract on solution fields, at rest and in time, and forgeries that only a field has."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import ClassVar

import h5py
import numpy as np
import pytest

from ingenium.testing import Damage, ProblemContract


def _changed(name: str, change: Callable[[np.ndarray], np.ndarray], path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file[name][...] = change(file[name][...])


def _shifted(fields: np.ndarray) -> np.ndarray:
    return np.roll(fields, 1, axis=-1)


class Fields(ProblemContract):
    """Base of both equations' tests."""

    problem_name = "equations.field"

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        own = {
            "of the mirrored input": partial(_changed, "input", lambda a: a[..., ::-1]),
            "moved by a cell": partial(_changed, "solution", _shifted),
            "in another unit": partial(_changed, "solution", lambda u: 1.01 * u),
            "on a grid moved by half a cell": partial(_changed, "x", lambda x: x + 0.5 / len(x)),
        }
        return {"netcdf": own}


class TestDarcy(Fields):
    harmless: ClassVar = {
        "back to front": (
            "A field on a square that is rotated or mirrored with its input is another correct "
            "pair."
        )
    }
    setup: ClassVar = {"equation": "darcy", "points": 16, "known": 12, "width": 4}


@pytest.mark.slow
class TestBurgers(Fields):
    setup: ClassVar = {
        "equation": "burgers",
        "points": 32,
        "diffusion": 0.05,
        "known": 12,
        "width": 4,
    }
