"""The filter against its definition, cell by cell, and its slope."""

import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.domains.structures.optimise.cone import Cone
from ingenium.kits.solids.elastic.grid import RegularGrid


@pytest.mark.parametrize(("cells", "radius"), [((7, 5), 2.4), ((4, 5, 3), 1.5), ((6, 4), 2.0)])
def test_filter_is_its_definition(cells, radius):
    cone = Cone(RegularGrid(cells), radius)
    places = torch.cartesian_prod(*(torch.arange(float(c)) for c in cells)).double()
    weight = (radius - torch.cdist(places, places)).clamp(min=0.0)
    x = torch.rand(2, len(places), dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(cone.mean(x), x @ (weight / weight.sum(1, keepdim=True)).T)
    slope = -x.flip(1)
    wanted = (x * slope) @ weight / weight.sum(1) / x.clamp(min=1e-3)
    torch.testing.assert_close(cone.smooth_slope(slope, x), wanted)


def test_a_radius_of_nothing_is_refused():
    with pytest.raises(InputError, match="radius"):
        Cone(RegularGrid((3, 3)), 0.0)
