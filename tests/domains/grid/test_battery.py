"""Batteries against energy balances that are computed by hand."""

import numpy as np
import pytest
from nets import oddities, two_buses

from ingenium.core.errors import InputError
from ingenium.domains.grid.feeder.battery import Batteries
from ingenium.domains.grid.feeder.network import network_of
from ingenium.domains.grid.feeder.verifier import FeederVerifier


def pair(efficiency: float = 0.81) -> Batteries:
    return Batteries(("a", "b"), np.array([0.02, 0.06]), np.array([0.04, 0.12]), efficiency)


def test_a_surplus_fills_and_a_deficit_empties() -> None:
    # Into 0.16 MWh at 0.08 MW and 90 % one way: 0.018 MWh a quarter-hour, half full at first.
    power, energy = pair().dispatch(np.array([[0.1] * 8 + [-0.04] * 20]))
    np.testing.assert_allclose(power[0, :, 0], [-0.02, -0.06])
    np.testing.assert_allclose(energy[0].sum(0)[:5], 0.08 + 0.018 * np.arange(5), atol=1e-15)
    np.testing.assert_allclose(energy[0, :, 8], [0.04, 0.12])  # full
    # Out at 0.04 MW, of which each MWh takes 1 / 0.9 from inside: 0.16 MWh last 14.4 steps.
    np.testing.assert_allclose(power[0, :, 8:22].sum(0), 0.04)
    np.testing.assert_allclose(power[0, :, 22].sum(), 0.4 * 0.04)
    assert np.abs(power[0, :, 23:]).max() < 1e-12


def test_energy_is_kept_and_bounded() -> None:
    rng = np.random.default_rng(0)
    own = pair(0.9)
    power, energy = own.dispatch(rng.normal(0, 0.1, (5, 672)))
    assert (energy >= -1e-15).all()
    assert (energy <= own.energy_mwh[:, None] + 1e-15).all()
    assert (np.abs(power) <= own.power_mw[:, None]).all()
    into, out = (-power.clip(max=0)).sum(-1) * 0.25, power.clip(min=0).sum(-1) * 0.25
    left = energy[:, :, -1] - energy[:, :, 0]
    np.testing.assert_allclose(left, into * 0.9**0.5 - out / 0.9**0.5, atol=1e-12)


def test_those_of_a_net() -> None:
    own = Batteries.of(FeederVerifier.of(network_of("oddities", oddities(), cases=1)))
    assert len(own.names) == len(own.power_mw) > 0
    with pytest.raises(InputError, match="with batteries"):
        Batteries.of(FeederVerifier.of(network_of("two", two_buses(), cases=1)))
