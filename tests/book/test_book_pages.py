"""Pages of the evidence book show outcomes, and nothing else."""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dice
import pytest
from typer.testing import CliRunner

from ingenium.cli.app import app
from ingenium.evaluate.measured import Interval, Value
from ingenium_book import check, claims, results
from ingenium_book.canaries import Canary
from ingenium_book.entries import RowEntry, entries
from ingenium_book.pages import forest, markdown, pages, plane
from ingenium_book.study import Study
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
acceptance = "none"
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
        alongside = {"chance: gain": Interval(0.25, 0.125, 0.375)}
        alongside |= {
            f"{who}.score": Interval(float(x), x - 0.5, x + 0.5) for x, who in enumerate("abc")
        }
        alongside |= {"alone": Interval(3.0, math.nan, math.nan)}
        values = {**made.values, **{k: Value(v) for k, v in alongside.items()}}
        gain = Value(Interval(2.125, 1.5, 2.75), made.values["gain"].by_seed)
        made = replace(made, values=values | {"gain": gain}, notes=("A note.",))
        folder = home / "home" / "outcomes"
        results.store(made, folder / "results")
        with within(app) as commands:
            check.run(known["dice.2"], commands, folder / "checks")
        (of,) = [c for c in claims.chapters() if c.chapter == "dice"]
        yield entries([replace(of, caution="Doubtful.")])


def test_a_chapter_begins_with_systems_and_then_has_numbers(book: tuple[RowEntry, ...]) -> None:
    for page in (pages.pages(book)["dice.html"], markdown.pages(book)["dice.md"]):
        order = ["Systems", "List of domains", "Numbers", "Loaded die", "Not testable here"]
        places = [page.index(text, page.index("Systems")) for text in order]
        assert places == sorted(places)
        for said in (
            *("works with gaps", "ingenium list", "the command ends well", "it tells the weather"),
            *("data:image/png;base64,", "A line", "confirmed", "2.125", "1.5 to 2.75", "two dice"),
            *("same task", "at least 0.5", "exact", "chance: gain", "A note.", "dice of bone"),
            *("ingenium study run dice.1 --seeds 5", "Doubtful.", "never shows a one"),
            *("There are none.", "&lt;eyes", "&lt;b", "bone&lt;/b"),
        ):
            assert said in page, said
        assert page.count("<svg") == 2


def test_pages_fetch_nothing_and_their_links_lead_to_rows(book: tuple[RowEntry, ...]) -> None:
    made = pages.pages(book)
    assert list(made) == ["index.html", "dice.html"]
    for text in made.values():
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', text)
    for page, row in re.findall(r'href="([^"#]+)#([^"]+)"', made["index.html"]):
        assert f'id="{row}"' in made[page]
    identifiers = re.findall(r'\bid="([^"]+)"', made["dice.html"])
    assert len(identifiers) == len(set(identifiers))


def test_a_stale_number_is_said_to_be_stale(book: tuple[RowEntry, ...]) -> None:
    assert "Stale:" not in pages.pages(book)["dice.html"]
    old = replace(book[0], canary=Canary("dice.1", 1e3, "sha256:x", "2026"))
    assert old.stale
    again = (old, *book[1:])
    assert "Stale: a quick run" in pages.pages(again)["dice.html"]
    assert 'data-state="stale"' in pages.pages(again)["index.html"]
    assert "**confirmed**, stale" in markdown.pages(again)["dice.md"]


def test_markdown_has_whole_tables(book: tuple[RowEntry, ...]) -> None:
    made = markdown.pages(book)
    for row, title in (("dice-1", "Loaded die"), ("dice-2", "List of domains")):
        assert f"[{row.replace('-', '.')}](dice.md#row-{row})" in made["index.md"]
        assert f"{title} {{ #row-{row} }}" in made["dice.md"]
    assert "| **more &lt;eyes> \\| than fair** | at least 0.5 | 2.125 |" in made["dice.md"]
    for text in made.values():
        for block in text.split("\n\n"):
            bars = {len(re.findall(r"(?<!\\)\|", x)) for x in block.splitlines() if x[:1] == "|"}
            assert len(bars) <= 1, block


def test_baselines_stand_with_the_part_that_they_were_measured_for() -> None:
    one = Interval(1.0, 0.0, 2.0)
    names = ("gan.crps", "copula: crps", "random crps", "kernel_mean_crps", "crps", "gan.crps_gain")
    found = forest._baselines("crps", dict.fromkeys((*names, "vae crps (%)"), one))
    assert list(found) == ["gan", "copula", "random", "kernel mean", "vae"]


def test_methods_with_both_measures_of_a_pair_stand_in_a_plane() -> None:
    one, none = Interval(1.0, 0.5, 2.0), Interval(float("nan"), float("nan"), float("nan"))
    names = [f"{family}.digits.{what}" for family in "abc" for what in ("millijoule", "distance")]
    alongside = dict.fromkeys([*names, "d.digits.millijoule", "millijoule"], one)
    alongside |= {"e.digits.millijoule": one, "e.digits.distance": none}
    found = plane._sets(alongside, ("millijoule", "distance"))
    assert {data: list(points) for data, points in found.items()} == {"digits": ["a", "b", "c"]}
    assert plane.plane(alongside, "x") is not None
    assert plane.plane(dict.fromkeys(names[:4], one), "x") is None


@pytest.mark.slow
def test_the_command_writes_all_pages(book: tuple[RowEntry, ...], tmp_path: Path) -> None:
    command = ["study", "report", "--out", str(tmp_path / "out"), "--markdown", "--json"]
    ran = CliRunner().invoke(app, command)
    assert json.loads(ran.stdout)["pages"] == 23
    assert "Loaded die" in (tmp_path / "out" / "dice.md").read_text()
    assert (tmp_path / "out" / "index.md").is_file()
