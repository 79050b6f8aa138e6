"""Errors of shots, in closed form, compared with sampled histograms."""

import pytest
import torch

from ingenium.domains.quantum.distribution.targets import bars_and_stripes, gaussian_mixture, given
from ingenium.domains.quantum.distribution.verifier import shots_variation, variation
from ingenium.kits.circuits.statevector import sampled


def test_mean_distance_of_histograms_has_a_closed_form() -> None:
    target = torch.from_numpy(gaussian_mixture(4))
    chance = torch.full((1, 16), 1 / 16, dtype=torch.float64)
    outcome = sampled(chance.expand(4000, -1), 50, torch.Generator().manual_seed(0))
    counts = torch.nn.functional.one_hot(outcome, 16).sum(1).to(torch.float64) / 50
    mean = float(variation(counts, target).mean())
    assert float(shots_variation(chance, target, 50)[0]) == pytest.approx(mean, rel=0.01)


def test_bars_and_stripes_are_counted() -> None:
    """2^rows + 2^columns - 2 pictures, as the empty and the full one are both."""
    assert int((bars_and_stripes(2, 3) > 0).sum()) == 4 + 8 - 2


def test_what_is_no_distribution_is_refused() -> None:
    with pytest.raises(ValueError, match="add up to 1"):
        given(gaussian_mixture(2) * 2)
    with pytest.raises(ValueError, match="whole qubits"):
        given(gaussian_mixture(2)[:3])
