"""Built-in symmetries are exact to 1e-6 in single precision and to 1e-12 in double."""

import math

import pytest
import torch
from torch import Tensor

from ingenium.generators.graphs.network import GraphNetwork, GraphNetworkSettings
from ingenium.generators.torus import log_mixture

KINDS = [(torch.float32, 1e-6), (torch.float64, 1e-12)]
SMALL = GraphNetworkSettings(width=32, edge_width=16, layers=3, heads=4, walks=4)


def _off(a: Tensor, b: Tensor) -> float:
    """Largest difference, over the largest number."""
    return float((a - b).abs().max() / b.abs().max())


@pytest.mark.parametrize(("kind", "most"), KINDS)
def test_logits_of_a_graph_turn_with_the_order_of_its_nodes(kind: torch.dtype, most: float) -> None:
    rng = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    network = GraphNetwork(4, 3, SMALL).to(kind)
    kinds = torch.randint(1, 4, (5, 7), generator=rng)
    edges = torch.randint(0, 3, (5, 7, 7), generator=rng).triu(1)
    edges = edges + edges.transpose(1, 2)
    reported = torch.randn(5, 32, generator=rng, dtype=torch.float64).to(kind)
    order = torch.randperm(7, generator=rng)
    with torch.no_grad():
        nodes, bonds = network(kinds, edges, reported)
        again, alongside = network(kinds[:, order], edges[:, order][:, :, order], reported)
    assert _off(again, nodes[:, order]) < most
    assert _off(alongside, bonds[:, order][:, :, order]) < most
    assert _off(again, nodes) > 0.01  # which would also be true of a network that sees no nodes


@pytest.mark.parametrize(("kind", "most"), KINDS)
def test_densities_on_a_torus_turn_with_it(kind: torch.dtype, most: float) -> None:
    rng = torch.Generator().manual_seed(1)
    angle, weight, mean, kappa = torch.rand(4, 50, 3, generator=rng, dtype=torch.float64).to(kind)
    one = angle[:, 0]
    before = log_mixture(one, weight, 6 * mean, 4 * kappa)
    for turn in (1.0, 2 * math.pi):
        assert _off(log_mixture(one + turn, weight, 6 * mean + turn, 4 * kappa), before) < most
    assert _off(log_mixture(one + 1.0, weight, 6 * mean, 4 * kappa), before) > 0.01
