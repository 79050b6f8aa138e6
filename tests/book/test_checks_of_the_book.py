"""Slow: every check runs and agrees with the book, fails under its mutant; a study is run again."""

import subprocess
from pathlib import Path

import pytest

from ingenium.cli.app import app
from ingenium_book import check as checks
from ingenium_book.claims import Claim, claims
from ingenium_book.entries import find
from ingenium_book.mutants import mutated
from ingenium_book.study import Study
from ingenium_book.verdicts import Built
from ingenium_book.within import within

CHECKED = [claim for claim in claims().values() if claim.check]
TRIED = [claim for claim in CHECKED if claim.mutant]
AGAIN = "23.13"  # a study whose numbers are the same on every machine, in a minute
NOT_TRIED = 139  # checks without a mutant; may only be lowered
ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("claim", CHECKED, ids=lambda claim: claim.row)
def test_a_check_shows_what_the_book_says(claim: Claim, tmp_path: Path) -> None:
    with within(app) as commands:
        now = checks.run(claim, commands, tmp_path)
    then = find(claim.row).outcome
    assert then is not None, f"write: ingenium study check {claim.row}"
    said = [f.text for f in now.findings if not f.holds]
    assert checks.verdict(claim, now) == checks.verdict(claim, then), said


@pytest.mark.slow
@pytest.mark.parametrize("claim", TRIED, ids=lambda claim: claim.row)
def test_a_check_fails_under_its_mutant(claim: Claim, tmp_path: Path) -> None:
    with within(app) as commands, mutated(claim, commands) as under:
        try:
            now = checks.verdict(claim, checks.run(claim, under, tmp_path))
        except (ValueError, LookupError, TypeError):  # answers that cannot be read show nothing
            return
    assert now.status is Built.NOT


@pytest.mark.slow
def test_a_study_gives_its_numbers_again(tmp_path: Path) -> None:
    entry = find(AGAIN)
    assert entry.result is not None
    now = Study(entry.claim).run(len(entry.result.seeds), quick=False, folder=tmp_path)
    main = entry.claim.main
    assert main is not None
    then = entry.result.values[main.name].by_seed
    assert now.values[main.name].by_seed == pytest.approx(then, rel=1e-6)


def test_checks_without_a_mutant_do_not_become_more() -> None:
    assert len(CHECKED) - len(TRIED) <= NOT_TRIED


def test_no_main_claim_changes_together_with_a_result() -> None:
    """Pairs of changed files in the last commits, where git knows them."""
    rows, results = "book/src/ingenium_book/rows", "book/outcomes/results"
    line = ("log", "-20", "--no-merges", "--format=%H", "-G^main = ", "--diff-filter=M", "--", rows)
    for commit in _git(*line):
        changed = _git("show", "--name-only", "--diff-filter=M", "--format=", commit, "--", results)
        assert not changed, f"{commit} changes a main claim and {changed}"


def _git(*words: str) -> list[str]:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.split() if done.returncode == 0 else []
