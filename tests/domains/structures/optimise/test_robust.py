"""The minimum size of an eroded and a dilated part, measured on the result."""

import numpy as np
import pytest
import torch
from parts import PARTS
from scipy import ndimage

from ingenium.domains.structures.optimise.binary import binary
from ingenium.domains.structures.optimise.projection import Projection, heaviside
from ingenium.domains.structures.optimise.simp import Simp, form_of, simp

CELLS = (36, 18)


def _thin(density, volume, cells):
    """Shares of solid, and of void, that no square of a number of cells covers."""
    solid = binary(density, volume).view(CELLS).numpy() > 0.5
    square = np.ones((cells, cells), bool)
    lost = []
    for part in (solid, ~solid):
        wide = ndimage.binary_opening(np.pad(part, 3, mode="edge"), square)[3:-3, 3:-3]
        lost.append(1 - (wide & part).sum() / part.sum())
    return lost


def _made(spread):
    requested = PARTS["half_mbb"](CELLS, (0.4,))
    sharp = Projection(beta=2.0, beta_most=32.0, every=15, spread=spread)
    settings = Simp(
        steps=75, radius_cells=3.5, filter="density", method="mma", move=0.1, projection=sharp
    )
    return requested, form_of(requested, settings), simp(requested, settings)


@pytest.mark.slow
def test_thin_members_vanish_with_a_spread_of_the_threshold():
    requested, form, robust = _made(0.2)
    _, _, plain = _made(0.0)
    before = _thin(plain.density, requested.volume_fraction, 3)
    after = _thin(robust.density, requested.volume_fraction, 3)
    assert before[0] > 0.1
    assert max(after) < 0.02
    assert float(robust.compliance_j[0, -1]) < 1.5 * float(plain.compliance_j[0, -1])
    # eroded, intermediate and dilated part contain one another
    beta = torch.tensor([32.0], dtype=torch.float64)
    parts = [form.part(robust.variables, beta, shift) for shift in (0.2, 0.0, -0.2)]
    assert (parts[0] <= parts[1] + 1e-12).all()
    assert (parts[1] <= parts[2] + 1e-12).all()


def test_steps_keep_their_ends_and_their_threshold():
    x = torch.tensor([[0.0, 0.3, 1.0]], dtype=torch.float64)
    sharp = heaviside(x, torch.tensor([200.0], dtype=torch.float64), 0.3)
    torch.testing.assert_close(sharp, torch.tensor([[0.0, 0.5, 1.0]], dtype=torch.float64))
    soft = heaviside(x, torch.tensor([1e-6], dtype=torch.float64), 0.3)
    torch.testing.assert_close(soft, x)
