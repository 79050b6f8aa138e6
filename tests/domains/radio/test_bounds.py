"""Cramér-Rao bounds against closed forms, and against estimates that reach them."""

import math

import pytest
import torch

from ingenium.domains.radio.bounds import CramerRao, PathBound
from ingenium.domains.radio.images import moved
from ingenium.domains.radio.pilots import Fading, circular
from ingenium.domains.radio.rays import LIGHT_M_S, Rays, delays, steering, subcarriers

HZ, ANTENNAS, NOISE = 3.5e9, 8, 1e-2
FADING = Fading(subcarriers(64, 0.75e6), ANTENNAS, HZ, NOISE)


def paths(delay_ns: list[float], azimuth_deg: list[float]) -> Rays:
    """Paths at one place, without ground reflections."""
    one = torch.ones(1, len(delay_ns), dtype=torch.float64)
    delay = torch.tensor([delay_ns], dtype=torch.float64) * 1e-9
    azimuth = torch.deg2rad(torch.tensor([azimuth_deg], dtype=torch.float64))
    zero = torch.zeros(1, dtype=torch.float64)
    flat = [azimuth, 0 * one - 0.1, azimuth + math.pi, 0 * one + 0.1, 0 * one, 0 * one]
    return Rays(delay, 0 * one, *flat, zero, zero)


def test_one_path_alone_has_the_bounds_of_the_closed_form() -> None:
    rays, gain = paths([400.0], [20.0]), torch.tensor([[0.3 + 0.4j]], dtype=torch.complex128)
    whole = CramerRao(FADING).paths(rays, gain)
    alone = PathBound.of(0.25 / NOISE, FADING.hz, ANTENNAS)
    for found, own in zip(whole, (alone.delay_s, alone.direction, alone.gain), strict=True):
        assert float(found) == pytest.approx(own, rel=1e-6)


def test_paths_that_lie_near_each_other_are_harder_and_a_missing_one_says_nothing() -> None:
    gain = torch.tensor([[0.5, 0.5j, 0.0]], dtype=torch.complex128)
    near = CramerRao(FADING).paths(paths([400.0, 405.0, 500.0], [20.0, 22.0, 0.0]), gain)
    far = CramerRao(FADING).paths(paths([400.0, 700.0, 500.0], [20.0, -40.0, 0.0]), gain)
    assert float(near[0][0, 0]) > 2 * float(far[0][0, 0])
    assert math.isinf(float(far[0][0, 2]))
    alone = PathBound.of(0.25 / NOISE, FADING.hz, ANTENNAS)
    assert float(far[0][0, 0]) == pytest.approx(alone.delay_s, rel=0.1)


def test_nothing_that_arrives_tells_no_place() -> None:
    some, none = paths([400.0], [20.0]), paths([400.0], [20.0])
    rays = Rays(*(torch.cat(both) for both in zip(some.arrays, none.arrays, strict=True)))
    gain = torch.tensor([[0.5], [0.0]], dtype=torch.complex128)
    least = CramerRao(FADING).place(rays, gain)
    assert bool(torch.isfinite(least[0]).all())
    assert bool(torch.isnan(least[1]).all())


def test_the_best_estimate_of_one_path_errs_as_the_bound_says() -> None:
    """Least squares on a fine grid around the truth, which shares no code with the bound."""
    rays, rng = paths([400.0], [20.0]), torch.Generator().manual_seed(0)
    bound = PathBound.of(1 / NOISE, FADING.hz, ANTENNAS)
    shape = torch.einsum(
        "nfp,nap->nfa", delays(rays.delay, FADING.hz), steering(rays.direction(), ANTENNAS)
    )
    n = 400
    y = shape + math.sqrt(NOISE) * circular((n, 64, ANTENNAS), rng)
    grid = torch.linspace(-4, 4, 161, dtype=torch.float64)
    late = rays.delay + grid[None] * bound.delay_s
    found = torch.einsum(
        "nfa,ofp,oap->np",
        y,
        delays(late, FADING.hz).conj(),
        steering(rays.direction(), ANTENNAS).conj(),
    ).abs()
    assert float(grid[found.argmax(1)].std()) == pytest.approx(1.0, rel=0.1)
    turned = rays.direction() + grid[None] * bound.direction
    found = torch.einsum(
        "nfa,ofp,oap->np",
        y,
        delays(rays.delay, FADING.hz).conj(),
        steering(turned, ANTENNAS).conj(),
    ).abs()
    assert float(grid[found.argmax(1)].std()) == pytest.approx(1.0, rel=0.1)


def test_a_place_in_sight_is_known_across_by_angle_and_along_by_delay() -> None:
    length, azimuth = 100.0, math.radians(25)
    rays = paths([length / LIGHT_M_S * 1e9], [25.0])
    flat = length * math.cos(0.1)
    gain = rays.amplitude(HZ).to(torch.complex128)
    fading = Fading(FADING.hz, ANTENNAS, HZ, float(gain.abs().square()) * NOISE)
    cov = CramerRao(fading).place(rays, gain)[0]
    along = torch.tensor([math.cos(azimuth), math.sin(azimuth)], dtype=torch.float64)
    across = torch.stack([-along[1], along[0]])
    alone = PathBound.of(1 / NOISE, FADING.hz, ANTENNAS)
    ahead = alone.delay_s * LIGHT_M_S / math.cos(0.1)
    aside = alone.direction * flat / (math.cos(azimuth) * math.cos(0.1))
    info = torch.linalg.inv(cov)
    assert float(across @ info @ across) == pytest.approx(1 / aside**2, rel=1e-3)
    assert float(along @ info @ along) == pytest.approx(1 / ahead**2, rel=0.02)
    more = paths([length / LIGHT_M_S * 1e9, 500.0], [25.0, -30.0])
    both = CramerRao(fading).place(more, more.amplitude(HZ).to(torch.complex128))[0]
    assert float(torch.linalg.det(both)) < float(torch.linalg.det(cov))


def test_images_follow_a_terminal_where_the_ground_reflects() -> None:
    """Azimuths at the base station change like those of images: a wall mirrors left and right."""
    rng = torch.Generator().manual_seed(0)
    bs, ue = torch.tensor([0.0, 0.0, 27.0]), torch.tensor([60.0, 10.0, 1.5])
    step = torch.randn(2, generator=rng) * 3
    for wall in (False, True):  # a wall at y = 30, and the ground at z = 0
        was = _by_mirror(bs, ue, wall)
        at = ue + torch.cat([step, torch.zeros(1)])
        now = _by_mirror(bs, at, wall)
        found = moved(was, *(x[None].double() for x in at[:2]), HZ)
        for name in ("delay", "azimuth_bs", "elevation_bs", "azimuth_ue", "elevation_ue"):
            assert torch.allclose(getattr(found, name), getattr(now, name), rtol=1e-5, atol=1e-9)


def _by_mirror(bs: torch.Tensor, ue: torch.Tensor, wall: bool) -> Rays:
    """A path by the ground, and a wall too, from mirror images of both ends."""

    def mirrored(x: torch.Tensor) -> torch.Tensor:
        return torch.stack([x[0], 60.0 - x[1] if wall else x[1], -x[2]]).double()

    out, back = mirrored(ue) - bs.double(), mirrored(bs) - ue.double()

    def angles(x: torch.Tensor) -> list[torch.Tensor]:
        return [torch.atan2(x[1], x[0]).view(1, 1), torch.asin(x[2] / x.norm()).view(1, 1)]

    zero = torch.zeros(1, 1, dtype=torch.float64)
    bounces = zero + 1 + wall
    delay = (out.norm() / LIGHT_M_S).view(1, 1)
    place = [x[None].double() for x in ue[:2]]
    return Rays(delay, zero, *angles(out), *angles(back), zero, bounces, *place)


def test_the_gain_of_a_path_is_known_to_the_bound_once_noise_is_small() -> None:
    rays = paths([400.0], [20.0])
    size = float(rays.amplitude(HZ))
    fading = Fading(FADING.hz, ANTENNAS, HZ, size**2 * 1e-3)
    alone = PathBound.of(1e3, FADING.hz, ANTENNAS)
    found = float(fading.gain_deviation(rays.arrays)) / size / 2**0.5
    assert found == pytest.approx(alone.gain, rel=1e-3)
