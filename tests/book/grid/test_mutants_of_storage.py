"""Checks of cells and sizes fail on rivals, on chance and on wide bands in the system's place."""

from pathlib import Path

import pytest

from ingenium_book.checks.grid import cells, managers, market, sizes
from ingenium_book.claims import claims
from ingenium_book.findings import Done, Finding
from ingenium_book.plan import CheckPlan
from ingenium_book.plan_run import carry_out

RIGHT = {
    "discharges": 160.0,
    "charge_error": 0.3,
    "kalman_error": 0.5,
    "counting_error": 12.0,
    "health_error": 1.2,
    "last_health_error": 1.5,
    "charge_covered": 92.0,
    "health_covered": 93.0,
}
SIZES = {
    "sizes": 7986,
    "seconds_each": 0.002,
    "balance": 6e-14,
    "best": 836187.0,
    "searched": 836187.0,
    "random": 833334.0,
    "renewable": [1.0],
    "npv_thousands": [1.0],
}
BIDS = {
    "days": 250,
    "steps": 1179648,
    "stages": [200.0, 100.0, 300.0],
    "gain": [-20.0, -60.0, 20.0],
    "curves": 1500.0,
    "quantities": 1520.0,
    "thresholds": 800.0,
    "each": [1500.0, 1520.0, 1200.0, 800.0, 1650.0, 2300.0],
    "share": 92.0,
    "share_of_bound": 66.0,
    "above": 0,
    "beyond": 0.0,
    "beyond_days": 0.0,
    "missing_days": 0,
}
TABLES = {
    "rule": [9.0] * 6,
    "table": [8.0] * 6,
    "optimum": [7.0] * 6,
    "homes": 6,
    "states": 7800,
    "wrong": 0,
    "between": 6,
    "closed": 50.0,
    "saved": 1.0,
}


class Silent:
    """Commands that end well and do nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *words: object) -> Done:
        return Done(0, {"summary": {"accepted": 62}}, "")


def failed(row: str, folder: Path) -> list[str]:
    """Run the check of a row without its commands, and return the findings that do not hold."""
    plan = claims()[row].check
    assert isinstance(plan, CheckPlan)
    found = [f for f in carry_out(plan, Silent(folder)) if isinstance(f, Finding)]
    return [f.text for f in found if not f.holds]


@pytest.mark.parametrize(
    ("mutant", "words"),
    [
        ({}, ""),
        ({"charge_error": 12.0}, "Kalman filter"),  # counting in place of the posterior
        ({"health_error": 1.5}, "health errs"),  # the last complete discharge in its place
        ({"charge_covered": 30.0}, "bands of 90 %"),  # bands that are too narrow
        ({"charge_covered": 100.0}, "at most 97 %"),  # the prior in its place
    ],
)
def test_the_check_of_cells_fails_on_mutants(
    mutant: dict[str, float], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "owned", lambda *rest: ())
    monkeypatch.setattr(cells, "trial", lambda *rest, **more: RIGHT | mutant)
    found = failed("27.16", tmp_path)
    assert bool(found) == bool(mutant)
    assert not words or any(words in text for text in found)


@pytest.mark.parametrize(
    ("mutant", "words"),
    [
        ({}, ""),
        ({"searched": 833334.0}, "a search of"),  # sizes at random in place of the search
        ({"balance": 1e-3}, "balance"),  # energy that comes from nowhere
        ({"seconds_each": 5.0}, "30 years"),
    ],
)
def test_the_check_of_sizes_fails_on_mutants(
    mutant: dict[str, float], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sizes, "searched_and_exhaustive", lambda *rest: SIZES | mutant)
    found = failed("27.6", tmp_path)
    assert bool(found) == bool(mutant)
    assert not words or any(words in text for text in found)


@pytest.mark.parametrize(
    ("mutant", "words"),
    [
        ({}, ""),
        ({"stages": [0.0, 0.0, 0.0]}, "two stages"),  # one stage in place of two
        ({"curves": 500.0}, "fixed thresholds"),  # bids at random in place of programmes
        ({"share": 70.0}, "with the prices known"),
        ({"beyond": 0.5}, "leaves the battery"),  # charge that is not limited
        ({"above": 3}, "bound"),  # energy that is paid twice
        ({"missing_days": 9}, "reserve"),  # reserve without a margin of charge
        ({"days": 20}, "two stages"),
    ],
)
def test_the_check_of_bids_fails_on_mutants(
    mutant: dict[str, object], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(market, "held_out_days", lambda *rest: BIDS | mutant)
    found = failed("27.9", tmp_path)
    assert any(words in text for text in found) if words else len(found) <= 1


@pytest.mark.parametrize(
    ("mutant", "words"),
    [
        ({}, ""),
        ({"wrong": 12}, "surplus is stored"),  # a manager that waits, or acts the other way
        ({"between": 5, "table": [10.0, *[8.0] * 5]}, "between the rule"),  # tables at random
        ({"saved": 0.0, "closed": 0.0}, "tables save"),  # the rule in place of the table
    ],
)
def test_the_check_of_managers_fails_on_mutants(
    mutant: dict[str, object], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(managers, "homes", lambda *rest: TABLES | mutant)
    found = failed("27.14", tmp_path)
    assert any(words in text for text in found) if words else not found
