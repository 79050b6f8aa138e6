"""Perov-5: cells of five atoms that a user fetched, as elements, an edge and shifts along one axis.

The files are not shipped: their folder stands in `INGENIUM_PEROV5`. What is learned from is the
validation part, what is held out the test part. All cells are cubes with atoms near the places of a
cubic perovskite, moved along x alone.

Source: Castelli et al., Energy Environ. Sci. 5:9034, 2012; parts by Xie et al., 2022,
    arXiv:2110.06197 (CDVAE).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.digest import content_digest
from ingenium.domains.matter.packages import package
from ingenium_book.owned import owned

PLACE, FILES = "INGENIUM_PEROV5", ("val.csv", "test.csv")
OWNER = "github.com/txie-93/cdvae, data/perov_5"
SITES = np.array(  # A, B and the three X of a cubic perovskite
    [[0.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0], [0.0, 0.5, 0.5]]
)
ANIONS = ("N", "O", "F", "S")
ROUGH = 0.003, 0.01  # of an edge, and angstrom: noise that makes what is rounded a density


@dataclass(frozen=True, eq=False)
class PerovCells:
    """Cells, their atoms in the order of `SITES`.

    Shapes: n cells.
    """

    elements: tuple[tuple[str, ...], ...]
    edge_angstrom: Float[np.ndarray, " n"]
    shift: Float[np.ndarray, "n 5"]  # along x from the places, of an edge
    data: str  # digest of the file

    def structures(self) -> list[object]:
        """For pymatgen."""
        points = SITES + self.shift[:, :, None] * np.array([1.0, 0.0, 0.0])
        return [
            structure(names, edge, place)
            for names, edge, place in zip(
                self.elements, self.edge_angstrom.tolist(), points, strict=True
            )
        ]


def structure(
    names: Sequence[str], edge_angstrom: float, points: Float[np.ndarray, "5 3"]
) -> object:
    """A cube with atoms, for pymatgen."""
    core = package("pymatgen.core")
    return core.Structure(core.Lattice.cubic(edge_angstrom), list(names), points)


@cache
def parts() -> tuple[PerovCells, PerovCells]:
    """Cells to learn from, and cells that are held out.

    Raises:
        InputError: if nothing says where they are, or they are not there.
    """
    learned, held = (_read(path) for path in owned(PLACE, FILES, OWNER))
    return learned, held


def _read(path: Path) -> PerovCells:
    texts = pd.read_csv(path, usecols=["cif"])["cif"]
    rows = [_cell(text) for text in texts]
    return PerovCells(
        tuple(names for names, _, _ in rows),
        np.array([edge for _, edge, _ in rows]),
        np.stack([shift for _, _, shift in rows]),
        content_digest(path.read_bytes()),
    )


def _cell(text: str) -> tuple[tuple[str, ...], float, np.ndarray]:
    """Elements, edge and shifts; an anion where another atom is as near to the place of B."""
    lines = [line.split() for line in text.splitlines()]
    (edge,) = (float(words[1]) for words in lines if words[:1] == ["_cell_length_a"])
    atoms = [(w[0], np.array([float(x) for x in w[3:6]])) for w in lines if len(w) == 7]
    names, shift = [""] * 5, np.zeros(5)
    for name, point in atoms:
        gaps = point - SITES
        gaps -= np.rint(gaps)
        off = np.abs(gaps).sum(1) + 10.0 * ((np.arange(5) >= 2) != (name in ANIONS))
        k = int(off.argmin())
        names[k], shift[k] = name, gaps[k, 0]
    if "" in names:
        raise ValueError(f"expected a perovskite of five atoms, got {text.splitlines()[1]}")
    shift -= shift[0]
    return tuple(names), edge, shift - np.rint(shift)


@cache
def places() -> dict[str, tuple[float, float]]:
    """Period and group of each element that is learned from."""
    found = sorted({name for names in parts()[0].elements for name in names})
    element = package("pymatgen.core").Element
    return {name: (float(element(name).row), float(element(name).group)) for name in found}


def numbers(cells: PerovCells, rng: np.random.Generator) -> Float[Tensor, "n 15"]:
    """Period and group of each atom, log edge and shifts beyond that of A, with a little noise.

    Elements are whole numbers and files are rounded: without noise a density of them has no bound.
    """
    table = places()
    kinds = np.array([[table[name] for name in names] for names in cells.elements])
    kinds = kinds + rng.uniform(-0.5, 0.5, kinds.shape)
    edge = cells.edge_angstrom + ROUGH[1] * rng.normal(size=len(kinds))
    shift = cells.shift[:, 1:] + ROUGH[0] * rng.normal(size=(len(kinds), 4))
    rows = np.concatenate([kinds.reshape(-1, 10), np.log(edge)[:, None], shift], 1)
    return torch.from_numpy(rows).to(torch.float32)


def cells_of(rows: Float[np.ndarray, "n 15"]) -> PerovCells:
    """The cells that numbers tell: of each atom the nearest element that may stand there."""
    table = places()
    kinds = rows[:, :10].reshape(-1, 5, 2)
    names = []
    for k in range(5):
        own = [name for name in table if (name in ANIONS) == (k >= 2)]
        at = np.array([table[name] for name in own])
        nearest = np.square(kinds[:, k, None] - at).sum(2).argmin(1)
        names.append([own[i] for i in nearest])
    shift = np.concatenate([np.zeros((len(rows), 1)), rows[:, 11:]], 1)
    return PerovCells(tuple(zip(*names, strict=True)), np.exp(rows[:, 10]), shift, data="")


def neutral(names: Sequence[str]) -> bool:
    """Whether common charges of the elements add up to nothing."""
    element = package("pymatgen.core").Element
    count = {name: names.count(name) for name in names}
    states = [element(name).common_oxidation_states for name in count]
    return any(
        sum(q * n for q, n in zip(charges, count.values(), strict=True)) == 0
        for charges in product(*states)
    )
