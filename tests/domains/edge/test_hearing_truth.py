"""Audible and drawn quantities, against published scales, closed forms and areas."""

import math

import numpy as np
import pytest
import torch

from ingenium.domains.edge.doodle.raster import drawn, likeness
from ingenium.domains.edge.speech.sounds import HOP, RATE_HZ
from ingenium.domains.edge.speech.spectra import BANDS, WINDOW, filters, heard, spectra
from ingenium.domains.edge.speech.wiener import LEARNED, WienerSettings, filter_gains


def test_bands_are_as_wide_as_the_ear_has_them() -> None:
    """Glasberg and Moore 1990, eq. 3: the ear's band is 24.7 (4.37 f / kHz + 1) Hz wide."""
    f = np.arange(HOP + 1) * RATE_HZ / WINDOW
    width = filters().numpy().sum(1) * (f[1] - f[0])  # of a triangle, half of its foot
    middle = np.array([np.average(f, weights=row) for row in filters().numpy()])
    inside = slice(8, BANDS - 1)  # wide enough for the steps of the spectrum
    ear = 24.7 * (4.37e-3 * middle + 1)
    np.testing.assert_allclose(width[inside] / ear[inside], (width / ear)[inside].mean(), rtol=0.04)
    np.testing.assert_allclose(filters().numpy().sum(0), 1, atol=1e-6)


def test_no_power_is_lost_in_frames() -> None:
    """Parseval: squares of the window add up to one over frames."""
    x = torch.randn(1, 40 * HOP, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    x[:, -HOP:] = 0.0
    power = spectra(x).abs().square()
    both_sides = 2 * power.sum() - power[..., 0].sum() - power[..., -1].sum()
    assert float(both_sides) == pytest.approx(float(x.square().sum()), rel=1e-6)


def test_ten_times_the_sound_is_half_a_unit_more() -> None:
    """A level of 20 dB, on a scale of 40 dB to one unit."""
    x = torch.randn(1, 20 * HOP, generator=torch.Generator().manual_seed(0))
    more = heard(spectra(10 * x)) - heard(spectra(x))
    assert float(more[:, 2:].mean()) == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize("ratio", [2.0, 5.0, 50.0])
def test_the_gain_is_that_of_wiener(ratio: float) -> None:
    """Without memory: (r - 1) / r where a frame has r times the power of the noise."""
    frames = torch.ones(1, LEARNED + 1, 3, dtype=torch.complex128)
    frames[:, -1] *= math.sqrt(ratio)
    gain = filter_gains(frames, WienerSettings(retained=0.0))
    torch.testing.assert_close(
        gain[0, -1], torch.full((3,), (ratio - 1) / ratio, dtype=torch.float64)
    )
    floor = torch.full((3,), 0.01, dtype=torch.float64)  # -40 dB, of noise alone
    torch.testing.assert_close(gain[0, 0], floor)


def test_what_was_heard_before_counts_as_ephraim_and_malah_say() -> None:
    """Eq. 51 of Ephraim and Malah by hand, for two frames of nine times the noise."""
    frames = torch.ones(1, LEARNED + 2, 1, dtype=torch.complex128)
    frames[:, LEARNED:] *= 3.0
    found = filter_gains(frames, WienerSettings(retained=0.9))[0, LEARNED:, 0].tolist()
    before = 0.9 * 0.01**2 * 1.0 + 0.1 * 8.0
    first = before / (1 + before)
    second = 0.9 * first**2 * 9.0 + 0.1 * 8.0
    assert found == pytest.approx([first, second / (1 + second)], rel=1e-9)


def test_ink_is_the_area_of_a_round_pen() -> None:
    """A line covers its length times the width, and a disc for both ends."""
    line = np.array([[6, 12], [18, 12]])
    ink = drawn([line], 96).mean() * 24**2
    assert ink == pytest.approx(12 * 2 + math.pi, rel=0.01)
    dot = drawn([np.array([[12, 12]])], 96).mean() * 24**2
    assert dot == pytest.approx(math.pi, rel=0.02)
    slant = drawn([np.array([[4, 4], [16, 20]])], 96).mean() * 24**2  # 12, 16, 20
    assert slant == pytest.approx(20 * 2 + math.pi, rel=0.01)


def test_likeness_of_lines_that_share_half_is_a_half() -> None:
    left, right = (drawn([np.array([[a, 12], [a + 8, 12]])], 96) for a in (4, 8))
    shared = 4 * 2 + math.pi  # of length 4, with round ends
    both = likeness(left, right[None])[0]
    assert both == pytest.approx(shared / (8 * 2 + math.pi), rel=0.03)
    assert likeness(left, left[None])[0] == pytest.approx(1.0)
