"""Lattice fields against closed forms, full enumeration and a second sampler."""

import itertools
import math

import numpy as np
import pytest
import torch

from ingenium.domains.physics.lattice import clusters, kaufman
from ingenium.domains.physics.lattice.chains import autocorrelation, hybrid, metropolis
from ingenium.domains.physics.lattice.characters import Characters, IndependentPlaquettes
from ingenium.domains.physics.lattice.elimination import Elimination
from ingenium.domains.physics.lattice.ensemble import counts, lots, mean, pulls
from ingenium.domains.physics.lattice.flux_tree import FluxTree
from ingenium.domains.physics.lattice.glass import Glass
from ingenium.domains.physics.lattice.sites import XY, Ising, Phi4, SiteLaw
from ingenium.domains.physics.lattice.staircase import Staircase
from ingenium.domains.physics.lattice.u1 import U1
from ingenium.generators.torus import log_von_mises, von_mises

CRITICAL = math.log(1 + math.sqrt(2)) / 2
KINDS = [(torch.float32, 1e-6), (torch.float64, 1e-12)]
SPINS = torch.tensor(list(itertools.product((-1.0, 1.0), repeat=16)), dtype=torch.float64)


def _rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _at(coupling: float, n: int) -> torch.Tensor:
    return torch.full((n,), coupling, dtype=torch.float64)


def _off(a: torch.Tensor, b: torch.Tensor) -> float:
    """Largest difference relative to the largest number, as single densities pass through 0."""
    return float((a - b).abs().max() / b.abs().max())


@pytest.mark.parametrize("coupling", [0.2, CRITICAL, 0.7])
def test_kaufman_is_what_all_spins_of_a_small_torus_give(coupling: float) -> None:
    energy = Ising(4).energy(SPINS.view(-1, 4, 4))
    log_z = float(torch.logsumexp(-coupling * energy, 0))
    share = torch.exp(-coupling * energy - log_z)
    assert kaufman.log_z(4, coupling) == pytest.approx(log_z, abs=1e-10)
    assert kaufman.energy(4, coupling) == pytest.approx(float(share @ energy) / 16, abs=1e-8)


def test_kaufman_goes_to_onsager() -> None:
    """Energy at criticality: -sqrt(2) a site; 1.2 % below on a torus of 64 (Ferdinand, Fisher)."""
    assert kaufman.energy(64, CRITICAL) == pytest.approx(-math.sqrt(2), rel=0.02)
    assert kaufman.log_z(64, CRITICAL) / 64**2 == pytest.approx(0.9298516, abs=1e-7)


@pytest.mark.parametrize("chain", ["local updates", "clusters"])
def test_chains_of_spins_give_what_enumeration_does(chain: str) -> None:
    law, at = Ising(4), _at(0.4, 400)
    energy = law.energy(SPINS.view(-1, 4, 4))
    share = torch.softmax(-0.4 * energy, 0)
    due = [float(share @ energy) / 16, float(share @ SPINS.mean(1) ** 2)]
    rng, found = _rng(1), []
    spin = law.start(400, rng)
    for step in range(70):
        spin = law.step(chain, spin, at, rng)
        if step >= 20:
            found.append(law.observed(law.measure(spin).numpy()))
    whole = np.stack(found).mean(0)  # chains are independent
    error = whole.std(0) / math.sqrt(len(whole))
    assert (np.abs(whole.mean(0) - due) < 4 * error).all()


def test_elimination_is_what_all_spins_of_a_small_glass_give() -> None:
    law = Glass(4, disorder=3)
    whole = SPINS.view(-1, 4, 4)
    energy = law.energy(whole)
    log_z = float(torch.logsumexp(-0.8 * energy, 0))
    assert law.log_z(0.8) == pytest.approx(log_z, abs=1e-10)
    share = torch.exp(-0.8 * energy - log_z)
    assert law.exact(0.8)[0] == pytest.approx(float(share @ energy) / 16, abs=1e-8)
    spin, _ = Elimination(law).sample(_at(0.8, 4000), _rng(9))
    own = law.energy(spin)
    error = float(own.std()) / math.sqrt(4000)
    assert abs(float(own.mean()) - float(share @ energy)) < 4 * error
    links = torch.stack([law.bonds[0] * s * s.roll(-1, 1) for s in spin]).mean(0)
    due = torch.einsum("n,nxy->xy", share, law.bonds[0] * whole * whole.roll(-1, 2))
    assert float((links - due).abs().max()) < 0.07  # each bond alone


def test_elimination_is_what_a_tree_decomposition_gives() -> None:
    """10 x 10 bonds of seed 0 at coupling 1, by dwave-samplers 1.8.0 (TreeDecompositionSampler)."""
    assert Glass(10).log_z(1.0) == pytest.approx(144.18503, abs=5e-6)


def test_labels_are_those_of_connected_parts() -> None:
    laid = torch.rand(3, 2, 6, 6, generator=_rng()) < 0.4
    found = clusters.labelled(laid)
    for chain in range(3):
        label = list(range(36))
        for _ in range(36):  # the plainest way: pass the smaller label along until nothing moves
            for r, c in itertools.product(range(6), repeat=2):
                for axis, (i, j) in enumerate(((r, (c + 1) % 6), ((r + 1) % 6, c))):
                    if laid[chain, axis, r, c]:
                        low = min(label[6 * r + c], label[6 * i + j])
                        label[6 * r + c] = label[6 * i + j] = low
        assert found[chain].tolist() == label


def test_von_mises_angles_have_their_moments_and_density() -> None:
    kappa = torch.tensor([0.0, 0.5, 3.0, 40.0], dtype=torch.float64)
    angle = von_mises(kappa[:, None].expand(-1, 20_000), _rng())
    ratio = torch.special.i1e(kappa) / torch.special.i0e(kappa)
    off = torch.cos(angle).mean(1) - ratio
    assert (off.abs() < 5 * torch.cos(angle).std(1) / math.sqrt(20_000)).all()
    line = torch.linspace(-math.pi, math.pi, 2001, dtype=torch.float64)
    whole = torch.trapezoid(log_von_mises(line, kappa[:, None]).exp(), line, dim=1)
    torch.testing.assert_close(whole, torch.ones_like(kappa), atol=1e-8, rtol=0)


def test_u1_on_four_plaquettes_by_integration() -> None:
    """Integrate log Z, plaquette and charge of 2 x 2 sites on a grid over three free plaquettes."""
    beta, grid = 1.3, 96
    angle = (torch.arange(grid, dtype=torch.float64) + 0.5) * 2 * math.pi / grid - math.pi
    a, b, c = torch.meshgrid(angle, angle, angle, indexing="ij")
    d = torch.remainder(-(a + b + c) + math.pi, 2 * math.pi) - math.pi
    total = torch.cos(a) + torch.cos(b) + torch.cos(c) + torch.cos(d)
    weight = torch.exp(beta * (total - 4))
    law = U1(2)
    assert law.log_z(beta) == pytest.approx(float(weight.mean().log()), abs=1e-9)
    charge = ((a + b + c + d) / (2 * math.pi)).round()
    due = [float((weight * x).sum() / weight.sum()) / 4 for x in (total, charge**2)]
    assert law.exact(beta)[0] == pytest.approx(due[0], abs=1e-9)
    assert law.exact(beta)[1] == pytest.approx(due[1], rel=0.03)  # the grid cuts at -pi


def test_links_have_the_plaquettes_they_were_made_of_in_every_gauge() -> None:
    law, rng = U1(6), _rng()
    angle = 2 * torch.rand(3, 6, 6, generator=rng, dtype=torch.float64) - 1
    angle[:, 0, 0] -= angle.sum((1, 2)) + 2 * math.pi
    off = torch.exp(1j * law.plaquettes(law.sampled(angle, rng))) - torch.exp(1j * angle)
    assert float(off.abs().max()) < 1e-12


@pytest.mark.parametrize(("kind", "most"), KINDS)
def test_the_flow_has_the_same_density_in_every_gauge(kind: torch.dtype, most: float) -> None:
    """Test links in double precision, and links rounded to single."""
    law, rng = U1(8), _rng(2)
    torch.manual_seed(0)
    flow = FluxTree(law, (1.0, 8.0))
    beta = torch.tensor([1.5, 6.0], dtype=torch.float64).repeat(20)
    with torch.no_grad():
        (link,) = flow.sample(beta, rng)
        gauge = 6 * torch.rand(40, 8, 8, generator=rng, dtype=torch.float64)
        turn = torch.stack([gauge - gauge.roll(-1, 1), gauge - gauge.roll(-1, 2)], 1)
        before = flow.log_density(link, beta)
        after = flow.log_density((link.to(kind) + turn.to(kind)).double(), beta)
        one = turn * torch.tensor([1.0, 0.0], dtype=torch.float64)[:, None, None]
        assert _off(after, before) < most
        assert _off(flow.log_density(link + one, beta), before) > 0.01  # which is no gauge


@pytest.mark.parametrize("make", [IndependentPlaquettes, FluxTree])
def test_weights_of_a_density_average_to_one(make: type) -> None:
    """This is true only if the density is normalised and that of the samples."""
    law = U1(4)
    torch.manual_seed(1)
    sampler = make(law, (1.0, 8.0)) if make is FluxTree else make(law)
    beta = _at(1.0, 4000)
    with torch.no_grad():
        (link,) = sampler.sample(beta, _rng(3))
        density = sampler.log_density(link, beta)
    weight = torch.exp(-law.action(link, beta) - density - law.log_z(1.0))
    assert abs(float(weight.mean()) - 1) < 4 * float(weight.std()) / math.sqrt(4000)


def test_characters_draw_the_law_and_plaquettes_are_worth_what_is_told() -> None:
    """Independent plaquettes are accepted at about 0.64 and 0.24 for couplings 1 and 5."""
    law, rng = U1(4), np.random.default_rng(0)
    for beta in (1.0, 5.0):
        at = _at(beta, 300)
        (link,) = Characters(law).sample(at, _rng(4))
        own = law.observed(law.measure(link).numpy())
        error = own.std(0) / math.sqrt(len(own))
        assert (np.abs(own.mean(0) - law.exact(beta)) < 4 * error).all()
    law = U1(16)
    for beta, share in ((1.0, 0.64), (5.0, 0.24)):
        at, plain = _at(beta, 500), IndependentPlaquettes(law)
        (link,) = plain.sample(at, _rng(5))
        weight = (-law.action(link, at) - plain.log_density(link, at)).numpy()
        moved = (np.diff(metropolis(weight, rng)) != 0).mean()
        assert moved == pytest.approx(share, abs=0.06)


def test_hybrid_chains_find_the_plaquette_and_freeze() -> None:
    law, at = U1(8), _at(2.0, 64)
    rng, found = _rng(6), []
    link, retained = hybrid(lambda x: law.action(x, at), law.start(64, rng), 30, rng)
    assert 0.8 < retained <= 1
    for _ in range(30):
        link, _ = hybrid(lambda x: law.action(x, at), link, 1, rng)
        found.append(law.measure(link)[:, 0].numpy())
    own = np.stack(found).mean(0)
    assert abs(own.mean() - law.exact(2.0)[0]) < 4 * own.std() / 8


def test_autocorrelation_of_a_known_series() -> None:
    """An autoregressive series of 0.8 remembers (1 + 0.8) / (1 - 0.8) / 2 = 4.5 steps."""
    rng = np.random.default_rng(0)
    x = np.zeros((16, 4000))
    for t in range(1, 4000):
        x[:, t] = 0.8 * x[:, t - 1] + rng.standard_normal(16)
    assert autocorrelation(x) == pytest.approx(4.5, rel=0.07)
    assert autocorrelation(np.zeros((1, 10))) == math.inf


@pytest.mark.parametrize(("kind", "most"), KINDS)
@pytest.mark.parametrize("law", [Ising(4), XY(4), Phi4(4)])
def test_site_after_site_has_the_symmetry_of_the_law(
    law: SiteLaw, kind: torch.dtype, most: float
) -> None:
    torch.manual_seed(2)
    sampler = Staircase(law, (0.2, 0.5))
    at = _at(0.25, 2000)
    with torch.no_grad():
        field = sampler.sample(at, _rng(7))[0].to(kind)
        density = sampler.log_density(field.double(), at)
        turned = field + 1.0 if law.kind == "angle" else -field
        assert _off(sampler.log_density(turned.double(), at), density) < most
        other = sampler.log_density(field.roll(1, 0).double(), at)
        assert _off(other, density) > 0.01  # as of a density that sees no field


def test_densities_of_all_spins_add_up_to_one() -> None:
    whole = torch.tensor(list(itertools.product((-1.0, 1.0), repeat=9)), dtype=torch.float64)
    with torch.no_grad():
        log = Staircase(Ising(3), (0.2, 0.5)).log_density(whole.view(-1, 3, 3), _at(0.3, 512))
    assert float(torch.logsumexp(log, 0)) == pytest.approx(0.0, abs=1e-10)


def test_rotors_by_one_chain_are_rotors_by_another() -> None:
    law, at, ends = XY(6), _at(0.9, 200), []
    for chain in law.chains:
        rng, found = _rng(8), []
        angle = law.start(200, rng)
        for step in range(50):
            angle = law.step(chain, angle, at, rng)
            if step >= 25:
                found.append(law.observed(law.measure(angle).numpy()))
        own = np.stack(found).mean(0)
        ends.append((own.mean(0), own.var(0) / len(own)))
    (a, va), (b, vb) = ends
    assert (np.abs(a - b) < 4 * np.sqrt(va + vb)).all()


def test_what_lots_keep_has_the_means_of_the_law() -> None:
    """A Gaussian proposed too wide and shifted; the accepted share is 1 minus the distance."""
    rng = np.random.default_rng(1)
    x = rng.normal(0.3, 1.5, 40_000)
    log_weight = -0.5 * x**2 + 0.5 * ((x - 0.3) / 1.5) ** 2 + math.log(1.5)
    count = counts(log_weight, rng.random(len(x)))
    middle, error = mean(count, np.stack([x, x**2], 1))
    assert (np.abs(middle - [0, 1]) < 4 * error).all()
    line = np.linspace(-9, 9, 20_001)
    p, q = (np.exp(-0.5 * ((line - m) / s) ** 2) / s for m, s in ((0, 1), (0.3, 1.5)))
    overlap = np.minimum(p, q).sum() * (line[1] - line[0]) / math.sqrt(2 * math.pi)
    assert (count > 0).mean() == pytest.approx(overlap, abs=0.01)
    wrong = np.where(x > 0, count, 0.0)
    assert abs(pulls(wrong, x[:, None], np.zeros((len(x), 1)))[0]) > 50


def test_lots_are_uniform_and_hang_on_every_bit() -> None:
    x = np.random.default_rng(2).standard_normal((5000, 3))
    lot = lots(x, np.ones(5000))
    assert np.abs(np.sort(lot) - (np.arange(5000) + 0.5) / 5000).max() < 0.025
    x[0, 0] = np.nextafter(x[0, 0], 9)
    assert abs(lots(x[:1], np.ones(1))[0] - lot[0]) > 1e-9
