"""Pages of the evidence book show outcomes, rivals and what was not tested, and nothing else."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dice
import pytest
from typer.testing import CliRunner

from ingenium.cli.app import app
from ingenium.core.errors import InputError
from ingenium.evaluate.measured import Interval, Value
from ingenium_book import check, claims, results
from ingenium_book.entries import RowEntry, entries
from ingenium_book.pages import forest, front, pages
from ingenium_book.pages.words import filled
from ingenium_book.study import Study
from ingenium_book.verdicts import Rival
from ingenium_book.within import within

ROWS = dice.ROWS.replace('"more than a fair die"', '"more <eyes> | than fair"') + (
    """
[[rows]]
row = "dice.3"
class = "T"
title = "Dice of bone"
domain = "games"
claim = "Dice of <b>bone</b> throw less."
claimed = "less"
stated = "reader"
acceptance = ["none"]
beyond = { kind = "data", why = "There are none." }
"""
)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RowEntry, ...]]:
    home = tmp_path_factory.mktemp("home")
    with dice.installed(home / "home") as place:
        (place / "studies" / "rows.toml").write_text(ROWS)
        dice.forget()
        known = claims.claims()
        made = Study(known["dice.1"]).run(None, quick=False, folder=home / "pieces")
        alongside = {"chance: gain": Interval(0.25, 0.125, 0.375), "sad": Interval(9.0, 8.0, 10.0)}
        values = {**made.values, **{k: Value(v) for k, v in alongside.items()}}
        gain = Value(Interval(2.125, 1.5, 2.75), made.values["gain"].by_seed)
        made = replace(made, values=values | {"gain": gain}, notes=("A note.",))
        folder = home / "home" / "outcomes"
        results.store(made, folder / "results")
        with within(app) as commands:
            check.run(known["dice.2"], commands, folder / "checks")
        (of,) = [c for c in claims.chapters() if c.chapter == "dice"]
        yield entries([replace(of, caution="Doubtful.")])


def test_a_row_is_a_sentence_a_picture_what_was_not_tested_and_a_command(
    book: tuple[RowEntry, ...],
) -> None:
    page = pages.pages(book)["dice.md"]
    shown, folded = page.split("??? note", 1)
    for said in (
        *("**confirmed**", "The book: *A loaded die", "Here: It throws 2.12", "Doubtful."),
        *("<svg", "Not tested: dice of wood; dice of bone.", "ingenium study run dice.1"),
    ):
        assert said in shown, said
    for said in (
        *("at least 0.5", "exact", "chance: gain", "A note.", "never shows a one", "same task"),
        *("more than a fair die on the same seeds | gain: holds", "dice of wood | untested"),
        *(
            "more &lt;eyes> \\| than fair",
            "last run",
            "yes: the command ends well",
            "ingenium list",
        ),
        *("gap: it tells the weather", "the mutant `answers`", "data:image/png;base64,"),
    ):
        assert said in folded, said
    assert "**works with gaps**" in page
    assert "There are none." in page[page.index("## Not looked at yet") :]


def test_the_first_page_counts_and_sorts_by_verdict(book: tuple[RowEntry, ...]) -> None:
    page = pages.pages(book)["index.md"]
    assert "Of 3 claims 2 were looked at: 1 hold; 1 work with gaps." in page
    assert '<span class="holds" style="flex: 1"' in page
    lines = page[page.index("## All that was looked at") :].splitlines()
    rows = [line for line in lines if line.startswith("| [dice")]
    assert [re.findall(r"\*\*([^*]+)\*\*", row)[-1] for row in rows] == [
        "confirmed",
        "works with gaps",
    ]
    assert "[dice.1](dice.md#row-dice-1)" in rows[0]


def test_tables_are_whole_and_anchors_are_there(book: tuple[RowEntry, ...]) -> None:
    made = pages.pages(book)
    for page, row in re.findall(r"\]\(([^)#]+)#([^)]+)\)", made["index.md"]):
        assert f"{{ #{row} }}" in made[page]
    for text in made.values():
        for block in text.split("\n\n"):
            lines = [line.strip() for line in block.splitlines() if line.strip()[:1] == "|"]
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) <= 1, block


def test_a_sentence_names_only_what_was_measured(book: tuple[RowEntry, ...]) -> None:
    assert filled("{gain|.1f~} more, {sad|.0f} others", book[0]).endswith("more, 9 others")
    with pytest.raises(InputError, match='"glad"'):
        filled("{glad|.0f}", book[0])


def test_rivals_are_lines_in_the_picture(book: tuple[RowEntry, ...]) -> None:
    rivals = (Rival("chance", "chance: gain"), Rival("luck", "sad", above=1.0))
    entry = replace(book[0], claim=replace(book[0].claim, rivals=rivals, no_rival=""))
    first, second = forest.strips(entry)
    assert first.lines == (("chance", 0.25),)
    assert first.sides == ((0.5, float("inf")),)
    assert (second.own.value, second.lines) == (9.0, (("luck", 1.0),))


def test_the_boxes_of_the_first_page_are_true() -> None:
    rows = {entry.claim.row: entry for entry in entries(claims.chapters())}
    assert {rows[row].status for row in front.HOLD} <= {"confirmed", "works"}
    assert {rows[row].status for row in front.SHORT} == {"not reached here"}
    assert all(rows[row].claim.caution or rows[row].status == "refuted" for row in front.WRONG)
    for entry in rows.values():
        if entry.result:
            assert entry.claim.found, entry.claim.row


@pytest.mark.slow
def test_the_command_writes_all_pages(book: tuple[RowEntry, ...], tmp_path: Path) -> None:
    command = ["study", "report", "--out", str(tmp_path / "out"), "--json"]
    ran = CliRunner().invoke(app, command)
    assert json.loads(ran.stdout)["pages"] == 23
    assert "Loaded die" in (tmp_path / "out" / "dice.md").read_text()
    assert (tmp_path / "out" / "index.md").is_file()
