"""The spec of leads determines accepted proposals, and the conditions of a generator."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from rdkit import Chem
from rdkit.Chem import QED, Crippen, Descriptors
from rdkit.Chem.FilterCatalog import FilterCatalog, FilterCatalogParams
from safetensors.torch import load_file

from ingenium.core.spec import Limit
from ingenium.domains.molecules.best_proposal import BestProposal
from ingenium.domains.molecules.lead import Lead, LeadSettings
from ingenium.domains.molecules.molecule_target import MoleculeTarget, heard_of
from ingenium.domains.molecules.verifier import EnginePart
from ingenium.kits.chemistry.parsing import parsed

LIMITS = (
    Limit("gap", at_least=2.0),
    Limit("alerts", at_most=0.0),
    Limit("qed", at_least=0.85),
    Limit("logp", at_least=1.0, at_most=2.5),
)
HEARD = {"weight": (30.0, 700.0), "logp": (-8.0, 12.0), "qed": (0.0, 1.0), "rings": (0.0, 8.0)}


@pytest.fixture(scope="module")
def problem(own_folders: Path) -> Lead:
    return Lead(LeadSettings(known=300, tries=8, electrons="gfn2"))


@pytest.fixture
def target(problem: Lead) -> MoleculeTarget:
    problem.allow(LIMITS)
    return problem.target


def test_what_costs_less_is_asked_first_and_electrons_never(target: MoleculeTarget) -> None:
    groups = (Limit("groups_missing", at_most=0.0), Limit("groups_unwanted", at_most=0.0))
    target = replace(target, limits=(*LIMITS, *groups))
    names = [[limit.quantity for _, limit in limits] for _, limits in target.requested]
    assert names == [["logp"], ["groups_missing", "groups_unwanted"], ["qed"], ["alerts"]]
    parts = Lead(LeadSettings(known=300, keep=("c1ccccc1",), avoid=("[OX2H]",))).target.parts
    target = replace(target, parts=parts, limits=groups)
    held = [target.held(parsed(s)) for s in ("Cc1ccccc1", "Oc1ccccc1", "CCC", "CCO")]
    assert held == [1, 0, 0, 0], "all limits on a part"


@pytest.mark.slow
def test_how_far_molecules_come(problem: Lead, target: MoleculeTarget) -> None:
    """Compare with RDKit's own functions and its catalogue of Brenk's and the PAINS alerts."""
    target = replace(target, limits=(LIMITS[0], LIMITS[1], Limit("qed", at_least=0.7), LIMITS[3]))
    of = FilterCatalogParams.FilterCatalogs
    params = FilterCatalogParams()
    for name in (of.BRENK, of.PAINS):
        params.AddCatalog(name)
    catalogue, found = FilterCatalog(params), []
    for text in problem.known.smiles:
        mol = parsed(text)
        passes = (
            1.0 <= Crippen.MolLogP(mol) <= 2.5,
            QED.qed(mol) >= 0.7,
            not catalogue.HasMatch(mol),
        )
        found.append([*passes, False].index(False))
        assert target.held(mol) == found[-1]
    assert set(found) == {0, 1, 2, 3}


def test_nothing_is_asked_after_a_broken_limit(target: MoleculeTarget) -> None:
    requested: list[str] = []

    def watched(part: EnginePart) -> EnginePart:
        def of(mol: Chem.Mol) -> object:
            requested.append(part.quantities[0].name)
            return part.of(mol)

        return replace(part, of=of)  # type: ignore[arg-type]

    seen = replace(target, parts=tuple(map(watched, target.parts)))
    seen.held(parsed("CCCCCCCC"))
    assert requested == ["logp"]


@pytest.mark.slow
def test_more_designs_hold_the_limits_that_cost_little(problem: Lead) -> None:
    """The first of eight that satisfies all, against the nearest to one's conditions."""
    cond, shares = torch.tensor([[-0.1, 0.0, -0.5]]).repeat(16, 1), []
    for limits in ((), LIMITS):
        problem.allow(limits)
        (plain,) = (s for name, s in problem.pretrained().items() if name == "moses_lstm_chosen")
        family = plain.make()
        assert isinstance(family, BestProposal)
        family.load_state_dict({k: v.float() for k, v in load_file(plain.weights).items()})
        x = family.propose(cond, torch.Generator().manual_seed(3))
        again = family.propose(cond, torch.Generator().manual_seed(3))
        assert torch.equal(x, again)
        problem.allow(LIMITS)
        mols = [parsed(text) for text in problem.codec.to_texts(x)]
        shares.append(np.mean([problem.target.held(m) == 3 for m in mols]))
    assert shares[1] > shares[0] + 0.3


def test_what_is_told_holds_limits_and_conditions(problem: Lead, target: MoleculeTarget) -> None:
    """Weight is requested exactly, logP and QED are inside their limits, rings are a molecule's."""
    cond = problem.features(problem.data().isel(design=range(40)))
    found = target.sampled_conditions(cond, HEARD, torch.Generator().manual_seed(0)).double()
    low, high = torch.tensor(list(HEARD.values())).T
    weight, logp, qed, rings = (low + (found + 1) / 2 * (high - low)).T
    truth = [Descriptors.MolWt(parsed(str(s))) for s in problem.data()["smiles"].to_numpy()[:40]]
    np.testing.assert_allclose(weight, truth, rtol=1e-4)
    assert ((logp > 1.0) & (logp < 2.5)).all()
    assert (qed > 0.85).all()
    torch.testing.assert_close(rings, rings.round(), atol=1e-4, rtol=0.0)
    assert len(set(rings.round().tolist())) > 1
    assert torch.equal(
        target.sampled_conditions(cond, HEARD, torch.Generator().manual_seed(0)).double(), found
    )


def test_values_are_told_from_minus_one_to_one() -> None:
    sampled_conditions = heard_of(np.array([[30.0, -8.0, 0.5, 8.0]]), HEARD)
    torch.testing.assert_close(sampled_conditions, torch.tensor([[-1.0, -1.0, 0.0, 1.0]]))
