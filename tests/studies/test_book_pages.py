"""Pages of the evidence book say what result files say, and nothing else."""

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from ingenium.studies.rules import Outcome, Part
from typer.testing import CliRunner

from ingenium.cli.app import app
from ingenium.evaluate.intervals import Interval
from ingenium.report.book import forest, markdown, pages, plane
from ingenium.studies import registry, results
from ingenium.studies.book import claims
from ingenium.studies.book.claims import Beyond, Chapter, Claim, Lack, Stated
from ingenium.studies.book.entries import Entry, entries
from ingenium.studies.study import Budget, Measured, Study, Watch

PARTS = (
    Part("gain", "more <gain> | than it", "%", at_least=10.0),
    Part("cost", "dearer", "EUR", at_most=5.0, main=False),
)
MISSING = Beyond(Lack.DATA, "There are none.")
CLAIMS = (
    Claim("99.1", "One", "grid", "It gains.", "10 %", Stated.CHAPTER, caution="Cited wrongly."),
    Claim("99.2", "Two", "data", "It <b>loses</b>.", "less", Stated.READER, beyond=MISSING),
)


def measured(budget: Budget, watch: Watch) -> Measured:
    values = {"gain": Interval(21.25, 15.5, 30.75), "cost": Interval(7.0, 6.0, 8.0)}
    others = {f"{who}.score": Interval(float(x), x - 0.5, x + 0.5) for x, who in enumerate("abc")}
    beside = {"chance: gain": Interval(1.25, 0.5, 1.5), "alone": Interval(3.0, math.nan, math.nan)}
    return Measured(values, beside | others, "sha256:data", ("A note.",))


@pytest.fixture
def study(tmp_path: Path) -> Study:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "engine.py").write_text("answer = 42\n")
    texts = {"title": "One study", "claim": "It gains 10 %.", "claimed": "10 %", "budget": "none"}
    return Study(
        row="99.1",
        chapter="99 Tests",
        **texts,
        protocol="Measure it.",
        parts=PARTS,
        headline="gain",
        measure=measured,
        depends=("engine.py",),
        source=tmp_path / "source",
    )


@pytest.fixture
def book(study: Study, tmp_path: Path) -> tuple[Entry, ...]:
    made = study.run(study.seeds(None, quick=False), quick=False, folder=tmp_path / "parts")
    results.keep(made, tmp_path / "results")
    chapter = Chapter(99, "Tests", CLAIMS, caution="Doubtful.")
    return entries(tmp_path / "results", (study,), (chapter,))


def test_a_chapter_shows_what_its_results_say(book: tuple[Entry, ...]) -> None:
    page = pages.pages(book)["99.html"]
    for said in (
        *("One study", "partly", "at least 10 %", "21.25 %", "15.5 to 30.75 %", "holds"),
        *("at most 5 EUR", "7 EUR", "contradicted", "(check)", "chance: gain", "1.25", "A note."),
        *("ingenium study run 99.1 --seeds 5", "Cited wrongly.", "Doubtful.", "Measure it."),
        *("There are none.", "It &lt;b&gt;loses&lt;/b&gt;.", "&lt;gain&gt; |", "5 seeds"),
    ):
        assert said in page, said
    assert page.count("<svg") == 2
    assert "stale" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)


def test_an_index_says_how_many_main_parts_hold(book: tuple[Entry, ...]) -> None:
    """Of two parts one is a check, which is contradicted: it is none of the main ones."""
    (entry,) = [e for e in book if e.study]
    assert entry.main == "1 of 1 holds"
    assert entry.main in pages.pages(book)["index.html"]
    assert entry.main in markdown.pages(book)["index.md"]
    outcomes = dict.fromkeys(entry.result.outcomes, Outcome.CONTRADICTED)
    against = replace(entry, result=replace(entry.result, outcomes=outcomes))
    assert against.main == "0 of 1 hold, 1 contradicted"
    assert replace(entry, result=None).main == ""


def test_pages_fetch_nothing_and_their_links_lead_to_rows(book: tuple[Entry, ...]) -> None:
    made = pages.pages(book)
    assert list(made) == ["index.html", "99.html"]
    for text in made.values():
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', text)
    for page, row in re.findall(r'href="([^"#]+)#([^"]+)"', made["index.html"]):
        assert f'id="{row}"' in made[page]
    identifiers = re.findall(r'\bid="([^"]+)"', made["99.html"])
    assert len(identifiers) == len(set(identifiers))


def test_a_stale_result_is_said_to_be_stale(
    book: tuple[Entry, ...], study: Study, tmp_path: Path
) -> None:
    (study.source / "engine.py").write_text("answer = 43\n")
    again = entries(tmp_path / "results", (study,), (book[0].chapter,))
    assert "Stale: source or data" in pages.pages(again)["99.html"]
    assert 'data-state="stale"' in pages.pages(again)["index.html"]
    assert "**partly**, stale" in markdown.pages(again)["99.md"]


def test_markdown_has_whole_tables(book: tuple[Entry, ...]) -> None:
    made = markdown.pages(book)
    assert "[99.1](99.md#row-99-1)" in made["index.md"]
    assert "## 99.1 One study { #row-99-1 }" in made["99.md"]
    assert "| more &lt;gain> \\| than it | at least 10 % | 21.25 % |" in made["99.md"]
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
    beside = dict.fromkeys([*names, "d.digits.millijoule", "millijoule"], one)
    beside |= {"e.digits.millijoule": one, "e.digits.distance": none}
    found = plane._sets(beside, ("millijoule", "distance"))
    assert {data: list(points) for data, points in found.items()} == {"digits": ["a", "b", "c"]}
    assert plane.plane(beside, "x") is not None
    assert plane.plane(dict.fromkeys(names[:4], one), "x") is None


def test_the_command_writes_all_pages(
    book: tuple[Entry, ...], study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "chapters", lambda: (book[0].chapter,))
    monkeypatch.setattr(registry, "STUDIES", (study,))
    monkeypatch.setattr(results, "results_folder", lambda: tmp_path / "results")
    command = ["study", "report", "--out", str(tmp_path / "out"), "--json"]
    ran = CliRunner().invoke(app, command)
    assert json.loads(ran.stdout)["pages"] == 2
    assert (tmp_path / "out" / "index.html").read_text() == pages.pages(book)["index.html"]
    assert CliRunner().invoke(app, [*command, "--markdown"]).exit_code == 0
    assert (tmp_path / "out" / "99.md").is_file()
