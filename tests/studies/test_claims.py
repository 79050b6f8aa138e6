"""The claims are whole, say nothing of their status, and agree with the studies that test them."""

import re
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from ingenium.core.errors import CorruptError
from ingenium.domains import own
from ingenium.studies.book import claims
from ingenium.studies.book.claims import DOMAINS, Lack
from ingenium.studies.registry import STUDIES, find

ROOT = Path(__file__).parents[2]
ROWS = {  # of each chapter of the reference
    **{18: 16, 19: 18, 20: 19, 21: 17, 22: 18, 23: 18, 24: 18, 25: 19, 26: 16, 27: 15, 28: 17},
    **{29: 17, 30: 15, 31: 18, 32: 20, 33: 16, 34: 19, 35: 25, 36: 20, 37: 19, 38: 16},
}
CHAPTER = """
chapter = 99
title = "Tests"
[[rows]]
row = "99.1"
title = "A claim"
domain = "grid"
claim = "It gains."
claimed = "10 %"
stated = "reader"
"""


UNTESTED = {  # numbers of a claim that its study says nothing of; the claim says why
    "20.12": {"87.5"},
    "20.18": {"28"},
    "23.10": {"94.2", "87.6", "87.1", "79.4", "89.3", "82.1"},
    "31.15": {"1969"},
    "36.10": {"6"},
    "37.14": {"41", "58"},
}


def test_every_row_of_the_reference_is_there() -> None:
    assert {c.chapter: len(c.rows) for c in claims.chapters()} == ROWS
    assert len(claims.claims()) == sum(ROWS.values()) == 376
    titles = [claim.title for claim in claims.claims().values()]
    assert len(set(titles)) == len(titles)
    assert {claim.domain for claim in claims.claims().values()} == set(DOMAINS)
    assert set(own()) <= set(DOMAINS)


def test_claims_are_short_and_say_what_is_wrong_in_a_sentence() -> None:
    for claim in claims.claims().values():
        assert len(claim.claim) < 240, claim.row
        texts = [claim.claim, claim.caution, claim.note, claim.beyond.why if claim.beyond else ""]
        assert all(text.endswith(".") for text in texts if text), claim.row
        assert not claim.claimed.endswith("."), claim.row


def test_wrong_attributions_that_are_known_are_marked() -> None:
    for row in ("20.12", "22.16", "23.9", "24.12", "25.16", "30.6", "31.2", "33.11", "34.10"):
        assert claims.find(row).caution, row


def test_a_study_and_its_claim_agree() -> None:
    for study in STUDIES:
        claim = claims.find(study.row)
        if study.untestable:
            continue
        assert int(study.chapter.split()[0]) == claim.place[0], study.row
        said = f"{study.claim} {study.claimed} {' '.join(p.bound for p in study.parts)}"
        numbers = set(re.findall(r"\d+(?:\.\d+)?", said.replace(",", "")))
        claimed = re.findall(r"\d+(?:\.\d+)?", claim.claimed.replace(",", ""))
        assert set(claimed) - numbers == UNTESTED.get(study.row, set()), study.row
        assert study.row not in UNTESTED or claim.note or claim.beyond, study.row


def test_what_cannot_be_tested_gives_its_reason_and_has_a_study_that_says_so() -> None:
    whole = [c for c in claims.claims().values() if c.beyond and c.beyond.whole]
    assert whole
    for claim in whole:
        assert claim.beyond is not None
        assert find(claim.row).untestable == f"{claim.beyond.kind}: {claim.beyond.why}"
    kinds = {c.beyond.kind for c in claims.claims().values() if c.beyond}
    assert kinds == set(Lack)


@pytest.mark.parametrize(
    ("was", "becomes", "named"),
    [
        ('stated = "reader"', 'stated = "reader"\nstatus = "reproduced"', '"status"'),
        ('title = "Tests"', 'title = "Tests"\nstatus = "reproduced"', '"status"'),
        ('row = "99.1"', 'row = "99.2"', "99.2"),
        ('domain = "grid"', 'domain = "girds"', '"grid"'),
        ('stated = "reader"', 'stated = "me"', "stated"),
        ('claimed = "10 %"', 'claimed = " "', "claimed"),
        ('stated = "reader"', 'stated = "reader"\nbeyond = { kind = "data", why = "" }', "reason"),
        ('stated = "reader"', 'stated = "reader"\nbeyond = { kind = "data" }', "why"),
        ('stated = "reader"', 'stated = "reader"\nbeyond = { status = "x" }', '"status"'),
        ("[[rows]]", "[rows]", "chapter of claims"),
        ("chapter = 99", "chapter 99", "chapter of claims"),
    ],
)
def test_a_chapter_with_a_fault_is_refused(was: str, becomes: str, named: str) -> None:
    claims.read(CHAPTER, "99.toml")
    with pytest.raises(CorruptError, match=re.escape(named)):
        claims.read(CHAPTER.replace(was, becomes), "99.toml")


def test_an_installed_package_holds_the_claims() -> None:
    assert "ingenium" in packages_distributions() or (ROOT / "src").is_dir()
    shipped = (ROOT / "pyproject.toml").read_text()
    assert '"studies/book/rows/*.toml"' in shipped
