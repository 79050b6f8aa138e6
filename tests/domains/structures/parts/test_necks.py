"""A neck of one cell carries the whole load: its stress is reported, however little metal."""

import pytest
import torch

from ingenium.domains.structures.optimise.build import Build
from ingenium.domains.structures.parts.bodies import Cuboid
from ingenium.domains.structures.parts.measuring import PartVerifier
from ingenium.domains.structures.parts.part import Part
from ingenium.kits.solids.elastic.grid import RegularGrid
from ingenium.kits.solids.elastic.material import Material
from ingenium.kits.solids.elastic.solver import Elastic

CELLS, CELL_M = (24, 8, 8), 0.003
FORCE_N = 900.0
HELD = 1 - 0.3 / 0.7  # von Mises over axial stress if surroundings prevent contraction


@pytest.fixture(scope="module")
def verifier() -> PartVerifier:
    """A bar clamped at its left end and pulled along at its right one."""
    grid = RegularGrid(CELLS, CELL_M)
    fixed = torch.zeros(*grid.nodes, 3, dtype=torch.bool)
    fixed[0] = True
    load = torch.zeros(*grid.nodes, 3, dtype=torch.float64)
    load[-1, :, :, 0] = FORCE_N / (grid.nodes[1] * grid.nodes[2])
    metal = Material(70e9, 0.3, 2670.0, 240e6, 40.0)
    deep = (CELLS[1] * CELL_M, CELLS[2] * CELL_M)
    foot, head = Cuboid((0.0, 0.0, 0.0), (CELL_M, *deep)), Cuboid((0.069, 0.0, 0.0), (0.072, *deep))
    none = Cuboid((0.0, 0.0, 0.0), (CELL_M / 9,) * 3)
    flat, loads, way = fixed.flatten(), load.flatten()[None], Build(grid, "+z")
    part = Part(grid, metal, (foot, head), (none,), (none,), (foot,), flat, loads, ("pull",), way)
    return PartVerifier(part, Elastic(grid, flat, metal.poisson))


def reported(verifier: PartVerifier, density: torch.Tensor) -> dict[str, float]:
    names = [q.name for q in verifier.quantities]
    return dict(zip(names, verifier.measure(density[None])[0].tolist(), strict=True))


@pytest.mark.parametrize(("wide", "at_x"), [(1, 12), (2, 12), (1, 2)])
def test_a_neck_is_stressed_by_the_force_over_its_section(verifier, wide, at_x) -> None:
    """Test also next to a foot, where stress evaluation begins."""
    necked = torch.ones(CELLS, dtype=torch.float64)
    necked[at_x] = 0.0
    necked[at_x, 3 : 3 + wide, 3 : 3 + wide] = 1.0
    whole = reported(verifier, torch.ones(CELLS, dtype=torch.float64))
    found = reported(verifier, necked)
    section_m2 = (wide * CELL_M) ** 2
    assert found["pieces"] == 1
    assert found["stress"] > HELD * FORCE_N / section_m2 * 1e-6 > 4 * whole["stress"]


@pytest.mark.parametrize("beyond", [(18, 4, 4), (18, 4, 3)], ids=["a corner", "an edge"])
def test_what_hangs_on_a_corner_or_an_edge_is_another_piece(verifier, beyond) -> None:
    density = torch.zeros(CELLS, dtype=torch.float64)
    density[:17] = 1.0
    density[17, 3, 3] = 1.0  # by a face
    assert reported(verifier, density)["pieces"] == 1
    density[beyond] = 1.0
    assert reported(verifier, density)["pieces"] == 2
