"""Operations and rounded weights against closed forms."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from ingenium.core.errors import InputError
from ingenium.generators.families import build
from ingenium.generators.flow_matching import FlowMatching, FlowMatchingSettings
from ingenium.generators.model import Model
from ingenium.kits.spikes import operations


def _drawn(model: Model, n: int, seed: int) -> torch.Tensor:
    return model.propose(torch.zeros(n, 1), torch.Generator().manual_seed(seed)).detach()


def test_operations_of_two_layers_are_products_of_their_sizes():
    model = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2), nn.Identity())
    x = torch.ones(7, 3)
    found = operations.count(model, lambda: model(x))
    assert found["dense"] == 7 * (3 * 5 + 5 * 2)
    assert found["weights"] == 3 * 5 + 5 * 2
    assert found["footprint_bytes"] == 4 * (3 * 5 + 5 + 5 * 2 + 2)


def test_silent_activations_and_absent_weights_are_no_effective_operations():
    layer = nn.Linear(4, 3, bias=False)
    with torch.no_grad():
        layer.weight.fill_(1.0)
        layer.weight[:, 0] = 0.0  # of 12 links 9 are left
        layer.weight[2, 1] = 0.0  # and 8
    x = torch.tensor([[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    found = operations.count(layer, lambda: layer(x))
    assert found["dense"] == 3 * 12
    assert found["effective"] == 8 + 2  # all links of the first row, those of input 1 of the second


def test_layers_that_nothing_reaches_hold_no_weights_of_a_chip():
    model = nn.ModuleList([nn.Linear(3, 5), nn.Linear(3, 2)])
    found = operations.count(model, lambda: model[1](torch.ones(1, 3)))
    assert found["weights"] == 6
    assert found["footprint_bytes"] == 4 * (15 + 5 + 6 + 2)


def test_a_solver_of_twice_the_steps_does_twice_the_work():
    whole, twice = (
        FlowMatching((6,), 1, FlowMatchingSettings(steps=steps, width=16)) for steps in (4, 8)
    )
    found = [operations.count(m, lambda m=m: _drawn(m, 8, 0)) for m in (whole, twice)]
    assert found[1]["dense"] == 2 * found[0]["dense"] > 0


def test_weights_elsewhere_are_refused():
    with pytest.raises(InputError, match="linear layers"):
        operations.linear(nn.GRU(3, 3))


def test_what_a_mask_takes_out_is_no_link():
    model = build("flow", (6,), 1)
    found = operations.count(model, lambda: _drawn(model, 4, 0))
    assert found["effective"] < found["dense"]


@pytest.mark.parametrize("bits", [4, 8, 12])
def test_no_weight_moves_by_more_than_half_a_step(bits):
    w = torch.randn(20, 300, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    w[3] = 0.0
    step = w.abs().amax(1, keepdim=True) / (2 ** (bits - 1) - 1)
    moved = (operations.quantised(w, bits) - w).abs()
    assert bool((moved <= step / 2 * (1 + 1e-9)).all())
    assert bool((moved[3] == 0).all())
    assert len(torch.unique(operations.quantised(w[:1], bits))) <= 2**bits - 1


@pytest.mark.parametrize("bits", [6, 8, 10])
def test_noise_of_rounding_is_a_twelfth_of_the_squared_step(bits):
    """Uniform weights: SNR is 12 (2^(bits - 1) - 1)^2 / 3, about 6.02 dB for each bit."""
    rng = np.random.default_rng(2)
    w = torch.from_numpy(rng.uniform(-1, 1, (1, 200_000)))
    noise = operations.quantised(w, bits) - w
    found = 10 * math.log10(float(w.square().mean() / noise.square().mean()))
    assert found == pytest.approx(10 * math.log10(4 * (2 ** (bits - 1) - 1) ** 2), abs=0.1)


def test_a_bit_alone_is_refused():
    with pytest.raises(InputError, match="2 bits"):
        operations.quantised(torch.ones(1, 2), 1)


def test_rounded_model_is_a_copy_and_proposes_from_rounded_weights():
    model = build("vae", (6,), 1)
    coarse = operations.at_bits(model, 3)
    for layer, other in zip(operations.linear(model), operations.linear(coarse), strict=True):
        assert len(torch.unique(other.weight[0])) <= 7
        assert layer.weight is not other.weight
        assert torch.equal(layer.bias, other.bias)
    assert not torch.equal(*(_drawn(m, 4, 0) for m in (model, coarse)))
    fine = operations.at_bits(model, 24)
    pair = [_drawn(m, 4, 0) for m in (model, fine)]
    assert torch.allclose(*pair, atol=1e-4)
