"""Properties of spiking families only; common ones are in the contract tests."""

from dataclasses import replace

import pytest
import torch

from ingenium.generators.families import build
from ingenium.generators.row_families import SPIKING
from ingenium.generators.vae import VAESettings
from ingenium.kits.spikes.families import SpikingVAE
from ingenium.kits.spikes.layered import Rhythm
from ingenium.kits.spikes.networks import SpikingSettings, SpikingStack
from ingenium.kits.spikes.operations import count
from ingenium.kits.spikes.surrogate import Sharpness

SMALL = SpikingSettings(width=24, rhythm=Rhythm(steps=8))


def test_a_stack_draws_what_its_network_does():
    """Compare the network that learns in single precision with the judged one in double."""
    torch.manual_seed(0)
    stack = SpikingStack(5, 7, replace(SMALL, depth=3)).double()
    x = torch.rand(4, 5, dtype=torch.float64)
    torch.testing.assert_close(stack(x), stack.network.run(x).read, rtol=0, atol=1e-12)


def test_operations_of_spikes_are_their_links():
    torch.manual_seed(0)
    stack = SpikingStack(5, 7, SMALL)
    x = torch.rand(4, 5)
    spikes = stack.network.run(x.double()).spikes
    found = count(stack, lambda: stack(x))
    assert found["spikes"] == sum(int(s.sum()) for s in spikes) > 0
    due = int(spikes[0].sum()) * 24 + int(spikes[1].sum()) * 7
    assert found["synaptic"] == due
    assert found["effective"] == due + 4 * 5 * 24
    assert found["updates"] == 2 * 8 * 4 * 24


def test_sharpness_follows_its_schedule():
    settings = replace(SMALL, sharpness=Sharpness(1.0, 16.0))
    model = SpikingVAE((3,), 1, VAESettings(latent=2), settings)
    model.anneal(0.5)
    stacks = [m for m in model.modules() if isinstance(m, SpikingStack)]
    assert [s.sharpness for s in stacks] == pytest.approx([4.0, 4.0])


def test_a_field_too_large_to_be_wired_is_refused():
    for name in SPIKING:
        with pytest.raises(ValueError, match="wired to each number"):
            build(name, (1, 128, 128), 1)
