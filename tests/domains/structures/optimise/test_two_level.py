"""Cells of walls against their limits, and two joint levels against finite differences."""

from dataclasses import replace

import pytest
import torch
from parts import PARTS

from ingenium.core.errors import InputError
from ingenium.domains.structures.optimise.descent import Descent
from ingenium.domains.structures.optimise.simp import Simp, compliance_of
from ingenium.domains.structures.optimise.two_level import TwoLevel
from ingenium.domains.structures.optimise.walls import LEAST, Walls
from ingenium.kits.solids.elastic.element import constitutive

WALLS = Walls(pixels=12, nodes=4)


def _level(name="cantilever", least=0.0):
    return TwoLevel(replace(PARTS[name]((6, 3), (0.6,)), passive=None), WALLS, least)


def test_solid_cells_are_the_material_and_laminates_the_rule_of_mixtures():
    solid = constitutive(2, 0.3)
    c, density = WALLS.properties(torch.full((1, 3), 0.6, dtype=torch.float64))
    assert float(density) > 0.99
    wanted = torch.stack([solid[0, 0], solid[1, 1], solid[0, 1], solid[2, 2]])
    torch.testing.assert_close(c[0], wanted, rtol=0.02, atol=0)
    lying = torch.tensor([[0.4, 0.0, 0.0]], dtype=torch.float64)
    c, density = WALLS.properties(lying)
    assert float(density) == pytest.approx(0.4, abs=0.01)
    assert float(c[0, 0]) == pytest.approx(0.4, rel=0.03)  # bars of modulus 1 along x
    assert float(c[0, 1:].max()) < 10 * LEAST


def test_drawn_density_is_the_interpolated_one():
    walls = torch.rand(20, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 0.5
    drawn = WALLS.draw(walls).mean((1, 2))
    torch.testing.assert_close(WALLS.properties(walls)[1], drawn, rtol=0, atol=0.06)


def test_solid_two_level_part_is_the_plain_part():
    level = _level()
    solid = torch.full((18, 3), 0.6, dtype=torch.float64)
    plain = compliance_of(level.requested, torch.ones(1, 18, dtype=torch.float64), Simp())
    homogenised = level.compliance(WALLS.properties(solid)[0])
    assert float(homogenised) == pytest.approx(float(plain), rel=0.02)


def test_slope_through_both_levels_matches_finite_differences():
    level = _level()
    rng = torch.Generator().manual_seed(1)
    x = (0.3 + 0.4 * torch.rand(1, 54, dtype=torch.float64, generator=rng)).requires_grad_()
    way = torch.randn(1, 54, dtype=torch.float64, generator=rng)

    def compliance(y):
        return level.compliance(WALLS.properties(level.thickness(y))[0])

    (slope,) = torch.autograd.grad(compliance(x), x)
    with torch.no_grad():
        ends = compliance(x + 1e-6 * way) - compliance(x - 1e-6 * way)
    torch.testing.assert_close((slope * way).sum(), ends / 2e-6, rtol=1e-4, atol=0)


@pytest.mark.slow
def test_all_at_once_is_stiffer_than_mending_at_the_same_volume():
    settings, least = Descent(30, 0.1), 0.1
    free, limited = _level(), _level(least=least)
    sequence = free.micro(free.macro(settings), settings)
    repaired, joint = free.repaired(sequence, least), limited.joint(settings)
    for walls in (repaired, joint):
        assert float(walls.min()) >= least - 1e-12
        assert float(WALLS.properties(walls)[1].mean()) == pytest.approx(0.6, abs=1e-9)
    stiff = [float(free.compliance(WALLS.properties(w)[0])) for w in (repaired, joint)]
    assert stiff[1] < stiff[0]
    pixels = free.drawn(joint)
    assert pixels.shape == (1, 72 * 36)
    assert float(pixels.mean()) == pytest.approx(0.6, abs=0.08)
    with pytest.raises(InputError, match="least walls"):
        _level(least=0.3)
    with pytest.raises(InputError, match="pixels"):
        Walls(pixels=4)
