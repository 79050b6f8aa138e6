"""The contract on lattice fields: links, spins, rotors and numbers."""

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


def _reported(name: str, value: str, path: Path) -> None:
    """Change a word in the head of a file."""
    with h5py.File(path, "r+") as file:
        file.attrs[name] = value


def _one_turned(field: np.ndarray) -> np.ndarray:
    """Invert the sign of one number of the field, as is valid for a spin."""
    out = field.copy()
    out[..., -1, -1] *= -1
    return out


class Fields(ProblemContract):
    """Base of each model's tests."""

    problem_name = "physics.lattice"
    name: ClassVar[str]

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        own = {
            "that counts more": partial(_changed, "count", lambda x: x + 1),
            "with one site turned": partial(_changed, self.name, _one_turned),
            "at another coupling": partial(_changed, "beta", lambda x: x * 1.01),
        }
        own |= {
            "of another model": partial(_reported, "model", "potts"),
            "of another coupling": partial(_reported, "coupling", "temperature"),
            "with a count of none": partial(_changed, "count", lambda x: 0 * x),
            "with its field doubled": partial(_changed, self.name, lambda x: 2 * x),
        }
        return {"netcdf": own, "hdf5": own}


class TestU1(Fields):
    name = "link"
    setup: ClassVar = {"size": 4, "train": True, "steps": 20, "known": 20, "chain": 50}


@pytest.mark.slow
class TestIsing(Fields):
    name = "spin"
    setup: ClassVar = {
        "model": "ising",
        "size": 4,
        "train": True,
        "steps": 20,
        "known": 20,
        "chain": 50,
    }


@pytest.mark.slow
class TestPhi4(Fields):
    name = "field"
    setup: ClassVar = {
        "model": "phi4",
        "size": 4,
        "train": True,
        "steps": 20,
        "known": 20,
        "chain": 50,
    }


@pytest.mark.slow
class TestSU3(Fields):
    name = "link"
    setup: ClassVar = {"model": "su3", "size": 4, "known": 20, "chain": 50}


@pytest.mark.slow
class TestSchwinger(Fields):
    name = "link"
    setup: ClassVar = {
        "model": "schwinger",
        "size": 4,
        "hopping": 0.24,
        "steps": 20,
        "known": 20,
        "chain": 50,
    }
