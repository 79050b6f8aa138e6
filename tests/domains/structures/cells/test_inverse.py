"""Inverse homogenisation moves cells towards the target."""

import numpy as np
import pytest
import torch

from ingenium.domains.structures.cells.drawing import Canvas
from ingenium.domains.structures.cells.inverse import Inverse, Wanted
from ingenium.domains.structures.cells.plane_families import FAMILIES
from ingenium.domains.structures.cells.settings import CellSettings
from ingenium.domains.structures.cells.solid import to_solid
from ingenium.domains.structures.cells.verifier import CellVerifier
from ingenium.domains.structures.optimise.descent import Descent
from ingenium.domains.structures.optimise.projection import Projection

VERIFIER = CellVerifier(CellSettings(cells=(16, 16)))
NAMES = [q.name for q in VERIFIER.quantities]


def wanted(n: int, share: float) -> Wanted:
    one = torch.ones(n, dtype=torch.float64)
    return Wanted(-0.5 * one, 0.005 * one, share * one)


@pytest.mark.slow
def test_it_finds_auxetic_cells_from_noise():
    rng = np.random.default_rng(1)
    noise = np.stack([Canvas((16, 16)).noise(rng, 0.1) for _ in range(4)])
    start = torch.from_numpy(0.5 + 0.12 * noise / noise.std((1, 2), keepdims=True)).flatten(1)
    settings = Descent(40, 0.2, Projection(beta_most=16.0, every=8))
    share = Inverse(VERIFIER).run(start.clamp(0, 1), wanted(4, 0.5), settings)
    found = VERIFIER.measure(to_solid(share.view(4, 16, 16), wanted(4, 0.5).share).double())
    poisson = found[:, NAMES.index("poisson")]
    assert poisson.median() < -0.3
    assert found[:, NAMES.index("share")].max() <= 0.5


@pytest.mark.slow
def test_mending_never_makes_a_cell_worse():
    rng = np.random.default_rng(2)
    drawn = np.stack([FAMILIES["reentrant"](Canvas((16, 16)), rng) for _ in range(6)])
    share, inverse = torch.from_numpy(drawn).double(), Inverse(VERIFIER)
    requested = wanted(6, 0.5)
    before, after = inverse.repaired(share, requested, 0), inverse.repaired(share, requested, 6)
    assert not torch.equal(before, after)
    column = NAMES.index("poisson")
    far = (VERIFIER.measure(before.double())[:, column] + 0.5).abs()
    near = (VERIFIER.measure(after.double())[:, column] + 0.5).abs()
    assert near.mean() < far.mean()
    alone = inverse.repaired(share[2:3], requested[slice(2, 3)], 6)
    assert torch.equal(alone[0], after[2])
