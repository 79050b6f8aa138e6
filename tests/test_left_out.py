"""Costly quantities are left out of designs that cheaper ones suffice to reject."""

import json
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import xarray as xr
from torch import Tensor

from ingenium import propose, replay
from ingenium.core.quantity import Quantity
from ingenium.core.spec import Limit, Spec, parse
from ingenium.core.verdict import Verdict
from ingenium.core.verify import verdicts as judged
from ingenium.core.verify import verify
from ingenium.domains.molecules.lead import Lead, LeadSettings
from ingenium.domains.molecules.library import Library, LibrarySettings
from ingenium.evaluate.limits import summarise
from ingenium.kits.chemistry import xtb
from ingenium.runs.summary import summary

QUANTITIES = (Quantity("cheap", "1", "cheap"), Quantity("costly", "1", "costly", expensive=True))
LIMITS = [Limit("cheap", at_most=1.0), Limit("costly", at_least=0.0)]


class Stated:
    """An engine that is never called: its measurements are stated by the tests."""

    name, version, quantities = "stated", "1", QUANTITIES
    tier: Literal["exact"] = "exact"

    def measure(self, *arrays: Tensor) -> Tensor:
        raise NotImplementedError


def stated(*rows: tuple[float, float]) -> xr.Dataset:
    return judged(np.array(rows, dtype=np.float64), Stated(), LIMITS, index=np.arange(len(rows)))


def test_electrons_are_asked_only_of_molecules_that_hold_the_cheap_limits(
    own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requested, one = [], xtb.gap_and_dipole

    def heard(mol: object, at: object) -> object:
        requested.append(mol)
        return one(mol, at)  # type: ignore[arg-type]

    monkeypatch.setattr(xtb, "gap_and_dipole", heard)
    problem = Lead(LeadSettings(known=200, electrons="gfn2"))
    designs = problem.designs_of(("CCO", "CC(=O)Nc1ccc(O)cc1", "CCCCCCCCCC"))
    limits = [Limit("logp", at_most=2.0), Limit("gap", at_least=0.5)]
    shared = {"variables": problem.variables, "sizes": problem.sizes}
    spared = verify(designs, problem.verifier, limits, sparing=True, **shared)  # type: ignore[arg-type]
    assert len(requested) == 2
    assert np.isfinite(spared["gap"].to_numpy()).tolist() == [True, True, False]
    whole = verify(designs, problem.verifier, limits, **shared)  # type: ignore[arg-type]
    assert len(requested) == 5
    assert spared["verdict"].to_numpy().tolist() == whole["verdict"].to_numpy().tolist()
    assert spared["verdict"].to_numpy()[2] == Verdict.REJECTED


def test_what_no_limit_names_is_asked_last(own_folders: Path) -> None:
    problem = Library(LibrarySettings(known=200))
    designs = problem.designs_of(("CC(=O)Nc1ccc(O)cc1", "O=[N+]([O-])c1ccccc1", "CCCCCCCCCC"))
    limits = [Limit("logp", at_most=2.0), Limit("moses_filters", at_most=0)]
    shared = {"variables": problem.variables, "sizes": problem.sizes}
    found = verify(designs, problem.verifier, limits, sparing=True, **shared)  # type: ignore[arg-type]
    reported = {k: np.isfinite(found[k].to_numpy()).tolist() for k in ("qed", "alerts")}
    assert reported == {"qed": [True, False, False], "alerts": [True, False, False]}
    assert np.isfinite(found["moses_filters"].to_numpy()).tolist() == [True, True, False]
    assert (found["verdict"].to_numpy() == Verdict.ACCEPTED).tolist() == [True, False, False]


def test_a_limit_counts_where_its_quantity_was_measured() -> None:
    found = summary(stated((0, 1), (2, np.nan), (0, -1), (3, np.nan)), LIMITS, QUANTITIES)
    cheap, expensive = found.limits
    assert (found.accepted, found.rejected, found.failed) == (1, 3, 0)
    assert (cheap.verified, cheap.broken) == (4, 2)
    assert (expensive.verified, expensive.broken, expensive.worst) == (2, 1, -1)


def test_the_nearest_design_is_one_that_was_measured_wholly() -> None:
    found = summary(stated((1.01, np.nan), (0, -5), (0, -1)), LIMITS, QUANTITIES)
    assert found.nearest is not None
    assert found.nearest.design == 2
    assert [r.nearest for r in found.nearest.reaches] == [0, -1]


def test_nothing_is_said_of_the_reach_of_what_was_never_measured() -> None:
    found = summary(stated((2, np.nan), (3, np.nan)), LIMITS, QUANTITIES)
    assert found.nearest is not None
    assert [r.quantity for r in found.nearest.reaches] == ["cheap"]
    assert found.limits[1].verified == 0


def test_where_all_was_measured_nothing_changes() -> None:
    verdicts = stated((0, 1), (2, 3), (0, -1))
    assert summary(verdicts, LIMITS, QUANTITIES) == summarise(verdicts, LIMITS, QUANTITIES)


@pytest.mark.slow
def test_a_design_without_its_costly_values_is_replayed(own_folders: Path, tmp_path: Path) -> None:
    table = {
        "problem": "molecules.lead",
        "setup": {"known": 200, "electrons": "gfn2"},
        "limits": [{"quantity": "qed", "at_least": 0.93}, {"quantity": "gap", "at_least": 0.2}],
        "select": {"count": 3},
    }
    run = propose(parse(table, Spec, "spec"), 12, 1, tmp_path / "run")
    lines = [json.loads(x) for x in (run.folder / "evidence.jsonl").read_text().splitlines()]
    left_out = [r["design"] for r in lines if r["measured"]["gap"]["value"] is None]
    measured = [r["design"] for r in lines if r["measured"]["gap"]["value"] is not None]
    assert left_out
    assert measured
    assert all(lines[i]["verdict"] == "rejected" for i in left_out)
    for design in (left_out[0], measured[0]):
        assert replay(run.folder, design).reproduced
