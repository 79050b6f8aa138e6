"""Melt pools against closed forms: Gaussian peak, Rosenthal, Stefan, and each other."""

import math

import numpy as np
import pytest
from scipy.optimize import brentq

from ingenium.core.errors import InputError
from ingenium.domains.printing.alloys import ALLOYS, alloy_of, constant
from ingenium.domains.printing.eagar_tsai import Source, pools, scale, temperature_rise
from ingenium.domains.printing.enthalpy import (
    EnthalpyLaw,
    Voxels,
    _conduct,
    _integral,
    extents,
    solve,
)

PLATE_K = 353.0
STEEL = ALLOYS["316L"]


def source(power: float = 60.0, speed: float = 0.8, sigma: float = 20e-6) -> Source:
    conductivity, capacity = STEEL.secant(PLATE_K)
    rise = STEEL.melting_k - PLATE_K
    numbers = (power, speed, sigma, conductivity, conductivity / capacity, rise)
    return Source(*(np.array([x]) for x in numbers))


def rise(at: Source, x: float, y: float = 0.0, z: float = 0.0) -> float:
    return float(temperature_rise(at, *(np.array([c]) for c in (x, y, z)))[0])


def test_peak_of_a_source_that_stands() -> None:
    """Carslaw and Jaeger 1959, § 10.5: P / (2 sqrt(2 π) k σ) under a Gaussian at rest."""
    slow = source(speed=1e-5)
    k, sigma = float(slow.conductivity_w_m_k[0]), float(slow.sigma_m[0])
    assert rise(slow, 0.0) == pytest.approx(60 / (2 * math.sqrt(2 * math.pi) * k * sigma), rel=1e-3)


@pytest.mark.parametrize("place", [(-2e-3, 0.0, 0.0), (-2e-3, 2e-4, 0.0), (-1e-3, 0.0, 3e-4)])
def test_far_away_it_is_rosenthals_point(place: tuple[float, float, float]) -> None:
    """Rosenthal 1946: P / (2 π k R) exp(-v (R + x) / 2 α)."""
    small = source(sigma=1e-6)
    k, alpha = float(small.conductivity_w_m_k[0]), float(small.diffusivity_m2_s[0])
    far = math.dist(place, (0, 0, 0))
    point = 60 / (2 * math.pi * k * far) * math.exp(-0.8 * (far + place[0]) / (2 * alpha))
    assert rise(small, *place) == pytest.approx(point, rel=2e-3)


def test_width_of_a_small_source_is_rosenthals() -> None:
    """The widest point of the isotherm of a point source, by its own closed form."""
    small = source(power=150.0, sigma=0.5e-6)
    k, alpha = float(small.conductivity_w_m_k[0]), float(small.diffusivity_m2_s[0])
    level = float(small.rise_k[0])

    def half_width(x: float) -> float:
        def excess(y: float) -> float:
            far = math.hypot(x, y)
            return 150 / (2 * math.pi * k * far) * math.exp(-0.8 * (far + x) / (2 * alpha)) - level

        return float(brentq(excess, 1e-9, 1e-2)) if excess(1e-9) > 0 else 0.0

    widest = 2 * max(half_width(x) for x in np.linspace(-1e-3, -1e-6, 2000))
    pool = pools(small)
    assert float(pool.width_m[0]) == pytest.approx(widest, rel=5e-3)
    assert float(pool.depth_m[0]) == pytest.approx(widest / 2, rel=5e-3), (
        "a point melts a half round"
    )


def test_isotherm_has_the_melting_temperature() -> None:
    at = source()
    front = float(pools(at).ahead_m[0])
    tail = front - float(pools(at).length_m[0])
    for x in (front, tail):
        assert rise(at, x) == pytest.approx(float(at.rise_k[0]), rel=1e-4)
    half = 0.5 * float(pools(at).width_m[0])
    along = np.linspace(tail, front, 4001)
    hottest = max(rise(at, x, half) for x in along)
    assert hottest == pytest.approx(float(at.rise_k[0]), rel=1e-4)


def test_weak_lasers_melt_nothing_and_batches_equal_single_tracks() -> None:
    assert float(pools(source(power=2.0)).width_m[0]) == 0.0
    pair = zip(vars(source()).values(), vars(source(120.0)).values(), strict=True)
    both = Source(*(np.concatenate(own) for own in pair))
    assert pools(both).width_m.tolist() == [*pools(source()).width_m, *pools(source(120.0)).width_m]
    assert scale(source()).shape == (1,)
    with pytest.raises(InputError, match="speed_m_s above 0"):
        source(speed=0.0)


@pytest.mark.parametrize(("power", "speed", "sigma"), [(70.0, 0.8, 20e-6), (120.0, 1.2, 25e-6)])
def test_enthalpy_agrees_with_the_integral_where_properties_are_constant(
    power: float, speed: float, sigma: float
) -> None:
    pool = pools(source(power, speed, sigma))
    sizes = tuple(float(a[0]) for a in (pool.width_m, pool.depth_m, pool.length_m))
    plain = EnthalpyLaw.of(constant(STEEL, PLATE_K), PLATE_K)
    found = solve(power, speed, sigma, plain, Voxels.around(sizes, sigma, across=10))
    assert found.width_m == pytest.approx(sizes[0], rel=0.01)
    assert found.depth_m == pytest.approx(sizes[1], rel=0.02)
    assert found.length_m == pytest.approx(sizes[2], rel=0.04)
    assert found.imbalance < 1e-11


def test_latent_heat_and_hot_metal_change_the_pool_and_conserve_energy() -> None:
    pool = pools(source(70.0))
    sizes = tuple(float(a[0]) for a in (pool.width_m, pool.depth_m, pool.length_m))
    coarse, fine = (
        solve(
            70.0, 0.8, 20e-6, EnthalpyLaw.of(STEEL, PLATE_K), Voxels.around(sizes, 20e-6, across=n)
        )
        for n in (7, 11)
    )
    assert coarse.width_m == pytest.approx(fine.width_m, rel=0.02)
    assert fine.length_m > 1.05 * sizes[2], "the tail freezes late"
    assert max(coarse.imbalance, fine.imbalance) < 1e-11


def test_melting_of_a_half_space_is_stefans() -> None:
    """Stefan's problem: λ exp(λ²) erf(λ) = c ΔT / (L sqrt(π)), front at 2 λ sqrt(α t)."""
    alpha, latent, hot = 5e-6, 2e9, 3e9  # J/m³: latent heat, and sensible heat of the wall above it
    law = EnthalpyLaw(alpha, 0.0, 0.0, 1e-3 * alpha, latent, alpha)
    size, count = 2e-6, 200
    step = 0.4 * size**2 / alpha
    h, phi = np.zeros((1, 1, count)), np.zeros((1, 1, count))
    steps = 8000
    for _ in range(steps):
        h[0, 0, 0] = latent + hot
        _integral(h, phi, law.numbers)
        _conduct(h, phi, (0.0, 0.0, step / size**2), 0)
    ratio = hot / (latent * math.sqrt(math.pi))
    root = brentq(lambda x: x * math.exp(x * x) * math.erf(x) - ratio, 0.01, 3.0)
    front = 2 * root * math.sqrt(alpha * steps * step)
    molten = (h[0, 0] / latent).clip(0, 1).sum() - 0.5  # from the middle of the first voxel
    assert molten * size == pytest.approx(front, rel=0.01)


def test_extents_of_a_paraboloid() -> None:
    x, y, z = np.meshgrid(
        np.arange(40) + 0.5, np.arange(20) + 0.5, np.arange(20) + 0.5, indexing="ij"
    )
    bowl = 1 - ((x - 20) / 12) ** 2 - (y / 8) ** 2 - (z / 5) ** 2
    width, depth, length = extents(bowl, (1.0, 1.0, 1.0))
    assert width == pytest.approx(8, rel=0.01)
    assert depth == pytest.approx(5, rel=0.02)
    assert length == pytest.approx(24, rel=0.01)


def test_unknown_alloys_and_molten_plates_are_refused() -> None:
    with pytest.raises(InputError, match="316L"):
        alloy_of("SS316")
    with pytest.raises(InputError, match="a plate between 200 K"):
        STEEL.checked(1700.0)
