"""Searches that learn: moves that keep valences, a model with a known truth, and budgets."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from rdkit import Chem
from safetensors.torch import load_file
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern

from ingenium.core.spec import Limit, Objective
from ingenium.domains.molecules.lead import Lead, LeadSettings
from ingenium.domains.molecules.search.aim import Aim
from ingenium.domains.molecules.search.genetic import Genetic, GeneticSettings
from ingenium.domains.molecules.search.graphs import (
    LARGEST_RING,
    crossed,
    editable,
    mutated,
    through_chain,
    through_ring,
)
from ingenium.domains.molecules.search.judge import Judge, Strategy, generator_of, pursue
from ingenium.domains.molecules.search.latent import RegionSearch, RegionSettings
from ingenium.domains.molecules.search.reinforced import Reinforced
from ingenium.domains.molecules.search.surrogate import Process, matern, promising, tanimoto
from ingenium.domains.molecules.search.unlearned import Unlearned, none
from ingenium.domains.molecules.trained.model import NAME, shipped
from ingenium.kits.chemistry.parsing import canonical, parsed

DRUGS = (
    "CC(=O)Oc1ccccc1C(=O)O",
    "O=C(NCCN1CCOCC1)c1ccc(Cl)cc1",
    "Cn1c(=O)c2c(ncn2C)n(C)c1=O",
    "CC(C)NCC(O)COc1cccc2ccccc12",
    "Cc1ccc(-c2cc(C(F)(F)F)nn2-c2ccc(S(N)(=O)=O)cc2)cc1",
    "O=c1[nH]c(=O)n(C2CCCO2)cc1F",
    "O=[N+]([O-])c1ccccc1C#N",
)
BONDS = {"C": 4, "N": 3, "O": 2, "F": 1, "Cl": 1, "S": 6}  # an atom has at most, without charge


@pytest.fixture(scope="module")
def problem(own_folders: Path) -> Lead:
    return Lead(LeadSettings(known=200))


@pytest.mark.parametrize("move", [mutated, lambda mol, rng: crossed(mol, parsed(DRUGS[1]), rng)])
def test_moves_keep_valences(move: object) -> None:
    """Counted by hand from bonds and hydrogens, beside what RDKit says."""
    rng, made = np.random.default_rng(0), 0
    for turn in range(84):
        mol = move(parsed(DRUGS[turn % len(DRUGS)]), rng)  # type: ignore[operator]
        if mol is None:
            continue
        made += 1
        again = parsed(canonical(mol))
        assert again is not None
        assert canonical(again) == canonical(mol)
        assert len(Chem.GetMolFrags(again)) == 1
        assert not sum(a.GetNumRadicalElectrons() for a in again.GetAtoms())
        assert max((len(r) for r in again.GetRingInfo().AtomRings()), default=0) <= LARGEST_RING
        Chem.Kekulize(again, clearAromaticFlags=True)
        for atom in again.GetAtoms():
            order = sum(b.GetBondTypeAsDouble() for b in atom.GetBonds()) + atom.GetTotalNumHs()
            if atom.GetFormalCharge() == 0:
                assert order <= BONDS[atom.GetSymbol()], canonical(mol)
    assert made > 75


@pytest.mark.parametrize(("cut", "ends"), [(through_chain, 1), (through_ring, 2)])
def test_a_cut_leaves_a_part_with_its_ends(cut: object, ends: int) -> None:
    rng, whole = np.random.default_rng(1), parsed(DRUGS[4])
    sizes = set()
    for _ in range(40):
        piece = cut(editable(whole), rng)  # type: ignore[operator]
        if piece is None:
            continue
        assert len(piece.ends) == ends
        assert len(Chem.GetMolFrags(piece.mol)) == 1
        assert all(0 <= atom < piece.mol.GetNumAtoms() for atom, _ in piece.ends)
        assert editable(whole).HasSubstructMatch(piece.mol)
        sizes.add(piece.mol.GetNumAtoms())
    assert len(sizes) > 3


def verdicts(margin: list[list[float]], worth: list[float]) -> xr.Dataset:
    return xr.Dataset(
        {"margin": (("design", "limit"), np.array(margin)), "qed": ("design", np.array(worth))}
    )


def test_costs_put_what_holds_before_what_does_not() -> None:
    known = verdicts([[0.0, 0.0], [2.0, 4.0]], [0.4, 0.8])
    limits = (Limit("logp", at_most=1.0), Limit("tpsa", at_most=1.0))
    aim = Aim.of(limits, (Objective("qed", "maximise"),), known)
    rows = verdicts(
        [[1.0, 1.0], [0.0, 9.0], [-1.0, 1.0], [-1.0, -4.0], [np.nan, 1.0]],
        [0.6, 0.8, 1.0, 1.0, 1.0],
    )
    cost = aim.costs(rows)
    logistic = 1 / (1 + np.exp(-1.0))  # one spread above the mean
    np.testing.assert_allclose(cost[:4], [-0.5, -logistic, 1.0, 3.0])
    assert cost[4] == np.inf
    np.testing.assert_allclose(aim.rewards(rows), np.exp(-1 - cost))
    plain = Aim.of(limits, (), known)
    np.testing.assert_allclose(plain.costs(rows)[:4], [0.0, 0.0, 1.0, 3.0])


def test_the_process_is_that_of_another_package() -> None:
    rng = np.random.default_rng(2)
    x, new = rng.standard_normal((60, 3)), rng.standard_normal((20, 3))
    y = np.stack([np.sin(x).sum(1), x[:, 0] * x[:, 1]], 1)
    own = Process.of(lambda a, b: matern(a, b, 1.0), x, y)
    noise = float(own.factor[0, 0] ** 2 - 1.0)
    mean, covariance = own.posterior(new)
    kernel = Matern(length_scale=np.sqrt(3.0), length_scale_bounds="fixed", nu=2.5)
    other = GaussianProcessRegressor(kernel, alpha=noise).fit(x, (y - y.mean(0)) / y.std(0))
    theirs, spread = other.predict(new, return_cov=True)
    np.testing.assert_allclose(mean, y.mean(0) + y.std(0) * theirs, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(covariance, spread[..., 0], atol=1e-8)
    drawn = own.drawn(new, 4000, rng)
    np.testing.assert_allclose(drawn.mean(0), mean, atol=0.1)
    np.testing.assert_allclose(np.cov(drawn[..., 0].T), y[:, 0].var() * covariance, atol=0.1)


def test_tanimoto_is_counted() -> None:
    a = np.array([[1, 1, 0, 0], [0, 0, 0, 1]], dtype=np.float32)
    b = np.array([[1, 0, 1, 0]], dtype=np.float32)
    np.testing.assert_allclose(tanimoto(a, b), [[1 / 3], [0.0]])


def test_region_search_beats_chance_on_a_known_function() -> None:
    """The optimum is a known point, 16 numbers away from the middle."""
    truth = np.random.default_rng(3).standard_normal(16)

    def outcomes(x: np.ndarray) -> np.ndarray:
        return -np.sqrt(np.square(x - truth).mean(1, keepdims=True))

    aim = Aim((Limit("distance", at_most=0.0),), (), np.ones(1), np.zeros(1))
    own = RegionSearch(aim, 16, np.random.default_rng(4), RegionSettings(first=40, points=200))
    for _ in range(16):
        x = own.ask(20)
        own.tell(x, outcomes(x))
    chance = aim.cost(outcomes(np.random.default_rng(5).standard_normal((320, 16)))).min()
    assert own.y is not None
    assert aim.cost(own.y).min() < 0.3 * chance


def test_points_without_an_answer_are_passed_over() -> None:
    aim = Aim((Limit("distance", at_most=0.0),), (), np.ones(1), np.zeros(1))
    own = RegionSearch(aim, 2, np.random.default_rng(0), RegionSettings(first=4, points=10))
    x = own.ask(6)
    y = -np.abs(x[:, :1])
    y[0] = np.nan
    own.tell(x, y)
    assert len(own.x) == 5
    assert np.isfinite(own.ask(3)).all()


def test_a_draw_takes_each_design_once() -> None:
    aim = Aim((Limit("logp", at_most=0.0),), (), np.ones(1), np.zeros(1))
    x = np.linspace(0, 1, 12)[:, None]
    process = Process.of(lambda a, b: matern(a, b, 0.5), x[::3], -x[::3])
    chosen = promising(process, x, 12, aim, np.random.default_rng(0))
    assert sorted(chosen.tolist()) == list(range(12))


def test_evolution_keeps_to_its_budget_and_gets_better(problem: Lead) -> None:
    limits = (Limit("logp", at_least=4.0, at_most=4.5), Limit("tpsa", at_least=60.0))
    judge = Judge(problem, limits, 260)
    settings = GeneticSettings(population=40, ahead=3)
    own = Genetic(problem, judge.aim, problem.known.smiles[:60], np.random.default_rng(0), settings)
    assert isinstance(own, Strategy)
    found = pursue(judge, own, at_once=20)
    assert judge.left == 0
    assert len(found.smiles) == len(set(found.smiles)) == 260
    np.testing.assert_array_equal(found.accepted, found.cost == 0)
    assert found.accepted[60:].sum() > 10 * max(found.accepted[:60].sum(), 1)
    crowd = [s for s in own.living if own.cost[s] == 0]
    assert len(crowd) > 5


@pytest.mark.slow
def test_reinforcement_finds_more_than_its_prior(problem: Lead) -> None:
    """From the trained generator, on limits that few of its proposals hold."""
    limits = (Limit("logp", at_least=3.5), Limit("tpsa", at_least=80.0))
    prior = shipped(problem.longest)[NAME].make()
    weights = load_file(shipped(problem.longest)[NAME].weights)
    prior.load_state_dict({k: v.float() for k, v in weights.items()})
    found = {}
    for name in ("prior", "reinforced"):
        judge = Judge(problem, limits, 600)
        rng = generator_of(0)
        own = Reinforced(problem, judge.aim, prior, rng)
        still = Unlearned(problem, prior, none, rng)
        found[name] = pursue(judge, own if name == "reinforced" else still)
    hits = {name: int(one.accepted[300:].sum()) for name, one in found.items()}
    assert hits["reinforced"] > 3 * hits["prior"] + 10
