"""The cold against published values, and shrinking against closed forms."""

import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.domains.structures.container.climate import Climate
from ingenium.domains.structures.container.contraction import forces_n, free_stress
from ingenium.kits.solids.elastic.grid import RegularGrid
from ingenium.kits.solids.elastic.solver import Elastic
from ingenium.kits.solids.elastic.stress import stress_pa

SHRUNK = -7e-4
MODULUS = 70e9


def test_liquid_nitrogen_shrinks_metals_as_published() -> None:
    """Ekin, Experimental Techniques for Low-Temperature Measurements, 2006, appendix A6.4."""
    distance = Climate(-196.0).misfit  # 6061-T6: 0.391 %, 304: 0.281 %, from 293 to 77 K
    assert distance == pytest.approx(-(0.391 - 0.281) / 100, abs=1e-4)


def test_dry_ice_makes_aluminium_stiffer_and_stronger_and_room_changes_nothing() -> None:
    cold = Climate()
    assert cold.stiffer == pytest.approx(73.7 / 70.3, rel=2e-3)  # GPa, NIST, 195 and 293 K
    assert 1.04 < cold.stronger <= 1.05
    assert cold.misfit < 0
    room = Climate(20.0)
    assert (room.stiffer, room.stronger, room.misfit) == (1.0, 1.0, 0.0)
    assert Climate(frame="aluminium").misfit == 0.0
    assert Climate(-196.0).stronger == pytest.approx(1.05)


@pytest.mark.parametrize("celsius", [-250.0, 80.0])
def test_temperatures_beyond_what_was_measured_are_refused(celsius: float) -> None:
    with pytest.raises(InputError, match="between -196 and 20"):
        Climate(celsius)


def _bar(*, ends: bool) -> tuple[Elastic, torch.Tensor]:
    """A bar that may slide on three planes through the origin, its far end fixed or not."""
    grid = RegularGrid((6, 2, 2), 0.01)
    node = torch.stack(
        torch.meshgrid(*(torch.arange(n) for n in grid.nodes), indexing="ij"), -1
    ).reshape(-1, 3)
    fixed = node == 0
    if ends:
        fixed[:, 0] |= node[:, 0] == grid.cells[0]
    return Elastic(grid, fixed.flatten(), 0.33, tolerance=1e-10), node.double() * grid.cell_m


@pytest.mark.parametrize("ends", [False, True])
def test_a_bar_shrinks_freely_or_is_stressed_by_modulus_times_strain(*, ends: bool) -> None:
    system, at = _bar(ends=ends)
    modulus = torch.full((1, system.grid.n_cells), MODULUS, dtype=torch.float64)
    u = system.solve(modulus, forces_n(system, modulus, SHRUNK)[:, None])
    stress = stress_pa(system, modulus, u) - MODULUS * free_stress(system, SHRUNK)
    if ends:
        wanted = torch.tensor([-MODULUS * SHRUNK, 0, 0, 0, 0, 0], dtype=torch.float64)
    else:
        wanted = torch.zeros(6, dtype=torch.float64)
        torch.testing.assert_close(u[0, 0].view(-1, 3), SHRUNK * at, rtol=1e-6, atol=1e-12)
    torch.testing.assert_close(stress[0, 0], wanted.expand_as(stress[0, 0]), rtol=1e-6, atol=10.0)
