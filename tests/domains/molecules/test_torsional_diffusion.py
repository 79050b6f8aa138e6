"""The torsional diffusion against derivatives, symmetries, and the torsion of butane."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr
from safetensors.torch import load_file

from ingenium.core.designs import to_dataset
from ingenium.core.spec import Spec
from ingenium.core.verify import verify
from ingenium.domains import open_problem
from ingenium.domains.molecules.conformers import forces, recipe, torus
from ingenium.domains.molecules.conformers.codec import ConformerCodec
from ingenium.domains.molecules.conformers.families import Stiff, TorsionalDiffusion
from ingenium.domains.molecules.conformers.graph import Graph
from ingenium.domains.molecules.conformers.known_ensembles import KnownEnsemble
from ingenium.domains.molecules.conformers.library import TorsionHistograms, kinds
from ingenium.domains.molecules.conformers.network import Torque, _torque
from ingenium.domains.molecules.conformers.requested_molecule import molecule
from ingenium.domains.molecules.conformers.search import ConformerSearch, searched
from ingenium.domains.molecules.conformers.torsions import Torsions

AMIDE = "CC(=O)Nc1ccc(S(=O)(=O)NCc2ccc(C)cc2)cc1"


@pytest.mark.parametrize("sigma", [torus.NARROWEST, 0.3, 1.0, torus.WIDEST])
def test_the_wrapped_normal_density(sigma: float) -> None:
    """The score is its derivative, its integral over the circle is 1, and a series agrees."""
    x = torch.linspace(-math.pi, math.pi, 2001, dtype=torch.float64)[:-1].requires_grad_()
    wide = torch.full_like(x, sigma).detach()
    found = torus.log_density(x, wide)
    (slope,) = torch.autograd.grad(found.sum(), x)
    torch.testing.assert_close(torus.score(x.detach(), wide), slope, rtol=1e-9, atol=1e-9)
    mass = found.detach().exp() * (2 * math.pi / 2000)
    assert float(mass.sum()) == pytest.approx(1.0, abs=1e-12)
    waves = torch.arange(1, 400, dtype=torch.float64)
    decay = torch.exp(-0.5 * (waves * sigma) ** 2)
    series = (1 + 2 * (decay * torch.cos(waves * x.detach()[:, None])).sum(1)) / (2 * math.pi)
    torch.testing.assert_close(found.detach().exp(), series, rtol=1e-9, atol=1e-12)
    square = float((mass * slope.square()).sum())
    assert float(torus.mean_square_score(wide[:1])) == pytest.approx(square, rel=1e-6)


def test_run_backwards_with_the_true_score_it_gives_the_true_angles() -> None:
    """Two narrow peaks of unequal weight, whose noisy score is known, are recovered."""
    place, weight = torch.tensor([-1.0, 2.0]), torch.tensor([0.25, 0.75])

    def score(x: torch.Tensor, sigma: float) -> torch.Tensor:
        wide = torch.full((*x.shape, 2), math.hypot(sigma, 0.1))
        apart = x[..., None] - place
        share = torch.softmax(torus.log_density(apart, wide) + weight.log(), -1)
        return (share * torus.score(apart, wide)).sum(-1)

    x = torus.backwards((2000, 2), score, 60, torch.Generator().manual_seed(0))
    near = (x - 2.0).abs() < 0.5
    assert float(near.float().mean()) == pytest.approx(0.75, abs=0.03)
    assert float((near | ((x + 1.0).abs() < 0.5)).float().mean()) > 0.999
    assert float(x[near].std()) == pytest.approx(0.1, abs=0.02)


@pytest.fixture(scope="module")
def amide() -> tuple[Graph, Torsions, torch.Tensor]:
    mol = molecule(AMIDE)
    whole = Torsions.of(mol)
    graph = Graph.of(mol, whole)
    position = torch.from_numpy(forces.embedded(mol, 3, 1))[:, graph.heavy].to(torch.float32)
    return graph, graph.torsions(whole), position


def test_a_torque_is_the_derivative_of_an_energy(
    amide: tuple[Graph, Torsions, torch.Tensor],
) -> None:
    graph, torsions, position = amide
    x = position.to(torch.float64)
    by = torch.zeros(3, len(torsions.quartets), dtype=torch.float64, requires_grad=True)
    one, other = graph.pairs

    def energy(at: torch.Tensor) -> torch.Tensor:
        return (at[:, one] - at[:, other]).norm(dim=-1).pow(3).sum()

    (truth,) = torch.autograd.grad(energy(torsions.turned(x, by)), by)
    at = x.clone().requires_grad_()
    (force,) = torch.autograd.grad(energy(at), at)
    torch.testing.assert_close(_torque(graph, x, force), truth, rtol=1e-9, atol=1e-6)


def test_the_score_turns_round_in_a_mirror_and_nothing_else_changes_it(
    amide: tuple[Graph, Torsions, torch.Tensor],
) -> None:
    graph, _, position = amide
    torch.manual_seed(1)
    network = Torque()
    for last in (network.force[-1][-1], network.wave[-1][-1]):
        torch.nn.init.normal_(last.weight)
    known, sigma = network.surroundings(graph), torch.tensor([0.1, 0.5, 2.0])
    with torch.no_grad():
        found = network(graph, known, position, sigma)
        assert float(found.abs().min()) > 0
        turn, _ = torch.linalg.qr(torch.randn(3, 3))
        turn *= torch.linalg.det(turn).sign()
        moved = network(graph, known, position @ turn + 3.0, sigma)
        mirrored = network(graph, known, position * torch.tensor([1.0, 1.0, -1.0]), sigma)
        alone = network(graph, known, position[1:2], sigma[1:2])
    torch.testing.assert_close(moved, found, rtol=1e-3, atol=1e-3 * float(found.abs().max()))
    torch.testing.assert_close(mirrored, -found, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(alone, found[1:2], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("kind", "most"), [(torch.float32, 1e-6), (torch.float64, 1e-12)])
def test_forces_turn_with_the_conformer(
    amide: tuple[Graph, Torsions, torch.Tensor], kind: torch.dtype, most: float
) -> None:
    """A quarter turn, whose rounding adds nothing of its own."""
    graph, _, position = amide
    graph = replace(graph, atoms=graph.atoms.to(kind), bonds=graph.bonds.to(kind))
    torch.manual_seed(1)
    network = Torque()
    for last in (network.force[-1][-1], network.wave[-1][-1]):
        torch.nn.init.normal_(last.weight)
    network = network.to(kind)
    x = position.to(kind)
    x = x - x.mean(1, keepdim=True)
    known, sigma = network.surroundings(graph), torch.tensor([0.1, 0.5, 2.0], dtype=kind)
    quarter = torch.tensor([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]], dtype=kind)
    with torch.no_grad():
        found = network(graph, known, x, sigma)
        moved = network(graph, known, x @ quarter, sigma)
    assert float((moved - found).abs().max() / found.abs().max()) < most


@pytest.mark.slow
def test_it_learns_the_three_minima_of_butane_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    known = KnownEnsemble("CCCC", searched("CCCC", ConformerSearch(starts=20)))
    learned = [recipe.TrainingMolecule.of(known)]
    few = recipe.TorsionRecipe(steps=200, each=1, rows=48, learning_rate=5e-3, ema_decay=0.97)
    network, last = recipe._trained(few, learned, tmp_path, lambda step, loss: None)
    again, same = recipe._trained(few, learned, tmp_path, lambda step, loss: None)
    assert same == last
    assert all(
        torch.equal(a, b)
        for a, b in zip(network.state_dict().values(), again.state_dict().values(), strict=True)
    )
    mol = molecule("CCCC")
    torsions = Torsions.of(mol)
    base = torsions.framed(torch.from_numpy(known.ensemble.position))[0]
    stiff = Stiff.of(mol, ConformerCodec(torsions, base), 1, 2)
    made = TorsionalDiffusion(stiff, network, sharpness=1.0).conformers(
        300, torch.Generator().manual_seed(0)
    )
    angles = torsions.angles(made)[:, 0].rad2deg()
    places = torsions.angles(torch.from_numpy(known.ensemble.position))[:, 0].rad2deg()
    apart = torch.remainder(angles[:, None] - places + 180, 360) - 180
    near = apart.abs() < 20
    assert float(near.any(1).float().mean()) > 0.8
    assert float(near.float().mean(0).min()) > 0.2  # each of the three gets its third
    rows = TorsionalDiffusion(stiff, network).propose(
        torch.zeros(3, 1), torch.Generator().manual_seed(0)
    )
    assert rows.shape == (3, *stiff.codec.shape)


def test_a_library_draws_what_it_counted() -> None:
    mol = molecule("CCCC")
    known = searched("CCCC", ConformerSearch(starts=20)).position
    library = TorsionHistograms.of([(mol, np.repeat(known, 10, 0))])
    torsions = Torsions.of(mol)
    assert set(kinds(mol, torsions.quartets[0].tolist())) <= set(library.counts)
    drawn = library.drawn(mol, torsions, 2000, torch.Generator().manual_seed(0)).rad2deg()
    assert float((drawn.abs() > 165).float().mean()) == pytest.approx(1 / 3, abs=0.05)
    assert float(drawn.mean().abs()) < 10


def test_what_comes_trained_proposes_low_conformers() -> None:
    problem = open_problem(
        Spec("molecules.conformers", setup={"smiles": "CC[C@H](C)O", "starts": 20})
    )
    pretrained = problem.pretrained()[problem.default_family]
    family = pretrained.make()
    family.load_state_dict({k: v.float() for k, v in load_file(pretrained.weights).items()})
    again = family.propose(torch.zeros(16, 1), torch.Generator().manual_seed(2))
    x = family.propose(torch.zeros(16, 1), torch.Generator().manual_seed(2))
    assert torch.equal(x, again)
    arrays = problem.repair(problem.decode(x.to(torch.float64), xr.Dataset()), xr.Dataset())
    designs = to_dataset(arrays, problem.variables, problem.labels())
    found = verify(
        designs,
        problem.verifier,
        problem.limits,
        variables=problem.variables,
        sizes=problem.sizes,
    )
    assert (found["verdict"] == "accepted").mean() > 0.9
    assert problem.scores(designs, designs)["cov_r"] > 0.7
    assert len(problem.sections(designs, found)) == 4
