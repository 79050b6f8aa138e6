"""Parts that support themselves during printing."""

import pytest
import torch
from parts import PARTS

from ingenium.core.errors import InputError
from ingenium.domains.structures.optimise.binary import binary, standing
from ingenium.domains.structures.optimise.build import Build
from ingenium.domains.structures.optimise.layered import layered
from ingenium.domains.structures.optimise.overhang import unsupported
from ingenium.domains.structures.optimise.projection import Projection
from ingenium.domains.structures.optimise.simp import Simp, simp
from ingenium.domains.structures.optimise.stages import Stages
from ingenium.kits.solids.elastic.grid import RegularGrid

SETTINGS = Simp(
    steps=60,
    radius_cells=1.5,
    filter="density",
    method="mma",
    projection=Projection(beta=2.0, beta_most=32.0, every=12, spread=0.1),
    build="+y",
)


@pytest.mark.slow
def test_limit_on_the_sag_of_stages_is_held_where_the_filter_alone_breaks_it():
    requested = PARTS["cantilever"]((20, 10), (0.5,))
    stages = Stages(Build(requested.elastic.grid, "+y"), tops=(2, 4, 6, 8, 10))
    free = simp(requested, SETTINGS).density
    sag = stages.sag(free)[1].amax(1)
    limit = 0.6 * sag
    found = layered(requested, SETTINGS, stages, limit)
    assert float(found.sag_m) < 1.02 * float(limit)
    assert float(found.density.mean()) <= 0.505
    with pytest.raises(InputError, match="direction"):
        layered(requested, Simp(filter="density"), stages, limit)


def test_solid_cells_are_as_many_as_the_volume_takes_and_stand_on_one_another():
    density = torch.rand(3, 24, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    volume = torch.tensor([0.25, 0.5, 1.0], dtype=torch.float64)
    part = binary(density, volume)
    assert part.sum(1).tolist() == [6, 12, 24]
    assert (part.bool() | (density <= (density * part + (1 - part)).amin(1, keepdim=True))).all()
    build = Build(RegularGrid((6, 4)), "-y")
    left = standing(build, part)
    assert not unsupported(build, left).any()
    assert torch.equal(left[2], part[2])
    assert (left <= part).all()
