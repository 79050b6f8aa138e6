"""Auxetic families in the plane and in space have their published Poisson ratios."""

import numpy as np
import pytest
import torch

from ingenium.domains.structures.cells.auxetic_families import FAMILIES
from ingenium.domains.structures.cells.drawing import Canvas
from ingenium.domains.structures.cells.plane_families import reentrant as plane_reentrant
from ingenium.domains.structures.cells.settings import CellSettings
from ingenium.domains.structures.cells.spatial_families import reentrant_of, waves_of
from ingenium.domains.structures.cells.verifier import CellVerifier


def measured(solid: np.ndarray) -> dict[str, float]:
    """Elastic properties alone: those of the stiffness."""
    verifier = CellVerifier(CellSettings(solid.shape, feature_m=0.0))
    share = torch.from_numpy(solid[None].astype(np.float64)).flatten(1)
    least = verifier.settings.second_modulus
    stiffness = verifier.cell.stiffness(least + (1 - least) * share)
    return {k: float(v) for k, v in verifier.moduli(stiffness).items()}


@pytest.mark.parametrize(("family", "share"), [("wavy", 0.9), ("slender_holes", 0.9)])
def test_plane_families_are_auxetic_along_both_axes(family, share):
    rng, canvas = np.random.default_rng(3), Canvas((32, 32))
    found = [measured(FAMILIES[family](canvas, rng))["poisson"] for _ in range(8)]
    assert np.mean(np.array(found) < -0.3) >= share


def test_arrowheads_are_more_auxetic_than_bow_ties():
    rng, canvas = np.random.default_rng(3), Canvas((32, 32))
    arrows, ties = (
        np.median([measured(draw(canvas, rng))["poisson"] for _ in range(8)])
        for draw in (FAMILIES["arrowhead"], plane_reentrant)
    )
    assert arrows < -0.3
    assert arrows < ties


@pytest.mark.slow
def test_a_reentrant_cell_in_space_follows_its_kinematics():
    """Bars of constant length that rotate would give 1 - 4 h by pull on z, and -1 across.

    Short bars of an eighth of the cell bend and stretch, and their joints are stiff: they give
    between half of it and all of it.
    """
    h = 0.42
    found = measured(reentrant_of(Canvas((16, 16, 16)), h, 0.125))
    kinematic = 1 - 4 * h
    assert kinematic < found["poisson_zx"] < kinematic / 2
    assert -1 < found["poisson_xy"] < -0.5
    assert found["poisson"] < -0.3


@pytest.mark.slow
def test_waves_in_space_are_auxetic_and_alike_along_all_axes():
    found = measured(waves_of(Canvas((16, 16, 16)), 0.13, 0.126))
    assert found["poisson"] < -0.3
    assert found["young_x"] == pytest.approx(found["young_z"], rel=1e-6)
