"""Paths against closed forms: free space, images, arrays, and the covariance of pilots."""

import math

import pytest
import torch

from ingenium.domains.radio.geometry import SiteFrame
from ingenium.domains.radio.images import moved
from ingenium.domains.radio.pilots import Fading
from ingenium.domains.radio.rays import ABSENT_DB, LIGHT_M_S, PATHS, Rays, response, subcarriers

HZ = 3.5e9
BS = torch.tensor([0.0, 0.0, 20.0], dtype=torch.float64)


def channel(place: tuple[float, float], walls: tuple[float, ...] = ()) -> Rays:
    """The straight line, and reflections at walls along the east at these distances north."""
    height = 2.0
    rows = []
    for wall in (None, *walls):
        image = BS.clone()
        if wall is not None:
            image[1] = 2 * wall - BS[1]
        way = torch.tensor([*place, height], dtype=torch.float64) - image
        far = float(way.norm())
        azimuth = math.atan2(float(way[1]), float(way[0]))
        up = math.asin(float(way[2]) / far)
        leaves = azimuth if wall is None else -azimuth
        back = math.atan2(-float(way[1]), -float(way[0]))
        bounce = 0.0 if wall is None else 1.0
        turn = math.remainder(-2 * math.pi * HZ * far / LIGHT_M_S, 2 * math.pi)
        rows.append([far / LIGHT_M_S, 6 * bounce, leaves, up, back, -up, turn, bounce])
    while len(rows) < PATHS:
        rows.append([rows[0][0], ABSENT_DB, *rows[0][2:]])
    columns = torch.tensor(rows, dtype=torch.float64).T[:, None]
    east, north = (torch.tensor([x], dtype=torch.float64) for x in place)
    return Rays(*columns, east, north)


def test_a_straight_line_loses_what_free_space_does() -> None:
    rays = channel((30.0, 40.0))
    far = math.sqrt(30**2 + 40**2 + 18**2)
    friis = 20 * math.log10(4 * math.pi * far * HZ / LIGHT_M_S)
    assert float(rays.path_loss_db(HZ)) == pytest.approx(friis, abs=1e-9)
    assert float(rays.first_delay()) == pytest.approx(far / LIGHT_M_S, rel=1e-12)
    assert float(rays.delay_spread(HZ)) == 0


def test_images_give_the_paths_of_another_place_exactly() -> None:
    walls = (-25.0, 60.0)
    here, there = channel((30.0, 10.0), walls), channel((34.0, 7.0), walls)
    east, north = there.east, there.north
    found = moved(here, east, north, HZ)
    for name in ("delay", "azimuth_bs", "elevation_bs", "azimuth_ue", "elevation_ue"):
        own, true = getattr(found, name), getattr(there, name)
        assert torch.allclose(own, true, rtol=1e-10, atol=1e-12), name
    distance = (found.phase - there.phase)[:, :3] / (2 * math.pi)
    assert (distance - distance.round()).abs().max() < 1e-5


def test_numbers_of_a_model_are_causal_and_passive_whatever_they_are() -> None:
    frame = SiteFrame((0.0, 0.0, 20.0), 2.0, (2.0, -100.0), (150.0, 100.0), HZ)
    rng = torch.Generator().manual_seed(0)
    left = tuple(20 * torch.randn(50, PATHS, generator=rng, dtype=torch.float64) for _ in range(8))
    east = 2 + 100 * torch.rand(50, generator=rng, dtype=torch.float64)
    rays = frame.rays_of(left, east, east - 50)
    straight = frame.straight(rays.east, rays.north)[0] / LIGHT_M_S
    assert (rays.delay >= straight[:, None]).all()
    free = 1 / (4 * math.pi * HZ * rays.delay)
    assert (rays.amplitude(HZ) <= free * (1 + 1e-12)).all()


def test_a_path_turns_along_the_array_and_over_subcarriers() -> None:
    rays = channel((30.0, 40.0))
    hz = subcarriers(4, 1e6)
    h = response(rays, HZ, hz, 3)[0]
    over = torch.angle(h[1, 0] / h[0, 0])
    along = torch.angle(h[0, 1] / h[0, 0])
    assert float(over) == pytest.approx(-2 * math.pi * 1e6 * float(rays.first_delay()), abs=1e-9)
    far = math.sqrt(30**2 + 40**2 + 18**2)
    turned = math.pi * 40 / far
    assert float(along) == pytest.approx(math.remainder(turned, 2 * math.pi), abs=1e-9)


def test_doppler_is_the_speed_along_the_path() -> None:
    rays = channel((30.0, 0.0))
    up = math.atan2(18, 30)
    away = rays.doppler_hz(HZ, 10.0, 0.0)[0, 0]
    assert float(away) == pytest.approx(-10 * HZ / LIGHT_M_S * math.cos(up), rel=1e-9)


def test_pilots_have_the_density_and_the_estimate_of_their_covariance() -> None:
    rays = channel((30.0, 40.0), (-25.0, 60.0))
    noise = 1e-9
    fading = Fading(subcarriers(12, 1e6), 4, HZ, noise)
    rng = torch.Generator().manual_seed(0)
    y = fading.simulate(rays.arrays, rng)
    one = torch.ones(1, dtype=torch.float64)
    cov = fading.covariance(rays.arrays, one)
    whole = cov + noise * torch.eye(48)
    v = fading.folded(y)[0].flatten()
    density = -(v.conj() @ torch.linalg.solve(whole, v)).real - torch.linalg.slogdet(whole)[1]
    density = density - 48 * math.log(math.pi)
    assert float(fading.log_density(y, rays.arrays)[0, 0]) == pytest.approx(
        float(density), rel=1e-6
    )
    expected = cov @ torch.linalg.solve(whole, v)
    own = fading.expected(y, rays.arrays)[0, 0].flatten()
    assert (own - expected).abs().max() < 1e-6 * expected.abs().max()


def test_faded_channels_have_the_covariance_that_the_likelihood_says() -> None:
    rays = channel((30.0, 40.0), (-25.0,))
    fading = Fading(subcarriers(3, 1e6), 2, HZ, 1e-12)
    many = Rays(*(a.repeat_interleave(20000, 0) for a in rays.arrays))
    h = fading.faded(many, torch.Generator().manual_seed(1)).flatten(1)
    found = h.T @ h.conj() / len(h)
    true = fading.covariance(rays.arrays, torch.ones(1, dtype=torch.float64))
    assert (found - true).abs().max() < 0.05 * true.abs().max()
