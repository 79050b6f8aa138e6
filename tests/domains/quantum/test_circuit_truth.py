"""Circuits by hand: probabilities, entanglement, divergences and counts in closed form."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from ingenium.domains.quantum.distribution.targets import bars_and_stripes, gaussian_mixture
from ingenium.domains.quantum.distribution.template import Template
from ingenium.domains.quantum.distribution.verifier import CircuitVerifier, floor_of_shots

TWO = Template(2, 1, ((0, 1),))
EVEN = torch.full((4,), 0.25, dtype=torch.float64)


def measured(
    turn: list[list[float]], pair: float, target: Tensor = EVEN, template: Template = TWO
) -> dict[str, float]:
    """Quantities of one layer: rotations by y and z of each qubit, then one of a pair."""
    verifier = CircuitVerifier(template, target, 100, None)
    arrays = (
        torch.tensor([[turn]], dtype=torch.float64),
        torch.tensor([[[pair] * len(template.pairs)]], dtype=torch.float64),
    )
    found = verifier.measure(*arrays)[0].tolist()
    return dict(zip((q.name for q in verifier.quantities), found, strict=True))


def binary(p: float) -> float:
    """Entropy of a coin, in bits."""
    return -p * math.log2(p) - (1 - p) * math.log2(1 - p)


@pytest.mark.parametrize("angle", [0.3, math.pi / 2, 2.5])
def test_a_turned_pair_is_entangled_as_its_angle_says(angle: float) -> None:
    """exp(-i a XX / 2) |00> = cos(a/2) |00> - i sin(a/2) |11>; a Bell state at a quarter turn."""
    found = measured([[0.0, 0.0], [0.0, 0.0]], angle)
    one = math.sin(angle / 2) ** 2
    assert found["entanglement"] == pytest.approx(binary(one), abs=1e-9)
    both = abs(1 - one - 0.25) + abs(one - 0.25) + 0.5
    assert found["total_variation"] == pytest.approx(both / 2, abs=1e-12)


def test_turns_of_single_qubits_multiply_and_entangle_nothing() -> None:
    """Ry(a) |0> is read as 1 with probability sin^2(a/2), whatever turns about z follow."""
    a, b = 0.7, 1.9
    found = measured([[a, b], [0.4, -1.1]], 0.0)
    ones = [math.sin(x / 2) ** 2 for x in (a, b)]
    chance = [
        (1 - ones[0]) * (1 - ones[1]),
        ones[0] * (1 - ones[1]),
        (1 - ones[0]) * ones[1],
        ones[0] * ones[1],
    ]
    assert found["entanglement"] == pytest.approx(0.0, abs=1e-9)
    assert found["divergence"] == pytest.approx(
        -0.25 * sum(math.log(4 * p) for p in chance), rel=1e-9
    )
    assert found["total_variation"] == pytest.approx(0.5 * sum(abs(p - 0.25) for p in chance))


def test_the_lowest_bit_is_qubit_0() -> None:
    """A flip of qubit 0 alone is outcome 1, and of qubit 1 alone outcome 2."""
    for qubit, outcome in ((0, 1), (1, 2)):
        turn = [[math.pi if q == qubit else 0.0 for q in range(2)], [0.0, 0.0]]
        target = torch.eye(4, dtype=torch.float64)[outcome]
        assert measured(turn, 0.0, target)["total_variation"] == pytest.approx(0.0, abs=1e-12)


def test_gates_are_those_that_turn() -> None:
    found = measured([[0.5, 0.0], [0.0, 0.0]], 0.3)
    counts = ("two_qubit_gates", "parameters", "depth", "idle_qubits")
    assert [found[name] for name in counts] == [1, 2, 2, 0]
    found = measured([[0.5, 0.0], [0.2, 0.0]], 0.0)
    assert [found[name] for name in counts] == [0, 2, 2, 1]


@pytest.mark.parametrize("shots", [10, 64])
def test_a_fair_coin_misses_its_half_by_what_de_moivre_says(shots: int) -> None:
    """E|X - N/2| = N/2 binom(N, N/2) / 2^N for even N; de Moivre, 1730."""
    coin = torch.full((2,), 0.5, dtype=torch.float64)
    mean = math.comb(shots, shots // 2) / 2**shots / 2
    assert floor_of_shots(coin, shots) == pytest.approx(mean, rel=1e-12)


def test_targets_are_the_published_ones() -> None:
    """2 x 2 bars and stripes: 6 of 16 pictures (Benedetti et al. 2019, fig. 1)."""
    chance = bars_and_stripes(2, 2)
    assert [int(i) for i in np.flatnonzero(chance)] == [0, 3, 5, 10, 12, 15]
    np.testing.assert_allclose(chance[chance > 0], 1 / 6)
    bells = gaussian_mixture(8)
    at = np.arange(256) / 256
    np.testing.assert_allclose(bells.sum(), 1)
    assert at @ bells == pytest.approx(0.6 * 0.25 + 0.4 * 0.625, abs=2e-3)
