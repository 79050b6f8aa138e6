"""Quantities of the studies of phases, on curves and groups with known answers."""

import numpy as np
import pytest
import torch

from ingenium.domains.physics.lattice.sites import Ising
from ingenium.evaluate.trials import Readings
from ingenium_book.studies.physics import critical_point, order_parameters
from ingenium_book.studies.physics.critical_point import ARMS, GRID, ONSAGER, CriticalTrial

SMALL = CriticalTrial(chains=1, settle=8, sweeps=4, condition=4, steps=150)


def _cumulant(size: int) -> np.ndarray:
    """Scaling form that is the same for all sizes at the critical point."""
    own: np.ndarray = 0.66 / (1 + np.exp(size * (GRID - ONSAGER)))
    return own


def test_transitions_scale_to_the_point_that_they_were_made_from() -> None:
    pieces = {
        arm: [{"network": ONSAGER + 2 / size, "cumulant": _cumulant(size)}]
        for arm, size in ARMS.items()
    }
    found = Readings((0,), pieces)
    assert critical_point.scaled(found, "network") == pytest.approx([ONSAGER], abs=1e-9)
    assert critical_point.collapsed(found) == pytest.approx([ONSAGER], abs=0.002)


def test_a_falling_curve_is_crossed_and_a_hump_has_its_top() -> None:
    assert critical_point.crossing(1 - (GRID - 1.8)) == pytest.approx(2.3)
    assert np.isnan(critical_point.crossing(GRID))
    assert critical_point.peak(-((GRID - 2.41) ** 2)) == pytest.approx(2.41)


@pytest.mark.parametrize("size", [8, 24])
def test_a_network_that_was_told_cold_and_hot_knows_both(size: int) -> None:
    """Test either sign, also at 24 x 24 sites, where one step moves hundreds of weights alike."""
    law = Ising(size)
    net = critical_point.learned(law, SMALL, torch.Generator().manual_seed(0))
    up = torch.ones(1, law.sites)
    hot = law.start(50, torch.Generator().manual_seed(1)).float().flatten(1)
    with torch.no_grad():
        assert float(torch.sigmoid(net(torch.cat([up, -up]))).min()) > 0.9
        assert float(torch.sigmoid(net(hot)).mean()) < 0.1


def test_groups_are_those_that_lie_apart() -> None:
    rng = np.random.default_rng(0)
    label = rng.integers(0, 4, 200)
    found = order_parameters.groups(label[:, None] + 0.02 * rng.standard_normal((200, 1)))
    assert len(np.unique(found)) == 4
    assert all(len(np.unique(found[label == i])) == 1 for i in range(4))


def test_what_a_chain_leaves_alone_is_found_and_what_it_stirs_is_not() -> None:
    """The sum over places is preserved here, and all else is sampled again."""
    rng = torch.Generator().manual_seed(0)
    retained = torch.randint(-1, 2, (300, 1, 1, 1), generator=rng).float()
    pair = [torch.randn(300, 1, 6, 6, generator=rng) for _ in range(2)]
    before, after = (x - x.mean((2, 3), keepdim=True) + retained for x in pair)
    net = order_parameters.unchanged(before, after, 1, 150, 0)
    with torch.no_grad():
        found = net(before)[:, 0].numpy()
    assert abs(np.corrcoef(found, retained.ravel().numpy())[0, 1]) > 0.99
