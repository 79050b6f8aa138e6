"""Headroom of a feeder against the closed form of one line."""

import numpy as np
import pytest
import torch
from nets import two_buses

from ingenium.core.errors import InputError
from ingenium.domains.grid.feeder.headroom import NEAR_PU, Headroom
from ingenium.domains.grid.feeder.network import network_of
from ingenium.domains.grid.feeder.verifier import FeederVerifier

P_MW, Q_MVAR = 0.05, 0.02
R, X = (0.3 * ohm_per_km / 0.4**2 for ohm_per_km in (0.4, 0.1))  # pu on 1 MVA


@pytest.fixture(scope="module")
def verifier() -> FeederVerifier:
    return FeederVerifier.of(network_of("two", two_buses(P_MW, Q_MVAR), cases=1))


def day(p: list[float], q: list[float]) -> tuple[torch.Tensor, ...]:
    load_p, load_q = (torch.tensor([[x]], dtype=torch.float64) for x in (p, q))
    return load_p, load_q, torch.zeros(1, 0, len(p), dtype=torch.float64)


def load_at(voltage: float, q: float) -> float:
    """Load behind a line fed at 1 pu that gives a voltage: U1^2 U2^2 = (U2^2 + rp + xq)^2 + ..."""
    # |U2^2 + (r + jx)(p - jq)| = |U1| |U2|, a quadratic in p.
    a = R**2 + X**2
    b = 2 * voltage**2 * R
    c = (voltage**2 + X * q) ** 2 + (R * q) ** 2 - voltage**2
    roots = np.roots([a, b, c])
    return float(roots[np.abs(roots).argmin()])


def test_room_is_that_of_the_closed_form(verifier: FeederVerifier) -> None:
    room = Headroom(verifier, 0.95, 1.03, 0.5)
    p, q = [0.0, 0.4, 1.0], [0.0, 1.0, 0.5]
    infeed, load = room.infeed_mw(*day(p, q)), room.load_mw(*day(p, q))
    for t in range(3):
        now, mvar = p[t] * P_MW, q[t] * Q_MVAR
        near = 2 * NEAR_PU / R
        assert infeed[0, t] == pytest.approx(now - load_at(1.03, mvar), abs=near)
        assert load[0, t] == pytest.approx(load_at(0.95, mvar) - now, abs=near)


def test_what_is_found_holds_and_a_little_more_does_not(verifier: FeederVerifier) -> None:
    room = Headroom(verifier, 0.95, 1.03, 0.5)
    known = day([0.0, 0.3, 0.8], [0.1, 0.9, 0.5])

    def margin_pu(extra_mw: np.ndarray) -> np.ndarray:
        found = room.strain(*known, extra_mw[:, None] * room.share[:, None])
        return np.minimum(found.lowest - room.lowest_pu, room.highest_pu - found.highest)

    for sign, found in ((-1, room.infeed_mw(*known)), (1, room.load_mw(*known))):
        assert (margin_pu(sign * found) >= 0).all()
        assert (margin_pu(sign * found) <= NEAR_PU).all()
        assert (margin_pu(sign * (found + 1e-4)) < 0).all()


def test_a_line_may_be_what_ends_the_room(verifier: FeederVerifier) -> None:
    """A line of 0.2 kA fed at 1 pu: |p - jq| = rated current times the voltage there."""
    room = Headroom(verifier, 0.5, 2.0, 0.5, most_percent=100.0)
    known = day([0.0], [0.0])
    i = 0.2 * 0.4 * 3**0.5  # pu on 1 MVA
    feed, draw = room.infeed_mw(*known)[0, 0], room.load_mw(*known)[0, 0]
    for p, sign in ((feed, 1), (draw, -1)):
        assert p == pytest.approx(_power(i, sign), rel=1e-4)
    found = room.strain(*known, np.array([[[0.0], [draw]]]))
    assert found.percent[0, 0] == pytest.approx(100.0, abs=1e-3)
    assert found.percent[0, 0] <= 100.0


def _power(i: float, sign: int) -> float:
    """Active power at the far end with a current of that size and no reactive power there.

    The feeding voltage 1 is that at the end, u, plus the drop: |u - sign (r + jx) i| = 1.
    """
    u = sign * R * i + (1 - (X * i) ** 2) ** 0.5
    return u * i


def test_ends_of_the_search(verifier: FeederVerifier) -> None:
    none = Headroom(verifier, 0.99, 1.2, 0.01)
    assert none.load_mw(*day([1.0], [1.0])) == 0.0  # below the band without any
    assert none.infeed_mw(*day([1.0], [1.0])) == 0.01
    # 50 MW has no solution, which lies beyond the limit.
    far = Headroom(verifier, 0.9, 1.1, 50.0).load_mw(*day([0.0], [0.0]))
    assert far[0, 0] == pytest.approx(load_at(0.9, 0.0), abs=2 * NEAR_PU / R)
    with pytest.raises(InputError, match="band of voltage"):
        Headroom(verifier, 1.1, 0.9, 1.0)
