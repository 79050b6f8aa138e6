"""Parts optimised with their supports, one build direction a design."""

import pytest
import torch
from parts import PARTS

from ingenium.core.errors import InputError
from ingenium.domains.structures.optimise.binary import binary
from ingenium.domains.structures.optimise.build import DIRECTIONS
from ingenium.domains.structures.optimise.concurrent import support_volume, trimmed, with_supports
from ingenium.domains.structures.optimise.projection import Projection
from ingenium.domains.structures.optimise.simp import Simp, compliance_of, simp

SETTINGS = Simp(
    steps=60,
    radius_cells=1.5,
    filter="density",
    method="mma",
    projection=Projection(beta=2.0, beta_most=32.0, every=12),
)
SOLID = Simp(least=1e-6)


@pytest.mark.slow
def test_supports_shrink_at_the_compliance_of_the_plain_part():
    ways = DIRECTIONS[2]
    many = PARTS["cantilever"]((20, 10), (0.5,) * 4)
    one = many.rows(torch.tensor([0]))
    plain = binary(simp(one, SETTINGS).density, one.volume_fraction).expand(4, -1)
    limit = compliance_of(many, plain, SOLID)
    joint = trimmed(many, with_supports(many, SETTINGS, ways, limit), limit)
    assert (compliance_of(many, joint, SOLID) <= limit).all()
    grid = many.elastic.grid
    before, after = support_volume(grid, ways, plain), support_volume(grid, ways, joint)
    assert float(after.sum()) < 0.7 * float(before.sum())
    assert float((joint.mean(1) + after - plain.mean(1) - before).mean()) < 0
    with pytest.raises(InputError, match="directions"):
        with_supports(many, SETTINGS, ("+x",), limit)


def test_trimming_leaves_the_fewest_cells_that_hold():
    requested = PARTS["bridge"]((16, 12), (0.5,))
    density = simp(requested, Simp(steps=20, radius_cells=1.5)).density
    limit = 1.1 * compliance_of(requested, binary(density, requested.volume_fraction), SOLID)
    part = trimmed(requested, density, limit)
    assert float(compliance_of(requested, part, SOLID)) <= float(limit)
    fewer = binary(density, part.mean(1) - 2 / 192)
    assert float(compliance_of(requested, requested.impose(fewer), SOLID)) > float(limit)
