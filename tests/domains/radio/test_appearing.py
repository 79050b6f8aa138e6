"""Paths unknown to the prior: proposals leave the posterior invariant, and find them."""

import pytest
import torch
from scipy import stats

from ingenium.domains.radio.appearing import PathSearch, wild
from ingenium.domains.radio.geometry import SiteFrame
from ingenium.domains.radio.pilots import Fading
from ingenium.domains.radio.rays import ABSENT_DB, LIGHT_M_S, PATHS, Rays, subcarriers
from ingenium.domains.radio.turnover import PLACE_M, D, Turnover

FRAME = SiteFrame((0.0, 0.0, 27.0), 1.5, (20.0, -60.0), (120.0, 60.0), 3.5e9)
HZ = subcarriers(32, 1e6)


def site(n: int = 60) -> Rays:
    """Places in sight, with one additional unexplained path at each."""
    rng = torch.Generator().manual_seed(0)
    share = torch.rand(4, n, generator=rng, dtype=torch.float64)
    east, north = 20 + 100 * share[0], -60 + 120 * share[1]
    straight, azimuth, elevation = FRAME.straight(east, north)
    flat = torch.zeros(n, PATHS, dtype=torch.float64)
    delay, loss, out, bounces = flat + 1e-6, flat + ABSENT_DB, flat.clone(), flat.clone()
    delay[:, 0] = straight / LIGHT_M_S
    delay[:, 1] = delay[:, 0] + 1e-7 * (1 + 3 * share[2])
    loss[:, 0], loss[:, 1] = 0.0, 3.0
    out[:, 0], out[:, 1] = azimuth, 0.6 * (2 * share[3] - 1)
    bounces[:, 1] = 2
    up, back = elevation[:, None] + flat, azimuth[:, None] + torch.pi + flat
    return Rays(delay, loss, out, up, back, -up, flat, bounces, east, north)


KNOWN = site()
SITE = Turnover(KNOWN, FRAME)
FADING = Fading(HZ, 4, 3.5e9, 1e-9)


def share_wild(z: torch.Tensor, rays: Rays) -> torch.Tensor:
    """Share of all slots with an unexplained path."""
    there = rays.east + PLACE_M * z[:, 0], rays.north + PLACE_M * z[:, 1]
    lost = SITE.lost(rays, SITE.distance(*there)).flatten()
    stays = z[:, 2 : 2 + PATHS].flatten()
    return wild(stays, torch.stack([lost * SITE.reported.near, lost], 1)).double().mean()


@pytest.mark.parametrize("beta", [1e-9, 0.03])
def test_jumps_that_are_taken_by_their_odds_leave_the_prior_as_it_is(beta: float) -> None:
    """Steps forth and back by the odds alone: the normal numbers stay normal."""
    rng = torch.Generator().manual_seed(1)
    rows = torch.randint(len(KNOWN.east), (1000,), generator=rng)
    arrays = tuple(a[rows] for a in KNOWN.arrays)
    search = PathSearch(SITE)
    readings = FADING.simulate(tuple(a[:1] for a in KNOWN.arrays), rng)[0]
    z = torch.randn(1000, D, generator=rng, dtype=torch.float64)
    before, start = share_wild(z, Rays.of(arrays)), z.clone()
    for _ in range(5):
        new, odds = search(FADING, readings, arrays, z, beta, rng)
        taken = torch.rand(1000, generator=rng, dtype=torch.float64).log() < odds
        z = torch.where(taken[:, None], new, z)
    assert float((z != start).any(1).double().mean()) > 0.5
    assert torch.equal(z[:, :2], start[:, :2])  # a place is left where it is
    assert float(share_wild(z, Rays.of(arrays))) == pytest.approx(float(before), abs=0.012)
    for column in z.T[2 : 2 + 5 * PATHS : PATHS]:
        assert stats.kstest(column.numpy(), "norm").pvalue > 1e-3


def test_a_path_that_no_neighbour_has_is_proposed_where_it_is() -> None:
    rng = torch.Generator().manual_seed(2)
    truth = tuple(a[:1] for a in KNOWN.arrays)
    strong = Rays.of(truth).amplitude(3.5e9).square().sum()
    fading = Fading(HZ, 4, 3.5e9, float(strong) / 100)
    readings = fading.simulate(truth, rng)[0]
    blind = [a.clone() for a in truth]
    blind[1][:, 1] = ABSENT_DB
    arrays = tuple(a.repeat(400, *([1] * (a.ndim - 1))) for a in blind)
    z = torch.zeros(400, D, dtype=torch.float64)
    new, _ = PathSearch(SITE)(fading, readings, arrays, z, 1.0, rng)
    found = Rays.of(SITE.around(arrays, new))
    near = (found.delay - truth[0][:, 1:2]).abs() * LIGHT_M_S < 3.0
    near &= (found.azimuth_bs - truth[2][:, 1:2]).abs() < 0.2
    assert float((near & found.present).any(1).double().mean()) > 0.35  # of half that look
