"""A search for days of the upper fifth of daily peaks exports days of that fifth."""

from pathlib import Path

import numpy as np
import pytest

from ingenium.core.evidence import read
from ingenium.core.problem import Problem, silent
from ingenium.core.spec import Spec, parse
from ingenium.domains.grid.feeder.feeder_day import FeederDay
from ingenium.runs.search_plan import SearchPlan
from ingenium.searches import running
from ingenium.searches.stopping import Stop
from ingenium.trust.ledger import open_ledger

UPPER_FIFTH = {
    "problem": "grid.feeder_day",
    "conditions": {"season": "winter", "peak_level": {"at_least": 0.8, "at_most": 1.0}},
    "objectives": [{"quantity": "min_voltage", "sense": "maximise"}],
    "generator": {"steps": 100},  # what a brief fit misses is chosen among no less
}


def true_ranks(problem: FeederDay, load_p: np.ndarray) -> np.ndarray:
    """Share of the feeder's own days whose peak is lower, computed here alone."""
    table = problem.feeder.table
    peaks = (np.einsum("nlt,l->nt", x, table.load_mw).max(1) for x in (table.load_p, load_p))
    known, own = peaks
    return (known[None] < own[:, None]).mean(1)


@pytest.mark.parametrize(
    "strategy", ["evolution", "dataset", pytest.param("generator", marks=pytest.mark.slow)]
)
def test_days_of_the_upper_fifth_are_of_it(
    rural_days: Problem, tmp_path: Path, strategy: str
) -> None:
    requested = parse(UPPER_FIFTH, Spec, "spec")
    with open_ledger(tmp_path / "ledger.db") as ledger:
        plan = SearchPlan(strategy, 0, 32)
        found = running.run(
            rural_days, requested, plan, Stop(96), tmp_path / "o", ledger=ledger, watch=silent
        )
    chosen = found.designs.isel(design=found.selected)
    ranks = true_ranks(rural_days, chosen["load_p"].to_numpy())
    assert len(ranks) > 0
    assert (ranks >= 0.8 - 1e-9).all(), ranks
    for record, rank in zip(read(found.folder / "evidence.jsonl"), ranks, strict=True):
        assert record["conditions_measured"]["peak_level"] == pytest.approx(rank, abs=1 / 366)
        assert record["conditions_measured"]["weather_level"] is None, "it is as asked alone"
        assert 0.8 <= record["conditions"]["peak_level"] <= 1.0
