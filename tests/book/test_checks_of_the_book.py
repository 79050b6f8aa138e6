"""Slow: every check runs, and agrees with the book; canaries flag what has moved."""

from pathlib import Path

import pytest

from ingenium.cli.app import app
from ingenium.core.problem import silent
from ingenium_book import canaries
from ingenium_book import check as checks
from ingenium_book.claims import Claim, claims
from ingenium_book.entries import find
from ingenium_book.study import Study
from ingenium_book.within import within

CHECKED = [claim for claim in claims().values() if claim.check]
MEASURED = [claim for claim in claims().values() if claim.study]


@pytest.mark.slow
@pytest.mark.parametrize("claim", CHECKED, ids=lambda claim: claim.row)
def test_a_check_shows_what_the_book_says(claim: Claim, tmp_path: Path) -> None:
    with within(app) as commands:
        now = checks.run(claim, commands, tmp_path)
    then = find(claim.row).outcome
    assert then is not None, f"write: ingenium study check {claim.row}"
    assert now.built is then.built, [f.text for f in now.findings if not f.holds]


@pytest.mark.slow
@pytest.mark.parametrize("claim", MEASURED, ids=lambda claim: claim.row)
def test_a_number_whose_canary_moves_is_flagged(claim: Claim, tmp_path: Path) -> None:
    study, entry = Study(claim), find(claim.row)
    if not canaries.reached(study, entry.result, entry.canary):
        pytest.skip("no change reaches it, or it has no canary yet")
    now = canaries.take(study, tmp_path, tmp_path / "pieces", silent)
    moved = canaries.moved(claim, entry.result, now)
    assert moved == entry.stale, f"write: ingenium study canary {claim.row}"
