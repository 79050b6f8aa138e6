"""Homogenised cells a second of one core: dissection against scikit-fem and muSpectre.

All compute the full stiffness of the same plane or spatial cells with one thread: dissection and
scikit-fem (SuperLU, one cell after another) directly, muSpectre by its projection and conjugate
gradients to 1e-8. The first two agree to rounding; muSpectre has Fourier modes instead of elements,
so that it agrees within the resolution of the grid. It takes odd grids only, and no voids.
Dissection also computes all sensitivities, which the others do not.
"""

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import muSpectre as musp  # noqa: N813
import numpy as np
import torch
from scipy.ndimage import gaussian_filter

from benchmarks.measuring import interleaved, ratio, report, spread
from ingenium.domains.structures.cells.periodic import Periodic
from ingenium.domains.structures.cells.reference import ReferenceHomogenisation

TOLERANCE, MOST = 1e-8, 2000
POISSON = 0.3
PAIRS = {2: ((0, 0), (1, 1), (0, 1)), 3: ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))}


@dataclass(frozen=True)
class Case:
    """Cells on one grid, of two phases."""

    cells: tuple[int, ...]
    low: float  # modulus of the soft phase, relative; 1e-9 is a void
    designs: int  # of ours in each round
    theirs: int  # of the others
    rounds: int = 3

    @cached_property
    def periodic(self) -> Periodic:
        """Our solver; in the plane in plane strain, as in muSpectre."""
        return Periodic(self.cells, POISSON, "strain")

    @cached_property
    def modulus(self) -> np.ndarray:
        """Smooth random cells, six tenths of them solid."""
        rng = np.random.default_rng(0)
        out = []
        for _ in range(self.designs):
            rough = gaussian_filter(rng.standard_normal(self.cells), 1.5, mode="wrap")
            out.append(np.where(rough > np.quantile(rough, 0.4), 1.0, self.low).ravel())
        return np.stack(out)

    def ours(self, n: int) -> np.ndarray:
        """Stiffness by dissection."""
        return self.periodic.stiffness(torch.from_numpy(self.modulus[:n])).numpy()

    def scikit_fem(self) -> np.ndarray:
        """Stiffness by scikit-fem, one cell after another."""
        reference = ReferenceHomogenisation(self.periodic)
        return np.stack([reference.stiffness(m) for m in self.modulus[: self.theirs]])

    def muspectre(self) -> np.ndarray:
        """Stiffness by muSpectre, one cell after another."""
        fields = self.modulus[: self.theirs].reshape(-1, *self.cells)
        return np.stack([fourier(field, POISSON) for field in fields])


CASES = (
    Case((32, 32), 1e-9, 64, 4),
    Case((33, 33), 1e-2, 32, 4),
    Case((63, 63), 1e-2, 8, 2),
    Case((8, 8, 8), 1e-9, 16, 2),
    Case((9, 9, 9), 1e-2, 8, 2),
    Case((16, 16, 16), 1e-9, 1, 1, rounds=1),
)


def fourier(field: np.ndarray, poisson: float) -> np.ndarray:
    """Stiffness of one cell, in plane strain or in space, by muSpectre's projection."""
    dim = field.ndim
    cell = musp.Cell(list(field.shape), [1.0] * dim, musp.Formulation.small_strain)
    make = getattr(musp.material, f"MaterialLinearElastic1_{dim}d").make
    kinds = {e: make(cell, f"{e}", float(e), poisson) for e in np.unique(field)}
    for number, e in enumerate(field.ravel(order="F")):
        kinds[e].add_pixel(number)
    cell.initialise()
    solver = musp.solvers.KrylovSolverCG(cell, TOLERANCE, MOST)
    out = np.zeros((len(PAIRS[dim]),) * 2)
    for column, (a, b) in enumerate(PAIRS[dim]):
        strain = np.zeros((dim, dim))
        strain[a, b] += 0.5
        strain[b, a] += 0.5
        found = musp.solvers.newton_cg(cell, strain, solver, TOLERANCE, TOLERANCE).stress
        mean = found.reshape(dim**2, -1, order="F").mean(1).reshape(dim, dim, order="F")
        out[:, column] = [mean[p] for p in PAIRS[dim]]
    return out


def measure(case: Case) -> dict[str, Any]:
    """Cells a second of each, and the differences of the answers."""
    odd = all(n % 2 for n in case.cells)
    works = {"ours": lambda: case.ours(case.designs), "scikit-fem": case.scikit_fem}
    works |= {"muSpectre": case.muspectre} if odd else {}
    truth = case.ours(case.theirs)  # compiles, too
    gaps = {name: _gap(work(), truth) for name, work in works.items() if name != "ours"}
    times = {name: t.cpu_s for name, t in interleaved(works, case.rounds).items()}
    row: dict[str, Any] = {
        "cells": "x".join(map(str, case.cells)),
        "contrast": case.low,
        "displacements": prod(case.cells) * len(case.cells),
        "cells/s": spread([case.designs / s for s in times["ours"]]),
    }
    for name in ("scikit-fem", "muSpectre"):
        there = name in times
        row |= {
            f"{name} cells/s": spread([case.theirs / s for s in times[name]]) if there else "-",
            f"times {name}": ratio(times[name], times["ours"], case.designs / case.theirs)
            if there
            else "-",
            f"{name} gap": gaps.get(name, "-"),
        }
    return row


def _gap(theirs: np.ndarray, ours: np.ndarray) -> float:
    return float((np.abs(theirs - ours).max((1, 2)) / np.abs(ours).max((1, 2))).max())


def run() -> None:
    """Run all grids."""
    torch.set_num_threads(1)
    rows = [measure(case) for case in CASES]
    about = {"tolerance": TOLERANCE, "threads": 1}
    report("structures_cells", "Homogenised cells a second of one core", rows, about)
