"""Discrete diffusion of graphs: noise against matrices, a family against known probabilities."""

from dataclasses import dataclass
from functools import cache

import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.generators.families import build
from ingenium.generators.graphs.diffusion import GraphDiffusion
from ingenium.generators.graphs.graph import pairs, square
from ingenium.generators.graphs.network import GraphNetwork, GraphNetworkSettings, walked
from ingenium.generators.graphs.noise import before, noised, retained
from ingenium.sampling.steer import Steer
from ingenium.train.plan import Plan

FREQUENT = torch.tensor([0.5, 0.3, 0.2])
SMALL = GraphNetworkSettings(width=32, edge_width=16, layers=2, heads=4, walks=4)


@dataclass(frozen=True)
class Little:
    """Graphs of at most three nodes of two kinds, with one kind of edge."""

    nodes: int = 3
    kinds: int = 3
    bonds: int = 2


SHAPE = (6,)


def rng(seed: int = 7) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def matrix(share: float) -> Tensor:
    """Row i: the probabilities of each kind after noise on kind i."""
    return share * torch.eye(3) + (1 - share) * FREQUENT


def test_noise_keeps_nothing_at_the_end_and_all_at_the_start() -> None:
    share = retained(torch.linspace(0, 1, 11))
    assert share[0] == pytest.approx(1)
    assert share[-1] == pytest.approx(0, abs=1e-6)
    assert (share.diff() < 0).all()
    half = torch.tensor(0.5 + 0.008) / 1.008 * torch.pi / 2
    assert share[5] == pytest.approx(float(half.cos() ** 2), rel=1e-3)


def test_noise_in_two_steps_is_noise_in_one() -> None:
    torch.testing.assert_close(matrix(0.6) @ matrix(0.5), matrix(0.3))


@pytest.mark.parametrize("share", [0.0, 0.35, 1.0])
def test_noise_has_the_chances_of_its_matrix(share: float) -> None:
    n = 30_000
    for kind in range(3):
        ids = torch.full((n, 1), kind)
        found = noised(ids, torch.full((n,), share), FREQUENT, rng())[:, 0]
        torch.testing.assert_close(
            found.bincount(minlength=3) / n, matrix(share)[kind], atol=0.012, rtol=0
        )


def test_the_way_back_is_that_of_bayes() -> None:
    """All kinds before, at, and after the earlier time are enumerated."""
    earlier, later = 0.7, 0.4
    first = torch.tensor([0.2, 0.5, 0.3])
    onward = matrix(later / earlier)
    for now in range(3):
        joint = torch.zeros(3)
        for k in range(3):
            through = matrix(earlier)[k] * onward[:, now]  # over kinds at the earlier time
            joint += first[k] * through / through.sum()
        found = before(torch.tensor([[now]]), first[None, None], (earlier, later), FREQUENT)
        torch.testing.assert_close(found[0, 0], joint)


def test_the_last_step_back_is_what_was_guessed() -> None:
    first = torch.tensor([[[0.2, 0.5, 0.3]]])
    found = before(torch.tensor([[1]]), first, (1.0, 0.9), FREQUENT)
    torch.testing.assert_close(found, first)


def test_walks_are_those_of_a_chain() -> None:
    path = square(torch.tensor([[1, 0, 1]]), 3) > 0  # 0 - 1 - 2
    found = walked(path, 2)[0]
    torch.testing.assert_close(found[1, :, 0], torch.tensor([0.5, 0.0, 0.5]))
    torch.testing.assert_close(found[0, :, 1], torch.tensor([0.5, 0.0, 0.5]))


def test_the_network_turns_with_the_order_of_the_nodes() -> None:
    torch.manual_seed(0)
    network = GraphNetwork(4, 3, SMALL).double()
    kinds = torch.tensor([[1, 2, 3, 1, 2, 0]])
    edges = square(torch.randint(0, 3, (1, 15), generator=rng()), 6)
    edges[:, 5], edges[:, :, 5] = 0, 0
    reported = torch.randn(1, 32, generator=rng()).double()
    order = torch.tensor([3, 0, 4, 2, 1, 5])
    with torch.no_grad():
        nodes, bonds = network(kinds, edges, reported)
        turned, turned_bonds = network(kinds[:, order], edges[:, order][:, :, order], reported)
    torch.testing.assert_close(turned[:, :5], nodes[:, order][:, :5])
    torch.testing.assert_close(turned_bonds[:, :5, :5], bonds[:, order][:, :, order][:, :5, :5])
    torch.testing.assert_close(bonds, bonds.transpose(1, 2))


def test_nodes_that_are_not_there_say_nothing() -> None:
    torch.manual_seed(0)
    network = GraphNetwork(4, 3, SMALL).double()
    kinds, reported = torch.tensor([[1, 2, 3, 0, 0]]), torch.zeros(1, 32).double()
    edges = square(torch.tensor([[1, 2, 0, 0, 0, 0, 0, 0, 0, 0]]), 5)
    with torch.no_grad():
        whole, _ = network(kinds, edges, reported)
        alone, _ = network(kinds[:, :3], edges[:, :3, :3], reported)
    torch.testing.assert_close(whole[:, :3], alone)


def little(n: int) -> Tensor:
    """Triangles of kind 1 (share 0.4), and pairs of kinds 1 and 2 with an edge (0.6)."""
    triangle = torch.rand(n, generator=rng(1)) < 0.4
    x = torch.where(
        triangle[:, None],
        torch.tensor([1, 1, 1, 1, 1, 1]),
        torch.tensor([1, 2, 0, 1, 0, 0]),
    )
    return x.float()


@cache
def fitted(steps: int = 6) -> GraphDiffusion:
    torch.manual_seed(0)
    family = GraphDiffusion(SHAPE, 1, Little(), network=SMALL, steps=20)
    plan = Plan(steps=steps, batch=64, learning_rate=5e-3, ema_decay=0.95, check_every=steps // 2)
    family.fit(little(600), torch.zeros(600, 1), plan)
    return family


@pytest.mark.slow
def test_learns_which_graphs_there_are() -> None:
    found = fitted(120).propose(torch.zeros(500, 1), rng())
    three = found[:, 2] > 0
    assert float(three.float().mean()) == pytest.approx(0.4, abs=0.07)
    assert float((found[three] == 1).all(1).float().mean()) > 0.93
    two = found[~three]
    assert float(((two[:, :2].sum(1) == 3) & (two[:, 3] == 1)).float().mean()) > 0.93


def test_the_same_generator_gives_the_same_graphs_whatever_the_other_rows() -> None:
    family, cond = fitted(), torch.randn(16, 1, generator=rng())
    first = family.propose(cond, rng())
    assert first.shape == (16, *SHAPE)
    assert torch.equal(first, family.propose(cond, rng()))
    assert not torch.equal(first, family.propose(cond, rng(8)))
    other, rest = cond.clone(), torch.arange(16) != 5
    other[5] = 30.0
    assert torch.equal(first[rest], family.propose(other, rng())[rest])
    again = GraphDiffusion(SHAPE, 1, Little(), network=SMALL, steps=20)
    again.load_state_dict(load(save(dict(family.state_dict()))))
    assert torch.equal(first, again.propose(cond, rng()))


def test_edges_lie_between_nodes_that_are_there() -> None:
    found = fitted().propose(torch.zeros(200, 1), rng(), Steer(weight=2.0))
    i, j = pairs(3)
    there = found[:, :3] > 0
    assert (there[:, 0] & (there[:, 1] | ~there[:, 2])).all()
    assert not ((found[:, 3:] > 0) & ~(there[:, i] & there[:, j])).any()


def test_what_is_no_graph_is_refused() -> None:
    family = fitted()
    for bad in ([1, 0, 1, 0, 0, 0], [1, 3, 0, 0, 0, 0], [1, 1, 0, 0, 1, 0], [1, 1, 0, 0.5, 0, 0]):
        with pytest.raises(InputError, match="graphs"):
            family.fit(torch.tensor([bad] * 4).float(), torch.zeros(4, 1), Plan(steps=2))
    with pytest.raises(InputError, match="gradient"):
        family.propose(torch.zeros(2, 1), rng(), Steer(energy=lambda x: x.sum(1)))
    with pytest.raises(InputError, match="other form"):
        build("graph_diffusion", (5,), 1, codec=Plain())


@dataclass(frozen=True)
class Plain:
    """Tokens without further structure."""

    symbols: int = 5
    grammar: None = None
