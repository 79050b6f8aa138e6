"""Benchmarks of molecules: feasible specs, resumed runs, and peers counted fairly."""

from functools import partial
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from ingenium.core.spec import Limit
from ingenium.core.verdict import Verdict
from ingenium.core.verify import verify
from ingenium.domains.molecules.data import moses
from ingenium.domains.molecules.lead import Lead, LeadSettings
from ingenium.domains.molecules.library import Library, LibrarySettings
from ingenium.kits.chemistry.parsing import parsed
from ingenium.kits.chemistry.rules import BY_NAME

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True, scope="module")
def alongside() -> object:
    """Import of the benchmarks, which are no part of the package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        yield


@pytest.fixture(scope="module")
def specs() -> ModuleType:
    from benchmarks import lead_specs

    return lead_specs


@pytest.fixture(scope="module")
def problem(specs: ModuleType, own_folders: Path) -> Lead:
    return Lead(LeadSettings(keep=specs.SETUP.keep, avoid=specs.SETUP.avoid, known=200))


@pytest.mark.slow
def test_every_spec_is_met_by_a_new_molecule(specs: ModuleType, problem: Lead) -> None:
    assert len({requested.witness for requested in specs.SPECS}) == len(specs.SPECS)
    from benchmarks import molecules_search

    for requested in specs.SPECS:
        assert molecules_search.costs(problem, requested, (requested.witness,)) == [0.0], (
            requested.name
        )
        assert {x.quantity for x in requested.limits} >= {"in_training"}


def test_letters_bound_the_share_of_saturated_carbons(specs: ModuleType) -> None:
    bounds, distance = [], []
    for text in moses("test")[:400]:
        bounds.append(specs.saturated_at_most(text))
        distance.append(bounds[-1] - BY_NAME["sp3"].of(parsed(text)))
    assert min(distance) >= -1e-12
    assert np.median(distance) < 0.1  # so that it spares work


def test_known_molecules_are_counted_as_the_verifier_judges(
    specs: ModuleType, problem: Lead
) -> None:
    smiles = [str(s) for s in moses("train")[:300]]
    limits = (
        Limit("sp3", at_least=0.5),
        Limit("qed", at_least=0.6),
        Limit("groups_missing", at_most=0.0),
    )
    verdicts = verify(
        problem.designs_of(tuple(smiles)),
        problem.verifier.only({x.quantity for x in limits}),
        limits,
        variables=problem.variables,
        sizes=problem.sizes,
    )
    truth = int((verdicts["verdict"] == Verdict.ACCEPTED).sum())
    assert 0 < truth < 150
    assert specs.scanned({"some": limits}, smiles) == {"some": truth}


def test_a_search_is_done_once(
    specs: ModuleType, problem: Lead, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from benchmarks import lead_searches, molecules_search, strategies_rivals

    def again(seed: int) -> object:
        raise AssertionError("it was done before")

    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path))
    monkeypatch.setattr(lead_searches, "SETUP", problem.settings)
    easy = specs.OptimisationTask("easy", (Limit("qed", at_least=0.6),), {}, "")
    spec = lead_searches.spec_of(easy)
    screening = partial(strategies_rivals.screening, lead_searches.judging(easy), spec, 12)
    first = molecules_search.outcome(easy, "screening", screening, 0)
    assert first.calls == 12
    assert 0 < first.scaffolds <= first.hits <= 12
    assert first.first_hit is not None
    assert first.least_cost == 0
    assert molecules_search.outcome(easy, "screening", again, 0) == first
    with pytest.raises(AssertionError, match="before"):
        molecules_search.outcome(easy, "screening", again, 1)
    row = molecules_search.row([first, first])
    assert row["seeds with a hit"] == "2 of 2"
    assert row["hits, mean (95 %)"] == f"{first.hits} ({first.hits} to {first.hits})"


@pytest.mark.slow
def test_mol_ga_spends_its_calls(specs: ModuleType, problem: Lead) -> None:
    from benchmarks import lead_searches, molecules_search, strategies_rivals

    limits = (Limit("logp", at_least=4.0), Limit("weight", at_most=330.0))
    requested = specs.OptimisationTask("light and lipophilic", limits, {}, "")
    found = strategies_rivals.mol_ga(problem, lead_searches.spec_of(requested), 160, 0)
    assert found.designs is not None
    smiles = [str(s) for s in found.designs["smiles"].to_numpy()]
    written = [text for text in smiles if text]  # texts too long for designs become empty
    assert len(smiles) == 160
    assert len(set(written)) == len(written) > 155
    cost = molecules_search.costs(problem, requested, tuple(smiles))
    start = strategies_rivals.START
    assert np.median(cost[start:]) < np.median(cost[:start])


@pytest.mark.slow
def test_genetic_search_beats_screening_and_chance(specs: ModuleType) -> None:
    from benchmarks import lead_searches, strategies_rivals

    limits = (
        Limit("qed", at_least=0.85),
        Limit("logp", at_least=4.0, at_most=4.5),
        Limit("weight", at_most=330.0),
    )
    requested = specs.OptimisationTask("drug-like and lipophilic", limits, {}, "")
    problem, spec, hits = (
        lead_searches.judging(requested, 200),
        lead_searches.spec_of(requested),
        {},
    )
    for name in ("screening", "mol_ga", "random_selfies"):
        found = getattr(strategies_rivals, name)(problem, spec, 600, 0)
        assert len(found.accepted) == 600
        hits[name] = int(found.accepted.sum())
    assert hits["mol_ga"] > hits["screening"] >= hits["random_selfies"]


def test_peers_are_counted_by_what_they_write(own_folders: Path) -> None:
    from benchmarks import molecules_speed as speed

    problem = Library(LibrarySettings(known=200))
    assert speed.verified(problem, ["CCO", "OCC", "C1CC", "CCN"]) == 2
    texts = speed.replayed(0.5)
    share = np.mean([parsed(next(texts)) is not None for _ in range(100)])
    assert 0.35 < share < 0.65


def test_ratios_are_to_the_faster_of_a_peer() -> None:
    from benchmarks import molecules_speed as speed

    seconds = {"pretrained": [1.0, 2.0], "CharRNN, 1": [8.0, 8.0], "CharRNN, 2": [4.0, 4.0]}
    both = {name: [10, 20] for name in seconds}
    race = speed.Race(Library(LibrarySettings(known=200)), verified=both, verifying=both)
    first, *_ = speed.rows(seconds, race)
    assert first["times CharRNN"] == {"median": 3.0, "least": 2.0, "most": 4.0}
    assert first["molecules a second"]["most"] == 1.0
    assert first["ms of the verifier"]["median"] == 1000.0
    assert first["times torch-molecule"] is None


def test_a_python_without_torch_molecule_says_so() -> None:
    from benchmarks import molecules_speed as speed

    peer = speed.TorchMolecule("false")
    with pytest.raises(RuntimeError, match="to run torch-molecule; it ended"):
        peer.sample(1, 1)
    peer.close()
