"""Distances between cells, wherever they begin."""

import numpy as np
import pytest
import xarray as xr

from ingenium.domains.structures.cells.settings import CellSettings
from ingenium.domains.structures.cells.unit_cell import UnitCell


def test_a_cell_rolled_over_its_borders_is_the_same_cell() -> None:
    problem = UnitCell(CellSettings((12, 12), designs=20, refine_steps=2))
    known = problem.data().isel(design=slice(0, 6))
    rolled = known.copy(deep=True)
    rolled["solid"] = (known["solid"].dims, np.roll(known["solid"].to_numpy(), (5, 3), (1, 2)))
    distance = problem.metric(xr.concat([known, rolled], "design"))
    plain = problem.encode(known).flatten(1).numpy()
    for i in range(6):
        assert distance(i)[i + 6] == pytest.approx(0, abs=1e-6)
        best = np.sqrt(np.square(plain - plain[i]).mean(1))
        assert (distance(i)[:6] <= best + 1e-9).all()
    facts = problem.comparison()
    assert facts.bare().comparison().repair_calls < facts.repair_calls


@pytest.mark.parametrize(
    ("setup", "name"),
    [
        (CellSettings((12, 12), feature_m=0.0), ""),
        (CellSettings((12, 12), second_modulus=0.1), "two phases"),
        (CellSettings((8, 8, 8), feature_m=0.0), "in space"),
        (CellSettings((8, 8, 8), second_modulus=0.1), "in space"),
    ],
)
def test_only_plane_cells_of_a_solid_and_a_void_have_the_usual_contest(
    setup: CellSettings, name: str
) -> None:
    problem = UnitCell(setup)
    assert problem.comparison().setup == name
    assert problem.comparison().bare().comparison().setup == name
