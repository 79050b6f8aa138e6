"""Effective stiffness against the Fourier discretisation of muSpectre."""

import numpy as np
import pytest
import torch

from ingenium.domains.structures.cells.periodic import Periodic

muspectre = pytest.importorskip("muSpectre")
PAIRS = ((0, 0), (1, 1), (0, 1))


def fourier(field: np.ndarray, poisson: float) -> np.ndarray:
    """Plane strain stiffness by muSpectre's projection; odd grids only."""
    cell = muspectre.Cell(list(field.shape), [1.0, 1.0], muspectre.Formulation.small_strain)
    kinds = {
        e: muspectre.material.MaterialLinearElastic1_2d.make(cell, f"{e}", float(e), poisson)
        for e in np.unique(field)
    }
    for number, e in enumerate(field.ravel(order="F")):
        kinds[e].add_pixel(number)
    cell.initialise()
    solver = muspectre.solvers.KrylovSolverCG(cell, 1e-8, 500)
    out = np.zeros((3, 3))
    for column, (a, b) in enumerate(PAIRS):
        strain = np.zeros((2, 2))
        strain[a, b] += 0.5
        strain[b, a] += 0.5
        solved = muspectre.solvers.newton_cg(cell, strain, solver, 1e-8, 1e-8)
        stress = solved.stress.reshape(4, -1, order="F").mean(1).reshape(2, 2, order="F")
        out[:, column] = [stress[p] for p in PAIRS]
    return out


def inclusion(n: int, contrast: float) -> np.ndarray:
    """An ellipse off the axes, so that no entry of the stiffness vanishes."""
    x = (np.arange(n) + 0.5) / n - 0.5
    a, b = x[:, None] + 0.4 * x[None], x[None] - 0.3 * x[:, None]
    return np.where(np.hypot(a, 1.6 * b) < 0.3, contrast, 1.0)


@pytest.mark.parametrize("contrast", [0.1, 10.0])
def test_both_discretisations_approach_each_other(contrast):
    """The difference is due to the size of the cells: it shrinks with it."""
    gap = []
    for n in (27, 63):
        field = inclusion(n, contrast)
        ours = Periodic((n, n), plane="strain").stiffness(torch.from_numpy(field.reshape(1, -1)))
        theirs = fourier(field, 0.3)
        scale = np.abs(theirs).max()
        gap.append(np.abs(ours[0].numpy() - theirs).max() / scale)
    assert gap[0] < 0.02
    assert gap[1] < 0.6 * gap[0]
