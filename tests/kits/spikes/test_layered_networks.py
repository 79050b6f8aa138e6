"""Networks in steps against plain loops, encoders and slopes against closed forms."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.kits.spikes import encoders
from ingenium.kits.spikes.chips import CHIPS, FLOATS_45NM, GPU, Chip, DesignWork
from ingenium.kits.spikes.layered import LayeredNetwork, Rhythm, fired, heard
from ingenium.kits.spikes.surrogate import ADAPTIVE, Sharpness

RHYTHM = Rhythm(steps=20, step_ms=1.0, tau_ms=8.0)


def _network(*p: int, seed: int = 0) -> LayeredNetwork:
    rng = torch.Generator().manual_seed(seed)
    sizes = (4, 9, 8, 5)
    weights = [
        torch.randn(*p, b, a, generator=rng, dtype=torch.float64) for a, b in pairwise(sizes)
    ]
    biases = [0.3 * torch.randn(*p, b, generator=rng, dtype=torch.float64) for b in sizes[1:]]
    return LayeredNetwork(tuple(weights), tuple(biases), RHYTHM)


def _plain(network: LayeredNetwork, drive: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Compute one drive, neuron by neuron and step by step, by the equations."""
    w = [x.numpy() for x in network.weights]
    b = [x.numpy() for x in network.biases]
    retained, last = network.rhythm.retained, len(w) - 1
    v = [np.zeros(len(x)) for x in w]
    sent = [np.zeros(len(x)) for x in w]
    rasters: list[list[np.ndarray]] = [[] for _ in range(last)]
    for _ in range(network.rhythm.steps):
        before = [s.copy() for s in sent]
        for i in range(len(w)):
            for j in range(len(w[i])):
                if i == 0:
                    lift = (1 - retained) * (w[0][j] @ drive + b[0][j])
                else:
                    lift = w[i][j] @ before[i - 1] + b[i][j]
                v[i][j] = retained * v[i][j] + lift
                if i < last:
                    sent[i][j] = float(v[i][j] >= 1)
                    v[i][j] = 0.0 if sent[i][j] else v[i][j]
        for i in range(last):
            rasters[i].append(sent[i].copy())
    return [np.stack(r) for r in rasters], v[last]


def test_a_network_does_what_a_plain_loop_does():
    network = _network()
    drive = torch.rand(6, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 3
    run = network.run(drive)
    total = 0.0
    for k in range(6):
        rasters, read = _plain(network, drive[k].numpy())
        for found, due in zip(run.spikes, rasters, strict=True):
            np.testing.assert_array_equal(found[:, k].numpy(), due)
            total += due.sum()
        np.testing.assert_allclose(run.read[k].numpy(), read, rtol=0, atol=1e-12)
    assert total > 50


def test_many_networks_in_one_call_are_each_alone():
    many = _network(7, seed=2)
    drive = torch.rand(7, 3, 4, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    whole = many.run(2 * drive)
    for p in (0, 6):
        one = LayeredNetwork(
            tuple(w[p] for w in many.weights), tuple(b[p] for b in many.biases), RHYTHM
        ).run(2 * drive[p])
        torch.testing.assert_close(one.read, whole.read[p], rtol=0, atol=1e-12)
        for a, b in zip(one.spikes, whole.spikes, strict=True):
            assert torch.equal(a, b[:, p])


def test_steady_neurons_spike_as_their_geometric_series_says():
    """A lift of x in each step reaches x (1 - kept^k) / (1 - kept) after k of them."""
    lift = torch.full((40, 1, 1), 0.3, dtype=torch.float64)
    steps = fired(lift, RHYTHM)[:, 0, 0].nonzero()[:, 0]
    k = next(k for k in range(1, 40) if 0.3 * (1 - RHYTHM.retained**k) / (1 - RHYTHM.retained) >= 1)
    assert steps.tolist() == list(range(k - 1, 40, k))


def test_latency_sends_one_spike_at_most_and_larger_numbers_earlier():
    x = torch.tensor([[0.0, 0.1, 0.5, 1.0]])
    found = encoders.latency(x, 11)
    assert found.sum(0)[0].tolist() == [0, 1, 1, 1]
    assert found.argmax(0)[0, 1:].tolist() == [9, 5, 0]


def test_rate_is_the_share_of_steps_with_a_spike():
    x = torch.tensor([[0.0, 0.2, 0.7, 1.0]])
    share = encoders.rate(x, 4000, torch.Generator().manual_seed(0)).mean(0)[0]
    assert share.tolist() == pytest.approx([0, 0.2, 0.7, 1], abs=0.03)


def test_of_a_population_who_likes_a_number_best_spikes_first():
    x = torch.tensor([[0.0, 0.5, 1.0]])
    found = encoders.population(x, 20, 5).reshape(20, 1, 3, 5)
    moment = torch.where(found.sum(0) > 0, found.argmax(0), 99)[0]
    assert moment.argmin(-1).tolist() == [0, 2, 4]


def _by_steps(arriving: torch.Tensor, sharpness: float) -> torch.Tensor:
    """Compute spikes by single operations, which torch differentiates itself."""

    class Step(torch.autograd.Function):
        @staticmethod
        def forward(ctx, over):
            ctx.save_for_backward(over)
            return (over >= 0).to(over.dtype)

        @staticmethod
        def backward(ctx, grad):
            return grad / (1 + sharpness * ctx.saved_tensors[0].abs()).square()

    v, found = torch.zeros_like(arriving[0]), []
    for lift in arriving:
        v = RHYTHM.retained * v + lift
        found.append(Step.apply(v - 1))
        v = v * (1 - found[-1])
    return torch.stack(found)


def test_slopes_through_all_steps_are_those_of_single_operations():
    """Compare first gradients, and those of a penalty on gradients."""
    rng = torch.Generator().manual_seed(4)
    lift = torch.rand(9, 5, 7, generator=rng, dtype=torch.float64).requires_grad_()
    weight = torch.rand(9, 5, 7, generator=rng, dtype=torch.float64)
    both = []
    for made in (fired(lift, RHYTHM, 3.0), _by_steps(lift, 3.0)):
        loss = (weight * made).sum() + (made.cumsum(0) * weight).sum()
        (first,) = torch.autograd.grad(loss, lift, create_graph=True)
        (second,) = torch.autograd.grad(first.square().sum(), lift)
        both.append((made, first, second))
    for ours, due in zip(*both, strict=True):
        torch.testing.assert_close(ours, due, rtol=1e-12, atol=1e-12)
    assert float(both[0][2].abs().max()) > 0.1


def test_the_slope_is_that_of_the_fast_sigmoid():
    lift = torch.tensor([[0.0, 1.0, 3.0]], dtype=torch.float64, requires_grad=True)
    out = fired(lift, RHYTHM, 5.0)
    assert out.tolist() == [[0.0, 1.0, 1.0]]
    out.sum().backward()
    assert lift.grad[0].tolist() == pytest.approx([1 / 36, 1.0, 1 / 121])
    assert [ADAPTIVE.at(f) for f in (0.0, 0.5, 1.0)] == pytest.approx([1, 20**0.5, 20])


def test_energies_are_sums_of_what_was_published():
    loihi = next(c for c in CHIPS if c.name == "Loihi")
    work = DesignWork(multiplies=10.0, accumulates=1000.0, updates=100.0, spikes=50.0)
    assert loihi.energy_j(work) == pytest.approx(1e-12 * (23.6 * 1010 + 81 * 100 + 1.7 * 50))
    assert FLOATS_45NM.energy_j(work) == pytest.approx(1e-12 * (4.6 * 110 + 0.9 * 1000))
    assert GPU.energy_j(DesignWork(multiplies=19.5e12 / 2)) == pytest.approx(
        400
    )  # a second at its peak
    assert next(c for c in CHIPS if c.name == "Loihi 2").energy_j(work) is None
    assert loihi.neuron_cores(1025, 1000, 8) == 2
    assert loihi.neuron_cores(10, 200_000, 8) == 2  # memory of 128 KB


def test_cores_are_products():
    chip = Chip("c", 8, 4, core_bits=1000, operation_pj=20.0)
    assert [chip.cores_for(n, 8) for n in (125, 126, 500)] == [1, 2, 4]
    assert chip.fits(500, 8)
    assert not chip.fits(501, 8)
    assert not chip.fits(10, 9)
    assert chip.holds({"a": 125, "b": 501}, 8) == (
        "holds 1 of 2 generators at 8 bits; of 4 cores takes a 1, b 5"
    )
    assert chip.holds({"a": 1}, 9) == "takes no weights of 9 bits (most: 8)"
    few = Chip("d", 8, 4, weights=100)
    assert (few.fits(100, 8), few.fits(101, 8)) == (True, False)


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        (lambda: Rhythm(step_ms=9.0), r"at most 8 ms.*Write 1"),
        (lambda: Rhythm(steps=0), "10,000 steps"),
        (lambda: Sharpness(0.0, 1.0), "sharpness above 0"),
        (lambda: encoders.latency(torch.tensor([[1.2]]), 5), "from 0 to 1"),
        (lambda: encoders.population(torch.tensor([[0.2]]), 5, 1), "2 neurons"),
        (lambda: heard([torch.zeros(9, 2, 3)]), "silent"),
        (lambda: heard([torch.ones(9, 2, 3)]), "saturated"),
        (
            lambda: LayeredNetwork((torch.ones(3, 2),), (torch.ones(3),), RHYTHM),
            "one that is read",
        ),
        (
            lambda: LayeredNetwork(
                (torch.ones(3, 2), torch.ones(2, 4)), (torch.ones(3), torch.ones(2)), RHYTHM
            ),
            "fits the one before",
        ),
    ],
)
def test_what_no_network_is_is_refused(wrong, match: str):
    with pytest.raises(InputError, match=match):
        wrong()
