"""Beams against Clarabel, their own bound, and closed forms."""

import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.domains.radio import duality
from ingenium.domains.radio.antennas import antenna_power, limited_power
from ingenium.domains.radio.clarabel import power
from ingenium.domains.radio.duality import (
    captured,
    dft_codebook,
    inverse,
    least_power,
    reached,
    require,
    site_codebook,
)


def drawn(n: int, users: int, antennas: int, seed: int = 0) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    parts = torch.randn(2, n, users, antennas, generator=rng, dtype=torch.float64)
    return torch.complex(parts[0], parts[1]) / 2**0.5


def requested(n: int, users: int, db: float = 5.0) -> torch.Tensor:
    return torch.full((n, users), 10 ** (db / 10), dtype=torch.float64)


def test_one_user_is_served_along_its_channel() -> None:
    h, sinr = drawn(5, 1, 4), requested(5, 1)
    found = require(least_power(h, sinr))
    assert torch.allclose(found.power, sinr[:, 0] / h.abs().square().sum((1, 2)), rtol=1e-10)


def test_beams_meet_what_is_asked_at_the_power_that_duality_proves_least() -> None:
    h, sinr = drawn(50, 4, 8), requested(50, 4)
    found = require(least_power(h, sinr))
    assert torch.allclose(reached(h, found.beam), sinr, rtol=1e-9)
    assert torch.allclose(found.power, found.uplink.sum(1), rtol=1e-9)


@pytest.mark.parametrize(("alike", "exact"), [(0.999, 1e-10), (0.99999, 1e-10), (1 - 1e-9, 1e-8)])
def test_two_users_of_nearly_one_direction_have_the_power_of_the_closed_form(
    alike: float, exact: float
) -> None:
    """Equal users: p^2 (g^2 - c^2) + p g (1 - s) - s = 0, of gain g, product c and SINR s."""
    across = (1 - alike**2) ** 0.5
    one = torch.tensor([3.0, 0.0, 0.0, 0.0], dtype=torch.complex128)
    two = 3 * torch.tensor([alike, 0.0, across, 0.0], dtype=torch.complex128)
    found = require(least_power(torch.stack([one, two])[None], requested(1, 2, 10.0)))
    gain, distance, sinr = 9.0, 81.0 * (1 - alike**2), 10.0
    half = gain * (sinr - 1) / (2 * distance)
    power = half + (half**2 + sinr / distance) ** 0.5
    for own in (found.power, found.uplink.sum(1)):
        assert float(own) == pytest.approx(2 * power, rel=exact)


def test_four_users_of_nearly_one_direction_are_proved_to_be_served_at_the_least_power() -> None:
    """Products of their channels alone would lose all but three digits of the bound."""
    distance = 1e-7
    h = drawn(20, 4, 8)
    h = 3 * ((1 - distance) * h[:, :1] + (2 * distance) ** 0.5 * h)
    found = require(least_power(h, requested(20, 4, 10.0)))
    near = 2.0**-52 * 10 / distance  # rounding, by the condition of the channels: 2e-8
    assert torch.allclose(found.power, found.uplink.sum(1), rtol=near)
    assert torch.allclose(reached(h, found.beam), requested(20, 4, 10.0), rtol=near)


def test_users_who_are_hard_to_tell_apart_are_served_at_the_least_power_too() -> None:
    """Newton steps alone would lose the order at the start of the fixed point."""
    h = drawn(20, 4, 8)
    h = 0.999**0.5 * h[:, :1] + 0.001**0.5 * h
    found = require(least_power(h, requested(20, 4, 10.0)))
    assert torch.allclose(reached(h, found.beam), requested(20, 4, 10.0), rtol=1e-9)
    assert torch.allclose(found.power, found.uplink.sum(1), rtol=1e-8)


def test_many_small_inverses_are_those_of_lapack() -> None:
    h = drawn(50, 5, 8)
    gram = torch.eye(5) + h.conj() @ h.mT
    assert torch.allclose(inverse(gram), torch.linalg.inv(gram), rtol=1e-9)


def test_clarabel_finds_the_same_power() -> None:
    pytest.importorskip("cvxpy")
    h, sinr = drawn(4, 3, 4, seed=1), requested(4, 3)
    found = require(least_power(h, sinr))
    for i in range(4):
        assert power(h[i], float(sinr[i, 0])) == pytest.approx(float(found.power[i]), rel=1e-6)


def test_users_on_one_line_cannot_all_be_served_and_one_is_named() -> None:
    h = drawn(1, 1, 4).expand(1, 3, 4).clone()
    sinr = requested(1, 3)
    sinr[0, 2] = 100.0
    with pytest.raises(InputError, match="user 2"):
        require(least_power(h, sinr))


def test_more_feedback_captures_more_and_a_beam_of_its_own_all() -> None:
    h = drawn(300, 1, 8)[:, 0]
    shares = [float(captured(h, dft_codebook(8, bits)).mean()) for bits in (1, 3, 6)]
    assert shares == sorted(shares)
    assert torch.allclose(captured(h, h / h.norm(dim=1, keepdim=True)), torch.ones(300).double())
    flat = dft_codebook(8, 3)
    own = captured(flat[2:3], flat)
    assert float(own) == pytest.approx(1.0)
    rng = torch.Generator().manual_seed(0)
    site = h[:4].repeat(50, 1) + 0.3 * drawn(200, 1, 8, seed=2)[:, 0]
    learned = float(captured(site, site_codebook(site, 4, rng)).mean())
    assert learned > 0.85 > float(captured(site, dft_codebook(8, 4)).mean())


def test_antennas_hold_their_limits_at_the_power_that_clarabel_finds() -> None:
    pytest.importorskip("cvxpy")
    h, sinr = drawn(4, 3, 4, seed=3), requested(4, 3)
    plain = require(least_power(h, sinr))
    most = 0.8 * float(antenna_power(plain.beam).amax(1).max())
    found, bound = limited_power(h, sinr, torch.full((4,), most, dtype=torch.float64))
    assert found.met.any()
    for i in range(4):
        other = power(h[i], float(sinr[i, 0]), most)
        if not found.met[i]:
            assert not other < 1e9  # neither finds any
            continue
        assert float(found.power[i]) == pytest.approx(other, rel=1e-6)
        assert float(found.power[i]) == pytest.approx(float(bound[i]), rel=1e-8)
        assert float(antenna_power(found.beam)[i].max()) <= most * (1 + 1e-8)
    assert torch.allclose(reached(h, found.beam)[found.met], sinr[found.met], rtol=1e-8)
    held = found.met & (found.power > plain.power * 1.001)
    assert held.any()  # a limit that costs power


def test_a_limit_that_no_beams_hold_is_said() -> None:
    h, sinr = drawn(3, 3, 4, seed=3), requested(3, 3)
    least = least_power(h, sinr).power.min()
    tight = torch.full((4,), float(least) / 8, dtype=torch.float64)
    found, _ = limited_power(h, sinr, tight)
    assert not found.met.any()
    with pytest.raises(InputError, match="user"):
        require(found)


def test_a_limit_of_each_antenna_holds_for_one_user_in_closed_form() -> None:
    """Loud antennas send their limit, in phase; the others send along the channel."""
    h = torch.tensor([[[4.0, 1.0]]], dtype=torch.complex128)
    sinr = torch.tensor([[9.0]], dtype=torch.float64)
    limit = torch.tensor([0.25, 9.0], dtype=torch.float64)
    found, _ = limited_power(h, sinr, limit)
    assert antenna_power(found.beam)[0].tolist() == pytest.approx([0.25, 1.0], rel=1e-7)


def test_a_set_that_is_no_number_ends_with_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    channel = drawn(2, 3, 4)
    channel[1, 2, 0] = torch.nan
    steps: list[int] = []

    def counted(matrix: torch.Tensor) -> torch.Tensor:
        steps.append(len(matrix))
        return inverse(matrix)

    monkeypatch.setattr(duality, "inverse", counted)
    found = least_power(channel, torch.ones(2, 3, dtype=torch.float64))
    assert found.met.tolist() == [True, False]
    assert 0 < len(steps) < 200
