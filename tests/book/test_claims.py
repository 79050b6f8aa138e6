"""The claims are complete, do not state their status, and agree with their studies."""

import re
from collections import Counter
from pathlib import Path

import pytest

from ingenium.core.errors import CorruptError
from ingenium_book import claims
from ingenium_book.claims import Lack
from ingenium_book.history import docstring, source
from ingenium_book.plan import CheckPlan
from ingenium_book.verdicts import Kind

ROOT = Path(__file__).parents[2]
ROWS = {  # of each chapter of the reference
    **{18: 18, 19: 18, 20: 20, 21: 17, 22: 18, 23: 18, 24: 18, 25: 21, 26: 16, 27: 16, 28: 17},
    **{29: 19, 30: 16, 31: 20, 32: 20, 33: 16, 34: 19, 35: 25, 36: 20, 37: 19, 38: 16},
}
CHAPTER = """
chapter = 99
title = "Tests"
[[rows]]
row = "99.1"
class = "N"
title = "A claim"
domain = "grid"
claim = "It gains."
claimed = "10 %"
stated = "reader"
acceptance = [{ item = "more", by = "gain" }]
no_rival = "There is none."
study = "ingenium_book.studies.grid.flow_load"
measured_on = "days"
main = { name = "gain", text = "more", at_least = 10.0 }
"""


def test_every_row_of_the_reference_is_there() -> None:
    assert {c.chapter: len(c.rows) for c in claims.chapters()} == ROWS
    assert len(claims.claims()) == sum(ROWS.values()) == 387
    titles = [claim.title for claim in claims.claims().values()]
    assert len(set(titles)) == len(titles)
    kinds = Counter(claim.kind for claim in claims.claims().values())
    assert kinds == {Kind.SYSTEM: 310, Kind.NUMBER: 74, Kind.NOTHING: 3}
    assert claims.claims()["24.17"].kind is Kind.SYSTEM  # reopened


def test_claims_are_short_and_say_what_is_wrong_in_a_sentence() -> None:
    for claim in claims.claims().values():
        assert len(claim.claim) < 240, claim.row
        texts = [claim.claim, claim.caution, claim.note, claim.beyond.why if claim.beyond else ""]
        assert all(text.endswith(".") for text in texts if text), claim.row
        assert not claim.claimed.endswith("."), claim.row


def test_wrong_attributions_that_are_known_are_marked() -> None:
    for row in ("20.12", "22.16", "23.9", "24.12", "25.16", "30.6", "31.2", "33.11", "34.10"):
        assert claims.claims()[row].caution, row


def test_every_study_is_there_and_tells_its_protocol() -> None:
    for claim in claims.claims().values():
        if claim.study:
            assert len(docstring(claim.study)) > 100, claim.row
            assert claim.main is not None, claim.row
        check = claim.check
        coded = [s.values for s in check.steps] if isinstance(check, CheckPlan) else [check]
        for module, _, name in (one.partition(":") for one in coded if one):
            assert f"def {name}(" in source(module).read_text(encoding="utf-8"), claim.row


def test_what_cannot_be_tested_gives_its_reason() -> None:
    whole = [c for c in claims.claims().values() if c.kind is Kind.NOTHING]
    assert {c.row for c in whole} == {"20.8", "20.10", "37.13"}
    kinds = {c.beyond.kind for c in claims.claims().values() if c.beyond}
    assert kinds == set(Lack)


@pytest.mark.parametrize(
    ("was", "becomes", "named"),
    [
        ('stated = "reader"', 'stated = "reader"\nstatus = "reproduced"', '"status"'),
        ('title = "Tests"', 'title = "Tests"\nstatus = "reproduced"', '"status"'),
        ('row = "99.1"', 'row = "99.2"', "99.2"),
        ('domain = "grid"', 'domain = " "', "domain"),
        ('class = "N"', 'class = "X"', "kind"),
        ('class = "N"', 'kind = "N"', "kind"),
        ('class = "N"', 'class = "T"', "nothing that runs"),
        ('acceptance = [{ item = "more", by = "gain" }]\n', "", "acceptance"),
        ('measured_on = "days"\n', "", "measured_on together"),
        ("at_least = 10.0", "least = 10.0", '"least"'),
        (", at_least = 10.0", "", "printed"),
        ("[[rows]]", '[[rows]]\ncheck = "no_function"', "package.module:function"),
        ("[[rows]]", '[[rows]]\nverdict = "confirmed"', '"verdict"'),
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
    pretrained = (ROOT / "book" / "pyproject.toml").read_text()
    assert '"rows/*.toml"' in pretrained
