"""Pilots as files, invalid ones, and the coded link over known channels."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.domains.radio.estimators import GlobalLmmse, MixtureLmmse, Pursuit
from ingenium.domains.radio.link import CodedLink
from ingenium.domains.radio.pilots import Fading, Pilots, circular, flat
from ingenium.domains.radio.rays import Rays, subcarriers

HZ = 3.5e9


def written(path: Path, change: Callable[[Any], None] | None = None) -> bytes:
    import h5py

    rng = torch.Generator().manual_seed(0)
    Pilots(circular((16, 8), rng), 0.1, 75e4, HZ).write(path)
    if change is not None:
        with h5py.File(path, "r+") as file:
            change(file)
    return path.read_bytes()


def test_pilots_come_back_as_they_were_written(tmp_path: Path) -> None:
    found = Pilots.read(written(tmp_path / "p.h5"), HZ, 8)
    assert found.received.shape == (16, 8)
    assert found.noise_power == 0.1


def _few(file: Any) -> None:
    values = file["pilots"][()][:3]
    del file["pilots"]
    file["pilots"] = values


def _in_volts(file: Any) -> None:
    file["pilots"].attrs["units"] = "V"


def _at_28_ghz(file: Any) -> None:
    file.attrs["carrier_hz"] = 28e9


def _without_noise(file: Any) -> None:
    del file.attrs["noise_power"]


def _not_finite(file: Any) -> None:
    values = file["pilots"][()]
    values[0, 0] = np.nan
    file["pilots"][...] = values


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_few, "fewer cannot separate"),
        (_in_volts, "transmitted amplitude"),
        (_at_28_ghz, "carrier of the site"),
        (_without_noise, "noise_power"),
        (_not_finite, "finite"),
    ],
)
def test_pilots_that_say_too_little_are_refused(
    change: Callable[[Any], None], said: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=said):
        Pilots.read(written(tmp_path / "p.h5", change), HZ, 8)
    with pytest.raises(InputError, match="antennas of the site"):
        Pilots.read(written(tmp_path / "q.h5"), HZ, 4)


def test_what_is_no_file_of_pilots_is_refused() -> None:
    with pytest.raises(InputError, match="HDF5"):
        Pilots.read(b"nothing", HZ, 8)


def drawn(n: int) -> Rays:
    """Channels of two paths each, from random directions."""
    rng = torch.Generator().manual_seed(1)
    zero = torch.zeros(n, 6, dtype=torch.float64)
    share = torch.rand(2, n, 6, generator=rng, dtype=torch.float64)
    loss = zero + 80
    loss[:, :2] = 0
    angle = 2 * share[1] - 1
    place = torch.zeros(n, dtype=torch.float64)
    delay = 2e-7 + 5e-7 * share[0]
    return Rays(delay, loss, angle, zero, zero, zero, zero, zero, place, place)


def pooled_nmse_db(found: torch.Tensor, truth: torch.Tensor) -> float:
    """Mean squared error over mean power, each channel normalised to the same power before."""
    power = truth.abs().square().sum((1, 2))
    error = (found - truth).abs().square().sum((1, 2)) / power
    return float(10 * error.mean().log10())


def genie(fading: Fading, received: torch.Tensor, arrays: tuple[torch.Tensor, ...]) -> torch.Tensor:
    """LMMSE with known delays, angles and powers, but unknown gains."""
    readings = flat(received)
    each = [
        fading.expected(readings[i : i + 1], tuple(a[i : i + 1] for a in arrays))[0, 0]
        for i in range(len(received))  # each under its own truth
    ]
    return torch.stack(each)


def test_who_knows_more_errs_less_and_the_genie_least() -> None:
    """The genie's exact error is the trace of its posterior covariance."""
    fading = Fading(subcarriers(16, 1e6), 4, HZ, 1.0)
    rays = drawn(400)
    rng = torch.Generator().manual_seed(2)
    h = fading.faded(rays, rng)
    noise = float(h.abs().square().mean())
    fading = Fading(fading.hz, 4, HZ, noise)
    y = fading.noisy(h, rng)
    test = slice(300, 400)
    own = tuple(a[test] for a in rays.arrays)
    found = {
        "ls": y[test],
        "omp": Pursuit().estimate(y[test], noise),
        "global": GlobalLmmse.of(h[:300]).estimate(y[test], noise),
        "mixture": MixtureLmmse.of(h[:300], 8).estimate(y[test], noise),
        "genie": genie(fading, y[test], own),
    }
    error = {k: pooled_nmse_db(v, h[test]) for k, v in found.items()}
    assert error["genie"] < error["global"] < error["ls"]
    assert error["genie"] < error["mixture"] < error["ls"]
    assert error["genie"] < error["omp"] < error["global"]
    one = torch.ones(1, dtype=torch.float64)
    traces, powers = [], []
    for i in range(100):
        cov = fading.covariance(tuple(a[i : i + 1] for a in own), one)
        left = cov - cov @ torch.linalg.solve(cov + noise * torch.eye(64), cov)
        traces.append(float(left.diagonal().real.sum()))
        powers.append(float(h[test][i].abs().square().sum()))
    wrong = float((found["genie"] - h[test]).abs().square().sum())
    assert wrong == pytest.approx(sum(traces), rel=0.2)  # of 400 gains, whose spread is 10 %


@pytest.mark.parametrize("wrong", [0.5j, complex("nan")])
def test_a_covariance_that_is_not_hermitian_is_refused(wrong: complex) -> None:
    cov = torch.eye(4, dtype=torch.complex128)
    cov[0, 1] = torch.tensor(wrong)
    with pytest.raises(InputError, match="Hermitian"):
        GlobalLmmse(cov)


def test_pursuit_finds_paths_of_the_grid_exactly_and_none_in_noise() -> None:
    rng, noise = torch.Generator().manual_seed(3), 1e-6
    hz = subcarriers(16, 1e6)
    fading = Fading(hz, 4, HZ, noise)
    rays = drawn(20).at_unit_power(HZ)
    on_grid = (rays.delay * 64e6).round() / 64e6  # quarter steps of 1 / bandwidth
    sine = (rays.azimuth_bs.sin() * 8).round() / 8
    own = Rays(on_grid, rays.loss, sine.asin(), *rays.arrays[3:]).at_unit_power(HZ)
    channel = fading.faded(own, rng)
    found = Pursuit().estimate(fading.noisy(channel, rng), noise)
    error = (found - channel).abs().square().mean((1, 2))
    assert float(error.median()) < noise / 10  # paths that lie together are found as one between
    silent = math.sqrt(noise) * circular((200, 16, 4), rng)
    heard = Pursuit().estimate(silent, noise).abs().amax((1, 2)) > 0
    assert float(heard.double().mean()) < 0.15  # a finer grid fits noise more often


def test_the_coded_link_decodes_above_its_threshold_and_not_below() -> None:
    """QPSK of rate 1/2: capacity is reached at about 0.2 dB; 512 bits need about 2 dB."""
    pytest.importorskip("sionna")
    link, rng = CodedLink(), torch.Generator().manual_seed(0)
    flat = torch.ones(12, 4, 1, dtype=torch.complex128)
    assert not link.failed(flat, flat, 10**-0.4, rng).any()
    assert link.failed(flat, flat, 10**0.1, rng).all()
    turned = flat * 1j  # an estimate that is wrong by a quarter turn
    assert link.failed(flat, turned, 10**-0.4, rng).all()
