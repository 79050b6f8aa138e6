"""Estimates of appearing and vanishing paths, on a street with a known answer."""

import math

import numpy as np
import torch

from ingenium.domains.radio.estimate import TerminalEstimate
from ingenium.domains.radio.geometry import SiteFrame
from ingenium.domains.radio.rays import ABSENT_DB, LIGHT_M_S, PATHS, VARIABLES, Rays
from ingenium.domains.radio.turnover import PLACE_M, D, Turnover, alike

FRAME = SiteFrame((0.0, 0.0, 27.0), 1.5, (20.0, -60.0), (120.0, 60.0), 3.5e9)


def street(n: int, hidden: float, seed: int = 0) -> Rays:
    """Places in sight, with one wall at y = 80 whose path all but a share of the places have."""
    rng = torch.Generator().manual_seed(seed)
    share = torch.rand(3, n, generator=rng, dtype=torch.float64)
    east, north = 20 + 100 * share[0], -60 + 120 * share[1]
    straight, azimuth, elevation = FRAME.straight(east, north)
    mirrored = FRAME.straight(east, 160 - north)
    zero = torch.zeros(n, PATHS, dtype=torch.float64)
    delay, loss = zero + 1e-6, zero + ABSENT_DB
    delay[:, 0], delay[:, 1] = straight / LIGHT_M_S, mirrored[0] / LIGHT_M_S
    loss[:, 0] = 0.0
    loss[:, 1] = torch.where(share[2] < hidden, ABSENT_DB, 6.0)
    out, up, back, down, bounces = (zero.clone() for _ in range(5))
    out[:, 0], out[:, 1] = azimuth, mirrored[1]
    up[:, 0], up[:, 1] = elevation, mirrored[2]
    back[:, 0], back[:, 1] = azimuth + torch.pi, torch.atan2(160 - north, -east)
    down[:, 0], down[:, 1] = -elevation, -mirrored[2]
    bounces[:, 1:] = 1
    return Rays(delay, loss, out, up, back, down, zero, bounces, east, north)


def test_a_wall_that_all_see_is_never_lost_and_one_that_some_see_as_often_as_they_do() -> None:
    always = Turnover(street(200, 0.0), FRAME).reported
    assert always.reflected_lost < 0.01
    assert always.straight_lost < 0.01
    assert float(always.reflected.levels.abs().max()) < 1e-6
    site = Turnover(street(400, 0.3), FRAME)
    far = 10 / 3**0.5  # about that to the nearest two of 400 places in 100 m by 120 m
    assert 0.2 < -math.expm1(-site.reported.reflected_lost * 0.75 * far) < 0.4
    assert site.reported.near > 0.95  # others nearby have it


def test_numbers_of_zero_leave_a_channel_and_a_shift_moves_its_images() -> None:
    known = street(100, 0.0)
    site = Turnover(known, FRAME)
    zero = torch.zeros(100, D, dtype=torch.float64)
    same = Rays.of(site.around(known.arrays, zero))
    assert torch.allclose(same.delay, known.delay, rtol=1e-12)
    assert torch.equal(same.present, known.present)
    zero[:, 0] = 2.0
    moved = Rays.of(site.around(known.arrays, zero))
    assert torch.allclose(moved.east, known.east + 2 * PLACE_M)
    straight, _, _ = FRAME.straight(moved.east, moved.north)
    assert torch.allclose(moved.delay[:, 0], straight / LIGHT_M_S, rtol=1e-12)
    wall, _, _ = FRAME.straight(moved.east, 160 - moved.north)
    assert torch.allclose(moved.delay[:, 1], wall / LIGHT_M_S, rtol=1e-9)


def test_draws_lose_paths_as_often_as_known_channels_do_and_none_comes_before_light() -> None:
    known = street(400, 0.3)
    site = Turnover(known, FRAME)
    rng = torch.Generator().manual_seed(1)
    z = torch.randn(400, D, generator=rng, dtype=torch.float64)
    z[:, :2] = 0
    drawn = Rays.of(site.around(known.arrays, z))
    wall = known.present[:, 1]
    retained = alike(known, drawn)[:, 1].any(1) & wall
    lost = 1 - float(retained.sum()) / float(wall.sum())
    far = site.distance(known.east, known.north)
    reported = site.lost(known, far)[wall, 1].mean()
    assert abs(lost - float(reported)) < 0.1
    straight, _, _ = FRAME.straight(drawn.east, drawn.north)
    assert (drawn.delay >= straight[:, None] / LIGHT_M_S - 1e-15).all()


def test_draws_lose_as_much_as_known_channels_do_mostly_little_and_sometimes_much() -> None:
    """A law of one spread would leave half of the losses improbable."""
    known = street(400, 0.0)
    rng = torch.Generator().manual_seed(2)
    loud = torch.rand(400, generator=rng, dtype=torch.float64) < 0.1
    error = torch.randn(400, generator=rng, dtype=torch.float64) * torch.where(loud, 2.0, 0.05)
    known.loss[:, 1] += error
    site = Turnover(known, FRAME)
    z = torch.randn(400, D, generator=rng, dtype=torch.float64)
    drawn = Rays.of(site.around(known.arrays, z))
    straight, wall = (drawn.loss - known.loss)[:, :2].T
    assert float(straight.abs().max()) < 1e-9  # free space is exact
    distance = (error[:200] - error[200:]).abs()
    for level in (0.5, 0.75, 0.95):
        found, true = (float(torch.quantile(x, level)) for x in (wall.abs(), distance))
        assert 0.6 < found / true < 1.6


def test_errors_and_losses_grow_with_the_distance_that_an_image_is_brought_over() -> None:
    """A wall that reflects less to the east by 0.2 dB a metre, on an unevenly surveyed site."""
    whole = street(800, 0.3)
    whole.loss[:, 1] += torch.where(whole.present[:, 1], 0.2 * whole.east, 0.0)
    dense = whole.east < 70
    chosen = dense | (torch.arange(800) % 10 == 0)
    site = Turnover(Rays(*(a[chosen] for a in whole.arrays)), FRAME)
    rng = torch.Generator().manual_seed(1)
    z = torch.randn(800, D, generator=rng, dtype=torch.float64)
    z[:, :2] = 0
    drawn = Rays.of(site.around(whole.arrays, z))
    retained = alike(whole, drawn)[:, 1, 1]
    error = (drawn.loss - whole.loss)[:, 1].abs()
    near, away = (float(error[retained & part].median()) for part in (dense, ~dense))
    assert away > 2 * near
    wall = whole.present[:, 1]
    lost = [float(1 - retained[wall & part].double().mean()) for part in (dense, ~dense)]
    assert lost[1] > 1.5 * lost[0]


def test_what_judges_an_estimate_is_not_among_what_it_learns_from() -> None:
    traced = street(12, 0.0)
    survey = {v.name: a.numpy() for v, a in zip(VARIABLES, traced.arrays, strict=True)}
    problem = object.__new__(TerminalEstimate)  # a survey without a scene
    problem._traced = survey | {"part": np.repeat(np.arange(3), 4)}
    assert torch.equal(Rays.of(problem.known()).east, traced.east[:4])
    assert torch.equal(problem.part("between").east, traced.east[8:])
