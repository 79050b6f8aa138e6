"""A part whose half is attached by a row of nodes is a mechanism: rejected, not failed."""

import pytest
import torch

from ingenium.domains.structures.optimise.build import Build
from ingenium.domains.structures.parts.bodies import Cuboid
from ingenium.domains.structures.parts.measuring import PartVerifier
from ingenium.domains.structures.parts.part import Part
from ingenium.kits.solids.elastic.grid import RegularGrid
from ingenium.kits.solids.elastic.material import Material
from ingenium.kits.solids.elastic.solver import Elastic

CELLS = (48, 24, 24)  # on which the solver gives up
FORCE_N = 1e3


@pytest.fixture(scope="module")
def verifier() -> PartVerifier:
    """A bar clamped at its left end; its right end is pulled across."""
    grid = RegularGrid(CELLS, 0.005)
    fixed = torch.zeros(*grid.nodes, 3, dtype=torch.bool)
    fixed[0] = True
    load = torch.zeros(*grid.nodes, 3, dtype=torch.float64)
    load[-1, -1, :, 1] = -FORCE_N / grid.nodes[2]
    metal = Material(70e9, 0.3, 2670.0, 240e6, 40.0)
    flat = fixed.flatten()
    loads = load.flatten()[None]
    foot, corner = (
        Cuboid((0.0, 0.0, 0.0), (0.01, 0.06, 0.12)),
        Cuboid((0.2, 0.0, 0.0), (0.24, 0.02, 0.02)),
    )
    way = Build(grid, "+z")
    part = Part(grid, metal, (foot,), (corner,), (corner,), (foot,), flat, loads, ("pull",), way)
    return PartVerifier(part, Elastic(grid, flat, metal.poisson))


def halves(*, joined: int) -> torch.Tensor:
    """Two blocks that share a row of nodes, and some cells that join them by faces."""
    density = torch.zeros(CELLS, dtype=torch.float64)
    x, y, _ = (n // 2 for n in CELLS)
    density[:x, :y] = 1.0
    density[x:, y:] = 1.0
    density[x : x + joined, y - joined : y] = 1.0
    return density


@pytest.mark.slow
def test_a_half_on_a_hinge_is_rejected_as_two_pieces(verifier):
    found = verifier.measure(torch.stack([halves(joined=0), halves(joined=4)]))
    names = [q.name for q in verifier.quantities]
    hinged, whole = (dict(zip(names, row.tolist(), strict=True)) for row in found)
    assert bool(found.isfinite().all())
    assert hinged["pieces"] == 2
    assert whole["pieces"] == 1
    assert hinged["compliance"] > 100 * whole["compliance"]
