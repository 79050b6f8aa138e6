"""Baselines of a lead: equal calls, and a search that beats what it starts from."""

from pathlib import Path

import numpy as np
import pytest

from ingenium.core.spec import Limit
from ingenium.domains.molecules.lead import Lead, LeadSettings
from ingenium.domains.molecules.search import baselines
from ingenium.domains.molecules.search.judge import Judge

LIMITS = (
    Limit("qed", at_least=0.85),
    Limit("logp", at_least=4.0, at_most=4.5),
    Limit("weight", at_most=330.0),
)
CALLS = 600


@pytest.fixture(scope="module")
def problem(own_folders: Path) -> Lead:
    return Lead(LeadSettings(known=200))


@pytest.mark.slow
def test_genetic_search_beats_screening_and_chance(problem: Lead) -> None:
    found = {
        name: getattr(baselines, name)(Judge(problem, LIMITS, CALLS), 0)
        for name in ("screening", "genetic", "random_selfies")
    }
    for one in found.values():
        assert len(one.smiles) == len(set(one.smiles)) == CALLS
        np.testing.assert_array_equal(one.accepted, one.cost == 0)
    hits = {name: int(one.accepted.sum()) for name, one in found.items()}
    assert hits["genetic"] > hits["screening"] >= hits["random_selfies"]


def test_each_molecule_is_measured_once_and_no_more_than_allowed(problem: Lead) -> None:
    judge = Judge(problem, LIMITS, 3)
    first = judge(["CCO", "C1CC", "CCO"])
    assert first[0] == first[2] > 0
    assert first[1] == np.inf
    assert judge.left == 1
    assert judge(["CCN", "CCC", "CCO"])[1:] == [np.inf, first[0]]
    assert judge.left == 0
    assert judge.found().smiles == ("CCO", "C1CC", "CCN")
