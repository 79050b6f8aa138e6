"""Neurons against closed forms, the article's table of firing, and their own finer steps."""

import math

import numpy as np
import pytest
import torch

from ingenium.core.errors import InputError
from ingenium_book.checks.neuro.firing import pattern
from ingenium_book.checks.neuro.membrane import settled, simulate
from ingenium_book.checks.neuro.neurons import ADEX, IZHIKEVICH, LIF, Izhikevich


def _steady(currents: list[float], steps: int) -> torch.Tensor:
    return torch.tensor(currents, dtype=torch.float64)[:, None].expand(-1, steps)


def test_voltage_below_threshold_is_the_closed_form_at_any_step():
    neuron, current = LIF(), 1.4  # toward -56 mV, below -55
    for step in (0.1, 3.0):
        found = simulate(neuron, _steady([current], 30), step)
        time = step * torch.arange(1, 31, dtype=torch.float64)
        due = -70 + 14 * (1 - torch.exp(-time / 20))
        torch.testing.assert_close(found.voltage_mv[0], due, rtol=0, atol=1e-11)
        assert not len(found.time_ms)


@pytest.mark.slow
def test_spikes_come_at_the_closed_form_whatever_the_step():
    """Several crossings in a coarse step: each is located, and the rest of the step continues."""
    neuron, currents = LIF(), [1.49, 1.6, 2.0, 5.0, 30.0]
    own = torch.tensor(currents, dtype=torch.float64)
    for step, steps in ((0.5, 400), (20.0, 10)):
        found = simulate(neuron, _steady(currents, steps), step)
        for i, period in enumerate(neuron.period_ms(own).tolist()):
            times = found.of(i)
            if math.isinf(period):
                assert not len(times)
                continue
            due = period * torch.arange(1, len(times) + 1, dtype=torch.float64)
            torch.testing.assert_close(times, due, rtol=0, atol=1e-9)
            assert len(times) == math.floor(200.0 / period)


def test_a_reset_that_is_not_rest_has_its_own_period():
    neuron = LIF(reset_mv=-60.0)
    times = simulate(neuron, _steady([3.0], 200), 1.0).of(0)
    assert float(times[0]) == pytest.approx(20 * math.log(30 / 15), abs=1e-9)
    assert float(times[2] - times[1]) == pytest.approx(20 * math.log(20 / 15), abs=1e-9)


@pytest.mark.parametrize("name", IZHIKEVICH)
def test_cells_fire_as_the_article_says(name: str):
    found = simulate(IZHIKEVICH[name], _steady([10.0], 1200), 0.25)
    assert pattern(found.time_ms.numpy()) == name


@pytest.mark.parametrize("name", ADEX)
def test_adaptive_cells_fire_as_their_names_say(name: str):
    neuron, current = ADEX[name]
    found = simulate(neuron, _steady([current], 1400), 0.25)
    assert pattern(found.time_ms.numpy()) == name


def test_patterns_of_made_up_times():
    assert pattern(np.array([])) == "silent"
    assert pattern(np.array([3.0])) == "single"
    assert pattern(np.arange(10) * 50.0) == "tonic"
    assert pattern(np.arange(10) * 5.0) == "fast_spiking"
    bursts = np.concatenate([t + np.array([0.0, 2, 4]) for t in (0, 50, 100, 150)])
    assert pattern(bursts) == "chattering"
    assert pattern(np.concatenate([[0.0, 2, 4], 50 + 40 * np.arange(5)])) == "bursting"


def test_the_error_falls_with_the_square_of_the_step():
    current = _steady([10.0], 1)
    times = [
        float(simulate(IZHIKEVICH["tonic"], current.expand(1, n), 30.0 / n).time_ms[0])
        for n in (240, 480, 960)
    ]
    order = math.log2(abs(times[0] - times[1]) / abs(times[1] - times[2]))
    assert 1.5 < order < 2.7


def test_a_step_that_moves_spikes_is_refused_with_one_that_does_not():
    with pytest.raises(InputError, match=r"at most 0\.\d+ ms"):
        settled(Izhikevich(), _steady([10.0], 50), 2.0, within_ms=0.3)
    assert len(settled(LIF(), _steady([3.0], 20), 5.0).time_ms) == 7  # linear: any step is exact


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        (lambda: LIF(threshold_mv=-80.0), "threshold above rest"),
        (lambda: LIF(tau_ms=0.0), "above 0 ms"),
        (lambda: simulate(LIF(), _steady([math.nan], 3), 1.0), "finite currents"),
        (lambda: simulate(LIF(), _steady([1.0], 3), 0.0), "longer than 0 ms"),
        (lambda: simulate(LIF(), _steady([1e9], 2), 20.0), "rest between spikes"),
    ],
)
def test_what_no_neuron_does_is_refused(wrong, match: str):
    with pytest.raises(InputError, match=match):
        wrong()
