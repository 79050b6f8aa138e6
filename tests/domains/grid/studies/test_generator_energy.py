"""Row 19.18: operations, rounding and energies against closed forms."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from ingenium.core.errors import InputError
from ingenium.domains.grid.studies import generator_energy
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings
from ingenium.generators import operations
from ingenium.generators.families import build
from ingenium.generators.flow_matching import FlowMatching, FlowMatchingSettings
from ingenium.spiking import chips


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
    found = [
        operations.count(m, lambda m=m: generator_energy.draw(m, 8, 0)) for m in (whole, twice)
    ]
    assert found[1]["dense"] == 2 * found[0]["dense"] > 0


def test_weights_elsewhere_are_refused():
    with pytest.raises(InputError, match="linear layers"):
        operations.linear(nn.GRU(3, 3))


def test_what_a_mask_takes_out_is_no_link():
    model = build("flow", (6,), 1)
    found = operations.count(model, lambda: generator_energy.draw(model, 4, 0))
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
    assert not torch.equal(*(generator_energy.draw(m, 4, 0) for m in (model, coarse)))
    fine = operations.at_bits(model, 24)
    pair = [generator_energy.draw(m, 4, 0) for m in (model, fine)]
    assert torch.allclose(*pair, atol=1e-4)


def test_cores_are_products():
    chip = chips.Chip("c", 8, 4, core_bits=1000, operation_pj=20.0)
    assert [chip.cores_for(n, 8) for n in (125, 126, 500)] == [1, 2, 4]
    assert chip.fits(500, 8)
    assert not chip.fits(501, 8)
    assert not chip.fits(10, 9)
    assert chip.holds({"a": 125, "b": 501}, 8) == (
        "holds 1 of 2 generators at 8 bits; of 4 cores takes a 1, b 5"
    )
    assert chip.holds({"a": 1}, 9) == "takes no weights of 9 bits (most: 8)"
    few = chips.Chip("d", 8, 4, weights=100)
    assert (few.fits(100, 8), few.fits(101, 8)) == (True, False)


def test_dearer_of_two_generators_costs_more():
    cheap, costly = build("vae", (6,), 1), build("diffusion", (6,), 1)
    found = [generator_energy.joule_each(m, 0.05) for m in (cheap, costly)]
    assert 0 < 3 * found[0] < found[1]


T_2 = 0.95 / math.sqrt(2 * 0.975 * 0.025)  # Student's with 2 degrees of freedom, 97.5 %


def ends(value: Value) -> list[float]:
    return [value.interval.value, value.interval.low, value.interval.high]


def test_ratios_have_a_geometric_mean_and_students_factor_about_it():
    half = T_2 * math.sqrt(7.0 / 3.0)  # variance of 1, 2 and 6 is 7
    found = generator_energy.ratio_of_seeds(np.exp([1.0, 2.0, 6.0]))
    assert ends(found) == pytest.approx([math.exp(3.0 + s * half) for s in (0, -1, 1)], rel=1e-12)


def test_correlations_are_meant_on_fishers_z_and_one_of_1_stands_below_it():
    found = generator_energy.rank_correlation_of_seeds(np.tanh([0.0, 1.0, 2.0]), 20)
    half = T_2 / math.sqrt(3.0)  # variance of 0, 1 and 2 is 1
    assert ends(found) == pytest.approx([math.tanh(1.0 + s * half) for s in (0, -1, 1)], rel=1e-12)
    whole = generator_energy.rank_correlation_of_seeds([1.0, 1.0, 1.0], 10)
    assert 1 - whole.interval.value == pytest.approx(6 / (10**3 - 10))


def test_the_best_is_held_against_the_cheapest_of_its_set():
    """Planted: the nearest family of digits takes 8 times, that of wings 2 times the cheapest."""
    pieces = {}
    for arm, (family, data) in generator_energy.measure.arms.items():
        place = list(generator_energy.STEPS).index(family)
        best = place == (3 if data == "digits" else 1)
        numbers = dict.fromkeys(("weights", "footprint_bytes", "effective"), 1)
        lost = {f"lost_at_{bits}_bits": 0.01 for bits in generator_energy.BITS}
        joule = [2.0**place, 2.0**place * math.e]
        piece = {"joule": joule, "distance": 0.0 if best else 1.0, "dense": 10**place}
        pieces[arm] = [numbers | lost | piece] * 2
    found = generator_energy.read(Readings((0, 1), pieces))
    assert found["apart"].interval.value == pytest.approx(4.0)
    np.testing.assert_allclose(found["again"], 1.0)
    np.testing.assert_allclose(found["precision"], 0.01)
    assert found["counted"].interval.value > 0.99
